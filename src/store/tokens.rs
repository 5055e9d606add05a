//! API tokens: rows, so that one that is revoked is good for nothing with the next request (A7).

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::identities::{self, AT_ONCE, AuthOutcome, Identity, OrganizationContext, enter};
use crate::db::schema::api_tokens;
use crate::db::sql_types::{At, Json, MaybeAt, json};
use crate::db::{Conn, Presumed, TheEpochs, keep_secret, kept, on_either};
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::ids::{PersonId, TokenId};

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
    /// When it was last used, as far as it is written down; never, if there is none.
    #[diesel(deserialize_as = MaybeAt)]
    pub last_used_at: Option<Instant>,
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

/// API tokens that are taken at an instant.
#[diesel::dsl::auto_type(no_type_alias)]
fn good_tokens(now: At) -> _ {
    let lasts = api_tokens::expires_at.gt(now);
    let good = api_tokens::expires_at.is_null().or(lasts);
    api_tokens::table
        .filter(api_tokens::revoked_at.is_null())
        .filter(good)
}

/// Adds a token.
///
/// # Errors
/// Database errors.
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
/// Database errors.
pub fn by_secret(
    conn: &mut Conn,
    token_hash: &str,
    whereabouts: &OrganizationContext,
    now: Instant,
) -> QueryResult<AuthOutcome<Token>> {
    let found: QueryResult<(Token, String)> = on_either!(conn, |own| good_tokens(At(now))
        .filter(api_tokens::token_hash.eq(token_hash))
        .select((Token::as_select(), TheEpochs))
        .get_result(own));
    let keep = |found| keep_secret(identities::of_secret(token_hash), found);
    let token = found.optional()?.map(keep);
    enter_token(conn, token.as_deref().cloned(), whereabouts, now)
}

/// The same as far as it is remembered, and if they may enter.
pub fn presumed(
    presumed: &Presumed,
    token_hash: &str,
    whereabouts: &OrganizationContext,
    now: Instant,
) -> Option<(Token, Box<Identity>)> {
    let token = presumed.secret::<Token>(identities::of_secret(token_hash))?;
    if token.expires_at.is_some_and(|end| end <= now) {
        return None;
    }
    let who = (token.person_id, None);
    let bearer = identities::presumed(presumed, who, whereabouts, now)?;
    Some((Token::clone(&token), bearer))
}

/// The token of that secret, whatever became of it, and whether it was revoked.
///
/// # Errors
/// Database errors.
pub fn whatever_became_of(conn: &mut Conn, token_hash: &str) -> QueryResult<Option<(Token, bool)>> {
    api_tokens::table
        .filter(api_tokens::token_hash.eq(token_hash))
        .select((Token::as_select(), api_tokens::revoked_at.is_not_null()))
        .get_result(conn)
        .optional()
}

/// The token of that id, like [`by_secret`]: for whoever showed its secret before and stayed.
///
/// # Errors
/// Database errors.
pub fn again(
    conn: &mut Conn,
    id: TokenId,
    whereabouts: &OrganizationContext,
    now: Instant,
) -> QueryResult<AuthOutcome<Token>> {
    let token = good_tokens(At(now))
        .filter(api_tokens::id.eq(id))
        .select(Token::as_select())
        .get_result(conn)
        .optional()?;
    enter_token(conn, token, whereabouts, now)
}

/// Those of these tokens that are live: for those who showed their secrets before and stayed.
///
/// # Errors
/// Database errors.
pub fn live(conn: &mut Conn, mut ids: Vec<TokenId>, now: Instant) -> QueryResult<Vec<Token>> {
    ids.sort_unstable();
    ids.dedup();
    let mut live = Vec::with_capacity(ids.len());
    for some in ids.chunks(AT_ONCE) {
        let rows: Vec<Token> = good_tokens(At(now))
            .filter(api_tokens::id.eq_any(some.to_vec()))
            .select(Token::as_select())
            .load(conn)?;
        live.extend(rows);
    }
    Ok(live)
}

/// Whoever shows a token, where they want to act; nobody without one.
///
/// # Errors
/// Database errors.
pub fn enter_token(
    conn: &mut Conn,
    token: Option<Token>,
    whereabouts: &OrganizationContext,
    now: Instant,
) -> QueryResult<AuthOutcome<Token>> {
    match token {
        None => Ok(AuthOutcome::Refused),
        Some(token) => {
            let person = token.person_id;
            enter(conn, token, (person, None), whereabouts, now)
        }
    }
}

/// The tokens of a person that are not revoked, the newest first, after the one `after`.
///
/// # Errors
/// Database errors.
pub fn of_person(
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
/// Database errors.
pub fn find(conn: &mut Conn, person: PersonId, id: TokenId) -> QueryResult<Option<Token>> {
    api_tokens::table
        .filter(api_tokens::id.eq(id))
        .filter(api_tokens::person_id.eq(person))
        .filter(api_tokens::revoked_at.is_null())
        .select(Token::as_select())
        .get_result(conn)
        .optional()
}

/// Notes when a token was last used, never earlier than is noted already.
///
/// # Errors
/// Database errors.
pub fn used(conn: &mut Conn, id: TokenId, at: Instant) -> QueryResult<()> {
    let earlier = api_tokens::last_used_at.lt(At(at));
    let earlier = api_tokens::last_used_at.is_null().or(earlier);
    kept(
        api_tokens::table
            .filter(api_tokens::id.eq(id))
            .filter(earlier),
    )
    .set(api_tokens::last_used_at.eq(Some(At(at))))
    .execute(conn)
    .map(drop)
}

/// Revokes a token of a person, with those that were made with it; gives its name, or nothing if there is none such.
///
/// # Errors
/// Database errors.
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

/// Revokes all API tokens of a person; answers how many.
///
/// # Errors
/// Database errors.
pub fn revoke_all(conn: &mut Conn, person: PersonId, now: Instant) -> QueryResult<usize> {
    let live = api_tokens::person_id
        .eq(person)
        .and(api_tokens::revoked_at.is_null());
    diesel::update(api_tokens::table.filter(live))
        .set(api_tokens::revoked_at.eq(Some(At(now))))
        .execute(conn)
}
