//! Callbacks as a file (M12).

use chrono_tz::Tz;

use super::api::callbacks::{CallbackQuery, Callbacks};
use super::download::Download;
use super::list::{Asker, Listing};
use super::problem::{Code, Problem};
use super::table_file::Format;
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::order::{Sort, Window};
use crate::store::callbacks::{CallbackOrder, CallbackView};

/// The most callbacks of a file, which is made in memory.
const MOST: usize = 10_000;

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

/// The file of what the query finds for somebody, by when the windows begin.
///
/// # Errors
/// [`Code::TooMuchToExport`] if it is more than a file holds; those of the query.
pub fn file(
    conn: &mut Conn,
    asker: Asker<'_>,
    query: &CallbackQuery,
    format: Format,
) -> Result<Download, Problem> {
    let filter = Callbacks::filter(conn, asker, query)?;
    let limit = i64::try_from(MOST + 1).unwrap_or(i64::MAX);
    let window = Window::first(Sort::ascending(CallbackOrder::Window), limit);
    let views = Callbacks::rows(conn, asker, &filter, &window)?;
    if views.len() > MOST {
        return Err(Problem::new(Code::TooMuchToExport).with("max", MOST));
    }
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
