//! Callbacks: asking for one, the list, one, what becomes of it, and the export (M12).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::cases::asked_line;
use super::documents::CallbackDocument;
use super::escalations::asked_owner;
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission::{CallbacksCreate, CallbacksExport, CallbacksView};
use crate::domain::calendar::{day_end, day_start};
use crate::domain::callback::State;
use crate::domain::ids::{CallbackId, CaseRef, EscalationRef};
use crate::domain::order::{Place, Sort, Window};
use crate::http::api_request::{ApiRequest, Guarded, may};
use crate::http::callbacks_file;
use crate::http::download::Download;
use crate::http::list::{self, Asker, Listing, list_query};
use crate::http::pagination::Page;
use crate::http::problem::{Code, Problem};
use crate::http::reply::{Created, Reply};
use crate::http::route::{Route, table};
use crate::http::table_file::Format;
use crate::input::{CommaList, Day, Fault, FieldError, input};
use crate::store::callbacks::{self, CallbackFilter, CallbackOrder, CallbackView};
use crate::store::{cases, escalations};
use crate::workflow::callback::{self, AskCallback, ChangeCallback};

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    let files = table! { callbacks:
        POST "/callbacks/export" may(CallbacksExport) => export, "Callbacks as a file; that they are exported is recorded";
    };
    // Before those whose last part names a callback.
    let files = files
        .into_iter()
        .map(|route| route.answering_in(&Format::MEDIA));
    let others = table! { callbacks:
        POST  "/escalations/{escalation}/callbacks" may(CallbacksCreate) => ask, "Ask for a call on an active escalation";
        GET   "/callbacks"                          may(CallbacksView)   => list, "Callbacks, by when their windows begin";
        GET   "/callbacks/{callback}"               may(CallbacksView)   => show, "One callback";
        PATCH "/callbacks/{callback}"               may(CallbacksView)   => change, "Take a callback, give it to somebody, move it, or say what became of it";
    };
    files.chain(others).collect()
}

async fn ask(
    req: ApiRequest<EscalationRef, AskCallback>,
) -> Result<Created<CallbackDocument>, Problem> {
    req.write(|conn, req| {
        let actor = &req.principal.actor;
        let id = callback::ask(conn, actor, &req.address, &req.body, req.now)?;
        let document = document(conn, req, id)?;
        let location = format!("/api/v1/callbacks/{}", document.id);
        Ok(Reply::new(&document)?
            .version(document.version)
            .location(location))
    })
    .await
}

list_query! {
    /// Which callbacks.
    pub struct CallbackQuery by CallbackOrder, Sort::ascending(CallbackOrder::Window), {
        /// In one of these states.
        state: CommaList<State>,
        /// Of this owner, by id or address; `me`, or `none` for those that nobody has taken.
        owner: Option<String>,
        /// Of cases of this line of business, by id or name; staff only.
        line_of_business: Option<String>,
        /// Whose windows touch this day, as it is in your time zone.
        day: Option<Day>,
        /// On this escalation, by id or number.
        escalation: Option<EscalationRef>,
        /// On this case, by id or number.
        case: Option<CaseRef>,
    }
}

/// The callbacks that somebody may see.
pub struct Callbacks;

impl Listing for Callbacks {
    const NAME: &'static str = "callbacks";
    type Query = CallbackQuery;
    type Filter = CallbackFilter;
    type Row = CallbackView;
    type Id = CallbackId;

    fn filter(
        conn: &mut Conn,
        asker: Asker<'_>,
        query: &CallbackQuery,
    ) -> Result<CallbackFilter, Problem> {
        let reach = asker.access.reach();
        let unknown =
            |field| Problem::invalid_field(FieldError::new(field, Fault::new("not_found")));
        let owner = query.owner.as_deref();
        let escalation = match &query.escalation {
            Some(escalation) => {
                let found = escalations::ids_of(conn, reach, escalation)?;
                Some(found.ok_or_else(|| unknown("escalation"))?.0)
            }
            None => None,
        };
        let case = match &query.case {
            Some(case) => {
                let found = cases::id_of(conn, reach, case)?;
                Some(found.ok_or_else(|| unknown("case"))?)
            }
            None => None,
        };
        Ok(CallbackFilter {
            state: query.state.0.clone(),
            owner: owner
                .map(|owner| asked_owner(conn, asker, owner))
                .transpose()?,
            line: asked_line(conn, asker, query.line_of_business.as_deref())?,
            case,
            escalation,
            during: (query.day)
                .map(|Day(day)| (day_start(asker.zone, day), day_end(asker.zone, day))),
        })
    }

    fn rows(
        conn: &mut Conn,
        asker: Asker<'_>,
        filter: &CallbackFilter,
        window: &Window<CallbackOrder, CallbackId>,
    ) -> Result<Vec<CallbackView>, Problem> {
        Ok(callbacks::list(conn, asker.access.reach(), filter, window)?)
    }

    fn count(
        conn: &mut Conn,
        asker: Asker<'_>,
        filter: &CallbackFilter,
        most: usize,
    ) -> Result<usize, Problem> {
        Ok(callbacks::count(conn, asker.access.reach(), filter, most)?)
    }

    fn place(by: CallbackOrder, view: &CallbackView) -> Place<CallbackId> {
        callbacks::place(by, view)
    }
}

async fn list(
    req: ApiRequest<(), (), CallbackQuery>,
) -> Result<Reply<Page<CallbackDocument>>, Problem> {
    let page = req
        .read(|conn, req| {
            let found = list::answer::<Callbacks>(conn, req.asker(), &req.query)?;
            let reader = req.reader();
            Ok(found.page(|view| CallbackDocument::new(&reader, &view)))
        })
        .await?;
    Reply::new(&page)
}

async fn show(req: ApiRequest<CallbackId>) -> Result<Reply<CallbackDocument>, Problem> {
    let document = req
        .read(|conn, req| document(conn, req, req.address))
        .await?;
    Ok(Reply::new(&document)?.version(document.version))
}

async fn change(
    req: ApiRequest<Guarded<CallbackId>, ChangeCallback>,
) -> Result<Reply<CallbackDocument>, Problem> {
    req.write(|conn, req| {
        let (actor, id) = (&req.principal.actor, *req.address);
        callback::change(conn, actor, id, req.expected(), &req.body, req.now)?;
        let document = document(conn, req, id)?;
        Ok(Reply::new(&document)?.version(document.version))
    })
    .await
}

input! {
    /// Which callbacks are written into a file, and how.
    pub struct ExportCallbacks {
        /// What the file is written in.
        format: Format,
        /// In one of these states; all if not given.
        state: Option<Vec<State>>,
        /// Of this owner, by id or address; `me`, or `none` for those that nobody has taken.
        owner: Option<String>,
        /// Of cases of this line of business, by id or name.
        line_of_business: Option<String>,
        /// Whose windows touch this day, as it is in your time zone.
        day: Option<Day>,
        /// On this escalation, by id or number.
        escalation: Option<EscalationRef>,
        /// On this case, by id or number.
        case: Option<CaseRef>,
    }
}

impl ExportCallbacks {
    /// The same of the list.
    pub fn query(&self) -> CallbackQuery {
        CallbackQuery {
            state: CommaList(self.state.clone().unwrap_or_default()),
            owner: self.owner.clone(),
            line_of_business: self.line_of_business.clone(),
            day: self.day,
            escalation: self.escalation,
            case: self.case,
            sort: None,
            count: None,
            limit: None,
            cursor: None,
        }
    }

    /// What was asked for, by name: what the export is recorded with.
    pub fn filters(&self) -> Map<String, Value> {
        let states = self.state.iter().flatten().map(State::to_string);
        let states: Vec<String> = states.collect();
        let fields = [
            (
                "state",
                Some(states.join(", ")).filter(|text| !text.is_empty()),
            ),
            ("owner", self.owner.clone()),
            ("line_of_business", self.line_of_business.clone()),
            ("day", self.day.map(|Day(day)| day.to_string())),
            ("escalation", self.escalation.map(|it| it.to_string())),
            ("case", self.case.map(|it| it.to_string())),
        ];
        let given = fields
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?.into())));
        given.collect()
    }
}

/// What is kept of an export, so that its repetition is not another one.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct CallbackExport {
    at: Instant,
}

impl PartialSchema for CallbackExport {
    fn schema() -> RefOr<Schema> {
        let says = "Callbacks, one a row, by when their windows begin.";
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(says))
            .into()
    }
}

impl ToSchema for CallbackExport {}

/// The most callbacks of a file, which is made in memory.
const MOST_IN_FILE: usize = 10_000;

/// The file of what the query finds for somebody, by when the windows begin.
///
/// # Errors
/// [`Code::TooMuchToExport`] if it is more than a file holds; those of the query.
pub fn exported(
    conn: &mut Conn,
    asker: Asker<'_>,
    query: &CallbackQuery,
    format: Format,
) -> Result<Download, Problem> {
    let filter = Callbacks::filter(conn, asker, query)?;
    let limit = i64::try_from(MOST_IN_FILE + 1).unwrap_or(i64::MAX);
    let window = Window::first(Sort::ascending(CallbackOrder::Window), limit);
    let views = Callbacks::rows(conn, asker, &filter, &window)?;
    if views.len() > MOST_IN_FILE {
        return Err(Problem::new(Code::TooMuchToExport).with("max", MOST_IN_FILE));
    }
    callbacks_file::file(&views, format)
}

async fn export(req: ApiRequest<(), ExportCallbacks>) -> Result<Reply<CallbackExport>, Problem> {
    let file = req
        .clone()
        .search(|conn, req| {
            let query = req.body.query();
            exported(conn, req.asker(), &query, req.body.format)
        })
        .await?;
    let reply = req
        .write(|conn, req| {
            let (actor, body) = (&req.principal.actor, &req.body);
            callback::export(conn, actor, body.format.as_str(), body.filters(), req.now)?;
            Reply::new(&CallbackExport { at: req.now })
        })
        .await?;
    Ok(reply.download(file))
}

fn document<A, B>(
    conn: &mut Conn,
    req: &ApiRequest<A, B>,
    id: CallbackId,
) -> Result<CallbackDocument, Problem> {
    let view = callbacks::view(conn, req.principal.access().reach(), id)?
        .ok_or_else(Problem::not_found)?;
    Ok(CallbackDocument::new(&req.reader(), &view))
}
