//! Name, time zone and password.

use chrono_tz::Tz;
use secrecy::SecretString;

use super::{AccountPage, Section, again, page, show};
use crate::credentials::Holder;
use crate::domain::text::PersonName;
use crate::http::call::{ENTERED, OWN_PASSWORD, OWNER};
use crate::http::password;
use crate::http::portal::act::is_form_error;
use crate::http::portal::answer::Outcome;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::form::{Control, Form, Kind};
use crate::http::portal::parts::Fact;
use crate::http::portal::routes::{PortalRoute, pages};
use crate::http::portal::sign_in::{new_password, time_zones, twice};
use crate::http::portal::typed::Typed;
use crate::http::portal::visit::Visit;
use crate::http::problem::{Code, Problem};
use crate::input::Fault;
use crate::store::people;
use crate::words::Words;
use crate::workflow::account::{self, Kept, UpdateAccount};

pub(super) fn routes() -> Vec<PortalRoute> {
    pages! { profile:
        GET  "/account"          ENTERED.before_set_up() => read, "Your account";
        POST "/account"          OWNER => change, "Changes your name and time zone";
        POST "/account/password" OWN_PASSWORD.before_set_up() => change_password, "Changes your password and ends your other sessions";
    }
}

async fn read(visit: Visit) -> Outcome {
    show(&visit, &profile(&visit).await?)
}

async fn profile(visit: &Visit) -> Result<AccountPage, Problem> {
    let id = visit.principal()?.person;
    let person = visit
        .look(move |conn| {
            let found = people::find(conn, crate::domain::access::Reach::Everything, id)?;
            found.ok_or_else(Problem::not_found)
        })
        .await?;
    let (words, principal) = (visit.words(), visit.principal()?);
    let home = principal.home.as_ref().unwrap_or(&principal.organization);
    let zone = person.time_zone.as_deref().unwrap_or_default();
    let mut page = page(visit, "profile");
    page.sections = sections(
        words,
        (&person.first_name, &person.last_name),
        zone,
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
    words: &Words,
    (first, last): (&str, &str),
    zone: &str,
    facts: Vec<Fact>,
) -> Vec<Section> {
    let label = |key| words.say_of("label", key, &[]);
    let name = vec![
        Control::new(Kind::Text, "first_name", label("first-name"))
            .required()
            .max(80)
            .autocomplete("given-name")
            .half()
            .value(first),
        Control::new(Kind::Text, "last_name", label("last-name"))
            .required()
            .max(80)
            .autocomplete("family-name")
            .half()
            .value(last),
        Control::new(Kind::Text, "time_zone", label("time-zone"))
            .hint(words.say("account-zone-hint", &[]))
            .max(64)
            .suggestions(time_zones())
            .value(zone),
    ];
    let mut password = vec![
        Control::new(
            Kind::Password,
            "current_password",
            label("current-password"),
        )
        .required()
        .max(1000)
        .autocomplete("current-password"),
    ];
    password.extend(new_password(words));
    password.push(
        Control::new(
            Kind::Check,
            "keep_tokens",
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

async fn change(visit: Visit) -> Outcome {
    match changed(&visit).await {
        Ok(()) => Ok(visit.go("/account", Some(Flash::new(Done::AccountChanged)))),
        Err(problem) if is_form_error(&problem) => {
            again(&visit, profile(&visit).await?, "name", &problem)
        }
        Err(problem) => Err(problem.into()),
    }
}

async fn changed(visit: &Visit) -> Result<(), Problem> {
    let mut typed = Typed::of(visit);
    let first_name = typed.text("first_name", PersonName::parse);
    let last_name = typed.text("last_name", PersonName::parse);
    let zone = typed.raw("time_zone").trim();
    let time_zone = match (zone, zone.parse::<Tz>()) {
        ("", _) => Some(None),
        (_, Ok(zone)) => Some(Some(zone)),
        (_, Err(_)) => {
            typed.refuse(
                "time_zone",
                Fault::new("unknown_time_zone").with("given", zone),
            );
            None
        }
    };
    typed.checked()?;
    let update = UpdateAccount {
        first_name,
        last_name,
        time_zone,
    };
    let (actor, now) = (visit.principal()?.oneself(), visit.now);
    visit
        .write(move |conn| account::update(conn, &actor, &update, now).map(drop))
        .await
}

async fn change_password(visit: Visit) -> Outcome {
    match password_changed(&visit).await {
        Ok(holder) => Ok(visit
            .go("/account", Some(Flash::new(Done::PasswordChanged)))
            .cookie(visit.known_to(holder))),
        Err(problem) if is_form_error(&problem) || problem.code() == Code::TooManyAttempts => {
            again(&visit, profile(&visit).await?, "password", &problem)
        }
        Err(problem) => Err(problem.into()),
    }
}

async fn password_changed(visit: &Visit) -> Result<Holder, Problem> {
    let chosen = twice(visit)?;
    let (principal, now) = (visit.principal()?, visit.now);
    let current = SecretString::from(Typed::of(visit).raw("current_password").to_owned());
    let actor = principal.oneself();
    let kept = Kept {
        session: principal.session(),
        tokens: Typed::of(visit).ticked("keep_tokens"),
    };
    password::confirmed(&visit.desk, actor.id(), "current_password", current, now).await?;
    let hash = password::chosen(&visit.desk, "password", chosen, principal.known()).await?;
    let holder = Holder::new(actor.id(), Some(&hash));
    visit
        .write(move |conn| account::change_password(conn, &actor, kept, &hash, now))
        .await?;
    Ok(holder)
}
