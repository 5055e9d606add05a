//! JSON as it is taken from outside: as much of it as a request can mean, and no more.
//!
//! What is beyond the bounds ends the reading where it stands, before a tree is made of it.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// How many values a body has at the most, counting members and items wherever they stand. The largest request that makes
/// sense, a list of a hundred things with a few members each, has less than a tenth of it.
pub const MOST_VALUES: usize = 4096;
/// How deep lists and objects nest at the most; no request type nests deeper than four.
pub const DEEPEST: usize = 16;

/// Why a body was not read.
#[derive(Debug)]
pub enum JsonError {
    /// It is no JSON, and why.
    Malformed(String),
    /// It has more values, or nests deeper, than is taken.
    TooComplex,
}

/// Reads a body.
///
/// # Errors
/// See [`JsonError`]. A member that is given twice is malformed: which of the two is meant, nobody can tell.
pub fn read(bytes: &[u8]) -> Result<Value, JsonError> {
    let bounds = Bounds {
        values: Cell::new(MOST_VALUES),
        exceeded: Cell::new(false),
    };
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let seed = Within {
        bounds: &bounds,
        depth: 0,
    };
    seed.deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value))
        .map_err(|error| match bounds.exceeded.get() {
            true => JsonError::TooComplex,
            false => JsonError::Malformed(error.to_string()),
        })
}

struct Bounds {
    /// How many values are left.
    values: Cell<usize>,
    exceeded: Cell<bool>,
}

#[derive(Clone, Copy)]
struct Within<'b> {
    bounds: &'b Bounds,
    depth: usize,
}

impl Within<'_> {
    fn inner<E: Error>(self) -> Result<Self, E> {
        if self.depth == DEEPEST {
            self.bounds.exceeded.set(true);
            return Err(E::custom("nested too deep"));
        }
        Ok(Self {
            depth: self.depth + 1,
            ..self
        })
    }
}

impl<'de> DeserializeSeed<'de> for Within<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        match self.bounds.values.get().checked_sub(1) {
            Some(left) => self.bounds.values.set(left),
            None => {
                self.bounds.exceeded.set(true);
                return Err(D::Error::custom("too many values"));
            }
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Within<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(inner)?;
            if object.contains_key(&name) {
                let name = super::shortened(&name);
                return Err(A::Error::custom(format!("“{name}” is given twice")));
            }
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_within_the_bounds_is_read_as_it_stands() {
        let text = r#"{"a": [1, -2, 2.5, true, null, "x\u00e4"], "b": {"c": {}}}"#;
        let expected = json!({"a": [1, -2, 2.5, true, null, "xä"], "b": {"c": {}}});
        assert_eq!(read(text.as_bytes()).expect("JSON"), expected);
        let deep = format!("{}{}", "[".repeat(DEEPEST), "]".repeat(DEEPEST));
        assert!(read(deep.as_bytes()).is_ok());
        let wide = format!("[{}1]", "1,".repeat(MOST_VALUES - 2));
        assert!(read(wide.as_bytes()).is_ok());
    }

    #[test]
    fn what_is_beyond_them_is_too_complex_wherever_it_stands() {
        let members: String = (0..70_000).map(|n| format!("\"{n}\":{n},")).collect();
        for text in [
            format!("{{{members}\"x\":1}}"),
            format!("{{\"x\":[{}1]}}", "1,".repeat(MOST_VALUES)),
            format!("[{}]", "{},".repeat(MOST_VALUES)),
            "[".repeat(1_000_000),
            "{\"a\":".repeat(DEEPEST + 1),
        ] {
            assert!(matches!(read(text.as_bytes()), Err(JsonError::TooComplex)));
        }
    }

    #[test]
    fn what_is_no_json_or_says_a_thing_twice_is_told() {
        for text in [
            "",
            "{",
            "{} {}",
            "\u{0}",
            r#""\ud800""#,
            "1e999",
            r#"{"a":1,"a":1}"#,
            "nan",
        ] {
            assert!(
                matches!(read(text.as_bytes()), Err(JsonError::Malformed(_))),
                "{text}"
            );
        }
        let Err(JsonError::Malformed(why)) = read(br#"{"x": {"subject": 1, "subject": 2}}"#) else {
            panic!("taken");
        };
        assert!(why.contains("“subject” is given twice"), "{why}");
    }
}
