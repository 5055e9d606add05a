//! The secrets in the links that mails bear.

use uuid::Uuid;

use super::{LINK_PREFIX, NewSecret, UNSUBSCRIBE_PREFIX, read_token, signed_token};
use crate::config::SecretKey;
use crate::domain::feed::Feed;
use crate::domain::ids::{CaseNumber, OneTimeLinkId, PersonId};
use crate::domain::link::LinkPurpose;
use crate::domain::notice::NoticeKind;

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

/// The secret of the link with which a person has no more notices of a kind. It stays good for as long as there are any.
pub fn unsubscribe_token(key: &SecretKey, person: PersonId, kind: NoticeKind) -> NewSecret {
    let mut what = person.as_uuid().as_bytes().to_vec();
    what.extend_from_slice(kind.as_str().as_bytes());
    signed_token(key, UNSUBSCRIBE_PREFIX, UNSUBSCRIBE, &what)
}

/// Whose link this is, and for which kind, if this installation made it.
pub fn read_unsubscribe_token(key: &SecretKey, token: &str) -> Option<(PersonId, NoticeKind)> {
    let what = read_token(key, UNSUBSCRIBE_PREFIX, UNSUBSCRIBE, token)?;
    let (person, kind) = what.split_at_checked(size_of::<Uuid>())?;
    let person = Uuid::from_slice(person).ok()?;
    let kind = std::str::from_utf8(kind).ok()?.parse().ok()?;
    Some((PersonId::from_uuid(person), kind))
}

/// The secret of the link with which a person mutes one feed of a case (F7).
pub fn mute_token(key: &SecretKey, person: PersonId, case: CaseNumber, feed: Feed) -> NewSecret {
    let mut what = person.as_uuid().as_bytes().to_vec();
    what.extend_from_slice(&case.value().to_be_bytes());
    what.extend_from_slice(feed.as_str().as_bytes());
    signed_token(key, UNSUBSCRIBE_PREFIX, MUTE, &what)
}

/// Whose link this is, and which feed of which case it mutes, if this installation made it.
pub fn read_mute_token(key: &SecretKey, token: &str) -> Option<(PersonId, CaseNumber, Feed)> {
    let what = read_token(key, UNSUBSCRIBE_PREFIX, MUTE, token)?;
    let (person, rest) = what.split_at_checked(size_of::<Uuid>())?;
    let (case, feed) = rest.split_first_chunk()?;
    Some((
        PersonId::from_uuid(Uuid::from_slice(person).ok()?),
        CaseNumber::new(i64::from_be_bytes(*case)),
        std::str::from_utf8(feed).ok()?.parse().ok()?,
    ))
}

const UNSUBSCRIBE: &str = "no more notices of a kind";
const MUTE: &str = "no more notices of a feed";

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

    #[test]
    fn a_link_that_unsubscribes_names_one_person_and_one_kind_and_is_no_other_link() {
        let key = SecretKey::from_text(&SecretString::from("the key of this installation"));
        let person = PersonId::new(Instant::UNIX_EPOCH);
        let mut seen = std::collections::BTreeSet::new();
        for kind in NoticeKind::ALL {
            let secret = unsubscribe_token(&key, person, *kind);
            let text = secret.text.expose_secret();
            assert_eq!(read_unsubscribe_token(&key, text), Some((person, *kind)));
            let renamed = text.replace(UNSUBSCRIBE_PREFIX, LINK_PREFIX);
            for purpose in LinkPurpose::ALL {
                assert_eq!(read_link_token(&key, *purpose, &renamed), None);
            }
            assert!(seen.insert(text.to_owned()), "{kind}");
        }
    }

    #[test]
    fn a_link_that_mutes_names_one_feed_of_one_case_and_ends_no_kind() {
        let key = SecretKey::from_text(&SecretString::from("the key of this installation"));
        let person = PersonId::new(Instant::UNIX_EPOCH);
        for (number, feed) in [
            (1, Feed::Case),
            (1, Feed::Escalation),
            (123_456, Feed::Case),
        ] {
            let case = CaseNumber::new(number);
            let secret = mute_token(&key, person, case, feed);
            let text = secret.text.expose_secret();
            assert_eq!(read_mute_token(&key, text), Some((person, case, feed)));
            assert_eq!(read_unsubscribe_token(&key, text), None);
        }
        let ends = unsubscribe_token(&key, person, NoticeKind::EntryPosted);
        assert_eq!(read_mute_token(&key, ends.text.expose_secret()), None);
    }
}
