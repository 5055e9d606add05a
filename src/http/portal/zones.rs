//! Time zones as people say them. Rows and the API have their IANA names.

use std::collections::HashMap;

use chrono_tz::{TZ_VARIANTS, Tz};

use crate::domain::text::search::unaccented;
use crate::words::Catalogue;
use crate::words::time::zone_name;

/// The fields that take a zone, by themselves or as a part of another.
const FIELD: &str = "time_zone";
/// The regions whose zones are called after places.
const OF_PLACES: [&str; 10] = [
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
];

/// A zone that a row keeps by its IANA name, as people say it.
pub(super) fn told(words: &Catalogue, name: &str) -> String {
    match name.parse() {
        Ok(zone) => zone_name(words, zone),
        Err(_) => name.to_owned(),
    }
}

/// The place after which a zone is called.
pub(super) fn place(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// What stands in a field for a zone: its place, if that is understood when it comes back, and otherwise its IANA name.
pub(super) fn shown(words: &Catalogue, zone: Tz) -> String {
    let place = place(zone.name()).replace('_', " ");
    match meant(words, &place) == Some(zone) {
        true => place,
        false => zone.name().to_owned(),
    }
}

/// What was typed, with zones by their IANA names wherever somebody has named a place: “Berlin”, “new york”, “São Paulo”. What is
/// no zone stays as it is, so that it is said where it was typed.
pub(super) fn named(
    words: &Catalogue,
    mut typed: HashMap<String, String>,
) -> HashMap<String, String> {
    for (field, text) in &mut typed {
        let last = field.rsplit('.').next().unwrap_or_default();
        if last == FIELD
            && text.parse::<Tz>().is_err()
            && let Some(zone) = meant(words, text)
        {
            zone.name().clone_into(text);
        }
    }
    typed
}

/// The zone that is called after this place.
fn meant(words: &Catalogue, text: &str) -> Option<Tz> {
    let said = plain(text);
    if said.is_empty() {
        return None;
    }
    TZ_VARIANTS.iter().copied().find(|zone| {
        let Some((region, place)) = zone.name().rsplit_once('/') else {
            return false;
        };
        let is_of_a_place = OF_PLACES.contains(&region.split('/').next().unwrap_or_default());
        is_of_a_place && (plain(place) == said || plain(&zone_name(words, *zone)) == said)
    })
}

/// Without what makes no difference to people: case, accents, and what stands between words.
fn plain(text: &str) -> String {
    let text = unaccented(text);
    let words = text.split(|c: char| !c.is_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::language::Language;

    fn as_taken(language: Language, text: &str) -> String {
        let words = Catalogue::of(language).expect("a catalogue");
        let typed = HashMap::from([("time_zone".to_owned(), text.to_owned())]);
        named(&words, typed)["time_zone"].clone()
    }

    #[test]
    fn a_zone_is_named_as_people_say_it() {
        for (text, zone) in [
            ("Berlin", "Europe/Berlin"),
            (" berlin ", "Europe/Berlin"),
            ("Berlin time", "Europe/Berlin"),
            ("new york", "America/New_York"),
            ("São Paulo", "America/Sao_Paulo"),
            ("Port-au-Prince", "America/Port-au-Prince"),
            ("Europe/Vienna", "Europe/Vienna"),
            ("UTC", "UTC"),
            ("Ortszeit Berlin", "Ortszeit Berlin"),
            ("Central", "Central"),
            ("Moon", "Moon"),
            ("", ""),
        ] {
            assert_eq!(as_taken(Language::English, text), zone, "{text}");
        }
        assert_eq!(
            as_taken(Language::German, "Ortszeit Berlin"),
            "Europe/Berlin"
        );
    }

    #[test]
    fn a_zone_in_a_field_is_taken_as_it_is_shown() {
        let words = Catalogue::of(Language::English).expect("a catalogue");
        for (zone, text) in [
            (Tz::America__New_York, "New York"),
            (Tz::Europe__Berlin, "Berlin"),
            (Tz::UTC, "UTC"),
            (Tz::US__Central, "US/Central"),
        ] {
            assert_eq!(shown(&words, zone), text);
            assert_eq!(as_taken(Language::English, text), zone.name());
        }
    }

    #[test]
    fn nothing_else_is_touched() {
        let words = Catalogue::of(Language::English).expect("a catalogue");
        let typed = [
            ("subject", "Berlin"),
            ("window.time_zone", "Paris"),
            ("shifts[0].time_zone", "Oslo"),
        ];
        let typed = typed.map(|(name, text)| (name.to_owned(), text.to_owned()));
        let taken = named(&words, typed.into());
        assert_eq!(taken["subject"], "Berlin");
        assert_eq!(taken["window.time_zone"], "Europe/Paris");
        assert_eq!(taken["shifts[0].time_zone"], "Europe/Oslo");
    }
}
