//! Tutorials: announced, changed and called off (H1). Who comes is in [`attend`], and who is reminded in [`remind`].

mod attend;
mod remind;

use chrono_tz::Tz;

use super::administer::refused;
use super::audience::{ForWhom, audience, fields as audience_fields, patched};
use super::{Actor, Expected, Rejection, VerbResult, publish, settled, unchanged};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Access, Permission};
use crate::domain::audience::Audience;
use crate::domain::callback::{Part, Spoken, Window, WindowFault, WindowProblem};
use crate::domain::event::{AdministrativeEvent, CanceledTutorial, Changed, TutorialFields};
use crate::domain::ids::{PersonId, TutorialId};
use crate::domain::notice::{Letter, TutorialCanceled, TutorialFacts, TutorialMoved};
use crate::domain::text::{Note, PlaceOrLink, Subject};
use crate::domain::tutorial::{is_link, next, shown_place};
use crate::input::{Patch, Whole, input};
use crate::store::audiences::{self, Listener};
use crate::store::tutorials::{self, Reader, Tutorial, TutorialRow};
use crate::workflow::notify::write_to_people;

pub use attend::{register, unregister};
pub use remind::remind;

/// How many people come to a tutorial at the most.
pub type Places = Whole<1, 10_000>;

input! {
    /// A new tutorial. Times are instants, or what the clocks of its zone show then.
    pub struct AddTutorial {
        /// One line.
        title: Subject,
        /// What it is about, in Markdown.
        body: Note,
        /// For whom it is.
        audience: ForWhom,
        /// When it begins; in the future.
        starts_at: Spoken,
        /// When it is over.
        ends_at: Spoken,
        /// The zone in which it takes place, such as `Europe/Berlin`.
        time_zone: Tz,
        /// How many come at the most; any number if not given.
        places: Option<Places>,
        /// Where it takes place. A link is shown to those alone who have a place.
        place_or_link: PlaceOrLink,
        /// Until when people may register; until it begins if not given.
        registration_until: Option<Spoken>,
    }
}

input! {
    /// Changes to a tutorial. Everybody who has registered is told of another time or place.
    pub struct UpdateTutorial {
        /// One line.
        title: Patch<Subject>,
        /// What it is about, in Markdown.
        body: Patch<Note>,
        /// For whom it is; who has registered still sees it.
        audience: Patch<ForWhom>,
        /// When it begins; in the future.
        starts_at: Patch<Spoken>,
        /// When it is over.
        ends_at: Patch<Spoken>,
        /// The zone in which it takes place.
        time_zone: Patch<Tz>,
        /// How many come at the most; `null` for any number. Not fewer than have a place.
        places: Patch<Option<Places>>,
        /// Where it takes place.
        place_or_link: Patch<PlaceOrLink>,
        /// Until when people may register; `null` for until it begins.
        registration_until: Patch<Option<Spoken>>,
    }
}

input! {
    /// Why a tutorial is called off.
    pub struct CancelTutorial {
        /// What those are told who have registered.
        reason: Note,
    }
}

/// Adds a tutorial.
///
/// # Errors
/// [`Rejection::Denied`], `Field`, `Fields`, `Parts`.
pub fn add_tutorial(
    conn: &mut Conn,
    actor: &Actor,
    command: &AddTutorial,
    now: Instant,
) -> VerbResult<TutorialId> {
    actor.require(Permission::TutorialsManage)?;
    let audience = audience(conn, actor, &command.audience)?;
    let zone = command.time_zone;
    let (starts_at, ends_at) = times((command.starts_at, command.ends_at), zone, now)?;
    let row = TutorialRow {
        title: command.title.as_str(),
        body: command.body.as_str(),
        audience: &audience,
        starts_at,
        ends_at,
        time_zone: zone.name(),
        places: command.places.map(Places::get),
        place_or_link: command.place_or_link.as_str(),
        registration_until: closing(command.registration_until, zone, starts_at)?,
        remind_at: next(starts_at, now),
    };
    let id = tutorials::insert(conn, &row, now)?;
    let event = AdministrativeEvent::TutorialAdded(id, fields(&row));
    publish::administrative(conn, actor, event, now)?;
    Ok(id)
}

/// Changes a tutorial. If it takes place at another time or elsewhere, everybody who has registered is told; if there are more
/// places, those who wait get them.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Stale`, `Field`, `Fields`, `Parts`; [`Rejection::Tutorial`] if it was called off.
pub fn update_tutorial(
    conn: &mut Conn,
    actor: &Actor,
    id: TutorialId,
    expected: Expected<'_>,
    command: &UpdateTutorial,
    now: Instant,
) -> VerbResult<TutorialId> {
    let before = kept(conn, actor, id)?;
    unchanged(expected, before.version)?;
    if before.canceled_at.is_some() {
        return Err(crate::domain::tutorial::Refusal::Canceled.into());
    }
    let was = audiences::of(conn, id, before.audience)?;
    let audience = patched(conn, actor, &was, &command.audience)?;
    let zone = command.time_zone.as_option().copied();
    let zone = zone.unwrap_or_else(|| before.zone());
    let (starts_at, ends_at) = moved(&before, command, zone, now)?;
    let places = match command.places {
        Patch::Keep => before.places,
        Patch::Set(places) => places.map(Places::get),
    };
    if places.is_some_and(|places| places < before.taken) {
        return Err(refused("places", "fewer_than_taken", before.taken).into());
    }
    let registration_until = match command.registration_until {
        // That it would end later than it begins goes without saying.
        Patch::Keep => before.registration_until.filter(|until| *until < starts_at),
        Patch::Set(until) => closing(until, zone, starts_at)?,
    };
    let row = TutorialRow {
        title: (command.title.as_option()).map_or(&before.title, Subject::as_str),
        body: (command.body.as_option()).map_or(&before.body, Note::as_str),
        audience: &audience,
        starts_at,
        ends_at,
        time_zone: zone.name(),
        places,
        place_or_link: (command.place_or_link.as_option())
            .map_or(&before.place_or_link, PlaceOrLink::as_str),
        registration_until,
        // What is due now and was not told yet stays due.
        remind_at: match starts_at == before.starts_at {
            true => before.remind_at,
            false => next(starts_at, now),
        },
    };
    let changed = Changed {
        before: fields(&row_of(&before, &was)),
        after: fields(&row),
    };
    if changed.before == changed.after {
        return Ok(id);
    }
    settled(tutorials::update(conn, &before, &row, now)?, expected)?;
    let event = AdministrativeEvent::TutorialChanged(id, changed);
    publish::administrative(conn, actor, event, now)?;
    let after = found(conn, id)?;
    if after.session().is_ahead(now).is_ok() {
        tell_of_move(conn, actor, (&before, &after), now)?;
        attend::fill(conn, &after, now)?;
    }
    Ok(id)
}

/// Calls a tutorial off, and tells everybody who has registered.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Stale`; [`Rejection::Tutorial`] if it was called off before, or has begun.
pub fn cancel_tutorial(
    conn: &mut Conn,
    actor: &Actor,
    id: TutorialId,
    expected: Expected<'_>,
    command: &CancelTutorial,
    now: Instant,
) -> VerbResult<TutorialId> {
    let before = kept(conn, actor, id)?;
    unchanged(expected, before.version)?;
    before.session().is_ahead(now)?;
    let reason = command.reason.as_str();
    settled(tutorials::cancel(conn, &before, reason, now)?, expected)?;
    let canceled = CanceledTutorial {
        title: before.title.clone(),
        reason: reason.to_owned(),
    };
    let event = AdministrativeEvent::TutorialCanceled(id, canceled);
    publish::administrative(conn, actor, event, now)?;
    let letter = Letter::TutorialCanceled(TutorialCanceled {
        tutorial: facts(&before, false),
        reason: Some(reason.to_owned()),
    });
    let all = tutorials::expected(conn, id)?;
    let people: Vec<PersonId> = all.iter().map(|one| one.person_id).collect();
    write_to_people(conn, &people, &letter, Some(actor.id()), now)?;
    Ok(id)
}

/// As whom somebody reads tutorials.
///
/// # Errors
/// Database errors.
pub fn reader(conn: &mut Conn, access: &Access) -> diesel::QueryResult<Reader> {
    Ok(Reader {
        listener: Listener::of(conn, access, Permission::TutorialsManage)?,
        person: access.person,
    })
}

/// A tutorial that exists for the actor, held until the transaction ends.
fn held(conn: &mut Conn, actor: &Actor, id: TutorialId) -> VerbResult<Tutorial> {
    let reader = reader(conn, &actor.access)?;
    tutorials::find(conn, reader, id)?.ok_or(Rejection::NotFound)?;
    tutorials::lock(conn, id)?;
    // Again, for it may have changed before the lock was held.
    Ok(tutorials::find(conn, reader, id)?.ok_or(Rejection::NotFound)?)
}

/// The same, that the actor may change.
fn kept(conn: &mut Conn, actor: &Actor, id: TutorialId) -> VerbResult<Tutorial> {
    let found = held(conn, actor, id)?;
    actor.require(Permission::TutorialsManage)?;
    Ok(found)
}

fn found(conn: &mut Conn, id: TutorialId) -> VerbResult<Tutorial> {
    Ok(tutorials::any(conn, id)?.ok_or(Rejection::NotFound)?)
}

/// When it begins and when it is over, by the clocks of its zone.
fn times(
    (starts_at, ends_at): (Spoken, Spoken),
    zone: Tz,
    now: Instant,
) -> Result<(Instant, Instant), Rejection> {
    let window = Window::asked(starts_at, ends_at, zone, now).map_err(|faults| {
        let fault = |fault: WindowFault| {
            let (field, given) = match fault.part {
                Part::From => ("starts_at", starts_at),
                Part::Until => ("ends_at", ends_at),
            };
            let given = format!("{given} ({})", zone.name());
            (field, code(fault.problem), given)
        };
        Rejection::Fields(faults.into_iter().map(fault).collect())
    })?;
    Ok((window.from, window.until))
}

const fn code(problem: WindowProblem) -> &'static str {
    match problem {
        WindowProblem::Skipped => "skipped_time",
        WindowProblem::InThePast => "in_the_past",
        WindowProblem::NotLater => "not_after_start",
        WindowProblem::TooFar => "too_far_ahead",
    }
}

/// The times of a tutorial that is changed: what is not said stays, and what stays may be long ago.
fn moved(
    before: &Tutorial,
    command: &UpdateTutorial,
    zone: Tz,
    now: Instant,
) -> Result<(Instant, Instant), Rejection> {
    let or_before = |patch: &Patch<Spoken>, at: Instant| match patch {
        // A form says again what stands; only what its clocks show otherwise is another time.
        Patch::Set(spoken) if spoken.instant(zone) != Ok(at) => *spoken,
        _ => Spoken::At(at.fixed_offset()),
    };
    let starts_at = or_before(&command.starts_at, before.starts_at);
    let ends_at = or_before(&command.ends_at, before.ends_at);
    let as_before = |spoken: Spoken, at: Instant| spoken.instant(zone) == Ok(at);
    if as_before(starts_at, before.starts_at) && as_before(ends_at, before.ends_at) {
        return Ok((before.starts_at, before.ends_at));
    }
    times((starts_at, ends_at), zone, now)
}

/// Until when people may register.
fn closing(
    until: Option<Spoken>,
    zone: Tz,
    starts_at: Instant,
) -> Result<Option<Instant>, Rejection> {
    let Some(spoken) = until else { return Ok(None) };
    let refused = |code| {
        let given = format!("{spoken} ({})", zone.name());
        refused("registration_until", code, given)
    };
    let until = spoken
        .instant(zone)
        .map_err(|problem| refused(code(problem)))?;
    match until <= starts_at {
        true => Ok(Some(until)),
        false => Err(refused("after_start")),
    }
}

/// Tells everybody who has registered of another time or place, each of the place as far as they may know it.
fn tell_of_move(
    conn: &mut Conn,
    actor: &Actor,
    (before, after): (&Tutorial, &Tutorial),
    now: Instant,
) -> VerbResult<()> {
    let elsewhere = before.place_or_link != after.place_or_link;
    let is_moved = (before.starts_at, before.ends_at) != (after.starts_at, after.ends_at);
    if !elsewhere && !is_moved {
        return Ok(());
    }
    let all = tutorials::expected(conn, after.id)?;
    for has_place in [true, false] {
        let of_them = all.iter().filter(|one| one.has_place == has_place);
        let people: Vec<PersonId> = of_them.map(|one| one.person_id).collect();
        let letter = Letter::TutorialMoved(TutorialMoved {
            tutorial: facts(after, has_place),
            began_at: (before.starts_at != after.starts_at).then_some(before.starts_at),
            elsewhere,
        });
        if !people.is_empty() {
            write_to_people(conn, &people, &letter, Some(actor.id()), now)?;
        }
    }
    Ok(())
}

/// The tutorial as letters name it to somebody who takes part, or does not.
fn facts(tutorial: &Tutorial, takes_part: bool) -> TutorialFacts {
    let place = shown_place(&tutorial.place_or_link, takes_part);
    TutorialFacts {
        tutorial: *tutorial.id.as_uuid(),
        title: tutorial.title.clone(),
        starts_at: tutorial.starts_at,
        ends_at: tutorial.ends_at,
        time_zone: tutorial.time_zone.clone(),
        place: place.map(str::to_owned),
        by_link: is_link(&tutorial.place_or_link),
    }
}

fn row_of<'a>(tutorial: &'a Tutorial, audience: &'a Audience) -> TutorialRow<'a> {
    TutorialRow {
        title: &tutorial.title,
        body: &tutorial.body,
        audience,
        starts_at: tutorial.starts_at,
        ends_at: tutorial.ends_at,
        time_zone: &tutorial.time_zone,
        places: tutorial.places,
        place_or_link: &tutorial.place_or_link,
        registration_until: tutorial.registration_until,
        remind_at: tutorial.remind_at,
    }
}

fn fields(row: &TutorialRow<'_>) -> TutorialFields {
    TutorialFields {
        title: row.title.to_owned(),
        body: row.body.to_owned(),
        audience: audience_fields(row.audience),
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        time_zone: row.time_zone.to_owned(),
        places: row.places,
        place_or_link: row.place_or_link.to_owned(),
        registration_until: row.registration_until,
    }
}
