//! Sessions: rows, so that what is taken away is gone with the next request (A7).

use chrono::TimeDelta;
use diesel::prelude::*;

use super::identities::{self, AT_ONCE, AuthOutcome, Identity, OrganizationContext, enter};
use crate::db::schema::sessions;
use crate::db::sql_types::At;
use crate::db::{Conn, Presumed, TheEpochs, keep_secret, kept, on_either};
use crate::domain::Instant;
use crate::domain::ids::{OrganizationId, PersonId, SessionId};
use crate::domain::session::SessionLimits;

/// A live session.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = sessions)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Whose it is.
    pub person_id: PersonId,
    /// What every change made with its cookie has to carry.
    pub csrf_token: String,
    /// The paired organization that it has switched into.
    pub acting_organization_id: Option<OrganizationId>,
    /// The cloned user that is acted as there (P8).
    pub acting_person_id: Option<PersonId>,
    /// What the browser calls itself.
    pub user_agent: String,
    /// When it was opened.
    #[diesel(deserialize_as = At)]
    pub created_at: Instant,
    /// When it was last used, to about a minute.
    #[diesel(deserialize_as = At)]
    pub last_seen_at: Instant,
    /// Until when it is taken if it is not used before, to about a minute.
    #[diesel(deserialize_as = At)]
    pub idle_until: Instant,
    /// Until when it is taken at the most.
    #[diesel(deserialize_as = At)]
    pub expires_at: Instant,
    /// When its person last showed their password and second factor in it.
    #[diesel(deserialize_as = At)]
    pub proven_at: Instant,
}

/// What a new session is made of.
#[derive(Clone, Debug)]
pub struct NewSession<'a> {
    /// Whose it is.
    pub person: PersonId,
    /// The hash of the secret in its cookie.
    pub token_hash: &'a str,
    /// What changes have to carry.
    pub csrf_token: &'a str,
    /// What the browser calls itself.
    pub user_agent: &'a str,
    /// When it ends by itself.
    pub limits: SessionLimits,
}

/// Adds a session of somebody who has just shown who they are.
///
/// # Errors
/// Database errors.
pub fn open(conn: &mut Conn, new: &NewSession<'_>, now: Instant) -> QueryResult<SessionId> {
    let id = SessionId::new(now);
    diesel::insert_into(sessions::table)
        .values((
            sessions::id.eq(id),
            sessions::person_id.eq(new.person),
            sessions::token_hash.eq(new.token_hash),
            sessions::csrf_token.eq(new.csrf_token),
            sessions::user_agent.eq(new.user_agent),
            sessions::created_at.eq(At(now)),
            sessions::last_seen_at.eq(At(now)),
            sessions::idle_until.eq(At(now + new.limits.idle)),
            sessions::expires_at.eq(At(now + new.limits.lifetime)),
            sessions::proven_at.eq(At(now)),
        ))
        .execute(conn)?;
    Ok(id)
}

/// Sessions that are taken at an instant.
#[diesel::dsl::auto_type(no_type_alias)]
fn good_sessions(now: At) -> _ {
    sessions::table
        .filter(sessions::expires_at.gt(now))
        .filter(sessions::idle_until.gt(now))
}

/// The session behind a secret, if it is live, and what its person may do where they want to act.
///
/// # Errors
/// Database errors.
pub fn by_secret(
    conn: &mut Conn,
    token_hash: &str,
    whereabouts: &OrganizationContext,
    now: Instant,
) -> QueryResult<AuthOutcome<Session>> {
    let found: QueryResult<(Session, String)> = on_either!(conn, |own| good_sessions(At(now))
        .filter(sessions::token_hash.eq(token_hash))
        .select((Session::as_select(), TheEpochs))
        .get_result(own));
    let keep = |found| keep_secret(identities::of_secret(token_hash), found);
    let session = found.optional()?.map(keep);
    enter_session(conn, session.as_deref().cloned(), whereabouts, now)
}

/// The same as far as it is remembered, and if they may enter. The row may say by now that the session was used later, and lasts
/// longer; whoever is not found here is looked for there.
pub fn presumed(
    presumed: &Presumed,
    token_hash: &str,
    whereabouts: &OrganizationContext,
    now: Instant,
) -> Option<(Session, Box<Identity>)> {
    let session = presumed.secret::<Session>(identities::of_secret(token_hash))?;
    if session.expires_at.min(session.idle_until) <= now {
        return None;
    }
    let (there, acting_as) = place(&session, whereabouts);
    let who = (session.person_id, acting_as);
    let bearer = identities::presumed(presumed, who, &there, now)?;
    Some((Session::clone(&session), bearer))
}

/// The session of that id, like [`by_secret`]: for whoever showed its secret before and stayed.
///
/// # Errors
/// Database errors.
pub fn again(
    conn: &mut Conn,
    id: SessionId,
    whereabouts: &OrganizationContext,
    now: Instant,
) -> QueryResult<AuthOutcome<Session>> {
    let session = good_sessions(At(now))
        .filter(sessions::id.eq(id))
        .select(Session::as_select())
        .get_result(conn)
        .optional()?;
    enter_session(conn, session, whereabouts, now)
}

/// Those of these sessions that are live: for those who showed their secrets before and stayed.
///
/// # Errors
/// Database errors.
pub fn live(conn: &mut Conn, mut ids: Vec<SessionId>, now: Instant) -> QueryResult<Vec<Session>> {
    ids.sort_unstable();
    ids.dedup();
    let mut live = Vec::with_capacity(ids.len());
    for some in ids.chunks(AT_ONCE) {
        let rows: Vec<Session> = good_sessions(At(now))
            .filter(sessions::id.eq_any(some.to_vec()))
            .select(Session::as_select())
            .load(conn)?;
        live.extend(rows);
    }
    Ok(live)
}

/// Whoever shows a session, where they want to act; nobody without one.
///
/// # Errors
/// Database errors.
pub fn enter_session(
    conn: &mut Conn,
    session: Option<Session>,
    whereabouts: &OrganizationContext,
    now: Instant,
) -> QueryResult<AuthOutcome<Session>> {
    let Some(session) = session else {
        return Ok(AuthOutcome::Refused);
    };
    let (there, acting_as) = place(&session, whereabouts);
    let person = session.person_id;
    enter(conn, session, (person, acting_as), &there, now)
}

/// Where somebody wants to act in a session, and as which cloned user.
fn place(
    session: &Session,
    whereabouts: &OrganizationContext,
) -> (OrganizationContext, Option<PersonId>) {
    match (whereabouts, session.acting_organization_id) {
        (OrganizationContext::AsBefore, Some(acting)) => (
            OrganizationContext::Named(acting.to_string()),
            session.acting_person_id,
        ),
        (OrganizationContext::Home, _) => (OrganizationContext::AsBefore, None),
        (OrganizationContext::As(there, clone), _) => {
            (OrganizationContext::Named(there.to_string()), Some(*clone))
        }
        (whereabouts, _) => (whereabouts.clone(), None),
    }
}

/// Takes a session into another organization, there as a cloned user where one is named, or back home.
///
/// # Errors
/// Database errors.
pub fn switch(
    conn: &mut Conn,
    id: SessionId,
    place: Option<(OrganizationId, Option<PersonId>)>,
) -> QueryResult<()> {
    diesel::update(sessions::table.filter(sessions::id.eq(id)))
        .set((
            sessions::acting_organization_id.eq(place.map(|(organization, _)| organization)),
            sessions::acting_person_id.eq(place.and_then(|(_, clone)| clone)),
        ))
        .execute(conn)
        .map(drop)
}

/// Ends a session.
///
/// # Errors
/// Database errors.
pub fn close(conn: &mut Conn, id: SessionId) -> QueryResult<()> {
    diesel::delete(sessions::table.filter(sessions::id.eq(id)))
        .execute(conn)
        .map(drop)
}

/// Ends the session whose secret has this hash, if there is one.
///
/// # Errors
/// Database errors.
pub fn close_by_secret(conn: &mut Conn, token_hash: &str) -> QueryResult<()> {
    diesel::delete(sessions::table.filter(sessions::token_hash.eq(token_hash)))
        .execute(conn)
        .map(drop)
}

/// Notes that a person has just shown who they are in a session of theirs.
///
/// # Errors
/// Database errors.
pub fn prove(conn: &mut Conn, person: PersonId, id: SessionId, now: Instant) -> QueryResult<()> {
    let one = sessions::id.eq(id).and(sessions::person_id.eq(person));
    diesel::update(sessions::table.filter(one))
        .set(sessions::proven_at.eq(At(now)))
        .execute(conn)
        .map(drop)
}

/// The live sessions of a person, the one used last first.
///
/// # Errors
/// Database errors.
pub fn of_person(conn: &mut Conn, person: PersonId, now: Instant) -> QueryResult<Vec<Session>> {
    good_sessions(At(now))
        .filter(sessions::person_id.eq(person))
        .order((sessions::last_seen_at.desc(), sessions::id.desc()))
        .select(Session::as_select())
        .load(conn)
}

/// Ends a session of a person. False if there is none such.
///
/// # Errors
/// Database errors.
pub fn close_one(conn: &mut Conn, person: PersonId, id: SessionId) -> QueryResult<bool> {
    let one = sessions::id.eq(id).and(sessions::person_id.eq(person));
    Ok(diesel::delete(sessions::table.filter(one)).execute(conn)? == 1)
}

/// Ends all sessions of a person but one, or all; answers how many.
///
/// # Errors
/// Database errors.
pub fn close_others(
    conn: &mut Conn,
    person: PersonId,
    but: Option<SessionId>,
) -> QueryResult<usize> {
    let mut others = diesel::delete(sessions::table)
        .filter(sessions::person_id.eq(person))
        .into_boxed();
    if let Some(but) = but {
        others = others.filter(sessions::id.ne(but));
    }
    others.execute(conn)
}

/// Notes when a session was last used, never earlier than is noted already: it goes on for `idle` from then.
///
/// # Errors
/// Database errors.
pub fn seen(conn: &mut Conn, id: SessionId, at: Instant, idle: TimeDelta) -> QueryResult<()> {
    let earlier = sessions::id.eq(id).and(sessions::last_seen_at.lt(At(at)));
    kept(sessions::table.filter(earlier))
        .set((
            sessions::last_seen_at.eq(At(at)),
            sessions::idle_until.eq(At(at + idle)),
        ))
        .execute(conn)
        .map(drop)
}

/// Ends all sessions of a person.
///
/// # Errors
/// Database errors.
pub fn close_all(conn: &mut Conn, person: PersonId) -> QueryResult<()> {
    diesel::delete(sessions::table.filter(sessions::person_id.eq(person)))
        .execute(conn)
        .map(drop)
}
