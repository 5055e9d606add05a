//! Signing in with a password and, where it is asked for, a second factor; for the API and the portal alike (A7).
//!
//! Whoever is unknown, shut out or without a password gets the same answer after the same work as whoever mistypes:
//! nothing tells which addresses belong to people. Only who has shown the right password learns that a second factor
//! is asked for.

use std::net::IpAddr;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use super::desk::Desk;
use super::principal::Principal;
use super::problem::{Code, Problem};
use super::throttle::{self, Counter};
use super::{client, password};
use crate::credentials::{NewSecret, SESSION_PREFIX};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::text::EmailAddress;
use crate::store::people::{self, Person};
use crate::store::second_factors;
use crate::store::sessions::{Bearer, NewSession};
use crate::workflow::sign_in::{self, SignIn};

pub use crate::workflow::sign_in::{HALF_LIFETIME, Half};

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
}

/// Somebody signed in.
#[derive(Debug)]
pub struct SignedIn {
    /// Who, by way of the new session.
    pub principal: Principal,
    /// What the session's cookie carries.
    pub secret: SecretString,
}

/// What the right password opens.
#[derive(Debug)]
pub enum Entrance {
    /// Everything.
    Open(Box<SignedIn>),
    /// The way to the second factor.
    Half(Half),
}

/// Signs somebody in, or asks for their second factor.
///
/// # Errors
/// [`Code::InvalidCredentials`], [`Code::TooManyAttempts`], and the database's own.
pub async fn enter(desk: &Arc<Desk>, attempt: Attempt) -> Result<Entrance, Problem> {
    let now = desk.clock.now();
    let email = EmailAddress::parse(&attempt.email).ok();
    let mut counters: Vec<Counter> = Counter::place(attempt.from.client).into_iter().collect();
    counters.push(Counter::account(&attempt.email));
    throttle::attempt(desk, &counters, now).await?;
    let candidate = candidate(desk, email).await?;
    let whom = attempt.from.client.map(client::place).unwrap_or_default();
    let hash = candidate
        .as_ref()
        .and_then(|(person, _)| person.password_hash.clone());
    match (
        password::verified(desk, &whom, attempt.password, hash).await?,
        candidate,
    ) {
        (true, Some((person, true))) => {
            desk.db
                .write(move |conn| {
                    // Half is no success: whoever goes on guessing the other half is still counted.
                    for counter in &counters {
                        counter.forgive(conn)?;
                    }
                    Ok::<_, Problem>(())
                })
                .await?;
            Ok(Entrance::Half(Half::of(&person, now)))
        }
        (true, Some((person, false))) => {
            let half = Half::of(&person, now);
            let opened = open(desk, (half, None), counters, attempt.from, now).await?;
            Ok(Entrance::Open(Box::new(opened)))
        }
        _ => Err(Problem::new(Code::InvalidCredentials)),
    }
}

/// An enabled person, and whether a second factor is asked for.
async fn candidate(
    desk: &Desk,
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
/// has another password by now; and the database's own.
pub async fn finish(
    desk: &Arc<Desk>,
    half: Half,
    code: SecretString,
    from: Origin,
) -> Result<SignedIn, Problem> {
    let now = desk.clock.now();
    let counter = Counter::code(half.person());
    throttle::attempt(desk, std::slice::from_ref(&counter), now).await?;
    open(desk, (half, Some(code)), vec![counter], from, now).await
}

/// Opens a session, after the second factor where one is shown.
async fn open(
    desk: &Arc<Desk>,
    (half, code): (Half, Option<SecretString>),
    counters: Vec<Counter>,
    from: Origin,
    now: Instant,
) -> Result<SignedIn, Problem> {
    let secret = NewSecret::with_prefix(SESSION_PREFIX);
    let csrf = NewSecret::with_prefix("");
    let (token_hash, csrf_token) = (secret.hash, csrf.text.expose_secret().to_owned());
    let (key, limits) = (desk.key.clone(), desk.sessions);
    let place = from.client.map(client::place).unwrap_or_default();
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
        };
        let (session, bearer) = sign_in::sign_in(conn, &key, &new, now)?;
        settle(conn, &counters, &bearer)?;
        Ok::<_, Problem>(Principal::in_session(session, *bearer))
    };
    let principal = desk.db.write(work).await?;
    desk.bell.ring();
    Ok(SignedIn {
        principal,
        secret: secret.text,
    })
}

/// Forgets the failures of who succeeded; a place, which many share, is forgiven one.
fn settle(conn: &mut Conn, counters: &[Counter], bearer: &Bearer) -> Result<(), Problem> {
    Counter::account(bearer.email.as_str()).forget(conn)?;
    Counter::code(bearer.person).forget(conn)?;
    for counter in counters.iter().filter(|counter| counter.is_shared()) {
        counter.forgive(conn)?;
    }
    Ok(())
}
