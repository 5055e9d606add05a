//! Changing what a case says (C2, C3, C5, C8), and having read it (F6).

use super::record::Recorded;
use super::{Actor, Expected, Rejection, VerbResult, publish, settled, targets, unchanged};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{CaseField, Permission, Reach};
use crate::domain::case::{
    BusinessImpact, Deployment, Engagement, Priority, Status, after_taking, change_status,
    takes_entries,
};
use crate::domain::event::{CaseChange, CaseEvent};
use crate::domain::feed::Feed;
use crate::domain::ids::{CaseId, CaseRef, LineId, PersonId};
use crate::domain::offers::CaseVerb;
use crate::domain::text::{Markdown, Subject, Title};
use crate::input::{Patch, input};
use crate::store::cases::{self, Case, CaseChanges};
use crate::store::{self, audit, escalations, lines, people};

input! {
    /// A merge patch of a case: what is left out stays.
    #[derive(Default)]
    pub struct UpdateCase {
        /// One line.
        subject: Patch<Subject>,
        /// What happened, in Markdown.
        description: Patch<Markdown>,
        /// What it is about.
        product: Patch<Option<Title>>,
        /// What it does to the customer's business.
        business_impact: Patch<BusinessImpact>,
        /// How urgent; staff only: contacts ask for it (C5).
        priority: Patch<Priority>,
        /// Where it stands; staff only, and only by lawful moves.
        status: Patch<Status>,
        /// Where the customer's installation runs; staff only.
        deployment: Patch<Deployment>,
        /// Whom it waits on beyond the support team; staff only.
        engagements: Patch<Vec<Engagement>>,
        /// The engineer who owns it, by id or address; staff only.
        owner: Patch<Option<String>>,
        /// Its line of business, by id or name; staff only.
        line_of_business: Patch<String>,
    }
}

input! {
    /// Taking a case.
    pub struct TakeCase {
        /// Whose it was when it was looked at; nobody's if not given.
        from: Option<PersonId>,
    }
}

impl UpdateCase {
    fn named(&self) -> impl Iterator<Item = CaseField> {
        [
            (self.subject.is_set(), CaseField::Subject),
            (self.description.is_set(), CaseField::Description),
            (self.product.is_set(), CaseField::Product),
            (self.business_impact.is_set(), CaseField::BusinessImpact),
            (self.priority.is_set(), CaseField::Priority),
            (self.status.is_set(), CaseField::Status),
            (self.deployment.is_set(), CaseField::Deployment),
            (self.engagements.is_set(), CaseField::Engagements),
            (self.owner.is_set(), CaseField::Owner),
            (self.line_of_business.is_set(), CaseField::LineOfBusiness),
        ]
        .into_iter()
        .filter_map(|(named, field)| named.then_some(field))
    }
}

/// Changes a case. Lowering the priority or the impact leaves a running escalation as it is (M13).
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `CaseField`, `Priority` (a contact who sets the priority to high), `Stale`, `Case`,
/// `UnlawfulMove`, `Field`.
pub fn update_case(
    conn: &mut Conn,
    actor: &Actor,
    case: &CaseRef,
    expected: Expected<'_>,
    update: &UpdateCase,
    now: Instant,
) -> VerbResult<CaseId> {
    let case = cases::lock(conn, actor.reach(), case)?.ok_or(Rejection::NotFound)?;
    actor.require(CaseVerb::Edit.permission())?;
    for field in update.named() {
        actor
            .access
            .may_change(field)
            .map_err(|refusal| refused(field, refusal, update.priority.as_option().copied()))?;
    }
    unchanged(expected, case.version)?;
    takes_entries(case.status)?;
    if let Patch::Set(to) = update.status {
        change_status(case.status, to)?;
    }
    let owner = match &update.owner {
        Patch::Keep => None,
        Patch::Set(None) => Some(None),
        Patch::Set(Some(name)) => Some(Some(engineer(conn, name, now)?)),
    };
    let changes = changes(
        conn,
        &case,
        update,
        owner
            .as_ref()
            .map(|owner| owner.as_ref().map(|(id, _)| *id)),
    )?;
    let line = changes
        .line_of_business_id
        .unwrap_or(case.line_of_business_id);
    let owned_by = changes.owner_id.unwrap_or(case.owner_id);
    if line != case.line_of_business_id {
        stays_readable(conn, actor, &case, line, owned_by, now)?;
    } else if let Some(Some(owner)) = changes.owner_id
        && !reads(conn, line, owner, now)?
    {
        return Err(unreadable("owner", "line_not_readable", owner).into());
    }
    // What is as it was is no change, and nobody's version of it is an old one.
    if changes.leave(&case) {
        return Ok(case.id);
    }
    settled(
        cases::update(conn, case.id, case.version, &changes, now)?,
        None,
    )?;
    let after = cases::find(conn, case.id)?;
    let owner = owner.flatten().map(|(_, name)| name);
    let mut recorded = Recorded::case(&case, &after);
    if (&case.subject, &case.description) != (&after.subject, &after.description) {
        recorded = recorded.saying(audit::seal_case_again(conn, case.id)?);
    }
    let event = CaseEvent::Changed(to_be_marked(&case, &after, owner));
    publish::on_case(conn, actor, &after, recorded, event, now)?;
    if line != case.line_of_business_id {
        targets::reckon_case(conn, &after, now)?;
    }
    Ok(case.id)
}

/// Gives a case to whoever acts, who works on it from then on. Whoever looked at it when it was somebody else's, or nobody's, looks again first.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Stale` if it has another owner by now; those of [`update_case`].
pub fn take_case(
    conn: &mut Conn,
    actor: &Actor,
    case: &CaseRef,
    command: &TakeCase,
    now: Instant,
) -> VerbResult<CaseId> {
    let found = cases::lock(conn, actor.reach(), case)?.ok_or(Rejection::NotFound)?;
    actor.require(Permission::CasesWork)?;
    if found.owner_id != command.from {
        let version = found.version;
        return Err(Rejection::Stale { version }.into());
    }
    let update = UpdateCase {
        owner: Patch::Set(Some(actor.id().to_string())),
        status: Patch::Set(after_taking(found.status)),
        ..UpdateCase::default()
    };
    update_case(conn, actor, &CaseRef::Id(found.id), None, &update, now)
}

/// Why somebody does not change a field of a case; `priority` is what it was to become.
pub(super) fn refused(
    field: CaseField,
    refusal: crate::domain::access::FieldRefusal,
    priority: Option<Priority>,
) -> Rejection {
    use crate::domain::access::FieldRefusal;
    use crate::domain::case::PriorityRefusal;
    match refusal {
        FieldRefusal::Denied(denied) => denied.into(),
        FieldRefusal::ByPriorityRequest if priority == Some(Priority::High) => {
            Rejection::Priority(PriorityRefusal::ByPhone)
        }
        other => Rejection::CaseField(field, other),
    }
}

/// Whether a member of the staff may read the cases of a line (A4).
pub(super) fn reads(
    conn: &mut Conn,
    line: LineId,
    person: PersonId,
    now: Instant,
) -> VerbResult<bool> {
    let person = people::find(conn, Reach::Everything, person)?.ok_or(Rejection::NotFound)?;
    let access = store::access::of_person(conn, &person, now)?;
    Ok(lines::readers(conn, line)?.admit(&access))
}

fn unreadable(field: &'static str, code: &'static str, given: impl ToString) -> Rejection {
    Rejection::Field {
        field,
        code,
        given: given.to_string(),
    }
}

/// A case moves only into a line that those who work on it may read: whoever moves it, its owner, and the owner of its
/// escalation. Otherwise it would vanish before them, and nobody would be told of it.
fn stays_readable(
    conn: &mut Conn,
    actor: &Actor,
    case: &Case,
    line: LineId,
    owner: Option<PersonId>,
    now: Instant,
) -> VerbResult<()> {
    const FIELD: &str = "line_of_business";
    if !lines::readers(conn, line)?.admit(&actor.access) {
        return Err(unreadable(FIELD, "line_not_readable", line).into());
    }
    let escalation = escalations::active_of(conn, case.id)?;
    for owner in [owner, escalation.and_then(|escalation| escalation.owner_id)] {
        if let Some(owner) = owner
            && !reads(conn, line, owner, now)?
        {
            return Err(unreadable(FIELD, "owner_cannot_read", owner).into());
        }
    }
    Ok(())
}

/// The enabled member of the staff whom a request names as owner.
fn engineer(conn: &mut Conn, name: &str, now: Instant) -> VerbResult<(PersonId, String)> {
    let unknown = || Rejection::Field {
        field: "owner",
        code: "not_found",
        given: name.to_owned(),
    };
    let person = people::staff_named(conn, name)?.ok_or_else(unknown)?;
    if !store::access::of_person(conn, &person, now)?.can(Permission::CasesWork) {
        return Err(Rejection::Field {
            field: "owner",
            code: "not_an_engineer",
            given: name.to_owned(),
        }
        .into());
    }
    Ok((person.id, person.name()))
}

fn changes(
    conn: &mut Conn,
    case: &Case,
    update: &UpdateCase,
    owner_id: Option<Option<PersonId>>,
) -> VerbResult<CaseChanges> {
    let line_of_business_id = match &update.line_of_business {
        Patch::Keep => None,
        Patch::Set(name) => {
            let unknown = || Rejection::Field {
                field: "line_of_business",
                code: "not_found",
                given: name.clone(),
            };
            Some(lines::named(conn, name)?.ok_or_else(unknown)?.id)
        }
    };
    let engagements = update.engagements.as_option().map(|parties| {
        let mut parties = parties.clone();
        parties.sort_unstable();
        parties.dedup();
        parties
    });
    let subject = update
        .subject
        .as_option()
        .map_or(case.subject.as_str(), Subject::as_str);
    let description = update
        .description
        .as_option()
        .map_or(case.description.as_str(), Markdown::as_str);
    Ok(CaseChanges {
        line_of_business_id,
        subject: update.subject.as_option().map(ToString::to_string),
        description: update.description.as_option().map(ToString::to_string),
        priority: update.priority.as_option().copied(),
        status: update.status.as_option().copied(),
        deployment: update.deployment.as_option().copied(),
        business_impact: update.business_impact.as_option().copied(),
        product: update
            .product
            .as_option()
            .map(|product| product.as_ref().map(ToString::to_string)),
        engagements: engagements
            .map(|parties| crate::db::sql_types::json(&parties))
            .transpose()?,
        owner_id,
        search_words: Some(cases::search_words(subject, description)),
        ..CaseChanges::default()
    })
}

/// The changes that readers of the feed should know of.
fn to_be_marked(before: &Case, after: &Case, owner: Option<String>) -> Vec<CaseChange> {
    let mut changes = Vec::new();
    if before.status != after.status {
        changes.push(CaseChange::Status {
            from: before.status,
            to: after.status,
        });
    }
    if before.priority != after.priority {
        changes.push(CaseChange::Priority {
            from: before.priority,
            to: after.priority,
        });
    }
    if before.business_impact != after.business_impact {
        changes.push(CaseChange::Impact {
            from: before.business_impact,
            to: after.business_impact,
        });
    }
    if before.engagements != after.engagements {
        changes.push(CaseChange::Engagements(after.engagements.0.clone()));
    }
    if before.owner_id != after.owner_id {
        changes.push(CaseChange::Owner(owner));
    }
    changes
}

/// Records that the actor has read a feed of a case, or both, up to what stands in it now (F6).
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`.
pub fn mark_read(
    conn: &mut Conn,
    actor: &Actor,
    case: &CaseRef,
    feed: Option<Feed>,
    now: Instant,
) -> VerbResult<CaseId> {
    let id = readable(conn, actor, case)?;
    for each in Feed::ALL
        .iter()
        .copied()
        .filter(|each| feed.is_none_or(|feed| feed == *each))
    {
        let up_to = store::feeds::newest_in(conn, id, each)?;
        store::reads::record(conn, id, actor.id(), (each, up_to), true, now)?;
    }
    Ok(id)
}

/// Records that the actor has read feeds of a case up to these places: what they were shown (F6).
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`.
pub fn mark_shown(
    conn: &mut Conn,
    actor: &Actor,
    case: CaseId,
    shown: &[(Feed, i64)],
    now: Instant,
) -> VerbResult<CaseId> {
    let id = readable(conn, actor, &CaseRef::Id(case))?;
    for each in shown {
        store::reads::record(conn, id, actor.id(), *each, false, now)?;
    }
    Ok(id)
}

fn readable(conn: &mut Conn, actor: &Actor, case: &CaseRef) -> VerbResult<CaseId> {
    let id = cases::id_of(conn, actor.reach(), case)?.ok_or(Rejection::NotFound)?;
    actor.require(Permission::CasesView)?;
    Ok(id)
}
