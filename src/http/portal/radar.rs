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

async fn show(visit: PageRequest) -> PageResult {
    let query: RadarQuery = visit.list_query("")?;
    let hours = query.hours.map_or(HOURS, Whole::get);
    let reader = visit.clone();
    let (found, lines, reasons) = visit
        .look_or_search(true, move |conn| {
            let found = find(conn, reader.asker()?, &query)?;
            let lines = lines_for(conn, reader.access()?)?;
            Ok((found, lines, rules::reasons(conn)?))
        })
        .await?;
    let page = page(&visit, hours, &found, (lines, &reasons));
    visit.show(PLACE, "radar", &page)
}

fn page(
    visit: &PageRequest,
    hours: i64,
    found: &FoundOnRadar,
    (lines, reasons): (Vec<Line>, &[ReasonRow]),
) -> RadarPage {
    let words = visit.words();
    let ahead = OFFERED.map(|hours| {
        let label = words.say("radar-hours", &[("hours", hours.into())]);
        Choice::new(hours.to_string(), label)
    });
    let mut fields = vec![
        Filter::one_of(
            visit,
            RadarQuery::hours(),
            ahead.to_vec(),
            &hours.to_string(),
        ),
        Filter::owner(visit, RadarQuery::owner()),
    ];
    let line = RadarQuery::line_of_business();
    fields.extend(Filter::line(visit, line, lines));
    RadarPage {
        filters: filters(visit, fields),
        rows: (found.rows.iter())
            .map(|one| row(visit, one, reasons))
            .collect(),
        total: words.say("list-total", &[("count", found.count.into())]),
        pager: Pager {
            first: visit.asked("cursor").map(|_| visit.here("cursor", None)),
            next: (found.next.as_deref()).map(|cursor| visit.here("cursor", Some(cursor))),
        },
    }
}

fn row(visit: &PageRequest, of: &Spotted, reasons: &[ReasonRow]) -> RadarRow {
    let (case, upcoming) = (&of.case, &of.upcoming);
    let number = case.facts.number.to_string();
    let href = format!("/cases/{number}");
    let mut reasons = reasons.iter();
    let reason = reasons.find(|reason| reason.code == upcoming.reason);
    RadarRow {
        at: upcoming.at,
        tone: match upcoming.at - visit.now <= WARNED_BEFORE {
            true => Tone::Soon,
            false => Tone::Plain,
        },
        subject: case.subject.clone(),
        priority: case.facts.priority,
        organization: case.organization.name.clone(),
        owner: case.owner.as_ref().map(|owner| owner.name.clone()),
        reason: reason.map_or_else(|| upcoming.reason.clone(), |reason| reason.label.clone()),
        because: sentence(visit.words(), &upcoming.finding, visit.now),
        prevents: prevents(visit, of, &href),
        number,
        href,
    }
}

/// Where what prevents it is done, for who may; else where it is read about.
fn prevents(visit: &PageRequest, of: &Spotted, case: &str) -> Link {
    let does = |permission| visit.can(permission);
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
    let label = visit.words().say_of(family, prevention.as_str(), &[]);
    Link::new(label, format!("{case}{place}"))
}
