//! Having no more notices of a kind, by the link in one of them: with a click in the mail program (RFC 8058), or on the
//! page that the link leads to (N4).
//!
//! The link says who and what; nobody need be signed in. Looking changes nothing: mail scanners follow links.

use actix_web::http::StatusCode;
use serde::Serialize;

use super::answer::PageResult;
use super::my_notices;
use super::page_request::{PageRequest, Posted};
use super::parts::Link;
use super::route::{PortalRoute, pages};
use crate::domain::text::EmailAddress;
use crate::http::api::addresses::LinkSecret;
use crate::http::api_request::ANYONE;
use crate::http::problem::{Code, Problem};
use crate::words::Catalogue;
use crate::workflow::choose_notices::{self, Unsubscribing, unsubscribing};

/// The field that says that it is meant, and what stands in it (RFC 8058).
const FIELD: &str = "List-Unsubscribe";
const MEANT: &str = "One-Click";

/// The rows of the route table.
pub(super) fn routes() -> Vec<PortalRoute> {
    let rows = pages! { unsubscribe:
        GET  "/unsubscribe/{token}" ANYONE => show, "What a link in a notice would switch off";
        POST "/unsubscribe/{token}" ANYONE => end, "Switches a kind of notice off";
    };
    // A mail program sends no page's token; what may be done is in the link.
    rows.into_iter()
        .map(|row| row.posted(Posted::ByAnybody))
        .collect()
}

/// The page behind a link in a notice.
#[derive(Clone, Debug, Serialize)]
pub struct UnsubscribePage {
    /// What it is about, or what happened.
    pub title: String,
    /// Which kind, for whom, and what follows.
    pub detail: String,
    /// Where the button sends; empty where there is nothing to do.
    pub action: String,
    /// The name and the value of the field that says that it is meant.
    pub field: &'static str,
    /// See `field`.
    pub meant: &'static str,
    /// Where to go from here.
    pub ways: Vec<Link>,
}

async fn show(req: PageRequest, LinkSecret(token): LinkSecret) -> PageResult {
    let key = req.desk.key.clone();
    let asked = token.clone();
    let found = req
        .read(move |conn| Ok(unsubscribing(conn, &key, &asked)?))
        .await;
    match found {
        Ok(asked) => {
            let page = question(req.words(), &asked, format!("/unsubscribe/{token}"));
            req.show("", "unsubscribe", &page)
        }
        Err(problem) => not_good(&req, problem),
    }
}

async fn end(req: PageRequest, link: LinkSecret) -> PageResult {
    if req.typed.get(FIELD).map(String::as_str) != Some(MEANT) {
        return show(req, link).await;
    }
    let LinkSecret(token) = link;
    let (key, now) = (req.desk.key.clone(), req.now);
    let ended = req
        .write(move |conn| choose_notices::unsubscribe(conn, &key, &token, now))
        .await;
    match ended {
        Ok(ended) => req.show("", "unsubscribe", &done(req.words(), &ended)),
        Err(problem) => not_good(&req, problem),
    }
}

/// Asks whether it is meant.
pub fn question(words: &Catalogue, asked: &Unsubscribing, action: String) -> UnsubscribePage {
    let (kind, email) = told(words, asked);
    UnsubscribePage {
        title: words.say("unsubscribe-title", &[("kind", kind.clone().into())]),
        detail: words.say(
            "unsubscribe-about",
            &[("kind", kind.into()), ("email", email.into())],
        ),
        action,
        field: FIELD,
        meant: MEANT,
        ways: vec![choices(words)],
    }
}

/// Says that it is done, and how it is undone.
pub fn done(words: &Catalogue, ended: &Unsubscribing) -> UnsubscribePage {
    let (kind, email) = told(words, ended);
    UnsubscribePage {
        title: words.say("unsubscribe-done-title", &[]),
        detail: words.say(
            "unsubscribe-done",
            &[("kind", kind.into()), ("email", email.into())],
        ),
        action: String::new(),
        field: FIELD,
        meant: MEANT,
        ways: vec![choices(words).main()],
    }
}

/// Whatever is wrong with a link, the page is the same.
fn not_good(req: &PageRequest, problem: Problem) -> PageResult {
    if problem.code() != Code::NotFound {
        return Err(problem.into());
    }
    let words = req.words();
    let page = UnsubscribePage {
        title: words.say("unsubscribe-not-good-title", &[]),
        detail: words.say("unsubscribe-not-good", &[]),
        action: String::new(),
        field: FIELD,
        meant: MEANT,
        ways: vec![choices(words).main()],
    };
    req.show_again(StatusCode::NOT_FOUND, "", "unsubscribe", &page)
}

fn told(words: &Catalogue, about: &Unsubscribing) -> (String, String) {
    let kind = words.say_of("notice-kind", about.kind.as_str(), &[]);
    (kind, masked(&about.email))
}

fn choices(words: &Catalogue) -> Link {
    Link::new(words.say("unsubscribe-choose", &[]), my_notices::ADDRESS)
}

/// Enough of an address for its owner to know it: whoever forwards a notice does not give the whole of it away.
fn masked(email: &EmailAddress) -> String {
    match email.as_str().split_once('@') {
        Some((local, domain)) => {
            let first: String = local.chars().take(1).collect();
            format!("{first}…@{domain}")
        }
        None => "…".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_known_to_its_owner_and_to_nobody_else() {
        let masked = |text| masked(&EmailAddress::parse(text).unwrap());
        assert_eq!(masked("dana.cole@acme.example"), "d…@acme.example");
        assert_eq!(masked("d@acme.example"), "d…@acme.example");
    }
}
