//! A certificate authority that nobody knows, and a certificate for this machine that it has signed.

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair,
};

/// Whoever trusts the authority trusts the certificate.
pub struct Vouched {
    /// The authority's own certificate, as PEM.
    pub authority: String,
    /// The certificate for `localhost` and `127.0.0.1`.
    pub certificate: Certificate,
    /// Its key.
    pub key: KeyPair,
}

impl Vouched {
    /// A new authority, which signs one certificate.
    pub fn new() -> Self {
        let mut authority = CertificateParams::new(Vec::new()).expect("parameters");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority =
            CertifiedIssuer::self_signed(authority, KeyPair::generate().expect("a key"))
                .expect("an authority");
        let key = KeyPair::generate().expect("a key");
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let mut certificate = CertificateParams::new(names).expect("parameters");
        // With the authority's own name it would pass for one that signed itself.
        certificate
            .distinguished_name
            .push(DnType::CommonName, "localhost");
        let certificate = certificate
            .signed_by(&key, &authority)
            .expect("a certificate");
        Self {
            authority: authority.pem(),
            certificate,
            key,
        }
    }
}
