//! Signing in, with a second factor where it is asked for, and the first set-up of an empty installation.

use actix_web::cookie::Cookie;
use actix_web::http::StatusCode;
use chrono::TimeDelta;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use super::answer::Outcome;
use super::flash::{Done, Flash};
use super::form::{Control, Form, Kind};
use super::parts::Link;
use super::render::is_local;
use super::routes::{PortalRoute, pages};
use super::shell::Theme;
use super::typed::Typed;
use super::visit::Visit;
use crate::credentials::hash_secret;
use crate::domain::access::Permission;
use crate::domain::organization::Side;
use crate::domain::password::Context;
use crate::domain::text::{EmailAddress, PersonName, Title};
use crate::http::api::addresses::LinkSecret;
use crate::http::call::{ANYONE, ENTERED};
use crate::http::cookies::Carries;
use crate::http::headers;
use crate::http::password::chosen;
use crate::http::problem::{Code, Problem};
use crate::http::sign_in::{self, Attempt, Entrance, HALF_LIFETIME, Half, Origin, SignedIn};
use crate::input::Fault;
use crate::store::setup_links;
use crate::words::Words;
use crate::workflow::set_up::SetUp;
use crate::workflow::{self, Failed, Refused};

/// The rows of the route table.
pub(super) fn routes() -> Vec<PortalRoute> {
    pages! { sign_in:
        GET  "/"              ANYONE    => home, "Leads to where one works";
        GET  "/sign-in"       ANYONE    => show, "The sign-in page";
        POST "/sign-in"       ANYONE    => enter, "Signs in";
        GET  "/sign-in/code"  ANYONE    => show_code, "Asks for a code of the second factor";
        POST "/sign-in/code"  ANYONE    => enter_code, "Signs in with a code of the second factor";
        POST "/sign-out"      ENTERED.before_set_up() => leave, "Signs out";
        POST "/theme"         ANYONE    => colours, "Chooses the colours";
        GET  "/setup/{token}" ANYONE    => show_set_up, "The first page of an empty installation";
        POST "/setup/{token}" ANYONE    => set_up, "Sets the installation up";
    }
}

/// The sign-in page.
#[derive(Clone, Debug, Serialize)]
pub struct SignInPage {
    /// Why one is here ("Sign in to see this page."); may be empty.
    pub welcome: String,
    /// E-mail and password, and where to go afterwards.
    pub form: Form,
    /// Where to go who cannot sign in; empty on the second step.
    pub ways: Vec<Link>,
    /// Support's telephone number; empty when none is configured.
    pub phone: String,
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

/// How long the colours that were chosen are kept.
const THEME_LIFETIME: TimeDelta = TimeDelta::days(365);

/// Leads to the queue, to the cases, to where else one may work, or to the door.
async fn home(visit: Visit) -> Outcome {
    let Some(guest) = &visit.guest else {
        return Ok(visit.go("/sign-in", visit.flash.clone()));
    };
    let owner = guest.access().can(Permission::EscalationsReview) && guest.side() == Side::Provider;
    let first = match guest.access().can(Permission::CasesView) {
        _ if owner => "/escalations",
        true => "/cases",
        // Whoever may do nothing here may have work elsewhere.
        false => "/places",
    };
    Ok(visit.go(first, visit.flash.clone()))
}

async fn show(visit: Visit) -> Outcome {
    let next = visit.asked("next").filter(|next| is_local(next));
    if visit.guest.is_some() {
        return Ok(visit.go(next.unwrap_or("/"), None));
    }
    let form = sign_in_form(visit.words(), next.unwrap_or("/"));
    let welcome = next
        .map(|_| visit.words().say("sign-in-welcome", &[]))
        .unwrap_or_default();
    visit.show("", "sign-in", &page(&visit, welcome, form))
}

fn page(visit: &Visit, welcome: String, form: Form) -> SignInPage {
    SignInPage {
        welcome,
        form,
        ways: ways_in(visit.words()),
        phone: visit.desk.support_phone.clone().unwrap_or_default(),
    }
}

/// Where to go who cannot sign in.
pub fn ways_in(words: &Words) -> Vec<Link> {
    vec![
        Link::new(words.say("sign-in-forgotten", &[]), "/forgot-password"),
        Link::new(words.say("sign-in-request", &[]), "/request-access"),
    ]
}

async fn enter(visit: Visit) -> Outcome {
    let typed = Typed::of(&visit);
    let next = next_of(&typed);
    let attempt = Attempt {
        email: typed.raw("email").to_owned(),
        password: SecretString::from(typed.raw("password").to_owned()),
        from: origin(&visit),
    };
    match sign_in::enter(&visit.desk, attempt).await {
        Ok(Entrance::Open(signed_in)) => {
            let known = visit.known_to(signed_in.holder);
            let session = session(&visit, &signed_in);
            Ok(visit.go(next, None).cookie(session).cookie(known))
        }
        Ok(Entrance::Half(half)) => {
            let next: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
            let token = half.token(&visit.desk.key);
            // The password itself is kept nowhere: what is carried says that it was right, for minutes.
            let cookie = Carries::Half.cookie(&visit.desk.public_url, token, HALF_LIFETIME);
            let address = format!("/sign-in/code?next={next}");
            Ok(visit.go(address, None).cookie(cookie))
        }
        Err(problem)
            if matches!(
                problem.code(),
                Code::InvalidCredentials | Code::TooManyAttempts | Code::Busy
            ) =>
        {
            let form = sign_in_form(visit.words(), next).refused_for(
                visit.words(),
                &visit.typed,
                &problem,
            );
            visit.show_again(
                problem.code().status(),
                "",
                "sign-in",
                &page(&visit, String::new(), form),
            )
        }
        Err(problem) => Err(problem.into()),
    }
}

fn next_of<'a>(typed: &Typed<'a>) -> &'a str {
    Some(typed.raw("next"))
        .filter(|next| is_local(next))
        .unwrap_or("/")
}

fn origin(visit: &Visit) -> Origin {
    Origin {
        client: visit.client,
        user_agent: visit.user_agent.clone(),
        session: visit.cookie(Carries::Session).map(hash_secret),
        devices: visit.devices(),
    }
}

/// The cookie of a new session.
fn session(visit: &Visit, signed_in: &SignedIn) -> Cookie<'static> {
    let secret = signed_in.secret.expose_secret();
    Carries::Session.cookie(&visit.desk.public_url, secret, visit.desk.sessions.lifetime)
}

fn half_of(visit: &Visit) -> Option<Half> {
    let token = visit.cookie(Carries::Half)?;
    Half::read(&visit.desk.key, token, visit.now)
}

async fn show_code(visit: Visit) -> Outcome {
    if half_of(&visit).is_none() {
        return Ok(visit.go("/sign-in", None));
    }
    let next = visit.asked("next").filter(|next| is_local(next));
    let form = code_form(visit.words(), next.unwrap_or("/"));
    visit.show("", "sign-in", &code_page(&visit, form))
}

fn code_page(visit: &Visit, form: Form) -> SignInPage {
    SignInPage {
        welcome: visit.words().say("sign-in-code-about", &[]),
        form,
        ways: Vec::new(),
        phone: visit.desk.support_phone.clone().unwrap_or_default(),
    }
}

async fn enter_code(visit: Visit) -> Outcome {
    let typed = Typed::of(&visit);
    let next = next_of(&typed);
    let Some(half) = half_of(&visit) else {
        let flash = Flash::new(Done::HalfExpired);
        return Ok(visit.go("/sign-in", Some(flash)));
    };
    let code = SecretString::from(typed.raw("code").to_owned());
    match sign_in::finish(&visit.desk, half, code, origin(&visit)).await {
        Ok(signed_in) => Ok(visit
            .go(next, None)
            .cookie(session(&visit, &signed_in))
            .cookie(visit.known_to(signed_in.holder))
            .cookie(Carries::Half.removal(&visit.desk.public_url))),
        Err(problem)
            if matches!(
                problem.code(),
                Code::InvalidSecondFactor | Code::TooManyAttempts
            ) =>
        {
            let mut form = code_form(visit.words(), next);
            form.refuse("code", problem.detail(visit.words()));
            let status = problem.code().status();
            visit.show_again(status, "", "sign-in", &code_page(&visit, form))
        }
        Err(problem) => Err(problem.into()),
    }
}

async fn leave(visit: Visit) -> Outcome {
    let (actor, now) = (visit.principal()?.oneself(), visit.now);
    if let Some(id) = visit.principal()?.session() {
        visit
            .write(move |conn| workflow::sign_in::sign_out(conn, &actor, id, now))
            .await?;
    }
    let url = &visit.desk.public_url;
    Ok(visit
        .go("/sign-in", Some(Flash::new(Done::SignedOut)))
        .cookie(Carries::Session.removal(url))
        .forgetting(headers::forget(url)))
}

async fn colours(visit: Visit) -> Outcome {
    let typed = Typed::of(&visit);
    let theme = Theme::named(typed.raw("theme")).unwrap_or_default();
    let back = Some(typed.raw("back"))
        .filter(|back| is_local(back))
        .unwrap_or("/");
    let url = &visit.desk.public_url;
    let cookie = Carries::Theme.cookie(url, theme.as_str(), THEME_LIFETIME);
    Ok(visit.go(back, None).cookie(cookie))
}

async fn show_set_up(visit: Visit, LinkSecret(token): LinkSecret) -> Outcome {
    let (hash, now) = (hash_secret(&token), visit.now);
    let good = visit
        .look(move |conn| {
            Ok(setup_links::is_needed(conn)? && setup_links::is_good(conn, &hash, now)?)
        })
        .await?;
    if !good {
        return Err(Problem::not_found().into());
    }
    let form = set_up_form(visit.words(), format!("/setup/{token}"), time_zones());
    visit.show("", "set-up", &SetUpPage { form })
}

async fn set_up(visit: Visit, LinkSecret(token): LinkSecret) -> Outcome {
    match provider(&visit, &token).await {
        Ok(cookie) => Ok(visit.go("/", Some(Flash::new(Done::SetUp))).cookie(cookie)),
        Err(problem) if problem.code() == Code::ValidationFailed => {
            let form = set_up_form(visit.words(), format!("/setup/{token}"), time_zones());
            let form = form.refused_for(visit.words(), &visit.typed, &problem);
            visit.show_again(
                StatusCode::UNPROCESSABLE_ENTITY,
                "",
                "set-up",
                &SetUpPage { form },
            )
        }
        Err(problem) => Err(problem.into()),
    }
}

/// Adds the provider and its first administrator, and signs them in.
async fn provider(visit: &Visit, token: &str) -> Result<Cookie<'static>, Problem> {
    let mut typed = Typed::of(visit);
    let (email, password) = (
        typed.raw("email").to_owned(),
        typed.raw("password").to_owned(),
    );
    let organization = typed.text("organization", Title::parse);
    let time_zone = typed.one_of::<chrono_tz::Tz>("time_zone");
    let first_name = typed.text("first_name", PersonName::parse);
    let last_name = typed.text("last_name", PersonName::parse);
    let address = typed.text("email", EmailAddress::parse);
    typed.checked()?;
    let (Some(name), Some(time_zone), Some(first_name), Some(last_name), Some(address)) =
        (organization, time_zone, first_name, last_name, address)
    else {
        return Err(Problem::new(Code::Internal));
    };
    let known = Context::of(&address)
        .with(first_name.as_str())
        .with(last_name.as_str())
        .with(name.as_str());
    let (secret, field) = (SecretString::from(password), "password");
    let password_hash = chosen(&visit.desk, field, secret.clone(), known).await?;
    let provider = SetUp {
        name,
        time_zone,
        email: address,
        first_name,
        last_name,
        further_roles: Vec::new(),
        password_hash: Some(password_hash),
    };
    let (token_hash, now) = (hash_secret(token), visit.now);
    let added = visit.write(move |conn| {
        // Whoever comes second finds that the link is used up, and learns no more than from any wrong address.
        if !setup_links::is_needed(conn)? || !setup_links::redeem(conn, &token_hash, now)? {
            return Err(Failed::Refused(Refused::NotFound));
        }
        workflow::set_up::set_up(conn, &provider, now)
    });
    added.await?;
    let attempt = Attempt {
        email,
        password: secret,
        from: origin(visit),
    };
    match sign_in::enter(&visit.desk, attempt).await? {
        Entrance::Open(signed_in) => Ok(session(visit, &signed_in)),
        // Nobody has a second factor yet.
        Entrance::Half(_) => Err(Problem::new(Code::Internal)),
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

/// E-mail and password; `next` is the local address to go to afterwards.
pub fn sign_in_form(words: &Words, next: &str) -> Form {
    let label = |key| words.say_of("label", key, &[]);
    let controls = vec![
        Control::new(Kind::Email, "email", label("email"))
            .required()
            .max(254)
            .autocomplete("username"),
        Control::new(Kind::Password, "password", label("password"))
            .required()
            .max(1000)
            .autocomplete("current-password"),
        Control::new(Kind::Hidden, "next", "").value(next),
    ];
    Form::new(
        "sign-in",
        "/sign-in",
        words.say("sign-in-button", &[]),
        controls,
    )
}

/// A code of the second factor; `next` is the local address to go to afterwards.
pub fn code_form(words: &Words, next: &str) -> Form {
    let controls = vec![
        Control::new(
            Kind::Text,
            "code",
            words.say_of("label", "code-at-sign-in", &[]),
        )
        .hint(words.say_of("hint", "code-at-sign-in", &[]))
        .required()
        .max(40)
        .autocomplete("one-time-code"),
        Control::new(Kind::Hidden, "next", "").value(next),
    ];
    let button = words.say("sign-in-button", &[]);
    Form::new("code", "/sign-in/code", button, controls)
}

/// A new password, twice, sent to `action`.
pub fn password_form(words: &Words, action: String) -> Form {
    Form::new(
        "password",
        action,
        words.say("password-button", &[]),
        new_password(words),
    )
}

/// The fields of a new password, twice.
pub(super) fn new_password(words: &Words) -> Vec<Control> {
    let label = |key| words.say_of("label", key, &[]);
    vec![
        Control::new(Kind::Password, "password", label("new-password"))
            .hint(words.say("password-hint", &[]))
            .required()
            .max(1000)
            .autocomplete("new-password"),
        Control::new(Kind::Password, "password_again", label("password-again"))
            .required()
            .max(1000)
            .autocomplete("new-password"),
    ]
}

/// The new password that was typed, if it was the same twice.
///
/// # Errors
/// [`Code::ValidationFailed`].
pub(super) fn twice(visit: &Visit) -> Result<SecretString, Problem> {
    let mut typed = Typed::of(visit);
    let chosen = typed.raw("password").to_owned();
    if typed.raw("password_again") != chosen {
        typed.refuse("password_again", Fault::new("differs"));
    }
    typed.checked()?;
    Ok(SecretString::from(chosen))
}

/// The provider's organization and its first administrator, sent to `action`, which holds the one-time token.
/// `zones` are the names that the time zone field suggests.
pub fn set_up_form(words: &Words, action: String, zones: Vec<String>) -> Form {
    let label = |key| words.say_of("label", key, &[]);
    let controls = vec![
        Control::new(Kind::Text, "organization", label("provider"))
            .hint(words.say("set-up-provider-hint", &[]))
            .required()
            .max(100)
            .autocomplete("organization"),
        Control::new(Kind::Text, "time_zone", label("time-zone"))
            .hint(words.say("time-zone-hint", &[]))
            .required()
            .max(64)
            .suggestions(zones),
        Control::new(Kind::Text, "first_name", label("first-name"))
            .required()
            .max(80)
            .autocomplete("given-name")
            .half(),
        Control::new(Kind::Text, "last_name", label("last-name"))
            .required()
            .max(80)
            .autocomplete("family-name")
            .half(),
        Control::new(Kind::Email, "email", label("email"))
            .required()
            .max(254)
            .autocomplete("username"),
        Control::new(Kind::Password, "password", label("new-password"))
            .hint(words.say("password-hint", &[]))
            .required()
            .max(1000)
            .autocomplete("new-password"),
    ];
    Form::new("set-up", action, words.say("set-up-button", &[]), controls)
}
