//! Who somebody is by now who showed something before and stayed, or is about to write.

use std::collections::HashMap;

use super::{Principal, Via};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::ids::{SessionId, TokenId};
use crate::http::problem::Problem;
use crate::store::identities::{AuthOutcome, Identity, OrganizationContext};
use crate::store::sessions::{self, Session};
use crate::store::tokens::{self, Token};

/// What several have shown, as the rows have it now: read once for all of them.
#[derive(Debug, Default)]
pub(in crate::http) struct ShownAgain {
    sessions: HashMap<SessionId, Session>,
    tokens: HashMap<TokenId, Token>,
}

impl ShownAgain {
    /// What these have shown.
    ///
    /// # Errors
    /// Database errors.
    pub(in crate::http) fn by<'p>(
        conn: &mut Conn,
        several: impl Iterator<Item = &'p Principal>,
        now: Instant,
    ) -> Result<Self, Problem> {
        let (mut of_sessions, mut of_tokens) = (Vec::new(), Vec::new());
        for principal in several {
            match &principal.via {
                Via::Session { id, .. } => of_sessions.push(*id),
                Via::Token { id, .. } => of_tokens.push(*id),
            }
        }
        let sessions = sessions::live(conn, of_sessions, now)?;
        let tokens = tokens::live(conn, of_tokens, now)?;
        Ok(Self {
            sessions: sessions.into_iter().map(|row| (row.id, row)).collect(),
            tokens: tokens.into_iter().map(|row| (row.id, row)).collect(),
        })
    }

    /// One of them: the same person, by the same session or token, in the same organization, as the rows have it now; none if they
    /// would not be let in any more. Their permissions are those of now.
    ///
    /// # Errors
    /// Database errors.
    pub(in crate::http) fn who(
        &self,
        conn: &mut Conn,
        principal: &Principal,
        now: Instant,
    ) -> Result<Option<Principal>, Problem> {
        let there = whereabouts(principal);
        let found = match &principal.via {
            Via::Session { id, .. } => {
                let session = self.sessions.get(id).cloned();
                admitted(
                    sessions::enter_session(conn, session, &there, now)?,
                    Principal::in_session,
                )
            }
            Via::Token { id, .. } => {
                let token = self.tokens.get(id).cloned();
                admitted(
                    tokens::enter_token(conn, token, &there, now)?,
                    Principal::with_token,
                )
            }
        };
        // Whoever has a second factor to set up first is told nothing more until then.
        Ok(as_before(found, principal).filter(|found| !found.must_set_up))
    }
}

/// The same person, by the same session or token, in the same organization, as the rows have it now; none if they would
/// not be let in any more. Their permissions are those of now, be it that they have a second factor to set up first.
///
/// # Errors
/// Database errors.
pub(in crate::http) fn reloaded(
    conn: &mut Conn,
    principal: &Principal,
    now: Instant,
) -> Result<Option<Principal>, Problem> {
    let there = whereabouts(principal);
    let found = match &principal.via {
        Via::Session { id, .. } => admitted(
            sessions::again(conn, *id, &there, now)?,
            Principal::in_session,
        ),
        Via::Token { id, .. } => admitted(
            tokens::again(conn, *id, &there, now)?,
            Principal::with_token,
        ),
    };
    Ok(as_before(found, principal))
}

/// Where somebody acts.
fn whereabouts(principal: &Principal) -> OrganizationContext {
    match &principal.acting_as {
        Some((clone, _)) => OrganizationContext::As(principal.organization.id, *clone),
        None => OrganizationContext::Named(principal.organization.id.to_string()),
    }
}

/// Whoever was found again, if they may come from where they came.
fn as_before(found: Option<Principal>, principal: &Principal) -> Option<Principal> {
    let same = |found: Principal| {
        found
            .come_from(principal.client)
            .by_browser(principal.browser)
    };
    found.map(same).filter(Principal::may_come_from_there)
}

fn admitted<T>(
    entry: AuthOutcome<T>,
    of: impl FnOnce(T, Identity) -> Principal,
) -> Option<Principal> {
    match entry {
        AuthOutcome::Authenticated(shown, bearer) => Some(of(shown, *bearer)),
        AuthOutcome::Elsewhere | AuthOutcome::Refused => None,
    }
}
