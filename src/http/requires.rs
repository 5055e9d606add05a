//! What a route asks of whoever calls it: said once in its row, asked in one place for the API and the portal alike.

use super::principal::{Principal, Via};
use super::problem::{Code, Problem};
use crate::domain::access::Permission;

/// What a route asks of whoever calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requires {
    /// Nothing.
    Anyone,
    /// To have come in, be it with a password that an administrator gave and that is yet to be replaced.
    Entered,
    /// To be signed in.
    SignedIn,
    /// To be the owner of the account, wherever they act: an API token that allows only a part of what its owner may do
    /// is not enough, for it could make itself more, or keep its owner from being told.
    Owner,
    /// To be the owner of the account and in their own organization: what proves who somebody is, is not set by way of a
    /// pairing.
    OwnerAtHome,
    /// The same, be it with a password that an administrator gave: here it is replaced.
    OwnPassword,
    /// This permission.
    Permission(Permission),
}

/// Needs nothing.
pub const ANYONE: Requires = Requires::Anyone;
/// Needs somebody who came in.
pub const ENTERED: Requires = Requires::Entered;
/// Needs somebody who is signed in.
pub const SIGNED_IN: Requires = Requires::SignedIn;
/// Needs the owner of the account.
pub const OWNER: Requires = Requires::Owner;
/// Needs the owner of the account, in their own organization.
pub const OWNER_AT_HOME: Requires = Requires::OwnerAtHome;
/// Needs the owner of the account in their own organization, who may have yet to choose a password.
pub const OWN_PASSWORD: Requires = Requires::OwnPassword;

/// Needs this permission.
pub const fn may(permission: Permission) -> Requires {
    Requires::Permission(permission)
}

impl Requires {
    /// Whether somebody who is signed in is who is asked for.
    ///
    /// # Errors
    /// Why not: [`Code::PasswordChangeRequired`], [`Code::ScopedToken`], [`Code::NotThroughPairing`], [`Code::MissingPermission`].
    pub fn met_by(self, who: &Principal) -> Result<(), Problem> {
        let owner = || match who.via {
            Via::Token { scoped: true, .. } => Err(Problem::new(Code::ScopedToken)),
            Via::Token { .. } | Via::Session { .. } => Ok(()),
        };
        let newcomers = matches!(self, Self::Anyone | Self::Entered | Self::OwnPassword);
        if who.chooses_password && !newcomers {
            return Err(Problem::new(Code::PasswordChangeRequired));
        }
        match self {
            Self::Anyone | Self::Entered | Self::SignedIn => Ok(()),
            Self::Owner => owner(),
            Self::OwnerAtHome | Self::OwnPassword => {
                owner()?;
                match who.access().through {
                    None => Ok(()),
                    Some(_) => Err(Problem::new(Code::NotThroughPairing)),
                }
            }
            Self::Permission(permission) => Ok(who.access().require(permission)?),
        }
    }
}
