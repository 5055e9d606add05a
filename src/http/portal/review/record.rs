//! Everything that a page shows of an escalation besides its case and its feed.

use super::past::Past;
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::eligibility::{self, Assessment, CaseFacts};
use crate::domain::ids::{CaseRef, EscalationRef};
use crate::domain::reason::{Answers, check_answers};
use crate::http::portal::case::{CaseRecord, FeedPart};
use crate::http::problem::Problem;
use crate::store::audit;
use crate::store::calendars::CalendarBook;
use crate::store::escalations::{self, EscalationView};
use crate::store::people::{self, Named, Person};
use crate::store::{staff, targets};
use crate::workflow::Actor;
use crate::workflow::assess::{facts, known_to};
use crate::workflow::review_escalation::raters;
use crate::workflow::targets::{TargetReplay, replayed};

/// The most events that the history shows.
const HISTORY: i64 = 100;

/// An escalation with its case, as one person sees them.
pub(in crate::http::portal) struct Record {
    pub(in crate::http::portal) case: CaseRecord,
    pub(in crate::http::portal) view: EscalationView,
    /// The facts when it was submitted, as its requester knew them.
    pub(super) then: CaseFacts,
    /// The facts now, its own being active left out.
    pub(super) now: CaseFacts,
    /// The assessment of now.
    pub(super) assessment: Assessment,
    pub(super) history: Vec<audit::Event>,
    /// Its newest targets.
    pub(super) targets: Vec<TargetReplay>,
    /// Who raised it; only for who decides, and may see people.
    pub(super) requester: Option<Person>,
    /// What was escalated before on cases of its organization; only for who decides.
    pub(super) earlier: Option<Past>,
    /// Those who may own it; only for who assigns.
    pub(super) reviewers: Vec<Named>,
    /// Those who can be asked for the rating in the requester's place; only for who ends it.
    pub(super) raters: Vec<Named>,
}

impl Record {
    /// Reads an escalation that exists for `actor`, with a part of its case's feed.
    pub(in crate::http::portal) fn load(
        conn: &mut Conn,
        actor: &Actor,
        escalation: &EscalationRef,
        part: &FeedPart,
        now: Instant,
    ) -> Result<Self, Problem> {
        let view =
            escalations::view(conn, actor.reach(), escalation)?.ok_or_else(Problem::not_found)?;
        actor.access.require(Permission::EscalationsView)?;
        let case = CaseRef::Id(view.escalation.case_id);
        let case = CaseRecord::load(conn, actor, &case, part, now)?;
        Self::of(conn, actor, case, view, now)
    }

    /// Reads what is shown of an escalation, which exists for `actor`, on the page of its case.
    pub(in crate::http::portal) fn of(
        conn: &mut Conn,
        actor: &Actor,
        case: CaseRecord,
        view: EscalationView,
        now: Instant,
    ) -> Result<Self, Problem> {
        let row = &view.escalation;
        let then = facts(conn, &case.view.case, row.requested_by, row.submitted_at)?;
        // What its requester knows, whoever looks.
        let mut present = match row.requested_by == actor.id() {
            true => case.facts.clone(),
            false => {
                let known = (&case.facts, &case.updates[..]);
                known_to(conn, case.view.case.id, known, row.requested_by, now)?
            }
        };
        // That it is active itself is no news.
        present.active_escalation = present
            .active_escalation
            .filter(|active| active.number != row.number);
        let book = CalendarBook::load(conn)?;
        let calendar = book.of_line(case.view.case.line_of_business_id);
        let reason = case.reasons.iter().find(|reason| reason.code == row.reason);
        let assessment = match reason {
            Some(reason) => {
                let answers =
                    check_answers(reason, &row.answers.0).unwrap_or_else(|_| Answers::default());
                eligibility::assess(&present, reason, &answers, calendar, &case.policy, now)
                    .map_err(crate::workflow::VerbError::from)?
            }
            None => row.assessment.0.clone(),
        };
        Ok(Self {
            targets: targets::newest_of(conn, &[row.id])?
                .into_iter()
                .map(|target| replayed(conn, &case.view.case, target, now))
                .collect::<Result<_, _>>()?,
            requester: match actor.access.can(Permission::EscalationsReview)
                && actor.access.can(Permission::UsersView)
            {
                true => people::find(conn, actor.reach(), row.requested_by)?,
                false => None,
            },
            earlier: match actor.access.can(Permission::EscalationsReview) {
                true => {
                    let of = case.view.case.organization_id;
                    let own = (row.id, row.submitted_at);
                    Some(Past::load(conn, actor.reach(), of, own)?)
                }
                false => None,
            },
            history: audit::of_escalation(conn, row.id, HISTORY)?,
            reviewers: match actor.access.can(Permission::EscalationsAssign) {
                true => staff::who_read(
                    conn,
                    Permission::EscalationsReview,
                    case.view.case.line_of_business_id,
                    now,
                )?,
                false => Vec::new(),
            },
            raters: match actor.access.can(Permission::EscalationsReview) {
                true => raters(conn, case.view.case.organization_id, row, now)?,
                false => Vec::new(),
            },
            now: present,
            then,
            assessment,
            case,
            view,
        })
    }

    /// The assessment of now.
    pub(super) fn assessment(&self) -> &Assessment {
        &self.assessment
    }

    /// Those who may own it.
    pub(super) fn reviewers(&self) -> &[Named] {
        &self.reviewers
    }

    /// The page on which it is open.
    pub(in crate::http::portal) fn page(&self) -> String {
        format!("/escalations/{}", self.view.escalation.number)
    }
}
