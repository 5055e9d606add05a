//! Having no more notices of a kind, or of a feed that one mutes (F7), by the link in one of them: with a click in the mail
//! program (RFC 8058), or on the page that the link leads to (N4).
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
use crate::workflow::choose_notices::{self, Ended, Unsubscribing, unsubscribing};

/// The name of the button that ends a whole kind, where the link mutes one feed (F7).
const WHOLE_KIND: &str = "whole_kind";

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
    /// What the button says.
    pub button: String,
    /// What the button says that ends the whole kind instead; empty where there is none.
    pub instead: String,
    /// The name of that button.
    pub whole_kind: &'static str,
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
    let whole_kind = req.typed.contains_key(WHOLE_KIND);
    let ended = req
        .write(move |conn| choose_notices::unsubscribe(conn, &key, &token, whole_kind, now))
        .await;
    match ended {
        Ok(ended) => req.show("", "unsubscribe", &done(req.words(), &ended)),
        Err(problem) => not_good(&req, problem),
    }
}

/// Asks whether it is meant.
pub fn question(words: &Catalogue, asked: &Unsubscribing, action: String) -> UnsubscribePage {
    let email = masked(&asked.email);
    let page = UnsubscribePage {
        action,
        ways: vec![choices(words)],
        ..nothing()
    };
    match asked.what {
        Ended::Kind(kind) => {
            let kind = words.say_of("notice-kind", kind.as_str(), &[]);
            let args = [("kind", kind.into()), ("email", email.into())];
            UnsubscribePage {
                title: words.say("unsubscribe-title", &args[..1]),
                detail: words.say("unsubscribe-about", &args),
                button: words.say("unsubscribe-button", &[]),
                ..page
            }
        }
        Ended::Feed(case, feed) => {
            let case = case.to_string();
            let args = [("number", case.into()), ("email", email.into())];
            UnsubscribePage {
                title: words.say_of("unsubscribe-feed-title", feed.as_str(), &args[..1]),
                detail: words.say_of("unsubscribe-feed-about", feed.as_str(), &args),
                button: words.say("unsubscribe-feed-button", &[]),
                instead: words.say("unsubscribe-feed-instead", &[]),
                ..page
            }
        }
    }
}

/// Says that it is done, and how it is undone.
pub fn done(words: &Catalogue, ended: &Unsubscribing) -> UnsubscribePage {
    let email = masked(&ended.email);
    let page = UnsubscribePage {
        ways: vec![choices(words).main()],
        ..nothing()
    };
    match ended.what {
        Ended::Kind(kind) => {
            let kind = words.say_of("notice-kind", kind.as_str(), &[]);
            let args = [("kind", kind.into()), ("email", email.into())];
            UnsubscribePage {
                title: words.say("unsubscribe-done-title", &[]),
                detail: words.say("unsubscribe-done", &args),
                ..page
            }
        }
        Ended::Feed(case, feed) => {
            let args = [("number", case.to_string().into()), ("email", email.into())];
            UnsubscribePage {
                title: words.say("unsubscribe-done-title", &[]),
                detail: words.say_of("unsubscribe-feed-done", feed.as_str(), &args),
                ..page
            }
        }
    }
}

/// A page on which nothing stands yet.
fn nothing() -> UnsubscribePage {
    UnsubscribePage {
        title: String::new(),
        detail: String::new(),
        action: String::new(),
        field: FIELD,
        meant: MEANT,
        button: String::new(),
        instead: String::new(),
        whole_kind: WHOLE_KIND,
        ways: Vec::new(),
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
        ways: vec![choices(words).main()],
        ..nothing()
    };
    req.show_again(StatusCode::NOT_FOUND, "", "unsubscribe", &page)
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
