//! A real browser: Chromium, driven through chromedriver. A browser that a story has left is taken by the next one, as new: to start one
//! takes longer than most stories tell.

use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use chrono::NaiveDateTime;
use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use super::desk::Desk;
use super::effort::{Act, Effort};
use super::engine::{DevTools, Kept};
pub use super::engine::{Engine, Scripts};
use super::fixtures::PASSWORD;
use super::go_without;
use super::person::Person;
use super::process_guard::{GuardedProcess, ProcessGuard};
use super::timing::spent_on;
use super::{folders, go_without, on_path};

/// A window with a profile of its own; close it with [`Browser::close`].
pub struct Browser {
    /// The window.
    pub client: Client,
    scripts: Scripts,
    profile: TempDir,
}

/// Runs each of these stories in both browsers: in Chromium on each database, as `name::sqlite` and `name::postgresql`, and in
/// Firefox on the embedded one, as `name::firefox`.
macro_rules! in_both_browsers {
    ($($story:ident),+ $(,)?) => {$(
        mod $story {
            use $crate::support::browser::Engine;
            use $crate::support::database::Backend;
            use $crate::support::desk::Desk;

/// A window that somebody has left.
struct Vacant {
    session: String,
    scripts: Scripts,
    profile: TempDir,
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
    async fn taken(self, driver: &Driver) -> Result<Browser, String> {
        let connector = HttpConnector::new();
        let client = Client::with_existing_session(&driver.url, &self.session, connector)
            .await
            .map_err(|error| error.to_string())?;
        let window = Browser {
            client,
            scripts: self.scripts,
            profile: self.profile,
        };
        match window.is_as_new().await {
            Ok(()) => Ok(window),
            Err(error) => {
                let _ = window.client.close().await;
                Err(error.to_string())
            }
        }
    }
}

struct Driver {
    url: String,
    chromium: PathBuf,
    /// Where profiles are.
    profiles: PathBuf,
    _process: Mutex<GuardedProcess>,
}

            #[test]
            fn postgresql() {
                Desk::for_story(Backend::Postgresql, |desk| super::$story(desk, Engine::Chromium));
            }

impl Driver {
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
        let guard = ProcessGuard {
            signal: None,
            remove: Some(&profiles),
        };
        let mut process = GuardedProcess::spawn(&command, guard);
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
            profiles,
            _process: Mutex::new(process),
        })
    }
}

impl Browser {
    /// Opens a window of Chromium, or says why there can be none here.
    pub async fn open(scripts: Scripts) -> Result<Self, String> {
        let driver = driver()?;
        while let Some(vacant) = Vacant::with(scripts) {
            // One that cannot be made as new is closed, and another one is found.
            if let Ok(window) = spent_on("browsers are taken again", vacant.taken(driver)).await {
                return Ok(window);
            }
        }
        spent_on("browsers are started", Self::start(driver, scripts)).await
    }

    async fn start(driver: &Driver, scripts: Scripts) -> Result<Self, String> {
        let profile = tempfile::Builder::new()
            .tempdir_in(&driver.profiles)
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
            scripts,
            profile,
        })
    }

    /// Leaves the window, or closes it and forgets its profile.
    pub async fn close(self) {
        // Where a question is open, or a page that has nothing of its own, it is not left as new.
        let left = self.leaves_nothing().await.unwrap_or_default();
        let Self {
            client,
            scripts,
            profile,
        } = self;
        if let Some(session) = left.filter(|_| vacant().len() < VACANT) {
            client.persist().await.expect("the window stays");
            vacant().push(Vacant {
                session,
                scripts,
                profile,
            });
            return;
        }
        client.close().await.expect("the window closes");
    }

    /// Leaves the page behind that is there, without what it does where its reader leaves it, and what it has kept for itself.
    async fn leaves_nothing(&self) -> Result<Option<String>, CmdError> {
        const FORGET: &str = "for (const left of ['beforeunload', 'pagehide', 'visibilitychange']) \
            addEventListener(left, (event) => event.stopImmediatePropagation(), true); \
            sessionStorage.clear(); localStorage.clear(); Storage.prototype.setItem = () => {};";
        if self.scripts == Scripts::On {
            self.client.execute(FORGET, Vec::new()).await?;
        }
        self.client.goto("about:blank").await?;
        self.client.session_id().await
    }

    /// Forgets who was here, what was fetched, how wide the page was and on what it was shown, and what was complained about.
    async fn is_as_new(&self) -> Result<(), CmdError> {
        for (command, parameters) in [
            ("Network.clearBrowserCookies", json!({})),
            ("Network.clearBrowserCache", json!({})),
            ("Emulation.clearDeviceMetricsOverride", json!({})),
            (
                "Emulation.setEmulatedMedia",
                json!({ "media": "", "features": [] }),
            ),
        ] {
            let command = Devtools(command, parameters);
            self.client.issue_cmd(command).await?;
        }
        self.client.issue_cmd(Console).await.map(drop)
    }
}

/// Somebody sits down before a window of Chromium of their own and signs in.
pub async fn signs_in(desk: &Desk, scripts: Scripts, person: &Person) -> Option<Browser> {
    signs_in_with(desk, Engine::Chromium, scripts, person).await
}

/// Somebody sits down before a window of their own and signs in.
pub async fn signs_in_with(
    desk: &Desk,
    engine: Engine,
    scripts: Scripts,
    person: &Person,
) -> Option<Browser> {
    let window = Browser::at_hand(engine, scripts).await?;
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
/// How often it is looked whether it has.
const GLANCE: Duration = Duration::from_millis(40);

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
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// Checks that `text` cannot be read on the page that is there.
    pub async fn does_not_read(&self, text: &str) {
        let page = self.text().await;
        assert!(!page.contains(text), "“{text}” is on: {page}");
    }

    /// Follows a link or presses a button.
    pub async fn presses(&self, name: &str) {
        self.effort.click();
        click(&self.pressable(name).await, name).await;
    }

    /// Presses the button of the panel that is open.
    pub async fn confirms(&self, name: &str) {
        let path = format!(
            "//*[@id='do']//button[normalize-space(.)={}]",
            literal(name)
        );
        self.clicks(&path, name).await;
    }

    /// Types into the field with this label, and presses the main button of its form.
    pub async fn posts(&self, label: &str, words: &str) {
        self.types(label, words).await;
        let path = format!(
            "//form[.//label[starts-with(normalize-space(.), {})]]//button[contains(@class, 'primary')]",
            literal(label)
        );
        self.clicks(&path, label).await;
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
        self.effort.text();
        let field = self.field(label).await;
        field
            .send_keys(keys)
            .await
            .unwrap_or_else(|error| panic!("“{label}”: {error}"));
    }

    /// Types an instant (`2026-03-04T16:00`) into the field with this label, as people do whose dates begin with the month.
    pub async fn dates(&self, label: &str, at: &str) {
        let instant = NaiveDateTime::parse_from_str(at, "%Y-%m-%dT%H:%M").expect("an instant");
        let keys = instant.format("%m%d%Y\t%I%M%p").to_string();
        self.types(label, &keys).await;
        assert_eq!(self.value(label).await, at, "“{label}”");
    }

    /// Takes the first of the dates that are proposed under this name.
    pub async fn proposes(&self, name: &str) {
        let path = format!(
            "//main//*[@data-proposals]//button[starts-with(normalize-space(.), {})]",
            literal(name)
        );
        self.clicks(&path, name).await;
    }

    /// What stands in the field with this label.
    pub async fn value(&self, label: &str) -> String {
        let value = self.field(label).await.prop("value").await;
        value.expect("properties").unwrap_or_default()
    }

    /// Presses keys where the focus is.
    pub async fn keys(&self, keys: &str) {
        let pressed =
            keys.chars()
                .fold(KeyActions::new("keyboard".to_owned()), |pressed, value| {
                    pressed
                        .then(KeyAction::Down { value })
                        .then(KeyAction::Up { value })
                });
        let taken = self.client.perform_actions(pressed).await;
        taken.expect("keys are taken");
    }

    /// What a script in the page gives.
    pub async fn runs(&self, script: &str) -> Value {
        let given = self.client.execute(script, Vec::new()).await;
        given.unwrap_or_else(|error| panic!("{error}: {script}"))
    }

    /// Waits until a script in the page gives this; it may be another page by then.
    pub async fn becomes(&self, script: &str, expected: &Value) {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let given = self.client.execute(script, Vec::new()).await;
            if given.as_ref().is_ok_and(|given| given == expected) {
                return;
            }
            assert!(Instant::now() < deadline, "{given:?} for {script}");
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Waits until the title of the window is so.
    pub async fn is_titled(&self, is_so: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let title = self.client.title().await.unwrap_or_default();
            if is_so(&title) {
                return;
            }
            assert!(Instant::now() < deadline, "it is titled “{title}”");
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Waits until the address of the page ends so, and all of it is there.
    pub async fn arrives(&self, end: &str) {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let at = self.client.current_url().await;
            if at.as_ref().is_ok_and(|at| at.as_str().ends_with(end)) {
                let whole = "return document.readyState";
                return self.becomes(whole, &json!("complete")).await;
            }
            assert!(Instant::now() < deadline, "at {at:?}, and not at {end}");
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Loads the page anew, whatever is typed on it.
    pub async fn reloads(&self) {
        let at = self.client.current_url().await.expect("an address");
        self.runs(
            "window.addEventListener('beforeunload', (e) => e.stopImmediatePropagation(), true)",
        )
        .await;
        // Where somebody has typed, a browser may ask all the same.
        let _ = self.client.refresh().await;
        let _ = self.client.accept_alert().await;
        let now = self.client.current_url().await.expect("an address");
        assert_eq!(now, at);
    }

    /// From here on, what is done is for this.
    pub fn begins(&self) {
        self.effort.begin();
    }

    /// What was begun is done, with no more clicks and texts than it may cost.
    #[track_caller]
    pub fn has_done(&self, act: &Act) {
        self.effort.end(act);
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

    /// Chooses one of a list.
    pub async fn picks(&self, label: &str, option: &str) {
        let path = format!(
            "//*[@id = //main//label[starts-with(normalize-space(.), {})]/@for]/option[normalize-space(.)={}]",
            literal(label),
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
            tokio::time::sleep(GLANCE).await;
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
        self.engine.complaints(&self.client).await
    }

    /// Makes the page so many pixels wide, narrower than a window may be.
    pub async fn is_so_wide(&self, width: u32) {
        let metrics =
            json!({ "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600 });
        let set = Devtools("Emulation.setDeviceMetricsOverride", metrics);
        self.client.issue_cmd(set).await.expect("a width");
    }

    /// Shows the page as it is printed.
    pub async fn prints(&self) {
        let set = Devtools("Emulation.setEmulatedMedia", json!({ "media": "print" }));
        self.client.issue_cmd(set).await.expect("a medium");
    }

    async fn clicks(&self, path: &str, what: &str) {
        self.effort.click();
        click(&self.find(path, what).await, what).await;
    }

    async fn find(&self, path: &str, what: &str) -> Element {
        let wait = self.client.wait().at_most(DEADLINE).every(GLANCE);
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
        Err(CmdError::Standard(error)) if error.error == ErrorStatus::ElementClickIntercepted => {
            // Firefox focuses nothing but what the keyboard reaches.
            if element.send_keys(NO_KEY).await.is_err() {
                centre(element, what).await;
            }
            element.click().await
        }
        clicked => clicked,
    }
    .unwrap_or_else(|error| panic!("“{what}”: {error}"));
}

async fn centre(element: &Element, what: &str) {
    let this = serde_json::to_value(element).expect("an element");
    let script = "arguments[0].scrollIntoView({ block: 'center' })";
    let page = element.clone().client();
    let seen = page.execute(script, vec![this]).await;
    seen.unwrap_or_else(|error| panic!("“{what}”: {error}"));
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

/// chromedriver's way to what only the browser's own tools can do: a command of theirs, and what it is about.
#[derive(Debug)]
struct Devtools(&'static str, Value);

impl WebDriverCompatibleCommand for Devtools {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        let session = session.unwrap_or_default();
        base.join(&format!("session/{session}/goog/cdp/execute"))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        let Self(command, parameters) = self;
        let body = json!({ "cmd": command, "params": parameters });
        (Method::POST, Some(body.to_string()))
    }
}
