//! Tutorials: the list, and what all their pages say (H1). One tutorial, and its forms, are in [`one`].

mod one;

use serde::Serialize;

use super::{HelpPlace, PLACE, tabs, told_audience};
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::audit::Topic;
use crate::domain::tutorial::{Standing, When};
use crate::http::api::documents::TutorialDocument;
use crate::http::api::tutorials::{TutorialQuery, Tutorials, documents};
use crate::http::api_request::may;
use crate::http::list::find;
use crate::http::portal::answer::PageResult;
use crate::http::portal::calls::local;
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::{Pager, Tab};
use crate::http::portal::route::{PortalRoute, pages};

use one::{add, cancel, change, come, file, new, show, stay_away};

/// The rows of the route table.
pub(super) fn routes() -> Vec<PortalRoute> {
    pages! { help:
        GET  "/tutorials"                         may(Permission::TutorialsView)     => list, "Tutorials, by when they begin";
        GET  "/tutorials/new"                     may(Permission::TutorialsManage)   => new, "The form that adds a tutorial";
        POST "/tutorials"                         may(Permission::TutorialsManage)   => add, "Adds a tutorial";
        GET  "/tutorials/{tutorial}"              may(Permission::TutorialsView)     => show, "One tutorial; for those who keep them with its forms and who comes";
        GET  "/tutorials/{tutorial}/calendar.ics" may(Permission::TutorialsView)     => file, "A tutorial as a file for calendars";
        POST "/tutorials/{tutorial}"              may(Permission::TutorialsManage)   => change, "Changes a tutorial";
        POST "/tutorials/{tutorial}/cancel"       may(Permission::TutorialsManage)   => cancel, "Calls a tutorial off";
        POST "/tutorials/{tutorial}/register"     may(Permission::TutorialsRegister) => come, "Registers the visitor";
        POST "/tutorials/{tutorial}/leave"        may(Permission::TutorialsRegister) => stay_away, "The visitor does not come after all";
    }
}

/// The list of tutorials.
#[derive(Clone, Debug, Serialize)]
pub struct TutorialsPage {
    /// The places of help.
    pub tabs: Vec<Tab>,
    /// Those that lie ahead, those of the visitor, and those that are over.
    pub views: Vec<Tab>,
    /// The tutorials.
    pub rows: Vec<TutorialRow>,
    /// To the next page.
    pub pager: Pager,
    /// Whether the visitor may add one.
    pub add: bool,
    /// What is followed while it is open, for who may follow it.
    pub live: Option<Topic>,
}

/// One tutorial of the list.
#[derive(Clone, Debug, Serialize)]
pub struct TutorialRow {
    /// One line.
    pub title: String,
    /// Its page.
    pub href: String,
    /// When it begins.
    pub starts_at: Instant,
    /// When it is over.
    pub ends_at: Instant,
    /// The same by the clock of its zone, where that is another; may be empty.
    pub local: String,
    /// How it stands with it, in words.
    pub state: String,
    /// How that looks.
    pub chip: &'static str,
    /// For whom it is, in words; empty for those who do not keep tutorials.
    pub audience: String,
}

async fn list(req: PageRequest) -> PageResult {
    let query: TutorialQuery = req.list_query("")?;
    let (reader, asked) = (req.clone(), query.clone());
    let (items, pager) = req
        .read(move |conn| {
            let asker = reader.asker()?;
            let found = find::<Tutorials>(conn, asker, &asked, None)?;
            let pager = crate::http::portal::list::pager(&reader, &found);
            Ok((documents(conn, asker, found)?.items, pager))
        })
        .await?;
    let page = TutorialsPage {
        tabs: tabs(&req, HelpPlace::Tutorials),
        views: views(&req, &query),
        rows: items.iter().map(|one| row(&req, one)).collect(),
        pager,
        add: req.can(Permission::TutorialsManage),
        live: req.follows(Topic::Tutorials),
    };
    req.show(PLACE, "tutorials", &page)
}

fn views(req: &PageRequest, query: &TutorialQuery) -> Vec<Tab> {
    let (mine, when) = (
        query.mine == Some(true),
        query.state.unwrap_or(When::Coming),
    );
    let view = |name: &str, href: &str, current: bool| Tab {
        label: req.words().say_of("tutorial-view", name, &[]),
        href: href.to_owned(),
        count: None,
        current,
    };
    let coming = !mine && when == When::Coming;
    let past = !mine && when == When::Past;
    vec![
        view("coming", "/tutorials", coming),
        view("mine", "/tutorials?mine=true", mine),
        view("past", "/tutorials?state=past&sort=-starts_at", past),
    ]
}

fn row(req: &PageRequest, of: &TutorialDocument) -> TutorialRow {
    let zone = of.time_zone.parse().unwrap_or(chrono_tz::Tz::UTC);
    let (state, chip) = standing(of, req.now);
    TutorialRow {
        title: of.title.clone(),
        href: format!("/tutorials/{}", of.id),
        starts_at: of.starts_at,
        ends_at: of.ends_at,
        local: local(req, of.starts_at, of.ends_at, zone),
        state: req.words().say_of("tutorial-state", state, &[]),
        chip,
        audience: told_audience(req, of.audience.as_ref()),
    }
}

/// How it stands with a tutorial for a reader: a member of the family `tutorial-state`, and the class of its chip.
pub(super) fn standing(of: &TutorialDocument, now: Instant) -> (&'static str, &'static str) {
    match of.registration {
        _ if of.canceled_at.is_some() => ("canceled", "late"),
        Some(Standing::Registered) => ("registered", "good"),
        _ if of.ends_at <= now => ("over", "plain"),
        Some(Standing::Waiting) => ("waiting", "bell"),
        None if !of.takes_registrations => ("closed", "plain"),
        None if of.full => ("full", "high"),
        None => ("open", "run"),
    }
}
