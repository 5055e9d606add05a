//! Towards whom: every route that acts on a person × who acts × oneself, an equal, somebody who may do more, somebody who
//! may do fewer things, a foreigner; asked for real and compared with `towards.golden` (A1, A5, A7, P7).
//!
//! A route that names a person and changes something has to be placed in [`bound_of`].

use super::*;

/// Towards whom a verb is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Towards {
    /// Somebody with the same permissions.
    Equal,
    /// Somebody who may do something that the one who acts may not, nor may give.
    More,
    /// Somebody who may do less.
    Fewer,
    /// Somebody of another organization.
    Foreigner,
    /// Oneself. Asked last: it may be the last thing that one does.
    Oneself,
}

const ALL: [Towards; 5] = [
    Towards::Equal,
    Towards::More,
    Towards::Fewer,
    Towards::Foreigner,
    Towards::Oneself,
];

impl Towards {
    fn letter(self) -> char {
        match self {
            Self::Equal => '=',
            Self::More => '>',
            Self::Fewer => '<',
            Self::Foreigner => 'f',
            Self::Oneself => 'o',
        }
    }

    fn describe(self) -> &'static str {
        match self {
            Self::Equal => "somebody with the same permissions",
            Self::More => "somebody with a permission that the one who acts may not give",
            Self::Fewer => "somebody with fewer permissions",
            Self::Foreigner => "somebody of another organization",
            Self::Oneself => "oneself",
        }
    }
}

/// What bounds a verb that names a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bound {
    /// All that the person may do.
    Person,
    /// All that the group carries, whoever is in it.
    Group,
}

#[track_caller]
fn bound_of(row: &Row) -> Bound {
    match row.title().as_str() {
        "PATCH /api/v1/users/{user}"
        | "POST /api/v1/users/{user}/invitation"
        | "DELETE /api/v1/users/{user}/sessions"
        | "DELETE /api/v1/users/{user}/second-factor"
        | "POST /admin/people/{person}/profile"
        | "POST /admin/people/{person}/roles"
        | "POST /admin/people/{person}/access"
        | "POST /admin/people/{person}/invitation"
        | "POST /admin/people/{person}/sign-out"
        | "POST /admin/people/{person}/second-factor" => Bound::Person,
        "DELETE /api/v1/access-groups/{group}/members/{user}"
        | "POST /admin/groups/{group}/members/{person}/remove" => Bound::Group,
        other => panic!(
            "{other} acts on a person: say what bounds it, and read its lines in towards.golden"
        ),
    }
}

/// The routes that act on a person.
fn acting_on_people() -> Vec<Row> {
    let named = |row: &Row| {
        row.parameters()
            .iter()
            .any(|name| matches!(*name, "user" | "person"))
    };
    table()
        .into_iter()
        .filter(|row| row.method != Method::GET && named(row))
        .collect()
}

/// A kind of people who act, with those towards whom they do.
struct Kind {
    name: &'static str,
    /// Stands for them in the head of the grid.
    letter: char,
    organization: &'static str,
    role: &'static str,
    acting: Option<&'static str>,
    group: String,
    /// By id; none where nobody is such.
    whom: Vec<(Towards, Option<String>)>,
}

/// What keepers of people hold besides, so that they can be compared with others.
const KEEPER: &[&str] = &[
    "cases:view",
    "escalations:view",
    "reports:view",
    "articles:view",
    "announcements:view",
    "tutorials:view",
    "tutorials:register",
    "users:view",
    "users:manage",
    "roles:view",
    "grants:add",
    "access_groups:view",
    "access_groups:manage",
];

on_both_databases! { Desk:
    nobody_acts_on_whoever_may_do_more,
}

/// Adds a person with a role, by its code; gives their id.
async fn somebody(ada: &Person, organization: &str, name: &str, role: &str) -> String {
    let roles: Vec<&str> = Some(role)
        .filter(|role| !role.is_empty())
        .into_iter()
        .collect();
    let add = json!({ "organization": organization, "email": address_of(name), "first_name": name, "last_name": "Matrix",
        "roles": roles });
    said(&ada.post("/users", add).await.created()["id"])
}

async fn kinds(desk: &Desk) -> Vec<Kind> {
    let ada = desk.person("ada");
    let (abel, pia, _) = administrators(desk).await;
    for organization in ["acme", PROVIDER] {
        let role = json!({ "organization": organization, "code": "keeper", "name": "Keeper", "permissions": KEEPER });
        ada.post("/roles", role).await.created();
    }
    let mut kinds = Vec::new();
    for ((name, letter), organization, role, more, fewer, foreigner) in [
        (
            ("keeper of a customer's people", 'C'),
            "acme",
            "keeper",
            "designated_contact",
            "portal_viewer",
            ("globex", "portal_viewer"),
        ),
        (
            ("administrator of a partner", 'P'),
            "initech",
            "organization_admin",
            "partner_admin",
            "portal_viewer",
            ("acme", "portal_viewer"),
        ),
        (
            ("keeper of everybody", 'K'),
            PROVIDER,
            "keeper",
            "support_engineer",
            "",
            ("acme", "designated_contact"),
        ),
        (
            ("administrator", 'A'),
            PROVIDER,
            "administrator",
            "",
            "support_engineer",
            ("acme", "organization_admin"),
        ),
        (
            ("administrator by a pairing", 'B'),
            "acme",
            "organization_admin",
            "",
            "portal_viewer",
            ("globex", "portal_viewer"),
        ),
    ] {
        let short = name.replace('\'', "");
        let whom = async |towards: &str, organization: &str, role: &str| {
            somebody(&ada, organization, &format!("{short} {towards}"), role).await
        };
        let more = match more {
            "" => None,
            more => Some(whom("more", organization, more).await),
        };
        let whom = vec![
            (
                Towards::Equal,
                Some(whom("equal", organization, role).await),
            ),
            (Towards::More, more),
            (
                Towards::Fewer,
                Some(whom("fewer", organization, fewer).await),
            ),
            (
                Towards::Foreigner,
                Some(whom("foreigner", foreigner.0, foreigner.1).await),
            ),
        ];
        let new = json!({ "organization": organization, "name": format!("Of {short}") });
        let group = said(&ada.post("/access-groups", new).await.created()["id"]);
        kinds.push(Kind {
            name,
            letter,
            organization,
            role,
            acting: name.ends_with("pairing").then_some("acme"),
            group,
            whom,
        });
    }
    // Whoever comes by the pairing is Pia, who administers ACME as far as Abel can let her.
    let me = crate::support::paired::id_of(&pia).await;
    let pairing = pairs(&pia, &abel, &[&me], &[]).await;
    gives(&abel, &pairing.members[0], "organization_admin").await;
    kinds
}

async fn nobody_acts_on_whoever_may_do_more(desk: Desk) {
    let ada = desk.person("ada");
    let kinds = kinds(&desk).await;
    let rows = acting_on_people();
    let columns = kinds.iter().map(|kind| {
        let whom = ALL.map(|towards| {
            let code = format!("{}{}", kind.letter, towards.letter());
            Column::new(code, towards.describe())
        });
        (kind.name.to_owned(), whom.to_vec())
    });
    let mut grid = Grid::new(
        "Who acts on whom: routes down, who acts and towards whom across.\n\
         Generated by tests/it/matrix/towards.rs from the routes that name a person and change something.",
        columns.collect(),
    );
    let mut faults = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let bound = bound_of(row);
        let mut answers = Vec::new();
        for kind in &kinds {
            let actor = actor(&desk, kind, index).await;
            for towards in ALL {
                let whom = match towards {
                    Towards::Oneself => Some(actor.id.clone()),
                    other => kind
                        .whom
                        .iter()
                        .find(|(of, _)| *of == other)
                        .and_then(|(_, id)| id.clone()),
                };
                let Some(whom) = whom else {
                    answers.push(grid::NOBODY.to_owned());
                    continue;
                };
                if bound == Bound::Group && towards != Towards::Foreigner && kind.acting.is_none() {
                    let member = json!({ "user": whom });
                    ada.post(&format!("/access-groups/{}/members", kind.group), member)
                        .await
                        .ok();
                }
                let said = actor.asks(&desk, row, kind, &whom).await;
                let answer = class(&said, row);
                if !is_sound(&said, row) || !holds(kind, bound, towards, &answer) {
                    faults.push(format!("{} {towards:?} → {answer}: {said:?}", kind.name));
                }
                answers.push(answer);
                if row.path.ends_with("/access") {
                    // Let in again, for the next one.
                    ada.patch(&format!("/users/{whom}"), json!({ "disabled": false }))
                        .await
                        .ok();
                }
            }
        }
        let answers = answers.iter().map(String::as_str);
        grid.row(&row.topic(), &row.title(), None, answers);
    }
    desk.mailbox().await;
    grid.compare("towards");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Somebody who acts.
struct Actor {
    caller: Caller,
    id: String,
}

/// A fresh one of the kind for each route: the last thing that they do may be to shut themselves out.
async fn actor(desk: &Desk, kind: &Kind, index: usize) -> Actor {
    let ada = desk.person("ada");
    let (home, role) = match kind.acting {
        None => (kind.organization, kind.role),
        Some(_) => ("initech", "portal_viewer"),
    };
    let side = match home {
        PROVIDER => Side::Provider,
        _ => Side::Customer,
    };
    let name = format!("{} {index}", kind.name.replace('\'', ""));
    let mut caller = Caller::of(desk, &name, (home, side), None).await;
    let everybody = ada.all(&format!("/users?organization={home}")).await;
    let found = everybody
        .iter()
        .find(|user| user["email"] == address_of(&name).as_str());
    let id = said(&found.expect("the person")["id"]);
    ada.patch(&format!("/users/{id}"), json!({ "roles": [role] }))
        .await
        .ok();
    if let Some(there) = kind.acting {
        let (abel, pia) = (desk.person("abel"), desk.person("pia"));
        let pairing = pairs(&pia, &abel, &[&id], &[]).await;
        gives(&abel, &pairing.members[0], kind.role).await;
        caller.acting = Some((there, true));
    }
    Actor { caller, id }
}

impl Actor {
    async fn asks(&self, desk: &Desk, row: &Row, kind: &Kind, whom: &str) -> Answer {
        let path = row
            .path
            .replace("{user}", whom)
            .replace("{person}", whom)
            .replace("{group}", &kind.group);
        let mut asking = desk.client().request(row.method.clone(), desk.page(&path));
        if let Some((organization, _)) = self.caller.acting {
            asking = asking.header("acting-organization", organization);
        }
        asking = if row.portal {
            let (cookie, csrf) = &self.caller.sessions[0];
            // The roles that they have, so that nothing is changed.
            let user = desk.person("ada").get(&format!("/users/{whom}")).await.ok();
            let ticks = user["roles"].as_array().into_iter().flatten();
            let mut form: Vec<(String, String)> = ticks
                .map(|role| (format!("roles.{}", said(role)), "on".to_owned()))
                .collect();
            form.push(("csrf_token".to_owned(), csrf.clone()));
            asking.header("cookie", cookie).form(&form)
        } else {
            let body = match row.method {
                Method::PATCH => json!({ "time_zone": null }),
                _ => json!({}),
            };
            asking.bearer_auth(&self.caller.token).json(&body)
        };
        let question = format!("{}: {} {whom}", kind.name, row.title());
        Asking::new(question, asking).await
    }
}

/// What must hold whatever the golden text says.
fn holds(kind: &Kind, bound: Bound, towards: Towards, answer: &str) -> bool {
    if kind.acting.is_some() {
        return answer == "404" || answer == "403 not_through_pairing" || answer == "403 ";
    }
    let staff = kind.organization == PROVIDER;
    match (bound, towards) {
        (_, Towards::Foreigner) if !staff => answer == "404",
        // Who is of another organization is in no group of this one.
        (Bound::Group, Towards::Foreigner) => answer == "404",
        (Bound::Group, _) => answer == "allowed",
        (Bound::Person, Towards::Equal | Towards::Fewer | Towards::Oneself) => answer == "allowed",
        (Bound::Person, Towards::More) => answer.starts_with("403 "),
        (Bound::Person, Towards::Foreigner) => {
            let administers = kind.role == "administrator";
            (answer == "allowed") == administers && (administers || answer.starts_with("403 "))
        }
    }
}
