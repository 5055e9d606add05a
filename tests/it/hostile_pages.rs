//! What people write and send does nothing in the browser of whoever reads it: texts, names and files that are meant to.

use reqwest::Method;
use serde_json::json;

use crate::support::browser::{Scripts, signs_in};
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::paired::said;
use crate::support::person::{Case, Person, high};

on_both_databases! { Desk:
    hostile_words_and_files_do_nothing_in_a_browser,
}

/// What would say that it ran.
const RUNS: &str = "window.owned = document.title = 'owned'";

/// Texts that some page somewhere has taken for more than a text.
fn words() -> String {
    [
        format!("<script>{RUNS}</script>"),
        format!("<img src=x onerror=\"{RUNS}\">"),
        format!("<svg onload=\"{RUNS}\"><script>{RUNS}</script></svg>"),
        format!("<details open ontoggle=\"{RUNS}\">open</details>"),
        format!("<iframe srcdoc=\"<script>parent.{RUNS}</script>\"></iframe>"),
        format!("[a link](javascript:{})", RUNS.replace(' ', "%20")),
        format!("[another](JaVaScRiPt&colon;{})", RUNS.replace(' ', "")),
        format!("<javascript:{}>", RUNS.replace(' ', "")),
        "[a page](data:text/html,<script>window.owned=1</script>)".to_owned(),
        "![a picture](https://elsewhere.test/beacon.png)".to_owned(),
        "![code](javascript:window.owned=1)".to_owned(),
        "<base href=\"https://elsewhere.test/\"><meta http-equiv=refresh content=\"0;url=https://elsewhere.test\">"
            .to_owned(),
        "<form action=\"https://elsewhere.test\"><button>Sign in again</button></form>".to_owned(),
        "<style>* { display: none }</style><link rel=stylesheet href=https://elsewhere.test/a.css>"
            .to_owned(),
        "</textarea></script><script>window.owned=1</script>".to_owned(),
        "{{csrf}} {{{page}}} ${window.owned=1}".to_owned(),
    ]
    .join("\n\n")
}

/// What is on the page that was written here and should not be, and whether anything ran.
const FOUND: &str = "const made = ['script', 'iframe', 'object', 'embed', 'base', 'meta', 'link', 'style', \
        '[onerror]', '[onload]', '[ontoggle]', '[onclick]', '[style]', 'foreignObject']; \
    const bad = made.filter((one) => document.querySelector(`main ${one}`)); \
    const away = (address) => new URL(address, location.href).origin !== location.origin; \
    for (const form of document.forms) if (away(form.action)) bad.push(form.action); \
    for (const image of document.images) if (away(image.src)) bad.push(image.src); \
    for (const link of document.links) if (!/^(https?|mailto|tel|sip):/.test(link.href)) bad.push(link.href); \
    return [bad, window.owned ?? null, document.title === 'owned'];";

async fn sends(person: &Person, case: &Case, name: &str, bytes: &[u8]) -> String {
    let name: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
    let path = format!("/cases/{}/attachments?name={name}", case.number);
    let sent = person.asks(Method::POST, &path).body(bytes.to_vec()).await;
    said(&sent.created()["id"])
}

async fn hostile_words_and_files_do_nothing_in_a_browser(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let subject = format!("<img src=x onerror=\"{RUNS}\">");
    let opened = high().about(&subject).with("description", words());
    let case = dana.opens(opened).await;
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"{RUNS}\"><script>{RUNS}</script></svg>"
    );
    let page = format!("<!doctype html><title>owned</title><script>opener.{RUNS}</script>");
    let paper = format!(
        "%PDF-1.7\n1 0 obj<</Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert('{RUNS}'))>>>>endobj\ntrailer<</Root 1 0 R>>"
    );
    let mut files = Vec::new();
    for (name, bytes) in [
        ("\"><img src=x onerror=alert(1)>.svg", svg.as_bytes()),
        ("picture.png", svg.as_bytes()),
        ("invoice.html", page.as_bytes()),
        ("invoice\u{202e}fdp.html", page.as_bytes()),
        ("paper.pdf", paper.as_bytes()),
    ] {
        files.push(sends(&dana, &case, name, bytes).await);
    }
    let entry = json!({ "body": words(), "attachments": files });
    let feed = format!("/cases/{}/feed", case.number);
    dana.post(&feed, entry).await.created();
    let Some(hers) = signs_in(&desk, Scripts::On, &eve).await else {
        return;
    };
    // What is refused as a download leaves nothing on the machine of whoever runs this.
    let downloads = async |behavior: &str| {
        let how = json!({ "behavior": behavior });
        hers.asks("Page.setDownloadBehavior", how).await;
    };
    downloads("deny").await;
    let nothing = json!([[], null, false]);
    let of_case = desk.page(&format!("/cases/{}", case.number));
    for page in [
        &of_case,
        &desk.page("/cases"),
        &desk.page("/search?q=onerror"),
    ] {
        hers.goes_to(page).await;
        // It is read as it was typed.
        hers.reads("onerror").await;
        hers.becomes(FOUND, &nothing).await;
    }
    hers.goes_to(&of_case).await;
    hers.reads("paper.pdf").await;
    assert_eq!(hers.complaints().await, Vec::<String>::new());
    for file in &files {
        // Whoever follows a link to a file, or types its address, gets a file, and no page of this desk.
        let address = desk.page(&format!("/attachments/{file}"));
        let _ = hers.client.goto(&address).await;
        let ran = "return [window.owned ?? null, document.title === 'owned']";
        hers.becomes(ran, &json!([null, false])).await;
    }
    hers.goes_to(&of_case).await;
    hers.becomes(FOUND, &nothing).await;
    downloads("default").await;
    // The browser may say that a file is no page.
    hers.close().await;
    desk.mailbox().await;
}
