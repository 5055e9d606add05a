//! Half a sign-in: the right password was shown, the second factor not yet. It is carried by who signs in, and nothing
//! of it is kept here: it names the person, is good for minutes, and is void once the password is another.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::config::SecretKey;
use crate::credentials::hash_secret;
use crate::domain::Instant;
use crate::domain::ids::PersonId;
use crate::store::people::Person;

/// How long one may look for one's telephone.
pub const HALF_LIFETIME: TimeDelta = TimeDelta::minutes(10);
const PURPOSE: &str = "half a sign-in";
const SIGNATURE: usize = 32;
/// Id, instant, and a part of the hash of the password's hash.
const CONTENT: usize = 16 + 8 + 16;

/// See the head of this file.
#[derive(Clone, Debug)]
pub struct Half {
    person: PersonId,
    until: i64,
    password: [u8; 16],
}

impl Half {
    /// Of somebody who has shown their password just now.
    pub fn of(person: &Person, now: Instant) -> Self {
        Self {
            person: person.id,
            until: (now + HALF_LIFETIME).timestamp(),
            password: likeness(person),
        }
    }

    /// Whose it is.
    pub fn person(&self) -> PersonId {
        self.person
    }

    /// Whether it is this person's, and they have the same password still.
    pub fn is_of(&self, person: &Person) -> bool {
        self.person == person.id && bool::from(self.password.ct_eq(&likeness(person)))
    }

    /// As it is carried.
    pub fn token(&self, key: &SecretKey) -> String {
        let mut bytes = Vec::with_capacity(CONTENT + SIGNATURE);
        bytes.extend_from_slice(self.person.as_uuid().as_bytes());
        bytes.extend_from_slice(&self.until.to_be_bytes());
        bytes.extend_from_slice(&self.password);
        let signature = key.sign(PURPOSE, &bytes);
        bytes.extend_from_slice(&signature);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads what is carried, if this installation made it and it is good at `now`.
    pub fn read(key: &SecretKey, token: &str, now: Instant) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (content, signature) = bytes.split_at_checked(CONTENT)?;
        if !bool::from(key.sign(PURPOSE, content)[..].ct_eq(signature)) {
            return None;
        }
        let half = Self {
            person: PersonId::from_uuid(Uuid::from_slice(content.get(..16)?).ok()?),
            until: i64::from_be_bytes(content.get(16..24)?.try_into().ok()?),
            password: content.get(24..)?.try_into().ok()?,
        };
        (now.timestamp() < half.until).then_some(half)
    }
}

/// Changes with the password and tells nothing about it.
fn likeness(person: &Person) -> [u8; 16] {
    let hash = hash_secret(person.password_hash.as_deref().unwrap_or_default());
    let mut part = [0; 16];
    part.copy_from_slice(&hash.as_bytes()[..16]);
    part
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;
    use crate::domain::ids::OrganizationId;
    use crate::domain::text::EmailAddress;

    fn person(password_hash: &str) -> Person {
        let now = Instant::UNIX_EPOCH;
        Person {
            id: PersonId::new(now),
            organization_id: OrganizationId::new(now),
            email: EmailAddress::parse("dana@acme.test").unwrap(),
            first_name: "Dana".to_owned(),
            last_name: "Cole".to_owned(),
            time_zone: None,
            password_hash: Some(password_hash.to_owned()),
            password_given_at: None,
            email_verified_at: None,
            disabled_at: None,
            created_at: now,
            version: 1,
        }
    }

    #[test]
    fn it_is_good_for_minutes_for_one_person_and_one_password() {
        let key = SecretKey::from_text(&SecretString::from("the key of this installation"));
        let now = Instant::UNIX_EPOCH + TimeDelta::days(20_000);
        let mut dana = person("$argon2id$one");
        let token = Half::of(&dana, now).token(&key);
        let read = |at| Half::read(&key, &token, at);
        assert!(read(now).is_some_and(|half| half.is_of(&dana)));
        assert!(!read(now).unwrap().is_of(&person("$argon2id$one")));
        assert!(read(now + HALF_LIFETIME).is_none());
        dana.password_hash = Some("$argon2id$two".to_owned());
        assert!(!read(now).unwrap().is_of(&dana));
        let other = SecretKey::from_text(&SecretString::from("the key of another one"));
        assert!(Half::read(&other, &token, now).is_none());
        for forged in ["", "AAAA", &token[1..], &format!("{token}AAAA")] {
            assert!(Half::read(&key, forged, now).is_none(), "{forged}");
        }
    }
}
