//! The queue of escalations in its views.

use std::cmp::Ordering;

use super::{QueuePage, QueueRow, ShownOfQueue, Stat, View};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::case::StepState;
use crate::domain::escalation::State;
use crate::domain::ids::{EscalationId, PersonId};
use crate::domain::list_columns::Columns;
use crate::domain::order::{Sort, Window, orders};
use crate::domain::saved_filter::FilteredList;
use crate::domain::text::{in_order, sort_key};
use crate::http::api::escalations::{Queue, QueueQuery};
use crate::http::api_request::may;
use crate::http::list::{self, Asker, ListQuery, list_query};
use crate::http::portal::answer::PageResult;
use crate::http::portal::bulk::{self, Offered};
use crate::http::portal::cases::customers;
use crate::http::portal::columns::{self, Named};
use crate::http::portal::form::{Choice, words_of};
use crate::http::portal::help::announcements;
use crate::http::portal::list::{
    Column, Filter, Filters, Head, MOST_COUNTED, filters, heads, lines_for, pager,
    total as total_of,
};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::{DueView, Pager};
use crate::http::portal::route::{PortalRoute, pages};
use crate::http::portal::saved;
use crate::http::portal::shell::Tone;
use crate::http::portal::steps::tone;
use crate::http::problem::Problem;
use crate::input::{CommaList, Fault, FieldError, input};
use crate::store::announcements::Announcement;
use crate::store::escalations::{
    self, Escalation, EscalationFilter, EscalationOrder, EscalationView,
};
use crate::store::lines::Line;
use crate::store::promises::{self, NextStep};
use crate::store::saved_filters::{self, SavedFilter};
use crate::store::targets::{self, Target};
use crate::store::{duty, notices, rules};

const PLACE: &str = "queue";
const LIST: FilteredList = FilteredList::Escalations;
const ACTIVE: [State; 3] = [State::Submitted, State::InReview, State::Accepted];
const ENDED: [State; 3] = [State::Declined, State::Withdrawn, State::Closed];
/// What narrows the list to what a report counts; where one of these is asked for and no view is, it is shown.
const NARROWING: [&str; 10] = [
    "state",
    "owner",
    "rank",
    "overdue",
    "organization",
    "line_of_business",
    "reason",
    "priority",
    "submitted_after",
    "submitted_before",
];
/// The most active escalations that are put in order; more than a desk can run.
const MOST_ACTIVE: i64 = 500;

/// The rows of the route table.
pub(in crate::http::portal) fn routes() -> Vec<PortalRoute> {
    pages! { queue:
        GET "/escalations" may(Permission::EscalationsView) => show, "The queue of escalations";
    }
}

/// Its columns, by name.
const COLUMNS: [Named; 7] = [
    ("rank", Column::said("queue-column-rank").sorts("rank")),
    (
        "escalation",
        Column::said("queue-column-escalation").sorts("-submitted_at"),
    ),
    (
        "reason",
        Column::said("queue-column-reason").sorts("reason").wide(),
    ),
    (
        "owner",
        Column::said("queue-column-owner").sorts("owner").wide(),
    ),
    (
        "submitted_at",
        Column::said("queue-column-submitted").wide(),
    ),
    ("next", Column::said("queue-column-next").sorts("due")),
    (
        "state",
        Column::said("queue-column-state").sorts("state").wide(),
    ),
];
/// Those of the escalations that have ended, which are many: they are read by when they were submitted.
const COLUMNS_OF_ENDED: [Named; 7] = [
    ("rank", Column::said("queue-column-rank")),
    (
        "escalation",
        Column::said("queue-column-escalation").sorts("-submitted_at"),
    ),
    ("reason", Column::said("queue-column-reason").wide()),
    ("owner", Column::said("queue-column-owner").wide()),
    (
        "submitted_at",
        Column::said("queue-column-submitted").wide(),
    ),
    ("next", Column::said("queue-column-next")),
    ("state", Column::said("queue-column-state").wide()),
];

orders! {
    /// What the active escalations are listed by.
    pub enum QueueOrder {
        /// When something is due for them.
        Due = "due",
        /// Their place in the queue.
        Rank = "rank",
        /// When they were submitted.
        SubmittedAt = "submitted_at",
        /// What the reason is called.
        Reason = "reason",
        /// Who owns them; first those that nobody does.
        Owner = "owner",
        /// How far they have come.
        State = "state",
    }
}

list_query! {
    /// In which order.
    pub struct ActiveQuery by QueueOrder, Sort::ascending(QueueOrder::Rank), {}
}

input! {
    /// What can be kept of how the queue is looked at.
    pub struct QueueView {
        /// Which of its views.
        view: Option<String>,
        /// In which order; with `-` the other way round.
        sort: Option<Sort<QueueOrder>>,
    }
}

impl QueueView {
    /// Whether there is such a view, and it is shown in this order.
    ///
    /// # Errors
    /// [`Code::ValidationFailed`](crate::http::problem::Code::ValidationFailed) naming the view, or the order that ended ones have not.
    pub fn check(&self) -> Result<(), Problem> {
        let wrong = |field, allowed: String| {
            let fault = Fault::new("not_allowed").with("allowed", allowed);
            Err(Problem::invalid_field(FieldError::new(field, fault)))
        };
        match self.view.as_deref() {
            Some(view) if !View::NAMES.contains(&view) => wrong("view", View::NAMES.join(", ")),
            // Those that have ended are many, and are in no order that only the active ones have.
            Some(view) if View::named(view) == View::Closed => {
                let has = |sort: &Sort<QueueOrder>| {
                    matches!(sort.by, QueueOrder::Rank | QueueOrder::SubmittedAt)
                };
                match self.sort.is_none_or(|sort| has(&sort)) {
                    true => Ok(()),
                    false => wrong("sort", "rank, submitted_at".to_owned()),
                }
            }
            _ => Ok(()),
        }
    }
}

/// Whether the queue shows what is found among all escalations: something narrows it, and no view is asked for.
pub fn is_narrowed(asked: impl Fn(&str) -> bool) -> bool {
    !asked("view") && NARROWING.iter().any(|name| asked(name))
}

/// What is asked for: the active escalations, which are few enough to be put in any order, or those that have ended and
/// whatever else is found among all.
enum Asked {
    Active(ActiveQuery),
    Ended(Box<QueueQuery>),
}

impl Asked {
    fn of(req: &PageRequest, view: View) -> Result<Self, Problem> {
        Ok(match view {
            View::Closed => Self::Ended(Box::new(QueueQuery {
                state: CommaList(ENDED.to_vec()),
                ..req.list_query("-submitted_at")?
            })),
            View::Found => Self::Ended(Box::new(req.list_query("-submitted_at")?)),
            View::Due => Self::Active(req.list_query("due")?),
            View::Active | View::Unclaimed | View::Mine | View::InReview => {
                Self::Active(req.list_query("rank")?)
            }
        })
    }

    fn heads(&self, req: &PageRequest, columns: &Columns) -> Vec<Head> {
        let (all, sort) = match self {
            Self::Active(query) => (&COLUMNS, query.sort().to_string()),
            Self::Ended(query) => (&COLUMNS_OF_ENDED, query.sort().to_string()),
        };
        heads(req, &columns::shown(all, columns), &sort)
    }
}

struct Found {
    active: Vec<EscalationView>,
    steps: Vec<NextStep>,
    targets: Vec<Target>,
    /// The names of who is on duty; none where there is no roster, or it is not the reader's to see.
    duty: Option<Vec<String>>,
    ended: Option<list::Found<EscalationView>>,
    labels: Vec<(String, String)>,
    organizations: Vec<Choice>,
    lines: Vec<Line>,
    announced: Vec<Announcement>,
    saved: Vec<SavedFilter>,
    columns: Columns,
    acts: Option<Offered>,
}

async fn show(req: PageRequest) -> PageResult {
    let view = match is_narrowed(|name| req.asked(name).is_some()) {
        true => View::Found,
        false => View::named(req.asked("view").unwrap_or_default()),
    };
    let asked = Asked::of(&req, view)?;
    let ended = match &asked {
        Asked::Active(_) => None,
        Asked::Ended(query) => Some(QueueQuery::clone(query)),
    };
    let (reader, columns) = (req.clone(), req.columns_asked(LIST)?);
    let found = req
        .read(move |conn| {
            let columns = columns::of_page(conn, &reader, LIST, columns.as_ref())?;
            load(conn, reader.asker()?, ended.as_ref(), columns)
        })
        .await?;
    req.show(PLACE, "queue", &page(&req, (view, &asked), &found)?)
}

fn load(
    conn: &mut Conn,
    asker: Asker<'_>,
    ended: Option<&QueueQuery>,
    columns: Columns,
) -> Result<Found, Problem> {
    let active = EscalationFilter {
        state: ACTIVE.to_vec(),
        ..EscalationFilter::default()
    };
    let queue = Window::first(Sort::ascending(EscalationOrder::Rank), MOST_ACTIVE);
    let reach = asker.access.reach();
    let active = escalations::list(conn, reach, (&active, asker.now), &queue)?;
    let ids: Vec<_> = active.iter().map(|view| view.escalation.id).collect();
    let labels = rules::reasons(conn)?
        .iter()
        .map(|row| (row.code.clone(), row.label.clone()))
        .collect();
    Ok(Found {
        active,
        steps: promises::of_escalations(conn, &ids)?,
        targets: targets::newest_of(conn, &ids)?,
        duty: on_duty(conn, asker)?,
        saved: saved_filters::of_reader(conn, asker.access)?,
        ended: ended
            .map(|query| list::find::<Queue>(conn, asker, query, Some(MOST_COUNTED)))
            .transpose()?,
        labels,
        organizations: customers(conn, reach)?,
        lines: lines_for(conn, asker.access)?,
        announced: announcements::unread(conn, asker.access, asker.now)?,
        columns,
        acts: bulk::offered(conn, asker.access, LIST, asker.now)?,
    })
}

/// Who is on duty, by name.
fn on_duty(conn: &mut Conn, asker: Asker<'_>) -> Result<Option<Vec<String>>, Problem> {
    if !asker.access.can(Permission::DutyView) {
        return Ok(None);
    }
    let roster = duty::roster(conn)?;
    if roster.shifts.is_empty() {
        return Ok(None);
    }
    let there = roster.on_duty(asker.now);
    let known = notices::known(conn, there.clone(), None, asker.now)?;
    let name = |person: &PersonId| {
        let mut known = known.iter();
        let known = known.find(|known| known.candidate.access.person == *person);
        known.map(|known| known.name.clone())
    };
    Ok(Some(there.iter().filter_map(name).collect()))
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

    /// The target of an escalation that falls due next.
    fn next_target(&self, id: EscalationId) -> Option<&Target> {
        let running = self.targets.iter().filter(|target| {
            target.escalation_id == id && target.is_running() && target.paused_since.is_none()
        });
        running.min_by_key(|target| target.due_at)
    }

    /// What the reason of an escalation is called.
    fn label<'a>(&'a self, escalation: &'a Escalation) -> &'a str {
        let mut labels = self.labels.iter();
        let label = labels.find(|(code, _)| *code == escalation.reason);
        label.map_or(escalation.reason.as_str(), |(_, label)| label.as_str())
    }

    fn is_late(&self, id: EscalationId, now: Instant) -> bool {
        let missed = |target: &Target| target.due_at <= now;
        self.next_target(id).is_some_and(missed)
            || self
                .next_step(id)
                .is_some_and(|step| tone(step.state, step.due_at, now) == Tone::Late)
    }
}

fn page(
    req: &PageRequest,
    (view, asked): (View, &Asked),
    found: &Found,
) -> Result<QueuePage, Problem> {
    let me = req.access()?.person;
    let is_mine = |view: &EscalationView| view.escalation.owner_id == Some(me);
    let is = |state: State| move |view: &EscalationView| view.escalation.state == state;
    let count = |wanted: &dyn Fn(&EscalationView) -> bool| {
        found.active.iter().filter(|view| wanted(view)).count()
    };
    let unclaimed = count(&is(State::Submitted));
    let counts = [
        None,
        None,
        Some(unclaimed),
        Some(count(&is_mine)),
        Some(count(&is(State::InReview))),
        None,
    ];
    let in_view = |one: &&EscalationView| match view {
        View::Active | View::Due => true,
        View::Unclaimed => is(State::Submitted)(one),
        View::Mine => is_mine(one),
        View::InReview => is(State::InReview)(one),
        View::Closed | View::Found => false,
    };
    let (rows, total, pager) = match (asked, &found.ended) {
        (Asked::Active(query), _) => {
            let sort = query.sort();
            let mut active = list::Found::whole(found.active.iter().filter(in_view).collect());
            active.sort_by(sort, |one, other| compare(found, sort.by, one, other));
            (active.rows, active.count, Pager::default())
        }
        (Asked::Ended(_), Some(ended)) => {
            let rows = ended.rows.iter().collect();
            (rows, ended.count, pager(req, ended))
        }
        (Asked::Ended(_), None) => (Vec::new(), None, Pager::default()),
    };
    let late = count(&|view| found.is_late(view.escalation.id, req.now));
    let words = req.words();
    let stat = |value, key: &str, tone| Stat {
        value,
        label: words.say_of("queue-stat", key, &[]),
        tone,
    };
    let when = |tone, value| if value > 0 { tone } else { Tone::Plain };
    let filters = narrowed(req, view, found);
    Ok(QueuePage {
        announced: announcements::announced(found.announced.clone(), "/escalations"),
        stats: vec![
            stat(found.active.len(), "active", Tone::Plain),
            stat(unclaimed, "unclaimed", when(Tone::Soon, unclaimed)),
            stat(late, "late", when(Tone::Late, late)),
            stat(count(&is_mine), "mine", Tone::Plain),
        ],
        duty: match found.duty.as_deref() {
            None => String::new(),
            Some([]) => words.say("queue-duty-nobody", &[]),
            Some(names) => words.say("queue-duty", &[("names", names.join(", ").into())]),
        },
        tabs: view.tabs(words, counts),
        saved: saved::above(req, &found.saved, LIST),
        columns: req.columns_view(LIST, &COLUMNS, &found.columns),
        shown: ShownOfQueue::of(&found.columns),
        heads: asked.heads(req, &found.columns),
        acts: bulk::bar(req, LIST, found.acts.clone(), rows.len()),
        rows: rows.into_iter().map(|view| row(req, found, view)).collect(),
        total: total_of(words, total, filters.any),
        filters,
        pager,
    })
}

/// What narrows it, whichever view it is in: what is found is shown by itself.
fn narrowed(req: &PageRequest, view: View, found: &Found) -> Filters {
    let words = req.words();
    let active = ACTIVE.map(State::as_str).join(",");
    let states = [
        vec![Choice::new(active, words.say("queue-active", &[]))],
        words_of(words, "state", State::NAMES, ""),
    ];
    let reasons = found.labels.iter();
    let reasons = reasons.map(|(code, label)| Choice::new(code.clone(), label.clone()));
    let mut fields = vec![
        Filter {
            label: words.say("queue-column-state", &[]),
            ..Filter::choice(req, QueueQuery::state(), states.concat())
        },
        Filter::choice(req, QueueQuery::reason(), reasons.collect()),
        Filter::owner(req, QueueQuery::owner()),
    ];
    if !found.organizations.is_empty() {
        let customers = found.organizations.clone();
        fields.push(Filter::choice(req, QueueQuery::organization(), customers));
    }
    let line = QueueQuery::line_of_business();
    fields.extend(Filter::line(req, line, found.lines.clone()));
    let mut narrowed = filters(req, fields);
    // The active ones have orders of their own.
    if view != View::Found {
        narrowed.sort.clear();
    }
    narrowed
}

/// How two active escalations stand to each other; what is alike stays as it stands in the queue.
fn compare(
    found: &Found,
    by: QueueOrder,
    one: &EscalationView,
    other: &EscalationView,
) -> Ordering {
    let owner = |view: &EscalationView| view.owner.as_ref().map(|owner| sort_key(&owner.name));
    let (a, b) = (&one.escalation, &other.escalation);
    match by {
        QueueOrder::Due => {
            let key = |view: &EscalationView| (due(found, view), view.escalation.queue_rank);
            key(one).cmp(&key(other))
        }
        QueueOrder::Rank => (a.queue_rank, a.submitted_at).cmp(&(b.queue_rank, b.submitted_at)),
        QueueOrder::SubmittedAt => a.submitted_at.cmp(&b.submitted_at),
        QueueOrder::Reason => in_order(found.label(a), found.label(b)),
        QueueOrder::Owner => owner(one).cmp(&owner(other)),
        QueueOrder::State => a.state.cmp(&b.state),
    }
}

/// When something is due: a target or a promise; that of which nothing is has waited since it was submitted.
fn due(found: &Found, view: &EscalationView) -> Instant {
    let escalation = &view.escalation;
    let step = found.next_step(escalation.id).map(|step| step.due_at);
    let target = found.next_target(escalation.id).map(|target| target.due_at);
    let soonest = [step, target].into_iter().flatten().min();
    soonest.unwrap_or(escalation.submitted_at)
}

fn row(req: &PageRequest, found: &Found, view: &EscalationView) -> QueueRow {
    let escalation = &view.escalation;
    QueueRow {
        rank: escalation.rank.and_then(|rank| u8::try_from(rank).ok()),
        number: escalation.number.to_string(),
        href: format!("/escalations/{}", escalation.number),
        subject: view.case_subject.clone(),
        organization: view.organization.name.clone(),
        reason: found.label(escalation).to_owned(),
        owner: view.owner.as_ref().map(|owner| owner.name.clone()),
        next: Some(next(req, found, view)),
        state: escalation.state,
        submitted_at: escalation.submitted_at,
        version: escalation.version,
    }
}

fn next(req: &PageRequest, found: &Found, view: &EscalationView) -> DueView {
    let words = req.words();
    let due = |key: &str, at, tone| DueView {
        text: words.say_of("queue-next", key, &[]),
        at: Some(at),
        tone,
    };
    let escalation = &view.escalation;
    let step = found.next_step(escalation.id);
    if let Some(target) = found.next_target(escalation.id)
        && step.is_none_or(|step| target.due_at < step.due_at)
    {
        let tone = tone(StepState::Open, target.due_at, req.now);
        return due(target.kind.as_str(), target.due_at, tone);
    }
    if let (None, Some(since)) = (step, escalation.awaiting_reply_since) {
        return due("awaiting", since, Tone::Plain);
    }
    match (step, escalation.state) {
        (_, state) if !state.is_active() => due(
            "ended",
            escalation.closed_at.unwrap_or(escalation.submitted_at),
            Tone::Plain,
        ),
        (Some(step), _) => match (step.state, tone(step.state, step.due_at, req.now)) {
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
