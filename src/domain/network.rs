//! Ranges of network addresses, and who may work from where (A7).

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A range of addresses, `10.0.0.0/8`; a single address is a range of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

/// A text that is no range of addresses.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MalformedNetwork {
    /// Before the slash stands no address.
    #[error("`{0}` is no network; {RIGHT}")]
    Address(String),
    /// What stands behind the slash is no length of such an address.
    #[error("`{0}` has no usable length; {RIGHT}")]
    Length(String),
}

const RIGHT: &str = "right would be an address such as 10.0.0.1 or a range such as 10.0.0.0/8";

impl MalformedNetwork {
    /// The text.
    pub fn text(&self) -> &str {
        match self {
            Self::Address(text) | Self::Length(text) => text,
        }
    }
}

impl Network {
    /// Whether `address` lies in the range.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => same_prefix(
                u128::from(ours.to_bits()),
                u128::from(theirs.to_bits()),
                32,
                self.prefix,
            ),
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => {
                same_prefix(ours.to_bits(), theirs.to_bits(), 128, self.prefix)
            }
            _ => false,
        }
    }
}

fn same_prefix(a: u128, b: u128, width: u32, prefix: u8) -> bool {
    let rest = width - u32::from(prefix);
    a.checked_shr(rest).unwrap_or(0) == b.checked_shr(rest).unwrap_or(0)
}

impl FromStr for Network {
    type Err = MalformedNetwork;

    fn from_str(text: &str) -> Result<Self, MalformedNetwork> {
        let (address, prefix) = text
            .split_once('/')
            .map_or((text, None), |(a, p)| (a, Some(p)));
        let address: IpAddr = address
            .parse()
            .map_err(|_| MalformedNetwork::Address(text.to_owned()))?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix.map(str::parse::<u8>) {
            None => width,
            Some(Ok(prefix)) if prefix <= width => prefix,
            Some(_) => return Err(MalformedNetwork::Length(text.to_owned())),
        };
        Ok(Self { address, prefix })
    }
}

impl TryFrom<String> for Network {
    type Error = MalformedNetwork;

    fn try_from(text: String) -> Result<Self, MalformedNetwork> {
        text.parse()
    }
}

impl From<Network> for String {
    fn from(network: Network) -> Self {
        network.to_string()
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl utoipa::PartialSchema for Network {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        utoipa::openapi::schema::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some(
                "A range of addresses, such as `10.0.0.0/8` or `2001:db8::/32`; a single address is a range of one.",
            ))
            .into()
    }
}

impl utoipa::ToSchema for Network {}

/// Whether somebody may work from an address where these networks are allowed: from anywhere if none is named. Nobody is let
/// in from an address that is not known, where it matters.
pub fn admits(allowed: &[Network], from: Option<IpAddr>) -> bool {
    allowed.is_empty() || from.is_some_and(|from| allowed.iter().any(|one| one.contains(from)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Network {
        text.parse().expect("a network")
    }

    #[test]
    fn a_network_is_written_as_it_is_read() {
        for text in ["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32", "::1/128"] {
            assert_eq!(network(text).to_string(), text);
        }
        assert_eq!(network("192.0.2.7"), network("192.0.2.7/32"));
        for wrong in [
            "",
            "office",
            "10.0.0.0/33",
            "10.0.0.0/",
            "10.0.0.0/8/8",
            "2001:db8::/129",
        ] {
            let error = wrong.parse::<Network>().expect_err(wrong);
            assert_eq!(error.text(), wrong);
        }
    }

    #[test]
    fn people_work_from_the_networks_that_are_allowed() {
        let office = [network("192.0.2.0/25"), network("2001:db8::/32")];
        let from = |text: &str| Some(text.parse().expect("an address"));
        assert!(admits(&office, from("192.0.2.127")));
        assert!(!admits(&office, from("192.0.2.128")));
        assert!(admits(&office, from("2001:db8:ffff::1")));
        assert!(!admits(&office, from("2001:db9::1")));
        assert!(
            admits(&office, from("::ffff:192.0.2.1")),
            "an IPv4 address within IPv6"
        );
        assert!(!admits(&office, None));
        assert!(admits(&[], None) && admits(&[], from("203.0.113.1")));
    }
}
