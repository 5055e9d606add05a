//! Closed enums: sets of values that are known in full, each with one stable text used everywhere: in rows, JSON,
//! addresses and messages' keys.

use thiserror::Error;

/// A text that is none of an enum's values.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("“{value}” is not one of {}", allowed.join(", "))]
pub struct UnknownValue {
    /// What was given.
    pub value: String,
    /// Every text that would have been understood.
    pub allowed: &'static [&'static str],
}

/// Declares an enum with one stable text for each variant.
///
/// It gets `ALL`, `NAMES`, `as_str`, `Display`, `FromStr` (whose error lists the allowed texts), serde by that text,
/// and an OpenAPI schema. `as "Name"` behind the enum's name sets the schema's name where the bare one would be
/// ambiguous in the published document. The order of declaration is the order of [`Ord`].
macro_rules! closed_enum {
    (
        $(#[doc = $doc:expr])+
        pub enum $name:ident $(as $schema:literal)? {
            $( $(#[doc = $variant_doc:expr])+ $variant:ident = $text:literal, )+
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $( $(#[doc = $variant_doc])+ $variant, )+
        }

        impl $name {
            /// Every value, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The text of every value, in the order of declaration.
            pub const NAMES: &'static [&'static str] = &[$($text),+];

            /// The stable text, as it stands in rows and in JSON.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::domain::UnknownValue;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err($crate::domain::UnknownValue {
                        value: text.to_owned(),
                        allowed: Self::NAMES,
                    }),
                }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::schema::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .description(Some(concat!($($doc, "\n"),+).trim()))
                    .enum_values(Some(Self::NAMES.iter().copied()))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                let names: &[&'static str] = &[$($schema,)? stringify!($name)];
                std::borrow::Cow::Borrowed(names[0])
            }
        }
    };
}

pub(crate) use closed_enum;

#[cfg(test)]
mod tests;
