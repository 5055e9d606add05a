//! Passwords, hashed with argon2id and a salt each.

use std::sync::LazyLock;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};

use crate::domain::password::normalized;

/// The machine gave no random salt, or not enough memory.
#[derive(Debug, thiserror::Error)]
#[error("the password could not be hashed: {0}")]
pub struct HashError(String);

impl HashError {
    /// The thread that hashed came to grief.
    pub fn panicked() -> Self {
        Self("its thread panicked".to_owned())
    }
}

/// The hash of a password in PHC form, with its salt and parameters. Takes tens of milliseconds and 19 MiB: never on
/// a thread that answers requests.
///
/// # Errors
/// See [`HashError`].
pub fn hash_password(password: &str) -> Result<String, HashError> {
    let hash: PasswordHash = Argon2::default()
        .hash_password(normalized(password).as_bytes())
        .map_err(|error| HashError(error.to_string()))?;
    Ok(hash.to_string())
}

/// Whether `password` is the one behind `hash`. Where there is no hash, or none that can be read, the same work is
/// done for nothing, so that the time tells nobody whether a person exists (A7).
pub fn verify_password(password: &str, hash: Option<&str>) -> bool {
    let normal = normalized(password);
    // What was hashed before passwords were normalized is as it was typed.
    is_behind(&normal, hash) || (normal != password && is_behind(password, hash))
}

fn is_behind(password: &str, hash: Option<&str>) -> bool {
    let known = hash.and_then(|hash| PasswordHash::new(hash).ok());
    match (&known, &*NOBODY) {
        (Some(hash), _) => Argon2::default()
            .verify_password(password.as_bytes(), hash)
            .is_ok(),
        (None, Some(nobody)) => {
            // Whatever comes out, nobody has this password.
            let _ = Argon2::default().verify_password(password.as_bytes(), nobody);
            false
        }
        (None, None) => false,
    }
}

/// The hash that is verified against where there is none; made with the parameters of the day.
static NOBODY: LazyLock<Option<PasswordHash>> = LazyLock::new(|| {
    let text = hash_password("nobody has this password").ok()?;
    PasswordHash::new(&text).ok()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_password_is_verified() {
        let hash = hash_password("correct horse").expect("hashed");
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert!(verify_password("correct horse", Some(&hash)));
        assert!(!verify_password("correct horse ", Some(&hash)));
        assert!(!verify_password("correct horse", None));
        assert!(!verify_password("nobody has this password", None));
        assert!(!verify_password("", Some("no hash")));
    }

    #[test]
    fn a_password_is_the_same_however_its_characters_are_put_together() {
        let (composed, decomposed) = (
            "ein Glöckchen für Bé",
            "ein Glo\u{308}ckchen fu\u{308}r Be\u{301}",
        );
        for chosen in [composed, decomposed] {
            let hash = hash_password(chosen).expect("hashed");
            for typed in [composed, decomposed] {
                assert!(verify_password(typed, Some(&hash)), "{chosen}, {typed}");
            }
        }
        // One from before.
        let hash: PasswordHash = Argon2::default()
            .hash_password(decomposed.as_bytes())
            .expect("hashed");
        assert!(verify_password(decomposed, Some(&hash.to_string())));
        assert!(!verify_password(composed, Some(&hash.to_string())));
    }

    #[test]
    fn every_hash_has_its_own_salt() {
        assert_ne!(
            hash_password("same").expect("hashed"),
            hash_password("same").expect("hashed")
        );
    }
}
