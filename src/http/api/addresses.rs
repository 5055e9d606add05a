//! What paths name, and whether it exists for somebody.

use std::str::FromStr;

use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};

use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission::{
    AccessRequestsView, AnnouncementsManage, AnnouncementsView, ArticlesView, CalendarsView,
    CallbacksView, CasesView, EscalationsView, GroupsView, LinesView, NoticesView,
    OrganizationsView, RolesView, TemplatesView, ToolsManage, ToolsView, TutorialsView, UsersView,
};
use crate::domain::access::{Access, Reach, Role, RoleName};
use crate::domain::draft::DraftPlace;
use crate::domain::ids::{
    AccessRequestId, AnnouncementId, AttachmentId, CalendarId, CallbackId, CaseRef, EntryId,
    EscalationRef, GrantId, GroupId, LineId, MalformedId, NextStepId, NoticeId, OrganizationId,
    PairingId, PairingMemberId, PersonId, PriorityRequestId, RoleId, RoleRequestId, SavedFilterId,
    SessionId, TemplateId, TokenId, ToolId, TutorialId,
};
use crate::domain::reason::ReasonCode;
use crate::domain::report::{Report, ReportName};
use crate::domain::target::TargetKind;
use crate::domain::text::{Slug, TextError};
use crate::http::address::Address;
use crate::http::problem::Problem;
use crate::store::articles::ArticleRef;
use crate::store::audiences::Listener;
use crate::store::organizations::Organization;
use crate::store::roles::OwnRole;
use crate::store::{
    access_requests, announcements, articles, callbacks, cases, escalations, feeds, groups,
    organizations, pairings, people, promises, requests, roles, saved_filters, seen_files,
    templates, tools, tutorials,
};
use crate::workflow::tutorials::reader;

/// An organization by id or slug.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrganizationAddress {
    /// By id.
    Id(OrganizationId),
    /// By its name in addresses.
    Slug(Slug),
}

impl OrganizationAddress {
    /// The organization that it names, if it exists for somebody.
    ///
    /// # Errors
    /// Database errors.
    pub fn find(&self, conn: &mut Conn, reach: Reach) -> Result<Option<Organization>, Problem> {
        Ok(match self {
            Self::Id(id) => organizations::find(conn, reach, *id)?,
            Self::Slug(slug) => organizations::by_slug(conn, reach, slug.as_str())?,
        })
    }
}

impl FromStr for OrganizationAddress {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(id) => Ok(Self::Id(id)),
            Err(_) => text.parse().map(Self::Slug),
        }
    }
}

/// A role by id, or by its code within one's organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoleAddress {
    /// One of an organization's own, by id.
    Id(RoleId),
    /// A predefined one, or one of the organization's own.
    Name(RoleName),
}

impl RoleAddress {
    /// The role of an organization's own that it names, if it exists for somebody.
    ///
    /// # Errors
    /// Database errors.
    pub fn own(&self, conn: &mut Conn, access: &Access) -> Result<Option<OwnRole>, Problem> {
        Ok(match self {
            Self::Id(id) => roles::find(conn, access.reach(), *id)?,
            Self::Name(RoleName::Own(code)) => {
                roles::by_code(conn, access.organization, code.as_str())?
            }
            Self::Name(RoleName::Predefined(_)) => None,
        })
    }

    /// The predefined role that it names.
    pub fn predefined(&self) -> Option<Role> {
        match self {
            Self::Name(RoleName::Predefined(role)) => Some(*role),
            _ => None,
        }
    }
}

impl FromStr for RoleAddress {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(id) => Ok(Self::Id(id)),
            Err(_) => text.parse().map(Self::Name),
        }
    }
}

/// A cloned user by id.
#[derive(Clone, Copy, Debug)]
pub struct CloneAddress(pub PersonId);

impl FromStr for CloneAddress {
    type Err = MalformedId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// A version of an article, by number.
#[derive(Clone, Copy, Debug)]
pub struct VersionNumber(pub i64);

impl FromStr for VersionNumber {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<u32>().map(|number| Self(number.into()))
    }
}

/// A category of articles, as it is in addresses.
#[derive(Clone, Debug)]
pub struct CategoryKey(pub String);

impl FromStr for CategoryKey {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<Slug>().map(|key| Self(key.into_string()))
    }
}

/// The secret of a link. Whoever has it has been handed it, and what it opens, it says itself.
#[derive(Clone)]
pub struct LinkSecret(pub String);

impl FromStr for LinkSecret {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

/// Of the addresses, this one alone goes by the time: what is not shown yet does not exist for those for whom it will be.
impl Address for AnnouncementId {
    fn read(text: Option<&str>) -> Option<Self> {
        text?.parse().ok()
    }

    fn is_visible(&self, conn: &mut Conn, access: &Access, now: Instant) -> Result<bool, Problem> {
        if !access.can(AnnouncementsView) {
            return Ok(false);
        }
        let listener = Listener::of(conn, access, AnnouncementsManage)?;
        Ok(announcements::find(conn, listener, *self, now)?.is_some())
    }

    fn parameter() -> Option<(&'static str, RefOr<Schema>)> {
        Some(("An announcement, by id.", text()))
    }
}

/// The schema of what is read from its text.
fn text() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).into()
}

/// What is read from its text, is described like this, and is visible on this condition: it is within reach, and the
/// person may look at such things at all (A5).
macro_rules! addresses {
    ($( $type:ty, $says:literal, |$this:ident, $conn:ident, $access:ident| $visible:expr; )+) => {$(
        impl Address for $type {
            fn read(text: Option<&str>) -> Option<Self> {
                text?.parse().ok()
            }

            fn is_visible(&self, $conn: &mut Conn, $access: &Access, _: Instant) -> Result<bool, Problem> {
                let $this = self;
                Ok($visible)
            }

            fn parameter() -> Option<(&'static str, RefOr<Schema>)> {
                Some(($says, text()))
            }
        }
    )+};
}

addresses! {
    // Only ever one's own, and needs no permission.
    TokenId, "An API token, by id.", |_token, _conn, _access| true;
    // The verb says whether it exists: what is there may not be written on any more.
    DraftPlace, "Where something is written: `new-case`, `case:{case}:feed`, `case:{case}:escalate`, `case:{case}:rca`, \
        `case:{case}:promise`, `escalation:{escalation}:feed`, `escalation:{escalation}:accept`, `escalation:{escalation}:decline`, \
        `escalation:{escalation}:close`, `escalation:{escalation}:promise` or `step:{step}`.",
        |_place, _conn, _access| true;
    SavedFilterId, "A saved filter, by id.",
        |filter, conn, access| saved_filters::find(conn, access, *filter)?.is_some();
    SessionId, "A session, by id.", |_session, _conn, _access| true;
    AccessRequestId, "A request for read-only access, by id.",
        |request, conn, access| access.can(AccessRequestsView)
            && access_requests::find(conn, access.reach(), *request)?.is_some();
    CaseRef, "A case, by id or number.",
        |case, conn, access| access.can(CasesView) && cases::id_of(conn, access.reach(), case)?.is_some();
    EscalationRef, "An escalation, by id or number.",
        |escalation, conn, access| access.can(EscalationsView)
            && escalations::ids_of(conn, access.reach(), escalation)?.is_some();
    CallbackId, "A callback, by id.",
        |callback, conn, access| access.can(CallbacksView)
            && callbacks::find(conn, access.reach(), *callback)?.is_some();
    EntryId, "A feed entry, by id.",
        |entry, conn, access| access.can(CasesView) && feeds::view(conn, access, *entry)?.is_some();
    // What it is attached to says who sees it; until then, who sent it.
    AttachmentId, "A file, by id.",
        |file, conn, access| seen_files::visible(conn, access, *file)?.is_some();
    NextStepId, "A promised next step, by id.",
        |step, conn, access| access.can(CasesView) && promises::find(conn, access.reach(), *step)?.is_some();
    PriorityRequestId, "A priority request, by id.",
        |request, conn, access| access.can(CasesView) && requests::find(conn, access.reach(), *request)?.is_some();
    OrganizationAddress, "An organization, by id or slug.",
        |organization, conn, access| access.can(OrganizationsView)
            && organization.find(conn, access.reach())?.is_some();
    PersonId, "A person, by id.",
        |person, conn, access| access.can(UsersView) && people::find(conn, access.reach(), *person)?.is_some();
    RoleAddress, "A role, by id, or by code within your organization.",
        |role, conn, access| access.can(RolesView)
            && (role.predefined().is_some_and(|role| role.side() == access.side)
                || role.own(conn, access)?.is_some());
    // Whether a group carries it is the verb's to say.
    RoleName, "A role, by code.", |_role, _conn, _access| true;
    GroupId, "An access group, by id.",
        |group, conn, access| access.can(GroupsView) && groups::find(conn, access.reach(), *group)?.is_some();
    // The verbs on these say themselves who sees them: it depends on the side.
    PairingId, "A pairing, by id.",
        |pairing, conn, access| pairings::find(conn, access.into(), *pairing)?.is_some();
    PairingMemberId, "A person or group of a pairing, by its id there.",
        |member, conn, access| pairings::find_member(conn, access.into(), *member)?.is_some();
    GrantId, "A role given through a pairing, by id.",
        |grant, conn, access| pairings::find_given(conn, access.into(), *grant)?.is_some();
    RoleRequestId, "A role that is asked for through a pairing, by id.",
        |request, conn, access| pairings::find_role_request(conn, access.into(), *request)?.is_some();
    CloneAddress, "A cloned user, by id.",
        |clone, conn, access| pairings::find_clone(conn, access.into(), clone.0)?.is_some();
    TutorialId, "A tutorial, by id.",
        |tutorial, conn, access| access.can(TutorialsView) && {
            let reader = reader(conn, access)?;
            tutorials::find(conn, reader, *tutorial)?.is_some()
        };
    ToolId, "A tool, by id.",
        |tool, conn, access| access.can(ToolsView) && {
            let listener = Listener::of(conn, access, ToolsManage)?;
            tools::find(conn, listener, *tool)?.is_some()
        };
    TemplateId, "A text template, by id.",
        |template, conn, access| access.can(TemplatesView) && templates::find(conn, *template)?.is_some();
    ArticleRef, "An article, by id or slug.",
        |article, conn, access| access.can(ArticlesView) && {
            let readership = articles::readership(conn, access)?;
            articles::id_of(conn, readership, article)?.is_some()
        };
    // Which there are is told to whoever may see them at all.
    VersionNumber, "A version of the article, by number.", |_version, _conn, _access| true;
    CategoryKey, "A category, by key.",
        |category, conn, access| access.can(ArticlesView) && {
            let readership = articles::readership(conn, access)?;
            let all = articles::categories(conn, readership)?;
            all.iter().any(|one| one.key == category.0)
        };
    // Of these, whoever may see one sees all.
    LineId, "A line of business, by id.", |_line, _conn, access| access.can(LinesView);
    CalendarId, "A business calendar, by id.", |_calendar, _conn, access| access.can(CalendarsView);
    NoticeId, "A notice, by id.", |_notice, _conn, access| access.can(NoticesView);
    LinkSecret, "The secret of a link.", |_secret, _conn, _access| true;
    TargetKind, "A kind of target: `claim`, `first_reply` or `update`.", |_kind, _conn, _access| true;
    ReportName, "A report, by name: `GET /reports` lists those that there are for you.",
        |report, _conn, access| Report::named(*report).exists_for(access.side);
    // Everybody who is signed in reads them.
    ReasonCode, "An escalation reason, by code.", |_reason, _conn, _access| true;
}
