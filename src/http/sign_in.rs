//! Signing in with a password, for the API and the portal alike (A7).
//!
//! Whoever is unknown, shut out or without a password gets the same answer after the same work as whoever mistypes:
//! nothing tells which addresses belong to people.

use std::net::IpAddr;
use std::sync::Arc;

use chrono::TimeDelta;
use secrecy::{ExposeSecret, SecretString};

use super::client;
use super::desk::Desk;
use super::principal::{self, Principal};
use super::problem::{Code, Problem};
use crate::credentials::{
    HashError, NewSecret, SESSION_PREFIX, hash_password, hash_secret, verify_password,
};
use crate::db::{Conn, DbError};
use crate::domain::Instant;
use crate::domain::ids::{EventId, PersonId};
use crate::domain::text::EmailAddress;
use crate::store::attempts::{self, Limit};
use crate::store::audit::{self, NewEvent};
use crate::store::people;
use crate::store::sessions::{self, NewSession};
use crate::workflow::event;

/// How long a session lasts.
pub const SESSION_LIFETIME: TimeDelta = TimeDelta::days(7);
/// Failures on one account, whether it exists or not.
const PER_ACCOUNT: Limit = Limit {
    failures: 10,
    window: TimeDelta::minutes(15),
    pause: TimeDelta::minutes(15),
};
/// Failures from one place, which a whole company may share.
const PER_PLACE: Limit = Limit {
    failures: 100,
    window: TimeDelta::minutes(15),
    pause: TimeDelta::minutes(15),
};
/// How often counting is repeated where two first attempts meet.
const REPETITIONS: usize = 3;

/// Somebody tries to sign in.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The address as it was typed.
    pub email: String,
    /// The password as it was typed.
    pub password: SecretString,
    /// Where the attempt comes from.
    pub client: Option<IpAddr>,
    /// What the browser calls itself.
    pub user_agent: String,
}

/// Somebody signed in.
#[derive(Debug)]
pub struct SignedIn {
    /// Who, by way of the new session.
    pub principal: Principal,
    /// What the session's cookie carries.
    pub secret: SecretString,
}

/// Signs somebody in.
///
/// # Errors
/// [`Code::InvalidCredentials`], [`Code::TooManyAttempts`], and the database's own.
pub async fn sign_in(desk: &Arc<Desk>, attempt: Attempt) -> Result<SignedIn, Problem> {
    let now = desk.clock.now();
    let email = EmailAddress::parse(&attempt.email).ok();
    let keys = Keys::of(&attempt);
    if let Some(until) = count(desk, &keys, now).await? {
        return Err(Problem::new(Code::TooManyAttempts).retry_at(until, now));
    }
    let candidate = candidate(desk, email).await?;
    let hash = candidate
        .as_ref()
        .and_then(|candidate| candidate.hash.clone());
    match (verified(desk, attempt.password, hash).await?, candidate) {
        (true, Some(candidate)) => {
            open_session(desk, candidate.id, keys, attempt.user_agent, now).await
        }
        _ => Err(Problem::new(Code::InvalidCredentials)),
    }
}

/// What attempts are counted under. The address is hashed: what people mistype is nobody's to read.
#[derive(Clone)]
struct Keys {
    account: String,
    place: Option<String>,
}

impl Keys {
    fn of(attempt: &Attempt) -> Self {
        let typed = attempt.email.trim().to_lowercase();
        Self {
            account: format!("account:{}", hash_secret(&typed)),
            place: attempt
                .client
                .map(|address| format!("place:{}", client::place(address))),
        }
    }
}

/// Counts the attempt; gives the instant until which none is taken, if that is so.
async fn count(desk: &Desk, keys: &Keys, now: Instant) -> Result<Option<Instant>, Problem> {
    let mut repetition = 0;
    loop {
        let keys = keys.clone();
        let counted: Result<Option<Instant>, DbError> = desk
            .db
            .write(move |conn| {
                let of_place = match &keys.place {
                    Some(place) => attempts::count(conn, place, PER_PLACE, now)?,
                    None => None,
                };
                match of_place {
                    Some(until) => Ok(Some(until)),
                    None => Ok(attempts::count(conn, &keys.account, PER_ACCOUNT, now)?),
                }
            })
            .await;
        match counted {
            Err(DbError::Query(error))
                if attempts::is_conflict(&error) && repetition < REPETITIONS =>
            {
                repetition += 1
            }
            other => return Ok(other?),
        }
    }
}

struct Candidate {
    id: PersonId,
    hash: Option<String>,
}

async fn candidate(desk: &Desk, email: Option<EmailAddress>) -> Result<Option<Candidate>, Problem> {
    let Some(email) = email else { return Ok(None) };
    let person = desk
        .db
        .read(move |conn| Ok::<_, Problem>(people::by_email(conn, &email)?))
        .await?;
    Ok(person
        .filter(|person| person.disabled_at.is_none())
        .map(|person| Candidate {
            id: person.id,
            hash: person.password_hash,
        }))
}

/// Compares away from the threads that answer requests.
async fn verified(
    desk: &Arc<Desk>,
    password: SecretString,
    hash: Option<String>,
) -> Result<bool, Problem> {
    let _turn = desk
        .hashing
        .acquire()
        .await
        .map_err(|_| Problem::new(Code::Internal))?;
    tokio::task::spawn_blocking(move || verify_password(password.expose_secret(), hash.as_deref()))
        .await
        .map_err(|_| Problem::new(Code::Internal))
}

/// Hashes a new password away from the threads that answer requests.
///
/// # Errors
/// The machine gave no salt or memory.
pub async fn hash(desk: &Arc<Desk>, password: SecretString) -> Result<String, HashError> {
    let _turn = desk.hashing.acquire().await;
    tokio::task::spawn_blocking(move || hash_password(password.expose_secret()))
        .await
        .unwrap_or_else(|_| Err(HashError::panicked()))
}

async fn open_session(
    desk: &Arc<Desk>,
    person: PersonId,
    keys: Keys,
    user_agent: String,
    now: Instant,
) -> Result<SignedIn, Problem> {
    let secret = NewSecret::with_prefix(SESSION_PREFIX);
    let csrf = NewSecret::with_prefix("");
    let (token_hash, csrf_token) = (secret.hash, csrf.text.expose_secret().to_owned());
    let principal = desk
        .db
        .write(move |conn| {
            attempts::forget(conn, &keys.account)?;
            if let Some(place) = &keys.place {
                attempts::forgive(conn, place)?;
            }
            let new = NewSession {
                person,
                token_hash: &token_hash,
                csrf_token: &csrf_token,
                user_agent: &user_agent,
                expires_at: now + SESSION_LIFETIME,
            };
            sessions::open(conn, &new, now)?;
            // Whoever was shut out since the password was compared finds no session.
            let principal = principal::of_session(conn, &token_hash, now)?;
            let principal = principal.ok_or_else(|| Problem::new(Code::InvalidCredentials))?;
            audited(conn, &principal, now)?;
            Ok::<_, Problem>(principal)
        })
        .await?;
    Ok(SignedIn {
        principal,
        secret: secret.text,
    })
}

fn audited(conn: &mut Conn, principal: &Principal, now: Instant) -> Result<(), Problem> {
    let (actor, organization) = (&principal.actor, principal.organization.id);
    let event = NewEvent {
        subject: Some(EventId::from_uuid(*actor.id().as_uuid())),
        ..event(Some(actor), "session.opened", Some(organization))
    };
    Ok(audit::append(conn, &event, now)?)
}
