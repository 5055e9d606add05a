use chrono::{TimeDelta, TimeZone, Utc};
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn fields(value: Value) -> CaseFields {
    value.as_object().cloned().unwrap()
}

fn hour(hour: i64) -> Instant {
    Utc.with_ymd_and_hms(2016, 2, 29, 0, 0, 0).unwrap() + TimeDelta::hours(hour)
}

#[test]
fn a_change_counts_from_its_own_instant_on() {
    let now = fields(json!({"status": "closed", "priority": "high"}));
    let changes = [
        (hour(5), fields(json!({"status": "in_progress"}))),
        (hour(3), fields(json!({"priority": "medium"}))),
        (hour(1), fields(json!({"status": "open"}))),
    ];
    let at = |instant| fold_back(now.clone(), &changes, instant);
    let a_moment = TimeDelta::microseconds(1);
    assert_eq!(at(hour(5)), now);
    assert_eq!(
        at(hour(5) - a_moment),
        fields(json!({"status": "in_progress", "priority": "high"}))
    );
    assert_eq!(
        at(hour(3)),
        fields(json!({"status": "in_progress", "priority": "high"}))
    );
    assert_eq!(
        at(hour(3) - a_moment),
        fields(json!({"status": "in_progress", "priority": "medium"}))
    );
    assert_eq!(
        at(hour(1) - a_moment),
        fields(json!({"status": "open", "priority": "medium"}))
    );
}

#[test]
fn a_field_set_later_was_nothing_before() {
    let (before, after) = difference(
        &fields(json!({"owner": null, "rank": 1})),
        &fields(json!({"owner": "Sam", "rank": 1, "line": 7})),
    )
    .unwrap();
    assert_eq!(before, fields(json!({"owner": null, "line": null})));
    assert_eq!(after, fields(json!({"owner": "Sam", "line": 7})));
    assert_eq!(difference(&after, &after), None);
}

fn any_state() -> impl Strategy<Value = CaseFields> {
    let value = prop_oneof![Just(Value::Null), "[a-c]".prop_map(Value::from)];
    prop::collection::vec(value, 3).prop_map(|values| {
        ["a", "b", "c"]
            .into_iter()
            .map(str::to_owned)
            .zip(values)
            .collect()
    })
}

proptest! {
    /// Whatever happened, undoing it gives every earlier state back, two changes at one instant included.
    #[test]
    fn folding_back_gives_the_state_that_was(states in prop::collection::vec((0_i64..4, any_state()), 1..12)) {
        let mut hours = 0;
        let mut timeline: Vec<(Instant, CaseFields)> = Vec::new();
        for (gap, state) in states {
            hours += gap;
            timeline.push((hour(hours), state));
        }
        let mut changes: Vec<_> = timeline
            .windows(2)
            .filter_map(|pair| difference(&pair[0].1, &pair[1].1).map(|(before, _)| (pair[1].0, before)))
            .collect();
        changes.reverse();
        let current = timeline.last().unwrap().1.clone();
        for (at, _) in &timeline {
            let stood = &timeline.iter().rfind(|(from, _)| from <= at).unwrap().1;
            prop_assert_eq!(&fold_back(current.clone(), &changes, *at), stood);
        }
    }
}
