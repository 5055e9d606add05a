use super::*;

fn read(shape: Value) -> Result<Calendar, InvalidCalendar> {
    Calendar::try_from(serde_json::from_value::<CalendarShape>(shape).unwrap())
}

#[test]
fn a_calendar_is_written_down_as_it_was_read() {
    let shape = json!({
        "name": "Support", "time_zone": "Europe/Berlin",
        "hours": {"mon": ["09:00-12:00", "13:00-17:00"], "sun": ["00:00-24:00"]},
        "holidays": ["2026-05-14", {"date": "2026-05-25", "name": "Whit Monday"}, "--02-29",
                     {"date": "--12-25", "name": "Christmas"}],
    });
    let calendar = read(shape.clone()).unwrap();
    assert_eq!(serde_json::to_value(&calendar).unwrap(), shape);
    assert_eq!(serde_json::from_value::<Calendar>(shape).unwrap(), calendar);
    assert_eq!(
        (calendar.name(), calendar.time_zone()),
        ("Support", Tz::Europe__Berlin)
    );
    assert_eq!(calendar.holidays().count(), 4);
}

#[test]
fn the_standard_calendar_is_monday_to_friday_nine_to_five() {
    let standard = Calendar::standard(Tz::America__New_York).shape();
    let hours = vec!["09:00-17:00".to_owned()];
    let expected = ["fri", "mon", "thu", "tue", "wed"].map(|day| (day.to_owned(), hours.clone()));
    assert_eq!(standard.hours.into_iter().collect::<Vec<_>>(), expected);
    assert!(standard.holidays.is_empty());
}

#[test]
fn spans_are_put_in_order_and_may_touch() {
    let calendar = read(
        json!({"name": "N", "time_zone": "UTC", "hours": {"mon": ["12:00-17:00", "09:00-12:00"]}}),
    )
    .unwrap();
    assert_eq!(
        calendar.shape().hours["mon"],
        ["09:00-12:00", "12:00-17:00"]
    );
}

#[test]
fn every_part_that_cannot_be_read_is_named() {
    let error = read(json!({
        "name": " ", "time_zone": "Europe/Atlantis",
        "hours": {
            "mon": ["09:00-12:00", "9:00-12:00", "11:59-13:00", "12:00-12:00", "12:00-24:01", "12:60-14:00", "noon"],
            "monday": ["09:00-12:00"],
        },
        "holidays": ["2026-02-29", "--02-30", "2026-2-3", "25.12.2026", "+026-01-01", "--12-25",
                     {"date": "2026-01-01", "name": "a\u{0}b"}],
    }))
    .unwrap_err();
    let told: Vec<_> = error
        .0
        .iter()
        .map(|error| (error.part.as_str(), error.problem.code()))
        .collect();
    assert_eq!(
        told,
        [
            ("name", "empty"),
            ("time_zone", "unknown_time_zone"),
            ("hours.mon[1]", "malformed_span"),
            ("hours.mon[2]", "overlapping_spans"),
            ("hours.mon[3]", "malformed_span"),
            ("hours.mon[4]", "malformed_span"),
            ("hours.mon[5]", "malformed_span"),
            ("hours.mon[6]", "malformed_span"),
            ("hours.monday", "unknown_weekday"),
            ("holidays[0]", "malformed_holiday"),
            ("holidays[1]", "malformed_holiday"),
            ("holidays[2]", "malformed_holiday"),
            ("holidays[3]", "malformed_holiday"),
            ("holidays[4]", "malformed_holiday"),
            ("holidays[6].name", "control_character"),
        ]
    );
    assert!(
        error
            .to_string()
            .contains("hours.mon[2]: 11:59-13:00 overlaps 09:00-12:00"),
        "{error}"
    );
}

#[test]
fn of_two_holidays_on_a_date_the_name_is_kept() {
    let calendar = read(json!({
        "name": "N", "time_zone": "UTC",
        "holidays": ["--12-25", {"date": "--12-25", "name": "Christmas"}, "2026-12-25", "--12-25"],
    }))
    .unwrap();
    assert_eq!(
        calendar.holidays.on(date("2026-12-25")),
        Some(Some("Christmas"))
    );
    assert_eq!(calendar.holidays().count(), 2);
}
