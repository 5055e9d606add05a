//! A real browser: Chromium, driven through chromedriver.

use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use fantoccini::elements::Element;
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use reqwest::Method;
use serde_json::json;
use tempfile::TempDir;
use url::Url;

use super::desk::Desk;
use super::fixtures::PASSWORD;
use super::person::Person;
use super::process_guard::{GuardedProcess, ProcessGuard};
use super::{go_without, on_path};

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
    _process: Mutex<GuardedProcess>,
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
        let chromium = on_path(&["chromium", "chromium-browser", "google-chrome"])
            .ok_or("no chromium in PATH")?;
        let chromedriver = on_path(&["chromedriver"]).ok_or("no chromedriver in PATH")?;
        let mut command = Command::new(chromedriver);
        command.arg("--port=0");
        let mut process = GuardedProcess::spawn(&command, ProcessGuard::default());
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
            // Fields for dates are typed into as people there write dates.
            "--lang=en-US",
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
        capabilities.insert("goog:loggingPrefs".to_owned(), json!({ "browser": "ALL" }));
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

/// Somebody sits down before a window of their own and signs in.
pub async fn signs_in(desk: &Desk, scripts: Scripts, person: &Person) -> Option<Browser> {
    let window = match Browser::open(scripts).await {
        Ok(window) => window,
        Err(why) => {
            go_without("the browser", &why);
            return None;
        }
    };
    window.goes_to(&desk.page("/")).await;
    window.types("E-mail address", &person.email()).await;
    window.types("Password", PASSWORD).await;
    window.presses("Sign in").await;
    // Every page says who one is, and for whom.
    window.reads(&person.name()).await;
    Some(window)
}

/// Leaves; nothing that the pages did was against what they allow themselves.
pub async fn leaves(window: Browser) {
    assert_eq!(window.complaints().await, Vec::<String>::new());
    window.close().await;
}

/// How long a page may take for what somebody waits to see.
const DEADLINE: Duration = Duration::from_secs(30);

/// What people do with a window. They find things by what is written on them.
impl Browser {
    /// Types an address.
    pub async fn goes_to(&self, address: &str) {
        self.client.goto(address).await.expect("the page opens");
    }

    /// Everything that can be read on the page, in one line.
    pub async fn text(&self) -> String {
        let body = self.find("//body", "a page").await;
        one_line(&body.text().await.unwrap_or_default())
    }

    /// Waits until `text` can be read.
    pub async fn reads(&self, text: &str) {
        let path = format!("//body//*[contains(normalize-space(.), {})]", literal(text));
        let deadline = Instant::now() + DEADLINE;
        loop {
            // Waits while it is not there at all; what is there may still be hidden, or about to be left.
            self.find(&path, text).await;
            let page = self.text().await;
            if page.to_lowercase().contains(&text.to_lowercase()) {
                return;
            }
            assert!(Instant::now() < deadline, "“{text}” is hidden on: {page}");
        }
    }

    /// Checks that `text` cannot be read on the page that is there.
    pub async fn does_not_read(&self, text: &str) {
        let page = self.text().await;
        assert!(!page.contains(text), "“{text}” is on: {page}");
    }

    /// Follows a link or presses a button.
    pub async fn presses(&self, name: &str) {
        click(&self.pressable(name).await, name).await;
    }

    /// The link or the button of this name.
    pub async fn pressable(&self, name: &str) -> Element {
        let name = literal(name);
        let path = format!(
            "//main//*[self::a or self::button][normalize-space(.)={name}] | //header//a[normalize-space(.)={name}]"
        );
        self.find(&path, &name).await
    }

    /// Types into the field with this label.
    pub async fn types(&self, label: &str, keys: &str) {
        let field = self.field(label).await;
        field
            .send_keys(keys)
            .await
            .unwrap_or_else(|error| panic!("“{label}”: {error}"));
    }

    /// The field with this label, the first of them.
    pub async fn field(&self, label: &str) -> Element {
        let path = format!(
            "//*[@id = //main//label[starts-with(normalize-space(.), {})]/@for]",
            literal(label)
        );
        self.find(&path, label).await
    }

    /// Chooses one of the options below this legend.
    pub async fn chooses(&self, legend: &str, option: &str) {
        let path = format!(
            "//fieldset[legend[normalize-space(.)={}]]//label[.//input[@type='radio']][starts-with(normalize-space(.), {})]",
            literal(legend),
            literal(option)
        );
        self.clicks(&path, option).await;
    }

    /// Ticks a box.
    pub async fn ticks(&self, label: &str) {
        let path = format!(
            "//main//label[.//input[@type='checkbox']][starts-with(normalize-space(.), {})]",
            literal(label)
        );
        self.clicks(&path, label).await;
    }

    /// Unfolds what is below this heading, unless it is unfolded.
    pub async fn unfolds(&self, heading: &str) {
        let path = format!(
            "//details[not(@open)]/summary[contains(normalize-space(.), {})]",
            literal(heading)
        );
        if self.counts(&path).await > 0 {
            self.clicks(&path, heading).await;
        }
    }

    /// Waits until there is no such element.
    pub async fn does_not_have(&self, path: &str) {
        let deadline = Instant::now() + DEADLINE;
        while self.counts(path).await > 0 {
            assert!(Instant::now() < deadline, "{path} is still there");
            self.client.find(Locator::XPath("//body")).await.ok();
        }
    }

    /// How many elements there are on the page that is there.
    pub async fn counts(&self, path: &str) -> usize {
        let found = self.client.find_all(Locator::XPath(path)).await;
        found.expect("a path").len()
    }

    /// What the element says about itself: the text that its `aria-describedby` names.
    pub async fn description(&self, element: &Element) -> String {
        let id = element.attr("aria-describedby").await.expect("attributes");
        let id = id.expect("a description");
        let path = format!("//*[@id={}]", literal(&id));
        one_line(&self.find(&path, &id).await.text().await.expect("text"))
    }

    /// What the browser has complained about since it was asked last: refused styles and scripts, errors, missing files.
    pub async fn complaints(&self) -> Vec<String> {
        let log = self.client.issue_cmd(Console).await.expect("the console");
        let entries = log.as_array().cloned().unwrap_or_default();
        (entries.iter())
            .filter(|entry| entry["level"] == "SEVERE" || entry["level"] == "WARNING")
            .map(|entry| entry["message"].to_string())
            .collect()
    }

    /// Makes the page so many pixels wide, narrower than a window may be.
    pub async fn is_so_wide(&self, width: u32) {
        let set = self.client.issue_cmd(Metrics(width)).await;
        set.expect("a width");
    }

    /// Shows the page as it is printed.
    pub async fn prints(&self) {
        let set = self.client.issue_cmd(Paper).await;
        set.expect("a medium");
    }

    async fn clicks(&self, path: &str, what: &str) {
        click(&self.find(path, what).await, what).await;
    }

    async fn find(&self, path: &str, what: &str) -> Element {
        let wait = self.client.wait().at_most(DEADLINE);
        match wait.for_element(Locator::XPath(path)).await {
            Ok(element) => element,
            Err(error) => {
                let body = self.client.find(Locator::XPath("//body")).await;
                let text = match body {
                    Ok(body) => body.text().await.unwrap_or_default(),
                    Err(_) => String::new(),
                };
                panic!("no “{what}” ({error}) on: {text}")
            }
        }
    }
}

/// Clicks; what lies below the foot of a page is brought into view first, as the keyboard's focus does it.
async fn click(element: &Element, what: &str) {
    const NO_KEY: &str = "\u{E000}";
    match element.click().await {
        Err(error) if error.to_string().contains("click intercepted") => {
            let focused = element.send_keys(NO_KEY).await;
            focused.unwrap_or_else(|error| panic!("“{what}”: {error}"));
            element.click().await
        }
        clicked => clicked,
    }
    .unwrap_or_else(|error| panic!("“{what}”: {error}"));
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text inside a path.
fn literal(text: &str) -> String {
    assert!(!text.contains('"'), "{text}");
    format!("\"{text}\"")
}

/// chromedriver's way to the browser's console.
#[derive(Debug)]
struct Console;

impl WebDriverCompatibleCommand for Console {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        base.join(&format!("session/{}/se/log", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(json!({ "type": "browser" }).to_string()))
    }
}

/// chromedriver's way to the size of the page.
#[derive(Debug)]
struct Metrics(u32);

impl WebDriverCompatibleCommand for Metrics {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        let session = session.unwrap_or_default();
        base.join(&format!("session/{session}/goog/cdp/execute"))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        let metrics = json!({ "width": self.0, "height": 800, "deviceScaleFactor": 1, "mobile": self.0 < 600 });
        let body = json!({ "cmd": "Emulation.setDeviceMetricsOverride", "params": metrics });
        (Method::POST, Some(body.to_string()))
    }
}

/// chromedriver's way to the page as it is printed.
#[derive(Debug)]
struct Paper;

impl WebDriverCompatibleCommand for Paper {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        Metrics(0).endpoint(base, session)
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        let body = json!({ "cmd": "Emulation.setEmulatedMedia", "params": { "media": "print" } });
        (Method::POST, Some(body.to_string()))
    }
}
