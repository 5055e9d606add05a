//! API tokens.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use secrecy::ExposeSecret;

use super::{AccountPage, List, Row, Section, Shown, again, page, show};
use crate::credentials::{NewSecret, TOKEN_PREFIX};
use crate::domain::access::Permission;
use crate::domain::ids::TokenId;
use crate::domain::text::Title;
use crate::http::api::tokens::issue_for;
use crate::http::call::{OWNER, OWNER_AT_HOME};
use crate::http::portal::act::is_form_error;
use crate::http::portal::answer::Outcome;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::form::{Choice, Control, Form, Kind};
use crate::http::portal::routes::{PortalRoute, pages};
use crate::http::portal::typed::Typed;
use crate::http::portal::visit::Visit;
use crate::http::problem::{Code, Problem};
use crate::input::Fault;
use crate::store::tokens::{self, Token};
use crate::words::Words;
use crate::workflow::tokens::{IssueToken, revoke_token};

const HERE: &str = "/account/tokens";
/// For how many days a token can be made; not given, it is for good.
const LIFETIMES: [i64; 4] = [7, 30, 90, 365];
/// More than anybody keeps in mind.
const MOST: i64 = 200;

pub(super) fn routes() -> Vec<PortalRoute> {
    pages! { tokens:
        GET  "/account/tokens"                OWNER => read, "Your API tokens";
        POST "/account/tokens"                OWNER_AT_HOME.proven() => issue, "Makes an API token";
        POST "/account/tokens/{token}/revoke" OWNER => revoke, "Revokes an API token";
    }
}

async fn read(visit: Visit) -> Outcome {
    show(&visit, &held(&visit).await?)
}

async fn held(visit: &Visit) -> Result<AccountPage, Problem> {
    let id = visit.principal()?.person;
    let tokens = visit
        .look(move |conn| Ok(tokens::of_person(conn, id, None, MOST)?))
        .await?;
    let words = visit.words();
    let row = |token: &Token| {
        let (chip, at_label, at) = match token.expires_at {
            Some(at) if at <= visit.now => (
                words.say("token-expired", &[]),
                words.say("token-expired-at", &[]),
                at,
            ),
            Some(at) => (String::new(), words.say("token-expires-at", &[]), at),
            None => (
                String::new(),
                words.say("token-made-at", &[]),
                token.created_at,
            ),
        };
        Row {
            title: token.name.clone(),
            small: allows(words, token.permissions.as_deref()),
            chip,
            at_label,
            at,
            action: format!("{HERE}/{}/revoke", token.id),
            button: words.say("token-revoke", &[]),
        }
    };
    let mut page = page(visit, "tokens");
    page.list = Some(List {
        title: words.say("token-list", &[]),
        none: words.say("token-none", &[]),
        rows: tokens.iter().map(row).collect(),
    });
    let offered: Vec<Permission> = visit.access()?.permissions.iter().copied().collect();
    page.sections.push(new_token(words, &offered));
    Ok(page)
}

/// What a token allows, in words.
fn allows(words: &Words, permissions: Option<&BTreeSet<Permission>>) -> String {
    match permissions {
        None => words.say("token-allows-all", &[]),
        Some(some) => {
            let names: Vec<_> = some.iter().map(|permission| permission.as_str()).collect();
            names.join(", ")
        }
    }
}

/// The form that makes a token with some of `offered`.
pub(in crate::http::portal) fn new_token(words: &Words, offered: &[Permission]) -> Section {
    let lifetime = |days: &i64| {
        let label = words.say("token-days", &[("days", (*days).into())]);
        Choice::new(days.to_string(), label)
    };
    let mut lifetimes: Vec<Choice> = LIFETIMES.iter().map(lifetime).collect();
    lifetimes.push(Choice::new("none", words.say("token-for-good", &[])));
    let mut controls = vec![
        Control::new(Kind::Text, "name", words.say_of("label", "token-name", &[]))
            .hint(words.say_of("hint", "token-name", &[]))
            .required()
            .max(100),
        Control::new(
            Kind::Select,
            "lifetime",
            words.say_of("label", "lifetime", &[]),
        )
        .required()
        .value("90")
        .choices(lifetimes),
        Control::new(
            Kind::Radio,
            "scope",
            words.say_of("label", "token-scope", &[]),
        )
        .required()
        .value("some")
        .choices(vec![
            Choice::new("some", words.say("token-scope-some", &[])),
            Choice::new("all", words.say("token-scope-all", &[])),
        ]),
    ];
    controls.extend(offered.iter().map(|permission| {
        Control::new(Kind::Check, field(*permission), permission.as_str()).half()
    }));
    let form = Form::new("token", HERE, words.say("token-button", &[]), controls);
    let title = words.say("token-new", &[]);
    Section::new("new", title, words.say("token-about", &[])).form(form)
}

fn field(permission: Permission) -> String {
    format!("permission.{permission}")
}

async fn issue(visit: Visit) -> Outcome {
    match issued(&visit).await {
        Ok(secret) => {
            let words = visit.words();
            let mut page = page(&visit, "tokens");
            page.shown = Some(Shown {
                title: words.say("token-shown", &[]),
                about: words.say("token-shown-about", &[]),
                picture: String::new(),
                picture_about: String::new(),
                lines: vec![secret.text.expose_secret().to_owned()],
                next: HERE.to_owned(),
            });
            show(&visit, &page)
        }
        Err(problem) if is_form_error(&problem) => {
            again(&visit, held(&visit).await?, "new", &problem)
        }
        Err(problem) => Err(problem.into()),
    }
}

async fn issued(visit: &Visit) -> Result<NewSecret, Problem> {
    let mut typed = Typed::of(visit);
    let principal = visit.principal()?.clone();
    let name = typed.text("name", Title::parse);
    let days = match typed.raw("lifetime") {
        "none" => None,
        text => match text.parse().ok().filter(|days| LIFETIMES.contains(days)) {
            Some(days) => Some(TimeDelta::days(days)),
            None => {
                typed.refuse("lifetime", Fault::new("required"));
                None
            }
        },
    };
    let ticked: BTreeSet<Permission> = (principal.access().permissions.iter().copied())
        .filter(|permission| typed.ticked(&field(*permission)))
        .collect();
    let permissions = match typed.raw("scope") {
        "all" => None,
        _ => Some(ticked),
    };
    if permissions.as_ref().is_some_and(BTreeSet::is_empty) {
        typed.refuse("scope", Fault::new("nothing_chosen"));
    }
    typed.checked()?;
    let secret = NewSecret::with_prefix(TOKEN_PREFIX);
    let (token_hash, now) = (secret.hash.clone(), visit.now);
    let new = IssueToken {
        name: name.ok_or_else(|| Problem::new(Code::Internal))?,
        permissions,
        expires_at: days.map(|days| now + days),
        made_with: principal.token(),
    };
    visit
        .write(move |conn| issue_for(conn, &principal, (&new, &token_hash), now))
        .await?;
    Ok(secret)
}

async fn revoke(visit: Visit, id: TokenId) -> Outcome {
    let (actor, now) = (visit.principal()?.oneself(), visit.now);
    let name = visit
        .write(move |conn| revoke_token(conn, &actor, id, now))
        .await?;
    Ok(visit.go(HERE, Some(Flash::new(Done::TokenRevoked).name(name))))
}
