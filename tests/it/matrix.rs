//! Role × route × relation: who may do what to whose things. The routes are those of the route table, so that a route
//! without a row here fails; what comes out is compared with `matrix.golden`, which people have read.
//!
//! `CASEBELL_UPDATE_GOLDEN=1 cargo test matrix` writes the file anew; read the difference before it is committed.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use casebell::http::routes::routes;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::person::{Asking, Case, Escalation, medium};
use crate::support::world::PASSWORD;

/// The columns: what they are, and who stands for them. Nobody here has made any of the things that are asked about.
const COLUMNS: [(&str, &str); 12] = [
    ("anonymous", ""),
    ("no_role", "nils"),
    ("contact", "carl"),
    ("viewer", "vic"),
    ("organization_admin", "abel"),
    ("engineer", "eve"),
    ("owner", "ola"),
    ("other_owner", "otto"),
    ("supervisor", "sam"),
    ("monitor", "mona"),
    ("developer", "devi"),
    ("administrator", "ada"),
];

/// Whose things: of the organization that the customers of the columns belong to, or of another one. To staff all are
/// the same.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Relation {
    Own,
    Other,
}

impl Relation {
    const fn contact(self) -> &'static str {
        match self {
            Self::Own => "dana",
            Self::Other => "gina",
        }
    }

    const fn bystander(self) -> &'static str {
        match self {
            Self::Own => "nils",
            Self::Other => "gus",
        }
    }

    const fn organization(self) -> &'static str {
        match self {
            Self::Own => "acme",
            Self::Other => "globex",
        }
    }
}

/// What a path's parameter names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Thing {
    /// Nothing: the path has no parameter.
    None,
    Case,
    ClosedCase,
    Submitted,
    InReview,
    Accepted,
    Closed,
    Entry,
    Step,
    AnalysedCase,
    LowCase,
    Request,
    Person,
    Organization,
    Calendar,
    Line,
    Notice,
    Reason,
    Token,
}

/// The route's parameter and a body that is in order; nothing for a route that nobody has thought about.
fn probe(route: &str, n: usize) -> Option<(Thing, Value)> {
    let soon = "2026-03-09T09:00:00Z";
    let step = json!({ "what": "Look", "who": "Eve", "due_at": soon });
    let ranking = json!({ "importance": "low", "urgency": "high" });
    let hours = json!({ "mon": ["09:00-17:00"] });
    let holiday = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//x//EN\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;VALUE=DATE:20261224\r\nSUMMARY:Eve\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let reason = json!({ "label": "Another", "governed_by": "never" });
    let nothing = json!({});
    Some(match route {
        "POST /sessions" => (
            Thing::None,
            json!({ "email": "dana@acme.test", "password": PASSWORD }),
        ),
        "DELETE /sessions/current" | "GET /me" | "GET /openapi.json" => (Thing::None, nothing),
        "GET /tokens" | "GET /roles" | "GET /audit-events" | "GET /notices" => {
            (Thing::None, nothing)
        }
        "GET /cases" | "GET /escalations" | "GET /users" | "GET /organizations" => {
            (Thing::None, nothing)
        }
        "GET /calendars" | "GET /lines-of-business" => (Thing::None, nothing),
        "GET /me/notices" => (Thing::None, nothing),
        "PATCH /me/notices" => (Thing::None, json!({ "rca_delivered": "none" })),
        "GET /policies" | "GET /escalation-reasons" => (Thing::None, nothing),
        "POST /audit-events/export" => (Thing::None, json!({ "format": "ndjson" })),
        "POST /tokens" => (Thing::None, json!({ "name": "Another" })),
        "DELETE /tokens/{token}" => (Thing::Token, nothing),
        "POST /cases" => (Thing::None, medium().json()),
        "GET /cases/{case}"
        | "GET /cases/{case}/feed"
        | "GET /cases/{case}/escalation-feed"
        | "GET /cases/{case}/eligibility"
        | "GET /cases/{case}/escalations"
        | "GET /cases/{case}/deadlines"
        | "GET /cases/{case}/next-steps"
        | "GET /cases/{case}/priority-requests"
        | "POST /cases/{case}/close"
        | "POST /cases/{case}/rca"
        | "PUT /cases/{case}/read" => (Thing::Case, nothing),
        "PATCH /cases/{case}" => (Thing::Case, json!({ "subject": format!("Changed {n}") })),
        "POST /cases/{case}/reopen" => (Thing::ClosedCase, json!({ "note": "Again." })),
        "POST /cases/{case}/feed" => (Thing::Case, json!({ "body": "Words." })),
        "POST /cases/{case}/escalations" => (
            Thing::Case,
            json!({
                "reason": "no_update", "details": "Please.", "acknowledgements": [],
                "answers": { "business_impact": "All of it", "ongoing": true },
            }),
        ),
        "POST /cases/{case}/external-communications" => (
            Thing::Case,
            json!({ "channel": "call", "with": "Dana", "at": "2026-03-02T08:00:00Z", "summary": "Talked." }),
        ),
        "POST /cases/{case}/next-steps" => (Thing::Case, step),
        "POST /cases/{case}/priority-requests" => (
            Thing::LowCase,
            json!({ "priority": "medium", "note": "Worse." }),
        ),
        "POST /cases/{case}/rca/delivery" => (Thing::AnalysedCase, json!({ "body": "A lock." })),
        "POST /priority-requests/{request}/decision" => (
            Thing::Request,
            json!({ "granted": true, "note": "Agreed." }),
        ),
        "PATCH /feed-entries/{entry}" => (Thing::Entry, json!({ "body": "Corrected." })),
        "POST /feed-entries/{entry}/redaction" => {
            (Thing::Entry, json!({ "reason": "A password." }))
        }
        "PATCH /next-steps/{step}" => (Thing::Step, json!({ "state": "done" })),
        "GET /escalations/{escalation}" | "GET /escalations/{escalation}/feed" => {
            (Thing::Submitted, nothing)
        }
        "POST /escalations/{escalation}/feed" => (Thing::Submitted, json!({ "body": "Words." })),
        "POST /escalations/{escalation}/next-steps" => (Thing::Accepted, step),
        "POST /escalations/{escalation}/claim" => (Thing::Submitted, nothing),
        "POST /escalations/{escalation}/assign" => {
            (Thing::Submitted, json!({ "owner": "ola@bellhop.test" }))
        }
        "POST /escalations/{escalation}/accept" => (
            Thing::InReview,
            json!({ "importance": "low", "urgency": "low", "reply": "Yes.", "next_steps": [] }),
        ),
        "POST /escalations/{escalation}/rank" => (Thing::Accepted, ranking),
        "POST /escalations/{escalation}/decline" => (
            Thing::InReview,
            json!({ "reasons": ["low_priority"], "reply": "No." }),
        ),
        "POST /escalations/{escalation}/withdraw" => (Thing::Submitted, nothing),
        "POST /escalations/{escalation}/close" => (
            Thing::Accepted,
            json!({ "outcome": "Done", "summary": "Done." }),
        ),
        "POST /escalations/{escalation}/rating" => (Thing::Closed, json!({ "score": 5 })),
        "POST /users" => (
            Thing::None,
            json!({ "email": format!("new{n}@acme.test"), "first_name": "New", "last_name": "Comer" }),
        ),
        "GET /users/{user}" => (Thing::Person, nothing),
        "PATCH /users/{user}" => (Thing::Person, json!({ "last_name": format!("Bare{n}") })),
        "POST /organizations" => (
            Thing::None,
            json!({ "slug": format!("new-{n}"), "name": "New", "kind": "customer" }),
        ),
        "GET /organizations/{organization}" => (Thing::Organization, nothing),
        "PATCH /organizations/{organization}" => {
            (Thing::Organization, json!({ "region": format!("r{n}") }))
        }
        "POST /calendars" => (
            Thing::None,
            json!({ "name": format!("New {n}"), "time_zone": "UTC", "hours": hours }),
        ),
        "GET /calendars/{calendar}" => (Thing::Calendar, nothing),
        "PUT /calendars/{calendar}" => (
            Thing::Calendar,
            json!({ "name": format!("Changed {n}"), "time_zone": "UTC", "hours": hours }),
        ),
        "POST /calendars/{calendar}/holidays" => (Thing::Calendar, json!({ "ics": holiday })),
        "GET /calendars/{calendar}/replay" => (Thing::Calendar, nothing),
        "POST /lines-of-business" => (Thing::None, json!({ "name": format!("New {n}") })),
        "GET /lines-of-business/{line}" => (Thing::Line, nothing),
        "PATCH /lines-of-business/{line}" => (Thing::Line, json!({ "calendar": null })),
        "GET /notices/{notice}" | "POST /notices/{notice}/resend" => (Thing::Notice, nothing),
        "PATCH /policies" => (Thing::None, json!({ "staleness_hours": 24 })),
        "POST /escalation-reasons" => {
            let mut reason = reason;
            reason["code"] = format!("new_{n}").into();
            (Thing::None, reason)
        }
        "GET /escalation-reasons/{reason}" => (Thing::Reason, nothing),
        "PUT /escalation-reasons/{reason}" => (Thing::Reason, reason),
        _ => return None,
    })
}

/// The things of the probes, made when they are needed and forgotten when they were changed.
struct Things<'a> {
    desk: &'a Desk,
    made: BTreeMap<(Thing, Relation), String>,
}

impl Things<'_> {
    async fn name(&mut self, thing: Thing, relation: Relation) -> String {
        if let Some(name) = self.made.get(&(thing, relation)) {
            return name.clone();
        }
        let name = self.make(thing, relation).await;
        self.made.insert((thing, relation), name.clone());
        name
    }

    async fn make(&self, thing: Thing, relation: Relation) -> String {
        let contact = self.desk.person(relation.contact());
        let (eve, ola, ada) = (
            self.desk.person("eve"),
            self.desk.person("ola"),
            self.desk.person("ada"),
        );
        let id = |json: Value| {
            json["id"]
                .as_str()
                .unwrap_or_else(|| panic!("no id: {json}"))
                .to_owned()
        };
        let first = |json: Value| id(json["items"][0].clone());
        let case = async || contact.opens(medium()).await;
        let escalation = async || -> Escalation {
            let case: Case = case().await;
            contact.escalates(&case, "no_update").taken().await
        };
        match thing {
            Thing::None => String::new(),
            Thing::Case => case().await.number,
            Thing::LowCase => contact.opens(medium().with("priority", "low")).await.number,
            Thing::ClosedCase => {
                let case = case().await;
                contact.closes(&case).await.ok();
                case.number
            }
            Thing::AnalysedCase => {
                let case = case().await;
                contact
                    .post(&format!("/cases/{}/rca", case.number), json!({}))
                    .await
                    .created();
                case.number
            }
            Thing::Submitted => escalation().await.number,
            Thing::InReview | Thing::Accepted | Thing::Closed => {
                let escalation = escalation().await;
                ola.claims(&escalation).await;
                if thing != Thing::InReview {
                    ola.accepts(&escalation, "low", "low").await;
                }
                if thing == Thing::Closed {
                    ola.settles(&escalation).await;
                }
                escalation.number
            }
            Thing::Entry => {
                let case = case().await;
                id(contact.writes(&case, "Words.").await)
            }
            Thing::Step => {
                let case = case().await;
                let step = json!({ "what": "x", "who": "y", "due_at": "2026-03-09T09:00:00Z" });
                id(eve
                    .post(&format!("/cases/{}/next-steps", case.number), step)
                    .await
                    .created())
            }
            Thing::Request => {
                let case = contact.opens(medium().with("priority", "low")).await;
                let ask = json!({ "priority": "medium", "note": "Worse." });
                id(contact
                    .post(&format!("/cases/{}/priority-requests", case.number), ask)
                    .await
                    .created())
            }
            Thing::Person => {
                let me = self.desk.person(relation.bystander()).get("/me").await.ok();
                id(me["person"].clone())
            }
            Thing::Organization => relation.organization().to_owned(),
            Thing::Calendar => first(ada.get("/calendars").await.ok()),
            Thing::Line => first(ada.get("/lines-of-business").await.ok()),
            Thing::Notice => {
                case().await;
                first(ada.get("/notices").await.ok())
            }
            Thing::Reason => "no_progress".to_owned(),
            Thing::Token => id(contact
                .post("/tokens", json!({ "name": "Theirs" }))
                .await
                .created()),
        }
    }
}

/// What an answer means for authority. Whoever is let through and then refused by a rule shows the rule's code.
fn meaning(answer: &Answer) -> String {
    let code = answer.json["code"].as_str().unwrap_or_default();
    match (answer.status, code) {
        (200..300, _) => "yes".to_owned(),
        (401, "unauthenticated") => "signed out".to_owned(),
        (403, "missing_permission") => "no".to_owned(),
        (404, "not_found") => "hidden".to_owned(),
        (422, "validation_failed") | (400 | 415 | 500.., _) => {
            panic!("the probe is not in order: {answer:?}")
        }
        (_, code) => code.to_owned(),
    }
}

on_both_databases! { Desk:
    roles_routes_and_relations_are_as_people_have_read,
}

async fn roles_routes_and_relations_are_as_people_have_read(desk: Desk) {
    let mut things = Things {
        desk: &desk,
        made: BTreeMap::new(),
    };
    let mut found = String::new();
    let (mut n, mut unknown) = (0, Vec::new());
    for route in routes() {
        let title = format!("{} {}", route.method, route.path);
        let Some((thing, _)) = probe(&title, 0) else {
            unknown.push(title);
            continue;
        };
        let method = Method::from_bytes(route.method.as_str().as_bytes()).expect("a method");
        writeln!(found, "{title}").expect("written");
        let relations: &[Relation] = match thing {
            Thing::None | Thing::Calendar | Thing::Line | Thing::Notice | Thing::Reason => {
                &[Relation::Own]
            }
            _ => &[Relation::Own, Relation::Other],
        };
        for relation in relations {
            let mut outcomes: BTreeMap<String, Vec<&str>> = BTreeMap::new();
            for (column, key) in COLUMNS {
                n += 1;
                let (thing, mut body) = probe(&title, n).expect("known");
                let name = things.name(thing, *relation).await;
                let mut path = match (route.path.find('{'), route.path.find('}')) {
                    (Some(from), Some(to)) => {
                        format!("{}{name}{}", &route.path[..from], &route.path[to + 1..])
                    }
                    _ => route.path.to_owned(),
                };
                if title.ends_with("/replay") {
                    path += "?from=2026-03-02T09:00:00Z&unit=business_days&window=5";
                }
                // Staff say for whom they open and add.
                let is_staff = !key.is_empty() && desk.person(key).is.is_staff();
                if is_staff && matches!(title.as_str(), "POST /cases" | "POST /users") {
                    body["organization"] = relation.organization().into();
                }
                let asking = if key.is_empty() {
                    Asking::new(
                        format!("nobody: {title}"),
                        desk.client().request(method.clone(), desk.api(&path)),
                    )
                } else {
                    desk.person(key).asks(method.clone(), &path)
                };
                let answer = if method == Method::GET {
                    asking.await
                } else {
                    asking.json(&body).await
                };
                if answer.status < 300 && method != Method::GET {
                    things.made.remove(&(thing, *relation));
                }
                outcomes.entry(meaning(&answer)).or_default().push(column);
            }
            let whose = if *relation == Relation::Own {
                "own"
            } else {
                "other"
            };
            for (outcome, columns) in outcomes {
                writeln!(found, "  {whose:5} {outcome}: {}", columns.join(" ")).expect("written");
            }
        }
    }
    assert!(
        unknown.is_empty(),
        "nobody has said who may call {unknown:#?}"
    );
    desk.some_notices_stay_unsent();

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/matrix.golden");
    if std::env::var_os("CASEBELL_UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &found).expect("the file is written");
        return;
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    for (line, (is, was)) in found.lines().zip(golden.lines()).enumerate() {
        assert_eq!(is, was, "line {} of matrix.golden", line + 1);
    }
    assert_eq!(
        found.lines().count(),
        golden.lines().count(),
        "matrix.golden has other routes"
    );
}
