use std::ffi::OsString;
use std::fs::Permissions;
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret;

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

fn private_file(text: &str) -> tempfile::NamedTempFile {
    let file = file(text);
    std::fs::set_permissions(file.path(), Permissions::from_mode(0o400)).expect("closed to others");
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
fn what_kubernetes_sets_for_a_service_of_this_name_is_passed_over_and_told_once() {
    let links = [
        ("CASEBELL_PORT", "tcp://10.0.0.1:8080"),
        ("CASEBELL_PORT_8080_TCP", "tcp://10.0.0.1:8080"),
        ("CASEBELL_PORT_8080_TCP_ADDR", "10.0.0.1"),
        ("CASEBELL_PORT_8080_TCP_PORT", "8080"),
        ("CASEBELL_PORT_8080_TCP_PROTO", "tcp"),
        ("CASEBELL_SERVICE_HOST", "10.0.0.1"),
        ("CASEBELL_SERVICE_PORT", "8080"),
        ("CASEBELL_SERVICE_PORT_HTTP", "8080"),
    ];
    let settings = read(None, &links).expect("settings");
    let told: Vec<_> = (settings.remarks.iter())
        .filter(|remark| remark.why.contains("Kubernetes"))
        .collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].why.contains("and 7 more"), "{}", told[0].why);
    // What somebody meant for the desk is still told.
    assert_eq!(mistakes(&[("CASEBELL_PORT", "8080")])[0].key, "port");
    assert_eq!(mistakes(&[("CASEBELL_SERVICE", "x")])[0].key, "service");
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
        ("CASEBELL_LIVE_STREAMS", "0", "1 to 1000000"),
        ("CASEBELL_LIVE_STREAMS_PER_PERSON", "many", "1 to 1000000"),
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

#[test]
fn a_database_can_have_several_servers() {
    let address =
        "postgres://casebell:hunter2@one:5432,[::1]:5433,two/desk?target_session_attrs=read-write";
    let settings = read(None, &[("CASEBELL_DATABASE_URL", address)]).expect("settings");
    assert_eq!(settings.database_url.expose(), address);
    assert_eq!(
        settings.database_url.to_string(),
        "postgres://one,[::1],two/desk"
    );
    let wrong = "postgres://casebell:hunter2@one:5432,two:port/desk";
    assert!(read(None, &[("CASEBELL_DATABASE_URL", wrong)]).is_err());
}

#[test]
fn every_secret_can_stand_in_a_file_of_its_own() {
    let secrets = [
        (
            "DATABASE_URL",
            "postgres://casebell:hunter2@localhost/casebell",
        ),
        ("MAIL_URL", "smtps://casebell:hunter2@mail.example.com"),
        ("SECRET_KEY", "hunter2hunter2hunter2hunter2hunter2"),
        ("METRICS_TOKEN", "hunter2hunter2hunter2"),
        ("ATTACHMENTS_S3_SECRET_ACCESS_KEY", "hunter2hunter2"),
    ];
    // Which says nothing alone.
    let bucket = [
        ("CASEBELL_ATTACHMENTS_S3_BUCKET", "casebell-files"),
        ("CASEBELL_ATTACHMENTS_S3_ACCESS_KEY_ID", "casebell"),
    ];
    let keys: Vec<String> = secrets
        .iter()
        .map(|(name, _)| name.to_ascii_lowercase())
        .collect();
    let known: Vec<&str> = KNOWN
        .iter()
        .filter(|known| known.file.is_some())
        .map(|known| known.key)
        .collect();
    assert_eq!(known, keys, "this story knows every secret");
    for known in KNOWN {
        assert!(
            known
                .file
                .is_none_or(|file| file == format!("{}_file", known.key))
        );
    }

    let files: Vec<_> = secrets
        .iter()
        .map(|(_, value)| private_file(&format!("{value}\n")))
        .collect();
    let names: Vec<String> = secrets
        .iter()
        .map(|(name, _)| format!("CASEBELL_{name}_FILE"))
        .collect();
    let paths: Vec<&str> = files
        .iter()
        .map(|file| file.path().to_str().expect("a path"))
        .collect();
    let named = names.iter().map(String::as_str).zip(paths);
    let variables: Vec<(&str, &str)> = named.chain(bucket).collect();
    let by_file = read(None, &variables).expect("settings");
    let names: Vec<String> = secrets
        .iter()
        .map(|(name, _)| format!("CASEBELL_{name}"))
        .collect();
    let variables: Vec<(&str, &str)> = names
        .iter()
        .map(String::as_str)
        .zip(secrets.map(|(_, value)| value))
        .chain(bucket)
        .collect();
    let by_value = read(None, &variables).expect("settings");
    assert_eq!(
        by_file.database_url.expose(),
        by_value.database_url.expose()
    );
    let mail = |settings: &Settings| match &settings.mail_url {
        MailUrl::Smtp(url) => url.expose_secret().to_owned(),
        MailUrl::Folder(path) => panic!("{}", path.display()),
    };
    assert_eq!(mail(&by_file), mail(&by_value));
    let key = |settings: &Settings| settings.secret_key().expect("a key").fingerprint();
    assert_eq!(key(&by_file), key(&by_value));
    let token = |settings: &Settings| {
        let token = settings.metrics_token.as_ref().expect("a token");
        token.expose_secret().to_owned()
    };
    assert_eq!(token(&by_file), token(&by_value));
    let storage = |settings: &Settings| {
        let bucket = settings.attachments.bucket.as_ref().expect("a bucket");
        bucket.secret_access_key.expose_secret().to_owned()
    };
    assert_eq!(storage(&by_file), storage(&by_value));
    assert_eq!(by_file.remarks, []);
    assert!(!format!("{by_file:?}").contains("hunter2"));
}

#[test]
fn a_secret_file_may_be_named_in_the_settings_file() {
    let secret = private_file("hunter2hunter2hunter2hunter2hunter2");
    let settings = file(&format!("secret_key_file = {:?}\n", secret.path()));
    let settings = read(Some(settings.path()), &[]).expect("settings");
    assert!(settings.existing_secret_key().expect("a key").is_some());
}

#[test]
fn a_secret_file_that_cannot_be_right_is_named_with_its_key() {
    let path = |file: &tempfile::NamedTempFile| file.path().display().to_string();
    let (empty, short, long) = (
        private_file(" \n"),
        private_file("hunter2"),
        private_file(&"x".repeat(17_000)),
    );
    let binary = file("");
    std::fs::write(binary.path(), [0xff, 0xfe]).expect("written");
    for (given, why) in [
        (path(&empty), "the file is empty"),
        (path(&short), "too short"),
        (path(&long), "larger than"),
        (path(&binary), "no text"),
        ("/nowhere/secret".to_owned(), "cannot be read: No such file"),
        ("/".to_owned(), "cannot be read: Is a directory"),
    ] {
        let found = mistakes(&[("CASEBELL_SECRET_KEY_FILE", &given)]);
        assert_eq!(found.len(), 1, "{found:?}");
        let mistake = &found[0];
        assert_eq!(mistake.key, "secret_key_file");
        assert_eq!(
            mistake.source,
            "environment variable CASEBELL_SECRET_KEY_FILE"
        );
        assert_eq!(
            mistake.value.as_ref(),
            Some(&given),
            "the path is no secret"
        );
        assert!(mistake.why.contains(why), "{given}: {}", mistake.why);
        assert!(!mistake.to_string().contains("hunter2"), "{mistake}");
    }
}

#[test]
fn a_secret_is_given_in_one_way_only() {
    let secret = private_file("hunter2hunter2hunter2hunter2hunter2");
    let settings = file("secret_key = \"hunter2hunter2hunter2hunter2hunter2\"\n");
    let path = secret.path().to_str().expect("a path");
    let found =
        read(Some(settings.path()), &[("CASEBELL_SECRET_KEY_FILE", path)]).expect_err("both");
    let told = found.to_string();
    assert!(
        told.contains("secret_key_file") && told.contains("`secret_key` is given too"),
        "{told}"
    );
    assert!(
        told.contains(&settings.path().display().to_string()),
        "{told}"
    );
    assert!(!told.contains("hunter2"), "{told}");
    // What is empty is not given.
    let variables = [
        ("CASEBELL_SECRET_KEY_FILE", path),
        ("CASEBELL_SECRET_KEY", ""),
    ];
    assert!(read(None, &variables).is_ok());
    assert!(read(None, &[("CASEBELL_SECRET_KEY_FILE", "")]).is_ok());
}

#[test]
fn a_secret_file_that_everybody_may_read_is_remarked_on() {
    let secret = private_file("hunter2hunter2hunter2hunter2hunter2");
    let remarks = |mode| {
        std::fs::set_permissions(secret.path(), Permissions::from_mode(mode)).expect("changed");
        let path = secret.path().to_str().expect("a path");
        read(None, &[("CASEBELL_SECRET_KEY_FILE", path)])
            .expect("settings")
            .remarks
    };
    assert_eq!(remarks(0o440), [], "a group may be made for it");
    let told = remarks(0o444);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].key, "secret_key_file");
    assert_eq!(
        told[0].source,
        "environment variable CASEBELL_SECRET_KEY_FILE"
    );
    assert!(
        told[0].why.contains("everybody on this machine can read"),
        "{}",
        told[0].why
    );
}

#[test]
fn a_database_server_that_is_reached_in_the_clear_is_remarked_on() {
    let remarks = |variables: &[(&str, &str)]| read(None, variables).expect("settings").remarks;
    let url = (
        "CASEBELL_DATABASE_URL",
        "postgres://casebell:hunter2@db.example.com/casebell",
    );
    let told = remarks(&[url]);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(
        (told[0].key.as_str(), told[0].source.as_str()),
        ("database_url", "environment variable CASEBELL_DATABASE_URL")
    );
    assert!(
        told[0].why.contains("db.example.com") && told[0].why.contains("sslmode=verify-full"),
        "{}",
        told[0].why
    );
    assert!(!told[0].why.contains("hunter2"));
    assert_eq!(remarks(&[url, ("PGSSLMODE", "verify-full")]), []);
    assert_eq!(
        remarks(&[("CASEBELL_DATABASE_URL", "postgres://localhost/casebell")]),
        []
    );
    assert_eq!(remarks(&[]), []);
}
