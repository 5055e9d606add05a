//! What somebody may give, and whom they may manage: nobody gives, takes over or opens up more than they hold and may
//! grant (A1, A7).
//!
//! - What somebody holds themselves, they may give.
//! - Whoever administers an organization, and so holds everything that the role of its administrator grants, may give
//!   what any customer's people can hold, such as what a designated contact needs. What only some administrators hold,
//!   as a partner's do, they give if they hold it. The provider's administrator holds everything.
//! - By way of a pairing, and with an API token that lacks it, nothing is given.
//! - A verb on a person is a verb on all that the person may do, wherever: whoever sets somebody's password, takes their
//!   second factor or shuts them out could do, or keep from being done, all of it.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use super::{Access, Permission, Role};
use crate::domain::ids::OrganizationId;
use crate::domain::organization::{OrganizationKind, Side};

/// All that a person may do, or that being in a group gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    /// In the organization that they belong to.
    pub home: BTreeSet<Permission>,
    /// In others, by way of pairings (P3).
    pub elsewhere: BTreeMap<OrganizationId, BTreeSet<Permission>>,
}

impl Rights {
    /// Rights at home alone.
    pub fn at_home(home: BTreeSet<Permission>) -> Self {
        Self {
            home,
            elsewhere: BTreeMap::new(),
        }
    }
}

/// More than somebody may give: the answer is 403 and names what is beyond them.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("beyond what they hold and may grant: {0:?}")]
pub struct Beyond(pub BTreeSet<Permission>);

impl Access {
    /// Whether this person administers the organization in which they act: they hold everything that its administrator's
    /// role grants. Somebody always must.
    pub fn administers(&self) -> bool {
        let chief = match self.side {
            Side::Provider => Role::Administrator,
            Side::Customer => Role::OrganizationAdmin,
        };
        self.through.is_none() && chief.permissions().is_subset(&self.permissions)
    }

    /// Everything that this person may give.
    pub fn grantable(&self) -> BTreeSet<Permission> {
        if self.through.is_some() {
            return BTreeSet::new();
        }
        let mut all = self.permissions.clone();
        if self.side == Side::Customer && self.administers() {
            let customers = Role::ALL
                .iter()
                .filter(|role| role.fits(OrganizationKind::Customer));
            all.extend(customers.flat_map(|role| role.permissions()));
        }
        all
    }

    /// Whether this person may give, or take, what grants all of `wanted`.
    ///
    /// # Errors
    /// What is beyond them.
    pub fn may_give(&self, wanted: &BTreeSet<Permission>) -> Result<(), Beyond> {
        let beyond: BTreeSet<Permission> = wanted.difference(&self.grantable()).copied().collect();
        if beyond.is_empty() {
            Ok(())
        } else {
            Err(Beyond(beyond))
        }
    }

    /// Whether this person may manage whoever has `rights`, or let somebody into a group that gives them. `own` are this
    /// person's own rights.
    ///
    /// What is held in other organizations is measured by what one holds there. Whoever administers the organization
    /// answers for its people there, as the organization does that is trusted (P1); the provider's staff stand in all of
    /// them.
    ///
    /// # Errors
    /// What is beyond them.
    pub fn may_manage(&self, rights: &Rights, own: &Rights) -> Result<(), Beyond> {
        self.may_give(&rights.home)?;
        if self.administers() {
            return Ok(());
        }
        let nothing = BTreeSet::new();
        for (organization, held) in &rights.elsewhere {
            let mine = match self.side {
                Side::Provider => &self.permissions,
                Side::Customer => own.elsewhere.get(organization).unwrap_or(&nothing),
            };
            let beyond: BTreeSet<Permission> = held.difference(mine).copied().collect();
            if !beyond.is_empty() {
                return Err(Beyond(beyond));
            }
        }
        Ok(())
    }
}
