//! Pairings are asked for, changed and used.

use diesel::prelude::*;

use super::members::groups_with;
use crate::db::Conn;
use crate::db::schema::{pairing_members, pairings};
use crate::db::sql_types::At;
use crate::domain::Instant;
use crate::domain::ids::{OrganizationId, PairingId, PersonId};
use crate::domain::pairing::Party;

/// A use is noted at most once in so many seconds: nobody needs it more precisely, and every note is a write.
const NOTED_EVERY_SECONDS: i64 = 60;

/// What a new request is made of.
#[derive(Clone, Debug)]
pub struct NewPairing<'a> {
    /// Who asks.
    pub trustee: OrganizationId,
    /// Who alone may answer.
    pub addressed_to: Option<OrganizationId>,
    /// The hash of its link's secret.
    pub token_hash: &'a str,
    /// Until when the link is good.
    pub expires_at: Instant,
    /// The person who asks.
    pub by: PersonId,
}

/// Changes to a pairing; what is `None` stays.
#[derive(Clone, Debug, Default, AsChangeset)]
#[diesel(table_name = pairings)]
pub struct PairingChanges {
    /// A new link.
    pub token_hash: Option<String>,
    /// Until when it is good.
    pub expires_at: Option<At>,
    /// Who trusts.
    pub trustor_id: Option<OrganizationId>,
    /// Who said so.
    pub accepted_by: Option<PersonId>,
    /// When.
    pub accepted_at: Option<At>,
    /// Who refused.
    pub refused_by: Option<PersonId>,
    /// When.
    pub refused_at: Option<At>,
    /// Who switched it off, or nobody.
    pub switched_off_by: Option<Option<PersonId>>,
    /// When.
    pub switched_off_at: Option<Option<At>>,
    /// Who suspended it, or nobody.
    pub suspended_by: Option<Option<PersonId>>,
    /// When.
    pub suspended_at: Option<Option<At>>,
    /// Who ended it.
    pub removed_by: Option<PersonId>,
    /// When.
    pub removed_at: Option<At>,
    /// For which side.
    pub removed_side: Option<Party>,
}

/// Adds a request.
///
/// # Errors
/// Database errors.
pub fn insert(conn: &mut Conn, new: &NewPairing<'_>, now: Instant) -> QueryResult<PairingId> {
    let id = PairingId::new(now);
    diesel::insert_into(pairings::table)
        .values((
            pairings::id.eq(id),
            pairings::trustee_id.eq(new.trustee),
            pairings::addressed_to.eq(new.addressed_to),
            pairings::token_hash.eq(new.token_hash),
            pairings::expires_at.eq(At(new.expires_at)),
            pairings::created_by.eq(new.by),
            pairings::created_at.eq(At(now)),
        ))
        .execute(conn)?;
    Ok(id)
}

/// Changes a pairing and counts the change.
///
/// # Errors
/// Database errors.
pub fn update(conn: &mut Conn, id: PairingId, changes: &PairingChanges) -> QueryResult<()> {
    diesel::update(pairings::table.filter(pairings::id.eq(id)))
        .set((changes, pairings::version.eq(pairings::version + 1)))
        .execute(conn)
        .map(drop)
}

/// Counts a change of what belongs to a pairing.
///
/// # Errors
/// Database errors.
pub fn count_change(conn: &mut Conn, id: PairingId) -> QueryResult<()> {
    diesel::update(pairings::table.filter(pairings::id.eq(id)))
        .set(pairings::version.eq(pairings::version + 1))
        .execute(conn)
        .map(drop)
}

/// Notes that a person used a pairing: they switched in, or changed something there. Looking is no use.
///
/// # Errors
/// Database errors.
pub fn touch(
    conn: &mut Conn,
    pairing: PairingId,
    person: PersonId,
    now: Instant,
) -> QueryResult<()> {
    let before = At(now - chrono::TimeDelta::seconds(NOTED_EVERY_SECONDS));
    diesel::update(
        pairings::table.filter(pairings::id.eq(pairing)).filter(
            pairings::last_used_at
                .is_null()
                .or(pairings::last_used_at.lt(before)),
        ),
    )
    .set(pairings::last_used_at.eq(Some(At(now))))
    .execute(conn)?;
    let groups = groups_with(person);
    diesel::update(
        pairing_members::table
            .filter(pairing_members::pairing_id.eq(pairing))
            .filter(
                pairing_members::person_id
                    .eq(person)
                    .or(pairing_members::group_id.eq_any(groups)),
            )
            .filter(
                pairing_members::last_used_at
                    .is_null()
                    .or(pairing_members::last_used_at.lt(before)),
            ),
    )
    .set(pairing_members::last_used_at.eq(Some(At(now))))
    .execute(conn)
    .map(drop)
}
