//! Text templates: the rows, the list, and those that a case is offered.

use diesel::prelude::*;
use serde::Serialize;

use crate::db::schema::text_templates;
use crate::db::sql_types::At;
use crate::db::{Conn, fixed};
use crate::domain::Instant;
use crate::domain::ids::{LineId, TemplateId};
use crate::domain::language::Language;
use crate::domain::order::{Place, Window, orders};
use crate::domain::template::Purpose;
use crate::domain::text::sort_key;
use crate::store::cas::{Cas, compare_and_delete, compare_and_set};
use crate::store::page::{counted, windowed};

/// The most templates that a case is offered.
const MOST_OFFERED: i64 = 200;

/// A row of `text_templates`.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = text_templates)]
pub struct TextTemplate {
    /// Its id.
    pub id: TemplateId,
    /// What it is called.
    pub name: String,
    /// Where lists by name have it.
    pub sort_name: String,
    /// Where it is offered.
    pub purpose: Purpose,
    /// In which language it is written.
    pub language: Language,
    /// On the cases of which line of business it is offered; on all, if there is none.
    pub line_of_business_id: Option<LineId>,
    /// The text with its fields, in Markdown.
    pub body: String,
    /// Counts its changes.
    pub version: i64,
}

/// What a template is made of, or is from now on.
#[derive(Clone, Copy, Debug)]
pub struct TemplateRow<'a> {
    /// What it is called.
    pub name: &'a str,
    /// Where it is offered.
    pub purpose: Purpose,
    /// In which language it is written.
    pub language: Language,
    /// On the cases of which line of business.
    pub line: Option<LineId>,
    /// The text with its fields.
    pub body: &'a str,
}

/// The columns that a row sets.
macro_rules! columns {
    ($row:expr) => {
        (
            text_templates::name.eq($row.name),
            text_templates::sort_name.eq(sort_key($row.name)),
            text_templates::purpose.eq($row.purpose),
            text_templates::language.eq($row.language),
            text_templates::line_of_business_id.eq($row.line),
            text_templates::body.eq($row.body),
        )
    };
}

/// Adds a template.
///
/// # Errors
/// Database errors.
pub fn insert(conn: &mut Conn, row: &TemplateRow<'_>, now: Instant) -> QueryResult<TemplateId> {
    let id = TemplateId::new(now);
    diesel::insert_into(text_templates::table)
        .values((
            text_templates::id.eq(id),
            text_templates::created_at.eq(At(now)),
            columns!(row),
        ))
        .execute(conn)?;
    Ok(id)
}

/// Changes a template that is still at its version, and counts the change.
///
/// # Errors
/// Database errors.
pub fn update(conn: &mut Conn, before: &TextTemplate, row: &TemplateRow<'_>) -> QueryResult<Cas> {
    Ok(compare_and_set!(
        conn,
        text_templates.id = before.id,
        before.version,
        columns!(row)
    ))
}

/// Removes a template that is still at its version.
///
/// # Errors
/// Database errors.
pub fn delete(conn: &mut Conn, before: &TextTemplate) -> QueryResult<Cas> {
    Ok(compare_and_delete!(
        conn,
        text_templates.id = before.id,
        before.version
    ))
}

/// One template.
///
/// # Errors
/// Database errors.
pub fn find(conn: &mut Conn, id: TemplateId) -> QueryResult<Option<TextTemplate>> {
    text_templates::table
        .filter(text_templates::id.eq(id))
        .select(TextTemplate::as_select())
        .get_result(conn)
        .optional()
}

orders! {
    /// What templates are listed by.
    pub enum TemplateOrder {
        /// Their names.
        Name = "name" by Text,
        /// When they were added: their ids bear it.
        CreatedAt = "created_at" by Id,
    }
}

/// Where a template stands in an order.
pub fn place(by: TemplateOrder, template: &TextTemplate) -> Place<TemplateId> {
    match by {
        TemplateOrder::Name => Place::Text(template.sort_name.clone(), template.id),
        TemplateOrder::CreatedAt => Place::Id(template.id),
    }
}

/// Which templates a list holds; what is not given is any.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct TemplateFilter {
    /// Those that are offered there.
    pub purpose: Option<Purpose>,
    /// Those in a language.
    pub language: Option<Language>,
}

/// Leaves out what the filter does not let through. A macro, because every selection is a type of its own.
macro_rules! passing {
    ($query:expr, $filter:expr) => {{
        let mut query = $query;
        if let Some(purpose) = $filter.purpose {
            query = query.filter(text_templates::purpose.eq(purpose));
        }
        if let Some(language) = $filter.language {
            query = query.filter(text_templates::language.eq(language));
        }
        query
    }};
}

/// A page of the templates.
///
/// # Errors
/// Database errors.
pub fn list(
    conn: &mut Conn,
    filter: TemplateFilter,
    part: &Window<TemplateOrder, TemplateId>,
) -> QueryResult<Vec<TextTemplate>> {
    let query = text_templates::table
        .select(TextTemplate::as_select())
        .into_boxed();
    let query = passing!(query, filter);
    let query = match part.sort.by {
        TemplateOrder::Name => {
            windowed!(query, part, text text_templates::sort_name, text_templates::id)
        }
        TemplateOrder::CreatedAt => windowed!(query, part, id text_templates::id),
    };
    query.load(conn)
}

/// How many there are, counted up to `most`.
///
/// # Errors
/// Database errors.
pub fn count(conn: &mut Conn, filter: TemplateFilter, most: usize) -> QueryResult<usize> {
    let query = text_templates::table
        .select(text_templates::id)
        .into_boxed();
    let query = passing!(query, filter);
    let along = (text_templates::sort_name.asc(), text_templates::id.asc());
    counted!(conn, query, TemplateId, most, along)
}

/// The templates that a case of this line is offered, by name.
///
/// # Errors
/// Database errors.
pub fn offered(
    conn: &mut Conn,
    purpose: Option<Purpose>,
    line: LineId,
) -> QueryResult<Vec<TextTemplate>> {
    let offered = || {
        text_templates::table
            .filter(
                text_templates::line_of_business_id
                    .is_null()
                    .or(text_templates::line_of_business_id.eq(line)),
            )
            .order((text_templates::sort_name.asc(), text_templates::id.asc()))
            .limit(MOST_OFFERED)
            .select(TextTemplate::as_select())
    };
    match purpose {
        Some(purpose) => fixed!(offered().filter(text_templates::purpose.eq(purpose))).load(conn),
        None => fixed!(offered()).load(conn),
    }
}
