//! One row of the log: an event, parsed into the domain's types.

use chrono::NaiveDateTime;
use sha2::{Digest, Sha256};

use crate::cli::import::ImportError;
use crate::cli::import::report::Fault;
use crate::domain::Instant;
use crate::domain::case::{BusinessImpact, Priority, Status};
use crate::domain::text::{EmailAddress, PersonName, Slug, Subject, Title, tidy};

/// Where an incident stands, in the log's words, and what that is in Casebell.
const STATES: &[(&str, Status)] = &[
    ("New", Status::Open),
    ("Active", Status::InProgress),
    ("Awaiting User Info", Status::AwaitingCustomer),
    ("Awaiting Problem", Status::AwaitingThirdParty),
    ("Awaiting Vendor", Status::AwaitingThirdParty),
    ("Awaiting Evidence", Status::AwaitingThirdParty),
    ("Resolved", Status::SolutionProvided),
    ("Closed", Status::Closed),
];

/// Somebody or some place, by the name that the log has for them: `Caller 2403`, `Location 143`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The name.
    pub name: Title,
    /// The name in addresses, which no other name has.
    pub slug: Slug,
    /// The name in addresses that earlier versions made of it, where that is another: several names may have it.
    pub earlier: Option<Slug>,
}

impl Named {
    /// The names in addresses that a person may get: their own, and a marked one where somebody elsewhere has that.
    pub fn slugs(&self) -> impl Iterator<Item = Slug> {
        let marked = std::iter::once_with(|| Slug::marked(&self.name));
        std::iter::once(self.slug.clone()).chain(marked.filter(|marked| *marked != self.slug))
    }

    /// First and last name: the last word is the last name.
    pub fn first_and_last(&self) -> Result<(PersonName, PersonName), String> {
        let name = self.name.as_str();
        let (first, last) = name.rsplit_once(' ').unwrap_or((name, name));
        let parse = |part: &str| PersonName::parse(part).map_err(|error| error.to_string());
        Ok((parse(first)?, parse(last)?))
    }
}

/// What a word about an incident is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// The general.
    Category,
    /// The particular.
    Subcategory,
    /// How it shows.
    Symptom,
}

/// An event of an incident.
#[derive(Clone, Debug)]
pub struct Event {
    /// On which line it stands.
    pub line: u64,
    /// The incident.
    pub number: Subject,
    /// How the incident stands from then on, in the log's words.
    pub state: &'static str,
    /// What that is in Casebell.
    pub status: Status,
    /// Who called.
    pub caller: Named,
    /// When the incident was opened.
    pub opened_at: Instant,
    /// Who made the change.
    pub by: Named,
    /// When.
    pub at: Instant,
    /// Where the caller is.
    pub location: Named,
    /// What it is about, from the general to the particular.
    pub about: Vec<(About, String)>,
    /// What it does to the caller's business.
    pub impact: BusinessImpact,
    /// How urgent.
    pub priority: Priority,
    /// The team that works on it.
    pub group: Option<Title>,
    /// Who works on it.
    pub assigned_to: Option<Named>,
    /// Who resolved it in the end.
    pub resolved_by: Option<Named>,
    /// By what the event is known again when the log is loaded again.
    pub external_id: String,
}

macro_rules! columns {
    ($($field:ident),+ $(,)?) => {
        /// Where each column stands that is read.
        #[derive(Clone, Debug)]
        pub struct Columns {
            width: usize,
            $($field: usize,)+
        }

        impl Columns {
            /// Finds the columns in the log's first line. Their order does not matter, nor do others.
            ///
            /// # Errors
            /// [`ImportError::NoColumn`].
            pub fn of(header: &csv::StringRecord) -> Result<Self, ImportError> {
                Ok(Self {
                    width: header.len(),
                    $($field: header
                        .iter()
                        .position(|name| name.trim() == stringify!($field))
                        .ok_or(ImportError::NoColumn(stringify!($field)))?,)+
                })
            }
        }
    };
}

columns!(
    number,
    incident_state,
    sys_mod_count,
    caller_id,
    opened_at,
    sys_updated_by,
    sys_updated_at,
    location,
    category,
    subcategory,
    u_symptom,
    impact,
    priority,
    assignment_group,
    assigned_to,
    resolved_by,
);

impl Event {
    /// Reads a row.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(
        columns: &Columns,
        line: u64,
        record: &csv::StringRecord,
        now: Instant,
    ) -> Result<Self, Vec<Fault>> {
        if record.len() != columns.width {
            let reason = format!("has {} fields, not {}", record.len(), columns.width);
            return Err(vec![Fault::line(reason)]);
        }
        let mut row = Row {
            columns,
            record,
            faults: Vec::new(),
        };
        let number = row.read("number", columns.number, required(one_line));
        let state = row.read("incident_state", columns.incident_state, required(state));
        let caller = row.read("caller_id", columns.caller_id, |text| named(text, "Caller"));
        let opened_at = row.read("opened_at", columns.opened_at, required(past(now)));
        let by = row.read("sys_updated_by", columns.sys_updated_by, |text| {
            named(text, "Updated by")
        });
        let at = row.read(
            "sys_updated_at",
            columns.sys_updated_at,
            required(past(now)),
        );
        let location = row.read("location", columns.location, |text| named(text, "Location"));
        let impact = row.read("impact", columns.impact, required(impact));
        let priority = row.read("priority", columns.priority, required(priority));
        let group = row.read("assignment_group", columns.assignment_group, |text| {
            text.map(|text| title(&tidy(text))).transpose()
        });
        let assigned_to = row.read("assigned_to", columns.assigned_to, some_name);
        let resolved_by = row.read("resolved_by", columns.resolved_by, some_name);
        let about = row.about();
        match (
            number, state, caller, opened_at, by, at, location, impact, priority,
        ) {
            (
                Some(number),
                Some((state, status)),
                Some(caller),
                Some(opened_at),
                Some(by),
                Some(at),
                Some(location),
                Some(impact),
                Some(priority),
            ) if row.faults.is_empty() => Ok(Self {
                external_id: row.external_id(),
                line,
                number,
                state,
                status,
                caller,
                opened_at,
                by,
                at,
                location,
                about,
                impact,
                priority,
                group: group.flatten(),
                assigned_to: assigned_to.flatten(),
                resolved_by: resolved_by.flatten(),
            }),
            _ => Err(row.faults),
        }
    }
}

struct Row<'a> {
    columns: &'a Columns,
    record: &'a csv::StringRecord,
    faults: Vec<Fault>,
}

impl Row<'_> {
    /// The field at `index`, unless the log does not know it.
    fn text(&self, index: usize) -> Option<&str> {
        self.record
            .get(index)
            .map(str::trim)
            .filter(|text| !text.is_empty() && *text != "?")
    }

    fn read<T>(
        &mut self,
        name: &str,
        index: usize,
        parse: impl Fn(Option<&str>) -> Result<T, String>,
    ) -> Option<T> {
        match parse(self.text(index)) {
            Ok(value) => Some(value),
            Err(reason) => {
                self.faults.push(Fault::of(name, reason));
                None
            }
        }
    }

    fn about(&mut self) -> Vec<(About, String)> {
        let parts = [
            (About::Category, "category", self.columns.category),
            (About::Subcategory, "subcategory", self.columns.subcategory),
            (About::Symptom, "u_symptom", self.columns.u_symptom),
        ];
        let mut about = Vec::new();
        for (what, field, index) in parts {
            let read = self.read(field, index, |text| text.map(title).transpose());
            if let Some(Some(name)) = read {
                about.push((what, name.into_string()));
            }
        }
        about
    }

    /// The incident, the instant, the count of changes, and a digest of what changes: the same row bears the same name
    /// when a longer log is loaded, where closing has since filled in columns of all rows.
    fn external_id(&self) -> String {
        let columns = self.columns;
        let text = |index| self.text(index).unwrap_or("?");
        let digest = [
            columns.incident_state,
            columns.sys_updated_by,
            columns.impact,
            columns.priority,
            columns.assignment_group,
            columns.assigned_to,
        ]
        .iter()
        .fold(Sha256::new(), |digest, index| {
            digest.chain_update(text(*index)).chain_update("\n")
        })
        .finalize();
        format!(
            "{}/{}/{}/{}",
            text(columns.number),
            text(columns.sys_updated_at),
            text(columns.sys_mod_count),
            hex::encode(&digest[..4])
        )
    }
}

fn required<T>(
    parse: impl Fn(&str) -> Result<T, String>,
) -> impl Fn(Option<&str>) -> Result<T, String> {
    move |text| parse(text.ok_or("is missing")?)
}

fn one_line(text: &str) -> Result<Subject, String> {
    Subject::parse(text).map_err(|error| error.to_string())
}

fn title(text: &str) -> Result<Title, String> {
    Title::parse(text).map_err(|error| error.to_string())
}

fn state(text: &str) -> Result<(&'static str, Status), String> {
    STATES
        .iter()
        .find(|(name, _)| *name == text)
        .copied()
        .ok_or_else(|| {
            let names: Vec<_> = STATES.iter().map(|(name, _)| *name).collect();
            format!("“{text}” is not one of {}", names.join(", "))
        })
}

fn priority(text: &str) -> Result<Priority, String> {
    match text {
        "1 - Critical" | "2 - High" => Ok(Priority::High),
        "3 - Moderate" => Ok(Priority::Medium),
        "4 - Low" => Ok(Priority::Low),
        _ => Err(format!(
            "“{text}” is not one of 1 - Critical, 2 - High, 3 - Moderate, 4 - Low"
        )),
    }
}

fn impact(text: &str) -> Result<BusinessImpact, String> {
    match text {
        "1 - High" => Ok(BusinessImpact::Significant),
        "2 - Medium" => Ok(BusinessImpact::Limited),
        "3 - Low" => Ok(BusinessImpact::None),
        _ => Err(format!(
            "“{text}” is not one of 1 - High, 2 - Medium, 3 - Low"
        )),
    }
}

/// An instant of the log, in UTC, that is not in the future.
fn past(now: Instant) -> impl Fn(&str) -> Result<Instant, String> {
    move |text| {
        let malformed = || format!("“{text}” is not an instant such as 29-02-2016 01:16");
        // chrono takes one digit for two, and signs; the log has neither.
        let shape = text
            .bytes()
            .map(|byte| if byte.is_ascii_digit() { b'0' } else { byte });
        if !shape.eq(*b"00-00-0000 00:00") {
            return Err(malformed());
        }
        let at = NaiveDateTime::parse_from_str(text, "%d-%m-%Y %H:%M")
            .map_err(|_| malformed())?
            .and_utc();
        match at {
            _ if at > now => Err(format!("“{text}” lies in the future")),
            _ if at < Instant::UNIX_EPOCH => Err(format!("“{text}” lies before 1970")),
            _ => Ok(at),
        }
    }
}

/// Somebody or some place; who is missing is called unknown.
fn named(text: Option<&str>, what: &str) -> Result<Named, String> {
    match text {
        Some(text) => name(text),
        None => name(&format!("{what} unknown")),
    }
}

fn some_name(text: Option<&str>) -> Result<Option<Named>, String> {
    text.map(name).transpose()
}

fn name(text: &str) -> Result<Named, String> {
    let name = title(&tidy(text))?;
    let slug = Slug::distinct(&name);
    let earlier = as_made_earlier(&name).filter(|earlier| *earlier != slug);
    Ok(Named {
        name,
        slug,
        earlier,
    })
}

/// The short name that earlier versions made of a name: they left out whatever was not ASCII.
fn as_made_earlier(name: &Title) -> Option<Slug> {
    let lower = name.as_str().to_lowercase();
    let words = lower
        .split(|character: char| !character.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    Slug::parse(&words.collect::<Vec<_>>().join("-")).ok()
}

/// The address of whoever has this name in addresses, at an organization.
///
/// # Errors
/// If it is longer than addresses may be.
pub fn address(slug: &Slug, organization: &str) -> Result<EmailAddress, String> {
    EmailAddress::parse(&format!("{slug}@{organization}.example"))
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_addresses() {
        let caller = name("Caller  2403").expect("a name");
        assert_eq!(
            address(&caller.slug, "location-143")
                .expect("an address")
                .as_str(),
            "caller-2403@location-143.example"
        );
        let (first, last) = caller.first_and_last().expect("a person");
        assert_eq!((first.as_str(), last.as_str()), ("Caller", "2403"));
        let by = name("Updated by 21").expect("a name");
        assert_eq!(by.slug.as_str(), "updated-by-21");
        let (first, last) = by.first_and_last().expect("a person");
        assert_eq!((first.as_str(), last.as_str()), ("Updated by", "21"));
        assert_eq!(
            named(None, "Location").expect("a place").slug.as_str(),
            "location-unknown"
        );
        assert_eq!(by.earlier, None, "plain names are called as ever");
        let muller = name("Jan Müller").expect("a name");
        assert_eq!(
            muller.earlier.as_ref().map(Slug::as_str),
            Some("jan-m-ller"),
            "as earlier versions called them"
        );
    }

    #[test]
    fn instants_have_one_form() {
        let now = past(chrono::DateTime::from_timestamp(1_800_000_000, 0).expect("an instant"));
        assert_eq!(
            now("29-02-2016 01:16").expect("an instant").to_rfc3339(),
            "2016-02-29T01:16:00+00:00"
        );
        for wrong in [
            "29-02-2015 01:16",
            "9-02-2016 01:16",
            "29-02-2016 24:00",
            "2016-02-29 01:16",
            "29-02-2016 01:16:00",
            "",
            "+9-02-2016 01:16",
            "29-02-2099 01:16",
            "01-01-1969 00:00",
        ] {
            assert!(now(wrong).is_err(), "{wrong}");
        }
    }
}
