//! Pages are for everybody: every page of the demonstration in light and dark, on a telephone and on a desk; the main story with
//! the keyboard alone; and what was refused is told first.

use std::collections::BTreeMap;

use casebell::http::portal::routes::routes;
use chrono::TimeDelta;
use fantoccini::key::Key;
use serde_json::{Value, json};

use crate::looks::{VIEWERS, paths, session, things};
use crate::support::browser::{Browser, Scripts, leaves, signs_in};
use crate::support::database::on_both_databases;
use crate::support::desk::{Desk, client};
use crate::support::fixtures::PASSWORD;
use crate::support::go_without;
use crate::support::paired::said;
use crate::support::person::{Person, high, medium};
use crate::support::terminal::Terminal;

/// What a program can tell of a page.
const AUDIT: &str = include_str!("support/accessible.js");
/// Asks axe-core, which is in the page, for what it finds against these rules, or against all and the best practices.
const ASK: &str = "const [rules, done] = arguments; \
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']; \
    const only = rules ? { type: 'rule', values: rules } : { type: 'tag', values: tags }; \
    window.axe.run(document, { runOnly: only, resultTypes: ['violations'] }).then((found) => done(found.violations.map( \
    (one) => `${one.id}: ${one.nodes.map((node) => node.target.join(' ')).join(', ')}`)), (error) => done([String(error)]));";
/// What axe-core may find in other colours and at another width, where the same things are shown.
const BY_LOOKS: [&str; 3] = [
    "color-contrast",
    "target-size",
    "scrollable-region-focusable",
];
/// The widths at which pages are looked at.
const WIDTHS: [u32; 3] = [320, 360, 1280];
/// Of those who look, the staff and the customers.
const STAFF: &[usize] = &[0, 1];
const CUSTOMERS: &[usize] = &[2, 3, 4];
/// Pages that are files, mails, or lead on.
const NO_PAGES: [&str; 4] = ["/file", "/calendar.ics", "/html", "/mail"];

on_both_databases! { Desk:
    a_contact_needs_no_mouse,
    an_engineer_needs_no_mouse,
    an_owner_needs_no_mouse,
    what_was_refused_is_told_first_and_has_the_focus,
}

mod every_page_of_the_demonstration_is_for_everybody {
    use crate::support::database::Backend;
    use crate::support::terminal::Prepared;

    /// What a page looks like does not depend on the database.
    #[test]
    fn of_the_staff_on_sqlite() {
        Prepared::for_story(Backend::Sqlite, |terminal| {
            super::every_page(terminal, super::STAFF)
        });
    }

    #[test]
    fn of_customers_on_sqlite() {
        Prepared::for_story(Backend::Sqlite, |terminal| {
            super::every_page(terminal, super::CUSTOMERS)
        });
    }
}

/// Who looks at which page: of each of these sides the first who may.
pub async fn to_look_at(
    origin: &str,
    cookies: &[String],
    things: &BTreeMap<&'static str, Vec<String>>,
    sides: &[&[usize]],
) -> Vec<(usize, String)> {
    let client = client();
    let mut pages = Vec::new();
    for row in routes().iter().filter(|row| row.method == "GET") {
        let apart = NO_PAGES.iter().any(|end| row.path.ends_with(end));
        if apart || row.path.ends_with("{token}") || row.path.contains("{attachment}") {
            continue;
        }
        let all = paths(row.path, things);
        for side in sides {
            let mut shown = None;
            'found: for path in all.iter().take(5) {
                for viewer in *side {
                    let asking = client
                        .get(format!("{origin}{path}"))
                        .header("cookie", &cookies[*viewer]);
                    let answer = asking.send().await.expect("an answer");
                    if answer.status() == 200 {
                        shown = Some((*viewer, path.clone()));
                        break 'found;
                    }
                }
            }
            pages.extend(shown);
        }
    }
    pages.sort();
    pages
}

async fn every_page(terminal: Terminal, side: &[usize]) {
    let server = terminal.demonstrates();
    let mut cookies = Vec::new();
    for email in VIEWERS {
        cookies.push(session(&server, email).await);
    }
    let things = things(&server, &terminal).await;
    let window = match Browser::open(Scripts::On).await {
        Ok(window) => window,
        Err(why) => return go_without("the browser", &why),
    };
    let axe = axe_core();
    let mut complaints = Vec::new();
    let mut looks = None;
    for (viewer, path) in to_look_at(&server.origin, &cookies, &things, &[side]).await {
        if looks != Some(viewer) {
            window.goes_to(&format!("{}/sign-in", server.origin)).await;
            let cookie = format!("document.cookie = \"{}; path=/\"", cookies[viewer]);
            window
                .client
                .execute(&cookie, Vec::new())
                .await
                .expect("a cookie");
            looks = Some(viewer);
        }
        window.goes_to(&format!("{}{path}", server.origin)).await;
        for width in WIDTHS {
            window.is_so_wide(width).await;
            for theme in ["light", "dark"] {
                // Narrow and wide pages show other things; all else is a matter of looks.
                let rules = (theme == "dark" || width == 360).then_some(&BY_LOOKS[..]);
                let told = audit(&window, theme, axe.as_deref().map(|axe| (axe, rules))).await;
                let told = told.into_iter();
                complaints.extend(told.map(|what| format!("{path} ({width} px, {theme}): {what}")));
            }
        }
    }
    window.close().await;
    assert!(complaints.is_empty(), "{complaints:#?}");
    assert_eq!(server.end_with("TERM").code(), Some(0));
}

/// The script of axe-core, which `.ci/run` has at hand. Where it is not, the house's own checks look alone, and that is said.
fn axe_core() -> Option<String> {
    const NAMED_BY: &str = "CASEBELL_AXE";
    let Some(path) = std::env::var_os(NAMED_BY) else {
        go_without("axe-core", &format!("{NAMED_BY} does not name its script"));
        return None;
    };
    let script = std::fs::read_to_string(&path);
    Some(script.unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

/// What is wrong with the page that is there, in these colours.
async fn audit(window: &Browser, theme: &str, axe: Option<(&str, Option<&[&str]>)>) -> Vec<String> {
    // Colours that are on their way to others are none to judge by, and what sticks to the edge of the window covers by chance what
    // is there: that nothing which has the focus is behind it is asked elsewhere.
    let colours = "const still = new CSSStyleSheet(); \
        still.replaceSync('*, *::before, *::after { transition: none !important; animation: none !important } \
        [data-foot] { position: static !important }'); \
        document.adoptedStyleSheets = [still]; document.documentElement.dataset.theme = arguments[0]";
    let client = &window.client;
    client
        .execute(colours, vec![json!(theme)])
        .await
        .expect("colours");
    let found = client.execute(AUDIT, Vec::new()).await.expect("an audit");
    let mut told: Vec<String> = texts(&found);
    if let Some((axe, rules)) = axe {
        // It stays with its page, however wide that is.
        let is_there = client.execute("return Boolean(window.axe)", Vec::new());
        if is_there.await.expect("a page") != json!(true) {
            client.execute(axe, Vec::new()).await.expect("axe-core");
        }
        let found = client.execute_async(ASK, vec![json!(rules)]).await;
        told.extend(texts(&found.expect("axe-core answers")));
    }
    told
}

fn texts(found: &Value) -> Vec<String> {
    found.as_array().into_iter().flatten().map(said).collect()
}

/// Somebody who uses the keyboard alone.
struct Keyboard<'w>(&'w Browser);

impl Keyboard<'_> {
    /// Presses keys where the focus is.
    async fn presses(&self, keys: &str) {
        self.0.keys(keys).await;
    }

    /// Goes on with the Tab key to what is called so, and sees where the focus is.
    async fn goes_to(&self, name: &str) {
        const CALLED: &str = "const here = document.activeElement; \
            const labels = [...(here.labels ?? [])].map((label) => label.textContent).join(' '); \
            const group = here.type === 'radio' ? here.closest('fieldset')?.querySelector('legend')?.textContent ?? '' : ''; \
            const style = getComputedStyle(here); \
            const near = here.closest('label') ? getComputedStyle(here.closest('label')) : style; \
            const seen = [style, near].some((one) => one.outlineStyle !== 'none' || one.boxShadow !== 'none'); \
            return [[group, labels || here.getAttribute('aria-label') || here.textContent || ''].join(' ').replace(/\\s+/g, ' ').trim(), seen];";
        let mut passed = Vec::new();
        for _ in 0..150 {
            self.presses(&Key::Tab).await;
            let called = self.0.client.execute(CALLED, Vec::new()).await;
            let called = called.expect("what has the focus");
            let here = said(&called[0]);
            if here.contains(name) {
                assert_eq!(called[1], json!(true), "nobody sees the focus on {here}");
                return;
            }
            passed.push(here);
        }
        panic!("the Tab key does not lead to “{name}”: {passed:#?}");
    }

    /// Goes to a field and types.
    async fn types(&self, label: &str, words: &str) {
        self.goes_to(label).await;
        self.presses(words).await;
    }

    /// Goes to a link or a button and presses it.
    async fn follows(&self, name: &str) {
        self.goes_to(name).await;
        self.presses(&Key::Enter).await;
    }

    /// Goes to a group of which one is chosen, and chooses the one that is so many steps on.
    async fn chooses(&self, legend: &str, steps: usize) {
        self.goes_to(legend).await;
        self.presses(" ").await;
        for _ in 0..steps {
            self.presses(&Key::Down).await;
        }
    }
}

/// Signs in with the keyboard.
async fn comes(desk: &Desk, person: &Person) -> Option<Browser> {
    let window = match Browser::open(Scripts::On).await {
        Ok(window) => window,
        Err(why) => {
            go_without("the browser", &why);
            return None;
        }
    };
    window.goes_to(&desk.page("/sign-in")).await;
    let keys = Keyboard(&window);
    keys.types("E-mail address", &person.email()).await;
    keys.types("Password", PASSWORD).await;
    keys.presses(&Key::Enter).await;
    window.reads(&person.name()).await;
    Some(window)
}

async fn a_contact_needs_no_mouse(desk: Desk) {
    let dana = desk.person("dana");
    let Some(window) = comes(&desk, &dana).await else {
        return;
    };
    let keys = Keyboard(&window);
    window.goes_to(&desk.page("/cases/new")).await;
    keys.types("Subject", "Invoices are sent twice").await;
    keys.types("What happens", "Since noon, to everybody.")
        .await;
    keys.chooses("Priority", 0).await;
    keys.chooses("Business impact", 0).await;
    keys.chooses("Deployment", 0).await;
    keys.follows("Open the case").await;
    window.reads("C-000001").await;
    keys.types("Write to the case feed", "The second trunk.")
        .await;
    keys.follows("Post").await;
    window.reads("The second trunk.").await;
    let written = dana.get("/cases/C-000001/feed").await.ok();
    assert_eq!(written["items"][0]["body"], "The second trunk.");
    leaves(window).await;
    desk.mailbox().await;
}

async fn an_engineer_needs_no_mouse(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    let Some(window) = comes(&desk, &eve).await else {
        return;
    };
    let keys = Keyboard(&window);
    window
        .goes_to(&desk.page(&format!("/cases/{}", case.number)))
        .await;
    keys.types("Write to the case feed", "We are looking.")
        .await;
    keys.follows("Post to ACME Corporation").await;
    window.reads("We are looking.").await;
    // The next page begins at its beginning again, and the first stop leads past what is on every page.
    keys.goes_to("Skip to").await;
    keys.presses(&Key::Enter).await;
    keys.follows("Take it").await;
    window.reads("The case is yours.").await;
    assert_eq!(eve.sees(&case).await["owner"]["name"], "Eve Hart");
    leaves(window).await;
    desk.mailbox().await;
}

async fn an_owner_needs_no_mouse(desk: Desk) {
    let (dana, ola) = (desk.person("dana"), desk.person("ola"));
    let case = dana.opens(medium()).await;
    let escalation = dana.escalates(&case, "no_update").taken().await;
    let Some(window) = comes(&desk, &ola).await else {
        return;
    };
    let keys = Keyboard(&window);
    let page = desk.page(&format!("/escalations/{}", escalation.number));
    window.goes_to(&page).await;
    keys.follows("Claim").await;
    window
        .does_not_have("//button[normalize-space(.)='Claim']")
        .await;
    window.goes_to(&format!("{page}?do=decline")).await;
    keys.goes_to("The priority is too low").await;
    keys.presses(" ").await;
    keys.types("Words to the requester", "Ask for medium priority first.")
        .await;
    keys.follows("Decline").await;
    window.reads("was declined").await;
    let declined = ola
        .get(&format!("/escalations/{}", escalation.number))
        .await;
    assert_eq!(declined.ok()["state"], "declined");
    leaves(window).await;
    desk.mailbox().await;
}

async fn what_was_refused_is_told_first_and_has_the_focus(desk: Desk) {
    let eve = desk.person("eve");
    let case = desk.person("dana").opens(high()).await;
    let Some(window) = signs_in(&desk, Scripts::Off, &eve).await else {
        return;
    };
    let page = desk.page(&format!("/cases/{}?do=record", case.number));
    window.goes_to(&page).await;
    window.types("Channel", "Call").await;
    // Only spaces: the browser lets them pass, and the desk does not.
    window.types("With whom", "   ").await;
    window.types("What was said", "   ").await;
    window.presses("Record").await;
    window.reads("There is something to put right:").await;
    let title = window.client.title().await.expect("a title");
    assert!(title.starts_with("Error: "), "{title}");
    let focused = window.client.active_element().await.expect("a focus");
    let text = focused.text().await.expect("words");
    assert!(text.contains("There is something to put right:"), "{text}");
    window.close().await;
    desk.passes(TimeDelta::minutes(1));
    desk.mailbox().await;
}
