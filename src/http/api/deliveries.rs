//! The delivery log of mails: each with its tries, and without a word of whose it is (A8). To whom a mail goes and what it says
//! is for those who see notices.

use serde::Serialize;
use utoipa::ToSchema;

use super::notices::{NoticeQuery, Notices, outage};
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::ids::NoticeId;
use crate::domain::notice::{Fault, NoticeKind, NoticeState, WaitsFor};
use crate::http::api_request::{ApiRequest, may};
use crate::http::list;
use crate::http::pagination::Page;
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::route::{Route, table};
use crate::store::notices::{Listed, Try, tries_of};

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { deliveries:
        GET "/developer/deliveries" may(Permission::DeveloperToolsUse) => list, "Mails and their tries, the newest first, without their recipients";
    }
}

/// A mail on its way or at its end.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Delivery)]
pub struct DeliveryDocument {
    /// The notice's id.
    id: NoticeId,
    /// What it tells of.
    kind: NoticeKind,
    /// Where it stands.
    state: NoticeState,
    /// What it waits for; null unless it waits.
    waits_for: Option<WaitsFor>,
    /// When it was put into the outbox.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
    /// The tries by which it was not taken, the oldest first.
    tries: Vec<TryDocument>,
    /// When it is tried next; null unless it waits.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_try_at: Option<Instant>,
    /// When it was taken.
    #[schema(value_type = Option<String>, format = DateTime)]
    sent_at: Option<Instant>,
}

/// A try by which a mail was not taken.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = DeliveryTry)]
pub struct TryDocument {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Instant,
    /// Why not.
    fault: Fault,
    /// What the mail server or the system said, without the addresses in it.
    said: String,
    /// When it was to be tried next; null if never.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_try_at: Option<Instant>,
}

impl From<Try> for TryDocument {
    fn from(one: Try) -> Self {
        Self {
            at: one.at,
            fault: one.fault,
            said: one.said,
            next_try_at: one.next_at,
        }
    }
}

/// Mails and their tries, the newest first.
pub async fn list(
    req: ApiRequest<(), (), NoticeQuery>,
) -> Result<Reply<Page<DeliveryDocument>>, Problem> {
    let page = req
        .read(|conn, req| {
            let found = list::answer::<Notices>(conn, req.asker(), &req.query)?;
            let is_closed = outage(conn, req)?.is_some();
            let ids: Vec<NoticeId> = found.rows.iter().map(|notice| notice.id).collect();
            let mut tries = tries_of(conn, &ids)?;
            Ok(found.page(|notice: Listed| {
                let next = notice.next_attempt_at;
                let waits = WaitsFor::of(notice.state, next, is_closed, req.now);
                let tries = tries.remove(&notice.id).unwrap_or_default();
                DeliveryDocument {
                    id: notice.id,
                    kind: notice.kind,
                    state: notice.state,
                    waits_for: waits,
                    created_at: notice.created_at,
                    tries: tries.into_iter().map(TryDocument::from).collect(),
                    next_try_at: waits.is_some().then_some(next),
                    sent_at: notice.sent_at,
                }
            }))
        })
        .await?;
    Reply::new(&page)
}
