//! Listing requests for access and deciding them.

use super::{AccessRequestPage, TypedDecision, grant_form, refuse_form};
use crate::db::Conn;
use crate::domain::access::{Permission, Reach};
use crate::domain::access_request::AccessRequestState;
use crate::domain::ids::AccessRequestId;
use crate::domain::organization::OrganizationKind;
use crate::http::api::access_requests::{AccessRequests, ListAccessRequests};
use crate::http::api_request::may;
use crate::http::list::{Found, find};
use crate::http::portal::act::FormPage;
use crate::http::portal::admin::handlers::{PLACE, tabs_of};
use crate::http::portal::admin::list::{ListPage, Views, list};
use crate::http::portal::admin::{Cell, Place};
use crate::http::portal::answer::PageResult;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::form::Choice;
use crate::http::portal::list::{Column, MOST_COUNTED};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::{Fact, Facts};
use crate::http::portal::route::{PortalRoute, pages};
use crate::http::problem::Problem;
use crate::store::access_requests::{self as requests, AccessRequest};
use crate::store::{organizations, people};
use crate::workflow::access_request::decide;

const HERE: &str = "/admin/access-requests";

/// The rows of the route table.
pub(in crate::http::portal) fn routes() -> Vec<PortalRoute> {
    const VIEW: Permission = Permission::AccessRequestsView;
    const DECIDE: Permission = Permission::AccessRequestsDecide;
    pages! { access_requests:
        GET  "/admin/access-requests"                  may(VIEW)   => list::<List>, "Requests for read-only access";
        GET  "/admin/access-requests/{access_request}" may(VIEW)   => show, "One request for read-only access";
        POST "/admin/access-requests/{access_request}" may(DECIDE) => answer, "Grants or refuses a request";
    }
}

fn chip(state: AccessRequestState) -> &'static str {
    match state {
        AccessRequestState::Pending => "run",
        AccessRequestState::Granted => "good",
        AccessRequestState::Refused => "late",
    }
}

/// The requests that the visitor may see.
struct List;

impl ListPage for List {
    const PLACE: Place = Place::AccessRequests;
    const COLUMNS: &'static [Column] = &[
        Column::label("name"),
        Column::label("organization"),
        Column::said("access-asked-at").sorts("-requested_at"),
        Column::said("access-state"),
    ];
    const VIEWS: Option<Views> = Some(Views {
        parameter: "state",
        family: "access-request-state",
        values: AccessRequestState::NAMES,
    });
    type Query = ListAccessRequests;
    type Row = AccessRequest;
    type Beside = ();

    fn find(
        conn: &mut Conn,
        req: &PageRequest,
        query: &ListAccessRequests,
    ) -> Result<(Found<AccessRequest>, ()), Problem> {
        let found = find::<AccessRequests>(conn, req.asker()?, query, Some(MOST_COUNTED))?;
        Ok((found, ()))
    }

    fn cells(req: &PageRequest, request: &AccessRequest, (): &()) -> Vec<Cell> {
        let (words, state) = (req.words(), request.state);
        vec![
            Cell::link(request.name(), format!("{HERE}/{}", request.id))
                .small(request.email.to_string()),
            Cell::text(request.organization_typed.clone()),
            Cell::at(request.requested_at),
            Cell::chip(
                words.say_of("access-request-state", state.as_str(), &[]),
                chip(state),
            ),
        ]
    }
}

async fn show(req: PageRequest, id: AccessRequestId) -> PageResult {
    let page = page(&req, id).await?;
    req.show(PLACE, "access-request", &page)
}

async fn page(req: &PageRequest, id: AccessRequestId) -> Result<AccessRequestPage, Problem> {
    let (reach, is_staff) = (req.access()?.reach(), req.is_staff());
    let (request, organization, decider, all) = req
        .read(move |conn| {
            let request = requests::find(conn, reach, id)?.ok_or_else(Problem::not_found)?;
            let organization = match request.organization_id {
                Some(own) => organizations::find(conn, Reach::Everything, own)?,
                None => None,
            };
            let decider = match request.decided_by {
                Some(by) => people::find(conn, Reach::Everything, by)?,
                None => None,
            };
            // Where none was found, the provider says which it is.
            let all = match request.organization_id.is_none() && is_staff {
                true => organizations::by_name(conn, reach, 1_000)?,
                false => Vec::new(),
            };
            Ok((request, organization, decider, all))
        })
        .await?;
    let words = req.words();
    let choices: Vec<Choice> = all
        .iter()
        .filter(|one| one.kind != OrganizationKind::Provider)
        .map(|one| Choice::new(one.slug.to_string(), one.name.clone()))
        .collect();
    let name = organization.as_ref().map(|found| found.name.clone());
    let asked = ("organization", name.clone().unwrap_or_default().into());
    let decides =
        req.can(Permission::AccessRequestsDecide) && request.state == AccessRequestState::Pending;
    let action = format!("{HERE}/{id}");
    let to = ("name", request.name().into());
    let decider = decider.map(|person| person.name());
    Ok(AccessRequestPage {
        name: request.name(),
        state: words.say_of("access-request-state", request.state.as_str(), &[]),
        chip: chip(request.state),
        tabs: tabs_of(req, Place::AccessRequests),
        facts: Facts {
            title: words.say("access-facts", &[]),
            rows: facts(req, &request, name, decider),
        },
        note: request.note.clone().unwrap_or_default(),
        grant_about: match organization {
            Some(_) => words.say("access-grant-about", &[to.clone(), asked]),
            None => words.say(
                "access-grant-about-unknown",
                &[("name", request.name().into())],
            ),
        },
        grant: decides.then(|| grant_form(words, action.clone(), choices)),
        refuse_about: words.say("access-refuse-about", &[to]),
        refuse: decides.then(|| refuse_form(words, action)),
    })
}

fn facts(
    req: &PageRequest,
    request: &AccessRequest,
    organization: Option<String>,
    decider: Option<String>,
) -> Vec<Fact> {
    let words = req.words();
    let label = |key| words.say_of("label", key, &[]);
    let mut facts = vec![
        Fact::new(label("work-email"), request.email.as_str()),
        Fact::new(
            words.say("access-typed", &[]),
            request.organization_typed.as_str(),
        ),
        Fact::new(
            label("organization"),
            organization.unwrap_or_else(|| words.say("access-organization-unknown", &[])),
        ),
        Fact::at(words.say("access-asked-at", &[]), request.requested_at),
    ];
    for (key, value) in [
        ("reseller-company", &request.company),
        ("for-customer", &request.customer),
    ] {
        facts.extend((value.as_ref()).map(|value| Fact::new(label(key), value.as_str())));
    }
    if let Some(at) = request.decided_at {
        facts.push(Fact::at(words.say("access-decided-at", &[]), at));
    }
    if let Some(by) = decider {
        facts.push(Fact::new(words.say("access-decided-by", &[]), by));
    }
    if let Some(note) = &request.decision_note {
        let what = match request.state {
            AccessRequestState::Refused => label("access-reason"),
            _ => label("access-record"),
        };
        facts.push(Fact::new(what, note.as_str()));
    }
    if request.state == AccessRequestState::Granted {
        facts.push(match request.until {
            Some(until) => Fact::at(label("access-until"), until),
            None => Fact::new(label("access-until"), words.say("access-for-good", &[])),
        });
    }
    facts
}

/// The page of a request.
struct OnRequest(AccessRequestId);

impl FormPage<(bool, String)> for OnRequest {
    async fn done(&self, req: &PageRequest, (granted, name): (bool, String)) -> PageResult {
        let done = match granted {
            true => Done::AccessGranted,
            false => Done::AccessRefused,
        };
        let address = format!("{HERE}/{}", self.0);
        Ok(req.go(address, Some(Flash::new(done).name(name))))
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        let mut page = page(req, self.0).await?;
        let form = match req.typed.get("granted").is_some_and(|told| told == "true") {
            true => &mut page.grant,
            false => &mut page.refuse,
        };
        let Some(asked) = form.take() else {
            // Somebody else decided meanwhile.
            return Err(problem.into());
        };
        *form = Some(asked.refused_for(req.words(), &req.typed, &problem));
        req.show_again(problem.code().status(), PLACE, "access-request", &page)
    }
}

async fn answer(req: PageRequest, id: AccessRequestId) -> PageResult {
    let key = req.desk.key.clone();
    req.act(&OnRequest(id), move |conn, by, typed: &TypedDecision| {
        decide(conn, &key, by.actor, id, &typed.into(), by.now)?;
        let request = requests::find(conn, Reach::Everything, id)?;
        let name = request.map(|request| request.name()).unwrap_or_default();
        Ok((typed.granted, name))
    })
    .await
}
