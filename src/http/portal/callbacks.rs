//! The list of callbacks, their forms, and the export (M12).

use serde::Serialize;

use super::answer::{Answer, PageResult};
use super::calls::{ask_for, local, move_on, tone};
use super::form::{Choice, Control, Form, Kind};
use super::list::{
    Column, Filter, Filters, Head, MOST_COUNTED, filters, heads, lines_for, pager, total,
};
use super::page_request::PageRequest;
use super::parts::{Pager, Tab};
use super::route::{PortalRoute, pages};
use super::shell::Tone;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::callback::State;
use crate::http::api::callbacks::{CallbackQuery, Callbacks, ExportCallbacks, exported};
use crate::http::api_request::may;
use crate::http::list::{ListQuery, find};
use crate::http::table_file::Format;
use crate::store::callbacks::CallbackView;
use crate::workflow::callback;

const PLACE: &str = "callbacks";

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
    /// Heads of the columns.
    pub heads: Vec<Head>,
    /// The callbacks.
    pub rows: Vec<CallbackRow>,
    /// How many there are.
    pub total: String,
    /// To the next page.
    pub pager: Pager,
    /// Writes what is listed into a file; for who may.
    pub export: Option<Form>,
}

/// One callback.
#[derive(Clone, Debug, Serialize)]
pub struct CallbackRow {
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
    /// Who makes it.
    pub owner: Option<String>,
    /// Where it stands.
    pub state: State,
    /// How that looks.
    pub chip: &'static str,
}

const COLUMNS: [Column; 5] = [
    Column::said("callbacks-column-window").sorts("window"),
    Column::said("callbacks-column-call"),
    Column::said("callbacks-column-case").wide(),
    Column::said("callbacks-column-owner").wide(),
    Column::said("callbacks-column-state"),
];

async fn show(req: PageRequest) -> PageResult {
    let query: CallbackQuery = req.list_query("")?;
    let (reader, asked) = (req.clone(), query.clone());
    let (found, lines) = req
        .read(move |conn| {
            let asker = reader.asker()?;
            let found = find::<Callbacks>(conn, asker, &asked, Some(MOST_COUNTED))?;
            Ok((found, lines_for(conn, asker.access)?))
        })
        .await?;
    let words = req.words();
    let mut fields = vec![Filter::day(
        &req,
        CallbackQuery::day(),
        words.say("callbacks-day", &[]),
    )];
    if req.is_staff() {
        fields.push(Filter::owner(&req, CallbackQuery::owner()));
        let line = CallbackQuery::line_of_business();
        fields.extend(Filter::line(&req, line, lines));
    }
    let filters = filters(&req, fields);
    let any = filters.any || req.asked("state").is_some();
    let page = CallbacksPage {
        tabs: tabs(&req),
        heads: heads(&req, &COLUMNS, &query.sort().to_string()),
        rows: found.rows.iter().map(|view| row(&req, view)).collect(),
        total: total(words, found.count, any),
        pager: pager(&req, &found),
        export: req
            .can(Permission::CallbacksExport)
            .then(|| export_form(&req)),
        filters,
    };
    req.show(PLACE, "callbacks", &page)
}

fn tabs(req: &PageRequest) -> Vec<Tab> {
    let words = req.words();
    let current = req.asked("state");
    let tab = |value: Option<&str>, label: String| Tab {
        label,
        href: req.here("state", value),
        count: None,
        current: value == current,
    };
    let each = |state: &State| {
        tab(
            Some(state.as_str()),
            words.say_of("callback-state", state.as_str(), &[]),
        )
    };
    std::iter::once(tab(None, words.say("list-all", &[])))
        .chain(State::ALL.iter().map(each))
        .collect()
}

fn row(req: &PageRequest, view: &CallbackView) -> CallbackRow {
    let callback = &view.callback;
    let zone = callback.call().window.zone;
    CallbackRow {
        href: format!(
            "/escalations/{}#call-{}",
            view.escalation_number, callback.id
        ),
        phone: callback.phone.clone(),
        begins_at: callback.begins_at,
        ends_at: callback.ends_at,
        tone: tone(callback.state, callback.begins_at, req.now),
        local: local(req, callback.begins_at, callback.ends_at, zone),
        number: view.escalation_number.to_string(),
        subject: view.case_subject.clone(),
        organization: view.organization.name.clone(),
        note: callback.note.clone().unwrap_or_default(),
        owner: view.owner.as_ref().map(|owner| owner.name.clone()),
        state: callback.state,
        chip: match callback.state {
            State::Requested => "high",
            State::Taken => "run",
            State::Missed => "bell",
            State::Completed | State::Canceled => "plain",
        },
    }
}

/// The form that writes what is listed: its fields carry what narrows the list.
fn export_form(req: &PageRequest) -> Form {
    let words = req.words();
    let carried = ["owner", "line_of_business", "day", "escalation", "case"];
    let mut controls: Vec<Control> = carried
        .into_iter()
        .filter_map(|name| Some((name, req.asked(name)?)))
        .map(|(name, value)| Control::new(Kind::Hidden, name, "").value(value))
        .collect();
    let states = req.asked("state").unwrap_or_default().split(',');
    controls.extend(
        states
            .filter(|state| !state.is_empty())
            .map(|state| Control::new(Kind::Hidden, format!("state.{state}"), "").value("on")),
    );
    let formats = [Format::Csv, Format::Xlsx].map(|format| {
        Choice::new(
            format.as_str(),
            words.say_of("table-format", format.as_str(), &[]),
        )
    });
    controls.push(
        Control::of(
            ExportCallbacks::format(),
            words.say_of("label", "format", &[]),
        )
        .kind(Kind::Select)
        .choices(formats.to_vec()),
    );
    Form::new(
        "export",
        "/callbacks/export",
        words.say("callbacks-export", &[]),
        controls,
    )
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
