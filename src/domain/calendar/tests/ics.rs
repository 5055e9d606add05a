use std::collections::BTreeSet;

use chrono::Datelike;

use super::*;

fn events(bodies: &[&str]) -> String {
    let mut text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//EN\r\n".to_owned();
    for (index, body) in bodies.iter().enumerate() {
        let uid = match body.contains("UID:") {
            true => String::new(),
            false => format!("UID:{index}\r\n"),
        };
        text +=
            &format!("BEGIN:VEVENT\r\n{uid}DTSTAMP:20250101T000000Z\r\n{body}\r\nEND:VEVENT\r\n");
    }
    text + "END:VCALENDAR\r\n"
}

/// What a calendar of Berlin takes from a file in 2026.
fn parsed(text: &str, include: &[Doubt]) -> IcsHolidays {
    from_ics(
        text,
        chrono_tz::Europe::Berlin,
        date("2026-11-26"),
        &include.iter().copied().collect(),
    )
    .unwrap()
}

fn error(text: &str) -> Option<IcsError> {
    let read = from_ics(
        text,
        chrono_tz::Europe::Berlin,
        date("2026-11-26"),
        &BTreeSet::new(),
    );
    read.err()
}

/// The dates found, and why events were passed over.
fn read(bodies: &[&str]) -> (Vec<String>, Vec<SkipReason>) {
    let found = parsed(&events(bodies), &[]);
    let dates = found
        .holidays()
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
    let found = parsed(
        &events(&[
            "DTSTART;VALUE=DATE:20260514\r\nDTEND;VALUE=DATE:20260515\r\nSUMMARY:Ascension\\, or\r\n  Father's Day",
            "DTSTART;VALUE=DATE:20260525",
        ]),
        &[],
    );
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
    assert!(found.holidays().eq(expected));
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
        // The day of the rule is another than that of the event.
        (
            "DTSTART;VALUE=DATE:20261125\r\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH",
            SkipReason::Recurrence,
        ),
        (
            "DTSTART;VALUE=DATE:20261126\r\nRRULE:FREQ=SECONDLY",
            SkipReason::Recurrence,
        ),
        (
            "DTSTART;VALUE=DATE:20261126\r\nRRULE:FREQ=YEARLY;BYEASTER=-2",
            SkipReason::Recurrence,
        ),
        (
            "DTSTART;VALUE=DATE:20261126\r\nRRULE:FREQ=YEARLY;COUNT=2;UNTIL=20291126",
            SkipReason::Recurrence,
        ),
        (
            "DTSTART;VALUE=DATE:20261126\r\nRRULE:FREQ=YEARLY\r\nEXRULE:FREQ=YEARLY;INTERVAL=2",
            SkipReason::Recurrence,
        ),
        (
            "DTSTART;VALUE=DATE:20261126\r\nRDATE;VALUE=PERIOD:20271126T000000Z/P1D",
            SkipReason::Recurrence,
        ),
        (
            "DTSTART;VALUE=DATE:20261126\r\nRRULE:FREQ=DAILY",
            SkipReason::TooManyDays,
        ),
        (
            "DTSTART;VALUE=DATE:20991126\r\nRRULE:FREQ=YEARLY;BYDAY=TH;BYMONTH=11;BYSETPOS=4",
            SkipReason::OutsideSpan,
        ),
        (
            "DTSTART;VALUE=DATE:20261126T090000\r\nSUMMARY:A date at nine",
            SkipReason::Unreadable,
        ),
        ("DTSTART:2026-11-26", SkipReason::Unreadable),
        (
            "DTSTART;VALUE=DATE:20261126\r\nDTSTART;VALUE=DATE:20261127",
            SkipReason::Unreadable,
        ),
        (
            "DTSTART;VALUE=DATE:20261126\r\nCATEGORIES:Holidays,Observance",
            SkipReason::Observance,
        ),
        (
            "DTSTART;VALUE=DATE:20261126\r\nSUMMARY:Day of the Lake (regional holiday)",
            SkipReason::Regional,
        ),
        (
            "DTSTART;VALUE=DATE:20261126\r\nSUMMARY:Feast (tentative)",
            SkipReason::Tentative,
        ),
        ("DTSTART;VALUE=DATE:20260229", SkipReason::Unreadable),
        (
            "DTSTART;VALUE=DATE:20261126\r\nDTEND;VALUE=DATE:20261124",
            SkipReason::EndsFirst,
        ),
        (
            "DTSTART;VALUE=DATE:20261126\r\nRRULE:nonsense",
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
fn whole_days_are_understood_however_they_are_written() {
    for body in [
        "DTSTART;VALUE=DATE:20261224T000000\r\nDTEND;VALUE=DATE:20261226T000000",
        // All day, with an end in UTC: midnight there, or where the calendar is.
        "DTSTART;VALUE=DATE:20261224\r\nDTEND:20261226T000000Z",
        "DTSTART;VALUE=DATE:20261224\r\nDTEND:20261225T230000Z",
        "DTSTART;VALUE=DATE:20261224\r\nDTEND:20261226T050000Z",
        "DTSTART:20261223T230000Z\r\nDTEND:20261225T230000Z",
        "DTSTART;TZID=Eastern Standard Time:20261224T000000\r\nDTEND;TZID=Eastern Standard Time:20261225T235900",
        "DTSTART;TZID=\"Europe/Berlin\":20261224T000000\r\nDTEND;TZID=\"Europe/Berlin\":20261225T235959",
        "DTSTART;TZID=Europe/Berlin:20261224T000000\r\nDTEND;TZID=Europe/Berlin:20261225T240000",
        "DTSTART;TZID=Europe/Berlin:20261224T000000\r\nDTEND:20261225T230000Z",
        "DTSTART;TZID=Europe/Berlin:20261224T000000\r\nDTEND;TZID=Europe/London:20261225T230000",
        "DTSTART:20261224T000000\r\nDURATION:PT48H",
        "DTSTART;VALUE=DATE:20261224\r\nDURATION:P1DT24H",
        "dtstart;value=date:20261224\r\ndtend;value=date:20261226",
    ] {
        let days = vec!["2026-12-24".to_owned(), "2026-12-25".to_owned()];
        assert_eq!(read(&[body]), (days, vec![]), "{body}");
    }
    // Midnight somewhere else is the middle of a day.
    let elsewhere =
        "DTSTART;TZID=Europe/Berlin:20261224T000000\r\nDTEND;TZID=Asia/Tokyo:20261226T000000";
    assert_eq!(read(&[elsewhere]), (vec![], vec![SkipReason::NotAllDay]));
}

#[test]
fn series_become_the_dates_that_the_standard_gives_them() {
    let thanksgiving = ["2025-11-27", "2026-11-26", "2027-11-25", "2028-11-23"];
    for (body, first) in [
        (
            "DTSTART;VALUE=DATE:20251127\r\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH",
            &thanksgiving[..],
        ),
        (
            "DTSTART;VALUE=DATE:20251127\r\nRRULE:FREQ=YEARLY;BYDAY=TH;BYMONTH=11;BYSETPOS=4",
            &thanksgiving[..],
        ),
        (
            "DTSTART;VALUE=DATE:20251127\r\nRRULE:FREQ=MONTHLY;INTERVAL=12;BYDAY=+4TH",
            &thanksgiving[..],
        ),
        (
            "DTSTART;VALUE=DATE:20260525\r\nRRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO",
            &["2026-05-25", "2027-05-31", "2028-05-29"][..],
        ),
        (
            "DTSTART;VALUE=DATE:20261103\r\nRRULE:FREQ=YEARLY;INTERVAL=2;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
            &["2026-11-03", "2028-11-07", "2030-11-05"][..],
        ),
        (
            "DTSTART;VALUE=DATE:20261126\r\nRRULE:FREQ=MONTHLY;COUNT=2",
            &["2026-11-26", "2026-12-26"][..],
        ),
        (
            "DTSTART;VALUE=DATE:20260131\r\nRRULE:FREQ=MONTHLY;BYMONTHDAY=-1;UNTIL=20260331",
            &["2026-01-31", "2026-02-28", "2026-03-31"][..],
        ),
        (
            "DTSTART;VALUE=DATE:20261228\r\nRRULE:FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=MO,SU;COUNT=3",
            &["2026-12-28", "2027-01-10", "2027-01-11"][..],
        ),
        // 29 February is in leap years only.
        (
            "DTSTART;VALUE=DATE:20240229\r\nDTEND;VALUE=DATE:20240302\r\nRRULE:FREQ=YEARLY",
            &["2024-02-29", "2024-03-01", "2028-02-29", "2028-03-01"][..],
        ),
        // What begins later is not there before.
        (
            "DTSTART;VALUE=DATE:20280619\r\nRRULE:FREQ=YEARLY",
            &["2028-06-19", "2029-06-19"][..],
        ),
        (
            "DTSTART;VALUE=DATE:20260101\r\nRDATE;VALUE=DATE:20270107,20280103",
            &["2026-01-01", "2027-01-07", "2028-01-03"][..],
        ),
        // An end in UTC is no later than anybody may have meant.
        (
            "DTSTART;VALUE=DATE:20261223\r\nRRULE:FREQ=DAILY;UNTIL=20261224T235959Z",
            &["2026-12-23", "2026-12-24"][..],
        ),
    ] {
        let (dates, skipped) = read(&[body]);
        assert!(skipped.is_empty(), "{body}: {skipped:?}");
        assert_eq!(dates[..first.len().min(dates.len())], *first, "{body}");
        if body.contains("COUNT") || body.contains("UNTIL") || body.contains("RDATE") {
            assert_eq!(dates.len(), first.len(), "{body}: {dates:?}");
        } else {
            let last = dates.last().unwrap();
            assert!(("2035".."2037").contains(&last.as_str()), "{body}: {last}");
        }
    }
}

#[test]
fn single_dates_of_a_series_may_be_otherwise() {
    let series = "UID:day\r\nDTSTART;VALUE=DATE:20240614\r\nRRULE:FREQ=YEARLY;UNTIL=20280614\r\nEXDATE;VALUE=DATE:20250614";
    let moved = "UID:day\r\nRECURRENCE-ID;VALUE=DATE:20260614\r\nDTSTART;VALUE=DATE:20260615\r\nDTEND;VALUE=DATE:20260616";
    let off = "UID:day\r\nRECURRENCE-ID;VALUE=DATE:20270614\r\nDTSTART;VALUE=DATE:20270614\r\nSTATUS:CANCELLED";
    let only_hours = "UID:day\r\nRECURRENCE-ID:20280614T000000\r\nDTSTART:20280614T090000\r\nDTEND:20280614T100000";
    let (dates, skipped) = read(&[moved, series, off, only_hours]);
    assert_eq!(dates, ["2026-06-15", "2024-06-14"]);
    assert_eq!(skipped, [SkipReason::Cancelled, SkipReason::NotAllDay]);
    // Of what changes all dates to come, nothing is guessed.
    let from_then_on = "UID:day\r\nRECURRENCE-ID;RANGE=THISANDFUTURE;VALUE=DATE:20260614\r\nDTSTART;VALUE=DATE:20260615";
    let (dates, skipped) = read(&[series, from_then_on]);
    assert_eq!(dates, Vec::<String>::new());
    assert_eq!(skipped, [SkipReason::Recurrence, SkipReason::Recurrence]);
    let unreadable = "UID:day\r\nRECURRENCE-ID;VALUE=DATE:20260614\r\nDTSTART:some day";
    let (dates, skipped) = read(&[series, unreadable]);
    assert_eq!(dates, Vec::<String>::new());
    assert_eq!(skipped, [SkipReason::Unreadable, SkipReason::Recurrence]);
    let called_off = format!("{series}\r\nSTATUS:CANCELLED");
    let (dates, skipped) = read(&[&called_off, moved]);
    assert_eq!(dates, Vec::<String>::new());
    assert_eq!(skipped, [SkipReason::Cancelled, SkipReason::Cancelled]);
    let withdrawn = events(&["DTSTART;VALUE=DATE:20260514"])
        .replace("VERSION:2.0", "METHOD:CANCEL\r\nVERSION:2.0");
    assert_eq!(parsed(&withdrawn, &[]).taken, []);
    // A later version stands for an earlier one; events that share an id by mistake are each their own.
    let version = |sequence: u8, day: u8| {
        format!("UID:v\r\nSEQUENCE:{sequence}\r\nDTSTART;VALUE=DATE:202606{day:02}")
    };
    let (dates, skipped) = read(&[&version(1, 2), &version(0, 1)]);
    assert_eq!(
        (dates, skipped),
        (vec!["2026-06-02".to_owned()], vec![SkipReason::Superseded])
    );
    assert_eq!(read(&[&version(0, 2), &version(0, 1)]).0.len(), 2);
    // Where the versions are not counted, the one that was written later holds.
    let written = |day: u8, called: &str, at: &str| {
        format!("UID:w\r\nSUMMARY:{called}\r\n{at}\r\nDTSTART;VALUE=DATE:202606{day:02}")
    };
    let (early, late) = (
        "LAST-MODIFIED:20260101T000000Z",
        "LAST-MODIFIED:20260201T000000Z",
    );
    let (dates, skipped) = read(&[&written(2, "Fair", late), &written(1, "Fair", early)]);
    assert_eq!(
        (dates, skipped),
        (vec!["2026-06-02".to_owned()], vec![SkipReason::Superseded])
    );
    for (one, other) in [
        (written(1, "Fair", early), written(2, "Fair", early)),
        (written(1, "Fair", early), written(2, "Market", late)),
    ] {
        assert_eq!(read(&[&one, &other]).0.len(), 2);
    }
}

const GOOGLE: &str = "BEGIN:VCALENDAR\nPRODID:-//Google Inc//Google Calendar 70.9054//EN\nVERSION:2.0\nX-WR-CALNAME:Holidays in Nowhere\n\
    BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260214\nDTEND;VALUE=DATE:20260215\nUID:a@google.com\nCLASS:PUBLIC\n\
    DESCRIPTION:Observance\\nTo hide observances\\, go to Google Calendar Settings > \n Holidays in Nowhere\nSTATUS:CONFIRMED\nSUMMARY:Valentine's Day\nTRANSP:TRANSPARENT\nEND:VEVENT\n\
    BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260704\nDTEND;VALUE=DATE:20260705\nUID:b@google.com\nDESCRIPTION:Public holiday\nSUMMARY:Day of the Land\nTRANSP:TRANSPARENT\nEND:VEVENT\n\
    BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260806\nDTEND;VALUE=DATE:20260807\nUID:c@google.com\nDESCRIPTION:Public holiday in North\\, South\nSUMMARY:Day of the North\nEND:VEVENT\n\
    BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260910\nDTEND;VALUE=DATE:20260911\nUID:d@google.com\nDESCRIPTION:Gesetzlicher Feiertag\nSUMMARY:Tag des Landes\nEND:VEVENT\n\
    BEGIN:VEVENT\nDTSTART;VALUE=DATE:20261011\nDTEND;VALUE=DATE:20261012\nUID:e@google.com\nDESCRIPTION:Gedenktag\\nGedenktage lassen sich in Google Kalender ausblenden\nSUMMARY:Muttertag\nEND:VEVENT\n\
    BEGIN:VEVENT\nDTSTART;VALUE=DATE:20261112\nDTEND;VALUE=DATE:20261113\nUID:f@google.com\nSTATUS:TENTATIVE\nSUMMARY:Feast of the Moon\nEND:VEVENT\n\
    END:VCALENDAR\n";

#[test]
fn what_is_only_observed_is_told_apart_and_taken_if_asked_for() {
    let found = parsed(GOOGLE, &[]);
    let names = |events: &[TakenEvent]| -> Vec<String> {
        events
            .iter()
            .filter_map(|event| event.summary.clone())
            .collect()
    };
    assert_eq!(names(&found.taken), ["Day of the Land", "Tag des Landes"]);
    let skipped: Vec<_> = found
        .skipped
        .iter()
        .map(|event| {
            (
                event.summary.as_deref().unwrap(),
                event.reason,
                event.dates.len(),
            )
        })
        .collect();
    assert_eq!(
        skipped,
        [
            ("Valentine's Day", SkipReason::Observance, 1),
            ("Day of the North", SkipReason::Regional, 1),
            ("Muttertag", SkipReason::Observance, 1),
            ("Feast of the Moon", SkipReason::Tentative, 1),
        ]
    );
    let found = parsed(GOOGLE, &[Doubt::Regional, Doubt::Tentative]);
    assert_eq!(
        names(&found.taken),
        [
            "Day of the Land",
            "Day of the North",
            "Tag des Landes",
            "Feast of the Moon"
        ]
    );
}

#[test]
fn files_of_other_programs_are_understood() {
    // An office's list: all day, with ends in UTC, and one event with a clock.
    let office = "BEGIN:VCALENDAR\r\nPRODID:-//An Office//Holidays//EN\r\nVERSION:2.0\r\nMETHOD:PUBLISH\r\n\
        BEGIN:VTIMEZONE\r\nTZID:Eastern Standard Time\r\nBEGIN:STANDARD\r\nDTSTART:16011104T020000\r\nRRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11\r\n\
        TZOFFSETFROM:-0400\r\nTZOFFSETTO:-0500\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n\
        BEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:20260101\r\nDTEND:20260102T045959Z\r\nSUMMARY:New Year's Day\r\n\
        BEGIN:VALARM\r\nTRIGGER:-PT15M\r\nACTION:DISPLAY\r\nDTSTART:nonsense\r\nSUMMARY:Reminder\r\nEND:VALARM\r\nEND:VEVENT\r\n\
        BEGIN:VEVENT\r\nUID:2\r\nDTSTART;TZID=Eastern Standard Time:20260119T000000\r\nDTEND;TZID=Eastern Standard Time:20260119T235900\r\nSUMMARY:A Monday\r\nX-MICROSOFT-CDO-BUSYSTATUS:FREE\r\nEND:VEVENT\r\n\
        BEGIN:VEVENT\r\nUID:3\r\nDTSTART;TZID=Eastern Standard Time:20260120T090000\r\nDTEND;TZID=Eastern Standard Time:20260120T170000\r\nSUMMARY:Training\r\nEND:VEVENT\r\n\
        BEGIN:VTODO\r\nDTSTART;VALUE=DATE:20260303\r\nSUMMARY:Taxes\r\nEND:VTODO\r\nEND:VCALENDAR\r\n";
    let found = parsed(office, &[]);
    let dates: Vec<String> = found
        .holidays()
        .map(|holiday| holiday.date.to_string())
        .collect();
    assert_eq!(dates, ["2026-01-01", "2026-01-19"]);
    assert_eq!(found.skipped.len(), 1);
    // A subscription of a telephone: line ends of another kind, a mark at the start, and years for ever.
    let telephone = "\u{FEFF}BEGIN:VCALENDAR\rVERSION:2.0\rPRODID:-//Telephone//Holidays 1.0//EN\rX-APPLE-REGION:DE\r\
        BEGIN:VEVENT\rDTSTART;VALUE=DATE:20100501\rDURATION:P1D\rRRULE:FREQ=YEARLY;BYMONTH=5;BYMONTHDAY=1\rUID:x\rSUMMARY;LANGUAGE=de:Tag der Ar\r beit\rEND:VEVENT\rEND:VCALENDAR\r";
    let found: Vec<_> = parsed(telephone, &[]).holidays().collect();
    assert_eq!(
        found,
        [Holiday {
            date: "--05-01".parse().unwrap(),
            name: Some("Tag der Arbeit".to_owned())
        }]
    );
}

#[test]
fn one_bad_event_costs_no_other() {
    let good = |day: u8| {
        format!("BEGIN:VEVENT\r\nUID:{day}\r\nDTSTART;VALUE=DATE:202605{day:02}\r\nEND:VEVENT\r\n")
    };
    let calendar = |inside: &str| format!("BEGIN:VCALENDAR\r\n{inside}END:VCALENDAR\r\n");
    let not_ended = "BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20260510\r\nSUMMARY:Open\r\n";
    let odd = "BEGIN:VEVENT\r\nDTSTART;VALUE=DATE\r\nSUMMARY:Odd\r\nEND:VEVENT\r\n";
    let text = calendar(&(good(1) + not_ended + &good(2) + odd + &good(3)))
        + "some words between\r\n"
        + &calendar(&(good(4) + not_ended))
        + &calendar(&good(5));
    let found = parsed(&text, &[]);
    let dates: Vec<String> = found
        .holidays()
        .map(|holiday| holiday.date.to_string())
        .collect();
    assert_eq!(
        dates,
        [
            "2026-05-01",
            "2026-05-02",
            "2026-05-03",
            "2026-05-04",
            "2026-05-05"
        ]
    );
    let skipped: Vec<_> = found
        .skipped
        .iter()
        .map(|event| (event.summary.as_deref().unwrap(), event.reason))
        .collect();
    let unreadable = SkipReason::Unreadable;
    assert_eq!(
        skipped,
        [
            ("Open", unreadable),
            ("Odd", unreadable),
            ("Open", unreadable)
        ]
    );
}

#[test]
fn a_hostile_file_costs_little() {
    let begun = std::time::Instant::now();
    let never = "DTSTART;VALUE=DATE:19000101\r\nRRULE:FREQ=YEARLY;BYDAY=MO;BYSETPOS=300";
    let daily = "DTSTART;VALUE=DATE:00010101\r\nRRULE:FREQ=DAILY;BYMONTH=1";
    let bodies: Vec<&str> = [never, daily].into_iter().cycle().take(4_000).collect();
    let (dates, skipped) = read(&bodies);
    assert_eq!((dates.len(), skipped.len()), (0, 4_000));
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
    let many = |count| events(&vec!["DTSTART;VALUE=DATE:20260514"; count]);
    assert_eq!(error(&many(MOST_EVENTS + 1)), Some(IcsError::TooManyEvents));
    let year = "DTSTART;VALUE=DATE:20260101\r\nDTEND;VALUE=DATE:20261231";
    assert_eq!(error(&events(&[year; 20])), Some(IcsError::TooManyDays));
}

#[test]
fn a_file_that_is_no_calendar_is_refused() {
    let good = events(&["DTSTART;VALUE=DATE:20260514"]);
    assert_eq!(error(&format!("\u{FEFF}{good}")), None);
    assert_eq!(error(&good.replace("\r\n", "\n")), None);
    assert_eq!(error(good.trim_end()), None);
    for text in ["", "hello", "<html></html>", "BEGIN:VCARD\r\nEND:VCARD\r\n"] {
        assert_eq!(error(text), Some(IcsError::NotACalendar), "{text}");
    }
    // Cut off in the middle, nothing is taken for whole.
    for text in ["BEGIN:VCALENDAR", &good[..good.len() / 2]] {
        assert_eq!(error(text), Some(IcsError::CutOff), "{text}");
    }
    let (dates, skipped) = {
        let found = parsed(&good.replace("END:VEVENT\r\n", ""), &[]);
        (found.holidays().count(), found.skipped.len())
    };
    assert_eq!((dates, skipped), (0, 1));
}

/// Whether a simple rule holds on a day, worked out from the day and not from the rule.
fn holds(rule: &Simple, first: NaiveDate, date: NaiveDate) -> bool {
    let month = |date: NaiveDate| i64::from(date.year()) * 12 + i64::from(date.month0());
    let since = (date - first).num_days();
    if since < 0 || rule.until.is_some_and(|until| date > until) {
        return false;
    }
    let every = i64::from(rule.interval);
    match rule.frequency {
        "DAILY" => since % every == 0,
        "WEEKLY" => since % (7 * every) == 0,
        "MONTHLY" => date.day() == first.day() && (month(date) - month(first)) % every == 0,
        _ => {
            (date.month(), date.day()) == (first.month(), first.day())
                && i64::from(date.year() - first.year()) % every == 0
        }
    }
}

#[derive(Clone, Debug)]
struct Simple {
    frequency: &'static str,
    interval: u32,
    until: Option<NaiveDate>,
}

proptest! {
    /// An import makes no day free that the file does not make free, from the day of the import on; and none is
    /// missing of what it takes.
    #[test]
    fn holidays_are_the_days_of_the_file(
        frequency in prop::sample::select(&["DAILY", "WEEKLY", "MONTHLY", "YEARLY"][..]),
        interval in 1..5_u32,
        start in 0..4_000_i64,
        length in 1..4_i64,
        until in prop::option::of(0..3_000_i64),
        except in prop::collection::vec(0..40_i64, 0..3),
        add in prop::collection::vec(0..3_000_i64, 0..3),
    ) {
        let today = date("2026-11-26");
        let first = date("2019-01-01") + TimeDelta::days(start);
        let until = until.map(|days| first + TimeDelta::days(days));
        let rule = Simple { frequency, interval, until };
        let plain = |date: NaiveDate| date.format("%Y%m%d").to_string();
        let mut body = format!(
            "DTSTART;VALUE=DATE:{}\r\nDTEND;VALUE=DATE:{}\r\nRRULE:FREQ={frequency};INTERVAL={interval}",
            plain(first), plain(first + TimeDelta::days(length)),
        );
        if let Some(until) = until {
            body += &format!(";UNTIL={}", plain(until));
        }
        let except: Vec<NaiveDate> = except.iter().map(|days| first + TimeDelta::days(*days)).collect();
        let add: Vec<NaiveDate> = add.iter().map(|days| first + TimeDelta::days(*days)).collect();
        for date in &except {
            body += &format!("\r\nEXDATE;VALUE=DATE:{}", plain(*date));
        }
        for date in &add {
            body += &format!("\r\nRDATE;VALUE=DATE:{}", plain(*date));
        }
        let found = parsed(&events(&[&body]), &[]);
        let mut calendar = Calendar::standard(chrono_tz::UTC);
        calendar.add_holidays(found.holidays());
        let starts = |date: NaiveDate| {
            (holds(&rule, first, date) || add.contains(&date)) && !except.contains(&date)
        };
        let is_taken = !found.taken.is_empty();
        for day in today.iter_days().take_while(|day| day.year() <= 2036) {
            let free = (0..length).any(|days| starts(day - TimeDelta::days(days)));
            let imported = calendar.holidays.on(day).is_some();
            prop_assert!(!imported || free, "{day} is free by {body}");
            prop_assert!(!is_taken || imported || !free, "{day} is not free by {body}");
        }
    }
}
