//! Developer tools: recent failures, and what a token or a signature is worth (A8).

use serde::Serialize;
use utoipa::ToSchema;

use super::documents::PersonName;
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::ids::{ErrorId, TokenId};
use crate::domain::order::{Place, Sort, Window};
use crate::http::api_request::{ApiRequest, may};
use crate::http::list::{self, Asker, Listing, list_query};
use crate::http::pagination::Page;
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::route::{Route, table};
use crate::store::people::Named;
use crate::store::recent_errors::{self, ErrorFilter, ErrorOrder, RecentError};
use crate::workflow::developer::{
    CheckSignature, CheckToken, FoundToken, SignatureWorth, TokenWorth, check_signature,
    check_token,
};

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    const USE: Permission = Permission::DeveloperToolsUse;
    table! { developer:
        GET  "/developer/errors"           may(USE) => errors, "Failures of the desk's own in the last 30 days, the newest first";
        POST "/developer/token-checks"     may(USE) => token, "What an API token is worth, whose it is, and why it is not taken";
        POST "/developer/signature-checks" may(USE) => signature, "What the signature of a webhook is worth, and why";
    }
}

list_query! {
    /// Which failures.
    pub struct ErrorQuery by ErrorOrder, Sort::descending(ErrorOrder::At), {
        /// Of the request of this id.
        request_id: Option<String>,
    }
}

/// Failures of the desk's own.
pub struct Errors;

impl Listing for Errors {
    const NAME: &'static str = "errors";
    type Query = ErrorQuery;
    type Filter = ErrorFilter;
    type Row = RecentError;
    type Id = ErrorId;

    fn filter(_: &mut Conn, _: Asker<'_>, query: &ErrorQuery) -> Result<ErrorFilter, Problem> {
        Ok(ErrorFilter {
            request_id: query.request_id.clone(),
        })
    }

    fn rows(
        conn: &mut Conn,
        _: Asker<'_>,
        filter: &ErrorFilter,
        window: &Window<ErrorOrder, ErrorId>,
    ) -> Result<Vec<RecentError>, Problem> {
        Ok(recent_errors::list(conn, filter, window)?)
    }

    fn count(
        conn: &mut Conn,
        _: Asker<'_>,
        filter: &ErrorFilter,
        most: usize,
    ) -> Result<usize, Problem> {
        Ok(recent_errors::count(conn, filter, most)?)
    }

    fn place(by: ErrorOrder, error: &RecentError) -> Place<ErrorId> {
        match by {
            ErrorOrder::At => Place::Id(error.id),
        }
    }
}

/// A failure of the desk's own. Nothing in it was said by anybody.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RecentError)]
pub struct ErrorDocument {
    /// Its id.
    pub id: ErrorId,
    /// When it was answered.
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
    /// The id of its request, as the log and the answer have it.
    pub request_id: String,
    /// The request's method.
    pub method: String,
    /// The route's pattern.
    pub route: String,
    /// The status of the answer.
    pub status: i64,
    /// The problem's stable code.
    pub code: String,
    /// Why.
    pub cause: String,
}

impl From<RecentError> for ErrorDocument {
    fn from(error: RecentError) -> Self {
        Self {
            id: error.id,
            at: error.at,
            request_id: error.request_id,
            method: error.method,
            route: error.route,
            status: error.status,
            code: error.code,
            cause: error.cause,
        }
    }
}

/// What a token is worth.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TokenCheck {
    /// In a word.
    worth: TokenWorth,
    /// In a sentence.
    message: String,
    /// The token; null if there is none.
    token: Option<CheckedToken>,
}

/// A token that was looked at.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CheckedToken {
    /// Its id.
    id: TokenId,
    /// What its owner calls it.
    name: String,
    /// Whose it is.
    owner: PersonName,
    /// All that it allows; whatever its owner may do if null.
    permissions: Option<Vec<Permission>>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
    /// Until when it is taken; for good if null.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Instant>,
    /// When it was last used; never if null.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Instant>,
}

/// What a signature is worth.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SignatureCheck {
    /// In a word.
    worth: SignatureWorth,
    /// In a sentence.
    message: String,
}

/// Failures of the desk's own.
pub async fn errors(
    req: ApiRequest<(), (), ErrorQuery>,
) -> Result<Reply<Page<ErrorDocument>>, Problem> {
    let page = req
        .read(|conn, req| {
            let found = list::answer::<Errors>(conn, req.asker(), &req.query)?;
            Ok(found.page(ErrorDocument::from))
        })
        .await?;
    Reply::new(&page)
}

/// What a token is worth.
pub async fn token(req: ApiRequest<(), CheckToken>) -> Result<Reply<TokenCheck>, Problem> {
    let (desk, language) = (req.desk.clone(), req.language);
    let (worth, found) = req
        .read(|conn, req| {
            let actor = &req.principal.actor;
            Ok(check_token(conn, actor, &req.body, req.now)?)
        })
        .await?;
    Reply::new(&TokenCheck {
        worth,
        message: desk
            .words
            .of(language)
            .say_of("token-worth", worth.as_str(), &[]),
        token: found.map(checked),
    })
}

fn checked(found: FoundToken) -> CheckedToken {
    let FoundToken { token, owner } = found;
    CheckedToken {
        id: token.id,
        name: token.name,
        owner: PersonName::from(&Named {
            id: owner.id,
            name: owner.name(),
        }),
        permissions: (token.permissions).map(|allowed| allowed.0.into_iter().collect()),
        created_at: token.created_at,
        expires_at: token.expires_at,
        last_used_at: token.last_used_at,
    }
}

/// What a signature is worth.
pub async fn signature(
    req: ApiRequest<(), CheckSignature>,
) -> Result<Reply<SignatureCheck>, Problem> {
    let worth = check_signature(&req.body, req.now);
    Reply::new(&SignatureCheck {
        worth,
        message: req.words().say_of("signature-worth", worth.as_str(), &[]),
    })
}
