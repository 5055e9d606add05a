//! Every page of the portal over the demonstration, as its people see it, and what its forms lead to. What must hold on
//! all of them is checked wherever a page is shown (`support::markup`).

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use casebell::credentials::TOKEN_PREFIX;
use casebell::http::api_request::Requires;
use casebell::http::portal::route::PortalRoute;
use casebell::http::portal::routes::routes;
use chrono::TimeDelta;
use futures_util::future::join_all;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use url::form_urlencoded::Serializer;

use crate::support::answer::Answer;
use crate::support::database::on_both_databases;
use crate::support::desk::{Desk, client};
use crate::support::form::{Field, Form, text_of};
use crate::support::markup::{elements, tags};
use crate::support::paired::said;
use crate::support::person::Asking;
use crate::support::process::Process;
use crate::support::session::Session;
use crate::support::terminal::{Program, Terminal};

on_both_databases! { Terminal:
    every_page_of_the_demonstration_keeps_to_the_policy,
    the_first_page_keeps_to_it_as_well,
}
on_both_databases! { Desk:
    pages_of_a_moment_keep_to_it_as_well,
}

/// Who looks: between them they may see every page.
pub const VIEWERS: [&str; 5] = [
    "ada.frost@northstar.example",
    "olga.marin@northstar.example",
    "dana.cole@acme.example",
    "abel.noor@acme.example",
    "hank.young@hooli.example",
];

/// Pages that lead on to others, that are files, or that belong to a state in which nobody here is.
const NO_PAGES: [&str; 13] = [
    // A file that somebody has attached.
    "/attachments/{attachment}",
    "/admin",
    "/cases/bulk",
    "/cases/bulk/close",
    "/escalations/bulk",
    "/callbacks/bulk",
    "/sign-in/code",
    "/admin/notices/{notice}/mail",
    // Mails, which have a policy of their own.
    "/admin/notices/{notice}/html",
    "/admin/notices/templates/html",
    "/admin/provisioning/file",
    "/reports/{report}/file",
    "/tutorials/{tutorial}/calendar.ics",
];

/// Forms that belong to a state in which nothing and nobody of the demonstration is.
const NO_FORMS: [&str; 30] = [
    // It saves how a list is narrowed, where it is.
    "/saved-filters",
    "/attachments/{attachment}",
    // For a minute after something was posted: `undo`.
    "/entries/{entry}/undo",
    "/sign-in/code",
    "/setup/{token}",
    "/invitations/{token}",
    "/password-resets/{token}",
    "/unsubscribe/{token}",
    "/pairing-links/{token}",
    "/account/security/confirm",
    "/account/security/codes",
    "/account/security/off",
    "/account/sessions/end-others",
    "/account/sessions/{session}/end",
    "/cases/{case}/priority-requests",
    "/entries/{entry}",
    "/escalations/{escalation}/rating",
    "/escalations/{escalation}/rater",
    "/relationships/{pairing}/link",
    "/clones/{clone}/remove",
    "/admin/people/{person}/invitation",
    "/admin/people/{person}/second-factor",
    "/admin/roles/{role}",
    "/admin/roles/{role}/remove",
    "/admin/groups/{group}/members/{person}/remove",
    "/admin/calendars/{calendar}/holidays",
    "/admin/notices/send-all",
    "/admin/provisioning",
    "/admin/provisioning/apply",
    "/admin/notices/{notice}/send",
];

/// Forms after which a visitor is no longer who, or where, they were.
const LEAVE: [&str; 2] = ["/sign-out", "/switch"];

async fn every_page_of_the_demonstration_keeps_to_the_policy(terminal: Terminal) {
    let server = terminal.demonstrates();
    let mut visitors = vec![Visitor::new(&server.origin, String::new())];
    for email in VIEWERS {
        visitors.push(Visitor::new(&server.origin, session(&server, email).await));
    }
    let things = things(&server, &terminal).await;
    let rows = routes();
    let (pages, posts): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.method == "GET");
    let mut forms = BTreeMap::new();
    let mut complaints = Vec::new();
    for row in pages {
        let mut shown = 0;
        let mut panels = BTreeSet::new();
        // Who may not look at one of them may look at none.
        let mut admitted: Vec<&Visitor> = visitors.iter().collect();
        for path in paths(row.path, &things) {
            // All at once: looking disturbs nobody.
            let looking = std::mem::take(&mut admitted);
            let looks = looking.iter().map(|visitor| visitor.looks_at(row, &path));
            let pages = join_all(looks).await;
            for (visitor, page) in looking.into_iter().zip(pages) {
                shown += usize::from(page.status == 200 && page.is_page());
                if !matches!(page.status, 303 | 403) {
                    admitted.push(visitor);
                }
                let mut seen = vec![page];
                for further in panels_of(&path, &seen[0]) {
                    if panels.insert(panel_of(&further)) {
                        seen.push(visitor.looks_at(row, &further).await);
                    }
                }
                for page in &seen {
                    keep_forms(&mut forms, &posts, visitor, page);
                }
            }
        }
        let behind_a_link = row.path.ends_with("{token}");
        if shown == 0 && !behind_a_link && !NO_PAGES.contains(&row.path) {
            complaints.push(format!("nobody sees {}", row.path));
        }
    }
    for row in posts {
        if !forms.contains_key(row.path) && !NO_FORMS.contains(&row.path) {
            complaints.push(format!("nobody sees a form for {}", row.path));
        }
    }
    complaints.extend(send_all(forms).await);
    assert!(complaints.is_empty(), "{complaints:#?}");
    assert_eq!(server.end_with("TERM").code(), Some(0));
}

/// What a link by mail leads to, and what is asked when somebody has been away for a while.
async fn pages_of_a_moment_keep_to_it_as_well(desk: Desk) {
    let ada = desk.person("ada");
    let nora = json!({
        "organization": "acme", "email": "nora@acme.test", "first_name": "Nora", "last_name": "Ash",
        "roles": ["portal_viewer"], "invite": true,
    });
    ada.post("/users", nora).await.created();
    let wish = desk.client().post(desk.api("/password-resets"));
    let wish = Asking::new("a wish".into(), wish).json(&json!({ "email": "dana@acme.test" }));
    assert_eq!(wish.await.status, 202);
    let post = desk.mailbox().await;
    for (email, path) in [
        ("nora@acme.test", "/invitations/"),
        ("dana@acme.test", "/password-resets/"),
    ] {
        let (_, secret) = post.to(email).text.split_once(path).expect("a link");
        let secret = secret.split_whitespace().next().expect("a secret");
        let visitor = Visitor::new(&desk.page(""), String::new());
        let page = visitor.opens(&format!("{path}{secret}")).await;
        assert_eq!(page.status, 200, "{page:?}");
        let form = form_to(path, &page);
        let empty = visitor.sends(&form, Field::empty).await;
        assert!(empty.status == 422 && empty.is_page(), "{empty:?}");
    }
    let session = Session::of(&desk, &ada).await;
    desk.passes(TimeDelta::minutes(11));
    let asked = session
        .sends("/account/tokens", &[("name", "Nightly export")])
        .await;
    assert!(asked.text.contains("name=\"proof_password\""), "{asked:?}");
    assert!(asked.text.contains("value=\"Nightly export\""), "{asked:?}");
}

async fn the_first_page_keeps_to_it_as_well(terminal: Terminal) {
    let mut server = terminal.serve();
    let told = server.said();
    let (_, secret) = told.split_once("/setup/").expect("a link");
    let secret = secret.split_whitespace().next().expect("a secret");
    let visitor = Visitor::new(&server.origin, String::new());
    let page = visitor.opens(&format!("/setup/{secret}")).await;
    assert_eq!(page.status, 200, "{page:?}");
    let form = form_to("/setup/", &page);
    let empty = visitor.sends(&form, Field::empty).await;
    assert!(empty.status == 422 && empty.is_page(), "{empty:?}");
}

/// Sends every form of the pages: what comes back is a page too, or leads to one. Gives what is wrong.
async fn send_all(forms: BTreeMap<&str, (Visitor, Form)>) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut shown_once = 0;
    let (typed, pressed): (Vec<_>, Vec<_>) = (forms.iter())
        .filter(|(path, _)| !LEAVE.contains(path))
        .partition(|(_, (_, form))| form.asks);
    for (path, (visitor, form)) in &typed {
        let empty = visitor.sends(form, Field::empty).await;
        if !empty.is_page() && **path != "/forgot-password" {
            complaints.push(format!("{path} takes an empty form: {}", empty.status));
        }
        if path.contains('{') && form.fields.contains_key("version") {
            let late = visitor.sends(form, Field::old).await;
            if late.status != 412 || !late.is_page() {
                complaints.push(format!("{path} takes an old form: {}", late.status));
            }
        }
        let filled = visitor.sends(form, Field::filled).await;
        shown_once += usize::from(filled.text.contains(TOKEN_PREFIX));
        visitor.follows(&filled).await;
    }
    if shown_once == 0 {
        complaints.push("no secret is shown".to_owned());
    }
    for (_, (visitor, form)) in &pressed {
        let done = visitor.sends(form, Field::kept).await;
        visitor.follows(&done).await;
    }
    complaints
}

/// Somebody with a browser.
#[derive(Clone)]
struct Visitor {
    client: Client,
    origin: String,
    cookie: String,
}

impl Visitor {
    fn new(origin: &str, cookie: String) -> Self {
        Self {
            client: client(),
            origin: origin.to_owned(),
            cookie,
        }
    }

    async fn opens(&self, path: &str) -> Answer {
        self.opens_in("en", path).await
    }

    /// Opens a page with a browser that asks for a language.
    async fn opens_in(&self, language: &str, path: &str) -> Answer {
        let asking = (self.client).get(format!("{}{path}", self.origin));
        let page = Asking::new(format!("{:.24}: {path}", self.cookie), asking)
            .header("cookie", &self.cookie)
            .header("accept-language", language)
            .await;
        assert!(page.status < 500, "{page:?}");
        page
    }

    /// Goes where an answer leads, and is told there what was done.
    async fn follows(&self, answer: &Answer) {
        let next = answer.header("location");
        if next.is_empty() {
            return;
        }
        let told = answer
            .cookies
            .iter()
            .filter_map(|one| one.split(';').next());
        let told: String = told.map(|one| format!("; {one}")).collect();
        let mut there = self.clone();
        there.cookie.push_str(&told);
        there.opens(next).await;
    }

    /// Opens a page of the table; who is in can get out again, by a form with their token.
    async fn looks_at(&self, row: &PortalRoute, path: &str) -> Answer {
        let page = self.opens(path).await;
        if page.status == 200 && page.is_page() && !page.is_mail() {
            let german = self.opens_in("de", path).await;
            assert_eq!(german.status, 200, "{german:?}");
            let says = german.text.contains("<html lang=\"de\"");
            assert!(says, "{} is not in German", german.question);
        }
        let out = elements(&page.text, "form").any(|form| {
            form.contains(" action=\"/sign-out\"") && form.contains("name=\"csrf_token\"")
        });
        let inside = page.status == 200 && page.is_page() && row.needs != Requires::Anyone;
        let apart = !inside || page.is_mail();
        assert!(out || apart, "{} has no way out", page.question);
        page
    }

    async fn sends(&self, form: &Form, value: impl Fn(&Field) -> Option<String>) -> Answer {
        let mut fields = Serializer::new(String::new());
        for (name, field) in &form.fields {
            if let Some(value) = value(field) {
                fields.append_pair(name, &value);
            }
        }
        let asking = (self.client).post(format!("{}{}", self.origin, form.action));
        let asking = Asking::new(format!("form {}", form.action), asking)
            .header("cookie", &self.cookie)
            .header("origin", &self.origin)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(fields.finish());
        let answer = asking.await;
        assert!(answer.status < 500, "{answer:?}");
        answer
    }
}

/// The form of a page that leads to a path that begins like this.
fn form_to(path: &str, page: &Answer) -> Form {
    let mut forms = elements(&page.text, "form").filter_map(Form::read);
    let form = forms.find(|form| form.action.starts_with(path));
    form.unwrap_or_else(|| panic!("no form to {path}: {page:?}"))
}

/// What a page shows of itself on request: the panel of each verb, and what each reason asks.
fn panels_of(path: &str, page: &Answer) -> Vec<String> {
    let links = tags(&page.text, "a").filter_map(|tag| text_of(tag, "href"));
    let links = links.filter(|href| href.contains("?do="));
    let links = links.filter_map(|href| Some(href.split('#').next()?.to_owned()));
    let reasons = elements(&page.text, "form").filter(|form| form.contains(" data-reasons"));
    let reasons = reasons.flat_map(|form| tags(form, "input").collect::<Vec<_>>());
    let reasons = reasons.filter_map(|tag| text_of(tag, "value"));
    let reasons = reasons.map(|reason| format!("{path}?reason={reason}"));
    links.chain(reasons).collect()
}

/// What tells one panel from another: its verb, which is much the same on every case and on every escalation, or the case
/// and the reason.
pub fn panel_of(path: &str) -> String {
    let Some((thing, verb)) = path.split_once("?do=") else {
        return path.to_owned();
    };
    let kind = thing.split('/').nth(1).unwrap_or_default();
    let verb = verb.split('&').next().unwrap_or_default();
    format!("{kind} {verb}")
}

/// Keeps the first form of each kind that somebody is shown.
fn keep_forms<'a>(
    forms: &mut BTreeMap<&'a str, (Visitor, Form)>,
    posts: &[&'a PortalRoute],
    visitor: &Visitor,
    page: &Answer,
) {
    for form in elements(&page.text, "form") {
        let Some(action) = Form::leads(form) else {
            continue;
        };
        let row = posts.iter().find(|row| leads_to(row.path, &action));
        let row = row.unwrap_or_else(|| panic!("{}: {action} leads nowhere", page.question));
        if let (Entry::Vacant(place), Some(form)) = (forms.entry(row.path), Form::read(form)) {
            place.insert((visitor.clone(), form));
        }
    }
}

/// Whether a path is one of this row.
fn leads_to(row: &str, path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    let (row, path): (Vec<_>, Vec<_>) = (row.split('/').collect(), path.split('/').collect());
    let alike = row.iter().zip(&path);
    row.len() == path.len() && { alike }
        .all(|(expected, found)| expected.starts_with('{') || expected == found)
}

/// Signs in; gives the cookie.
pub async fn session(server: &Process, email: &str) -> String {
    let body = json!({ "email": email, "password": "quiet-harbour-lantern" });
    let asking = client().post(format!("{}/api/v1/sessions", server.origin));
    let answer = Asking::new(format!("sign in {email}"), asking.json(&body)).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let cookie = answer.header("set-cookie").split(';').next();
    cookie.unwrap_or_default().to_owned()
}
/// What the demonstration has for each parameter of a path.
pub async fn things(server: &Process, terminal: &Terminal) -> BTreeMap<&'static str, Vec<String>> {
    let [ada, abel] = [VIEWERS[0], VIEWERS[3]].map(|email| terminal.token(email));
    let (ada, abel) = (Program::new(server, &ada), Program::new(server, &abel));
    let all = async |by: &Program, path: &str, field: &str| -> Vec<String> {
        let list = by.asks(Method::GET, path, None).await.ok();
        let items = list["items"].as_array().into_iter().flatten();
        // A predefined role has a code in the place of an id.
        let name = |item: &Value| {
            item[field]
                .as_str()
                .or(item["code"].as_str())
                .map(str::to_owned)
        };
        items.filter_map(name).collect()
    };
    let mut things = BTreeMap::from([
        ("line", all(&ada, "/lines-of-business", "id").await),
        ("calendar", all(&ada, "/calendars", "id").await),
        ("code", all(&ada, "/escalation-reasons", "code").await),
        ("report", all(&ada, "/reports", "name").await),
        ("role", all(&ada, "/roles", "id").await),
        ("group", all(&ada, "/access-groups", "id").await),
        ("person", all(&ada, "/users?limit=100", "id").await),
        ("case", all(&ada, "/cases?limit=100", "number").await),
        (
            "escalation",
            all(&ada, "/escalations?limit=100", "number").await,
        ),
        (
            "access_request",
            all(&ada, "/access-requests?limit=100", "id").await,
        ),
        ("organization", all(&ada, "/organizations", "slug").await),
        ("pairing", all(&abel, "/pairings", "id").await),
        ("filter", all(&ada, "/saved-filters", "id").await),
        ("announcement", all(&ada, "/announcements", "id").await),
        ("tutorial", all(&ada, "/tutorials", "id").await),
        ("tool", all(&ada, "/tools", "id").await),
        ("template", all(&ada, "/templates", "id").await),
        ("article", all(&ada, "/articles", "slug").await),
        ("version", vec!["1".to_owned()]),
        ("category", all(&ada, "/article-categories", "key").await),
        ("token", vec!["cbl_nobody_made_this".to_owned()]),
    ]);
    // One notice of each kind.
    let mut kinds = BTreeSet::new();
    let mut notices = ada.all("/notices").await;
    notices.retain(|notice| kinds.insert(said(&notice["kind"])));
    let notices = notices.iter().map(|notice| said(&notice["id"]));
    things.insert("notice", notices.collect());
    let mut members = Vec::new();
    for pairing in &things["pairing"] {
        let pairing = abel.get(&format!("/pairings/{pairing}")).await.ok();
        for list in ["people", "groups"] {
            let of_it = pairing[list]["items"].as_array().into_iter().flatten();
            members.extend(of_it.map(|member| said(&member["id"])));
        }
    }
    things.insert("member", members);
    let mut files = Vec::new();
    for case in &things["case"] {
        files.extend(all(&ada, &format!("/cases/{case}/attachments"), "id").await);
    }
    things.insert("attachment", files);
    things
}

/// The path with each of the things that its parameter can name.
pub fn paths(path: &str, things: &BTreeMap<&'static str, Vec<String>>) -> Vec<String> {
    let Some((before, rest)) = path.split_once('{') else {
        return vec![path.to_owned()];
    };
    let (name, after) = rest.split_once('}').expect("the end of a parameter");
    let found = things.get(name).filter(|things| !things.is_empty());
    let found = found.unwrap_or_else(|| panic!("the demonstration has no {name} for {path}"));
    let named = found.iter().map(|thing| format!("{before}{thing}{after}"));
    named.flat_map(|path| paths(&path, things)).collect()
}
