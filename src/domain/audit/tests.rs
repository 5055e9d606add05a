use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::chain::{GENESIS, canonical};
use super::seal::{self, Thing};
use super::view::{Content, Happened, shown};
use super::*;
use crate::domain::Instant;
use crate::domain::access::Reach;
use crate::domain::ids::{CaseId, EntryId, EscalationId, EventId, OrganizationId, PersonId};

/// An event at its place, as a row keeps it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    position: i64,
    arrival: i64,
    previous: String,
    hash: String,
    pub(super) id: u128,
    micros: i64,
    kind: String,
    /// Organization, home, case, escalation, subject and actor.
    ids: [Option<u128>; 6],
    actor_name: String,
    both: bool,
    before: Option<Map<String, Value>>,
    after: Option<Map<String, Value>>,
}

impl Row {
    pub(super) fn record(&self) -> Record<'_> {
        let uuid = |n: u128| uuid::Uuid::from_u128(n);
        let [organization, home, case, escalation, subject, actor] = self.ids;
        Record {
            arrival: None,
            id: EventId::from_uuid(uuid(self.id)),
            at: Instant::from_timestamp_micros(self.micros).expect("an instant"),
            kind: &self.kind,
            organization: organization.map(|n| OrganizationId::from_uuid(uuid(n))),
            home: home.map(|n| OrganizationId::from_uuid(uuid(n))),
            case: case.map(|n| CaseId::from_uuid(uuid(n))),
            escalation: escalation.map(|n| EscalationId::from_uuid(uuid(n))),
            subject: subject.map(|n| EventId::from_uuid(uuid(n))),
            actor: actor.map(|n| PersonId::from_uuid(uuid(n))),
            actor_name: &self.actor_name,
            seen_by: if self.both {
                SeenBy::Both
            } else {
                SeenBy::Provider
            },
            before: self.before.as_ref(),
            after: self.after.as_ref(),
            said: None,
        }
    }

    fn linked_to(mut self, position: i64, previous: &str) -> Self {
        self.position = position;
        self.previous = previous.to_owned();
        self.hash = link(previous, &self.record().arrived(self.arrival, position));
        self
    }
}

/// Rows in their places, with the end that was noted for them.
fn chained(rows: Vec<Row>) -> (Vec<Row>, End) {
    let mut head = GENESIS.to_owned();
    let mut chain = Vec::new();
    for (position, row) in (1..).zip(rows) {
        let row = row.linked_to(position, &head);
        head.clone_from(&row.hash);
        chain.push(row);
    }
    let position = i64::try_from(chain.len()).expect("few");
    (chain, End { position, head })
}

fn walked(mut rows: Vec<Row>, end: Option<End>) -> Verdict {
    rows.sort_by_key(|row| row.position);
    let mut chain = Chain::new(end);
    for row in &rows {
        chain.step(&Link {
            position: row.position,
            arrival: row.arrival,
            previous: &row.previous,
            hash: &row.hash,
            record: row.record(),
        });
    }
    chain.finish()
}

fn renumbered(mut rows: Vec<Row>) -> Vec<Row> {
    for (position, row) in (1..).zip(&mut rows) {
        row.position = position;
    }
    rows
}

/// Where it breaks, how far, how.
pub(super) fn broken(verdict: &Verdict) -> Option<(i64, i64, Why)> {
    match verdict {
        Verdict::Whole { .. } => None,
        Verdict::Broken(at) => Some((at.position, at.last, at.why)),
    }
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1000.0..1000.0f64).prop_map(Value::from),
        ".{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[a-c\"é]{1,3}", inner, 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn fields() -> impl Strategy<Value = Option<Map<String, Value>>> {
    prop::option::of(
        prop::collection::btree_map("[a-d]{1,2}", values(), 0..4)
            .prop_map(|members| members.into_iter().collect()),
    )
}

fn row() -> impl Strategy<Value = Row> {
    (
        (any::<u128>(), 1..20_i64),
        0..4_102_444_800_000_000_i64,
        "[a-z]{1,5}\\.[a-z]{1,5}",
        prop::array::uniform6(prop::option::of(any::<u128>())),
        ".{1,8}",
        any::<bool>(),
        fields(),
        fields(),
    )
        .prop_map(
            |((id, arrival), micros, kind, ids, actor_name, both, before, after)| Row {
                position: 0,
                arrival,
                previous: String::new(),
                hash: String::new(),
                id,
                micros,
                kind,
                ids,
                actor_name,
                both,
                before,
                after,
            },
        )
}

pub(super) fn rows() -> impl Strategy<Value = Vec<Row>> {
    prop::collection::vec(row(), 1..9)
}

/// Changes one thing about a row; `which` picks it.
fn change(row: &mut Row, which: usize) {
    let other = |name: &mut Option<Map<String, Value>>| match name {
        Some(fields) => {
            fields.insert("zz".into(), json!({"deep": [1]}));
        }
        None => *name = Some(Map::new()),
    };
    match which {
        0 => row.id ^= 1,
        1 => row.micros += 1,
        2 => row.kind.push('x'),
        3..9 => {
            let id = &mut row.ids[which - 3];
            *id = match id {
                Some(_) => None,
                None => Some(7),
            };
        }
        9 => row.actor_name.push('x'),
        10 => row.both = !row.both,
        11 => other(&mut row.before),
        12 => other(&mut row.after),
        13 => row.hash = row.hash.chars().rev().collect::<String>() + "0",
        _ => row.previous.push('0'),
    }
}
const CHANGES: usize = 15;

proptest! {
    #[test]
    fn a_chain_that_nobody_touched_is_whole(rows in rows()) {
        let (chain, end) = chained(rows);
        let head = end.head.clone();
        let verdict = walked(chain.clone(), Some(end));
        let instants = chain.iter().map(|row| row.record().at);
        let span = instants.clone().min().zip(instants.max());
        prop_assert_eq!(verdict, Verdict::Whole { events: i64::try_from(chain.len()).expect("few"), span, head });
    }

    #[test]
    fn a_change_is_found_where_it_was_made(rows in rows(), at in any::<prop::sample::Index>(), which in 0..CHANGES) {
        let (mut chain, end) = chained(rows);
        let at = at.index(chain.len());
        change(&mut chain[at], which);
        let place = chain[at].position;
        let verdict = walked(chain, Some(end));
        prop_assert_eq!(broken(&verdict), Some((place, place, Why::Changed)));
    }

    #[test]
    fn a_change_whose_hash_was_made_anew_is_found_too(rows in rows(), at in any::<prop::sample::Index>(), which in 0..13usize) {
        let (mut chain, end) = chained(rows);
        let at = at.index(chain.len());
        change(&mut chain[at], which);
        let (place, previous) = (chain[at].position, chain[at].previous.clone());
        chain[at] = chain[at].clone().linked_to(place, &previous);
        let verdict = walked(chain, Some(end));
        prop_assert_eq!(broken(&verdict), Some((place, place, Why::Changed)));
    }

    #[test]
    fn a_removal_is_found(rows in rows(), at in any::<prop::sample::Index>(), renumber in any::<bool>()) {
        let (mut chain, end) = chained(rows);
        let at = at.index(chain.len());
        let place = chain.remove(at).position;
        let chain = if renumber { renumbered(chain) } else { chain };
        let why = if place == end.position { Why::EndMissing } else { Why::Missing };
        let verdict = walked(chain, Some(end));
        prop_assert_eq!(broken(&verdict), Some((place, place, why)));
    }

    #[test]
    fn the_removal_of_several_is_found(rows in rows(), from in any::<prop::sample::Index>(), until in any::<prop::sample::Index>(), renumber in any::<bool>()) {
        let (mut chain, end) = chained(rows);
        let (from, until) = (from.index(chain.len()), until.index(chain.len()));
        let (from, until) = (from.min(until), from.max(until));
        chain.drain(from..=until);
        let (first, last) = (i64::try_from(from).expect("few") + 1, i64::try_from(until).expect("few") + 1);
        let chain = if renumber { renumbered(chain) } else { chain };
        let why = if last == end.position { Why::EndMissing } else { Why::Missing };
        let verdict = walked(chain, Some(end));
        prop_assert_eq!(broken(&verdict), Some((first, last, why)));
    }

    #[test]
    fn two_that_changed_places_are_found_at_the_first(rows in prop::collection::vec(row(), 2..9), a in any::<prop::sample::Index>(), b in any::<prop::sample::Index>()) {
        let (mut chain, end) = chained(rows);
        let (a, b) = (a.index(chain.len()), b.index(chain.len()));
        prop_assume!(a != b);
        let (first, second) = (a.min(b), a.max(b));
        let (at, to) = (chain[first].position, chain[second].position);
        chain[first].position = to;
        chain[second].position = at;
        let verdict = walked(chain, Some(end));
        prop_assert_eq!(broken(&verdict), Some((at, at, Why::InsertedOrReordered)));
    }

    #[test]
    fn an_insertion_is_found(rows in rows(), new in row(), at in any::<prop::sample::Index>(), how in 0..3) {
        let (mut chain, end) = chained(rows);
        let at = at.index(chain.len() + 1);
        let head = at.checked_sub(1).map_or(GENESIS.to_owned(), |before| chain[before].hash.clone());
        let place = i64::try_from(at).expect("few") + 1;
        // As somebody who knows how it is done; who links to something else; who knows nothing.
        let new = match how {
            0 => new.linked_to(place, &head),
            1 => new.linked_to(place, &"7".repeat(64)),
            _ => Row { previous: "x".into(), hash: "y".into(), ..new },
        };
        chain.insert(at, new);
        let verdict = walked(renumbered(chain), Some(end));
        prop_assert_eq!(broken(&verdict), Some((place, place, Why::InsertedOrReordered)));
    }

    #[test]
    fn the_loss_of_the_end_is_told(rows in rows()) {
        let (chain, _) = chained(rows);
        let place = i64::try_from(chain.len()).expect("few") + 1;
        prop_assert_eq!(broken(&walked(chain, None)), Some((place, place, Why::EndMissing)));
    }

    #[test]
    fn an_event_is_written_as_its_value_is(row in row(), value in values(), arrival in proptest::option::of(any::<i64>())) {
        let fields = Map::from_iter([("after \"\\\n".to_owned(), value)]);
        let row = Row { after: Some(fields), ..row };
        let record = Record { arrival, ..row.record() };
        let mut event = json!({
            "id": record.id, "at": record.at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string(), "kind": record.kind,
            "organization": record.organization, "home_organization": record.home, "case": record.case,
            "escalation": record.escalation, "subject": record.subject, "actor": record.actor, "actor_name": record.actor_name,
            "seen_by": record.seen_by, "before": record.before, "after": record.after,
        });
        let optional = [("said", record.said.map(|said| json!(said))), ("arrival", arrival.map(Value::from))];
        for (name, value) in optional {
            event.as_object_mut().expect("an object").extend(value.map(|value| (name.to_owned(), value)));
        }
        prop_assert_eq!(record.canonical(), canonical(&event));
    }

    #[test]
    fn the_canonical_form_is_that_of_the_value_and_not_of_its_text(value in values(), row in row()) {
        let fields = Map::from_iter([("field".to_owned(), value)]);
        let row = Row { before: Some(fields), ..row };
        // As it comes back from a row, and as a database writes it that keeps documents by value.
        let again: Map<String, Value> = serde_json::from_str(&serde_json::to_string(&row.before).expect("JSON")).expect("JSON");
        let text = format!("{:#}", reversed(&Value::Object(again.clone())));
        let turned: Map<String, Value> = serde_json::from_str(&text).expect("JSON");
        let one = Row { before: Some(again), ..row.clone() };
        let two = Row { before: Some(turned), ..row };
        prop_assert_eq!(one.record().canonical(), two.record().canonical());
    }
}

/// The same value with its members written in the opposite order and whole numbers as floating-point numbers.
fn reversed(value: &Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .iter()
                .rev()
                .map(|(name, value)| (name.clone(), reversed(value)))
                .collect(),
        ),
        Value::Array(items) => items.iter().map(reversed).collect(),
        Value::Number(number) => match number.as_i64() {
            Some(whole) if whole.abs() < 1_000_000 => json!(whole as f64),
            _ => value.clone(),
        },
        other => other.clone(),
    }
}

#[test]
fn the_canonical_form_is_this_one() {
    let before = json!({"b": [2.0, 0.5], "a": {"z": null, "é\"": true}});
    let before = before.as_object().expect("an object");
    let record = Record {
        arrival: None,
        id: EventId::from_uuid(uuid::Uuid::from_u128(1)),
        at: "2026-03-02T09:00:00.000005123Z"
            .parse()
            .expect("an instant"),
        kind: "case.changed",
        organization: Some(OrganizationId::from_uuid(uuid::Uuid::from_u128(2))),
        home: None,
        case: None,
        escalation: None,
        subject: None,
        actor: None,
        actor_name: "Dana Cole",
        seen_by: SeenBy::Both,
        before: Some(before),
        after: None,
        said: None,
    };
    let canonical = concat!(
        r#"{"actor":null,"actor_name":"Dana Cole","after":null,"at":"2026-03-02T09:00:00.000005Z","#,
        r#""before":{"a":{"z":null,"é\"":true},"b":[2,0.5]},"case":null,"escalation":null,"home_organization":null,"#,
        r#""id":"00000000-0000-0000-0000-000000000001","kind":"case.changed","#,
        r#""organization":"00000000-0000-0000-0000-000000000002","seen_by":"both","subject":null}"#,
    );
    assert_eq!(record.canonical(), canonical);
    // Whoever changes the form or the scheme makes every chain there is look broken.
    assert_eq!(
        link(GENESIS, &record),
        hex::encode(<sha2::Sha256 as sha2::Digest>::digest(format!(
            "casebell audit 1\n{GENESIS}\n{canonical}"
        )))
    );
}

#[test]
fn the_hash_of_what_was_said_is_this_one() {
    let entry = Thing::Entry(EntryId::from_uuid(uuid::Uuid::from_u128(1)));
    let words = json!({"visibility": "public", "body": "We are looking."});
    let hashed = "casebell said 1\n5a17\nentry/00000000-0000-0000-0000-000000000001\n\
        {\"body\":\"We are looking.\",\"visibility\":\"public\"}";
    // Whoever changes it makes all that was ever said look changed.
    assert_eq!(
        seal::hash("5a17", entry, &words),
        hex::encode(<sha2::Sha256 as sha2::Digest>::digest(hashed))
    );
}

#[test]
fn an_event_that_cannot_be_read_was_changed() {
    let mut chain = Chain::new(Some(End {
        position: 1,
        head: GENESIS.to_owned(),
    }));
    chain.step_over_unreadable(1);
    assert_eq!(broken(&chain.finish()), Some((1, 1, Why::Changed)));
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().expect("an object")
}

const OWN: u128 = 1;
const OTHER: u128 = 2;

fn organization(n: u128) -> OrganizationId {
    OrganizationId::from_uuid(uuid::Uuid::from_u128(n))
}

/// What the people of `OWN` are shown of an event in `in_organization` by somebody of `home`.
fn customer_sees(
    kind: &str,
    in_organization: u128,
    home: Option<u128>,
    before: Value,
    after: Value,
) -> Option<Content> {
    let (before, after) = (before.as_object(), after.as_object());
    let event = Happened {
        kind,
        organization: Some(organization(in_organization)),
        home: home.map(organization),
        before,
        after,
    };
    // Staff see all of it, whatever it is.
    let all = Content::Fields {
        before: before.cloned(),
        after: after.cloned(),
    };
    assert_eq!(shown(Reach::Everything, &event), Some(all));
    shown(Reach::Organization(organization(OWN)), &event)
}

#[test]
fn f2_a_customer_is_shown_what_is_theirs_and_nothing_that_only_staff_keep() {
    let before = json!({"priority": "low", "line_of_business": "x", "owner": "y"});
    let after = json!({"priority": "high", "line_of_business": "z", "owner": null});
    let seen = customer_sees("case.changed", OWN, None, before.clone(), after.clone());
    let fields = Content::Fields {
        before: Some(object(json!({"priority": "low"}))),
        after: Some(object(json!({"priority": "high"}))),
    };
    assert_eq!(seen, Some(fields));
    assert_eq!(
        customer_sees("case.changed", OTHER, None, before, after),
        None
    );

    // Where nothing is left to show, nothing has happened.
    let staff_only = json!({"owner": "y", "line_of_business": "x"});
    assert_eq!(
        customer_sees("case.changed", OWN, None, staff_only.clone(), staff_only),
        None
    );
    let ranks = json!({"importance": "low", "urgency": "low", "rank": 5});
    assert_eq!(
        customer_sees(
            "escalation.reranked",
            OWN,
            None,
            ranks.clone(),
            ranks.clone()
        ),
        None
    );
    let accepted = json!({"importance": "low", "urgency": "low", "rank": 5, "state": "accepted"});
    let fields = Content::Fields {
        before: None,
        after: Some(object(json!({"state": "accepted"}))),
    };
    assert_eq!(
        customer_sees("escalation.accepted", OWN, None, json!(null), accepted),
        Some(fields)
    );

    for (kind, visibility, seen) in [
        ("entry.posted", "public", true),
        ("entry.posted", "internal", false),
        ("entry.redacted", "internal", false),
    ] {
        let after = json!({"feed": "case", "kind": "comment", "visibility": visibility});
        assert_eq!(
            customer_sees(kind, OWN, None, json!(null), after).is_some(),
            seen,
            "{kind} {visibility}"
        );
    }
    for kind in [
        "case.imported",
        "notice.resent",
        "notice.resent_all",
        "line.added",
        "policy.changed",
        "of.tomorrow",
    ] {
        assert_eq!(
            customer_sees(kind, OWN, None, json!(null), json!({"priority": "low"})),
            None,
            "{kind}"
        );
        assert_eq!(
            customer_sees(
                kind,
                OTHER,
                Some(OWN),
                json!(null),
                json!({"priority": "low"})
            ),
            None,
            "{kind}"
        );
    }
}

#[test]
fn p9_what_ones_people_do_elsewhere_is_seen_and_its_content_stays_there() {
    let after = json!({"subject": "Secret plans of the other"});
    let elsewhere = customer_sees("case.opened", OTHER, Some(OWN), json!(null), after.clone());
    assert_eq!(elsewhere, Some(Content::Withheld));
    // Who comes from there and works here is seen here, with everything.
    let here = customer_sees("case.opened", OWN, Some(OTHER), json!(null), after.clone());
    let fields = Content::Fields {
        before: None,
        after: Some(object(after)),
    };
    assert_eq!(here, Some(fields));
}

#[test]
fn kinds_are_asked_for_by_name_or_by_thing() {
    assert_eq!(EventKind::asked("case.opened"), [EventKind::CaseOpened]);
    let tokens = [EventKind::TokenIssued, EventKind::TokenRevoked];
    assert_eq!(EventKind::asked("token."), tokens);
    for nothing in ["token", "case.open", "", ".", "of.tomorrow"] {
        assert!(EventKind::asked(nothing).is_empty(), "{nothing}");
    }
}
