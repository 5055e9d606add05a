//! What a browser shows on which somebody has signed in before.

use secrecy::SecretString;
use uuid::Uuid;

use super::{DEVICE_PREFIX, read_token, signed_token};
use crate::config::SecretKey;
use crate::domain::ids::PersonId;

const PURPOSE: &str = "a device that is known";

/// A token for a browser on which this person has just shown who they are. No two are the same.
pub fn device_token(key: &SecretKey, person: PersonId) -> SecretString {
    let mut what = person.as_uuid().as_bytes().to_vec();
    what.extend_from_slice(&rand::random::<[u8; 16]>());
    signed_token(key, DEVICE_PREFIX, PURPOSE, &what).text
}

/// To whom the browser is known that shows this token, if this installation made it.
pub fn read_device_token(key: &SecretKey, token: &str) -> Option<PersonId> {
    let what = read_token(key, DEVICE_PREFIX, PURPOSE, token)?;
    let (person, _) = what.split_at_checked(size_of::<Uuid>())?;
    Uuid::from_slice(person).ok().map(PersonId::from_uuid)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;
    use crate::domain::Instant;

    #[test]
    fn a_device_is_known_to_one_person_of_one_installation() {
        let key = |text: &str| SecretKey::from_text(&SecretString::from(text));
        let (ours, theirs) = (key("the key of this installation"), key("another one"));
        let person = PersonId::new(Instant::UNIX_EPOCH);
        let (one, two) = (device_token(&ours, person), device_token(&ours, person));
        assert_ne!(one.expose_secret(), two.expose_secret());
        assert_eq!(read_device_token(&ours, one.expose_secret()), Some(person));
        assert_eq!(read_device_token(&theirs, one.expose_secret()), None);
        assert_eq!(read_device_token(&ours, "cbd_AAAA"), None);
    }
}
