//! Categories of articles: a name that articles have, and that is gone with the last of them.

use diesel::dsl::{count_star, max};
use diesel::prelude::*;

use super::{Article, Head, Readership, readable};
use crate::db::Conn;
use crate::db::schema::articles;
use crate::domain::article::State;
use crate::domain::text::sort_key;
use crate::store::audiences::for_listener;

/// A category, with how many articles of it exist for a reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    /// As it is in addresses.
    pub key: String,
    /// Its name.
    pub name: String,
    /// How many there are.
    pub articles: usize,
}

/// The categories of the articles that exist for a reader, by name.
///
/// # Errors
/// Database errors.
pub fn categories(conn: &mut Conn, readership: Readership) -> QueryResult<Vec<Category>> {
    // Those of one key are called the same.
    let query = articles::table
        .group_by(articles::category_key)
        .select((
            articles::category_key,
            max(articles::category),
            count_star(),
        ))
        .into_boxed();
    let rows: Vec<(String, Option<String>, i64)> = readable!(query, readership).load(conn)?;
    let category = |(key, name, count): (String, Option<String>, i64)| Category {
        name: name.unwrap_or_else(|| key.clone()),
        key,
        articles: usize::try_from(count).unwrap_or_default(),
    };
    let mut all: Vec<Category> = rows.into_iter().map(category).collect();
    all.sort_by_cached_key(|category| (sort_key(&category.name), category.key.clone()));
    Ok(all)
}

/// How a category is called, if any article has it.
///
/// # Errors
/// Database errors.
pub fn category_named(conn: &mut Conn, key: &str) -> QueryResult<Option<String>> {
    articles::table
        .filter(articles::category_key.eq(key))
        .order(articles::sort_title.asc())
        .limit(1)
        .select(articles::category)
        .get_result(conn)
        .optional()
}

/// The articles of a category, whoever reads them.
///
/// # Errors
/// Database errors.
pub fn of_category(conn: &mut Conn, key: &str) -> QueryResult<Vec<Article>> {
    let rows: Vec<(Head, String)> = articles::table
        .filter(articles::category_key.eq(key))
        .order((articles::sort_title.asc(), articles::id.asc()))
        .select((Head::as_select(), articles::body))
        .load(conn)?;
    let article = |(head, body)| Article { head, body };
    Ok(rows.into_iter().map(article).collect())
}
