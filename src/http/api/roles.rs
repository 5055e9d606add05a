//! The predefined roles (A2).

use super::documents::RoleDocument;
use crate::domain::access::Role;
use crate::domain::organization::Side;
use crate::http::call::{Call, SIGNED_IN};
use crate::http::pagination::Page;
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::route::{Route, table};

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { roles:
        GET "/roles" SIGNED_IN => list, "The roles that people of your side can have, and what they grant; staff see all";
    }
}

/// The roles that people of the caller's side can have; staff see all.
pub async fn list(call: Call) -> Result<Reply<Page<RoleDocument>>, Problem> {
    let side = call.principal.side();
    let seen = Role::ALL
        .iter()
        .copied()
        .filter(|role| side == Side::Provider || role.side() == side);
    Reply::new(&Page::whole(seen.map(RoleDocument::from).collect()))
}
