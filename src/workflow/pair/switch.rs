//! The switches of both sides, the end of a pairing, and switching into the other organization (P6, P7).

use super::clones::end_all;
use super::{authorized, decided, locked};
use crate::db::Conn;
use crate::db::sql_types::At;
use crate::domain::Instant;
use crate::domain::event::{Changed, PairingEvent};
use crate::domain::ids::{PairingId, PersonId};
use crate::domain::pairing::{Command, Party, Verb};
use crate::input::input;
use crate::store::pairings::{self, Pairing, PairingChanges, Scope};
use crate::workflow::{Actor, Expected, Rejection, VerbResult, publish, unchanged};

input! {
    /// A pairing's switch.
    pub struct SwitchPairing {
        /// Whether your side has it on.
        enabled: bool,
    }
}

/// Switches a pairing off or on: the trustor its switch, the trustee its own. Roles are kept.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Stale`, [`Rejection::Pairing`].
pub fn switch(
    conn: &mut Conn,
    actor: &Actor,
    id: PairingId,
    expected: Expected<'_>,
    command: &SwitchPairing,
    now: Instant,
) -> VerbResult<PairingId> {
    let on = command.enabled;
    let pairing = locked(conn, actor, id)?;
    let party = authorized(actor, &pairing, Verb::Switch, on)?;
    unchanged(expected, pairing.version)?;
    let state = Changed {
        before: pairing.state(now),
        after: decided(&pairing, Command::Switch { by: party, on }, now)?,
    };
    if state.before == state.after {
        return Ok(id);
    }
    let (by, at) = if on {
        (None, None)
    } else {
        (Some(actor.id()), Some(At(now)))
    };
    let changes = match party {
        Party::Trustor => PairingChanges {
            switched_off_by: Some(by),
            switched_off_at: Some(at),
            ..PairingChanges::default()
        },
        Party::Trustee => PairingChanges {
            suspended_by: Some(by),
            suspended_at: Some(at),
            ..PairingChanges::default()
        },
    };
    pairings::update(conn, id, &changes)?;
    let by = party;
    let event = PairingEvent::Switched { by, on, state };
    publish::on_pairing(conn, actor, &pairing, event, now)?;
    Ok(id)
}

/// Ends a pairing, or takes a request back. Its roles and cloned users go with it.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Stale`, [`Rejection::Pairing`].
pub fn remove(
    conn: &mut Conn,
    actor: &Actor,
    id: PairingId,
    expected: Expected<'_>,
    now: Instant,
) -> VerbResult<Pairing> {
    let pairing = locked(conn, actor, id)?;
    let party = authorized(actor, &pairing, Verb::Remove, false)?;
    unchanged(expected, pairing.version)?;
    let state = Changed {
        before: pairing.state(now),
        after: decided(&pairing, Command::Remove { by: party }, now)?,
    };
    let standing = pairings::clones_of(conn, &[id])?;
    end_all(conn, Some(actor), &pairing, &standing, now)?;
    for member in pairings::members_of(conn, &[id])? {
        if let Some(who) = member.who() {
            pairings::take_all(conn, id, who)?;
        }
        // The record says who was in it; a group that is in no pairing any more can go.
        pairings::remove_member(conn, member.id)?;
    }
    let changes = PairingChanges {
        removed_by: Some(actor.id()),
        removed_at: Some(At(now)),
        removed_side: Some(party),
        ..PairingChanges::default()
    };
    pairings::update(conn, id, &changes)?;
    let event = PairingEvent::Ended { by: party, state };
    publish::on_pairing(conn, actor, &pairing, event, now)?;
    Ok(pairing)
}

/// Notes that somebody who is there now switched into the organization (P9).
///
/// # Errors
/// [`Rejection::NotFound`] if they are not there by a pairing.
pub fn switched_into(
    conn: &mut Conn,
    actor: &Actor,
    real: PersonId,
    now: Instant,
) -> VerbResult<()> {
    let through = actor.access.through.ok_or(Rejection::NotFound)?;
    let scope = Scope::from(&actor.access);
    let pairing = pairings::find(conn, scope, through.pairing)?.ok_or(Rejection::NotFound)?;
    let event = PairingEvent::SwitchedInto {
        person: real,
        r#as: actor.id(),
    };
    publish::on_pairing(conn, actor, &pairing, event, now)?;
    pairings::begin_visit(conn, (pairing.id, actor.id()), now)?;
    pairings::touch(conn, pairing.id, real, now)?;
    Ok(())
}
