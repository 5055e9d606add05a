//! Mails as they look: that of a notice, and a made-up one of each kind, which can be sent to oneself (N1, N3).

use actix_web::http::StatusCode;
use serde::Serialize;

use crate::domain::access::Permission;
use crate::domain::ids::NoticeId;
use crate::domain::notice::NoticeKind;
use crate::http::api::notice_mails::{MailDocument, looker, rendered, tried};
use crate::http::portal::admin::Place;
use crate::http::portal::admin::handlers::{PLACE, tabs_of};
use crate::http::portal::answer::{Answer, PageResult};
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::Tab;
use crate::http::problem::Problem;
use crate::mail::scene::Notice;
use crate::store::notices;
use crate::workflow::notify::{made_up, written_now};

/// A made-up mail of a kind.
#[derive(Clone, Debug, Serialize)]
pub struct NoticeSamplePage {
    /// The places of the administration.
    pub tabs: Vec<Tab>,
    /// Every kind, the one that is shown marked.
    pub kinds: Vec<Tab>,
    /// What the kind is called.
    pub title: String,
    /// The kind.
    pub kind: &'static str,
    /// Why it could not be sent; empty if nobody tried, or it was.
    pub refused: String,
    /// Its mail.
    pub mail: SeenMail,
    /// Where it is sent to whoever looks, for who may.
    pub send: String,
    /// The address of whoever looks.
    pub email: String,
}

/// A mail, with the address at which its part for most readers is seen.
#[derive(Clone, Debug, Serialize)]
pub struct SeenMail {
    /// Its subject.
    pub subject: String,
    /// The part for readers of plain text.
    pub text: String,
    /// Where the other part is seen.
    pub html: String,
}

impl SeenMail {
    /// A mail whose other part is seen at `html`.
    pub fn new(mail: MailDocument, html: String) -> Self {
        Self {
            subject: mail.subject,
            text: mail.text,
            html,
        }
    }
}

/// The mail of a notice that exists for the visitor, as it would be written now; nothing if it bears a link that lets somebody in.
pub(super) async fn of_notice(
    req: &PageRequest,
    id: NoticeId,
) -> Result<Option<MailDocument>, Problem> {
    let (reach, now) = (req.access()?.reach(), req.now);
    let host = req.desk.post.letterhead().host();
    let notice = req
        .read(move |conn| {
            notices::find(conn, reach, id)?.ok_or_else(Problem::not_found)?;
            Ok(written_now(conn, id, &host, now)?)
        })
        .await?;
    let notice = notice.map(|notice| rendered(&req.desk.post, &notice));
    notice.transpose()
}

pub(super) async fn html_of_notice(req: PageRequest, id: NoticeId) -> PageResult {
    let mail = of_notice(&req, id).await?;
    Ok(Answer::mail(mail.ok_or_else(Problem::not_found)?.html))
}

/// The kind that is asked for; the first one if none is.
fn asked(req: &PageRequest) -> Result<NoticeKind, Problem> {
    match req
        .asked("kind")
        .or(req.typed.get("kind").map(String::as_str))
    {
        Some(kind) => kind.parse().map_err(|_| Problem::not_found()),
        None => Ok(NoticeKind::ALL[0]),
    }
}

async fn sample(req: &PageRequest, kind: NoticeKind) -> Result<Notice, Problem> {
    let (looker, now) = (looker(req.principal()?), req.now);
    let host = req.desk.post.letterhead().host();
    req.read(move |conn| Ok(made_up(conn, kind, &looker, &host, now)?))
        .await
}

pub(super) async fn show(req: PageRequest) -> PageResult {
    let kind = asked(&req)?;
    let notice = sample(&req, kind).await?;
    req.show(PLACE, "notice-sample", &page(&req, &notice, String::new())?)
}

fn page(req: &PageRequest, notice: &Notice, refused: String) -> Result<NoticeSamplePage, Problem> {
    let (words, kind) = (req.words(), notice.payload.kind());
    let name = |kind: NoticeKind| words.say_of("notice-kind", kind.as_str(), &[]);
    let tab = |one: &NoticeKind| Tab {
        label: name(*one),
        href: format!("/admin/notices/templates?kind={one}"),
        count: None,
        current: *one == kind,
    };
    Ok(NoticeSamplePage {
        tabs: tabs_of(req, Place::Notices),
        kinds: NoticeKind::ALL.iter().map(tab).collect(),
        title: name(kind),
        kind: kind.as_str(),
        refused,
        mail: SeenMail::new(
            rendered(&req.desk.post, notice)?,
            format!("/admin/notices/templates/html?kind={kind}"),
        ),
        send: match req.can(Permission::NoticesResend) {
            true => "/admin/notices/templates/send".to_owned(),
            false => String::new(),
        },
        email: notice.to.email.to_string(),
    })
}

pub(super) async fn html_of_sample(req: PageRequest) -> PageResult {
    let notice = sample(&req, asked(&req)?).await?;
    Ok(Answer::mail(rendered(&req.desk.post, &notice)?.html))
}

pub(super) async fn send(req: PageRequest) -> PageResult {
    let kind = asked(&req)?;
    let notice = sample(&req, kind).await?;
    let tried = tried(&req.desk.post, &notice).await?;
    let Some(fault) = tried.fault else {
        let flash = Flash::new(Done::TestSent).name(tried.to);
        return Ok(req.go(format!("/admin/notices/templates?kind={kind}"), Some(flash)));
    };
    let words = req.words();
    let fault = words.say_of("mail-fault", fault.as_str(), &[]);
    let refused = words.say("notice-sample-refused", &[("fault", fault.into())]);
    let page = page(&req, &notice, refused)?;
    req.show_again(StatusCode::OK, PLACE, "notice-sample", &page)
}
