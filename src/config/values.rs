//! What a setting's text may say, and what would be right where it does not.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use chrono::TimeDelta;
use lettre::message::Mailbox;
use secrecy::{ExposeSecret, SecretString};
use tracing_subscriber::EnvFilter;
use url::Url;

use crate::db::Location;
use crate::domain::network::{MalformedNetwork, Network};

/// Which database keeps the rows.
#[derive(Clone, Debug)]
pub enum DatabaseUrl {
    /// The embedded database in this file.
    Sqlite(PathBuf),
    /// A PostgreSQL server; the URL may carry a password.
    Postgres(SecretString),
}

impl DatabaseUrl {
    /// Where the database floor finds it.
    pub fn location(&self) -> Location {
        match self {
            Self::Sqlite(path) => Location::Sqlite(path.clone()),
            Self::Postgres(url) => Location::Postgres(url.clone()),
        }
    }

    /// The whole URL with its password, for the one place that connects.
    pub fn expose(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("sqlite://{}", path.display()),
            Self::Postgres(url) => url.expose_secret().to_owned(),
        }
    }
}

impl fmt::Display for DatabaseUrl {
    /// What may be logged: the file, or the server without who signs in there.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            Self::Postgres(url) => match servers(url.expose_secret()) {
                Ok(servers) => {
                    let hosts: Vec<&str> = servers
                        .iter()
                        .map(|server| server.host_str().unwrap_or(""))
                        .collect();
                    let database = servers.first().map_or("", Url::path);
                    write!(f, "postgres://{}{database}", hosts.join(","))
                }
                Err(_) => f.write_str("postgres://…"),
            },
        }
    }
}

/// How notices leave.
#[derive(Clone, Debug)]
pub enum MailUrl {
    /// As `.eml` files in this folder.
    Folder(PathBuf),
    /// To an SMTP server: `smtp://` (STARTTLS) or `smtps://` (TLS from the first byte); the URL may carry a password.
    Smtp(SecretString),
}

/// The origin under which people reach the installation: scheme, host and port, nothing behind them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(String);

impl PublicUrl {
    /// The address that a server listening on `address` has when nothing else is set.
    pub fn listening_on(address: SocketAddr) -> Self {
        // A server on all addresses is reached by name from the same machine.
        let host = match address.ip() {
            ip if ip.is_unspecified() => "localhost".to_owned(),
            IpAddr::V6(ip) => format!("[{ip}]"),
            IpAddr::V4(ip) => ip.to_string(),
        };
        Self(format!("http://{host}:{}", address.port()))
    }

    /// The origin without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether cookies are `Secure` and browsers are told to insist on TLS.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// An absolute link to `path`, which begins with a slash.
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// The host's name or address.
    pub fn host(&self) -> &str {
        let rest = self
            .0
            .split_once("://")
            .map_or(self.0.as_str(), |(_, rest)| rest);
        rest.rsplit_once(':').map_or(rest, |(host, _)| host)
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people on a terminal, JSON otherwise.
    #[default]
    Auto,
    /// One readable line an event.
    Human,
    /// One JSON object an event.
    Json,
}

pub(super) fn database_url(text: &str) -> Result<DatabaseUrl, String> {
    const RIGHT: &str =
        "right would be sqlite://path/to/casebell.db or postgres://user:password@host/database";
    if let Some(path) = text.strip_prefix("sqlite://") {
        return match path {
            "" => Err(format!("names no file; {RIGHT}")),
            path if path.contains(['?', '#']) => Err(format!("takes no options; {RIGHT}")),
            path => Ok(DatabaseUrl::Sqlite(path.into())),
        };
    }
    let is_postgres = |url: &Url| matches!(url.scheme(), "postgres" | "postgresql");
    match servers(text) {
        Ok(servers) if servers.iter().all(is_postgres) => {
            Ok(DatabaseUrl::Postgres(SecretString::from(text)))
        }
        _ => Err(format!("not a database that Casebell knows; {RIGHT}")),
    }
}

/// The URL of each server of an address that may name several, as libpq takes them: `postgres://one:5432,two:5432/desk`.
fn servers(text: &str) -> Result<Vec<Url>, url::ParseError> {
    let Some((scheme, rest)) = text.split_once("://") else {
        return Url::parse(text).map(|url| vec![url]);
    };
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let (user, hosts) = authority.split_at(authority.rfind('@').map_or(0, |at| at + 1));
    hosts
        .split(',')
        .map(|host| Url::parse(&format!("{scheme}://{user}{host}{path}")))
        .collect()
}

pub(super) fn mail_url(text: &str) -> Result<MailUrl, String> {
    const RIGHT: &str = "right would be folder://path/to/mail, smtp://user:password@host:587 or smtps://user:password@host";
    if let Some(path) = text.strip_prefix("folder://") {
        return match path {
            "" => Err(format!("names no folder; {RIGHT}")),
            path => Ok(MailUrl::Folder(path.into())),
        };
    }
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "smtp" | "smtps") && url.has_host() => {
            Ok(MailUrl::Smtp(SecretString::from(text)))
        }
        _ => Err(format!(
            "not a way to send mail that Casebell knows; {RIGHT}"
        )),
    }
}

pub(super) fn public_url(text: &str) -> Result<PublicUrl, String> {
    const RIGHT: &str = "right would be https://support.example.com";
    let url = Url::parse(text).map_err(|why| format!("not a URL ({why}); {RIGHT}"))?;
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(format!("neither http nor https; {RIGHT}"));
    }
    if !bare || !url.username().is_empty() || url.password().is_some() {
        return Err(format!("has more than scheme, host and port; {RIGHT}"));
    }
    Ok(PublicUrl(url.origin().ascii_serialization()))
}

pub(super) fn listen(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        "not an address with a port; right would be 127.0.0.1:8080, 0.0.0.0:8080 or [::1]:8080"
            .to_owned()
    })
}

pub(super) fn mailbox(text: &str) -> Result<Mailbox, String> {
    text.parse()
        .map_err(|_| "not a sender; right would be Casebell <support@example.com>".to_owned())
}

pub(super) fn default_sender(public_url: Option<&PublicUrl>) -> Mailbox {
    let host = public_url.map_or("localhost", PublicUrl::host);
    let sender = |host: &str| {
        format!("Casebell <casebell@{host}>")
            .parse::<Mailbox>()
            .ok()
    };
    // An IPv6 origin has no mail domain.
    sender(host)
        .or_else(|| sender("localhost"))
        .unwrap_or_else(|| {
            Mailbox::new(
                None,
                lettre::Address::new("casebell", "localhost").unwrap_or_else(|_| unreachable!()),
            )
        })
}

pub(super) fn phone(text: &str) -> Result<String, String> {
    if text.chars().count() > 40 || text.chars().any(char::is_control) {
        return Err("not a telephone number; right would be +49 6221 123456".to_owned());
    }
    Ok(text.to_owned())
}

pub(super) fn log_filter(text: &str) -> Result<String, String> {
    match EnvFilter::try_new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(why) => Err(format!(
            "not a log filter ({why}); right would be info or casebell=debug,info"
        )),
    }
}

pub(super) fn log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "auto" => Ok(LogFormat::Auto),
        "human" => Ok(LogFormat::Human),
        "json" => Ok(LogFormat::Json),
        _ => Err("not a format; right would be auto, human or json".to_owned()),
    }
}

pub(super) fn workers(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count @ 1..=256) => Ok(count),
        _ => Err("not a number of threads; right would be 1 to 256".to_owned()),
    }
}

pub(super) fn gather_minutes(text: &str) -> Result<TimeDelta, String> {
    match text.parse() {
        Ok(minutes @ 0..=60) => Ok(TimeDelta::minutes(minutes)),
        _ => Err("not a number of minutes; right would be 0 to 60".to_owned()),
    }
}

pub(super) fn undo_seconds(text: &str) -> Result<TimeDelta, String> {
    match text.parse() {
        Ok(seconds @ 0..=600) => Ok(TimeDelta::seconds(seconds)),
        _ => Err("not a number of seconds; right would be 0 to 600".to_owned()),
    }
}

pub(super) fn session_lifetime(text: &str) -> Result<TimeDelta, String> {
    match text.parse() {
        Ok(hours @ 1..=8760) => Ok(TimeDelta::hours(hours)),
        _ => Err("not a number of hours; right would be 1 to 8760".to_owned()),
    }
}

pub(super) fn session_idle(text: &str, lifetime: TimeDelta) -> Result<TimeDelta, String> {
    match text.parse() {
        Ok(minutes) if (5..=lifetime.num_minutes()).contains(&minutes) => {
            Ok(TimeDelta::minutes(minutes))
        }
        _ => Err(format!(
            "not a number of minutes; right would be 5 to {}, the lifetime of a session",
            lifetime.num_minutes()
        )),
    }
}

/// How many live streams a process keeps open unless it is set.
pub(super) const STREAMS: usize = 10_000;
/// How many of them one person has: a dozen pages.
pub(super) const STREAMS_OF_ONE: usize = 12;

pub(super) fn streams(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count @ 1..=1_000_000) => Ok(count),
        _ => Err("not a number of live streams; right would be 1 to 1000000".to_owned()),
    }
}

pub(super) fn path(text: &str) -> Result<PathBuf, String> {
    Ok(PathBuf::from(text))
}

pub(super) fn directory(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    if path.is_dir() {
        Ok(path)
    } else {
        Err("there is no such directory".to_owned())
    }
}

pub(super) fn bearer_token(text: &str) -> Result<SecretString, String> {
    const SHORTEST: usize = 16;
    if text.len() < SHORTEST || !text.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(format!(
            "not a token that nobody guesses; right would be {SHORTEST} or more letters, digits and signs, such as `openssl rand -hex 24` prints"
        ));
    }
    Ok(SecretString::from(text))
}

pub(super) fn networks(text: &str) -> Result<Vec<Network>, String> {
    let parts = text.split(',').map(|part| part.trim().parse());
    parts
        .collect::<Result<_, MalformedNetwork>>()
        .map_err(|malformed| malformed.to_string())
}
