//! Notices on their way or at their end, and why; those that failed can be sent again, one or all (N2).

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::documents::PersonName;
use super::notice_mails::{mail, preview, test};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::closed_enum;
use crate::domain::ids::{CaseNumber, NoticeId};
use crate::domain::notice::{Fault, NoticeKind, NoticeState, WaitsFor};
use crate::domain::order::{Place, Sort, Window};
use crate::domain::text::EmailAddress;
use crate::http::api_request::{ApiRequest, Guarded, may};
use crate::http::list::{self, Asker, Listing, list_query};
use crate::http::pagination::Page;
use crate::http::problem::{Code, Problem};
use crate::http::reply::Reply;
use crate::http::route::{Route, table};
use crate::input::{input, written};
use crate::store::mail_outages::{self, Outage};
use crate::store::notices::{self, Filter, Listed, NoticeOrder};
use crate::workflow::resend_notice::{Resent, resend_notice, resend_notices};

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { notices:
        GET  "/notices"                 may(Permission::NoticesView)   => list, "Notices, the newest first";
        POST "/notices/preview"         may(Permission::NoticesView)   => preview, "A made-up notice of a kind, as it would be written to you";
        POST "/notices/test"            may(Permission::NoticesResend) => test, "Sends you a made-up notice of a kind, to see how it arrives";
        POST "/notices/resend"          may(Permission::NoticesResend) => resend_all, "Sends all notices again that failed, or those of them that are asked for";
        GET  "/notices/{notice}"        may(Permission::NoticesView)   => show, "One notice";
        POST "/notices/{notice}/resend" may(Permission::NoticesResend) => resend, "Sends a notice again that failed or was withheld";
        GET  "/notices/{notice}/mail"   may(Permission::NoticesView)   => mail, "The mail of a notice, as it would be written now";
        GET  "/mail-server"             may(Permission::NoticesView)   => mail_server, "Whether notices leave, and why not";
    }
}

list_query! {
    /// Which notices.
    pub struct NoticeQuery by NoticeOrder, Sort::descending(NoticeOrder::CreatedAt), {
        /// In this state.
        state: Option<NoticeState>,
        /// Of this kind.
        kind: Option<NoticeKind>,
        /// Not taken for this reason.
        fault: Option<Fault>,
        /// Put into the outbox then or later.
        from: Option<Instant>,
        /// Put into the outbox before.
        until: Option<Instant>,
    }
}

/// The notices that somebody may know of.
pub struct Notices;

impl Listing for Notices {
    const NAME: &'static str = "notices";
    type Query = NoticeQuery;
    type Filter = Filter;
    type Row = Listed;
    type Id = NoticeId;

    fn filter(_: &mut Conn, _: Asker<'_>, query: &NoticeQuery) -> Result<Filter, Problem> {
        Ok(Filter {
            state: query.state,
            kind: query.kind,
            fault: query.fault,
            from: query.from,
            until: query.until,
        })
    }

    fn rows(
        conn: &mut Conn,
        asker: Asker<'_>,
        filter: &Filter,
        window: &Window<NoticeOrder, NoticeId>,
    ) -> Result<Vec<Listed>, Problem> {
        Ok(notices::list(conn, asker.access.reach(), *filter, window)?)
    }

    fn count(
        conn: &mut Conn,
        asker: Asker<'_>,
        filter: &Filter,
        most: usize,
    ) -> Result<usize, Problem> {
        let reach = asker.access.reach();
        Ok(notices::count_passing(conn, reach, *filter, most)?)
    }

    fn place(by: NoticeOrder, notice: &Listed) -> Place<NoticeId> {
        notices::place(by, notice)
    }
}

input! {
    /// Which notices are sent again; what is not given is any.
    pub struct ResendNotices {
        /// Those that failed, or those that were withheld; those that failed if not given.
        state: Option<Ended>,
        /// Of this kind.
        kind: Option<NoticeKind>,
        /// Not taken for this reason.
        fault: Option<Fault>,
        /// Put into the outbox then or later.
        from: Option<Instant>,
        /// Put into the outbox before.
        until: Option<Instant>,
    }
}

closed_enum! {
    /// How a notice ended that was not sent.
    pub enum Ended as "NoticeEnded" {
        /// It was given up.
        Failed = "failed",
        /// It was withheld.
        Withheld = "withheld",
    }
}

written!(Ended);

/// What came of sending many notices again.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NoticesResent {
    /// How many wait to be sent by this.
    queued: usize,
    /// Whether there are more: one act takes a bounded number.
    more: bool,
}

/// Whether notices leave.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MailServer {
    /// Whether they do.
    open: bool,
    /// Since when they do not.
    since: Option<DateTime<Utc>>,
    /// Why not.
    fault: Option<Fault>,
    /// What the mail server or the system said last.
    said: Option<String>,
    /// When it is tried next.
    next_try_at: Option<DateTime<Utc>>,
    /// How many notices wait.
    waiting: i64,
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
    /// What it waits for; null unless it waits.
    waits_for: Option<WaitsFor>,
    /// How often it was tried.
    attempts: i64,
    /// Why it was last put off or given up; where it waits for the mail server, what is wrong with that.
    fault: Option<Fault>,
    /// What the mail server or the system said then, or why it was withheld.
    last_error: Option<String>,
    /// When it was last tried.
    tried_at: Option<DateTime<Utc>>,
    /// When it was put into the outbox.
    created_at: DateTime<Utc>,
    /// When it is tried next; null unless it waits.
    next_attempt_at: Option<DateTime<Utc>>,
    /// When it was taken.
    sent_at: Option<DateTime<Utc>>,
    /// Counts its changes.
    version: i64,
}

impl NoticeDocument {
    fn new(notice: Listed, outage: Option<&Outage>, now: Instant) -> Self {
        let waits = WaitsFor::of(notice.state, notice.next_attempt_at, outage.is_some(), now);
        // What waits for the server waits for what is wrong with it.
        let (fault, last_error) = match outage.filter(|_| waits == Some(WaitsFor::MailServer)) {
            Some(outage) => (Some(outage.fault), Some(outage.detail.clone())),
            None => (notice.fault, notice.last_error),
        };
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
            waits_for: waits,
            attempts: notice.attempts,
            fault,
            last_error,
            tried_at: notice.tried_at,
            created_at: notice.created_at,
            next_attempt_at: waits.is_some().then_some(notice.next_attempt_at),
            sent_at: notice.sent_at,
            version: notice.version,
        }
    }
}

/// Notices, the newest first.
pub async fn list(
    req: ApiRequest<(), (), NoticeQuery>,
) -> Result<Reply<Page<NoticeDocument>>, Problem> {
    let page = req
        .read(|conn, req| {
            let found = list::answer::<Notices>(conn, req.asker(), &req.query)?;
            let outage = outage(conn, req)?;
            Ok(found.page(|row| NoticeDocument::new(row, outage.as_ref(), req.now)))
        })
        .await?;
    Reply::new(&page)
}

/// One notice.
pub async fn show(req: ApiRequest<NoticeId>) -> Result<Reply<NoticeDocument>, Problem> {
    let document = req.read(|conn, req| read(conn, req, req.address)).await?;
    Ok(Reply::new(&document)?.version(document.version))
}

/// Sends a notice again that failed or was withheld.
pub async fn resend(req: ApiRequest<Guarded<NoticeId>>) -> Result<Reply<NoticeDocument>, Problem> {
    req.write(|conn, req| {
        let (actor, id) = (Some(&req.principal.actor), *req.address);
        match resend_notice(conn, actor, id, req.expected(), req.now)? {
            Resent::Queued => {
                let document = read(conn, req, id)?;
                Ok(Reply::new(&document)?.version(document.version))
            }
            Resent::NotEnded(state) => {
                Err(Problem::new(Code::NoticeNotEnded).with("state", state.as_str()))
            }
        }
    })
    .await
}

/// Sends many notices again in one act.
pub async fn resend_all(
    req: ApiRequest<(), ResendNotices>,
) -> Result<Reply<NoticesResent>, Problem> {
    req.write(|conn, req| {
        let body = &req.body;
        let filter = Filter {
            state: body.state.map(|ended| match ended {
                Ended::Failed => NoticeState::Failed,
                Ended::Withheld => NoticeState::Withheld,
            }),
            kind: body.kind,
            fault: body.fault,
            from: body.from,
            until: body.until,
        };
        let resent = resend_notices(conn, Some(&req.principal.actor), filter, req.now)?;
        Reply::new(&NoticesResent {
            queued: resent.queued,
            more: resent.more,
        })
    })
    .await
}

/// Whether notices leave, and why not.
pub async fn mail_server(req: ApiRequest) -> Result<Reply<MailServer>, Problem> {
    let document = req
        .read(|conn, req| {
            let outage = outage(conn, req)?;
            let reach = req.principal.access().reach();
            Ok(MailServer {
                open: outage.is_none(),
                since: outage.as_ref().map(|outage| outage.since),
                fault: outage.as_ref().map(|outage| outage.fault),
                next_try_at: outage.as_ref().map(|outage| outage.next_probe_at),
                said: outage.map(|outage| outage.detail),
                waiting: notices::count(conn, reach, NoticeState::Waiting)?,
            })
        })
        .await?;
    Reply::new(&document)
}

/// The outage of the way out by which this installation's notices leave.
///
/// # Errors
/// Database errors.
pub(super) fn outage<A, B, Q>(
    conn: &mut Conn,
    req: &ApiRequest<A, B, Q>,
) -> Result<Option<Outage>, Problem> {
    Ok(mail_outages::of(conn, &req.desk.post.transport().name())?)
}

fn read<A, B>(
    conn: &mut Conn,
    req: &ApiRequest<A, B>,
    id: NoticeId,
) -> Result<NoticeDocument, Problem> {
    let notice = notices::find(conn, req.principal.access().reach(), id)?;
    let outage = outage(conn, req)?;
    let notice = notice.ok_or_else(Problem::not_found)?;
    Ok(NoticeDocument::new(notice, outage.as_ref(), req.now))
}
