//! Half a sign-in: the right password was shown, the second factor not yet. It is carried by who signs in, and nothing
//! of it is kept here: it names the person, is good for minutes, and is void once the password is another.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use subtle::ConstantTimeEq;

use crate::config::SecretKey;
use crate::credentials::Holder;
use crate::domain::Instant;
use crate::domain::ids::PersonId;
use crate::store::people::Person;

/// How long one may look for one's telephone.
pub const HALF_LIFETIME: TimeDelta = TimeDelta::minutes(10);
const PURPOSE: &str = "half a sign-in";
const SIGNATURE: usize = 32;
/// Who, and the instant.
const CONTENT: usize = Holder::SIZE + 8;

/// See the head of this file.
#[derive(Clone, Debug)]
pub struct PendingSecondFactor {
    holder: Holder,
    until: i64,
}

impl PendingSecondFactor {
    /// Of somebody who has shown their password just now.
    pub fn of(person: &Person, now: Instant) -> Self {
        Self {
            holder: holder(person),
            until: (now + HALF_LIFETIME).timestamp(),
        }
    }

    /// Whose it is.
    pub fn person(&self) -> PersonId {
        self.holder.person()
    }

    /// Who has shown which password.
    pub fn holder(&self) -> Holder {
        self.holder
    }

    /// Whether it is this person's, and they have the same password still.
    pub fn is_of(&self, person: &Person) -> bool {
        self.holder.is(holder(person))
    }

    /// As it is carried.
    pub fn token(&self, key: &SecretKey) -> String {
        let mut bytes = Vec::with_capacity(CONTENT + SIGNATURE);
        bytes.extend_from_slice(&self.holder.to_bytes());
        bytes.extend_from_slice(&self.until.to_be_bytes());
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
            holder: Holder::from_bytes(*content.first_chunk()?),
            until: i64::from_be_bytes(*content.last_chunk()?),
        };
        (now.timestamp() < half.until).then_some(half)
    }
}

/// The person with the password that they have.
fn holder(person: &Person) -> Holder {
    Holder::new(person.id, person.password_hash.as_deref())
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
            sort_name: "cole  dana".to_owned(),
            time_zone: None,
            language: None,
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
        let token = PendingSecondFactor::of(&dana, now).token(&key);
        let read = |at| PendingSecondFactor::read(&key, &token, at);
        assert!(read(now).is_some_and(|half| half.is_of(&dana)));
        assert!(!read(now).unwrap().is_of(&person("$argon2id$one")));
        assert!(read(now + HALF_LIFETIME).is_none());
        dana.password_hash = Some("$argon2id$two".to_owned());
        assert!(!read(now).unwrap().is_of(&dana));
        let other = SecretKey::from_text(&SecretString::from("the key of another one"));
        assert!(PendingSecondFactor::read(&other, &token, now).is_none());
        for forged in ["", "AAAA", &token[1..], &format!("{token}AAAA")] {
            assert!(
                PendingSecondFactor::read(&key, forged, now).is_none(),
                "{forged}"
            );
        }
    }
}
