//! Several calls are taken, given to somebody, or it is said what became of them (M12).

use super::{Mode, RowDone, RowVersion, Several, complete, done, expected, newly_told, taken_from};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::bulk::{CallbackAct, Consequence};
use crate::domain::callback::State;
use crate::domain::ids::{CallbackId, CaseRef};
use crate::domain::text::Note;
use crate::input::{Patch, input};
use crate::store::{callbacks, cases, notices};
use crate::workflow::callback::{ChangeCallback, change};
use crate::workflow::{Actor, Rejection, VerbResult};

input! {
    /// A callback among several.
    pub struct BulkCallback {
        /// By id.
        callback: CallbackId,
        /// The version that it was looked at in. If it has another by now, it is refused.
        version: Option<RowVersion>,
    }
}

input! {
    /// One act on several callbacks, each of them in a transaction of its own.
    pub struct BulkCallbacks {
        /// Which callbacks, 100 at the most.
        items: Vec<BulkCallback>,
        /// What is done with each.
        act: CallbackAct,
        /// Who makes the calls, by id or address, where they are given to somebody.
        owner: Option<String>,
        /// With `complete` what was said, which is recorded on the case of each; with `miss` and `cancel` why.
        note: Option<Note>,
    }
}

impl BulkCallbacks {
    /// The same as the verb takes it.
    fn change(&self) -> ChangeCallback {
        let state = match self.act {
            CallbackAct::Take => Patch::Set(State::Taken),
            CallbackAct::Assign => Patch::Keep,
            CallbackAct::Complete => Patch::Set(State::Completed),
            CallbackAct::Miss => Patch::Set(State::Missed),
            CallbackAct::Cancel => Patch::Set(State::Canceled),
        };
        let owner = match (self.act, &self.owner) {
            (CallbackAct::Assign, Some(owner)) => Patch::Set(owner.clone()),
            _ => Patch::Keep,
        };
        let note = match &self.note {
            Some(note) => Patch::Set(Some(note.clone())),
            None => Patch::Keep,
        };
        ChangeCallback {
            state,
            window: Patch::Keep,
            owner,
            note,
        }
    }
}

impl Several for BulkCallbacks {
    type Row = BulkCallback;

    const NAME: &'static str = "callback";

    fn rows(&self) -> &[BulkCallback] {
        &self.items
    }

    fn named(row: &BulkCallback) -> String {
        row.callback.to_string()
    }

    fn check(&self, actor: &Actor) -> VerbResult<()> {
        actor.require(self.act.permission())?;
        let mut wrong = Vec::new();
        if self.items.is_empty() {
            wrong.push(("items", "required"));
        }
        match (self.act == CallbackAct::Assign, self.owner.is_some()) {
            (true, false) => wrong.push(("owner", "required")),
            (false, true) => wrong.push(("owner", "not_with_act")),
            (true, true) | (false, false) => {}
        }
        match &self.note {
            None if self.act == CallbackAct::Complete => wrong.push(("note", "required")),
            Some(_) if !self.act.takes_words() => wrong.push(("note", "not_with_act")),
            _ => {}
        }
        complete(&wrong)
    }

    fn act_on(
        &self,
        conn: &mut Conn,
        actor: &Actor,
        row: &BulkCallback,
        mode: Mode,
        now: Instant,
    ) -> VerbResult<RowDone> {
        done(conn, mode, |conn| settle(conn, actor, (row, self), now))
    }
}

/// What is so already stays as it is.
fn settle(
    conn: &mut Conn,
    actor: &Actor,
    (item, all): (&BulkCallback, &BulkCallbacks),
    now: Instant,
) -> VerbResult<RowDone> {
    let (reach, id) = (actor.reach(), item.callback);
    let found = callbacks::find(conn, reach, id)?.ok_or(Rejection::NotFound)?;
    // Held before anything is read of it, as its verbs do.
    let case = cases::lock(conn, reach, &CaseRef::Id(found.case_id))?;
    let case = case.ok_or(Rejection::NotFound)?;
    let before = callbacks::find(conn, reach, id)?.ok_or(Rejection::NotFound)?;
    actor.require(all.act.permission())?;
    if all.act.is_so(&before.call(), actor.id()) {
        return Ok(RowDone::unchanged(id, before.version));
    }
    let told = notices::written_at(conn, case.id, now)?;
    let expected = expected(item.version);
    let expected = expected.as_ref().map(<[i64; 1]>::as_slice);
    change(conn, actor, id, expected, &all.change(), now)?;
    let after = callbacks::find(conn, reach, id)?.ok_or(Rejection::NotFound)?;
    let from = taken_from(conn, before.owner_id, after.owner_id)?;
    let mut follows: Vec<_> = from.into_iter().collect();
    if all.act == CallbackAct::Complete {
        follows.push(Consequence::RecordedOnCase(case.number));
    }
    Ok(RowDone {
        number: id.to_string(),
        version: after.version,
        is_changed: after.version != before.version,
        told: newly_told(conn, actor, case.id, &told, now)?,
        follows,
    })
}
