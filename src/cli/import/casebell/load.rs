//! One part of a batch of records, in a transaction.

use std::collections::{HashMap, HashSet};

use crate::cli::import::directory::{Directory, Names};
use crate::cli::import::in_savepoint;
use crate::cli::import::report::{Fault, Unloaded};
use crate::cli::import::transactions::{Manner, NotLoaded};
use crate::db::{self, Conn, DbError};
use crate::domain::Instant;
use crate::domain::calendar::Calendar;
use crate::domain::ids::{CaseId, CaseNumber};
use crate::domain::text::Title;
use crate::store::calendars::CalendarRow;
use crate::store::{calendars, imports};
use crate::workflow::calendars::{add_calendar, replace_calendar};
use crate::workflow::import_case::{PastCase, import_cases};
use crate::workflow::lines::{AddLine, add_line};
use crate::workflow::organizations::{AddOrganization, add_organization};
use crate::workflow::people::{AddPerson, add_person};
use crate::workflow::{Rejection, VerbError, VerbResult};

use super::history::resolve;
use super::prepared::Prepared;
use super::record::{CaseRecord, LineRecord, OrganizationRecord, Record, UserRecord};

/// What came of a record that was not refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loaded {
    /// It was added.
    New,
    /// It was here, and stays as it is.
    AlreadyThere,
}

/// What came of a record: or all that is wrong with it.
pub type Outcome = Result<Loaded, Vec<Fault>>;

/// Loads a part in the order of its lines.
///
/// # Errors
/// Database errors; [`NotLoaded::Refused`] where cases are written together and the database does not take all of them.
pub fn load(
    conn: &mut Conn,
    batch: &[Prepared],
    manner: Manner,
    now: Instant,
) -> Result<Vec<Outcome>, NotLoaded> {
    let mut loading = Loading {
        manner,
        directory: Directory::default(),
        here: Here::among(conn, batch)?,
        waiting: Waiting::default(),
        outcomes: Vec::with_capacity(batch.len()),
        now,
    };
    loading.directory.learn(conn, names(batch))?;
    for prepared in batch {
        let outcome = loading.take(conn, prepared)?;
        loading.outcomes.push(outcome);
    }
    loading.write(conn)?;
    Ok(loading.outcomes)
}

/// What the cases of a batch name.
fn names(batch: &[Prepared]) -> Names {
    let mut names = Names::default();
    for prepared in batch {
        let Record::Case(case) = &prepared.record else {
            continue;
        };
        names.organizations.insert(case.organization.to_string());
        names.people.insert(case.opened_by.clone());
        names.people.extend(case.owner.clone());
        for entry in &case.feed {
            if !names.people.contains(&entry.author) {
                names.people.insert(entry.author.clone());
            }
        }
        let line = case.line_of_business.as_ref();
        names.lines.extend(line.map(Title::to_string));
    }
    names
}

/// A batch that is being loaded. Cases that are new and as they should be wait for each other, and are written together.
struct Loading {
    manner: Manner,
    directory: Directory,
    here: Here,
    waiting: Waiting,
    outcomes: Vec<Outcome>,
    now: Instant,
}

impl Loading {
    /// Takes the next record; of a case that waits it says what comes of it if the database takes it.
    fn take(&mut self, conn: &mut Conn, prepared: &Prepared) -> Result<Outcome, NotLoaded> {
        let now = self.now;
        let apart = &mut self.directory;
        let loaded = match &prepared.record {
            Record::Case(record) => return self.case(conn, prepared, record),
            Record::Organization(record) => in_savepoint(conn, apart, |conn, directory| {
                organization(conn, directory, record, now)
            }),
            Record::Calendar(calendar, default) => in_savepoint(conn, apart, |conn, _| {
                load_calendar(conn, calendar, *default, now)
            }),
            Record::LineOfBusiness(record) => in_savepoint(conn, apart, |conn, directory| {
                line(conn, directory, record, now)
            }),
            Record::User(record) => in_savepoint(conn, apart, |conn, directory| {
                let hash = prepared.password_hash.as_deref();
                user(conn, directory, record, hash, now)
            }),
        };
        Ok(loaded?)
    }

    fn case(
        &mut self,
        conn: &mut Conn,
        prepared: &Prepared,
        record: &CaseRecord,
    ) -> Result<Outcome, NotLoaded> {
        let external_id = prepared.external_id.as_deref();
        // Whether it is here is known once what may be the same has been written.
        if self.waiting.may_have(external_id, record.number) {
            self.write(conn)?;
        }
        if self.here.has(external_id, record) {
            return Ok(Ok(Loaded::AlreadyThere));
        }
        match resolve(conn, &mut self.directory, prepared, record, self.now) {
            Ok(past) => {
                self.waiting.add(self.outcomes.len(), past);
                Ok(Ok(Loaded::New))
            }
            Err(Unloaded::Refused(faults)) => Ok(Err(faults)),
            Err(Unloaded::Database(error)) => Err(error.into()),
        }
    }

    /// Writes the cases that wait.
    fn write(&mut self, conn: &mut Conn) -> Result<(), NotLoaded> {
        let waiting = std::mem::take(&mut self.waiting);
        let (places, past): (Vec<usize>, Vec<PastCase>) = waiting.cases.into_iter().unzip();
        if past.is_empty() {
            return Ok(());
        }
        match self.manner {
            Manner::Together => {
                let written = written(import_cases(conn, &past, self.now))?;
                self.wrote(&places, &past, written);
            }
            Manner::Apart => self.write_apart(conn, &places, &past)?,
        }
        Ok(())
    }

    /// Writes cases in a savepoint; where the database refuses that, each half of them by itself, until what it refuses costs one
    /// line only.
    fn write_apart(
        &mut self,
        conn: &mut Conn,
        places: &[usize],
        past: &[PastCase],
    ) -> Result<(), DbError> {
        let now = self.now;
        match db::in_savepoint(conn, |conn| written(import_cases(conn, past, now))) {
            Ok(written) => {
                self.wrote(places, past, written);
                Ok(())
            }
            Err(Unloaded::Database(error)) => Err(error),
            Err(Unloaded::Refused(faults)) => match places {
                [alone] => {
                    self.outcomes[*alone] = Err(faults);
                    Ok(())
                }
                _ => {
                    let half = past.len() / 2;
                    self.write_apart(conn, &places[..half], &past[..half])?;
                    self.write_apart(conn, &places[half..], &past[half..])
                }
            },
        }
    }

    /// Notes what came of cases that were written.
    fn wrote(&mut self, places: &[usize], past: &[PastCase], written: Vec<Numbered>) {
        for ((at, past), written) in places.iter().zip(past).zip(written) {
            match written {
                Ok(number) => self.here.add(past, number),
                Err(faults) => self.outcomes[*at] = Err(faults),
            }
        }
    }
}

/// The number of a case that was written, or why it is refused.
type Numbered = Result<CaseNumber, Vec<Fault>>;

/// What came of each case, in the words of the import.
fn written(
    written: VerbResult<Vec<Result<(CaseId, CaseNumber), Rejection>>>,
) -> Result<Vec<Numbered>, Unloaded> {
    let told = written?.into_iter().map(|one| match one {
        Ok((_, number)) => Ok(Ok(number)),
        Err(refused) => match Unloaded::from(VerbError::from(refused)) {
            Unloaded::Refused(faults) => Ok(Err(faults)),
            failed => Err(failed),
        },
    });
    told.collect()
}

/// The cases that are here, as records name them.
#[derive(Default)]
struct Here {
    external_ids: HashSet<String>,
    /// By number: when it was opened, and its subject.
    numbers: HashMap<CaseNumber, (Instant, String)>,
}

impl Here {
    /// Those of a batch.
    fn among(conn: &mut Conn, batch: &[Prepared]) -> Result<Self, DbError> {
        let external_ids: Vec<String> = batch
            .iter()
            .filter_map(|prepared| prepared.external_id.clone())
            .collect();
        let numbers: Vec<CaseNumber> = batch
            .iter()
            .filter_map(|prepared| match &prepared.record {
                Record::Case(case) if prepared.external_id.is_none() => case.number,
                _ => None,
            })
            .collect();
        let known = imports::known_cases(conn, &external_ids)?;
        Ok(Self {
            external_ids: known.into_keys().collect(),
            numbers: imports::known_numbers(conn, &numbers)?,
        })
    }

    /// Whether the case of a record is here. By its number alone it is, if that case is the one that the record tells of: two
    /// systems count from one. If it is another, the record is refused for its number when it is added.
    fn has(&self, external_id: Option<&str>, record: &CaseRecord) -> bool {
        match (external_id, record.number) {
            (Some(external_id), _) => self.external_ids.contains(external_id),
            (None, Some(number)) => self.numbers.get(&number).is_some_and(|(at, subject)| {
                *at == record.opened_at && subject == record.subject.as_str()
            }),
            (None, None) => false,
        }
    }

    fn add(&mut self, past: &PastCase, number: CaseNumber) {
        self.external_ids.extend(past.external_id.clone());
        let case = (past.opened_at, past.opening.subject.clone());
        self.numbers.insert(number, case);
    }
}

/// The cases that are to be written.
#[derive(Default)]
struct Waiting {
    /// Each with the place of its outcome.
    cases: Vec<(usize, PastCase)>,
    external_ids: HashSet<String>,
    numbers: HashSet<CaseNumber>,
    /// Whether some of them get the next number, whichever that will be.
    has_unnumbered: bool,
}

impl Waiting {
    /// Whether the case of a record may be one of these.
    fn may_have(&self, external_id: Option<&str>, number: Option<CaseNumber>) -> bool {
        match (external_id, number) {
            (Some(external_id), _) => self.external_ids.contains(external_id),
            (None, Some(number)) => self.has_unnumbered || self.numbers.contains(&number),
            (None, None) => false,
        }
    }

    fn add(&mut self, at: usize, past: PastCase) {
        self.external_ids.extend(past.external_id.clone());
        self.numbers.extend(past.number);
        self.has_unnumbered |= past.number.is_none();
        self.cases.push((at, past));
    }
}

fn organization(
    conn: &mut Conn,
    directory: &mut Directory,
    record: &OrganizationRecord,
    now: Instant,
) -> Result<Loaded, Unloaded> {
    if let Some(known) = directory.organization(conn, record.slug.as_str())? {
        if known.kind != record.kind {
            let reason = format!("`{}` is a {} here", record.slug, known.kind);
            return Err(Fault::of("kind", reason).into());
        }
        return Ok(Loaded::AlreadyThere);
    }
    let add = AddOrganization {
        slug: record.slug.clone(),
        name: record.name.clone(),
        kind: record.kind,
        region: record.region.clone(),
        time_zone: Some(record.time_zone.unwrap_or(chrono_tz::UTC)),
    };
    add_organization(conn, None, &add, now)?;
    Ok(Loaded::New)
}

fn load_calendar(
    conn: &mut Conn,
    calendar: &Calendar,
    default: bool,
    now: Instant,
) -> Result<Loaded, Unloaded> {
    match calendars::by_name(conn, calendar.name())? {
        None => {
            add_calendar(conn, None, calendar, default, now)?;
            Ok(Loaded::New)
        }
        Some(row) if is_as_installed(&row)? && !says_the_same(&row, calendar, default)? => {
            replace_calendar(conn, None, row.id, None, calendar, default, now)?;
            Ok(Loaded::New)
        }
        Some(_) => Ok(Loaded::AlreadyThere),
    }
}

/// The calendar that came with the provider, which nobody has touched, gives way to one of the same name: the file's
/// author did not know of it.
fn is_as_installed(row: &CalendarRow) -> Result<bool, Unloaded> {
    let calendar = row.calendar()?;
    Ok(row.version == 1 && calendar == Calendar::standard(calendar.time_zone()))
}

fn says_the_same(row: &CalendarRow, calendar: &Calendar, default: bool) -> Result<bool, Unloaded> {
    Ok(row.calendar()? == *calendar && (row.is_default || !default))
}

fn line(
    conn: &mut Conn,
    directory: &mut Directory,
    record: &LineRecord,
    now: Instant,
) -> Result<Loaded, Unloaded> {
    let parent = match &record.parent {
        None => Some(directory.root(conn, now)?),
        Some(name) => directory.line(conn, name.as_str())?,
    };
    if let Some(parent) = parent
        && imports::line_below(conn, parent, record.name.as_str())?.is_some()
    {
        return Ok(Loaded::AlreadyThere);
    }
    let line = AddLine {
        name: record.name.clone(),
        parent: record.parent.as_ref().map(Title::to_string),
        calendar: record.calendar.as_ref().map(Title::to_string),
    };
    add_line(conn, None, &line, now)?;
    Ok(Loaded::New)
}

fn user(
    conn: &mut Conn,
    directory: &mut Directory,
    record: &UserRecord,
    password_hash: Option<&str>,
    now: Instant,
) -> Result<Loaded, Unloaded> {
    if let Some(known) = directory.person(conn, &record.email)? {
        let organization = directory.organization(conn, record.organization.as_str())?;
        if organization.is_none_or(|organization| organization.id != known.organization) {
            let reason = format!("{} belongs to another organization", record.email);
            return Err(Fault::of("email", reason).into());
        }
        return Ok(Loaded::AlreadyThere);
    }
    let add = AddPerson {
        organization: record.organization.to_string(),
        email: record.email.clone(),
        first_name: record.first_name.clone(),
        last_name: record.last_name.clone(),
        time_zone: None,
        language: None,
        roles: record.roles.iter().copied().map(Into::into).collect(),
        password_hash: password_hash.map(str::to_owned),
    };
    add_person(conn, None, &add, now)?;
    Ok(Loaded::New)
}
