//! What is audited of announcements, tutorials and tools (H1), and of text templates.

use serde::Serialize;

use crate::domain::Instant;
use crate::domain::announcement::Importance;
use crate::domain::audience::AudienceKind;
use crate::domain::ids::{LineId, OrganizationId, PersonId};
use crate::domain::language::Language;
use crate::domain::template::Purpose;
use crate::domain::tutorial::Standing;

/// For whom a thing is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct AudienceFields {
    pub(crate) audience: AudienceKind,
    /// Those that are named.
    pub(crate) organization: Vec<OrganizationId>,
}

/// An announcement.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct AnnouncementFields {
    pub(crate) title: String,
    pub(crate) body: String,
    #[serde(flatten)]
    pub(crate) audience: AudienceFields,
    pub(crate) importance: Importance,
    pub(crate) draft: bool,
    pub(crate) from_at: Instant,
    pub(crate) until: Option<Instant>,
}

/// A tutorial.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct TutorialFields {
    pub(crate) title: String,
    pub(crate) body: String,
    #[serde(flatten)]
    pub(crate) audience: AudienceFields,
    pub(crate) starts_at: Instant,
    pub(crate) ends_at: Instant,
    pub(crate) time_zone: String,
    pub(crate) places: Option<i64>,
    pub(crate) place_or_link: String,
    pub(crate) registration_until: Option<Instant>,
}

/// A tutorial that was called off.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct CanceledTutorial {
    pub(crate) title: String,
    pub(crate) reason: String,
}

/// Who comes to a tutorial, or waits for a place.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct RegistrationFields {
    /// What the tutorial is called.
    pub(crate) title: String,
    pub(crate) person: PersonId,
    pub(crate) state: Standing,
}

/// A tool.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct ToolFields {
    pub(crate) title: String,
    pub(crate) description: Option<String>,
    pub(crate) href: String,
    #[serde(flatten)]
    pub(crate) audience: AudienceFields,
    pub(crate) position: i64,
}

/// A text template.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct TemplateFields {
    pub(crate) name: String,
    pub(crate) purpose: Purpose,
    pub(crate) language: Language,
    pub(crate) line_of_business: Option<LineId>,
    pub(crate) body: String,
}
