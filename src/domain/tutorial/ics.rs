//! A tutorial as a file that calendars take in (iCalendar, RFC 5545).

use crate::domain::Instant;

/// The longest line of the file, in bytes without its end (RFC 5545, section 3.1).
const LONGEST_LINE: usize = 75;

/// What stands in somebody's calendar.
#[derive(Clone, Copy, Debug)]
pub struct Appointment<'a> {
    /// By what a calendar knows it again: the same for every version of it.
    pub uid: &'a str,
    /// How often it was changed.
    pub sequence: i64,
    /// When it was last changed.
    pub changed_at: Instant,
    /// When it begins.
    pub starts_at: Instant,
    /// When it is over.
    pub ends_at: Instant,
    /// What it is called.
    pub title: &'a str,
    /// What it is about; may be empty.
    pub description: &'a str,
    /// Where it takes place; may be empty.
    pub place: &'a str,
    /// The page on which more is told.
    pub href: &'a str,
    /// Whether it was called off.
    pub canceled: bool,
}

/// The file: one event, in UTC, so that every calendar shows it in its own zone.
pub fn calendar_file(of: &Appointment<'_>) -> String {
    let stamp = |at: Instant| at.format("%Y%m%dT%H%M%SZ").to_string();
    let status = if of.canceled {
        "CANCELLED"
    } else {
        "CONFIRMED"
    };
    let mut lines = vec![
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//Casebell//Tutorials//EN".to_owned(),
        "METHOD:PUBLISH".to_owned(),
        "BEGIN:VEVENT".to_owned(),
        format!("UID:{}", escaped(of.uid)),
        format!("SEQUENCE:{}", of.sequence),
        format!("DTSTAMP:{}", stamp(of.changed_at)),
        format!("DTSTART:{}", stamp(of.starts_at)),
        format!("DTEND:{}", stamp(of.ends_at)),
        format!("SUMMARY:{}", escaped(of.title)),
        format!("STATUS:{status}"),
        format!("URL:{}", of.href),
    ];
    for (name, text) in [("DESCRIPTION", of.description), ("LOCATION", of.place)] {
        if !text.is_empty() {
            lines.push(format!("{name}:{}", escaped(text)));
        }
    }
    lines.extend(["END:VEVENT".to_owned(), "END:VCALENDAR".to_owned()]);
    lines.iter().map(|line| folded(line)).collect()
}

/// A text as a value (RFC 5545, section 3.3.11).
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | ';' | ',' => {
                escaped.push('\\');
                escaped.push(character);
            }
            '\n' => escaped.push_str("\\n"),
            other if other.is_control() => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}

/// A line with its end; a long one goes on behind a space on the next. No character is cut in two.
fn folded(line: &str) -> String {
    let mut folded = String::with_capacity(line.len() + 2);
    let mut length = 0;
    for character in line.chars() {
        if length + character.len_utf8() > LONGEST_LINE {
            folded.push_str("\r\n ");
            length = 1;
        }
        folded.push(character);
        length += character.len_utf8();
    }
    folded.push_str("\r\n");
    folded
}
