//! Notices on their way or at their end, and why; those that failed can be sent again (N2).

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::documents::PersonName;
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::ids::{CaseNumber, NoticeId};
use crate::domain::notice::{NoticeKind, NoticeState};
use crate::domain::text::EmailAddress;
use crate::http::call::{Call, may};
use crate::http::fields::request;
use crate::http::pagination::{Limit, Page, Paging};
use crate::http::problem::{Code, Problem};
use crate::http::reply::Reply;
use crate::http::route::{Route, table};
use crate::store::notices::{self, Listed};
use crate::workflow::resend_notice::{Resent, resend_notice};

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { notices:
        GET  "/notices"                 may(Permission::NoticesView)   => list, "Notices, the newest first";
        GET  "/notices/{notice}"        may(Permission::NoticesView)   => show, "One notice";
        POST "/notices/{notice}/resend" may(Permission::NoticesResend) => resend, "Sends a notice again that failed or was withheld";
    }
}

request! {
    /// Which notices.
    pub struct NoticeQuery {
        /// In this state.
        state: Option<NoticeState>,
        /// How many a page has, 25 if not given.
        limit: Option<Limit>,
        /// Behind the page that gave this.
        cursor: Option<String>,
    }
}

/// A notice on its way or at its end.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Notice)]
pub struct NoticeDocument {
    id: NoticeId,
    /// What it tells of.
    kind: NoticeKind,
    /// Where it stands.
    state: NoticeState,
    /// To whom; null for somebody who has no account.
    person: Option<PersonName>,
    /// The recipient's name.
    name: String,
    /// The recipient's address.
    email: EmailAddress,
    /// On which case.
    case: Option<CaseNumber>,
    /// How often it was tried.
    attempts: i64,
    /// Why it was last put off, given up or withheld.
    last_error: Option<String>,
    /// When it was put into the outbox.
    created_at: DateTime<Utc>,
    /// When it is tried next; null unless it waits.
    next_attempt_at: Option<DateTime<Utc>>,
    /// When it was taken.
    sent_at: Option<DateTime<Utc>>,
    /// Counts its changes.
    version: i64,
}

impl From<Listed> for NoticeDocument {
    fn from(notice: Listed) -> Self {
        let waits = notice.state == NoticeState::Waiting;
        Self {
            id: notice.id,
            kind: notice.kind,
            state: notice.state,
            person: notice.person.map(|id| PersonName {
                id,
                name: notice.name.clone(),
            }),
            name: notice.name,
            email: notice.email,
            case: notice.case_number,
            attempts: notice.attempts,
            last_error: notice.last_error,
            created_at: notice.created_at,
            next_attempt_at: waits.then_some(notice.next_attempt_at),
            sent_at: notice.sent_at,
            version: notice.version,
        }
    }
}

/// Notices, the newest first.
pub async fn list(call: Call<(), (), NoticeQuery>) -> Result<Reply<Page<NoticeDocument>>, Problem> {
    let query = &call.query;
    let paging: Paging<(Instant, NoticeId)> = Paging::read(
        "notices",
        &query.state,
        query.limit,
        query.cursor.as_deref(),
    )?;
    let page = call
        .look(move |conn, call| {
            let rows = notices::list(conn, call.query.state, paging.after, paging.fetch())?;
            Ok(paging.page(rows, |row| (row.created_at, row.id), NoticeDocument::from))
        })
        .await?;
    Reply::new(&page)
}

/// One notice.
pub async fn show(call: Call<NoticeId>) -> Result<Reply<NoticeDocument>, Problem> {
    let document = call.look(|conn, call| read(conn, call.address)).await?;
    Ok(Reply::new(&document)?.version(document.version))
}

/// Sends a notice again that failed or was withheld.
pub async fn resend(call: Call<NoticeId>) -> Result<Reply<NoticeDocument>, Problem> {
    call.write(|conn, call| {
        match resend_notice(conn, Some(&call.principal.actor), call.address, call.now)? {
            Resent::Queued => {
                let document = read(conn, call.address)?;
                Ok(Reply::new(&document)?.version(document.version))
            }
            Resent::NotEnded(state) => {
                Err(Problem::new(Code::NoticeNotEnded).with("state", state.as_str()))
            }
        }
    })
    .await
}

fn read(conn: &mut Conn, id: NoticeId) -> Result<NoticeDocument, Problem> {
    notices::find(conn, id)?
        .map(NoticeDocument::from)
        .ok_or_else(Problem::not_found)
}
