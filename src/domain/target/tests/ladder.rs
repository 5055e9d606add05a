use super::*;

fn timing(due_in: i64) -> Timing {
    let started_at = at("2026-03-02T10:00:00Z");
    Timing {
        started_at,
        due_at: started_at + TimeDelta::minutes(due_in),
        reckoned_at: started_at,
    }
}

fn after(timing: Timing, minutes: i64) -> Instant {
    timing.started_at + TimeDelta::minutes(minutes)
}

#[test]
fn m8_the_default_ladder_is_the_contracts() {
    let (ladder, timing) = (Ladder::default(), timing(120));
    let mut given = 0;
    let mut told = Vec::new();
    while let Some(next_at) = ladder.next_at(timing, given) {
        let firing = ladder.firing(timing, given, next_at);
        let minutes = (next_at - timing.started_at).num_minutes();
        told.push((minutes, firing.reminds, firing.tells));
        given = firing.given;
    }
    let expected = [
        (105, true, vec![]),
        (120, false, vec![Tell::Owner]),
        (150, false, vec![Tell::Supervisors]),
        (240, false, vec![Tell::Administrators]),
    ];
    assert_eq!(told, expected);
}

#[test]
fn nobody_is_reminded_before_there_is_time_to_do_something() {
    let ladder = Ladder::default();
    let due = timing(15);
    assert_eq!(ladder.next_at(due, 0), Some(due.due_at));
    let due = timing(16);
    assert_eq!(ladder.next_at(due, 0), Some(after(due, 1)));
}

#[test]
fn after_an_outage_everybody_is_told_at_once_and_nobody_reminded() {
    let (ladder, timing) = (Ladder::default(), timing(120));
    let firing = ladder.firing(timing, 0, after(timing, 155));
    let expected = Firing {
        reminds: false,
        tells: vec![Tell::Owner, Tell::Supervisors],
        given: 3,
        next_at: Some(after(timing, 240)),
    };
    assert_eq!(firing, expected);
}

#[test]
fn what_becomes_due_in_the_past_is_missed_from_when_that_was_reckoned() {
    let past = Timing {
        reckoned_at: after(timing(120), 300),
        ..timing(120)
    };
    let firing = Ladder::default().firing(past, 0, past.reckoned_at);
    assert_eq!(firing.tells, [Tell::Owner]);
    assert_eq!(firing.next_at, Some(after(past, 330)));
}

#[test]
fn who_is_on_two_levels_is_told_once_at_a_time() {
    let level = |after_minutes, tell| LadderLevel {
        after_minutes,
        tell,
    };
    let levels = vec![level(0, Tell::Owner), level(60, Tell::Owner)];
    let ladder = Ladder::new(None, levels).unwrap();
    let timing = timing(10);
    let firing = ladder.firing(timing, 0, after(timing, 100));
    assert_eq!(
        (firing.tells, firing.given, firing.next_at),
        (vec![Tell::Owner], 3, None)
    );
}

#[test]
fn a_ladder_says_at_which_level_it_is_wrong() {
    let level = |after_minutes, tell| LadderLevel {
        after_minutes,
        tell,
    };
    let refused = |remind, levels| {
        let wrong = Ladder::new(remind, levels).unwrap_err();
        (wrong.level, wrong.problem)
    };
    assert_eq!(refused(Some(0), vec![]), (None, LadderProblem::Reminder));
    assert_eq!(
        refused(Some(LONGEST_DELAY + 1), vec![]),
        (None, LadderProblem::Reminder)
    );
    let falling = vec![level(30, Tell::Owner), level(0, Tell::Supervisors)];
    assert_eq!(refused(None, falling), (Some(1), LadderProblem::OutOfOrder));
    let twice = vec![
        level(0, Tell::Owner),
        level(0, Tell::Supervisors),
        level(0, Tell::Owner),
    ];
    assert_eq!(refused(None, twice), (Some(2), LadderProblem::Twice));
    let late = vec![level(LONGEST_DELAY + 1, Tell::Owner)];
    assert_eq!(refused(None, late), (Some(0), LadderProblem::TooLate));
    let many = (0..11).map(|minutes| level(minutes, Tell::Owner)).collect();
    assert_eq!(
        refused(None, many),
        (Some(MOST_LEVELS), LadderProblem::TooMany)
    );
    let at_once = vec![level(0, Tell::Owner), level(0, Tell::Supervisors)];
    assert!(Ladder::new(Some(LONGEST_DELAY), at_once).is_ok());
    assert!(Ladder::new(None, vec![]).is_ok());
}

fn ladders() -> impl Strategy<Value = Ladder> {
    let level = (0_u32..600, prop::sample::select(Tell::ALL));
    let levels = prop::collection::vec(level, 0..6);
    (prop::option::of(1_u32..300), levels).prop_map(|(remind, mut levels)| {
        levels.sort_unstable();
        levels.dedup();
        let levels = levels.into_iter().map(|(after_minutes, tell)| LadderLevel {
            after_minutes,
            tell,
        });
        Ladder::new(remind, levels.collect()).unwrap()
    })
}

proptest! {
    // However often, how irregularly and by which clock it is looked: no step is taken twice, and in the end all are.
    #[test]
    fn every_step_is_taken_once_whatever_the_clock_does(
        ladder in ladders(), due_in in 1_i64..600, looks in prop::collection::vec(-100_i64..1500, 0..30),
    ) {
        let timing = timing(due_in);
        let (mut given, mut reminders, mut tells) = (0, 0, 0);
        for minutes in looks.into_iter().chain([10_000]) {
            let now = after(timing, minutes);
            let before = given;
            let firing = ladder.firing(timing, given, now);
            prop_assert!(firing.given >= before);
            prop_assert!(!firing.reminds || firing.tells.is_empty());
            prop_assert!(firing.given > before || (!firing.reminds && firing.tells.is_empty()));
            if !firing.tells.is_empty() {
                prop_assert!(now >= timing.due_at);
            }
            prop_assert!(firing.next_at.is_none_or(|next| next > now));
            prop_assert_eq!(firing.next_at, ladder.next_at(timing, firing.given));
            reminders += usize::from(firing.reminds);
            tells += firing.tells.len();
            given = firing.given;
        }
        prop_assert!(reminders <= 1);
        prop_assert!(tells <= ladder.levels().len());
        prop_assert_eq!(ladder.next_at(timing, given), None);
    }
}
