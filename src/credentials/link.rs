//! The secrets of one-time links.

use uuid::Uuid;

use super::{LINK_PREFIX, NewSecret, read_token, signed_token};
use crate::config::SecretKey;
use crate::domain::ids::OneTimeLinkId;
use crate::domain::link::LinkPurpose;

/// The secret of a link, made of its id and the installation's key.
pub fn link_token(key: &SecretKey, purpose: LinkPurpose, id: OneTimeLinkId) -> NewSecret {
    signed_token(key, LINK_PREFIX, signing(purpose), id.as_uuid().as_bytes())
}

/// The link whose secret this is, if this installation made it for this purpose. Whether it can be used still is for
/// its row to say.
pub fn read_link_token(
    key: &SecretKey,
    purpose: LinkPurpose,
    token: &str,
) -> Option<OneTimeLinkId> {
    let id = read_token(key, LINK_PREFIX, signing(purpose), token)?;
    Uuid::from_slice(&id).ok().map(OneTimeLinkId::from_uuid)
}

/// So that a link for one purpose is none for another.
const fn signing(purpose: LinkPurpose) -> &'static str {
    match purpose {
        LinkPurpose::Invitation => "one-time link: invitation",
        LinkPurpose::PasswordReset => "one-time link: password reset",
    }
}

#[cfg(test)]
mod tests {
    use secrecy::{ExposeSecret, SecretString};

    use super::*;
    use crate::domain::Instant;

    #[test]
    fn a_link_is_good_for_its_purpose_alone() {
        let key = SecretKey::from_text(&SecretString::from("the key of this installation"));
        let id = OneTimeLinkId::new(Instant::UNIX_EPOCH);
        for purpose in LinkPurpose::ALL {
            let secret = link_token(&key, *purpose, id);
            for asked in LinkPurpose::ALL {
                let read = read_link_token(&key, *asked, secret.text.expose_secret());
                assert_eq!(
                    read,
                    (asked == purpose).then_some(id),
                    "{purpose} as {asked}"
                );
            }
        }
    }
}
