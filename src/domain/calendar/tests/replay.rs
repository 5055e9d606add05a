use super::*;

/// Each segment on a line: from, to, and why.
fn told(replay: &Replay) -> Vec<String> {
    let told = |segment: &Segment| {
        let name = segment
            .name
            .as_deref()
            .map(|name| format!(" ({name})"))
            .unwrap_or_default();
        let counted = if segment.counted { "+" } else { "-" };
        let clock = |at: Instant| at.format("%d %H:%M").to_string();
        format!(
            "{counted} {} – {} {}{name}",
            clock(segment.from),
            clock(segment.to),
            segment.why
        )
    };
    replay.segments.iter().map(told).collect()
}

fn pause(from: &str, to: &str) -> Pause {
    Pause {
        from: at(from),
        to: at(to),
    }
}

#[test]
fn business_days_are_told_day_by_day() {
    let calendar = calendar(json!({
        "name": "Weekdays", "time_zone": "Europe/Berlin",
        "holidays": [{"date": "2026-05-14", "name": "Ascension"}, "2026-05-16"],
        "hours": {"wed": ["09:00-17:00"], "thu": ["09:00-17:00"], "fri": ["09:00-17:00"], "mon": ["09:00-17:00"]},
    }));
    let (from, now) = (at("2026-05-13T08:00:00Z"), at("2026-05-16T08:00:00Z"));
    let replay = calendar.replay_days(from, 2, &[], now).unwrap();
    assert_eq!(
        told(&replay),
        [
            "- 13 08:00 – 13 22:00 request_day",
            "- 13 22:00 – 14 22:00 holiday (Ascension)",
            "+ 14 22:00 – 15 22:00 working",
            "- 15 22:00 – 16 22:00 closed",
            "- 16 22:00 – 17 22:00 closed",
            "+ 17 22:00 – 18 22:00 working",
        ]
    );
    assert_eq!((replay.window, replay.counted, replay.remaining), (2, 1, 1));
    assert_eq!(
        replay.due_at,
        calendar.business_days_after(from, 2).unwrap()
    );
}

#[test]
fn what_takes_centuries_is_out_of_range() {
    let calendar = calendar(json!({
        "name": "A minute a week", "time_zone": "UTC", "hours": {"mon": ["09:00-09:01"]},
    }));
    let from = at("2026-03-02T08:00:00Z");
    let year = TimeDelta::days(366);
    let outcome = calendar.replay_business_time(from, year, &[], from);
    assert_eq!(outcome.unwrap_err(), CalendarError::OutOfRange);
    let hour = calendar.replay_business_time(from, TimeDelta::hours(1), &[], from);
    assert_eq!(hour.unwrap().segments.len(), 120);
}

#[test]
fn a_day_paused_as_a_whole_does_not_count() {
    let calendar = weekdays(Tz::UTC, &[]);
    let from = at("2026-03-02T08:00:00Z");
    let whole = pause("2026-03-03T00:00:00Z", "2026-03-04T00:00:00Z");
    let nearly = pause("2026-03-04T00:00:00.000001Z", "2026-03-05T00:00:00Z");
    let replay = calendar
        .replay_days(from, 2, &[nearly, whole], from)
        .unwrap();
    assert_eq!(
        told(&replay),
        [
            "- 02 08:00 – 03 00:00 request_day",
            "- 03 00:00 – 04 00:00 paused",
            "+ 04 00:00 – 05 00:00 working",
            "+ 05 00:00 – 06 00:00 working",
        ]
    );
}

#[test]
fn working_hours_are_told_with_what_stopped_them() {
    let calendar = calendar(json!({
        "name": "Lunch", "time_zone": "UTC",
        "hours": {"mon": ["09:00-12:00", "13:00-17:00"], "tue": ["09:00-12:00", "12:00-17:00"]},
    }));
    let (from, now) = (at("2026-03-02T10:00:00Z"), at("2026-03-02T14:30:00Z"));
    let waited = pause("2026-03-02T14:00:00Z", "2026-03-02T15:00:00Z");
    let replay = calendar
        .replay_business_time(from, TimeDelta::hours(7), &[waited], now)
        .unwrap();
    assert_eq!(
        told(&replay),
        [
            "+ 02 10:00 – 02 12:00 working",
            "- 02 12:00 – 02 13:00 closed",
            "+ 02 13:00 – 02 14:00 working",
            "- 02 14:00 – 02 15:00 paused",
            "+ 02 15:00 – 02 17:00 working",
            "- 02 17:00 – 03 09:00 closed",
            "+ 03 09:00 – 03 11:00 working",
        ]
    );
    assert_eq!(
        (replay.window, replay.counted, replay.remaining),
        (7 * 3600, 3 * 3600, 4 * 3600)
    );
}

#[test]
fn elapsed_time_is_told_in_one_piece_unless_it_was_stopped() {
    let (from, now) = (at("2026-03-02T10:00:00Z"), at("2026-03-03T00:00:00Z"));
    let day = TimeDelta::hours(24);
    let replay = replay_elapsed(from, day, &[], now).unwrap();
    assert_eq!(told(&replay), ["+ 02 10:00 – 03 10:00 elapsed"]);
    assert_eq!((replay.counted, replay.remaining), (14 * 3600, 10 * 3600));
    let before = replay_elapsed(from, day, &[], from - day).unwrap();
    assert_eq!((before.counted, before.remaining), (0, 24 * 3600));
    let after = replay_elapsed(from, day, &[], now + day).unwrap();
    assert_eq!((after.counted, after.remaining), (24 * 3600, 0));

    let stopped = [
        pause("2026-03-01T10:00:00Z", "2026-03-02T11:00:00Z"),
        pause("2026-03-02T10:30:00Z", "2026-03-02T12:00:00Z"),
    ];
    let replay = replay_elapsed(from, day, &stopped, now).unwrap();
    assert_eq!(
        told(&replay),
        [
            "- 02 10:00 – 02 12:00 paused",
            "+ 02 12:00 – 03 12:00 elapsed"
        ]
    );
    assert_eq!(
        replay_elapsed(Instant::MAX_UTC, day, &[], now),
        Err(CalendarError::OutOfRange)
    );
}

#[test]
fn a_replay_as_json() {
    let from = at("2026-03-02T10:00:00Z");
    let replay =
        replay_elapsed(from, TimeDelta::hours(1), &[], at("2026-03-02T10:20:00Z")).unwrap();
    assert_eq!(
        serde_json::to_value(&replay).unwrap(),
        json!({
            "from": "2026-03-02T10:00:00Z", "due_at": "2026-03-02T11:00:00Z", "at": "2026-03-02T10:20:00Z",
            "unit": "elapsed_seconds", "window": 3600, "counted": 1200, "remaining": 2400,
            "segments": [{
                "from": "2026-03-02T10:00:00Z", "to": "2026-03-02T11:00:00Z", "counted": true, "why": "elapsed",
            }],
        })
    );
}

fn pauses() -> impl Strategy<Value = Vec<(i64, i64)>> {
    prop::collection::vec((-50_000_i64..400_000, -1_000_i64..90_000), 0..5)
}

fn about(from: Instant, pauses: Vec<(i64, i64)>) -> Vec<Pause> {
    let seconds = TimeDelta::seconds;
    pauses
        .into_iter()
        .map(|(start, length)| Pause {
            from: from + seconds(start),
            to: from + seconds(start + length),
        })
        .collect()
}

fn check_partition(replay: &Replay) -> Result<(), TestCaseError> {
    let mut end = replay.from;
    for segment in &replay.segments {
        prop_assert_eq!(segment.from, end);
        prop_assert!(segment.from < segment.to);
        prop_assert_eq!(
            segment.counted,
            matches!(segment.why, Why::Working | Why::Elapsed)
        );
        end = segment.to;
    }
    prop_assert_eq!(replay.due_at, end);
    prop_assert_eq!(replay.counted + replay.remaining, replay.window);
    prop_assert!((0..=replay.window).contains(&replay.counted));
    if replay.at >= replay.due_at {
        prop_assert_eq!(replay.remaining, 0);
    } else if replay.unit == Unit::BusinessDays && replay.window > 0 {
        prop_assert!(replay.remaining > 0);
    }
    Ok(())
}

fn counted_time(replay: &Replay) -> TimeDelta {
    let counted = replay.segments.iter().filter(|segment| segment.counted);
    counted.fold(TimeDelta::zero(), |sum, segment| {
        sum + (segment.to - segment.from)
    })
}

fn counts_in_a_pause(replay: &Replay, pauses: &[Pause]) -> bool {
    let counted = replay.segments.iter().filter(|segment| segment.counted);
    counted.into_iter().any(|segment| {
        pauses.iter().any(|pause| {
            pause.from < pause.to && pause.from < segment.to && segment.from < pause.to
        })
    })
}

proptest! {
    #[test]
    fn segments_of_days_partition_the_interval_and_add_up_to_the_window(
        (calendar, from) in calendar_and_instant(), days in 0_u32..9, pauses in pauses(), now in -100_000_i64..900_000,
    ) {
        let now = from + TimeDelta::seconds(now);
        let replay = calendar.replay_days(from, days, &about(from, pauses), now).unwrap();
        check_partition(&replay)?;
        let counted = replay.segments.iter().filter(|segment| segment.counted).count();
        prop_assert_eq!(counted, days as usize);
        let unpaused = calendar.replay_days(from, days, &[], now).unwrap();
        prop_assert_eq!(unpaused.due_at, calendar.business_days_after(from, days).unwrap());
        prop_assert!(unpaused.due_at <= replay.due_at);
    }

    #[test]
    fn segments_of_hours_partition_the_interval_and_add_up_to_the_window(
        (calendar, from) in calendar_and_instant(), seconds in 0_i64..200_000, pauses in pauses(),
        now in -100_000_i64..900_000,
    ) {
        let (window, now) = (TimeDelta::seconds(seconds), from + TimeDelta::seconds(now));
        let pauses = about(from, pauses);
        let replay = calendar.replay_business_time(from, window, &pauses, now).unwrap();
        check_partition(&replay)?;
        prop_assert_eq!(counted_time(&replay), window);
        prop_assert!(!counts_in_a_pause(&replay, &pauses));
        let unpaused = calendar.replay_business_time(from, window, &[], now).unwrap();
        prop_assert_eq!(unpaused.due_at, calendar.add_business_time(from, window).unwrap());
        prop_assert!(unpaused.due_at <= replay.due_at);
    }

    #[test]
    fn segments_of_elapsed_time_partition_the_interval_and_add_up_to_the_window(
        (_, from) in tricky_instant(), seconds in 0_i64..200_000, pauses in pauses(), now in -100_000_i64..900_000,
    ) {
        let (window, now) = (TimeDelta::seconds(seconds), from + TimeDelta::seconds(now));
        let pauses = about(from, pauses);
        let replay = replay_elapsed(from, window, &pauses, now).unwrap();
        check_partition(&replay)?;
        prop_assert_eq!(counted_time(&replay), window);
        prop_assert!(!counts_in_a_pause(&replay, &pauses));
    }
}
