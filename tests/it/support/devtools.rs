//! What chromedriver says of itself, and its way to what only Chromium does. The benches look at pages by it, too.

use fantoccini::wd::WebDriverCompatibleCommand;
use reqwest::Method;
use serde_json::{Value, json};
use url::{ParseError, Url};

/// A command of Chromium's own, and what it takes.
#[derive(Debug)]
pub struct DevTools(pub &'static str, pub Value);

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        place(base, session, "goog/cdp/execute")
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        let body = json!({ "cmd": self.0, "params": self.1 });
        (Method::POST, Some(body.to_string()))
    }
}

/// Where a driver takes a command that not all drivers know.
pub fn place(base: &Url, session: Option<&str>, path: &str) -> Result<Url, ParseError> {
    base.join(&format!("session/{}/{path}", session.unwrap_or_default()))
}

/// The port at which chromedriver is, if this line of it says so.
pub fn port_in(line: &str) -> Option<u16> {
    let line = line.strip_suffix('.').unwrap_or(line);
    let (_, port) = line.rsplit_once("started successfully on port ")?;
    port.trim().parse().ok()
}
