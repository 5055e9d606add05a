//! One-time links: what they are good for.

use crate::domain::closed_enum;

closed_enum! {
    /// What the holder of a one-time link may do with it.
    pub enum LinkPurpose {
        /// Choose the first password of an account.
        Invitation = "invitation",
        /// Set a new password in place of a forgotten one.
        PasswordReset = "password_reset",
    }
}

impl LinkPurpose {
    /// The path of the page that a link with this secret leads to.
    pub fn path(self, token: &str) -> String {
        match self {
            Self::Invitation => format!("/invitations/{token}"),
            Self::PasswordReset => format!("/password-resets/{token}"),
        }
    }
}

closed_enum! {
    /// Where a one-time link stands.
    pub enum LinkState {
        /// It can be used.
        Good = "good",
        /// It was used.
        Used = "used",
        /// A later one took its place, or it was called back.
        Revoked = "revoked",
        /// Its time is over.
        Expired = "expired",
    }
}
