//! Relationships as the administrators of ACME and of its partner see them.

use super::{Look, at, dana};
use crate::http::portal::form::{Choice, Control, Form, Kind};
use crate::http::portal::parts::{Fact, Link, Pager};
use crate::http::portal::relationships::{
    Act, AnswerPage, AskPage, CloneLine, LinkPage, MemberLine, MemberPage, PairingPage, PlacesPage,
    Relation, RelationList, RelationshipsPage, RoleLine,
};
use crate::http::portal::shell::PlaceLine;
use crate::http::portal::shell::{Away, NavItem, Shell};

pub(super) fn all(look: &mut Look) {
    let relationships = RelationshipsPage {
        lists: vec![
            list(
                "to_me",
                "Access to my organization",
                vec![relation(0), relation(1)],
            ),
            list("from_me", "Access to other organizations", Vec::new()),
        ],
        add: Some(Link::new("Ask for access", "/relationships/new").main()),
        clients: Some(vec![
            Link::new("Globex", "/relationships/new?organization=globex"),
            Link::new("Initrode", ""),
        ]),
    };
    look.page("relationships", "relationships", &abel(), &relationships);
    look.page(
        "relationships.away",
        "relationships",
        &away(),
        &relationships,
    );
    let page = PairingPage {
        relation: relation(0),
        acts: vec![act(
            "New link",
            "You get another link. The old one stops working at once.",
            false,
        )],
    };
    look.page("pairing", "pairing", &abel(), &page);
    let mut give = act(
        "Give a role",
        "Pia Lund has it at once, for everything that the role covers.",
        false,
    );
    let mut role = Control::new(Kind::Radio, "role", "Role")
        .required()
        .choices(vec![
            Choice::new("designated_contact", "Designated contact")
                .hint("Opens, updates, closes, reopens and escalates cases."),
            Choice::new("portal_viewer", "Portal viewer").hint("Reads cases."),
        ]);
    role.id = "give-role".to_owned();
    give.controls = vec![role];
    let member = MemberPage {
        name: "Pia Lund".to_owned(),
        group: false,
        pairing: Link::new("Initech Partners", "/relationships/1"),
        facts: vec![
            Fact::at("Proposed", at("2026-03-02T09:00:00Z")),
            Fact::new("Proposed by", "Pia Lund"),
        ],
        roles: vec![
            RoleLine {
                name: "Portal viewer".to_owned(),
                by: "Abel Noor".to_owned(),
                at: at("2026-03-03T09:00:00Z"),
                act: Some(act(
                    "Take",
                    "Pia Lund loses what only this role grants, at once.",
                    true,
                )),
            },
            RoleLine {
                name: "Trusted external user".to_owned(),
                by: String::new(),
                at: at("2026-03-03T09:00:00Z"),
                act: None,
            },
        ],
        acts: vec![
            give,
            act(
                "Remove from the pairing",
                "Pia Lund loses access at once.",
                true,
            ),
        ],
    };
    look.page("pairing-member", "pairing-member", &abel(), &member);
    let tick = |name: &str, label: &str| Control::new(Kind::Check, name, label).half();
    let ask = AskPage {
        title: "Ask for access".to_owned(),
        about: "You get a link to hand over yourself.".to_owned(),
        form: Form::new(
            "ask",
            "/relationships",
            "Create the link",
            vec![
                tick("person.1", "Dana Cole"),
                tick("person.2", "Carl Moss"),
                tick("group.1", "Group ACME Administrators"),
            ],
        ),
    };
    look.page("pairing-ask", "pairing-ask", &abel(), &ask);
    let link = LinkPage {
        link:
            "https://support.example/pairing-links/cbp_9sVfY0bWq4mE3o1kZcX8uT7rJ2hN5aLdP6gQvRiSyBw"
                .to_owned(),
        expires_at: at("2026-03-11T06:00:00Z"),
        href: "/relationships/1".to_owned(),
    };
    look.page("pairing-link", "pairing-link", &abel(), &link);
    let answer = AnswerPage {
        organization: "Initech Partners".to_owned(),
        by: "Pia Lund".to_owned(),
        at: at("2026-03-03T09:00:00Z"),
        expires_at: at("2026-03-10T09:00:00Z"),
        people: vec!["Pia Lund".to_owned()],
        groups: vec!["Initech Support".to_owned()],
        warning: "Do not approve this unless you know who sent you this link and expected it."
            .to_owned(),
        action: "/pairing-links/cbp_x".to_owned(),
        own: "ACME Contact Centers".to_owned(),
    };
    look.page("pairing-answer", "pairing-answer", &abel(), &answer);
    let mine = PlacesPage {
        places: places(),
        alone: false,
    };
    look.page("places", "places", &away(), &mine);
}

fn abel() -> Shell {
    let mut shell = dana();
    shell.nav = vec![
        NavItem {
            place: "cases",
            href: "/cases",
            current: false,
        },
        NavItem {
            place: "relationships",
            href: "/relationships",
            current: true,
        },
        NavItem {
            place: "admin",
            href: "/admin",
            current: false,
        },
    ];
    shell
}

fn away() -> Shell {
    let mut shell = abel();
    shell.away = Some(Away {
        organization: "Globex".to_owned(),
        person: "Dana Cole".to_owned(),
        home: "ACME Contact Centers".to_owned(),
    });
    if let Some(viewer) = &mut shell.viewer {
        viewer.places = places();
    }
    shell
}

fn places() -> Vec<PlaceLine> {
    let place = |name: &str, roles: &str, slug: &str, clones: Vec<(String, String)>| PlaceLine {
        name: name.to_owned(),
        roles: roles.to_owned(),
        slug: slug.to_owned(),
        current: slug == "globex",
        clones,
    };
    let clone = ("1".to_owned(), "Dana Cole (clone)".to_owned());
    vec![
        place(
            "ACME Contact Centers",
            "Your own organization",
            "",
            Vec::new(),
        ),
        place("Globex", "Designated contact", "globex", vec![clone]),
    ]
}

fn list(id: &'static str, title: &str, items: Vec<Relation>) -> RelationList {
    RelationList {
        id,
        title: title.to_owned(),
        about: "Who may work where, once they have been given roles.".to_owned(),
        items,
        none: "Your organization has access to no other.".to_owned(),
        pager: Pager::default(),
    }
}

fn act(label: &str, about: &str, takes: bool) -> Act {
    Act {
        label: label.to_owned(),
        about: about.to_owned(),
        action: "/relationships/1/switch".to_owned(),
        controls: Vec::new(),
        enabled: true,
        takes,
    }
}

fn relation(n: usize) -> Relation {
    let member = |name: &str, group: bool, roles: &str| MemberLine {
        name: name.to_owned(),
        group,
        href: "/pairing-members/1".to_owned(),
        roles: roles.to_owned(),
        used_at: (!group).then(|| at("2026-03-03T17:00:00Z")),
    };
    let mut remove = act(
        "Remove",
        "This needs the permission org_trustors:manage.",
        true,
    );
    remove.enabled = false;
    Relation {
        name: ["Initech Partners", "Not answered yet"][n].to_owned(),
        href: "/relationships/1".to_owned(),
        state: ["On", "Waiting for an answer"][n].to_owned(),
        chip: ["good", "run"][n],
        facts: vec![
            Fact::at("Since", at("2026-02-03T09:00:00Z")),
            Fact::new("Granted by", "Abel Noor"),
            Fact::at("Last used", at("2026-03-03T17:00:00Z")),
        ],
        members: match n {
            0 => vec![
                member("Pia Lund", false, "Designated contact"),
                member("Initech Support", true, "No role yet: can do nothing there"),
            ],
            _ => Vec::new(),
        },
        hidden: match n {
            0 => Vec::new(),
            _ => vec!["Somebody is in this pairing whom you do not see: that needs the permission org_trustee_users:view.".to_owned()],
        },
        clones: match n {
            0 => vec![CloneLine {
                name: "Pia Lund (clone)".to_owned(),
                act: act("Remove", "Pia Lund (clone) is shut out at once.", true),
            }],
            _ => Vec::new(),
        },
        acts: vec![act("Switch off", "People of Initech Partners lose access at once.", true), remove],
    }
}
