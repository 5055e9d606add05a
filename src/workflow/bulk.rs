//! One verb on many cases or escalations: each by itself, by the same verb as ever, in a transaction of its own. What is looked at
//! first is done in the same way and taken back.

use std::collections::BTreeSet;

use super::review_escalation::{AssignEscalation, Verb};
use super::update_case::{UpdateCase, update_case};
use super::{Actor, Rejection, VerbError, VerbResult};
use crate::db::{Conn, in_savepoint};
use crate::domain::Instant;
use crate::domain::bulk::EscalationAct;
use crate::domain::case::{Priority, Status};
use crate::domain::ids::{CaseId, CaseRef, EscalationRef, NoticeId, PersonId};
use crate::input::{Patch, Whole, input};
use crate::store::{cases, escalations, notices};

/// A version of a row.
pub type RowVersion = Whole<1, { i64::MAX }>;

input! {
    /// A case among several.
    pub struct BulkCase {
        /// By id or number.
        case: CaseRef,
        /// The version that it was looked at in. If it has another by now, it is refused.
        version: Option<RowVersion>,
    }
}

input! {
    /// What becomes of each of the cases. What is left out stays.
    pub struct BulkChange {
        /// The engineer who owns it, by id or address; null for nobody.
        owner: Patch<Option<String>>,
        /// Where it stands; only by lawful moves.
        status: Patch<Status>,
        /// How urgent.
        priority: Patch<Priority>,
        /// Its line of business, by id or name.
        line_of_business: Patch<String>,
    }
}

input! {
    /// One change of several cases, each of them in a transaction of its own.
    pub struct BulkCases {
        /// Which cases, 100 at the most.
        items: Vec<BulkCase>,
        /// What becomes of each.
        change: BulkChange,
    }
}

input! {
    /// An escalation among several.
    pub struct BulkEscalation {
        /// By id or number.
        escalation: EscalationRef,
        /// The version that it was looked at in. If it has another by now, it is refused.
        version: Option<RowVersion>,
    }
}

input! {
    /// One act on several escalations, each of them in a transaction of its own.
    pub struct BulkEscalations {
        /// Which escalations, 100 at the most.
        items: Vec<BulkEscalation>,
        /// What is done with each.
        act: EscalationAct,
        /// Who becomes the owner, by id or address, where they are assigned.
        owner: Option<String>,
    }
}

/// Whether something is done, or only looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Nothing of it stays.
    Preview,
    /// It is done.
    Act,
}

/// What came of one row, or would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowDone {
    /// Its number.
    pub number: String,
    /// Its version afterwards.
    pub version: i64,
    /// Whether anything changed; what is so already stays as it is.
    pub is_changed: bool,
    /// Who is written to about it.
    pub told: BTreeSet<PersonId>,
}

impl BulkChange {
    /// The same as the verb takes it.
    fn update(&self) -> UpdateCase {
        UpdateCase {
            owner: self.owner.clone(),
            status: self.status.clone(),
            priority: self.priority.clone(),
            line_of_business: self.line_of_business.clone(),
            ..UpdateCase::default()
        }
    }

    fn is_empty(&self) -> bool {
        !(self.owner.is_set()
            || self.status.is_set()
            || self.priority.is_set()
            || self.line_of_business.is_set())
    }
}

impl BulkCases {
    /// Refuses what asks for nothing.
    ///
    /// # Errors
    /// [`Rejection::Fields`] without a case or a change.
    pub fn check(&self) -> VerbResult<()> {
        let mut missing = Vec::new();
        if self.items.is_empty() {
            missing.push("items");
        }
        if self.change.is_empty() {
            missing.push("change");
        }
        complete(missing)
    }
}

impl BulkEscalations {
    /// Refuses what asks for nothing.
    ///
    /// # Errors
    /// [`Rejection::Fields`] without an escalation, or an owner to whom they are assigned.
    pub fn check(&self) -> VerbResult<()> {
        let mut missing = Vec::new();
        if self.items.is_empty() {
            missing.push("items");
        }
        if self.act == EscalationAct::Assign && self.owner.is_none() {
            missing.push("owner");
        }
        complete(missing)
    }
}

fn complete(missing: Vec<&'static str>) -> VerbResult<()> {
    if missing.is_empty() {
        return Ok(());
    }
    let field = |field| (field, "required", String::new());
    Err(Rejection::Fields(missing.into_iter().map(field).collect()).into())
}

/// Changes one of several cases, or looks what that would come to.
///
/// # Errors
/// Those of [`update_case`].
pub fn change_case(
    conn: &mut Conn,
    actor: &Actor,
    (item, change): (&BulkCase, &BulkChange),
    mode: Mode,
    now: Instant,
) -> VerbResult<RowDone> {
    done(conn, mode, |conn| {
        let before = cases::lock(conn, actor.reach(), &item.case)?.ok_or(Rejection::NotFound)?;
        let told = notices::written_at(conn, before.id, now)?;
        let expected = item.version.map(|version| [version.get()]);
        let expected = expected.as_ref().map(<[i64; 1]>::as_slice);
        let case = CaseRef::Id(before.id);
        update_case(conn, actor, &case, expected, &change.update(), now)?;
        let version = cases::find(conn, before.id)?.version;
        Ok(RowDone {
            number: before.number.to_string(),
            version,
            is_changed: version != before.version,
            told: newly_told(conn, before.id, &told, now)?,
        })
    })
}

/// Does an act on one of several escalations, or looks what that would come to.
///
/// # Errors
/// Those of [`Verb::claim`] and [`Verb::assign`].
pub fn act_on_escalation(
    conn: &mut Conn,
    actor: &Actor,
    (item, all): (&BulkEscalation, &BulkEscalations),
    mode: Mode,
    now: Instant,
) -> VerbResult<RowDone> {
    done(conn, mode, |conn| {
        let found = escalations::ids_of(conn, actor.reach(), &item.escalation)?;
        let (id, case) = found.ok_or(Rejection::NotFound)?;
        // Held before anything is read of it, as its verbs do.
        cases::lock(conn, actor.reach(), &CaseRef::Id(case))?.ok_or(Rejection::NotFound)?;
        let before = escalations::find(conn, id)?;
        let told = notices::written_at(conn, case, now)?;
        let expected = item.version.map(|version| [version.get()]);
        let verb = Verb {
            actor,
            escalation: &EscalationRef::Id(id),
            expected: expected.as_ref().map(<[i64; 1]>::as_slice),
            now,
        };
        match all.act {
            EscalationAct::Claim => verb.claim(conn)?,
            EscalationAct::Assign => {
                let owner = all.owner.clone().unwrap_or_default();
                verb.assign(conn, &AssignEscalation { owner })?
            }
        };
        let version = escalations::find(conn, id)?.version;
        Ok(RowDone {
            number: before.number.to_string(),
            version,
            is_changed: version != before.version,
            told: newly_told(conn, case, &told, now)?,
        })
    })
}

/// Who is written to since `before` was looked up.
fn newly_told(
    conn: &mut Conn,
    case: CaseId,
    before: &[(NoticeId, Option<PersonId>)],
    now: Instant,
) -> VerbResult<BTreeSet<PersonId>> {
    let all = notices::written_at(conn, case, now)?;
    let new = all.into_iter().filter(|notice| !before.contains(notice));
    Ok(new.filter_map(|(_, person)| person).collect())
}

/// Why what was done was taken back.
enum Undone {
    Seen(RowDone),
    Failed(VerbError),
}

impl From<VerbError> for Undone {
    fn from(error: VerbError) -> Self {
        Self::Failed(error)
    }
}

impl From<diesel::result::Error> for Undone {
    fn from(error: diesel::result::Error) -> Self {
        Self::Failed(error.into())
    }
}

fn done(
    conn: &mut Conn,
    mode: Mode,
    verb: impl FnOnce(&mut Conn) -> VerbResult<RowDone>,
) -> VerbResult<RowDone> {
    if mode == Mode::Act {
        return verb(conn);
    }
    let seen = in_savepoint(conn, |conn| -> Result<RowDone, Undone> {
        Err(Undone::Seen(verb(conn)?))
    });
    match seen {
        Ok(done) | Err(Undone::Seen(done)) => Ok(done),
        Err(Undone::Failed(error)) => Err(error),
    }
}
