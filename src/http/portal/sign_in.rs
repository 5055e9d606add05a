//! Signing in, with a second factor where it is asked for, and the first set-up of an empty installation.

use actix_web::cookie::Cookie;
use chrono_tz::Tz;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use super::act::FormPage;
use super::answer::PageResult;
use super::flash::{Done, Flash};
use super::form::{Control, Form, Kind};
use super::kept::Kept;
use super::page_request::PageRequest;
use super::render::is_local;
use super::route::{PortalRoute, pages};
use super::said::said_to_people;
use super::sign_in_form::{SignInPage, carrying, page, sign_in_form};
use crate::credentials::hash_secret;
use crate::domain::password::Context;
use crate::domain::text::{EmailAddress, PersonName, Title};
use crate::http::api::account::ShowCode;
use crate::http::api::addresses::LinkSecret;
use crate::http::api::sessions::SignIn;
use crate::http::api_request::{ANYONE, ENTERED};
use crate::http::cookies::Carries;
use crate::http::headers;
use crate::http::password::chosen;
use crate::http::problem::{Code, Problem};
use crate::http::sign_in::{
    self, Attempt, HALF_LIFETIME, Origin, PendingSecondFactor, SignInStep, SignedIn,
};
use crate::input::{Fault, FieldError, Secret, input};
use crate::store::setup_links;
use crate::words::Catalogue;
use crate::workflow::set_up::SetUp;
use crate::workflow::{self, Rejection, VerbError};

/// The rows of the route table.
pub(super) fn routes() -> Vec<PortalRoute> {
    pages! { sign_in:
        GET  "/sign-in"       ANYONE    => show, "The sign-in page";
        POST "/sign-in"       ANYONE    => enter, "Signs in";
        GET  "/sign-in/code"  ANYONE    => show_code, "Asks for a code of the second factor";
        POST "/sign-in/code"  ANYONE    => enter_code, "Signs in with a code of the second factor";
        POST "/sign-out"      ENTERED.before_set_up() => leave, "Signs out";
        GET  "/setup/{token}" ANYONE    => show_set_up, "The first page of an empty installation";
        POST "/setup/{token}" ANYONE    => set_up, "Sets the installation up";
    }
}

/// The page behind a one-time link, on which a person chooses a password.
#[derive(Clone, Debug, Serialize)]
pub struct PasswordPage {
    /// Whose password.
    pub name: String,
    /// For which organization.
    pub organization: String,
    /// The password, twice.
    pub form: Form,
}

/// The first page of an empty installation, behind its one-time link.
#[derive(Clone, Debug, Serialize)]
pub struct SetUpPage {
    /// The provider and its first administrator.
    pub form: Form,
}

async fn show(req: PageRequest) -> PageResult {
    let next = req.asked("next").filter(|next| is_local(next));
    if req.guest.is_some() {
        return Ok(req.go(next.unwrap_or("/"), None));
    }
    let form = sign_in_form(req.words(), next.unwrap_or("/"));
    let welcome = next
        .map(|_| req.words().say("sign-in-welcome", &[]))
        .unwrap_or_default();
    req.show("", "sign-in", &page(&req, welcome, form))
}

/// The sign-in page, on which somebody wanted to go on to another.
struct SigningIn {
    next: String,
    kept: Option<Kept>,
}

/// Where somebody goes who has signed in: on to what they had typed before, or to where they wanted.
fn goes_on(req: &PageRequest, next: &str, kept: Option<&Kept>, signed_in: &SignedIn) -> PageResult {
    let Some(kept) = kept else {
        return Ok(req.go(next, None));
    };
    let mut req = req.clone();
    req.guest = Some(signed_in.principal.clone());
    let page = kept.page(req.words(), "signed-in");
    req.show("", "kept", &page)
}

impl FormPage<SignInStep> for SigningIn {
    async fn done(&self, req: &PageRequest, entrance: SignInStep) -> PageResult {
        match entrance {
            SignInStep::Open(signed_in) => {
                let known = req.known_to(signed_in.holder);
                let session = session(req, &signed_in);
                let answer = goes_on(req, &self.next, self.kept.as_ref(), &signed_in)?;
                Ok(answer.cookie(session).cookie(known))
            }
            SignInStep::PendingSecondFactor(half) => {
                let next = url::form_urlencoded::byte_serialize(self.next.as_bytes());
                let address = format!("/sign-in/code?next={}", next.collect::<String>());
                let token = half.token(&req.desk.key);
                // The password itself is kept nowhere: what is carried says that it was right, for minutes.
                let cookie =
                    Carries::PendingSecondFactor.cookie(&req.desk.public_url, token, HALF_LIFETIME);
                if self.kept.is_some() {
                    let form = code_form(req.words(), &self.next);
                    let page = code_page(req, carrying(form, self.kept.as_ref()));
                    return Ok(req.show("", "sign-in", &page)?.cookie(cookie));
                }
                Ok(req.go(address, None).cookie(cookie))
            }
        }
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        let form = sign_in_form(req.words(), &self.next);
        let form = carrying(form, self.kept.as_ref());
        let form = form.refused_for(req.words(), &req.typed, &problem);
        let page = page(req, String::new(), form);
        req.show_again(problem.code().status(), "", "sign-in", &page)
    }
}

async fn enter(req: PageRequest) -> PageResult {
    let page = SigningIn {
        next: next_of(&req),
        kept: Kept::carried(&req),
    };
    let entered = match req.form::<SignIn>() {
        Ok(typed) => {
            let attempt = Attempt {
                email: typed.email.as_str().to_owned(),
                password: typed.password.into_inner(),
                from: origin(&req),
            };
            sign_in::enter(&req.desk, attempt).await
        }
        Err(problem) => Err(problem),
    };
    match entered {
        Err(problem) if is_about_signing_in(&problem) => page.refused(&req, problem).await,
        entered => req.finish(&page, entered).await,
    }
}

/// Whether it says why somebody is not let in, and so belongs on the page on which they tried.
fn is_about_signing_in(problem: &Problem) -> bool {
    matches!(
        problem.code(),
        Code::InvalidCredentials
            | Code::InvalidSecondFactor
            | Code::TooManyAttempts
            | Code::AddressNotAllowed
            | Code::Busy
    )
}

/// Where somebody wanted to go.
fn next_of(req: &PageRequest) -> String {
    let next = req.typed.get("next").filter(|next| is_local(next));
    next.cloned().unwrap_or_else(|| "/".to_owned())
}

fn origin(req: &PageRequest) -> Origin {
    Origin {
        client: req.client,
        user_agent: req.user_agent.clone(),
        session: req.cookie(Carries::Session).map(hash_secret),
        devices: req.devices(),
    }
}

/// The cookie of a new session.
fn session(req: &PageRequest, signed_in: &SignedIn) -> Cookie<'static> {
    let secret = signed_in.secret.expose_secret();
    Carries::Session.cookie(&req.desk.public_url, secret, req.desk.sessions.lifetime)
}

fn half_of(req: &PageRequest) -> Option<PendingSecondFactor> {
    let token = req.cookie(Carries::PendingSecondFactor)?;
    PendingSecondFactor::read(&req.desk.key, token, req.now)
}

async fn show_code(req: PageRequest) -> PageResult {
    if half_of(&req).is_none() {
        return Ok(req.go("/sign-in", None));
    }
    let next = req.asked("next").filter(|next| is_local(next));
    let form = code_form(req.words(), next.unwrap_or("/"));
    req.show("", "sign-in", &code_page(&req, form))
}

fn code_page(req: &PageRequest, form: Form) -> SignInPage {
    SignInPage {
        welcome: req.words().say("sign-in-code-about", &[]),
        form,
        ways: Vec::new(),
        phone: req.desk.support_phone.clone().unwrap_or_default(),
    }
}

/// The page that asks for a code.
struct ShowingCode {
    next: String,
    kept: Option<Kept>,
}

impl FormPage<SignedIn> for ShowingCode {
    async fn done(&self, req: &PageRequest, signed_in: SignedIn) -> PageResult {
        let answer = goes_on(req, &self.next, self.kept.as_ref(), &signed_in)?;
        Ok(answer
            .cookie(session(req, &signed_in))
            .cookie(req.known_to(signed_in.holder))
            .cookie(Carries::PendingSecondFactor.removal(&req.desk.public_url)))
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        let form = code_form(req.words(), &self.next);
        let mut form = carrying(form, self.kept.as_ref());
        match problem.errors() {
            [] => form.refuse(ShowCode::code().name, said_to_people(req.words(), &problem)),
            _ => form = form.refused_for(req.words(), &req.typed, &problem),
        }
        let status = problem.code().status();
        req.show_again(status, "", "sign-in", &code_page(req, form))
    }
}

async fn enter_code(req: PageRequest) -> PageResult {
    let page = ShowingCode {
        next: next_of(&req),
        kept: Kept::carried(&req),
    };
    let Some(half) = half_of(&req) else {
        let flash = Flash::new(Done::HalfExpired);
        return Ok(req.go("/sign-in", Some(flash)));
    };
    let entered = match req.form::<ShowCode>() {
        Ok(shown) => {
            let code = shown.code.into_inner();
            sign_in::finish(&req.desk, half, code, origin(&req)).await
        }
        Err(problem) => Err(problem),
    };
    match entered {
        Err(problem) if is_about_signing_in(&problem) => page.refused(&req, problem).await,
        entered => req.finish(&page, entered).await,
    }
}

async fn leave(req: PageRequest) -> PageResult {
    let (actor, now) = (req.principal()?.oneself(), req.now);
    if let Some(id) = req.principal()?.session() {
        req.write(move |conn| workflow::sign_in::sign_out(conn, &actor, id, now))
            .await?;
    }
    let url = &req.desk.public_url;
    Ok(req
        .go("/sign-in", Some(Flash::new(Done::SignedOut)))
        .cookie(Carries::Session.removal(url))
        .forgetting(headers::forget(url)))
}

async fn show_set_up(req: PageRequest, LinkSecret(token): LinkSecret) -> PageResult {
    let (hash, now) = (hash_secret(&token), req.now);
    let good = req
        .read(move |conn| {
            Ok(setup_links::is_needed(conn)? && setup_links::is_good(conn, &hash, now)?)
        })
        .await?;
    if !good {
        return Err(Problem::not_found().into());
    }
    let form = set_up_form(req.words(), format!("/setup/{token}"), time_zones());
    req.show("", "set-up", &SetUpPage { form })
}

/// The first page of an empty installation.
struct SettingUp {
    token: String,
}

impl FormPage<Cookie<'static>> for SettingUp {
    async fn done(&self, req: &PageRequest, session: Cookie<'static>) -> PageResult {
        let answer = req.go("/", Some(Flash::new(Done::SetUp)));
        Ok(answer.cookie(session))
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        let action = format!("/setup/{}", self.token);
        let form = set_up_form(req.words(), action, time_zones());
        let form = form.refused_for(req.words(), &req.typed, &problem);
        let status = problem.code().status();
        req.show_again(status, "", "set-up", &SetUpPage { form })
    }
}

async fn set_up(req: PageRequest, LinkSecret(token): LinkSecret) -> PageResult {
    let done = provider(&req, &token).await;
    req.finish(&SettingUp { token }, done).await
}

input! {
    /// The provider and its first administrator, as the first page asks for them.
    pub struct TypedSetUp {
        /// What the provider is called.
        organization: Title,
        /// Its zone.
        time_zone: Tz,
        /// The administrator's first name.
        first_name: PersonName,
        /// Their last name.
        last_name: PersonName,
        /// The address that they sign in with.
        email: EmailAddress,
        /// Their password.
        password: Secret,
    }
}

/// Adds the provider and its first administrator, and signs them in.
async fn provider(req: &PageRequest, token: &str) -> Result<Cookie<'static>, Problem> {
    let typed: TypedSetUp = req.form()?;
    let known = Context::of(&typed.email)
        .with(typed.first_name.as_str())
        .with(typed.last_name.as_str())
        .with(typed.organization.as_str());
    let (secret, field) = (typed.password.into_inner(), TypedSetUp::password().name);
    let password_hash = chosen(&req.desk, field, secret.clone(), known).await?;
    let email = typed.email.to_string();
    let provider = SetUp {
        name: typed.organization,
        time_zone: typed.time_zone,
        email: typed.email,
        first_name: typed.first_name,
        last_name: typed.last_name,
        further_roles: Vec::new(),
        password_hash: Some(password_hash),
    };
    let (token_hash, now) = (hash_secret(token), req.now);
    let added = req.write(move |conn| {
        // Whoever comes second finds that the link is used up, and learns no more than from any wrong address.
        if !setup_links::is_needed(conn)? || !setup_links::redeem(conn, &token_hash, now)? {
            return Err(VerbError::Rejected(Rejection::NotFound));
        }
        workflow::set_up::set_up(conn, &provider, now)
    });
    added.await?;
    let attempt = Attempt {
        email,
        password: secret,
        from: origin(req),
    };
    match sign_in::enter(&req.desk, attempt).await? {
        SignInStep::Open(signed_in) => Ok(session(req, &signed_in)),
        // Nobody has a second factor yet.
        SignInStep::PendingSecondFactor(_) => Err(Problem::new(Code::Internal)),
    }
}

/// The names that a time zone field suggests.
pub(super) fn time_zones() -> Vec<String> {
    let of_places = chrono_tz::TZ_VARIANTS
        .iter()
        .map(|zone| zone.name())
        .filter(|name| name.contains('/'));
    of_places.chain(["UTC"]).map(str::to_owned).collect()
}

/// A code of the second factor; `next` is the local address to go to afterwards.
fn code_form(words: &Catalogue, next: &str) -> Form {
    let controls = vec![
        Control::of(
            ShowCode::code(),
            words.say_of("label", "code-at-sign-in", &[]),
        )
        .kind(Kind::Text)
        .hint(words.say_of("hint", "code-at-sign-in", &[]))
        .autocomplete("one-time-code"),
        Control::new(Kind::Hidden, "next", "").value(next),
    ];
    let button = words.say("sign-in-button", &[]);
    Form::new("code", "/sign-in/code", button, controls)
}

/// A new password, twice, sent to `action`.
pub fn password_form(words: &Catalogue, action: String) -> Form {
    Form::new(
        "password",
        action,
        words.say("password-button", &[]),
        new_password(words),
    )
}

/// The fields of a new password, twice.
pub(super) fn new_password(words: &Catalogue) -> Vec<Control> {
    let label = |key| words.say_of("label", key, &[]);
    vec![
        Control::of(ChoosePassword::password(), label("new-password"))
            .hint(words.say("password-hint", &[]))
            .autocomplete("new-password"),
        Control::of(ChoosePassword::password_again(), label("password-again"))
            .autocomplete("new-password"),
    ]
}

input! {
    /// A new password as pages send it.
    pub struct ChoosePassword {
        /// The password,
        password: Secret,
        /// and once more.
        password_again: Secret,
    }
}

/// The new password that was typed, if it was the same twice.
///
/// # Errors
/// [`Code::ValidationFailed`].
pub(super) fn same(password: Secret, again: &Secret) -> Result<SecretString, Problem> {
    if password.expose() != again.expose() {
        let field = ChoosePassword::password_again().name;
        return Err(Problem::invalid_field(FieldError::new(
            field,
            Fault::new("differs"),
        )));
    }
    Ok(password.into_inner())
}

/// The provider's organization and its first administrator, sent to `action`, which holds the one-time token.
/// `zones` are the names that the time zone field suggests.
fn set_up_form(words: &Catalogue, action: String, zones: Vec<String>) -> Form {
    let label = |key| words.say_of("label", key, &[]);
    let controls = vec![
        Control::of(TypedSetUp::organization(), label("provider"))
            .hint(words.say("set-up-provider-hint", &[]))
            .autocomplete("organization"),
        Control::of(TypedSetUp::time_zone(), label("time-zone"))
            .hint(words.say("time-zone-hint", &[]))
            .suggestions(zones),
        Control::of(TypedSetUp::first_name(), label("first-name"))
            .autocomplete("given-name")
            .half(),
        Control::of(TypedSetUp::last_name(), label("last-name"))
            .autocomplete("family-name")
            .half(),
        Control::of(TypedSetUp::email(), label("email")).autocomplete("username"),
        Control::of(TypedSetUp::password(), label("new-password"))
            .hint(words.say("password-hint", &[]))
            .autocomplete("new-password"),
    ];
    Form::new("set-up", action, words.say("set-up-button", &[]), controls)
}
