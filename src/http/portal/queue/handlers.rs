//! The queue of escalations in its views.

use super::{QueuePage, QueueRow, Stat, View};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Access, Permission};
use crate::domain::case::StepState;
use crate::domain::escalation::State;
use crate::domain::ids::EscalationId;
use crate::http::api_request::may;
use crate::http::pagination::Paging;
use crate::http::portal::answer::PageResult;
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::{DueView, Pager};
use crate::http::portal::route::{PortalRoute, pages};
use crate::http::portal::shell::Tone;
use crate::http::portal::steps::tone;
use crate::http::problem::Problem;
use crate::store::escalations::{self, EscalationFilter, EscalationView, Order};
use crate::store::promises::{self, NextStep};
use crate::store::rules;

const PLACE: &str = "queue";
const ACTIVE: [State; 3] = [State::Submitted, State::InReview, State::Accepted];
const ENDED: [State; 3] = [State::Declined, State::Withdrawn, State::Closed];
/// The most active escalations that are put in order; more than a desk can run.
const MOST_ACTIVE: i64 = 500;

/// The rows of the route table.
pub(in crate::http::portal) fn routes() -> Vec<PortalRoute> {
    pages! { queue:
        GET "/escalations" may(Permission::EscalationsView) => show, "The queue of escalations";
    }
}

struct Found {
    active: Vec<EscalationView>,
    steps: Vec<NextStep>,
    ended: Vec<EscalationView>,
    next_cursor: Option<String>,
    labels: Vec<(String, String)>,
}

async fn show(visit: PageRequest) -> PageResult {
    let view = View::named(visit.asked("view").unwrap_or_default());
    let (access, cursor) = (
        visit.access()?.clone(),
        visit.asked("cursor").map(str::to_owned),
    );
    let found = visit
        .look(move |conn| load(conn, &access, view, cursor.as_deref()))
        .await?;
    visit.show(PLACE, "queue", &page(&visit, view, &found)?)
}

fn load(
    conn: &mut Conn,
    access: &Access,
    view: View,
    cursor: Option<&str>,
) -> Result<Found, Problem> {
    let reach = access.reach();
    let active = EscalationFilter {
        state: ACTIVE.to_vec(),
        ..EscalationFilter::default()
    };
    let active = escalations::list(
        conn,
        reach,
        &active,
        Order::Queue { after: None },
        MOST_ACTIVE,
    )?;
    let ids: Vec<_> = active.iter().map(|view| view.escalation.id).collect();
    let steps = promises::of_escalations(conn, &ids)?;
    let (mut ended, mut next_cursor) = (Vec::new(), None);
    if view == View::Closed {
        let paging = Paging::<(Instant, EscalationId)>::read("portal/ended", &(), None, cursor)?;
        let filter = EscalationFilter {
            state: ENDED.to_vec(),
            ..EscalationFilter::default()
        };
        let newest = Order::Newest {
            after: paging.after,
        };
        ended = escalations::list(conn, reach, &filter, newest, paging.fetch())?;
        next_cursor = paging.next(&mut ended, |view| {
            (view.escalation.submitted_at, view.escalation.id)
        });
    }
    let labels = rules::reasons(conn)?
        .iter()
        .map(|row| (row.code.clone(), row.label.clone()))
        .collect();
    Ok(Found {
        active,
        steps,
        ended,
        next_cursor,
        labels,
    })
}

impl Found {
    /// The next open step of an escalation, or the one that was missed.
    fn next_step(&self, id: EscalationId) -> Option<&NextStep> {
        let own = self
            .steps
            .iter()
            .filter(|step| step.escalation_id == Some(id) && step.state != StepState::Done);
        own.min_by_key(|step| step.due_at)
    }

    fn is_late(&self, id: EscalationId, now: Instant) -> bool {
        self.next_step(id)
            .is_some_and(|step| tone(step.state, step.due_at, now) == Tone::Late)
    }
}

fn page(visit: &PageRequest, view: View, found: &Found) -> Result<QueuePage, Problem> {
    let me = visit.access()?.person;
    let is_mine = |view: &EscalationView| view.escalation.owner_id == Some(me);
    let is = |state: State| move |view: &EscalationView| view.escalation.state == state;
    let count = |wanted: &dyn Fn(&EscalationView) -> bool| {
        found.active.iter().filter(|view| wanted(view)).count()
    };
    let unclaimed = count(&is(State::Submitted));
    let counts = [
        None,
        Some(unclaimed),
        Some(count(&is_mine)),
        Some(count(&is(State::InReview))),
        None,
    ];
    let mut rows: Vec<&EscalationView> = match view {
        View::Due => found.active.iter().collect(),
        View::Unclaimed => found
            .active
            .iter()
            .filter(|view| is(State::Submitted)(view))
            .collect(),
        View::Mine => found.active.iter().filter(|view| is_mine(view)).collect(),
        View::InReview => found
            .active
            .iter()
            .filter(|view| is(State::InReview)(view))
            .collect(),
        View::Closed => found.ended.iter().collect(),
    };
    if view == View::Due {
        rows.sort_by_key(|view| (due(found, view), view.escalation.queue_rank));
    }
    let late = count(&|view| found.is_late(view.escalation.id, visit.now));
    let words = visit.words();
    let stat = |value, key: &str, tone| Stat {
        value,
        label: words.say_of("queue-stat", key, &[]),
        tone,
    };
    let when = |tone, value| if value > 0 { tone } else { Tone::Plain };
    Ok(QueuePage {
        stats: vec![
            stat(found.active.len(), "active", Tone::Plain),
            stat(unclaimed, "unclaimed", when(Tone::Soon, unclaimed)),
            stat(late, "late", when(Tone::Late, late)),
            stat(count(&is_mine), "mine", Tone::Plain),
        ],
        tabs: view.tabs(words, counts),
        rows: rows
            .into_iter()
            .map(|view| row(visit, found, view))
            .collect(),
        pager: Pager {
            first: visit
                .asked("cursor")
                .map(|_| format!("/escalations?view={}", view.as_str())),
            next: found
                .next_cursor
                .as_ref()
                .map(|cursor| format!("/escalations?view={}&cursor={cursor}", view.as_str())),
        },
    })
}

/// When something is due: the next promise; what nobody promised anything for has waited since it was submitted.
fn due(found: &Found, view: &EscalationView) -> Instant {
    let escalation = &view.escalation;
    found
        .next_step(escalation.id)
        .map_or(escalation.submitted_at, |step| step.due_at)
}

fn row(visit: &PageRequest, found: &Found, view: &EscalationView) -> QueueRow {
    let escalation = &view.escalation;
    let label = found
        .labels
        .iter()
        .find(|(code, _)| *code == escalation.reason);
    QueueRow {
        rank: escalation.rank.and_then(|rank| u8::try_from(rank).ok()),
        number: escalation.number.to_string(),
        href: format!("/escalations/{}", escalation.number),
        subject: view.case_subject.clone(),
        organization: view.organization.name.clone(),
        reason: label.map_or_else(|| escalation.reason.clone(), |(_, label)| label.clone()),
        owner: view.owner.as_ref().map(|owner| owner.name.clone()),
        next: Some(next(visit, found, view)),
        state: escalation.state,
    }
}

fn next(visit: &PageRequest, found: &Found, view: &EscalationView) -> DueView {
    let words = visit.words();
    let due = |key: &str, at, tone| DueView {
        text: words.say_of("queue-next", key, &[]),
        at: Some(at),
        tone,
    };
    let escalation = &view.escalation;
    match (found.next_step(escalation.id), escalation.state) {
        (_, state) if !state.is_active() => due(
            "ended",
            escalation.closed_at.unwrap_or(escalation.submitted_at),
            Tone::Plain,
        ),
        (Some(step), _) => match (step.state, tone(step.state, step.due_at, visit.now)) {
            (StepState::Missed, tone) => due("missed", step.due_at, tone),
            (_, Tone::Late) => due("overdue", step.due_at, Tone::Late),
            (_, tone) => due("promised", step.due_at, tone),
        },
        (None, State::Submitted) => due("unclaimed", escalation.submitted_at, Tone::Plain),
        (None, State::InReview) => due(
            "in-review",
            escalation.claimed_at.unwrap_or(escalation.submitted_at),
            Tone::Plain,
        ),
        (None, _) => due(
            "nothing",
            escalation.decided_at.unwrap_or(escalation.submitted_at),
            Tone::Soon,
        ),
    }
}
