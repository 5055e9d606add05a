use chrono::{TimeZone, Utc};

use super::*;

#[test]
fn only_words_of_the_provider_that_the_customer_can_see_are_an_update() {
    let mut counting = Vec::new();
    for kind in EntryKind::ALL {
        for visibility in Visibility::ALL {
            for side in [None, Some(Side::Customer), Some(Side::Provider)] {
                if counts_as_provider_update(*kind, *visibility, side, false) {
                    counting.push((*kind, *visibility, side));
                }
                assert!(!counts_as_provider_update(*kind, *visibility, side, true));
            }
        }
    }
    let public_by_staff = |kind| (kind, Visibility::Public, Some(Side::Provider));
    assert_eq!(
        counting,
        [
            EntryKind::Comment,
            EntryKind::WorkNote,
            EntryKind::ExternalCommunication,
            EntryKind::Rca
        ]
        .map(public_by_staff)
    );
}

#[test]
fn an_entry_is_its_authors_to_change_for_less_than_five_minutes() {
    let at = Utc.with_ymd_and_hms(2026, 3, 3, 12, 0, 0).unwrap();
    let (author, other) = (PersonId::new(at), PersonId::new(at));
    let last = at + EDIT_WINDOW - TimeDelta::microseconds(1);
    assert!(may_edit(Some(author), author, at, at));
    assert!(may_edit(Some(author), author, at, last));
    assert!(!may_edit(Some(author), author, at, at + EDIT_WINDOW));
    assert!(!may_edit(Some(author), other, at, at));
    assert!(!may_edit(None, author, at, at));
}
