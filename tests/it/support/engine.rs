//! Real browsers: Chromium, driven through chromedriver, and Firefox, driven through geckodriver. A Chromium that a story has left is
//! taken by the next one, as new: to start one takes longer than most stories tell.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use fantoccini::error::CmdError;
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use super::devtools::{DevTools, place, port_in};
use super::process_guard::{GuardedProcess, ProcessGuard};
use super::timing::spent_on;
use super::{folders, on_path};

/// Which browser somebody has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Debian's `chromium`, with `chromium-driver`.
    Chromium,
    /// Debian's `firefox-esr`, with the geckodriver that `.ci/run` builds.
    Firefox,
}

/// Whether pages may run scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scripts {
    /// As everybody has it.
    On,
    /// Switched off in the browser's settings.
    Off,
}

/// A window that was opened, and what has to be there for as long as it is.
pub struct Opened {
    /// The window.
    pub client: Client,
    /// What it stands on.
    pub kept: Kept,
}

/// What a window stands on that has a driver of its own, which ends before its profile is removed.
pub struct Kept {
    _driver: Option<(Mutex<GuardedProcess>, TempDir)>,
}

/// How large a window is when it opens, in pixels.
const SIZE: (u32, u32) = (1280, 1000);
/// Where `.ci/run` puts geckodriver; it may also be in `PATH`.
const GECKODRIVER: &str = "target/geckodriver/bin/geckodriver";

impl Engine {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
        }
    }

    /// Opens a window with a profile of its own, or says why there can be none here.
    pub async fn open(self, scripts: Scripts) -> Result<Opened, String> {
        if self == Self::Chromium {
            let driver = chromedriver()?;
            while let Some(vacant) = Vacant::with(scripts) {
                // One that cannot be made as new is closed, and another one is found.
                let taken = spent_on("browsers are taken again", vacant.taken(driver)).await;
                if let Ok(opened) = taken {
                    return Ok(opened);
                }
            }
        }
        spent_on("browsers are started", self.start(scripts)).await
    }

    async fn start(self, scripts: Scripts) -> Result<Opened, String> {
        let (client, driver) = match self {
            Self::Chromium => {
                let driver = chromedriver()?;
                let headless = driver.headless.as_ref().filter(|_| scripts == Scripts::On);
                let chromium = headless.unwrap_or(&driver.chromium);
                let wishes = for_chromium(chromium, scripts);
                (connect(&driver.url, wishes).await?, None)
            }
            Self::Firefox => {
                let firefox =
                    on_path(&["firefox-esr", "firefox"]).ok_or("no firefox-esr in PATH")?;
                let profile = profile()?;
                let (driver, url) = geckodriver(profile.path())?;
                let client = connect(&url, for_firefox(&firefox, scripts)).await?;
                let sized = client.set_window_size(SIZE.0, SIZE.1).await;
                sized.map_err(|error| error.to_string())?;
                (client, Some((Mutex::new(driver), profile)))
            }
        };
        Ok(Opened {
            client,
            kept: Kept { _driver: driver },
        })
    }

    /// Leaves a window, or closes it and forgets its profile.
    pub async fn leave(self, client: Client, scripts: Scripts, kept: Kept) {
        // Where a question is open, or a page that has nothing of its own, it is not left as new.
        let session = match self {
            Self::Chromium => leaves_nothing(&client, scripts).await.unwrap_or_default(),
            Self::Firefox => None,
        };
        if let Some(session) = session.filter(|_| vacant().len() < VACANT) {
            client.persist().await.expect("the window stays");
            vacant().push(Vacant { session, scripts });
            return;
        }
        client.close().await.expect("the window closes");
        drop(kept);
    }

    /// What the browser has complained about since it was asked last: refused styles and scripts, errors, and of Chromium missing
    /// files as well.
    pub async fn complaints(self, client: &Client) -> Vec<String> {
        match self {
            Self::Chromium => {
                let log = client.issue_cmd(Console).await.expect("the console");
                let entries = log.as_array().cloned().unwrap_or_default();
                (entries.iter())
                    .filter(|entry| entry["level"] == "SEVERE" || entry["level"] == "WARNING")
                    .map(|entry| entry["message"].to_string())
                    .collect()
            }
            Self::Firefox => {
                client.issue_cmd(Context("chrome")).await.expect("itself");
                let heard = client.execute(HEARD, Vec::new()).await;
                client.issue_cmd(Context("content")).await.expect("a page");
                let heard = heard.expect("the console");
                let lines = heard.as_array().into_iter().flatten();
                lines.map(Value::to_string).collect()
            }
        }
    }
}

/// A window that somebody has left.
struct Vacant {
    session: String,
    scripts: Scripts,
}

/// How many are kept: about as many as there are stories at the same time.
const VACANT: usize = 3;

fn vacant() -> MutexGuard<'static, Vec<Vacant>> {
    static ALL: Mutex<Vec<Vacant>> = Mutex::new(Vec::new());
    ALL.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Vacant {
    fn with(scripts: Scripts) -> Option<Self> {
        let mut all = vacant();
        let at = all.iter().position(|one| one.scripts == scripts)?;
        Some(all.swap_remove(at))
    }

    /// Somebody sits down before it. Nothing is left of what was there before.
    async fn taken(self, driver: &Chromedriver) -> Result<Opened, String> {
        let connector = HttpConnector::new();
        let client = Client::with_existing_session(&driver.url, &self.session, connector).await;
        let client = client.map_err(|error| error.to_string())?;
        if let Err(error) = is_as_new(&client).await {
            let _ = client.close().await;
            return Err(error.to_string());
        }
        Ok(Opened {
            client,
            kept: Kept { _driver: None },
        })
    }
}

/// Leaves the page behind that is there, without what it does where its reader leaves it, and what it has kept for itself; gives the
/// session in which the window can be found again.
async fn leaves_nothing(client: &Client, scripts: Scripts) -> Result<Option<String>, CmdError> {
    const FORGET: &str = "for (const left of ['beforeunload', 'pagehide', 'visibilitychange']) \
        addEventListener(left, (event) => event.stopImmediatePropagation(), true); \
        sessionStorage.clear(); localStorage.clear(); Storage.prototype.setItem = () => {};";
    if scripts == Scripts::On {
        client.execute(FORGET, Vec::new()).await?;
    }
    client.goto("about:blank").await?;
    client.session_id().await
}

/// Forgets who was here, what was fetched and in which language, how wide the page was and on what it was shown, and what was
/// complained about.
async fn is_as_new(client: &Client) -> Result<(), CmdError> {
    for (command, parameters) in [
        ("Network.clearBrowserCookies", json!({})),
        ("Network.clearBrowserCache", json!({})),
        ("Network.setExtraHTTPHeaders", json!({ "headers": {} })),
        ("Emulation.clearDeviceMetricsOverride", json!({})),
        (
            "Emulation.setEmulatedMedia",
            json!({ "media": "", "features": [] }),
        ),
    ] {
        client.issue_cmd(DevTools(command, parameters)).await?;
    }
    client.issue_cmd(Console).await.map(drop)
}

fn profile() -> Result<TempDir, String> {
    let profile = tempfile::Builder::new()
        .prefix("casebell-browser-")
        .tempdir();
    profile.map_err(|error| error.to_string())
}

async fn connect(url: &str, wishes: Capabilities) -> Result<Client, String> {
    ClientBuilder::new(HttpConnector::new())
        .capabilities(wishes)
        .connect(url)
        .await
        .map_err(|error| error.to_string())
}

/// chromedriver, which serves all windows.
struct Chromedriver {
    url: String,
    chromium: PathBuf,
    /// The same without all that is around a page, which nobody looks at here: it takes half as long. It has no settings, by which
    /// scripts are switched off.
    headless: Option<PathBuf>,
    _process: Mutex<GuardedProcess>,
}

fn chromedriver() -> Result<&'static Chromedriver, &'static str> {
    static DRIVER: OnceLock<Result<Chromedriver, String>> = OnceLock::new();
    DRIVER
        .get_or_init(Chromedriver::start)
        .as_ref()
        .map_err(String::as_str)
}

impl Chromedriver {
    fn start() -> Result<Self, String> {
        let chromium = on_path(&["chromium", "chromium-browser", "google-chrome"])
            .ok_or("no chromium in PATH")?;
        let chromedriver = on_path(&["chromedriver"]).ok_or("no chromedriver in PATH")?;
        let mut command = Command::new(chromedriver);
        command.arg("--port=0");
        let profiles = tempfile::Builder::new()
            .prefix("casebell-chromium-")
            .tempdir_in(folders::place())
            .map_err(|error| error.to_string())?
            .keep();
        // The profiles that it makes, one for each window, are gone with it.
        command.env("TMPDIR", &profiles);
        let guard = ProcessGuard {
            signal: None,
            remove: Some(&profiles),
        };
        let mut process = GuardedProcess::spawn(&command, guard);
        let port = process.wait_for_line(port_in)?;
        Ok(Self {
            url: format!("http://127.0.0.1:{port}"),
            chromium,
            headless: on_path(&["chromium-headless-shell"]),
            _process: Mutex::new(process),
        })
    }
}

fn for_chromium(chromium: &Path, scripts: Scripts) -> Capabilities {
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
        // Fields for dates are typed into as people there write dates.
        "--lang=en-US",
    ]
    .map(String::from)
    .into();
    arguments.push(format!("--window-size={},{}", SIZE.0, SIZE.1));
    let options = json!({
        "binary": chromium,
        "args": arguments,
        "prefs": { "profile.managed_default_content_settings.javascript": scripts_allowed },
    });
    Capabilities::from_iter([
        ("goog:chromeOptions".to_owned(), options),
        ("goog:loggingPrefs".to_owned(), json!({ "browser": "ALL" })),
    ])
}

/// Runs a driver in its group of processes. geckodriver leaves its browser running when it is ended, so all of the group are.
const TOGETHER: &str = r#"
trap 'kill -s KILL 0' TERM
"$@" &
wait
"#;

/// A geckodriver, which serves one window, with where it is. Its browser is at home in `home`.
fn geckodriver(home: &Path) -> Result<(GuardedProcess, String), String> {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join(GECKODRIVER);
    let geckodriver = match built.is_file() {
        true => built,
        false => on_path(&["geckodriver"])
            .ok_or("no geckodriver in PATH; see .ci/run for how it is built")?,
    };
    let mut command = Command::new("sh");
    command
        .args(["-c", TOGETHER, "sh"])
        .arg(geckodriver)
        // Its console is read by a script that runs in the browser itself, and not in a page.
        .args(["--port", "0", "--websocket-port", "0"])
        .args(["--allow-system-access", "--profile-root"])
        .arg(home)
        .env("HOME", home)
        // A window is no larger than its screen.
        .env("MOZ_HEADLESS_WIDTH", SIZE.0.to_string())
        .env("MOZ_HEADLESS_HEIGHT", SIZE.1.to_string());
    let mut process = GuardedProcess::spawn(&command, ProcessGuard::default());
    let port: u16 = process.wait_for_line(|line| {
        let (_, port) = line.rsplit_once("Listening on 127.0.0.1:")?;
        port.trim().parse().ok()
    })?;
    Ok((process, format!("http://127.0.0.1:{port}")))
}

fn for_firefox(firefox: &Path, scripts: Scripts) -> Capabilities {
    let options = json!({
        "binary": firefox,
        "args": ["-headless"],
        "prefs": {
            "javascript.enabled": scripts == Scripts::On,
            // Dates are typed as people there write them, and everything is asked for in English.
            "intl.locale.requested": "en-US",
            "intl.accept_languages": "en-US, en",
            "intl.regional_prefs.use_os_locales": false,
            "network.proxy.type": 0,
        },
    });
    Capabilities::from_iter([("moz:firefoxOptions".to_owned(), options)])
}

/// What Firefox's console has heard of pages since it was emptied: what a policy refused, and errors of scripts.
const HEARD: &str = "const heard = Services.console.getMessageArray(); \
    Services.console.reset(); \
    const harmless = Ci.nsIScriptError.warningFlag | Ci.nsIScriptError.infoFlag; \
    const wrong = (one) => one.category.startsWith('CSP') \
        || (one.category === 'content javascript' && !(one.flags & harmless)); \
    return heard \
        .filter((one) => one instanceof Ci.nsIScriptError && one.sourceName.startsWith('http') && wrong(one)) \
        .map((one) => `${one.category}: ${one.errorMessage}`);";

/// chromedriver's way to the browser's console.
#[derive(Debug)]
struct Console;

impl WebDriverCompatibleCommand for Console {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        place(base, session, "se/log")
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(json!({ "type": "browser" }).to_string()))
    }
}

/// geckodriver's way to whom scripts are for from here on: the browser itself (`chrome`) or its page (`content`).
#[derive(Debug)]
struct Context(&'static str);

impl WebDriverCompatibleCommand for Context {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        place(base, session, "moz/context")
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        let body = json!({ "context": self.0 });
        (Method::POST, Some(body.to_string()))
    }
}
