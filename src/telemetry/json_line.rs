//! A log line for programs: one JSON object, written field by field as they come. The form that the library has reads what it has
//! written about a span once more for each line, which was a ninth of what an answer takes.

use std::error::Error;
use std::fmt::{self, Debug, Write};

use tracing::field::{Field, Visit};
use tracing::span::Record;
use tracing::{Event, Subscriber};
use tracing_log::NormalizeEvent;
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

/// About as long as the line of a request is.
const USUAL_LENGTH: usize = 512;
/// What the bridge from the crate `log` says of a line besides, which stands in its level and target.
const OF_THE_BRIDGE: &str = "log.";

/// A line: `timestamp` (UTC), `level`, `message` and the other fields, `target`, and the innermost `span` with its fields and its `name`.
#[derive(Clone, Copy, Debug)]
pub(super) struct JsonLine;

/// Fields as members of an object, each with a comma behind it.
#[derive(Clone, Copy, Debug)]
pub(super) struct JsonMembers;

impl<S> FormatEvent<S, JsonMembers> for JsonLine
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonMembers>,
        mut out: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let bridged = event.normalized_metadata();
        let metadata = bridged.as_ref().unwrap_or_else(|| event.metadata());
        let mut line = Members(String::with_capacity(USUAL_LENGTH));
        line.0.push_str("{\"timestamp\":\"");
        SystemTime.format_time(&mut Writer::new(&mut line.0))?;
        line.0.push_str("\",");
        line.text("level", metadata.level().as_str());
        event.record(&mut line);
        line.text("target", metadata.target());
        if let Some(span) = context.lookup_current() {
            line.0.push_str("\"span\":{");
            if let Some(fields) = span.extensions().get::<FormattedFields<JsonMembers>>() {
                line.0.push_str(fields);
            }
            line.text("name", span.name());
            line.end();
            line.0.push(',');
        }
        line.end();
        line.0.push('\n');
        out.write_str(&line.0)
    }
}

impl<'out> FormatFields<'out> for JsonMembers {
    fn format_fields<R: RecordFields>(&self, mut out: Writer<'out>, fields: R) -> fmt::Result {
        let mut members = Members(String::with_capacity(USUAL_LENGTH));
        fields.record(&mut members);
        out.write_str(&members.0)
    }

    fn add_fields(
        &self,
        current: &'out mut FormattedFields<Self>,
        fields: &Record<'_>,
    ) -> fmt::Result {
        self.format_fields(current.as_writer(), fields)
    }
}

/// The members of an object, each with a comma behind it.
struct Members(String);

impl Members {
    fn name(&mut self, name: &str) {
        self.0.push('"');
        escape(&mut self.0, name);
        self.0.push_str("\":");
    }

    fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        self.0.push('"');
        escape(&mut self.0, value);
        self.0.push_str("\",");
    }

    /// Something that looks in JSON as it is displayed.
    fn plain(&mut self, field: &Field, value: impl fmt::Display) {
        self.name(named(field));
        // Nothing fails that is written to a string.
        let _ = write!(self.0, "{value},");
    }

    /// Ends the object, which has a member.
    fn end(&mut self) {
        self.0.pop();
        self.0.push('}');
    }
}

impl Visit for Members {
    fn record_f64(&mut self, field: &Field, value: f64) {
        if value.is_finite() {
            self.plain(field, value);
        } else {
            self.plain(field, "null");
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.plain(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.plain(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.plain(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if !field.name().starts_with(OF_THE_BRIDGE) {
            self.text(named(field), value);
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.name(named(field));
        self.0.push('"');
        let _ = write!(Escaped(&mut self.0), "{value:?}");
        self.0.push_str("\",");
    }
}

/// A field's name, as it is meant where it is a word of Rust's.
fn named(field: &Field) -> &str {
    field.name().strip_prefix("r#").unwrap_or(field.name())
}

/// Writes what stands between the quotes of a JSON string.
struct Escaped<'a>(&'a mut String);

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        escape(self.0, text);
        Ok(())
    }
}

fn escape(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c < ' ' || c == '"' || c == '\\') {
        let (plain, from) = rest.split_at(at);
        out.push_str(plain);
        let mut chars = from.chars();
        match chars.next() {
            Some('\n') => out.push_str("\\n"),
            Some(c) if c < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            Some(c) => out.extend(['\\', c]),
            None => {}
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use tracing::field;

    use crate::telemetry::tests::{Lines, lines_of};

    fn parsed(lines: &Lines) -> Vec<Value> {
        let text = lines.text();
        let parsed = text
            .lines()
            .map(|line| serde_json::from_str(line).expect(line));
        parsed.collect()
    }

    #[test]
    fn a_line_says_its_fields_and_those_of_its_span_each_as_what_it_is() {
        let lines = lines_of("info", || {
            let span = tracing::info_span!(
                "request",
                http.route = "/cases",
                request.id = %"a-b",
                late = field::Empty
            );
            let _inside = span.enter();
            span.record("late", 7);
            tracing::warn!(
                number = -3,
                share = 0.25,
                none = f64::NAN,
                right = true,
                r#type = ?"quoted",
                error = %std::io::Error::other("over"),
                left_out = Option::<u64>::None,
                "said so"
            );
        });
        let mut said = parsed(&lines).remove(0);
        let at = said["timestamp"].take();
        let at = at.as_str().expect("a text");
        assert!(chrono::DateTime::parse_from_rfc3339(at).is_ok(), "{at}");
        let expected = json!({
            "timestamp": null, "level": "WARN", "message": "said so", "number": -3, "share": 0.25, "none": null, "right": true,
            "type": "\"quoted\"", "error": "over", "target": module_path!(),
            "span": {"http.route": "/cases", "request.id": "a-b", "late": 7, "name": "request"}
        });
        assert_eq!(said, expected);
    }

    #[test]
    fn what_libraries_say_by_the_crate_log_has_their_names() {
        let lines = lines_of("info", || {
            let record = tracing_log::log::Record::builder()
                .level(tracing_log::log::Level::Warn)
                .target("lettre::transport")
                .module_path(Some("lettre::transport"))
                .args(format_args!("slow"))
                .build();
            tracing_log::format_trace(&record).expect("it is told");
        });
        let said = parsed(&lines).remove(0);
        let (target, message) = (&said["target"], &said["message"]);
        assert_eq!(
            (target, message),
            (&json!("lettre::transport"), &json!("slow"))
        );
        let members = said.as_object().expect("an object");
        assert!(
            !members.keys().any(|name| name.starts_with("log.")),
            "{said}"
        );
    }

    proptest! {
        #[test]
        fn whatever_a_text_has_is_read_back(text in any::<String>(), other in ".*") {
            let lines = lines_of("info", || {
                let span = tracing::info_span!("one", text = text.as_str());
                let _inside = span.enter();
                tracing::info!(text = text.as_str(), shown = %other, "{other}");
            });
            let said = parsed(&lines);
            prop_assert_eq!(said.len(), 1);
            for (value, meant) in [
                (&said[0]["text"], &text),
                (&said[0]["shown"], &other),
                (&said[0]["message"], &other),
                (&said[0]["span"]["text"], &text),
            ] {
                prop_assert_eq!(value, &Value::from(meant.as_str()));
            }
        }
    }
}
