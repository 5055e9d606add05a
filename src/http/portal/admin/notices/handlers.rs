//! Notices: the list, one with its mail, sending it or all of them again.

use std::path::PathBuf;

use super::{NoticePage, SeenMail, mails};
use crate::blocking;
use crate::db::Conn;
use crate::domain::access::Permission;
use crate::domain::ids::NoticeId;
use crate::domain::notice::{NoticeState, WaitsFor};
use crate::http::api::notices::{NoticeQuery, Notices};
use crate::http::api_request::may;
use crate::http::list::{Found, find};
use crate::http::portal::admin::handlers::{PLACE, tabs_of};
use crate::http::portal::admin::list::{Add, ListPage, Views, list};
use crate::http::portal::admin::{Alarm, Cell, Place};
use crate::http::portal::answer::{Answer, PageResult};
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::list::{Column, MOST_COUNTED};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::{Fact, Facts};
use crate::http::portal::route::{PortalRoute, pages};
use crate::http::problem::Problem;
use crate::mail::transport::file_name;
use crate::store::mail_outages::{self, Outage};
use crate::store::notices::{self, Filter, Listed};
use crate::workflow::resend_notice::{resend_notice, resend_notices};

/// The largest mail that is shown, in bytes.
const LARGEST_MAIL: u64 = 1024 * 1024;

/// The rows of the route table.
pub(in crate::http::portal) fn routes() -> Vec<PortalRoute> {
    pages! { notices:
        GET  "/admin/notices"               may(Permission::NoticesView)   => list::<List>, "Notices, the newest first";
        POST "/admin/notices/send-all"      may(Permission::NoticesResend) => send_all, "Sends all notices again that were given up";
        GET  "/admin/notices/templates"      may(Permission::NoticesView)   => mails::show, "A made-up mail of each kind";
        GET  "/admin/notices/templates/html" may(Permission::NoticesView)   => mails::html_of_sample, "A made-up mail as it looks";
        POST "/admin/notices/templates/send" may(Permission::NoticesResend) => mails::send, "Sends a made-up mail to whoever looks at it";
        GET  "/admin/notices/{notice}"      may(Permission::NoticesView)   => show, "A notice with its mail";
        GET  "/admin/notices/{notice}/mail" may(Permission::NoticesView)   => download, "The mail of a notice as a file";
        GET  "/admin/notices/{notice}/html" may(Permission::NoticesView)   => mails::html_of_notice, "The mail of a notice as it looks";
        POST "/admin/notices/{notice}/send" may(Permission::NoticesResend) => send, "Sends a notice again";
    }
}

/// What the page says of where a notice stands, and the class of its chip.
pub(in crate::http::portal::admin) fn standing(
    req: &PageRequest,
    notice: &Listed,
    outage: Option<&Outage>,
) -> (String, &'static str) {
    let words = req.words();
    let next = notice.next_attempt_at;
    match WaitsFor::of(notice.state, next, outage.is_some(), req.now) {
        Some(waits) => {
            let class = match waits {
                WaitsFor::Turn => "run",
                WaitsFor::Attempt | WaitsFor::MailServer => "soon",
            };
            (words.say_of("notice-waits", waits.as_str(), &[]), class)
        }
        None => {
            let class = match notice.state {
                NoticeState::Waiting => "run",
                NoticeState::Sent => "good",
                NoticeState::Failed => "late",
                NoticeState::Withheld => "plain",
            };
            let state = words.say_of("notice-state", notice.state.as_str(), &[]);
            (state, class)
        }
    }
}

/// Why it was not sent, for people; empty when it was, or was not tried.
fn why(req: &PageRequest, notice: &Listed) -> String {
    match (notice.state, notice.fault) {
        (NoticeState::Sent, _) => String::new(),
        (NoticeState::Withheld, _) | (_, None) => notice.last_error.clone().unwrap_or_default(),
        (_, Some(fault)) => req.words().say_of("mail-fault", fault.as_str(), &[]),
    }
}

/// The outage of the way out by which this installation's notices leave.
pub(in crate::http::portal::admin) fn outage(
    conn: &mut Conn,
    req: &PageRequest,
) -> Result<Option<Outage>, Problem> {
    let transport = req.desk.post.transport().name();
    Ok(mail_outages::of(conn, &transport)?)
}

/// The notices that the visitor may know of.
struct List;

/// What the list of notices tells of the way out by which they leave.
struct Outbox {
    outage: Option<Outage>,
    waiting: i64,
    failed: i64,
}

impl ListPage for List {
    const PLACE: Place = Place::Notices;
    const COLUMNS: &'static [Column] = &[
        Column::said("notice-column-notice"),
        Column::said("notice-column-to"),
        Column::said("notice-column-made").sorts("-created_at"),
        Column::said("notice-column-state"),
    ];
    const ADD: Option<Add> =
        Some(Add::said("notices-templates", Permission::NoticesView).at("templates"));
    const VIEWS: Option<Views> = Some(Views {
        parameter: "state",
        family: "notice-state",
        values: NoticeState::NAMES,
    });
    type Query = NoticeQuery;
    type Row = Listed;
    type Beside = Outbox;

    fn find(
        conn: &mut Conn,
        req: &PageRequest,
        query: &NoticeQuery,
    ) -> Result<(Found<Listed>, Outbox), Problem> {
        let found = find::<Notices>(conn, req.asker()?, query, Some(MOST_COUNTED))?;
        let (reach, outage) = (req.access()?.reach(), outage(conn, req)?);
        let waiting = match outage {
            Some(_) => notices::count(conn, reach, NoticeState::Waiting)?,
            None => 0,
        };
        let failed = notices::count(conn, reach, NoticeState::Failed)?;
        let outbox = Outbox {
            outage,
            waiting,
            failed,
        };
        Ok((found, outbox))
    }

    fn cells(req: &PageRequest, notice: &Listed, outbox: &Outbox) -> Vec<Cell> {
        let (state, class) = standing(req, notice, outbox.outage.as_ref());
        let to = format!("/admin/notices/{}", notice.id);
        vec![
            Cell::link(title(req, notice), to).small(why(req, notice)),
            Cell::text(notice.name.clone()).small(notice.email.to_string()),
            Cell::at(notice.created_at),
            Cell::chip(state, class),
        ]
    }

    /// That no mail leaves, and that notices were given up.
    fn alarms(req: &PageRequest, outbox: &Outbox) -> Vec<Alarm> {
        let (words, times) = (req.words(), req.times());
        let mut alarms = Vec::new();
        if let Some(outage) = &outbox.outage {
            let args = [
                ("since", times.near(outage.since).into()),
                ("next", times.near(outage.next_probe_at).into()),
                ("waiting", outbox.waiting.into()),
                ("said", outage.detail.as_str().into()),
            ];
            let fault = words.say_of("mail-fault", outage.fault.as_str(), &[]);
            alarms.push(Alarm {
                tone: "late",
                title: words.say("notices-closed", &args),
                detail: format!("{fault} {}", words.say("notices-closed-detail", &args)),
                ..Alarm::default()
            });
        }
        if outbox.failed > 0 {
            let may = req.can(Permission::NoticesResend);
            let act = if may { "/admin/notices/send-all" } else { "" };
            alarms.push(Alarm {
                tone: "soon",
                title: words.say("notices-given-up", &[("count", outbox.failed.into())]),
                detail: words.say("notices-given-up-detail", &[]),
                act: act.to_owned(),
                button: words.say("notices-send-all", &[]),
            });
        }
        alarms
    }
}

/// "Escalation accepted, C-000123".
fn title(req: &PageRequest, notice: &Listed) -> String {
    let kind = req.words().say_of("notice-kind", notice.kind.as_str(), &[]);
    match notice.case_number {
        Some(number) => format!("{kind}, {number}"),
        None => kind,
    }
}

async fn notice(req: &PageRequest, id: NoticeId) -> Result<(Listed, Option<Outage>), Problem> {
    let reach = req.access()?.reach();
    let reader = req.clone();
    let (notice, outage) = req
        .read(move |conn| Ok((notices::find(conn, reach, id)?, outage(conn, &reader)?)))
        .await?;
    Ok((notice.ok_or_else(Problem::not_found)?, outage))
}

async fn show(req: PageRequest, id: NoticeId) -> PageResult {
    let (notice, outage) = notice(&req, id).await?;
    let source = source(&req, &notice).await;
    let mail = mails::of_notice(&req, id).await?;
    let words = req.words();
    let fact = |key: &str| words.say_of("notice-fact", key, &[]);
    let mut facts = vec![
        Fact::at(fact("made"), notice.created_at),
        Fact::new(fact("tries"), notice.attempts.to_string()),
    ];
    match notice.sent_at {
        Some(at) => facts.push(Fact::at(fact("sent"), at)),
        None if notice.state == NoticeState::Waiting => {
            let next = outage.as_ref().map(|outage| outage.next_probe_at);
            facts.push(Fact::at(
                fact("next"),
                next.unwrap_or(notice.next_attempt_at),
            ))
        }
        None => {}
    }
    if let Some(at) = notice.tried_at.filter(|_| notice.sent_at.is_none()) {
        facts.push(Fact::at(fact("tried"), at));
    }
    if let Some(said) = notice.last_error.clone().filter(|_| notice.fault.is_some()) {
        facts.push(Fact::new(fact("said"), said));
    }
    if let Some(number) = notice.case_number {
        facts.push(
            Fact::new(words.say("facts-case", &[]), number.to_string())
                .link(format!("/cases/{number}")),
        );
    }
    let (state, chip) = standing(&req, &notice, outage.as_ref());
    let ended = matches!(notice.state, NoticeState::Failed | NoticeState::Withheld);
    let sends = ended && req.can(Permission::NoticesResend);
    let to = |place: &str| format!("/admin/notices/{}/{place}", notice.id);
    let page = NoticePage {
        subject: title(&req, &notice),
        to: notice.email.to_string(),
        tabs: tabs_of(&req, Place::Notices),
        state,
        chip,
        why: why(&req, &notice),
        facts: Facts {
            title: words.say("notice-delivery", &[]),
            rows: facts,
        },
        again: if sends { to("send") } else { String::new() },
        download: if source.is_some() {
            to("mail")
        } else {
            String::new()
        },
        secret: notice.kind.bears_link(),
        mail: mail.map(|mail| SeenMail::new(mail, to("html"))),
        source: source
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default(),
    };
    req.show(PLACE, "notice", &page)
}

/// The mail as the folder transport left it, if it did, and if whoever reads it could not act as its recipient with
/// it: seeing the mail of others is no licence to be them.
async fn source(req: &PageRequest, notice: &Listed) -> Option<Vec<u8>> {
    if notice.kind.bears_link() {
        return None;
    }
    let path: PathBuf = req
        .portal
        .mail_folder
        .as_ref()?
        .join(file_name(notice.created_at, notice.id));
    let read = move || {
        let length = std::fs::metadata(&path).ok()?.len();
        (length <= LARGEST_MAIL)
            .then(|| std::fs::read(&path).ok())
            .flatten()
    };
    blocking::run(read).await.ok().flatten()
}

async fn download(req: PageRequest, id: NoticeId) -> PageResult {
    let (notice, _) = notice(&req, id).await?;
    let bytes = source(&req, &notice).await.ok_or_else(Problem::not_found)?;
    Ok(Answer::file(
        "message/rfc822",
        format!("{}.eml", notice.id),
        bytes,
    ))
}

async fn send(req: PageRequest, id: NoticeId) -> PageResult {
    let (actor, now) = (req.actor()?.clone(), req.now);
    req.write(move |conn| resend_notice(conn, Some(&actor), id, None, now))
        .await?;
    Ok(req.go(
        format!("/admin/notices/{id}"),
        Some(Flash::new(Done::NoticeQueued)),
    ))
}

async fn send_all(req: PageRequest) -> PageResult {
    let (actor, now) = (req.actor()?.clone(), req.now);
    let resent = req
        .write(move |conn| resend_notices(conn, Some(&actor), Filter::default(), now))
        .await?;
    Ok(req.go(
        "/admin/notices".to_owned(),
        Some(Flash::new(Done::NoticesQueued).number(resent.queued)),
    ))
}
