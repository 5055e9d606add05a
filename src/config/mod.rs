//! Settings from an optional TOML file and the environment, checked at the start.
//!
//! The environment wins over the file. Every mistake is reported at once, each with its key, where it came from and
//! what would be right; a key that nobody knows is a mistake too, so that a misspelt one is not silently ignored. A
//! secret can also stand in a file of its own, which its key with `_file` names.

mod attachments;
mod bucket;
mod secret_file;
mod secret_key;
mod sources;
mod values;

use std::ffi::OsString;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use lettre::message::Mailbox;
use secrecy::SecretString;

pub use attachments::AttachmentSettings;
pub use secret_key::SecretKey;
use sources::{Found, Sources};
pub use values::{DatabaseUrl, LogFormat, MailUrl, PublicUrl};

use crate::db::unencrypted_host;
use crate::domain::feed::UNDO_FOR;
use crate::domain::network::Network;
use crate::domain::session::SessionLimits;
use crate::domain::target::GATHERED_FOR;

/// Everything that can be set about an installation, checked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the rows are kept; `sqlite://<data dir>/casebell.db` unless set.
    pub database_url: DatabaseUrl,
    /// Database, attachments, outgoing mail folder and secret key; `./data` unless set.
    pub data_dir: PathBuf,
    /// Address and port to serve on; port 0 lets the system pick one.
    pub listen: SocketAddr,
    /// The origin used in links; `http://<listen>` when unset.
    pub public_url: Option<PublicUrl>,
    /// How notices leave; `folder://<data dir>/mail` unless set.
    pub mail_url: MailUrl,
    /// The sender of notices.
    pub mail_from: Mailbox,
    /// How long entries of one thread are gathered after a mail of them (N7); five minutes unless set, not at all if zero.
    pub mail_gathered_for: chrono::TimeDelta,
    /// For how long an author may take back what they posted (F4); a minute unless set, not at all if zero.
    pub undo: chrono::TimeDelta,
    /// The number shown to contacts who need a high priority (C5).
    pub support_phone: Option<String>,
    /// Signs links and derives keys; use [`Settings::secret_key`], which makes one if it is unset.
    secret_key: Option<SecretString>,
    /// What is logged, as `tracing` directives.
    pub log: String,
    /// How log lines look.
    pub log_format: LogFormat,
    /// Threads that answer requests; as many as processors unless set.
    pub workers: Option<usize>,
    /// How many live streams a process keeps open; 10,000 unless set.
    pub live_streams: usize,
    /// How many of them one person has; 12 unless set.
    pub live_streams_per_person: usize,
    /// A directory whose mail templates win over the built-in ones (N1).
    pub templates_dir: Option<PathBuf>,
    /// Proxies whose `X-Forwarded-For` or `Forwarded` is believed.
    pub trusted_proxies: Vec<Network>,
    /// When sessions end by themselves; after 8 hours without use, and after 7 days, unless set (A7).
    pub sessions: SessionLimits,
    /// What whoever reads `/metrics` and the details of `/readyz` shows as a bearer token; nobody may unless it is set.
    pub metrics_token: Option<SecretString>,
    /// Which files people may attach, how many, and where they are kept (F4).
    pub attachments: AttachmentSettings,
    /// What is allowed, and should be otherwise all the same.
    pub remarks: Vec<Remark>,
}

/// A setting that exists: its key in the file, and for a secret the key of the file that it may stand in.
///
/// The value of a secret is never shown.
struct Known {
    key: &'static str,
    file: Option<&'static str>,
}

const fn known(key: &'static str) -> Known {
    Known { key, file: None }
}

const fn secret(key: &'static str, file: &'static str) -> Known {
    Known {
        key,
        file: Some(file),
    }
}

const KNOWN: &[Known] = &[
    secret("database_url", "database_url_file"),
    known("data_dir"),
    known("listen"),
    known("public_url"),
    secret("mail_url", "mail_url_file"),
    known("mail_from"),
    known("mail_gather_minutes"),
    known("undo_seconds"),
    known("support_phone"),
    secret("secret_key", "secret_key_file"),
    known("log"),
    known("log_format"),
    known("workers"),
    known("live_streams"),
    known("live_streams_per_person"),
    known("templates_dir"),
    known("trusted_proxies"),
    known("session_idle_minutes"),
    known("session_lifetime_hours"),
    secret("metrics_token", "metrics_token_file"),
    known("attachments_limit_gib"),
    known("attachments_forbidden"),
    known("attachments_scanner"),
    known("attachments_scan_seconds"),
    known("attachments_s3_bucket"),
    known("attachments_s3_region"),
    known("attachments_s3_endpoint"),
    known("attachments_s3_allow_http"),
    known("attachments_s3_path_style"),
    known("attachments_s3_access_key_id"),
    secret(
        "attachments_s3_secret_access_key",
        "attachments_s3_secret_access_key_file",
    ),
];

/// One mistake in the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The key, as it is written in the file.
    pub key: String,
    /// Where it was found: a file, or an environment variable.
    pub source: String,
    /// The value as found, unless it is a secret.
    pub value: Option<String>,
    /// What is wrong with it, and what would be right.
    pub why: String,
}

/// What is allowed, and should be otherwise all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The key, as it is written in the file.
    pub key: String,
    /// Where it was found: a file, or an environment variable.
    pub source: String,
    /// What may come of it, and what would be right.
    pub why: String,
}

/// Every mistake that was found, in the order of the settings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError(pub Vec<Mistake>);

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.key)?;
        if let Some(value) = &self.value {
            write!(f, " = {value:?}")?;
        }
        write!(f, " ({}): {}", self.source, self.why)
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("The configuration cannot be used:")?;
        for mistake in &self.0 {
            write!(f, "\n  {mistake}")?;
        }
        Ok(())
    }
}

impl Settings {
    /// Reads the settings of this process: `file`, or else `CASEBELL_CONFIG`, or else `casebell.toml` where it exists,
    /// and the variables of the environment that begin with `CASEBELL_`.
    ///
    /// # Errors
    /// All mistakes together, see [`ConfigError`].
    pub fn load(file: Option<PathBuf>) -> Result<Self, ConfigError> {
        Self::read(file, std::env::vars_os())
    }

    /// [`Settings::load`] with the environment passed in.
    ///
    /// # Errors
    /// All mistakes together, see [`ConfigError`].
    pub fn read(
        file: Option<PathBuf>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, ConfigError> {
        let sources = Sources::open(file, environment)?;
        let mut reader = Reader {
            sources,
            mistakes: Vec::new(),
            remarks: Vec::new(),
        };
        reader.refuse_unknown();
        reader.remark_on_service_links();

        let data_dir: PathBuf = reader
            .value("data_dir", values::path)
            .unwrap_or_else(|| PathBuf::from("data"));
        let database_url = reader
            .value("database_url", values::database_url)
            .unwrap_or_else(|| DatabaseUrl::Sqlite(data_dir.join("casebell.db")));
        reader.remark_on_the_way_to(&database_url);
        let mail_url = reader
            .value("mail_url", values::mail_url)
            .unwrap_or_else(|| MailUrl::Folder(data_dir.join("mail")));
        let public_url = reader.value("public_url", values::public_url);
        let sessions = reader.session_limits();
        let settings = Self {
            database_url,
            listen: reader
                .value("listen", values::listen)
                .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080))),
            mail_from: reader
                .value("mail_from", values::mailbox)
                .unwrap_or_else(|| values::default_sender(public_url.as_ref())),
            mail_gathered_for: reader
                .value("mail_gather_minutes", values::gather_minutes)
                .unwrap_or(GATHERED_FOR),
            undo: reader
                .value("undo_seconds", values::undo_seconds)
                .unwrap_or(UNDO_FOR),
            public_url,
            mail_url,
            support_phone: reader.value("support_phone", values::phone),
            secret_key: reader.value("secret_key", secret_key::parse),
            log: reader
                .value("log", values::log_filter)
                .unwrap_or_else(|| "info,actix_server=warn".to_owned()),
            log_format: reader
                .value("log_format", values::log_format)
                .unwrap_or_default(),
            workers: reader.value("workers", values::workers),
            live_streams: reader
                .value("live_streams", values::streams)
                .unwrap_or(values::STREAMS),
            live_streams_per_person: reader
                .value("live_streams_per_person", values::streams)
                .unwrap_or(values::STREAMS_OF_ONE),
            templates_dir: reader.value("templates_dir", values::directory),
            trusted_proxies: reader
                .value("trusted_proxies", values::networks)
                .unwrap_or_default(),
            sessions,
            metrics_token: reader.value("metrics_token", values::bearer_token),
            attachments: AttachmentSettings::read(&mut reader),
            data_dir,
            remarks: reader.remarks,
        };
        if reader.mistakes.is_empty() {
            Ok(settings)
        } else {
            Err(ConfigError(reader.mistakes))
        }
    }

    /// The key that is set, or kept in the data directory, if there is one yet.
    ///
    /// # Errors
    /// The key's file cannot be read.
    pub fn existing_secret_key(&self) -> std::io::Result<Option<SecretKey>> {
        match &self.secret_key {
            Some(text) => Ok(Some(SecretKey::from_text(text))),
            None => SecretKey::found_in(&self.data_dir),
        }
    }

    /// The key that signs links: the one that is set, or the one kept in the data directory, made now if there is none.
    ///
    /// # Errors
    /// The data directory or the key's file cannot be read or written.
    pub fn secret_key(&self) -> std::io::Result<SecretKey> {
        match &self.secret_key {
            Some(text) => Ok(SecretKey::from_text(text)),
            None => SecretKey::kept_in(&self.data_dir),
        }
    }
}

/// Takes one value after the other and gathers what is wrong.
struct Reader {
    sources: Sources,
    mistakes: Vec<Mistake>,
    remarks: Vec<Remark>,
}

impl Reader {
    fn refuse_unknown(&mut self) {
        let known: Vec<&str> = KNOWN
            .iter()
            .flat_map(|known| [Some(known.key), known.file])
            .flatten()
            .collect();
        for found in self.sources.all() {
            if !known.contains(&found.key.as_str()) {
                let near = known
                    .iter()
                    .find(|name| near(name, &found.key))
                    .map(|name| format!("; did you mean `{name}`?"))
                    .unwrap_or_default();
                self.mistakes.push(Mistake {
                    why: format!(
                        "no such setting{near} The settings are {}",
                        known.join(", ")
                    ),
                    key: found.key,
                    source: found.source,
                    value: None,
                });
            }
        }
    }

    /// Says which variables are none of ours.
    fn remark_on_service_links(&mut self) {
        let links = self.sources.service_links();
        if let Some(first) = links.first() {
            let (key, count) = (first.to_ascii_lowercase(), links.len());
            self.remarks.push(Remark {
                key,
                source: "environment".to_owned(),
                why: format!(
                    "Kubernetes sets this and {} more for a service called casebell; they are no settings, and are passed over",
                    count - 1
                ),
            });
        }
    }

    /// When sessions end: never later unused than used.
    fn session_limits(&mut self) -> SessionLimits {
        let default = SessionLimits::default();
        let lifetime = self
            .value("session_lifetime_hours", values::session_lifetime)
            .unwrap_or(default.lifetime);
        let idle = self.value("session_idle_minutes", |text| {
            values::session_idle(text, lifetime)
        });
        SessionLimits {
            idle: idle.unwrap_or(default.idle.min(lifetime)),
            lifetime,
        }
    }

    /// Remarks on a server of another machine that is reached without TLS, or would be if somebody on the way wants it.
    fn remark_on_the_way_to(&mut self, database: &DatabaseUrl) {
        let DatabaseUrl::Postgres(url) = database else {
            return;
        };
        let Some(host) = unencrypted_host(url, self.sources.ssl_mode()) else {
            return;
        };
        let keys = ["database_url_file", "database_url"];
        let source = keys.into_iter().find_map(|key| self.given(key));
        self.remarks.push(Remark {
            key: "database_url".to_owned(),
            source: source.map(|found| found.source).unwrap_or_default(),
            why: format!(
                "what goes to the database server {host} may be read and changed on its way, because it is not said that TLS has to be used; \
                 right would be sslmode=verify-full and sslrootcert=/path/to/ca.pem among the parameters of the URL"
            ),
        });
    }

    /// The parsed value of `key`, or of what stands in its file; nothing if it is unset, empty or wrong, and a mistake is
    /// noted if it is wrong.
    fn value<T>(
        &mut self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let file = KNOWN.iter().find(|known| known.key == key)?.file;
        let in_file = file.and_then(|file| self.given(file));
        let (found, text) = match (in_file, self.given(key)) {
            (None, None) => return None,
            (None, Some(found)) => {
                let text = found.text.clone();
                (found, text)
            }
            (Some(named), Some(other)) => {
                let why = format!(
                    "`{key}` is given too ({}); right would be one of the two",
                    other.source
                );
                (named, Err(why))
            }
            (Some(named), None) => {
                let text = self.secret_in(&named);
                (named, text)
            }
        };
        match text.and_then(|text| parse(text.trim())) {
            Ok(value) => Some(value),
            Err(why) => {
                let is_shown = file.is_none_or(|file| found.key == file);
                self.mistakes.push(Mistake {
                    key: found.key,
                    source: found.source,
                    value: found.text.ok().filter(|_| is_shown),
                    why,
                });
                None
            }
        }
    }

    /// What is set for `key`; an empty value is an unset one.
    fn given(&self, key: &str) -> Option<Found> {
        let is_empty =
            |found: &Found| (found.text.as_ref()).is_ok_and(|text| text.trim().is_empty());
        self.sources.get(key).filter(|found| !is_empty(found))
    }

    /// The secret in the file that is named; or why it cannot be had.
    fn secret_in(&mut self, named: &Found) -> Result<String, String> {
        let secret =
            secret_file::read(Path::new(named.text.as_ref().map_err(Clone::clone)?.trim()))?;
        if secret.is_open_to_all {
            self.remarks.push(Remark {
                key: named.key.clone(),
                source: named.source.clone(),
                why: "everybody on this machine can read the file; right would be a file that only Casebell's user can read (chmod 400)".to_owned(),
            });
        }
        Ok(secret.text)
    }
}

/// Whether one name is likely a slip of the other: the same letters but for separators, or one letter off.
fn near(a: &str, b: &str) -> bool {
    let plain = |name: &str| {
        name.chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
    };
    let (a, b) = (plain(a).to_ascii_lowercase(), plain(b).to_ascii_lowercase());
    if a == b {
        return true;
    }
    let prefix = a.chars().zip(b.chars()).take_while(|(x, y)| x == y).count();
    let suffix = a
        .chars()
        .rev()
        .zip(b.chars().rev())
        .take_while(|(x, y)| x == y)
        .count();
    let longest = a.len().max(b.len());
    a.len().abs_diff(b.len()) <= 1 && prefix + suffix + 2 >= longest
}

#[cfg(test)]
mod tests;
