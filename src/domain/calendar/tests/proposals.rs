use super::*;

fn told(calendar: &Calendar, now: &str) -> Vec<(ByWhen, Instant)> {
    let all = calendar.proposals(at(now));
    all.iter().map(|one| (one.by, one.at)).collect()
}

#[test]
fn in_the_morning_all_five_are_proposed() {
    let berlin = weekdays(Tz::Europe__Berlin, &[]);
    // A Tuesday, 10:30 in Berlin.
    assert_eq!(
        told(&berlin, "2026-03-03T09:30:00Z"),
        [
            (ByWhen::FourHours, at("2026-03-03T13:30:00Z")),
            (ByWhen::EndOfToday, at("2026-03-03T16:00:00Z")),
            (ByWhen::NextNoon, at("2026-03-04T11:00:00Z")),
            (ByWhen::TwoDays, at("2026-03-05T16:00:00Z")),
            (ByWhen::FiveDays, at("2026-03-10T16:00:00Z")),
        ]
    );
}

#[test]
fn after_hours_nothing_is_proposed_for_today() {
    let berlin = weekdays(Tz::Europe__Berlin, &["2026-03-09"]);
    // A Friday, 17:00 in Berlin, when support closes; Monday is a holiday.
    let friday = told(&berlin, "2026-03-06T16:00:00Z");
    assert_eq!(
        friday,
        [
            (ByWhen::NextNoon, at("2026-03-10T11:00:00Z")),
            (ByWhen::FourHours, at("2026-03-10T12:00:00Z")),
            (ByWhen::TwoDays, at("2026-03-11T16:00:00Z")),
            (ByWhen::FiveDays, at("2026-03-16T16:00:00Z")),
        ]
    );
}

#[test]
fn noon_is_noon_on_either_side_of_the_clocks_change() {
    let berlin = calendar(json!({
        "name": "Every day", "time_zone": "Europe/Berlin", "holidays": [],
        "hours": {"sat": ["09:00-17:00"], "sun": ["09:00-17:00"], "mon": ["09:00-17:00"]},
    }));
    let noon = |now| {
        let all = told(&berlin, now);
        let found = all.iter().find(|(by, _)| *by == ByWhen::NextNoon);
        found.map(|(_, at)| *at)
    };
    assert_eq!(
        noon("2026-03-28T10:00:00Z"),
        Some(at("2026-03-29T10:00:00Z"))
    );
    assert_eq!(
        noon("2026-10-24T10:00:00Z"),
        Some(at("2026-10-25T11:00:00Z"))
    );
}

#[test]
fn where_noon_is_a_break_the_morning_ends_before_it() {
    let lunch = calendar(json!({
        "name": "Lunch", "time_zone": "UTC", "holidays": [],
        "hours": {"wed": ["08:00-11:30", "13:00-17:00"]},
    }));
    let all = told(&lunch, "2026-03-03T09:00:00Z");
    assert_eq!(all[0], (ByWhen::NextNoon, at("2026-03-04T11:30:00Z")));
}

#[test]
fn seconds_are_rounded_up_to_a_minute() {
    let utc = weekdays(Tz::UTC, &[]);
    let all = told(&utc, "2026-03-03T10:00:01Z");
    assert_eq!(all[0], (ByWhen::FourHours, at("2026-03-03T14:01:00Z")));
}

#[test]
fn a_calendar_without_hours_proposes_nothing() {
    let never = calendar(json!({
        "name": "Never", "time_zone": "UTC", "holidays": [], "hours": {},
    }));
    assert_eq!(never.proposals(at("2026-03-03T10:00:00Z")), []);
}

proptest! {
    #[test]
    fn proposals_are_working_time_ahead_each_once_and_in_order(
        (calendar, now) in calendar_and_instant()
    ) {
        let all = calendar.proposals(now);
        prop_assert!(all.len() <= ByWhen::ALL.len());
        for proposal in &all {
            prop_assert!(now < proposal.at, "{proposal:?} is not ahead of {now}");
            // Support works right before it, or begins with it.
            let least = micros(1);
            let works = |from: Instant| calendar.business_time_between(from, from + least) == least;
            prop_assert!(works(proposal.at - least) || works(proposal.at), "{proposal:?}");
            prop_assert_eq!(proposal.at.timestamp_subsec_micros(), 0);
            prop_assert_eq!(proposal.at.timestamp() % 60, 0);
        }
        prop_assert!(all.is_sorted_by(|one, next| one.at < next.at));
    }
}
