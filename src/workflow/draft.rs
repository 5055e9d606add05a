//! Drafts: what somebody has begun to write is kept, without being sent, where they may write it (section 10). It is theirs
//! alone, so nothing is audited and nobody is told.

use serde_json::{Map, Value};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};

use super::{Actor, Rejection, VerbResult};
use crate::db::{Conn, DbError};
use crate::domain::Instant;
use crate::domain::access::{Denied, Permission};
use crate::domain::case::{may_deliver_rca, takes_entries};
use crate::domain::draft::{DraftPlace, FormFields, OnCase, OnEscalation};
use crate::domain::feed::{Feed, Visibility};
use crate::domain::ids::{CaseId, CaseRef, EscalationRef};
use crate::domain::offers::CaseVerb;
use crate::domain::text::Markdown;
use crate::input::{At, Errors, Fault, Field, Whole, input};
use crate::store::cas::Cas;
use crate::store::drafts::{self, Draft, NewDraft};
use crate::store::feeds::Entry;
use crate::store::{cases, escalations, promises};

/// The greatest version that can be named.
const GREATEST: i64 = 1_000_000_000;

input! {
    /// What you have begun to write.
    pub struct KeepDraft {
        /// Markdown, as far as it is typed. It may be left out where other fields of the form are filled in.
        body: Option<Markdown>,
        /// What stands in the other fields of the form, where there are any: texts, as the page sends them, by the names of its
        /// fields, such as `ranking` and `next_steps[0].what`. What was kept of them before goes if not given.
        fields: Option<FormFields>,
        /// Who it is to reach, if that is chosen already. Only staff write `internal`.
        visibility: Option<Visibility>,
        /// The version of the draft that this goes on from, 0 if you know of none. A newer one, kept from another window or
        /// machine, is then left as it is. Whatever there is, is written over if not given.
        based_on: Option<Whole<0, GREATEST>>,
    }
}

impl Field for FormFields {
    const MOST_BYTES: usize = <Map<String, Value> as Field>::MOST_BYTES;

    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        let given = Map::<String, Value>::read(value, at, errors)?;
        let mut fields = Some(Self::default());
        for (name, value) in &given {
            let at_field = at.name(name);
            let Value::String(text) = value else {
                errors.refuse::<()>(&at_field, Fault::wrong_type("a string", value));
                fields = None;
                continue;
            };
            let Some(kept) = &mut fields else { continue };
            let Err(error) = kept.add(name, text) else {
                continue;
            };
            let field = match error.is_of_all() {
                true => at,
                false => &at_field,
            };
            fields = errors.refuse(field, error);
        }
        fields
    }

    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .additional_properties(Some(<String as Field>::schema()))
            .into()
    }
}

/// A place by ids, and the case that it is on.
type Found = (DraftPlace, Option<CaseId>);

/// The place by ids, if it is within the actor's reach.
fn by_ids(conn: &mut Conn, actor: &Actor, place: &DraftPlace) -> VerbResult<Option<Found>> {
    Ok(match place {
        DraftPlace::NewCase => Some((DraftPlace::NewCase, None)),
        DraftPlace::Case(case, what) => {
            let id = cases::id_of(conn, actor.reach(), case)?;
            id.map(|id| (DraftPlace::Case(CaseRef::Id(id), *what), Some(id)))
        }
        DraftPlace::Escalation(escalation, what) => {
            let found = escalations::ids_of(conn, actor.reach(), escalation)?;
            found.map(|(id, case)| {
                let place = DraftPlace::Escalation(EscalationRef::Id(id), *what);
                (place, Some(case))
            })
        }
        DraftPlace::Step(step) => {
            let found = promises::find(conn, actor.reach(), *step)?;
            found.map(|step| (DraftPlace::Step(step.id), Some(step.case_id)))
        }
    })
}

/// The place by ids, if it exists for the actor.
///
/// # Errors
/// [`Rejection::NotFound`]; `Denied` to whoever opens no cases.
fn find_place(conn: &mut Conn, actor: &Actor, place: &DraftPlace) -> VerbResult<Found> {
    let looks_at = match place {
        DraftPlace::NewCase => {
            actor.require(Permission::CasesCreate)?;
            Permission::CasesCreate
        }
        DraftPlace::Case(..) | DraftPlace::Step(_) => Permission::CasesView,
        DraftPlace::Escalation(..) => Permission::EscalationsView,
    };
    let found = by_ids(conn, actor, place)?.filter(|_| actor.access.can(looks_at));
    Ok(found.ok_or(Rejection::NotFound)?)
}

/// Whether the actor may write at a place now.
///
/// # Errors
/// What forbids it, as if it was sent.
fn may_write(conn: &mut Conn, actor: &Actor, place: &DraftPlace) -> VerbResult<()> {
    match place {
        DraftPlace::NewCase => Ok(actor.require(Permission::CasesCreate)?),
        DraftPlace::Case(case, what) => {
            let found = cases::view(conn, actor.reach(), case)?;
            let state = found.ok_or(Rejection::NotFound)?.state();
            match what {
                OnCase::Feed => actor.access.may_write(Visibility::Public)?,
                OnCase::Escalate => actor.require(Permission::EscalationsSubmit)?,
                OnCase::Rca => {
                    actor.require(Permission::RcaDeliver)?;
                    may_deliver_rca(state.status, state.rca)?;
                }
                OnCase::Promise => actor.require(CaseVerb::Promise.permission())?,
            }
            Ok(takes_entries(state.status)?)
        }
        DraftPlace::Escalation(escalation, what) => {
            let found = escalations::view(conn, actor.reach(), escalation)?;
            let found = found.ok_or(Rejection::NotFound)?;
            match what {
                OnEscalation::Feed => actor.access.may_write(Visibility::Public)?,
                OnEscalation::Accept | OnEscalation::Decline | OnEscalation::Close => {
                    actor.require(Permission::EscalationsReview)?;
                }
                OnEscalation::Promise => actor.require(CaseVerb::Promise.permission())?,
            }
            match found.escalation.state.is_active() {
                true => Ok(()),
                false => Err(Rejection::EscalationEnded.into()),
            }
        }
        DraftPlace::Step(step) => {
            let found = promises::find(conn, actor.reach(), *step)?;
            let step = found.ok_or(Rejection::NotFound)?;
            actor.require(CaseVerb::Promise.permission())?;
            Ok(takes_entries(cases::find(conn, step.case_id)?.status)?)
        }
    }
}

/// The actor's draft at a place that exists for them.
///
/// # Errors
/// [`Rejection::NotFound`] if there is none; `Denied`.
pub fn read_draft(conn: &mut Conn, actor: &Actor, place: &DraftPlace) -> VerbResult<Draft> {
    let (place, _) = find_place(conn, actor, place)?;
    let found = drafts::find(conn, &actor.access, &place)?;
    Ok(found.ok_or(Rejection::NotFound)?)
}

/// Keeps what the actor has begun to write. Of too many drafts, the oldest goes.
///
/// # Errors
/// [`Rejection::NotFound`], `Field` if there is nothing to keep, `Stale` if a newer one was kept meanwhile; whatever forbids writing there.
pub fn keep_draft(
    conn: &mut Conn,
    actor: &Actor,
    place: &DraftPlace,
    command: &KeepDraft,
    now: Instant,
) -> VerbResult<Draft> {
    let (place, case) = find_place(conn, actor, place)?;
    may_write(conn, actor, &place)?;
    let is_internal = command.visibility == Some(Visibility::Internal);
    if is_internal && !actor.access.sees(Visibility::Internal) {
        return Err(Denied::Missing(Permission::FeedsInternal).into());
    }
    let fields = command.fields.as_ref().filter(|fields| !fields.is_empty());
    if command.body.is_none() && fields.is_none() {
        let given = String::new();
        let (field, code) = ("body", "required");
        return Err(Rejection::Field { field, code, given }.into());
    }
    let new = NewDraft {
        place: &place,
        case,
        body: command.body.as_ref().map_or("", Markdown::as_str),
        fields,
        visibility: command.visibility,
    };
    // One that its writer may not read any more is written over: they know of none.
    let there = drafts::version_of(conn, &actor.access, &place)?;
    let readable = drafts::find(conn, &actor.access, &place)?;
    let version = readable.map_or(0, |draft| draft.version);
    let known = command.based_on.map(Whole::get);
    if known.is_some_and(|known| known != version) {
        return Err(Rejection::Stale { version }.into());
    }
    let written = match there {
        Some(version) => drafts::update(conn, &actor.access, (new, version), now)?,
        None => drafts::insert(conn, &actor.access, new, now)?,
    };
    // Another window was quicker: what it kept is looked at first.
    if written != Cas::Done {
        return Err(DbError::Overtaken.into());
    }
    if there.is_none() {
        drafts::keep_the_newest(conn, &actor.access)?;
    }
    let kept = drafts::find(conn, &actor.access, &place)?;
    Ok(kept.ok_or(Rejection::NotFound)?)
}

/// Throws the actor's draft at a place away; gives whether there was one.
///
/// # Errors
/// [`Rejection::NotFound`] if there was none, or the place does not exist for the actor; `Denied`.
pub fn discard_draft(conn: &mut Conn, actor: &Actor, place: &DraftPlace) -> VerbResult<()> {
    let (place, _) = find_place(conn, actor, place)?;
    match drafts::remove(conn, &actor.access, &place)? {
        true => Ok(()),
        false => Err(Rejection::NotFound.into()),
    }
}

/// Throws the actor's draft at a place away, since it was sent from a page: whatever it says, for the form has the last word.
///
/// # Errors
/// Database errors.
pub fn sent(conn: &mut Conn, actor: &Actor, place: &DraftPlace) -> VerbResult<()> {
    if let Some((place, _)) = by_ids(conn, actor, place)? {
        drafts::remove(conn, &actor.access, &place)?;
    }
    Ok(())
}

/// Throws the actor's draft away where a program has posted an entry for them, if it says the same.
///
/// # Errors
/// Database errors.
pub fn posted(conn: &mut Conn, actor: &Actor, entry: &Entry) -> VerbResult<()> {
    let place = place_of(entry);
    Ok(drafts::remove_same(
        conn,
        &actor.access,
        &place,
        &entry.body,
    )?)
}

/// Where an entry was written, by ids.
fn place_of(entry: &Entry) -> DraftPlace {
    match (entry.feed, entry.escalation_id) {
        (Feed::Escalation, Some(escalation)) => {
            DraftPlace::Escalation(EscalationRef::Id(escalation), OnEscalation::Feed)
        }
        _ => DraftPlace::Case(CaseRef::Id(entry.case_id), OnCase::Feed),
    }
}

/// Keeps the words of an entry that the actor has taken back where it was written, so that they go on from there; what they have
/// begun to write there meanwhile stays.
///
/// # Errors
/// Database errors.
pub fn go_on_from(conn: &mut Conn, actor: &Actor, entry: &Entry, now: Instant) -> VerbResult<()> {
    let place = place_of(entry);
    if drafts::find(conn, &actor.access, &place)?.is_some() {
        return Ok(());
    }
    let new = NewDraft {
        place: &place,
        case: Some(entry.case_id),
        body: &entry.body,
        fields: None,
        visibility: Some(entry.visibility),
    };
    match drafts::insert(conn, &actor.access, new, now)? {
        Cas::Done => Ok(drafts::keep_the_newest(conn, &actor.access)?),
        // One was begun at this very instant.
        Cas::Changed(_) | Cas::Missing => Ok(()),
    }
}
