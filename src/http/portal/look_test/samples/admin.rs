//! The administration.

use chrono_tz::Tz;

use super::super::Look;
use super::{at, olga};
use crate::domain::access::Role;
use crate::domain::calendar::{Calendar, CalendarShape};
use crate::domain::organization::Side;
use crate::http::portal::admin::audit::{AuditFilters, AuditPage, AuditRow, FieldRow, KindGroup};
use crate::http::portal::admin::calendars::{CalendarPage, DayHours, HolidayView, ReplayView};
use crate::http::portal::admin::notices::NoticePage;
use crate::http::portal::admin::people::{
    PersonPage, add_organization_form, add_person_form, roles_form,
};
use crate::http::portal::admin::{AdminForm, AdminList, Cell, Place, tabs};
use crate::http::portal::form::{Choice, Control, Form, Kind};
use crate::http::portal::parts::{Fact, Link, Pager, Tab};

pub(super) fn all(look: &mut Look) {
    lists(look);
    people(look);
    calendar(look);
    notice(look);
    audit(look);
}

fn list(title: &str, columns: &[&str], rows: Vec<Vec<Cell>>, tabs: Vec<Tab>) -> AdminList {
    AdminList {
        title: title.to_owned(),
        about: "What it is for, in a sentence.".to_owned(),
        tabs,
        filters: Vec::new(),
        add: Some(Link::new("Add", "/admin/people/new")),
        columns: columns.iter().map(|column| (*column).to_owned()).collect(),
        rows,
        none: "None yet.".to_owned(),
        pager: Pager::default(),
    }
}

fn lists(look: &mut Look) {
    let words = look.words.clone();
    let rows = vec![
        vec![
            Cell::link("Dana Cole", "/admin/people/1").small("dana@acme.example"),
            Cell::text("ACME Contact Centers"),
            Cell::text("Designated contact"),
            Cell::chip("Active", "good"),
        ],
        vec![
            Cell::link("Vera Lind", "/admin/people/2").small("vera@acme.example"),
            Cell::text("ACME Contact Centers"),
            Cell::text("Portal viewer"),
            Cell::chip("Disabled", "late"),
        ],
    ];
    let columns = ["Name", "Organization", "Roles", "Access"];
    let page = list(
        "People",
        &columns,
        rows,
        tabs(&words, &Place::ALL, Place::People),
    );
    look.page("admin-list", "admin-list", &olga("admin"), &page);
    let rows = vec![
        vec![
            Cell::link("Escalation E-000045 accepted", "/admin/notices/1")
                .small("dana@acme.example"),
            Cell::at(at("2026-03-04T09:41:00Z")),
            Cell::chip("Sent", "good"),
        ],
        vec![
            Cell::link("New entry in C-000123", "/admin/notices/2")
                .small("gone@acme.example")
                .small("550 5.1.1 no such user"),
            Cell::at(at("2026-03-04T09:14:00Z")),
            Cell::chip("Failed", "late"),
        ],
    ];
    let mut page = list(
        "Notices",
        &["Notice", "Made", "State"],
        rows,
        tabs(&words, &Place::ALL, Place::Notices),
    );
    page.filters = vec![
        Tab {
            label: "All".to_owned(),
            href: "/admin/notices".to_owned(),
            count: None,
            current: true,
        },
        Tab {
            label: "Failed".to_owned(),
            href: "/admin/notices?state=failed".to_owned(),
            count: Some(1),
            current: false,
        },
    ];
    look.page("admin-list.notices", "admin-list", &olga("admin"), &page);
    page.rows = Vec::new();
    look.page("admin-list.empty", "admin-list", &olga("admin"), &page);
}

fn people(look: &mut Look) {
    let words = look.words.clone();
    let offered: Vec<_> = Role::ALL
        .iter()
        .copied()
        .filter(|role| role.side() == Side::Customer)
        .collect();
    let tabs = tabs(&words, &Place::ALL, Place::People);
    let organizations = vec![Choice::new("acme", "ACME Contact Centers")];
    let page = AdminForm {
        title: "Add a person".to_owned(),
        about: "They are told by e-mail.".to_owned(),
        tabs: tabs.clone(),
        form: add_person_form(&words, organizations, &offered, "acme"),
        back: "/admin/people".to_owned(),
    };
    look.page("admin-form", "admin-form", &olga("admin"), &page);
    let form = add_organization_form(&words, vec!["Europe/Berlin".to_owned()]);
    look.page(
        "admin-form.organization",
        "admin-form",
        &olga("admin"),
        &AdminForm { form, ..page },
    );
    let page = PersonPage {
        name: "Dana Cole".to_owned(),
        email: "dana@acme.example".to_owned(),
        organization: "ACME Contact Centers".to_owned(),
        active: false,
        tabs,
        held: Vec::new(),
        roles: Some(roles_form(
            &words,
            "/admin/people/1/roles".to_owned(),
            &offered,
            &offered[..1],
        )),
        access_about: "A disabled person is signed out at once and told nothing more.".to_owned(),
        access: Some(Form::new(
            "access",
            "/admin/people/1/access",
            "Enable",
            Vec::new(),
        )),
    };
    look.page("person", "person", &olga("admin"), &page);
}

fn calendar(look: &mut Look) {
    let words = look.words.clone();
    let shape: CalendarShape = serde_json::from_value(serde_json::json!({
        "name": "Support, Berlin", "time_zone": "Europe/Berlin",
        "hours": {"mon": ["09:00-12:00", "13:00-17:00"], "tue": ["09:00-12:00", "13:00-17:00"],
                  "wed": ["09:00-12:00", "13:00-17:00"], "thu": ["09:00-12:00", "13:00-17:00"], "fri": ["09:00-12:00"]},
        "holidays": ["2026-05-14", "--12-25"],
    }))
    .unwrap();
    let calendar = Calendar::try_from(shape).unwrap();
    let now = at("2026-03-04T11:40:00Z");
    let replay = calendar
        .replay_business_time(
            at("2026-03-04T08:30:00Z"),
            chrono::TimeDelta::hours(8),
            &[],
            now,
        )
        .unwrap();
    let hours = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].map(|day| DayHours {
        day: words.say_of("weekday", day, &[]),
        spans: if day.starts_with('s') {
            String::new()
        } else {
            "09:00–12:00, 13:00–17:00".to_owned()
        },
    });
    let page = CalendarPage {
        name: calendar.name().to_owned(),
        href: "/admin/calendars/1".to_owned(),
        time_zone: Tz::Europe__Berlin.name().to_owned(),
        standard: true,
        tabs: tabs(&words, &Place::ALL, Place::Calendars),
        hours: hours.into(),
        holidays: vec![
            HolidayView {
                day: "14 May 2026".to_owned(),
                name: "Ascension".to_owned(),
            },
            HolidayView {
                day: "every 25 December".to_owned(),
                name: String::new(),
            },
        ],
        question: Form::new(
            "replay",
            "",
            "",
            vec![
                Control::new(Kind::DateTime, "from", "From")
                    .required()
                    .value("2026-03-04T09:30"),
                Control::new(Kind::Number, "length", "Length")
                    .required()
                    .value("8"),
                Control::new(Kind::Select, "unit", "Of")
                    .required()
                    .choices(vec![Choice::new("hours", "Working hours")]),
            ],
        )
        .controls,
        refused: String::new(),
        replay: Some(ReplayView::new(
            &words,
            &replay,
            "8 h of working time".to_owned(),
        )),
        form: None,
    };
    look.page("calendar", "calendar", &olga("admin"), &page);
}

fn notice(look: &mut Look) {
    let words = look.words.clone();
    let page = NoticePage {
        subject: "[E-000045] Accepted: Agents lose audio 30 seconds into outbound calls".to_owned(),
        to: "dana@acme.example".to_owned(),
        tabs: tabs(&words, &Place::ALL, Place::Notices),
        state: "failed",
        chip: "late",
        why: "550 5.1.1 The mailbox does not exist.".to_owned(),
        facts_title: "Delivery".to_owned(),
        facts: vec![Fact::at("Made", at("2026-03-04T09:41:00Z")), Fact::new("Tries", "3")],
        again: "/admin/notices/1/send".to_owned(),
        source: "From: Casebell <support@northstar.example>\nTo: dana@acme.example\nSubject: Accepted\n\nOlga Marin has accepted it.".to_owned(),
        download: "/admin/notices/1.eml".to_owned(),
    };
    look.page("notice", "notice", &olga("admin"), &page);
}

fn audit(look: &mut Look) {
    let words = look.words.clone();
    let field = |label: &str, before: &str, after: &str| FieldRow {
        label: label.to_owned(),
        before: before.to_owned(),
        after: after.to_owned(),
    };
    let event =
        |position: i64, when: &str, said: &str, number: &str, fields: Vec<FieldRow>| AuditRow {
            position,
            at: at(when),
            said: said.to_owned(),
            number: number.to_owned(),
            href: format!("/cases/{number}"),
            organization: "ACME Contact Centers".to_owned(),
            home: String::new(),
            withheld: false,
            hash: "3fa9c1d2e4b5a6978877665544332211".repeat(2),
            short_hash: "3fa9c1d2e4b5".to_owned(),
            changes: fields.iter().any(|field| !field.before.is_empty()),
            open: fields.iter().any(|field| !field.before.is_empty()),
            fields,
        };
    let long = "Since this morning no payment is booked, and nobody sees why. ".repeat(6);
    let opened = vec![
        field("Subject", "", "Payments are not booked"),
        field("Description", "", &long),
        field("Priority", "", "High"),
        field("Status", "", "Open"),
        field("Business impact", "", "Significant"),
    ];
    let changed = vec![
        field("Business impact", "Significant", "Limited"),
        field("Owner", "–", "Sam Reed"),
    ];
    let elsewhere = AuditRow {
        withheld: true,
        organization: "Globex".to_owned(),
        home: "ACME Contact Centers".to_owned(),
        ..event(
            1,
            "2026-02-27T09:00:00Z",
            "Dana Cole: Case opened",
            "",
            Vec::new(),
        )
    };
    let choice = |value: &str, label: &str| Choice::new(value, label);
    let mut page = AuditPage {
        title: words.say_of("admin", "audit", &[]),
        about: words.say_of("admin-about", "audit", &[]),
        tabs: tabs(&words, &Place::ALL, Place::Audit),
        filters: AuditFilters {
            any: true,
            organizations: vec![
                choice("acme", "ACME Contact Centers"),
                choice("globex", "Globex"),
            ],
            organization: "acme".to_owned(),
            kinds: vec![KindGroup {
                label: "Cases".to_owned(),
                choices: vec![
                    choice("case.", "Cases: all"),
                    choice("case.opened", "Case opened"),
                ],
            }],
            ..AuditFilters::default()
        },
        errors: Vec::new(),
        events: vec![
            event(
                1204,
                "2026-03-04T11:38:00Z",
                "Olga Marin signed in",
                "",
                Vec::new(),
            ),
            event(
                1203,
                "2026-03-04T09:41:00Z",
                "Sam Reed changed C-000123",
                "C-000123",
                changed,
            ),
            event(
                1202,
                "2026-03-03T08:02:00Z",
                "Dana Cole opened C-000123",
                "C-000123",
                opened,
            ),
            elsewhere,
        ],
        pager: Pager {
            first: None,
            next: Some("/admin/audit?organization=acme&cursor=x".to_owned()),
        },
    };
    look.page("audit", "audit", &olga("admin"), &page);
    page.events = Vec::new();
    page.errors = vec!["Case: There is nothing of that name.".to_owned()];
    look.page("audit.wrong", "audit", &olga("admin"), &page);
}
