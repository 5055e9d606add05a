//! The pages of reports and their files.

use actix_web::http::StatusCode;
use url::form_urlencoded::Serializer;

use super::view::card;
use super::{ReportCard, ReportsPage};
use crate::db::Conn;
use crate::domain::access::{Access, Permission};
use crate::domain::case::Priority;
use crate::domain::organization::Side;
use crate::domain::report::{Moment, Period, Report, ReportFilter, ReportName};
use crate::domain::target::TargetKind;
use crate::http::api::reports::{ReportQuery, find};
use crate::http::api_request::may;
use crate::http::list::Asker;
use crate::http::portal::answer::{Answer, PageResult};
use crate::http::portal::cases::customers;
use crate::http::portal::form::{Choice, Wrong, words_of};
use crate::http::portal::list::{Filter, Filters, filters, lines_for};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::route::{PortalRoute, pages};
use crate::http::portal::said::fault_said_to_people;
use crate::http::problem::{Code, Problem};
use crate::http::report::{self, Found, ReportFormat};
use crate::http::table_file::Format;
use crate::input::{Declared, FieldError};
use crate::store::lines::Line;
use crate::store::rules;

const PLACE: &str = "reports";

/// The rows of the route table.
pub(in crate::http::portal) fn routes() -> Vec<PortalRoute> {
    pages! { reports:
        GET "/reports"               may(Permission::ReportsView)   => overview, "All reports, small beside each other";
        GET "/reports/{report}"      may(Permission::ReportsView)   => show, "One report with its picture and its table";
        GET "/reports/{report}/file" may(Permission::ReportsExport) => file, "One report as a file";
    }
}

/// What there is to choose from.
struct Offered {
    organizations: Vec<Choice>,
    lines: Vec<Line>,
    reasons: Vec<Choice>,
}

fn offered(conn: &mut Conn, access: &Access) -> Result<Offered, Problem> {
    Ok(Offered {
        organizations: customers(conn, access.reach())?,
        lines: lines_for(conn, access)?,
        reasons: (rules::reasons(conn)?.iter())
            .map(|reason| Choice::new(reason.code.clone(), reason.label.clone()))
            .collect(),
    })
}

/// What is asked for in the address, as far as these filters take it, and by what if that is to stay.
fn query_of(req: &PageRequest, filters: &[ReportFilter], by: bool) -> String {
    let names = filters.iter().map(|filter| filter.as_str());
    let mut query = Serializer::new(String::new());
    for name in by.then_some("by").into_iter().chain(names) {
        if let Some(value) = req.asked(name) {
            query.append_pair(name, value);
        }
    }
    query.finish()
}

/// What narrows all reports that can be narrowed to it, for people of a side.
fn shared(side: Side) -> Vec<ReportFilter> {
    Report::named(ReportName::Outcomes).filters(side)
}

fn side_of(req: &PageRequest) -> Side {
    match req.is_staff() {
        true => Side::Provider,
        false => Side::Customer,
    }
}

async fn overview(req: PageRequest) -> PageResult {
    let reader = req.clone();
    let (offered, drawn) = req
        .read_or_search(true, move |conn| {
            let asker = reader.asker()?;
            let drawn = all(conn, &reader, asker);
            Ok((offered(conn, asker.access)?, drawn))
        })
        .await?;
    let title = req.words().say("reports-title", &[]);
    let page = ReportsPage {
        about: req.words().say("reports-about", &[]),
        title,
        back: String::new(),
        filters: form(&req, None, offered),
        wrong: Wrong::default(),
        refused: false,
        cards: Vec::new(),
        alone: false,
        live: req.can(Permission::CasesView),
    };
    let cards = |found: Vec<Found>| {
        let small = |found: &Found| {
            let filters = found.asked.report.filters(side_of(&req));
            card(&req, found, false, &query_of(&req, &filters, false))
        };
        found.iter().map(small).collect()
    };
    shown(&req, page, drawn.map(cards))
}

/// Every report that there is for somebody and that can be narrowed to what is asked for. Those of this moment have no period.
fn all(conn: &mut Conn, req: &PageRequest, asker: Asker<'_>) -> Result<Vec<Found>, Problem> {
    let query = ReportQuery {
        by: None,
        kind: None,
        format: None,
        ..req.list_query("")?
    };
    let given = query.given();
    let of_time = |filter: &ReportFilter| matches!(filter, ReportFilter::From | ReportFilter::To);
    let mut drawn = Vec::new();
    for name in ReportName::ALL {
        let report = Report::named(*name);
        let filters = report.filters(asker.access.side);
        let mut asked = given.iter().filter(|filter| !of_time(filter));
        if !report.is_for(asker.access) || !asked.all(|filter| filters.contains(filter)) {
            continue;
        }
        let query = match report.is_of_a_period() {
            true => query.clone(),
            false => ReportQuery {
                from: None,
                to: None,
                ..query.clone()
            },
        };
        drawn.push(find(conn, asker, report, &query)?);
    }
    Ok(drawn)
}

async fn show(req: PageRequest, name: ReportName) -> PageResult {
    let report = Report::named(name);
    report::visible(report, req.access()?)?;
    let reader = req.clone();
    let (offered, drawn) = req
        .read_or_search(true, move |conn| {
            let asker = reader.asker()?;
            let drawn = reader
                .list_query("")
                .and_then(|query: ReportQuery| find(conn, asker, report, &query));
            Ok((offered(conn, asker.access)?, drawn))
        })
        .await?;
    let words = req.words();
    let page = ReportsPage {
        title: words.say_of("report", name.as_str(), &[]),
        about: words.say_of("report-about", name.as_str(), &[]),
        back: match query_of(&req, &shared(side_of(&req)), false) {
            query if query.is_empty() => "/reports".to_owned(),
            query => format!("/reports?{query}"),
        },
        filters: form(&req, Some(report), offered),
        wrong: Wrong::default(),
        refused: false,
        cards: Vec::new(),
        alone: true,
        live: req.can(Permission::CasesView),
    };
    let cards = |found: Found| {
        let filters = report.filters(side_of(&req));
        vec![card(&req, &found, true, &query_of(&req, &filters, true))]
    };
    shown(&req, page, drawn.map(cards))
}

/// The page with its reports; or with what is wrong with what was asked for, which stays in its fields.
fn shown(
    req: &PageRequest,
    page: ReportsPage,
    cards: Result<Vec<ReportCard>, Problem>,
) -> PageResult {
    match cards {
        Ok(cards) => req.show(PLACE, "reports", &ReportsPage { cards, ..page }),
        Err(problem) if problem.code() == Code::ValidationFailed => {
            let mut told = Wrong::default();
            for error in problem.errors() {
                let mut fields = page.filters.fields.iter();
                let field = fields.find(|field| field.name == error.field());
                told.add(field.map(|field| field.id.as_str()), wrong(req, error));
            }
            let page = ReportsPage {
                wrong: told,
                refused: true,
                live: false,
                ..page
            };
            req.show_again(StatusCode::UNPROCESSABLE_ENTITY, PLACE, "reports", &page)
        }
        Err(problem) => Err(problem.into()),
    }
}

fn wrong(req: &PageRequest, error: &FieldError) -> String {
    let words = req.words();
    let label = match ReportFilter::NAMES
        .iter()
        .find(|name| **name == error.field())
    {
        Some(name) => words.say_of("label", name, &[]),
        None if error.field() == "by" => words.say_of("label", "by", &[]),
        None => error.field().to_owned(),
    };
    format!("{label}: {}", fault_said_to_people(words, error))
}

/// What narrows reports: all of them, or one.
fn form(req: &PageRequest, report: Option<&Report>, offered: Offered) -> Filters {
    let (words, side) = (req.words(), side_of(req));
    let taken = report.map_or_else(|| shared(side), |report| report.filters(side));
    let takes = |filter: ReportFilter| taken.contains(&filter);
    let mut fields = Vec::new();
    if let Some(report) = report {
        let groupings = report.groupings(side);
        let names: Vec<&str> = groupings.iter().map(|by| by.as_str()).collect();
        let choices = words_of(words, "report-by", &names, "");
        let usual = report.usual(side).as_str();
        let chosen = req.asked("by").unwrap_or(usual);
        fields.push(Filter::one_of(req, ReportQuery::by(), choices, chosen));
    }
    if takes(ReportFilter::From) {
        fields.extend(days(req));
    }
    if takes(ReportFilter::Organization) {
        let field = ReportQuery::organization();
        fields.push(Filter::choice(req, field, offered.organizations));
    }
    if takes(ReportFilter::LineOfBusiness) {
        let field = ReportQuery::line_of_business();
        fields.extend(Filter::line(req, field, offered.lines));
    }
    if takes(ReportFilter::Reason) {
        let field = ReportQuery::reason();
        fields.push(Filter::choice(req, field, offered.reasons));
    }
    if takes(ReportFilter::Priority) {
        let choices = words_of(words, "priority", Priority::NAMES, "");
        fields.push(Filter::choice(req, ReportQuery::priority(), choices));
    }
    if takes(ReportFilter::Kind) {
        let choices = words_of(words, "target-kind", TargetKind::NAMES, "");
        fields.push(Filter::choice(req, ReportQuery::kind(), choices));
    }
    filters(req, fields)
}

/// The first and the last day, which are shown also where nobody asked for them.
fn days(req: &PageRequest) -> [Filter; 2] {
    let words = req.words();
    let read = |name: &str| {
        let text = req.asked(name)?;
        let day = text.parse().map(Moment::Day).ok();
        day.or_else(|| text.parse().map(Moment::At).ok())
    };
    let asked = (read("from"), read("to"));
    let period = Period::asked(asked, req.zone(), req.now).ok();
    let days = period.map(|period| period.days(req.zone()));
    let field = |declared: Declared, day: Option<chrono::NaiveDate>| {
        let label = words.say_of("label", declared.name, &[]);
        let mut filter = Filter::day(req, declared, label);
        if let Some(day) = day {
            filter.value = day.to_string();
        }
        filter
    };
    [
        field(ReportQuery::from(), days.map(|(first, _)| first)),
        field(ReportQuery::to(), days.map(|(_, last)| last)),
    ]
}

async fn file(req: PageRequest, name: ReportName) -> PageResult {
    let report = Report::named(name);
    report::visible(report, req.access()?)?;
    let query: ReportQuery = req.list_query("")?;
    let format = match query.format {
        Some(ReportFormat::Xlsx) => Format::Xlsx,
        _ => Format::Csv,
    };
    let reader = req.clone();
    let file = req
        .read_or_search(true, move |conn| {
            let found = find(conn, reader.asker()?, report, &query)?;
            report::file(reader.words(), &reader.times(), &found, format)
        })
        .await?;
    Ok(Answer::download(file))
}
