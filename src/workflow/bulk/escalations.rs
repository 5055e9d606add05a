//! Several escalations are claimed, or assigned (M4).

use super::{Mode, RowDone, RowVersion, Several, complete, done, expected, newly_told, taken_from};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::bulk::EscalationAct;
use crate::domain::ids::{CaseRef, EscalationRef};
use crate::input::input;
use crate::store::{cases, escalations, notices};
use crate::workflow::review_escalation::{AssignEscalation, Verb};
use crate::workflow::{Actor, Rejection, VerbResult};

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

impl Several for BulkEscalations {
    type Row = BulkEscalation;

    const NAME: &'static str = "escalation";

    fn rows(&self) -> &[BulkEscalation] {
        &self.items
    }

    fn named(row: &BulkEscalation) -> String {
        row.escalation.to_string()
    }

    fn check(&self, actor: &Actor) -> VerbResult<()> {
        actor.require(self.act.permission())?;
        let mut wrong = Vec::new();
        if self.items.is_empty() {
            wrong.push(("items", "required"));
        }
        if self.act == EscalationAct::Assign && self.owner.is_none() {
            wrong.push(("owner", "required"));
        }
        complete(&wrong)
    }

    fn act_on(
        &self,
        conn: &mut Conn,
        actor: &Actor,
        row: &BulkEscalation,
        mode: Mode,
        now: Instant,
    ) -> VerbResult<RowDone> {
        done(conn, mode, |conn| own(conn, actor, (row, self), now))
    }
}

fn own(
    conn: &mut Conn,
    actor: &Actor,
    (item, all): (&BulkEscalation, &BulkEscalations),
    now: Instant,
) -> VerbResult<RowDone> {
    let found = escalations::ids_of(conn, actor.reach(), &item.escalation)?;
    let (id, case) = found.ok_or(Rejection::NotFound)?;
    // Held before anything is read of it, as its verbs do.
    cases::lock(conn, actor.reach(), &CaseRef::Id(case))?.ok_or(Rejection::NotFound)?;
    let before = escalations::find(conn, id)?;
    let told = notices::written_at(conn, case, now)?;
    let expected = expected(item.version);
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
    let after = escalations::find(conn, id)?;
    let follows = taken_from(conn, before.owner_id, after.owner_id)?;
    Ok(RowDone {
        number: before.number.to_string(),
        version: after.version,
        is_changed: after.version != before.version,
        told: newly_told(conn, actor, case, &told, now)?,
        follows: follows.into_iter().collect(),
    })
}
