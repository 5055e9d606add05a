//! People on a page.

use serde::Serialize;

/// Who wrote something.
#[derive(Clone, Debug, Serialize)]
pub struct PersonView {
    /// First and last name.
    pub name: String,
    /// Two letters for the avatar.
    pub initials: String,
    /// Whether the provider's.
    pub staff: bool,
    /// "Support", or the organization.
    pub place: String,
}
