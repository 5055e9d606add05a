//! All that somebody may do, or that being in a group gives, wherever that is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use diesel::prelude::*;

use super::grants::{HeldRow, given_to, held};
use super::of_person;
use crate::db::Conn;
use crate::db::schema::{access_group_members, pairings, role_grants, roles};
use crate::db::sql_types::At;
use crate::domain::Instant;
use crate::domain::access::{Permission, Rights};
use crate::domain::ids::{GroupId, LineId, OrganizationId};
use crate::domain::organization::Side;
use crate::store::grants::{holding_at, unexpired};
use crate::store::lines;
use crate::store::people::Person;

/// Grants by way of pairings, to whom the condition names, that hold or would hold as soon as a switch is on again; with
/// the organization of each.
macro_rules! elsewhere_grants {
    ($to:expr, $now:expr) => {
        role_grants::table
            .inner_join(pairings::table)
            .left_join(roles::table)
            .filter($to)
            .filter(unexpired!($now))
            .filter(pairings::removed_at.is_null())
            .select((
                role_grants::organization_id,
                (role_grants::role, roles::permissions.nullable()),
            ))
    };
}

/// All that a person may do: in their own organization, the restricted lines that their groups read there, and in others by
/// way of pairings, those that are switched off included. Whether the person is shut out does not matter.
///
/// # Errors
/// Database errors.
pub fn rights_of(conn: &mut Conn, person: &Person, now: Instant) -> QueryResult<Rights> {
    let home = Arc::unwrap_or_clone(of_person(conn, person, now)?.permissions);
    let elsewhere = elsewhere_grants!(given_to!(person.id), now)
        .filter(pairings::trustee_id.eq(person.organization_id))
        .load(conn)?;
    let lines = lines::read_by(conn, person.id)?;
    Ok(rights(home, elsewhere, lines))
}

/// All that being in a group of an organization on this side gives.
///
/// # Errors
/// Database errors.
pub fn rights_of_group(
    conn: &mut Conn,
    group: GroupId,
    side: Side,
    now: Instant,
) -> QueryResult<Rights> {
    let rows: Vec<HeldRow> = role_grants::table
        .left_join(roles::table)
        .filter(role_grants::group_id.eq(group))
        .filter(holding_at!(now))
        .select((role_grants::role, roles::permissions.nullable()))
        .load(conn)?;
    let home = rows
        .into_iter()
        .flat_map(|row| held(row).permissions(side))
        .collect();
    let elsewhere = elsewhere_grants!(role_grants::group_id.eq(group), now).load(conn)?;
    let lines = lines::read_by_group(conn, group)?;
    Ok(rights(home, elsewhere, lines))
}

/// Nobody trusts the provider's staff in, nor lets the provider be asked: what is held elsewhere is a customer's.
fn rights(
    home: BTreeSet<Permission>,
    rows: Vec<(OrganizationId, HeldRow)>,
    lines: BTreeSet<LineId>,
) -> Rights {
    let mut elsewhere: BTreeMap<OrganizationId, BTreeSet<Permission>> = BTreeMap::new();
    for (organization, row) in rows {
        elsewhere
            .entry(organization)
            .or_default()
            .extend(held(row).permissions(Side::Customer));
    }
    Rights {
        home,
        elsewhere,
        lines,
    }
}
