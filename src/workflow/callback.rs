//! Calls that are asked for on an escalation, and what becomes of them (M12).

use chrono_tz::Tz;
use serde_json::{Map, Value, json};

use super::on::{On, lock_escalation};
use super::posted_words::{entry, updated_by_provider};
use super::record::{Recorded, callback_fields, object};
use super::reviewers::reviewer;
use super::{Actor, Expected, Rejection, VerbResult, publish, settled, unchanged};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Denied, Permission, Reach};
use crate::domain::audit::seal::{Said, Thing};
use crate::domain::callback::{
    self, Call, Command, Part, PatchError, Spoken, State, Verb, Window, WindowFault, WindowProblem,
    is_lapsed, transition,
};
use crate::domain::case::takes_entries;
use crate::domain::event::{AdministrativeEvent, CallbackEvent, EscalationEvent, ExportFields};
use crate::domain::feed::{EntryKind, Feed};
use crate::domain::ids::{CallbackId, CaseRef, EntryId, EscalationRef};
use crate::domain::notice::{About, CallFacts};
use crate::domain::text::{Note, PhoneNumber};
use crate::input::{Patch, input};
use crate::store::callbacks::{self, Callback, CallbackView, CallbackWords, NewCallback};
use crate::store::cases::{self, Case};
use crate::store::escalations::{self, Escalation};
use crate::store::feeds::{self, NewEntry};
use crate::store::people;
use crate::workflow::notify;

input! {
    /// When a call may come. Each end is an instant, or what the clocks of the zone show then.
    pub struct CallWindow {
        /// Not before; in the future.
        from: Spoken,
        /// And before this, which is later.
        until: Spoken,
        /// The zone of whoever is called, such as `Europe/Berlin`.
        time_zone: Tz,
    }
}

input! {
    /// A call that is asked for.
    pub struct AskCallback {
        /// The number to call, with its country's code.
        phone: PhoneNumber,
        /// When the call may come.
        window: CallWindow,
        /// What it is about.
        note: Option<Note>,
    }
}

input! {
    /// What becomes of a callback: a state, an owner or a window, one of them at a time.
    pub struct ChangeCallback {
        /// `taken`, `completed`, `missed` or `canceled`.
        state: Patch<State>,
        /// Another window; what was missed comes again by it.
        window: Patch<CallWindow>,
        /// Who makes the call: somebody who reviews escalations, by id or address.
        owner: Patch<String>,
        /// With `completed` what was said, which is recorded on the case; with a window, `missed` or `canceled` why; else what it
        /// is about.
        note: Patch<Option<Note>>,
    }
}

impl CallWindow {
    fn window(&self, now: Instant) -> Result<Window, Rejection> {
        Window::asked(self.from, self.until, self.time_zone, now).map_err(|faults| {
            let given = |part| {
                let spoken = match part {
                    Part::From => self.from,
                    Part::Until => self.until,
                };
                format!("{spoken} ({})", self.time_zone.name())
            };
            let field = |fault: WindowFault| {
                let field = match fault.part {
                    Part::From => "window.from",
                    Part::Until => "window.until",
                };
                let code = match fault.problem {
                    WindowProblem::Skipped => "skipped_time",
                    WindowProblem::InThePast => "in_the_past",
                    WindowProblem::NotLater => "not_after_start",
                    WindowProblem::TooFar => "too_far_ahead",
                };
                (field, code, given(fault.part))
            };
            Rejection::Fields(faults.into_iter().map(field).collect())
        })
    }
}

impl ChangeCallback {
    /// The verb that it asks for.
    ///
    /// # Errors
    /// Which field is missing or in the way.
    pub(crate) fn verb(&self) -> Result<Verb, Rejection> {
        let note = self.note.as_option().map(Option::as_ref);
        let state = self.state.as_option().copied();
        Verb::of_patch(state, self.owner.is_set(), self.window.is_set(), note).map_err(|error| {
            let (field, code) = match error {
                PatchError::Nothing => ("state", "required"),
                PatchError::SaidMissing => ("note", "required"),
                PatchError::WindowMissing => ("window", "required"),
                PatchError::WindowUnexpected => ("window", "also_window"),
                PatchError::OwnerUnexpected => ("owner", "also_owner"),
            };
            let given = String::new();
            Rejection::Field { field, code, given }
        })
    }

    /// What was written with it.
    fn words(&self) -> Option<&Note> {
        self.note.as_option().and_then(Option::as_ref)
    }
}

/// Asks for a call on an active escalation.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied` (also to paired people, who take no calls: P7), `Case`, `EscalationEnded`, `Fields`.
pub fn ask(
    conn: &mut Conn,
    actor: &Actor,
    escalation: &EscalationRef,
    asking: &AskCallback,
    now: Instant,
) -> VerbResult<CallbackId> {
    let (case, escalation) = lock_escalation(conn, actor, escalation)?;
    actor.require(Permission::CallbacksCreate)?;
    if !actor.access.takes_calls() {
        return Err(Denied::ThroughPairing(Permission::CallbacksCreate).into());
    }
    takes_calls(&case, &escalation)?;
    let new = NewCallback {
        case: case.id,
        escalation: escalation.id,
        phone: asking.phone.as_str(),
        window: asking.window.window(now)?,
        note: asking.note.as_ref().map(Note::as_str),
        by: actor.id(),
    };
    let id = callbacks::insert(conn, &new, now)?;
    let view = found(conn, id)?;
    let recorded = Recorded::added(view.callback.subject_id(), callback_fields(&view.callback));
    let recorded = recorded.sealing(Thing::Callback(id));
    let event = CallbackEvent::Requested(facts(&view, view.callback.note.as_deref()));
    let (on, event) = ((&case, &escalation), EscalationEvent::Callback(event));
    publish::on_escalation(conn, actor, on, recorded, event, now)?;
    Ok(id)
}

/// Takes a callback, gives it to somebody, moves it, or says what became of it. What was said is recorded on the case as a
/// contact by telephone (M10).
///
/// # Errors
/// [`Rejection::NotFound`], `Field` and `Fields`, `Denied`, `Stale`, `Case`, `EscalationEnded`, `Callback`.
pub fn change(
    conn: &mut Conn,
    actor: &Actor,
    id: CallbackId,
    expected: Expected<'_>,
    changing: &ChangeCallback,
    now: Instant,
) -> VerbResult<CallbackId> {
    let (case, escalation, before) = locked(conn, actor.reach(), id)?.ok_or(Rejection::NotFound)?;
    let verb = changing.verb()?;
    let command = command(conn, actor, (&case, &before), (verb, changing), now)?;
    let verb = command.verb();
    actor.require(verb.permission())?;
    unchanged(expected, before.version)?;
    takes_calls(&case, &escalation)?;
    let acting = callback::Actor {
        id: actor.id(),
        supervises: actor.access.supervises(),
    };
    let call = transition(&before.call(), &acting, &command, now)?;
    let words = words_after(&before, verb, changing);
    if call == before.call() && words.note == before.note.as_deref() {
        return Ok(id);
    }
    settled(callbacks::update(conn, &before, &call, words, now)?, None)?;
    let (case, said) = match (verb, changing.words()) {
        (Verb::Complete, Some(said)) => {
            let on = On::Escalation(&case, &escalation);
            let (entry, covered) = record_call(conn, actor, on, &before, said, now)?;
            (cases::find(conn, case.id)?, Some((entry, said, covered)))
        }
        _ => (case, None),
    };
    let view = found(conn, id)?;
    let mut recorded = Recorded::callback(&before, &view.callback);
    let mut told = facts(&view, told_words(&view.callback, verb));
    if let Some((entry, said, covered)) = said {
        recorded = recorded.saying(covered);
        told.summary = Some(said.to_string());
        told.entry = Some(entry);
    }
    let event = match verb {
        Verb::Take | Verb::Assign => CallbackEvent::Taken(told),
        Verb::Reschedule => CallbackEvent::Rescheduled(told),
        Verb::Describe => CallbackEvent::Changed,
        Verb::Complete => CallbackEvent::Completed(told),
        Verb::Miss => CallbackEvent::Missed(told),
        Verb::Cancel => CallbackEvent::Canceled(told),
    };
    let (on, event) = ((&case, &escalation), EscalationEvent::Callback(event));
    publish::on_escalation(conn, actor, on, recorded, event, now)?;
    Ok(id)
}

/// Calls off what is still to come on an escalation that ends; answers how many calls. The notice of the end says so.
pub(super) fn cancel_with_escalation(
    conn: &mut Conn,
    actor: &Actor,
    (case, escalation): (&Case, &Escalation),
    now: Instant,
) -> VerbResult<usize> {
    let open = callbacks::open_of(conn, escalation.id)?;
    for before in &open {
        let call = Call {
            state: State::Canceled,
            ..before.call()
        };
        let words = CallbackWords {
            note: before.note.as_deref(),
            reason: None,
        };
        settled(callbacks::update(conn, before, &call, words, now)?, None)?;
        let view = found(conn, before.id)?;
        let recorded = Recorded::callback(before, &view.callback);
        let event = CallbackEvent::CanceledWithEscalation(facts(&view, None));
        let (on, event) = ((case, escalation), EscalationEvent::Callback(event));
        publish::on_escalation(conn, actor, on, recorded, event, now)?;
    }
    Ok(open.len())
}

/// Reminds whoever makes a call, or else whoever could, that its window begins; answers whether that fell to the caller.
///
/// # Errors
/// Database errors.
pub fn remind(conn: &mut Conn, id: CallbackId, now: Instant) -> VerbResult<bool> {
    let Some((case, escalation, before)) = locked(conn, Reach::Everything, id)? else {
        return Ok(false);
    };
    if !callbacks::remind(conn, id, now)? {
        return Ok(false);
    }
    // After an outage the window may be over, which is told by itself.
    if !is_lapsed(before.state, before.ends_at, now) {
        let view = found(conn, id)?;
        let about = About::CallbackDue(facts(&view, view.callback.note.as_deref()));
        notify::announce(conn, On::Escalation(&case, &escalation), None, about, now)?;
    }
    Ok(true)
}

/// Notes that a call did not come in its window; answers whether that fell to the caller.
///
/// # Errors
/// Database errors.
pub fn lapse(conn: &mut Conn, id: CallbackId, now: Instant) -> VerbResult<bool> {
    let Some((case, escalation, before)) = locked(conn, Reach::Everything, id)? else {
        return Ok(false);
    };
    if !is_lapsed(before.state, before.ends_at, now) {
        return Ok(false);
    }
    let call = Call {
        state: State::Missed,
        ..before.call()
    };
    let words = CallbackWords {
        note: before.note.as_deref(),
        reason: None,
    };
    settled(callbacks::update(conn, &before, &call, words, now)?, None)?;
    let view = found(conn, id)?;
    let recorded = Recorded::callback(&before, &view.callback);
    let event = EscalationEvent::Callback(CallbackEvent::Missed(facts(&view, None)));
    publish::by_the_clock(conn, (&case, &escalation), recorded, event, now)?;
    Ok(true)
}

/// Records that callbacks are exported, with the format and what was asked for.
///
/// # Errors
/// [`Rejection::Denied`].
pub fn export(
    conn: &mut Conn,
    actor: &Actor,
    format: &str,
    filters: Map<String, Value>,
    now: Instant,
) -> VerbResult<()> {
    actor.require(Permission::CallbacksExport)?;
    let event = AdministrativeEvent::CallbacksExported {
        organization: actor.access.organization,
        export: ExportFields {
            format: format.to_owned(),
            filters,
        },
    };
    publish::administrative(conn, actor, event, now)
}

/// What a verb needs, looked up. Whoever names themselves takes it.
fn command(
    conn: &mut Conn,
    actor: &Actor,
    (case, before): (&Case, &Callback),
    (verb, changing): (Verb, &ChangeCallback),
    now: Instant,
) -> VerbResult<Command> {
    Ok(match verb {
        Verb::Take => Command::Take,
        Verb::Assign => {
            // Names are looked up for those alone who could give it to somebody.
            actor.require(Permission::EscalationsReview)?;
            let name = changing.owner.as_option().map_or("", String::as_str);
            let (to, _) = reviewer(conn, case, name, now)?;
            match to == actor.id() && before.owner_id.is_none() {
                true => Command::Take,
                false => Command::Assign { to },
            }
        }
        Verb::Reschedule => {
            actor.require(verb.permission())?;
            let window = changing.window.as_option();
            let given = String::new();
            let window = window.ok_or(Rejection::Field {
                field: "window",
                code: "required",
                given,
            })?;
            Command::Reschedule {
                window: window.window(now)?,
            }
        }
        Verb::Describe => Command::Describe,
        Verb::Complete => Command::Complete,
        Verb::Miss => Command::Miss,
        Verb::Cancel => Command::Cancel,
    })
}

/// The words that stand with a callback after a verb.
fn words_after<'a>(
    before: &'a Callback,
    verb: Verb,
    changing: &'a ChangeCallback,
) -> CallbackWords<'a> {
    let (note, reason) = (before.note.as_deref(), before.reason.as_deref());
    let given = changing.words().map(Note::as_str);
    match verb {
        Verb::Take | Verb::Assign | Verb::Describe => CallbackWords {
            note: match changing.note.is_set() {
                true => given,
                false => note,
            },
            reason,
        },
        Verb::Reschedule | Verb::Miss | Verb::Cancel => CallbackWords {
            note,
            reason: given,
        },
        // What was said stands in the feed, where it can be redacted.
        Verb::Complete => CallbackWords { note, reason: None },
    }
}

/// The words that people are told with what happened: why, or what it is about.
fn told_words(callback: &Callback, verb: Verb) -> Option<&str> {
    match verb {
        Verb::Reschedule | Verb::Miss | Verb::Cancel => callback.reason.as_deref(),
        Verb::Take | Verb::Assign | Verb::Describe | Verb::Complete => callback.note.as_deref(),
    }
}

/// Records what was said as a contact by telephone (M10), as a part of that it took place.
fn record_call(
    conn: &mut Conn,
    actor: &Actor,
    on: On<'_>,
    callback: &Callback,
    said: &Note,
    now: Instant,
) -> VerbResult<(EntryId, Said)> {
    let details = json!({
        "channel": "call",
        "with": called(conn, actor, on, callback)?,
        "at": now,
    });
    let entry = NewEntry {
        feed: Feed::Case,
        details: Some(object(details)),
        ..entry(
            actor,
            on,
            EntryKind::ExternalCommunication,
            said.as_str(),
            now,
        )
    };
    let (written, said) = feeds::insert(conn, &entry)?;
    updated_by_provider(conn, on.case(), &entry)?;
    Ok((written.id, said))
}

/// The name of whoever was called: who asked for it, or the escalation's requester where support did.
fn called(conn: &mut Conn, actor: &Actor, on: On<'_>, callback: &Callback) -> VerbResult<String> {
    let asker = people::find(conn, Reach::Everything, callback.requested_by)?;
    let asker = asker.filter(|asker| asker.organization_id != actor.access.organization);
    let called = match (asker, on.escalation()) {
        (None, Some(escalation)) => people::find(conn, Reach::Everything, escalation.requested_by)?,
        (asker, _) => asker,
    };
    Ok(called.map(|person| person.name()).unwrap_or_default())
}

/// The callback with its case, which is locked, and its escalation.
fn locked(
    conn: &mut Conn,
    reach: Reach,
    id: CallbackId,
) -> VerbResult<Option<(Case, Escalation, Callback)>> {
    let Some(found) = callbacks::find(conn, reach, id)? else {
        return Ok(None);
    };
    let Some(case) = cases::lock(conn, reach, &CaseRef::Id(found.case_id))? else {
        return Ok(None);
    };
    let escalation = escalations::find(conn, found.escalation_id)?;
    // Read again under the lock: what was found may have changed while it was waited for.
    let callback = callbacks::find(conn, reach, id)?;
    Ok(callback.map(|callback| (case, escalation, callback)))
}

fn takes_calls(case: &Case, escalation: &Escalation) -> Result<(), Rejection> {
    takes_entries(case.status)?;
    match escalation.state.is_active() {
        true => Ok(()),
        false => Err(Rejection::EscalationEnded),
    }
}

fn found(conn: &mut Conn, id: CallbackId) -> VerbResult<CallbackView> {
    Ok(callbacks::view(conn, Reach::Everything, id)?.ok_or(Rejection::NotFound)?)
}

/// A callback as people are told of it.
fn facts(view: &CallbackView, words: Option<&str>) -> CallFacts {
    let callback = &view.callback;
    CallFacts {
        phone: callback.phone.clone(),
        begins_at: callback.begins_at,
        ends_at: callback.ends_at,
        time_zone: callback.time_zone.clone(),
        owner: view.owner.as_ref().map(|owner| owner.name.clone()),
        note: words.map(str::to_owned),
        summary: None,
        entry: None,
        asked_by: Some(callback.requested_by),
        caller: callback.owner_id,
    }
}
