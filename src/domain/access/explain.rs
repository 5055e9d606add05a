//! What somebody may do, and which role gives it by which way (A1-A3).

use std::collections::BTreeMap;

use super::{HeldRole, Permission, Role};
use crate::domain::ids::{GroupId, PairingId, RoleId};
use crate::domain::organization::Side;

/// The way by which a role came to somebody.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// Given to the person.
    Direct,
    /// Given to a group that the person is in.
    Group {
        /// The group.
        id: GroupId,
        /// Its name.
        name: String,
    },
    /// Given by way of a pairing.
    Pairing {
        /// The pairing.
        id: PairingId,
        /// The group to which it was given there, if it was one.
        group: Option<(GroupId, String)>,
    },
}

/// Which role somebody holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HeldName {
    /// One of the program's.
    Predefined(Role),
    /// One of the organization's own.
    Own {
        /// Its id.
        id: RoleId,
        /// Its code.
        code: String,
        /// Its name.
        name: String,
    },
}

impl HeldName {
    /// The name by which requests call it.
    pub fn code(&self) -> &str {
        match self {
            Self::Predefined(role) => role.as_str(),
            Self::Own { code, .. } => code,
        }
    }
}

/// A role that somebody holds, and how it came to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Which.
    pub name: HeldName,
    /// What it grants.
    pub role: HeldRole,
    /// How it came to them.
    pub way: Way,
}

/// Each granted permission with the holdings that grant it, by their places in what was explained.
pub type Explanation = BTreeMap<Permission, Vec<usize>>;

/// What somebody who stands on `side` may do by `holdings`: each permission that at least one of them grants, with all
/// that grant it. It names exactly the permissions of [`Access::of`](super::Access::of).
pub fn explain(side: Side, holdings: &[Holding]) -> Explanation {
    let mut explained = Explanation::new();
    for (place, holding) in holdings.iter().enumerate() {
        for permission in holding.role.permissions(side) {
            explained.entry(permission).or_default().push(place);
        }
    }
    explained
}
