//! What the API answers with: the shapes of the contract (section 11), made from rows for the one who reads.
//!
//! What a customer's person may not receive is left out here for all handlers at once: the names of lines of
//! business, and whatever only staff keep.

mod access;
mod article;
mod attachment;
mod audit;
mod callback;
mod case;
mod desk;
mod effect;
mod entry;
mod escalation;
mod help;
mod home;
mod instant;
mod kept;
mod names;
mod news;
mod pairing;
mod radar;
mod report;

use chrono_tz::Tz;

pub use access::{
    GroupDocument, LineBook, LineDocument, PermissionsDocument, RoleDocument, held_by,
};
pub use article::{
    ArticleDocument, CategoryDocument, DifferenceDocument, SuggestionDocument, VersionDocument,
    VersionSummary, audience_of,
};
pub use attachment::{AttachmentDocument, AttachmentName};
pub use audit::{AuditEventDocument, tells_position};
pub use callback::{CallbackDocument, WindowDocument};
pub use case::{
    ActiveEscalationDocument, CaseChanged, CaseDocument, PriorityRequestDocument, RcaDocument,
};
pub use desk::{
    CalendarDocument, OrganizationDocument, PersonDocument, PersonExtras, PolicyDocument,
    ReasonDocument,
};
pub use effect::EffectDocument;
pub use entry::{AuthorDocument, EntryDocument, page_of_entry};
pub use escalation::{
    EscalationDocument, EscalationParts, NextStepDocument, NextStepPast, ProposalDocument,
    RatingDocument, TargetDocument,
};
pub use help::{
    AnnouncementDocument, AudienceDocument, Audiences, RegistrationDocument, ToolDocument,
    TutorialDocument,
};
pub use home::{HomeDocument, asks};
pub use kept::{CaseText, KeptCases};
pub use names::{
    CaseName, CaseSummary, EscalationName, GroupName, LineName, OrganizationName, PersonName,
};
pub use news::NewsDocument;
pub use pairing::{
    CloneDocument, GivenRoleDocument, LinkInspection, MyPlace, PairingDocument, PairingWithLink,
    Pairings, RoleRequestDocument, VisitDocument,
};

pub use radar::{RadarCaseDocument, RadarDocument};
pub use report::{
    ReportColumnDocument, ReportDeclaration, ReportDocument, ReportGroupDocument, ReportRowDocument,
};

use crate::domain::Instant;
use crate::domain::access::Access;
use crate::domain::organization::Side;
use crate::words::Catalogue;
use crate::words::time::Times;

/// Who reads: in whose words, in which zone, when, and with what authority.
pub struct Reader<'r> {
    /// The catalogue.
    pub words: &'r Catalogue,
    /// What the reader may see.
    pub access: &'r Access,
    /// The zone in which sentences name times; instants are in UTC.
    pub zone: Tz,
    /// The present instant.
    pub now: Instant,
}

impl Reader<'_> {
    /// Whether this is one of the provider's staff.
    pub fn is_staff(&self) -> bool {
        self.access.side == Side::Provider
    }

    /// Times in the reader's words and zone.
    pub fn times(&self) -> Times<'_> {
        Times::new(self.words, self.zone, self.now)
    }
}
