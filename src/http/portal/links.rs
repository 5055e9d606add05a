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

async fn show_invitation(visit: PageRequest, link: LinkSecret) -> PageResult {
    follow(&visit, link, LinkPurpose::Invitation).await
}

async fn show_reset(visit: PageRequest, link: LinkSecret) -> PageResult {
    follow(&visit, link, LinkPurpose::PasswordReset).await
}

async fn join(visit: PageRequest, link: LinkSecret) -> PageResult {
    redeem(&visit, link, LinkPurpose::Invitation).await
}

async fn reset(visit: PageRequest, link: LinkSecret) -> PageResult {
    redeem(&visit, link, LinkPurpose::PasswordReset).await
}

async fn follow(visit: &PageRequest, link: LinkSecret, purpose: LinkPurpose) -> PageResult {
    let (_, page) = followed(visit, link, purpose).await?;
    visit.show("", "password", &page)
}

/// Whose link it is, and the page for them; a link that is not good says why and shows nobody.
async fn followed(
    visit: &PageRequest,
    LinkSecret(token): LinkSecret,
    purpose: LinkPurpose,
) -> Result<(Person, PasswordPage), Problem> {
    let (key, now) = (visit.desk.key.clone(), visit.now);
    let action = purpose.path(&token);
    let (person, organization) = visit
        .look(move |conn| {
            let person = account::followed(conn, &key, purpose, &token, now)?;
            let own = person.organization_id;
            let organization = organizations::find(conn, Reach::Everything, own)?;
            Ok((person, organization.ok_or_else(Problem::not_found)?))
        })
        .await?;
    let page = PasswordPage {
        name: person.name(),
        organization: organization.name,
        form: password_form(visit.words(), action),
    };
    Ok((person, page))
}

async fn redeem(visit: &PageRequest, link: LinkSecret, purpose: LinkPurpose) -> PageResult {
    let (person, mut page) = followed(visit, link.clone(), purpose).await?;
    match redeemed(visit, link, purpose, &person).await {
        // Whoever has a second factor is asked for it: a mailbox alone opens nothing.
        Ok(holder) => Ok(visit
            .go("/sign-in", Some(Flash::new(Done::PasswordSet)))
            .cookie(visit.known_to(holder))),
        Err(problem) if problem.code() == Code::ValidationFailed => {
            page.form = page.form.refused_for(visit.words(), &visit.typed, &problem);
            visit.show_again(problem.code().status(), "", "password", &page)
        }
        Err(problem) => Err(problem.into()),
    }
}

async fn redeemed(
    visit: &PageRequest,
    LinkSecret(token): LinkSecret,
    purpose: LinkPurpose,
    person: &Person,
) -> Result<Holder, Problem> {
    let typed: ChoosePassword = visit.form()?;
    let chosen = same(typed.password, &typed.password_again)?;
    let known = password::known(&visit.desk, person).await?;
    let hash = password::chosen(&visit.desk, "password", chosen, known).await?;
    let holder = Holder::new(person.id, Some(&hash));
    let (key, now) = (visit.desk.key.clone(), visit.now);
    visit
        .write(move |conn| account::redeem(conn, &key, purpose, &token, &hash, now).map(drop))
        .await?;
    Ok(holder)
}

async fn show_forgotten(visit: PageRequest) -> PageResult {
    let form = forgotten_form(visit.words());
    visit.show("", "forgot-password", &ForgottenPage { form })
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

async fn forgotten(visit: PageRequest) -> PageResult {
    match asked(&visit).await {
        Ok(()) => Ok(visit.go("/sign-in", Some(Flash::new(Done::ResetAsked)))),
        Err(problem) if is_form_error(&problem) => {
            let form = forgotten_form(visit.words());
            let form = form.refused_for(visit.words(), &visit.typed, &problem);
            let status = problem.code().status();
            visit.show_again(status, "", "forgot-password", &ForgottenPage { form })
        }
        Err(problem) => Err(problem.into()),
    }
}

/// Nothing of what is done here depends on whether there is such an account.
async fn asked(visit: &PageRequest) -> Result<(), Problem> {
    let (Forgotten { email }, now) = (visit.form()?, visit.now);
    let counters = Counter::letters("reset", visit.client, email.as_str());
    throttle::attempt(&visit.desk, &counters, now).await?;
    visit
        .write(move |conn| Ok(password_resets::ask(conn, email.as_str(), now)?))
        .await?;
    Ok(())
}
