//! Second factors: an authenticator app's codes (TOTP, RFC 6238: SHA-1, six digits, thirty seconds) and the recovery
//! codes that stand in for it (A7).
//!
//! Neither the secret nor the codes are in the database: the secret is made of a nonce there and the installation's
//! key, and of the codes there is a signature.

use std::fmt;

use rand::RngExt;
use totp_rs::{Algorithm, Builder, Totp, TotpError};

use crate::config::SecretKey;
use crate::domain::Instant;
use crate::domain::ids::PersonId;

/// For how many seconds an app shows a code.
const STEP: u64 = 30;
/// How many recovery codes there are.
pub const RECOVERY_CODES: usize = 10;
/// What recovery codes are made of: characters that nobody takes for another.
const ALPHABET: &[u8; 31] = b"23456789abcdefghjkmnpqrstuvwxyz";
/// 24 characters are 118 random bits: who has the hash and the key gains nothing by trying.
const GROUPS: usize = 6;
const GROUP: usize = 4;
const LENGTH: usize = GROUPS * GROUP;
/// How many characters the codes of earlier versions have, which are good until they are used or made anew.
const EARLIER: usize = 12;

/// What an authenticator app and the desk both know. It is not shown by `Debug`.
pub struct Authenticator(Totp);

impl fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authenticator(…)")
    }
}

/// A new nonce, of which with the installation's key a secret is made.
pub fn new_nonce() -> String {
    hex::encode(rand::random::<[u8; 16]>())
}

impl Authenticator {
    /// The one of a person whose row has this nonce. `issuer` and `account` are what the app shows.
    ///
    /// # Errors
    /// What the app shows cannot be said in its format.
    pub fn new(
        key: &SecretKey,
        person: PersonId,
        nonce: &str,
        issuer: &str,
        account: &str,
    ) -> Result<Self, TotpError> {
        let message = format!("{person}/{nonce}");
        let secret = key.sign("second factor", message.as_bytes());
        // A colon separates the two in the app's format.
        let shown = |text: &str| text.replace(':', " ").trim().to_owned();
        Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(6)
            .with_skew(0)
            .with_step_duration(STEP)
            .with_secret(secret[..20].to_vec())
            .with_issuer(Some(shown(issuer)).filter(|issuer| !issuer.is_empty()))
            .with_account_name(shown(account))
            .build()
            .map(Self)
    }

    /// The secret in base 32, to be typed into an app.
    pub fn secret(&self) -> String {
        self.0.secret().to_base32()
    }

    /// The `otpauth://` address that an app reads.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn uri(&self) -> Result<String, TotpError> {
        self.0.to_url()
    }

    /// The address as a picture: a PNG in base 64.
    ///
    /// # Errors
    /// It is too long to be drawn.
    pub fn picture(&self) -> Result<String, TotpError> {
        self.0.to_qr_base64()
    }

    /// The step whose code this is, of those that are taken at `now`: the present one and the one before it, for who types
    /// slowly or whose clock is behind. So no code is good for more than a minute. Whether it was taken before is for its
    /// row to say.
    pub fn step_of(&self, code: &str, now: Instant) -> Option<i64> {
        let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        let seconds = u64::try_from(now.timestamp()).ok()?;
        let taken = |at: u64| self.0.check(&code, at);
        let step = taken(seconds).or_else(|| taken(seconds.checked_sub(STEP)?))?;
        i64::try_from(step).ok()
    }

    /// The code of an instant.
    #[cfg(test)]
    fn code_at(&self, now: Instant) -> String {
        self.0
            .generate(u64::try_from(now.timestamp()).unwrap_or_default())
            .to_string()
    }
}

/// New recovery codes of 118 random bits each, as `abcd-efgh-jkmn-pqrs-tuvw-xyz2`.
pub fn new_recovery_codes() -> Vec<String> {
    let mut random = rand::rng();
    let mut group = || -> String {
        (0..GROUP)
            .map(|_| char::from(ALPHABET[random.random_range(0..ALPHABET.len())]))
            .collect()
    };
    (0..RECOVERY_CODES)
        .map(|_| {
            let groups: Vec<String> = (0..GROUPS).map(|_| group()).collect();
            groups.join("-")
        })
        .collect()
}

/// What is kept of a person's recovery code; nothing if the text cannot be one. Case, blanks and hyphens do not
/// matter.
pub fn recovery_hash(key: &SecretKey, person: PersonId, code: &str) -> Option<String> {
    let bare: String = code
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .flat_map(char::to_lowercase)
        .collect();
    let is_code =
        matches!(bare.len(), EARLIER | LENGTH) && bare.bytes().all(|byte| ALPHABET.contains(&byte));
    let message = format!("{person}/{bare}");
    is_code.then(|| hex::encode(key.sign("recovery code", message.as_bytes())))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use secrecy::SecretString;

    use super::*;

    fn key(text: &str) -> SecretKey {
        SecretKey::from_text(&SecretString::from(text))
    }

    fn person() -> PersonId {
        PersonId::new(Instant::UNIX_EPOCH)
    }

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, whose eight digits end in our six.
        let totp = Builder::new()
            .with_secret(b"12345678901234567890".to_vec())
            .with_issuer(Some("Casebell"))
            .with_account_name("x")
            .build()
            .unwrap();
        let authenticator = Authenticator(totp);
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (2_000_000_000, "279037"),
        ] {
            let at = Instant::UNIX_EPOCH + TimeDelta::seconds(seconds);
            assert_eq!(authenticator.code_at(at), code);
            assert_eq!(authenticator.step_of(code, at), Some(seconds / 30));
        }
    }

    #[test]
    fn a_code_is_good_while_it_is_shown_and_one_step_longer() {
        let (key, person) = (key("the key of this installation"), person());
        let app =
            Authenticator::new(&key, person, "00", "Bellhop: Support", "dana@acme.test").unwrap();
        let now = Instant::UNIX_EPOCH + TimeDelta::seconds(1_772_442_000);
        let code = app.code_at(now);
        // The step begins at `now`, and ends before the thirtieth second.
        for (seconds, taken) in [(-1, false), (0, true), (29, true), (59, true), (60, false)] {
            let at = now + TimeDelta::seconds(seconds);
            assert_eq!(app.step_of(&code, at).is_some(), taken, "{seconds}");
        }
        assert!(
            app.step_of(&format!("{} {}", &code[..3], &code[3..]), now)
                .is_some()
        );
        for wrong in ["", "1", "abcdef", "1234567", "١٢٣٤٥٦"] {
            assert_eq!(app.step_of(wrong, now), None, "{wrong}");
        }
        let uri = app.uri().unwrap();
        assert!(
            uri.starts_with("otpauth://totp/") && uri.contains(&app.secret()),
            "{uri}"
        );
        assert!(!format!("{app:?}").contains(&app.secret()));
    }

    #[test]
    fn the_secret_hangs_on_key_person_and_nonce() {
        let (one, person) = (key("the key of this installation"), person());
        let secret = |key: &SecretKey, person, nonce: &str| {
            Authenticator::new(key, person, nonce, "Bellhop", "dana")
                .unwrap()
                .secret()
        };
        let first = secret(&one, person, "00");
        assert_eq!(first, secret(&one, person, "00"));
        assert_ne!(first, secret(&one, person, "01"));
        assert_ne!(first, secret(&one, self::person(), "00"));
        assert_ne!(first, secret(&key("the key of another one"), person, "00"));
    }

    #[test]
    fn recovery_codes_are_read_however_they_are_typed() {
        let (key, person) = (key("the key of this installation"), person());
        let codes = new_recovery_codes();
        assert_eq!(codes.len(), RECOVERY_CODES);
        let bits = (ALPHABET.len() as f64).log2() * codes[0].replace('-', "").len() as f64;
        assert!(bits >= 112.0, "{bits}");
        let hash = recovery_hash(&key, person, &codes[0]).unwrap();
        assert!(!hash.contains(&codes[0]));
        let typed = format!(" {} ", codes[0].to_uppercase().replace('-', " "));
        assert_eq!(recovery_hash(&key, person, &typed), Some(hash.clone()));
        assert_ne!(recovery_hash(&key, person, &codes[1]), Some(hash.clone()));
        assert_ne!(recovery_hash(&key, self::person(), &codes[0]), Some(hash));
        assert_eq!(recovery_hash(&key, person, "287082"), None);
        assert!(recovery_hash(&key, person, "abcd-efgh-jkmn").is_some());
    }
}
