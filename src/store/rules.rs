//! The rows that administrators edit: policies (E12) and escalation reasons (section 3).

use std::collections::BTreeMap;
use std::sync::Arc;

use diesel::prelude::*;

use crate::db::schema::{escalation_reasons, policies};
use crate::db::sql_types::{At, Json, json};
use crate::db::{Conn, ONLY, remembered};
use crate::domain::Instant;
use crate::domain::eligibility::Policy;
use crate::domain::reason::{Governance, Question, Reason, installed};
use crate::store::cas::{Cas, compare_and_set};

/// The policy in force: the defaults, and what the rows say instead.
///
/// # Errors
/// Database errors, also if a row was changed behind Casebell's back into something that is no policy.
pub fn policy(conn: &mut Conn) -> QueryResult<Arc<Policy>> {
    remembered(conn, ONLY, |_| true, load_policy)
}

fn load_policy(conn: &mut Conn) -> QueryResult<Policy> {
    let mut policy = Policy::default();
    for (key, value) in policies::table
        .select((policies::key, policies::value))
        .load::<(String, String)>(conn)?
    {
        policy
            .set(&key, &value)
            .map_err(|error| diesel::result::Error::DeserializationError(error.into()))?;
    }
    Ok(policy)
}

/// The rows that differ from the defaults, with the count of their changes.
///
/// # Errors
/// Database errors.
pub fn policy_rows(conn: &mut Conn) -> QueryResult<BTreeMap<String, (String, i64)>> {
    let rows: Vec<(String, String, i64)> = policies::table
        .select((policies::key, policies::value, policies::version))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(key, value, version)| (key, (value, version)))
        .collect())
}

/// Sets a policy.
///
/// # Errors
/// Database errors.
pub fn set_policy(conn: &mut Conn, key: &str, value: &str, now: Instant) -> QueryResult<()> {
    let changed = diesel::update(policies::table.filter(policies::key.eq(key)))
        .set((
            policies::value.eq(value),
            policies::updated_at.eq(At(now)),
            policies::version.eq(policies::version + 1),
        ))
        .execute(conn)?;
    if changed == 0 {
        diesel::insert_into(policies::table)
            .values((
                policies::key.eq(key),
                policies::value.eq(value),
                policies::updated_at.eq(At(now)),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// A row of `escalation_reasons`.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = escalation_reasons)]
pub struct ReasonRow {
    /// Stable name.
    pub code: String,
    /// What people read.
    pub label: String,
    /// The rule that governs it.
    pub governed_by: Governance,
    /// What the form asks.
    pub questions: Json<Vec<Question>>,
    /// Its place in the form.
    pub position: i64,
    /// Whether it can be chosen.
    pub active: bool,
    /// Counts its changes.
    pub version: i64,
}

impl ReasonRow {
    /// The reason as the rules know it.
    pub fn reason(&self) -> Reason {
        Reason {
            code: self.code.clone(),
            label: self.label.clone(),
            governed_by: self.governed_by,
            questions: self.questions.0.clone(),
        }
    }
}

/// All reasons in the order of the form, those that can no longer be chosen included.
///
/// # Errors
/// Database errors.
pub fn reasons(conn: &mut Conn) -> QueryResult<Arc<Vec<ReasonRow>>> {
    remembered(
        conn,
        ONLY,
        |_| true,
        |conn| {
            escalation_reasons::table
                .order((
                    escalation_reasons::position.asc(),
                    escalation_reasons::code.asc(),
                ))
                .select(ReasonRow::as_select())
                .load(conn)
        },
    )
}

/// The reason of that code, also if it can no longer be chosen.
///
/// # Errors
/// Database errors.
pub fn reason(conn: &mut Conn, code: &str) -> QueryResult<Option<ReasonRow>> {
    escalation_reasons::table
        .filter(escalation_reasons::code.eq(code))
        .select(ReasonRow::as_select())
        .get_result(conn)
        .optional()
}

/// Adds a reason at the end of the form.
///
/// # Errors
/// Database errors; a unique violation if the code is taken.
pub fn insert_reason(conn: &mut Conn, reason: &Reason) -> QueryResult<()> {
    let last: Option<i64> = escalation_reasons::table
        .select(diesel::dsl::max(escalation_reasons::position))
        .get_result(conn)?;
    diesel::insert_into(escalation_reasons::table)
        .values((
            escalation_reasons::code.eq(&reason.code),
            escalation_reasons::label.eq(&reason.label),
            escalation_reasons::governed_by.eq(reason.governed_by),
            escalation_reasons::questions.eq(json(&reason.questions)?),
            escalation_reasons::position.eq(last.unwrap_or(0) + 1),
            escalation_reasons::active.eq(true),
        ))
        .execute(conn)
        .map(drop)
}

/// Replaces a reason's words, rule and questions, and says whether it can be chosen, if it is still at `version`.
///
/// # Errors
/// Database errors.
pub fn replace_reason(
    conn: &mut Conn,
    version: i64,
    reason: &Reason,
    active: bool,
) -> QueryResult<Cas> {
    let changes = (
        escalation_reasons::label.eq(&reason.label),
        escalation_reasons::governed_by.eq(reason.governed_by),
        escalation_reasons::questions.eq(json(&reason.questions)?),
        escalation_reasons::active.eq(active),
    );
    Ok(compare_and_set!(
        conn,
        escalation_reasons.code = &reason.code,
        version,
        changes
    ))
}

/// Puts in the reasons that an installation starts with, where there are none yet.
///
/// # Errors
/// Database errors.
pub fn install_reasons(conn: &mut Conn) -> QueryResult<()> {
    let any: bool = diesel::select(diesel::dsl::exists(
        escalation_reasons::table.select(escalation_reasons::code),
    ))
    .get_result(conn)?;
    if !any {
        for reason in installed() {
            insert_reason(conn, &reason)?;
        }
    }
    Ok(())
}
