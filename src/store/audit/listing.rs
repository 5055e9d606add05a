//! Audited events as people look for them, each with the names of what it is about.

use std::collections::HashMap;

use diesel::dsl::{exists, not};
use diesel::prelude::*;

use super::Event;
use crate::db::schema::{audit_events, cases, escalations, pairing_visit_events};
use crate::db::sql_types::At;
use crate::db::{Conn, write_what_was_put_off};
use crate::domain::Instant;
use crate::domain::access::Reach;
use crate::domain::audit::{EventKind, SeenBy};
use crate::domain::ids::{
    CaseId, CaseNumber, EscalationId, EscalationNumber, EventId, OrganizationId, PersonId, VisitId,
};
use crate::store::cases::OrganizationRef;
use crate::store::lines::hidden_from;
use crate::store::organizations;

/// Where an event stands in a list, as its reader may know it: when it happened, and which it is. The number under which it was
/// written, which settles ties, would count what happened to others; that it gets its place in the chain moves it in no list.
pub type Place = (Instant, EventId);

impl Event {
    /// Where it stands in a list.
    pub fn place(&self) -> Place {
        (self.at, self.id)
    }
}

/// Which events a list holds.
#[derive(Clone, Debug)]
pub struct EventFilter {
    /// Those that exist for a reader of this reach.
    pub reach: Reach,
    /// Those on one case.
    pub case: Option<CaseId>,
    /// Those that concern one organization.
    pub organization: Option<OrganizationId>,
    /// What one person did.
    pub actor: Option<PersonId>,
    /// What was changed on one visit by a pairing.
    pub visit: Option<VisitId>,
    /// Those of these kinds; of whatever kind if there are none.
    pub kinds: Vec<EventKind>,
    /// Not before this instant.
    pub from: Option<Instant>,
    /// Before this instant.
    pub until: Option<Instant>,
    /// No farther along the chain than this place, which leaves out what has no place yet.
    pub up_to: Option<i64>,
    /// Those behind this one.
    pub after: Option<Place>,
}

impl EventFilter {
    /// Everything that exists for a reader of this reach.
    pub fn of(reach: Reach) -> Self {
        Self {
            reach,
            case: None,
            organization: None,
            actor: None,
            visit: None,
            kinds: Vec::new(),
            from: None,
            until: None,
            up_to: None,
            after: None,
        }
    }
}

/// An event with the names of what it is about.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The event.
    pub event: Event,
    /// Whose thing it happened to.
    pub organization: Option<OrganizationRef>,
    /// The actor's own organization, if they acted in another one.
    pub home: Option<OrganizationRef>,
    /// The number of the case.
    pub case: Option<CaseNumber>,
    /// The number of the escalation.
    pub escalation: Option<EscalationNumber>,
}

/// One way along an index on which events are found in their order. Several are merged, which is quicker than one query
/// that may go either way and has to sort what it finds.
#[derive(Clone, Copy, Debug)]
enum Way {
    All,
    /// What happened to an organization's things.
    Of(OrganizationId),
    /// What an organization's people did in others, or in this other one.
    From(OrganizationId, Option<OrganizationId>),
}

fn ways(filter: &EventFilter) -> Vec<Way> {
    match (filter.reach, filter.organization) {
        (Reach::Everything | Reach::Staff(_), None) => vec![Way::All],
        (Reach::Everything | Reach::Staff(_), Some(asked)) => {
            vec![Way::Of(asked), Way::From(asked, None)]
        }
        (Reach::Organization(own), None) => vec![Way::Of(own), Way::From(own, None)],
        (Reach::Organization(own), Some(asked)) if asked == own => vec![Way::Of(own)],
        (Reach::Organization(own), Some(other)) => vec![Way::From(own, Some(other))],
    }
}

/// Events, the newest first: by the instant at which it happened, so that what was imported stands where it belongs.
///
/// # Errors
/// Database errors.
pub fn list(conn: &mut Conn, filter: &EventFilter, limit: i64) -> QueryResult<Vec<Listed>> {
    write_what_was_put_off(conn)?;
    let after = match filter.after {
        None => None,
        Some((at, id)) => match position_of(conn, filter.reach, id)? {
            Some(position) => Some((at, position)),
            // Nothing stands behind what never was, or is not the reader's to know.
            None => return Ok(Vec::new()),
        },
    };
    let mut events = Vec::new();
    for way in ways(filter) {
        // Nothing narrower than the kinds: each of them is a way of its own.
        let by_kind = matches!(way, Way::All)
            && filter.case.is_none()
            && filter.actor.is_none()
            && filter.visit.is_none();
        if by_kind && !filter.kinds.is_empty() {
            for kind in &filter.kinds {
                events.extend(along(conn, filter, way, &[*kind], (after, limit))?);
            }
        } else {
            events.extend(along(conn, filter, way, &filter.kinds, (after, limit))?);
        }
    }
    events.sort_by_key(|event| std::cmp::Reverse((event.at, event.position)));
    events.dedup_by_key(|event| event.position);
    events.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    named(conn, events)
}

/// The number under which an event was written, if that exists for the reader.
fn position_of(conn: &mut Conn, reach: Reach, id: EventId) -> QueryResult<Option<i64>> {
    let mut query = audit_events::table
        .filter(audit_events::id.eq(id))
        .select(audit_events::position)
        .into_boxed();
    if let Reach::Organization(own) = reach {
        let theirs = audit_events::organization_id
            .eq(own)
            .or(audit_events::home_organization_id.eq(own));
        query = query
            .filter(theirs.assume_not_null())
            .filter(audit_events::seen_by.eq(SeenBy::Both));
    }
    query.get_result(conn).optional()
}

fn along(
    conn: &mut Conn,
    filter: &EventFilter,
    way: Way,
    kinds: &[EventKind],
    (after, limit): (Option<(Instant, i64)>, i64),
) -> QueryResult<Vec<Event>> {
    let mut query = audit_events::table.select(Event::as_select()).into_boxed();
    match way {
        Way::All => {}
        Way::Of(organization) => {
            query = query.filter(audit_events::organization_id.eq(organization));
        }
        Way::From(home, place) => {
            query = query.filter(audit_events::home_organization_id.eq(home));
            if let Some(place) = place {
                query = query.filter(audit_events::organization_id.eq(place));
            }
        }
    }
    match filter.reach {
        Reach::Everything => {}
        // A4: what happened on cases of lines that they may not read.
        Reach::Staff(person) => {
            let hidden = cases::table
                .filter(cases::id.nullable().eq(audit_events::case_id))
                .filter(cases::line_of_business_id.eq_any(hidden_from!(person)))
                .select(cases::id);
            query = query.filter(not(exists(hidden)));
        }
        Reach::Organization(_) => {
            query = query.filter(audit_events::seen_by.eq(SeenBy::Both));
        }
    }
    if let Some(case) = filter.case {
        query = query.filter(audit_events::case_id.eq(case));
    }
    if let Some(actor) = filter.actor {
        query = query.filter(audit_events::actor_id.eq(actor));
    }
    if let Some(visit) = filter.visit {
        let of_visit = pairing_visit_events::table
            .filter(pairing_visit_events::visit_id.eq(visit))
            .select(pairing_visit_events::event_id);
        query = query.filter(audit_events::id.eq_any(of_visit));
    }
    query = match kinds {
        [] => query,
        [kind] => query.filter(audit_events::kind.eq(kind.as_str())),
        kinds => query.filter(audit_events::kind.eq_any(kinds.iter().map(|kind| kind.as_str()))),
    };
    if let Some(from) = filter.from {
        query = query.filter(audit_events::at.ge(At(from)));
    }
    if let Some(until) = filter.until {
        query = query.filter(audit_events::at.lt(At(until)));
    }
    if let Some(up_to) = filter.up_to {
        // In this form SQLite looks for no index by it: nearly all events are so, and would have to be put in order.
        query = query.filter(not(audit_events::link.gt(up_to)));
    }
    if let Some((at, position)) = after {
        // The first condition is what the index starts from; the second settles ties.
        query = query.filter(audit_events::at.le(At(at))).filter(
            audit_events::at
                .lt(At(at))
                .or(audit_events::position.lt(position)),
        );
    }
    query
        .order((audit_events::at.desc(), audit_events::position.desc()))
        .limit(limit)
        .load(conn)
}

/// Whether somebody of `home` has ever worked in `place`, as far as their own organization may know.
///
/// # Errors
/// Database errors.
pub fn worked_in(
    conn: &mut Conn,
    home: OrganizationId,
    place: OrganizationId,
) -> QueryResult<bool> {
    write_what_was_put_off(conn)?;
    diesel::select(diesel::dsl::exists(
        audit_events::table
            .filter(audit_events::home_organization_id.eq(home))
            .filter(audit_events::organization_id.eq(place))
            .filter(audit_events::seen_by.eq(SeenBy::Both)),
    ))
    .get_result(conn)
}

/// Gives events the names of what they are about: a query for each kind of name, however many events there are.
fn named(conn: &mut Conn, events: Vec<Event>) -> QueryResult<Vec<Listed>> {
    let ids = events
        .iter()
        .flat_map(|event| [event.organization_id, event.home_organization_id]);
    let organizations = organizations::references(conn, ids.flatten())?;
    let cases: HashMap<CaseId, i64> = cases::table
        .filter(cases::id.eq_any(once_each(events.iter().map(|event| event.case_id))))
        .select((cases::id, cases::number))
        .load(conn)?
        .into_iter()
        .collect();
    let escalations: HashMap<EscalationId, i64> = escalations::table
        .filter(escalations::id.eq_any(once_each(events.iter().map(|event| event.escalation_id))))
        .select((escalations::id, escalations::number))
        .load(conn)?
        .into_iter()
        .collect();
    let organization =
        |id: Option<OrganizationId>| Some(OrganizationRef::clone(organizations.get(&id?)?));
    Ok(events
        .into_iter()
        .map(|event| Listed {
            organization: organization(event.organization_id),
            home: organization(event.home_organization_id),
            case: event
                .case_id
                .and_then(|id| cases.get(&id))
                .map(|number| CaseNumber::new(*number)),
            escalation: event
                .escalation_id
                .and_then(|id| escalations.get(&id))
                .map(|number| EscalationNumber::new(*number)),
            event,
        })
        .collect())
}

fn once_each<I: Ord>(ids: impl Iterator<Item = Option<I>>) -> Vec<I> {
    let mut ids: Vec<I> = ids.flatten().collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
