//! What the first page says of escalations to those who run them, and to those who see to it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{AboutCase, AboutEscalation, Doing, Filled, Item, LIMIT, Looking, doing};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::case::StepState;
use crate::domain::escalation::State;
use crate::domain::home::{Act, Because, Due, Group, On, Place, ROWS, SOON, Why, of_escalation};
use crate::domain::ids::{EscalationId, PersonId};
use crate::domain::order::{Sort, Window};
use crate::domain::text::sort_key;
use crate::store::duty;
use crate::store::escalations::{self, EscalationFilter, EscalationOrder, EscalationView};
use crate::store::promises::{self, NextStep};
use crate::store::targets::{self, Target};
use crate::workflow::VerbResult;

const ACTIVE: [State; 3] = [State::Submitted, State::InReview, State::Accepted];
/// The queue by its owners.
const OWNERS: &str = "/escalations?sort=owner";
const OWN: [Group; 6] = [
    Group::Missed,
    Group::Unclaimed,
    Group::DueNext,
    Group::OffDuty,
    Group::MyEscalations,
    Group::Load,
];

/// A group of escalations, all of them.
struct Rows<'a> {
    group: Group,
    more_href: &'static str,
    rows: Vec<&'a EscalationView>,
}

/// What is due of the escalations that are shown.
struct Beside {
    steps: Vec<NextStep>,
    targets: Vec<Target>,
}

pub(super) fn look(conn: &mut Conn, of: &Looking<'_>) -> VerbResult<Vec<Filled>> {
    if !of.has_any(&OWN) {
        return Ok(Vec::new());
    }
    let filter = EscalationFilter {
        state: ACTIVE.to_vec(),
        ..EscalationFilter::default()
    };
    let queue = Window::first(Sort::ascending(EscalationOrder::Rank), LIMIT);
    let active = escalations::list(conn, of.reach(), (&filter, of.now), &queue)?;
    let on_duty = match of.has(Group::OffDuty) {
        true => on_duty(conn, of.now)?,
        false => None,
    };
    let groups = groups(of, &active, on_duty.as_deref());
    let shown = groups.iter().flat_map(|group| group.rows.iter().take(ROWS));
    let mut ids: Vec<EscalationId> = shown.map(|view| view.escalation.id).collect();
    ids.sort_unstable();
    ids.dedup();
    let beside = match ids.is_empty() {
        true => Beside {
            steps: Vec::new(),
            targets: Vec::new(),
        },
        false => Beside {
            steps: promises::of_escalations(conn, &ids)?,
            targets: targets::newest_of(conn, &ids)?,
        },
    };
    let filled = groups.iter().map(|group| Filled {
        group: group.group,
        count: group.rows.len(),
        more_href: Some(group.more_href),
        items: (group.rows.iter().take(ROWS))
            .map(|view| item(of, group.group, view, &beside))
            .collect(),
    });
    let mut filled: Vec<Filled> = filled.collect();
    if of.has(Group::Load) {
        filled.push(load(of.now, &active));
    }
    Ok(filled)
}

/// Who is on duty; none where no roster says so.
fn on_duty(conn: &mut Conn, now: Instant) -> VerbResult<Option<Vec<PersonId>>> {
    let roster = duty::roster(conn)?;
    Ok((!roster.shifts.is_empty()).then(|| roster.on_duty(now)))
}

fn groups<'a>(
    of: &Looking<'_>,
    active: &'a [EscalationView],
    on_duty: Option<&[PersonId]>,
) -> Vec<Rows<'a>> {
    let me = Some(of.access.person);
    let due_at = |view: &EscalationView| view.escalation.next_due_at;
    let mine = |view: &EscalationView| view.escalation.owner_id == me;
    let soon = |view: &EscalationView| due_at(view) - of.now <= SOON;
    let mut groups = Vec::new();
    let mut group = |group, more_href, by_due: bool, is_in: &dyn Fn(&EscalationView) -> bool| {
        if !of.has(group) {
            return;
        }
        let mut rows: Vec<_> = active.iter().filter(|view| is_in(view)).collect();
        // What is alike stays as it stands in the queue.
        if by_due {
            rows.sort_by_key(|view| due_at(view));
        }
        groups.push(Rows {
            group,
            more_href,
            rows,
        });
    };
    group(Group::Missed, "/escalations?view=due", true, &|view| {
        due_at(view) <= of.now
    });
    group(
        Group::Unclaimed,
        "/escalations?view=unclaimed",
        true,
        &|view| view.escalation.state == State::Submitted,
    );
    let own = "/escalations?view=mine&sort=due";
    group(Group::DueNext, own, true, &|view| mine(view) && soon(view));
    let own = "/escalations?view=mine";
    group(Group::MyEscalations, own, false, &|view| {
        mine(view) && !soon(view)
    });
    // Without a roster nobody is off duty.
    if let Some(on_duty) = on_duty {
        group(Group::OffDuty, OWNERS, true, &|view| {
            let owner = view.escalation.owner_id;
            owner.is_some_and(|owner| !on_duty.contains(&owner))
        });
    }
    groups
}

fn item(of: &Looking<'_>, group: Group, view: &EscalationView, beside: &Beside) -> Item {
    let row = &view.escalation;
    let next = beside.next_step(row.id);
    let why = match group {
        Group::OffDuty => {
            let owner = view.owner.as_ref().map(|owner| owner.name.clone());
            Why::new(Because::OffDuty, None).naming(owner.unwrap_or_default())
        }
        _ => {
            let since = match row.state {
                State::InReview => row.claimed_at,
                State::Accepted => row.decided_at,
                _ => None,
            };
            let since = (row.state, since.unwrap_or(row.submitted_at));
            let target = beside.next_target(row.id);
            let target = target.map(|target| (target.due_at, Due::Target(target.kind)));
            let promise = next.map(|step| (step.due_at, Due::Promise(step.what.clone())));
            let due = target.into_iter().chain(promise);
            of_escalation(since, row.awaiting_reply_since, due, of.now)
        }
    };
    let facts = row.facts();
    let on = On {
        case: None,
        escalation: Some(&facts),
    };
    let at = Place {
        case: view.case_number,
        escalation: Some(row.number),
        step: next.map(|step| step.id),
    };
    let act = Act::of(group, why.because, on, of.access);
    Item {
        title: view.case_subject.clone(),
        href: group.href(&at),
        case: Some(AboutCase {
            id: row.case_id,
            number: view.case_number,
            subject: view.case_subject.clone(),
            organization: view.organization.clone(),
        }),
        escalation: Some(AboutEscalation {
            id: row.id,
            number: row.number,
        }),
        doing: act.map(|act| -> Doing { doing(act, &at) }),
        why,
    }
}

impl Beside {
    /// The open step of an escalation that falls due first.
    fn next_step(&self, id: EscalationId) -> Option<&NextStep> {
        let own = self.steps.iter();
        own.filter(|step| step.escalation_id == Some(id) && step.state == StepState::Open)
            .min_by_key(|step| step.due_at)
    }

    /// The target of an escalation that falls due first.
    fn next_target(&self, id: EscalationId) -> Option<&Target> {
        let own = self.targets.iter();
        own.filter(|target| {
            target.escalation_id == id && target.is_running() && target.paused_since.is_none()
        })
        .min_by_key(|target| target.due_at)
    }
}

/// Who runs how many escalations, whoever runs the most first, and how many of those are late.
fn load(now: Instant, active: &[EscalationView]) -> Filled {
    let mut owners: BTreeMap<PersonId, (&str, usize, usize)> = BTreeMap::new();
    for view in active {
        if let Some(owner) = &view.owner {
            let (_, all, late) = owners.entry(owner.id).or_insert((&owner.name, 0, 0));
            *all += 1;
            *late += usize::from(view.escalation.next_due_at <= now);
        }
    }
    let mut owners: Vec<_> = owners.into_values().collect();
    owners.sort_by_cached_key(|(name, all, late)| (Reverse((*all, *late)), sort_key(name)));
    let item = |(name, all, late): &(&str, usize, usize)| Item {
        title: (*name).to_owned(),
        href: OWNERS.to_owned(),
        case: None,
        escalation: None,
        why: Why::new(Because::Load, None)
            .counting(*all)
            .naming(late.to_string()),
        doing: None,
    };
    Filled {
        group: Group::Load,
        count: owners.len(),
        more_href: Some(OWNERS),
        items: owners.iter().take(ROWS).map(item).collect(),
    }
}
