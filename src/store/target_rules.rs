//! How long targets have, and the ladder: the rows that administrators edit (M8); and how often these and the policies were
//! changed.

use diesel::prelude::*;

use crate::db::schema::{duty_rules, target_rules};
use crate::db::sql_types::{At, Json, json};
use crate::db::{Conn, ONLY, remembered};
use crate::domain::Instant;
use crate::domain::case::Priority;
use crate::domain::target::{
    Allowance, Grade, Ladder, TargetClock, TargetKind, TargetRow, TargetTable,
};
use crate::store::cas::Cas;

/// How long targets have: the defaults, and what the rows say instead.
///
/// # Errors
/// Database errors, also if a row was changed behind Casebell's back into something that is no rule.
pub fn table(conn: &mut Conn) -> QueryResult<TargetTable> {
    let table = remembered(conn, ONLY, |_| true, read_table)?;
    Ok(TargetTable::clone(&table))
}

fn read_table(conn: &mut Conn) -> QueryResult<TargetTable> {
    let mut table = TargetTable::default();
    let rows: Vec<(TargetKind, String, i64, TargetClock)> = target_rules::table
        .select((
            target_rules::kind,
            target_rules::grade,
            target_rules::minutes,
            target_rules::clock,
        ))
        .load(conn)?;
    for (kind, grade, minutes, clock) in rows {
        let row = TargetRow::named(kind, named(&grade)?).ok_or_else(|| unreadable(&grade))?;
        let minutes = u32::try_from(minutes).map_err(|_| unreadable(&grade))?;
        table.set(row, Allowance { minutes, clock });
    }
    Ok(table)
}

/// Sets how long the targets of a row have.
///
/// # Errors
/// Database errors.
pub fn set(conn: &mut Conn, row: TargetRow, allowance: Allowance, now: Instant) -> QueryResult<()> {
    let grade = text(row.grade);
    let values = (
        target_rules::minutes.eq(i64::from(allowance.minutes)),
        target_rules::clock.eq(allowance.clock),
        target_rules::updated_at.eq(At(now)),
    );
    let this = target_rules::table
        .filter(target_rules::kind.eq(row.kind))
        .filter(target_rules::grade.eq(&grade));
    if diesel::update(this).set(values).execute(conn)? == 0 {
        let key = (
            target_rules::kind.eq(row.kind),
            target_rules::grade.eq(&grade),
        );
        diesel::insert_into(target_rules::table)
            .values((key, values))
            .execute(conn)?;
    }
    Ok(())
}

/// As a row names it.
fn text(grade: Grade) -> String {
    match grade {
        Grade::Priority(priority) => priority.to_string(),
        Grade::Rank(rank) => rank.to_string(),
    }
}

fn named(text: &str) -> QueryResult<Grade> {
    match (text.parse::<Priority>(), text.parse()) {
        (Ok(priority), _) => Ok(Grade::Priority(priority)),
        (Err(_), Ok(rank)) => Ok(Grade::Rank(rank)),
        (Err(_), Err(_)) => Err(unreadable(text)),
    }
}

fn unreadable(grade: &str) -> diesel::result::Error {
    diesel::result::Error::DeserializationError(format!("no rule of a target: {grade}").into())
}

/// How often the rules of targets were changed, counted from 1.
///
/// # Errors
/// Database errors.
pub fn version(conn: &mut Conn) -> QueryResult<i64> {
    duty_rules::table
        .select(duty_rules::targets_version)
        .get_result(conn)
}

/// Counts a change of the rules of targets, if they were changed `version` times.
///
/// # Errors
/// Database errors.
pub fn count_change(conn: &mut Conn, version: i64) -> QueryResult<Cas> {
    let this = duty_rules::table.filter(duty_rules::targets_version.eq(version));
    let changed = diesel::update(this)
        .set(duty_rules::targets_version.eq(version + 1))
        .execute(conn)?;
    match changed {
        0 => Ok(Cas::Changed(self::version(conn)?)),
        _ => Ok(Cas::Done),
    }
}

/// How often the policies were changed, counted from 1.
///
/// # Errors
/// Database errors.
pub fn policies_version(conn: &mut Conn) -> QueryResult<i64> {
    duty_rules::table
        .select(duty_rules::policies_version)
        .get_result(conn)
}

/// Counts a change of the policies, if they were changed `version` times.
///
/// # Errors
/// Database errors.
pub fn count_policies_change(conn: &mut Conn, version: i64) -> QueryResult<Cas> {
    let this = duty_rules::table.filter(duty_rules::policies_version.eq(version));
    let changed = diesel::update(this)
        .set(duty_rules::policies_version.eq(version + 1))
        .execute(conn)?;
    match changed {
        0 => Ok(Cas::Changed(policies_version(conn)?)),
        _ => Ok(Cas::Done),
    }
}

/// The ladder, and how often it was changed, counted from 1.
///
/// # Errors
/// Database errors, also if the row was changed behind Casebell's back into something that is no ladder.
pub fn ladder(conn: &mut Conn) -> QueryResult<(Ladder, i64)> {
    let ladder = remembered(conn, ONLY, |_| true, read_ladder)?;
    Ok(<(Ladder, i64)>::clone(&ladder))
}

fn read_ladder(conn: &mut Conn) -> QueryResult<(Ladder, i64)> {
    let (ladder, version): (Option<Json<Ladder>>, i64) = duty_rules::table
        .select((duty_rules::ladder, duty_rules::ladder_version))
        .get_result(conn)?;
    Ok((
        ladder.map_or_else(Ladder::default, |ladder| ladder.0),
        version,
    ))
}

/// Sets the ladder, if it was changed `version` times, and counts the change.
///
/// # Errors
/// Database errors.
pub fn set_ladder(conn: &mut Conn, version: i64, ladder: &Ladder) -> QueryResult<Cas> {
    let this = duty_rules::table.filter(duty_rules::ladder_version.eq(version));
    let changed = diesel::update(this)
        .set((
            duty_rules::ladder.eq(Some(json(ladder)?)),
            duty_rules::ladder_version.eq(version + 1),
        ))
        .execute(conn)?;
    match changed {
        0 => Ok(Cas::Changed(self::ladder(conn)?.1)),
        _ => Ok(Cas::Done),
    }
}
