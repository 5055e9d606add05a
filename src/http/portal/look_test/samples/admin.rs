//! The administration.

use chrono_tz::Tz;

use super::super::Look;
use super::{at, olga};
use crate::domain::access::{HeldName, HeldRole, Holding, Permission, Role, Way};
use crate::domain::calendar::{Calendar, CalendarShape};
use crate::domain::ids::{GroupId, RoleId};
use crate::domain::organization::{OrganizationKind, Side};
use crate::http::portal::admin::audit::{AuditFilters, AuditPage, AuditRow, FieldRow, KindGroup};
use crate::http::portal::admin::calendars::import::{EventView, FoundView, ImportPage, LeftOut};
use crate::http::portal::admin::calendars::{CalendarPage, DayHours, HolidayView, ReplayView};
use crate::http::portal::admin::groups::{GroupPage, Member};
use crate::http::portal::admin::lines::{LineForm, LinePage, LineRow, LinesPage};
use crate::http::portal::admin::notices::NoticePage;
use crate::http::portal::admin::people::{
    Offered, PersonPage, access_page, add_organization_form, add_person_form, in_resources,
    roles_form,
};
use crate::http::portal::admin::roles::{NewRolePage, Removal, RoleForm, RolePage, controls};
use crate::http::portal::admin::{AdminForm, AdminList, Alarm, Cell, Place, tabs};
use crate::http::portal::form::{Choice, Control, Form, Kind};
use crate::http::portal::parts::{Fact, Link, Pager, Tab};

pub(super) fn all(look: &mut Look) {
    lists(look);
    people(look);
    calendar(look);
    calendar_import(look);
    notice(look);
    access(look);
    roles(look);
    group(look);
    lines(look);
    audit(look);
}

fn list(title: &str, columns: &[&str], rows: Vec<Vec<Cell>>, tabs: Vec<Tab>) -> AdminList {
    AdminList {
        title: title.to_owned(),
        about: "What it is for, in a sentence.".to_owned(),
        tabs,
        alarms: Vec::new(),
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
    page.alarms = vec![
        Alarm {
            tone: "late",
            title: "No mail leaves since 09:14.".to_owned(),
            detail: "The mail server cannot be reached.".to_owned(),
            ..Alarm::default()
        },
        Alarm {
            tone: "soon",
            title: "3 notices were given up.".to_owned(),
            detail: "Each says why.".to_owned(),
            act: "/admin/notices/send-all".to_owned(),
            button: "Send all of them again".to_owned(),
        },
    ];
    look.page("admin-list.notices", "admin-list", &olga("admin"), &page);
    page.rows = Vec::new();
    page.alarms = Vec::new();
    look.page("admin-list.empty", "admin-list", &olga("admin"), &page);
}

fn people(look: &mut Look) {
    let words = look.words.clone();
    let offered: Vec<_> = Role::ALL
        .iter()
        .copied()
        .filter(|role| role.side() == Side::Customer)
        .map(|role| Offered::predefined(&words, role))
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
        groups: Some(vec![Link::new(
            "ACME Designated Contacts",
            "/admin/groups/1",
        )]),
        explained: "/admin/people/1/access".to_owned(),
        roles: Some(roles_form(
            &words,
            "/admin/people/1/roles".to_owned(),
            &offered,
            &[offered[0].code.clone()],
        )),
        access_about: "A disabled person is signed out at once and told nothing more.".to_owned(),
        access: Some(Form::new(
            "access",
            "/admin/people/1/access",
            "Enable",
            Vec::new(),
        )),
        account: super::accounts::sections(),
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
        import: "/admin/calendars/1/holidays".to_owned(),
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

fn calendar_import(look: &mut Look) {
    let file = Control::new(Kind::File, "ics", "Calendar file")
        .hint("A file whose name ends with .ics.")
        .suggestions(vec![".ics".to_owned()])
        .required();
    let mut page = ImportPage {
        name: "Support hours".to_owned(),
        href: "/admin/calendars/1".to_owned(),
        tabs: tabs(&look.words, &Place::ALL, Place::Calendars),
        form: Form::new(
            "file",
            "/admin/calendars/1/holidays",
            "Show what it has",
            vec![file],
        ),
        found: None,
    };
    look.page("calendar-import", "calendar-import", &olga("admin"), &page);
    let event = |index: usize, name: &str, note: &str| EventView {
        field: format!("take.{index}"),
        name: name.to_owned(),
        days: "14 May 2026, 6 May 2027, 25 May 2028 and 18 more".to_owned(),
        note: note.to_owned(),
        ticked: note.is_empty(),
    };
    page.found = Some(FoundView {
        problems: vec!["Tick at least one event.".to_owned()],
        text: "BEGIN:VCALENDAR\r\nSUMMARY:\"<b>&amp;\r\n".to_owned(),
        read_on: "2026-03-04".to_owned(),
        version: 3,
        events: vec![
            event(0, "Ascension", ""),
            event(
                1,
                "Reformation Day",
                "The file marks it as a holiday of some regions only.",
            ),
        ],
        left_out: vec![LeftOut {
            name: "Summer party".to_owned(),
            why: "It does not last whole days.".to_owned(),
        }],
        span: ("1 January 2016".to_owned(), "31 December 2036".to_owned()),
    });
    look.page(
        "calendar-import.found",
        "calendar-import",
        &olga("admin"),
        &page,
    );
}

fn notice(look: &mut Look) {
    let words = look.words.clone();
    let page = NoticePage {
        subject: "[E-000045] Accepted: Agents lose audio 30 seconds into outbound calls".to_owned(),
        to: "dana@acme.example".to_owned(),
        tabs: tabs(&words, &Place::ALL, Place::Notices),
        state: "Given up".to_owned(),
        chip: "late",
        why: "550 5.1.1 The mailbox does not exist.".to_owned(),
        facts_title: "Delivery".to_owned(),
        facts: vec![Fact::at("Made", at("2026-03-04T09:41:00Z")), Fact::new("Tries", "3")],
        again: "/admin/notices/1/send".to_owned(),
        secret: false,
        source: "From: Casebell <support@northstar.example>\nTo: dana@acme.example\nSubject: Accepted\n\nOlga Marin has accepted it.".to_owned(),
        download: "/admin/notices/1.eml".to_owned(),
    };
    look.page("notice", "notice", &olga("admin"), &page);
}

fn access(look: &mut Look) {
    let words = look.words.clone();
    let group = Way::Group {
        id: GroupId::from_uuid(uuid::Uuid::nil()),
        name: "Northstar Support Engineers".to_owned(),
    };
    let holding = |name, role, way| Holding { name, role, way };
    let holdings = [
        holding(
            HeldName::Predefined(Role::SupportEngineer),
            HeldRole::Predefined(Role::SupportEngineer),
            group.clone(),
        ),
        holding(
            HeldName::Own {
                id: RoleId::from_uuid(uuid::Uuid::nil()),
                code: "triage".to_owned(),
                name: "Triage".to_owned(),
            },
            HeldRole::Own([Permission::CasesView, Permission::EscalationsAssign].into()),
            Way::Direct,
        ),
    ];
    let page = access_page(
        &words,
        (
            "Eve Hart".to_owned(),
            "eve@northstar.example · Northstar Support".to_owned(),
            "/admin/people/1".to_owned(),
        ),
        OrganizationKind::Provider,
        &holdings,
        tabs(&words, &Place::ALL, Place::People),
    );
    look.page("person-access", "person-access", &olga("admin"), &page);
}

fn roles(look: &mut Look) {
    let words = look.words.clone();
    let tabs = tabs(&words, &Place::ALL, Place::Roles);
    let granted =
        |permission: Permission| Role::SupportEngineer.permissions().contains(&permission);
    let form = |code| {
        let of = (
            OrganizationKind::Provider,
            &Role::Administrator.permissions(),
        );
        let controls = controls(&words, of, "Triage", code, granted);
        RoleForm::of(
            &words,
            Form::new("role", "/admin/roles/1", "Save the role", controls),
        )
    };
    let page = RolePage {
        name: "Triage".to_owned(),
        about: "triage · Northstar Support".to_owned(),
        predefined: false,
        held: "3 people".to_owned(),
        tabs: tabs.clone(),
        grants: Vec::new(),
        form: Some(form(None)),
        copy: Some(Link::new("Add a copy", "/admin/roles/new?copy=triage")),
        removal: Some(Removal {
            about: words.say("role-remove-held", &[("count", 3.into())]),
            form: Form::new(
                "remove",
                "/admin/roles/1/remove",
                "Remove the role",
                vec![
                    Control::new(
                        Kind::Check,
                        "force",
                        "Take it back from 2 people and 1 group",
                    )
                    .required(),
                ],
            ),
        }),
    };
    look.page("role", "role", &olga("admin"), &page);
    let predefined = RolePage {
        name: "Support engineer".to_owned(),
        predefined: true,
        grants: in_resources(
            &words,
            Role::SupportEngineer.permissions().into_iter(),
            |_| Vec::new(),
        ),
        form: None,
        removal: None,
        ..page
    };
    look.page("role.predefined", "role", &olga("admin"), &predefined);
    let mut new = form(Some("Triage!"));
    new.form
        .refuse("code", "Use small letters, digits and underscores.");
    let page = NewRolePage {
        title: "Add a role".to_owned(),
        about: words.say(
            "role-add-about",
            &[("organization", "Northstar Support".into())],
        ),
        tabs,
        form: new,
    };
    look.page("role-new", "role-new", &olga("admin"), &page);
}

fn group(look: &mut Look) {
    let words = look.words.clone();
    let member = |name: &str| Member {
        name: name.to_owned(),
        href: "/admin/people/1".to_owned(),
        leave: format!("/admin/groups/1/members/{}/remove", name.len()),
    };
    let offered: Vec<Offered> = [
        Role::SupportEngineer,
        Role::EscalationOwner,
        Role::Supervisor,
    ]
    .map(|role| Offered::predefined(&words, role))
    .into();
    let mut controls =
        vec![Control::new(Kind::Text, "name", "Name").value("Payments, second line")];
    controls.extend(crate::http::portal::admin::people::role_ticks(
        &offered,
        &[offered[0].code.clone()],
    ));
    let who = Control::new(Kind::Select, "user", "Who joins")
        .required()
        .choices(vec![
            Choice::new("", "Choose a person"),
            Choice::new("1", "Otto Lind · otto@northstar.example"),
        ]);
    let page = GroupPage {
        name: "Payments, second line".to_owned(),
        organization: "Northstar Support".to_owned(),
        tabs: tabs(&words, &Place::ALL, Place::Groups),
        members: vec![
            member("Eve Hart"),
            member("Olga Marin"),
            member("Maximilian von Hohenstein-Altendorf"),
        ],
        join: Some(Form::new(
            "join",
            "/admin/groups/1/members",
            "Add to the group",
            vec![who],
        )),
        problems: vec!["After this, nobody could manage the people of Northstar.".to_owned()],
        roles: Vec::new(),
        form: Some(Form::new(
            "group",
            "/admin/groups/1",
            "Save the group",
            controls,
        )),
        lines: vec!["Payments".to_owned(), "Card terminals".to_owned()],
        removal: Some(Removal {
            about: words.say(
                "group-remove-about",
                &[("count", 3.into()), ("lines", 2.into())],
            ),
            form: Form::new(
                "remove",
                "/admin/groups/1/remove",
                "Remove the group",
                Vec::new(),
            ),
        }),
    };
    look.page("group", "group", &olga("admin"), &page);
}

fn lines(look: &mut Look) {
    let words = look.words.clone();
    let tabs = tabs(&words, &Place::ALL, Place::Lines);
    let row = |name: &str, depth: usize, readers: &str, why: &str, own: bool| LineRow {
        name: name.to_owned(),
        href: "/admin/lines/1".to_owned(),
        depth,
        level: format!("level {}", depth + 1),
        readers: readers.to_owned(),
        why: why.to_owned(),
        own,
        cases: "12 cases".to_owned(),
    };
    let page = LinesPage {
        title: "Lines of business".to_owned(),
        about: words.say_of("admin-about", "lines", &[]),
        tabs: tabs.clone(),
        rows: vec![
            row(
                "All lines of business",
                0,
                "All staff",
                "Nothing restricts it.",
                false,
            ),
            row("Ledger", 1, "All staff", "Nothing restricts it.", false),
            row(
                "Payments",
                1,
                "Payments, second line",
                "By grants of its own.",
                true,
            ),
            row(
                "Card terminals",
                2,
                "Payments, second line",
                "As for Payments.",
                false,
            ),
            row(
                "Terminal firmware",
                3,
                "Firmware, Vendors’ liaison",
                "By grants of its own.",
                true,
            ),
        ],
        add: Some(Link::new("Add a line", "/admin/lines/new")),
    };
    look.page("lines", "lines", &olga("admin"), &page);
    let controls = vec![
        Control::new(Kind::Text, "name", "Name")
            .required()
            .value("Payments"),
        Control::new(Kind::Select, "parent", "Below")
            .hint("All that is below the line moves with it.")
            .required()
            .choices(vec![
                Choice::new("1", "All lines of business"),
                Choice::new("2", "\u{2003}Ledger"),
            ]),
        Control::new(Kind::Radio, "reads", "Cases of this line are read by")
            .required()
            .choices(vec![
                Choice::new("above", "Whoever reads the line above"),
                Choice::new("groups", "The members of these groups only")
                    .hint("Besides those who may read every line."),
            ])
            .value("groups"),
        Control::new(Kind::Check, "group.1", "Payments, second line").checked(true),
        Control::new(Kind::Check, "group.2", "Northstar Support Engineers"),
        Control::new(Kind::Check, "apply_below", "Apply this to everything below")
            .hint("Lines below lose grants of their own and inherit from this line."),
    ];
    let mut form = LineForm::of(Form::new(
        "line",
        "/admin/lines/1",
        "Save it all the same",
        controls,
    ));
    form.consequences = vec![
        words.say("line-lost", &[("people", 7.into()), ("cases", 112.into())]),
        words.say("line-orphaned", &[("count", 3.into())]),
    ];
    form.confirmed = "7.112.0.0.3.0".to_owned();
    let page = LinePage {
        title: "Payments".to_owned(),
        about: "All staff. Nothing restricts it.".to_owned(),
        tabs,
        form: Some(form.clone()),
    };
    look.page("line.consequences", "line", &olga("admin"), &page);
    form.consequences = Vec::new();
    look.page(
        "line",
        "line",
        &olga("admin"),
        &LinePage {
            form: Some(form),
            ..page
        },
    );
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
            id: format!("019c0000-0000-7000-8000-{position:012}"),
            position: Some(position),
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
