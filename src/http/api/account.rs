//! One's own account: name, zone and language, password, second factor.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;
use utoipa::ToSchema;

use super::sessions::Me;
use crate::credentials::Holder;
use crate::domain::Instant;
use crate::domain::access::Reach;
use crate::domain::language::Language;
use crate::http::api_request::{ApiRequest, OWN_PASSWORD, OWNER};
use crate::http::asks::SECOND_FACTOR;
use crate::http::password;
use crate::http::problem::{Code, Problem};
use crate::http::reply::{Created, Done, Reply};
use crate::http::route::{Route, table};
use crate::http::throttle::{self, Counter};
use crate::input::{Secret, input};
use crate::store::{organizations, second_factors};
use crate::workflow::account::{self, Kept, UpdateAccount};
use crate::workflow::second_factor;

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { account:
        PATCH  "/me"                              OWNER => change, "Changes your name, time zone or language (merge patch)";
        POST   "/me/password"                     OWN_PASSWORD.before_set_up() => change_password, "Changes your password, and ends your other sessions and, unless you keep them, your API tokens";
        GET    "/me/second-factor"                OWNER.before_set_up() => second_factor, "Whether a second factor is asked for when you sign in";
        POST   "/me/second-factor"                SECOND_FACTOR.before_set_up() => begin, "Begins a second factor: gives the secret for an authenticator app";
        DELETE "/me/second-factor"                SECOND_FACTOR => turn_off, "Gives your second factor up";
        POST   "/me/second-factor/confirmation"   SECOND_FACTOR.before_set_up() => confirm, "Asks for the second factor from now on; gives the recovery codes";
        POST   "/me/second-factor/recovery-codes" SECOND_FACTOR => renew_codes, "New recovery codes in place of all others";
    }
}

input! {
    /// A new password for yourself.
    pub struct ChangePassword {
        /// The one until now.
        current_password: Secret,
        /// The one from now on: 10 to 200 characters that are not guessed quickly, and not made of your names.
        new_password: Secret,
        /// Whether your API tokens go on. They end with the old password if left out.
        keep_tokens: Option<bool>,
    }
}

input! {
    /// A code of your second factor.
    pub struct ShowCode {
        /// Six digits from your app.
        code: Secret,
    }
}

input! {
    /// Your password, once more.
    pub struct ShowPassword {
        /// The password.
        password: Secret,
    }
}

/// How it stands with your second factor.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SecondFactor)]
pub struct SecondFactorDocument {
    /// Whether it is asked for.
    enabled: bool,
    /// Since when.
    since: Option<DateTime<Utc>>,
    /// How many recovery codes are unused.
    recovery_codes_left: i64,
}

/// A second factor that was begun. Shown once.
#[derive(Clone, Serialize, ToSchema)]
pub struct Enrolment {
    /// The secret in base 32, to be typed into an app. Null in an answer that is repeated.
    secret: Option<String>,
    /// The `otpauth://` address that an app reads. Null in an answer that is repeated.
    otpauth_uri: Option<String>,
}

/// Recovery codes, each good once. Shown once.
#[derive(Clone, Serialize, ToSchema)]
pub struct RecoveryCodes {
    /// The codes. Null in an answer that is repeated.
    recovery_codes: Option<Vec<String>>,
}

/// Changes one's name, zone or language.
pub async fn change(req: ApiRequest<(), UpdateAccount>) -> Result<Reply<Me>, Problem> {
    req.write(|conn, req| {
        let person = account::update(conn, &req.principal.oneself(), &req.body, req.now)?;
        let organization = organizations::find(conn, Reach::Everything, person.organization_id)?;
        let zone = person
            .time_zone
            .clone()
            .or(organization.map(|found| found.time_zone));
        let mut principal = req.principal.clone();
        principal.time_zone = zone.and_then(|zone| zone.parse().ok()).unwrap_or(Tz::UTC);
        principal.chosen_language = Language::kept(person.language.as_deref());
        principal.actor.name = person.name();
        principal.first_name = person.first_name;
        principal.last_name = person.last_name;
        Reply::new(&Me::of(&principal))
    })
    .await
}

/// Changes one's password.
pub async fn change_password(req: ApiRequest<(), ChangePassword>) -> Result<Done, Problem> {
    let (principal, body) = (&req.principal, &req.body);
    let (current, new) = (
        body.current_password.clone().into_inner(),
        body.new_password.clone().into_inner(),
    );
    let person = principal.person;
    password::confirmed(&req.desk, person, "current_password", current, req.now).await?;
    let hash = password::chosen(&req.desk, "new_password", new, principal.known()).await?;
    // The browser stays known, and no other one does.
    let known = req
        .devices
        .cookie(&req.desk, Holder::new(person, Some(&hash)));
    let done = req
        .write(move |conn, req| {
            let kept = Kept {
                session: req.principal.session(),
                tokens: req.body.keep_tokens.unwrap_or(false),
            };
            account::change_password(conn, &req.principal.oneself(), kept, &hash, req.now)?;
            Ok(Reply::done())
        })
        .await?;
    Ok(done.cookie(known))
}

/// How it stands with one's second factor.
pub async fn second_factor(req: ApiRequest) -> Result<Reply<SecondFactorDocument>, Problem> {
    let document = req
        .read(|conn, req| {
            let person = req.principal.person;
            let since: Option<Instant> =
                second_factors::find(conn, person)?.and_then(|factor| factor.confirmed_at);
            Ok(SecondFactorDocument {
                enabled: since.is_some(),
                since,
                recovery_codes_left: second_factors::codes_left(conn, person)?,
            })
        })
        .await?;
    Reply::new(&document)
}

/// Begins a second factor.
pub async fn begin(req: ApiRequest) -> Result<Created<Enrolment>, Problem> {
    req.write(|conn, req| {
        let begun = second_factor::begin(conn, &req.desk.key, &req.principal.oneself(), req.now)?;
        let later = Enrolment {
            secret: None,
            otpauth_uri: None,
        };
        let shown = Enrolment {
            secret: Some(begun.secret()),
            otpauth_uri: Some(begun.uri().map_err(|_| Problem::new(Code::Internal))?),
        };
        Reply::once(&shown, &later)
    })
    .await
}

/// Asks for the second factor from now on.
pub async fn confirm(req: ApiRequest<(), ShowCode>) -> Result<Created<RecoveryCodes>, Problem> {
    let counter = Counter::own_code(req.principal.person);
    throttle::attempt(&req.desk, std::slice::from_ref(&counter), req.now).await?;
    req.write(move |conn, req| {
        let (actor, code) = (req.principal.oneself(), req.body.code.expose());
        let by = (&actor, req.principal.session());
        let codes = second_factor::confirm(conn, &req.desk.key, by, code, req.now)?;
        counter.forget(conn)?;
        once(codes)
    })
    .await
}

/// Renews the recovery codes.
pub async fn renew_codes(req: ApiRequest<(), ShowCode>) -> Result<Created<RecoveryCodes>, Problem> {
    let counter = Counter::own_code(req.principal.person);
    throttle::attempt(&req.desk, std::slice::from_ref(&counter), req.now).await?;
    req.write(move |conn, req| {
        let (actor, code) = (req.principal.oneself(), req.body.code.expose());
        let codes = second_factor::renew_codes(conn, &req.desk.key, &actor, code, req.now)?;
        counter.forget(conn)?;
        once(codes)
    })
    .await
}

fn once(codes: Vec<String>) -> Result<Created<RecoveryCodes>, Problem> {
    let later = RecoveryCodes {
        recovery_codes: None,
    };
    let shown = RecoveryCodes {
        recovery_codes: Some(codes),
    };
    Reply::once(&shown, &later)
}

/// Gives one's second factor up.
pub async fn turn_off(req: ApiRequest<(), ShowPassword>) -> Result<Done, Problem> {
    let (person, shown) = (req.principal.person, req.body.password.clone());
    password::confirmed(&req.desk, person, "password", shown.into_inner(), req.now).await?;
    req.write(|conn, req| {
        let session = req.principal.session();
        second_factor::turn_off(conn, &req.principal.oneself(), session, req.now)?;
        Ok(Reply::done())
    })
    .await
}
