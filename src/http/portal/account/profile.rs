//! Name, time zone, language and password.

use super::{AccountPage, Section, again, page, show};
use crate::credentials::Holder;
use crate::domain::language::Language;
use crate::http::api_request::{ENTERED, OWN_PASSWORD, OWNER};
use crate::http::password;
use crate::http::portal::act::FormPage;
use crate::http::portal::answer::PageResult;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::form::{self, Control, Form};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::Fact;
use crate::http::portal::route::{PortalRoute, pages};
use crate::http::portal::sign_in::{new_password, same, time_zones};
use crate::http::problem::Problem;
use crate::input::{Secret, input};
use crate::store::people;
use crate::words::Catalogue;
use crate::workflow::account::{self, Kept, UpdateAccount};

pub(super) fn routes() -> Vec<PortalRoute> {
    pages! { profile:
        GET  "/account"          ENTERED.before_set_up() => read, "Your account";
        POST "/account"          OWNER => change, "Changes your name, time zone and language";
        POST "/account/password" OWN_PASSWORD.before_set_up() => change_password, "Changes your password and ends your other sessions";
    }
}

async fn read(req: PageRequest) -> PageResult {
    show(&req, &profile(&req).await?)
}

async fn profile(req: &PageRequest) -> Result<AccountPage, Problem> {
    let id = req.principal()?.person;
    let person = req
        .read(move |conn| {
            let found = people::find(conn, crate::domain::access::Reach::Everything, id)?;
            found.ok_or_else(Problem::not_found)
        })
        .await?;
    let (words, principal) = (req.words(), req.principal()?);
    let home = principal.home.as_ref().unwrap_or(&principal.organization);
    let zone = person.time_zone.as_deref().unwrap_or_default();
    let language = Language::kept(person.language.as_deref());
    let mut page = page(req, "profile");
    page.sections = sections(
        words,
        (&person.first_name, &person.last_name),
        (zone, language),
        vec![
            Fact::new(words.say_of("label", "email", &[]), person.email.as_str()),
            Fact::new(
                words.say_of("label", "organization", &[]),
                home.name.as_str(),
            ),
        ],
    );
    Ok(page)
}

/// The sections of the page.
pub(in crate::http::portal) fn sections(
    words: &Catalogue,
    (first, last): (&str, &str),
    (zone, language): (&str, Option<Language>),
    facts: Vec<Fact>,
) -> Vec<Section> {
    let label = |key| words.say_of("label", key, &[]);
    let name = vec![
        Control::of(UpdateAccount::first_name(), label("first-name"))
            .autocomplete("given-name")
            .half()
            .value(first),
        Control::of(UpdateAccount::last_name(), label("last-name"))
            .autocomplete("family-name")
            .half()
            .value(last),
        Control::of(UpdateAccount::time_zone(), label("time-zone"))
            .hint(words.say("account-zone-hint", &[]))
            .suggestions(time_zones())
            .value(zone),
        form::language(words, UpdateAccount::language(), language)
            .hint(words.say("account-language-hint", &[])),
    ];
    let mut password = vec![
        Control::of(
            TypedPasswords::current_password(),
            label("current-password"),
        )
        .autocomplete("current-password"),
    ];
    password.extend(new_password(words));
    password.push(
        Control::of(
            TypedPasswords::keep_tokens(),
            words.say("account-keep-tokens", &[]),
        )
        .hint(words.say("account-keep-tokens-hint", &[])),
    );
    vec![
        Section::new(
            "name",
            words.say("account-name", &[]),
            words.say("account-name-about", &[]),
        )
        .facts(facts)
        .form(Form::new(
            "profile",
            "/account",
            words.say("account-save", &[]),
            name,
        )),
        Section::new(
            "password",
            words.say("account-password", &[]),
            words.say("account-password-about", &[]),
        )
        .form(Form::new(
            "password",
            "/account/password",
            words.say("account-password-button", &[]),
            password,
        )),
    ]
}

/// The section of the page that changes the name.
struct Names;

impl FormPage<()> for Names {
    async fn done(&self, req: &PageRequest, (): ()) -> PageResult {
        Ok(req.go("/account", Some(Flash::new(Done::AccountChanged))))
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        again(req, profile(req).await?, "name", &problem)
    }
}

async fn change(req: PageRequest) -> PageResult {
    let oneself = req.principal()?.oneself();
    req.act(&Names, move |conn, by, command: &UpdateAccount| {
        account::update(conn, &oneself, command, by.now).map(drop)
    })
    .await
}

/// The section of the page that changes the password.
struct Password;

impl FormPage<Holder> for Password {
    async fn done(&self, req: &PageRequest, holder: Holder) -> PageResult {
        let flash = Flash::new(Done::PasswordChanged);
        let answer = req.go("/account", Some(flash));
        Ok(answer.cookie(req.known_to(holder)))
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        again(req, profile(req).await?, "password", &problem)
    }
}

async fn change_password(req: PageRequest) -> PageResult {
    req.finish(&Password, password_changed(&req).await).await
}

input! {
    /// A change of one's password as its page sends it.
    pub struct TypedPasswords {
        /// The one until now.
        current_password: Secret,
        /// The one from now on,
        password: Secret,
        /// and once more.
        password_again: Secret,
        /// Whether API tokens go on.
        keep_tokens: Option<bool>,
    }
}

async fn password_changed(req: &PageRequest) -> Result<Holder, Problem> {
    let typed: TypedPasswords = req.form()?;
    let chosen = same(typed.password, &typed.password_again)?;
    let (principal, now) = (req.principal()?, req.now);
    let actor = principal.oneself();
    let kept = Kept {
        session: principal.session(),
        tokens: typed.keep_tokens == Some(true),
    };
    let (field, current) = (
        TypedPasswords::current_password().name,
        typed.current_password.into_inner(),
    );
    password::confirmed(&req.desk, actor.id(), field, current, now).await?;
    let field = TypedPasswords::password().name;
    let hash = password::chosen(&req.desk, field, chosen, principal.known()).await?;
    let holder = Holder::new(actor.id(), Some(&hash));
    req.write(move |conn| account::change_password(conn, &actor, kept, &hash, now))
        .await?;
    Ok(holder)
}
