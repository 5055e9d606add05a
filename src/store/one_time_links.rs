//! Links that are good once: invitations and resets of passwords. Only the hash of the secret is kept.

use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::one_time_links as links;
use crate::db::sql_types::{At, MaybeAt};
use crate::domain::Instant;
use crate::domain::ids::{OneTimeLinkId, PersonId};
use crate::domain::link::{LinkPurpose, LinkState};

/// A row of `one_time_links`.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = links)]
pub struct OneTimeLink {
    /// Its id.
    pub id: OneTimeLinkId,
    /// What it is good for.
    pub purpose: LinkPurpose,
    /// Whose it is.
    pub person_id: PersonId,
    /// When it was made.
    #[diesel(deserialize_as = At)]
    pub created_at: Instant,
    /// From when on it cannot be used any more.
    #[diesel(deserialize_as = At)]
    pub expires_at: Instant,
    /// When it was used.
    #[diesel(deserialize_as = MaybeAt)]
    pub used_at: Option<Instant>,
    /// When another took its place, or it was called back.
    #[diesel(deserialize_as = MaybeAt)]
    pub revoked_at: Option<Instant>,
}

impl OneTimeLink {
    /// Where it stands at `now`.
    pub fn state(&self, now: Instant) -> LinkState {
        if self.used_at.is_some() {
            LinkState::Used
        } else if self.revoked_at.is_some() {
            LinkState::Revoked
        } else if self.expires_at <= now {
            LinkState::Expired
        } else {
            LinkState::Good
        }
    }
}

/// What a new link is made of.
#[derive(Clone, Copy, Debug)]
pub struct NewLink<'a> {
    /// Its id, of which its secret is made.
    pub id: OneTimeLinkId,
    /// What it is good for.
    pub purpose: LinkPurpose,
    /// Whose it is.
    pub person: PersonId,
    /// The hash of its secret.
    pub token_hash: &'a str,
    /// From when on it cannot be used any more.
    pub expires_at: Instant,
}

/// Adds a link.
///
/// # Errors
/// Database errors.
pub fn create(conn: &mut Conn, new: &NewLink<'_>, now: Instant) -> QueryResult<()> {
    diesel::insert_into(links::table)
        .values((
            links::id.eq(new.id),
            links::purpose.eq(new.purpose),
            links::person_id.eq(new.person),
            links::token_hash.eq(new.token_hash),
            links::created_at.eq(At(now)),
            links::expires_at.eq(At(new.expires_at)),
        ))
        .execute(conn)
        .map(drop)
}

/// The link with that secret, if it is for this purpose.
///
/// # Errors
/// Database errors.
pub fn find(
    conn: &mut Conn,
    purpose: LinkPurpose,
    token_hash: &str,
) -> QueryResult<Option<OneTimeLink>> {
    links::table
        .filter(links::token_hash.eq(token_hash))
        .filter(links::purpose.eq(purpose))
        .select(OneTimeLink::as_select())
        .get_result(conn)
        .optional()
}

/// The links of those ids.
///
/// # Errors
/// Database errors.
pub fn of_ids(conn: &mut Conn, ids: &[OneTimeLinkId]) -> QueryResult<Vec<OneTimeLink>> {
    links::table
        .filter(links::id.eq_any(ids.to_vec()))
        .select(OneTimeLink::as_select())
        .load(conn)
}

/// Uses a link up: of any number that try at once, one does. False if it cannot be used any more.
///
/// # Errors
/// Database errors.
pub fn redeem(conn: &mut Conn, id: OneTimeLinkId, now: Instant) -> QueryResult<bool> {
    let good = links::id
        .eq(id)
        .and(links::used_at.is_null())
        .and(links::revoked_at.is_null())
        .and(links::expires_at.gt(At(now)));
    let used = diesel::update(links::table.filter(good))
        .set(links::used_at.eq(Some(At(now))))
        .execute(conn)?;
    Ok(used == 1)
}

/// Calls back the links of a person for a purpose that can still be used; answers how many.
///
/// # Errors
/// Database errors.
pub fn revoke(
    conn: &mut Conn,
    person: PersonId,
    purpose: LinkPurpose,
    now: Instant,
) -> QueryResult<usize> {
    let open = links::person_id
        .eq(person)
        .and(links::purpose.eq(purpose))
        .and(links::used_at.is_null())
        .and(links::revoked_at.is_null());
    diesel::update(links::table.filter(open))
        .set(links::revoked_at.eq(Some(At(now))))
        .execute(conn)
}
