use std::ffi::OsString;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use super::*;

fn read(file: Option<&Path>, variables: &[(&str, &str)]) -> Result<Settings, ConfigError> {
    let environment = variables
        .iter()
        .map(|(name, value)| (OsString::from(name), OsString::from(value)));
    Settings::read(file.map(PathBuf::from), environment)
}

fn mistakes(variables: &[(&str, &str)]) -> Vec<Mistake> {
    read(None, variables).expect_err("mistakes").0
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), text).expect("written");
    file
}

#[test]
fn nothing_needs_to_be_set() {
    let settings = read(None, &[("PATH", "/bin")]).expect("defaults");
    assert_eq!(settings.database_url.expose(), "sqlite://data/casebell.db");
    assert!(matches!(&settings.mail_url, MailUrl::Folder(path) if path == Path::new("data/mail")));
    assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(
        settings.mail_from.to_string(),
        "Casebell <casebell@localhost>"
    );
    assert_eq!(settings.support_phone, None);
}

#[test]
fn the_environment_wins_over_the_file() {
    let file = file(
        "listen = \"0.0.0.0:1\"\nsupport_phone = \"0800 1\"\nworkers = 3\ndata_dir = \"/srv/casebell\"\n",
    );
    let settings = read(Some(file.path()), &[("CASEBELL_LISTEN", "[::1]:2")]).expect("settings");
    assert_eq!(settings.listen.to_string(), "[::1]:2");
    assert_eq!(settings.support_phone.as_deref(), Some("0800 1"));
    assert_eq!(settings.workers, Some(3));
    assert_eq!(
        settings.database_url.expose(),
        "sqlite:///srv/casebell/casebell.db"
    );
}

#[test]
fn a_value_is_taken_as_it_is_written() {
    // Figment would read a number, and the zeros would be gone.
    let settings = read(None, &[("CASEBELL_SUPPORT_PHONE", "0080012")]).expect("settings");
    assert_eq!(settings.support_phone.as_deref(), Some("0080012"));
}

#[test]
fn an_empty_value_is_an_unset_one() {
    let settings = read(
        None,
        &[("CASEBELL_PUBLIC_URL", ""), ("CASEBELL_WORKERS", " ")],
    )
    .expect("settings");
    assert!(settings.public_url.is_none() && settings.workers.is_none());
}

#[test]
fn every_mistake_is_reported_with_key_source_and_remedy() {
    let file = file("wrokers = 4\nlog_format = \"pretty\"\nmail_from = { name = \"x\" }\n");
    let error = read(
        Some(file.path()),
        &[
            ("CASEBELL_LISTEN", "localhost"),
            ("CASEBELL_DATABASE_URL", "mysql://root:hunter2@db/x"),
        ],
    )
    .expect_err("mistakes");
    let keys: Vec<&str> = error.0.iter().map(|mistake| mistake.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "wrokers",
            "database_url",
            "listen",
            "mail_from",
            "log_format"
        ]
    );
    let text = error.to_string();
    assert!(text.contains("did you mean `workers`?"), "{text}");
    assert!(
        text.contains(
            "listen = \"localhost\" (environment variable CASEBELL_LISTEN): not an address"
        ),
        "{text}"
    );
    assert!(text.contains(&file.path().display().to_string()), "{text}");
    assert!(!text.contains("hunter2"), "a secret is not shown: {text}");
}

#[test]
fn an_unknown_variable_is_a_mistake() {
    let found = mistakes(&[("CASEBELL_DATABASEURL", "sqlite://x")]);
    assert_eq!(found[0].source, "environment variable CASEBELL_DATABASEURL");
    assert!(
        found[0].why.contains("did you mean `database_url`?"),
        "{}",
        found[0].why
    );
}

#[test]
fn a_file_that_is_missing_or_no_toml_is_named() {
    let found = read(Some(Path::new("/nowhere/casebell.toml")), &[])
        .expect_err("missing")
        .0;
    assert_eq!(found[0].source, "--config");
    let found = mistakes(&[("CASEBELL_CONFIG", "/nowhere/casebell.toml")]);
    assert_eq!(found[0].source, "environment variable CASEBELL_CONFIG");
    let broken = file("listen = \n");
    let found = read(Some(broken.path()), &[]).expect_err("no TOML").0;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].source, broken.path().display().to_string());
    assert!(
        found[0].why.starts_with("not readable as TOML"),
        "{}",
        found[0].why
    );
}

#[test]
fn values_that_cannot_be_right_say_what_would_be() {
    for (name, value, why) in [
        ("CASEBELL_DATABASE_URL", "sqlite://", "names no file"),
        ("CASEBELL_DATABASE_URL", "sqlite::memory:", "not a database"),
        (
            "CASEBELL_MAIL_URL",
            "mailto:x@example.com",
            "not a way to send mail",
        ),
        ("CASEBELL_MAIL_URL", "smtp:", "not a way to send mail"),
        ("CASEBELL_PUBLIC_URL", "support.example.com", "not a URL"),
        (
            "CASEBELL_PUBLIC_URL",
            "ftp://support.example.com",
            "neither http nor https",
        ),
        (
            "CASEBELL_PUBLIC_URL",
            "https://example.com/support",
            "more than scheme, host and port",
        ),
        ("CASEBELL_MAIL_FROM", "nobody", "not a sender"),
        ("CASEBELL_SECRET_KEY", "secret", "too short"),
        ("CASEBELL_LOG", "casebell=loud", "not a log filter"),
        ("CASEBELL_WORKERS", "0", "1 to 256"),
        ("CASEBELL_TEMPLATES_DIR", "/nowhere", "no such directory"),
        (
            "CASEBELL_TRUSTED_PROXIES",
            "10.0.0.0/33",
            "no usable length",
        ),
        ("CASEBELL_TRUSTED_PROXIES", "10.0.0.1, proxy", "no network"),
        ("CASEBELL_METRICS_TOKEN", "figures", "16 or more"),
        (
            "CASEBELL_METRICS_TOKEN",
            "figures of this desk",
            "16 or more",
        ),
    ] {
        let found = mistakes(&[(name, value)]);
        assert!(
            found[0].why.contains(why),
            "{name}={value}: {}",
            found[0].why
        );
    }
}

#[test]
fn an_origin_is_bare_and_knows_whether_it_is_https() {
    let settings = read(
        None,
        &[("CASEBELL_PUBLIC_URL", "https://Support.Example.com:443/")],
    )
    .expect("settings");
    let url = settings.public_url.expect("set");
    assert_eq!(url.as_str(), "https://support.example.com");
    assert!(url.is_https());
    assert_eq!(
        url.link("/cases/C-000123"),
        "https://support.example.com/cases/C-000123"
    );
    assert_eq!(
        settings.mail_from.to_string(),
        "Casebell <casebell@support.example.com>"
    );
    let address = |text: &str| text.parse().expect("an address");
    assert_eq!(
        PublicUrl::listening_on(address("0.0.0.0:80")).as_str(),
        "http://localhost:80"
    );
    assert_eq!(
        PublicUrl::listening_on(address("[::1]:8080")).as_str(),
        "http://[::1]:8080"
    );
}

#[test]
fn networks_contain_their_addresses() {
    let network = |text: &str| text.parse::<Network>().expect("a network");
    let address = |text: &str| text.parse::<IpAddr>().expect("an address");
    assert!(network("10.0.0.0/8").contains(address("10.200.3.4")));
    assert!(network("10.0.0.0/8").contains(address("::ffff:10.1.2.3")));
    assert!(!network("10.0.0.0/8").contains(address("11.0.0.1")));
    assert!(network("0.0.0.0/0").contains(address("203.0.113.9")));
    assert!(network("2001:db8::/32").contains(address("2001:db8:1::1")));
    assert!(!network("2001:db8::1").contains(address("2001:db8::2")));
}

#[test]
fn secrets_are_not_shown() {
    let settings = read(
        None,
        &[
            (
                "CASEBELL_DATABASE_URL",
                "postgres://casebell:hunter2@db/casebell",
            ),
            ("CASEBELL_MAIL_URL", "smtp://casebell:hunter2@mail:587"),
            ("CASEBELL_SECRET_KEY", "hunter2hunter2hunter2hunter2hunter2"),
        ],
    )
    .expect("settings");
    assert!(!format!("{settings:?}").contains("hunter2"));
    assert_eq!(settings.database_url.to_string(), "postgres://db/casebell");
    assert!(settings.database_url.expose().contains("hunter2"));
}
