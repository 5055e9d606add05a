//! Who may do what: roles, access groups, lines of business, and the answer to "what may this person do".

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use utoipa::ToSchema;

use super::{GroupName, LineName, OrganizationName, PersonName};
use crate::domain::Instant;
use crate::domain::access::{Explanation, Grant, Holding, Permission, Role, Way, explain};
use crate::domain::ids::{CalendarId, GroupId, LineId, PairingId, PersonId, RoleId};
use crate::domain::organization::Side;
use crate::store::grants::{Given, Granted};
use crate::store::groups::Group;
use crate::store::lines::Line;
use crate::store::organizations::Organization;
use crate::store::roles::OwnRole;

/// A role (A2): one of the program's, or one of an organization's own.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RoleDescription)]
pub struct RoleDocument {
    /// Its id; null for a predefined one.
    pub id: Option<RoleId>,
    /// Its name in requests.
    pub code: String,
    /// What people read.
    pub name: String,
    /// Whether it is one of the program's, which are copied and not changed.
    pub predefined: bool,
    /// Whose own it is; null for a predefined one.
    pub organization: Option<OrganizationName>,
    /// The side whose people can have it.
    pub side: Side,
    /// Everything that it grants.
    pub permissions: Vec<Grant>,
    /// How many people of the organization hold it, themselves or by a group.
    pub held_by: usize,
    /// Counts its changes; 0 for a predefined one.
    pub version: i64,
}

impl RoleDocument {
    /// A predefined role, called `name`; `holders` may name those of other roles too.
    pub fn predefined(role: Role, name: String, holders: &[(Granted, PersonId)]) -> Self {
        Self {
            id: None,
            code: role.as_str().to_owned(),
            name,
            predefined: true,
            organization: None,
            side: role.side(),
            permissions: role.permissions().into_iter().map(Grant::One).collect(),
            held_by: held_by(holders, Granted::Predefined(role)),
            version: 0,
        }
    }

    /// One of an organization's own.
    pub fn own(
        role: &OwnRole,
        organization: &Organization,
        holders: &[(Granted, PersonId)],
    ) -> Self {
        Self {
            id: Some(role.id),
            code: role.code.clone(),
            name: role.name.clone(),
            predefined: false,
            organization: Some(organization.into()),
            side: organization.kind.side(),
            permissions: role.permissions.0.iter().collect(),
            held_by: held_by(holders, Granted::Own(role.id)),
            version: role.version,
        }
    }
}

/// How many people hold a role.
pub fn held_by(holders: &[(Granted, PersonId)], role: Granted) -> usize {
    holders.iter().filter(|(held, _)| *held == role).count()
}

/// An access group (A3).
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AccessGroup)]
pub struct GroupDocument {
    /// Its id.
    pub id: GroupId,
    /// Whose it is.
    pub organization: OrganizationName,
    /// Its name.
    pub name: String,
    /// The predefined role for which it was installed with its organization.
    pub installed_for: Option<Role>,
    /// Who is in it, by name.
    pub members: Vec<PersonName>,
    /// The codes of the roles that it carries.
    pub roles: Vec<String>,
    /// When it was added.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
    /// Counts its changes.
    pub version: i64,
}

impl GroupDocument {
    /// The group; `members` and `roles` may hold those of other groups too.
    pub fn new(
        group: &Group,
        organization: &Organization,
        members: &[(GroupId, crate::store::people::Named)],
        roles: &[(GroupId, Given)],
    ) -> Self {
        let mine = |id: &GroupId| *id == group.id;
        Self {
            id: group.id,
            organization: organization.into(),
            name: group.name.clone(),
            installed_for: group.installed_for,
            members: members
                .iter()
                .filter(|(id, _)| mine(id))
                .map(|(_, person)| PersonName::from(person))
                .collect(),
            roles: roles
                .iter()
                .filter(|(id, _)| mine(id))
                .map(|(_, role)| role.code.clone())
                .collect(),
            created_at: group.created_at,
            version: group.version,
        }
    }
}

/// Who reads the cases of a line by grants of its own.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LineReads {
    /// Whether the line has grants of its own.
    pub own: bool,
    /// The groups that they name; null without grants of its own.
    pub groups: Option<Vec<GroupName>>,
}

/// Whose grants hold for a line, its own or those of a line above.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EffectiveReads {
    /// The line whose grants hold; null if all may read it.
    pub governed_by: Option<LineName>,
    /// The groups whose members read its cases; null if all staff do.
    pub groups: Option<Vec<GroupName>>,
}

/// A line of business (A4).
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = LineOfBusiness)]
pub struct LineDocument {
    /// Its id.
    pub id: LineId,
    /// The line above; null for the root.
    pub parent: Option<LineId>,
    /// How deep it stands below the root.
    pub depth: usize,
    /// Its name.
    pub name: String,
    /// Its own calendar; that of the line above if null.
    pub calendar: Option<CalendarId>,
    /// Who reads its cases by grants of its own.
    pub reads: LineReads,
    /// Who reads its cases.
    pub effective: EffectiveReads,
    /// Counts its changes.
    pub version: i64,
}

/// All lines with what it takes to describe each.
pub struct LineBook {
    lines: Vec<Line>,
    order: Vec<(LineId, usize)>,
    grants: BTreeMap<LineId, BTreeSet<GroupId>>,
    groups: Vec<Group>,
}

impl LineBook {
    /// The book of these lines, of the groups that their grants name, and of those groups.
    pub fn new(
        lines: Vec<Line>,
        grants: BTreeMap<LineId, BTreeSet<GroupId>>,
        groups: Vec<Group>,
    ) -> Self {
        let order = crate::store::lines::tree_of(&lines).in_order();
        Self {
            lines,
            order,
            grants,
            groups,
        }
    }

    /// The lines, each before those below it.
    pub fn documents(&self) -> Vec<LineDocument> {
        let ids = self.order.iter().map(|(id, _)| *id);
        ids.filter_map(|id| self.document(id)).collect()
    }

    /// One line.
    pub fn document(&self, id: LineId) -> Option<LineDocument> {
        let line = self.line(id)?;
        let depth = self.order.iter().find(|(of, _)| *of == id);
        Some(LineDocument {
            id,
            parent: line.parent_id,
            depth: depth.map_or(0, |(_, depth)| *depth),
            name: line.name.clone(),
            calendar: line.calendar_id,
            reads: LineReads {
                own: line.is_restricted_itself(),
                groups: line.is_restricted_itself().then(|| self.granted(id)),
            },
            effective: EffectiveReads {
                governed_by: line
                    .governed_by
                    .and_then(|governing| self.line(governing))
                    .map(|governing| LineName {
                        id: governing.id,
                        name: governing.name.clone(),
                    }),
                groups: line.governed_by.map(|governing| self.granted(governing)),
            },
            version: line.version,
        })
    }

    fn line(&self, id: LineId) -> Option<&Line> {
        self.lines.iter().find(|line| line.id == id)
    }

    fn granted(&self, line: LineId) -> Vec<GroupName> {
        let granted = self.grants.get(&line);
        self.groups
            .iter()
            .filter(|group| granted.is_some_and(|granted| granted.contains(&group.id)))
            .map(|group| GroupName {
                id: group.id,
                name: group.name.clone(),
            })
            .collect()
    }
}

/// What somebody may do, and which role gives it by which way.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PermissionsDocument {
    /// Who.
    pub person: PersonName,
    /// Where.
    pub organization: OrganizationName,
    /// Each granted permission.
    pub permissions: Vec<GrantedPermission>,
    /// What people there could be granted, and this person is not.
    pub missing: Vec<Permission>,
}

/// A permission that somebody has.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GrantedPermission {
    /// Which.
    pub permission: Permission,
    /// Every role that grants it.
    pub granted_by: Vec<GrantingRole>,
}

/// A role that grants a permission, and how it came to the person.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GrantingRole {
    /// The role's code.
    pub role: String,
    /// `direct`, `group` or `pairing`.
    pub way: &'static str,
    /// The group, where the role was given to one.
    pub group: Option<GroupName>,
    /// The pairing, where it came by one.
    pub pairing: Option<PairingId>,
}

impl From<&Holding> for GrantingRole {
    fn from(holding: &Holding) -> Self {
        let named = |(id, name): &(GroupId, String)| GroupName {
            id: *id,
            name: name.clone(),
        };
        let (way, group, pairing) = match &holding.way {
            Way::Direct => ("direct", None, None),
            Way::Group { id, name } => ("group", Some(named(&(*id, name.clone()))), None),
            Way::Pairing { id, group } => ("pairing", group.as_ref().map(named), Some(*id)),
        };
        Self {
            role: holding.name.code().to_owned(),
            way,
            group,
            pairing,
        }
    }
}

impl PermissionsDocument {
    /// What `holdings` grant somebody where they act; of that only what `within` holds, for a token that allows less than
    /// its owner may. `possible` is all that people there could be granted.
    pub fn new(
        (person, organization, side): (PersonName, OrganizationName, Side),
        holdings: &[Holding],
        possible: impl Fn(Permission) -> bool,
        within: impl Fn(Permission) -> bool,
    ) -> Self {
        let mut explained: Explanation = explain(side, holdings);
        explained.retain(|permission, _| within(*permission));
        let missing = Permission::ALL
            .iter()
            .copied()
            .filter(|permission| possible(*permission) && !explained.contains_key(permission))
            .collect();
        Self {
            person,
            organization,
            permissions: explained
                .into_iter()
                .map(|(permission, by)| GrantedPermission {
                    permission,
                    granted_by: by
                        .into_iter()
                        .filter_map(|place| holdings.get(place))
                        .map(GrantingRole::from)
                        .collect(),
                })
                .collect(),
            missing,
        }
    }
}
