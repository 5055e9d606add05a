//! A picture of every page of the demonstration, for a person to look at: in each language, in both colours, on a telephone and
//! on a desk. `cargo test --test it -- --ignored pictures` puts them into `target/pictures`, or where `CASEBELL_PICTURES` says,
//! with an `index.html` that shows them all. `CASEBELL_PICTURES_OF` takes those alone whose address holds it.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::accessible::to_look_at;
use crate::looks::{VIEWERS, panel_of, session, things};
use crate::support::browser::{Browser, Engine, Scripts};
use crate::support::database::Backend;
use crate::support::say;
use crate::support::terminal::Terminal;

const LANGUAGES: [&str; 2] = ["en", "de"];
const THEMES: [&str; 2] = ["light", "dark"];
const WIDTHS: [u32; 2] = [320, 1280];
/// Whose pages are taken: one of the staff, one of the customers, and who is not signed in.
const SIDES: [&[usize]; 3] = [&[0, 1], &[2, 3, 4], &[VIEWERS.len()]];
/// How many pixels high a picture is at least and at the most.
const LOWEST: u32 = 800;
const HIGHEST: u32 = 12_000;
/// Where a page leads to its verbs, each of which has a form on it.
const VERBS: &str = "return [...document.querySelectorAll('main a[href*=\"?do=\"]')] \
    .map((one) => one.getAttribute('href').split('#')[0])";

#[test]
#[ignore = "takes pictures for a person to look at: cargo test --test it -- --ignored pictures"]
fn pictures_of_every_page() {
    Terminal::for_story(Backend::Sqlite, takes_all);
}

async fn takes_all(terminal: Terminal) {
    let server = terminal.demonstrates();
    let mut cookies = Vec::new();
    for email in VIEWERS {
        cookies.push(session(&server, email).await);
    }
    cookies.push(String::new());
    let things = things(&server, &terminal).await;
    let mut pages = to_look_at(&server.origin, &cookies, &things, &SIDES).await;
    let wanted = std::env::var("CASEBELL_PICTURES_OF").unwrap_or_default();
    pages.retain(|(_, path)| path.contains(&wanted));
    let Some(window) = Browser::at_hand(Engine::Chromium, Scripts::On).await else {
        return;
    };
    let album = Album::new();
    let mut verbs = BTreeSet::new();
    for language in LANGUAGES {
        window.speaks(language).await;
        let mut looks = None;
        let mut next = 0;
        // The first time, each page adds the forms of its verbs.
        while let Some((viewer, path)) = pages.get(next).cloned() {
            if looks != Some(viewer) {
                sits_down(&window, &server.origin, &cookies[viewer]).await;
                looks = Some(viewer);
            }
            window.goes_to(&format!("{}{path}", server.origin)).await;
            let mut found = 0;
            for verb in texts(&window.runs(VERBS).await) {
                if verbs.insert((viewer, panel_of(&verb))) {
                    found += 1;
                    pages.insert(next + found, (viewer, verb));
                }
            }
            for theme in THEMES {
                for width in WIDTHS {
                    let picture = taken(&window, theme, width).await;
                    album.keeps((viewer, path.as_str()), (language, theme, width), &picture);
                }
            }
            next += 1;
        }
    }
    window.close().await;
    album.closes(&pages);
    assert_eq!(server.end_with("TERM").code(), Some(0));
}

/// Somebody else looks from here on; nobody who is signed in if the cookie is empty.
async fn sits_down(window: &Browser, origin: &str, cookie: &str) {
    window.goes_to(&format!("{origin}/sign-in")).await;
    let forgotten = window.client.delete_all_cookies().await;
    forgotten.expect("no cookies");
    if !cookie.is_empty() {
        window
            .runs(&format!("document.cookie = \"{cookie}; path=/\""))
            .await;
    }
}

/// The whole page that is there, in these colours and of this width.
async fn taken(window: &Browser, theme: &str, width: u32) -> Vec<u8> {
    window.is_so_large(width, LOWEST).await;
    window
        .runs(&format!(
            "document.documentElement.dataset.theme = '{theme}'"
        ))
        .await;
    let height = window
        .runs("return document.documentElement.scrollHeight")
        .await;
    let height = height
        .as_u64()
        .and_then(|height| u32::try_from(height).ok());
    let height = height.unwrap_or(LOWEST).clamp(LOWEST, HIGHEST);
    window.is_so_large(width, height).await;
    let format = json!({ "format": "webp", "quality": 80 });
    let picture = window.asks("Page.captureScreenshot", format).await;
    let picture = STANDARD.decode(picture["data"].as_str().expect("a picture"));
    picture.expect("in base64")
}

fn texts(found: &Value) -> Vec<String> {
    let found = found.as_array().into_iter().flatten();
    found
        .filter_map(|one| Some(one.as_str()?.to_owned()))
        .collect()
}

/// The pictures, and the page that shows them.
struct Album {
    folder: PathBuf,
}

impl Album {
    fn new() -> Self {
        let folder = std::env::var_os("CASEBELL_PICTURES").map_or_else(
            || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/pictures"),
            PathBuf::from,
        );
        std::fs::create_dir_all(&folder).expect("a folder");
        Self { folder }
    }

    fn keeps(&self, page: (usize, &str), how: (&str, &str, u32), picture: &[u8]) {
        let file = self.folder.join(name(page, how));
        std::fs::write(file, picture).expect("written");
    }

    /// Writes the page that shows what was taken of these pages.
    fn closes(&self, pages: &[(usize, String)]) {
        let mut index = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Casebell, page by page</title>\
            <style>body { font: 14px sans-serif; margin: 16px } div { display: flex; flex-wrap: wrap; gap: 12px; align-items: start } \
            figure { margin: 0 } img { height: 300px; border: 1px solid #999 } h2 { font-size: 16px }</style>\
            <h1>Casebell, page by page</h1>"
            .to_owned();
        for (viewer, path) in pages {
            let shown = path.replace('&', "&amp;").replace('<', "&lt;");
            let _ = write!(index, "<h2>{shown} · {}</h2><div>", who(*viewer));
            for language in LANGUAGES {
                for theme in THEMES {
                    for width in WIDTHS {
                        let file = name((*viewer, path.as_str()), (language, theme, width));
                        let how = format!("{language}, {theme}, {width} px");
                        let _ = write!(
                            index,
                            "<figure><a href=\"{file}\"><img src=\"{file}\" alt=\"{how}\" loading=\"lazy\"></a><figcaption>{how}</figcaption></figure>"
                        );
                    }
                }
            }
            index.push_str("</div>");
        }
        let file = self.folder.join("index.html");
        std::fs::write(&file, index).expect("written");
        say(&format!(
            "\nThe pictures of {} pages: {}\n",
            pages.len(),
            file.display()
        ));
    }
}

/// What the picture of a page is called.
fn name((viewer, path): (usize, &str), (language, theme, width): (&str, &str, u32)) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let path: String = path.trim_start_matches('/').chars().map(plain).collect();
    let who = who(viewer);
    format!("{who}-{path}-{language}-{theme}-{width}.webp")
}

/// The first name of who looks.
fn who(viewer: usize) -> &'static str {
    let email = VIEWERS.get(viewer).copied().unwrap_or("nobody");
    email.split(['.', '@']).next().unwrap_or(email)
}
