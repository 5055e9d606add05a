//! Reports (H2): which there are, what is asked of one, and one of them as JSON or as a file.

use super::documents::{ReportDeclaration, ReportDocument};
use super::lines::asked_line;
use super::organizations::asked_organization;
use crate::db::Conn;
use crate::domain::access::Permission::{ReportsExport, ReportsView};
use crate::domain::case::Priority;
use crate::domain::reason::ReasonCode;
use crate::domain::report::{
    Grouping, LONGEST_DAYS, Moment, Period, PeriodProblem, Report, ReportFilter, ReportName,
};
use crate::domain::target::TargetKind;
use crate::http::api_request::{ApiRequest, may};
use crate::http::list::Asker;
use crate::http::pagination::Page;
use crate::http::problem::{Code, Problem};
use crate::http::reply::Reply;
use crate::http::report::{self, Found, ReportFormat, accepted, visible};
use crate::http::route::{Route, table};
use crate::http::table_file::Format;
use crate::input::{Fault, FieldError, JSON, input};
use crate::store::reports::{MOST_ROWS, Scope};
use crate::store::rules;
use crate::workflow::report::{Asked, TooFull, draw_up};

/// What a report is written in.
const MEDIA: [&str; 3] = [JSON, Format::MEDIA[0], Format::MEDIA[1]];

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    let list = table! { reports:
        GET "/reports" may(ReportsView) => list, "The reports that there are for you, with what they are by and what narrows them";
    };
    let one = table! { reports:
        GET "/reports/{report}" may(ReportsView) => show, "A report as JSON, or as a CSV or XLSX file, which needs reports:export; by format, or by what the client accepts";
    };
    let one = one.into_iter().map(|route| route.answering_in(&MEDIA));
    list.into_iter().chain(one).collect()
}

input! {
    /// Which part of a report, by what, and how it is written.
    pub struct ReportQuery {
        /// What its rows stand for; what the report is usually by if not given.
        by: Option<Grouping>,
        /// From this day on, as it is in your time zone, or from this instant on; 91 days before the end if not given.
        from: Option<Moment>,
        /// Until the end of this day, as it is in your time zone, or until before this instant; until the end of today if not
        /// given. A report covers two years at the most.
        to: Option<Moment>,
        /// Of cases of this organization, by id or slug; staff only.
        organization: Option<String>,
        /// Of cases of this line of business, by id or name; staff only.
        line_of_business: Option<String>,
        /// Of escalations for this reason, by its code.
        reason: Option<ReasonCode>,
        /// Of this priority: of the case when it was escalated, or of cases as it is now.
        priority: Option<Priority>,
        /// Of targets of this kind.
        kind: Option<TargetKind>,
        /// What it is written in; what the `Accept` header asks for if not given.
        format: Option<ReportFormat>,
    }
}

impl ReportQuery {
    /// What narrows the report, in the order of filters.
    pub fn given(&self) -> Vec<ReportFilter> {
        let given = [
            (ReportFilter::From, self.from.is_some()),
            (ReportFilter::To, self.to.is_some()),
            (ReportFilter::Organization, self.organization.is_some()),
            (
                ReportFilter::LineOfBusiness,
                self.line_of_business.is_some(),
            ),
            (ReportFilter::Reason, self.reason.is_some()),
            (ReportFilter::Priority, self.priority.is_some()),
            (ReportFilter::Kind, self.kind.is_some()),
        ];
        let given = given.into_iter().filter(|(_, is_given)| *is_given);
        given.map(|(filter, _)| filter).collect()
    }
}

/// The report that a query asks for.
///
/// # Errors
/// Those of [`visible`]; [`Code::ValidationFailed`] with everything that is wrong with the query; database errors.
pub fn find(
    conn: &mut Conn,
    asker: Asker<'_>,
    report: &'static Report,
    query: &ReportQuery,
) -> Result<Found, Problem> {
    visible(report, asker.access)?;
    let asked = asked(conn, asker, report, query)?;
    match draw_up(conn, &asked)? {
        Ok(drawn) => Ok(Found {
            asked,
            columns: drawn.sheet.columns,
            rows: drawn.sheet.rows,
            total: drawn.sheet.total,
            left_out: drawn.sheet.left_out,
            buckets: drawn.buckets,
            names: drawn.names,
        }),
        Err(TooFull) => {
            let fault = Fault::new("period_too_full").with("max", MOST_ROWS);
            Err(Problem::invalid_field(FieldError::new("from", fault)))
        }
    }
}

/// Takes what was found, or notes what is wrong with what was asked for.
fn noted<T>(found: Result<T, Problem>, errors: &mut Vec<FieldError>) -> Result<Option<T>, Problem> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(problem) if problem.code() == Code::ValidationFailed => {
            errors.extend(problem.errors().iter().cloned());
            Ok(None)
        }
        Err(problem) => Err(problem),
    }
}

fn asked(
    conn: &mut Conn,
    asker: Asker<'_>,
    report: &'static Report,
    query: &ReportQuery,
) -> Result<Asked, Problem> {
    let side = asker.access.side;
    let (filters, groupings) = (report.filters(side), report.groupings(side));
    let mut errors = Vec::new();
    for filter in query.given() {
        if !filters.contains(&filter) {
            let known: Vec<&str> = filters.iter().map(|filter| filter.as_str()).collect();
            let fault = Fault::new("unknown_field").with("known", known.join(", "));
            errors.push(FieldError::new(filter.as_str(), fault));
        }
    }
    // What the report does not take is not looked up either: nobody learns what there is of it.
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let by = query.by.unwrap_or_else(|| report.usual(side));
    if !groupings.contains(&by) {
        let allowed: Vec<&str> = groupings.iter().map(|by| by.as_str()).collect();
        let fault = Fault::new("not_allowed").with("allowed", allowed.join(", "));
        errors.push(FieldError::new("by", fault));
    }
    let organization = asked_organization(conn, asker, query.organization.as_deref());
    let organization = noted(organization, &mut errors)?.flatten();
    let line = asked_line(conn, asker, query.line_of_business.as_deref());
    let line = noted(line, &mut errors)?.flatten();
    let reason = query.reason.as_ref().map(ReasonCode::to_string);
    if let Some(code) = &reason
        && rules::reason(conn, code)?.is_none()
    {
        errors.push(FieldError::new("reason", Fault::new("not_found")));
    }
    let period = match report.is_of_a_period() {
        false => None,
        true => match Period::asked((query.from, query.to), asker.zone, asker.now) {
            Ok(period) => Some(period),
            Err(problem) => {
                let fault = match problem {
                    PeriodProblem::EndsBeforeItBegins => Fault::new("ends_before_it_begins"),
                    PeriodProblem::TooLong => {
                        Fault::new("period_too_long").with("max", LONGEST_DAYS)
                    }
                };
                errors.push(FieldError::new("to", fault));
                None
            }
        },
    };
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    Ok(Asked {
        report,
        by,
        scope: Scope {
            reach: asker.access.reach(),
            organization,
            line,
            reason,
            priority: query.priority,
            period,
        },
        kind: query.kind,
        zone: asker.zone,
        now: asker.now,
    })
}

async fn list(req: ApiRequest) -> Result<Reply<Page<ReportDeclaration>>, Problem> {
    let (reader, access) = (req.reader(), req.principal.access());
    let all = ReportName::ALL.iter().map(|name| Report::named(*name));
    let items = all
        .filter(|report| report.is_for(access))
        .map(|report| ReportDeclaration::new(&reader, report));
    Reply::new(&Page::whole(items.collect()))
}

async fn show(
    req: ApiRequest<ReportName, (), ReportQuery>,
) -> Result<Reply<ReportDocument>, Problem> {
    let report = Report::named(req.address);
    visible(report, req.principal.access())?;
    let format = req.query.format.unwrap_or_else(|| accepted(&req.accept));
    let format = match format {
        ReportFormat::Json => None,
        ReportFormat::Csv => Some(Format::Csv),
        ReportFormat::Xlsx => Some(Format::Xlsx),
    };
    if format.is_some() {
        req.principal.access().require(ReportsExport)?;
    }
    req.search(move |conn, req| {
        let found = find(conn, req.asker(), report, &req.query)?;
        let reader = req.reader();
        let reply = Reply::new(&ReportDocument::new(&reader, &found))?;
        Ok(match format {
            None => reply,
            Some(format) => {
                reply.download(report::file(reader.words, &reader.times(), &found, format)?)
            }
        })
    })
    .await
}
