//! Organizations and the two sides of a case.

use crate::domain::closed_enum;

closed_enum! {
    /// What an organization is to the installation.
    pub enum OrganizationKind {
        /// Gives support and runs the installation; there is exactly one.
        Provider = "provider",
        /// Receives support.
        Customer = "customer",
        /// Receives support and acts for its clients.
        Partner = "partner",
    }
}

closed_enum! {
    /// The two sides of a case: who asks and who answers.
    pub enum Side {
        /// Customers and partners.
        Customer = "customer",
        /// The provider's staff.
        Provider = "provider",
    }
}

impl OrganizationKind {
    /// The side on which this kind of organization's people stand.
    pub const fn side(self) -> Side {
        match self {
            Self::Provider => Side::Provider,
            Self::Customer | Self::Partner => Side::Customer,
        }
    }
}
