//! The question that every verb asks which lets somebody in, gives or takes a role, or changes somebody's account:
//! whether it is within what the actor holds and may grant. Whoever runs the machine may do everything.

use std::collections::BTreeSet;

use super::Outcome;
use super::administer::By;
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Permission, Rights};
use crate::domain::ids::GroupId;
use crate::domain::organization::Side;
use crate::store::access;
use crate::store::people::{self, Person};

/// Whether the actor may give, or take, what grants all of `permissions`.
///
/// # Errors
/// [`Refused::Beyond`](super::Refused::Beyond).
pub(super) fn may_give(by: By<'_>, permissions: &BTreeSet<Permission>) -> Outcome<()> {
    Ok(by.map_or(Ok(()), |actor| actor.access.may_give(permissions))?)
}

/// Whether the actor may manage a person: whatever is done to them, it is done to all that they may do.
///
/// # Errors
/// [`Refused::Beyond`](super::Refused::Beyond).
pub(super) fn may_manage(
    conn: &mut Conn,
    by: By<'_>,
    person: &Person,
    now: Instant,
) -> Outcome<()> {
    if by.is_none() {
        return Ok(());
    }
    let rights = access::rights_of(conn, person, now)?;
    within(conn, by, &rights, now)
}

/// Whether the actor may let somebody into a group, or out of it: with it comes all that the group carries, here and
/// where it is trusted.
///
/// # Errors
/// [`Refused::Beyond`](super::Refused::Beyond).
pub(super) fn may_open(
    conn: &mut Conn,
    by: By<'_>,
    (group, side): (GroupId, Side),
    now: Instant,
) -> Outcome<()> {
    if by.is_none() {
        return Ok(());
    }
    let rights = access::rights_of_group(conn, group, side, now)?;
    within(conn, by, &rights, now)
}

fn within(conn: &mut Conn, by: By<'_>, rights: &Rights, now: Instant) -> Outcome<()> {
    let Some(actor) = by else { return Ok(()) };
    let own = match rights.elsewhere.is_empty() {
        true => Rights::default(),
        false => {
            let found = people::find(conn, actor.reach(), actor.id())?;
            match found {
                Some(person) => access::rights_of(conn, &person, now)?,
                None => Rights::default(),
            }
        }
    };
    Ok(actor.access.may_manage(rights, &own)?)
}
