//! The server's address, completed with the time-outs of the system's own.

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
}
