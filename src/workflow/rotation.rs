//! Rotation: a submitted escalation goes to whoever of those on duty has waited the longest for one (M4).

use super::record::Recorded;
use super::review_escalation::moved;
use super::{VerbResult, publish, settled, targets};
use crate::db::{Conn, write_what_was_put_off};
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::duty::{Assignment, next_in_turn};
use crate::domain::escalation::{self, Command};
use crate::domain::event::EscalationEvent;
use crate::domain::ids::PersonId;
use crate::domain::target::Happening;
use crate::store::cases::Case;
use crate::store::escalations::{self, Escalation};
use crate::store::{duty, lines, notices};

/// Gives an escalation that was just submitted to whose turn it is, if that is how escalations get their owner; gives whether it did.
/// Where nobody is on duty who may read the case, it waits in the queue.
///
/// # Errors
/// Database errors; that of a calendar by which a target cannot be reckoned.
pub(super) fn give_in_turn(
    conn: &mut Conn,
    case: &Case,
    before: &Escalation,
    now: Instant,
) -> VerbResult<bool> {
    if duty::assignment(conn)?.0 != Assignment::Rotation
        || duty::lock_turns(conn)? != Assignment::Rotation
    {
        return Ok(false);
    }
    let Some((to, owner)) = whose_turn(conn, case, now)? else {
        return Ok(false);
    };
    // Its first targets are read again.
    write_what_was_put_off(conn)?;
    let desk = escalation::Actor {
        id: to,
        supervises: true,
    };
    let command = Command::Assign { to };
    let moved = moved(desk, case.clone(), before.clone(), &command, now)?;
    settled(
        escalations::update(conn, &moved.before, &moved.changes)?,
        None,
    )?;
    duty::note_turn(conn, to)?;
    let after = escalations::find(conn, moved.before.id)?;
    let recorded = Recorded::escalation(&moved.before, &after);
    let event = EscalationEvent::GivenInTurn { owner };
    publish::by_rotation(conn, (case, &after), recorded, event, now)?;
    targets::keep(conn, case, &after, Happening::Owned, now)?;
    Ok(true)
}

/// Whose turn it is to get an escalation of this case, by id and name.
fn whose_turn(
    conn: &mut Conn,
    case: &Case,
    now: Instant,
) -> VerbResult<Option<(PersonId, String)>> {
    let there = duty::roster(conn)?.on_duty(now);
    if there.is_empty() {
        return Ok(None);
    }
    let readers = lines::readers(conn, case.line_of_business_id)?;
    let mut known = notices::known(conn, there.clone(), None, now)?;
    known.retain(|known| {
        let candidate = &known.candidate;
        candidate.standing.enabled
            && candidate.access.can(Permission::EscalationsReview)
            && readers.admit(&candidate.access)
    });
    let last = duty::turns(conn, &there)?;
    let waiting: Vec<(PersonId, Option<i64>)> = there
        .into_iter()
        .filter(|person| {
            known
                .iter()
                .any(|known| known.candidate.access.person == *person)
        })
        .map(|person| (person, last.get(&person).copied()))
        .collect();
    let turn = next_in_turn(&waiting);
    Ok(known
        .into_iter()
        .find(|known| Some(known.candidate.access.person) == turn)
        .map(|known| (known.candidate.access.person, known.name)))
}
