//! Announcements, tutorials and tools (H1). For whom a thing is, and how many come, is told to those alone who keep such things.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;

use super::{OrganizationName, PersonName};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::announcement::{Importance, State};
use crate::domain::audience::AudienceKind;
use crate::domain::ids::{AnnouncementId, OrganizationId, ToolId, TutorialId};
use crate::domain::tutorial::{Standing, shown_place};
use crate::http::problem::Problem;
use crate::store::announcements::Announcement;
use crate::store::audiences::{Named, Thing};
use crate::store::cases::OrganizationRef;
use crate::store::organizations;
use crate::store::tools::Tool;
use crate::store::tutorials::{Attendee, Tutorial};
use crate::words::markdown;

/// For whom something is.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ReadingAudience)]
pub struct AudienceDocument {
    /// For which organizations.
    pub to: AudienceKind,
    /// Which; only with `organizations`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organizations: Option<Vec<OrganizationName>>,
}

/// For whom some things are, for whoever keeps them; nothing for anybody else.
#[derive(Clone, Debug, Default)]
pub struct Audiences(Option<(Named, HashMap<OrganizationId, Arc<OrganizationRef>>)>);

impl Audiences {
    /// Those of `things`.
    ///
    /// # Errors
    /// Database errors.
    pub fn of(conn: &mut Conn, keeps: bool, things: &[impl Thing]) -> Result<Self, Problem> {
        if !keeps {
            return Ok(Self(None));
        }
        let named = Named::of(conn, things)?;
        let references = organizations::references(conn, named.organizations())?;
        Ok(Self(Some((named, references))))
    }

    /// Whether the reader keeps such things.
    pub const fn are_told(&self) -> bool {
        self.0.is_some()
    }

    /// The audience of a thing whose row says `kind`, with the names of the organizations.
    pub fn document(&self, thing: impl Thing, kind: AudienceKind) -> Option<AudienceDocument> {
        let (named, references) = self.0.as_ref()?;
        let audience = named.audience(thing, kind);
        let names = audience.organizations().iter();
        let names = names
            .filter_map(|id| references.get(id))
            .map(|one| one.as_ref().into());
        Some(AudienceDocument {
            to: kind,
            organizations: (kind == AudienceKind::Organizations).then(|| names.collect()),
        })
    }
}

/// Something that support announces.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Announcement)]
pub struct AnnouncementDocument {
    /// Its id.
    pub id: AnnouncementId,
    /// One line.
    pub title: String,
    /// What it says, in Markdown.
    pub body: String,
    /// The same, as sanitized HTML.
    pub body_html: String,
    /// For whom it is; only for those who write announcements.
    pub audience: Option<AudienceDocument>,
    /// How much it matters.
    pub importance: Importance,
    /// Where it stands.
    pub state: State,
    /// From when on it is shown.
    #[schema(value_type = String, format = DateTime)]
    pub from: Instant,
    /// Until when; for good if never.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Instant>,
    /// Whether you have read it.
    pub read: bool,
    /// Counts its changes; also the `ETag`.
    pub version: i64,
}

impl AnnouncementDocument {
    /// The announcement as the reader may see it.
    pub fn new(of: &Announcement, audiences: &Audiences, read: bool, now: Instant) -> Self {
        Self {
            id: of.id,
            title: of.title.clone(),
            body: of.body.clone(),
            body_html: markdown::to_html(&of.body).to_string(),
            audience: audiences.document(of.id, of.audience),
            importance: of.importance,
            state: of.showing().state(now),
            from: of.from_at,
            until: of.until_at,
            read,
            version: of.version,
        }
    }
}

/// A tutorial.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Tutorial)]
pub struct TutorialDocument {
    /// Its id.
    pub id: TutorialId,
    /// One line.
    pub title: String,
    /// What it is about, in Markdown.
    pub body: String,
    /// The same, as sanitized HTML.
    pub body_html: String,
    /// For whom it is; only for those who keep tutorials.
    pub audience: Option<AudienceDocument>,
    /// When it begins.
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Instant,
    /// When it is over.
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Instant,
    /// The zone in which it takes place.
    pub time_zone: String,
    /// How many come at the most; any number if null.
    pub places: Option<i64>,
    /// Whether all places are given away.
    pub full: bool,
    /// How many places are given away; only for those who keep tutorials.
    pub taken: Option<i64>,
    /// Where it takes place; a link is told to those alone who have a place, or keep tutorials.
    pub place_or_link: Option<String>,
    /// Until when you may register.
    #[schema(value_type = String, format = DateTime)]
    pub registration_until: Instant,
    /// Whether you may register now.
    pub takes_registrations: bool,
    /// When it was called off.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub canceled_at: Option<Instant>,
    /// Why.
    pub cancel_reason: Option<String>,
    /// What you have: a place, or a place in the waiting list; nothing if you have not registered.
    pub registration: Option<Standing>,
    /// Counts its changes; also the `ETag`.
    pub version: i64,
}

impl TutorialDocument {
    /// The tutorial as the reader may see it, who has `registration`, and keeps tutorials or not.
    pub fn new(
        of: &Tutorial,
        audiences: &Audiences,
        (registration, keeps): (Option<Standing>, bool),
        now: Instant,
    ) -> Self {
        let session = of.session();
        let takes_part = keeps || registration == Some(Standing::Registered);
        Self {
            id: of.id,
            title: of.title.clone(),
            body: of.body.clone(),
            body_html: markdown::to_html(&of.body).to_string(),
            audience: audiences.document(of.id, of.audience),
            starts_at: of.starts_at,
            ends_at: of.ends_at,
            time_zone: of.time_zone.clone(),
            places: of.places,
            full: session.is_full(),
            taken: keeps.then_some(of.taken),
            place_or_link: shown_place(&of.place_or_link, takes_part).map(str::to_owned),
            registration_until: session.registration_ends(),
            takes_registrations: session.takes_registrations(now).is_ok(),
            canceled_at: of.canceled_at,
            cancel_reason: of.cancel_reason.clone(),
            registration,
            version: of.version,
        }
    }
}

/// Somebody who has registered for a tutorial.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = TutorialRegistration)]
pub struct RegistrationDocument {
    /// Who.
    pub person: PersonName,
    /// For which organization they come.
    pub organization: OrganizationName,
    /// Whether they have a place, or wait for one.
    pub state: Standing,
    /// When they registered.
    #[schema(value_type = String, format = DateTime)]
    pub registered_at: Instant,
}

impl From<&Attendee> for RegistrationDocument {
    fn from(of: &Attendee) -> Self {
        let registration = &of.registration;
        Self {
            person: PersonName {
                id: registration.person_id,
                name: of.name.clone(),
            },
            organization: OrganizationName {
                id: registration.organization_id,
                slug: of.slug.clone(),
                name: of.organization.clone(),
            },
            state: registration.standing(),
            registered_at: registration.registered_at,
        }
    }
}

/// A link to a tool or a care app.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Tool)]
pub struct ToolDocument {
    /// Its id.
    pub id: ToolId,
    /// What it is called.
    pub title: String,
    /// What it is for, in Markdown.
    pub description: Option<String>,
    /// The same, as sanitized HTML.
    pub description_html: Option<String>,
    /// Where it is.
    pub href: String,
    /// For whom it is; only for those who keep tools.
    pub audience: Option<AudienceDocument>,
    /// Where it stands among the others; only for those who keep tools, for it counts those that are for somebody else.
    pub position: Option<i64>,
    /// Counts its changes; also the `ETag`.
    pub version: i64,
}

impl ToolDocument {
    /// The tool as the reader may see it.
    pub fn new(of: &Tool, audiences: &Audiences) -> Self {
        Self {
            id: of.id,
            title: of.title.clone(),
            description: of.description.clone(),
            description_html: (of.description.as_deref())
                .map(|text| markdown::to_html(text).to_string()),
            href: of.href.clone(),
            audience: audiences.document(of.id, of.audience),
            position: audiences.are_told().then_some(of.position),
            version: of.version,
        }
    }
}
