//! Several cases are changed alike, or closed (C3, M13).

use super::{Mode, RowDone, RowVersion, Several, complete, done, expected, newly_told, taken_from};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::bulk::of_closing;
use crate::domain::case::{Priority, Status, may_deliver_rca};
use crate::domain::ids::CaseRef;
use crate::domain::offers::CaseVerb;
use crate::domain::text::Markdown;
use crate::input::{Patch, input};
use crate::store::{callbacks, cases, escalations, notices, promises};
use crate::workflow::close_case::{CloseCase, close};
use crate::workflow::update_case::{UpdateCase, update_case};
use crate::workflow::{Actor, Rejection, VerbResult};

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
    /// Several cases are closed, each of them in a transaction of its own. Promises that are open stay so.
    pub struct BulkClosing {
        /// Which cases, 100 at the most.
        items: Vec<BulkCase>,
        /// A last word, in Markdown, which becomes an entry of the feed of each.
        note: Option<Markdown>,
    }
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

impl Several for BulkCases {
    type Row = BulkCase;

    const NAME: &'static str = "case";

    fn rows(&self) -> &[BulkCase] {
        &self.items
    }

    fn named(row: &BulkCase) -> String {
        row.case.to_string()
    }

    fn check(&self, _: &Actor) -> VerbResult<()> {
        let mut wrong = Vec::new();
        if self.items.is_empty() {
            wrong.push(("items", "required"));
        }
        if self.change.is_empty() {
            wrong.push(("change", "required"));
        }
        complete(&wrong)
    }

    fn act_on(
        &self,
        conn: &mut Conn,
        actor: &Actor,
        row: &BulkCase,
        mode: Mode,
        now: Instant,
    ) -> VerbResult<RowDone> {
        done(conn, mode, |conn| {
            change(conn, actor, (row, &self.change), now)
        })
    }
}

impl Several for BulkClosing {
    type Row = BulkCase;

    const NAME: &'static str = "case";

    fn rows(&self) -> &[BulkCase] {
        &self.items
    }

    fn named(row: &BulkCase) -> String {
        row.case.to_string()
    }

    fn check(&self, _: &Actor) -> VerbResult<()> {
        match self.items.is_empty() {
            true => complete(&[("items", "required")]),
            false => Ok(()),
        }
    }

    fn act_on(
        &self,
        conn: &mut Conn,
        actor: &Actor,
        row: &BulkCase,
        mode: Mode,
        now: Instant,
    ) -> VerbResult<RowDone> {
        done(conn, mode, |conn| close_one(conn, actor, (row, self), now))
    }
}

fn change(
    conn: &mut Conn,
    actor: &Actor,
    (item, change): (&BulkCase, &BulkChange),
    now: Instant,
) -> VerbResult<RowDone> {
    let before = cases::lock(conn, actor.reach(), &item.case)?.ok_or(Rejection::NotFound)?;
    let told = notices::written_at(conn, before.id, now)?;
    let expected = expected(item.version);
    let expected = expected.as_ref().map(<[i64; 1]>::as_slice);
    let case = CaseRef::Id(before.id);
    update_case(conn, actor, &case, expected, &change.update(), now)?;
    let after = cases::find(conn, before.id)?;
    let follows = taken_from(conn, before.owner_id, after.owner_id)?;
    Ok(RowDone {
        number: before.number.to_string(),
        version: after.version,
        is_changed: after.version != before.version,
        told: newly_told(conn, actor, before.id, &told, now)?,
        follows: follows.into_iter().collect(),
    })
}

/// A contact withdraws the escalation of a case with it, staff close that first (M13), and what was promised stays open. A case that
/// is closed already stays as it is.
fn close_one(
    conn: &mut Conn,
    actor: &Actor,
    (item, closing): (&BulkCase, &BulkClosing),
    now: Instant,
) -> VerbResult<RowDone> {
    let before = cases::lock(conn, actor.reach(), &item.case)?.ok_or(Rejection::NotFound)?;
    actor.require(CaseVerb::Close.permission())?;
    if before.status == Status::Closed {
        return Ok(RowDone::unchanged(before.number, before.version));
    }
    let told = notices::written_at(conn, before.id, now)?;
    let withdrawn = match escalations::active_of(conn, before.id)? {
        Some(active) => {
            let calls = callbacks::open_of(conn, active.id)?.len();
            Some((active.number, calls))
        }
        None => None,
    };
    let command = CloseCase {
        note: closing.note.clone(),
        next_steps: None,
    };
    let expected = expected(item.version);
    let expected = expected.as_ref().map(<[i64; 1]>::as_slice);
    let case = CaseRef::Id(before.id);
    close(conn, actor, &case, expected, &command, now)?;
    let promises = promises::open_of_cases(conn, &[before.id])?.len();
    let owes_analysis = may_deliver_rca(before.status, before.rca()).is_ok();
    Ok(RowDone {
        number: before.number.to_string(),
        version: cases::find(conn, before.id)?.version,
        is_changed: true,
        told: newly_told(conn, actor, before.id, &told, now)?,
        follows: of_closing(withdrawn, promises, owes_analysis),
    })
}
