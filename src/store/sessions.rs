//! Sessions and API tokens: rows, so that what is taken away is gone with the next request (A7).

use std::collections::BTreeSet;

use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::{api_tokens, organizations, people, role_grants, sessions};
use crate::db::sql_types::{At, Json, MaybeAt, json};
use crate::domain::Instant;
use crate::domain::access::{Permission, Role};
use crate::domain::ids::{OrganizationId, PersonId, SessionId, TokenId};
use crate::domain::organization::OrganizationKind;
use crate::domain::text::EmailAddress;

/// A person who may enter, where they belong, and what they hold there.
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
    /// Where the person belongs.
    pub organization: OrganizationId,
    /// Its name in addresses.
    pub organization_slug: String,
    /// Its name.
    pub organization_name: String,
    /// What it is to the installation.
    pub organization_kind: OrganizationKind,
    /// The roles that the person holds there.
    pub roles: Vec<Role>,
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
    /// Until when it is taken.
    #[diesel(deserialize_as = At)]
    pub expires_at: Instant,
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
    /// Until when it is taken.
    pub expires_at: Instant,
}

/// Adds a session.
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
            sessions::expires_at.eq(At(new.expires_at)),
        ))
        .execute(conn)?;
    Ok(id)
}

/// The session behind a secret, if it is live and its person may enter.
///
/// # Errors
/// The database's own.
pub fn by_secret(
    conn: &mut Conn,
    token_hash: &str,
    now: Instant,
) -> QueryResult<Option<(Session, Bearer)>> {
    let session: Option<Session> = sessions::table
        .filter(
            sessions::token_hash
                .eq(token_hash)
                .and(sessions::expires_at.gt(At(now))),
        )
        .select(Session::as_select())
        .get_result(conn)
        .optional()?;
    match session {
        None => Ok(None),
        Some(session) => Ok(bearer(conn, session.person_id)?.map(|bearer| (session, bearer))),
    }
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
        ))
        .execute(conn)?;
    Ok(id)
}

/// The token behind a secret, if it is live and its person may enter.
///
/// # Errors
/// The database's own.
pub fn by_token(
    conn: &mut Conn,
    token_hash: &str,
    now: Instant,
) -> QueryResult<Option<(Token, Bearer)>> {
    let token: Option<Token> = api_tokens::table
        .filter(
            api_tokens::token_hash
                .eq(token_hash)
                .and(api_tokens::revoked_at.is_null()),
        )
        .filter(
            api_tokens::expires_at
                .is_null()
                .or(api_tokens::expires_at.gt(At(now))),
        )
        .select(Token::as_select())
        .get_result(conn)
        .optional()?;
    match token {
        None => Ok(None),
        Some(token) => Ok(bearer(conn, token.person_id)?.map(|bearer| (token, bearer))),
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

/// Revokes a token of a person; gives its name, or nothing if there is none such.
///
/// # Errors
/// The database's own.
pub fn revoke(
    conn: &mut Conn,
    person: PersonId,
    id: TokenId,
    now: Instant,
) -> QueryResult<Option<String>> {
    diesel::update(
        api_tokens::table.filter(
            api_tokens::id
                .eq(id)
                .and(api_tokens::person_id.eq(person))
                .and(api_tokens::revoked_at.is_null()),
        ),
    )
    .set(api_tokens::revoked_at.eq(Some(At(now))))
    .returning(api_tokens::name)
    .get_result(conn)
    .optional()
}

/// The person, unless they are shut out.
fn bearer(conn: &mut Conn, person: PersonId) -> QueryResult<Option<Bearer>> {
    type Row = (
        (PersonId, String, String, EmailAddress, Option<String>),
        (OrganizationId, String, String, OrganizationKind, String),
    );
    let row: Option<Row> = people::table
        .inner_join(organizations::table)
        .filter(people::id.eq(person).and(people::disabled_at.is_null()))
        .select((
            (
                people::id,
                people::first_name,
                people::last_name,
                people::email,
                people::time_zone,
            ),
            (
                organizations::id,
                organizations::slug,
                organizations::name,
                organizations::kind,
                organizations::time_zone,
            ),
        ))
        .get_result(conn)
        .optional()?;
    let Some((
        (person, first_name, last_name, email, own_zone),
        (organization, slug, name, kind, zone),
    )) = row
    else {
        return Ok(None);
    };
    let roles = role_grants::table
        .filter(
            role_grants::person_id
                .eq(person)
                .and(role_grants::organization_id.eq(organization)),
        )
        .select(role_grants::role)
        .load(conn)?;
    Ok(Some(Bearer {
        person,
        first_name,
        last_name,
        email,
        time_zone: own_zone.unwrap_or(zone),
        organization,
        organization_slug: slug,
        organization_name: name,
        organization_kind: kind,
        roles,
    }))
}
