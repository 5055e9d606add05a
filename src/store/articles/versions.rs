//! Versions of articles: what was written, each time.

use diesel::prelude::*;

use super::Said;
use crate::db::Conn;
use crate::db::schema::{article_versions, people};
use crate::db::sql_types::At;
use crate::domain::Instant;
use crate::domain::ids::{ArticleId, PersonId};
use crate::store::people::Named;
use crate::store::people::display_name;

/// What a version is called, and who wrote it.
#[derive(Clone, Debug)]
pub struct VersionHead {
    /// Its number, from 1 on.
    pub number: i64,
    /// The title in it.
    pub title: String,
    /// Who wrote it.
    pub written_by: Named,
    /// When.
    pub written_at: Instant,
}

/// A version.
#[derive(Clone, Debug)]
pub struct Version {
    /// What it is called.
    pub head: VersionHead,
    /// What it says the article is about.
    pub summary: Option<String>,
    /// Its words.
    pub body: String,
}

/// Keeps a version.
///
/// # Errors
/// Database errors.
pub fn add_version(
    conn: &mut Conn,
    article: ArticleId,
    number: i64,
    said: Said<'_>,
    by: PersonId,
    now: Instant,
) -> QueryResult<()> {
    diesel::insert_into(article_versions::table)
        .values((
            article_versions::article_id.eq(article),
            article_versions::number.eq(number),
            article_versions::title.eq(said.title),
            article_versions::summary.eq(said.summary),
            article_versions::body.eq(said.body),
            article_versions::written_by.eq(by),
            article_versions::written_at.eq(At(now)),
        ))
        .execute(conn)
        .map(drop)
}

type Row = (i64, String, PersonId, At, (String, String));

fn head((number, title, id, at, (first, last)): Row) -> VersionHead {
    VersionHead {
        number,
        title,
        written_by: Named {
            id,
            name: display_name(&first, &last),
        },
        written_at: at.into(),
    }
}

/// The versions of an article before number `before`, the newest first, `limit` at the most.
///
/// # Errors
/// Database errors.
pub fn versions(
    conn: &mut Conn,
    article: ArticleId,
    before: Option<i64>,
    limit: i64,
) -> QueryResult<Vec<VersionHead>> {
    let mut query = article_versions::table
        .inner_join(people::table.on(people::id.eq(article_versions::written_by)))
        .filter(article_versions::article_id.eq(article))
        .select((
            article_versions::number,
            article_versions::title,
            article_versions::written_by,
            article_versions::written_at,
            (people::first_name, people::last_name),
        ))
        .into_boxed();
    if let Some(before) = before {
        query = query.filter(article_versions::number.lt(before));
    }
    let rows: Vec<Row> = query
        .order(article_versions::number.desc())
        .limit(limit)
        .load(conn)?;
    Ok(rows.into_iter().map(head).collect())
}

/// One version.
///
/// # Errors
/// Database errors.
pub fn version(conn: &mut Conn, article: ArticleId, number: i64) -> QueryResult<Option<Version>> {
    let found: Option<(Row, Option<String>, String)> = article_versions::table
        .inner_join(people::table.on(people::id.eq(article_versions::written_by)))
        .filter(article_versions::article_id.eq(article))
        .filter(article_versions::number.eq(number))
        .select((
            (
                article_versions::number,
                article_versions::title,
                article_versions::written_by,
                article_versions::written_at,
                (people::first_name, people::last_name),
            ),
            article_versions::summary,
            article_versions::body,
        ))
        .get_result(conn)
        .optional()?;
    Ok(found.map(|(row, summary, body)| Version {
        head: head(row),
        summary,
        body,
    }))
}
