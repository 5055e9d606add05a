//! Letters: what people are told about an account, a request for access or a pairing, in the transaction of the event.

use diesel::result::Error as Diesel;

use super::actor_facts;
use super::digests::{Chosen, keep};
use crate::db::{Conn, DbError};
use crate::domain::Instant;
use crate::domain::ids::{OrganizationId, PersonId};
use crate::domain::notice::{Delivery, Letter, Matter, NoticeKind, Payload, letter_obstacle};
use crate::domain::text::EmailAddress;
use crate::store::notices::{self, Known, NewNotice, To};
use crate::store::people;
use crate::workflow::one_time_link::NOBODY;

/// Puts a letter to a person into the outbox, or keeps it for their digest (N5); answers whether one was put there.
///
/// It is not if the person is disabled or may not get it (see [`letter_obstacle`]), if they chose not to get its kind
/// (N5), or if the person is `actor`, who caused it, unless it confirms to the owner of an account what was done with
/// it (N4). `actor` is nobody where it is
/// not known who did it: the letter then speaks of the provider.
///
/// # Errors
/// Database errors.
pub fn write_to_person(
    conn: &mut Conn,
    person: PersonId,
    letter: &Letter,
    actor: Option<PersonId>,
    now: Instant,
) -> Result<bool, DbError> {
    write_to_people(conn, &[person], letter, actor, now).map(|written| written > 0)
}

/// [`write_to_person`] for several, each once; answers to how many.
///
/// # Errors
/// Database errors; a serialization error for a letter that bears a link, which is one person's: a mistake of the
/// verb.
pub fn write_to_people(
    conn: &mut Conn,
    persons: &[PersonId],
    letter: &Letter,
    actor: Option<PersonId>,
    now: Instant,
) -> Result<usize, DbError> {
    write_when(conn, (persons, letter), actor, |_| Some(now), now)
}

/// [`write_to_people`] of something that time brought about, to each when `when` says (N7); not at all to whom it says nothing.
///
/// # Errors
/// As [`write_to_people`].
pub fn remind_people(
    conn: &mut Conn,
    persons: &[PersonId],
    letter: &Letter,
    when: impl Fn(PersonId) -> Option<Instant>,
    now: Instant,
) -> Result<usize, DbError> {
    write_when(conn, (persons, letter), None, when, now)
}

fn write_when(
    conn: &mut Conn,
    (persons, letter): (&[PersonId], &Letter),
    actor: Option<PersonId>,
    when: impl Fn(PersonId) -> Option<Instant>,
    now: Instant,
) -> Result<usize, DbError> {
    let kind = letter.kind();
    if letter.link().is_some() && persons.len() > 1 {
        return Err(mistake(kind, "bears one person's link and goes to several"));
    }
    let asked: Vec<PersonId> = persons.iter().copied().chain(actor).collect();
    let known = notices::known(conn, asked, None, now)?;
    let chosen = Chosen::load(conn, kind, persons)?;
    let payload = payload(letter, &known, actor, now);
    let mut written = 0;
    for candidate in known.iter().map(|known| &known.candidate) {
        let person = candidate.access.person;
        let caused = actor == Some(person) && !kind.confirms();
        let obstacle = letter_obstacle(kind, candidate.standing, &candidate.access);
        let unwanted = caused || chosen.of(person) == Delivery::None;
        if !persons.contains(&person) || unwanted || obstacle.is_some() {
            continue;
        }
        let Some(not_before) = when(person) else {
            continue;
        };
        written += 1;
        if chosen.of(person) == Delivery::Digest {
            keep(conn, person, None, &payload, now)?;
            continue;
        }
        let notice = NewNotice {
            to: To::Person(person),
            case: None,
            escalation: None,
            thread: letter.thread(Some(person)),
            payload: &payload,
        };
        notices::insert_held(conn, &notice, not_before, now)?;
    }
    Ok(written)
}

/// Somebody who may have no account: the name and the address that they gave, and the organization that it is about,
/// in whose zone they are told times.
#[derive(Clone, Copy, Debug)]
pub struct Address<'a> {
    /// The address.
    pub email: &'a EmailAddress,
    /// The name.
    pub name: &'a str,
    /// The organization; the provider's zone if none.
    pub organization: Option<OrganizationId>,
}

/// Puts a letter to an address into the outbox: an answer to what was asked from there. Whoever has an account with
/// this address is written to as [`write_to_person`] does. Answers whether one was put there.
///
/// # Errors
/// Database errors; a serialization error if this kind of letter goes to verified addresses only: a mistake of the
/// verb.
pub fn write_to_address(
    conn: &mut Conn,
    to: Address<'_>,
    letter: &Letter,
    actor: Option<PersonId>,
    now: Instant,
) -> Result<bool, DbError> {
    if let Some(person) = people::by_email(conn, to.email)? {
        return write_to_person(conn, person.id, letter, actor, now);
    }
    let kind = letter.kind();
    if !kind.goes_unverified() || letter.link().is_some() {
        return Err(mistake(kind, "goes to somebody without an account"));
    }
    let asked: Vec<PersonId> = actor.into_iter().collect();
    let known = notices::known(conn, asked, None, now)?;
    let notice = NewNotice {
        to: To::Address {
            email: to.email,
            name: to.name,
            organization: to.organization,
        },
        case: None,
        escalation: None,
        thread: letter.thread(None),
        payload: &payload(letter, &known, actor, now),
    };
    notices::insert(conn, &notice, now)?;
    Ok(true)
}

/// Puts a letter to nobody into the outbox, for an address that has no account: it is never sent, and nothing is left of it
/// once that is found out. To whoever watches how long things take it is what [`write_to_person`] does (A7).
///
/// # Errors
/// Database errors.
pub fn write_to_nobody(
    conn: &mut Conn,
    email: &EmailAddress,
    letter: &Letter,
    now: Instant,
) -> Result<(), DbError> {
    let known = notices::known(conn, vec![NOBODY], None, now)?;
    let notice = NewNotice {
        to: To::Address {
            email,
            name: email.as_str(),
            organization: None,
        },
        case: None,
        escalation: None,
        thread: letter.thread(None),
        payload: &payload(letter, &known, None, now),
    };
    notices::insert(conn, &notice, now)?;
    Ok(())
}

fn payload(letter: &Letter, known: &[Known], actor: Option<PersonId>, now: Instant) -> Payload {
    Payload {
        at: now,
        actor: actor.and_then(|actor| actor_facts(known, actor)),
        matter: Matter::Letter(letter.clone()),
    }
}

fn mistake(kind: NoticeKind, why: &str) -> DbError {
    Diesel::SerializationError(format!("a notice of {kind} {why}").into()).into()
}
