//! The question that every verb asks which lets somebody in, gives or takes a role, or changes somebody's account:
//! whether it is within what the actor holds and may grant. Whoever runs the machine may do everything.

use std::collections::BTreeSet;

use super::administer::By;
use super::{Actor, VerbResult};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Permission, Rights};
use crate::domain::ids::{GroupId, LineId};
use crate::domain::organization::Side;
use crate::store::access;
use crate::store::people::{self, Person};

/// Whether the actor may give, or take, what grants all of `permissions`.
///
/// # Errors
/// [`Rejection::Beyond`](super::Rejection::Beyond).
pub(super) fn may_give(by: By<'_>, permissions: &BTreeSet<Permission>) -> VerbResult<()> {
    Ok(by.map_or(Ok(()), |actor| actor.access.may_give(permissions))?)
}

/// Whether the actor may manage a person: whatever is done to them, it is done to all that they may do.
///
/// # Errors
/// [`Rejection::Beyond`](super::Rejection::Beyond).
pub(super) fn may_manage(
    conn: &mut Conn,
    by: By<'_>,
    person: &Person,
    now: Instant,
) -> VerbResult<()> {
    let Some(actor) = by else { return Ok(()) };
    let rights = access::rights_of(conn, person, now)?;
    let own = own(conn, actor, &rights, now)?;
    Ok(actor.access.may_manage(&rights, &own)?)
}

/// Whether the actor may let somebody into a group, or out of it: with it comes all that the group carries, here and
/// where it is trusted, and what it reads.
///
/// # Errors
/// [`Rejection::Beyond`](super::Rejection::Beyond).
pub(super) fn may_open(
    conn: &mut Conn,
    by: By<'_>,
    (group, side): (GroupId, Side),
    now: Instant,
) -> VerbResult<()> {
    let Some(actor) = by else { return Ok(()) };
    let rights = access::rights_of_group(conn, group, side, now)?;
    let own = own(conn, actor, &rights, now)?;
    Ok(actor.access.may_open(&rights, &own)?)
}

/// Whether the actor may change who reads these restricted lines.
///
/// # Errors
/// [`Rejection::Beyond`](super::Rejection::Beyond).
pub(super) fn may_open_lines(
    conn: &mut Conn,
    by: By<'_>,
    lines: BTreeSet<LineId>,
    now: Instant,
) -> VerbResult<()> {
    let Some(actor) = by else { return Ok(()) };
    let rights = Rights {
        lines,
        ..Rights::default()
    };
    let own = own(conn, actor, &rights, now)?;
    Ok(actor.access.reads_all_of(&rights.lines, &own)?)
}

/// The actor's own rights, as far as they are needed to measure `rights`.
fn own(conn: &mut Conn, actor: &Actor, rights: &Rights, now: Instant) -> VerbResult<Rights> {
    if rights.are_at_home() {
        return Ok(Rights::default());
    }
    Ok(match people::find(conn, actor.reach(), actor.id())? {
        Some(person) => access::rights_of(conn, &person, now)?,
        None => Rights::default(),
    })
}
