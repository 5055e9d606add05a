//! Instants as the API says them: RFC 3339, in UTC.
//!
//! What chrono makes of them reaches the serializer in some twenty pieces, each of which it looks through for what must be escaped. A list has
//! a hundred instants, so those of cases and entries are written as one text.

use chrono::SecondsFormat;
use serde::Serializer;

use crate::domain::Instant;

/// Writes one, as chrono would.
///
/// # Errors
/// Those of the serializer.
pub fn write<S: Serializer>(at: &Instant, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&at.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

/// Writes one that may be missing.
///
/// # Errors
/// Those of the serializer.
#[expect(clippy::ref_option, reason = "serde gives the field so")]
pub fn write_some<S: Serializer>(at: &Option<Instant>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => write(at, serializer),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;
    use serde::Serialize;

    use super::*;

    #[derive(Serialize)]
    struct Both {
        #[serde(serialize_with = "write")]
        one: Instant,
        #[serde(serialize_with = "write_some")]
        some: Option<Instant>,
    }

    proptest! {
        #[test]
        fn an_instant_is_written_as_chrono_writes_it(
            seconds in -70_000_000_000_i64..300_000_000_000,
            nanos in prop_oneof![Just(0), (0..1000_u32).prop_map(|milli| milli * 1_000_000), (0..1_000_000_u32).prop_map(|micro| micro * 1000), 0..1_000_000_000_u32],
            some in any::<bool>(),
        ) {
            let at = DateTime::from_timestamp(seconds, nanos).unwrap();
            let both = Both { one: at, some: some.then_some(at) };
            let plain = serde_json::json!({"one": at, "some": some.then_some(at)});
            prop_assert_eq!(serde_json::to_value(&both).unwrap(), plain);
        }
    }
}
