//! What can happen to what administrators keep: organizations and their people, roles, groups, tokens, lines of business, and
//! the rules; what is sent again, what is taken out of the house, and who failed to enter it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Error, Map, Value, json};

use super::account::ProfileFields;
use super::article::ArticleEvent;
use super::audited::{Audited, Changed, subject};
use super::help::{
    AnnouncementFields, CanceledTutorial, RegistrationFields, TemplateFields, ToolFields,
    TutorialFields,
};
use crate::domain::Instant;
use crate::domain::access::{RoleGrants, RoleName};
use crate::domain::audit::EventKind;
use crate::domain::calendar::CalendarShape;
use crate::domain::duty::{Assignment, Roster};
use crate::domain::eligibility::Policy;
use crate::domain::ids::{
    AnnouncementId, CalendarId, EventId, GroupId, LineId, NoticeId, OrganizationId, PersonId,
    RoleId, SavedFilterId, TemplateId, ToolId, TutorialId,
};
use crate::domain::notice::{Fault, NoticeKind, NoticeState};
use crate::domain::organization::OrganizationKind;
use crate::domain::reason::Reason;
use crate::domain::target::{Allowance, Grade, Ladder, TargetRow, TargetTable};
use crate::domain::text::EmailAddress;

/// What can happen to what administrators keep. Nobody is written to of it.
#[derive(Clone, Debug)]
pub(crate) enum AdministrativeEvent {
    OrganizationAdded(OrganizationId, AddedOrganization),
    OrganizationChanged(OrganizationId, Changed<OrganizationFields>),
    /// The roles for which a second factor is asked for.
    SecondFactorRolesChanged(OrganizationId, Changed<SecondFactorFields>),
    /// The networks from which people work.
    AllowedNetworksChanged(OrganizationId, Changed<NetworkFields>),
    /// The clients that a partner serves.
    ClientsNamed(OrganizationId, Changed<ClientFields>),
    PersonAdded(OrganizationId, PersonId, AddedPerson),
    PersonChanged(OrganizationId, PersonId, Changed<PersonFields>),
    TokenIssued(TokenOwner, TokenFields),
    TokenRevoked(TokenOwner, TokenFields),
    RoleAdded(OrganizationId, RoleId, AddedRole),
    RoleChanged(OrganizationId, RoleId, Changed<RoleFields>),
    RoleRemoved(OrganizationId, RoleId, RemovedRole),
    GroupAdded(OrganizationId, GroupId, GroupFields),
    GroupChanged(OrganizationId, GroupId, Changed<GroupFields>),
    GroupRemoved(OrganizationId, GroupId, GroupFields),
    LineAdded(LineId, AddedLine),
    LineChanged(LineId, Changed<LineFields>),
    CalendarAdded(CalendarId, CalendarFields),
    CalendarChanged(CalendarId, Changed<CalendarFields>),
    PolicyChanged(Changed<Policy>),
    ReasonAdded(Reason),
    ReasonChanged(Changed<ReasonFields>),
    TargetsChanged(Changed<TargetTable>),
    LadderChanged(Changed<Ladder>),
    DutyChanged(Changed<DutyFields>),
    /// An article, or the guide to escalations.
    Article(ArticleEvent),
    NoticeResent(NoticeId, Changed<NoticeFields>),
    NoticesResent(ResentNotices),
    AuditExported {
        /// Whose reader exported them; nobody's from the machine itself.
        organization: Option<OrganizationId>,
        export: ExportFields,
    },
    CallbacksExported {
        /// Whose reader exported them.
        organization: OrganizationId,
        export: ExportFields,
    },
    AnnouncementAdded(AnnouncementId, AnnouncementFields),
    AnnouncementChanged(AnnouncementId, Changed<AnnouncementFields>),
    AnnouncementRemoved(AnnouncementId, AnnouncementFields),
    TutorialAdded(TutorialId, TutorialFields),
    TutorialChanged(TutorialId, Changed<TutorialFields>),
    TutorialCanceled(TutorialId, CanceledTutorial),
    /// Somebody of an organization registered.
    TutorialRegistered(OrganizationId, TutorialId, RegistrationFields),
    /// Somebody of an organization who waited got a place.
    TutorialPlaced(OrganizationId, TutorialId, Changed<RegistrationFields>),
    /// Somebody of an organization does not come after all.
    TutorialLeft(OrganizationId, TutorialId, RegistrationFields),
    ToolAdded(ToolId, ToolFields),
    ToolChanged(ToolId, Changed<ToolFields>),
    ToolRemoved(ToolId, ToolFields),
    TemplateAdded(TemplateId, TemplateFields),
    TemplateChanged(TemplateId, Changed<TemplateFields>),
    TemplateRemoved(TemplateId, TemplateFields),
    /// A filter is everybody's in the organization from now on.
    SharedFilterAdded(OrganizationId, SavedFilterId, SharedFilterFields),
    SharedFilterChanged(OrganizationId, SavedFilterId, Changed<SharedFilterFields>),
    /// It is gone, or its owner's alone again.
    SharedFilterRemoved(OrganizationId, SavedFilterId, SharedFilterFields),
    SignInRefused {
        /// As whom, if there is such a person, and where they belong.
        person: Option<(PersonId, OrganizationId)>,
        attempt: AttemptFields,
    },
}

/// An organization that was added.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct AddedOrganization {
    pub(crate) slug: String,
    pub(crate) kind: OrganizationKind,
    #[serde(flatten)]
    pub(crate) fields: OrganizationFields,
}

/// What can change of an organization.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct OrganizationFields {
    pub(crate) name: String,
    pub(crate) region: String,
    pub(crate) time_zone: String,
}

/// For which roles an organization asks for a second factor.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SecondFactorFields {
    /// Their codes.
    pub(crate) second_factor_roles: Vec<String>,
}

/// From which networks people work in an organization.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct NetworkFields {
    pub(crate) allowed_networks: Vec<String>,
}

/// Which clients are named for a partner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ClientFields {
    /// Their slugs.
    pub(crate) clients: BTreeSet<String>,
}

/// A person who was added.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct AddedPerson {
    pub(crate) email: EmailAddress,
    /// First and last name.
    pub(crate) name: String,
    pub(crate) roles: Vec<RoleName>,
}

/// What an administrator can change of a person. Of a password, nothing is kept: see
/// [`PasswordChanged`](super::AccountEvent::PasswordChanged).
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PersonFields {
    #[serde(flatten)]
    pub(crate) profile: ProfileFields,
    pub(crate) disabled: bool,
    /// The codes of what was given to the person themselves.
    pub(crate) roles: Vec<String>,
}

/// Whose token it is, and where they act with it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TokenOwner {
    pub(crate) person: PersonId,
    pub(crate) organization: OrganizationId,
}

/// An API token.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct TokenFields {
    pub(crate) name: String,
}

/// A role that was added.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct AddedRole {
    pub(crate) code: String,
    #[serde(flatten)]
    pub(crate) fields: RoleFields,
}

/// What can change of a role.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct RoleFields {
    pub(crate) name: String,
    pub(crate) permissions: RoleGrants,
}

/// A role that was removed.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct RemovedRole {
    #[serde(flatten)]
    pub(crate) role: AddedRole,
    /// From how many people it was taken.
    pub(crate) people: usize,
    /// From how many groups.
    pub(crate) groups: usize,
}

/// An access group.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct GroupFields {
    pub(crate) name: String,
    pub(crate) members: BTreeSet<PersonId>,
    /// The codes of the roles that it carries.
    pub(crate) roles: BTreeSet<String>,
}

/// A line of business that was added.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct AddedLine {
    pub(crate) name: String,
    pub(crate) parent: Option<LineId>,
    /// Its own calendar, if it has one.
    pub(crate) calendar: Option<CalendarId>,
}

/// What can change of a line of business.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct LineFields {
    #[serde(flatten)]
    pub(crate) line: AddedLine,
    /// The groups that read its cases; none where that is inherited.
    pub(crate) read_groups: Option<BTreeSet<GroupId>>,
}

/// A calendar.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct CalendarFields {
    #[serde(flatten)]
    pub(crate) shape: CalendarShape,
    pub(crate) default: bool,
}

/// A reason for escalations.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct ReasonFields {
    #[serde(flatten)]
    pub(crate) reason: Reason,
    /// Whether it can be chosen.
    pub(crate) active: bool,
}

/// The roster, and how escalations get their owner.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DutyFields {
    pub(crate) assignment: Assignment,
    pub(crate) roster: Roster,
}

/// A notice that ended and waits again.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct NoticeFields {
    pub(crate) state: NoticeState,
}

/// Many of them.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ResentNotices {
    pub(crate) filters: ResentFilters,
    /// How many wait again.
    pub(crate) count: usize,
}

/// Which of them were sent again; what was not asked for is left out.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct ResentFilters {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) state: Option<NoticeState>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<NoticeKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fault: Option<Fault>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) from: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<Instant>,
}

/// Audited events that were taken out of the house.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ExportFields {
    pub(crate) format: String,
    /// What was asked for, as the request said it.
    pub(crate) filters: Map<String, Value>,
}

/// A filter that everybody in an organization has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct SharedFilterFields {
    pub(crate) name: String,
    /// The page of its list, narrowed by it.
    pub(crate) href: String,
}

/// Somebody who failed to sign in.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct AttemptFields {
    /// From where.
    pub(crate) address: String,
    /// Until when the next attempt has to wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<Instant>,
}

impl AdministrativeEvent {
    /// Whose thing it happened to, and which: reasons and policies have no id.
    pub(crate) fn happened_to(&self) -> (Option<OrganizationId>, Option<EventId>) {
        match self {
            Self::OrganizationAdded(id, _)
            | Self::OrganizationChanged(id, _)
            | Self::SecondFactorRolesChanged(id, _)
            | Self::AllowedNetworksChanged(id, _)
            | Self::ClientsNamed(id, _) => (Some(*id), subject(id.as_uuid())),
            Self::PersonAdded(organization, id, _) | Self::PersonChanged(organization, id, _) => {
                (Some(*organization), subject(id.as_uuid()))
            }
            Self::TokenIssued(owner, _) | Self::TokenRevoked(owner, _) => {
                (Some(owner.organization), subject(owner.person.as_uuid()))
            }
            Self::RoleAdded(organization, id, _)
            | Self::RoleChanged(organization, id, _)
            | Self::RoleRemoved(organization, id, _) => {
                (Some(*organization), subject(id.as_uuid()))
            }
            Self::GroupAdded(organization, id, _)
            | Self::GroupChanged(organization, id, _)
            | Self::GroupRemoved(organization, id, _) => {
                (Some(*organization), subject(id.as_uuid()))
            }
            Self::LineAdded(id, _) | Self::LineChanged(id, _) => (None, subject(id.as_uuid())),
            Self::CalendarAdded(id, _) | Self::CalendarChanged(id, _) => {
                (None, subject(id.as_uuid()))
            }
            Self::Article(event) => (None, event.subject()),
            Self::NoticeResent(id, _) => (None, subject(id.as_uuid())),
            Self::AuditExported { organization, .. } => (*organization, None),
            Self::CallbacksExported { organization, .. } => (Some(*organization), None),
            Self::SignInRefused { person, .. } => match person {
                Some((id, organization)) => (Some(*organization), subject(id.as_uuid())),
                None => (None, None),
            },
            Self::AnnouncementAdded(id, _)
            | Self::AnnouncementChanged(id, _)
            | Self::AnnouncementRemoved(id, _) => (None, subject(id.as_uuid())),
            Self::TutorialAdded(id, _)
            | Self::TutorialChanged(id, _)
            | Self::TutorialCanceled(id, _) => (None, subject(id.as_uuid())),
            Self::TutorialRegistered(organization, id, _)
            | Self::TutorialPlaced(organization, id, _)
            | Self::TutorialLeft(organization, id, _) => {
                (Some(*organization), subject(id.as_uuid()))
            }
            Self::ToolAdded(id, _) | Self::ToolChanged(id, _) | Self::ToolRemoved(id, _) => {
                (None, subject(id.as_uuid()))
            }
            Self::TemplateAdded(id, _)
            | Self::TemplateChanged(id, _)
            | Self::TemplateRemoved(id, _) => (None, subject(id.as_uuid())),
            Self::SharedFilterAdded(organization, id, _)
            | Self::SharedFilterChanged(organization, id, _)
            | Self::SharedFilterRemoved(organization, id, _) => {
                (Some(*organization), subject(id.as_uuid()))
            }
            Self::PolicyChanged(_)
            | Self::TargetsChanged(_)
            | Self::LadderChanged(_)
            | Self::DutyChanged(_)
            | Self::ReasonAdded(_)
            | Self::ReasonChanged(_)
            | Self::NoticesResent(_) => (None, None),
        }
    }

    /// As it is audited; nothing if nothing has changed.
    ///
    /// # Errors
    /// Those of [`Audited`].
    pub(crate) fn audited(&self) -> Result<Option<Audited>, Error> {
        let added = match self {
            Self::OrganizationAdded(_, fields) => {
                Audited::added(EventKind::OrganizationAdded, fields)
            }
            Self::OrganizationChanged(_, fields) => {
                return Audited::changed(EventKind::OrganizationChanged, fields);
            }
            Self::SecondFactorRolesChanged(_, fields) => {
                return Audited::changed(EventKind::OrganizationChanged, fields);
            }
            Self::AllowedNetworksChanged(_, fields) => {
                return Audited::changed(EventKind::OrganizationChanged, fields);
            }
            Self::ClientsNamed(_, fields) => {
                return Audited::changed(EventKind::OrganizationChanged, fields);
            }
            Self::PersonAdded(_, _, fields) => Audited::added(EventKind::PersonAdded, fields),
            Self::PersonChanged(_, _, fields) => {
                return Audited::changed(EventKind::PersonChanged, fields);
            }
            Self::TokenIssued(_, fields) => Audited::added(EventKind::TokenIssued, fields),
            Self::TokenRevoked(_, fields) => Audited::added(EventKind::TokenRevoked, fields),
            Self::RoleAdded(_, _, fields) => Audited::added(EventKind::RoleAdded, fields),
            Self::RoleChanged(_, _, fields) => {
                return Audited::changed(EventKind::RoleChanged, fields);
            }
            Self::RoleRemoved(_, _, fields) => Audited::removed(EventKind::RoleRemoved, fields),
            Self::GroupAdded(_, _, fields) => Audited::added(EventKind::AccessGroupAdded, fields),
            Self::GroupChanged(_, _, fields) => {
                return Audited::changed(EventKind::AccessGroupChanged, fields);
            }
            Self::GroupRemoved(_, _, fields) => {
                Audited::removed(EventKind::AccessGroupRemoved, fields)
            }
            Self::LineAdded(_, fields) => Audited::added(EventKind::LineAdded, fields),
            Self::LineChanged(_, fields) => {
                return Audited::changed(EventKind::LineChanged, fields);
            }
            Self::CalendarAdded(_, fields) => Audited::added(EventKind::CalendarAdded, fields),
            Self::CalendarChanged(_, fields) => {
                return Audited::changed(EventKind::CalendarChanged, fields);
            }
            Self::PolicyChanged(policy) => {
                return Audited::changed(EventKind::PolicyChanged, &policy.map(figures));
            }
            Self::ReasonAdded(reason) => Audited::added(EventKind::ReasonAdded, reason),
            Self::ReasonChanged(fields) => {
                let changed = Audited::changed(EventKind::ReasonChanged, fields)?;
                // It has no id: its code says which one it is.
                let code = &fields.after.reason.code;
                return Ok(changed.map(|changed| changed.with("code", code.as_str())));
            }
            Self::TargetsChanged(table) => {
                return Audited::changed(EventKind::TargetsChanged, &table.map(allowances));
            }
            Self::LadderChanged(ladder) => {
                return Audited::changed(EventKind::LadderChanged, ladder);
            }
            Self::DutyChanged(duty) => {
                return Audited::changed(EventKind::DutyChanged, &duty.map(roster));
            }
            Self::Article(event) => return event.audited(),
            Self::NoticeResent(_, fields) => {
                return Audited::changed(EventKind::NoticeResent, fields);
            }
            Self::NoticesResent(resent) => Audited::added(EventKind::NoticeResentAll, resent),
            Self::AuditExported { export, .. } => Audited::added(EventKind::AuditExported, export),
            Self::CallbacksExported { export, .. } => {
                Audited::added(EventKind::CallbacksExported, export)
            }
            Self::AnnouncementAdded(_, fields) => {
                Audited::added(EventKind::AnnouncementAdded, fields)
            }
            Self::AnnouncementChanged(_, fields) => {
                return Audited::changed(EventKind::AnnouncementChanged, fields);
            }
            Self::AnnouncementRemoved(_, fields) => {
                Audited::removed(EventKind::AnnouncementRemoved, fields)
            }
            Self::TutorialAdded(_, fields) => Audited::added(EventKind::TutorialAdded, fields),
            Self::TutorialChanged(_, fields) => {
                return Audited::changed(EventKind::TutorialChanged, fields);
            }
            Self::TutorialCanceled(_, fields) => {
                Audited::added(EventKind::TutorialCanceled, fields)
            }
            Self::TutorialRegistered(_, _, fields) => {
                Audited::added(EventKind::TutorialRegistered, fields)
            }
            Self::TutorialPlaced(_, _, fields) => {
                Audited::replaced(EventKind::TutorialPlaced, &fields.before, &fields.after)
            }
            Self::TutorialLeft(_, _, fields) => Audited::removed(EventKind::TutorialLeft, fields),
            Self::ToolAdded(_, fields) => Audited::added(EventKind::ToolAdded, fields),
            Self::ToolChanged(_, fields) => {
                return Audited::changed(EventKind::ToolChanged, fields);
            }
            Self::ToolRemoved(_, fields) => Audited::removed(EventKind::ToolRemoved, fields),
            Self::TemplateAdded(_, fields) => Audited::added(EventKind::TemplateAdded, fields),
            Self::TemplateChanged(_, fields) => {
                return Audited::changed(EventKind::TemplateChanged, fields);
            }
            Self::TemplateRemoved(_, fields) => {
                Audited::removed(EventKind::TemplateRemoved, fields)
            }
            Self::SharedFilterAdded(_, _, fields) => {
                Audited::added(EventKind::SharedFilterAdded, fields)
            }
            Self::SharedFilterChanged(_, _, fields) => {
                return Audited::changed(EventKind::SharedFilterChanged, fields);
            }
            Self::SharedFilterRemoved(_, _, fields) => {
                Audited::removed(EventKind::SharedFilterRemoved, fields)
            }
            Self::SignInRefused { attempt, .. } => {
                Audited::added(EventKind::SessionRefused, attempt)
            }
        };
        added.map(Some)
    }
}

/// The figures of the policy by their keys.
fn figures(policy: &Policy) -> BTreeMap<&'static str, Option<String>> {
    Policy::KEYS
        .iter()
        .map(|key| (*key, policy.get(key)))
        .collect()
}

/// How long each target has, by its name: `claim_high`, `update_1`.
fn allowances(table: &TargetTable) -> BTreeMap<String, Allowance> {
    let name = |row: TargetRow| match row.grade {
        Grade::Priority(priority) => format!("{}_{priority}", row.kind),
        Grade::Rank(rank) => format!("{}_{rank}", row.kind),
    };
    table
        .rows()
        .map(|(row, allowance)| (name(row), allowance))
        .collect()
}

/// The roster in words of fields.
fn roster(duty: &DutyFields) -> BTreeMap<&'static str, Value> {
    let shifts = duty.roster.shifts.iter().map(|shift| {
        json!({
            "user": shift.person,
            "days": shift.days,
            "from": shift.from.to_string(),
            "until": shift.until.to_string(),
            "time_zone": shift.time_zone.name(),
        })
    });
    let absences = duty.roster.absences.iter().map(|absence| {
        json!({
            "user": absence.person,
            "from": absence.from,
            "until": absence.until,
            "cover": absence.cover,
        })
    });
    BTreeMap::from([
        ("assignment", json!(duty.assignment)),
        ("shifts", shifts.collect()),
        ("absences", absences.collect()),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::reason::installed;

    fn reason(label: &str) -> ReasonFields {
        let mut reason = installed().remove(0);
        reason.code = "no_update".to_owned();
        reason.label = label.to_owned();
        ReasonFields {
            reason,
            active: true,
        }
    }

    #[test]
    fn a_thing_without_an_id_is_named_in_what_is_audited() {
        let event = AdministrativeEvent::ReasonChanged(Changed {
            before: reason("No update"),
            after: reason("No answer"),
        });
        let audited = event.audited().expect("JSON").expect("a change");
        let expected = json!({"code": "no_update", "label": "No answer"});
        assert_eq!(json!(audited.after), expected);
        assert_eq!(json!(audited.before), json!({"label": "No update"}));
        assert_eq!(event.happened_to(), (None, None));
    }

    #[test]
    fn of_what_has_not_changed_nothing_is_audited() {
        let event = AdministrativeEvent::ReasonChanged(Changed {
            before: reason("No update"),
            after: reason("No update"),
        });
        assert!(event.audited().expect("JSON").is_none());
    }
}
