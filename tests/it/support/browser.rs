//! A real browser: Chromium, driven through chromedriver.

use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, OnceLock};

use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;
use tempfile::TempDir;

use super::leash::{Leash, Leashed};

/// A window with a profile of its own; close it with [`Browser::close`].
pub struct Browser {
    /// The window.
    pub client: Client,
    _profile: TempDir,
}

/// Whether pages may run scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scripts {
    /// As everybody has it.
    On,
    /// Switched off in the browser's settings.
    Off,
}

struct Driver {
    url: String,
    chromium: PathBuf,
    _process: Mutex<Leashed>,
}

fn driver() -> Result<&'static Driver, &'static str> {
    static DRIVER: OnceLock<Result<Driver, String>> = OnceLock::new();
    DRIVER
        .get_or_init(Driver::start)
        .as_ref()
        .map_err(String::as_str)
}

impl Driver {
    fn start() -> Result<Self, String> {
        let chromium = program(&["chromium", "chromium-browser", "google-chrome"])
            .ok_or("no chromium in PATH")?;
        let chromedriver = program(&["chromedriver"]).ok_or("no chromedriver in PATH")?;
        let mut command = Command::new(chromedriver);
        command.arg("--port=0");
        let mut process = Leashed::spawn(&command, Leash::default());
        let port: u16 = process.wait_for_line(|line| {
            line.strip_suffix('.')
                .unwrap_or(line)
                .rsplit_once("started successfully on port ")?
                .1
                .trim()
                .parse()
                .ok()
        })?;
        Ok(Self {
            url: format!("http://127.0.0.1:{port}"),
            chromium,
            _process: Mutex::new(process),
        })
    }
}

impl Browser {
    /// Opens a window, or says why there can be none here.
    pub async fn open(scripts: Scripts) -> Result<Self, String> {
        let driver = driver()?;
        let profile = tempfile::Builder::new()
            .prefix("casebell-chromium-")
            .tempdir()
            .map_err(|error| error.to_string())?;
        let mut capabilities = Capabilities::new();
        let scripts_allowed = if scripts == Scripts::On { 1 } else { 2 };
        let mut arguments: Vec<String> = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1280,1000",
        ]
        .map(String::from)
        .into();
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        capabilities.insert(
            "goog:chromeOptions".to_owned(),
            json!({
                "binary": driver.chromium,
                "args": arguments,
                "prefs": { "profile.managed_default_content_settings.javascript": scripts_allowed },
            }),
        );
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&driver.url)
            .await
            .map_err(|error| error.to_string())?;
        Ok(Self {
            client,
            _profile: profile,
        })
    }

    /// Closes the window and forgets its profile.
    pub async fn close(self) {
        self.client.close().await.expect("the window closes");
    }
}

/// The first of these programs that is in `PATH`.
fn program(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    names.iter().find_map(|name| {
        folders
            .iter()
            .map(|folder| folder.join(name))
            .find(|file| file.is_file())
    })
}
