//! From a figure to the list of what it counts, where a list can be narrowed to just that.

use url::form_urlencoded::Serializer;

use crate::domain::Instant;
use crate::domain::escalation::State;
use crate::domain::report::{Column, Group, Grouping, Measure, Period, ReportName};
use crate::http::report::Found;

/// The list that one figure counts; empty where there is none. `group` is what the row stands for, none for the total.
pub(super) fn to(found: &Found, group: Option<&Group>, column: Column) -> String {
    let Column::Measure(measure) = column else {
        return String::new();
    };
    let asked = &found.asked;
    let (page, own) = match (asked.report.name, measure) {
        (ReportName::Volume, Measure::Cases) => ("/cases", Vec::new()),
        (ReportName::Volume, Measure::Escalations) | (ReportName::Outcomes, Measure::Submitted) => {
            ("/escalations", Vec::new())
        }
        (ReportName::Queue, measure) => match in_queue(measure) {
            Some(own) => ("/escalations", own),
            None => return String::new(),
        },
        (ReportName::Outcomes, measure) => match outcome(measure) {
            Some(states) => ("/escalations", vec![("state", states)]),
            None => return String::new(),
        },
        // A criterion, or a reason for declining, narrows no list.
        (ReportName::DeclineReasons, Measure::Declined) if asked.by != Grouping::Criterion => {
            let states = joined(&[State::Declined]);
            ("/escalations", vec![("state", states)])
        }
        _ => return String::new(),
    };
    let mut query = own;
    if !narrowed(found, group, page, &mut query) {
        return String::new();
    }
    let mut text = Serializer::new(String::new());
    for (name, value) in &query {
        text.append_pair(name, value);
    }
    match text.finish() {
        query if query.is_empty() => page.to_owned(),
        query => format!("{page}?{query}"),
    }
}

type Query = Vec<(&'static str, String)>;

fn joined(states: &[State]) -> String {
    let names: Vec<&str> = states.iter().map(|state| state.as_str()).collect();
    names.join(",")
}

fn in_queue(measure: Measure) -> Option<Query> {
    let active = [State::Submitted, State::InReview, State::Accepted];
    let state = |states: &[State]| ("state", joined(states));
    match measure {
        Measure::Active => Some(vec![state(&active)]),
        Measure::Unclaimed => Some(vec![state(&[State::Submitted])]),
        Measure::InReview => Some(vec![state(&[State::InReview])]),
        Measure::Accepted => Some(vec![state(&[State::Accepted])]),
        Measure::Overdue => Some(vec![state(&active), ("overdue", "true".to_owned())]),
        _ => None,
    }
}

fn outcome(measure: Measure) -> Option<String> {
    match measure {
        Measure::Accepted => Some(joined(&[State::Accepted, State::Closed])),
        Measure::Declined => Some(joined(&[State::Declined])),
        Measure::Withdrawn => Some(joined(&[State::Withdrawn])),
        Measure::Undecided => Some(joined(&[State::Submitted, State::InReview])),
        _ => None,
    }
}

/// Adds what the report and the row are narrowed to; says whether a list can be narrowed to all of that.
fn narrowed(found: &Found, group: Option<&Group>, page: &str, query: &mut Query) -> bool {
    let asked = &found.asked;
    let of_cases = page == "/cases";
    let mut period = asked.scope.period;
    if let Some(id) = asked.scope.organization {
        query.push(("organization", id.to_string()));
    }
    if let Some(line) = asked.scope.line {
        query.push(("line_of_business", line.to_string()));
    }
    if let Some(reason) = &asked.scope.reason {
        query.push(("reason", reason.clone()));
    }
    if let Some(priority) = asked.scope.priority {
        query.push(("priority", priority.to_string()));
    }
    let mut add = |name: &'static str, value: String| {
        // What the report is narrowed to is what the row stands for, if both are of one kind.
        if !query.iter().any(|(given, _)| *given == name) {
            query.push((name, value));
        }
        true
    };
    let can = match group {
        None => true,
        Some(Group::Customer(id)) => add("organization", id.to_string()),
        Some(Group::Line(id)) => add("line_of_business", id.to_string()),
        Some(Group::Reason(code)) if !of_cases => add("reason", code.clone()),
        Some(Group::Priority(Some(priority))) => add("priority", priority.to_string()),
        Some(Group::Rank(Some(rank))) => add("rank", rank.to_string()),
        Some(Group::Owner(owner)) if !of_cases => add(
            "owner",
            owner.map_or_else(|| "none".to_owned(), |owner| owner.to_string()),
        ),
        Some(Group::Period(day)) => {
            let buckets = found.buckets.as_ref();
            period = buckets.and_then(|buckets| buckets.span(*day));
            period.is_some()
        }
        Some(_) => false,
    };
    if let Some(Period { from, to }) = period {
        let (after, before) = match of_cases {
            true => ("opened_after", "opened_before"),
            false => ("submitted_after", "submitted_before"),
        };
        query.push((after, instant(from)));
        query.push((before, instant(to)));
    }
    can
}

fn instant(at: Instant) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
}
