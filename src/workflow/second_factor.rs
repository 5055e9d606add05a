//! The second factor of an account: begun, confirmed, shown at sign-in, given up, taken away (A7).

use super::account::{Kept, end_keys};
use super::administer::{By, reach, refused, require};
use super::bounds::may_manage;
use super::{Actor, Rejection, VerbResult, publish};
use crate::config::SecretKey;
use crate::credentials::{Authenticator, new_nonce, new_recovery_codes, recovery_hash};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Permission, Reach};
use crate::domain::event::AccountEvent;
use crate::domain::ids::{PersonId, SessionId};
use crate::store::people::{self, Person};
use crate::store::{organizations, second_factors};

/// Begins the actor's own second factor: nothing is asked for before it is confirmed.
///
/// # Errors
/// [`Rejection::SecondFactorOn`].
pub fn begin(
    conn: &mut Conn,
    key: &SecretKey,
    actor: &Actor,
    now: Instant,
) -> VerbResult<Authenticator> {
    let person = own(conn, actor)?;
    let nonce = new_nonce();
    if !second_factors::begin(conn, person.id, &nonce, now)? {
        return Err(Rejection::SecondFactorOn.into());
    }
    authenticator(conn, key, &person, &nonce)
}

/// What the actor has begun and not confirmed yet, to be shown once more.
///
/// # Errors
/// Database errors.
pub fn begun(conn: &mut Conn, key: &SecretKey, actor: &Actor) -> VerbResult<Option<Authenticator>> {
    let person = own(conn, actor)?;
    match second_factors::find(conn, person.id)? {
        Some(factor) if factor.confirmed_at.is_none() => {
            authenticator(conn, key, &person, &factor.nonce).map(Some)
        }
        _ => Ok(None),
    }
}

/// Asks for the second factor from now on, since the actor's app knows it; gives the recovery codes, this once. Sessions
/// that were opened without it end, but for the one in which it is done.
///
/// # Errors
/// [`Rejection::SecondFactorOn`], [`Rejection::SecondFactorOff`] if none was begun, [`Rejection::Field`].
pub fn confirm(
    conn: &mut Conn,
    key: &SecretKey,
    (actor, session): (&Actor, Option<SessionId>),
    code: &str,
    now: Instant,
) -> VerbResult<Vec<String>> {
    let person = own(conn, actor)?;
    let factor = second_factors::find(conn, person.id)?.ok_or(Rejection::SecondFactorOff)?;
    if factor.confirmed_at.is_some() {
        return Err(Rejection::SecondFactorOn.into());
    }
    let step = authenticator(conn, key, &person, &factor.nonce)?
        .step_of(code, now)
        .ok_or_else(|| refused("code", "wrong_code", ""))?;
    if !second_factors::confirm(conn, person.id, &factor.nonce, step, now)? {
        return Err(Rejection::SecondFactorOn.into());
    }
    end_keys(conn, person.id, but(session), now)?;
    let codes = fresh_codes(conn, key, person.id, now)?;
    let event = AccountEvent::SecondFactorTurnedOn;
    publish::on_account(conn, actor, &person, event, now)?;
    Ok(codes)
}

/// New recovery codes for the actor; the old ones are void.
///
/// # Errors
/// [`Rejection::SecondFactorOff`], [`Rejection::Field`].
pub fn renew_codes(
    conn: &mut Conn,
    key: &SecretKey,
    actor: &Actor,
    code: &str,
    now: Instant,
) -> VerbResult<Vec<String>> {
    let person = own(conn, actor)?;
    let factor = second_factors::find(conn, person.id)?
        .filter(|factor| factor.confirmed_at.is_some())
        .ok_or(Rejection::SecondFactorOff)?;
    let step = authenticator(conn, key, &person, &factor.nonce)?.step_of(code, now);
    let taken = match step {
        Some(step) => second_factors::take_step(conn, person.id, step)?,
        None => false,
    };
    if !taken {
        return Err(refused("code", "wrong_code", "").into());
    }
    let codes = fresh_codes(conn, key, person.id, now)?;
    let event = AccountEvent::RecoveryCodesRenewed;
    publish::on_account(conn, actor, &person, event, now)?;
    Ok(codes)
}

/// Gives the actor's own second factor up; their other sessions end. The edge has made sure that they know their password.
///
/// # Errors
/// [`Rejection::SecondFactorOff`].
pub fn turn_off(
    conn: &mut Conn,
    actor: &Actor,
    session: Option<SessionId>,
    now: Instant,
) -> VerbResult<()> {
    let person = own(conn, actor)?;
    if !second_factors::remove(conn, person.id)? {
        return Err(Rejection::SecondFactorOff.into());
    }
    end_keys(conn, person.id, but(session), now)?;
    let event = AccountEvent::SecondFactorTurnedOff;
    publish::on_account(conn, actor, &person, event, now)
}

/// Takes somebody else's second factor away, who has lost it; whoever has found it is signed out.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, [`Rejection::SecondFactorOff`]; `Field` for one's own, for which one shows one's
/// password.
pub fn take_away(conn: &mut Conn, by: By<'_>, id: PersonId, now: Instant) -> VerbResult<PersonId> {
    let person = people::find(conn, reach(by), id)?.ok_or(Rejection::NotFound)?;
    require(by, Permission::UsersManage)?;
    if by.is_some_and(|actor| actor.id() == id) {
        return Err(refused("user", "not_yourself", id).into());
    }
    may_manage(conn, by, &person, now)?;
    if !second_factors::remove(conn, id)? {
        return Err(Rejection::SecondFactorOff.into());
    }
    end_keys(conn, id, but(None), now)?;
    let event = AccountEvent::SecondFactorTakenAway;
    publish::on_account(conn, by, &person, event, now)?;
    Ok(id)
}

/// Whether this is a good code of a person: of their app, which is taken once, or a recovery code, which is used up
/// and told. Somebody of whom none is asked for has nothing to show.
///
/// # Errors
/// Database errors.
pub fn prove(
    conn: &mut Conn,
    key: &SecretKey,
    person: &Person,
    code: &str,
    now: Instant,
) -> VerbResult<bool> {
    let factor = second_factors::find(conn, person.id)?;
    let Some(factor) = factor.filter(|factor| factor.confirmed_at.is_some()) else {
        return Ok(true);
    };
    if let Some(step) = authenticator(conn, key, person, &factor.nonce)?.step_of(code, now) {
        return Ok(second_factors::take_step(conn, person.id, step)?);
    }
    let Some(hash) = recovery_hash(key, person.id, code) else {
        return Ok(false);
    };
    if !second_factors::use_code(conn, person.id, &hash, now)? {
        return Ok(false);
    }
    let left = second_factors::codes_left(conn, person.id)?;
    let actor = Actor {
        access: crate::store::access::of_person(conn, person, now)?,
        name: person.name(),
    };
    let event = AccountEvent::RecoveryCodeUsed { left };
    publish::on_account(conn, &actor, person, event, now)?;
    Ok(true)
}

/// What stays when a second factor comes or goes. A token was made by whoever could sign in then, and is not asked for
/// a second factor.
fn but(session: Option<SessionId>) -> Kept {
    Kept {
        session,
        tokens: true,
    }
}

fn own(conn: &mut Conn, actor: &Actor) -> VerbResult<Person> {
    let person = people::find(conn, Reach::Everything, actor.id())?;
    Ok(person.ok_or(Rejection::NotFound)?)
}

fn authenticator(
    conn: &mut Conn,
    key: &SecretKey,
    person: &Person,
    nonce: &str,
) -> VerbResult<Authenticator> {
    let provider = organizations::provider(conn)?;
    let issuer = provider.map_or_else(|| "Casebell".to_owned(), |provider| provider.name);
    Authenticator::new(key, person.id, nonce, &issuer, person.email.as_str()).map_err(|error| {
        let why = diesel::result::Error::SerializationError(error.to_string().into());
        why.into()
    })
}

fn fresh_codes(
    conn: &mut Conn,
    key: &SecretKey,
    person: PersonId,
    now: Instant,
) -> VerbResult<Vec<String>> {
    let codes = new_recovery_codes();
    let hashes: Vec<String> = codes
        .iter()
        .filter_map(|code| recovery_hash(key, person, code))
        .collect();
    second_factors::replace_codes(conn, person, &hashes, now)?;
    Ok(codes)
}
