//! Pure policies over an [`Access`]: what it sees, writes and changes.

use thiserror::Error;

use super::{Access, Denied, Permission};
use crate::domain::closed_enum;
use crate::domain::escalation::Verb;
use crate::domain::feed::{Feed, Visibility};
use crate::domain::organization::Side;

closed_enum! {
    /// What an update of a case can name.
    pub enum CaseField {
        /// The subject.
        Subject = "subject",
        /// The description.
        Description = "description",
        /// The product.
        Product = "product",
        /// The business impact: what `E7` asks a contact to state.
        BusinessImpact = "business_impact",
        /// The priority: a contact asks for it instead (C5).
        Priority = "priority",
        /// The status.
        Status = "status",
        /// The deployment: it decides how long an RCA may take, so that staff set it right.
        Deployment = "deployment",
        /// The engineer who owns the case.
        Owner = "owner",
        /// The parties that the case waits on.
        Engagements = "engagements",
        /// The line of business.
        LineOfBusiness = "line_of_business",
    }
}

/// Why a field of a case is not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FieldRefusal {
    /// A contact asks for a priority, and does not set it (C5).
    #[error("a contact asks for a priority instead of setting it")]
    ByPriorityRequest,
    /// Only staff change it.
    #[error("only staff change {0}")]
    StaffOnly(CaseField),
    /// The permission is not to be used.
    #[error(transparent)]
    Denied(#[from] Denied),
}

impl Access {
    /// The feeds of a case that exist for this person, who may see the case.
    pub fn feeds(&self) -> &'static [Feed] {
        match self.can(Permission::EscalationsView) {
            true => Feed::ALL,
            false => &[Feed::Case],
        }
    }

    /// Whether an entry of a feed exists for this person, who may see its case.
    pub fn sees_entry(&self, feed: Feed, visibility: Visibility) -> bool {
        self.feeds().contains(&feed) && self.sees(visibility)
    }

    /// Whether an entry exists for this person (F2). The side is asked besides the permission: an internal entry
    /// reaches no customer, whatever a role says.
    pub fn sees(&self, visibility: Visibility) -> bool {
        match visibility {
            Visibility::Public => true,
            Visibility::Internal => {
                self.side == Side::Provider && self.can(Permission::FeedsInternal)
            }
        }
    }

    /// Whether this person may write an entry that is visible like this (F2, F3). Who only sees internal entries, as
    /// monitors do, writes none.
    ///
    /// # Errors
    /// Why the permission is not to be used.
    pub fn may_write(&self, visibility: Visibility) -> Result<(), Denied> {
        self.require(Permission::FeedsComment)?;
        if self.sees(visibility) {
            Ok(())
        } else {
            Err(Denied::Missing(Permission::FeedsInternal))
        }
    }

    /// Whether this person may change a field in an update of a case (C3, C5).
    ///
    /// # Errors
    /// Why not.
    pub fn may_change(&self, field: CaseField) -> Result<(), FieldRefusal> {
        let permission = match (self.side, field) {
            (
                _,
                CaseField::Subject
                | CaseField::Description
                | CaseField::Product
                | CaseField::BusinessImpact,
            ) => Permission::CasesUpdate,
            (Side::Customer, CaseField::Priority) => return Err(FieldRefusal::ByPriorityRequest),
            (Side::Customer, field) => return Err(FieldRefusal::StaffOnly(field)),
            (Side::Provider, CaseField::Deployment) => Permission::CasesUpdate,
            (
                Side::Provider,
                CaseField::Priority
                | CaseField::Status
                | CaseField::Owner
                | CaseField::Engagements
                | CaseField::LineOfBusiness,
            ) => Permission::CasesWork,
        };
        Ok(self.require(permission)?)
    }

    /// Whether this person may act in an escalation owner's place (M4).
    pub fn supervises(&self) -> bool {
        self.side == Side::Provider && self.can(Permission::EscalationsAssign)
    }
}

/// The permission that a verb on an escalation needs.
pub const fn permission_to(verb: Verb) -> Permission {
    match verb {
        Verb::Claim
        | Verb::Accept
        | Verb::Rerank
        | Verb::Decline
        | Verb::Close
        | Verb::AskRater => Permission::EscalationsReview,
        Verb::Assign => Permission::EscalationsAssign,
        Verb::Withdraw => Permission::EscalationsWithdraw,
        Verb::Rate => Permission::EscalationsRate,
    }
}
