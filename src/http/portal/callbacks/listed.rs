//! The page of the list of callbacks.

use super::{CallbackRow, CallbacksPage, ShownOfCallbacks};
use crate::db::Conn;
use crate::domain::access::Permission;
use crate::domain::callback::State;
use crate::domain::list_columns::Columns;
use crate::domain::saved_filter::FilteredList;
use crate::http::api::callbacks::{CallbackQuery, Callbacks, ExportCallbacks};
use crate::http::list::{Asker, Found, ListQuery, Listing, find};
use crate::http::portal::answer::PageResult;
use crate::http::portal::bulk::{self, Offered};
use crate::http::portal::calls::{local, tone};
use crate::http::portal::columns::{self, Named};
use crate::http::portal::form::{Choice, Control, Form, Kind};
use crate::http::portal::list::{
    Column, Filter, MOST_COUNTED, filters, heads, lines_for, pager, total,
};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::Tab;
use crate::http::portal::saved;
use crate::http::problem::Problem;
use crate::http::table_file::Format;
use crate::store::callbacks::{CallbackFilter, CallbackView};
use crate::store::lines::Line;
use crate::store::saved_filters::{self, SavedFilter};

const PLACE: &str = "callbacks";
const LIST: FilteredList = FilteredList::Callbacks;

/// Its columns, by name.
const COLUMNS: [Named; 9] = [
    (
        "window",
        Column::said("callbacks-column-window").sorts("window"),
    ),
    ("call", Column::said("callbacks-column-call")),
    ("case", Column::said("callbacks-column-case").wide()),
    (
        "organization",
        Column::said("cases-column-organization").wide(),
    ),
    ("requested_by", Column::said("callbacks-column-by").wide()),
    (
        "requested_at",
        Column::said("callbacks-column-asked")
            .sorts("-requested_at")
            .wide(),
    ),
    ("owner", Column::said("callbacks-column-owner").wide()),
    ("reason", Column::said("callbacks-column-reason").wide()),
    ("state", Column::said("callbacks-column-state")),
];

/// What the list shows besides its calls.
struct Beside {
    lines: Vec<Line>,
    /// How many there are of each state that is worked on, in the order of the states; none where they are too many to count.
    counts: Vec<Option<usize>>,
    saved: Vec<SavedFilter>,
    columns: Columns,
    acts: Option<Offered>,
}

pub(super) async fn show(req: PageRequest) -> PageResult {
    let query: CallbackQuery = req.list_query("")?;
    let asked_columns = req.columns_asked(LIST)?;
    let (reader, asked) = (req.clone(), query.clone());
    let (found, beside) = req
        .read(move |conn| {
            let asker = reader.asker()?;
            let found = find::<Callbacks>(conn, asker, &asked, Some(MOST_COUNTED))?;
            let beside = Beside {
                lines: lines_for(conn, asker.access)?,
                counts: counts(conn, asker, &asked)?,
                saved: saved_filters::of_reader(conn, asker.access)?,
                columns: columns::of_page(conn, &reader, LIST, asked_columns.as_ref())?,
                acts: bulk::offered(conn, asker.access, LIST, asker.now)?,
            };
            Ok((found, beside))
        })
        .await?;
    req.show(PLACE, "callbacks", &page(&req, &query, &found, beside))
}

/// How many calls there are in each state, as the list is narrowed otherwise: of those alone that are still worked on.
fn counts(
    conn: &mut Conn,
    asker: Asker<'_>,
    query: &CallbackQuery,
) -> Result<Vec<Option<usize>>, Problem> {
    let filter = Callbacks::filter(conn, asker, query)?;
    let mut counts = Vec::with_capacity(State::ALL.len());
    for state in State::ALL {
        if !state.is_open() {
            counts.push(None);
            continue;
        }
        let of_state = CallbackFilter {
            state: vec![*state],
            ..filter.clone()
        };
        let count = Callbacks::count(conn, asker, &of_state, MOST_COUNTED)?;
        counts.push((count < MOST_COUNTED).then_some(count));
    }
    Ok(counts)
}

fn page(
    req: &PageRequest,
    query: &CallbackQuery,
    found: &Found<CallbackView>,
    beside: Beside,
) -> CallbacksPage {
    let words = req.words();
    let mut fields = vec![Filter::day(
        req,
        CallbackQuery::day(),
        words.say("callbacks-day", &[]),
    )];
    if req.is_staff() {
        fields.push(Filter::owner(req, CallbackQuery::owner()));
        let line = CallbackQuery::line_of_business();
        fields.extend(Filter::line(req, line, beside.lines));
    }
    let filters = filters(req, fields);
    let any = filters.any || req.asked("state").is_some();
    let columns = &beside.columns;
    CallbacksPage {
        tabs: tabs(req, &beside.counts),
        saved: saved::above(req, &beside.saved, LIST),
        columns: req.columns_view(LIST, &COLUMNS, columns),
        shown: ShownOfCallbacks::of(columns),
        heads: heads(
            req,
            &columns::shown(&COLUMNS, columns),
            &query.sort().to_string(),
        ),
        rows: found.rows.iter().map(|view| row(req, view)).collect(),
        acts: bulk::bar(req, LIST, beside.acts, found.rows.len()),
        total: total(words, found.count, any),
        pager: pager(req, found),
        export: req
            .can(Permission::CallbacksExport)
            .then(|| export_form(req)),
        live: req.can(Permission::CasesView),
        filters,
    }
}

fn tabs(req: &PageRequest, counts: &[Option<usize>]) -> Vec<Tab> {
    let words = req.words();
    let current = req.asked("state");
    let tab = |value: Option<&str>, label: String, count: Option<usize>| Tab {
        label,
        href: req.here("state", value),
        count,
        current: value == current,
    };
    let each = |(state, count): (&State, &Option<usize>)| {
        let label = words.say_of("callback-state", state.as_str(), &[]);
        tab(Some(state.as_str()), label, *count)
    };
    std::iter::once(tab(None, words.say("list-all", &[]), None))
        .chain(State::ALL.iter().zip(counts).map(each))
        .collect()
}

fn row(req: &PageRequest, view: &CallbackView) -> CallbackRow {
    let callback = &view.callback;
    let zone = callback.call().window.zone;
    CallbackRow {
        id: callback.id.to_string(),
        version: callback.version,
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
        requested_by: view.requested_by.name.clone(),
        requested_at: callback.requested_at,
        owner: view.owner.as_ref().map(|owner| owner.name.clone()),
        reason: callback.reason.clone().unwrap_or_default(),
        state: callback.state,
        chip: match callback.state {
            State::Requested => "",
            State::Taken => "run",
            State::Completed => "good",
            // Red is what is late, and nothing else.
            State::Missed => "late",
            State::Canceled => "plain",
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
