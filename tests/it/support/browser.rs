//! A window of a real browser, and what people do with it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::NaiveDateTime;
use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::elements::Element;
use fantoccini::error::{CmdError, ErrorStatus};
use fantoccini::{Client, Locator};
use serde_json::{Value, json};

use super::desk::Desk;
use super::devtools::DevTools;
use super::effort::{Act, Effort};
use super::engine::Kept;
pub use super::engine::{Engine, Scripts};
use super::fixtures::PASSWORD;
use super::go_without;
use super::person::Person;

/// A window with a profile of its own; leave it with [`Browser::close`].
pub struct Browser {
    /// The window.
    pub client: Client,
    engine: Engine,
    scripts: Scripts,
    effort: Effort,
    kept: Kept,
}

/// Runs each of these stories in both browsers: in Chromium on each database, as `name::sqlite` and `name::postgresql`, and in
/// Firefox on the embedded one, as `name::firefox`.
macro_rules! in_both_browsers {
    ($($story:ident),+ $(,)?) => {$(
        mod $story {
            use $crate::support::browser::Engine;
            use $crate::support::database::Backend;
            use $crate::support::desk::Desk;

            #[test]
            fn sqlite() {
                Desk::for_story(Backend::Sqlite, |desk| super::$story(desk, Engine::Chromium));
            }

            #[test]
            fn postgresql() {
                Desk::for_story(Backend::Postgresql, |desk| super::$story(desk, Engine::Chromium));
            }

            #[test]
            fn firefox() {
                let _alone = $crate::support::browser::alone();
                Desk::for_story(Backend::Sqlite, |desk| super::$story(desk, Engine::Firefox));
            }
        }
    )+};
}
pub(crate) use in_both_browsers;

/// Held by each story in Firefox, whose windows take much memory: one is told after the other.
pub fn alone() -> MutexGuard<'static, ()> {
    static BUSY: Mutex<()> = Mutex::new(());
    BUSY.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Browser {
    /// Opens a window of Chromium, or says why there can be none here.
    pub async fn open(scripts: Scripts) -> Result<Self, String> {
        Self::open_in(Engine::Chromium, scripts).await
    }

    /// Opens a window, or says why there can be none here.
    pub async fn open_in(engine: Engine, scripts: Scripts) -> Result<Self, String> {
        let opened = engine.open(scripts).await?;
        Ok(Self {
            client: opened.client,
            engine,
            scripts,
            effort: Effort::default(),
            kept: opened.kept,
        })
    }

    /// A window, unless there can be none here, which is said.
    pub async fn at_hand(engine: Engine, scripts: Scripts) -> Option<Self> {
        match Self::open_in(engine, scripts).await {
            Ok(window) => Some(window),
            Err(why) => {
                let story = std::thread::current();
                let story = story.name().unwrap_or("a story");
                go_without(&format!("{story} in {}", engine.name()), &why);
                None
            }
        }
    }

    /// Leaves the window to whoever comes next, who finds it as new, or closes it and forgets its profile.
    pub async fn close(self) {
        self.engine
            .leave(self.client, self.scripts, self.kept)
            .await;
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
/// How often something is looked at that nobody tells of.
const PAUSE: Duration = Duration::from_millis(40);

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
        self.clicks(&pressable(name), name).await;
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
        self.find(&pressable(name), name).await
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
        self.engine.complaints(&self.client).await
    }

    /// Makes the page so many pixels wide, narrower than a window may be.
    pub async fn is_so_wide(&self, width: u32) {
        self.is_so_large(width, 800).await;
    }

    /// Makes the page so many pixels wide and high.
    pub async fn is_so_large(&self, width: u32, height: u32) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.asks("Emulation.setDeviceMetricsOverride", metrics)
            .await;
    }

    /// Shows the page as it is printed.
    pub async fn prints(&self) {
        self.asks("Emulation.setEmulatedMedia", json!({ "media": "print" }))
            .await;
    }

    /// Asks for pages in this language from here on.
    pub async fn speaks(&self, language: &str) {
        self.asks("Network.enable", json!({})).await;
        let headers = json!({ "headers": { "Accept-Language": language } });
        self.asks("Network.setExtraHTTPHeaders", headers).await;
    }

    /// Asks Chromium for what only Chromium does.
    pub async fn asks(&self, command: &'static str, of: Value) -> Value {
        assert_eq!(self.engine, Engine::Chromium, "{command}");
        let done = self.client.issue_cmd(DevTools(command, of)).await;
        done.unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    async fn clicks(&self, path: &str, what: &str) {
        self.effort.click();
        let deadline = Instant::now() + DEADLINE;
        // Of a page that is brought up to date under their hands, people press what is there then.
        while !click(&self.find(path, what).await, what).await {
            assert!(Instant::now() < deadline, "“{what}” does not stay");
        }
    }

    async fn find(&self, path: &str, what: &str) -> Element {
        let wait = self.client.wait().at_most(DEADLINE).every(PAUSE);
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

/// Where the link or the button of this name is.
fn pressable(name: &str) -> String {
    let name = literal(name);
    format!(
        "//main//*[self::a or self::button][normalize-space(.)={name}] | //header//a[normalize-space(.)={name}]"
    )
}

/// Clicks; what lies below the foot of a page is brought into view first, as the keyboard's focus does it. Gives whether it was
/// still there.
async fn click(element: &Element, what: &str) -> bool {
    const NO_KEY: &str = "\u{E000}";
    let clicked = match element.click().await {
        Err(CmdError::Standard(error)) if error.error == ErrorStatus::ElementClickIntercepted => {
            // Firefox focuses nothing but what the keyboard reaches.
            if element.send_keys(NO_KEY).await.is_err() {
                centre(element, what).await;
            }
            element.click().await
        }
        clicked => clicked,
    };
    match clicked {
        Ok(()) => true,
        Err(CmdError::Standard(error)) if error.error == ErrorStatus::StaleElementReference => {
            false
        }
        Err(error) => panic!("“{what}”: {error}"),
    }
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
