//! One batch of records, in one transaction.

use crate::cli::import::directory::Directory;
use crate::cli::import::in_savepoint;
use crate::cli::import::report::{Fault, Unloaded};
use crate::db::{Conn, DbError};
use crate::domain::Instant;
use crate::domain::access::Reach;
use crate::domain::calendar::Calendar;
use crate::domain::ids::{CaseNumber, CaseRef};
use crate::domain::text::Title;
use crate::store::calendars::CalendarRow;
use crate::store::{calendars, cases, imports};
use crate::workflow::calendars::{add_calendar, replace_calendar};
use crate::workflow::import_case::import_case;
use crate::workflow::lines::{AddLine, add_line};
use crate::workflow::organizations::{AddOrganization, add_organization};
use crate::workflow::people::{AddPerson, add_person};

use super::Prepared;
use super::history::resolve;
use super::record::{CaseRecord, LineRecord, OrganizationRecord, Record, UserRecord};

/// What came of a record that was not refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loaded {
    /// It was added.
    New,
    /// It was here, and stays as it is.
    AlreadyThere,
}

/// Loads a batch in the order of its lines.
///
/// # Errors
/// Database errors.
pub fn load(
    conn: &mut Conn,
    batch: &[Prepared],
    now: Instant,
) -> Result<Vec<Result<Loaded, Vec<Fault>>>, DbError> {
    let mut directory = Directory::default();
    batch
        .iter()
        .map(|prepared| {
            in_savepoint(conn, &mut directory, |conn, directory| {
                load_one(conn, directory, prepared, now)
            })
        })
        .collect()
}

fn load_one(
    conn: &mut Conn,
    directory: &mut Directory,
    prepared: &Prepared,
    now: Instant,
) -> Result<Loaded, Unloaded> {
    match &prepared.record {
        Record::Organization(record) => organization(conn, directory, record, now),
        Record::Calendar(calendar, default) => load_calendar(conn, calendar, *default, now),
        Record::LineOfBusiness(record) => line(conn, directory, record, now),
        Record::User(record) => user(
            conn,
            directory,
            record,
            prepared.password_hash.as_deref(),
            now,
        ),
        Record::Case(record) => case(
            conn,
            directory,
            record,
            prepared.external_id.as_deref(),
            now,
        ),
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

fn case(
    conn: &mut Conn,
    directory: &mut Directory,
    record: &CaseRecord,
    external_id: Option<&str>,
    now: Instant,
) -> Result<Loaded, Unloaded> {
    let here = match (external_id, record.number) {
        (Some(external_id), _) => cases::by_external_id(conn, external_id)?.is_some(),
        (None, Some(number)) => is_case_of_number(conn, record, number)?,
        (None, None) => false,
    };
    if here {
        return Ok(Loaded::AlreadyThere);
    }
    let external_id = external_id.map(str::to_owned);
    let past = resolve(conn, directory, record, external_id, now)?;
    import_case(conn, &past, now)?;
    Ok(Loaded::New)
}

/// Whether the case of that number is the one that the record tells of: two systems count from one. If it is another,
/// the record is refused for its number when it is added.
fn is_case_of_number(
    conn: &mut Conn,
    record: &CaseRecord,
    number: CaseNumber,
) -> Result<bool, Unloaded> {
    let Some(id) = cases::id_of(conn, Reach::Everything, &CaseRef::Number(number))? else {
        return Ok(false);
    };
    let case = cases::find(conn, id)?;
    Ok(case.opened_at == record.opened_at && case.subject == record.subject.as_str())
}
