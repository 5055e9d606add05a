//! Where settings come from: figment over a TOML file and the environment, every value as the text that was written.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use figment::providers::{Format, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider, Source};

use super::{ConfigError, Mistake};

const PREFIX: &str = "CASEBELL_";
/// Names the file; it is no setting itself.
const FILE_VARIABLE: &str = "CASEBELL_CONFIG";
const DEFAULT_FILE: &str = "casebell.toml";
/// Says to libpq whether to use TLS where an address does not.
const SSL_MODE_VARIABLE: &str = "PGSSLMODE";

/// The file and the environment together, the environment on top.
pub(super) struct Sources {
    figment: Figment,
    ssl_mode: Option<String>,
    service_links: Vec<String>,
}

/// A value and where it stands.
pub(super) struct Found {
    pub key: String,
    pub source: String,
    /// The text, or why there is none (a table where one value belongs).
    pub text: Result<String, String>,
}

impl Sources {
    pub fn open(
        file: Option<PathBuf>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, ConfigError> {
        let mut named = file.map(|path| (path, "--config".to_owned()));
        let mut variables = Dict::new();
        let mut ssl_mode = None;
        let mut service_links = Vec::new();
        for (name, value) in environment {
            let name = name.to_string_lossy().into_owned();
            if name == FILE_VARIABLE {
                if named.is_none() && !value.is_empty() {
                    named = Some((
                        value.into(),
                        format!("environment variable {FILE_VARIABLE}"),
                    ));
                }
            } else if name == SSL_MODE_VARIABLE {
                ssl_mode = Some(value.to_string_lossy().into_owned());
            } else if let Some(key) = name.strip_prefix(PREFIX) {
                let value = value.to_string_lossy().into_owned();
                if is_service_link(key, &value) {
                    service_links.push(name);
                    continue;
                }
                variables.insert(key.to_ascii_lowercase(), Value::from(value));
            }
        }
        let path = match named {
            Some((path, source)) if !path.is_file() => {
                return Err(ConfigError(vec![Mistake {
                    key: "config".to_owned(),
                    source,
                    value: Some(path.display().to_string()),
                    why: "there is no such file".to_owned(),
                }]));
            }
            Some((path, _)) => Some(path),
            None => Some(PathBuf::from(DEFAULT_FILE)).filter(|path| path.is_file()),
        };
        let mut figment = Figment::new();
        if let Some(path) = path {
            let toml = Toml::file_exact(&path);
            toml.data().map_err(|error| unreadable(&path, &error))?;
            figment = figment.merge(toml);
        }
        Ok(Self {
            figment: figment.merge(Environment(variables)),
            ssl_mode,
            service_links,
        })
    }

    /// What libpq does about TLS where an address says nothing, if that is set.
    pub fn ssl_mode(&self) -> Option<&str> {
        self.ssl_mode.as_deref()
    }

    /// The variables that were passed over: Kubernetes sets them for a service of this name.
    pub fn service_links(&self) -> &[String] {
        &self.service_links
    }

    /// Everything that is set, by whichever source won.
    pub fn all(&self) -> Vec<Found> {
        let keys: Vec<String> = self
            .figment
            .data()
            .unwrap_or_default()
            .into_values()
            .flat_map(|dict| dict.into_keys().collect::<Vec<_>>())
            .collect();
        keys.iter().filter_map(|key| self.get(key)).collect()
    }

    pub fn get(&self, key: &str) -> Option<Found> {
        let value = self.figment.find_value(key).ok()?;
        let source = match self.figment.find_metadata(key) {
            Some(metadata) => describe(metadata, key),
            None => "unknown source".to_owned(),
        };
        Some(Found {
            key: key.to_owned(),
            source,
            text: text(&value),
        })
    }
}

/// Whether Kubernetes sets this variable for a service called `casebell`: `…_SERVICE_HOST`, `…_SERVICE_PORT` with the names of its
/// ports, and what other programs of containers read, `…_PORT` and what begins with it.
fn is_service_link(key: &str, value: &str) -> bool {
    let is_address = value.starts_with("tcp://") || value.starts_with("udp://");
    match key.strip_prefix("PORT") {
        Some("") => is_address,
        Some(rest) => ["_TCP", "_UDP"]
            .iter()
            .any(|protocol| rest.contains(protocol)),
        None => key == "SERVICE_HOST" || key.starts_with("SERVICE_PORT"),
    }
}

fn describe(metadata: &Metadata, key: &str) -> String {
    match &metadata.source {
        Some(Source::File(path)) => path.display().to_string(),
        _ => format!("environment variable {PREFIX}{}", key.to_ascii_uppercase()),
    }
}

/// One text for one value; lists (of proxies) become comma-separated as the environment has them.
fn text(value: &Value) -> Result<String, String> {
    match value {
        Value::String(_, text) => Ok(text.clone()),
        Value::Char(_, char) => Ok(char.to_string()),
        Value::Bool(_, bool) => Ok(bool.to_string()),
        Value::Num(_, number) => {
            let whole = number.to_i128().map(|n| n.to_string());
            Ok(whole
                .or_else(|| number.to_u128().map(|n| n.to_string()))
                .unwrap_or_else(|| number.to_f64().map(|n| n.to_string()).unwrap_or_default()))
        }
        Value::Array(_, values) => {
            let texts: Result<Vec<String>, String> = values.iter().map(text).collect();
            Ok(texts?.join(","))
        }
        Value::Dict(..) | Value::Empty(..) => {
            Err("is a table; right would be one value".to_owned())
        }
    }
}

fn unreadable(path: &Path, error: &figment::Error) -> ConfigError {
    ConfigError(vec![Mistake {
        key: "config".to_owned(),
        source: path.display().to_string(),
        value: None,
        why: format!(
            "not readable as TOML: {}",
            error.kind.to_string().trim_end()
        ),
    }])
}

/// Figment's own provider guesses types (`0800` would become the number 800); a setting's text is taken as it stands.
struct Environment(Dict);

impl Provider for Environment {
    fn metadata(&self) -> Metadata {
        Metadata::named("environment")
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Profile::Default.collect(self.0.clone()))
    }
}
