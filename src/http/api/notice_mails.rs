//! Mails as their readers see them: that of a notice, and a made-up one of each kind, which can be sent to oneself (N1, N3).

use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::ids::NoticeId;
use crate::domain::notice::{Fault, NoticeKind};
use crate::domain::text::EmailAddress;
use crate::http::api_request::ApiRequest;
use crate::http::principal::Principal;
use crate::http::problem::{Code, Problem};
use crate::http::reply::Reply;
use crate::input::input;
use crate::mail::Mailer;
use crate::mail::line::one_line;
use crate::mail::scene::Notice;
use crate::store::notices;
use crate::workflow::notify::{Looker, made_up, written_now};

input! {
    /// Of which kind a made-up notice is.
    pub struct NoticeSample {
        /// The kind.
        kind: NoticeKind,
    }
}

/// A mail as its reader sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = NoticeMail)]
pub struct MailDocument {
    /// Its subject.
    pub subject: String,
    /// The part for readers of plain text.
    pub text: String,
    /// The part for all others.
    pub html: String,
}

/// What came of a mail that was sent to see how it arrives.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = NoticeTest)]
pub struct TestDocument {
    /// To which address: one's own.
    pub to: EmailAddress,
    /// Its subject.
    pub subject: String,
    /// Whether the mail server, or the folder, took it.
    pub sent: bool,
    /// Why it was not taken; null if it was.
    pub fault: Option<Fault>,
    /// What the mail server or the system said then.
    pub said: Option<String>,
}

/// The mail of a notice, as it would be written now. What was redacted is left out.
pub async fn mail(req: ApiRequest<NoticeId>) -> Result<Reply<MailDocument>, Problem> {
    let (id, post) = (req.address, Arc::clone(&req.desk.post));
    let notice = req
        .read(move |conn, req| {
            let reach = req.principal.access().reach();
            notices::find(conn, reach, id)?.ok_or_else(Problem::not_found)?;
            let host = req.desk.post.letterhead().host();
            Ok(written_now(conn, id, &host, req.now)?)
        })
        .await?;
    let notice = notice.ok_or_else(Problem::not_found)?;
    Reply::new(&rendered(&post, &notice)?)
}

/// A made-up notice of a kind, as it would be written to oneself.
pub async fn preview(req: ApiRequest<(), NoticeSample>) -> Result<Reply<MailDocument>, Problem> {
    let post = Arc::clone(&req.desk.post);
    let notice = sample(req).await?;
    Reply::new(&rendered(&post, &notice)?)
}

/// Sends a made-up notice of a kind to oneself, to see how it arrives.
pub async fn test(req: ApiRequest<(), NoticeSample>) -> Result<Reply<TestDocument>, Problem> {
    let post = Arc::clone(&req.desk.post);
    let notice = sample(req).await?;
    Reply::new(&tried(&post, &notice).await?)
}

async fn sample(req: ApiRequest<(), NoticeSample>) -> Result<Notice, Problem> {
    let host = req.desk.post.letterhead().host();
    let (kind, looker) = (req.body.kind, looker(&req.principal));
    req.read(move |conn, req| Ok(made_up(conn, kind, &looker, &host, req.now)?))
        .await
}

/// Whoever asks, as a made-up mail is written to them.
pub fn looker(principal: &Principal) -> Looker {
    Looker {
        person: principal.person,
        name: format!("{} {}", principal.first_name, principal.last_name),
        email: principal.email.clone(),
        zone: principal.time_zone,
        language: principal.language(),
    }
}

/// A notice as its reader sees it.
///
/// # Errors
/// [`Code::Internal`] when a template fails on it.
pub fn rendered(post: &Mailer, notice: &Notice) -> Result<MailDocument, Problem> {
    let rendered = post.render(notice).map_err(|error| {
        tracing::error!(%error, "a mail could not be written");
        Problem::new(Code::Internal)
    })?;
    Ok(MailDocument {
        subject: rendered.subject,
        text: rendered.text,
        html: rendered.html,
    })
}

/// Hands a made-up notice over at once, past the outbox: whoever tries how a mail arrives waits for the answer.
///
/// # Errors
/// [`Code::Internal`] when it cannot be written.
pub async fn tried(post: &Mailer, notice: &Notice) -> Result<TestDocument, Problem> {
    let subject = rendered(post, notice)?.subject;
    let letter = post.write(notice).map_err(|error| {
        tracing::error!(%error, "a mail could not be written");
        Problem::new(Code::Internal)
    })?;
    let failed = post.send(&letter).await.err();
    Ok(TestDocument {
        to: notice.to.email.clone(),
        subject,
        sent: failed.is_none(),
        fault: failed.as_ref().map(|error| error.fault),
        said: failed.map(|error| one_line(&error.detail)),
    })
}
