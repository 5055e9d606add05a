//! Random secrets: shown once to whom they belong, kept as their hash.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// A secret that was made just now.
#[derive(Clone, Debug)]
pub struct NewSecret {
    /// What its owner is shown, once.
    pub text: SecretString,
    /// What is kept.
    pub hash: String,
}

impl NewSecret {
    /// Makes a secret of 32 random bytes behind a prefix that says what it is for.
    pub fn with_prefix(prefix: &str) -> Self {
        let text = format!(
            "{prefix}{}",
            URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
        );
        Self {
            hash: hash_secret(&text),
            text: SecretString::from(text),
        }
    }
}

/// What is kept of a secret: SHA-256, in hexadecimal. It is looked up by this hash, which tells whoever measures the
/// look-up nothing about the secret.
pub fn hash_secret(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// Whether two secrets are the same, in a time that does not depend on where they differ.
pub fn same_secret(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_secret_is_long_random_and_recognisable() {
        let (one, two) = (
            NewSecret::with_prefix("cbt_"),
            NewSecret::with_prefix("cbt_"),
        );
        assert_eq!(one.text.expose_secret().len(), 4 + 43);
        assert!(one.text.expose_secret().starts_with("cbt_"));
        assert_ne!(one.text.expose_secret(), two.text.expose_secret());
        assert_eq!(one.hash, hash_secret(one.text.expose_secret()));
        assert!(!format!("{one:?}").contains(one.text.expose_secret()));
    }

    #[test]
    fn secrets_are_compared_whole() {
        assert!(same_secret("abc", "abc"));
        assert!(!same_secret("abc", "abd"));
        assert!(!same_secret("abc", "abcd"));
    }
}
