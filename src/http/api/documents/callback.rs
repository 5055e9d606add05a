//! Callbacks (M12).

use serde::Serialize;
use utoipa::ToSchema;

use super::{CaseSummary, EscalationName, PersonName, Reader};
use crate::domain::Instant;
use crate::domain::callback::{State, Verb};
use crate::domain::ids::CallbackId;
use crate::domain::offers;
use crate::store::callbacks::CallbackView;

/// A call that is asked for on an escalation.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Callback)]
pub struct CallbackDocument {
    /// Its id.
    pub id: CallbackId,
    /// The escalation on which it was asked for.
    pub escalation: EscalationName,
    /// The case.
    pub case: CaseSummary,
    /// Who asked for it.
    pub requested_by: PersonName,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub requested_at: Instant,
    /// The number to call.
    pub phone: String,
    /// When the call may come.
    pub window: WindowDocument,
    /// Where it stands.
    pub state: State,
    /// What you may do with it now.
    pub lawful_verbs: Vec<Verb>,
    /// Who makes the call.
    pub owner: Option<PersonName>,
    /// What it is about.
    pub note: Option<String>,
    /// Why it was moved, missed or called off.
    pub reason: Option<String>,
    /// When it took place, was missed or was called off.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub settled_at: Option<Instant>,
    /// Counts its changes; also the `ETag`.
    pub version: i64,
}

/// When a call may come.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = CallbackWindow)]
pub struct WindowDocument {
    /// Not before.
    #[schema(value_type = String, format = DateTime)]
    pub from: Instant,
    /// And before this.
    #[schema(value_type = String, format = DateTime)]
    pub until: Instant,
    /// The zone of whoever is called, such as `Europe/Berlin`.
    pub time_zone: String,
}

impl CallbackDocument {
    /// The callback as the reader may see it.
    pub fn new(reader: &Reader<'_>, view: &CallbackView) -> Self {
        let callback = &view.callback;
        Self {
            id: callback.id,
            escalation: EscalationName {
                id: callback.escalation_id,
                number: view.escalation_number,
            },
            case: CaseSummary {
                id: callback.case_id,
                number: view.case_number,
                subject: view.case_subject.clone(),
                organization: (&view.organization).into(),
            },
            requested_by: (&view.requested_by).into(),
            requested_at: callback.requested_at,
            phone: callback.phone.clone(),
            window: WindowDocument {
                from: callback.begins_at,
                until: callback.ends_at,
                time_zone: callback.time_zone.clone(),
            },
            state: callback.state,
            lawful_verbs: offers::of_callback(
                &callback.call(),
                view.is_active,
                reader.access,
                reader.now,
            ),
            owner: view.owner.as_ref().map(PersonName::from),
            note: callback.note.clone(),
            reason: callback.reason.clone(),
            settled_at: callback.settled_at,
            version: callback.version,
        }
    }
}
