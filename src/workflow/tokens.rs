//! API tokens: made, and revoked, whichever edge asks (A7).

use std::collections::BTreeSet;

use super::administer::{By, refused};
use super::{Actor, Rejection, VerbResult, publish};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Access, Permission};
use crate::domain::event::{AdministrativeEvent, TokenFields, TokenOwner};
use crate::domain::ids::{OrganizationId, PersonId, TokenId};
use crate::domain::text::Title;
use crate::input::input;
use crate::store::tokens::{self, NewToken};

input! {
    /// A new API token.
    pub struct IssueToken {
        /// What you call it.
        name: Title,
        /// All that it allows, at the most; whatever you may do if left out.
        permissions: Option<BTreeSet<Permission>>,
        /// Until when it is taken; for good if left out. A token that is made with another ends with it.
        expires_at: Option<Instant>,
    }
}

/// Whose token it is.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'a> {
    /// The person.
    pub person: PersonId,
    /// Where they belong.
    pub organization: OrganizationId,
    /// What they may do: a token allows no more.
    pub access: &'a Access,
}

/// A token that was made.
#[derive(Clone, Debug)]
pub struct Issued {
    /// Its id.
    pub id: TokenId,
    /// Until when it is taken.
    pub expires_at: Option<Instant>,
}

/// Makes a token whose secret has this hash. One that is `made_with` another, and not by its owner in a session, ends with
/// it and makes no others, so that a token that was found makes nothing that outlasts it.
///
/// # Errors
/// [`Rejection::Fields`], [`Rejection::Field`], [`Rejection::MadeWithToken`].
pub fn issue_token(
    conn: &mut Conn,
    by: By<'_>,
    owner: Owner<'_>,
    (command, made_with, token_hash): (&IssueToken, Option<TokenId>, &str),
    now: Instant,
) -> VerbResult<Issued> {
    let lacks = |permission: &&Permission| !owner.access.can(**permission);
    let lacking = command.permissions.iter().flatten().filter(lacks);
    let mut wrong: Vec<_> = lacking
        .map(|permission| ("permissions", "not_held", permission.to_string()))
        .collect();
    let past = command.expires_at.filter(|at| *at <= now);
    wrong.extend(past.map(|at| ("expires_at", "not_in_the_future", at.to_rfc3339())));
    if !wrong.is_empty() {
        return Err(Rejection::Fields(wrong).into());
    }
    let expires_at = match made_with {
        None => command.expires_at,
        Some(maker) => bounded(conn, owner.person, maker, command.expires_at)?,
    };
    let new = NewToken {
        person: owner.person,
        name: command.name.as_str(),
        token_hash,
        permissions: command.permissions.as_ref(),
        expires_at,
        made_with,
    };
    let id = tokens::issue(conn, &new, now)?;
    let fields = TokenFields {
        name: command.name.to_string(),
    };
    let owner = TokenOwner {
        person: owner.person,
        organization: owner.organization,
    };
    let event = AdministrativeEvent::TokenIssued(owner, fields);
    publish::administrative(conn, by, event, now)?;
    Ok(Issued { id, expires_at })
}

/// When a token ends that is made with another: not after it.
fn bounded(
    conn: &mut Conn,
    person: PersonId,
    maker: TokenId,
    wanted: Option<Instant>,
) -> VerbResult<Option<Instant>> {
    let maker = tokens::find(conn, person, maker)?.ok_or(Rejection::NotFound)?;
    if maker.made_with.is_some() {
        return Err(Rejection::MadeWithToken.into());
    }
    match (wanted, maker.expires_at) {
        (Some(wanted), Some(end)) if wanted > end => {
            Err(refused("expires_at", "after_its_maker", end.to_rfc3339()).into())
        }
        (wanted, end) => Ok(wanted.or(end)),
    }
}

/// Revokes one of the actor's tokens, with those that were made with it; gives its name.
///
/// # Errors
/// [`Rejection::NotFound`].
pub fn revoke_token(
    conn: &mut Conn,
    actor: &Actor,
    id: TokenId,
    now: Instant,
) -> VerbResult<String> {
    let owner = Owner {
        person: actor.id(),
        organization: actor.access.organization,
        access: &actor.access,
    };
    revoke_token_of(conn, Some(actor), owner, id, now)
}

/// Revokes one of somebody's tokens, with those that were made with it; gives its name.
///
/// # Errors
/// [`Rejection::NotFound`].
pub fn revoke_token_of(
    conn: &mut Conn,
    by: By<'_>,
    owner: Owner<'_>,
    id: TokenId,
    now: Instant,
) -> VerbResult<String> {
    let name = tokens::revoke(conn, owner.person, id, now)?.ok_or(Rejection::NotFound)?;
    let owner = TokenOwner {
        person: owner.person,
        organization: owner.organization,
    };
    let event = AdministrativeEvent::TokenRevoked(owner, TokenFields { name: name.clone() });
    publish::administrative(conn, by, event, now)?;
    Ok(name)
}
