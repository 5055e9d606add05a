//! Words of people, put into a feed.

use super::on::On;
use super::{Actor, VerbResult, settled};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::event::PostedWords;
use crate::domain::feed::{EntryKind, Visibility, counts_as_provider_update};
use crate::store::cases::{self, Case};
use crate::store::feeds::NewEntry;

/// The actor's public words in the feed of where something happened, as a part of that.
pub(super) fn words_of<'a>(
    actor: &Actor,
    on: On<'_>,
    words: &PostedWords<'a>,
    now: Instant,
) -> NewEntry<'a> {
    NewEntry {
        verdict: words.verdict,
        ..entry(actor, on, words.kind, words.body, now)
    }
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
