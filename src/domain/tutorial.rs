//! Tutorials: until when one can register, who gets a place and who waits for one, and when people are reminded (H1).

mod ics;
mod reminder;

use thiserror::Error;

use super::Instant;
use crate::domain::closed_enum;

pub use ics::{Appointment, calendar_file};
pub use reminder::{Reminder, due, next, reminded_at};

closed_enum! {
    /// Whether a tutorial lies ahead.
    pub enum When as "TutorialState" {
        /// It is not over.
        Coming = "coming",
        /// It is over.
        Past = "past",
    }
}

closed_enum! {
    /// What somebody who has registered has.
    pub enum Standing as "RegistrationState" {
        /// A place.
        Registered = "registered",
        /// None yet: they get one when one is freed and their turn has come.
        Waiting = "waiting",
    }
}

impl Standing {
    /// That of somebody who has a place, or has none.
    pub const fn of(has_place: bool) -> Self {
        if has_place {
            Self::Registered
        } else {
            Self::Waiting
        }
    }
}

/// A tutorial, as far as it decides on registrations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// When it begins.
    pub starts_at: Instant,
    /// Until when people may register, if that ends before it begins.
    pub registration_until: Option<Instant>,
    /// How many come at the most; any number if there is no limit.
    pub places: Option<i64>,
    /// How many places are given away.
    pub taken: i64,
    /// Whether it was called off.
    pub canceled: bool,
}

/// Why a tutorial does not take what is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// It was called off.
    #[error("the tutorial was called off")]
    Canceled,
    /// It has begun, or is over.
    #[error("the tutorial began at {at}")]
    Begun {
        /// When.
        at: Instant,
    },
    /// Nobody registers any more.
    #[error("registration ended at {until}")]
    RegistrationOver {
        /// When that ended.
        until: Instant,
    },
}

impl Session {
    /// Until when people may register: at that instant they may not any more.
    pub fn registration_ends(&self) -> Instant {
        let until = self.registration_until.unwrap_or(self.starts_at);
        until.min(self.starts_at)
    }

    /// Whether somebody may register at `now`.
    ///
    /// # Errors
    /// The first of: it was called off, it has begun, registration is over.
    pub fn takes_registrations(&self, now: Instant) -> Result<(), Refusal> {
        self.is_ahead(now)?;
        let until = self.registration_ends();
        match now < until {
            true => Ok(()),
            false => Err(Refusal::RegistrationOver { until }),
        }
    }

    /// Whether it can still be changed who comes.
    ///
    /// # Errors
    /// [`Refusal::Canceled`], [`Refusal::Begun`].
    pub fn is_ahead(&self, now: Instant) -> Result<(), Refusal> {
        if self.canceled {
            return Err(Refusal::Canceled);
        }
        match now < self.starts_at {
            true => Ok(()),
            false => Err(Refusal::Begun { at: self.starts_at }),
        }
    }

    /// Whether all places are given away.
    pub fn is_full(&self) -> bool {
        self.places.is_some_and(|places| self.taken >= places)
    }

    /// How many of `waiting` people get a place now: the first of them, as many as there are places.
    pub fn places_for(&self, waiting: usize) -> usize {
        match self.places {
            None => waiting,
            Some(places) => {
                let free = usize::try_from(places - self.taken).unwrap_or(0);
                free.min(waiting)
            }
        }
    }
}

/// What is told of where a tutorial takes place: a place to everybody who sees it; the link by which one takes part to those alone who
/// have a place, or who keep tutorials. A limit of places would be none otherwise.
pub fn shown_place(place_or_link: &str, takes_part: bool) -> Option<&str> {
    (takes_part || !is_link(place_or_link)).then_some(place_or_link)
}

/// Whether what is said of where a tutorial takes place is a link.
pub fn is_link(place_or_link: &str) -> bool {
    let text = place_or_link.trim();
    ["https://", "http://"].iter().any(|scheme| {
        (text.get(..scheme.len())).is_some_and(|begins| begins.eq_ignore_ascii_case(scheme))
    })
}

#[cfg(test)]
mod tests;
