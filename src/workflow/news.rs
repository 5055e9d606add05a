//! What happened on somebody's cases since they looked: what the bell tells (F5, F6). What is news follows from what they have
//! read, feed by feed, so that nothing is kept for it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;

use super::{Actor, Rejection, VerbResult};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Access, Permission};
use crate::domain::escalation::State;
use crate::domain::feed::{Feed, Visibility};
use crate::domain::ids::{CaseId, EntryId};
use crate::domain::notice::{Stance, is_news};
use crate::domain::order::{Sort, Window};
use crate::domain::organization::Side;
use crate::input::input;
use crate::store::cases::{self, CaseView};
use crate::store::escalations::{self, EscalationFilter, EscalationOrder};
use crate::store::feeds::{self, EntryView, Written};
use crate::store::{follows, home, reads};

/// For how long something is news.
const LATELY: TimeDelta = TimeDelta::days(14);
/// On how many cases of a kind it is looked for: those that changed last, or that are theirs.
const CASES: i64 = 100;
/// How many feeds that somebody follows or muted are looked at.
const STANCES: i64 = 500;
/// Among how many entries what is news is looked for, and up to which it is counted.
const LOOKED: i64 = 500;
const ACTIVE: [State; 3] = [State::Submitted, State::InReview, State::Accepted];

/// What is news to somebody.
#[derive(Clone, Debug, Default)]
pub struct News {
    /// How much there is.
    pub count: usize,
    /// The latest of it, the newest first.
    pub items: Vec<NewsItem>,
}

/// An entry that somebody has not read.
#[derive(Clone, Debug)]
pub struct NewsItem {
    /// The entry.
    pub entry: EntryView,
    /// Its case.
    pub case: CaseView,
}

input! {
    /// That somebody has read what is news to them.
    pub struct ReadNews {
        /// What was written until then; until now, if it is not given.
        until: Option<Instant>,
    }
}

/// What others wrote and did on somebody's cases and they have not read, `limit` of it at the most.
///
/// A customer's people are told of all cases that exist for them; staff of the cases and the escalations that they own, and of what
/// they follow. Nobody is told of a feed that they muted (F7).
///
/// # Errors
/// `Denied`, database errors.
pub fn look(conn: &mut Conn, access: &Access, limit: usize, now: Instant) -> VerbResult<News> {
    access
        .require(Permission::CasesView)
        .map_err(Rejection::from)?;
    let unread = unread(conn, access, now)?;
    let first: Vec<EntryId> = unread.iter().take(limit).map(|one| one.id).collect();
    let mut entries: BTreeMap<EntryId, EntryView> = feeds::among(conn, &first)?
        .into_iter()
        .map(|view| (view.entry.id, view))
        .collect();
    let mut of: Vec<CaseId> = unread.iter().take(limit).map(|one| one.case).collect();
    of.sort_unstable();
    of.dedup();
    let views = cases::among(conn, access.reach(), &of)?;
    let item = |id: &EntryId| {
        let entry = entries.remove(id)?;
        let case = views
            .iter()
            .find(|view| view.case.id == entry.entry.case_id)?;
        Some(NewsItem {
            case: case.clone(),
            entry,
        })
    };
    Ok(News {
        count: unread.len(),
        items: first.iter().filter_map(item).collect(),
    })
}

/// Notes that the actor has read what is news to them. It says nothing of a decline, which is read where it stands (M5).
///
/// # Errors
/// `Denied`, database errors.
pub fn read_all(
    conn: &mut Conn,
    actor: &Actor,
    command: &ReadNews,
    now: Instant,
) -> VerbResult<()> {
    actor.require(Permission::CasesView)?;
    let mut up_to: BTreeMap<(CaseId, Feed), i64> = BTreeMap::new();
    for one in unread(conn, &actor.access, now)? {
        if command.until.is_none_or(|until| one.at <= until) {
            let place = up_to.entry((one.case, one.feed)).or_default();
            *place = one.arrived.max(*place);
        }
    }
    for ((case, feed), place) in up_to {
        reads::record(conn, case, actor.id(), (feed, place), false, now)?;
    }
    Ok(())
}

/// What is news to somebody, the latest first.
fn unread(conn: &mut Conn, access: &Access, now: Instant) -> VerbResult<Vec<Written>> {
    let me = access.person;
    let stances = follows::all_of_person(conn, me, STANCES)?.into_iter();
    let stances: BTreeMap<(CaseId, Feed), Stance> = stances
        .map(|(case, feed, stance)| ((case, feed), stance))
        .collect();
    let (own, followed): (BTreeSet<CaseId>, BTreeSet<CaseId>) = match access.side {
        Side::Customer => {
            let all = home::changed_last(conn, access.reach(), CASES)?;
            (all.into_iter().collect(), BTreeSet::new())
        }
        Side::Provider => {
            let own = own_cases(conn, access, now)?;
            let follows = stances.iter().filter(|(_, said)| **said == Stance::Follow);
            let others: BTreeSet<CaseId> = follows.map(|((case, _), _)| *case).collect();
            let others: Vec<CaseId> = others.difference(&own).copied().collect();
            // What somebody followed may have become another's meanwhile.
            let others = cases::among(conn, access.reach(), &others)?;
            (own, others.iter().map(|view| view.case.id).collect())
        }
    };
    let all: Vec<CaseId> = own.union(&followed).copied().collect();
    if all.is_empty() {
        return Ok(Vec::new());
    }
    let seen = Visibility::ALL.iter().copied();
    let seen: Vec<Visibility> = seen.filter(|visibility| access.sees(*visibility)).collect();
    let of = (access.feeds(), &seen[..]);
    let mut written = feeds::written_since(conn, &all, of, now - LATELY, LOOKED)?;
    let read = reads::last_in_feeds(conn, &all, me)?;
    let read: BTreeMap<(CaseId, Feed), i64> = read.into_iter().collect();
    written.retain(|one| {
        let place = (one.case, one.feed);
        let stance = stances.get(&place).copied().unwrap_or(Stance::Default);
        let reading = (one.arrived, read.get(&place).copied());
        let is_theirs = own.contains(&one.case);
        is_news((stance, is_theirs), one.author == Some(me), reading)
    });
    Ok(written)
}

/// The open cases that one of the staff owns, and those whose active escalation they own.
fn own_cases(conn: &mut Conn, access: &Access, now: Instant) -> VerbResult<BTreeSet<CaseId>> {
    let (reach, owner) = (access.reach(), Some(Some(access.person)));
    let open = home::open_cases(conn, reach, owner, CASES)?;
    let mut own: BTreeSet<CaseId> = open.iter().map(|case| case.id).collect();
    if access.can(Permission::EscalationsView) {
        let filter = EscalationFilter {
            state: ACTIVE.to_vec(),
            owner,
            ..EscalationFilter::default()
        };
        let queue = Window::first(Sort::ascending(EscalationOrder::Rank), CASES);
        let escalations = escalations::list(conn, reach, (&filter, now), &queue)?;
        own.extend(escalations.iter().map(|view| view.escalation.case_id));
    }
    Ok(own)
}
