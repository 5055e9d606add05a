//! Who is told of what.

use crate::db::{Conn, DbError};
use crate::domain::Instant;
use crate::domain::ids::PersonId;
use crate::domain::notice::NoticeKind;
use crate::store::cases::Case;
use crate::store::escalations::Escalation;

/// An event to tell of.
#[derive(Debug)]
pub struct Told<'a> {
    /// What happened.
    pub kind: NoticeKind,
    /// On which case.
    pub case: &'a Case,
    /// On which escalation.
    pub escalation: Option<&'a Escalation>,
    /// Who did it.
    pub actor: PersonId,
    /// What this kind tells besides.
    pub about: serde_json::Value,
}

/// Tells.
pub fn tell(_conn: &mut Conn, _told: &Told<'_>, _now: Instant) -> Result<usize, DbError> {
    Ok(0)
}
