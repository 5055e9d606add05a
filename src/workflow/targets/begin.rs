//! Starting the targets of an escalation that is older than they are.

use super::Keeper;
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::escalation::State;
use crate::domain::organization::Side;
use crate::domain::target::Happening;
use crate::store::cases::Case;
use crate::store::escalations::{self, Escalation};
use crate::store::feeds;
use crate::workflow::VerbResult;

/// Starts the targets of an escalation of which only the rest is known: what happened to it, and what was written in its
/// feed. Its case counts with the priority that it has now.
///
/// # Errors
/// Database errors; that of a calendar by which a target cannot be reckoned.
pub(crate) fn begin(
    conn: &mut Conn,
    case: &Case,
    escalation: &Escalation,
    now: Instant,
) -> VerbResult<()> {
    escalations::set_submitted_priority(conn, escalation.id, case.priority)?;
    let escalation = &escalations::find(conn, escalation.id)?;
    let mut keeper = Keeper::of(conn, case, escalation)?;
    for (at, happening) in happened(conn, escalation)? {
        keeper.follow(conn, happening, at.min(now))?;
    }
    keeper.note(conn)
}

/// What happened to an escalation, in order.
fn happened(conn: &mut Conn, escalation: &Escalation) -> VerbResult<Vec<(Instant, Happening)>> {
    let mut happened = vec![(escalation.submitted_at, Happening::Submitted)];
    happened.extend(escalation.claimed_at.map(|at| (at, Happening::Owned)));
    happened.extend(escalation.decided_at.map(|at| match escalation.rank {
        Some(_) => (at, Happening::Accepted),
        None => (at, Happening::Declined),
    }));
    happened.extend(escalation.closed_at.and_then(|at| match escalation.state {
        State::Withdrawn => Some((at, Happening::Withdrawn)),
        State::Closed => Some((at, Happening::Closed)),
        _ => None,
    }));
    // What was said at the instant of a move belongs to that.
    let moves: Vec<Instant> = happened.iter().map(|(at, _)| *at).collect();
    let spoken = feeds::spoken_publicly(conn, escalation.id)?;
    let apart = spoken.into_iter().filter(|said| !moves.contains(&said.at));
    happened.extend(apart.map(|said| {
        let happening = match said.side {
            Side::Provider => Happening::ProviderWrote {
                awaits_reply: said.awaits_reply,
            },
            Side::Customer => Happening::RequesterWrote,
        };
        (said.at, happening)
    }));
    happened.sort_by_key(|(at, _)| *at);
    Ok(happened)
}
