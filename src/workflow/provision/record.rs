//! A file as it is read: a record a line.

use std::collections::HashSet;

use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};

use crate::domain::closed_enum;
use crate::domain::reason::{Governance, ReasonCode};
use crate::domain::target::Grade;
use crate::domain::text::Title;
use crate::input::json::{self, JsonError};
use crate::input::{
    At, Errors, Fault, Field, FieldError, Input, Member, Shape, input, read, shortened, text,
};
use crate::workflow::calendars::WriteCalendar;
use crate::workflow::policies::SetPolicies;
use crate::workflow::reasons::Questions;
use crate::workflow::target_rules::{SetLadder, SetTarget};

/// How many records a file has at the most.
const MOST_RECORDS: usize = 1_000;
/// How long it may be, in bytes.
const LONGEST: usize = 1 << 20;

closed_enum! {
    /// What a record tells of.
    pub enum RecordKind {
        /// A business calendar.
        Calendar = "calendar",
        /// A line of business.
        Line = "line_of_business",
        /// An escalation reason.
        Reason = "escalation_reason",
        /// A figure of the criteria.
        Policy = "policy",
        /// How long targets of one kind have.
        Target = "target",
        /// Who is told of targets, and when.
        Ladder = "ladder",
    }
}

/// A file to be taken in: one record a line.
#[derive(Clone, Debug)]
pub struct Provisioning {
    pub(super) lines: Vec<Line>,
}

/// A line of the file.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// Its number, counted from 1.
    pub number: usize,
    /// What it tells of; none where that cannot be told.
    pub kind: Option<RecordKind>,
    /// What that is called.
    pub name: String,
    /// What it says, or everything that is wrong with it.
    pub record: Result<Record, Vec<FieldError>>,
}

/// What a line says.
#[derive(Clone, Debug)]
pub(super) enum Record {
    Calendar(WriteCalendar),
    Line(LineRecord),
    Reason(ReasonRecord),
    Policy(&'static str, SetPolicies),
    Target(SetTarget),
    Ladder(SetLadder),
}

input! {
    /// A line of business.
    pub struct LineRecord {
        /// Its name.
        name: Title,
        /// The line above; the topmost if not given.
        parent: Option<LinePath>,
        /// Its own calendar, by name; that of the line above if not given.
        calendar: Option<String>,
        /// Whether it is the topmost line.
        root: Option<bool>,
    }
}

input! {
    /// An escalation reason.
    pub struct ReasonRecord {
        /// Stable name.
        code: ReasonCode,
        /// What people read.
        label: Title,
        /// The rule that governs it.
        governed_by: Governance,
        /// What the form asks; nothing if not given.
        questions: Option<Questions>,
        /// Whether it can be chosen; yes if not given.
        active: Option<bool>,
    }
}

input! {
    /// A figure of the criteria.
    pub struct PolicyRecord {
        /// Which.
        key: String,
        /// Its value.
        value: PolicyText,
    }
}

/// A line by its name, or, where several are called so, by the names from the top down to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum LinePath {
    /// Its name.
    Name(String),
    /// All names, from right below the topmost line.
    Path(Vec<String>),
}

impl Field for LinePath {
    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        match value {
            Value::Array(_) => Vec::<String>::read(value, at, errors).map(Self::Path),
            value => String::read(value, at, errors).map(Self::Name),
        }
    }

    fn schema() -> RefOr<Schema> {
        String::schema()
    }
}

/// A policy's value: a text, or a number.
#[derive(Clone, Debug)]
pub struct PolicyText(String);

impl Field for PolicyText {
    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        match value {
            Value::Number(number) => Some(Self(number.to_string())),
            value => String::read(value, at, errors).map(Self),
        }
    }

    fn schema() -> RefOr<Schema> {
        String::schema()
    }
}

impl Field for Provisioning {
    const SHAPE: Shape = Shape::Words(LONGEST);
    const MOST_BYTES: usize = LONGEST;

    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        let text = text(value, at, errors)?;
        if text.len() > LONGEST {
            return errors.refuse(at, Fault::new("too_long").with("max", LONGEST));
        }
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        let lines = text.lines().map(str::trim).enumerate();
        let told = lines.filter(|(_, line)| !line.is_empty());
        let told: Vec<(usize, &str)> = told.take(MOST_RECORDS + 1).collect();
        match told.len() {
            0 => return errors.refuse(at, Fault::new("empty")),
            1..=MOST_RECORDS => {}
            _ => return errors.refuse(at, Fault::new("too_many").with("max", MOST_RECORDS)),
        }
        let mut seen = HashSet::new();
        let line = |(index, line): (usize, &str)| {
            let mut line = Line::read(index + 1, line);
            line.refuse_another(&mut seen);
            line
        };
        Some(Self {
            lines: told.into_iter().map(line).collect(),
        })
    }

    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("Records, one a line."))
            .into()
    }
}

impl Input for Provisioning {
    const MEDIA: &'static str = "application/x-ndjson";

    fn members() -> Vec<Member> {
        Vec::new()
    }
}

impl Line {
    fn read(number: usize, line: &str) -> Self {
        let mut read = Self {
            number,
            kind: None,
            name: String::new(),
            record: Err(Vec::new()),
        };
        let wrong = |field: &str, fault: Fault| Err(vec![FieldError::new(field, fault)]);
        let value = match json::read(line.as_bytes()) {
            Ok(value) => value,
            Err(error) => {
                let fault = match error {
                    JsonError::Malformed(why) => Fault::new("malformed").with("why", why),
                    JsonError::TooComplex => Fault::new("too_many").with("max", json::MOST_VALUES),
                };
                read.record = wrong("", fault);
                return read;
            }
        };
        let Value::Object(mut object) = value else {
            read.record = wrong("", Fault::wrong_type("an object", &value));
            return read;
        };
        read.name = name_of(&object);
        let kind = match object.remove("type") {
            None => return read.with(wrong("type", Fault::new("required"))),
            Some(Value::String(kind)) => kind.parse::<RecordKind>().map_err(Fault::from),
            Some(other) => Err(Fault::wrong_type("a string", &other)),
        };
        match kind {
            Ok(kind) => {
                read.kind = Some(kind);
                read.with(Record::read(kind, Value::Object(object)))
            }
            Err(fault) => read.with(wrong("type", fault)),
        }
    }

    fn with(mut self, record: Result<Record, Vec<FieldError>>) -> Self {
        if let Ok(Record::Target(target)) = &record
            && let Ok(row) = target.row()
        {
            self.name = match row.grade {
                Grade::Priority(priority) => format!("{} {priority}", row.kind),
                Grade::Rank(rank) => format!("{} {rank}", row.kind),
            };
        }
        self.record = record;
        self
    }

    /// A thing is told of once: of two lines the second would undo the first.
    fn refuse_another(&mut self, seen: &mut HashSet<(RecordKind, String)>) {
        let Ok(record) = &self.record else { return };
        let (kind, field, key) = match record {
            Record::Calendar(calendar) => (RecordKind::Calendar, "name", calendar.name.clone()),
            Record::Line(line) if line.root == Some(true) => {
                (RecordKind::Line, "root", String::new())
            }
            Record::Line(line) => {
                let key = json!([line.parent, line.name.as_str()]).to_string();
                (RecordKind::Line, "name", key)
            }
            Record::Reason(reason) => (RecordKind::Reason, "code", reason.code.to_string()),
            Record::Policy(key, _) => (RecordKind::Policy, "key", (*key).to_owned()),
            Record::Target(_) => (RecordKind::Target, "kind", self.name.clone()),
            Record::Ladder(_) => (RecordKind::Ladder, "type", String::new()),
        };
        if !seen.insert((kind, key)) {
            let twice = FieldError::new(field, Fault::new("given_twice"));
            self.record = Err(vec![twice]);
        }
    }
}

/// What a record's thing is called, as far as that can be told.
fn name_of(object: &Map<String, Value>) -> String {
    let named = ["name", "code", "key"].into_iter();
    let mut named = named.filter_map(|name| object.get(name)?.as_str());
    shortened(named.next().unwrap_or_default()).into_owned()
}

impl Record {
    fn read(kind: RecordKind, value: Value) -> Result<Self, Vec<FieldError>> {
        fn whole<T: Field>(value: &Value) -> Result<T, Vec<FieldError>> {
            read(value, Errors::default())
        }
        Ok(match kind {
            RecordKind::Calendar => Self::Calendar(whole(&value)?),
            RecordKind::Line => Self::Line(whole(&value)?),
            RecordKind::Reason => Self::Reason(whole(&value)?),
            RecordKind::Policy => policy(&whole(&value)?)?,
            RecordKind::Target => {
                let target: SetTarget = whole(&value)?;
                let wrong = |(field, code)| vec![FieldError::new(field, Fault::new(code))];
                target.row().map_err(wrong)?;
                Self::Target(target)
            }
            RecordKind::Ladder => Self::Ladder(whole(&value)?),
        })
    }
}

/// The policy as its verb takes it.
fn policy(record: &PolicyRecord) -> Result<Record, Vec<FieldError>> {
    let asked = json!({ record.key.as_str(): record.value.0 });
    let set: SetPolicies = read(&asked, Errors::default()).map_err(|errors| {
        let placed = |error: FieldError| match error.code() {
            "unknown_field" => error.at("key"),
            _ => error.at("value"),
        };
        errors.into_iter().map(placed).collect::<Vec<_>>()
    })?;
    let key = set.keys().next();
    let key = key.ok_or_else(|| vec![FieldError::new("key", Fault::new("required"))])?;
    Ok(Record::Policy(key, set))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_file(text: &str) -> Provisioning {
        read(&Value::from(text), Errors::default()).expect("a file")
    }

    fn faults(line: &str) -> Vec<(String, &'static str)> {
        let file = read_file(line);
        let record = &file.lines.last().expect("a line").record;
        let errors = record.as_ref().expect_err("refused").iter();
        errors
            .map(|error| (error.field().to_owned(), error.code()))
            .collect()
    }

    #[test]
    fn what_is_wrong_with_a_line_is_told_with_its_field() {
        let wrong = |field: &str, code| vec![(field.to_owned(), code)];
        assert_eq!(faults("{"), wrong("", "malformed"));
        assert_eq!(faults("[]"), wrong("", "wrong_type"));
        assert_eq!(faults("{}"), wrong("type", "required"));
        assert_eq!(faults(r#"{"type":"song"}"#), wrong("type", "not_allowed"));
        assert_eq!(faults(r#"{"type":1}"#), wrong("type", "wrong_type"));
        let odd = r#"{"type":"line_of_business","name":"A","colour":"red"}"#;
        assert_eq!(faults(odd), wrong("colour", "unknown_field"));
        let odd = r#"{"type":"policy","key":"luck","value":7}"#;
        assert_eq!(faults(odd), wrong("key", "unknown_field"));
        let odd = r#"{"type":"policy","key":"staleness_hours","value":0}"#;
        assert_eq!(faults(odd), wrong("value", "out_of_range"));
        let odd = r#"{"type":"target","kind":"update","minutes":5,"clock":"elapsed"}"#;
        assert_eq!(faults(odd), wrong("rank", "required"));
        let odd = "{\"type\":\"line_of_business\",\"name\":\"A\"}\n\n\
             {\"type\":\"line_of_business\",\"name\":\"A\"}";
        assert_eq!(faults(odd), wrong("name", "given_twice"));
        assert_eq!(read_file(odd).lines[1].number, 3);
    }

    #[test]
    fn a_file_says_something_and_not_too_much() {
        let code = |text: &str| {
            let refused = read::<Provisioning>(&Value::from(text), Errors::default());
            refused.expect_err("refused")[0].code()
        };
        assert_eq!(code(" \n\n"), "empty");
        assert_eq!(code(&"{}\n".repeat(MOST_RECORDS + 1)), "too_many");
        assert_eq!(code(&" ".repeat(LONGEST + 1)), "too_long");
        assert_eq!(read_file(&"{}\n".repeat(MOST_RECORDS)).lines.len(), 1_000);
    }
}
