use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;

fn at(minutes: i64) -> Instant {
    Instant::UNIX_EPOCH + TimeDelta::minutes(minutes)
}

fn session(starts: i64, until: Option<i64>, places: Option<i64>, taken: i64) -> Session {
    Session {
        starts_at: at(starts),
        registration_until: until.map(at),
        places,
        taken,
        canceled: false,
    }
}

#[test]
fn registration_ends_on_the_instant() {
    let moment = TimeDelta::microseconds(1);
    let open = session(100, Some(60), None, 0);
    assert_eq!(open.takes_registrations(at(60) - moment), Ok(()));
    let over = Refusal::RegistrationOver { until: at(60) };
    assert_eq!(open.takes_registrations(at(60)), Err(over));
    assert_eq!(open.is_ahead(at(99)), Ok(()));
    let begun = Refusal::Begun { at: at(100) };
    assert_eq!(open.is_ahead(at(100)), Err(begun));
    assert_eq!(open.takes_registrations(at(100)), Err(begun));
    let canceled = Session {
        canceled: true,
        ..open
    };
    assert_eq!(canceled.takes_registrations(at(0)), Err(Refusal::Canceled));
}

#[test]
fn reminders_fall_due_a_day_and_an_hour_before() {
    let starts = at(10_000);
    let (day, hour) = (starts - TimeDelta::hours(24), starts - TimeDelta::hours(1));
    let moment = TimeDelta::microseconds(1);
    assert_eq!(next(starts, at(0)), Some(day));
    assert_eq!(next(starts, day), Some(hour));
    assert_eq!(next(starts, hour), None);
    for (now, reminder) in [
        (day - moment, None),
        (day, Some(Reminder::DayBefore)),
        (hour - moment, Some(Reminder::DayBefore)),
        (hour, Some(Reminder::HourBefore)),
        (starts - moment, Some(Reminder::HourBefore)),
        (starts, None),
    ] {
        assert_eq!(due(starts, now), reminder, "{now}");
    }
}

#[test]
fn a_reminder_that_would_come_with_the_next_is_left_out() {
    let starts = at(10_000);
    let day = Reminder::DayBefore.due_at(starts);
    let hour = Reminder::HourBefore.due_at(starts);
    let reminded = |welcome| reminded_at(Reminder::DayBefore, starts, welcome, day);
    assert_eq!(reminded(day), Some(day));
    let morning = hour - TimeDelta::minutes(1);
    assert_eq!(reminded(morning), Some(morning));
    assert_eq!(reminded(hour), None);
    let at_night = reminded_at(Reminder::HourBefore, starts, starts, hour);
    assert_eq!(at_night, Some(hour));
}

#[test]
fn a_link_is_for_those_who_take_part() {
    assert_eq!(shown_place("Room 4", false), Some("Room 4"));
    assert_eq!(shown_place("HTTPS://meet.example/x", false), None);
    let link = "https://meet.example/x";
    assert_eq!(shown_place(link, true), Some(link));
    assert_eq!(shown_place("httpé", false), Some("httpé"));
}

#[test]
fn a_calendar_takes_the_file() {
    let title = "Routing, ringing; and more";
    let description = "é".repeat(100) + "\nSecond line";
    let file = calendar_file(&Appointment {
        uid: "0195@casebell",
        sequence: 3,
        changed_at: at(0),
        starts_at: at(60),
        ends_at: at(120),
        title,
        description: &description,
        place: "",
        href: "https://desk.example/tutorials/0195",
        canceled: true,
    });
    assert!(file.ends_with("END:VCALENDAR\r\n"));
    assert!(file.lines().all(|line| line.len() <= 75), "{file}");
    let unfolded = file.replace("\r\n ", "");
    for line in [
        "DTSTART:19700101T010000Z",
        "DTEND:19700101T020000Z",
        "SUMMARY:Routing\\, ringing\\; and more",
        "STATUS:CANCELLED",
        "SEQUENCE:3",
    ] {
        assert!(unfolded.contains(&format!("{line}\r\n")), "{line}: {file}");
    }
    assert!(unfolded.contains("éé\\nSecond line\r\n"), "{unfolded}");
    assert!(!unfolded.contains("LOCATION"));
}

proptest! {
    /// However many wait, no more get a place than there are, nobody is left waiting while one is free, and without a limit
    /// nobody waits.
    #[test]
    fn places_are_given_away_and_no_more(
        places in prop::option::of(1..50_i64),
        taken in 0..50_i64,
        waiting in 0..50_usize,
    ) {
        let taken = places.map_or(taken, |places| taken.min(places));
        let session = session(100, None, places, taken);
        let given = session.places_for(waiting);
        prop_assert!(given <= waiting);
        let after = Session { taken: taken + i64::try_from(given).unwrap(), ..session };
        match places {
            None => prop_assert_eq!(given, waiting),
            Some(places) => {
                prop_assert!(after.taken <= places);
                prop_assert!(given == waiting || after.is_full());
            }
        }
        prop_assert_eq!(after.places_for(waiting - given), 0);
    }

    /// Registration is never open once it has begun, and is over for good once it is over.
    #[test]
    fn registration_does_not_open_again(
        starts in 1..200_i64,
        until in prop::option::of(0..300_i64),
        now in 0..300_i64,
        later in 0..300_i64,
    ) {
        let session = session(starts, until, None, 0);
        let open = |at: Instant| session.takes_registrations(at).is_ok();
        prop_assert!(open(at(now)) || !open(at(now + later)));
        prop_assert!(!open(session.starts_at));
        prop_assert!(session.registration_ends() <= session.starts_at);
    }

    /// However the steps fall, each reminder comes once at the most, in its order, and none after the beginning.
    #[test]
    fn each_reminder_comes_once(
        starts in 0..5_000_i64,
        mut steps in prop::collection::vec(0..6_000_i64, 1..40),
    ) {
        steps.sort_unstable();
        let starts_at = at(starts);
        let mut alarm = next(starts_at, at(-10_000));
        let mut told = Vec::new();
        for now in steps.into_iter().map(at) {
            if alarm.is_some_and(|alarm| alarm <= now) {
                alarm = next(starts_at, now);
                told.extend(due(starts_at, now).map(|reminder| (reminder, now)));
            }
        }
        prop_assert!(told.is_sorted_by(|one, other| one.0 < other.0), "{told:?}");
        for (reminder, at) in told {
            prop_assert!(reminder.due_at(starts_at) <= at && at < starts_at);
        }
    }

    /// What stands in the file can be read back, and no line is too long.
    #[test]
    fn every_text_fits_into_the_file(title in "\\PC{1,200}") {
        let file = calendar_file(&Appointment {
            uid: "x", sequence: 1, changed_at: at(0), starts_at: at(1), ends_at: at(2),
            title: &title, description: "", place: "", href: "https://a.example/", canceled: false,
        });
        prop_assert!(file.split("\r\n").all(|line| line.len() <= 75));
        let unfolded = file.replace("\r\n ", "");
        let summary = unfolded.split("\r\n").find_map(|line| line.strip_prefix("SUMMARY:"));
        let mut read = String::new();
        let mut characters = summary.unwrap_or_default().chars();
        while let Some(character) = characters.next() {
            read.extend(if character == '\\' { characters.next() } else { Some(character) });
        }
        prop_assert_eq!(read, title);
    }
}
