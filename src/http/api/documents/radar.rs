//! What the radar shows (M9).

use serde::Serialize;
use utoipa::ToSchema;

use super::{OrganizationName, PersonName, Reader};
use crate::domain::Instant;
use crate::domain::eligibility::FindingCode;
use crate::domain::ids::{CaseId, CaseNumber};
use crate::domain::radar::Prevention;
use crate::words::assessment::sentence;
use crate::workflow::radar::Spotted;

/// A case that becomes eligible for escalation.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RadarItem)]
pub struct RadarDocument {
    /// The case.
    pub case: RadarCaseDocument,
    /// The code of the reason for which it becomes eligible.
    pub reason: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
    /// The finding that blocks it until then.
    pub code: FindingCode,
    /// The same in words.
    pub because: String,
    /// What prevents it.
    pub prevented_by: Prevention,
}

/// A case as the radar names it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RadarCase)]
pub struct RadarCaseDocument {
    /// Its id.
    pub id: CaseId,
    /// Its number.
    pub number: CaseNumber,
    /// One line.
    pub subject: String,
    /// Whose case it is.
    pub organization: OrganizationName,
    /// The engineer who owns it.
    pub owner: Option<PersonName>,
}

impl RadarDocument {
    /// In the reader's words.
    pub fn new(reader: &Reader<'_>, spotted: &Spotted) -> Self {
        let (case, upcoming) = (&spotted.case, &spotted.upcoming);
        Self {
            case: RadarCaseDocument {
                id: case.id,
                number: case.facts.number,
                subject: case.subject.clone(),
                organization: (&case.organization).into(),
                owner: case.owner.as_ref().map(PersonName::from),
            },
            reason: upcoming.reason.clone(),
            at: upcoming.at,
            code: upcoming.finding.code,
            because: sentence(reader.words, &upcoming.finding, reader.now),
            prevented_by: upcoming.prevented_by,
        }
    }
}
