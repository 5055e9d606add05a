//! Where a request comes from.

use std::net::{IpAddr, Ipv6Addr};

use actix_web::HttpRequest;

use super::desk::Desk;
use crate::config::Network;

/// The client's address: the connection's, or what a trusted proxy says of it.
pub fn address(desk: &Desk, request: &HttpRequest) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip().to_canonical();
    let forwarded: Vec<&str> = request
        .headers()
        .get_all("x-forwarded-for")
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect();
    Some(behind_proxies(&desk.trusted_proxies, peer, &forwarded))
}

/// Each proxy adds whom it heard from at the end, so the list is believed from its end for as long as a trusted proxy
/// speaks; what stands before that anyone may have written.
fn behind_proxies(trusted: &[Network], peer: IpAddr, forwarded: &[&str]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut client = peer;
    for claim in forwarded.iter().rev() {
        if !is_trusted(client) {
            break;
        }
        match claim.parse::<IpAddr>() {
            Ok(address) => client = address.to_canonical(),
            Err(_) => break,
        }
    }
    client
}

/// What attempts from one place are counted under: an IPv6 subscriber has a whole /64 to choose from.
pub fn place(address: IpAddr) -> String {
    match network(address) {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(network) => format!("{network}/64"),
    }
}

/// The address of a place: of an IPv6 subscriber that of their /64.
pub fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(trusted: &[&str], peer: &str, forwarded: &[&str]) -> String {
        let trusted: Vec<Network> = trusted
            .iter()
            .map(|text| text.parse().expect("a network"))
            .collect();
        behind_proxies(&trusted, peer.parse().expect("an address"), forwarded).to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        assert_eq!(client(&[], "203.0.113.1", &["198.51.100.1"]), "203.0.113.1");
        assert_eq!(
            client(&["10.0.0.0/8"], "10.0.0.1", &["198.51.100.1"]),
            "198.51.100.1"
        );
        // The client itself wrote the first; the proxies added the rest.
        assert_eq!(
            client(
                &["10.0.0.0/8"],
                "10.0.0.1",
                &["1.2.3.4", "198.51.100.1", "10.0.0.2"]
            ),
            "198.51.100.1"
        );
        assert_eq!(
            client(&["10.0.0.0/8"], "10.0.0.1", &["unknown"]),
            "10.0.0.1"
        );
        assert_eq!(client(&["10.0.0.0/8"], "10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn an_ipv6_subscriber_is_one_place() {
        let place = |text: &str| place(text.parse().expect("an address"));
        assert_eq!(place("2001:db8:1:2:3:4:5:6"), place("2001:db8:1:2:ffff::1"));
        assert_ne!(place("2001:db8:1:2::1"), place("2001:db8:1:3::1"));
        assert_eq!(place("198.51.100.1"), "198.51.100.1");
    }
}
