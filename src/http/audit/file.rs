//! Audited events as lines of a file.

use crate::domain::access::Reach;
use crate::domain::closed_enum;
use crate::http::api::documents::{AuditEventDocument, tells_position};
use crate::http::table_file::harmless;
use crate::input::written;

closed_enum! {
    /// What a file of audited events is written in.
    pub enum Format as "AuditExportFormat" {
        /// A table: one event a line, the first line names the columns.
        Csv = "csv",
        /// One JSON object a line, as the API answers it.
        Ndjson = "ndjson",
    }
}

written!(Format);

/// Stands before the others where the reader is told of it.
const POSITION: &str = "position";
const COLUMNS: [&str; 14] = [
    "at",
    "kind",
    "organization",
    "organization_name",
    "home_organization",
    "home_organization_name",
    "case",
    "escalation",
    "actor",
    "actor_id",
    "before",
    "after",
    "withheld",
    "hash",
];

impl Format {
    /// The media type.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Ndjson => "application/x-ndjson",
        }
    }

    /// What stands before the first event, for a reader of this reach.
    ///
    /// # Errors
    /// Those of [`Format::lines`].
    pub fn head(self, reach: Reach) -> std::io::Result<Vec<u8>> {
        let position = tells_position(reach).then_some(POSITION);
        match self {
            Self::Csv => table(|csv| csv.write_record(position.into_iter().chain(COLUMNS))),
            Self::Ndjson => Ok(Vec::new()),
        }
    }

    /// The lines of these events.
    ///
    /// # Errors
    /// An event that cannot be written, which none of the house's own is.
    pub fn lines(self, events: &[AuditEventDocument]) -> std::io::Result<Vec<u8>> {
        match self {
            Self::Csv => table(|csv| {
                events.iter().try_for_each(|event| {
                    // All events of a file are sealed.
                    let position = event.position.map(|position| position.to_string());
                    csv.write_record(position.into_iter().chain(cells(event).map(harmless)))
                })
            }),
            Self::Ndjson => {
                let mut lines = Vec::new();
                for event in events {
                    serde_json::to_writer(&mut lines, event)?;
                    lines.push(b'\n');
                }
                Ok(lines)
            }
        }
    }
}

fn table(
    write: impl FnOnce(&mut csv::Writer<Vec<u8>>) -> csv::Result<()>,
) -> std::io::Result<Vec<u8>> {
    let mut csv = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    write(&mut csv)?;
    csv.into_inner().map_err(csv::IntoInnerError::into_error)
}

fn cells(event: &AuditEventDocument) -> [String; COLUMNS.len()] {
    let text = |value: Option<String>| value.unwrap_or_default();
    let fields = |fields: &Option<serde_json::Map<String, serde_json::Value>>| {
        text(
            fields
                .clone()
                .map(|fields| serde_json::Value::Object(fields).to_string()),
        )
    };
    let (organization, home) = (&event.organization, &event.home_organization);
    [
        event
            .at
            .to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
        event.kind.clone(),
        text(organization.as_ref().map(|it| it.slug.clone())),
        text(organization.as_ref().map(|it| it.name.clone())),
        text(home.as_ref().map(|it| it.slug.clone())),
        text(home.as_ref().map(|it| it.name.clone())),
        text(event.case.as_ref().map(|case| case.number.to_string())),
        text(event.escalation.as_ref().map(|it| it.number.to_string())),
        event.actor_name.clone(),
        text(event.actor.map(|id| id.to_string())),
        fields(&event.before),
        fields(&event.after),
        event.withheld.to_string(),
        text(event.hash.clone()),
    ]
}
