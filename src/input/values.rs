//! The values that fields have.

use std::collections::BTreeSet;
use std::fmt;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::openapi::schema::{
    ArrayBuilder, KnownFormat, ObjectBuilder, SchemaFormat, SchemaType, Type,
};
use utoipa::openapi::{RefOr, Schema};

use super::{At, Errors, Fault, Field, Input, Member, Members, Shape};
use crate::domain::access::{Grant, Permission, Role, RoleCode, RoleName};
use crate::domain::access_request::AccessRequestState;
use crate::domain::calendar::{Doubt, Unit};
use crate::domain::callback::{self, NotATime, Spoken};
use crate::domain::case::{
    BusinessImpact, Channel, Deployment, Engagement, Priority, Status, StepState,
};
use crate::domain::duty::{Assignment, ClockTime, Weekday};
use crate::domain::eligibility::FindingCode;
use crate::domain::escalation::{Level, State};
use crate::domain::feed::{Feed, Visibility};
use crate::domain::ids::{
    CalendarId, CaseRef, EscalationRef, GroupId, LineId, NextStepId, OrganizationId, PersonId,
    VisitId,
};
use crate::domain::network::Network;
use crate::domain::notice::{self, Delivery, NoticeKind, NoticeState};
use crate::domain::organization::OrganizationKind;
use crate::domain::pairing::Direction;
use crate::domain::reason::{Governance, QuestionKind, ReasonCode};
use crate::domain::target::{TargetClock, TargetKind, Tell};
use crate::domain::text::{
    EmailAddress, Markdown, Note, PersonName, PhoneNumber, Slug, Subject, Title,
};
use crate::domain::{Instant, kept};
use crate::words::markdown;

/// The most items that a list in a request has.
pub(crate) const LONGEST_LIST: usize = 100;
/// The most characters of a code or a name that is looked up.
const LONGEST_NAME: usize = 200;
/// The most characters of a secret; hashing an endless one would keep a processor busy.
const LONGEST_SECRET: usize = 1024;

pub(crate) fn text<'v>(value: &'v Value, at: &At<'_>, errors: &mut Errors) -> Option<&'v str> {
    match value {
        Value::String(text) => Some(text),
        Value::Array(_) if errors.texts() => errors.refuse(at, Fault::new("given_twice")),
        other => errors.refuse(at, Fault::wrong_type("a string", other)),
    }
}

/// What a form sends for what is ticked.
const TICKED: &str = "on";

/// A character takes twelve bytes at the most: one outside the basic plane, written as two escapes.
pub(super) const WIDEST: usize = 12;

/// What is written as a text and read by its `FromStr`: what pages draw it by, and what is done with it besides.
macro_rules! written {
    ($($type:ty $(: $shape:expr)? $(=> $then:path)?),+ $(,)?) => {$(
        impl $crate::input::Field for $type {
            $(
                const SHAPE: $crate::input::Shape = $shape;
                const MOST_BYTES: usize = $shape.most_bytes();
            )?

            fn read(
                value: &serde_json::Value,
                at: &$crate::input::At<'_>,
                errors: &mut $crate::input::Errors,
            ) -> Option<Self> {
                match <$type as std::str::FromStr>::from_str($crate::input::text(value, at, errors)?) {
                    Ok(read) => {
                        $($then(read.as_str());)?
                        Some(read)
                    }
                    Err(fault) => errors.refuse(at, fault),
                }
            }

            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                utoipa::openapi::Ref::from_schema_name(<$type as utoipa::ToSchema>::name()).into()
            }

            fn schemas(schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)>) {
                schemas.push((
                    <$type as utoipa::ToSchema>::name().into_owned(),
                    <$type as utoipa::PartialSchema>::schema(),
                ));
            }
        }
    )+};
}

pub(crate) use written;

written! {
    // Rendered here, where it is read, and not by the one writer that keeps it.
    Markdown: Shape::Markdown(Markdown::MAX) => markdown::prepare,
    Note: Shape::Words(Note::MAX) => markdown::prepare,
    Subject: Shape::Line(Subject::MAX),
    Title: Shape::Line(Title::MAX),
    PersonName: Shape::Line(PersonName::MAX),
    EmailAddress: Shape::Email(EmailAddress::MAX),
    Slug: Shape::Line(Slug::MAX),
    PhoneNumber: Shape::Line(PhoneNumber::MAX),
    RoleCode: Shape::Line(RoleCode::MAX),
    ReasonCode: Shape::Line(ReasonCode::MAX),
    Priority: Shape::Choice, Status: Shape::Choice, Deployment: Shape::Choice, BusinessImpact: Shape::Choice,
    Channel: Shape::Choice, Engagement: Shape::Choice, StepState: Shape::Choice, State: Shape::Choice, callback::State: Shape::Choice,
    Level: Shape::Choice, TargetKind: Shape::Choice, TargetClock: Shape::Choice, Tell: Shape::Choice, Assignment: Shape::Choice,
    Weekday: Shape::Choice, Visibility: Shape::Choice, OrganizationKind: Shape::Choice, Governance: Shape::Choice,
    QuestionKind, Unit, Doubt, Grant, Network, Permission, Role, RoleName, GroupId, Direction, CaseRef, EscalationRef, OrganizationId, PersonId, LineId,
    CalendarId, VisitId, NextStepId, Feed, FindingCode, NoticeState, NoticeKind, notice::Fault, Delivery, AccessRequestState,
}

impl Field for Instant {
    const SHAPE: Shape = Shape::Moment;

    /// RFC 3339, cut to microseconds; of a form a local time.
    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        let text = text(value, at, errors)?;
        if let Some(zone) = errors.form_zone() {
            return super::form::instant(text, zone)
                .or_else(|| errors.refuse(at, Fault::new("not_a_date_time")));
        }
        let instant = DateTime::parse_from_rfc3339(text).ok();
        instant
            .and_then(|instant| kept(instant.with_timezone(&Utc)))
            .or_else(|| errors.refuse(at, Fault::new("not_an_instant")))
    }

    fn schema() -> RefOr<Schema> {
        let format = SchemaFormat::KnownFormat(KnownFormat::DateTime);
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(format))
            .into()
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
            .and_then(|next| super::in_zone(next.and_time(NaiveTime::MIN), zone));
        match over {
            Some(over) => Some(Self(over)),
            None => errors.refuse(at, Fault::new("not_a_date")),
        }
    }

    fn schema() -> RefOr<Schema> {
        let format = SchemaFormat::KnownFormat(KnownFormat::Date);
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(format))
            .into()
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
        let format = SchemaFormat::KnownFormat(KnownFormat::Date);
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(format))
            .into()
    }
}

/// An address that somebody types to say which account they mean. Whether it is one of anybody's, or an address at all,
/// makes no difference to what they are told.
#[derive(Clone, Debug)]
pub struct AccountAddress(String);

impl AccountAddress {
    /// The text, without spaces around it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Field for AccountAddress {
    const SHAPE: Shape = Shape::Email(EmailAddress::MAX);

    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        let text = text(value, at, errors)?.trim();
        if text.chars().count() > EmailAddress::MAX {
            return errors.refuse(at, Fault::new("too_long").with("max", EmailAddress::MAX));
        }
        match text.chars().position(char::is_control) {
            Some(index) => errors.refuse(
                at,
                Fault::new("control_character").with("position", index + 1),
            ),
            None => Some(Self(text.to_owned())),
        }
    }

    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::String).into()
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
                let given = super::shortened(text).into_owned();
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

impl Field for bool {
    const SHAPE: Shape = Shape::Tick;

    fn blank() -> Option<Self> {
        Some(false)
    }

    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        match value {
            Value::Bool(bool) => Some(*bool),
            Value::String(text) if errors.texts() && text == "true" => Some(true),
            Value::String(text) if errors.texts() && text == "false" => Some(false),
            Value::String(text) if errors.form_zone().is_some() && text == TICKED => Some(true),
            Value::Array(_) if errors.texts() => errors.refuse(at, Fault::new("given_twice")),
            Value::String(_) if errors.texts() => {
                errors.refuse(at, Fault::new("not_allowed").with("allowed", "true, false"))
            }
            other => errors.refuse(at, Fault::wrong_type("a boolean", other)),
        }
    }

    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::Boolean).into()
    }
}

/// A whole number between two bounds, both taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Whole<const MIN: i64, const MAX: i64>(i64);

impl<const MIN: i64, const MAX: i64> Whole<MIN, MAX> {
    /// The greatest.
    pub const MAX: Self = Self(MAX);

    /// The number.
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl<const MIN: i64, const MAX: i64> Field for Whole<MIN, MAX> {
    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        let number = match value {
            Value::Number(number) => number.as_i64(),
            Value::String(text) if errors.texts() => text.parse().ok(),
            Value::Array(_) if errors.texts() => {
                return errors.refuse(at, Fault::new("given_twice"));
            }
            other => return errors.refuse(at, Fault::wrong_type("a number", other)),
        };
        match number {
            Some(number) if (MIN..=MAX).contains(&number) => Some(Self(number)),
            _ => errors.refuse(
                at,
                Fault::new("out_of_range").with("min", MIN).with("max", MAX),
            ),
        }
    }

    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(MIN as f64))
            .maximum(Some(MAX as f64))
            .into()
    }
}

/// A password or token: taken as it stands, never shown.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// The text itself.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The text, still hidden.
    pub fn into_inner(self) -> SecretString {
        self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(SecretString::from(text))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Field for Secret {
    const SHAPE: Shape = Shape::Secret(LONGEST_SECRET);
    const MOST_BYTES: usize = Self::SHAPE.most_bytes();

    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        let text = text(value, at, errors)?;
        if text.is_empty() {
            return errors.refuse(at, Fault::new("empty"));
        }
        if text.chars().count() > LONGEST_SECRET {
            return errors.refuse(at, Fault::new("too_long").with("max", LONGEST_SECRET));
        }
        Some(Self(SecretString::from(text)))
    }

    fn schema() -> RefOr<Schema> {
        let format = SchemaFormat::KnownFormat(KnownFormat::Password);
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(format))
            .max_length(Some(LONGEST_SECRET))
            .into()
    }
}

impl Field for Map<String, Value> {
    const MOST_BYTES: usize = 512 * 1024;

    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        match value {
            Value::Object(object) => Some(object.clone()),
            other => errors.refuse(at, Fault::wrong_type("an object", other)),
        }
    }

    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::Object).into()
    }
}

impl Field for String {
    const SHAPE: Shape = Shape::Line(LONGEST_NAME);

    /// Any text, for what is checked against rows later; short, because no code or name is long.
    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        let text = text(value, at, errors)?.trim();
        if text.chars().count() > LONGEST_NAME {
            return errors.refuse(at, Fault::new("too_long").with("max", LONGEST_NAME));
        }
        match text.chars().position(char::is_control) {
            Some(index) => errors.refuse(
                at,
                Fault::new("control_character").with("position", index + 1),
            ),
            None => Some(text.to_owned()),
        }
    }

    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::String).into()
    }
}

/// A text as it came, white space and line ends included: a file, or what somebody else has signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AsIs(pub String);

impl Field for AsIs {
    /// As much as is taken anywhere.
    const MOST_BYTES: usize = 1 << 20;

    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        text(value, at, errors).map(|text| Self(text.to_owned()))
    }

    fn schema() -> RefOr<Schema> {
        String::schema()
    }
}

/// What an answer shows and no request changes. It may stand in what is sent back, whatever it says.
#[derive(Clone, Copy, Debug)]
pub struct ReadOnly;

impl Field for ReadOnly {
    fn read(_: &Value, _: &At<'_>, _: &mut Errors) -> Option<Self> {
        Some(Self)
    }

    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(SchemaType::AnyValue)
            .into()
    }
}

/// May be left out; `null` says the same.
impl<T: Field> Field for Option<T> {
    const REQUIRED: bool = false;
    const SHAPE: Shape = T::SHAPE;
    const MOST_BYTES: usize = T::MOST_BYTES;

    fn absent() -> Option<Self> {
        Some(None)
    }

    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::read(value, at, errors).map(Some),
        }
    }

    fn schema() -> RefOr<Schema> {
        nullable(T::schema())
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::schemas(schemas);
    }
}

fn nullable(schema: RefOr<Schema>) -> RefOr<Schema> {
    let null = ObjectBuilder::new().schema_type(SchemaType::Type(Type::Null));
    utoipa::openapi::schema::OneOfBuilder::new()
        .item(null)
        .item(schema)
        .into()
}

impl<T: Field> Field for Vec<T> {
    const MOST_BYTES: usize = T::MOST_BYTES * T::MOST_OF_THEM;

    fn blank() -> Option<Self> {
        Some(Self::new())
    }

    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        let is_form = errors.form_zone().is_some();
        let ticked: Vec<Value>;
        let items = match value {
            Value::Object(ticks) if is_form => {
                let on = ticks.iter().filter(|(_, tick)| *tick == TICKED);
                ticked = on.map(|(item, _)| Value::from(item.as_str())).collect();
                &ticked
            }
            Value::Array(items) => items,
            other => return errors.refuse(at, Fault::wrong_type("a list", other)),
        };
        if items.len() > T::MOST_OF_THEM {
            return errors.refuse(at, Fault::new("too_many").with("max", T::MOST_OF_THEM));
        }
        // Every item is read before the first fault ends it, so that all are named.
        let read: Vec<Option<T>> = items
            .iter()
            .enumerate()
            // A row of a form that nobody filled in.
            .filter(|(_, item)| !(is_form && item.is_null()))
            .map(|(index, item)| T::read(item, &at.index(index), errors))
            .collect();
        read.into_iter().collect()
    }

    fn schema() -> RefOr<Schema> {
        ArrayBuilder::new()
            .items(T::schema())
            .max_items(Some(T::MOST_OF_THEM))
            .into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::schemas(schemas);
    }
}

impl<T: Field + Ord> Field for BTreeSet<T> {
    const MOST_BYTES: usize = T::MOST_BYTES * LONGEST_LIST;

    fn blank() -> Option<Self> {
        Some(Self::new())
    }

    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        Vec::<T>::read(value, at, errors).map(|items| items.into_iter().collect())
    }

    fn schema() -> RefOr<Schema> {
        ArrayBuilder::new()
            .items(T::schema())
            .unique_items(true)
            .max_items(Some(LONGEST_LIST))
            .into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::schemas(schemas);
    }
}

/// A query parameter that may be given several times, or once with commas; none given is an empty one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommaList<T>(pub Vec<T>);

impl<T> Default for CommaList<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Field> Field for CommaList<T> {
    const REQUIRED: bool = false;

    fn absent() -> Option<Self> {
        Some(Self::default())
    }

    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        let given: Vec<&str> = match value {
            Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
            value => vec![text(value, at, errors)?],
        };
        let parts: Vec<Value> = given
            .iter()
            .flat_map(|text| text.split(','))
            .take(LONGEST_LIST + 1)
            .map(|part| Value::from(part.trim()))
            .collect();
        if parts.len() > LONGEST_LIST {
            return errors.refuse(at, Fault::new("too_many").with("max", LONGEST_LIST));
        }
        let read: Vec<Option<T>> = parts.iter().map(|part| T::read(part, at, errors)).collect();
        read.into_iter().collect::<Option<Vec<T>>>().map(Self)
    }

    fn schema() -> RefOr<Schema> {
        ArrayBuilder::new().items(T::schema()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::schemas(schemas);
    }
}

/// A member of a merge patch (RFC 7396): left out it keeps what is, given it sets it. `Patch<Option<T>>` takes `null`
/// to remove it; for any other `null` is a fault.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Patch<T> {
    /// The value stays as it is.
    #[default]
    Keep,
    /// This is the new value.
    Set(T),
}

impl<T> Patch<T> {
    /// The new value, if there is one.
    pub fn into_option(self) -> Option<T> {
        match self {
            Self::Keep => None,
            Self::Set(value) => Some(value),
        }
    }

    /// Whether there is a new value.
    pub const fn is_set(&self) -> bool {
        matches!(self, Self::Set(_))
    }

    /// The new value, if there is one.
    pub fn as_option(&self) -> Option<&T> {
        match self {
            Self::Keep => None,
            Self::Set(value) => Some(value),
        }
    }
}

impl<T: Field> Field for Patch<T> {
    const REQUIRED: bool = false;
    const SHAPE: Shape = T::SHAPE;
    const MOST_BYTES: usize = T::MOST_BYTES;

    fn absent() -> Option<Self> {
        Some(Self::Keep)
    }

    fn blank() -> Option<Self> {
        T::blank().map(Self::Set)
    }

    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        match value {
            Value::Null if T::REQUIRED => errors.refuse(at, Fault::new("not_null")),
            value => T::read(value, at, errors).map(Self::Set),
        }
    }

    fn schema() -> RefOr<Schema> {
        T::schema()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::schemas(schemas);
    }
}

/// Nothing is asked for, and nothing is taken.
impl Field for () {
    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        Members::of(value, at, errors)?.close();
        Some(())
    }

    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::Object).into()
    }
}

impl Input for () {
    fn members() -> Vec<Member> {
        Vec::new()
    }
}
