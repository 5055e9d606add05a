//! Saved filters: a list as somebody narrows it, by a name, for themselves or for everybody in their organization.

use super::access::{Access, Denied, Permission};
use super::closed_enum;
use super::ids::PersonId;
use super::organization::Side;

/// How many one person saves in one organization, at the most: more are no help.
pub const MOST_OWN: usize = 50;

closed_enum! {
    /// A list that is narrowed by filters that can be saved.
    pub enum FilteredList {
        /// The list of cases.
        Cases = "cases",
        /// The queue of escalations.
        Escalations = "escalations",
        /// The list of callbacks (M12).
        Callbacks = "callbacks",
    }
}

impl FilteredList {
    /// What somebody needs to see the list.
    pub const fn permission(self) -> Permission {
        match self {
            Self::Cases => Permission::CasesView,
            Self::Escalations => Permission::EscalationsView,
            Self::Callbacks => Permission::CallbacksView,
        }
    }

    /// The page of the list.
    pub const fn page(self) -> &'static str {
        match self {
            Self::Cases => "/cases",
            Self::Escalations => "/escalations",
            Self::Callbacks => "/callbacks",
        }
    }
}

/// Whether somebody shares filters with everybody in the organization, and changes those that are shared: the provider's
/// supervisors, and those who administer a customer's people.
///
/// # Errors
/// The permission that is missing.
pub fn may_share(access: &Access) -> Result<(), Denied> {
    access.require(match access.side {
        Side::Provider => Permission::EscalationsAssign,
        Side::Customer => Permission::UsersManage,
    })
}

/// Whether somebody changes a filter of `owner` that exists for them, to be `shared` afterwards or not: their own, unless it
/// is or becomes everybody's; what is everybody's is for those who share.
///
/// # Errors
/// The permission that is missing.
pub fn may_change(
    access: &Access,
    owner: PersonId,
    (shared, becomes_shared): (bool, bool),
) -> Result<(), Denied> {
    let stays = shared == becomes_shared;
    match owner == access.person {
        // Whoever saved it may change it, and take it back from the others.
        true if stays || !becomes_shared => Ok(()),
        _ => may_share(access),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::access::Role;
    use crate::domain::ids::OrganizationId;

    fn person(number: u128) -> PersonId {
        PersonId::from_uuid(uuid::Uuid::from_u128(number))
    }

    fn with(role: Role) -> Access {
        let organization = OrganizationId::from_uuid(uuid::Uuid::from_u128(9));
        Access::of_roles(person(1), organization, role.side(), [role])
    }

    #[test]
    fn supervisors_and_administrators_share() {
        for (role, shares) in [
            (Role::Supervisor, true),
            (Role::Administrator, true),
            (Role::OrganizationAdmin, true),
            (Role::SupportEngineer, false),
            (Role::DesignatedContact, false),
            (Role::Monitor, false),
        ] {
            assert_eq!(may_share(&with(role)).is_ok(), shares, "{role}");
        }
    }

    #[test]
    fn ones_own_is_ones_own_and_what_is_shared_is_for_those_who_share() {
        let (engineer, supervisor) = (with(Role::SupportEngineer), with(Role::Supervisor));
        let (own, others) = (person(1), person(2));
        assert!(may_change(&engineer, own, (false, false)).is_ok());
        assert!(may_change(&engineer, own, (true, false)).is_ok());
        assert!(may_change(&engineer, own, (false, true)).is_err());
        assert!(may_change(&engineer, others, (true, true)).is_err());
        assert!(may_change(&supervisor, others, (true, true)).is_ok());
        assert!(may_change(&supervisor, own, (false, true)).is_ok());
    }
}
