//! What pages with lists have in common: columns by which they are ordered, filters, and how many there are.

use diesel::QueryResult;
use serde::Serialize;
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::form::Choice;
use super::page_request::PageRequest;
use super::parts::Pager;
use crate::db::Conn;
use crate::domain::access::{Access, Permission};
use crate::domain::list_columns::PARAMETER;
use crate::http::list::{Asker, Count, Found};
use crate::http::problem::Problem;
use crate::input::{self, Declared, Errors, Input};
use crate::store::lines::{self, Line};
use crate::words::Catalogue;

/// How many characters of what somebody searches for are looked at; the field takes no more.
const LONGEST_SEARCH: usize = 200;
/// What an address says of how a list is shown, and not of what is in it: its columns, whether all rows are ticked, and whether
/// somebody still types what they search for.
const OF_THE_PAGE: [&str; 3] = [PARAMETER, "choose", TYPING];
/// What says that somebody still types.
pub(super) const TYPING: &str = "typing";
/// How many a page counts at the most.
pub(super) const MOST_COUNTED: usize = 1_000;

/// A column of a list: a message, and by what the list is ordered when its head is followed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    /// The message, or the family that it is of.
    message: &'static str,
    /// Of the family, which; empty where there is none.
    member: &'static str,
    /// As the query names it: the way round that comes first. Empty for a column that orders nothing.
    sort: &'static str,
    /// Whether it is left out on a narrow page.
    wide: bool,
}

impl Column {
    /// A column under a message.
    pub(super) const fn said(message: &'static str) -> Self {
        Self {
            message,
            member: "",
            sort: "",
            wide: false,
        }
    }

    /// A column under the label of a field.
    pub(super) const fn label(member: &'static str) -> Self {
        Self {
            message: "label",
            member,
            sort: "",
            wide: false,
        }
    }

    /// The column, with what it orders by.
    pub(super) const fn sorts(mut self, sort: &'static str) -> Self {
        self.sort = sort;
        self
    }

    /// The column, left out on a narrow page.
    pub(super) const fn wide(mut self) -> Self {
        self.wide = true;
        self
    }

    /// What its head says.
    pub(super) fn words(&self, words: &Catalogue) -> String {
        match self.member {
            "" => words.say(self.message, &[]),
            member => words.say_of(self.message, member, &[]),
        }
    }
}

/// The head of a column.
#[derive(Clone, Debug, Serialize)]
pub struct Head {
    /// What it says.
    pub label: String,
    /// The list ordered by it; empty for a column that orders nothing.
    pub href: String,
    /// `ascending` or `descending` if the list is ordered by it; empty if not.
    pub sorted: &'static str,
    /// Whether it is left out on a narrow page.
    pub wide: bool,
}

/// The heads of a list that is ordered by `sort`. Who follows the head that it is ordered by gets it the other way round.
pub(super) fn heads(req: &PageRequest, columns: &[Column], sort: &str) -> Vec<Head> {
    let by = |text: &'static str| text.trim_start_matches('-');
    let head = |column: &Column| {
        let current = !column.sort.is_empty() && by(column.sort) == sort.trim_start_matches('-');
        let next = match (current, sort.strip_prefix('-')) {
            (false, _) => column.sort.to_owned(),
            (true, Some(ascending)) => ascending.to_owned(),
            (true, None) => format!("-{sort}"),
        };
        Head {
            label: column.words(req.words()),
            href: match column.sort {
                "" => String::new(),
                _ => req.here("sort", Some(&next)),
            },
            sorted: match (current, sort.starts_with('-')) {
                (false, _) => "",
                (true, false) => "ascending",
                (true, true) => "descending",
            },
            wide: column.wide,
        }
    };
    columns.iter().map(head).collect()
}

/// What narrows a list, as a form.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Filters {
    /// Where it is sent.
    pub action: String,
    /// Its fields.
    pub fields: Vec<Filter>,
    /// The order of the list, which is kept; empty if none was asked for.
    pub sort: String,
    /// The columns that were asked for, which are kept, too; empty if none were.
    pub columns: String,
    /// Whether anything narrows the list.
    pub any: bool,
}

/// One way to narrow a list.
#[derive(Clone, Debug, Serialize)]
pub struct Filter {
    /// Query parameter.
    pub name: &'static str,
    /// Unique on the page.
    pub id: String,
    /// What it narrows by.
    pub label: String,
    /// What is typed.
    pub value: String,
    /// How it is typed: `search` or `date`.
    pub kind: &'static str,
    /// How long that may be, in characters.
    pub max: usize,
    /// What can be chosen, any first; empty where something is typed.
    pub choices: Vec<Choice>,
}

impl Filter {
    /// Words that are searched for, as a field of a query is declared.
    pub(super) fn search(req: &PageRequest, field: Declared, label: String) -> Self {
        Self {
            id: format!("filter-{}", field.name),
            value: req.asked(field.name).unwrap_or_default().to_owned(),
            kind: "search",
            max: field.shape.longest().unwrap_or_default(),
            choices: Vec::new(),
            name: field.name,
            label,
        }
    }

    /// One of `choices`, of which one always holds, as a field of a query is declared.
    pub(super) fn one_of(
        req: &PageRequest,
        field: Declared,
        mut choices: Vec<Choice>,
        chosen: &str,
    ) -> Self {
        for choice in &mut choices {
            choice.selected = choice.value == chosen;
        }
        let label = req.words().say_of("label", field.name, &[]);
        Self {
            choices,
            ..Self::search(req, field, label)
        }
    }

    /// By whom it is owned: oneself, nobody, or anybody, as a field of a query is declared.
    pub(super) fn owner(req: &PageRequest, field: Declared) -> Self {
        let owners = ["me", "none"];
        let owners =
            owners.map(|owner| Choice::new(owner, req.words().say_of("owner", owner, &[])));
        Self::choice(req, field, owners.to_vec())
    }

    /// Of which of these lines of business, as a field of a query is declared; one line is no choice.
    pub(super) fn line(req: &PageRequest, field: Declared, lines: Vec<Line>) -> Option<Self> {
        if lines.len() < 2 {
            return None;
        }
        let choice = |line: Line| Choice::new(line.id.to_string(), line.name);
        Some(Self::choice(
            req,
            field,
            lines.into_iter().map(choice).collect(),
        ))
    }

    /// A day, as a field of a query is declared.
    pub(super) fn day(req: &PageRequest, field: Declared, label: String) -> Self {
        Self {
            kind: "date",
            ..Self::search(req, field, label)
        }
    }

    /// One of `choices`, or any, as a field of a query is declared.
    pub(super) fn choice(req: &PageRequest, field: Declared, choices: Vec<Choice>) -> Self {
        let any = Choice::new("", req.words().say("filter-any", &[]));
        let mut choices = [vec![any], choices].concat();
        let chosen = req.asked(field.name).unwrap_or_default();
        for choice in &mut choices {
            choice.selected = choice.value == chosen;
        }
        let label = req.words().say_of("label", field.name, &[]);
        Self {
            choices,
            ..Self::search(req, field, label)
        }
    }
}

/// The lines of business that a list can be narrowed to by somebody; none where their names are not told.
pub(super) fn lines_for(conn: &mut Conn, access: &Access) -> QueryResult<Vec<Line>> {
    match access.can(Permission::LinesView) {
        true => lines::all(conn),
        false => Ok(Vec::new()),
    }
}

/// The form of a list's filters.
pub(super) fn filters(req: &PageRequest, fields: Vec<Filter>) -> Filters {
    Filters {
        action: req.path().to_owned(),
        any: fields.iter().any(|field| req.asked(field.name).is_some()),
        sort: req.asked("sort").unwrap_or_default().to_owned(),
        columns: req.asked(PARAMETER).unwrap_or_default().to_owned(),
        fields,
    }
}

/// How many there are in all, under the filters if there are `any`; empty where that is not counted.
pub(super) fn total(words: &Catalogue, count: Option<Count>, any: bool) -> String {
    match (count, any) {
        (None, _) => String::new(),
        (Some(Count::Exactly(count)), false) => words.say("list-total", &[("count", count.into())]),
        (Some(Count::Exactly(count)), true) => words.say("list-found", &[("count", count.into())]),
        (Some(Count::MoreThan(count)), _) => {
            words.say("list-more-than", &[("count", count.into())])
        }
    }
}

/// The way to the next page, and back to the first.
pub(super) fn pager<R>(req: &PageRequest, found: &Found<R>) -> Pager {
    Pager {
        first: req.asked("cursor").map(|_| req.here("cursor", None)),
        next: (found.next.as_deref()).map(|cursor| req.here("cursor", Some(cursor))),
    }
}

impl PageRequest {
    /// What narrows and orders the page's list, as the API's list takes it; ordered by `default` if nothing is asked for, or as
    /// the API's list if that is empty.
    ///
    /// # Errors
    /// [`crate::http::problem::Code::ValidationFailed`] with every parameter that is wrong.
    pub(super) fn list_query<Q: Input>(&self, default: &str) -> Result<Q, Problem> {
        let read = |name: &String| {
            // A form sends its empty fields too; they ask for nothing.
            let text = self.asked(name)?;
            let value = match name.as_str() {
                "q" => text.chars().take(LONGEST_SEARCH).collect(),
                _ => text.to_owned(),
            };
            Some((name.clone(), Value::String(value)))
        };
        // How its rows are shown is the page's own affair.
        let names = self.query.keys();
        let names = names.filter(|name| !OF_THE_PAGE.contains(&name.as_str()));
        let mut given: Map<String, Value> = names.filter_map(read).collect();
        if !default.is_empty() {
            given.entry("sort").or_insert_with(|| default.into());
        }
        input::read(&Value::Object(given), Errors::of_address()).map_err(Problem::invalid)
    }

    /// Who asks for a list, and when.
    ///
    /// # Errors
    /// [`crate::http::problem::Code::Unauthenticated`].
    pub(super) fn asker(&self) -> Result<Asker<'_>, Problem> {
        Ok(Asker {
            access: self.access()?,
            now: self.now,
            zone: self.zone(),
        })
    }

    /// The path of the page.
    pub(super) fn path(&self) -> &str {
        self.address.split('?').next().unwrap_or_default()
    }

    /// This page with its query, and one parameter of that as given or left out. A page of a list is one of its order: another
    /// order begins anew.
    pub(super) fn here(&self, parameter: &str, value: Option<&str>) -> String {
        let mut given: Vec<(&str, &str)> = self
            .query
            .keys()
            .filter(|name| !["cursor", "choose", parameter].contains(&name.as_str()))
            .filter_map(|name| Some((name.as_str(), self.asked(name)?)))
            .collect();
        given.sort_unstable();
        given.extend(value.map(|value| (parameter, value)));
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(given)
            .finish();
        match query.as_str() {
            "" => self.path().to_owned(),
            query => format!("{}?{query}", self.path()),
        }
    }
}
