//! API tokens.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use secrecy::ExposeSecret;

use super::{AccountPage, List, Row, Section, Shown, again, page, show};
use crate::credentials::{NewSecret, TOKEN_PREFIX};
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::ids::TokenId;
use crate::domain::text::Title;
use crate::http::api::tokens::issue_for;
use crate::http::api_request::{OWNER, OWNER_AT_HOME};
use crate::http::portal::act::FormPage;
use crate::http::portal::answer::PageResult;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::form::{Choice, Control, Form, Kind};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::route::{PortalRoute, pages};
use crate::http::problem::Problem;
use crate::input::{Whole, input};
use crate::store::tokens::{self, Token};
use crate::words::Catalogue;
use crate::workflow::Rejection;
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

async fn read(req: PageRequest) -> PageResult {
    show(&req, &held(&req).await?)
}

async fn held(req: &PageRequest) -> Result<AccountPage, Problem> {
    let id = req.principal()?.person;
    let tokens = req
        .read(move |conn| Ok(tokens::of_person(conn, id, None, MOST)?))
        .await?;
    let words = req.words();
    let row = |token: &Token| {
        let (chip, at_label, at) = match token.expires_at {
            Some(at) if at <= req.now => (
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
            small: format!(
                "{} · {}",
                allows(words, token.permissions.as_deref()),
                last_use(req, token)
            ),
            chip,
            at_label,
            at,
            action: format!("{HERE}/{}/revoke", token.id),
            button: words.say("token-revoke", &[]),
        }
    };
    let mut page = page(req, "tokens");
    page.list = Some(List {
        title: words.say("token-list", &[]),
        none: words.say("token-none", &[]),
        rows: tokens.iter().map(row).collect(),
    });
    let offered: Vec<Permission> = req.access()?.permissions.iter().copied().collect();
    page.sections.push(new_token(words, &offered));
    Ok(page)
}

/// When a token was last used, in words.
fn last_use(req: &PageRequest, token: &Token) -> String {
    match req.desk.seen.of_token(token) {
        None => req.words().say("token-never-used", &[]),
        Some(at) => {
            let ago = req.times().relative(at);
            req.words().say("token-used", &[("ago", ago.into())])
        }
    }
}

/// What a token allows, in words.
fn allows(words: &Catalogue, permissions: Option<&BTreeSet<Permission>>) -> String {
    match permissions {
        None => words.say("token-allows-all", &[]),
        Some(some) => {
            let names: Vec<_> = some
                .iter()
                .map(|permission| words.say_of("permission", permission.as_str(), &[]))
                .collect();
            names.join(" ")
        }
    }
}

/// The form that makes a token with some of `offered`.
fn new_token(words: &Catalogue, offered: &[Permission]) -> Section {
    let lifetime = |days: &i64| {
        let label = words.say("token-days", &[("days", (*days).into())]);
        Choice::new(days.to_string(), label)
    };
    let mut lifetimes: Vec<Choice> = LIFETIMES.iter().map(lifetime).collect();
    lifetimes.push(Choice::new("", words.say("token-for-good", &[])));
    let mut controls = vec![
        Control::of(TypedToken::name(), words.say_of("label", "token-name", &[]))
            .hint(words.say_of("hint", "token-name", &[])),
        Control::of(
            TypedToken::lifetime(),
            words.say_of("label", "lifetime", &[]),
        )
        .kind(Kind::Select)
        .value("90")
        .choices(lifetimes),
        Control::of(
            TypedToken::is_scoped(),
            words.say_of("label", "token-scope", &[]),
        )
        .kind(Kind::Radio)
        .value("on")
        .choices(vec![
            Choice::new("on", words.say("token-scope-some", &[])),
            Choice::new("", words.say("token-scope-all", &[])),
        ]),
    ];
    controls.extend(offered.iter().map(|permission| {
        let what = words.say_of("permission", permission.as_str(), &[]);
        Control::new(Kind::Check, field(*permission), what).half()
    }));
    let form = Form::new("token", HERE, words.say("token-button", &[]), controls);
    let title = words.say("token-new", &[]);
    Section::new("new", title, words.say("token-about", &[])).form(form)
}

fn field(permission: Permission) -> String {
    format!("{}.{permission}", TypedToken::permissions().name)
}

/// The page of one's tokens; the secret of a new one is shown by the answer itself, because nothing keeps it.
struct Issuing {
    secret: NewSecret,
}

impl FormPage<()> for Issuing {
    async fn done(&self, req: &PageRequest, (): ()) -> PageResult {
        let words = req.words();
        let mut page = page(req, "tokens");
        page.shown = Some(Shown {
            title: words.say("token-shown", &[]),
            about: words.say("token-shown-about", &[]),
            picture: String::new(),
            picture_about: String::new(),
            lines: vec![self.secret.text.expose_secret().to_owned()],
            next: HERE.to_owned(),
        });
        show(req, &page)
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        again(req, held(req).await?, "new", &problem)
    }
}

input! {
    /// A token as its page asks for it.
    pub struct TypedToken {
        /// What its owner calls it.
        name: Title,
        /// For how many days; for good if nothing is chosen.
        lifetime: Option<Whole<1, 3650>>,
        /// Whether it allows only what is ticked.
        is_scoped: bool,
        /// That.
        permissions: Option<BTreeSet<Permission>>,
    }
}

impl TypedToken {
    fn command(&self, now: Instant) -> Result<IssueToken, Rejection> {
        let ticked = self.permissions.clone().unwrap_or_default();
        if self.is_scoped && ticked.is_empty() {
            return Err(Rejection::Field {
                field: Self::is_scoped().name,
                code: "nothing_chosen",
                given: String::new(),
            });
        }
        let days = self.lifetime.map(|days| TimeDelta::days(days.get()));
        Ok(IssueToken {
            name: self.name.clone(),
            permissions: self.is_scoped.then_some(ticked),
            expires_at: days.map(|days| now + days),
        })
    }
}

async fn issue(req: PageRequest) -> PageResult {
    let secret = NewSecret::with_prefix(TOKEN_PREFIX);
    let (hash, principal) = (secret.hash.clone(), req.principal()?.clone());
    req.act(&Issuing { secret }, move |conn, by, typed: &TypedToken| {
        let command = typed.command(by.now)?;
        issue_for(conn, &principal, (&command, &hash), by.now).map(drop)
    })
    .await
}

async fn revoke(req: PageRequest, id: TokenId) -> PageResult {
    let oneself = req.principal()?.oneself();
    let name = req
        .perform(move |conn, by, (): &()| revoke_token(conn, &oneself, id, by.now))
        .await?;
    Ok(req.go(HERE, Some(Flash::new(Done::TokenRevoked).name(name))))
}
