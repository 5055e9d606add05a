//! The list of audited events, and their export.

use actix_web::http::StatusCode;
use chrono::{Days, NaiveDate, NaiveTime};
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::{AuditFilters, AuditPage, AuditRow, FieldRow, KindGroup};
use crate::db::Conn;
use crate::domain::access::{Permission, Reach};
use crate::domain::ids::EventId;
use crate::http::api::documents::AuditEventDocument;
use crate::http::api_request::may;
use crate::http::audit::file::Format;
use crate::http::audit::{Asked, export};
use crate::http::pagination::Paging;
use crate::http::portal::admin::Place;
use crate::http::portal::admin::handlers::{PLACE, tabs_of};
use crate::http::portal::answer::{Answer, PageResult};
use crate::http::portal::form::{Choice, Wrong};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::Pager;
use crate::http::portal::route::{PortalRoute, pages};
use crate::http::portal::said::fault_said_to_people;
use crate::http::problem::{Code, Problem};
use crate::input::in_zone;
use crate::input::{Fault, FieldError};
use crate::store::audit::{self, EventFilter, Names};
use crate::store::organizations;
use crate::words::audit::{actor, field, kinds_by_thing, name, sentence, value};
use crate::workflow::export_audit::export_audit;

/// The most organizations that the list offers.
const ORGANIZATIONS: i64 = 500;
const NAMES: [&str; 7] = [
    "organization",
    "case",
    "actor",
    "visit",
    "kind",
    "from",
    "until",
];

/// The rows of the route table.
pub(in crate::http::portal) fn routes() -> Vec<PortalRoute> {
    pages! { audit:
        GET  "/admin/audit"        may(Permission::AuditView) => show_all, "Audited events, the newest first";
        POST "/admin/audit/export" may(Permission::AuditView) => export_file, "Audited events as a file; that they are exported is recorded";
    }
}

/// What the list shows, read in one transaction.
struct Found {
    events: Vec<AuditEventDocument>,
    next: Option<String>,
    names: Names,
}

async fn show_all(req: PageRequest) -> PageResult {
    let organizations = organizations_to_choose(&req).await?;
    match found(&req).await {
        Ok(found) => req.show(
            PLACE,
            "audit",
            &page(&req, organizations, found, Wrong::default()),
        ),
        Err(problem) if problem.code() == Code::ValidationFailed => {
            show_wrong(&req, organizations, &problem)
        }
        Err(problem) => Err(problem.into()),
    }
}

fn show_wrong(req: &PageRequest, organizations: Vec<Choice>, problem: &Problem) -> PageResult {
    let words = req.words();
    let label = |name: &str| match name {
        "case" => words.say("audit-case", &[]),
        "actor" => words.say("audit-actor", &[]),
        "visit" => words.say("audit-visit", &[]),
        "kind" => words.say("audit-kind-label", &[]),
        "from" => words.say("audit-from", &[]),
        "until" => words.say("audit-until", &[]),
        "organization" => words.say_of("label", "organization", &[]),
        other => other.to_owned(),
    };
    let said = |error: &FieldError| {
        format!(
            "{}: {}",
            label(error.field()),
            fault_said_to_people(words, error)
        )
    };
    // What is said of a visit and of the rest of the address has no field on the page.
    let chooses = !organizations.is_empty();
    let mut wrong = Wrong::default();
    for error in problem.errors() {
        let is_field = match error.field() {
            "kind" | "case" | "actor" | "from" | "until" => true,
            "organization" => chooses,
            _ => false,
        };
        let id = is_field.then(|| format!("filter-{}", error.field()));
        wrong.add(id.as_deref(), said(error));
    }
    let nothing = Found {
        events: Vec::new(),
        next: None,
        names: Names::new(),
    };
    let page = page(req, organizations, nothing, wrong);
    req.show_again(StatusCode::UNPROCESSABLE_ENTITY, PLACE, "audit", &page)
}

async fn found(req: &PageRequest) -> Result<Found, Problem> {
    let (asked, reach) = (asked(req, |name| req.asked(name))?, req.access()?.reach());
    let cursor = req.asked("cursor").map(str::to_owned);
    req.read(move |conn| {
        let paging = Paging::<audit::Place>::read("portal/audit", &asked, None, cursor.as_deref())?;
        let filter = EventFilter {
            after: paging.after,
            ..asked.filter(conn, reach)?
        };
        let mut rows = audit::list(conn, &filter, paging.fetch())?;
        let next = paging.next(&mut rows, |row| row.event.place());
        let events: Vec<_> = rows
            .iter()
            .filter_map(|row| AuditEventDocument::new(reach, row))
            .collect();
        let names = names_in(conn, &events)?;
        Ok(Found {
            events,
            next,
            names,
        })
    })
    .await
}

/// The names of everything that is told of by its id.
fn names_in(conn: &mut Conn, events: &[AuditEventDocument]) -> Result<Names, Problem> {
    let mut ids: Vec<EventId> = Vec::new();
    for event in events {
        ids.extend(event.subject);
        let values = [&event.before, &event.after]
            .into_iter()
            .flatten()
            .flat_map(Map::values)
            .flat_map(|value| match value {
                Value::Array(items) => items.as_slice(),
                one => std::slice::from_ref(one),
            });
        ids.extend(values.filter_map(|value| value.as_str()?.parse::<EventId>().ok()));
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(audit::names(conn, &ids)?)
}

/// What was asked for: `given` gives a field as it was typed.
fn asked<'g>(req: &PageRequest, given: impl Fn(&str) -> Option<&'g str>) -> Result<Asked, Problem> {
    let mut errors = Vec::new();
    let case = given("case").and_then(|text| match text.parse() {
        Ok(case) => Some(case),
        Err(fault) => {
            errors.push(FieldError::new("case", Fault::from(fault)));
            None
        }
    });
    let visited = given("visit").and_then(|text| match text.parse() {
        Ok(visit) => Some(visit),
        Err(_) => {
            errors.push(FieldError::new("visit", Fault::new("not_found")));
            None
        }
    });
    let mut day = |name: &str, after: u64| {
        let text = given(name)?;
        let instant = text.parse::<NaiveDate>().ok().and_then(|day| {
            let midnight = day
                .checked_add_days(Days::new(after))?
                .and_time(NaiveTime::MIN);
            in_zone(midnight, req.zone())
        });
        if instant.is_none() {
            errors.push(FieldError::new(name, Fault::new("not_a_date")));
        }
        instant
    };
    // The last day is meant with all its hours.
    let (from, until) = (day("from", 0), day("until", 1));
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let text = |name: &str| given(name).map(str::to_owned);
    Ok(Asked {
        case,
        organization: text("organization"),
        actor: text("actor"),
        visit: visited,
        kind: text("kind"),
        from,
        until,
    })
}

/// The organizations that the provider's staff choose from; everybody else has no choice.
async fn organizations_to_choose(req: &PageRequest) -> Result<Vec<Choice>, Problem> {
    let reach = req.access()?.reach();
    if reach != Reach::Everything {
        return Ok(Vec::new());
    }
    let all = req
        .read(move |conn| Ok(organizations::by_name(conn, reach, ORGANIZATIONS)?))
        .await?;
    Ok(all
        .into_iter()
        .map(|organization| Choice::new(organization.slug.to_string(), organization.name))
        .collect())
}

fn page(req: &PageRequest, organizations: Vec<Choice>, found: Found, wrong: Wrong) -> AuditPage {
    let words = req.words();
    let rows = found.events.iter();
    AuditPage {
        title: words.say_of("admin", Place::Audit.as_str(), &[]),
        about: words.say_of("admin-about", Place::Audit.as_str(), &[]),
        tabs: tabs_of(req, Place::Audit),
        filters: filters(req, organizations),
        wrong,
        events: rows.map(|event| row(req, event, &found.names)).collect(),
        pager: Pager {
            first: req.asked("cursor").map(|_| address(req, None)),
            next: found.next.map(|cursor| address(req, Some(&cursor))),
        },
    }
}

/// The list under the same filters, from its beginning or from `cursor` on.
fn address(req: &PageRequest, cursor: Option<&str>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    let given = NAMES
        .iter()
        .filter_map(|name| Some((*name, req.asked(name)?)));
    query.extend_pairs(given);
    if let Some(cursor) = cursor {
        query.append_pair("cursor", cursor);
    }
    match query.finish() {
        query if query.is_empty() => Place::Audit.href(),
        query => format!("{}?{query}", Place::Audit.href()),
    }
}

fn filters(req: &PageRequest, organizations: Vec<Choice>) -> AuditFilters {
    let words = req.words();
    let chosen = |name: &str| req.asked(name).unwrap_or_default().to_owned();
    let select = |mut choices: Vec<Choice>, chosen: &str| {
        for choice in &mut choices {
            choice.selected = choice.value == chosen;
        }
        choices
    };
    let (kind, organization) = (chosen("kind"), chosen("organization"));
    let groups = kinds_by_thing(req.is_staff())
        .into_iter()
        .map(|(thing, kinds)| {
            let label = words.say_of("audit-thing", thing, &[]);
            let all = words.say("audit-all-of", &[("thing", label.clone().into())]);
            let all = (kinds.len() > 1).then(|| Choice::new(format!("{thing}."), all));
            let each = kinds
                .iter()
                .map(|kind| Choice::new(kind.as_str(), name(words, kind.as_str())));
            KindGroup {
                choices: select(all.into_iter().chain(each).collect(), &kind),
                label,
            }
        });
    AuditFilters {
        any: NAMES.iter().any(|name| req.asked(name).is_some()),
        case: chosen("case"),
        actor: chosen("actor"),
        visit: chosen("visit"),
        kinds: groups.collect(),
        kind,
        organizations: select(organizations, &organization),
        organization,
        from: chosen("from"),
        until: chosen("until"),
    }
}

fn row(req: &PageRequest, event: &AuditEventDocument, names: &Names) -> AuditRow {
    let words = req.words();
    let number = event
        .escalation
        .as_ref()
        .map(|escalation| escalation.number.to_string());
    let number = number.or_else(|| event.case.as_ref().map(|case| case.number.to_string()));
    let href = match (&event.escalation, &event.case) {
        (Some(escalation), _) => format!("/escalations/{}", escalation.number),
        (None, Some(case)) => format!("/cases/{}", case.number),
        (None, None) => String::new(),
    };
    let actor = actor(words, event.actor.is_some(), &event.actor_name);
    let actor = actor.as_str();
    let said = match event.withheld {
        true => {
            let kind = name(words, &event.kind);
            words.say(
                "audit-other",
                &[("actor", actor.into()), ("kind", kind.into())],
            )
        }
        false => {
            let thing = thing(event, names).unwrap_or_else(|| words.say("audit-unnamed", &[]));
            sentence(words, &event.kind, actor, &thing)
        }
    };
    AuditRow {
        id: event.id.to_string(),
        position: event.position,
        at: event.at,
        said,
        number: number.unwrap_or_default(),
        href,
        organization: event
            .organization
            .as_ref()
            .map(|it| it.name.clone())
            .unwrap_or_default(),
        home: event
            .home_organization
            .as_ref()
            .map(|it| it.name.clone())
            .unwrap_or_default(),
        withheld: event.withheld,
        sealed: event.sealed,
        hash: event.hash.clone().unwrap_or_default(),
        fields: fields(req, event, names),
        changes: event.before.is_some(),
    }
}

/// What the thing is called that an event is about.
fn thing(event: &AuditEventDocument, names: &Names) -> Option<String> {
    let after = |field: &str| {
        let value = event.after.as_ref()?.get(field)?;
        value.as_str().map(str::to_owned)
    };
    let named = || names.get(&event.subject?).cloned();
    match event.kind.split('.').next().unwrap_or_default() {
        "case" | "priority" => event.case.as_ref().map(|case| case.number.to_string()),
        "entry" | "step" | "escalation" | "callback" => match &event.escalation {
            Some(escalation) => Some(escalation.number.to_string()),
            None => event.case.as_ref().map(|case| case.number.to_string()),
        },
        "token" => after("name"),
        "organization" => event.organization.as_ref().map(|it| it.name.clone()),
        "reason" => after("label").or_else(|| after("code")),
        _ => named().or_else(|| after("name")),
    }
}

fn fields(req: &PageRequest, event: &AuditEventDocument, names: &Names) -> Vec<FieldRow> {
    let (words, times) = (req.words(), req.times());
    let named = |id: &str| names.get(&id.parse::<EventId>().ok()?).cloned();
    let (before, after) = (event.before.as_ref(), event.after.as_ref());
    let mut known: Vec<&String> = [after, before]
        .into_iter()
        .flatten()
        .flat_map(Map::keys)
        .collect();
    known.sort_unstable();
    known.dedup();
    // Of a change, an empty field is one side of it; otherwise it says nothing.
    let is_change = before.is_some() && after.is_some();
    let is_empty = |name: &String| {
        let mut sides = [before, after].into_iter().flatten();
        sides.all(|fields| fields.get(name).is_none_or(Value::is_null))
    };
    known.retain(|name| is_change || !is_empty(name));
    let told = |fields: Option<&Map<String, Value>>, name: &str| {
        let found = fields.and_then(|fields| fields.get(name));
        found.map(|found| value(words, &times, &event.kind, name, found, &named))
    };
    let row = |name: &String| FieldRow {
        label: field(words, name),
        before: told(before, name).unwrap_or_default(),
        after: told(after, name).unwrap_or_default(),
    };
    known.into_iter().map(row).collect()
}

async fn export_file(req: PageRequest) -> PageResult {
    let typed = |name: &str| {
        req.typed
            .get(name)
            .map(|text| text.trim())
            .filter(|text| !text.is_empty())
    };
    let format: Option<Format> = typed("format").and_then(|text| text.parse().ok());
    let Some(format) = format else {
        let fault = Fault::new("not_allowed").with("allowed", Format::NAMES.join(", "));
        return Err(Problem::invalid_field(FieldError::new("format", fault)).into());
    };
    let asked = asked(&req, typed)?;
    let (actor, now, reach) = (req.actor()?.clone(), req.now, req.access()?.reach());
    let fields = asked.as_fields();
    let filter = req.read(move |conn| asked.filter(conn, reach)).await?;
    let up_to = req
        .write(move |conn| export_audit(conn, Some(&actor), format.as_str(), fields.clone(), now))
        .await?;
    let filter = EventFilter {
        up_to: Some(up_to),
        ..filter
    };
    Ok(Answer::download(export::file(
        req.desk.db.clone(),
        filter,
        format,
    )))
}
