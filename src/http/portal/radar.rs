//! The radar: what becomes eligible for escalation next, each with what prevents it one click away (M9).

use serde::Serialize;

use super::answer::PageResult;
use super::form::Choice;
use super::list::{Filter, Filters, filters, lines_for};
use super::page_request::PageRequest;
use super::parts::{Link, Pager};
use super::route::{PortalRoute, pages};
use super::shell::Tone;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::case::Priority;
use crate::domain::radar::{HOURS, Prevention, WARNED_BEFORE};
use crate::http::api::radar::{FoundOnRadar, RadarQuery, find};
use crate::http::api_request::may;
use crate::input::Whole;
use crate::store::lines::Line;
use crate::store::rules::{self, ReasonRow};
use crate::words::assessment::sentence;
use crate::workflow::radar::Spotted;

const PLACE: &str = "radar";
/// How many hours ahead the page offers to look.
const OFFERED: [i64; 5] = [4, 8, HOURS, 72, 168];

/// The rows of the route table.
pub(super) fn routes() -> Vec<PortalRoute> {
    pages! { radar:
        GET "/radar" may(Permission::RadarView) => show, "The cases that become eligible for escalation next";
    }
}

/// The radar.
#[derive(Clone, Debug, Serialize)]
pub struct RadarPage {
    /// How far ahead, of which line and of whom.
    pub filters: Filters,
    /// What it shows, by when.
    pub rows: Vec<RadarRow>,
    /// How much that is in all, in words.
    pub total: String,
    /// To the next page.
    pub pager: Pager,
    /// Whether it is told that one of the cases changed while the page is open.
    pub live: bool,
}

/// A case that becomes eligible for a reason.
#[derive(Clone, Debug, Serialize)]
pub struct RadarRow {
    /// When.
    pub at: Instant,
    /// How pressing that is.
    pub tone: Tone,
    /// `C-000123`.
    pub number: String,
    /// The case's page.
    pub href: String,
    /// Its subject.
    pub subject: String,
    /// Its priority.
    pub priority: Priority,
    /// Whose case it is.
    pub organization: String,
    /// Who owns it.
    pub owner: Option<String>,
    /// What it can be escalated for.
    pub reason: String,
    /// Why, in a sentence.
    pub because: String,
    /// What prevents it.
    pub prevents: Link,
}

async fn show(req: PageRequest) -> PageResult {
    let query: RadarQuery = req.list_query("")?;
    let hours = query.hours.map_or(HOURS, Whole::get);
    let reader = req.clone();
    let (found, lines, reasons) = req
        .read_or_search(true, move |conn| {
            let found = find(conn, reader.asker()?, &query)?;
            let lines = lines_for(conn, reader.access()?)?;
            Ok((found, lines, rules::reasons(conn)?))
        })
        .await?;
    let page = page(&req, hours, &found, (lines, &reasons));
    req.show(PLACE, "radar", &page)
}

fn page(
    req: &PageRequest,
    hours: i64,
    found: &FoundOnRadar,
    (lines, reasons): (Vec<Line>, &[ReasonRow]),
) -> RadarPage {
    let words = req.words();
    let ahead = OFFERED.map(|hours| {
        let label = words.say("radar-hours", &[("hours", hours.into())]);
        Choice::new(hours.to_string(), label)
    });
    let mut fields = vec![
        Filter::one_of(req, RadarQuery::hours(), ahead.to_vec(), &hours.to_string()),
        Filter::owner(req, RadarQuery::owner()),
    ];
    let line = RadarQuery::line_of_business();
    fields.extend(Filter::line(req, line, lines));
    RadarPage {
        filters: filters(req, fields),
        rows: (found.rows.iter())
            .map(|one| row(req, one, reasons))
            .collect(),
        total: words.say("list-total", &[("count", found.count.into())]),
        pager: Pager {
            first: req.asked("cursor").map(|_| req.here("cursor", None)),
            next: (found.next.as_deref()).map(|cursor| req.here("cursor", Some(cursor))),
        },
        live: req.can(Permission::CasesView),
    }
}

fn row(req: &PageRequest, of: &Spotted, reasons: &[ReasonRow]) -> RadarRow {
    let (case, upcoming) = (&of.case, &of.upcoming);
    let number = case.facts.number.to_string();
    let href = format!("/cases/{number}");
    let mut reasons = reasons.iter();
    let reason = reasons.find(|reason| reason.code == upcoming.reason);
    RadarRow {
        at: upcoming.at,
        tone: match upcoming.at - req.now <= WARNED_BEFORE {
            true => Tone::Soon,
            false => Tone::Plain,
        },
        subject: case.subject.clone(),
        priority: case.facts.priority,
        organization: case.organization.name.clone(),
        owner: case.owner.as_ref().map(|owner| owner.name.clone()),
        reason: reason.map_or_else(|| upcoming.reason.clone(), |reason| reason.label.clone()),
        because: sentence(req.words(), &upcoming.finding, req.now),
        prevents: prevents(req, of, &href),
        number,
        href,
    }
}

/// Where what prevents it is done, for who may; else where it is read about.
fn prevents(req: &PageRequest, of: &Spotted, case: &str) -> Link {
    let does = |permission| req.can(permission);
    let prevention = of.upcoming.prevented_by;
    let (place, may) = match prevention {
        Prevention::Update => ("#write".to_owned(), does(Permission::FeedsComment)),
        Prevention::NextStep => match of.case.next_step {
            Some(step) => (format!("#step-{step}"), does(Permission::NextStepsPromise)),
            None => ("#next-steps".to_owned(), false),
        },
        Prevention::RcaDelivery => {
            let may = does(Permission::RcaDeliver);
            let place = if may { "?do=deliver_rca#do" } else { "#rca" };
            (place.to_owned(), may)
        }
    };
    let family = if may { "radar-prevent" } else { "radar-see" };
    let label = req.words().say_of(family, prevention.as_str(), &[]);
    Link::new(label, format!("{case}{place}"))
}
