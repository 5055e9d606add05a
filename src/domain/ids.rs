//! Typed ids and numbers: what is a case's cannot be taken for a person's.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;
use uuid::{NoContext, Timestamp, Uuid};

use super::Instant;

macro_rules! ids {
    ($( $(#[doc = $doc:expr])+ $name:ident )+) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id (UUID v7) that bears the time of `at` and orders behind those made before it at the same
            /// instant by this process.
            pub fn new(at: Instant) -> Self {
                Self(uuid_at(at))
            }

            /// The id that a row or a request holds.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The bare UUID, for a row.
            pub const fn as_uuid(&self) -> &Uuid {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = MalformedId;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                parse_uuid(text).map(Self)
            }
        }
    )+};
}

ids! {
    /// Names a case.
    CaseId
    /// Names an organization: the provider, a customer or a partner.
    OrganizationId
    /// Names a person.
    PersonId
    /// Names a line of business.
    LineId
    /// Names a business calendar.
    CalendarId
    /// Names an escalation.
    EscalationId
    /// Names an entry of a feed.
    EntryId
    /// Names a promised next step.
    NextStepId
    /// Names a callback.
    CallbackId
    /// Names a request to raise a case's priority.
    PriorityRequestId
    /// Names a signed-in session.
    SessionId
    /// Names an API token.
    TokenId
    /// Names a notice in the outbox.
    NoticeId
    /// Names a one-time link.
    OneTimeLinkId
    /// Names a file that was attached, or waits to be.
    AttachmentId
    /// Names an audited event.
    EventId
    /// Names a role given to a person or an access group.
    GrantId
    /// Names a role of an organization's own.
    RoleId
    /// Names an access group.
    GroupId
    /// Names a pairing of two organizations.
    PairingId
    /// Names a person or group that a pairing is for.
    PairingMemberId
    /// Names a role that is asked for through a pairing.
    RoleRequestId
    /// Names a visit of somebody in another organization.
    VisitId
    /// Names a request for read-only access.
    AccessRequestId
    /// Names somebody's wish to set a new password.
    PasswordResetRequestId
    /// Names a failure of the desk's own.
    ErrorId
    /// Names a try by which a notice was not taken.
    TryId
    /// Names a target of an escalation.
    TargetId
    /// Names an announcement.
    AnnouncementId
    /// Names a tutorial.
    TutorialId
    /// Names somebody's registration for a tutorial.
    RegistrationId
    /// Names a tool.
    ToolId
    /// Names a text template.
    TemplateId
    /// Names a saved filter.
    SavedFilterId
    /// Names an article of the knowledge base.
    ArticleId
}

/// A text that is no id or number of the kind asked for.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("“{0}” is not an id or number of this kind")]
pub struct MalformedId(pub String);

/// A UUID v7 of `at`: its milliseconds, then its fraction of a millisecond in 12 bits (RFC 9562, method 3), then a
/// counter of this process, then chance. Entries written together at one instant thus keep their order, and records
/// of the past get ids of the past, which a clock-bound generator would refuse to make.
fn uuid_at(at: Instant) -> Uuid {
    static NEXT: LazyLock<AtomicU32> =
        LazyLock::new(|| AtomicU32::new(chance(UNIX_EPOCH).1 & COUNTER_MASK));
    const COUNTER_MASK: u32 = (1 << 29) - 1;
    const UNIX_EPOCH: Instant = Instant::UNIX_EPOCH;

    let at = at.max(UNIX_EPOCH);
    let (mut bytes, _) = chance(at);
    let fraction = (u64::from(at.timestamp_subsec_nanos() % 1_000_000) * 4096 / 1_000_000) as u16;
    bytes[6..8].copy_from_slice(&(0x7000 | fraction).to_be_bytes());
    let count = NEXT.fetch_add(1, Ordering::Relaxed) & COUNTER_MASK;
    bytes[8..12].copy_from_slice(&(0x8000_0000 | count).to_be_bytes());
    Uuid::from_bytes(bytes)
}

/// A UUID v7 of `at` filled with random bits, and four of its random bytes as a number.
fn chance(at: Instant) -> ([u8; 16], u32) {
    let seconds = u64::try_from(at.timestamp()).unwrap_or(0);
    let bytes = Uuid::new_v7(Timestamp::from_unix(
        NoContext,
        seconds,
        at.timestamp_subsec_nanos(),
    ))
    .into_bytes();
    let mut four = [0; 4];
    four.copy_from_slice(&bytes[12..]);
    (bytes, u32::from_be_bytes(four))
}

/// Only the hyphenated form: one record has one address.
fn parse_uuid(text: &str) -> Result<Uuid, MalformedId> {
    let malformed = || MalformedId(text.to_owned());
    if text.len() != uuid::fmt::Hyphenated::LENGTH {
        return Err(malformed());
    }
    Uuid::try_parse(text).map_err(|_| malformed())
}

macro_rules! numbers {
    ($( $(#[doc = $doc:expr])+ $name:ident, $prefix:literal, $example:literal; )+) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, utoipa::ToSchema)]
        #[schema(value_type = String, example = $example)]
        pub struct $name(i64);

        impl $name {
            /// The number that a row holds.
            pub const fn new(value: i64) -> Self {
                Self(value)
            }

            /// The bare number, for a row.
            pub const fn value(self) -> i64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&format!(concat!($prefix, "-{:06}"), self.0))
            }
        }

        impl FromStr for $name {
            type Err = MalformedId;

            /// Takes the number as it is displayed, in either case of the letter, and nothing else: one record has
            /// one address.
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                parse_number($prefix, text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}

numbers! {
    /// A case's number, shown as `C-000123`: sequential over the installation and never used again (C1).
    CaseNumber, "C", "C-000123";
    /// An escalation's number, shown as `E-000045` (M1).
    EscalationNumber, "E", "E-000045";
}

/// The greatest number that anything can have: so many more can follow it that nobody runs out of them.
const GREATEST_NUMBER: i64 = 999_999_999_999;

fn parse_number(prefix: &str, text: &str) -> Result<i64, MalformedId> {
    let malformed = || MalformedId(text.to_owned());
    let digits = text
        .split_once('-')
        .filter(|(letter, _)| letter.eq_ignore_ascii_case(prefix))
        .map(|(_, digits)| digits)
        .ok_or_else(malformed)?;
    let padded = digits.len() == 6 || (digits.len() > 6 && !digits.starts_with('0'));
    if !padded || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(malformed());
    }
    digits
        .parse()
        .ok()
        .filter(|value| (1..=GREATEST_NUMBER).contains(value))
        .ok_or_else(malformed)
}

macro_rules! references {
    ($( $(#[doc = $doc:expr])+ $name:ident, $id:ident, $number:ident; )+) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            /// By id.
            Id($id),
            /// By number.
            Number($number),
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    Self::Id(id) => id.fmt(f),
                    Self::Number(number) => number.fmt(f),
                }
            }
        }

        impl FromStr for $name {
            type Err = MalformedId;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self::Number).or_else(|_: MalformedId| text.parse().map(Self::Id))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::schema::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .description(Some(concat!($($doc, "\n"),+).trim()))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {}
    )+};
}

references! {
    /// How a request addresses a case: by id or by number.
    CaseRef, CaseId, CaseNumber;
    /// How a request addresses an escalation: by id or by number.
    EscalationRef, EscalationId, EscalationNumber;
}

#[cfg(test)]
mod tests;
