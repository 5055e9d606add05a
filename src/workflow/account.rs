//! What people do with their own accounts, and administrators with those of others: names and zone, password,
//! sessions, invitations (A7).

mod keys;
mod links;

use chrono::TimeDelta;
use chrono_tz::Tz;
use diesel::QueryResult;
use diesel::result::Error as Diesel;

pub use keys::{Ended, Kept, end_keys};
pub use links::{add, followed, invite, redeem, send_reset};

use super::administer::{By, reach, require};
use super::bounds::may_manage;
use super::record::{DoneBy, profile};
use super::{Actor, Rejection, VerbError, VerbResult, publish};
use crate::db::{Conn, DbError, in_savepoint, write_what_was_put_off};
use crate::domain::Instant;
use crate::domain::access::{Permission, Reach};
use crate::domain::audit::STRANGER;
use crate::domain::event::{AccountEvent, AdministrativeEvent, AttemptFields, Changed};
use crate::domain::ids::{PersonId, SessionId};
use crate::domain::language::Language;
use crate::domain::notice::PasswordWay;
use crate::domain::password::Context;
use crate::domain::text::PersonName;
use crate::input::{Patch, input};
use crate::store::people::{self, Person, PersonChanges};
use crate::store::{organizations, sessions};

/// How long an invitation is good.
pub const INVITATION_LIFETIME: TimeDelta = TimeDelta::days(7);
/// How long a new password may be set by a link.
pub const RESET_LIFETIME: TimeDelta = TimeDelta::hours(1);

input! {
    /// Changes to your account.
    pub struct UpdateAccount {
        /// First name.
        first_name: Patch<PersonName>,
        /// Last name.
        last_name: Patch<PersonName>,
        /// Own IANA time zone; null for the organization's.
        time_zone: Patch<Option<Tz>>,
        /// The language in which you read pages, mails and problems; null for what your browser asks for, and English in mails.
        language: Patch<Option<Language>>,
    }
}

/// Changes the actor's own name, zone or language.
///
/// # Errors
/// Database errors.
pub fn update(
    conn: &mut Conn,
    actor: &Actor,
    command: &UpdateAccount,
    now: Instant,
) -> VerbResult<Person> {
    let before = own(conn, actor)?;
    let changes = PersonChanges {
        first_name: command.first_name.as_option().map(ToString::to_string),
        last_name: command.last_name.as_option().map(ToString::to_string),
        time_zone: (command.time_zone.as_option())
            .map(|zone| zone.map(|zone| zone.name().to_owned())),
        language: (command.language.as_option())
            .map(|language| language.map(|language| language.as_str().to_owned())),
        ..PersonChanges::default()
    }
    .apart_from(&before);
    if changes == PersonChanges::default() {
        return Ok(before);
    }
    people::update(conn, before.id, &changes)?;
    let after = own(conn, actor)?;
    let event = AccountEvent::ProfileChanged(Changed {
        before: profile(&before),
        after: profile(&after),
    });
    publish::on_account(conn, actor, &after, event, now)?;
    Ok(after)
}

/// Changes the actor's own password; everything that the old one has opened ends, but for what is `kept`. The edge has
/// made sure that they know the old one.
///
/// # Errors
/// Database errors.
pub fn change_password(
    conn: &mut Conn,
    actor: &Actor,
    kept: Kept,
    password_hash: &str,
    now: Instant,
) -> VerbResult<()> {
    let person = own(conn, actor)?;
    let changes = PersonChanges {
        password_hash: Some(Some(password_hash.to_owned())),
        password_given_at: Some(None),
        ..PersonChanges::default()
    };
    people::update(conn, person.id, &changes)?;
    end_keys(conn, person.id, kept, now)?;
    let event = AccountEvent::PasswordChanged(PasswordWay::SignedIn);
    publish::on_account(conn, actor, &person, event, now)
}

/// Tells somebody that an administrator has given them another password, and ends what the old one has opened.
///
/// # Errors
/// Database errors.
pub fn password_was_replaced(
    conn: &mut Conn,
    by: By<'_>,
    id: PersonId,
    now: Instant,
) -> VerbResult<()> {
    let person = people::find(conn, Reach::Everything, id)?.ok_or(Rejection::NotFound)?;
    end_keys(conn, id, Kept::default(), now)?;
    let event = AccountEvent::PasswordChanged(PasswordWay::Administration);
    publish::on_account(conn, by, &person, event, now)
}

/// Records that somebody failed to sign in as a person from a place, and until when the next attempt has to wait. Of nobody
/// the same is written and taken back, so that the time of this answer and of the next ones tells nothing (A7).
///
/// # Errors
/// Database errors.
pub fn sign_in_refused(
    conn: &mut Conn,
    person: Option<&Person>,
    place: &str,
    until: Option<Instant>,
    now: Instant,
) -> VerbResult<()> {
    let event = AdministrativeEvent::SignInRefused {
        person: person.map(|person| (person.id, person.organization_id)),
        attempt: AttemptFields {
            address: place.to_owned(),
            until,
        },
    };
    let recorded = in_savepoint(conn, |conn| {
        publish::administrative(conn, DoneBy::nobody(STRANGER), event, now)?;
        write_what_was_put_off(conn)?;
        match person {
            Some(_) => Ok(()),
            None => Err(VerbError::from(Diesel::RollbackTransaction)),
        }
    });
    match recorded {
        Err(VerbError::Database(DbError::Query(Diesel::RollbackTransaction))) => Ok(()),
        recorded => recorded,
    }
}

/// Ends one of the actor's own sessions.
///
/// # Errors
/// [`Rejection::NotFound`].
pub fn end_session(
    conn: &mut Conn,
    actor: &Actor,
    session: SessionId,
    now: Instant,
) -> VerbResult<()> {
    if !sessions::close_one(conn, actor.id(), session)? {
        return Err(Rejection::NotFound.into());
    }
    let person = own(conn, actor)?;
    publish::on_account(conn, actor, &person, AccountEvent::SessionEnded, now)
}

/// Ends all of the actor's sessions but one; answers how many.
///
/// # Errors
/// Database errors.
pub fn end_other_sessions(
    conn: &mut Conn,
    actor: &Actor,
    but: Option<SessionId>,
    now: Instant,
) -> VerbResult<usize> {
    let ended = sessions::close_others(conn, actor.id(), but)?;
    if ended > 0 {
        let person = own(conn, actor)?;
        publish::on_account(conn, actor, &person, AccountEvent::SessionsEnded, now)?;
    }
    Ok(ended)
}

/// Signs somebody out wherever they are signed in, and revokes their API tokens.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`.
pub fn end_everything(
    conn: &mut Conn,
    by: By<'_>,
    id: PersonId,
    now: Instant,
) -> VerbResult<PersonId> {
    let person = people::find(conn, reach(by), id)?.ok_or(Rejection::NotFound)?;
    require(by, Permission::UsersManage)?;
    may_manage(conn, by, &person, now)?;
    if end_keys(conn, id, Kept::default(), now)?.anything() {
        publish::on_account(conn, by, &person, AccountEvent::SessionsEnded, now)?;
    }
    Ok(id)
}

/// What a guesser knows of a person: their password is not made of it.
///
/// # Errors
/// Database errors.
pub fn known(conn: &mut Conn, person: &Person) -> QueryResult<Context> {
    let own = organizations::find(conn, Reach::Everything, person.organization_id)?;
    let context = Context::of(&person.email)
        .with(&person.first_name)
        .with(&person.last_name);
    Ok(match own {
        Some(own) => context.with(&own.name).with(own.slug.as_str()),
        None => context,
    })
}

fn own(conn: &mut Conn, actor: &Actor) -> VerbResult<Person> {
    person(conn, actor.id())
}

/// A person who is known to be there.
pub(super) fn person(conn: &mut Conn, id: PersonId) -> VerbResult<Person> {
    Ok(people::find(conn, Reach::Everything, id)?.ok_or(Rejection::NotFound)?)
}
