use super::*;

fn events(bodies: &[&str]) -> String {
    let mut text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//EN\r\n".to_owned();
    for (index, body) in bodies.iter().enumerate() {
        text += &format!(
            "BEGIN:VEVENT\r\nUID:{index}\r\nDTSTAMP:20250101T000000Z\r\n{body}\r\nEND:VEVENT\r\n"
        );
    }
    text + "END:VCALENDAR\r\n"
}

/// The dates found, and why events were passed over.
fn read(bodies: &[&str]) -> (Vec<String>, Vec<SkipReason>) {
    let found = from_ics(&events(bodies)).unwrap();
    let dates = found
        .holidays
        .iter()
        .map(|holiday| holiday.date.to_string())
        .collect();
    (
        dates,
        found
            .skipped
            .into_iter()
            .map(|event| event.reason)
            .collect(),
    )
}

#[test]
fn all_day_events_are_holidays_with_their_names() {
    let found = from_ics(&events(&[
        "DTSTART;VALUE=DATE:20260514\r\nDTEND;VALUE=DATE:20260515\r\nSUMMARY:Ascension\\, or\r\n  Father's Day",
        "DTSTART;VALUE=DATE:20260525",
    ]))
    .unwrap();
    let expected = [
        Holiday {
            date: HolidayDate::Once(date("2026-05-14")),
            name: Some("Ascension, or Father's Day".to_owned()),
        },
        Holiday {
            date: HolidayDate::Once(date("2026-05-25")),
            name: None,
        },
    ];
    assert_eq!(found.holidays, expected);
    assert!(found.skipped.is_empty());
}

#[test]
fn each_day_of_an_event_is_a_holiday() {
    let three_days = ["2026-12-24", "2026-12-25", "2026-12-26"]
        .map(str::to_owned)
        .to_vec();
    for end in [
        "DTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:20261227",
        "DTSTART;VALUE=DATE:20261224\r\nDURATION:P3D",
        "DTSTART:20261224T000000\r\nDTEND:20261227T000000",
        "DTSTART;TZID=Europe/Berlin:20261224T000000\r\nDTEND;TZID=Europe/Berlin:20261227T000000",
    ] {
        assert_eq!(read(&[end]), (three_days.clone(), vec![]), "{end}");
    }
}

#[test]
fn an_event_that_ends_as_it_starts_is_one_day() {
    let same = "DTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:20261224";
    assert_eq!(read(&[same]).0, ["2026-12-24"]);
}

#[test]
fn yearly_events_are_yearly_holidays() {
    let yearly = |rule: &str| {
        format!("DTSTART;VALUE=DATE:20201225\r\nDTEND;VALUE=DATE:20201227\r\nRRULE:{rule}")
    };
    for rule in [
        "FREQ=YEARLY",
        "FREQ=YEARLY;INTERVAL=1;BYMONTH=12;BYMONTHDAY=25;WKST=MO",
    ] {
        assert_eq!(read(&[&yearly(rule)]).0, ["--12-25", "--12-26"], "{rule}");
    }
    assert_eq!(
        read(&[&yearly("FREQ=YEARLY;COUNT=2")]).0,
        ["2020-12-25", "2020-12-26", "2021-12-25", "2021-12-26"]
    );
    assert_eq!(read(&[&yearly("FREQ=YEARLY;UNTIL=20211225")]).0.len(), 4);
    assert_eq!(
        read(&[&yearly("FREQ=YEARLY;UNTIL=20211224T235959Z")])
            .0
            .len(),
        2
    );
    assert_eq!(
        read(&["DTSTART;VALUE=DATE:20240229\r\nRRULE:FREQ=YEARLY;COUNT=2"]).0,
        ["2024-02-29", "2028-02-29"]
    );
}

#[test]
fn what_is_no_holiday_is_passed_over_and_said() {
    let cases = [
        ("SUMMARY:Some day", SkipReason::NoDate),
        (
            "DTSTART:20260514T090000Z\r\nDTEND:20260514T100000Z",
            SkipReason::NotAllDay,
        ),
        (
            "DTSTART:20260514T000000Z\r\nDTEND:20260515T000000Z",
            SkipReason::NotAllDay,
        ),
        ("DTSTART:20260514T000000", SkipReason::NotAllDay),
        (
            "DTSTART;VALUE=DATE:20260514\r\nDURATION:PT1H",
            SkipReason::NotAllDay,
        ),
        (
            "DTSTART;VALUE=DATE:20200101\r\nDTEND;VALUE=DATE:20300101",
            SkipReason::TooLong,
        ),
        (
            "DTSTART;VALUE=DATE:20261126\r\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH",
            SkipReason::Recurrence,
        ),
        (
            "DTSTART;VALUE=DATE:20261126\r\nRRULE:FREQ=MONTHLY",
            SkipReason::Recurrence,
        ),
        (
            "DTSTART;VALUE=DATE:20261126\r\nRRULE:FREQ=YEARLY;INTERVAL=2",
            SkipReason::Recurrence,
        ),
        (
            "DTSTART;VALUE=DATE:20261126\r\nRRULE:nonsense",
            SkipReason::Recurrence,
        ),
        (
            "DTSTART;VALUE=DATE:20261126\r\nRRULE:FREQ=YEARLY\r\nEXDATE;VALUE=DATE:20271126",
            SkipReason::Recurrence,
        ),
        (
            "DTSTART;VALUE=DATE:20261126\r\nSTATUS:CANCELLED",
            SkipReason::Cancelled,
        ),
    ];
    for (body, reason) in cases {
        assert_eq!(read(&[body]), (vec![], vec![reason]), "{body}");
    }
}

#[test]
fn a_file_that_is_no_calendar_is_refused() {
    let good = events(&["DTSTART;VALUE=DATE:20260514"]);
    assert!(from_ics(&format!("\u{FEFF}{good}")).is_ok());
    assert!(from_ics(&good.replace("\r\n", "\n")).is_ok());
    assert!(from_ics(good.trim_end()).is_ok());
    for text in [
        "",
        "hello",
        "<html></html>",
        "BEGIN:VCARD\r\nEND:VCARD\r\n",
        "BEGIN:VCALENDAR",
    ] {
        assert!(from_ics(text).is_err(), "{text}");
    }
    // Cut off in the middle, nothing is taken for whole.
    assert!(from_ics(&good[..good.len() / 2]).is_err());
    assert!(from_ics(&good.replace("END:VEVENT\r\n", "")).is_err());
}
