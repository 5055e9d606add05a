//! An escalation is rated, and by whom, where whoever is asked for it is gone (M11).

use super::{Moved, Verb, acting};
use crate::db::{Conn, DbError};
use crate::domain::Instant;
use crate::domain::access::{Access, Permission, Reach, permission_to};
use crate::domain::escalation::{self, Command, Facts, State, transition};
use crate::domain::event::EscalationEvent;
use crate::domain::ids::{EscalationId, OrganizationId, PersonId};
use crate::domain::offers;
use crate::domain::organization::{OrganizationKind, Side};
use crate::domain::text::Note;
use crate::input::{Whole, input};
use crate::store::cases::Case;
use crate::store::escalations::{Escalation, EscalationChanges};
use crate::store::people::Named;
use crate::store::{self, organizations, people};
use crate::workflow::administer::refused;
use crate::workflow::on::lock_escalation;
use crate::workflow::{VerbResult, unchanged};

input! {
    /// Who is asked for the rating in the place of whoever is gone.
    pub struct AskRater {
        /// A person of the customer's side, by id or address.
        rater: String,
    }
}

input! {
    /// How an escalation was handled.
    pub struct RateEscalation {
        /// From 1 (badly) to 5 (well).
        score: Whole<1, 5>,
        /// In words.
        comment: Option<Note>,
    }
}

impl Verb<'_> {
    /// Says how it was handled (M11).
    ///
    /// # Errors
    /// As [`Verb::claim`].
    pub fn rate(&self, conn: &mut Conn, command: &RateEscalation) -> VerbResult<EscalationId> {
        // The type admits 1 to 5 only.
        let score = u8::try_from(command.score.get()).unwrap_or_default();
        let mut moved = self.decide(conn, &Command::Rate { score })?;
        moved.changes.rating_comment = command.comment.as_ref().map(ToString::to_string);
        let after = self.persist(conn, &moved)?;
        self.publish(conn, &moved, (&moved.case, &after), EscalationEvent::Rated)?;
        Ok(after.id)
    }

    /// Asks somebody else for the rating of an escalation that has ended, since whoever was asked is gone (M11).
    ///
    /// # Errors
    /// As [`Verb::claim`]; [`Rejection::Field`] if somebody is named who does not come into question.
    pub fn ask_rater(&self, conn: &mut Conn, command: &AskRater) -> VerbResult<EscalationId> {
        let (case, before) = lock_escalation(conn, self.actor, self.escalation)?;
        self.actor
            .require(permission_to(escalation::Verb::AskRater))?;
        unchanged(self.expected, before.version)?;
        let facts = Facts {
            rater_is_gone: is_gone(conn, case.organization_id, before.rater(), self.now)?,
            ..before.facts()
        };
        let decision = transition(&facts, &acting(self.actor), &Command::AskRater)
            .map_err(|refusal| offers::told(refusal, &facts, &self.actor.access))?;
        let moved = Moved {
            changes: EscalationChanges {
                rater_id: Some(rater(conn, &case, &before, &command.rater, self.now)?),
                ..EscalationChanges::default()
            },
            event: decision.event,
            case,
            before,
        };
        let after = self.persist(conn, &moved)?;
        let event = EscalationEvent::RaterAsked {
            outcome: after.outcome.clone().unwrap_or_default(),
            summary: after.summary.clone(),
        };
        self.publish(conn, &moved, (&moved.case, &after), event)?;
        Ok(after.id)
    }
}

/// Who can be asked for the rating in the requester's place, or in that of whom support named before (M11): those of the customer
/// who rate escalations. Nobody, as long as whoever is asked is there, or once it is rated.
///
/// # Errors
/// Database errors.
pub fn raters(
    conn: &mut Conn,
    organization: OrganizationId,
    escalation: &Escalation,
    now: Instant,
) -> Result<Vec<Named>, DbError> {
    let lacks_rating = escalation.state.is_active() || escalation.state == State::Closed;
    let is_rated = escalation.rated_at.is_some();
    if !lacks_rating || is_rated || !is_gone(conn, organization, escalation.rater(), now)? {
        return Ok(Vec::new());
    }
    let theirs = (organization, Side::Customer);
    Ok(store::access::holders_by_name(
        conn,
        theirs,
        Permission::EscalationsRate,
        now,
    )?)
}

/// Whether whoever is asked for a rating is shut out, was there by way of a pairing that lets them in no more, or may rate nothing any more.
fn is_gone(
    conn: &mut Conn,
    there: OrganizationId,
    rater: PersonId,
    now: Instant,
) -> Result<bool, DbError> {
    let Some(person) = people::find(conn, Reach::Everything, rater)? else {
        return Ok(true);
    };
    if person.disabled_at.is_some() {
        return Ok(true);
    }
    let home = person.organization_id;
    let is_staff = organizations::find(conn, Reach::Everything, home)?
        .is_some_and(|home| home.kind == OrganizationKind::Provider);
    if is_staff {
        return Ok(false);
    }
    let access = match home == there {
        true => Some(store::access::of_person(conn, &person, now)?),
        false => {
            let paired = store::access::paired(conn, rater, home, there, now)?;
            paired.map(|(through, held)| {
                Access::of(rater, there, Side::Customer, held).by_way_of(through)
            })
        }
    };
    Ok(!access.is_some_and(|access| access.can(Permission::EscalationsRate)))
}

/// Whom a request names to be asked for the rating.
pub(super) fn rater(
    conn: &mut Conn,
    case: &Case,
    escalation: &Escalation,
    name: &str,
    now: Instant,
) -> VerbResult<PersonId> {
    let refused = |code| refused("rater", code, name);
    let person =
        people::named(conn, case.organization_id, name)?.ok_or_else(|| refused("not_found"))?;
    if !is_gone(conn, case.organization_id, escalation.rater(), now)? {
        return match person.id == escalation.rater() {
            true => Ok(person.id),
            false => Err(refused("requester_still_here").into()),
        };
    }
    let access = store::access::of_person(conn, &person, now)?;
    match access.can(Permission::EscalationsRate) && person.disabled_at.is_none() {
        true => Ok(person.id),
        false => Err(refused("cannot_rate").into()),
    }
}
