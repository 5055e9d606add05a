//! Where one is signed in.

use super::{AccountPage, List, Row, Section, page, show};
use crate::domain::device::Device;
use crate::domain::ids::SessionId;
use crate::http::api_request::OWNER;
use crate::http::portal::answer::PageResult;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::form::Form;
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::route::{PortalRoute, pages};
use crate::http::problem::Problem;
use crate::store::sessions;
use crate::words::Catalogue;
use crate::workflow::account;

const HERE: &str = "/account/sessions";

pub(super) fn routes() -> Vec<PortalRoute> {
    pages! { sessions:
        GET  "/account/sessions"               OWNER => read, "Where you are signed in";
        POST "/account/sessions/end-others"    OWNER.proven() => end_others, "Signs out everywhere else";
        POST "/account/sessions/{session}/end" OWNER.proven() => end, "Ends one of your sessions";
    }
}

async fn read(req: PageRequest) -> PageResult {
    show(&req, &signed_in(&req).await?)
}

async fn signed_in(req: &PageRequest) -> Result<AccountPage, Problem> {
    let (id, now) = (req.principal()?.person, req.now);
    let current = req.principal()?.session();
    let found = req
        .read(move |conn| Ok(sessions::of_person(conn, id, now)?))
        .await?;
    let words = req.words();
    let others = found.len() > 1;
    let told = |at| req.times().clock(at);
    let row = |session: &sessions::Session| {
        let is_current = Some(session.id) == current;
        Row {
            title: device(words, &session.user_agent),
            small: words.say(
                "session-since",
                &[
                    ("at", told(session.created_at).into()),
                    ("idle", told(req.desk.idle_until(session)).into()),
                    ("end", told(session.expires_at).into()),
                ],
            ),
            chip: match is_current {
                true => words.say("session-this", &[]),
                false => String::new(),
            },
            at_label: words.say("session-last-seen", &[]),
            at: req.desk.seen.of(session),
            action: match is_current {
                true => String::new(),
                false => format!("{HERE}/{}/end", session.id),
            },
            button: words.say("session-end", &[]),
        }
    };
    let mut page = page(req, "sessions");
    page.list = Some(List {
        title: words.say("session-list", &[]),
        none: String::new(),
        rows: found.iter().map(row).collect(),
    });
    if others {
        page.sections.push(end_others_section(words));
    }
    Ok(page)
}

/// What a device is called.
pub(in crate::http::portal) fn device(words: &Catalogue, user_agent: &str) -> String {
    let device = Device::of(user_agent);
    match (device.browser, device.system) {
        (Some(browser), Some(system)) => words.say(
            "device-both",
            &[("browser", browser.into()), ("system", system.into())],
        ),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => words.say("device-unknown", &[]),
    }
}

/// The button that ends all others.
fn end_others_section(words: &Catalogue) -> Section {
    let form = Form::new(
        "end-others",
        format!("{HERE}/end-others"),
        words.say("session-end-others", &[]),
        Vec::new(),
    )
    .taking();
    let title = words.say("session-others", &[]);
    Section::new("others", title, words.say("session-others-about", &[])).form(form)
}

async fn end(req: PageRequest, id: SessionId) -> PageResult {
    let (actor, now) = (req.principal()?.oneself(), req.now);
    req.write(move |conn| account::end_session(conn, &actor, id, now))
        .await?;
    Ok(req.go(HERE, Some(Flash::new(Done::SessionEnded))))
}

async fn end_others(req: PageRequest) -> PageResult {
    let (actor, now) = (req.principal()?.oneself(), req.now);
    let current = req.principal()?.session();
    req.write(move |conn| account::end_other_sessions(conn, &actor, current, now).map(drop))
        .await?;
    Ok(req.go(HERE, Some(Flash::new(Done::SessionsEnded))))
}
