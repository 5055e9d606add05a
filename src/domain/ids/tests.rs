use chrono::{TimeDelta, TimeZone, Utc};

use super::*;

fn noon() -> Instant {
    Utc.with_ymd_and_hms(2026, 3, 3, 12, 0, 0).unwrap() + TimeDelta::microseconds(123_456)
}

#[test]
fn an_id_bears_its_instant() {
    let id = CaseId::new(noon());
    assert_eq!(id.as_uuid().get_version_num(), 7);
    assert_eq!(id.as_uuid().get_variant(), uuid::Variant::RFC4122);
    let (seconds, nanos) = id.as_uuid().get_timestamp().unwrap().to_unix();
    assert_eq!(seconds, noon().timestamp() as u64);
    assert_eq!(nanos / 1_000_000, 123);
}

#[test]
fn ids_of_one_instant_keep_the_order_in_which_they_were_made() {
    // The counter wraps once in half a milliard ids; the few made here straddle that with no noticeable chance.
    let ids: Vec<_> = (0..1000).map(|_| EntryId::new(noon())).collect();
    assert!(ids.is_sorted_by(|a, b| a < b));
}

#[test]
fn ids_order_as_their_instants_do_to_the_microsecond() {
    let later = EntryId::new(noon() + TimeDelta::microseconds(1));
    let earlier = EntryId::new(noon());
    assert!(earlier < later);
    let past = EntryId::new(Utc.with_ymd_and_hms(2016, 2, 29, 1, 16, 0).unwrap());
    assert!(past < earlier);
}

#[test]
fn an_instant_before_the_epoch_still_gets_an_id() {
    let id = EventId::new(Instant::MIN_UTC);
    assert_eq!(id.as_uuid().get_timestamp().unwrap().to_unix().0, 0);
}

#[test]
fn only_the_hyphenated_form_of_an_id_is_an_address() {
    let id = CaseId::new(noon());
    assert_eq!(id.to_string().parse::<CaseId>(), Ok(id));
    assert_eq!(id.to_string().to_uppercase().parse::<CaseId>(), Ok(id));
    assert!(id.as_uuid().simple().to_string().parse::<CaseId>().is_err());
    assert!(id.as_uuid().urn().to_string().parse::<CaseId>().is_err());
    assert!("".parse::<CaseId>().is_err());
}

#[test]
fn a_number_is_read_as_it_is_shown() {
    assert_eq!(CaseNumber::new(123).to_string(), "C-000123");
    assert_eq!(EscalationNumber::new(45).to_string(), "E-000045");
    assert_eq!(CaseNumber::new(1_234_567).to_string(), "C-1234567");
    for value in [1, 123, 999_999, 1_000_000, GREATEST_NUMBER] {
        let number = CaseNumber::new(value);
        assert_eq!(number.to_string().parse(), Ok(number));
        assert_eq!(number.to_string().to_lowercase().parse(), Ok(number));
    }
}

#[test]
fn a_number_has_one_spelling() {
    for text in [
        "C-123",
        "C-0000123",
        "C-00012",
        "C000123",
        "E-000123",
        "C-+00123",
        "C--00123",
        "C-000000",
        " C-000123",
        "C-000123 ",
        "C-00012x",
        "C-٠٠٠١٢٣",
        "C-99999999999999999999",
        "-000123",
        "CC-000123",
    ] {
        assert!(text.parse::<CaseNumber>().is_err(), "{text}");
    }
}

#[test]
fn a_case_is_addressed_by_id_or_number() {
    let id = CaseId::new(noon());
    assert_eq!(id.to_string().parse(), Ok(CaseRef::Id(id)));
    assert_eq!("c-000007".parse(), Ok(CaseRef::Number(CaseNumber::new(7))));
    assert!("E-000007".parse::<CaseRef>().is_err());
    assert!("seven".parse::<CaseRef>().is_err());
    let json = serde_json::to_string(&CaseRef::Number(CaseNumber::new(7))).unwrap();
    assert_eq!(json, "\"C-000007\"");
    assert_eq!(
        serde_json::from_str::<CaseRef>(&json).unwrap(),
        CaseRef::Number(CaseNumber::new(7))
    );
}
