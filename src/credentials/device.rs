//! What a browser shows on which somebody has signed in before.

use secrecy::SecretString;

use super::{DEVICE_PREFIX, Holder, read_token, signed_token};
use crate::config::SecretKey;

const PURPOSE: &str = "a device that is known";

/// A token for a browser on which somebody has just shown who they are. No two are the same.
pub fn device_token(key: &SecretKey, holder: Holder) -> SecretString {
    let mut what = holder.to_bytes().to_vec();
    what.extend_from_slice(&rand::random::<[u8; 16]>());
    signed_token(key, DEVICE_PREFIX, PURPOSE, &what).text
}

/// To whom the browser is known that shows this token, if this installation made it. With another password it is known
/// no more: whoever had got hold of the old one is a stranger again.
pub fn read_device_token(key: &SecretKey, token: &str) -> Option<Holder> {
    let what = read_token(key, DEVICE_PREFIX, PURPOSE, token)?;
    what.first_chunk().copied().map(Holder::from_bytes)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;
    use crate::domain::Instant;
    use crate::domain::ids::PersonId;

    #[test]
    fn a_device_is_known_to_one_person_with_one_password_of_one_installation() {
        let key = |text: &str| SecretKey::from_text(&SecretString::from(text));
        let (ours, theirs) = (key("the key of this installation"), key("another one"));
        let person = PersonId::new(Instant::UNIX_EPOCH);
        let holder = Holder::new(person, Some("$argon2id$one"));
        let (one, two) = (device_token(&ours, holder), device_token(&ours, holder));
        assert_ne!(one.expose_secret(), two.expose_secret());
        let read = |key| read_device_token(key, one.expose_secret());
        assert!(read(&ours).is_some_and(|read| read.is(holder)));
        let later = Holder::new(person, Some("$argon2id$two"));
        assert!(read(&ours).is_some_and(|read| !read.is(later)));
        assert!(read(&theirs).is_none());
        assert!(read_device_token(&ours, "cbd_AAAA").is_none());
    }
}
