//! Signing in with a password and, where it is asked for, a second factor; for the API and the portal alike (A7).
//!
//! Whoever is unknown, shut out or without a password gets the same answer after the same work as whoever mistypes:
//! nothing tells which addresses belong to people. Only who has shown the right password learns that a second factor
//! is asked for.

use std::net::IpAddr;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use super::known_devices::KnownDevices;
use super::principal::Principal;
use super::problem::{Code, Problem};
use super::state::AppState;
use super::throttle::{self, Counter};
use super::{client, password};
use crate::credentials::{Asker, Holder, NewSecret, SESSION_PREFIX};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Reach;
use crate::domain::text::EmailAddress;
use crate::store::people::{self, Person};
use crate::store::second_factors;
use crate::store::sessions::NewSession;
use crate::workflow::account;
use crate::workflow::sign_in::{self, SignIn};

pub use crate::workflow::sign_in::{HALF_LIFETIME, PendingSecondFactor};

/// Somebody tries to sign in.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The address as it was typed.
    pub email: String,
    /// The password as it was typed.
    pub password: SecretString,
    /// From where.
    pub from: Origin,
}

/// From where somebody tries to sign in.
#[derive(Clone, Debug)]
pub struct Origin {
    /// Where the attempt comes from.
    pub client: Option<IpAddr>,
    /// What the browser calls itself.
    pub user_agent: String,
    /// The hash of the secret of the session that it came with, whether that is good still or not.
    pub session: Option<String>,
    /// To whom the browser is known.
    pub devices: KnownDevices,
}

/// Somebody signed in.
#[derive(Debug)]
pub struct SignedIn {
    /// Who, by way of the new session.
    pub principal: Principal,
    /// What the session's cookie carries.
    pub secret: SecretString,
    /// To whom the device is known from now on.
    pub holder: Holder,
}

/// What the right password opens.
#[derive(Debug)]
pub enum SignInStep {
    /// Everything.
    Open(Box<SignedIn>),
    /// The way to the second factor.
    PendingSecondFactor(PendingSecondFactor),
}

/// Signs somebody in, or asks for their second factor.
///
/// # Errors
/// [`Code::InvalidCredentials`], [`Code::TooManyAttempts`], and database errors.
pub async fn enter(desk: &Arc<AppState>, attempt: Attempt) -> Result<SignInStep, Problem> {
    let now = desk.clock.now();
    let email = EmailAddress::parse(&attempt.email).ok();
    let candidate = candidate(desk, email).await?;
    let from = &attempt.from;
    let device = candidate
        .as_ref()
        .map(|(person, _)| Holder::new(person.id, person.password_hash.as_deref()))
        .and_then(|holder| from.devices.of(&desk.key, holder));
    let counters = Counter::sign_in(&attempt.email, from.client, device.as_deref());
    let whom = from.client.map(client::place).unwrap_or_default();
    let account = account_of(candidate.as_ref(), &attempt.email);
    let until = throttle::attempt(desk, &counters, now)
        .await
        .inspect_err(|problem| log_refusal(&account, &whom, problem))?;
    let hash = candidate
        .as_ref()
        .and_then(|(person, _)| person.password_hash.clone());
    let asker = match device {
        Some(device) => Asker::Known(device),
        None => Asker::Stranger(whom.clone()),
    };
    let is_right = match password::verified(desk, asker, attempt.password, hash).await {
        Ok(is_right) => is_right,
        Err(problem) => {
            // Nothing was guessed.
            forgive(desk, counters).await?;
            return Err(problem);
        }
    };
    match (is_right, candidate) {
        (true, Some((person, true))) => {
            // Half is no success: whoever goes on guessing the other half is still counted.
            forgive(desk, counters).await?;
            Ok(SignInStep::PendingSecondFactor(PendingSecondFactor::of(
                &person, now,
            )))
        }
        (true, Some((person, false))) => {
            let half = PendingSecondFactor::of(&person, now);
            let opened = open(desk, (half, None), counters, attempt.from, now).await?;
            Ok(SignInStep::Open(Box::new(opened)))
        }
        (_, candidate) => {
            let problem = Problem::invalid_credentials();
            log_refusal(&account, &whom, &problem);
            let refusal = Refusal {
                person: candidate.map(|(person, _)| person),
                place: whom,
                until,
            };
            record_refusal(desk, counters, refusal, now).await?;
            Err(problem)
        }
    }
}

async fn forgive(desk: &AppState, counters: Vec<Counter>) -> Result<(), Problem> {
    desk.db
        .write(move |conn| {
            for counter in &counters {
                counter.forgive(conn)?;
            }
            Ok::<_, Problem>(())
        })
        .await
}

/// What the log calls an account. Where there is none, what was typed is told by its hash alone.
fn account_of(candidate: Option<&(Person, bool)>, email: &str) -> String {
    match candidate {
        Some((person, _)) => person.id.to_string(),
        None => throttle::of_address(email),
    }
}

/// Says in the log that somebody failed to sign in: at which account, and from where.
fn log_refusal(account: &str, place: &str, problem: &Problem) {
    tracing::warn!(
        client.place = place,
        account,
        problem.code = problem.code().as_str(),
        "sign-in refused"
    );
}

/// Somebody failed to sign in.
struct Refusal {
    /// As whom, if there is such a person.
    person: Option<Person>,
    /// From where.
    place: String,
    /// Until when the next attempt has to wait.
    until: Option<Instant>,
}

/// Counts and records it.
async fn record_refusal(
    desk: &AppState,
    counters: Vec<Counter>,
    refusal: Refusal,
    now: Instant,
) -> Result<(), Problem> {
    desk.db
        .write(move |conn| {
            for counter in &counters {
                counter.touch(conn)?;
            }
            let person = refusal.person.as_ref();
            account::sign_in_refused(conn, person, &refusal.place, refusal.until, now)?;
            Ok::<_, Problem>(())
        })
        .await
}

/// An enabled person, and whether a second factor is asked for.
async fn candidate(
    desk: &AppState,
    email: Option<EmailAddress>,
) -> Result<Option<(Person, bool)>, Problem> {
    let Some(email) = email else { return Ok(None) };
    desk.db
        .read(move |conn| {
            let person = people::by_email(conn, &email)?;
            let Some(person) = person.filter(|person| person.disabled_at.is_none()) else {
                return Ok(None);
            };
            let asked = second_factors::is_on(conn, person.id)?;
            Ok::<_, Problem>(Some((person, asked)))
        })
        .await
}

/// Signs somebody in who has shown the right password before, with a code of their second factor.
///
/// # Errors
/// [`Code::InvalidSecondFactor`], [`Code::TooManyAttempts`]; [`Code::InvalidCredentials`] if the person was shut out or
/// has another password by now; and database errors.
pub async fn finish(
    desk: &Arc<AppState>,
    half: PendingSecondFactor,
    code: SecretString,
    from: Origin,
) -> Result<SignedIn, Problem> {
    let now = desk.clock.now();
    let person = half.person();
    let device = from.devices.of(&desk.key, half.holder());
    let counter = Counter::code(person, device.as_deref());
    let place = from.client.map(client::place).unwrap_or_default();
    let until = throttle::attempt(desk, std::slice::from_ref(&counter), now)
        .await
        .inspect_err(|problem| log_refusal(&person.to_string(), &place, problem))?;
    let counters = vec![counter];
    let shown = (half, Some(code));
    let opened = open(desk, shown, counters.clone(), from, now).await;
    if let Err(problem) = &opened
        && problem.code() == Code::InvalidSecondFactor
    {
        log_refusal(&person.to_string(), &place, problem);
        let find =
            move |conn: &mut Conn| Ok::<_, Problem>(people::find(conn, Reach::Everything, person)?);
        let refusal = Refusal {
            person: desk.db.read(find).await?,
            place,
            until,
        };
        record_refusal(desk, counters, refusal, now).await?;
    }
    opened
}

/// Opens a session, after the second factor where one is shown.
async fn open(
    desk: &Arc<AppState>,
    (half, code): (PendingSecondFactor, Option<SecretString>),
    counters: Vec<Counter>,
    from: Origin,
    now: Instant,
) -> Result<SignedIn, Problem> {
    let secret = NewSecret::with_prefix(SESSION_PREFIX);
    let csrf = NewSecret::with_prefix("");
    let (token_hash, csrf_token) = (secret.hash, csrf.text.expose_secret().to_owned());
    let (key, limits) = (desk.key.clone(), desk.sessions);
    let place = from.client.map(client::place).unwrap_or_default();
    let (person, shown_place) = (half.person(), place.clone());
    let holder = half.holder();
    let work = move |conn: &mut Conn| {
        let new = SignIn {
            half: &half,
            code: code.as_ref().map(ExposeSecret::expose_secret),
            session: NewSession {
                person: half.person(),
                token_hash: &token_hash,
                csrf_token: &csrf_token,
                user_agent: &from.user_agent,
                limits,
            },
            replaces: from.session.as_deref(),
            place: &place,
            client: from.client,
        };
        let (session, bearer) = sign_in::sign_in(conn, &key, &new, now)?;
        for counter in &counters {
            counter.settle(conn)?;
        }
        Ok::<_, Problem>(Principal::in_session(session, *bearer))
    };
    let kept_out = |problem: &Problem| {
        if problem.code() == Code::AddressNotAllowed {
            log_refusal(&person.to_string(), &shown_place, problem);
        }
    };
    let principal = desk.db.write(work).await.inspect_err(kept_out)?;
    Ok(SignedIn {
        principal,
        secret: secret.text,
        holder,
    })
}
