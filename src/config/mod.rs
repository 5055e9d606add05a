//! Settings from an optional TOML file and the environment, checked at the start.
//!
//! The environment wins over the file. Every mistake is reported at once, each with its key, where it came from and
//! what would be right; a key that nobody knows is a mistake too, so that a misspelt one is not silently ignored.

mod secret_key;
mod sources;
mod values;

use std::ffi::OsString;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use lettre::message::Mailbox;
use secrecy::SecretString;

pub use secret_key::SecretKey;
use sources::{Found, Sources};
pub use values::{DatabaseUrl, LogFormat, MailUrl, Network, PublicUrl};

use crate::domain::session::SessionLimits;

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
    /// How many live streams a process keeps open; 4,096 unless set.
    pub live_streams: usize,
    /// A directory whose mail templates win over the built-in ones (N1).
    pub templates_dir: Option<PathBuf>,
    /// Proxies whose `X-Forwarded-For` or `Forwarded` is believed.
    pub trusted_proxies: Vec<Network>,
    /// When sessions end by themselves; after 8 hours without use, and after 7 days, unless set (A7).
    pub sessions: SessionLimits,
    /// What whoever reads `/metrics` and the details of `/readyz` shows as a bearer token; nobody may unless it is set.
    pub metrics_token: Option<SecretString>,
}

/// A setting that exists: its key in the file, and whether its value may be shown in an error.
struct Known {
    key: &'static str,
    secret: bool,
}

const fn known(key: &'static str) -> Known {
    Known { key, secret: false }
}

const fn secret(key: &'static str) -> Known {
    Known { key, secret: true }
}

const KNOWN: &[Known] = &[
    secret("database_url"),
    known("data_dir"),
    known("listen"),
    known("public_url"),
    secret("mail_url"),
    known("mail_from"),
    known("support_phone"),
    secret("secret_key"),
    known("log"),
    known("log_format"),
    known("workers"),
    known("live_streams"),
    known("templates_dir"),
    known("trusted_proxies"),
    known("session_idle_minutes"),
    known("session_lifetime_hours"),
    secret("metrics_token"),
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
        };
        reader.refuse_unknown();

        let data_dir: PathBuf = reader
            .value("data_dir", values::path)
            .unwrap_or_else(|| PathBuf::from("data"));
        let database_url = reader
            .value("database_url", values::database_url)
            .unwrap_or_else(|| DatabaseUrl::Sqlite(data_dir.join("casebell.db")));
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
            templates_dir: reader.value("templates_dir", values::directory),
            trusted_proxies: reader
                .value("trusted_proxies", values::networks)
                .unwrap_or_default(),
            sessions,
            metrics_token: reader.value("metrics_token", values::bearer_token),
            data_dir,
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
}

impl Reader {
    fn refuse_unknown(&mut self) {
        let known: Vec<&str> = KNOWN.iter().map(|known| known.key).collect();
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

    /// The parsed value of `key`; nothing if it is unset, empty or wrong, and a mistake is noted if it is wrong.
    fn value<T>(
        &mut self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let Found { source, text, .. } = self.sources.get(key)?;
        let secret = KNOWN.iter().any(|known| known.key == key && known.secret);
        let parsed = match &text {
            Ok(text) if text.trim().is_empty() => return None,
            Ok(text) => parse(text.trim()),
            Err(why) => Err(why.clone()),
        };
        match parsed {
            Ok(value) => Some(value),
            Err(why) => {
                self.mistakes.push(Mistake {
                    key: key.to_owned(),
                    source,
                    value: text.ok().filter(|_| !secret),
                    why,
                });
                None
            }
        }
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
