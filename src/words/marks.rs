//! The words of marks: what the desk itself leaves in a case feed where something happened. A row keeps what happened
//! and to whom; the sentence is made when it is read, in the reader's language and zone (F8).

use serde_json::{Map, Value as Json};

use super::time::Times;
use super::{Catalogue, Value};
use crate::domain::Instant;
use crate::domain::feed::Mark;

/// The sentence of a mark from what its row keeps. A mark of a later version, which this one does not know, is
/// answered by its code.
pub fn text(words: &Catalogue, details: &Map<String, Json>, times: &Times<'_>) -> String {
    let Some(code) = details.get("mark").and_then(Json::as_str) else {
        return String::new();
    };
    let mark = match code.parse() {
        Ok(Mark::OwnerChanged) if details.get("to").is_none_or(Json::is_null) => Mark::OwnerRemoved,
        Ok(mark) => mark,
        Err(_) => return code.to_owned(),
    };
    let given: Vec<(&str, Value<'_>)> = details
        .iter()
        .filter(|(name, _)| *name != "mark")
        .map(|(name, value)| (name.as_str(), argument(words, mark, name, value, times)))
        .collect();
    words.say_of("mark", mark.as_str(), &given)
}

fn argument<'v>(
    words: &Catalogue,
    mark: Mark,
    name: &str,
    value: &'v Json,
    times: &Times<'_>,
) -> Value<'v> {
    match (name, value) {
        ("due_at" | "begins_at" | "ends_at", Json::String(instant)) => {
            match instant.parse::<Instant>() {
                Ok(at) => times.near(at).into(),
                Err(_) => instant.as_str().into(),
            }
        }
        ("from" | "to", Json::String(member)) => match family_of(mark) {
            Some(family) => words.say_of(family, member, &[]).into(),
            None => member.as_str().into(),
        },
        (_, Json::Array(members)) => {
            let named: Vec<String> = members
                .iter()
                .filter_map(Json::as_str)
                .map(|member| words.say_of("engagement", member, &[]))
                .collect();
            super::assessment::list(words, &named).into()
        }
        (_, Json::String(text)) => text.as_str().into(),
        (_, Json::Number(number)) => number.as_i64().unwrap_or_default().into(),
        (_, Json::Null | Json::Bool(_) | Json::Object(_)) => "".into(),
    }
}

/// The family of messages in which a change's values are named.
fn family_of(mark: Mark) -> Option<&'static str> {
    match mark {
        Mark::StatusChanged => Some("status"),
        Mark::PriorityChanged
        | Mark::PriorityRequested
        | Mark::PriorityGranted
        | Mark::PriorityRefused => Some("priority"),
        Mark::ImpactChanged => Some("impact"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;
    use serde_json::json;

    use super::*;

    fn read(details: Json) -> String {
        let words = Catalogue::load().expect("the catalogue");
        let times = Times::new(
            &words,
            Tz::UTC,
            "2026-03-03T10:00:00Z".parse().expect("an instant"),
        );
        text(&words, details.as_object().expect("an object"), &times)
    }

    #[test]
    fn a_change_names_its_values_in_words() {
        let said = read(
            json!({"mark": "priority_changed", "from": "low", "to": "medium", "by": "Sam Reed"}),
        );
        assert_eq!(said, "Sam Reed changed the priority from Low to Medium");
    }

    #[test]
    fn an_owner_who_is_taken_away_is_not_named() {
        assert_eq!(
            read(json!({"mark": "owner_changed", "to": null})),
            "The case has no owner now"
        );
        assert_eq!(
            read(json!({"mark": "owner_changed", "to": "Sam Reed"})),
            "Sam Reed owns the case now"
        );
    }

    #[test]
    fn a_mark_of_a_later_version_is_answered_by_its_code() {
        assert_eq!(read(json!({"mark": "case_painted"})), "case_painted");
    }
}
