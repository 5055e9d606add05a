//! The roster, and how escalations get their owner (M4, M8).

use std::collections::HashMap;

use serde_json::Value;
use utoipa::openapi::{RefOr, Schema};

use super::administer::{By, require};
use super::{Expected, Rejection, VerbResult, publish, unchanged};
use crate::db::{Conn, DbError};
use crate::domain::Instant;
use crate::domain::access::{Permission, Reach};
use crate::domain::duty::{
    Absence, Assignment, ClockTime, DutyOutlook, Roster, RosterFault, RosterPart, Shift, Weekday,
};
use crate::domain::event::{AdministrativeEvent, Changed, DutyFields};
use crate::domain::ids::PersonId;
use crate::domain::text::EmailAddress;
use crate::input::{At, Errors, Field, Patch, input};
use crate::store::{self, duty, notices, people};
use chrono_tz::Tz;

input! {
    /// Who is on duty when, and how escalations get their owner. It takes the place of what was there; what is not given stays.
    pub struct SetDuty {
        /// `manual`, or `rotation` among those on duty.
        assignment: Assignment,
        /// Weekly shifts.
        shifts: Patch<Rows<SetShift>>,
        /// Who is away when.
        absences: Patch<Rows<SetAbsence>>,
    }
}

input! {
    /// A weekly shift.
    pub struct SetShift {
        /// Somebody who reviews escalations, by id or address.
        user: String,
        /// The days on which it begins.
        days: Vec<Weekday>,
        /// When it begins, `HH:MM` of local time.
        from: ClockTime,
        /// When it ends, up to `24:00`; on the next day if that is not later than it begins.
        until: ClockTime,
        /// The IANA time zone of both.
        time_zone: Tz,
    }
}

input! {
    /// A time in which somebody is away.
    pub struct SetAbsence {
        /// Who, by id or address.
        user: String,
        /// From this instant on.
        from: Instant,
        /// Until before this one.
        until: Instant,
        /// Somebody who reviews escalations and takes their shifts meanwhile, by id or address; nobody if not given.
        cover: Option<String>,
    }
}

/// Rows of the roster. In a form, one whose person is not chosen is left out.
#[derive(Clone, Debug)]
pub struct Rows<T>(Vec<T>);

impl<T> From<Vec<T>> for Rows<T> {
    fn from(rows: Vec<T>) -> Self {
        Self(rows)
    }
}

impl<T: Field> Field for Rows<T> {
    const MOST_BYTES: usize = Vec::<T>::MOST_BYTES;

    fn blank() -> Option<Self> {
        Some(Self(Vec::new()))
    }

    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        let Value::Array(items) = value else {
            return Vec::<T>::read(value, at, errors).map(Self);
        };
        if errors.form_zone().is_none() {
            return Vec::<T>::read(value, at, errors).map(Self);
        }
        let chosen = |item: &Value| match item.get("user") {
            None | Some(Value::Null) => Value::Null,
            Some(_) => item.clone(),
        };
        let kept = Value::Array(items.iter().map(chosen).collect());
        Vec::<T>::read(&kept, at, errors).map(Self)
    }

    fn schema() -> RefOr<Schema> {
        Vec::<T>::schema()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        Vec::<T>::schemas(schemas);
    }
}

impl SetDuty {
    fn all_shifts(&self) -> impl Iterator<Item = &SetShift> {
        self.shifts.as_option().into_iter().flat_map(|rows| &rows.0)
    }

    fn all_absences(&self) -> impl Iterator<Item = &SetAbsence> {
        self.absences
            .as_option()
            .into_iter()
            .flat_map(|rows| &rows.0)
    }
}

/// Puts a roster in the place of the one there is.
///
/// # Errors
/// [`Rejection::Denied`], `Stale`; `Parts` with everything that is wrong.
pub fn set_duty(
    conn: &mut Conn,
    by: By<'_>,
    expected: Expected<'_>,
    command: &SetDuty,
    now: Instant,
) -> VerbResult<()> {
    require(by, Permission::DutyManage)?;
    let (assignment, version) = duty::assignment(conn)?;
    unchanged(expected, version)?;
    let before = DutyFields {
        assignment,
        roster: duty::roster(conn)?,
    };
    let after = DutyFields {
        assignment: command.assignment,
        roster: roster(conn, command, &before.roster, now)?,
    };
    if before == after {
        return Ok(());
    }
    if !duty::replace(conn, version, after.assignment, &after.roster)? {
        return Err(DbError::Overtaken.into());
    }
    let event = AdministrativeEvent::DutyChanged(Changed { before, after });
    publish::administrative(conn, by, event, now)
}

/// What another roster would do, and the names of whom it names.
#[derive(Clone, Debug, Default)]
pub struct ForeseenDuty {
    /// What would be otherwise.
    pub outlook: DutyOutlook,
    /// Who would be on duty at once and is not, by name,
    pub begin: Vec<String>,
    /// and who is on duty and would be no longer.
    pub end: Vec<String>,
}

/// What [`set_duty`] would do; nothing is written.
///
/// # Errors
/// As [`set_duty`].
pub fn foresee_duty(
    conn: &mut Conn,
    by: By<'_>,
    expected: Expected<'_>,
    command: &SetDuty,
    now: Instant,
) -> VerbResult<ForeseenDuty> {
    require(by, Permission::DutyManage)?;
    unchanged(expected, duty::assignment(conn)?.1)?;
    let before = duty::roster(conn)?;
    let after = roster(conn, command, &before, now)?;
    let outlook = DutyOutlook::of(&before, &after, now);
    let people = [outlook.begin.as_slice(), &outlook.end].concat();
    let known = notices::known(conn, people, None, now)?;
    let names = |people: &[PersonId]| -> Vec<String> {
        let name = |person: &PersonId| {
            let mut known = known.iter();
            let known = known.find(|known| known.candidate.access.person == *person);
            known.map(|known| known.name.clone())
        };
        people.iter().filter_map(name).collect()
    };
    Ok(ForeseenDuty {
        begin: names(&outlook.begin),
        end: names(&outlook.end),
        outlook,
    })
}

/// The roster that a request describes; shifts or absences that it does not name are those of `before`.
fn roster(conn: &mut Conn, command: &SetDuty, before: &Roster, now: Instant) -> VerbResult<Roster> {
    let (mut roster, mut named) = (Roster::default(), Named::default());
    if command.shifts.as_option().is_none() {
        roster.shifts.clone_from(&before.shifts);
    }
    if command.absences.as_option().is_none() {
        roster.absences.clone_from(&before.absences);
    }
    // Somebody stands in the place of whoever could not be found, so that all that is wrong is told at once.
    let nobody = PersonId::from_uuid(uuid::Uuid::nil());
    for (index, shift) in command.all_shifts().enumerate() {
        let part = format!("shifts[{index}].user");
        roster.shifts.push(Shift {
            person: named
                .reviewer(conn, part, &shift.user, now)?
                .unwrap_or(nobody),
            days: shift.days.clone(),
            from: shift.from,
            until: shift.until,
            time_zone: shift.time_zone,
        });
    }
    for (index, absence) in command.all_absences().enumerate() {
        let part = |field: &str| format!("absences[{index}].{field}");
        let person = named.staff(conn, part("user"), &absence.user, now)?;
        let cover = match &absence.cover {
            Some(name) => named.reviewer(conn, part("cover"), name, now)?,
            None => None,
        };
        roster.absences.push(Absence {
            person: person.unwrap_or(nobody),
            from: absence.from,
            until: absence.until,
            cover,
        });
    }
    let faults = roster.faults(command.assignment).into_iter();
    named
        .wrong
        .extend(faults.map(|(part, fault)| told(command, part, fault)));
    match named.wrong.is_empty() {
        true => Ok(roster),
        false => Err(Rejection::Parts(named.wrong).into()),
    }
}

type Wrong = (String, &'static str, String);

fn told(command: &SetDuty, part: RosterPart, fault: RosterFault) -> Wrong {
    let path = match part {
        RosterPart::Shifts => "shifts".to_owned(),
        RosterPart::Days(index) => format!("shifts[{index}].days"),
        RosterPart::ShiftFrom(index) => format!("shifts[{index}].from"),
        RosterPart::Until(index) => format!("absences[{index}].until"),
        RosterPart::Cover(index) => format!("absences[{index}].cover"),
    };
    let given = match part {
        RosterPart::Cover(index) => (command.all_absences().nth(index))
            .and_then(|absence| absence.cover.clone())
            .unwrap_or_default(),
        _ => String::new(),
    };
    let code = match fault {
        RosterFault::NobodyOnDuty => "nobody_on_duty",
        RosterFault::NoDays => "no_days",
        RosterFault::BeginsAtItsEnd => "malformed_time",
        RosterFault::NotLater => "ends_before_it_begins",
        RosterFault::CoversThemselves => "covers_themselves",
        RosterFault::CoverAway(_) => "cover_away",
    };
    (path, code, given)
}

/// The people whom a request names, each looked up once.
#[derive(Default)]
struct Named {
    known: HashMap<String, Result<(PersonId, bool), &'static str>>,
    wrong: Vec<Wrong>,
}

impl Named {
    fn staff(
        &mut self,
        conn: &mut Conn,
        part: String,
        name: &str,
        now: Instant,
    ) -> VerbResult<Option<PersonId>> {
        match self.find(conn, name, now)? {
            Ok((person, _)) => Ok(Some(person)),
            Err(code) => Ok(self.refuse(part, code, name)),
        }
    }

    fn reviewer(
        &mut self,
        conn: &mut Conn,
        part: String,
        name: &str,
        now: Instant,
    ) -> VerbResult<Option<PersonId>> {
        match self.find(conn, name, now)? {
            Ok((person, true)) => Ok(Some(person)),
            Ok((_, false)) => Ok(self.refuse(part, "not_an_escalation_owner", name)),
            Err(code) => Ok(self.refuse(part, code, name)),
        }
    }

    fn refuse(&mut self, part: String, code: &'static str, name: &str) -> Option<PersonId> {
        self.wrong.push((part, code, name.to_owned()));
        None
    }

    /// A member of the staff, and whether they review escalations; or why there is none.
    fn find(
        &mut self,
        conn: &mut Conn,
        name: &str,
        now: Instant,
    ) -> VerbResult<Result<(PersonId, bool), &'static str>> {
        if let Some(known) = self.known.get(name) {
            return Ok(*known);
        }
        let found = match people::staff_named(conn, name)? {
            Some(person) => {
                let access = store::access::of_person(conn, &person, now)?;
                Ok((person.id, access.can(Permission::EscalationsReview)))
            }
            None if somebody_else(conn, name)? => Err("not_staff"),
            None => Err("not_found"),
        };
        self.known.insert(name.to_owned(), found);
        Ok(found)
    }
}

/// Whether a name is that of somebody who is no enabled member of the staff.
fn somebody_else(conn: &mut Conn, name: &str) -> VerbResult<bool> {
    let found = match (name.parse(), EmailAddress::parse(name)) {
        (Ok(id), _) => people::find(conn, Reach::Everything, id)?,
        (_, Ok(email)) => people::by_email(conn, &email)?,
        _ => None,
    };
    Ok(found.is_some())
}
