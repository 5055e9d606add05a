//! What people chose about a kind of notice, and the daily digest of what was kept for them (N5).

use std::collections::HashMap;

use crate::db::{Conn, DbError};
use crate::domain::Instant;
use crate::domain::ids::{CaseId, PersonId};
use crate::domain::notice::{
    Delivery, Digest, DigestCase, DigestItem, Letter, Matter, NoticeKind, Payload,
};
use crate::store::digests;
use crate::store::notice_preferences;
use crate::store::notices::{self, NewNotice, To};

/// How each of a few people wants a kind of notice.
#[derive(Clone, Debug, Default)]
pub(super) struct Chosen(HashMap<PersonId, Delivery>);

impl Chosen {
    /// What they chose; of a kind that is no choice, nothing.
    pub(super) fn load(
        conn: &mut Conn,
        kind: NoticeKind,
        persons: &[PersonId],
    ) -> Result<Self, DbError> {
        if !kind.is_chosen() {
            return Ok(Self::default());
        }
        let chosen = notice_preferences::of_kind(conn, kind, persons)?;
        Ok(Self(chosen))
    }

    /// How a person wants it.
    pub(super) fn of(&self, person: PersonId) -> Delivery {
        self.0.get(&person).copied().unwrap_or(Delivery::Now)
    }
}

/// Keeps a notice for the person's digest instead of sending it.
pub(super) fn keep(
    conn: &mut Conn,
    person: PersonId,
    case: Option<CaseId>,
    payload: &Payload,
    now: Instant,
) -> Result<(), DbError> {
    Ok(digests::keep(
        conn,
        person,
        case,
        &DigestItem::of(payload),
        now,
    )?)
}

/// Makes the digest of all that is kept for a person and puts it into the outbox; answers whether there was anything. Whether it
/// may still be told is looked at when it is sent.
///
/// # Errors
/// Database errors.
pub fn make_digest(conn: &mut Conn, person: PersonId, now: Instant) -> Result<bool, DbError> {
    let kept = digests::take(conn, person)?;
    let ids = kept.iter().filter_map(|kept| kept.case).collect();
    let named = digests::named(conn, ids)?;
    let mut digest = Digest::default();
    for kept in kept {
        match kept.case.map(|case| (case, named.get(&case))) {
            None => digest.add_other(kept.item),
            Some((case, Some(named))) => digest.add(DigestCase {
                case,
                number: named.number,
                subject: named.subject.clone(),
                organization: named.organization.clone(),
                items: vec![kept.item],
            }),
            // There is no such case any more.
            Some((_, None)) => {}
        }
    }
    if digest.is_empty() {
        return Ok(false);
    }
    let letter = Letter::Digest(digest);
    let notice = NewNotice {
        to: To::Person(person),
        case: None,
        escalation: None,
        thread: letter.thread(Some(person)),
        payload: &Payload {
            at: now,
            actor: None,
            matter: Matter::Letter(letter),
        },
    };
    notices::insert(conn, &notice, now)?;
    Ok(true)
}
