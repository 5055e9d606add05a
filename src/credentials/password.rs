//! Passwords, hashed with argon2id and a salt each.

use std::sync::OnceLock;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use subtle::ConstantTimeEq;

use crate::domain::password::normalized;

/// The machine gave no random salt, or the thread that hashed came to grief.
#[derive(Debug, thiserror::Error)]
#[error("the password could not be hashed: {0}")]
pub struct HashError(String);

impl HashError {
    /// The thread that hashed came to grief.
    pub fn panicked() -> Self {
        Self("its thread panicked".to_owned())
    }

    fn because(error: impl std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}

/// Hashes and compares passwords, one after the other, with 19 MiB that it takes for the first of them and keeps. Each
/// password takes tens of milliseconds: never on a thread that answers requests.
pub struct Hasher {
    argon2: Argon2<'static>,
    memory: Vec<Block>,
}

/// What is compared with where a person has no password, or there is no such person; made once with the parameters of
/// the day.
static NOBODY: OnceLock<String> = OnceLock::new();

impl Default for Hasher {
    fn default() -> Self {
        Self {
            argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT),
            memory: Vec::new(),
        }
    }
}

impl Hasher {
    /// The hash of a password in PHC form, with its salt and parameters.
    ///
    /// # Errors
    /// See [`HashError`].
    pub fn hash(&mut self, password: &str) -> Result<String, HashError> {
        let salt = Salt::generate();
        let mut out = [0; Params::DEFAULT_OUTPUT_LEN];
        let memory = taken(&mut self.memory, self.argon2.params());
        self.argon2
            .hash_password_into_with_memory(
                normalized(password).as_bytes(),
                &salt,
                &mut out,
                memory,
            )
            .map_err(HashError::because)?;
        let hash = PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(self.argon2.params()).map_err(HashError::because)?,
            salt: Some(salt),
            hash: Some(Output::new(&out).map_err(HashError::because)?),
        };
        Ok(hash.to_string())
    }

    /// Whether `password` is the one behind `hash`. Where there is no hash, or none that can be read, the same work is
    /// done for nothing, so that the time tells nobody whether a person exists (A7).
    pub fn verify(&mut self, password: &str, hash: Option<&str>) -> bool {
        let normal = normalized(password);
        // What was hashed before passwords were normalized is as it was typed.
        self.is_the_one(&normal, hash) || (normal != password && self.is_the_one(password, hash))
    }

    fn is_the_one(&mut self, password: &str, hash: Option<&str>) -> bool {
        match hash.map(|hash| self.is_behind(password, hash)) {
            Some(Some(same)) => same,
            _ => {
                // Whatever comes out, nobody has this password.
                if let Some(nobody) = self.nobody() {
                    let _ = self.is_behind(password, nobody);
                }
                false
            }
        }
    }

    /// Nothing if the hash cannot be read.
    fn is_behind(&mut self, password: &str, hash: &str) -> Option<bool> {
        let hash = PasswordHash::new(hash).ok()?;
        let (salt, expected) = (hash.salt.as_ref()?, hash.hash.as_ref()?);
        let algorithm = Algorithm::try_from(hash.algorithm.as_str()).ok()?;
        let version = Version::try_from(hash.version?).ok()?;
        let params = Params::try_from(&hash).ok()?;
        let memory = taken(&mut self.memory, &params);
        let mut out = [0; Output::MAX_LENGTH];
        let out = out.get_mut(..expected.len())?;
        Argon2::new(algorithm, version, params)
            .hash_password_into_with_memory(password.as_bytes(), salt, out, memory)
            .ok()?;
        Some(out[..].ct_eq(expected.as_bytes()).into())
    }

    fn nobody(&mut self) -> Option<&'static str> {
        if NOBODY.get().is_none() {
            let made = self.hash("nobody has this password").ok()?;
            let _ = NOBODY.set(made);
        }
        NOBODY.get().map(String::as_str)
    }

    /// Makes what the first look at somebody who does not exist would have to wait for.
    pub fn warm_up(&mut self) {
        self.nobody();
    }

    /// Whether it keeps the memory that the next password needs.
    pub fn has_memory(&self) -> bool {
        !self.memory.is_empty()
    }

    /// Gives its memory back. The next password takes some milliseconds longer, whoever asks.
    pub fn give_back(&mut self) {
        self.memory = Vec::new();
    }
}

/// As much memory as `params` ask for, if it has not been taken before. A hash may have been made with more than is usual here.
fn taken<'a>(memory: &'a mut Vec<Block>, params: &Params) -> &'a mut [Block] {
    if memory.len() < params.block_count() {
        memory.resize(params.block_count(), Block::new());
    }
    memory
}

/// The hash of a single password; see [`Hasher::hash`].
///
/// # Errors
/// See [`HashError`].
pub fn hash_password(password: &str) -> Result<String, HashError> {
    Hasher::default().hash(password)
}

/// Whether a single password is the one behind `hash`; see [`Hasher::verify`].
pub fn verify_password(password: &str, hash: Option<&str>) -> bool {
    Hasher::default().verify(password, hash)
}

#[cfg(test)]
mod tests {
    use argon2::{PasswordHasher, PasswordVerifier};

    use super::*;

    #[test]
    fn only_the_same_password_is_verified() {
        let hash = hash_password("correct horse").expect("hashed");
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        assert!(verify_password("correct horse", Some(&hash)));
        assert!(!verify_password("correct horse ", Some(&hash)));
        assert!(!verify_password("correct horse", None));
        assert!(!verify_password("nobody has this password", None));
        assert!(!verify_password("", Some("no hash")));
    }

    #[test]
    fn a_password_of_nobody_is_as_much_work_as_somebodys() {
        let mut hasher = Hasher::default();
        hasher.warm_up();
        for hash in [None, Some("no hash")] {
            hasher.memory.fill(Block::new());
            assert!(!hasher.verify("correct horse", hash));
            // What is hashed goes through all of the memory.
            let is_used = |block: &Block| {
                let words: &[u64] = block.as_ref();
                words.iter().any(|word| *word != 0)
            };
            assert!(hasher.memory.iter().all(is_used), "{hash:?}");
        }
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

    #[test]
    fn a_hasher_that_was_used_is_as_good_as_a_new_one() {
        let mut hasher = Hasher::default();
        let (one, two) = (hasher.hash("one").unwrap(), hasher.hash("two").unwrap());
        assert!(hasher.verify("one", Some(&one)) && hasher.verify("two", Some(&two)));
        assert!(!hasher.verify("two", Some(&one)));
        // The library reads it, and what the library makes is read.
        assert!(Argon2::default().verify_password(b"one", &one[..]).is_ok());
        let params = Params::new(2 * Params::DEFAULT_M_COST, 1, 1, None).expect("parameters");
        let dearer: PasswordHash = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password(b"three")
            .expect("hashed");
        let dearer = dearer.to_string();
        assert!(hasher.verify("three", Some(&dearer)) && !hasher.verify("one", Some(&dearer)));
        assert!(hasher.verify("two", Some(&two)));
    }
}
