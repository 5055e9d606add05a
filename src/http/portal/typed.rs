//! What was typed into a form becomes domain types; every field that is wrong is named at once.

use std::collections::HashMap;
use std::str::FromStr;

use chrono::NaiveDateTime;
use chrono_tz::Tz;

use super::form::Form;
use super::problem::said_to_people;
use super::visit::Visit;
use crate::domain::Instant;
use crate::domain::text::TextError;
use crate::http::problem::Problem;
use crate::input::{Fault, FieldError, in_zone};
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
