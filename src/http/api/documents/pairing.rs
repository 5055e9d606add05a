//! Pairings, their members, links and clients.

use serde::Serialize;
use utoipa::ToSchema;

use super::{OrganizationName, PersonName};
use crate::domain::Instant;
use crate::domain::access::{Permission, Role};
use crate::domain::ids::{
    GrantId, GroupId, PairingId, PairingMemberId, PersonId, RoleRequestId, VisitId,
};
use crate::domain::pairing::{Direction, State, Verb};
use crate::http::pairing::{MemberView, PairingView, Shown};
use crate::http::places::{PlaceView, RoleThere};
use crate::store::pairings::{CloneRow, Given, GivenRole, RoleRequest};
use crate::workflow::pair::Inspected;

/// A pairing as one of its two organizations sees it (P12).
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Pairing)]
pub struct PairingDocument {
    /// Its id.
    pub id: PairingId,
    /// Whether it gives access to the reader's organization, or to another one.
    pub direction: Direction,
    /// Where it stands.
    pub state: State,
    /// The other organization; null while nobody has accepted a request that is for anybody.
    pub organization: Option<OrganizationName>,
    /// Who asked for it.
    pub requested_by: Option<PersonName>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub requested_at: Instant,
    /// Until when the link of an unanswered request is good.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub link_expires_at: Option<Instant>,
    /// Who granted it.
    pub accepted_by: Option<PersonName>,
    /// Since when it is granted.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub accepted_at: Option<Instant>,
    /// The trustor's switch, where it is off.
    pub switched_off: Option<SwitchedOff>,
    /// The trustee's switch, where it is off.
    pub suspended: Option<SwitchedOff>,
    /// When somebody last switched in, or changed something there.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_used_at: Option<Instant>,
    /// The people it is for.
    pub people: PairingMembers,
    /// The groups it is for.
    pub groups: PairingMembers,
    /// Its cloned users.
    pub clones: Vec<CloneDocument>,
    /// What your permissions allow.
    pub may: Vec<Verb>,
    /// Counts its changes.
    pub version: i64,
}

/// Who switched a pairing off, and when.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SwitchedOff {
    /// Who.
    pub by: Option<PersonName>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
}

/// People or groups of a pairing; none where a permission is missing to see them (P10).
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PairingMembers {
    /// They.
    pub items: Vec<MemberDocument>,
    /// The permission that is missing to see them.
    pub missing_permission: Option<Permission>,
    /// Who can be asked to be added, where one is missing.
    pub ask: Vec<PersonName>,
}

/// Pairings; where a permission is missing to see more of them than those of one's groups, which (P10).
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Pairings {
    /// The pairings of this page.
    pub items: Vec<PairingDocument>,
    /// Asks for the items behind these, as `cursor`; null at the end of the list.
    pub next_cursor: Option<String>,
    /// The permission that is missing to see all.
    pub missing_permission: Option<Permission>,
    /// Who can be asked to be added, where one is missing.
    pub ask: Vec<PersonName>,
}

/// A person or a group of a pairing.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PairingMember)]
pub struct MemberDocument {
    /// Its id in the pairing.
    pub id: PairingMemberId,
    /// The person, unless it is a group.
    pub person: Option<PersonId>,
    /// The group, unless it is a person.
    pub group: Option<GroupId>,
    /// The name of the person or group.
    pub name: String,
    /// Who proposed them.
    pub proposed_by: Option<PersonName>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub proposed_at: Instant,
    /// Who gave them the first role.
    pub approved_by: Option<PersonName>,
    /// When.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub approved_at: Option<Instant>,
    /// The roles that they hold in the trustor.
    pub roles: Vec<GivenRoleDocument>,
    /// The roles that the trustee asks for, and those of them that were refused.
    pub role_requests: Vec<RoleRequestDocument>,
    /// When they last switched in, or changed something there.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_used_at: Option<Instant>,
    /// Counts the changes.
    pub version: i64,
}

/// A role given through a pairing.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PairingRole)]
pub struct GivenRoleDocument {
    /// To take it by.
    pub id: GrantId,
    /// Its code.
    pub role: String,
    /// The name of a role of the trustor's own.
    pub name: Option<String>,
    /// Who gave it.
    pub given_by: Option<PersonName>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub given_at: Instant,
    /// Until when it holds; null if for good.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Instant>,
}

/// A role that is asked for through a pairing (P3). Once it is given, it is one of the member's roles.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PairingRoleRequest)]
pub struct RoleRequestDocument {
    /// To answer it by, or to take it back.
    pub id: RoleRequestId,
    /// Its code.
    pub role: Role,
    /// Until when it would hold; null if for good.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Instant>,
    /// What it is for.
    pub note: Option<String>,
    /// Who asks.
    pub requested_by: Option<PersonName>,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub requested_at: Instant,
    /// How it was refused; null while it is asked for.
    pub refusal: Option<RoleRefusal>,
}

/// How a role that was asked for was refused.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PairingRoleRefusal)]
pub struct RoleRefusal {
    /// By whom.
    pub by: Option<PersonName>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
    /// Why.
    pub reason: Option<String>,
}

/// What somebody changed in another organization, between coming in and coming again (P12).
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PairingVisit)]
pub struct VisitDocument {
    /// Its id: `GET /audit-events?visit=` tells what was changed.
    pub id: VisitId,
    /// As whom they were there: themselves, or their cloned user.
    pub person: Option<PersonName>,
    /// When they came, or a program of theirs changed something for the first time.
    #[schema(value_type = String, format = DateTime)]
    pub began_at: Instant,
    /// When they last changed something, or came.
    #[schema(value_type = String, format = DateTime)]
    pub last_at: Instant,
    /// How many audited events there are of it.
    pub changes: i64,
}

/// A cloned user (P8).
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ClonedUser)]
pub struct CloneDocument {
    /// Its id, which is that of a person of the trustor.
    pub id: PersonId,
    /// Its name there.
    pub name: String,
    /// Whose second self it is.
    pub original: PersonId,
    /// When it was added.
    #[schema(value_type = String, format = DateTime)]
    pub added_at: Instant,
}

/// A pairing with the link to hand over, which is shown once.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PairingWithLink {
    /// The pairing.
    #[serde(flatten)]
    pub pairing: PairingDocument,
    /// The link. Null in an answer that is repeated.
    pub link: Option<String>,
}

/// What a link shows before it is answered (P2).
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LinkInspection {
    /// Who asks.
    pub organization: OrganizationName,
    /// Which person of theirs.
    pub requested_by: Option<PersonName>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub requested_at: Instant,
    /// Until when it can be answered.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Instant,
    /// For whom: names of people.
    pub people: Vec<String>,
    /// And names of groups.
    pub groups: Vec<String>,
    /// What to think of before saying yes.
    pub warning: String,
}

/// An organization in which somebody may work.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MyPlace {
    /// The organization.
    pub organization: OrganizationName,
    /// Whether it is your own.
    pub home: bool,
    /// Whether you are there now.
    pub current: bool,
    /// The pairing by which you may; null for your own.
    pub pairing: Option<PairingId>,
    /// The roles that you hold there by pairings.
    pub roles: Vec<PlaceRole>,
    /// Your cloned users there.
    #[serde(rename = "as")]
    pub clones: Vec<PersonName>,
}

/// A role held by a pairing.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PlaceRole {
    /// Its code.
    pub role: String,
    /// The name of a role of that organization's own.
    pub name: Option<String>,
}

impl From<&PairingView> for PairingDocument {
    fn from(view: &PairingView) -> Self {
        let row = &view.pairing;
        let named = |person| view.named(person).as_ref().map(PersonName::from);
        let waits = matches!(view.state, State::Requested | State::Expired);
        let off = |at: Option<Instant>, by| at.map(|at| SwitchedOff { by: named(by), at });
        Self {
            id: row.id,
            direction: view.party.direction(),
            state: view.state,
            organization: view.other.as_ref().map(OrganizationName::from),
            requested_by: named(row.created_by),
            requested_at: row.created_at,
            link_expires_at: waits.then_some(row.expires_at),
            accepted_by: named(row.accepted_by),
            accepted_at: row.accepted_at,
            switched_off: off(row.switched_off_at, row.switched_off_by),
            suspended: off(row.suspended_at, row.suspended_by),
            last_used_at: row.last_used_at,
            people: members(view, &view.people),
            groups: members(view, &view.groups),
            clones: view.clones.iter().map(CloneDocument::from).collect(),
            may: view.may.clone(),
            version: row.version,
        }
    }
}

fn members(view: &PairingView, shown: &Shown<MemberView>) -> PairingMembers {
    let document = |member| MemberDocument::new(view, member);
    PairingMembers {
        items: shown.items.iter().map(document).collect(),
        missing_permission: shown.missing,
        ask: shown.ask.iter().map(PersonName::from).collect(),
    }
}

impl MemberDocument {
    fn new(view: &PairingView, shown: &MemberView) -> Self {
        let row = &shown.member;
        let named = |person| view.named(person).as_ref().map(PersonName::from);
        Self {
            id: row.id,
            person: shown.who.person(),
            group: shown.who.group(),
            name: shown.name.clone(),
            proposed_by: named(row.proposed_by),
            proposed_at: row.proposed_at,
            approved_by: named(row.approved_by),
            approved_at: row.approved_at,
            roles: shown
                .roles
                .iter()
                .map(|given| GivenRoleDocument::new(view, given))
                .collect(),
            role_requests: (shown.asked.iter())
                .map(|asked| RoleRequestDocument::new(view, asked))
                .collect(),
            last_used_at: row.last_used_at,
            version: row.version,
        }
    }
}

impl GivenRoleDocument {
    /// A role as the reader of `view` sees it.
    pub fn new(view: &PairingView, given: &Given) -> Self {
        Self {
            id: given.id,
            role: given.role.code().to_owned(),
            name: match &given.role {
                GivenRole::Predefined(_) => None,
                GivenRole::Own(own) => Some(own.name.clone()),
            },
            given_by: view.named(given.by).as_ref().map(PersonName::from),
            given_at: given.at,
            until: given.until,
        }
    }
}

impl RoleRequestDocument {
    /// A request as the reader of `view` sees it.
    pub fn new(view: &PairingView, asked: &RoleRequest) -> Self {
        let named = |person| view.named(person).as_ref().map(PersonName::from);
        Self {
            id: asked.id,
            role: asked.role,
            until: asked.until,
            note: asked.note.clone(),
            requested_by: named(Some(asked.requested_by)),
            requested_at: asked.requested_at,
            refusal: asked.refused_at.map(|at| RoleRefusal {
                by: named(asked.refused_by),
                at,
                reason: asked.reason.clone(),
            }),
        }
    }
}

impl From<&CloneRow> for CloneDocument {
    fn from(clone: &CloneRow) -> Self {
        Self {
            id: clone.id,
            name: clone.name.clone(),
            original: clone.original,
            added_at: clone.added_at,
        }
    }
}

impl LinkInspection {
    /// What the link of this request shows, with the names of those it is for.
    pub fn new(
        inspected: &Inspected,
        requested_by: Option<PersonName>,
        (people, groups): (Vec<String>, Vec<String>),
        warning: String,
    ) -> Self {
        let trustee = &inspected.trustee;
        Self {
            organization: trustee.into(),
            requested_by,
            requested_at: inspected.pairing.created_at,
            expires_at: inspected.pairing.expires_at,
            people,
            groups,
            warning,
        }
    }
}

impl From<&PlaceView> for MyPlace {
    fn from(place: &PlaceView) -> Self {
        let role = |role: &RoleThere| match role {
            RoleThere::Predefined(role) => PlaceRole {
                role: Role::as_str(*role).to_owned(),
                name: None,
            },
            RoleThere::Own(code, name) => PlaceRole {
                role: code.clone(),
                name: Some(name.clone()),
            },
        };
        Self {
            organization: OrganizationName::from(&place.organization),
            home: place.pairing.is_none(),
            current: place.current,
            pairing: place.pairing,
            roles: place.roles.iter().map(role).collect(),
            clones: place.clones.iter().map(PersonName::from).collect(),
        }
    }
}
