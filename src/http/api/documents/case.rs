//! Cases, and what is asked on them.

use serde::Serialize;
use utoipa::ToSchema;

use super::{CaseSummary, LineName, OrganizationName, PersonName, instant};
use crate::domain::Instant;
use crate::domain::calendar::CalendarError;
use crate::domain::case::{
    BusinessImpact, Channel, Deployment, Engagement, Priority, PriorityRequestState, Status,
};
use crate::domain::eligibility::{Policy, rca_due_at};
use crate::domain::escalation::State;
use crate::domain::ids::{CaseId, CaseNumber, EscalationId, EscalationNumber, PriorityRequestId};
use crate::domain::offers::{self, CaseActor, CaseVerb};
use crate::store::calendars::CalendarBook;
use crate::store::cases::CaseView;
use crate::store::requests::PriorityRequestView;

/// A case.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Case)]
pub struct CaseDocument {
    /// Its id.
    pub id: CaseId,
    /// Its number.
    pub number: CaseNumber,
    /// Whose case it is.
    pub organization: OrganizationName,
    /// The segment of the provider's work that it belongs to; null to customers.
    pub line_of_business: Option<LineName>,
    /// One line.
    pub subject: String,
    /// Markdown.
    pub description: String,
    /// How urgent.
    pub priority: Priority,
    /// Where it stands.
    pub status: Status,
    /// The states that you may set now.
    pub lawful_moves: Vec<Status>,
    /// What you may do with it now, besides escalating it.
    pub lawful_verbs: Vec<CaseVerb>,
    /// Where the customer's installation runs.
    pub deployment: Deployment,
    /// What it does to the customer's business.
    pub business_impact: BusinessImpact,
    /// What it is about.
    pub product: Option<String>,
    /// Whom it waits on beyond the support team.
    pub engagements: Vec<Engagement>,
    /// Who opened it.
    pub opened_by: PersonName,
    /// The contact of record.
    pub contact: PersonName,
    /// How the contact got in touch, where the provider's staff opened it.
    pub channel: Option<Channel>,
    /// The engineer who owns it.
    pub owner: Option<PersonName>,
    /// When it was opened.
    #[schema(value_type = String, format = DateTime)]
    #[serde(serialize_with = "instant::write")]
    pub opened_at: Instant,
    /// When support last wrote something that the customer sees, or the opening.
    #[schema(value_type = String, format = DateTime)]
    #[serde(serialize_with = "instant::write")]
    pub last_provider_update_at: Instant,
    /// When it was closed.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(serialize_with = "instant::write_some")]
    pub closed_at: Option<Instant>,
    /// The root cause analysis, once one is requested.
    pub rca: Option<RcaDocument>,
    /// The escalation that is active on it.
    pub active_escalation: Option<ActiveEscalationDocument>,
    /// Its name in the system it was imported from.
    pub external_id: Option<String>,
    /// When it last changed.
    #[schema(value_type = String, format = DateTime)]
    #[serde(serialize_with = "instant::write")]
    pub updated_at: Instant,
    /// Counts its changes; also the `ETag`.
    pub version: i64,
}

/// A root cause analysis.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RootCauseAnalysis)]
pub struct RcaDocument {
    /// When it was requested.
    #[schema(value_type = String, format = DateTime)]
    #[serde(serialize_with = "instant::write")]
    pub requested_at: Instant,
    /// When its window ends (E6); null if the calendar has no business day.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(serialize_with = "instant::write_some")]
    pub due_at: Option<Instant>,
    /// When it was delivered.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(serialize_with = "instant::write_some")]
    pub delivered_at: Option<Instant>,
}

/// The active escalation of a case.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ActiveEscalation)]
pub struct ActiveEscalationDocument {
    /// Its id.
    pub id: EscalationId,
    /// Its number.
    pub number: EscalationNumber,
    /// Where it stands.
    pub state: State,
}

impl CaseDocument {
    /// The case as `reader` may see it.
    pub fn new(reader: CaseActor, view: &CaseView, book: &CalendarBook, policy: &Policy) -> Self {
        let case = &view.case;
        let calendar = book.of_line(case.line_of_business_id);
        let due_at = |requested_at| -> Result<Instant, CalendarError> {
            rca_due_at(requested_at, case.deployment, calendar, policy)
        };
        Self {
            id: case.id,
            number: case.number,
            organization: (&view.organization).into(),
            line_of_business: reader.is_staff().then(|| LineName {
                id: case.line_of_business_id,
                name: view.line_name.clone(),
            }),
            subject: case.subject.clone(),
            description: case.description.clone(),
            priority: case.priority,
            status: case.status,
            lawful_moves: offers::moves_of(&view.state(), reader).to_vec(),
            lawful_verbs: offers::of_case(&view.state(), reader),
            deployment: case.deployment,
            business_impact: case.business_impact,
            product: case.product.clone(),
            engagements: case.engagements.0.clone(),
            opened_by: (&view.opened_by).into(),
            contact: (&view.contact).into(),
            channel: case.channel,
            owner: view.owner.as_ref().map(PersonName::from),
            opened_at: case.opened_at,
            last_provider_update_at: case.last_provider_update_at(),
            closed_at: case.closed_at,
            rca: case.rca().map(|rca| RcaDocument {
                requested_at: rca.requested_at,
                due_at: due_at(rca.requested_at).ok(),
                delivered_at: rca.delivered_at,
            }),
            active_escalation: view.active_escalation.as_ref().map(|active| {
                ActiveEscalationDocument {
                    id: active.id,
                    number: active.number,
                    state: active.state,
                }
            }),
            external_id: case.external_id.clone(),
            updated_at: case.updated_at,
            version: case.version,
        }
    }
}

/// The data of the event `case`.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct CaseChanged {
    /// Which case.
    number: CaseNumber,
    /// Its version now.
    version: i64,
}

impl CaseChanged {
    /// The case has this version now.
    pub const fn new(number: CaseNumber, version: i64) -> Self {
        Self { number, version }
    }
}

/// A request for a higher priority (C5).
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PriorityRequest)]
pub struct PriorityRequestDocument {
    /// Its id.
    pub id: PriorityRequestId,
    /// The case.
    pub case: CaseSummary,
    /// The priority asked for.
    pub priority: Priority,
    /// Why.
    pub note: String,
    /// Where it stands.
    pub state: PriorityRequestState,
    /// Who asks.
    pub requested_by: PersonName,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    #[serde(serialize_with = "instant::write")]
    pub requested_at: Instant,
    /// Who decided.
    pub decided_by: Option<PersonName>,
    /// When it was decided.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(serialize_with = "instant::write_some")]
    pub decided_at: Option<Instant>,
    /// Why so.
    pub decision_note: Option<String>,
    /// Counts its changes.
    pub version: i64,
}

impl From<&PriorityRequestView> for PriorityRequestDocument {
    fn from(view: &PriorityRequestView) -> Self {
        let request = &view.request;
        Self {
            id: request.id,
            case: CaseSummary {
                id: request.case_id,
                number: view.case_number,
                subject: view.case_subject.clone(),
                organization: (&view.organization).into(),
            },
            priority: request.priority,
            note: request.note.clone(),
            state: request.state,
            requested_by: (&view.requested_by).into(),
            requested_at: request.requested_at,
            decided_by: view.decided_by.as_ref().map(PersonName::from),
            decided_at: request.decided_at,
            decision_note: request.decision_note.clone(),
            version: request.version,
        }
    }
}
