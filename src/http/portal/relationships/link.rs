//! The link of a request: what it shows, yes, and no (P2).

use super::AnswerPage;
use crate::http::api::addresses::LinkSecret;
use crate::http::api::pairing_links::inspected;
use crate::http::portal::answer::PageResult;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::page_request::PageRequest;
use crate::http::problem::Problem;
use crate::workflow::pair;

pub(super) async fn show(req: PageRequest, LinkSecret(token): LinkSecret) -> PageResult {
    let (actor, now) = (req.actor()?.clone(), req.now);
    let (read, words) = (token.clone(), req.words().clone());
    let shown = req
        .read(move |conn| inspected(conn, &actor, &read, &words, now))
        .await?;
    let page = AnswerPage {
        organization: shown.organization.name,
        by: shown.requested_by.map(|by| by.name).unwrap_or_default(),
        at: shown.requested_at,
        expires_at: shown.expires_at,
        people: shown.people,
        groups: shown.groups,
        warning: shown.warning,
        action: format!("/pairing-links/{token}"),
        own: req.principal()?.organization.name.clone(),
    };
    req.show("relationships", "pairing-answer", &page)
}

pub(super) async fn answer(req: PageRequest, LinkSecret(token): LinkSecret) -> PageResult {
    let (actor, now) = (req.actor()?.clone(), req.now);
    match req.typed.get("answer").map(String::as_str) {
        Some("yes") => {
            let id = req
                .write(move |conn| pair::accept(conn, &actor, &token, now))
                .await?;
            let flash = Flash::new(Done::PairingAccepted);
            Ok(req.go(format!("/relationships/{id}"), Some(flash)))
        }
        Some("no") => {
            req.write(move |conn| pair::refuse(conn, &actor, &token, now))
                .await?;
            Ok(req.go("/relationships", Some(Flash::new(Done::PairingRefused))))
        }
        _ => Err(Problem::not_found().into()),
    }
}
