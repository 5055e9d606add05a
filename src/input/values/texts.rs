//! Texts that no domain type reads: codes and names that are looked up, addresses, secrets, and what is taken as it came.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};

use super::{LONGEST_NAME, text};
use crate::domain::text::EmailAddress;
use crate::input::{At, Errors, Fault, Field, Shape};

/// The most characters of a secret; hashing an endless one would keep a processor busy.
const LONGEST_SECRET: usize = 1024;

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
