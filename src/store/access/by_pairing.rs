//! What somebody holds in other organizations, by way of pairings, as themselves or as a cloned user (P3, P8).

use diesel::dsl::exists;
use diesel::prelude::*;
use uuid::Uuid;

use super::grants::{HeldRow, IsOn, given_to, held, paired_grants};
use super::lasting::{Lasting, Span};
use super::own;
use crate::db::schema::{
    access_group_members, clones, pairing_members, pairings, people, role_grants, roles,
};
use crate::db::sql_types::At;
use crate::db::{Conn, remembered};
use crate::domain::Instant;
use crate::domain::access::{HeldRole, Role, Through};
use crate::domain::ids::{OrganizationId, PairingId, PersonId};
use crate::store::grants::unexpired;

/// What a person of `home` holds in the organization `there`, by way of pairings that are on, and the pairing of it;
/// nothing if no role was given to them there (P3).
///
/// # Errors
/// Database errors.
pub fn paired(
    conn: &mut Conn,
    person: PersonId,
    home: OrganizationId,
    there: OrganizationId,
    now: Instant,
) -> QueryResult<Option<(Through, Vec<HeldRole>)>> {
    let rows: Vec<(PairingId, HeldRow)> = paired_grants!(person, home, now)
        .filter(role_grants::organization_id.eq(there))
        .order(pairings::id.asc())
        .select((
            pairings::id,
            (role_grants::role, roles::permissions.nullable()),
        ))
        .load(conn)?;
    let Some((pairing, _)) = rows.first() else {
        return Ok(None);
    };
    let through = Through {
        pairing: *pairing,
        home,
        as_clone: false,
    };
    let held = rows.into_iter().map(|(_, row)| held(row)).collect();
    Ok(Some((through, held)))
}

/// Whether a person holds a role in any organization by way of a pairing that is on.
///
/// # Errors
/// Database errors.
pub fn is_paired_anywhere(
    conn: &mut Conn,
    person: PersonId,
    home: OrganizationId,
    now: Instant,
) -> QueryResult<bool> {
    let grants = paired_grants!(person, home, now).select(role_grants::id);
    diesel::select(exists(grants)).get_result(conn)
}

/// What a cloned user of a person of `home` holds in the organization `there`, whose directory it is in; nothing if it
/// was removed or shut out, or its original may not enter there themselves by the same pairing (P8).
///
/// # Errors
/// Database errors.
pub fn cloned(
    conn: &mut Conn,
    clone: PersonId,
    (original, home): (PersonId, OrganizationId),
    there: OrganizationId,
    now: Instant,
) -> QueryResult<Option<(Through, Vec<HeldRole>)>> {
    let pairing: Option<PairingId> = clones::table
        .inner_join(people::table.on(people::id.eq(clones::person_id)))
        .filter(clones::person_id.eq(clone))
        .filter(clones::original_id.eq(original))
        .filter(clones::removed_at.is_null())
        .filter(people::organization_id.eq(there))
        .filter(people::disabled_at.is_null())
        .select(clones::pairing_id)
        .get_result(conn)
        .optional()?;
    let Some(pairing) = pairing else {
        return Ok(None);
    };
    let trusted = paired_grants!(original, home, now)
        .filter(pairings::id.eq(pairing))
        .filter(role_grants::organization_id.eq(there))
        .select(role_grants::id);
    if !diesel::select(exists(trusted)).get_result::<bool>(conn)? {
        return Ok(None);
    }
    let held = own(conn, clone, there, now)?;
    let through = Through {
        pairing,
        home,
        as_clone: true,
    };
    Ok(Some((through, held)))
}

/// A role that somebody holds elsewhere.
#[derive(Clone, Debug)]
pub struct HeldElsewhere {
    /// In which organization.
    pub organization: OrganizationId,
    /// By which pairing.
    pub pairing: PairingId,
    /// The role, if it is one of the program's.
    pub role: Option<Role>,
    /// Code and name of a role of that organization's own.
    pub own: Option<(String, String)>,
}

/// Every role that a person of `home` holds in other organizations, by way of pairings that are on.
///
/// # Errors
/// Database errors.
pub fn elsewhere(
    conn: &mut Conn,
    person: PersonId,
    home: OrganizationId,
    now: Instant,
) -> QueryResult<Vec<HeldElsewhere>> {
    type Row = (
        OrganizationId,
        PairingId,
        Option<Role>,
        Option<(String, String)>,
    );
    let load = |conn: &mut Conn| {
        let span = Span::from_now(conn, now)?;
        let rows: Vec<Row> = paired_grants!(person, home, now)
            .order((pairings::id.asc(), role_grants::id.asc()))
            .select((
                role_grants::organization_id,
                pairings::id,
                role_grants::role,
                (roles::code, roles::name).nullable(),
            ))
            .load(conn)?;
        let held = |(organization, pairing, role, own)| HeldElsewhere {
            organization,
            pairing,
            role,
            own,
        };
        Ok(span.of(rows.into_iter().map(held).collect()))
    };
    let held = remembered(
        conn,
        [*person.as_uuid(), *home.as_uuid(), Uuid::nil()],
        |held: &Lasting<Vec<HeldElsewhere>>| held.holds(now),
        load,
    )?;
    Ok(held.read.clone())
}
