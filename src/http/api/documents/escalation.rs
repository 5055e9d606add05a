//! Escalations and promised next steps.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{CaseName, CaseSummary, EscalationName, PersonName, Reader};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::calendar::{ByWhen, Proposal};
use crate::domain::case::StepState;
use crate::domain::eligibility::FindingCode;
use crate::domain::escalation::{Level, State, Verb};
use crate::domain::ids::{CaseNumber, EscalationId, EscalationNumber, NextStepId};
use crate::domain::offers;
use crate::domain::target::TargetKind;
use crate::http::problem::Problem;
use crate::store::escalations::EscalationView;
use crate::store::promises::{self, NextStep};
use crate::store::targets::{self, Target};
use crate::words::assessment::AssessmentView;
use crate::workflow::promised::{StepHappening, StepPast};

/// An escalation.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Escalation)]
pub struct EscalationDocument {
    /// Its id.
    pub id: EscalationId,
    /// Its number.
    pub number: EscalationNumber,
    /// Its case.
    pub case: CaseSummary,
    /// The code of its reason.
    pub reason: String,
    /// The answers to the reason's questions, by question code.
    pub answers: Map<String, Value>,
    /// Markdown.
    pub details: String,
    /// The double-check findings that were acknowledged (E9).
    pub acknowledgements: Vec<String>,
    /// Where it stands.
    pub state: State,
    /// What you may do with it now.
    pub lawful_verbs: Vec<Verb>,
    /// Who raised it.
    pub requested_by: PersonName,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub submitted_at: Instant,
    /// Who reviews or runs it.
    pub owner: Option<PersonName>,
    /// When it was first claimed or assigned.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub claimed_at: Option<Instant>,
    /// When it was accepted or declined.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub decided_at: Option<Instant>,
    /// How important.
    pub importance: Option<Level>,
    /// How urgent.
    pub urgency: Option<Level>,
    /// 1 to 5 (M6).
    pub rank: Option<i64>,
    /// The criteria that were not met (M5).
    pub decline_reasons: Vec<FindingCode>,
    /// What was promised, by date.
    pub next_steps: Vec<NextStepDocument>,
    /// What it is to get in time, those targets that run or ran, the newest of each kind (M8).
    pub targets: Vec<TargetDocument>,
    /// Since when the requester's answer is awaited.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub awaiting_reply_since: Option<Instant>,
    /// The assessment as it was at submission (E13).
    pub assessment: AssessmentView,
    /// How it ended.
    pub outcome: Option<String>,
    /// What was done.
    pub summary: Option<String>,
    /// When it ended, in whatever way.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub closed_at: Option<Instant>,
    /// How the requester found it handled (M11).
    pub rating: Option<RatingDocument>,
    /// Counts its changes; also the `ETag`.
    pub version: i64,
}

/// How the requester found an escalation handled.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Rating)]
pub struct RatingDocument {
    /// 1 (badly) to 5 (well).
    pub score: i64,
    /// Their words.
    pub comment: Option<String>,
    /// When.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Instant>,
}

impl EscalationDocument {
    /// The escalation with its steps, in the reader's words. `steps` may hold those of other escalations too.
    pub fn new(reader: &Reader<'_>, view: &EscalationView, parts: &EscalationParts) -> Self {
        let escalation = &view.escalation;
        Self {
            id: escalation.id,
            number: escalation.number,
            case: CaseSummary {
                id: escalation.case_id,
                number: view.case_number,
                subject: view.case_subject.clone(),
                organization: (&view.organization).into(),
            },
            reason: escalation.reason.clone(),
            answers: escalation.answers.0.clone(),
            details: escalation.details.clone(),
            acknowledgements: escalation.acknowledgements.0.clone(),
            state: escalation.state,
            lawful_verbs: offers::of_escalation(&escalation.facts(), reader.access),
            requested_by: (&view.requested_by).into(),
            submitted_at: escalation.submitted_at,
            owner: view.owner.as_ref().map(PersonName::from),
            claimed_at: escalation.claimed_at,
            decided_at: escalation.decided_at,
            importance: escalation.importance,
            urgency: escalation.urgency,
            rank: escalation.rank,
            decline_reasons: escalation.decline_reasons.0.clone(),
            next_steps: parts
                .steps
                .iter()
                .filter(|step| step.escalation_id == Some(escalation.id))
                .map(|step| {
                    let number = view.case_number;
                    NextStepDocument::new(reader, step, number, Some(escalation.number))
                })
                .collect(),
            targets: parts
                .targets
                .iter()
                .filter(|target| target.escalation_id == escalation.id)
                .map(|target| TargetDocument::new(target, reader.now))
                .collect(),
            awaiting_reply_since: escalation.awaiting_reply_since,
            assessment: AssessmentView::new(reader.words, &escalation.assessment.0),
            outcome: escalation.outcome.clone(),
            summary: escalation.summary.clone(),
            closed_at: escalation.closed_at,
            rating: escalation.rating_score.map(|score| RatingDocument {
                score,
                comment: escalation.rating_comment.clone(),
                at: escalation.rated_at,
            }),
            version: escalation.version,
        }
    }
}

/// What is told of escalations besides their own rows.
#[derive(Clone, Debug, Default)]
pub struct EscalationParts {
    /// What was promised, by date.
    pub steps: Vec<NextStep>,
    /// Their newest targets.
    pub targets: Vec<Target>,
}

impl EscalationParts {
    /// Those of these escalations.
    ///
    /// # Errors
    /// Database errors.
    pub fn of(conn: &mut Conn, escalations: &[EscalationId]) -> Result<Self, Problem> {
        Ok(Self {
            steps: promises::of_escalations(conn, escalations)?,
            targets: targets::newest_of(conn, escalations)?,
        })
    }
}

/// Something that an escalation is to get in time.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Target)]
pub struct TargetDocument {
    /// What.
    pub kind: TargetKind,
    /// When it started.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Instant,
    /// When it falls due; while it stands still, when it would have.
    #[schema(value_type = String, format = DateTime)]
    pub due_at: Instant,
    /// When it was met.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub met_at: Option<Instant>,
    /// When it was missed: it was due, and not met before.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub missed_at: Option<Instant>,
    /// Since when it stands still, waiting for the requester's answer.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub paused_since: Option<Instant>,
}

impl TargetDocument {
    /// The target as it stands at `now`.
    pub fn new(target: &Target, now: Instant) -> Self {
        Self {
            kind: target.kind,
            started_at: target.started_at,
            due_at: target.due_at,
            met_at: target.met_at,
            missed_at: target.missed_at(now),
            paused_since: target.paused_since,
        }
    }
}

/// A promised next step.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = NextStep)]
pub struct NextStepDocument {
    /// Its id.
    pub id: NextStepId,
    /// The case.
    pub case: CaseName,
    /// The escalation on which it was promised, if it was.
    pub escalation: Option<EscalationName>,
    /// What is promised.
    pub what: String,
    /// Who does it.
    pub who: String,
    /// By when.
    #[schema(value_type = String, format = DateTime)]
    pub due_at: Instant,
    /// Where it stands.
    pub state: StepState,
    /// Whether it is open and its date has passed.
    pub overdue: bool,
    /// Why it was promised anew.
    pub reason: Option<String>,
    /// When it was promised.
    #[schema(value_type = String, format = DateTime)]
    pub promised_at: Instant,
    /// When it was done or missed.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub settled_at: Option<Instant>,
    /// Counts its changes.
    pub version: i64,
}

/// A next step with what became of it, from its promise on.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = NextStepWithHistory)]
pub struct NextStepPast {
    /// The step as it stands now.
    #[serde(flatten)]
    pub step: NextStepDocument,
    /// What happened to it, in that order.
    pub history: Vec<StepPastDocument>,
}

/// Something that happened to a promise.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = NextStepEvent)]
pub struct StepPastDocument {
    /// What.
    pub happened: StepHappening,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
    /// Who did it, by name.
    pub by: String,
    /// By when it was promised from then on.
    #[schema(value_type = String, format = DateTime)]
    pub due_at: Instant,
    /// Why it was promised anew.
    pub reason: Option<String>,
}

impl From<StepPast> for StepPastDocument {
    fn from(past: StepPast) -> Self {
        Self {
            happened: past.happened,
            at: past.at,
            by: past.by,
            due_at: past.due_at,
            reason: past.reason,
        }
    }
}

/// An instant by which something could be promised.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PromiseProposal)]
pub struct ProposalDocument {
    /// What it is.
    pub code: ByWhen,
    /// The same in words, with when that is.
    pub text: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub due_at: Instant,
}

impl ProposalDocument {
    /// In the reader's words and zone.
    pub fn new(reader: &Reader<'_>, proposal: Proposal) -> Self {
        let at = [("at", reader.times().near(proposal.at).into())];
        Self {
            code: proposal.by,
            text: reader.words.say_of("proposal", proposal.by.as_str(), &at),
            due_at: proposal.at,
        }
    }
}

impl NextStepDocument {
    /// The step as it stands now, with the numbers of its case and of its escalation.
    pub fn new(
        reader: &Reader<'_>,
        step: &NextStep,
        case: CaseNumber,
        escalation: Option<EscalationNumber>,
    ) -> Self {
        Self {
            id: step.id,
            case: CaseName {
                id: step.case_id,
                number: case,
            },
            escalation: step
                .escalation_id
                .zip(escalation)
                .map(|(id, number)| EscalationName { id, number }),
            what: step.what.clone(),
            who: step.who.clone(),
            due_at: step.due_at,
            state: step.state,
            overdue: step.state == StepState::Open && step.due_at <= reader.now,
            reason: step.reason.clone(),
            promised_at: step.promised_at,
            settled_at: step.settled_at,
            version: step.version,
        }
    }
}
