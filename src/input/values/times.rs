//! Times: instants, days, zones and what a clock shows.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;
use serde_json::Value;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};

use super::{LONGEST_NAME, text};
use crate::domain::callback::{NotATime, Spoken};
use crate::domain::duty::ClockTime;
use crate::domain::report::Moment;
use crate::domain::{Instant, kept};
use crate::input::{At, Errors, Fault, Field, Shape, form, in_zone, shortened};

/// The schema of a text of a known format.
fn text_of_format(format: KnownFormat) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(format)))
        .into()
}

impl Field for Instant {
    const SHAPE: Shape = Shape::Moment;

    /// RFC 3339, cut to microseconds; of a form a local time.
    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        let text = text(value, at, errors)?;
        if let Some(zone) = errors.form_zone() {
            return form::instant(text, zone)
                .or_else(|| errors.refuse(at, Fault::new("not_a_date_time")));
        }
        let instant = DateTime::parse_from_rfc3339(text).ok();
        instant
            .and_then(|instant| kept(instant.with_timezone(&Utc)))
            .or_else(|| errors.refuse(at, Fault::new("not_an_instant")))
    }

    fn schema() -> RefOr<Schema> {
        text_of_format(KnownFormat::DateTime)
    }
}

/// The last day of something, as a page asks for it: the instant at which that day is over where the reader is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastDay(pub Instant);

impl Field for LastDay {
    const SHAPE: Shape = Shape::Day;

    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        let day = text(value, at, errors)?.trim().parse::<NaiveDate>().ok();
        let zone = errors.form_zone().unwrap_or(Tz::UTC);
        let over = day
            .and_then(|day| day.checked_add_days(Days::new(1)))
            .and_then(|next| in_zone(next.and_time(NaiveTime::MIN), zone));
        match over {
            Some(over) => Some(Self(over)),
            None => errors.refuse(at, Fault::new("not_a_date")),
        }
    }

    fn schema() -> RefOr<Schema> {
        text_of_format(KnownFormat::Date)
    }
}

/// A day, in whatever zone it is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day(pub NaiveDate);

impl Field for Day {
    const SHAPE: Shape = Shape::Day;

    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        match text(value, at, errors)?.trim().parse::<NaiveDate>() {
            Ok(day) if (1..=9998).contains(&day.year()) => Some(Self(day)),
            _ => errors.refuse(at, Fault::new("not_a_date")),
        }
    }

    fn schema() -> RefOr<Schema> {
        text_of_format(KnownFormat::Date)
    }
}

/// Where a period begins or ends: a day of the reader's zone, or an instant.
impl Field for Moment {
    const SHAPE: Shape = Shape::Day;

    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        let text = text(value, at, errors)?.trim();
        if let Ok(day) = text.parse::<NaiveDate>() {
            if (1..=9998).contains(&day.year()) {
                return Some(Self::Day(day));
            }
        } else if let Ok(instant) = DateTime::parse_from_rfc3339(text)
            && let Some(instant) = kept(instant.with_timezone(&Utc))
        {
            return Some(Self::At(instant));
        }
        errors.refuse(at, Fault::new("not_a_moment"))
    }

    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .examples(["2026-03-03", "2026-03-03T14:05:00Z"])
            .into()
    }
}

/// A time as a person of some zone says it: an instant, or what the clocks there show.
impl Field for Spoken {
    const SHAPE: Shape = Shape::Moment;

    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        match text(value, at, errors)?.parse() {
            Ok(spoken) => Some(spoken),
            Err(NotATime) => errors.refuse(at, Fault::new("not_a_time")),
        }
    }

    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .examples(["2026-03-03T14:05:00Z", "2026-03-03T15:05"])
            .into()
    }
}

impl Field for Tz {
    const SHAPE: Shape = Shape::Line(LONGEST_NAME);

    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        let text = text(value, at, errors)?;
        match text.parse() {
            Ok(zone) => Some(zone),
            Err(_) => {
                let given = shortened(text).into_owned();
                errors.refuse(at, Fault::new("unknown_time_zone").with("given", given))
            }
        }
    }

    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .examples(["Europe/Berlin"])
            .into()
    }
}

impl Field for ClockTime {
    const SHAPE: Shape = Shape::Line(5);

    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        match text(value, at, errors)?.trim().parse() {
            Ok(time) => Some(time),
            Err(_) => errors.refuse(at, Fault::new("malformed_time")),
        }
    }

    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$"))
            .examples(["08:00"])
            .into()
    }
}
