use chrono::{NaiveDate, TimeZone};
use chrono_tz::Tz;
use proptest::prelude::*;

use super::*;
use crate::domain::ids::PersonId;
use crate::domain::text::Note;

fn at(text: &str) -> Instant {
    text.parse().expect("an instant")
}

fn person(number: u128) -> PersonId {
    PersonId::from_uuid(uuid::Uuid::from_u128(number))
}

fn window() -> Window {
    Window {
        from: at("2026-03-04T09:00:00Z"),
        until: at("2026-03-04T11:00:00Z"),
        zone: Tz::Europe__Berlin,
    }
}

fn spoken(text: &str) -> Spoken {
    text.parse().expect("a time")
}

/// The window as it is asked for on 3 March 2026, 10:00 UTC.
fn asked(from: &str, until: &str, zone: Tz) -> Result<Window, Vec<(Part, WindowProblem)>> {
    Window::asked(
        spoken(from),
        spoken(until),
        zone,
        at("2026-03-03T10:00:00Z"),
    )
    .map_err(|faults| {
        let pair = |fault: WindowFault| (fault.part, fault.problem);
        faults.into_iter().map(pair).collect()
    })
}

#[test]
fn a_window_is_read_by_the_clocks_of_its_zone() {
    let expected = Window {
        from: at("2026-03-04T08:00:00Z"),
        until: at("2026-03-04T10:30:00Z"),
        zone: Tz::Europe__Berlin,
    };
    for (from, until) in [
        ("2026-03-04T09:00", "2026-03-04T11:30"),
        ("2026-03-04T09:00:00", "2026-03-04T10:30:00Z"),
        ("2026-03-04T09:00:00+01:00", "2026-03-04T16:00:00+05:30"),
    ] {
        assert_eq!(asked(from, until, Tz::Europe__Berlin), Ok(expected));
    }
}

#[test]
fn a_time_that_the_clocks_skip_is_refused_with_its_place() {
    use Part::{From, Until};
    use WindowProblem::Skipped;
    let berlin = Tz::Europe__Berlin;
    assert_eq!(
        asked("2026-03-29T02:30", "2026-03-29T04:00", berlin),
        Err(vec![(From, Skipped)])
    );
    assert_eq!(
        asked("2026-03-29T01:30", "2026-03-29T02:00", berlin),
        Err(vec![(Until, Skipped)])
    );
    assert_eq!(
        asked("2026-03-29T02:00", "2026-03-29T02:59:59", berlin),
        Err(vec![(From, Skipped), (Until, Skipped)])
    );
    assert!(asked("2026-03-29T01:59", "2026-03-29T03:00", berlin).is_ok());
    // The same, written with Berlin's distance from UTC on either side of the gap.
    for own in ["+01:00", "+02:00"] {
        let from = format!("2026-03-29T02:30:00{own}");
        assert_eq!(
            asked(&from, "2026-03-29T06:00", berlin),
            Err(vec![(From, Skipped)])
        );
    }
    // What somebody else's clock shows then is an instant like any other.
    for elsewhere in ["Z", "-05:00"] {
        let from = format!("2026-03-29T02:30:00{elsewhere}");
        assert!(asked(&from, "2026-03-30T06:00", berlin).is_ok());
    }
}

#[test]
fn a_time_that_the_clocks_show_twice_is_the_first_of_the_two() {
    let window = asked("2026-10-25T02:30", "2026-10-25T03:30", Tz::Europe__Berlin).unwrap();
    assert_eq!(window.from, at("2026-10-25T00:30:00Z"));
    assert_eq!(window.until, at("2026-10-25T02:30:00Z"));
}

#[test]
fn a_window_lies_ahead_and_ends_behind_its_beginning() {
    use Part::{From, Until};
    use WindowProblem::{InThePast, NotLater, TooFar};
    let utc = |from, until| asked(from, until, Tz::UTC);
    assert_eq!(
        utc("2026-03-03T08:00:00Z", "2026-03-03T09:00:00Z"),
        Err(vec![(From, InThePast), (Until, InThePast)])
    );
    assert_eq!(
        utc("2026-03-03T11:00:00Z", "2026-03-03T11:00:00Z"),
        Err(vec![(Until, NotLater)])
    );
    assert_eq!(
        utc("2026-03-03T11:00:00Z", "2026-03-03T10:30:00Z"),
        Err(vec![(Until, NotLater)])
    );
    // From now on: whoever fills the form in takes a moment for it.
    assert!(utc("2026-03-03T09:55:00Z", "2026-03-03T10:00:00.000001Z").is_ok());
    assert_eq!(
        utc("2026-03-03T09:54:59.999999Z", "2026-03-03T10:00:00Z"),
        Err(vec![(From, InThePast), (Until, InThePast)])
    );
    assert_eq!(
        utc("2026-03-04T10:00:00Z", "9999-12-31T23:59:59-01:00"),
        Err(vec![(Until, TooFar)])
    );
}

#[test]
fn only_the_owner_or_a_supervisor_says_what_became_of_it() {
    let [owner, other] = [person(1), person(2)];
    let call = Call {
        state: State::Taken,
        owner: Some(owner),
        window: window(),
    };
    let by = |id, supervises| Actor { id, supervises };
    for command in [Command::Complete, Command::Miss] {
        let decide = |actor| transition(&call, &actor, &command, call.window.from);
        assert_eq!(decide(by(other, false)), Err(Refusal::NotOwner));
        assert!(decide(by(owner, false)).is_ok());
        assert!(decide(by(other, true)).is_ok());
    }
    let taken = transition(&call, &by(other, false), &Command::Take, call.window.from);
    assert_eq!(taken, Err(Refusal::AlreadyTaken { by: owner }));
    let nobodys = Call {
        state: State::Requested,
        owner: None,
        ..call
    };
    let made = transition(
        &nobodys,
        &by(other, false),
        &Command::Complete,
        at("2026-03-03T10:00:00Z"),
    );
    assert_eq!(made.unwrap().owner, Some(other));
}

#[test]
fn nothing_is_missed_before_it_may_come() {
    let call = Call {
        state: State::Requested,
        owner: None,
        window: window(),
    };
    let actor = Actor {
        id: person(1),
        supervises: false,
    };
    let just_before = call.window.from - chrono::TimeDelta::microseconds(1);
    assert_eq!(
        transition(&call, &actor, &Command::Miss, just_before),
        Err(Refusal::NotBegun {
            from: call.window.from
        })
    );
    assert!(transition(&call, &actor, &Command::Miss, call.window.from).is_ok());
    let until = call.window.until;
    assert!(!is_lapsed(
        call.state,
        until,
        until - chrono::TimeDelta::microseconds(1)
    ));
    assert!(is_lapsed(call.state, until, until));
    for state in [State::Completed, State::Missed, State::Canceled] {
        assert!(!is_lapsed(state, until, until), "{state}");
    }
}

#[test]
fn a_patch_is_one_verb() {
    let said = Note::parse("They restarted the edge.").unwrap();
    let of = |state, owner, window, note: Option<Option<&Note>>| {
        Verb::of_patch(state, owner, window, note)
    };
    assert_eq!(of(None, false, false, None), Err(PatchError::Nothing));
    assert_eq!(of(Some(State::Taken), false, false, None), Ok(Verb::Take));
    assert_eq!(of(Some(State::Taken), true, false, None), Ok(Verb::Assign));
    assert_eq!(of(None, true, false, None), Ok(Verb::Assign));
    assert_eq!(of(None, false, true, Some(None)), Ok(Verb::Reschedule));
    assert_eq!(of(None, false, false, Some(None)), Ok(Verb::Describe));
    assert_eq!(
        of(Some(State::Requested), false, false, None),
        Err(PatchError::WindowMissing)
    );
    for note in [None, Some(None)] {
        assert_eq!(
            of(Some(State::Completed), false, false, note),
            Err(PatchError::SaidMissing)
        );
    }
    assert_eq!(
        of(Some(State::Completed), false, false, Some(Some(&said))),
        Ok(Verb::Complete)
    );
    assert_eq!(
        of(Some(State::Canceled), false, true, None),
        Err(PatchError::WindowUnexpected)
    );
    assert_eq!(
        of(Some(State::Missed), true, false, None),
        Err(PatchError::OwnerUnexpected)
    );
    assert_eq!(of(None, true, true, None), Err(PatchError::OwnerUnexpected));
}

prop_compose! {
    fn commands()(which in 0..7_usize, to in 1..4_u128) -> Command {
        match which {
            0 => Command::Take,
            1 => Command::Assign { to: person(to) },
            2 => Command::Reschedule { window: window() },
            3 => Command::Describe,
            4 => Command::Complete,
            5 => Command::Miss,
            _ => Command::Cancel,
        }
    }
}

proptest! {
    /// Whatever people do, in whatever order: a final state stays; whoever makes a call is known exactly while it is taken and
    /// after it took place; and what is offered is what is taken.
    #[test]
    fn any_history_keeps_the_rules(
        history in prop::collection::vec((commands(), 1..4_u128, any::<bool>(), -3..3_i64), 0..24)
    ) {
        let mut call = Call { state: State::Requested, owner: None, window: window() };
        for (command, by, supervises, hours) in history {
            let actor = Actor { id: person(by), supervises };
            let now = call.window.from + chrono::TimeDelta::hours(hours);
            let offered = takes(&call, &actor, command.verb(), now);
            let outcome = transition(&call, &actor, &command, now);
            prop_assert_eq!(offered, outcome.is_ok());
            let Ok(next) = outcome else { continue };
            prop_assert!(!call.state.lawful_verbs().is_empty());
            prop_assert!(call.state.lawful_verbs().contains(&command.verb()));
            match next.state {
                State::Requested => prop_assert!(next.owner.is_none()),
                State::Taken | State::Completed => prop_assert!(next.owner.is_some()),
                State::Missed | State::Canceled => prop_assert_eq!(next.owner, call.owner),
            }
            if command.verb() != Verb::Reschedule {
                prop_assert_eq!(next.window, call.window);
            }
            call = next;
        }
    }

    /// Any local time of any zone: it is refused exactly where the zone's clocks never show it, and else they show it at the
    /// instant that it is.
    #[test]
    fn a_window_says_what_the_clocks_show(
        zone in prop::sample::select(chrono_tz::TZ_VARIANTS.as_slice()),
        day in 0..360_i64, minute in 0..1440_u32,
    ) {
        let now = at("2026-01-01T00:00:00Z");
        let date = NaiveDate::from_ymd_opt(2026, 1, 2).unwrap() + chrono::TimeDelta::days(day);
        let local = date.and_hms_opt(minute / 60, minute % 60, 0).unwrap();
        let until = (date + chrono::TimeDelta::days(2)).and_hms_opt(12, 0, 0).unwrap();
        let asked = Window::asked(Spoken::Local(local), Spoken::Local(until), zone, now);
        let shown = zone.from_local_datetime(&local).earliest();
        match (asked, shown) {
            (Ok(window), Some(shown)) => {
                prop_assert_eq!(window.from, shown);
                prop_assert_eq!(window.from.with_timezone(&zone).naive_local(), local);
                prop_assert!(window.until > window.from);
            }
            (Err(faults), None) => {
                let skipped = WindowFault { part: Part::From, problem: WindowProblem::Skipped };
                prop_assert!(faults.contains(&skipped));
            }
            (asked, shown) => prop_assert!(false, "{:?} {:?}", asked, shown),
        }
    }
}
