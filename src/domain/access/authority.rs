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
//! - Who reads the cases of a restricted line (A4) is changed by whoever reads them: by its grants, by its place, and by
//!   who is in a group that is granted it.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use super::{Access, Permission, Role};
use crate::domain::ids::{LineId, OrganizationId};
use crate::domain::organization::{OrganizationKind, Side};

/// All that a person may do, or that being in a group gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    /// In the organization that they belong to.
    pub home: BTreeSet<Permission>,
    /// In others, by way of pairings (P3).
    pub elsewhere: BTreeMap<OrganizationId, BTreeSet<Permission>>,
    /// The restricted lines whose cases they read by being in a group (A4).
    pub lines: BTreeSet<LineId>,
}

impl Rights {
    /// Rights at home alone.
    pub fn at_home(home: BTreeSet<Permission>) -> Self {
        Self {
            home,
            ..Self::default()
        }
    }

    /// Whether all of them are held where one belongs: whoever measures them needs nothing but what they may do there.
    pub fn are_at_home(&self) -> bool {
        self.elsewhere.is_empty() && self.lines.is_empty()
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
        let mut all = BTreeSet::clone(&self.permissions);
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

    /// Whether this person may manage whoever has `rights`. `own` are this person's own rights.
    ///
    /// What is held in other organizations is measured by what one holds there. Whoever administers the organization
    /// answers for its people there, as the organization does that is trusted (P1); the provider's staff stand in all of
    /// them. An API token allows no more there than anywhere.
    ///
    /// # Errors
    /// What is beyond them.
    pub fn may_manage(&self, rights: &Rights, own: &Rights) -> Result<(), Beyond> {
        self.may_give(&rights.home)?;
        self.reads_all_of(&rights.lines, own)?;
        if self.administers() {
            return Ok(());
        }
        let nothing = BTreeSet::new();
        for (organization, held) in &rights.elsewhere {
            let mine = match self.side {
                Side::Provider => &self.permissions,
                Side::Customer => own.elsewhere.get(organization).unwrap_or(&nothing),
            };
            let beyond: BTreeSet<Permission> = held
                .iter()
                .filter(|permission| !mine.contains(permission) || !self.is_in_scope(**permission))
                .copied()
                .collect();
            if !beyond.is_empty() {
                return Err(Beyond(beyond));
            }
        }
        Ok(())
    }

    /// Whether this person may let somebody into a group that gives `rights`, or out of it. That a group reads a line is
    /// the line's grant, and whoever changes its members changes who reads.
    ///
    /// # Errors
    /// What is beyond them.
    pub fn may_open(&self, rights: &Rights, own: &Rights) -> Result<(), Beyond> {
        if !rights.lines.is_empty() && !self.can(Permission::LinesManage) {
            return Err(Beyond(BTreeSet::from([Permission::LinesManage])));
        }
        self.may_manage(rights, own)
    }

    /// Whether this person reads the cases of all these restricted lines, and so may change who else does.
    ///
    /// # Errors
    /// That they would have to read all lines.
    pub fn reads_all_of(&self, lines: &BTreeSet<LineId>, own: &Rights) -> Result<(), Beyond> {
        if lines.is_subset(&own.lines) || self.can(Permission::LinesReadAll) {
            Ok(())
        } else {
            Err(Beyond(BTreeSet::from([Permission::LinesReadAll])))
        }
    }
}
