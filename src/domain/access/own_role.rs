//! What roles are called: the predefined ones, and those that organizations add (A2).

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Role;
use crate::domain::text::{Form, TextError};

/// The name of an organization's own role in requests: small letters, digits and inner underscores. It is never that of
/// a predefined one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoleCode(String);

/// A role as requests name it: a predefined one, or one of an organization's own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RoleName {
    /// One of the program's.
    Predefined(Role),
    /// One of the organization's own.
    Own(RoleCode),
}

impl RoleCode {
    /// The most characters it may have.
    pub const MAX: usize = 63;

    /// Takes what somebody wrote.
    ///
    /// # Errors
    /// [`TextError::Malformed`] also for the name of a predefined role.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(TextError::Empty);
        }
        if text.chars().count() > Self::MAX {
            return Err(TextError::TooLong { max: Self::MAX });
        }
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if !text.bytes().all(plain) || text.starts_with('_') || text.ends_with('_') {
            return Err(TextError::Malformed {
                why: Form::RoleCode,
            });
        }
        if text.parse::<Role>().is_ok() {
            return Err(TextError::Malformed {
                why: Form::RoleNotPredefined,
            });
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl RoleName {
    /// The text by which requests name it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Predefined(role) => role.as_str(),
            Self::Own(code) => code.as_str(),
        }
    }
}

impl From<Role> for RoleName {
    fn from(role: Role) -> Self {
        Self::Predefined(role)
    }
}

impl FromStr for RoleCode {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl FromStr for RoleName {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.trim().parse() {
            Ok(role) => Ok(Self::Predefined(role)),
            Err(_) => RoleCode::parse(text).map(Self::Own),
        }
    }
}

macro_rules! by_text {
    ($($name:ident, $doc:literal;)+) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::schema::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .description(Some($doc))
                    .min_length(Some(1))
                    .max_length(Some(RoleCode::MAX))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {}
    )+};
}

by_text! {
    RoleCode, "The name of an organization's own role: small letters, digits and inner underscores.";
    RoleName, "The name of a role: a predefined one, or one of the organization's own.";
}
