//! API tokens: a person's own keys for programs, scoped and expiring (A7).

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use serde::Serialize;
use utoipa::ToSchema;

use crate::credentials::{NewSecret, TOKEN_PREFIX};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::ids::TokenId;
use crate::http::api_request::{ApiRequest, OWNER, OWNER_AT_HOME};
use crate::http::pagination::{Limit, Page, Paging};
use crate::http::principal::Principal;
use crate::http::problem::Problem;
use crate::http::reply::{Created, Done, Reply};
use crate::http::route::{Route, table};
use crate::input::input;
use crate::store::tokens::{self, Token};
use crate::workflow::VerbResult;
use crate::workflow::tokens::{IssueToken, Issued, Owner, issue_token, revoke_token};

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { tokens:
        POST   "/tokens"         OWNER_AT_HOME.proven() => issue, "Makes an API token";
        GET    "/tokens"         OWNER => list, "Your API tokens, the newest first";
        DELETE "/tokens/{token}" OWNER => revoke, "Revokes an API token";
    }
}

input! {
    /// Which part of the list.
    pub struct ListTokens {
        /// How many, 25 if left out.
        limit: Option<Limit>,
        /// Where the last page ended.
        cursor: Option<String>,
    }
}

/// An API token. Its secret is shown once, when it is made.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Token)]
pub struct TokenView {
    id: TokenId,
    name: String,
    /// All that it allows, at the most; null for whatever its owner may do.
    permissions: Option<BTreeSet<Permission>>,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    /// When it was last used, to about a minute; null if it never was.
    last_used_at: Option<DateTime<Utc>>,
}

/// An API token that was made just now.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct IssuedToken {
    #[serde(flatten)]
    about: TokenView,
    /// The secret, to send as `Authorization: Bearer`. Null in an answer that is repeated.
    token: Option<String>,
}

impl TokenView {
    fn new(token: Token, last_used_at: Option<Instant>) -> Self {
        Self {
            last_used_at,
            id: token.id,
            name: token.name,
            permissions: token.permissions.map(|permissions| permissions.0),
            created_at: token.created_at,
            expires_at: token.expires_at,
        }
    }
}

/// Makes a token.
pub async fn issue(req: ApiRequest<(), IssueToken>) -> Result<Created<IssuedToken>, Problem> {
    let secret = NewSecret::with_prefix(TOKEN_PREFIX);
    req.write(move |conn, req| {
        let new = &req.body;
        let Issued { id, expires_at } =
            issue_for(conn, &req.principal, (new, &secret.hash), req.now)?;
        let about = TokenView {
            id,
            name: new.name.to_string(),
            permissions: new.permissions.clone(),
            created_at: req.now,
            expires_at,
            last_used_at: None,
        };
        let later = IssuedToken { about, token: None };
        let shown = IssuedToken {
            token: Some(secret.text.expose_secret().to_owned()),
            ..later.clone()
        };
        Ok(Reply::once(&shown, &later)?.location(format!("/api/v1/tokens/{id}")))
    })
    .await
}

/// One's tokens, the newest first.
pub async fn list(req: ApiRequest<(), (), ListTokens>) -> Result<Reply<Page<TokenView>>, Problem> {
    let paging = Paging::read("tokens", &(), req.query.limit, req.query.cursor.as_deref())?;
    let page = req
        .read(move |conn, req| {
            let rows = tokens::of_person(conn, req.principal.person, paging.after, paging.fetch())?;
            let view = |token| {
                let used = req.desk.seen.of_token(&token);
                TokenView::new(token, used)
            };
            Ok(paging.page(rows, |token| token.id, view))
        })
        .await?;
    Reply::new(&page)
}

/// Revokes a token: the next request with it is refused.
pub async fn revoke(req: ApiRequest<TokenId>) -> Result<Done, Problem> {
    req.write(|conn, req| {
        revoke_token(conn, &req.principal.oneself(), req.address, req.now)?;
        Ok(Reply::done())
    })
    .await
}

/// Makes a token for whoever asks.
///
/// # Errors
/// Those of the verb.
pub(in crate::http) fn issue_for(
    conn: &mut Conn,
    principal: &Principal,
    new: (&IssueToken, &str),
    now: Instant,
) -> VerbResult<Issued> {
    let by = principal.oneself();
    let owner = Owner {
        person: principal.person,
        organization: by.access.organization,
        access: principal.access(),
    };
    let (command, hash) = new;
    let new = (command, principal.token(), hash);
    issue_token(conn, Some(&by), owner, new, now)
}
