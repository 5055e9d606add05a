//! Where a request comes from: the peer of its connection, or what proxies say that are trusted to say so.
//!
//! `X-Forwarded-For`, or else `Forwarded` (RFC 7239), is believed from its end for as long as a trusted proxy speaks. What
//! anybody else writes there is not believed, and said once in the log: behind a proxy that is not named in
//! `CASEBELL_TRUSTED_PROXIES`, everybody comes from one place.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderMap, HeaderName};

use crate::config::PublicUrl;
use crate::domain::network::Network;

const FORWARDED_FOR: HeaderName = header::X_FORWARDED_FOR;
const FORWARDED_PROTO: HeaderName = header::X_FORWARDED_PROTO;

/// The proxies before this process.
#[derive(Debug, Default)]
pub struct Proxies {
    trusted: Vec<Network>,
    has_told_of_strangers: AtomicBool,
    has_told_of_scheme: AtomicBool,
}

impl Proxies {
    /// These are trusted.
    pub fn trusted(trusted: Vec<Network>) -> Self {
        Self {
            trusted,
            ..Self::default()
        }
    }

    fn trust(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(address))
    }

    /// The client of a request that came from `peer` with these headers.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let claims = Claims::of(headers);
        if claims.is_empty() {
            return peer;
        }
        if !self.trust(peer) {
            if !self.has_told_of_strangers.swap(true, Ordering::Relaxed) {
                tracing::warn!(
                    peer.address = %peer,
                    "a request says whom it was forwarded for, and its sender is not trusted to say so: if this is your proxy, name its network in CASEBELL_TRUSTED_PROXIES; until then everybody behind it comes from one address"
                );
            }
            return peer;
        }
        behind(peer, &claims.clients, |address| self.trust(address))
    }

    /// Says once that people come by another scheme than links and cookies are made for.
    fn check_scheme(&self, peer: IpAddr, headers: &HeaderMap, url: &PublicUrl) {
        let Some(scheme) = Claims::scheme(headers).filter(|_| self.trust(peer)) else {
            return;
        };
        let is_https = scheme.eq_ignore_ascii_case("https");
        if is_https != url.is_https() && !self.has_told_of_scheme.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                forwarded.is_https = is_https,
                "the proxy and CASEBELL_PUBLIC_URL disagree on whether people come by https: links and the protection of cookies follow CASEBELL_PUBLIC_URL"
            );
        }
    }
}

/// The client's address: the connection's, or what a trusted proxy of `proxies` says of it. `url` is the origin of links.
pub fn address(proxies: &Proxies, url: &PublicUrl, request: &HttpRequest) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip().to_canonical();
    proxies.check_scheme(peer, request.headers(), url);
    Some(proxies.client(peer, request.headers()))
}

/// Each proxy adds whom it heard from at the end, so the list is believed from its end for as long as a trusted proxy
/// speaks; what stands before that anyone may have written.
fn behind(peer: IpAddr, claims: &[Option<IpAddr>], is_trusted: impl Fn(IpAddr) -> bool) -> IpAddr {
    let mut client = peer;
    for claim in claims.iter().rev() {
        match claim {
            Some(address) if is_trusted(client) => client = *address,
            _ => break,
        }
    }
    client
}

/// What a request says of whom it was forwarded for, the first first; nothing where that is no address.
struct Claims {
    clients: Vec<Option<IpAddr>>,
}

impl Claims {
    /// Proxies that write one of the two headers often let the other through as it came, so they are not mixed: a proxy
    /// that writes `X-Forwarded-For` is the usual one. Where both are there and name others, nobody knows which of them
    /// the proxy wrote, and neither is believed.
    fn of(headers: &HeaderMap) -> Self {
        let listed: Vec<_> = texts(headers, &FORWARDED_FOR)
            .flat_map(|text| text.split(','))
            .map(node)
            .collect();
        let forwarded: Vec<_> = texts(headers, &header::FORWARDED)
            .flat_map(|text| split(text, ','))
            .filter_map(|element| parameter(element, "for"))
            .map(node)
            .collect();
        let clients = match (listed.is_empty(), forwarded.is_empty()) {
            (true, _) => forwarded,
            (false, true) => listed,
            (false, false) if listed.last() == forwarded.last() => listed,
            (false, false) => vec![None],
        };
        Self { clients }
    }

    fn scheme(headers: &HeaderMap) -> Option<&str> {
        let listed = texts(headers, &FORWARDED_PROTO)
            .flat_map(|text| text.split(','))
            .map(str::trim)
            .last();
        listed.or_else(|| {
            texts(headers, &header::FORWARDED)
                .flat_map(|text| split(text, ','))
                .filter_map(|element| parameter(element, "proto"))
                .last()
        })
    }

    fn is_empty(&self) -> bool {
        self.clients.is_empty()
    }
}

fn texts<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> + use<'a> {
    headers
        .get_all(name)
        .filter_map(|value| value.to_str().ok())
}

/// The parts of a text between separators that are not quoted.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    text.split(move |c| {
        is_quoted ^= c == '"';
        c == separator && !is_quoted
    })
}

/// The value of `name=value` in an element of `Forwarded`.
fn parameter<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    split(element, ';').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        (key.trim().eq_ignore_ascii_case(name)).then(|| value.trim().trim_matches('"'))
    })
}

/// An address as proxies write it: bare, with a port, in brackets, quoted. `unknown` and made-up names are none.
fn node(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"').trim();
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    let address = bare.parse::<IpAddr>().ok();
    let address = address.or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()));
    // A port may be a made-up name as well.
    let address = address.or_else(|| text.rsplit_once(':').and_then(|(host, _)| node(host)));
    address.map(|address| address.to_canonical())
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

/// The network around a place, of which one subscriber may have many places.
pub fn network_around(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => {
            let network = Ipv4Addr::from_bits(address.to_bits() & (u32::MAX << 8));
            format!("{network}/24")
        }
        IpAddr::V6(address) => {
            let network = Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 80));
            format!("{network}/48")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The client, where these proxies are trusted, as these headers say it.
    fn client(trusted: &[&str], peer: &str, headers: &[(&str, &str)]) -> String {
        let trusted = trusted
            .iter()
            .map(|text| text.parse().expect("a network"))
            .collect();
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(
                name.parse().expect("a name"),
                value.parse().expect("a value"),
            );
        }
        let peer = peer.parse().expect("an address");
        Proxies::trusted(trusted).client(peer, &map).to_string()
    }

    const OURS: &[&str] = &["10.0.0.0/8"];

    #[test]
    fn only_trusted_proxies_are_believed() {
        let list = |list| [("x-forwarded-for", list)];
        let claim = list("198.51.100.1");
        assert_eq!(client(&[], "203.0.113.1", &claim), "203.0.113.1");
        assert_eq!(client(OURS, "10.0.0.1", &claim), "198.51.100.1");
        // The client itself wrote the first; the proxies added the rest.
        let added = list("1.2.3.4, 198.51.100.1, 10.0.0.2");
        assert_eq!(client(OURS, "10.0.0.1", &added), "198.51.100.1");
        assert_eq!(client(OURS, "10.0.0.1", &list("unknown")), "10.0.0.1");
        assert_eq!(client(OURS, "10.0.0.1", &[]), "10.0.0.1");
        // A made-up name hides whatever stands before it.
        let hidden = list("198.51.100.1, _hidden, 10.0.0.2");
        assert_eq!(client(OURS, "10.0.0.1", &hidden), "10.0.0.2");
    }

    #[test]
    fn every_usual_form_is_understood() {
        for (name, value) in [
            ("x-forwarded-for", "2001:db8::7"),
            ("x-forwarded-for", "[2001:db8::7]"),
            ("x-forwarded-for", "[2001:db8::7]:4711"),
            ("x-forwarded-for", "\"[2001:db8::7]:4711\""),
            ("forwarded", "for=\"[2001:db8::7]\""),
            (
                "forwarded",
                "For=\"[2001:DB8::7]:4711\";proto=https;by=10.0.0.1",
            ),
            (
                "forwarded",
                "for=1.2.3.4, proto=http;for=\"[2001:db8::7]:_port\"",
            ),
        ] {
            assert_eq!(
                client(OURS, "10.0.0.1", &[(name, value)]),
                "2001:db8::7",
                "{value}"
            );
        }
        for value in ["198.51.100.1:8080", "::ffff:198.51.100.1", " 198.51.100.1 "] {
            let claim = [("x-forwarded-for", value)];
            assert_eq!(client(OURS, "10.0.0.1", &claim), "198.51.100.1", "{value}");
        }
        // Several headers are one list.
        let several = [
            ("x-forwarded-for", "1.2.3.4"),
            ("x-forwarded-for", "198.51.100.1"),
        ];
        assert_eq!(client(OURS, "10.0.0.1", &several), "198.51.100.1");
    }

    #[test]
    fn a_header_that_a_proxy_let_through_is_not_taken_for_its_own() {
        let both = |forwarded| {
            [
                ("x-forwarded-for", "198.51.100.1"),
                ("forwarded", forwarded),
            ]
        };
        assert_eq!(client(OURS, "10.0.0.1", &both("for=1.2.3.4")), "10.0.0.1");
        let same = both("for=198.51.100.1");
        assert_eq!(client(OURS, "10.0.0.1", &same), "198.51.100.1");
    }

    #[test]
    fn strangers_and_schemes_are_told_of_once() {
        let proxies = Proxies::trusted(vec!["10.0.0.0/8".parse().unwrap()]);
        let mut headers = HeaderMap::new();
        headers.append(FORWARDED_PROTO, "https".parse().unwrap());
        let url = PublicUrl::listening_on("127.0.0.1:8080".parse().unwrap());
        let (ours, other) = ("10.0.0.1".parse().unwrap(), "203.0.113.1".parse().unwrap());
        proxies.check_scheme(other, &headers, &url);
        assert!(!proxies.has_told_of_scheme.load(Ordering::Relaxed));
        proxies.check_scheme(ours, &headers, &url);
        assert!(proxies.has_told_of_scheme.load(Ordering::Relaxed));
        headers.append(FORWARDED_FOR, "198.51.100.1".parse().unwrap());
        proxies.client(ours, &headers);
        assert!(!proxies.has_told_of_strangers.load(Ordering::Relaxed));
        proxies.client(other, &headers);
        assert!(proxies.has_told_of_strangers.load(Ordering::Relaxed));
    }

    #[test]
    fn an_ipv6_subscriber_is_one_place() {
        let place = |text: &str| place(text.parse().expect("an address"));
        assert_eq!(place("2001:db8:1:2:3:4:5:6"), place("2001:db8:1:2:ffff::1"));
        assert_ne!(place("2001:db8:1:2::1"), place("2001:db8:1:3::1"));
        assert_eq!(place("198.51.100.1"), "198.51.100.1");
    }
}
