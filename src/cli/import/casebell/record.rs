//! The lines of Casebell's own format (section 11, *Import*), parsed into the domain's types.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use secrecy::{ExposeSecret, SecretString};
use serde::de::{self, Deserializer, IgnoredAny};
use serde::{Deserialize, Serialize};

use crate::cli::import::report::{Fault, Kind};
use crate::domain::access::Role;
use crate::domain::calendar::{Calendar, CalendarShape, HolidayShape};
use crate::domain::case::{BusinessImpact, Deployment, Engagement, Priority, Status};
use crate::domain::feed::Visibility;
use crate::domain::ids::CaseNumber;
use crate::domain::organization::OrganizationKind;
use crate::domain::password::{self, Context};
use crate::domain::text::{EmailAddress, Markdown, PersonName, Slug, Subject, Title};
use crate::domain::{Instant, kept};

/// What a line says.
#[derive(Clone, Debug)]
pub enum Record {
    /// An organization.
    Organization(OrganizationRecord),
    /// A business calendar, and whether it is to be the default.
    Calendar(Calendar, bool),
    /// A line of business.
    LineOfBusiness(LineRecord),
    /// A person.
    User(UserRecord),
    /// A case.
    Case(Box<CaseRecord>),
}

/// An organization.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrganizationRecord {
    #[serde(rename = "type")]
    _type: IgnoredAny,
    pub slug: Slug,
    pub name: Title,
    pub kind: OrganizationKind,
    pub region: Option<Title>,
    #[serde(default, deserialize_with = "zone")]
    pub time_zone: Option<Tz>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CalendarRecord {
    #[serde(rename = "type")]
    _type: IgnoredAny,
    name: String,
    time_zone: String,
    hours: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    holidays: Vec<HolidayShape>,
    default: Option<bool>,
}

/// A line of business.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineRecord {
    #[serde(rename = "type")]
    _type: IgnoredAny,
    pub name: Title,
    pub parent: Option<Title>,
    pub calendar: Option<Title>,
}

/// A person.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserRecord {
    #[serde(rename = "type")]
    _type: IgnoredAny,
    pub email: EmailAddress,
    pub first_name: PersonName,
    pub last_name: PersonName,
    pub organization: Slug,
    pub roles: Vec<Role>,
    pub password: Option<SecretString>,
}

/// A case with its feed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseRecord {
    #[serde(rename = "type")]
    _type: IgnoredAny,
    #[serde(default, deserialize_with = "number")]
    pub number: Option<CaseNumber>,
    pub organization: Slug,
    pub opened_by: EmailAddress,
    pub owner: Option<EmailAddress>,
    pub subject: Subject,
    pub description: Markdown,
    pub priority: Priority,
    pub status: Status,
    pub deployment: Deployment,
    pub business_impact: BusinessImpact,
    pub line_of_business: Option<Title>,
    #[serde(deserialize_with = "instant")]
    pub opened_at: Instant,
    #[serde(default, deserialize_with = "some_instant")]
    pub closed_at: Option<Instant>,
    #[serde(default, deserialize_with = "some_instant")]
    pub rca_requested_at: Option<Instant>,
    #[serde(default, deserialize_with = "some_instant")]
    pub rca_delivered_at: Option<Instant>,
    #[serde(default)]
    pub engagements: Option<Vec<Engagement>>,
    /// One line, as an id is.
    pub external_id: Option<Subject>,
    #[serde(default)]
    pub feed: Vec<EntryRecord>,
}

/// An entry of a case's feed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntryRecord {
    #[serde(deserialize_with = "instant")]
    pub at: Instant,
    pub author: EmailAddress,
    pub body: Markdown,
    pub visibility: Visibility,
}

impl Record {
    /// Reads a line.
    ///
    /// # Errors
    /// What the line would have been, and what is wrong with it.
    pub fn parse(line: &str) -> Result<Self, (Kind, Vec<Fault>)> {
        #[derive(Deserialize)]
        struct Typed {
            r#type: Option<String>,
        }
        let unreadable = |fault| (Kind::Line, vec![fault]);
        if !line.starts_with('{') {
            return Err(unreadable(Fault::line("not a JSON object")));
        }
        let typed: Typed = read(line).map_err(unreadable)?;
        let name = typed
            .r#type
            .ok_or_else(|| unreadable(Fault::of("type", "is missing")))?;
        let refused = |kind| move |fault| (kind, vec![fault]);
        match name.as_str() {
            "organization" => read(line)
                .map(Self::Organization)
                .map_err(refused(Kind::Organization)),
            "calendar" => {
                let record: CalendarRecord = read(line).map_err(refused(Kind::Calendar))?;
                let default = record.default.unwrap_or(false);
                calendar(record)
                    .map(|calendar| Self::Calendar(calendar, default))
                    .map_err(|faults| (Kind::Calendar, faults))
            }
            "line_of_business" => read(line)
                .map(Self::LineOfBusiness)
                .map_err(refused(Kind::LineOfBusiness)),
            "user" => {
                let record: UserRecord = read(line).map_err(refused(Kind::Person))?;
                let known = Context::of(&record.email)
                    .with(record.first_name.as_str())
                    .with(record.last_name.as_str())
                    .with(record.organization.as_str());
                if let Some(password) = &record.password
                    && let Err(fault) = password::check(password.expose_secret(), &known)
                {
                    let fault = Fault::of("password", fault.to_string());
                    return Err((Kind::Person, vec![fault]));
                }
                Ok(Self::User(record))
            }
            "case" => read(line).map(Self::Case).map_err(refused(Kind::Case)),
            other => Err(unreadable(Fault::of(
                "type",
                format!(
                    "“{other}” is not one of organization, calendar, line_of_business, user, case"
                ),
            ))),
        }
    }

    /// To how many rows it comes, about.
    pub fn rows(&self) -> usize {
        match self {
            Self::Case(case) => 1 + case.feed.len(),
            _ => 1,
        }
    }

    /// What the line is counted as.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Organization(_) => Kind::Organization,
            Self::Calendar(..) => Kind::Calendar,
            Self::LineOfBusiness(_) => Kind::LineOfBusiness,
            Self::User(_) => Kind::Person,
            Self::Case(_) => Kind::Case,
        }
    }
}

fn calendar(record: CalendarRecord) -> Result<Calendar, Vec<Fault>> {
    let shape = CalendarShape {
        name: record.name,
        time_zone: record.time_zone,
        hours: record.hours,
        holidays: record.holidays,
    };
    Calendar::try_from(shape).map_err(|invalid| {
        let faults = invalid.0.into_iter();
        faults
            .map(|error| Fault::of(error.part, error.problem.to_string()))
            .collect()
    })
}

fn read<'a, T: Deserialize<'a>>(line: &'a str) -> Result<T, Fault> {
    let mut reader = serde_json::Deserializer::from_str(line);
    let read: T = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        fault(&path, error.inner())
    })?;
    reader.end().map_err(|error| fault(".", &error))?;
    Ok(read)
}

/// What serde says, with the field named apart from the reason: it names a missing or unknown one in its sentence only.
fn fault(path: &str, error: &serde_json::Error) -> Fault {
    let said = error.to_string();
    if error.is_syntax() || error.is_eof() {
        return Fault::line(format!("not JSON: {said}"));
    }
    // A line has one line; where on it the value stands is told by its path.
    let reason = said
        .rfind(" at line ")
        .map_or(said.as_str(), |at| &said[..at]);
    let path = match path {
        "." => "",
        path => path,
    };
    let below = |name: &str| match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    };
    let quoted = |prefix: &str| {
        let rest = reason.strip_prefix(prefix)?.strip_prefix(" `")?;
        rest.split_once('`')
    };
    if let Some((name, _)) = quoted("missing field") {
        return Fault::of(below(name), "is missing");
    }
    if let Some((name, rest)) = quoted("unknown field") {
        let name = name.to_owned();
        // serde_path_to_error has the unknown field as the end of the path already.
        let field = match path.strip_suffix(name.as_str()) {
            Some(above) if above.is_empty() || above.ends_with('.') => path.to_owned(),
            _ => below(&name),
        };
        return Fault::of(field, format!("there is no such field{rest}"));
    }
    match path {
        "" => Fault::line(reason),
        path => Fault::of(path, reason),
    }
}

fn zone<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Tz>, D::Error> {
    let Some(name) = Option::<String>::deserialize(deserializer)? else {
        return Ok(None);
    };
    let unknown = |_| de::Error::custom(format!("“{name}” is not a time zone"));
    name.parse().map(Some).map_err(unknown)
}

/// RFC 3339, to the microsecond, as both databases keep it.
fn instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Instant, D::Error> {
    let text = String::deserialize(deserializer)?;
    chrono::DateTime::parse_from_rfc3339(&text)
        .ok()
        .and_then(|at| kept(at.to_utc()))
        .ok_or_else(|| {
            de::Error::custom(format!(
                "“{text}” is not an instant such as 2026-03-03T09:12:00Z"
            ))
        })
}

fn some_instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Instant>, D::Error> {
    #[derive(Deserialize)]
    struct Wrapped(#[serde(deserialize_with = "instant")] Instant);
    Ok(Option::<Wrapped>::deserialize(deserializer)?.map(|wrapped| wrapped.0))
}

/// As it is shown, or bare.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<CaseNumber>, D::Error> {
    #[derive(Deserialize, Serialize)]
    #[serde(untagged)]
    enum Given {
        Bare(i64),
        Shown(String),
    }
    let malformed = || de::Error::custom("not a case number such as C-000123");
    match Option::<Given>::deserialize(deserializer).map_err(|_| malformed())? {
        None => Ok(None),
        Some(Given::Bare(number)) => {
            let shown = format!("C-{number:06}");
            shown.parse().map(Some).map_err(|_| malformed())
        }
        Some(Given::Shown(text)) => text.parse().map(Some).map_err(|_| malformed()),
    }
}
