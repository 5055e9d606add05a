//! Views as the handlers will make them, of the story that the design draws.

mod account;
mod accounts;
mod admin;
mod cases;
mod escalations;
mod relationships;

use super::Look;
use crate::domain::Instant;
use crate::http::portal::parts::{Body, EntryView, PersonView};
use crate::http::portal::shell::{Banner, NavItem, Shell, Tone, Viewer, initials};

pub(super) fn all(look: &mut Look) {
    cases::all(look);
    escalations::all(look);
    admin::all(look);
    account::all(look);
    relationships::all(look);
    accounts::all(look);
}

pub(super) fn at(text: &str) -> Instant {
    text.parse().expect("an instant")
}

fn nav(places: &[(&'static str, &'static str)], current: &str) -> Vec<NavItem> {
    places
        .iter()
        .map(|(place, href)| NavItem {
            place,
            href,
            current: *place == current,
        })
        .collect()
}

pub(super) fn dana() -> Shell {
    let mut shell = Shell::sample();
    shell.viewer = Some(viewer(
        "Dana Cole",
        "dana@acme.example",
        "ACME Contact Centers",
        false,
    ));
    shell.nav = nav(&[("cases", "/cases")], "cases");
    shell
}

pub(super) fn olga(place: &str) -> Shell {
    let mut shell = Shell::sample();
    shell.viewer = Some(viewer(
        "Olga Marin",
        "olga@northstar.example",
        "Northstar Support",
        true,
    ));
    shell.nav = nav(
        &[
            ("queue", "/escalations"),
            ("cases", "/cases"),
            ("admin", "/admin"),
        ],
        place,
    );
    shell.now = at("2026-03-04T11:40:00Z");
    shell
}

fn viewer(name: &str, email: &str, organization: &str, staff: bool) -> Viewer {
    Viewer {
        name: name.to_owned(),
        initials: initials(name),
        email: email.to_owned(),
        organization: organization.to_owned(),
        staff,
        places: Vec::new(),
    }
}

pub(super) fn flash(title: &str, detail: &str) -> Option<Banner> {
    Some(Banner {
        tone: Tone::Good,
        title: title.to_owned(),
        detail: detail.to_owned(),
    })
}

pub(super) fn person(name: &str) -> PersonView {
    let staff = name != "Dana Cole";
    let place = if staff {
        "Support"
    } else {
        "ACME Contact Centers"
    };
    PersonView {
        name: name.to_owned(),
        initials: initials(name),
        staff,
        place: place.to_owned(),
    }
}

pub(super) fn entry(id: u32, name: &str, when: &str, body: &str) -> EntryView {
    EntryView {
        anchor: format!("entry-{id}"),
        kind: "comment".to_owned(),
        author: Some(person(name)),
        at: at(when),
        body: Body::Written(body.to_owned()),
        internal: false,
        unread: false,
        bell: false,
        redacted: false,
        link: None,
        contact: None,
        verbs: Vec::new(),
    }
}
