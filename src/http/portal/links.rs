//! Following the link of an invitation or for a new password, and asking for one.

use serde::Serialize;

use super::act::is_form_error;
use super::answer::PageResult;
use super::flash::{Done, Flash};
use super::form::{Control, Form};
use super::page_request::PageRequest;
use super::route::{PortalRoute, pages};
use super::sign_in::{ChoosePassword, PasswordPage, password_form, same};
use crate::credentials::Holder;
use crate::domain::access::Reach;
use crate::domain::link::LinkPurpose;
use crate::http::api::addresses::LinkSecret;
use crate::http::api::links::Forgotten;
use crate::http::api_request::ANYONE;
use crate::http::password;
use crate::http::problem::{Code, Problem};
use crate::http::throttle::{self, Counter};
use crate::store::people::Person;
use crate::store::{organizations, password_resets};
use crate::words::Catalogue;
use crate::workflow::account;

/// The rows of the route table.
pub(super) fn routes() -> Vec<PortalRoute> {
    pages! { links:
        GET  "/invitations/{token}"     ANYONE => show_invitation, "The page behind an invitation";
        POST "/invitations/{token}"     ANYONE => join, "Chooses the first password of an account";
        GET  "/forgot-password"         ANYONE => show_forgotten, "The page for who has forgotten their password";
        POST "/forgot-password"         ANYONE => forgotten, "Asks for a link to set a new password";
        GET  "/password-resets/{token}" ANYONE => show_reset, "The page behind a link for a new password";
        POST "/password-resets/{token}" ANYONE => reset, "Sets a new password";
    }
}

/// The page for who has forgotten their password.
#[derive(Clone, Debug, Serialize)]
pub struct ForgottenPage {
    /// The address.
    pub form: Form,
}

async fn show_invitation(req: PageRequest, link: LinkSecret) -> PageResult {
    follow(&req, link, LinkPurpose::Invitation).await
}

async fn show_reset(req: PageRequest, link: LinkSecret) -> PageResult {
    follow(&req, link, LinkPurpose::PasswordReset).await
}

async fn join(req: PageRequest, link: LinkSecret) -> PageResult {
    redeem(&req, link, LinkPurpose::Invitation).await
}

async fn reset(req: PageRequest, link: LinkSecret) -> PageResult {
    redeem(&req, link, LinkPurpose::PasswordReset).await
}

async fn follow(req: &PageRequest, link: LinkSecret, purpose: LinkPurpose) -> PageResult {
    let (_, page) = followed(req, link, purpose).await?;
    req.show("", "password", &page)
}

/// Whose link it is, and the page for them; a link that is not good says why and shows nobody.
async fn followed(
    req: &PageRequest,
    LinkSecret(token): LinkSecret,
    purpose: LinkPurpose,
) -> Result<(Person, PasswordPage), Problem> {
    let (key, now) = (req.desk.key.clone(), req.now);
    let action = purpose.path(&token);
    let (person, organization) = req
        .read(move |conn| {
            let person = account::followed(conn, &key, purpose, &token, now)?;
            let own = person.organization_id;
            let organization = organizations::find(conn, Reach::Everything, own)?;
            Ok((person, organization.ok_or_else(Problem::not_found)?))
        })
        .await?;
    let page = PasswordPage {
        name: person.name(),
        organization: organization.name,
        form: password_form(req.words(), action),
    };
    Ok((person, page))
}

async fn redeem(req: &PageRequest, link: LinkSecret, purpose: LinkPurpose) -> PageResult {
    let (person, mut page) = followed(req, link.clone(), purpose).await?;
    match redeemed(req, link, purpose, &person).await {
        // Whoever has a second factor is asked for it: a mailbox alone opens nothing.
        Ok(holder) => Ok(req
            .go("/sign-in", Some(Flash::new(Done::PasswordSet)))
            .cookie(req.known_to(holder))),
        Err(problem) if problem.code() == Code::ValidationFailed => {
            page.form = page.form.refused_for(req.words(), &req.typed, &problem);
            req.show_again(problem.code().status(), "", "password", &page)
        }
        Err(problem) => Err(problem.into()),
    }
}

async fn redeemed(
    req: &PageRequest,
    LinkSecret(token): LinkSecret,
    purpose: LinkPurpose,
    person: &Person,
) -> Result<Holder, Problem> {
    let typed: ChoosePassword = req.form()?;
    let chosen = same(typed.password, &typed.password_again)?;
    let known = password::known(&req.desk, person).await?;
    let hash = password::chosen(&req.desk, "password", chosen, known).await?;
    let holder = Holder::new(person.id, Some(&hash));
    let (key, now) = (req.desk.key.clone(), req.now);
    req.write(move |conn| account::redeem(conn, &key, purpose, &token, &hash, now).map(drop))
        .await?;
    Ok(holder)
}

async fn show_forgotten(req: PageRequest) -> PageResult {
    let form = forgotten_form(req.words());
    req.show("", "forgot-password", &ForgottenPage { form })
}

/// The address of an account.
fn forgotten_form(words: &Catalogue) -> Form {
    let controls = vec![
        Control::of(Forgotten::email(), words.say_of("label", "email", &[]))
            .autocomplete("username"),
    ];
    let button = words.say("forgotten-button", &[]);
    Form::new("forgotten", "/forgot-password", button, controls)
}

async fn forgotten(req: PageRequest) -> PageResult {
    match asked(&req).await {
        Ok(()) => Ok(req.go("/sign-in", Some(Flash::new(Done::ResetAsked)))),
        Err(problem) if is_form_error(&problem) => {
            let form = forgotten_form(req.words());
            let form = form.refused_for(req.words(), &req.typed, &problem);
            let status = problem.code().status();
            req.show_again(status, "", "forgot-password", &ForgottenPage { form })
        }
        Err(problem) => Err(problem.into()),
    }
}

/// Nothing of what is done here depends on whether there is such an account.
async fn asked(req: &PageRequest) -> Result<(), Problem> {
    let (Forgotten { email }, now) = (req.form()?, req.now);
    let counters = Counter::letters("reset", req.client, email.as_str());
    throttle::attempt(&req.desk, &counters, now).await?;
    req.write(move |conn| Ok(password_resets::ask(conn, email.as_str(), now)?))
        .await?;
    Ok(())
}
