//! Words of people, put into a feed.

use super::on::On;
use super::{Actor, VerbResult, attachments, settled};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::audit::seal::Said;
use crate::domain::event::PostedWords;
use crate::domain::feed::{EntryKind, Visibility, counts_as_provider_update};
use crate::store::cases::{self, Case};
use crate::store::feeds::{self, NewEntry};

/// Puts the actor's public words into the feed of where something happened, as a part of that; gives what the event has to
/// say of them.
pub(super) fn post_words(
    conn: &mut Conn,
    actor: &Actor,
    on: On<'_>,
    words: PostedWords<'_>,
    now: Instant,
) -> VerbResult<Said> {
    let entry = NewEntry {
        verdict: words.verdict,
        ..entry(actor, on, words.kind, words.body, now)
    };
    let (written, said) = feeds::insert(conn, &entry)?;
    let to = (on.case().organization_id, on.case().id, Some(written.id));
    attachments::attach(conn, words.files, to, now)?;
    updated_by_provider(conn, on.case(), &entry)?;
    Ok(said)
}

/// A public entry of somebody.
pub(super) fn entry<'a>(
    actor: &Actor,
    on: On<'_>,
    kind: EntryKind,
    body: &'a str,
    now: Instant,
) -> NewEntry<'a> {
    NewEntry {
        case: on.case().id,
        feed: on.feed(),
        escalation: on.escalation().map(|escalation| escalation.id),
        kind,
        visibility: Visibility::Public,
        author: Some((actor.id(), actor.side())),
        body,
        details: None,
        at: now,
        external_id: None,
        verdict: None,
    }
}

/// Moves the clock of `E7` if the entry counts as an update by the provider (C7); gives the case as it stands then, if it did.
pub(super) fn updated_by_provider(
    conn: &mut Conn,
    case: &Case,
    entry: &NewEntry<'_>,
) -> VerbResult<Option<Case>> {
    if !counts_as_provider_update(
        entry.kind,
        entry.visibility,
        entry.author.map(|(_, side)| side),
        entry.verdict.is_some(),
    ) {
        return Ok(None);
    }
    // Who waited for the lock may have looked at the clock before whoever held it.
    let newest = case
        .last_provider_entry_at
        .map_or(entry.at, |at| at.max(entry.at));
    settled(
        cases::touch_by_provider(conn, case.id, case.version, newest, entry.at)?,
        None,
    )?;
    // That is all that the update has changed.
    Ok(Some(Case {
        last_provider_entry_at: Some(newest),
        updated_at: entry.at,
        version: case.version + 1,
        ..case.clone()
    }))
}
