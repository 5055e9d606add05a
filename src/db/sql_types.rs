//! How the domain's values are kept: two SQL types of our own, and every closed enum and parsed text as text.
//!
//! | value | PostgreSQL | SQLite |
//! | --- | --- | --- |
//! | typed ids ([`Key`]) | `uuid` | 16-byte `BLOB` |
//! | instants ([`Moment`]) | `timestamptz` | `TEXT` of fixed width with microseconds, so that it orders |

use std::str::FromStr;

use chrono::{Datelike, NaiveDate, Timelike};
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, Queryable};
use diesel::expression::AsExpression;
use diesel::internal::derives::as_expression::Bound;
use diesel::pg::{Pg, PgValue};
use diesel::query_builder::QueryId;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{BigInt, HasSqlType, Nullable, SqlOrd, SqlType, Text};
use diesel::sqlite::{Sqlite, SqliteValue};
use uuid::Uuid;

use super::Backend as Multi;
use crate::domain::Instant;
use crate::domain::access::Role;
use crate::domain::access_request::AccessRequestState;
use crate::domain::announcement::Importance;
use crate::domain::article;
use crate::domain::attachment::MediaType;
use crate::domain::audience::AudienceKind;
use crate::domain::audit::SeenBy;
use crate::domain::callback;
use crate::domain::case::{
    BusinessImpact, Channel, Deployment, Priority, PriorityRequestState, Status, StepState,
};
use crate::domain::duty::Assignment;
use crate::domain::escalation::{Level, State};
use crate::domain::feed::{EntryKind, Feed, Visibility};
use crate::domain::ids::{
    AccessRequestId, ArticleId, AttachmentId, CalendarId, CallbackId, CaseId, CaseNumber, EntryId,
    ErrorId, EscalationId, EscalationNumber, EventId, GrantId, GroupId, LineId, NextStepId,
    NoticeId, OneTimeLinkId, OrganizationId, PairingId, PairingMemberId, PasswordResetRequestId,
    PersonId, PriorityRequestId, RoleId, RoleRequestId, SavedFilterId, SessionId, TargetId,
    TokenId, TryId, VisitId,
};
use crate::domain::ids::{AnnouncementId, RegistrationId, TemplateId, ToolId, TutorialId};
use crate::domain::language::Language;
use crate::domain::link::LinkPurpose;
use crate::domain::notice::{Delivery, Fault, NoticeKind, NoticeState, Stance};
use crate::domain::organization::{OrganizationKind, Side};
use crate::domain::pairing::Party;
use crate::domain::reason::Governance;
use crate::domain::saved_filter::FilteredList;
use crate::domain::target::{TargetClock, TargetKind};
use crate::domain::template::Purpose;
use crate::domain::text::{EmailAddress, Slug};

/// A UUID.
#[derive(Clone, Copy, Debug, Default, SqlType, QueryId)]
#[diesel(postgres_type(oid = 2950, array_oid = 2951))]
#[diesel(sqlite_type(name = "Binary"))]
pub struct Key;

/// An instant in UTC with microseconds.
#[derive(Clone, Copy, Debug, Default, SqlType, QueryId)]
#[diesel(postgres_type(oid = 1184, array_oid = 1185))]
#[diesel(sqlite_type(name = "Text"))]
pub struct Moment;

impl SqlOrd for Moment {}

impl HasSqlType<Key> for Multi {
    fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
        Multi::lookup_sql_type::<Key>(lookup)
    }
}

impl HasSqlType<Moment> for Multi {
    fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
        Multi::lookup_sql_type::<Moment>(lookup)
    }
}

/// What `#[derive(AsExpression, FromSqlRow)]` would write, for types of floors that do not know diesel.
macro_rules! sql_value {
    ($value:ty as $sql:ty) => {
        impl AsExpression<$sql> for $value {
            type Expression = Bound<$sql, Self>;
            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }
        impl<'a> AsExpression<$sql> for &'a $value {
            type Expression = Bound<$sql, Self>;
            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }
        impl AsExpression<Nullable<$sql>> for $value {
            type Expression = Bound<Nullable<$sql>, Self>;
            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }
        impl<'a> AsExpression<Nullable<$sql>> for &'a $value {
            type Expression = Bound<Nullable<$sql>, Self>;
            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }
        impl<DB: Backend> ToSql<Nullable<$sql>, DB> for $value
        where
            $value: ToSql<$sql, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
                ToSql::<$sql, DB>::to_sql(self, out)
            }
        }
        impl<DB: Backend> Queryable<$sql, DB> for $value
        where
            $value: FromSql<$sql, DB>,
        {
            type Row = Self;
            fn build(row: Self) -> deserialize::Result<Self> {
                Ok(row)
            }
        }
    };
}

macro_rules! key {
    ($($id:ty),+ $(,)?) => {$(
        sql_value!($id as Key);

        impl ToSql<Key, Pg> for $id {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                std::io::Write::write_all(out, self.as_uuid().as_bytes())?;
                Ok(IsNull::No)
            }
        }
        impl ToSql<Key, Sqlite> for $id {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
                out.set_value(&self.as_uuid().as_bytes()[..]);
                Ok(IsNull::No)
            }
        }
        impl ToSql<Key, Multi> for $id {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Multi>) -> serialize::Result {
                out.set_value((Key, self));
                Ok(IsNull::No)
            }
        }
        impl FromSql<Key, Pg> for $id {
            fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
                Ok(Self::from_uuid(Uuid::from_slice(value.as_bytes())?))
            }
        }
        impl FromSql<Key, Sqlite> for $id {
            fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
                Ok(Self::from_uuid(Uuid::from_slice(value.read_blob())?))
            }
        }
        impl FromSql<Key, Multi> for $id {
            fn from_sql(value: <Multi as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
                value.from_sql::<Self, Key>()
            }
        }
    )+};
}

key!(
    AccessRequestId,
    ArticleId,
    AttachmentId,
    CalendarId,
    CallbackId,
    CaseId,
    EntryId,
    ErrorId,
    EscalationId,
    EventId,
    GrantId,
    GroupId,
    LineId,
    NextStepId,
    NoticeId,
    OneTimeLinkId,
    OrganizationId,
    PairingId,
    PairingMemberId,
    PasswordResetRequestId,
    PersonId,
    PriorityRequestId,
    RoleId,
    RoleRequestId,
    SavedFilterId,
    SessionId,
    TargetId,
    TokenId,
    TryId,
    VisitId,
    AnnouncementId,
    TutorialId,
    RegistrationId,
    ToolId,
    TemplateId,
);

/// An [`Instant`] on its way to or from the database: `#[diesel(deserialize_as = At)]` in a row, `At(now)` in a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct At(pub Instant);

/// An optional [`Instant`] on its way from the database: `#[diesel(deserialize_as = MaybeAt)]`.
#[derive(Clone, Copy, Debug)]
pub struct MaybeAt(Option<At>);

impl From<At> for Instant {
    fn from(at: At) -> Self {
        at.0
    }
}

impl From<MaybeAt> for Option<Instant> {
    fn from(at: MaybeAt) -> Self {
        at.0.map(|at| at.0)
    }
}

impl<DB: Backend> Queryable<Nullable<Moment>, DB> for MaybeAt
where
    Option<At>: FromSql<Nullable<Moment>, DB>,
{
    type Row = Option<At>;
    fn build(row: Option<At>) -> deserialize::Result<Self> {
        Ok(Self(row))
    }
}

sql_value!(At as Moment);

/// PostgreSQL counts microseconds from the start of the year 2000.
const POSTGRES_EPOCH_MICROS: i64 = 946_684_800_000_000;

impl ToSql<Moment, Pg> for At {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let micros = self.0.timestamp_micros() - POSTGRES_EPOCH_MICROS;
        ToSql::<BigInt, Pg>::to_sql(&micros, &mut out.reborrow())
    }
}

impl ToSql<Moment, Sqlite> for At {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(written(self.0));
        Ok(IsNull::No)
    }
}

impl ToSql<Moment, Multi> for At {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Multi>) -> serialize::Result {
        out.set_value((Moment, self));
        Ok(IsNull::No)
    }
}

impl FromSql<Moment, Pg> for At {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let micros = <i64 as FromSql<BigInt, Pg>>::from_sql(value)?;
        micros
            .checked_add(POSTGRES_EPOCH_MICROS)
            .and_then(Instant::from_timestamp_micros)
            .map(Self)
            .ok_or_else(|| "an instant out of range".into())
    }
}

impl FromSql<Moment, Sqlite> for At {
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        let text = value.read_text();
        match fixed(text.as_bytes()) {
            Some(at) => Ok(Self(at)),
            None => Ok(Self(Instant::from_str(text)?)),
        }
    }
}

/// An instant as every row keeps it, `2026-03-01T09:30:00.123456Z`.
fn written(at: Instant) -> String {
    let (day, time) = (at.date_naive(), at.time());
    let micros = time.nanosecond() / 1_000;
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{micros:06}Z",
        day.year(),
        day.month(),
        day.day(),
        time.hour(),
        time.minute(),
        time.second(),
    )
}

/// The same read; none if it is written otherwise. A row of a case has ten of them, and what reads any way of writing one takes ten
/// times as long.
fn fixed(text: &[u8]) -> Option<Instant> {
    let digits = |from: usize, count: usize| {
        let digits = text.get(from..from + count)?.iter();
        digits.copied().try_fold(0_u32, |number, digit| {
            let digit = char::from(digit).to_digit(10)?;
            Some(number * 10 + digit)
        })
    };
    let is = |at: usize, mark: u8| text.get(at) == Some(&mark);
    let between = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    let (is_right, ends) = (
        between.into_iter().all(|(at, mark)| is(at, mark)),
        is(19, b'.') && is(26, b'Z') && text.len() == 27,
    );
    if !(is_right && ends) {
        return None;
    }
    let year = i32::try_from(digits(0, 4)?).ok()?;
    let day = NaiveDate::from_ymd_opt(year, digits(5, 2)?, digits(8, 2)?)?;
    let time = day.and_hms_micro_opt(
        digits(11, 2)?,
        digits(14, 2)?,
        digits(17, 2)?,
        digits(20, 6)?,
    )?;
    Some(time.and_utc())
}

impl FromSql<Moment, Multi> for At {
    fn from_sql(value: <Multi as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        value.from_sql::<Self, Moment>()
    }
}

/// Closed enums are kept as the text that the API shows; unknown text is an error, never a default.
macro_rules! text {
    ($($value:ty),+ $(,)?) => {$(
        sql_value!($value as Text);

        impl<DB: Backend> ToSql<Text, DB> for $value
        where
            str: ToSql<Text, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
                <str as ToSql<Text, DB>>::to_sql(self.as_str(), out)
            }
        }
        impl<DB: Backend> FromSql<Text, DB> for $value
        where
            String: FromSql<Text, DB>,
        {
            fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
                let text = String::from_sql(value)?;
                Self::from_str(&text).map_err(|error| error.to_string().into())
            }
        }
    )+};
}

text!(
    AccessRequestState,
    article::State,
    Assignment,
    BusinessImpact,
    Channel,
    callback::State,
    Delivery,
    Deployment,
    EmailAddress,
    EntryKind,
    Fault,
    Feed,
    FilteredList,
    Governance,
    Level,
    LinkPurpose,
    MediaType,
    NoticeKind,
    NoticeState,
    OrganizationKind,
    Party,
    Priority,
    PriorityRequestState,
    Role,
    SeenBy,
    Side,
    Slug,
    Stance,
    State,
    Status,
    StepState,
    TargetClock,
    TargetKind,
    Visibility,
    AudienceKind,
    Importance,
    Language,
    Purpose,
);

/// A value kept as JSON text: `#[diesel(deserialize_as = Json<T>)]` or as a field's type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Json<T>(pub T);

impl<T> std::ops::Deref for Json<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: serde::Serialize> serde::Serialize for Json<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<DB: Backend, T: serde::de::DeserializeOwned> FromSql<Text, DB> for Json<T>
where
    String: FromSql<Text, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(serde_json::from_str(&String::from_sql(value)?)?))
    }
}

impl<DB: Backend, T> Queryable<Text, DB> for Json<T>
where
    Self: FromSql<Text, DB>,
{
    type Row = Self;
    fn build(row: Self) -> deserialize::Result<Self> {
        Ok(row)
    }
}

/// The JSON text under which a value is kept.
///
/// # Errors
/// If the value has no JSON form, such as a map whose keys are not texts.
pub fn json<T: serde::Serialize + ?Sized>(value: &T) -> diesel::QueryResult<String> {
    serde_json::to_string(value)
        .map_err(|error| diesel::result::Error::SerializationError(error.into()))
}

// Numbers are kept as they are counted.
impl From<i64> for CaseNumber {
    fn from(value: i64) -> Self {
        Self::new(value)
    }
}

impl From<i64> for EscalationNumber {
    fn from(value: i64) -> Self {
        Self::new(value)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// From the year 1 to 9999, as chrono writes and reads them.
        #[test]
        fn an_instant_is_written_and_read_in_its_fixed_width(
            micros in -62_135_596_800_000_000_i64..=253_402_300_799_999_999,
        ) {
            let at = Instant::from_timestamp_micros(micros).expect("in range");
            let text = written(at);
            prop_assert_eq!(&text, &at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string());
            prop_assert_eq!(fixed(text.as_bytes()), Some(at));
        }

        /// What is written otherwise is left to who reads any way of writing an instant.
        #[test]
        fn nothing_else_is_taken_for_one(text in "[0-9TZ:. +-]{0,30}") {
            if let Some(at) = fixed(text.as_bytes()) {
                prop_assert_eq!(written(at), text);
            }
        }
    }

    #[test]
    fn another_way_of_writing_one_is_not_read_here() {
        for text in [
            "2026-03-01T09:30:00Z",
            "2026-03-01T09:30:00.123Z",
            "2026-03-01 09:30:00.123456Z",
            "2026-03-01T09:30:00.123456+",
            "2026-02-30T09:30:00.123456Z",
            "2026-03-01T24:30:00.123456Z",
            "2026-03-01T09:30:00.12345éZ",
        ] {
            assert_eq!(fixed(text.as_bytes()), None, "{text}");
        }
    }
}
