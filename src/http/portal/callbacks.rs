//! The list of callbacks, their forms, and the export (M12).

mod listed;

use serde::Serialize;

use super::answer::{Answer, PageResult};
use super::bulk::ActBar;
use super::calls::{ask_for, move_on};
use super::columns::ColumnsView;
use super::form::Form;
use super::list::{Filters, Head};
use super::page_request::PageRequest;
use super::parts::{Pager, Tab};
use super::route::{PortalRoute, pages};
use super::saved::SavedFilters;
use super::shell::Tone;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::callback::State;
use crate::domain::list_columns::Columns;
use crate::http::api::callbacks::{ExportCallbacks, exported};
use crate::http::api_request::may;
use crate::workflow::callback;

use listed::show;

/// The rows of the route table.
pub(super) fn routes() -> Vec<PortalRoute> {
    pages! { callbacks:
        GET  "/callbacks"                          may(Permission::CallbacksView)   => show, "The list of callbacks";
        POST "/callbacks/export"                   may(Permission::CallbacksExport) => export, "Callbacks as a file; that they are exported is recorded";
        POST "/callbacks/{callback}"               may(Permission::CallbacksView)   => move_on, "Takes a callback, moves it, or says what became of it";
        POST "/escalations/{escalation}/callbacks" may(Permission::CallbacksCreate) => ask_for, "Asks for a call on an escalation";
    }
}

/// The list of callbacks.
#[derive(Clone, Debug, Serialize)]
pub struct CallbacksPage {
    /// Its views: one for each state.
    pub tabs: Vec<Tab>,
    /// What narrows it.
    pub filters: Filters,
    /// Filters that were saved.
    pub saved: SavedFilters,
    /// The form by which the columns are chosen.
    pub columns: ColumnsView,
    /// Which are shown.
    pub shown: ShownOfCallbacks,
    /// Heads of the columns.
    pub heads: Vec<Head>,
    /// The callbacks.
    pub rows: Vec<CallbackRow>,
    /// What can be done with several of them; none where the reader does nothing with them.
    pub acts: Option<ActBar>,
    /// How many there are.
    pub total: String,
    /// To the next page.
    pub pager: Pager,
    /// Writes what is listed into a file; for who may.
    pub export: Option<Form>,
    /// Whether calls of theirs that change are told of while the page is open.
    pub live: bool,
}

/// Which columns are shown besides the one that names whom to call.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ShownOfCallbacks {
    /// When the call may come.
    pub window: bool,
    /// The case that it is about.
    pub case: bool,
    /// The customer.
    pub organization: bool,
    /// Who asked for it.
    pub requested_by: bool,
    /// When.
    pub requested_at: bool,
    /// Who makes it.
    pub owner: bool,
    /// Why it was moved, missed or called off.
    pub reason: bool,
    /// Where it stands.
    pub state: bool,
}

impl ShownOfCallbacks {
    /// Those of the columns.
    pub fn of(columns: &Columns) -> Self {
        Self {
            window: columns.shows("window"),
            case: columns.shows("case"),
            organization: columns.shows("organization"),
            requested_by: columns.shows("requested_by"),
            requested_at: columns.shows("requested_at"),
            owner: columns.shows("owner"),
            reason: columns.shows("reason"),
            state: columns.shows("state"),
        }
    }
}

/// One callback.
#[derive(Clone, Debug, Serialize)]
pub struct CallbackRow {
    /// Its id, by which it is ticked.
    pub id: String,
    /// Its version, with which it is.
    pub version: i64,
    /// Where it is worked on.
    pub href: String,
    /// The number to call.
    pub phone: String,
    /// When its window begins.
    pub begins_at: Instant,
    /// When it is over.
    pub ends_at: Instant,
    /// How pressing it is.
    pub tone: Tone,
    /// The window by the clock of whoever is called, where that is another; may be empty.
    pub local: String,
    /// `E-000045`.
    pub number: String,
    /// The case's subject.
    pub subject: String,
    /// The customer's name.
    pub organization: String,
    /// What it is about; may be empty.
    pub note: String,
    /// Who asked for it.
    pub requested_by: String,
    /// When.
    pub requested_at: Instant,
    /// Who makes it.
    pub owner: Option<String>,
    /// Why it was moved, missed or called off; may be empty.
    pub reason: String,
    /// Where it stands.
    pub state: State,
    /// How that looks.
    pub chip: &'static str,
}

async fn export(req: PageRequest) -> PageResult {
    let command: ExportCallbacks = req.form()?;
    let (reader, asked) = (req.clone(), command.clone());
    let file = req
        .read_or_search(true, move |conn| {
            let query = asked.query();
            exported(conn, reader.asker()?, &query, asked.format)
        })
        .await?;
    let (actor, now) = (req.actor()?.clone(), req.now);
    req.write(move |conn| {
        let filters = command.filters();
        callback::export(conn, &actor, command.format.as_str(), filters, now)
    })
    .await?;
    Ok(Answer::download(file))
}
