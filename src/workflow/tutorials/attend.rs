//! Who comes to a tutorial: registering, not coming after all, and the list of those who wait for a place.

use super::{facts, found, held};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Denied, Permission};
use crate::domain::audit::CLOCK;
use crate::domain::event::{AdministrativeEvent, Changed, RegistrationFields};
use crate::domain::ids::{PersonId, TutorialId};
use crate::domain::notice::{Letter, TutorialRegistered};
use crate::domain::tutorial::Standing;
use crate::store::tutorials::{self, Tutorial};
use crate::workflow::notify::write_to_person;
use crate::workflow::record::DoneBy;
use crate::workflow::{Actor, Rejection, VerbResult, publish};

/// Registers the actor for a tutorial: they get a place, or wait for one if none is left. Whoever has registered keeps what they
/// have.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied` (also to paired people, who get no notices there: P7), `Tutorial`.
pub fn register(
    conn: &mut Conn,
    actor: &Actor,
    id: TutorialId,
    now: Instant,
) -> VerbResult<Standing> {
    let tutorial = held(conn, actor, id)?;
    actor.require(Permission::TutorialsRegister)?;
    if !actor.access.takes_calls() {
        return Err(Denied::ThroughPairing(Permission::TutorialsRegister).into());
    }
    let (person, organization) = (actor.id(), actor.access.organization);
    if let Some(known) = tutorials::of_person(conn, id, person)? {
        return Ok(known.standing());
    }
    let session = tutorial.session();
    session.takes_registrations(now)?;
    // Nobody overtakes those who wait already.
    let is_free = !session.is_full() && tutorials::waiting(conn, id, 1)?.is_empty();
    let standing = Standing::of(is_free);
    tutorials::register(conn, id, (person, organization), standing, now)?;
    let fields = fields(&tutorial, person, standing);
    let event = AdministrativeEvent::TutorialRegistered(organization, id, fields);
    publish::administrative(conn, actor, event, now)?;
    let letter = Letter::TutorialRegistered(TutorialRegistered {
        tutorial: facts(&tutorial, is_free),
        waiting: !is_free,
    });
    write_to_person(conn, person, &letter, Some(person), now)?;
    Ok(standing)
}

/// The actor does not come after all. The first of those who wait gets the place.
///
/// # Errors
/// [`Rejection::NotFound`], also for somebody who has not registered; `Denied`; `Tutorial` if it was called off or has begun.
pub fn unregister(conn: &mut Conn, actor: &Actor, id: TutorialId, now: Instant) -> VerbResult<()> {
    let tutorial = held(conn, actor, id)?;
    actor.require(Permission::TutorialsRegister)?;
    let known = tutorials::of_person(conn, id, actor.id())?.ok_or(Rejection::NotFound)?;
    tutorial.session().is_ahead(now)?;
    tutorials::leave(conn, &known)?;
    let fields = fields(&tutorial, known.person_id, known.standing());
    let event = AdministrativeEvent::TutorialLeft(known.organization_id, id, fields);
    publish::administrative(conn, actor, event, now)?;
    let after = found(conn, id)?;
    fill(conn, &after, now)
}

/// Gives the free places of a tutorial that is locked and lies ahead to those who wait, the first first, and tells them. That
/// somebody else made room is told to nobody.
///
/// # Errors
/// Database errors.
pub(super) fn fill(conn: &mut Conn, tutorial: &Tutorial, now: Instant) -> VerbResult<()> {
    let session = tutorial.session();
    if session.is_full() {
        return Ok(());
    }
    let free = i64::try_from(session.places_for(usize::MAX)).unwrap_or(i64::MAX);
    let waiting = tutorials::waiting(conn, tutorial.id, free)?;
    tutorials::give_places(conn, tutorial.id, &waiting, now)?;
    let letter = Letter::TutorialPlace(facts(tutorial, true));
    for one in &waiting {
        let of = |standing| fields(tutorial, one.person_id, standing);
        let changed = Changed {
            before: of(Standing::Waiting),
            after: of(Standing::Registered),
        };
        let (organization, id) = (one.organization_id, tutorial.id);
        let event = AdministrativeEvent::TutorialPlaced(organization, id, changed);
        publish::administrative(conn, DoneBy::nobody(CLOCK), event, now)?;
        write_to_person(conn, one.person_id, &letter, None, now)?;
    }
    Ok(())
}

fn fields(tutorial: &Tutorial, person: PersonId, state: Standing) -> RegistrationFields {
    RegistrationFields {
        title: tutorial.title.clone(),
        person,
        state,
    }
}
