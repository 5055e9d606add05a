//! Lists of the administration as data: where each is, its columns, what narrows it and what adds to it.

use super::handlers::{PLACE, open, tabs_of};
use super::{AdminList, Alarm, Cell, Place};
use crate::db::Conn;
use crate::domain::access::Permission;
use crate::http::list::{Found, ListQuery};
use crate::http::portal::answer::PageResult;
use crate::http::portal::list::{Column, Filter, Head, filters, heads, pager, total};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::{Link, Tab};
use crate::http::problem::Problem;

/// What adds one to a list: what its button says, and for whom it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Add {
    message: &'static str,
    permission: Permission,
    at: &'static str,
}

impl Add {
    /// A button that says a message.
    pub(super) const fn said(message: &'static str, permission: Permission) -> Self {
        Self {
            message,
            permission,
            at: "new",
        }
    }

    /// A button that leads to another page below the list's.
    pub(super) const fn at(self, at: &'static str) -> Self {
        Self { at, ..self }
    }
}

/// Views of a list, one for each value of a parameter and one for any.
#[derive(Clone, Copy, Debug)]
pub(super) struct Views {
    /// The parameter.
    pub parameter: &'static str,
    /// The family in which its values are named.
    pub family: &'static str,
    /// Its values.
    pub values: &'static [&'static str],
}

/// A list of the administration.
pub(super) trait ListPage: 'static {
    /// Where it is.
    const PLACE: Place;
    /// Its columns, one for each cell.
    const COLUMNS: &'static [Column];
    /// In which order if nothing is asked for; as the API's list if empty.
    const SORT: &'static str = "";
    /// What adds one.
    const ADD: Option<Add> = None;
    /// Its views.
    const VIEWS: Option<Views> = None;
    /// What narrows and orders it.
    type Query: ListQuery;
    /// One of it.
    type Row: Send + 'static;
    /// What its cells say besides, looked up for all rows at once.
    type Beside: Send + 'static;

    /// Whether it is read so slowly that nobody else may wait for it.
    fn searches(query: &Self::Query) -> bool {
        let _ = query;
        false
    }

    /// A page of it.
    ///
    /// # Errors
    /// Those of the list; database errors.
    fn find(
        conn: &mut Conn,
        req: &PageRequest,
        query: &Self::Query,
    ) -> Result<(Found<Self::Row>, Self::Beside), Problem>;

    /// The cells of a row.
    fn cells(req: &PageRequest, row: &Self::Row, beside: &Self::Beside) -> Vec<Cell>;

    /// What narrows it.
    fn filters(req: &PageRequest, beside: &Self::Beside) -> Vec<Filter> {
        let _ = (req, beside);
        Vec::new()
    }

    /// What calls for somebody.
    fn alarms(req: &PageRequest, beside: &Self::Beside) -> Vec<Alarm> {
        let _ = (req, beside);
        Vec::new()
    }
}

/// Shows a list.
///
/// # Errors
/// Those of the list.
pub(super) async fn list<L: ListPage>(req: PageRequest) -> PageResult {
    open(&req, L::PLACE)?;
    let query: L::Query = req.list_query(L::SORT)?;
    let searches = L::searches(&query);
    let (reader, asked) = (req.clone(), query.clone());
    let (found, beside) = req
        .read_or_search(searches, move |conn| L::find(conn, &reader, &asked))
        .await?;
    let row = |row: &L::Row| L::cells(&req, row, &beside);
    let rows = found.rows.iter().map(row).collect();
    let mut page = table(&req, L::PLACE, L::COLUMNS, rows);
    let words = req.words();
    let any = (L::VIEWS).is_some_and(|views| req.asked(views.parameter).is_some());
    page.filters = filters(&req, L::filters(&req, &beside));
    page.filtered = any || page.filters.any;
    page.heads = heads_of(&req, L::COLUMNS, &query.sort().to_string());
    page.views = L::VIEWS.map_or_else(Vec::new, |views| tabs(&req, views));
    page.total = total(words, found.count, page.filtered);
    page.pager = pager(&req, &found);
    page.alarms = L::alarms(&req, &beside);
    page.add = (L::ADD)
        .filter(|add| req.can(add.permission))
        .map(|add| Link::new(words.say(add.message, &[]), adding(&req, L::PLACE, add.at)));
    req.show(PLACE, "admin-list", &page)
}

/// A table at `place` that nothing narrows or orders.
pub(super) fn table(
    req: &PageRequest,
    place: Place,
    columns: &[Column],
    rows: Vec<Vec<Cell>>,
) -> AdminList {
    let words = req.words();
    AdminList {
        title: words.say_of("admin", place.as_str(), &[]),
        about: words.say_of("admin-about", place.as_str(), &[]),
        tabs: tabs_of(req, place),
        alarms: Vec::new(),
        views: Vec::new(),
        filters: filters(req, Vec::new()),
        filtered: false,
        add: None,
        heads: heads_of(req, columns, ""),
        rows,
        total: String::new(),
        pager: Default::default(),
        live: place.topic().and_then(|topic| req.follows(topic)),
    }
}

/// Heads of columns, of which the first and the last are shown on a narrow page.
fn heads_of(req: &PageRequest, columns: &[Column], sort: &str) -> Vec<Head> {
    let mut heads = heads(req, columns, sort);
    let last = heads.len().saturating_sub(1);
    for head in heads.iter_mut().take(last).skip(1) {
        head.wide = true;
    }
    heads
}

/// Where one is added: to the organization whose list it is.
fn adding(req: &PageRequest, place: Place, at: &str) -> String {
    let mut address = format!("{}/{at}", place.href());
    if let Some(organization) = req.asked("organization") {
        let organization: String =
            url::form_urlencoded::byte_serialize(organization.as_bytes()).collect();
        address.push_str("?organization=");
        address.push_str(&organization);
    }
    address
}

fn tabs(req: &PageRequest, views: Views) -> Vec<Tab> {
    let words = req.words();
    let current = req.asked(views.parameter);
    let tab = |value: Option<&str>, label: String| Tab {
        label,
        href: req.here(views.parameter, value),
        count: None,
        current: value == current,
    };
    let each = |value: &&str| tab(Some(value), words.say_of(views.family, value, &[]));
    std::iter::once(tab(None, words.say("list-all", &[])))
        .chain(views.values.iter().map(each))
        .collect()
}
