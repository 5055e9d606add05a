//! The chain of audited events: each is hashed together with the hash of the one before, so that whoever changes,
//! removes, adds or moves one breaks the chain from there on.
//!
//! The end of the chain is kept apart from the events, which is how the loss of the last ones shows. Whoever can write
//! both the events and the end can make a new chain that is whole: only a head that was noted down elsewhere tells it
//! from the old one.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::SeenBy;
use crate::domain::Instant;
use crate::domain::closed_enum;
use crate::domain::ids::{CaseId, EscalationId, EventId, OrganizationId, PersonId};

/// What the first event is chained to, and the head of a chain without events.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Stands before everything that is hashed: another canonical form will be another scheme.
const SCHEME: &str = "casebell audit 1";

/// An audited event as it is hashed: everything that is kept of it but its place, which the chain itself proves.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// The number under which it was written, where that is not its place as well (see [`Record::arrived`]).
    pub arrival: Option<i64>,
    /// Its id.
    pub id: EventId,
    /// When.
    pub at: Instant,
    /// What happened.
    pub kind: &'a str,
    /// Whose thing it happened to.
    pub organization: Option<OrganizationId>,
    /// The actor's own organization, if they acted in another one (P9).
    pub home: Option<OrganizationId>,
    /// On which case.
    pub case: Option<CaseId>,
    /// On which escalation.
    pub escalation: Option<EscalationId>,
    /// The thing that changed.
    pub subject: Option<EventId>,
    /// Who did it.
    pub actor: Option<PersonId>,
    /// The actor's name then.
    pub actor_name: &'a str,
    /// Who may see it.
    pub seen_by: SeenBy,
    /// The changed fields before.
    pub before: Option<&'a Map<String, Value>>,
    /// The changed fields after.
    pub after: Option<&'a Map<String, Value>>,
    /// The hashes of what was said with it.
    pub said: Option<&'a Map<String, Value>>,
}

impl Record<'_> {
    /// The event as it was written under this number and stands at this place. Lists go by the number, so that it is hashed as
    /// well; where both are the same, as they were before events were linked behind their commit, the place proves it.
    #[must_use]
    pub fn arrived(self, arrival: i64, position: i64) -> Self {
        Self {
            arrival: (arrival != position).then_some(arrival),
            ..self
        }
    }

    /// The one text of this event: JSON without white space, names in alphabetical order at every depth, the instant
    /// with six digits of a second.
    pub fn canonical(&self) -> String {
        let at = self.at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
        let id = |id| Some(Part::Id(id));
        // In the order of their names.
        let members = [
            ("actor", id(self.actor.as_ref().map(PersonId::as_uuid))),
            ("actor_name", Some(Part::Text(self.actor_name))),
            ("after", Some(Part::Fields(self.after))),
            // One whose number is its place is hashed without it, as events were that had no other.
            ("arrival", self.arrival.map(Part::Number)),
            ("at", Some(Part::Text(&at))),
            ("before", Some(Part::Fields(self.before))),
            ("case", id(self.case.as_ref().map(CaseId::as_uuid))),
            (
                "escalation",
                id(self.escalation.as_ref().map(EscalationId::as_uuid)),
            ),
            (
                "home_organization",
                id(self.home.as_ref().map(OrganizationId::as_uuid)),
            ),
            ("id", id(Some(self.id.as_uuid()))),
            ("kind", Some(Part::Text(self.kind))),
            (
                "organization",
                id(self.organization.as_ref().map(OrganizationId::as_uuid)),
            ),
            // Events were recorded before they had hashes of what was said, and are hashed as they were then.
            ("said", self.said.map(|said| Part::Fields(Some(said)))),
            ("seen_by", Some(Part::Text(self.seen_by.as_str()))),
            ("subject", id(self.subject.as_ref().map(EventId::as_uuid))),
        ];
        let there = members
            .into_iter()
            .filter_map(|(name, part)| Some((name, part?)));
        let mut text = String::with_capacity(1 << 10);
        write_object(there, &mut text, |part, text| match part {
            Part::Id(Some(id)) => write_text(id.hyphenated().encode_lower(&mut [0; 36]), text),
            Part::Text(words) => write_text(words, text),
            Part::Fields(Some(fields)) => write_map(fields, text),
            Part::Number(number) => text.push_str(&number.to_string()),
            Part::Id(None) | Part::Fields(None) => text.push_str("null"),
        });
        text
    }
}

/// What a member of an event is.
enum Part<'a> {
    Id(Option<&'a Uuid>),
    Text(&'a str),
    Fields(Option<&'a Map<String, Value>>),
    Number(i64),
}

/// The one text of a value: JSON without white space, names in alphabetical order at every depth.
pub(super) fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

/// Writes a value in the one form that it has, however its parts were ordered and its numbers written.
fn write(value: &Value, text: &mut String) {
    match value {
        Value::Object(members) => write_map(members, text),
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write(item, text);
            }
            text.push(']');
        }
        Value::Number(number) => {
            text.push_str(&whole(number).unwrap_or_else(|| number.to_string()))
        }
        Value::String(words) => write_text(words, text),
        Value::Null | Value::Bool(_) => text.push_str(&value.to_string()),
    }
}

fn write_map(members: &Map<String, Value>, text: &mut String) {
    let members = members.iter().map(|(name, value)| (name.as_str(), value));
    // They stand in this order already, unless whoever builds this has asked for another one.
    match members.clone().is_sorted_by_key(|(name, _)| name) {
        true => write_object(members, text, write),
        false => {
            let mut sorted: Vec<_> = members.collect();
            sorted.sort_unstable_by_key(|(name, _)| *name);
            write_object(sorted, text, write);
        }
    }
}

fn write_object<'a, T>(
    members: impl IntoIterator<Item = (&'a str, T)>,
    text: &mut String,
    write: impl Fn(T, &mut String),
) {
    text.push('{');
    for (index, (name, value)) in members.into_iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        write_text(name, text);
        text.push(':');
        write(value, text);
    }
    text.push('}');
}

fn write_text(words: &str, text: &mut String) {
    let is_plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    match words.bytes().all(is_plain) {
        true => {
            text.push('"');
            text.push_str(words);
            text.push('"');
        }
        false => text.push_str(&Value::from(words).to_string()),
    }
}

/// A number without a fraction, written without one: `2.0` and `2` are the same.
fn whole(number: &serde_json::Number) -> Option<String> {
    /// Up to here every whole number has a floating-point number of its own.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let float = number.as_f64().filter(|_| number.is_f64())?;
    (float.fract() == 0.0 && float.abs() <= EXACT).then(|| format!("{}", float as i64))
}

/// The hash of an event that follows the one with the hash `previous`: SHA-256, 64 hexadecimal digits.
pub fn link(previous: &str, record: &Record<'_>) -> String {
    let digest = Sha256::new()
        .chain_update(SCHEME)
        .chain_update([b'\n'])
        .chain_update(previous)
        .chain_update([b'\n'])
        .chain_update(record.canonical())
        .finalize();
    hex::encode(digest)
}

/// An event at its place in the chain.
#[derive(Clone, Copy, Debug)]
pub struct Link<'a> {
    /// Its place: 1, 2, 3 and so on.
    pub position: i64,
    /// The number under which it was written.
    pub arrival: i64,
    /// The hash of the event before, as it is kept with this one.
    pub previous: &'a str,
    /// Its own hash, as it is kept.
    pub hash: &'a str,
    /// The event, whatever its number.
    pub record: Record<'a>,
}

impl Link<'_> {
    /// Whether the event, at this place, was linked to the one with this hash.
    fn is_linked_to(&self, previous: &str) -> bool {
        self.agrees(previous, self.record.arrived(self.arrival, self.position))
    }

    /// Whether it was linked to the one with this hash, at this place or at another one, under this number or under that of its place.
    fn was_linked_to(&self, previous: &str) -> bool {
        [None, Some(self.arrival)].into_iter().any(|arrival| {
            let record = Record {
                arrival,
                ..self.record
            };
            self.agrees(previous, record)
        })
    }

    fn agrees(&self, previous: &str, record: Record<'_>) -> bool {
        link(previous, &record) == self.hash
    }
}

/// Where the chain ends, as it is kept apart from the events: behind all that is sealed. What was committed since and has no place
/// yet is no part of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// The place of the last event; 0 without any.
    pub position: i64,
    /// The hash of the last event.
    pub head: String,
}

closed_enum! {
    /// How a chain is broken.
    pub enum Why {
        /// An event is not what it was when it was recorded.
        Changed = "changed",
        /// Events that were there are not.
        Missing = "missing",
        /// An event stands where it was not recorded.
        InsertedOrReordered = "inserted_or_reordered",
        /// The last events are not there.
        EndMissing = "end_missing",
    }
}

/// Where a chain is broken first, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Break {
    /// The place.
    pub position: i64,
    /// The last place of the same break: greater than `position` where several events are missing.
    pub last: i64,
    /// The event that stands there; none where it is missing or cannot be read.
    pub event: Option<(EventId, Instant)>,
    /// How.
    pub why: Why,
}

/// What a walk along the chain has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every event is as it was recorded, where it was recorded, and none is missing.
    Whole {
        /// How many there are.
        events: i64,
        /// The earliest and the latest instant at which something happened; none without events.
        span: Option<(Instant, Instant)>,
        /// The hash of the last event.
        head: String,
    },
    /// It is not so.
    Broken(Break),
}

/// A walk along the chain, from its first event to its last, that remembers no more than one step.
#[derive(Debug)]
pub struct Chain {
    end: Option<End>,
    events: i64,
    /// The hash of the last event that was in order, and that of the one before it.
    head: String,
    before: String,
    /// The event with that hash.
    here: Option<(EventId, Instant)>,
    span: Option<(Instant, Instant)>,
    found: Found,
}

/// How far the walk has understood what it has met.
#[derive(Debug)]
enum Found {
    Nothing,
    /// An event that does not follow. What comes after it tells how that came to be.
    Stranger {
        at: Break,
        /// Whether it agrees with its own hash, so that it was once linked to something.
        linked: bool,
        /// The event that it should have followed, and now follows in its place.
        after: Option<(EventId, Instant)>,
    },
    Break(Break),
}

impl Chain {
    /// A walk to this end; none if the end itself is lost.
    pub fn new(end: Option<End>) -> Self {
        Self {
            end,
            events: 0,
            head: GENESIS.to_owned(),
            before: GENESIS.to_owned(),
            here: None,
            span: None,
            found: Found::Nothing,
        }
    }

    /// The place that the next event is expected at.
    fn expected(&self) -> i64 {
        self.events + 1
    }

    /// Whether all is known that can be known.
    pub fn is_decided(&self) -> bool {
        matches!(self.found, Found::Break(_))
    }

    /// Goes on to the next event, by place.
    pub fn step(&mut self, next: &Link<'_>) {
        let event = Some((next.record.id, next.record.at));
        match &self.found {
            Found::Break(_) => return,
            // The event that belongs where the stranger stands has come after it.
            Found::Stranger { at, .. } if self.follows(next) => {
                let why = Why::InsertedOrReordered;
                self.found = Found::Break(Break { why, ..at.clone() });
                return;
            }
            Found::Stranger { .. } => {
                self.events += 1;
                return;
            }
            Found::Nothing => {}
        }
        let expected = self.expected();
        if next.position > expected && !self.is_behind_the_end(expected) {
            let last = self
                .end
                .as_ref()
                .map_or(next.position - 1, |end| end.position.min(next.position - 1));
            return self.breaks(expected, last, None, Why::Missing);
        }
        let linked = next.was_linked_to(next.previous);
        if linked && next.previous == self.before && self.events > 0 {
            // It follows the event before the last one, so that the last one was put between them.
            return self.breaks(
                self.events,
                self.events,
                self.here,
                Why::InsertedOrReordered,
            );
        }
        if next.position != expected || self.is_behind_the_end(next.position) {
            return self.breaks(
                next.position,
                next.position,
                event,
                Why::InsertedOrReordered,
            );
        }
        if next.previous == self.head && next.is_linked_to(&self.head) {
            self.before = std::mem::replace(&mut self.head, next.hash.to_owned());
            self.here = event;
            let at = next.record.at;
            self.span = Some(
                self.span
                    .map_or((at, at), |(from, to)| (from.min(at), to.max(at))),
            );
            self.events += 1;
            return;
        }
        let at = Break {
            position: expected,
            last: expected,
            event,
            why: Why::Changed,
        };
        self.events += 1;
        // Only what it is said to follow was changed, or the number under which it was written.
        self.found = match next.was_linked_to(&self.head) {
            true => Found::Break(at),
            false => Found::Stranger {
                at,
                linked,
                after: self.here,
            },
        };
    }

    /// Goes on to an event that cannot be read: what was recorded could be.
    pub fn step_over_unreadable(&mut self, position: i64) {
        if !matches!(self.found, Found::Nothing) {
            self.events += 1;
            return;
        }
        let expected = self.expected();
        if position > expected {
            return self.breaks(expected, position - 1, None, Why::Missing);
        }
        self.breaks(position, position, None, Why::Changed);
    }

    /// Whether the next event is one that was linked to the head.
    fn follows(&self, next: &Link<'_>) -> bool {
        next.previous == self.head && next.was_linked_to(&self.head)
    }

    fn is_behind_the_end(&self, position: i64) -> bool {
        self.end.as_ref().is_some_and(|end| position > end.position)
    }

    fn breaks(&mut self, position: i64, last: i64, event: Option<(EventId, Instant)>, why: Why) {
        self.found = Found::Break(Break {
            position,
            last,
            event,
            why,
        });
    }

    /// What the walk has found, now that there are no more events.
    pub fn finish(self) -> Verdict {
        let Some(end) = self.end else {
            // Nothing says that this is all.
            return Verdict::Broken(match self.found {
                Found::Break(at) | Found::Stranger { at, .. } => at,
                Found::Nothing => missing_end(self.events + 1, self.events + 1),
            });
        };
        match self.found {
            Found::Break(at) => Verdict::Broken(at),
            Found::Stranger {
                at, linked: false, ..
            } => Verdict::Broken(at),
            // It was linked to something that is gone: removed, if there are fewer events than there were …
            Found::Stranger { at, .. } if self.events < end.position => Verdict::Broken(Break {
                last: at.position + end.position - self.events - 1,
                event: None,
                why: Why::Missing,
                ..at
            }),
            Found::Stranger { at, .. } if self.events > end.position => Verdict::Broken(Break {
                why: Why::InsertedOrReordered,
                ..at
            }),
            // … and otherwise replaced by the one that now stands before it, whose hash was made anew.
            Found::Stranger { at, after, .. } => Verdict::Broken(Break {
                position: (at.position - 1).max(1),
                last: (at.position - 1).max(1),
                event: after.or(at.event),
                why: Why::Changed,
            }),
            Found::Nothing if self.events < end.position => {
                Verdict::Broken(missing_end(self.events + 1, end.position))
            }
            // The last event has a hash of its own, which is not the one that was noted.
            Found::Nothing if self.head != end.head => Verdict::Broken(Break {
                position: self.events,
                last: self.events,
                event: self.here,
                why: Why::Changed,
            }),
            Found::Nothing => Verdict::Whole {
                events: self.events,
                span: self.span,
                head: self.head,
            },
        }
    }
}

fn missing_end(position: i64, last: i64) -> Break {
    Break {
        position,
        last,
        event: None,
        why: Why::EndMissing,
    }
}
