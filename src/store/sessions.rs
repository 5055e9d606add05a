//! Sessions and API tokens: rows, so that what is taken away is gone with the next request (A7).

use std::collections::BTreeSet;

use chrono::TimeDelta;
use diesel::dsl::{exists, not};
use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::{api_tokens, clones, organizations, people, sessions};
use crate::db::sql_types::{At, Json, MaybeAt, json};
use crate::domain::Instant;
use crate::domain::access::{Access, Holding, Permission};
use crate::domain::ids::{OrganizationId, PersonId, SessionId, TokenId};
use crate::domain::organization::OrganizationKind;
use crate::domain::session::SessionLimits;
use crate::domain::text::{EmailAddress, Slug};
use crate::store::people::display_name;
use crate::store::{access, second_factors};

/// A person who may enter, where they act, and what they hold there.
#[derive(Clone, Debug)]
pub struct Bearer {
    /// The person.
    pub person: PersonId,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// The address that signs in.
    pub email: EmailAddress,
    /// The person's IANA time zone, or the organization's.
    pub time_zone: String,
    /// Whether an administrator gave them the password that they have.
    pub password_given: bool,
    /// The cloned user as whom they act, and its name (P8).
    pub acting_as: Option<(PersonId, String)>,
    /// The organization in which the person acts.
    pub place: Place,
    /// The organization that the person belongs to, if that is another.
    pub home: Option<Place>,
    /// What the person may do where they act.
    pub access: Access,
    /// Whether a role of theirs asks there for a second factor that they have not set up.
    pub must_set_up: bool,
}

/// An organization as the place where somebody acts.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = organizations)]
pub struct Place {
    /// Its id.
    pub id: OrganizationId,
    /// Its name in addresses.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// What it is to the installation.
    pub kind: OrganizationKind,
    /// The codes of the roles whose holders need a second factor in it.
    pub second_factor_roles: Json<Vec<String>>,
}

/// Where somebody wants to act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whereabouts {
    /// In their own organization, or where their session has switched to.
    AsBefore,
    /// In their own organization, wherever their session has switched to.
    Home,
    /// In the organization of this id or slug.
    Named(String),
    /// In that organization as a cloned user of theirs (P8).
    As(OrganizationId, PersonId),
}

/// What the rows say of somebody who shows a good secret.
#[derive(Clone, Debug)]
pub enum Entry<T> {
    /// They may act there.
    Admitted(T, Box<Bearer>),
    /// They may sign in, but not act there: there is no such organization for them, or not any more.
    Elsewhere,
    /// Their secret opens nothing, or they are shut out.
    Refused,
}

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
/// The database's own.
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

/// API tokens that are taken at an instant.
#[diesel::dsl::auto_type(no_type_alias)]
fn good_tokens(now: At) -> _ {
    let lasts = api_tokens::expires_at.gt(now);
    let good = api_tokens::expires_at.is_null().or(lasts);
    api_tokens::table
        .filter(api_tokens::revoked_at.is_null())
        .filter(good)
}

/// The session behind a secret, if it is live, and what its person may do where they want to act.
///
/// # Errors
/// The database's own.
pub fn by_secret(
    conn: &mut Conn,
    token_hash: &str,
    whereabouts: &Whereabouts,
    now: Instant,
) -> QueryResult<Entry<Session>> {
    let session = good_sessions(At(now))
        .filter(sessions::token_hash.eq(token_hash))
        .select(Session::as_select())
        .get_result(conn)
        .optional()?;
    enter_session(conn, session, whereabouts, now)
}

/// The session of that id, like [`by_secret`]: for whoever showed its secret before and stayed.
///
/// # Errors
/// The database's own.
pub fn session_again(
    conn: &mut Conn,
    id: SessionId,
    whereabouts: &Whereabouts,
    now: Instant,
) -> QueryResult<Entry<Session>> {
    let session = good_sessions(At(now))
        .filter(sessions::id.eq(id))
        .select(Session::as_select())
        .get_result(conn)
        .optional()?;
    enter_session(conn, session, whereabouts, now)
}

fn enter_session(
    conn: &mut Conn,
    session: Option<Session>,
    whereabouts: &Whereabouts,
    now: Instant,
) -> QueryResult<Entry<Session>> {
    let Some(session) = session else {
        return Ok(Entry::Refused);
    };
    let (there, acting_as) = match (whereabouts, session.acting_organization_id) {
        (Whereabouts::AsBefore, Some(acting)) => (
            Whereabouts::Named(acting.to_string()),
            session.acting_person_id,
        ),
        (Whereabouts::Home, _) => (Whereabouts::AsBefore, None),
        (Whereabouts::As(there, clone), _) => (Whereabouts::Named(there.to_string()), Some(*clone)),
        (whereabouts, _) => (whereabouts.clone(), None),
    };
    let person = session.person_id;
    enter(conn, session, (person, acting_as), &there, now)
}

/// Takes a session into another organization, there as a cloned user where one is named, or back home.
///
/// # Errors
/// The database's own.
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
/// The database's own.
pub fn close(conn: &mut Conn, id: SessionId) -> QueryResult<()> {
    diesel::delete(sessions::table.filter(sessions::id.eq(id)))
        .execute(conn)
        .map(drop)
}

/// Ends the session whose secret has this hash, if there is one.
///
/// # Errors
/// The database's own.
pub fn close_by_secret(conn: &mut Conn, token_hash: &str) -> QueryResult<()> {
    diesel::delete(sessions::table.filter(sessions::token_hash.eq(token_hash)))
        .execute(conn)
        .map(drop)
}

/// Notes that a person has just shown who they are in a session of theirs.
///
/// # Errors
/// The database's own.
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
/// The database's own.
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
/// The database's own.
pub fn close_one(conn: &mut Conn, person: PersonId, id: SessionId) -> QueryResult<bool> {
    let one = sessions::id.eq(id).and(sessions::person_id.eq(person));
    Ok(diesel::delete(sessions::table.filter(one)).execute(conn)? == 1)
}

/// Ends all sessions of a person but one, or all; answers how many.
///
/// # Errors
/// The database's own.
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
/// The database's own.
pub fn seen(conn: &mut Conn, id: SessionId, at: Instant, idle: TimeDelta) -> QueryResult<()> {
    let earlier = sessions::id.eq(id).and(sessions::last_seen_at.lt(At(at)));
    diesel::update(sessions::table.filter(earlier))
        .set((
            sessions::last_seen_at.eq(At(at)),
            sessions::idle_until.eq(At(at + idle)),
        ))
        .execute(conn)
        .map(drop)
}

/// Revokes all API tokens of a person; answers how many.
///
/// # Errors
/// The database's own.
pub fn revoke_all(conn: &mut Conn, person: PersonId, now: Instant) -> QueryResult<usize> {
    let live = api_tokens::person_id
        .eq(person)
        .and(api_tokens::revoked_at.is_null());
    diesel::update(api_tokens::table.filter(live))
        .set(api_tokens::revoked_at.eq(Some(At(now))))
        .execute(conn)
}

/// Ends all sessions of a person.
///
/// # Errors
/// The database's own.
pub fn close_all(conn: &mut Conn, person: PersonId) -> QueryResult<()> {
    diesel::delete(sessions::table.filter(sessions::person_id.eq(person)))
        .execute(conn)
        .map(drop)
}

/// An API token, without its secret.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = api_tokens)]
pub struct Token {
    /// Its id.
    pub id: TokenId,
    /// Whose it is.
    pub person_id: PersonId,
    /// What its owner calls it.
    pub name: String,
    /// All that it allows, at the most; whatever the person may do if there is none.
    pub permissions: Option<Json<BTreeSet<Permission>>>,
    /// When it was made.
    #[diesel(deserialize_as = At)]
    pub created_at: Instant,
    /// Until when it is taken.
    #[diesel(deserialize_as = MaybeAt)]
    pub expires_at: Option<Instant>,
    /// The token with which it was made.
    pub made_with: Option<TokenId>,
}

/// What a new token is made of.
#[derive(Clone, Debug)]
pub struct NewToken<'a> {
    /// Whose it is.
    pub person: PersonId,
    /// What its owner calls it.
    pub name: &'a str,
    /// The hash of its secret.
    pub token_hash: &'a str,
    /// All that it allows, at the most.
    pub permissions: Option<&'a BTreeSet<Permission>>,
    /// Until when it is taken.
    pub expires_at: Option<Instant>,
    /// The token with which it is made.
    pub made_with: Option<TokenId>,
}

/// Adds a token.
///
/// # Errors
/// The database's own.
pub fn issue(conn: &mut Conn, new: &NewToken<'_>, now: Instant) -> QueryResult<TokenId> {
    let id = TokenId::new(now);
    diesel::insert_into(api_tokens::table)
        .values((
            api_tokens::id.eq(id),
            api_tokens::person_id.eq(new.person),
            api_tokens::name.eq(new.name),
            api_tokens::token_hash.eq(new.token_hash),
            api_tokens::permissions.eq(new.permissions.map(json).transpose()?),
            api_tokens::created_at.eq(At(now)),
            api_tokens::expires_at.eq(new.expires_at.map(At)),
            api_tokens::made_with.eq(new.made_with),
        ))
        .execute(conn)?;
    Ok(id)
}

/// The token behind a secret, if it is live, and what its person may do where they want to act.
///
/// # Errors
/// The database's own.
pub fn by_token(
    conn: &mut Conn,
    token_hash: &str,
    whereabouts: &Whereabouts,
    now: Instant,
) -> QueryResult<Entry<Token>> {
    let token = good_tokens(At(now))
        .filter(api_tokens::token_hash.eq(token_hash))
        .select(Token::as_select())
        .get_result(conn)
        .optional()?;
    enter_token(conn, token, whereabouts, now)
}

/// The token of that id, like [`by_token`]: for whoever showed its secret before and stayed.
///
/// # Errors
/// The database's own.
pub fn token_again(
    conn: &mut Conn,
    id: TokenId,
    whereabouts: &Whereabouts,
    now: Instant,
) -> QueryResult<Entry<Token>> {
    let token = good_tokens(At(now))
        .filter(api_tokens::id.eq(id))
        .select(Token::as_select())
        .get_result(conn)
        .optional()?;
    enter_token(conn, token, whereabouts, now)
}

fn enter_token(
    conn: &mut Conn,
    token: Option<Token>,
    whereabouts: &Whereabouts,
    now: Instant,
) -> QueryResult<Entry<Token>> {
    match token {
        None => Ok(Entry::Refused),
        Some(token) => {
            let person = token.person_id;
            enter(conn, token, (person, None), whereabouts, now)
        }
    }
}

/// The tokens of a person that are not revoked, the newest first, after the one `after`.
///
/// # Errors
/// The database's own.
pub fn tokens(
    conn: &mut Conn,
    person: PersonId,
    after: Option<TokenId>,
    limit: i64,
) -> QueryResult<Vec<Token>> {
    let mut query = api_tokens::table
        .filter(
            api_tokens::person_id
                .eq(person)
                .and(api_tokens::revoked_at.is_null()),
        )
        .select(Token::as_select())
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(api_tokens::id.lt(after));
    }
    query.order(api_tokens::id.desc()).limit(limit).load(conn)
}

/// A token of a person that is not revoked.
///
/// # Errors
/// The database's own.
pub fn token(conn: &mut Conn, person: PersonId, id: TokenId) -> QueryResult<Option<Token>> {
    api_tokens::table
        .filter(api_tokens::id.eq(id))
        .filter(api_tokens::person_id.eq(person))
        .filter(api_tokens::revoked_at.is_null())
        .select(Token::as_select())
        .get_result(conn)
        .optional()
}

/// Revokes a token of a person, with those that were made with it; gives its name, or nothing if there is none such.
///
/// # Errors
/// The database's own.
pub fn revoke(
    conn: &mut Conn,
    person: PersonId,
    id: TokenId,
    now: Instant,
) -> QueryResult<Option<String>> {
    let one = api_tokens::id
        .eq(id)
        .and(api_tokens::person_id.eq(person))
        .and(api_tokens::revoked_at.is_null());
    let name = diesel::update(api_tokens::table.filter(one))
        .set(api_tokens::revoked_at.eq(Some(At(now))))
        .returning(api_tokens::name)
        .get_result(conn)
        .optional()?;
    if name.is_some() {
        let made = api_tokens::made_with
            .eq(id)
            .and(api_tokens::revoked_at.is_null());
        diesel::update(api_tokens::table.filter(made))
            .set(api_tokens::revoked_at.eq(Some(At(now))))
            .execute(conn)?;
    }
    Ok(name)
}

/// What the rows say of a person who shows a good secret: in their own organization, or by way of a pairing, there as
/// themselves or as a cloned user of theirs. A cloned user has no secret of its own that would open anything (P8).
fn enter<T>(
    conn: &mut Conn,
    shown: T,
    (person, acting_as): (PersonId, Option<PersonId>),
    whereabouts: &Whereabouts,
    now: Instant,
) -> QueryResult<Entry<T>> {
    type Row = (
        (PersonId, String, String, EmailAddress, Option<String>),
        Place,
        String,
        bool,
    );
    let row: Option<Row> = people::table
        .inner_join(organizations::table)
        .filter(people::id.eq(person).and(people::disabled_at.is_null()))
        .filter(not(exists(
            clones::table.filter(clones::person_id.eq(people::id)),
        )))
        .select((
            (
                people::id,
                people::first_name,
                people::last_name,
                people::email,
                people::time_zone,
            ),
            Place::as_select(),
            organizations::time_zone,
            people::password_given_at.is_not_null(),
        ))
        .get_result(conn)
        .optional()?;
    let Some(((person, first_name, last_name, email, own_zone), own, zone, password_given)) = row
    else {
        return Ok(Entry::Refused);
    };
    let bearer = |place, home, acting_as, (access, must_set_up)| {
        Box::new(Bearer {
            person,
            first_name,
            last_name,
            email,
            time_zone: own_zone.unwrap_or(zone),
            password_given,
            acting_as,
            place,
            home,
            access,
            must_set_up,
        })
    };
    let there = match whereabouts {
        Whereabouts::Named(name)
            if *name != own.slug && !name.parse().is_ok_and(|id: OrganizationId| id == own.id) =>
        {
            Some(name)
        }
        _ => None,
    };
    let Some(there) = there else {
        let held = access::own(conn, person, own.id, now)?;
        let access = Access::of(person, own.id, own.kind.side(), held);
        let must = must_set_up(conn, &own, person, |conn| {
            access::own_holdings(conn, person, own.id, now)
        })?;
        let bearer = bearer(own, None, None, (access, must));
        return Ok(Entry::Admitted(shown, bearer));
    };
    let Some(there) = place_named(conn, there)? else {
        return Ok(Entry::Elsewhere);
    };
    let (actor, acting_as, found) = match acting_as {
        None => {
            let found = access::paired(conn, person, own.id, there.id, now)?;
            (person, None, found)
        }
        Some(clone) => {
            let found = access::cloned(conn, clone, (person, own.id), there.id, now)?;
            (clone, Some((clone, name_of(conn, clone)?)), found)
        }
    };
    let Some((through, held)) = found else {
        return Ok(Entry::Elsewhere);
    };
    let access = Access::of(actor, there.id, there.kind.side(), held).by_way_of(through);
    let must = must_set_up(conn, &there, person, |conn| match acting_as {
        None => access::paired_holdings(conn, person, own.id, there.id, now),
        Some(_) => access::own_holdings(conn, actor, there.id, now),
    })?;
    let bearer = bearer(there, Some(own), acting_as, (access, must));
    Ok(Entry::Admitted(shown, bearer))
}

/// Whether one of the roles that somebody holds in a place asks for a second factor, and they have none. Costs nothing
/// where no role does.
fn must_set_up(
    conn: &mut Conn,
    place: &Place,
    person: PersonId,
    holdings: impl FnOnce(&mut Conn) -> QueryResult<Vec<Holding>>,
) -> QueryResult<bool> {
    let asked = &place.second_factor_roles;
    if asked.is_empty() {
        return Ok(false);
    }
    let asks = |holding: &Holding| asked.iter().any(|code| code == holding.name.code());
    Ok(holdings(conn)?.iter().any(asks) && !second_factors::is_on(conn, person)?)
}

fn name_of(conn: &mut Conn, person: PersonId) -> QueryResult<String> {
    let (first, last): (String, String) = people::table
        .filter(people::id.eq(person))
        .select((people::first_name, people::last_name))
        .get_result(conn)?;
    Ok(display_name(&first, &last))
}

fn place_named(conn: &mut Conn, name: &str) -> QueryResult<Option<Place>> {
    let mut query = organizations::table.select(Place::as_select()).into_boxed();
    query = match name.parse::<OrganizationId>() {
        Ok(id) => query.filter(organizations::id.eq(id)),
        Err(_) => match name.parse::<Slug>() {
            Ok(slug) => query.filter(organizations::slug.eq(slug)),
            Err(_) => return Ok(None),
        },
    };
    query.get_result(conn).optional()
}
