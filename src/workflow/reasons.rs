//! What an escalation can be about, and what its form asks (section 3).

mod questions;

use super::administer::{By, refused, require, taken};
use super::foresee::{Foreseen, foresee};
use super::{Expected, Rejection, VerbResult, publish, settled, unchanged};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::event::{AdministrativeEvent, Changed, ReasonFields};
use crate::domain::reason::{Governance, Question, Reason, ReasonCode};
use crate::domain::text::Title;
use crate::input::{Patch, ReadOnly, input};
use crate::store::rules::{self, ReasonRow};

pub use questions::{AskedQuestion, Questions};

input! {
    /// A new escalation reason.
    pub struct AddReason {
        /// Stable name.
        code: ReasonCode,
        /// What people read.
        label: Title,
        /// The rule that governs it.
        governed_by: Governance,
        /// What the form asks; nothing if not given.
        questions: Option<Questions>,
    }
}

/// Adds a reason at the end of the form.
///
/// # Errors
/// [`Rejection::Denied`], [`Rejection::Field`].
pub fn add_reason(
    conn: &mut Conn,
    by: By<'_>,
    command: &AddReason,
    now: Instant,
) -> VerbResult<()> {
    require(by, Permission::ReasonsManage)?;
    let reason = Reason::from(command);
    if rules::reason(conn, &reason.code)?.is_some() {
        return Err(refused("code", "taken", &reason.code).into());
    }
    rules::insert_reason(conn, &reason).map_err(|error| taken(error, "code", &reason.code))?;
    publish::administrative(conn, by, AdministrativeEvent::ReasonAdded(reason), now)
}

/// What [`add_reason`] would do; nothing is written.
///
/// # Errors
/// [`Rejection::Denied`].
pub fn foresee_new_reason(
    conn: &mut Conn,
    by: By<'_>,
    command: &AddReason,
    now: Instant,
) -> VerbResult<Foreseen> {
    require(by, Permission::ReasonsManage)?;
    foresee(conn, now, |settings| {
        settings.reasons.push(Reason::from(command));
        Ok(())
    })
}

impl From<&AddReason> for Reason {
    fn from(command: &AddReason) -> Self {
        Self {
            code: command.code.to_string(),
            label: command.label.to_string(),
            governed_by: command.governed_by,
            questions: questions_of(command.questions.as_ref()),
        }
    }
}

input! {
    /// What an escalation reason says from now on.
    pub struct ReplaceReason {
        /// What people read.
        label: Title,
        /// The rule that governs it.
        governed_by: Governance,
        /// What the form asks; what it asks now if not given.
        questions: Patch<Questions>,
        /// Whether it can be chosen; as it is now if not given.
        active: Option<bool>,
        /// As an answer shows it; it stays.
        code: Option<ReadOnly>,
        /// As an answer shows it; see `If-Match`.
        version: Option<ReadOnly>,
    }
}

/// Replaces a reason's words, rule and questions, or takes it off the form. Escalations keep what they were asked.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Stale`.
pub fn replace_reason(
    conn: &mut Conn,
    by: By<'_>,
    code: &ReasonCode,
    expected: Expected<'_>,
    command: &ReplaceReason,
    now: Instant,
) -> VerbResult<()> {
    let row = rules::reason(conn, code.as_str())?.ok_or(Rejection::NotFound)?;
    require(by, Permission::ReasonsManage)?;
    unchanged(expected, row.version)?;
    let (reason, active) = planned(&row, command);
    let changed = Changed {
        before: ReasonFields {
            reason: row.reason(),
            active: row.active,
        },
        after: ReasonFields { reason, active },
    };
    // What is as it was is no change, and counts as none.
    if changed.before == changed.after {
        return Ok(());
    }
    let written = rules::replace_reason(conn, row.version, &changed.after.reason, active)?;
    settled(written, expected)?;
    let event = AdministrativeEvent::ReasonChanged(changed);
    publish::administrative(conn, by, event, now)
}

/// What [`replace_reason`] would do; nothing is written.
///
/// # Errors
/// As [`replace_reason`].
pub fn foresee_reason(
    conn: &mut Conn,
    by: By<'_>,
    code: &ReasonCode,
    expected: Expected<'_>,
    command: &ReplaceReason,
    now: Instant,
) -> VerbResult<Foreseen> {
    let row = rules::reason(conn, code.as_str())?.ok_or(Rejection::NotFound)?;
    require(by, Permission::ReasonsManage)?;
    unchanged(expected, row.version)?;
    foresee(conn, now, |settings| {
        let (reason, active) = planned(&row, command);
        settings.reasons.retain(|other| other.code != reason.code);
        settings.reasons.extend(active.then_some(reason));
        Ok(())
    })
}

/// The reason as it would be, and whether it could be chosen.
fn planned(row: &ReasonRow, command: &ReplaceReason) -> (Reason, bool) {
    let reason = Reason {
        label: command.label.to_string(),
        governed_by: command.governed_by,
        questions: match command.questions.as_option() {
            Some(questions) => questions.as_slice().to_vec(),
            None => row.reason().questions,
        },
        ..row.reason()
    };
    (reason, command.active.unwrap_or(row.active))
}

fn questions_of(given: Option<&Questions>) -> Vec<Question> {
    given.map_or_else(Vec::new, |questions| questions.as_slice().to_vec())
}
