//! What was typed into a form becomes domain types; every field that is wrong is named at once.

use std::collections::HashMap;
use std::str::FromStr;

use chrono::{NaiveDateTime, TimeDelta, TimeZone};
use chrono_tz::Tz;

use super::form::Form;
use super::problem::said_to_people;
use super::visit::Visit;
use crate::domain::text::TextError;
use crate::domain::{Instant, kept};
use crate::http::problem::Problem;
use crate::input::{Fault, FieldError};
use crate::words::Words;

/// Reads fields and notes what is wrong with them.
pub struct Typed<'a> {
    values: &'a HashMap<String, String>,
    zone: Tz,
    errors: Vec<FieldError>,
}

impl<'a> Typed<'a> {
    /// What was typed on this visit.
    pub fn of(visit: &'a Visit) -> Self {
        Self {
            values: &visit.typed,
            zone: visit.zone(),
            errors: Vec::new(),
        }
    }

    /// The text of a field as it was sent.
    pub fn raw(&self, name: &str) -> &'a str {
        self.values.get(name).map_or("", String::as_str)
    }

    /// Whether a box is ticked.
    pub fn ticked(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// Notes that a field is wrong.
    pub fn refuse(&mut self, name: &str, fault: Fault) {
        self.errors.push(FieldError::new(name, fault));
    }

    /// Notes all that a problem names.
    pub fn refuse_all(&mut self, problem: &Problem) {
        self.errors.extend(problem.errors().iter().cloned());
    }

    /// A text that has to be there.
    pub fn text<T>(&mut self, name: &str, parse: fn(&str) -> Result<T, TextError>) -> Option<T> {
        match parse(self.raw(name)) {
            Ok(text) => Some(text),
            Err(error) => {
                self.refuse(name, error.into());
                None
            }
        }
    }

    /// A text that may be left out.
    pub fn optional<T>(
        &mut self,
        name: &str,
        parse: fn(&str) -> Result<T, TextError>,
    ) -> Option<T> {
        if self.raw(name).trim().is_empty() {
            None
        } else {
            self.text(name, parse)
        }
    }

    /// One of several that are offered.
    pub fn one_of<T: FromStr>(&mut self, name: &str) -> Option<T> {
        let parsed = self.raw(name).parse().ok();
        if parsed.is_none() {
            self.refuse(name, Fault::new("required"));
        }
        parsed
    }

    /// A local date and time, as an instant of the visitor's zone.
    pub fn instant(&mut self, name: &str) -> Option<Instant> {
        let text = self.raw(name).trim();
        let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M")
            .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S"));
        let instant = local.ok().and_then(|local| in_zone(local, self.zone));
        if instant.is_none() {
            let code = if text.is_empty() {
                "required"
            } else {
                "not_a_date_time"
            };
            self.refuse(name, Fault::new(code));
        }
        instant
    }

    /// The errors so far; the form can be acted on if there are none.
    ///
    /// # Errors
    /// [`crate::http::problem::Code::ValidationFailed`] with all of them.
    pub fn checked(self) -> Result<(), Problem> {
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(Problem::invalid(self.errors))
        }
    }
}

/// The instant of a local time; of a time that a clock shows twice the later, so that a promise is never for earlier
/// than it was meant, and of one that it skips the first instant behind the gap.
pub(super) fn in_zone(local: NaiveDateTime, zone: Tz) -> Option<Instant> {
    let at = |local: NaiveDateTime| zone.from_local_datetime(&local).latest();
    let found = at(local).or_else(|| {
        (1..=96)
            .find_map(|quarters| at(local.checked_add_signed(TimeDelta::minutes(15 * quarters))?))
    });
    found.and_then(|instant| kept(instant.to_utc()))
}

impl Form {
    /// The form again: what was typed, and what is wrong with it.
    #[must_use]
    pub fn refused_for(
        self,
        words: &Words,
        typed: &HashMap<String, String>,
        problem: &Problem,
    ) -> Self {
        let mut form = self.filled(typed);
        for error in problem.errors() {
            form.refuse(error.field(), error.message(words));
        }
        if problem.errors().is_empty() {
            form.refuse("", said_to_people(words, problem));
        }
        form
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(local: &str, zone: Tz) -> String {
        let local = NaiveDateTime::parse_from_str(local, "%Y-%m-%dT%H:%M").unwrap();
        in_zone(local, zone).unwrap().to_rfc3339()
    }

    #[test]
    fn a_local_time_is_an_instant_even_where_clocks_change() {
        let berlin = Tz::Europe__Berlin;
        assert_eq!(utc("2026-03-03T10:12", berlin), "2026-03-03T09:12:00+00:00");
        // 02:00–03:00 is skipped on 29 March and shown twice on 25 October.
        assert_eq!(utc("2026-03-29T02:30", berlin), "2026-03-29T01:00:00+00:00");
        assert_eq!(utc("2026-10-25T02:30", berlin), "2026-10-25T01:30:00+00:00");
        // Samoa had no 30 December 2011.
        assert_eq!(
            utc("2011-12-30T12:00", Tz::Pacific__Apia),
            "2011-12-30T10:00:00+00:00"
        );
    }
}
