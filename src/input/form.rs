//! Forms as pages send them: names with texts, of which the tree is made that JSON comes as.

use std::collections::{BTreeMap, HashMap};

use chrono::{NaiveDateTime, TimeDelta, TimeZone};
use chrono_tz::Tz;
use serde_json::{Map, Value};

use super::LONGEST_LIST;
use crate::domain::{Instant, kept};

/// How many steps a name has at the most; what is behind them is a part of the last one.
const MOST_STEPS: usize = 4;

/// What was typed, as an input is read from it: `a.b` is the member `b` of `a`, and `a[0].b` that of its first item. A
/// field in which nothing is written is `null`, and so is an item of which no field is filled in.
pub(super) fn tree(typed: &HashMap<String, String>) -> Value {
    let mut root = Branch::default();
    for (name, text) in typed {
        root.put(name, text);
    }
    Value::Object(values(root.members))
}

fn values(members: BTreeMap<String, Branch>) -> Map<String, Value> {
    let value = |(name, branch): (String, Branch)| (name, branch.into_value());
    members.into_iter().map(value).collect()
}

/// A place in the tree before it is known what stands there.
#[derive(Default)]
struct Branch {
    text: Option<String>,
    members: BTreeMap<String, Branch>,
    items: BTreeMap<usize, Branch>,
}

impl Branch {
    fn put(&mut self, name: &str, text: &str) {
        let mut at = self;
        for step in name.splitn(MOST_STEPS, '.') {
            let (member, index) = match item(step) {
                Some((member, index)) => (member, Some(index)),
                None => (step, None),
            };
            at = at.members.entry(member.to_owned()).or_default();
            if let Some(index) = index {
                at = at.items.entry(index).or_default();
            }
        }
        if !text.trim().is_empty() {
            at.text = Some(text.to_owned());
        }
    }

    fn into_value(self) -> Value {
        let members = values(self.members);
        if members.values().any(|member| !member.is_null()) {
            return Value::Object(members);
        }
        let mut items = Vec::new();
        for (index, branch) in self.items {
            // What nobody filled in keeps its place, so that a fault is told of the item that has it.
            items.resize(index, Value::Null);
            items.push(branch.into_value());
        }
        if items.iter().any(|item| !item.is_null()) {
            return Value::Array(items);
        }
        self.text.map_or(Value::Null, Value::String)
    }
}

/// The name and the index of `name[index]`.
fn item(step: &str) -> Option<(&str, usize)> {
    let (name, index) = step.strip_suffix(']')?.split_once('[')?;
    let index = index.parse().ok()?;
    (index < LONGEST_LIST).then_some((name, index))
}

/// A local date and time, as the field for it sends it, as an instant of `zone`.
pub(super) fn instant(text: &str, zone: Tz) -> Option<Instant> {
    let local = NaiveDateTime::parse_from_str(text.trim(), "%Y-%m-%dT%H:%M")
        .or_else(|_| NaiveDateTime::parse_from_str(text.trim(), "%Y-%m-%dT%H:%M:%S%.f"));
    in_zone(local.ok()?, zone)
}

/// The instant of a local time; of a time that a clock shows twice the later, so that a promise is never for earlier
/// than it was meant, and of one that it skips the first instant behind the gap.
pub fn in_zone(local: NaiveDateTime, zone: Tz) -> Option<Instant> {
    let at = |local: NaiveDateTime| zone.from_local_datetime(&local).latest();
    let found = at(local).or_else(|| {
        (1..=96)
            .find_map(|quarters| at(local.checked_add_signed(TimeDelta::minutes(15 * quarters))?))
    });
    found.and_then(|instant| kept(instant.to_utc()))
}

#[cfg(test)]
mod tests {
    use chrono_tz::Europe::Berlin;
    use serde_json::json;

    use super::*;
    use crate::domain::case::{Engagement, Priority};
    use crate::domain::text::{Markdown, Title};
    use crate::input::{Patch, Whole, input, read_form};
    use crate::words::time::kept_field;

    input! {
        /// A row of a list.
        pub struct Row {
            /// What.
            what: Title,
            /// When.
            at: Instant,
        }
    }

    input! {
        /// What a page asks.
        pub struct Asked {
            /// Chosen.
            priority: Priority,
            /// Words.
            note: Option<Markdown>,
            /// A tick.
            sure: Option<bool>,
            /// A number.
            score: Option<Whole<1, 5>>,
            /// Rows.
            rows: Option<Vec<Row>>,
        }
    }

    input! {
        /// A change.
        pub struct Changed {
            /// A line.
            title: Patch<Title>,
            /// A line that may be emptied.
            product: Patch<Option<Title>>,
            /// Ticks.
            engagements: Patch<Vec<Engagement>>,
            /// A tick.
            open: Patch<bool>,
        }
    }

    fn typed(fields: &[(&str, &str)]) -> HashMap<String, String> {
        let pair = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        fields.iter().map(pair).collect()
    }

    fn faults<T: crate::input::Field>(fields: &[(&str, &str)]) -> Vec<(String, &'static str)> {
        let found = read_form::<T>(&typed(fields), Tz::Europe__Berlin).err();
        let found = found.expect("refused");
        found
            .iter()
            .map(|error| (error.field().to_owned(), error.code()))
            .collect()
    }

    #[test]
    fn names_are_paths() {
        let fields = [
            ("a.b", "1"),
            ("a.c", " "),
            ("list[1].x", "2"),
            ("list[0].x", ""),
            ("none.x", ""),
            ("deep.a.b.c.d", "3"),
            ("far[4000000000].x", "4"),
            ("odd]", "5"),
        ];
        let expected = json!({
            "a": {"b": "1", "c": null},
            "list": [null, {"x": "2"}],
            "none": null,
            "deep": {"a": {"b": {"c.d": "3"}}},
            "far[4000000000]": {"x": "4"},
            "odd]": "5",
        });
        assert_eq!(tree(&typed(&fields)), expected);
        assert_eq!(tree(&typed(&[])), json!({}));
    }

    #[test]
    fn what_was_typed_becomes_what_the_verb_takes() {
        let fields = [
            ("csrf_token", "carried along"),
            ("priority", "high"),
            ("note", "  "),
            ("sure", "on"),
            ("score", "5"),
            ("rows[0].what", ""),
            ("rows[0].at", ""),
            ("rows[1].what", "Call back"),
            ("rows[1].at", "2026-03-29T02:30"),
        ];
        let asked: Asked = read_form(&typed(&fields), Tz::Europe__Berlin).expect("readable");
        assert_eq!((asked.priority, asked.note), (Priority::High, None));
        assert_eq!(
            (asked.sure, asked.score.map(Whole::get)),
            (Some(true), Some(5))
        );
        let rows = asked.rows.expect("rows");
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].what.as_str(), "Call back");
        assert_eq!(rows[0].at.to_rfc3339(), "2026-03-29T01:00:00+00:00");
    }

    #[test]
    fn every_fault_is_named_in_the_words_of_pages() {
        let fields = [
            ("priority", "vital"),
            ("rows[1].what", ""),
            ("rows[1].at", "tomorrow"),
        ];
        let expected = [
            ("priority", "required"),
            ("rows[1].what", "required"),
            ("rows[1].at", "not_a_date_time"),
        ];
        let expected = expected.map(|(field, code)| (field.to_owned(), code));
        assert_eq!(faults::<Asked>(&fields), expected);
    }

    #[test]
    fn a_field_that_stands_on_the_page_and_is_empty_is_a_change() {
        let none: Changed = read_form(&typed(&[]), Tz::UTC).expect("readable");
        assert!(!none.title.is_set() && !none.product.is_set());
        assert!(!none.engagements.is_set() && !none.open.is_set());
        let fields = [("product", ""), ("engagements", ""), ("open", "")];
        let emptied: Changed = read_form(&typed(&fields), Tz::UTC).expect("readable");
        assert_eq!(emptied.product, Patch::Set(None));
        assert_eq!(emptied.engagements, Patch::Set(Vec::new()));
        assert_eq!(emptied.open, Patch::Set(false));
        let party = Engagement::ALL[0];
        let tick = format!("engagements.{party}");
        let ticked: Changed =
            read_form(&typed(&[("engagements", ""), (&tick, "on")]), Tz::UTC).expect("readable");
        assert_eq!(ticked.engagements, Patch::Set(vec![party]));
        assert_eq!(
            faults::<Changed>(&[("title", "")]),
            [("title".to_owned(), "required")]
        );
    }

    fn utc(local: &str, zone: Tz) -> String {
        instant(local, zone).expect("an instant").to_rfc3339()
    }

    #[test]
    fn a_local_time_is_an_instant_even_where_clocks_change() {
        let berlin = Tz::Europe__Berlin;
        assert_eq!(utc("2026-03-03T10:12", berlin), "2026-03-03T09:12:00+00:00");
        // 02:00–03:00 is skipped on 29 March and shown twice on 25 October.
        assert_eq!(utc("2026-03-29T02:30", berlin), "2026-03-29T01:00:00+00:00");
        assert_eq!(utc("2026-10-25T02:30", berlin), "2026-10-25T01:30:00+00:00");
        // Samoa had no 30 December 2011.
        assert_eq!(
            utc("2011-12-30T12:00", Tz::Pacific__Apia),
            "2011-12-30T10:00:00+00:00"
        );
    }

    /// A form that is sent back as it came changes nothing, also where a program gave seconds.
    #[test]
    fn a_time_comes_back_from_its_field_as_it_is() {
        for (kept, shown) in [
            ("2026-03-03T09:12:00Z", "2026-03-03T10:12"),
            ("2026-03-03T09:12:30Z", "2026-03-03T10:12:30"),
            ("2026-03-03T09:12:00.250Z", "2026-03-03T10:12:00.250"),
        ] {
            let kept: Instant = kept.parse().unwrap();
            let field = kept_field(kept, Berlin);
            assert_eq!(field, shown);
            assert_eq!(instant(&field, Berlin), Some(kept));
        }
    }
}
