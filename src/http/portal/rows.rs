//! Rows of a form that are added, removed and moved. A button of the form sends it as it stands, and the page comes back with
//! the rows as they were asked for, all that was typed in them, and nothing done. A script does the same without leaving the page.
//!
//! What was in a row when the page was made (`was.…`) stays with its place: by it is told what somebody has changed in the
//! list, place by place, and what somebody else has.

use std::collections::{BTreeMap, HashMap};

use super::form::{Control, Focus, Kind, line};
use super::page_request::PageRequest;
use crate::input::LONGEST_LIST;
use crate::words::Catalogue;

/// The field of the buttons that change rows.
pub(super) const RESHAPE: &str = "reshape";

/// Rows of a form.
#[derive(Clone, Copy, Debug)]
pub struct RowList {
    /// The name of the list: its rows have fields such as `name[0].field`.
    pub name: &'static str,
    /// The fields of which one is filled in where a row is there at all.
    pub leads: &'static [&'static str],
}

/// The fields of a row by name.
type Row = BTreeMap<String, String>;

/// The row's number and the field, of a name such as `list[2].field`.
fn part<'n>(name: &'n str, list: &str) -> Option<(usize, &'n str)> {
    let (index, field) = name
        .strip_prefix(list)?
        .strip_prefix('[')?
        .split_once("].")?;
    let index = index.parse().ok()?;
    (index < LONGEST_LIST).then_some((index, field))
}

/// How many rows of a list were sent.
fn sent(typed: &HashMap<String, String>, list: &str) -> usize {
    let indexes = typed.keys().filter_map(|name| part(name, list));
    indexes.map(|(index, _)| index + 1).max().unwrap_or(0)
}

/// Takes the rows of a list out of what was typed.
fn take(typed: &mut HashMap<String, String>, list: &str) -> Vec<Row> {
    let mut rows = vec![Row::new(); sent(typed, list)];
    typed.retain(|name, text| match part(name, list) {
        Some((index, field)) => {
            rows[index].insert(field.to_owned(), std::mem::take(text));
            false
        }
        None => true,
    });
    rows
}

/// Puts rows of a list into what was typed.
fn put(typed: &mut HashMap<String, String>, list: &str, rows: Vec<Row>) {
    for (index, row) in rows.into_iter().enumerate() {
        for (field, text) in row {
            typed.insert(format!("{list}[{index}].{field}"), text);
        }
    }
}

/// Leaves out the rows in which nothing is filled in, so that the others have the numbers that they are told by.
pub(super) fn close_up(typed: &mut HashMap<String, String>, lists: &[RowList]) {
    for list in lists {
        let is_there = |row: &Row| {
            let filled = |field: &&str| row.get(*field).is_some_and(|text| !text.trim().is_empty());
            list.leads.iter().any(filled)
        };
        let mut rows = take(typed, list.name);
        rows.retain(is_there);
        put(typed, list.name, rows);
    }
}

/// Changes rows of what was typed as the button that was pressed asks for it, and says what has the focus then. Nothing if
/// none of these buttons was pressed; one that no page has changes nothing.
pub(super) fn reshape(typed: &mut HashMap<String, String>, lists: &[RowList]) -> Option<Focus> {
    let asked = typed.remove(RESHAPE)?;
    let (act, place) = asked.split_once(' ').unwrap_or_default();
    let (name, index) = match place.strip_suffix(']').and_then(|row| row.split_once('[')) {
        Some((name, index)) => (name, index.parse::<usize>().ok()),
        None => (place, None),
    };
    let Some(list) = lists.iter().find(|list| list.name == name) else {
        return Some(Focus::Button(asked));
    };
    let mut rows = take(typed, list.name);
    let row_of = |index: usize| format!("{}[{index}].", list.name);
    let focus = match (act, index) {
        ("add", None) if rows.len() < LONGEST_LIST => {
            // The fields of the new row are the page's; one of them says that it is there.
            let first = list.leads.first().copied().unwrap_or_default();
            rows.push(Row::from([(first.to_owned(), String::new())]));
            Focus::Row(row_of(rows.len() - 1))
        }
        ("remove", Some(index)) if index < rows.len() => {
            rows.remove(index);
            Focus::Button(format!("add {}", list.name))
        }
        ("up", Some(index)) if (1..rows.len()).contains(&index) => {
            rows.swap(index - 1, index);
            Focus::Row(row_of(index - 1))
        }
        _ => Focus::Button(asked.clone()),
    };
    put(typed, list.name, rows);
    Some(focus)
}

/// How many rows of a list the page shows: those that there are, or those that were sent; both where somebody has changed what
/// the form was made for.
pub fn shown(req: &PageRequest, list: &str, there: usize, version: i64) -> usize {
    if req.typed.is_empty() {
        return there;
    }
    match req.expected() {
        Some(versions) if !versions.contains(&version) => sent(&req.typed, list).max(there),
        _ => sent(&req.typed, list),
    }
}

/// The controls of a row as one line, with the button that removes it. `place` is the row, such as `list[0]`, and `legend` what
/// it is called.
pub fn row(
    words: &Catalogue,
    place: &str,
    legend: String,
    mut controls: Vec<Control>,
) -> Vec<Control> {
    controls.push(removing(words, place, &legend));
    line(legend, controls)
}

/// The button that removes a row.
pub fn removing(words: &Catalogue, place: &str, legend: &str) -> Control {
    button(words, "remove", place, legend)
}

/// The button that moves a row up.
pub fn raising(words: &Catalogue, place: &str, legend: &str) -> Control {
    button(words, "up", place, legend)
}

fn button(words: &Catalogue, act: &str, place: &str, legend: &str) -> Control {
    Control::new(Kind::Reshape, RESHAPE, words.say_of("row-act", act, &[]))
        .hint(legend)
        .value(format!("{act} {place}"))
}

/// The button that adds a row to a list, which says `label` (and of what it is, if there are several, `of`); and what says that
/// the list is on the page although it may have no row.
pub fn adding(list: &str, label: String, of: impl Into<String>) -> [Control; 2] {
    [
        Control::new(Kind::Hidden, list, ""),
        Control::new(Kind::Reshape, RESHAPE, label)
            .hint(of)
            .value(format!("add {list}")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPANS: RowList = RowList {
        name: "hours.mon",
        leads: &["from", "until"],
    };

    fn typed(fields: &[(&str, &str)]) -> HashMap<String, String> {
        let pair = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        fields.iter().map(pair).collect()
    }

    fn after(pressed: &str, fields: &[(&str, &str)]) -> (HashMap<String, String>, Option<Focus>) {
        let mut typed = typed(fields);
        typed.insert(RESHAPE.to_owned(), pressed.to_owned());
        let focus = reshape(&mut typed, &[SPANS]);
        (typed, focus)
    }

    const TWO: [(&str, &str); 5] = [
        ("name", "Office"),
        ("hours.mon[0].from", "09:00"),
        ("hours.mon[0].until", "12:00"),
        ("hours.mon[1].from", "13:00"),
        ("was.hours.mon[1].from", "4f"),
    ];

    #[test]
    fn a_row_is_added_at_the_end() {
        let (rows, focus) = after("add hours.mon", &TWO);
        let mut expected = typed(&TWO);
        expected.insert("hours.mon[2].from".to_owned(), String::new());
        assert_eq!(rows, expected);
        assert_eq!(focus, Some(Focus::Row("hours.mon[2].".to_owned())));
        let full: Vec<(String, &str)> = (0..LONGEST_LIST)
            .map(|index| (format!("hours.mon[{index}].from"), "09:00"))
            .collect();
        let full: Vec<(&str, &str)> = full
            .iter()
            .map(|(name, text)| (name.as_str(), *text))
            .collect();
        assert_eq!(after("add hours.mon", &full).0, typed(&full));
    }

    #[test]
    fn the_rows_below_a_removed_one_move_up_and_what_was_there_stays_with_its_place() {
        let (rows, focus) = after("remove hours.mon[0]", &TWO);
        let expected = [
            ("name", "Office"),
            ("hours.mon[0].from", "13:00"),
            ("was.hours.mon[1].from", "4f"),
        ];
        assert_eq!(rows, typed(&expected));
        assert_eq!(focus, Some(Focus::Button("add hours.mon".to_owned())));
    }

    #[test]
    fn a_row_changes_places_with_the_one_above() {
        let (rows, _) = after("up hours.mon[1]", &TWO);
        let expected = [
            ("name", "Office"),
            ("hours.mon[1].from", "09:00"),
            ("hours.mon[1].until", "12:00"),
            ("hours.mon[0].from", "13:00"),
            ("was.hours.mon[1].from", "4f"),
        ];
        assert_eq!(rows, typed(&expected));
    }

    #[test]
    fn what_no_page_asks_for_changes_nothing() {
        for pressed in [
            "",
            "add",
            "add hours.tue",
            "add hours.mon[0]",
            "remove hours.mon",
            "remove hours.mon[2]",
            "remove hours.mon[-1]",
            "up hours.mon[0]",
            "up hours.mon[9999999999999999999999]",
            "break hours.mon[0]",
        ] {
            let (rows, focus) = after(pressed, &TWO);
            assert_eq!(rows, typed(&TWO), "{pressed}");
            assert!(focus.is_some(), "{pressed}");
        }
        assert_eq!(reshape(&mut typed(&TWO), &[SPANS]), None);
    }

    #[test]
    fn rows_that_nobody_filled_in_are_left_out() {
        let mut rows = typed(&[
            ("hours.mon[0].from", " "),
            ("hours.mon[0].until", ""),
            ("hours.mon[2].from", "13:00"),
            ("hours.mon[2].until", ""),
        ]);
        close_up(&mut rows, &[SPANS]);
        let expected = [("hours.mon[0].from", "13:00"), ("hours.mon[0].until", "")];
        assert_eq!(rows, typed(&expected));
    }
}
