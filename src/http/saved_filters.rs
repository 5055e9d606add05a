//! What a saved filter may say: the query of a list's page, read by what the list itself declares.

use url::form_urlencoded;

use super::api::callbacks::{CallbackQuery, Callbacks};
use super::api::cases::{CaseQuery, Cases};
use super::api::escalations::{Queue, QueueQuery};
use super::api_request::parameters;
use super::list::{Asker, Listing};
use super::portal::columns;
use super::portal::queue::{QueueView, is_narrowed};
use super::problem::Problem;
use crate::db::Conn;
use crate::domain::list_columns::PARAMETER;
use crate::domain::saved_filter::FilteredList;
use crate::domain::text::FilterQuery;
use crate::input::{self, Errors, Fault, FieldError, Input};

/// What says which part of a list is shown, and not which list: it is not kept.
const OF_A_PAGE: [&str; 3] = ["cursor", "limit", "count"];

/// The query as it is kept: read by the list's own inputs, all that it names existing for the asker, and without what is only
/// about a page of the list.
///
/// # Errors
/// [`Code::ValidationFailed`](super::problem::Code::ValidationFailed) at `query`, naming each parameter that is wrong; database errors.
pub fn checked(
    conn: &mut Conn,
    asker: Asker<'_>,
    list: FilteredList,
    query: &FilterQuery,
) -> Result<String, Problem> {
    let text = query.as_str().trim_start_matches('?');
    let given = form_urlencoded::parse(text.as_bytes());
    let kept = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(
            given.filter(|(name, value)| !value.is_empty() && !OF_A_PAGE.contains(&name.as_ref())),
        )
        .finish();
    if kept.is_empty() {
        return Err(at_query(Problem::invalid_field(FieldError::new(
            "",
            Fault::new("empty"),
        ))));
    }
    let given = form_urlencoded::parse(kept.as_bytes());
    let (shown, narrows): (Vec<_>, Vec<_>) = given.partition(|(name, _)| name == PARAMETER);
    for (_, names) in &shown {
        columns::read(list, asker.access.side, names).map_err(at_query)?;
    }
    let narrows = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(narrows)
        .finish();
    let read = match list {
        FilteredList::Cases => {
            let query = read::<CaseQuery>(&narrows);
            query.and_then(|query| Cases::filter(conn, asker, &query).map(drop))
        }
        FilteredList::Escalations => {
            let names: Vec<_> = form_urlencoded::parse(narrows.as_bytes()).collect();
            match is_narrowed(|name| names.iter().any(|(given, _)| given == name)) {
                true => {
                    let query = read::<QueueQuery>(&narrows);
                    query.and_then(|query| Queue::filter(conn, asker, &query).map(drop))
                }
                false => read::<QueueView>(&narrows).and_then(|view| view.check()),
            }
        }
        FilteredList::Callbacks => {
            let query = read::<CallbackQuery>(&narrows);
            query.and_then(|query| Callbacks::filter(conn, asker, &query).map(drop))
        }
    };
    read.map(|()| kept).map_err(at_query)
}

fn read<Q: Input>(query: &str) -> Result<Q, Problem> {
    input::read(&parameters(query)?, Errors::of_texts()).map_err(Problem::invalid)
}

/// The same problem, where its fields are parameters of the query.
fn at_query(problem: Problem) -> Problem {
    if problem.errors().is_empty() {
        return problem;
    }
    let at = |error: &FieldError| {
        let field = match error.field() {
            "" => "query".to_owned(),
            parameter => format!("query.{parameter}"),
        };
        error.clone().at(field)
    };
    Problem::invalid(problem.errors().iter().map(at).collect())
}
