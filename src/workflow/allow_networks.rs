//! From which networks people work in an organization (A7).

use std::net::IpAddr;

use super::administer::{By, held, refused};
use super::{Expected, VerbResult, publish};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::event::{AdministrativeEvent, Changed, NetworkFields};
use crate::domain::ids::OrganizationId;
use crate::domain::network::{Network, admits};
use crate::input::input;
use crate::store::organizations;

input! {
    /// The networks from which people work from now on.
    pub struct AllowNetworks {
        /// In which organization, by id or slug; your own if not given.
        organization: Option<String>,
        /// The networks, such as `192.0.2.0/24` or `2001:db8::/32`; from anywhere if there is none.
        networks: Vec<Network>,
    }
}

/// Lets the people of an organization, and those who are paired into it, work from these networks alone, by page and by token.
/// It holds with their next request, and ends their live streams.
///
/// It is tried first: whoever would keep themselves out is refused. `from` is the address that the actor comes from.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Stale`, `Field`.
pub fn allow_networks(
    conn: &mut Conn,
    (by, from): (By<'_>, Option<IpAddr>),
    organization: OrganizationId,
    expected: Expected<'_>,
    networks: &[Network],
    now: Instant,
) -> VerbResult<()> {
    let found = held(conn, (by, Permission::RolesManage), organization, expected)?;
    let acts_there = by.is_some_and(|actor| actor.access.organization == organization);
    if acts_there && !admits(networks, from) {
        let from = from.map(|from| from.to_string()).unwrap_or_default();
        return Err(refused("networks", "locks_out", from).into());
    }
    let mut allowed: Vec<Network> = Vec::with_capacity(networks.len());
    for network in networks {
        if !allowed.contains(network) {
            allowed.push(*network);
        }
    }
    if found.allowed_networks.0 == allowed {
        return Ok(());
    }
    organizations::set_allowed_networks(conn, organization, &allowed)?;
    let fields = |networks: &[Network]| NetworkFields {
        allowed_networks: networks.iter().map(Network::to_string).collect(),
    };
    let changed = Changed {
        before: fields(&found.allowed_networks),
        after: fields(&allowed),
    };
    let event = AdministrativeEvent::AllowedNetworksChanged(organization, changed);
    publish::administrative(conn, by, event, now)
}
