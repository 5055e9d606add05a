//! Reminding those who come: a day before, in business hours (N7), and an hour before.

use super::facts;
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::ids::{PersonId, TutorialId};
use crate::domain::notice::{Hours, Letter, Reminder as Reminded, TutorialReminded};
use crate::domain::tutorial::{due, next, reminded_at};
use crate::store::calendars::CalendarBook;
use crate::store::{duty, tutorials};
use crate::workflow::VerbResult;
use crate::workflow::notify::remind_people;

/// Reminds those who have a place at a tutorial of which they were to be reminded at `alarm`; answers whether that fell to the
/// caller. Whoever got their place since the reminder fell due knows of it.
///
/// # Errors
/// Database errors.
pub fn remind(conn: &mut Conn, id: TutorialId, alarm: Instant, now: Instant) -> VerbResult<bool> {
    tutorials::lock(conn, id)?;
    let Some(tutorial) = tutorials::any(conn, id)? else {
        return Ok(false);
    };
    let starts_at = tutorial.starts_at;
    if !tutorials::take_reminder(conn, id, alarm, next(starts_at, now))? {
        return Ok(false);
    }
    let Some(reminder) = due(starts_at, now) else {
        return Ok(true);
    };
    let fell_due = reminder.due_at(starts_at);
    let all = tutorials::expected(conn, id)?;
    let people: Vec<PersonId> = all
        .iter()
        .filter(|one| one.placed_at.is_some_and(|placed| placed <= fell_due))
        .map(|one| one.person_id)
        .collect();
    if people.is_empty() {
        return Ok(true);
    }
    let (roster, book) = (duty::roster(conn)?, CalendarBook::load(conn)?);
    let hours = Hours {
        roster: &roster,
        calendar: book.default_calendar(),
    };
    let letter = Letter::TutorialReminder(TutorialReminded {
        tutorial: facts(&tutorial, true),
        reminder,
    });
    let when = |person: PersonId| {
        let welcome = hours.welcome(person, [Reminded::Tutorial], now);
        reminded_at(reminder, starts_at, welcome, now)
    };
    remind_people(conn, &people, &letter, when, now)?;
    Ok(true)
}
