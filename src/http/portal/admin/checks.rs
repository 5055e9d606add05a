//! What an API token or the signature of a webhook is worth (A8). Neither is kept, nor shown again.

use actix_web::http::StatusCode;
use serde::Serialize;

use super::Place;
use super::handlers::{PLACE, open, tabs_of};
use crate::domain::access::Permission;
use crate::http::api_request::may;
use crate::http::portal::account::Section;
use crate::http::portal::act::is_form_error;
use crate::http::portal::answer::PageResult;
use crate::http::portal::form::{Control, Form, Kind};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::{Fact, Facts, Tab};
use crate::http::portal::route::{PortalRoute, pages};
use crate::http::problem::Problem;
use crate::workflow::developer::{
    CheckSignature, CheckToken, FoundToken, SignatureWorth, TokenWorth, check_signature,
    check_token,
};

/// The sections, which name their forms and where these are sent.
const TOKEN: &str = "token";
const SIGNATURE: &str = "signature";

/// The rows of the route table.
pub(in crate::http::portal) fn routes() -> Vec<PortalRoute> {
    const USE: Permission = Permission::DeveloperToolsUse;
    pages! { checks:
        GET  "/admin/checks"           may(USE) => show, "The forms that have a token or a signature looked at";
        POST "/admin/checks/token"     may(USE) => token, "Tells what an API token is worth";
        POST "/admin/checks/signature" may(USE) => signature, "Tells what the signature of a webhook is worth";
    }
}

/// The page of the tester.
#[derive(Clone, Debug, Serialize)]
pub struct ChecksPage {
    /// What it is called.
    pub title: String,
    /// What it is for.
    pub about: String,
    /// The places of the administration.
    pub tabs: Vec<Tab>,
    /// What was found; none before anything was looked at.
    pub found: Option<Worth>,
    /// What can be looked at: a token, and a signature.
    pub sections: Vec<Section>,
}

/// What something is worth.
#[derive(Clone, Debug, Serialize)]
pub struct Worth {
    /// The class of its banner.
    pub tone: &'static str,
    /// In a sentence.
    pub message: String,
    /// More about it; may be empty.
    pub facts: Facts,
}

async fn show(req: PageRequest) -> PageResult {
    open(&req, Place::Checks)?;
    req.show(PLACE, "checks", &page(&req, None))
}

fn page(req: &PageRequest, found: Option<Worth>) -> ChecksPage {
    let words = req.words();
    let label = |key| words.say_of("label", key, &[]);
    let hint = |key| words.say_of("hint", key, &[]);
    let token = vec![Control::of(CheckToken::token(), label("checked-token"))];
    let signature = vec![
        Control::of(CheckSignature::secret(), label("checked-secret")).hint(hint("checked-secret")),
        Control::of(CheckSignature::id(), label("webhook-id")),
        Control::of(CheckSignature::timestamp(), label("webhook-timestamp")),
        Control::of(CheckSignature::signature(), label("webhook-signature")),
        Control::of(CheckSignature::body(), label("webhook-body"))
            .kind(Kind::Lines)
            .hint(hint("webhook-body")),
    ];
    let section = |id, title: &str, about: &str, button: &str, controls| {
        let action = format!("{}/{id}", Place::Checks.href());
        let form = Form::new(id, action, button, controls);
        Section::new(id, title, about).form(form)
    };
    ChecksPage {
        title: words.say_of("admin", "checks", &[]),
        about: words.say_of("admin-about", "checks", &[]),
        tabs: tabs_of(req, Place::Checks),
        found,
        sections: vec![
            section(
                TOKEN,
                &words.say("checks-token", &[]),
                &words.say("checks-token-about", &[]),
                &words.say("checks-token-button", &[]),
                token,
            ),
            section(
                SIGNATURE,
                &words.say("checks-signature", &[]),
                &words.say("checks-signature-about", &[]),
                &words.say("checks-signature-button", &[]),
                signature,
            ),
        ],
    }
}

/// The page with what was found, or with what is wrong with the form of the section `id`, as it was typed; secrets stay out.
fn answer(req: &PageRequest, id: &str, found: Result<Worth, Problem>) -> PageResult {
    let (status, found, problem) = match found {
        Ok(found) => (StatusCode::OK, Some(found), None),
        Err(problem) if is_form_error(&problem) => (problem.code().status(), None, Some(problem)),
        Err(problem) => return Err(problem.into()),
    };
    let mut page = page(req, found);
    let sections = page.sections.iter_mut();
    for section in sections.filter(|section| section.id == id) {
        section.form = section.form.take().map(|form| match &problem {
            Some(problem) => form.refused_for(req.words(), &req.typed, problem),
            None => form.filled(&req.typed),
        });
    }
    req.show_again(status, PLACE, "checks", &page)
}

async fn token(req: PageRequest) -> PageResult {
    let found = check_the_token(&req).await;
    answer(&req, TOKEN, found)
}

async fn check_the_token(req: &PageRequest) -> Result<Worth, Problem> {
    let (command, actor, now) = (req.form::<CheckToken>()?, req.actor()?.clone(), req.now);
    let (worth, found) = req
        .read(move |conn| Ok(check_token(conn, &actor, &command, now)?))
        .await?;
    let words = req.words();
    Ok(Worth {
        tone: tone(worth == TokenWorth::Good),
        message: words.say_of("token-worth", worth.as_str(), &[]),
        facts: Facts {
            title: words.say("checks-found", &[]),
            rows: found.map_or_else(Vec::new, |found| facts(req, found)),
        },
    })
}

fn tone(is_good: bool) -> &'static str {
    if is_good { "good" } else { "late" }
}

fn facts(req: &PageRequest, found: FoundToken) -> Vec<Fact> {
    let words = req.words();
    let FoundToken { token, owner } = found;
    let allows = match &token.permissions {
        None => words.say("token-allows-all", &[]),
        Some(some) => {
            let name =
                |permission: &Permission| words.say_of("permission", permission.as_str(), &[]);
            let names: Vec<String> = some.0.iter().map(name).collect();
            names.join(" ")
        }
    };
    let mut facts = vec![
        Fact::new(words.say("checks-name", &[]), token.name),
        Fact::new(words.say("checks-owner", &[]), owner.name()),
        Fact::new(words.say("checks-allows", &[]), allows),
        Fact::at(words.say("checks-made", &[]), token.created_at),
    ];
    if let Some(at) = token.expires_at {
        facts.push(Fact::at(words.say("checks-expires", &[]), at));
    }
    if let Some(at) = token.last_used_at {
        facts.push(Fact::at(words.say("checks-used", &[]), at));
    }
    facts
}

async fn signature(req: PageRequest) -> PageResult {
    let found = req.form::<CheckSignature>().map(|command| {
        let words = req.words();
        let worth = of_typed(&req, command);
        Worth {
            tone: tone(worth == SignatureWorth::Good),
            message: words.say_of("signature-worth", worth.as_str(), &[]),
            facts: Facts {
                title: words.say("checks-found", &[]),
                rows: Vec::new(),
            },
        }
    });
    answer(&req, SIGNATURE, found)
}

/// A browser sends every line end as two characters, whichever the body had; so both are tried.
fn of_typed(req: &PageRequest, mut command: CheckSignature) -> SignatureWorth {
    let sent = check_signature(&command, req.now);
    if sent != SignatureWorth::Different {
        return sent;
    }
    command.body.0 = command.body.0.replace("\r\n", "\n");
    check_signature(&command, req.now)
}
