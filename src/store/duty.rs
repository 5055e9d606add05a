//! The roster: shifts, absences, and whose turn it was (M4, M8).

use std::collections::HashMap;

use diesel::prelude::*;

use crate::db::schema::{duty_absences, duty_rules, duty_shifts, duty_turns};
use crate::db::sql_types::{At, Json, json};
use crate::db::{Conn, ONLY, ask_anew, kept, remembered};
use crate::domain::duty::{Absence, Assignment, ClockTime, Roster, Shift, Weekday};
use crate::domain::ids::PersonId;

/// How escalations get their owner, and how often that or the roster was changed, counted from 1. It is remembered.
///
/// # Errors
/// Database errors.
pub fn assignment(conn: &mut Conn) -> QueryResult<(Assignment, i64)> {
    let read = |conn: &mut Conn| -> QueryResult<(Assignment, i64)> {
        duty_rules::table
            .select((duty_rules::assignment, duty_rules::duty_version))
            .get_result(conn)
    };
    Ok(*remembered(conn, ONLY, |_| true, read)?)
}

/// The roster.
///
/// # Errors
/// Database errors, also if a row was changed behind Casebell's back into something that is no shift.
pub fn roster(conn: &mut Conn) -> QueryResult<Roster> {
    type ShiftRow = (PersonId, Json<Vec<Weekday>>, i64, i64, String);
    type AbsenceRow = (PersonId, At, At, Option<PersonId>);
    let shifts: Vec<ShiftRow> = duty_shifts::table
        .order(duty_shifts::position.asc())
        .select((
            duty_shifts::person_id,
            duty_shifts::days,
            duty_shifts::from_minute,
            duty_shifts::until_minute,
            duty_shifts::time_zone,
        ))
        .load(conn)?;
    let absences: Vec<AbsenceRow> = duty_absences::table
        .order(duty_absences::position.asc())
        .select((
            duty_absences::person_id,
            duty_absences::from_at,
            duty_absences::until_at,
            duty_absences::cover_id,
        ))
        .load(conn)?;
    let shifts = shifts.into_iter().map(|(person, days, from, until, zone)| {
        let unreadable = |what: &str| {
            diesel::result::Error::DeserializationError(format!("no shift: {what}").into())
        };
        let clock = |minutes: i64| {
            ClockTime::of_minutes(minutes).ok_or_else(|| unreadable(&minutes.to_string()))
        };
        Ok(Shift {
            person,
            days: days.0,
            from: clock(from)?,
            until: clock(until)?,
            time_zone: zone.parse().map_err(|_| unreadable(&zone))?,
        })
    });
    let absences = absences
        .into_iter()
        .map(|(person, from, until, cover)| Absence {
            person,
            from: from.0,
            until: until.0,
            cover,
        });
    Ok(Roster {
        shifts: shifts.collect::<QueryResult<_>>()?,
        absences: absences.collect(),
    })
}

/// Puts this in the place of the roster, if it was changed `version` times; says whether it was.
///
/// # Errors
/// Database errors.
pub fn replace(
    conn: &mut Conn,
    version: i64,
    assignment: Assignment,
    roster: &Roster,
) -> QueryResult<bool> {
    let this = duty_rules::table.filter(duty_rules::duty_version.eq(version));
    let changed = diesel::update(this)
        .set((
            duty_rules::assignment.eq(assignment),
            duty_rules::duty_version.eq(version + 1),
        ))
        .execute(conn)?;
    if changed == 0 {
        return Ok(false);
    }
    diesel::delete(duty_shifts::table).execute(conn)?;
    diesel::delete(duty_absences::table).execute(conn)?;
    for (position, shift) in (0_i64..).zip(&roster.shifts) {
        diesel::insert_into(duty_shifts::table)
            .values((
                duty_shifts::position.eq(position),
                duty_shifts::person_id.eq(shift.person),
                duty_shifts::days.eq(json(&shift.days)?),
                duty_shifts::from_minute.eq(shift.from.minutes()),
                duty_shifts::until_minute.eq(shift.until.minutes()),
                duty_shifts::time_zone.eq(shift.time_zone.name()),
            ))
            .execute(conn)?;
    }
    for (position, absence) in (0_i64..).zip(&roster.absences) {
        diesel::insert_into(duty_absences::table)
            .values((
                duty_absences::position.eq(position),
                duty_absences::person_id.eq(absence.person),
                duty_absences::from_at.eq(At(absence.from)),
                duty_absences::until_at.eq(At(absence.until)),
                duty_absences::cover_id.eq(absence.cover),
            ))
            .execute(conn)?;
    }
    Ok(true)
}

/// Keeps others from taking a turn until the transaction ends, so that two submissions do not fall to one person; gives how
/// escalations get their owner.
///
/// # Errors
/// Database errors.
pub fn lock_turns(conn: &mut Conn) -> QueryResult<Assignment> {
    kept(duty_rules::table)
        .set(duty_rules::duty_version.eq(duty_rules::duty_version))
        .execute(conn)?;
    // Who may have a turn may have changed while it was waited for.
    ask_anew();
    Ok(assignment(conn)?.0)
}

/// Which turn each of these people had last; those who never had one are not in it.
///
/// # Errors
/// Database errors.
pub fn turns(conn: &mut Conn, people: &[PersonId]) -> QueryResult<HashMap<PersonId, i64>> {
    let rows: Vec<(PersonId, i64)> = duty_turns::table
        .filter(duty_turns::person_id.eq_any(people.to_vec()))
        .select((duty_turns::person_id, duty_turns::turn))
        .load(conn)?;
    Ok(rows.into_iter().collect())
}

/// Notes that somebody has had their turn, which nobody else takes meanwhile (see [`lock_turns`]).
///
/// # Errors
/// Database errors.
pub fn note_turn(conn: &mut Conn, person: PersonId) -> QueryResult<()> {
    let last: Option<i64> = duty_turns::table
        .select(diesel::dsl::max(duty_turns::turn))
        .get_result(conn)?;
    let turn = duty_turns::turn.eq(last.unwrap_or(0) + 1);
    let this = duty_turns::table.filter(duty_turns::person_id.eq(person));
    if kept(this).set(turn).execute(conn)? == 0 {
        diesel::insert_into(duty_turns::table)
            .values((duty_turns::person_id.eq(person), turn))
            .execute(conn)?;
    }
    Ok(())
}
