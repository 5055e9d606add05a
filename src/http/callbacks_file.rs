//! Callbacks as a file (M12).

use chrono_tz::Tz;

use super::download::Download;
use super::problem::Problem;
use super::table_file::Format;
use crate::domain::Instant;
use crate::store::callbacks::CallbackView;

const COLUMNS: [&str; 17] = [
    "id",
    "case",
    "subject",
    "organization",
    "escalation",
    "state",
    "window_from",
    "window_until",
    "time_zone",
    "local_from",
    "local_until",
    "phone",
    "requested_by",
    "requested_at",
    "owner",
    "note",
    "reason",
];

/// A file of these callbacks.
///
/// # Errors
/// What the format cannot be made of.
pub fn file(views: &[CallbackView], format: Format) -> Result<Download, Problem> {
    let rows: Vec<_> = views.iter().map(cells).collect();
    format.file("callbacks", &COLUMNS, &rows)
}

fn cells(view: &CallbackView) -> [String; COLUMNS.len()] {
    let callback = &view.callback;
    let window = callback.call().window;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    [
        callback.id.to_string(),
        view.case_number.to_string(),
        view.case_subject.clone(),
        view.organization.name.clone(),
        view.escalation_number.to_string(),
        callback.state.to_string(),
        instant(callback.begins_at),
        instant(callback.ends_at),
        callback.time_zone.clone(),
        local(callback.begins_at, window.zone),
        local(callback.ends_at, window.zone),
        callback.phone.clone(),
        view.requested_by.name.clone(),
        instant(callback.requested_at),
        text(&view.owner.as_ref().map(|owner| owner.name.clone())),
        text(&callback.note),
        text(&callback.reason),
    ]
}

fn instant(at: Instant) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
}

/// What the clocks of whoever is called show then.
fn local(at: Instant, zone: Tz) -> String {
    at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string()
}
