//! Signing in and out, and showing once more who one is (A7).

mod half;

pub use half::{HALF_LIFETIME, PendingSecondFactor};

use std::net::IpAddr;

use super::{Actor, Rejection, VerbResult, publish, second_factor};
use crate::config::SecretKey;
use crate::credentials::hash_secret;
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Reach;
use crate::domain::device;
use crate::domain::event::AccountEvent;
use crate::domain::ids::{PersonId, SessionId};
use crate::domain::notice::NewDevice;
use crate::store::devices::{self, Familiarity};
use crate::store::identities::{AuthOutcome, Identity, OrganizationContext, may_come_from};
use crate::store::people::{self, Person};
use crate::store::second_factors;
use crate::store::sessions::{self, NewSession, Session};

/// Somebody who has shown their password signs in.
#[derive(Clone, Debug)]
pub struct SignIn<'a> {
    /// That the password was right.
    pub half: &'a PendingSecondFactor,
    /// A code of the second factor, if one was shown.
    pub code: Option<&'a str>,
    /// The session to open.
    pub session: NewSession<'a>,
    /// The hash of the secret of the session that the browser came with: it ends, whosever it was.
    pub replaces: Option<&'a str>,
    /// From where, as it is told to the person.
    pub place: &'a str,
    /// From which address.
    pub client: Option<IpAddr>,
}

/// Opens a session in place of the one that the browser came with.
///
/// # Errors
/// [`Rejection::InvalidCredentials`] if the person was shut out or has another password by now, or may enter nowhere;
/// [`Rejection::SecondFactorRequired`], [`Rejection::InvalidSecondFactor`]; [`Rejection::AddressNotAllowed`].
pub fn sign_in(
    conn: &mut Conn,
    key: &SecretKey,
    sign_in: &SignIn<'_>,
    now: Instant,
) -> VerbResult<(Session, Box<Identity>)> {
    let person = still(conn, sign_in.half)?;
    match sign_in.code {
        Some(code) if second_factor::prove(conn, key, &person, code, now)? => {}
        Some(_) => return Err(Rejection::InvalidSecondFactor.into()),
        None if second_factors::is_on(conn, person.id)? => {
            return Err(Rejection::SecondFactorRequired.into());
        }
        None => {}
    }
    if let Some(secret) = sign_in.replaces {
        sessions::close_by_secret(conn, secret)?;
    }
    let id = sessions::open(conn, &sign_in.session, now)?;
    // Whoever may do nothing anywhere finds no session.
    let AuthOutcome::Authenticated(session, identity) =
        sessions::again(conn, id, &OrganizationContext::AsBefore, now)?
    else {
        return Err(Rejection::InvalidCredentials.into());
    };
    if !may_come_from(&identity.place, identity.home.as_ref(), sign_in.client) {
        return Err(Rejection::AddressNotAllowed(sign_in.client).into());
    }
    let new_device = new_device(conn, person.id, sign_in, now)?;
    let actor = Actor {
        access: identity.access.clone(),
        name: person.name(),
    };
    let event = AccountEvent::SignedIn { new_device };
    publish::on_account(conn, &actor, &person, event, now)?;
    Ok((session, identity))
}

/// Whoever showed the password that is theirs still. Their row is held, so that it stays theirs until the transaction
/// ends.
fn still(conn: &mut Conn, half: &PendingSecondFactor) -> VerbResult<Person> {
    people::lock(conn, half.person())?;
    let found = people::find(conn, Reach::Everything, half.person())?;
    let person = found.filter(|person| person.disabled_at.is_none() && half.is_of(person));
    Ok(person.ok_or(Rejection::InvalidCredentials)?)
}

/// The device, if the person has signed in before, but not from it.
fn new_device(
    conn: &mut Conn,
    person: PersonId,
    sign_in: &SignIn<'_>,
    now: Instant,
) -> VerbResult<Option<NewDevice>> {
    let user_agent = sign_in.session.user_agent;
    let device = hash_secret(&device::likeness(user_agent));
    let met = devices::meet(conn, person, &device, now)?;
    Ok((met == Familiarity::New).then(|| NewDevice::new(user_agent, sign_in.place)))
}

/// Notes that whoever sits before a session has shown who they are once more: the password, as `half` says, and a code
/// of their second factor, if one is asked for.
///
/// # Errors
/// Those of [`sign_in`].
pub fn prove(
    conn: &mut Conn,
    key: &SecretKey,
    session: SessionId,
    (half, code): (&PendingSecondFactor, Option<&str>),
    now: Instant,
) -> VerbResult<()> {
    let person = still(conn, half)?;
    if second_factors::is_on(conn, person.id)? {
        let code = code.ok_or(Rejection::SecondFactorRequired)?;
        if !second_factor::prove(conn, key, &person, code, now)? {
            return Err(Rejection::InvalidSecondFactor.into());
        }
    }
    Ok(sessions::prove(conn, person.id, session, now)?)
}

/// Signs out: the session is gone at once, wherever its secret still is.
///
/// # Errors
/// Database errors.
pub fn sign_out(
    conn: &mut Conn,
    actor: &Actor,
    session: SessionId,
    now: Instant,
) -> VerbResult<()> {
    sessions::close(conn, session)?;
    let person = super::account::person(conn, actor.id())?;
    publish::on_account(conn, actor, &person, AccountEvent::SignedOut, now)
}
