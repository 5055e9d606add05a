//! The list of cases, and opening one.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::http::StatusCode;

use super::{CaseRow, CasesPage, ForOthers, OpenCasePage, ShownOfCases, open_case_form};
use crate::db::{Conn, steadily};
use crate::domain::access::{Access, Permission, Reach};
use crate::domain::case::{Priority, Status};
use crate::domain::draft::DraftPlace;
use crate::domain::ids::{CaseId, CaseNumber, CaseRef};
use crate::domain::list_columns::Columns;
use crate::domain::organization::OrganizationKind;
use crate::domain::saved_filter::FilteredList;
use crate::http::api::cases::{CaseQuery, Cases};
use crate::http::api_request::may;
use crate::http::list::{Found, ListQuery, Listing, find};
use crate::http::portal::act::FormPage;
use crate::http::portal::answer::PageResult;
use crate::http::portal::bulk::{self, Offered};
use crate::http::portal::columns::{self, Named};
use crate::http::portal::drafts::Keeping;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::form::{Choice, Form, words_of};
use crate::http::portal::help::announcements;
use crate::http::portal::help::suggested::suggested;
use crate::http::portal::list::{Column, Filter, MOST_COUNTED, filters, heads, pager, total};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::route::{PortalRoute, pages};
use crate::http::portal::saved;
use crate::http::problem::Problem;
use crate::store::announcements::Announcement;
use crate::store::cases::{self, CaseView};
use crate::store::saved_filters::{self, SavedFilter};
use crate::store::{feeds, lines, organizations, reads};
use crate::workflow::attachments::For;
use crate::workflow::draft;
use crate::workflow::open_case::{OpenCase, contacts, open_case};

/// The most organizations that a list offers.
const ORGANIZATIONS: i64 = 500;
const PLACE: &str = "cases";
const LIST: FilteredList = FilteredList::Cases;
/// The page on which a case is opened.
const NEW: &str = "/cases/new";

/// The rows of the route table.
pub(in crate::http::portal) fn routes() -> Vec<PortalRoute> {
    let rows = pages! { cases:
        GET  "/cases"     may(Permission::CasesView)   => list, "The list of cases";
        GET  "/cases/new" may(Permission::CasesCreate) => new, "The form that opens a case";
        POST "/cases"     may(Permission::CasesCreate) => open, "Opens a case";
    };
    PortalRoute::with_attachments(rows, &["/cases"])
}

/// Its columns, by name.
const COLUMNS: [Named; 8] = [
    (
        "case",
        Column::said("cases-column-case").sorts("-opened_at"),
    ),
    (
        "priority",
        Column::said("cases-column-priority")
            .sorts("-priority")
            .wide(),
    ),
    (
        "status",
        Column::said("cases-column-status").sorts("status").wide(),
    ),
    (
        "organization",
        Column::said("cases-column-organization").wide(),
    ),
    ("line_of_business", Column::said("cases-column-line").wide()),
    ("owner", Column::said("cases-column-owner").wide()),
    ("opened_at", Column::said("cases-column-opened").wide()),
    (
        "updated_at",
        Column::said("cases-column-update")
            .sorts("-updated_at")
            .wide(),
    ),
];

/// What the list shows besides its cases.
struct Beside {
    /// Those on which support has written what the reader has not read.
    unread: BTreeSet<CaseId>,
    organizations: Vec<Choice>,
    announced: Vec<Announcement>,
    saved: Vec<SavedFilter>,
    columns: Columns,
    acts: Option<Offered>,
}

async fn list(req: PageRequest) -> PageResult {
    // Whoever types a number is led to its case, if there is one for them.
    if let Some(number) = req
        .asked("q")
        .and_then(|words| words.parse::<CaseNumber>().ok())
    {
        let reach = req.access()?.reach();
        let found = req
            .read(move |conn| Ok(cases::id_of(conn, reach, &CaseRef::Number(number))?))
            .await?;
        if found.is_some() {
            return Ok(req.go(format!("/cases/{number}"), None));
        }
    }
    let query: CaseQuery = req.list_query("")?;
    let columns = req.columns_asked(LIST)?;
    let (reader, asked) = (req.clone(), query.clone());
    let (found, beside) = req
        .read_or_search(Cases::searches(&query), move |conn| {
            let (asker, access) = (reader.asker()?, reader.access()?);
            let found = find::<Cases>(conn, asker, &asked, Some(MOST_COUNTED))?;
            let found = found.try_map(|bare| cases::named(conn, bare))?;
            let ids: Vec<_> = found.rows.iter().map(|view| view.case.id).collect();
            let beside = Beside {
                unread: unread(conn, &ids, access)?,
                organizations: customers(conn, access.reach())?,
                announced: announcements::unread(conn, access, asker.now)?,
                saved: saved_filters::of_reader(conn, access)?,
                columns: columns::of_page(conn, &reader, LIST, columns.as_ref())?,
                acts: bulk::offered(conn, access, LIST, asker.now)?,
            };
            Ok((found, beside))
        })
        .await?;
    req.show(PLACE, "cases", &page(&req, &query, found, beside))
}

/// The customers that the provider's staff may choose from; nothing for a customer.
pub(in crate::http::portal) fn customers(
    conn: &mut Conn,
    reach: Reach,
) -> Result<Vec<Choice>, Problem> {
    if matches!(reach, Reach::Organization(_)) {
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

fn page(req: &PageRequest, query: &CaseQuery, found: Found<CaseView>, beside: Beside) -> CasesPage {
    let (words, staff) = (req.words(), req.is_staff());
    let yes_no =
        ["true", "false"].map(|value| Choice::new(value, words.say_of("escalated", value, &[])));
    let statuses = words_of(words, "status", Status::NAMES, "");
    let priorities = words_of(words, "priority", Priority::NAMES, "");
    let mut fields = vec![
        Filter::search(req, CaseQuery::q(), words.say("cases-search", &[])),
        Filter::choice(req, CaseQuery::status(), statuses),
        Filter::choice(req, CaseQuery::priority(), priorities),
        Filter::choice(req, CaseQuery::escalated(), yes_no.to_vec()),
    ];
    if staff {
        fields.extend([
            Filter::choice(req, CaseQuery::organization(), beside.organizations),
            Filter::owner(req, CaseQuery::owner()),
        ]);
    }
    let filters = filters(req, fields);
    let columns = &beside.columns;
    let heads_of = columns::shown(&COLUMNS, columns);
    // Staff act on rows by the key by which contacts escalate one.
    let escalates = req.can(Permission::EscalationsSubmit) && !req.can(Permission::CasesWork);
    CasesPage {
        announced: announcements::announced(beside.announced, "/cases"),
        total: total(words, found.count, filters.any),
        saved: saved::above(req, &beside.saved, LIST),
        columns: req.columns_view(LIST, &COLUMNS, columns),
        shown: ShownOfCases::of(columns),
        filters,
        heads: heads(req, &heads_of, &query.sort().to_string()),
        pager: pager(req, &found),
        rows: found
            .rows
            .iter()
            .map(|view| CaseRow {
                escalates,
                ..row(view, &beside.unread, staff)
            })
            .collect(),
        acts: bulk::bar(req, LIST, beside.acts, found.rows.len()),
        open: req.can(Permission::CasesCreate),
        staff,
    }
}

/// Those of the cases on which the provider has written behind what the reader has read, where they may read it. Whichever feed was read
/// last: the two are opened together.
fn unread(conn: &mut Conn, cases: &[CaseId], access: &Access) -> Result<BTreeSet<CaseId>, Problem> {
    let read = reads::last_of(conn, cases, access.person)?;
    let read: BTreeMap<CaseId, i64> = read.into_iter().collect();
    let newest = feeds::newest_provider_updates(conn, cases, access.feeds())?;
    Ok(newest
        .into_iter()
        .filter(|(case, newest)| read.get(case).is_none_or(|read| read < newest))
        .map(|(case, _)| case)
        .collect())
}

fn row(view: &CaseView, unread: &BTreeSet<CaseId>, staff: bool) -> CaseRow {
    let case = &view.case;
    CaseRow {
        number: case.number.to_string(),
        href: format!("/cases/{}", case.number),
        subject: case.subject.clone(),
        priority: case.priority,
        status: case.status,
        organization: view.organization.name.clone(),
        line: match staff {
            true => view.line_name.clone(),
            false => String::new(),
        },
        owner: view.owner.as_ref().map(|owner| owner.name.clone()),
        opened_at: case.opened_at,
        updated_at: case.updated_at,
        escalation: view.active_escalation.is_some(),
        unread: unread.contains(&case.id),
        version: case.version,
        escalates: false,
    }
}

async fn new(req: PageRequest) -> PageResult {
    let form = form(&req).await?;
    let page = open_page(&req, form).await?;
    req.show(PLACE, "open-case", &page)
}

/// The page on which a case is opened.
struct Opening;

impl FormPage<CaseNumber> for Opening {
    async fn done(&self, req: &PageRequest, number: CaseNumber) -> PageResult {
        let flash = Flash::new(Done::CaseOpened).number(number);
        Ok(req.go(format!("/cases/{number}"), Some(flash)))
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        let form = form(req).await?.holding(req.pending_files().await?);
        let form = form.refused_for(req.words(), &req.typed, &problem);
        let status = problem.code().status();
        let page = open_page(req, form).await?;
        req.show_again(status, PLACE, "open-case", &page)
    }
}

/// What the button sends that looks for articles before the case is opened.
const LOOK: (&str, &str) = ("step", "articles");

async fn open(req: PageRequest) -> PageResult {
    if req.keeps_a_draft() {
        let words = OpenCase::description().name;
        return match req.keep_form(DraftPlace::NewCase, words).await {
            Ok(done) => Ok(req.go(NEW, Some(Flash::new(done)))),
            Err(problem) => req.finish(&Opening, Err(problem)).await,
        };
    }
    let (req, files) = req.with_files(For::Opening).await;
    if let Err(problem) = files {
        return req.finish(&Opening, Err(problem)).await;
    }
    let (name, value) = LOOK;
    if req.typed.get(name).is_some_and(|step| step == value) {
        // What was chosen is here already, and stays.
        let form = form(&req).await?.holding(req.pending_files().await?);
        let form = form.with_what_was_typed(&req.typed);
        let page = open_page(&req, form).await?;
        return req.show_again(StatusCode::OK, PLACE, "open-case", &page);
    }
    req.act(&Opening, |conn, by, command: &OpenCase| {
        steadily(conn, |conn| {
            let case = open_case(conn, by.actor, command, by.now)?;
            draft::sent(conn, by.actor, &DraftPlace::NewCase)?;
            Ok(case.number)
        })
    })
    .await
}

async fn open_page(req: &PageRequest, form: Form) -> Result<OpenCasePage, Problem> {
    let subject = req.typed.get(OpenCase::subject().name);
    let subject = subject.map_or("", String::as_str);
    Ok(OpenCasePage {
        suggested: suggested(req, subject).await?,
        form,
        phone: match req.is_staff() {
            true => String::new(),
            false => req.words().support_phone(),
        },
    })
}

/// The form, with the organizations and lines that the provider's staff choose from.
async fn form(req: &PageRequest) -> Result<Form, Problem> {
    let (reach, none) = (req.access()?.reach(), req.words().say("choice-none", &[]));
    let (paired, now) = (req.access()?.through.is_some(), req.now);
    let (of, lines) = req
        .read(move |conn| {
            let of = ForOthers {
                organizations: customers(conn, reach)?,
                contacts: match reach {
                    Reach::Organization(there) if paired => contacts(conn, there, now)?
                        .iter()
                        .map(|person| Choice::new(person.id.to_string(), person.name.clone()))
                        .collect(),
                    _ => Vec::new(),
                },
            };
            let lines = if !matches!(reach, Reach::Organization(_)) {
                lines::all(conn)?
            } else {
                Vec::new()
            };
            Ok((of, lines))
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
    let begun = req.drafts_at(DraftPlace::NewCase).await?;
    let form = open_case_form(req.words(), of, lines);
    Ok(form.drafting(Keeping {
        place: &DraftPlace::NewCase,
        words: OpenCase::description().name,
        page: NEW,
        drafts: &begun,
    }))
}
