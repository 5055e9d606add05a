//! Secrets that are made of what they name and the installation's key: they can be written whenever they are needed,
//! and need not be kept.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::SecretString;
use subtle::ConstantTimeEq;

use super::{NewSecret, hash_secret};
use crate::config::SecretKey;

/// The bytes of a signature.
const SIGNATURE: usize = 32;
/// The most characters of a token that is looked at; every token of the house is shorter.
const LONGEST: usize = 256;

/// The token that names `what` for one purpose: the same whenever it is made, and nobody else can make it.
pub fn signed_token(key: &SecretKey, prefix: &str, purpose: &str, what: &[u8]) -> NewSecret {
    let mut bytes = what.to_vec();
    bytes.extend_from_slice(&key.sign(purpose, what));
    let text = format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes));
    NewSecret {
        hash: hash_secret(&text),
        text: SecretString::from(text),
    }
}

/// What a token names, if this installation made it for this purpose. Takes as long for a signature that is wrong at
/// its start as for one that is wrong at its end.
pub fn read_token(key: &SecretKey, prefix: &str, purpose: &str, token: &str) -> Option<Vec<u8>> {
    if token.len() > LONGEST {
        return None;
    }
    let mut bytes = URL_SAFE_NO_PAD.decode(token.strip_prefix(prefix)?).ok()?;
    let signature = bytes.split_off(bytes.len().checked_sub(SIGNATURE)?);
    let right = key.sign(purpose, &bytes);
    bool::from(right[..].ct_eq(&signature)).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn key(text: &str) -> SecretKey {
        SecretKey::from_text(&SecretString::from(text))
    }

    fn token(key: &SecretKey) -> String {
        let secret = signed_token(key, "cbl_", "tests", b"what is named");
        secret.text.expose_secret().to_owned()
    }

    #[test]
    fn a_token_says_what_it_names_and_is_the_same_whenever_it_is_made() {
        let key = key("the key of this installation");
        let made = token(&key);
        assert_eq!(made, token(&key));
        let read = read_token(&key, "cbl_", "tests", &made);
        assert_eq!(read.as_deref(), Some(&b"what is named"[..]));
        let secret = signed_token(&key, "cbl_", "tests", b"what is named");
        assert_eq!(secret.hash, hash_secret(&made));
    }

    #[test]
    fn no_other_installation_purpose_or_prefix_is_taken_for_it() {
        let key = key("the key of this installation");
        let made = token(&key);
        let other = super::tests::key("the key of another one");
        assert_eq!(read_token(&other, "cbl_", "tests", &made), None);
        assert_eq!(read_token(&key, "cbl_", "other", &made), None);
        assert_eq!(read_token(&key, "cbt_", "tests", &made), None);
    }

    #[test]
    fn whatever_is_changed_in_it_makes_it_void() {
        let key = key("the key of this installation");
        let made = token(&key);
        for at in "cbl_".len()..made.len() {
            for put in ["A", "B", "-", "=", " ", ""] {
                let mut forged = made.clone();
                forged.replace_range(at..=at, put);
                if forged != made {
                    assert_eq!(read_token(&key, "cbl_", "tests", &forged), None, "{forged}");
                }
            }
        }
        for forged in ["", "cbl_", "cbl_AAAA", &made[..40], &made.repeat(9)] {
            assert_eq!(read_token(&key, "cbl_", "tests", forged), None, "{forged}");
        }
    }
}
