//! Notices: the list, one with its mail, sending it again.

use std::path::PathBuf;

use super::NoticePage;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::ids::NoticeId;
use crate::domain::notice::NoticeState;
use crate::http::call::may;
use crate::http::pagination::Paging;
use crate::http::portal::admin::handlers::{PLACE, list, tabs_of};
use crate::http::portal::admin::{Cell, Place};
use crate::http::portal::answer::{Answer, Outcome};
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::parts::{Fact, Pager, Tab};
use crate::http::portal::routes::{PortalRoute, pages};
use crate::http::portal::visit::Visit;
use crate::http::problem::Problem;
use crate::mail::transport::file_name;
use crate::store::notices::{self, Listed};
use crate::workflow::notify::resend;

/// The largest mail that is shown, in bytes.
const LARGEST_MAIL: u64 = 1024 * 1024;

/// The rows of the route table.
pub(in crate::http::portal::admin) fn routes() -> Vec<PortalRoute> {
    pages! { notices:
        GET  "/admin/notices"               may(Permission::NoticesView)   => show_all, "Notices, the newest first";
        GET  "/admin/notices/{notice}"      may(Permission::NoticesView)   => show, "A notice with its mail";
        GET  "/admin/notices/{notice}/mail" may(Permission::NoticesView)   => download, "The mail of a notice as a file";
        POST "/admin/notices/{notice}/send" may(Permission::NoticesResend) => send, "Sends a notice again";
    }
}

fn chip(state: NoticeState) -> &'static str {
    match state {
        NoticeState::Waiting => "run",
        NoticeState::Sent => "good",
        NoticeState::Failed => "late",
        NoticeState::Withheld => "plain",
    }
}

async fn show_all(visit: Visit) -> Outcome {
    let state = visit
        .asked("state")
        .and_then(|state| state.parse::<NoticeState>().ok());
    let cursor = visit.asked("cursor").map(str::to_owned);
    let (rows, next) = visit
        .look(move |conn| {
            let paging = Paging::<(Instant, NoticeId)>::read(
                "portal/notices",
                &state,
                None,
                cursor.as_deref(),
            )?;
            let mut rows = notices::list(conn, state, paging.after, paging.fetch())?;
            let next = paging.next(&mut rows, |notice| (notice.created_at, notice.id));
            Ok((rows, next))
        })
        .await?;
    let words = visit.words();
    let row = |notice: &Listed| {
        let why = notice
            .last_error
            .clone()
            .filter(|_| notice.state != NoticeState::Sent);
        vec![
            Cell::link(
                title(&visit, notice),
                format!("/admin/notices/{}", notice.id),
            )
            .small(why.unwrap_or_default()),
            Cell::text(notice.name.clone()).small(notice.email.to_string()),
            Cell::at(notice.created_at),
            Cell::chip(
                words.say_of("notice-state", notice.state.as_str(), &[]),
                chip(notice.state),
            ),
        ]
    };
    let columns =
        ["notice", "to", "made", "state"].map(|key| words.say_of("notice-column", key, &[]));
    let mut page = list(
        &visit,
        Place::Notices,
        &columns,
        rows.iter().map(row).collect(),
        None,
    );
    let address = |state: Option<NoticeState>| match state {
        Some(state) => format!("/admin/notices?state={state}"),
        None => "/admin/notices".to_owned(),
    };
    let tab = |of: Option<NoticeState>| Tab {
        label: match of {
            Some(state) => words.say_of("notice-state", state.as_str(), &[]),
            None => words.say("notice-all", &[]),
        },
        href: address(of),
        count: None,
        current: of == state,
    };
    page.filters = std::iter::once(None)
        .chain(NoticeState::ALL.iter().copied().map(Some))
        .map(tab)
        .collect();
    page.pager = Pager {
        first: visit.asked("cursor").map(|_| address(state)),
        next: next.map(|cursor| {
            let of = address(state);
            let sign = if of.contains('?') { '&' } else { '?' };
            format!("{of}{sign}cursor={cursor}")
        }),
    };
    visit.show(PLACE, "admin-list", &page)
}

/// "Escalation accepted, C-000123".
fn title(visit: &Visit, notice: &Listed) -> String {
    let kind = visit
        .words()
        .say_of("notice-kind", notice.kind.as_str(), &[]);
    match notice.case_number {
        Some(number) => format!("{kind}, {number}"),
        None => kind,
    }
}

async fn notice(visit: &Visit) -> Result<Listed, Problem> {
    let id: NoticeId = visit.part("notice")?;
    let notice = visit.look(move |conn| Ok(notices::find(conn, id)?)).await?;
    notice.ok_or_else(Problem::not_found)
}

async fn show(visit: Visit) -> Outcome {
    let notice = notice(&visit).await?;
    let source = source(&visit, &notice).await;
    let words = visit.words();
    let fact = |key: &str| words.say_of("notice-fact", key, &[]);
    let mut facts = vec![
        Fact::at(fact("made"), notice.created_at),
        Fact::new(fact("tries"), notice.attempts.to_string()),
    ];
    match notice.sent_at {
        Some(at) => facts.push(Fact::at(fact("sent"), at)),
        None if notice.state == NoticeState::Waiting => {
            facts.push(Fact::at(fact("next"), notice.next_attempt_at))
        }
        None => {}
    }
    if let Some(number) = notice.case_number {
        facts.push(
            Fact::new(words.say("facts-case", &[]), number.to_string())
                .link(format!("/cases/{number}")),
        );
    }
    let ended = matches!(notice.state, NoticeState::Failed | NoticeState::Withheld);
    let sends = ended && visit.can(Permission::NoticesResend);
    let to = |place: &str| format!("/admin/notices/{}/{place}", notice.id);
    let page = NoticePage {
        subject: title(&visit, &notice),
        to: notice.email.to_string(),
        tabs: tabs_of(&visit, Place::Notices),
        state: notice.state.as_str(),
        chip: chip(notice.state),
        why: notice
            .last_error
            .clone()
            .filter(|_| notice.state != NoticeState::Sent)
            .unwrap_or_default(),
        facts_title: words.say("notice-delivery", &[]),
        facts,
        again: if sends { to("send") } else { String::new() },
        download: if source.is_some() {
            to("mail")
        } else {
            String::new()
        },
        secret: notice.kind.bears_link(),
        source: source
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default(),
    };
    visit.show(PLACE, "notice", &page)
}

/// The mail as the folder transport left it, if it did, and if whoever reads it could not act as its recipient with
/// it: seeing the mail of others is no licence to be them.
async fn source(visit: &Visit, notice: &Listed) -> Option<Vec<u8>> {
    if notice.kind.bears_link() {
        return None;
    }
    let path: PathBuf = visit
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
    tokio::task::spawn_blocking(read).await.ok().flatten()
}

async fn download(visit: Visit) -> Outcome {
    let notice = notice(&visit).await?;
    let bytes = source(&visit, &notice)
        .await
        .ok_or_else(Problem::not_found)?;
    Ok(Answer::file(
        "message/rfc822",
        format!("{}.eml", notice.id),
        bytes,
    ))
}

async fn send(visit: Visit) -> Outcome {
    let id: NoticeId = visit.part("notice")?;
    let (actor, now) = (visit.actor()?.clone(), visit.now);
    visit
        .write(move |conn| resend(conn, &actor, id, None, now))
        .await?;
    Ok(visit.go(
        format!("/admin/notices/{id}"),
        Some(Flash::new(Done::NoticeQueued)),
    ))
}
