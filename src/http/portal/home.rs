//! The first page: what needs somebody now (H3).

use serde::Serialize;

use super::answer::PageResult;
use super::help::announcements::{self, Announced};
use super::page_request::PageRequest;
use super::route::{PortalRoute, pages};
use super::saved::{self, SavedFilters};
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::home::{Group, Pressing};
use crate::http::api::documents::asks;
use crate::http::api_request::{ANYONE, SIGNED_IN};
use crate::store::saved_filters::{self, SavedFilter};
use crate::words::home::said;
use crate::workflow::home::{Filled, Item, look};

const PLACE: &str = "home";

/// The rows of the route table.
pub(super) fn routes() -> Vec<PortalRoute> {
    pages! { home:
        GET "/" ANYONE => show, "What needs one now; the door for who is not signed in";
    }
}

/// The first page.
#[derive(Clone, Debug, Serialize)]
pub struct HomePage {
    /// What the window is called: how many things wait, and the name of the page.
    pub window_title: String,
    /// Whether the reader may open cases.
    pub open: bool,
    /// Where high priority is asked for (C5), for customers who may open cases; empty for others.
    pub phone: String,
    /// Whether it can be told that something changed.
    pub live: bool,
    /// What support announces, and the reader has not read.
    pub announced: Vec<Announced>,
    /// Filters that were saved.
    pub saved: SavedFilters,
    /// The groups that hold something.
    pub groups: Vec<GroupView>,
    /// What there is nothing of, in a sentence each.
    pub none: Vec<String>,
}

/// A group that holds something.
#[derive(Clone, Debug, Serialize)]
pub struct GroupView {
    /// Its id on the page.
    pub id: String,
    /// Its question.
    pub title: String,
    /// How many things it holds.
    pub count: usize,
    /// In which order they stand.
    pub about: String,
    /// The first of them.
    pub rows: Vec<RowView>,
    /// The list of all, where not all are here; empty where there is none.
    pub more: String,
    /// What leads there.
    pub more_label: String,
}

/// Something that needs the reader.
#[derive(Clone, Debug, Serialize)]
pub struct RowView {
    /// What it is called.
    pub title: String,
    /// Its page.
    pub href: String,
    /// Its numbers and whose it is; may be empty.
    pub about: String,
    /// Why it is here.
    pub reason: String,
    /// When that is due, or since when it is so.
    pub at: Option<Instant>,
    /// How pressing it is.
    pub pressing: Pressing,
    /// What can be done about it.
    pub act: Option<ActView>,
}

/// What can be done about a row.
#[derive(Clone, Debug, Serialize)]
pub struct ActView {
    /// What its button says.
    pub label: String,
    /// What it is done to, for who hears the button alone.
    pub of: String,
    /// Where it is done.
    pub href: String,
    /// Whether it is done at once, by a form.
    pub at_once: bool,
}

async fn show(req: PageRequest) -> PageResult {
    let Some(guest) = &req.guest else {
        return Ok(req.go("/sign-in", req.flash.clone()));
    };
    // Whoever has a password to choose does so first.
    SIGNED_IN.met_by(guest)?;
    let access = guest.access();
    if !access.can(Permission::CasesView) && Group::of(access).is_empty() {
        // Whoever may do nothing here may have work elsewhere.
        return Ok(req.go("/places", req.flash.clone()));
    }
    let (reader, now) = (req.clone(), req.now);
    let (groups, saved, unread) = req
        .read(move |conn| {
            let access = reader.access()?;
            let saved = saved_filters::of_reader(conn, access)?;
            let unread = announcements::unread(conn, access, now)?;
            Ok((look(conn, access, now)?, saved, unread))
        })
        .await?;
    let announced = announcements::announced(unread, "/");
    req.show(PLACE, "home", &page(&req, &groups, &saved, announced))
}

fn page(
    req: &PageRequest,
    groups: &[Filled],
    filters: &[SavedFilter],
    announced: Vec<Announced>,
) -> HomePage {
    let words = req.words();
    let (full, empty): (Vec<&Filled>, Vec<&Filled>) =
        groups.iter().partition(|filled| !filled.items.is_empty());
    let none = |filled: &&Filled| words.say_of("home-none", filled.group.as_str(), &[]);
    HomePage {
        window_title: words.say("home-window", &[("count", asks(groups).into())]),
        open: req.can(Permission::CasesCreate),
        phone: match req.can(Permission::CasesCreate) && !req.is_staff() {
            true => words.support_phone(),
            false => String::new(),
        },
        live: req.can(Permission::CasesView),
        announced,
        saved: SavedFilters {
            items: saved::links(req, filters, None),
            save: None,
        },
        groups: full.into_iter().map(|filled| group(req, filled)).collect(),
        none: empty.iter().map(none).collect(),
    }
}

fn group(req: &PageRequest, filled: &Filled) -> GroupView {
    let (words, code) = (req.words(), filled.group.as_str());
    let is_more = filled.count > filled.items.len();
    GroupView {
        id: code.replace('_', "-"),
        title: words.say_of("home-group", code, &[]),
        count: filled.count,
        about: words.say_of("home-about", code, &[]),
        rows: filled.items.iter().map(|item| row(req, item)).collect(),
        more: filled
            .more_href
            .filter(|_| is_more)
            .unwrap_or_default()
            .to_owned(),
        more_label: words.say("home-more", &[("count", filled.count.into())]),
    }
}

fn row(req: &PageRequest, item: &Item) -> RowView {
    let words = req.words();
    let case = item.case.as_ref();
    let numbers = [
        case.map(|case| case.number.to_string()),
        item.escalation
            .map(|escalation| escalation.number.to_string()),
        case.filter(|_| req.is_staff())
            .map(|case| case.organization.name.clone()),
    ];
    RowView {
        title: item.title.clone(),
        href: item.href.clone(),
        about: numbers
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" · "),
        reason: said(words, &item.why, req.now),
        at: item.why.at,
        pressing: item.why.pressing(req.now),
        act: item.doing.as_ref().map(|doing| ActView {
            label: words.say_of("home-act", doing.act.as_str(), &[]),
            of: item.title.clone(),
            href: doing.at_once.clone().unwrap_or_else(|| doing.href.clone()),
            at_once: doing.at_once.is_some(),
        }),
    }
}
