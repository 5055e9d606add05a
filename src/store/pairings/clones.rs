//! Cloned users: a trusted person's second self in the trustor's directory (P8).

use std::collections::HashMap;

use diesel::dsl::exists;
use diesel::prelude::*;

use super::{Pairing, Scope, find};
use crate::db::schema::{clones, organizations, people};
use crate::db::sql_types::At;
use crate::db::{Conn, among};
use crate::domain::Instant;
use crate::domain::ids::{OrganizationId, PairingId, PersonId};
use crate::domain::notice::Standing;
use crate::domain::text::{EmailAddress, PersonName, person_sort_key};
use crate::store::cases::OrganizationRef;
use crate::store::people::{display_name, search_text};

/// A cloned user that has not been removed.
#[derive(Clone, Debug)]
pub struct CloneRow {
    /// The person in the trustor's directory.
    pub id: PersonId,
    /// Their name there.
    pub name: String,
    /// Whose second self it is.
    pub original: PersonId,
    /// The pairing.
    pub pairing: PairingId,
    /// Who added it.
    pub added_by: Option<PersonId>,
    /// When.
    pub added_at: Instant,
}

type Row = (
    (PersonId, String, String),
    (PersonId, PairingId),
    (Option<PersonId>, At),
);

/// Clones that have not been removed, with their names.
macro_rules! standing {
    () => {
        clones::table
            .inner_join(people::table.on(people::id.eq(clones::person_id)))
            .filter(clones::removed_at.is_null())
            .order(clones::person_id.asc())
            .select((
                (people::id, people::first_name, people::last_name),
                (clones::original_id, clones::pairing_id),
                (clones::added_by, clones::added_at),
            ))
    };
}

fn row(((id, first, last), (original, pairing), (added_by, added_at)): Row) -> CloneRow {
    CloneRow {
        id,
        name: display_name(&first, &last),
        original,
        pairing,
        added_by,
        added_at: added_at.0,
    }
}

/// Whether a person is or was a cloned user.
///
/// # Errors
/// Database errors.
pub fn is_clone(conn: &mut Conn, person: PersonId) -> QueryResult<bool> {
    diesel::select(exists(clones::table.filter(clones::person_id.eq(person)))).get_result(conn)
}

/// Of these people, those who are or were cloned users.
///
/// # Errors
/// Database errors.
pub fn clones_among(conn: &mut Conn, persons: &[PersonId]) -> QueryResult<Vec<PersonId>> {
    clones::table
        .filter(clones::person_id.eq_any(persons.to_vec()))
        .select(clones::person_id)
        .load(conn)
}

/// Whether a person was a cloned user, and is none any more.
///
/// # Errors
/// Database errors.
pub fn is_removed_clone(conn: &mut Conn, person: PersonId) -> QueryResult<bool> {
    diesel::select(exists(
        clones::table
            .filter(clones::person_id.eq(person))
            .filter(clones::removed_at.is_not_null()),
    ))
    .get_result(conn)
}

/// The cloned users of these pairings.
///
/// # Errors
/// Database errors.
pub fn clones_of(conn: &mut Conn, pairings: &[PairingId]) -> QueryResult<Vec<CloneRow>> {
    let rows: Vec<Row> = standing!()
        .filter(clones::pairing_id.eq_any(pairings.to_vec()))
        .load(conn)?;
    Ok(rows.into_iter().map(row).collect())
}

/// The cloned users of these people, wherever they are.
///
/// # Errors
/// Database errors.
pub fn clones_of_people(conn: &mut Conn, originals: &[PersonId]) -> QueryResult<Vec<CloneRow>> {
    let rows: Vec<Row> = standing!()
        .filter(clones::original_id.eq_any(originals.to_vec()))
        .load(conn)?;
    Ok(rows.into_iter().map(row).collect())
}

/// How many cloned users a pairing has.
///
/// # Errors
/// Database errors.
pub fn running_clones(conn: &mut Conn, pairing: PairingId) -> QueryResult<usize> {
    let count: i64 = clones::table
        .filter(clones::pairing_id.eq(pairing))
        .filter(clones::removed_at.is_null())
        .count()
        .get_result(conn)?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// The cloned user of that id with its pairing, if that exists in the scope.
///
/// # Errors
/// Database errors.
pub fn find_clone(
    conn: &mut Conn,
    scope: Scope,
    id: PersonId,
) -> QueryResult<Option<(Pairing, CloneRow)>> {
    let found: Option<Row> = standing!()
        .filter(clones::person_id.eq(id))
        .get_result(conn)
        .optional()?;
    let Some(clone) = found.map(row) else {
        return Ok(None);
    };
    let pairing = find(conn, scope, clone.pairing)?;
    Ok(pairing.map(|pairing| (pairing, clone)))
}

/// Where a cloned user is written to: at its original's address, as long as that may be (P8).
#[derive(Clone, Debug)]
pub struct Mailbox {
    /// The original's address.
    pub email: EmailAddress,
    /// Whether that is verified.
    pub verified: bool,
    /// Whether the original is shut out.
    pub disabled: bool,
    /// The original's zone; that of their organization if they have none.
    pub time_zone: String,
    /// The tag of the language in which they read; none if they have chosen none.
    pub language: Option<String>,
}

impl Mailbox {
    /// Whether the clone is written to, which itself stands like `own`: as long as neither it nor its original is shut out.
    pub fn standing(&self, own: Standing) -> Standing {
        Standing {
            enabled: own.enabled && !self.disabled,
            verified: self.verified,
        }
    }
}

/// Where those of these people who are cloned users are written to.
///
/// # Errors
/// Database errors.
pub fn mailboxes(conn: &mut Conn, persons: &[PersonId]) -> QueryResult<HashMap<PersonId, Mailbox>> {
    type Row = (
        PersonId,
        (EmailAddress, Option<At>, Option<At>),
        (Option<String>, Option<String>),
        String,
    );
    let rows: Vec<Row> = clones::table
        .inner_join(people::table.on(people::id.eq(clones::original_id)))
        .inner_join(organizations::table.on(organizations::id.eq(people::organization_id)))
        .filter(among(clones::person_id, persons.to_vec()))
        .filter(clones::removed_at.is_null())
        .select((
            clones::person_id,
            (
                people::email,
                people::email_verified_at,
                people::disabled_at,
            ),
            (people::time_zone, people::language),
            organizations::time_zone,
        ))
        .load(conn)?;
    let mailbox = |(clone, (email, verified, disabled), (zone, language), home): Row| {
        let mailbox = Mailbox {
            email,
            verified: verified.is_some(),
            disabled: disabled.is_some(),
            time_zone: zone.unwrap_or(home),
            language,
        };
        (clone, mailbox)
    };
    Ok(rows.into_iter().map(mailbox).collect())
}

/// The organizations that those of these people who are or were cloned users come from.
///
/// # Errors
/// Database errors.
pub fn homes_of_clones(
    conn: &mut Conn,
    persons: &[PersonId],
) -> QueryResult<HashMap<PersonId, OrganizationRef>> {
    let rows: Vec<(PersonId, OrganizationRef)> = clones::table
        .inner_join(people::table.on(people::id.eq(clones::original_id)))
        .inner_join(organizations::table.on(organizations::id.eq(people::organization_id)))
        .filter(clones::person_id.eq_any(persons.to_vec()))
        .select((clones::person_id, OrganizationRef::as_select()))
        .load(conn)?;
    Ok(rows.into_iter().collect())
}

/// Adds a cloned user to the directory of `trustor`. Its own address leads nowhere and it has no password: it is entered only
/// by way of its original, and written to at theirs.
///
/// # Errors
/// Database errors.
pub fn add_clone(
    conn: &mut Conn,
    (pairing, trustor): (PairingId, OrganizationId),
    original: PersonId,
    (id, email): (PersonId, &EmailAddress),
    (first_name, last_name): (&PersonName, &PersonName),
    by: PersonId,
    now: Instant,
) -> QueryResult<()> {
    diesel::insert_into(people::table)
        .values((
            people::id.eq(id),
            people::organization_id.eq(trustor),
            people::email.eq(email),
            people::first_name.eq(first_name.as_str()),
            people::last_name.eq(last_name.as_str()),
            people::search_text.eq(search_text(first_name.as_str(), last_name.as_str(), email)),
            people::sort_name.eq(person_sort_key(first_name.as_str(), last_name.as_str())),
            people::created_at.eq(At(now)),
        ))
        .execute(conn)?;
    diesel::insert_into(clones::table)
        .values((
            clones::person_id.eq(id),
            clones::original_id.eq(original),
            clones::pairing_id.eq(pairing),
            clones::added_by.eq(by),
            clones::added_at.eq(At(now)),
        ))
        .execute(conn)
        .map(drop)
}

/// Ends cloned users: they are shut out, and what they did stays theirs.
///
/// # Errors
/// Database errors.
pub fn end_clones(conn: &mut Conn, ended: &[PersonId], now: Instant) -> QueryResult<()> {
    diesel::update(
        clones::table
            .filter(clones::person_id.eq_any(ended.to_vec()))
            .filter(clones::removed_at.is_null()),
    )
    .set(clones::removed_at.eq(Some(At(now))))
    .execute(conn)?;
    diesel::update(
        people::table
            .filter(people::id.eq_any(ended.to_vec()))
            .filter(people::disabled_at.is_null()),
    )
    .set((
        people::disabled_at.eq(Some(At(now))),
        people::version.eq(people::version + 1),
    ))
    .execute(conn)
    .map(drop)
}
