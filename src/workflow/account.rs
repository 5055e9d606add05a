//! What people do with their own accounts, and administrators with those of others: names and zone, password,
//! sessions, invitations (A7).

mod keys;
mod links;

use chrono::TimeDelta;
use chrono_tz::Tz;
use diesel::QueryResult;
use serde_json::json;

pub use keys::{Ended, Kept, end_keys};
pub use links::{add, followed, invite, redeem, send_reset};

use super::administer::{By, reach, record, require};
use super::bounds::may_manage;
use super::letters;
use super::record::{event, object};
use super::{Actor, Rejection, VerbResult};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Permission, Reach};
use crate::domain::audit::EventKind;
use crate::domain::audit::STRANGER;
use crate::domain::history::difference;
use crate::domain::ids::{EventId, PersonId, SessionId};
use crate::domain::notice::PasswordWay;
use crate::domain::password::Context;
use crate::domain::text::PersonName;
use crate::input::{Patch, input};
use crate::store::audit::{self, NewEvent};
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
    }
}

/// Changes the actor's own name or zone.
///
/// # Errors
/// The database's own.
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
        ..PersonChanges::default()
    };
    people::update(conn, before.id, &changes)?;
    let after = own(conn, actor)?;
    let fields = |person: &Person| {
        object(
            json!({"first_name": person.first_name, "last_name": person.last_name,
            "time_zone": person.time_zone}),
        )
    };
    if let Some((old, new)) = difference(&fields(&before), &fields(&after)) {
        let subject = EventId::from_uuid(*after.id.as_uuid());
        record(
            conn,
            Some(actor),
            EventKind::PersonChanged,
            Some(after.organization_id),
            Some(subject),
            (Some(&old), Some(&new)),
            now,
        )?;
    }
    Ok(after)
}

/// Changes the actor's own password; everything that the old one has opened ends, but for what is `kept`. The edge has
/// made sure that they know the old one.
///
/// # Errors
/// The database's own.
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
    audited(conn, Some(actor), EventKind::PasswordChanged, &person, now)?;
    letters::password_changed(conn, person.id, PasswordWay::SignedIn, Some(person.id), now)
}

/// Tells somebody that an administrator has given them another password, and ends what the old one has opened.
///
/// # Errors
/// The database's own.
pub fn password_was_replaced(
    conn: &mut Conn,
    by: By<'_>,
    id: PersonId,
    now: Instant,
) -> VerbResult<()> {
    let person = people::find(conn, Reach::Everything, id)?.ok_or(Rejection::NotFound)?;
    end_keys(conn, id, Kept::default(), now)?;
    audited(conn, by, EventKind::PasswordChanged, &person, now)?;
    let way = PasswordWay::Administration;
    letters::password_changed(conn, id, way, by.map(Actor::id), now)
}

/// Records that somebody failed to sign in as a person from a place, and until when the next attempt has to wait.
///
/// # Errors
/// The database's own.
pub fn sign_in_refused(
    conn: &mut Conn,
    person: Option<&Person>,
    place: &str,
    until: Option<Instant>,
    now: Instant,
) -> QueryResult<()> {
    let after = match until {
        Some(until) => object(json!({"address": place, "until": until})),
        None => object(json!({"address": place})),
    };
    let event = NewEvent {
        subject: person.map(|person| EventId::from_uuid(*person.id.as_uuid())),
        actor_name: STRANGER,
        after: Some(&after),
        ..event(
            None,
            EventKind::SessionRefused,
            person.map(|person| person.organization_id),
        )
    };
    audit::append(conn, &event, now)
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
    audited(conn, Some(actor), EventKind::SessionEnded, &person, now)
}

/// Ends all of the actor's sessions but one; answers how many.
///
/// # Errors
/// The database's own.
pub fn end_other_sessions(
    conn: &mut Conn,
    actor: &Actor,
    but: Option<SessionId>,
    now: Instant,
) -> VerbResult<usize> {
    let ended = sessions::close_others(conn, actor.id(), but)?;
    if ended > 0 {
        let person = own(conn, actor)?;
        audited(conn, Some(actor), EventKind::SessionsEnded, &person, now)?;
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
        audited(conn, by, EventKind::SessionsEnded, &person, now)?;
    }
    Ok(id)
}

/// What a guesser knows of a person: their password is not made of it.
///
/// # Errors
/// The database's own.
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

/// Records that something happened to a person's account.
pub(super) fn audited(
    conn: &mut Conn,
    by: By<'_>,
    kind: EventKind,
    person: &Person,
    now: Instant,
) -> VerbResult<()> {
    let after = object(json!({"email": person.email}));
    record(
        conn,
        by,
        kind,
        Some(person.organization_id),
        Some(EventId::from_uuid(*person.id.as_uuid())),
        (None, Some(&after)),
        now,
    )
}
