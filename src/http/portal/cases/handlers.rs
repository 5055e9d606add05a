//! The list of cases, and opening one.

use std::collections::{BTreeMap, BTreeSet};

use super::{CaseRow, CasesPage, Filter, OpenCasePage, open_case_form, words_of};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Permission, Reach};
use crate::domain::case::{Priority, Status};
use crate::domain::ids::{CaseId, CaseNumber, CaseRef, PersonId};
use crate::domain::organization::OrganizationKind;
use crate::http::api_request::may;
use crate::http::pagination::Paging;
use crate::http::portal::act::FormPage;
use crate::http::portal::answer::PageResult;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::form::{Choice, Form};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::Pager;
use crate::http::portal::route::{PortalRoute, pages};
use crate::http::problem::Problem;
use crate::store::cases::{self, CaseFilter, CaseView};
use crate::store::{feeds, lines, organizations, reads};
use crate::workflow::open_case::{OpenCase, open_case};

/// How many characters of what somebody searches for are looked at; the field takes no more.
const LONGEST_SEARCH: usize = 200;
/// The most organizations that a list offers.
const ORGANIZATIONS: i64 = 500;
const PLACE: &str = "cases";

/// The rows of the route table.
pub(in crate::http::portal) fn routes() -> Vec<PortalRoute> {
    pages! { cases:
        GET  "/cases"     may(Permission::CasesView)   => list, "The list of cases";
        GET  "/cases/new" may(Permission::CasesCreate) => new, "The form that opens a case";
        POST "/cases"     may(Permission::CasesCreate) => open, "Opens a case";
    }
}

/// What the list shows, read in one transaction.
struct Found {
    rows: Vec<CaseView>,
    next_cursor: Option<String>,
    /// Those on which support has written what the reader has not read.
    unread: BTreeSet<CaseId>,
    organizations: Vec<Choice>,
}

async fn list(visit: PageRequest) -> PageResult {
    // Whoever types a number is led to its case, if there is one for them.
    if let Some(number) = visit
        .asked("q")
        .and_then(|words| words.parse::<CaseNumber>().ok())
    {
        let reach = visit.access()?.reach();
        let found = visit
            .look(move |conn| Ok(cases::id_of(conn, reach, &CaseRef::Number(number))?))
            .await?;
        if found.is_some() {
            return Ok(visit.go(format!("/cases/{number}"), None));
        }
    }
    let (access, query) = (visit.access()?.clone(), visit.query.clone());
    // Words are looked for in every case; all else by index.
    let searches = visit.asked("q").is_some();
    let found = visit
        .look_or_search(searches, move |conn| {
            let asked = |name: &str| {
                query
                    .get(name)
                    .map(|value| value.trim())
                    .filter(|value| !value.is_empty())
            };
            let reach = access.reach();
            let organization = match asked("organization") {
                Some(name) => Some(
                    organizations::named(conn, reach, name)?
                        .ok_or_else(Problem::not_found)?
                        .id,
                ),
                None => None,
            };
            let filter = CaseFilter {
                words: asked("q").map(|words| words.chars().take(LONGEST_SEARCH).collect()),
                status: asked("status")
                    .and_then(|status| status.parse().ok())
                    .into_iter()
                    .collect(),
                priority: asked("priority")
                    .and_then(|priority| priority.parse().ok())
                    .into_iter()
                    .collect(),
                organization,
                escalated: asked("escalated").map(|escalated| escalated == "true"),
                owner: (asked("owner") == Some("me")).then_some(access.person),
                ..CaseFilter::default()
            };
            let paging =
                Paging::<(Instant, CaseId)>::read("portal/cases", &filter, None, asked("cursor"))?;
            let filter = CaseFilter {
                after: paging.after,
                ..filter
            };
            let mut rows = cases::list(conn, reach, &filter, paging.fetch())?;
            let next_cursor = paging.next(&mut rows, |view| (view.case.opened_at, view.case.id));
            let ids: Vec<_> = rows.iter().map(|view| view.case.id).collect();
            let unread = unread(conn, &ids, access.person)?;
            let organizations = customers(conn, reach)?;
            Ok(Found {
                rows,
                next_cursor,
                unread,
                organizations,
            })
        })
        .await?;
    visit.show(PLACE, "cases", &page(&visit, found))
}

/// The customers that the provider's staff may choose from; nothing for a customer.
fn customers(conn: &mut Conn, reach: Reach) -> Result<Vec<Choice>, Problem> {
    if reach != Reach::Everything {
        return Ok(Vec::new());
    }
    let all = organizations::by_name(conn, reach, ORGANIZATIONS)?;
    let customers = all
        .into_iter()
        .filter(|organization| organization.kind != OrganizationKind::Provider);
    Ok(customers
        .map(|organization| Choice::new(organization.slug.to_string(), organization.name))
        .collect())
}

fn page(visit: &PageRequest, found: Found) -> CasesPage {
    let words = visit.words();
    let chosen = |name: &str| visit.asked(name).unwrap_or_default();
    let yes_no =
        ["true", "false"].map(|value| Choice::new(value, words.say_of("escalated", value, &[])));
    let mut filters = vec![
        Filter::new(
            words,
            "status",
            words_of(words, "status", Status::NAMES, ""),
            chosen("status"),
        ),
        Filter::new(
            words,
            "priority",
            words_of(words, "priority", Priority::NAMES, ""),
            chosen("priority"),
        ),
        Filter::new(words, "escalated", yes_no.to_vec(), chosen("escalated")),
    ];
    if visit.is_staff() {
        let mine = vec![Choice::new("me", words.say("owner-me", &[]))];
        filters.push(Filter::new(
            words,
            "organization",
            found.organizations,
            chosen("organization"),
        ));
        filters.push(Filter::new(words, "owner", mine, chosen("owner")));
    }
    let filtered = [
        "q",
        "status",
        "priority",
        "escalated",
        "organization",
        "owner",
    ]
    .iter()
    .any(|name| visit.asked(name).is_some());
    CasesPage {
        query: chosen("q").to_owned(),
        filters,
        filtered,
        rows: found
            .rows
            .iter()
            .map(|view| row(view, &found.unread))
            .collect(),
        pager: Pager {
            first: visit.asked("cursor").map(|_| address(visit, None)),
            next: found
                .next_cursor
                .map(|cursor| address(visit, Some(&cursor))),
        },
        open: visit.can(Permission::CasesCreate),
        staff: visit.is_staff(),
    }
}

/// This list at another place, its filters kept.
fn address(visit: &PageRequest, cursor: Option<&str>) -> String {
    let mut query: BTreeMap<&str, &str> = visit
        .query
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    query.remove("cursor");
    query.extend(cursor.map(|cursor| ("cursor", cursor)));
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(query)
        .finish();
    format!("/cases?{query}")
}

/// Those of the cases on which the provider has written behind what the person has read. Whichever feed was read last: the
/// two are opened together.
fn unread(
    conn: &mut Conn,
    cases: &[CaseId],
    person: PersonId,
) -> Result<BTreeSet<CaseId>, Problem> {
    let read: BTreeMap<CaseId, i64> = reads::last_of(conn, cases, person)?.into_iter().collect();
    let newest = feeds::newest_provider_updates(conn, cases)?;
    Ok(newest
        .into_iter()
        .filter(|(case, newest)| read.get(case).is_none_or(|read| read < newest))
        .map(|(case, _)| case)
        .collect())
}

fn row(view: &CaseView, unread: &BTreeSet<CaseId>) -> CaseRow {
    let case = &view.case;
    CaseRow {
        number: case.number.to_string(),
        href: format!("/cases/{}", case.number),
        subject: case.subject.clone(),
        priority: case.priority,
        status: case.status,
        organization: view.organization.name.clone(),
        owner: view.owner.as_ref().map(|owner| owner.name.clone()),
        updated_at: case.updated_at,
        escalation: view.active_escalation.is_some(),
        unread: unread.contains(&case.id),
    }
}

async fn new(visit: PageRequest) -> PageResult {
    let page = open_page(&visit, form(&visit).await?);
    visit.show(PLACE, "open-case", &page)
}

/// The page on which a case is opened.
struct Opening;

impl FormPage<CaseNumber> for Opening {
    async fn done(&self, visit: &PageRequest, number: CaseNumber) -> PageResult {
        let flash = Flash::new(Done::CaseOpened).number(number);
        Ok(visit.go(format!("/cases/{number}"), Some(flash)))
    }

    async fn refused(&self, visit: &PageRequest, problem: Problem) -> PageResult {
        let form = form(visit).await?;
        let form = form.refused_for(visit.words(), &visit.typed, &problem);
        let status = problem.code().status();
        visit.show_again(status, PLACE, "open-case", &open_page(visit, form))
    }
}

async fn open(visit: PageRequest) -> PageResult {
    visit
        .act(&Opening, |conn, by, command: &OpenCase| {
            let id = open_case(conn, by.actor, command, by.now)?;
            Ok(cases::find(conn, id)?.number)
        })
        .await
}

fn open_page(visit: &PageRequest, form: Form) -> OpenCasePage {
    OpenCasePage {
        form,
        phone: visit.desk.support_phone.clone().unwrap_or_default(),
    }
}

/// The form, with the organizations and lines that the provider's staff choose from.
async fn form(visit: &PageRequest) -> Result<Form, Problem> {
    let (reach, none) = (
        visit.access()?.reach(),
        visit.words().say("choice-none", &[]),
    );
    let (organizations, lines) = visit
        .look(move |conn| {
            let organizations = customers(conn, reach)?;
            let lines = if !matches!(reach, Reach::Organization(_)) {
                lines::all(conn)?
            } else {
                Vec::new()
            };
            Ok((organizations, lines))
        })
        .await?;
    // One line is no choice.
    let below: Vec<_> = lines
        .into_iter()
        .filter(|line| line.parent_id.is_some())
        .collect();
    let choices = below
        .into_iter()
        .map(|line| Choice::new(line.id.to_string(), line.name));
    let mut lines: Vec<_> = choices.collect();
    if !lines.is_empty() {
        lines.insert(0, Choice::new("", none));
    }
    Ok(open_case_form(visit.words(), organizations, lines))
}
