//! The server's address: completed with time-outs, and looked at for what its way there has to be.

use std::net::IpAddr;

use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

/// What libpq is told unless the address says something else: how long to try (seconds), and when a line on which nothing
/// comes back is taken to be cut (seconds, and milliseconds for what was sent and not confirmed).
const DEFAULTS: [(&str, &str); 7] = [
    ("connect_timeout", "3"),
    ("keepalives", "1"),
    ("keepalives_idle", "5"),
    ("keepalives_interval", "2"),
    ("keepalives_count", "3"),
    ("tcp_user_timeout", "10000"),
    ("application_name", "casebell"),
];

/// The address with what it leaves open.
pub(in crate::db) fn completed(url: &SecretString) -> SecretString {
    let text = url.expose_secret();
    // An address with several hosts is none for `Url`; libpq reads it.
    let given = |name: &str| match Url::parse(text) {
        Ok(url) => url.query_pairs().any(|(key, _)| key == name),
        Err(_) => text.contains(&format!("{name}=")),
    };
    let mut completed = text.to_owned();
    for (name, value) in DEFAULTS {
        if !given(name) {
            completed.push(if completed.contains('?') { '&' } else { '?' });
            completed.push_str(&format!("{name}={value}"));
        }
    }
    completed.into()
}

/// The first server of another machine to which `url` may lead without TLS: unless `sslmode` is `require` or more, libpq
/// goes in the clear where the server, or somebody who answers in its place, has no TLS. `otherwise` is the mode where the
/// address has none. Sockets and this machine's own addresses are no way that others can listen to.
pub fn unencrypted_host(url: &SecretString, otherwise: Option<&str>) -> Option<String> {
    let text = url.expose_secret();
    let (_, rest) = text.split_once("://")?;
    let (before, query) = rest.split_once('?').unwrap_or((rest, ""));
    let parameter = |name: &str| {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        // Of one that is given twice libpq takes the last.
        let value = pairs
            .filter(|(key, _)| *key == name)
            .map(|(_, value)| value)
            .next_back();
        value.map(|value| percent_decode_str(value).decode_utf8_lossy().into_owned())
    };
    let mode = parameter("sslmode").or_else(|| otherwise.map(str::to_owned));
    if matches!(
        mode.as_deref(),
        Some("require" | "verify-ca" | "verify-full")
    ) {
        return None;
    }
    let authority = before.split('/').next().unwrap_or_default();
    let hosts = authority.rsplit('@').next().unwrap_or_default();
    let hosts = parameter("hostaddr")
        .or_else(|| parameter("host"))
        .unwrap_or_else(|| {
            let names = hosts.split(',').map(without_port).collect::<Vec<_>>();
            percent_decode_str(&names.join(","))
                .decode_utf8_lossy()
                .into_owned()
        });
    hosts
        .split(',')
        .find(|host| !is_this_machine(host))
        .map(str::to_owned)
}

/// `host` of `host:port`, and `address` of `[address]:port`.
fn without_port(host: &str) -> &str {
    match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    }
}

/// Whether it is a folder of sockets, or an address of this machine that no other one reaches. Without a host libpq takes a socket.
fn is_this_machine(host: &str) -> bool {
    let is_loopback = || {
        host.parse()
            .is_ok_and(|address: IpAddr| address.to_canonical().is_loopback())
    };
    host.is_empty()
        || host.starts_with(['/', '@'])
        || host.eq_ignore_ascii_case("localhost")
        || is_loopback()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> String {
        completed(&text.into()).expose_secret().to_owned()
    }

    #[test]
    fn what_the_address_leaves_open_is_completed() {
        let plain = of("postgres://me:secret@db/desk");
        assert!(
            plain.starts_with("postgres://me:secret@db/desk?connect_timeout=3&keepalives=1&"),
            "{plain}"
        );
        assert!(plain.contains("&tcp_user_timeout=10000"), "{plain}");
    }

    #[test]
    fn what_the_address_says_holds() {
        let own = of("postgres://db/desk?sslmode=require&connect_timeout=30");
        assert!(
            own.starts_with("postgres://db/desk?sslmode=require&connect_timeout=30&keepalives=1&"),
            "{own}"
        );
        assert_eq!(own.matches("connect_timeout").count(), 1);
    }
    #[test]
    fn a_way_that_others_can_listen_to_is_known() {
        let host = |url: &str| unencrypted_host(&url.into(), None);
        for (url, expected) in [
            ("postgres://me:p%40ss@db.example.com/desk", "db.example.com"),
            (
                "postgresql://db.example.com:5433?sslmode=prefer",
                "db.example.com",
            ),
            (
                "postgres://me@10.0.0.7/desk?sslmode=require&sslmode=disable",
                "10.0.0.7",
            ),
            ("postgres://[2001:db8::7]:5432/desk", "2001:db8::7"),
            ("postgres://localhost:1,db2:2/desk", "db2"),
            ("postgres:///desk?host=db.example.com", "db.example.com"),
            ("postgres://localhost/desk?hostaddr=10.0.0.7", "10.0.0.7"),
        ] {
            assert_eq!(host(url).as_deref(), Some(expected), "{url}");
        }
        for url in [
            "postgres://me:secret@db.example.com/desk?sslmode=require",
            "postgres://db.example.com/desk?connect_timeout=3&sslmode=verify%2Dfull",
            "postgres://me:secret@127.0.0.1:5432/desk",
            "postgres://[::1]/desk",
            "postgres://LOCALHOST/desk",
            "postgres:///desk",
            "postgres://%2Fvar%2Frun%2Fpostgresql/desk",
            "postgres:///desk?host=/var/run/postgresql",
            "postgres:///desk?host=%40abstract",
        ] {
            assert_eq!(host(url), None, "{url}");
        }
    }

    #[test]
    fn the_mode_of_the_environment_is_for_addresses_that_have_none() {
        let host = |url: &str, mode| unencrypted_host(&url.into(), Some(mode));
        assert_eq!(host("postgres://db/desk", "verify-full"), None);
        assert!(host("postgres://db/desk", "allow").is_some());
        assert!(host("postgres://db/desk?sslmode=disable", "verify-full").is_some());
    }
}
