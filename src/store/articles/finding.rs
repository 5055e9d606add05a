//! Finding articles by their words, alike on both databases; the rules are those of `domain::article::search`.

use std::cmp::Ordering;
use std::collections::HashMap;

use diesel::prelude::*;

use super::{
    Article, ArticleFilter, ArticleOrder, ArticleView, Found, Head, Readership, passing, readable,
    viewed, views,
};
use crate::db::Conn;
use crate::db::schema::{article_words, articles, people};
use crate::domain::Instant;
use crate::domain::article::State;
use crate::domain::article::search::{self, Hit, Searched, Term, Terms};
use crate::domain::ids::ArticleId;
use crate::domain::order::{Place, Window};
use crate::store::audiences::for_listener;
use crate::words::markdown;

/// How many rows are looked at for one word: more are left out, which only a word of nearly all articles of a very large knowledge base
/// has.
const MOST_ROWS: i64 = 20_000;

/// Leaves of a boxed query over articles what has each of the words that the filter asks for. Each finds its rows by the index of words.
macro_rules! having {
    ($query:expr, $filter:expr) => {{
        let mut query = $query;
        let words = $filter.words.as_deref().unwrap_or_default();
        for term in $crate::domain::article::search::Terms::searched(words).terms() {
            let (from, until) = term.range();
            query = query.filter(
                articles::id.eq_any(
                    article_words::table
                        .filter(article_words::word.ge(from))
                        .filter(article_words::word.lt(until))
                        .select(article_words::article_id),
                ),
            );
        }
        query
    }};
}
pub(super) use having;

/// Keeps the words of what is shown of an article, in the place of those before. Only those are written that differ: a category that gets
/// another name changes few words of many articles.
///
/// # Errors
/// Database errors.
pub fn index(conn: &mut Conn, article: &Article) -> QueryResult<()> {
    /// A statement takes only so many values.
    const AT_ONCE: usize = 500;
    let head = &article.head;
    let mut words = search::index(&Searched {
        title: &head.title,
        summary: head.summary.as_deref().unwrap_or_default(),
        category: &head.category,
        body: &markdown::plain(&article.body),
    });
    let kept: Vec<(String, i64)> = article_words::table
        .filter(article_words::article_id.eq(head.id))
        .select((article_words::word, article_words::weight))
        .load(conn)?;
    let mut gone: Vec<String> = Vec::new();
    for (word, weight) in kept {
        if words.get(&word) == Some(&weight) {
            words.remove(&word);
        } else {
            gone.push(word);
        }
    }
    for some in gone.chunks(AT_ONCE) {
        let those = article_words::table
            .filter(article_words::article_id.eq(head.id))
            .filter(article_words::word.eq_any(some.to_vec()));
        diesel::delete(those).execute(conn)?;
    }
    for (word, weight) in words {
        diesel::insert_into(article_words::table)
            .values((
                article_words::word.eq(word),
                article_words::article_id.eq(head.id),
                article_words::weight.eq(weight),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// The words of articles that exist for the reader and that a term may fit.
fn hits(
    conn: &mut Conn,
    readership: Readership,
    filter: &ArticleFilter,
    term: &Term,
) -> QueryResult<Vec<Hit>> {
    let (from, until) = term.range();
    let query = article_words::table
        .inner_join(articles::table)
        .filter(article_words::word.ge(from))
        .filter(article_words::word.lt(until))
        .select((articles::id, article_words::word, article_words::weight))
        .into_boxed();
    let query = readable!(passing!(query, filter), readership);
    let rows: Vec<(ArticleId, String, i64)> = query.limit(MOST_ROWS).load(conn)?;
    let hit = |(article, word, weight)| Hit {
        article,
        word,
        weight,
    };
    Ok(rows.into_iter().map(hit).collect())
}

fn all_hits(
    conn: &mut Conn,
    readership: Readership,
    filter: &ArticleFilter,
    terms: &Terms,
) -> QueryResult<Vec<Vec<Hit>>> {
    let terms = terms.terms().iter();
    terms
        .map(|term| hits(conn, readership, filter, term))
        .collect()
}

/// Whether a filter asks for words.
pub(super) fn has_words(filter: &ArticleFilter) -> bool {
    let words = filter.words.as_deref().unwrap_or_default();
    !Terms::searched(words).is_empty()
}

/// A window of the order of relevance among articles that fit alike: the order of their changes.
pub(super) fn among_alike(
    window: &Window<ArticleOrder, ArticleId>,
) -> Window<ArticleOrder, ArticleId> {
    let mut window = window.clone();
    if let Some(Place::Ranked(_, at, id)) = window.after {
        window.after = Some(Place::Instant(at, id));
    }
    window
}

/// Articles by how well they fit the words that the filter asks for, and those that fit alike by when they were changed.
pub(super) fn by_relevance(
    conn: &mut Conn,
    readership: Readership,
    filter: &ArticleFilter,
    window: &Window<ArticleOrder, ArticleId>,
) -> QueryResult<Vec<ArticleView>> {
    let terms = Terms::searched(filter.words.as_deref().unwrap_or_default());
    let hits = all_hits(conn, readership, filter, &terms)?;
    let scores = terms.scores(&hits);
    let query = articles::table
        .select((articles::id, articles::changed_at))
        .into_boxed();
    let query = readable!(passing!(query, filter), readership);
    let query = having!(query, filter);
    let changed: Vec<(ArticleId, crate::db::sql_types::At)> = query.limit(MOST_ROWS).load(conn)?;
    let mut places: Vec<(i64, Instant, ArticleId)> = changed
        .into_iter()
        .map(|(id, at)| (scores.get(&id).copied().unwrap_or(0), at.into(), id))
        .collect();
    let compare = |one: &(i64, Instant, ArticleId), other: &(i64, Instant, ArticleId)| {
        let order = one.cmp(other);
        match window.sort.descending {
            false => order,
            true => order.reverse(),
        }
    };
    places.sort_unstable_by(compare);
    if let Some(Place::Ranked(score, at, id)) = &window.after {
        let behind = (*score, *at, *id);
        places.retain(|place| compare(place, &behind) == Ordering::Greater);
    }
    places.truncate(usize::try_from(window.limit).unwrap_or_default());
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<ArticleId> = places.iter().map(|(_, _, id)| *id).collect();
    let mut found = by_ids(conn, readership, &ids)?;
    let mut views: Vec<ArticleView> = places
        .into_iter()
        .filter_map(|(score, _, id)| {
            let mut view = found.remove(&id)?;
            view.found = Some(Found {
                score,
                ..Found::default()
            });
            Some(view)
        })
        .collect();
    mark(conn, filter, &mut views)?;
    Ok(views)
}

fn by_ids(
    conn: &mut Conn,
    readership: Readership,
    ids: &[ArticleId],
) -> QueryResult<HashMap<ArticleId, ArticleView>> {
    let query = views!().filter(articles::id.eq_any(ids.to_vec()));
    let rows = readable!(query, readership).load(conn)?;
    let views = viewed(conn, rows)?;
    Ok(views.into_iter().map(|view| (view.head.id, view)).collect())
}

/// Marks what was found in articles of a list, if it was searched.
pub(super) fn mark(
    conn: &mut Conn,
    filter: &ArticleFilter,
    views: &mut [ArticleView],
) -> QueryResult<()> {
    let terms = Terms::searched(filter.words.as_deref().unwrap_or_default());
    if terms.is_empty() || views.is_empty() {
        return Ok(());
    }
    let ids: Vec<ArticleId> = views.iter().map(|view| view.head.id).collect();
    let bodies: Vec<(ArticleId, String)> = articles::table
        .filter(articles::id.eq_any(ids))
        .select((articles::id, articles::body))
        .load(conn)?;
    let bodies: HashMap<ArticleId, String> = bodies.into_iter().collect();
    for view in views {
        let body = bodies.get(&view.head.id).map_or("", String::as_str);
        let found = view.found.get_or_insert_default();
        found.title = terms.marked(&view.head.title);
        found.excerpt = terms.excerpt(&markdown::plain(body));
    }
    Ok(())
}

/// Published articles for the reader that are about the same as the subject of a case, the likeliest first.
///
/// # Errors
/// Database errors.
pub fn suggest(
    conn: &mut Conn,
    readership: Readership,
    subject: &str,
    most: usize,
) -> QueryResult<Vec<ArticleView>> {
    let (terms, everything) = (Terms::of_subject(subject), ArticleFilter::default());
    let readership = readership.reading();
    let hits = all_hits(conn, readership, &everything, &terms)?;
    let like = terms.likenesses(&hits);
    let ids: Vec<ArticleId> = like.into_iter().map(|(id, _)| id).take(most).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = by_ids(conn, readership, &ids)?;
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}
