//! A person together with the password that they have now: what is to end with the password names them so.

use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::hash_secret;
use crate::domain::ids::PersonId;

/// Whoever holds a password. With another password it is another holder; nothing of the password can be told from it.
#[derive(Clone, Copy, Debug)]
pub struct Holder {
    person: PersonId,
    /// A part of the hash of the password's hash.
    password: [u8; 16],
}

impl Holder {
    /// As many bytes say it.
    pub const SIZE: usize = 32;

    /// A person with the hash of their password, if they have one.
    pub fn new(person: PersonId, password_hash: Option<&str>) -> Self {
        let hash = hash_secret(password_hash.unwrap_or_default());
        let mut password = [0; 16];
        password.copy_from_slice(&hash.as_bytes()[..16]);
        Self { person, password }
    }

    /// Who it is.
    pub fn person(self) -> PersonId {
        self.person
    }

    /// Whether both are one person with one password.
    pub fn is(self, other: Self) -> bool {
        self.person == other.person && bool::from(self.password.ct_eq(&other.password))
    }

    /// As a token carries it.
    pub fn to_bytes(self) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        bytes[..16].copy_from_slice(self.person.as_uuid().as_bytes());
        bytes[16..].copy_from_slice(&self.password);
        bytes
    }

    /// Reads what a token carries that was made here.
    pub fn from_bytes(bytes: [u8; Self::SIZE]) -> Self {
        let (mut person, mut password) = ([0; 16], [0; 16]);
        person.copy_from_slice(&bytes[..16]);
        password.copy_from_slice(&bytes[16..]);
        Self {
            person: PersonId::from_uuid(Uuid::from_bytes(person)),
            password,
        }
    }
}
