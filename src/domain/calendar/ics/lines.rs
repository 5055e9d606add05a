//! The lines of a file, and to which event each belongs.

use super::{IcsError, MOST_EVENTS};

/// An event as it stands in the file: those of its lines that say when and what it is.
#[derive(Clone, Debug, Default)]
pub(super) struct RawEvent {
    /// Which calendar of the file it is in.
    pub calendar: usize,
    /// Its lines, unfolded, with their names in capitals.
    pub lines: Vec<String>,
    /// Whether it ends as it should.
    pub is_whole: bool,
    /// Whether the calendar that it is in calls its events off (RFC 5546).
    pub is_called_off: bool,
}

/// The properties that matter to a holiday.
const PROPERTIES: &[&str] = &[
    "CATEGORIES",
    "DESCRIPTION",
    "DTEND",
    "DTSTAMP",
    "DTSTART",
    "DURATION",
    "EXDATE",
    "EXRULE",
    "LAST-MODIFIED",
    "RDATE",
    "RECURRENCE-ID",
    "RRULE",
    "SEQUENCE",
    "STATUS",
    "SUMMARY",
    "UID",
];

/// Takes a file apart. What is nested in an event, such as an alarm, is no part of it.
///
/// # Errors
/// If it is no calendar, is cut off, or has too many events.
pub(super) fn events(text: &str) -> Result<Vec<RawEvent>, IcsError> {
    let lines = unfold(text);
    let mut lines = lines.iter().skip_while(|line| line.trim().is_empty());
    let mut file = File::default();
    match lines.next().and_then(|line| Border::of(line)) {
        Some(Border::Begin(name)) if name == CALENDAR => file.begin(&name),
        _ => return Err(IcsError::NotACalendar),
    }
    for line in lines {
        match Border::of(line) {
            Some(Border::Begin(name)) => file.begin(&name),
            Some(Border::End(name)) => file.end(&name),
            None => file.line(line),
        }
        if file.events.len() > MOST_EVENTS {
            return Err(IcsError::TooManyEvents);
        }
    }
    match file.open.is_empty() {
        true => Ok(file.events),
        false => Err(IcsError::CutOff),
    }
}

const CALENDAR: &str = "VCALENDAR";
const EVENT: &str = "VEVENT";

enum Border {
    Begin(String),
    End(String),
}

impl Border {
    fn of(line: &str) -> Option<Self> {
        let (what, name) = line.split_once(':')?;
        let name = name.trim().to_ascii_uppercase();
        match what.trim() {
            what if what.eq_ignore_ascii_case("BEGIN") => Some(Self::Begin(name)),
            what if what.eq_ignore_ascii_case("END") => Some(Self::End(name)),
            _ => None,
        }
    }
}

#[derive(Default)]
struct File {
    /// What has begun and not ended, from the outside in.
    open: Vec<String>,
    calendars: usize,
    /// Whether the present calendar calls its events off.
    calls_off: bool,
    event: Option<RawEvent>,
    events: Vec<RawEvent>,
}

impl File {
    fn begin(&mut self, name: &str) {
        match name {
            // Neither a calendar nor an event can be in another event: that one was not ended.
            CALENDAR => {
                self.close(0);
                self.calendars += 1;
                self.calls_off = false;
            }
            EVENT if self.event.is_some() => self.close(1),
            _ => {}
        }
        if name == EVENT && self.open == [CALENDAR] {
            self.event = Some(RawEvent {
                calendar: self.calendars,
                is_called_off: self.calls_off,
                ..RawEvent::default()
            });
        }
        self.open.push(name.to_owned());
    }

    fn end(&mut self, name: &str) {
        let Some(at) = self.open.iter().rposition(|open| open == name) else {
            return;
        };
        let is_innermost = at + 1 == self.open.len();
        if let Some(event) = &mut self.event {
            event.is_whole = is_innermost && at == 1;
        }
        self.close(at);
    }

    /// Ends everything from a depth on.
    fn close(&mut self, depth: usize) {
        self.open.truncate(depth);
        if depth <= 1 {
            self.events.extend(self.event.take());
        }
    }

    fn line(&mut self, line: &str) {
        let end = line.find([';', ':']).unwrap_or(line.len());
        let (name, rest) = line.split_at(end);
        let name = name.trim().to_ascii_uppercase();
        if self.open.len() == 1 && name == "METHOD" {
            let method = rest.rsplit(':').next().unwrap_or_default().trim();
            self.calls_off = method.eq_ignore_ascii_case("CANCEL");
        }
        if self.open.len() != 2 {
            return;
        }
        let Some(event) = &mut self.event else {
            return;
        };
        if PROPERTIES.contains(&name.as_str()) {
            event.lines.push(name + rest);
        }
    }
}

/// The lines of a file, with those put together that were folded. Line ends may be of any kind, and differ.
fn unfold(text: &str) -> Vec<String> {
    let text = text.trim_start_matches('\u{FEFF}');
    let mut lines: Vec<String> = Vec::new();
    for line in text.split(['\n', '\r']).filter(|line| !line.is_empty()) {
        match (line.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(rest), Some(last)) => last.push_str(rest),
            _ => lines.push(line.to_owned()),
        }
    }
    lines
}
