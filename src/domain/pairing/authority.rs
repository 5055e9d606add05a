//! Who may use which verb (P13): each permission is checked on its own.

use super::Party;
use crate::domain::access::Permission::{self, *};
use crate::domain::access::{Access, Denied};
use crate::domain::closed_enum;

closed_enum! {
    /// What is done with a pairing.
    pub enum Verb as "PairingVerb" {
        /// A new link.
        RenewLink = "renew_link",
        /// Its switch.
        Switch = "switch",
        /// Its end.
        Remove = "remove",
        /// Propose people.
        AddPerson = "add_person",
        /// Propose groups.
        AddGroup = "add_group",
        /// Remove a person.
        RemovePerson = "remove_person",
        /// Remove a group.
        RemoveGroup = "remove_group",
        /// Give a role.
        GiveRole = "give_role",
        /// Take a role from a person.
        TakePersonRole = "take_person_role",
        /// Take a role from a group.
        TakeGroupRole = "take_group_role",
        /// Add or remove a cloned user.
        Clone = "clone",
        /// Ask for a role for a person, or for it no more.
        AskPersonRole = "ask_person_role",
        /// Ask for a role for a group, or for it no more.
        AskGroupRole = "ask_group_role",
        /// Refuse a role that is asked for.
        RefuseRole = "refuse_role",
    }
}

/// What a verb asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needed {
    /// All of these permissions.
    All(&'static [Permission]),
    /// One of these; the last is the one to name where all are missing.
    Any(&'static [Permission]),
    /// The other organization decides on it.
    OtherSide,
}

/// What a person of `party` needs for a verb.
pub const fn needed(party: Party, verb: Verb) -> Needed {
    match (party, verb) {
        (Party::Trustee, Verb::RenewLink) => Needed::All(&[OrgTrusteesAdd]),
        (Party::Trustee, Verb::Switch) => Needed::All(&[OrgTrusteesEdit]),
        (Party::Trustee, Verb::Remove) => Needed::All(&[OrgTrusteesDelete]),
        (Party::Trustee, Verb::AddPerson) => Needed::Any(&[OrgTrusteesEdit, OrgTrusteeUsersAdd]),
        (Party::Trustee, Verb::AddGroup) => Needed::Any(&[OrgTrusteesEdit, OrgTrusteeGroupsAdd]),
        (Party::Trustee, Verb::RemovePerson) => {
            Needed::Any(&[OrgTrusteesDelete, OrgTrusteesEdit, OrgTrusteeUsersDelete])
        }
        (Party::Trustee, Verb::RemoveGroup) => {
            Needed::Any(&[OrgTrusteesDelete, OrgTrusteesEdit, OrgTrusteeGroupsDelete])
        }
        (Party::Trustee, Verb::TakePersonRole | Verb::AskPersonRole | Verb::Clone) => {
            Needed::All(&[OrgTrusteeUsersEdit])
        }
        (Party::Trustee, Verb::TakeGroupRole | Verb::AskGroupRole) => {
            Needed::All(&[OrgTrusteeGroupsEdit])
        }
        (Party::Trustor, Verb::GiveRole | Verb::RefuseRole) => Needed::All(&[GrantsAdd, RolesView]),
        (
            Party::Trustor,
            Verb::Switch
            | Verb::Remove
            | Verb::RemovePerson
            | Verb::RemoveGroup
            | Verb::TakePersonRole
            | Verb::TakeGroupRole
            | Verb::Clone,
        ) => Needed::All(&[OrgTrustorsManage]),
        (Party::Trustee, Verb::GiveRole | Verb::RefuseRole)
        | (
            Party::Trustor,
            Verb::RenewLink
            | Verb::AddPerson
            | Verb::AddGroup
            | Verb::AskPersonRole
            | Verb::AskGroupRole,
        ) => Needed::OtherSide,
    }
}

/// Whether a verb gives access. Somebody who is in the organization by a pairing gives none: what they were trusted with
/// is not theirs to pass on.
pub const fn widens(verb: Verb, on: bool) -> bool {
    match verb {
        Verb::RenewLink | Verb::AddPerson | Verb::AddGroup | Verb::GiveRole => true,
        Verb::Switch | Verb::Clone | Verb::AskPersonRole | Verb::AskGroupRole => on,
        Verb::Remove
        | Verb::RefuseRole
        | Verb::RemovePerson
        | Verb::RemoveGroup
        | Verb::TakePersonRole
        | Verb::TakeGroupRole => false,
    }
}

impl Needed {
    /// Whether `access` has it.
    ///
    /// # Errors
    /// The permission to name; nothing if no permission would help.
    pub fn check(self, access: &Access) -> Result<(), Option<Denied>> {
        match self {
            Self::All(all) => {
                let mut each = all.iter().map(|permission| access.require(*permission));
                each.find_map(Result::err)
                    .map_or(Ok(()), |denied| Err(Some(denied)))
            }
            Self::Any(any) if any.iter().any(|permission| access.can(*permission)) => Ok(()),
            Self::Any(any) => Err(any.last().and_then(|last| access.require(*last).err())),
            Self::OtherSide => Err(None),
        }
    }
}
