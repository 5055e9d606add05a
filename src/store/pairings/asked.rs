//! Roles that the trustee asks for, for its people and groups (P3).

use diesel::prelude::*;

use super::{Pairing, Scope, find_member};
use crate::db::Conn;
use crate::db::schema::{pairing_members, pairing_role_requests as requests};
use crate::db::sql_types::{At, MaybeAt};
use crate::domain::Instant;
use crate::domain::access::Role;
use crate::domain::ids::{PairingId, PairingMemberId, PersonId, RoleRequestId};
use crate::store::pairings::Member;

/// A row of `pairing_role_requests`: asked for and not given, or refused.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = requests)]
pub struct RoleRequest {
    /// Its id.
    pub id: RoleRequestId,
    /// For whom.
    pub member_id: PairingMemberId,
    /// Which.
    pub role: Role,
    /// Until when it would hold; for good if there is no end.
    #[diesel(deserialize_as = MaybeAt)]
    pub until: Option<Instant>,
    /// What it is for.
    pub note: Option<String>,
    /// Who asked.
    pub requested_by: PersonId,
    /// When.
    #[diesel(deserialize_as = At)]
    pub requested_at: Instant,
    /// Who refused it.
    pub refused_by: Option<PersonId>,
    /// When.
    #[diesel(deserialize_as = MaybeAt)]
    pub refused_at: Option<Instant>,
    /// Why.
    pub reason: Option<String>,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct NewRoleRequest<'a> {
    /// For whom.
    pub member: PairingMemberId,
    /// Which role.
    pub role: Role,
    /// Until when it would hold; for good if there is no end.
    pub until: Option<Instant>,
    /// What it is for.
    pub note: Option<&'a str>,
    /// Who asks.
    pub by: PersonId,
}

/// Adds a request.
///
/// # Errors
/// Database errors; a unique violation if the same is asked for already.
pub fn ask_for_role(
    conn: &mut Conn,
    new: &NewRoleRequest<'_>,
    now: Instant,
) -> QueryResult<RoleRequestId> {
    let id = RoleRequestId::new(now);
    diesel::insert_into(requests::table)
        .values((
            requests::id.eq(id),
            requests::member_id.eq(new.member),
            requests::role.eq(new.role),
            requests::until.eq(new.until.map(At)),
            requests::note.eq(new.note),
            requests::requested_by.eq(new.by),
            requests::requested_at.eq(At(now)),
        ))
        .execute(conn)?;
    Ok(id)
}

/// Notes that a request was refused.
///
/// # Errors
/// Database errors.
pub fn refuse_role(
    conn: &mut Conn,
    id: RoleRequestId,
    (by, reason): (PersonId, Option<&str>),
    now: Instant,
) -> QueryResult<()> {
    diesel::update(requests::table.filter(requests::id.eq(id)))
        .set((
            requests::refused_by.eq(Some(by)),
            requests::refused_at.eq(Some(At(now))),
            requests::reason.eq(reason),
        ))
        .execute(conn)
        .map(drop)
}

/// Removes a request: it was given, or is not asked for any more.
///
/// # Errors
/// Database errors.
pub fn forget_role_request(conn: &mut Conn, id: RoleRequestId) -> QueryResult<()> {
    diesel::delete(requests::table.filter(requests::id.eq(id)))
        .execute(conn)
        .map(drop)
}

/// Removes all requests for a member.
///
/// # Errors
/// Database errors.
pub(super) fn forget_role_requests_of(conn: &mut Conn, member: PairingMemberId) -> QueryResult<()> {
    diesel::delete(requests::table.filter(requests::member_id.eq(member)))
        .execute(conn)
        .map(drop)
}

/// What was asked for, for a member and a role.
///
/// # Errors
/// Database errors.
pub fn role_request_for(
    conn: &mut Conn,
    member: PairingMemberId,
    role: Role,
) -> QueryResult<Option<RoleRequest>> {
    requests::table
        .filter(requests::member_id.eq(member))
        .filter(requests::role.eq(role))
        .select(RoleRequest::as_select())
        .get_result(conn)
        .optional()
}

/// What was asked for in these pairings, in the order in which it was.
///
/// # Errors
/// Database errors.
pub fn role_requests_in(conn: &mut Conn, pairings: &[PairingId]) -> QueryResult<Vec<RoleRequest>> {
    let members = pairing_members::table
        .filter(pairing_members::pairing_id.eq_any(pairings.to_vec()))
        .select(pairing_members::id);
    requests::table
        .filter(requests::member_id.eq_any(members))
        .order(requests::id.asc())
        .select(RoleRequest::as_select())
        .load(conn)
}

/// The request of that id with its member and pairing, if that exists in the scope.
///
/// # Errors
/// Database errors.
pub fn find_role_request(
    conn: &mut Conn,
    scope: Scope,
    id: RoleRequestId,
) -> QueryResult<Option<(Pairing, Member, RoleRequest)>> {
    let request: Option<RoleRequest> = requests::table
        .filter(requests::id.eq(id))
        .select(RoleRequest::as_select())
        .get_result(conn)
        .optional()?;
    let Some(request) = request else {
        return Ok(None);
    };
    let member = find_member(conn, scope, request.member_id)?;
    Ok(member.map(|(pairing, member)| (pairing, member, request)))
}
