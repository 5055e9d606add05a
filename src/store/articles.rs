//! Articles of the knowledge base: what is shown of each, and the list (H1).
//!
//! A reader is told of by a [`Readership`], which is an argument of all that reads.

mod categories;
mod finding;
mod versions;
mod votes;

use std::str::FromStr;

use diesel::prelude::*;
use serde::Serialize;

use crate::db::Conn;
use crate::db::schema::{article_versions, article_votes, article_words, articles, people};
use crate::db::sql_types::{At, MaybeAt};
use crate::domain::Instant;
use crate::domain::access::{Access, Permission};
use crate::domain::article::search::Piece;
use crate::domain::article::{Standing, State};
use crate::domain::audience::AudienceKind;
use crate::domain::ids::{ArticleId, PersonId};
use crate::domain::order::{Place, Window, orders};
use crate::domain::organization::Side;
use crate::domain::text::{Slug, TextError, in_order, sort_key};
use crate::store::audiences::{self, Listener, for_listener};
use crate::store::cas::{Cas, compare_and_set};
use crate::store::cases::OrganizationRef;
use crate::store::organizations;
use crate::store::page::{counted, windowed};
use crate::store::people::{Named, display_name};

pub use categories::{Category, categories, category_named, of_category};
pub use finding::{index, suggest};
pub use versions::{Version, VersionHead, add_version, version, versions};
pub use votes::{Comment, Counts, Vote, comments, counts, vote, vote_of};

/// What a row of `articles` holds besides the words of the article.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = articles)]
pub struct Head {
    /// Its id.
    pub id: ArticleId,
    /// Its name in addresses.
    pub slug: Slug,
    /// Its title, as it is shown.
    pub title: String,
    /// The same as lists are ordered by it.
    pub sort_title: String,
    /// What it is about.
    pub summary: Option<String>,
    /// Its category's name.
    pub category: String,
    /// The same in addresses.
    pub category_key: String,
    /// For whom it is.
    pub audience: AudienceKind,
    /// Where it stands.
    pub state: State,
    /// The version that was written last.
    pub newest_version: i64,
    /// The version that is shown.
    pub shown_version: i64,
    /// Who wrote what is shown.
    pub changed_by: PersonId,
    /// When what is shown was written or published.
    #[diesel(deserialize_as = At)]
    pub changed_at: Instant,
    /// When it was published last.
    #[diesel(deserialize_as = MaybeAt)]
    pub published_at: Option<Instant>,
    /// Counts its changes.
    pub version: i64,
}

impl Head {
    /// Where it stands.
    pub fn standing(&self) -> Standing {
        Standing {
            state: self.state,
            newest: self.newest_version,
            shown: self.shown_version,
        }
    }
}

/// An article with what is shown of it.
#[derive(Clone, Debug)]
pub struct Article {
    /// All but its words.
    pub head: Head,
    /// Its words, in Markdown.
    pub body: String,
}

/// What was found of a search.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// How well it fits; 0 where nothing is ordered by that.
    pub score: i64,
    /// The title, with what was looked for.
    pub title: Vec<Piece>,
    /// What stands around it in the article.
    pub excerpt: Vec<Piece>,
}

/// An article with the names that belong to it.
#[derive(Clone, Debug)]
pub struct ArticleView {
    /// The row.
    pub head: Head,
    /// Who wrote what is shown.
    pub changed_by: Named,
    /// The organizations that are named with it.
    pub organizations: Vec<OrganizationRef>,
    /// What was found of a search, if there was one.
    pub found: Option<Found>,
}

/// What of the knowledge base exists for a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Readership {
    /// Whose articles.
    pub listener: Listener,
    /// Whether those count too that are not published: the reader writes articles.
    pub writes: bool,
}

impl Readership {
    /// The same reader, as one who only reads.
    #[must_use]
    pub const fn reading(self) -> Self {
        Self {
            writes: false,
            ..self
        }
    }
}

/// What of the knowledge base exists for somebody. The provider's staff answer for what customers read, and so may read all of it.
///
/// # Errors
/// Database errors.
pub fn readership(conn: &mut Conn, access: &Access) -> QueryResult<Readership> {
    Ok(Readership {
        listener: match access.side {
            Side::Provider => Listener::Keeper,
            Side::Customer => Listener::reader(conn, access)?,
        },
        writes: access.can(Permission::ArticlesWrite),
    })
}

/// What of a boxed query over articles exists for a reader.
macro_rules! readable {
    ($query:expr, $readership:expr) => {{
        let (mut query, readership): (_, Readership) = ($query, $readership);
        if !readership.writes {
            query = query.filter(articles::state.eq(State::Published));
        }
        for_listener!(query, articles, readership.listener)
    }};
}
use readable;

/// An article as a request names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArticleRef {
    /// By id.
    Id(ArticleId),
    /// By its name in addresses.
    Slug(Slug),
}

impl FromStr for ArticleRef {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(id) => Ok(Self::Id(id)),
            Err(_) => text.parse().map(Self::Slug),
        }
    }
}

/// The id of the article that a request names, if it exists for the reader.
///
/// # Errors
/// Database errors.
pub fn id_of(
    conn: &mut Conn,
    readership: Readership,
    article: &ArticleRef,
) -> QueryResult<Option<ArticleId>> {
    let mut query = articles::table.select(articles::id).into_boxed();
    query = match article {
        ArticleRef::Id(id) => query.filter(articles::id.eq(*id)),
        ArticleRef::Slug(slug) => query.filter(articles::slug.eq(slug.clone())),
    };
    readable!(query, readership).get_result(conn).optional()
}

/// One article, if it exists for the reader.
///
/// # Errors
/// Database errors.
pub fn find(
    conn: &mut Conn,
    readership: Readership,
    id: ArticleId,
) -> QueryResult<Option<Article>> {
    let query = articles::table
        .filter(articles::id.eq(id))
        .select((Head::as_select(), articles::body))
        .into_boxed();
    let found: Option<(Head, String)> = readable!(query, readership).get_result(conn).optional()?;
    Ok(found.map(|(head, body)| Article { head, body }))
}

/// Whether a name in addresses is some article's.
///
/// # Errors
/// Database errors.
pub fn is_taken(conn: &mut Conn, slug: &Slug) -> QueryResult<bool> {
    let those = articles::table.filter(articles::slug.eq(slug));
    diesel::select(diesel::dsl::exists(those)).get_result(conn)
}

/// What an article says, as a verb leaves it.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// Its title.
    pub title: &'a str,
    /// What it is about.
    pub summary: Option<&'a str>,
    /// Its words.
    pub body: &'a str,
}

/// Where an article is found, as a verb leaves it.
#[derive(Clone, Copy, Debug)]
pub struct Shelved<'a> {
    /// Its category's name.
    pub category: &'a str,
    /// The same in addresses.
    pub category_key: &'a str,
    /// For whom it is.
    pub audience: AudienceKind,
}

/// Adds an article in its first version.
///
/// # Errors
/// Database errors; a unique violation if the slug is taken.
pub fn insert(
    conn: &mut Conn,
    slug: &Slug,
    said: Said<'_>,
    shelved: Shelved<'_>,
    by: PersonId,
    now: Instant,
) -> QueryResult<ArticleId> {
    let id = ArticleId::new(now);
    diesel::insert_into(articles::table)
        .values((
            articles::id.eq(id),
            articles::slug.eq(slug),
            articles::title.eq(said.title),
            articles::sort_title.eq(sort_key(said.title)),
            articles::summary.eq(said.summary),
            articles::body.eq(said.body),
            articles::category.eq(shelved.category),
            articles::category_key.eq(shelved.category_key),
            articles::audience.eq(shelved.audience),
            articles::state.eq(Standing::NEW.state),
            articles::newest_version.eq(Standing::NEW.newest),
            articles::shown_version.eq(Standing::NEW.shown),
            articles::changed_by.eq(by),
            articles::changed_at.eq(At(now)),
        ))
        .execute(conn)?;
    Ok(id)
}

/// What a verb makes of an article.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// Where it stands then.
    pub standing: Standing,
    /// Where it is found.
    pub shelved: Shelved<'a>,
    /// What is shown from now on, where that is another, and who wrote it.
    pub shown: Option<(Said<'a>, PersonId)>,
    /// Whether it is published now.
    pub publishes: bool,
}

/// Makes of an article what a verb has decided if it is still at its version, and counts the change.
///
/// # Errors
/// Database errors.
pub fn update(conn: &mut Conn, head: &Head, change: &Change<'_>, now: Instant) -> QueryResult<Cas> {
    let shown = change.shown.map(|(said, by)| {
        (
            articles::title.eq(said.title),
            articles::sort_title.eq(sort_key(said.title)),
            articles::summary.eq(said.summary),
            articles::body.eq(said.body),
            articles::changed_by.eq(by),
        )
    });
    let is_new = change.shown.is_some() || change.publishes;
    let changes = (
        articles::state.eq(change.standing.state),
        articles::newest_version.eq(change.standing.newest),
        articles::shown_version.eq(change.standing.shown),
        articles::category.eq(change.shelved.category),
        articles::category_key.eq(change.shelved.category_key),
        articles::audience.eq(change.shelved.audience),
        shown,
        is_new.then(|| articles::changed_at.eq(At(now))),
        change
            .publishes
            .then(|| articles::published_at.eq(Some(At(now)))),
    );
    Ok(compare_and_set!(
        conn,
        articles.id = head.id,
        head.version,
        changes
    ))
}

/// Removes an article with everything that belongs to it.
///
/// # Errors
/// Database errors.
pub fn delete(conn: &mut Conn, id: ArticleId) -> QueryResult<()> {
    audiences::forget(conn, id)?;
    let words = article_words::table.filter(article_words::article_id.eq(id));
    diesel::delete(words).execute(conn)?;
    let votes = article_votes::table.filter(article_votes::article_id.eq(id));
    diesel::delete(votes).execute(conn)?;
    let versions = article_versions::table.filter(article_versions::article_id.eq(id));
    diesel::delete(versions).execute(conn)?;
    diesel::delete(articles::table.filter(articles::id.eq(id)))
        .execute(conn)
        .map(drop)
}

orders! {
    /// What articles are listed by.
    pub enum ArticleOrder {
        /// How well they fit what is searched for.
        Relevance = "relevance" by Ranked,
        /// Their titles.
        Title = "title" by Text,
        /// When what is shown of them was changed.
        ChangedAt = "changed_at" by Instant,
    }
}

/// Where an article stands in an order.
pub fn place(by: ArticleOrder, view: &ArticleView) -> Place<ArticleId> {
    let head = &view.head;
    let score = view.found.as_ref().map_or(0, |found| found.score);
    match by {
        ArticleOrder::Relevance => Place::Ranked(score, head.changed_at, head.id),
        ArticleOrder::Title => Place::Text(head.sort_title.clone(), head.id),
        ArticleOrder::ChangedAt => Place::Instant(head.changed_at, head.id),
    }
}

/// Which articles a list holds.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ArticleFilter {
    /// Those that have each of these words, the last by its beginning.
    pub words: Option<String>,
    /// Those of this category, as it is in addresses.
    pub category: Option<String>,
    /// Those in one of these states; all if empty.
    pub state: Vec<State>,
}

/// Leaves out what the filter does not let through, but for words. A macro, because every selection is a type of its own.
macro_rules! passing {
    ($query:expr, $filter:expr) => {{
        let (mut query, filter): (_, &ArticleFilter) = ($query, $filter);
        if let Some(category) = &filter.category {
            query = query.filter(articles::category_key.eq(category.clone()));
        }
        if !filter.state.is_empty() {
            query = query.filter(articles::state.eq_any(filter.state.clone()));
        }
        query
    }};
}
use passing;

type ViewRow = (Head, (String, String));

macro_rules! views {
    () => {
        articles::table
            .inner_join(people::table.on(people::id.eq(articles::changed_by)))
            .select((Head::as_select(), (people::first_name, people::last_name)))
            .into_boxed()
    };
}
use views;

/// Articles that exist for the reader.
///
/// # Errors
/// Database errors.
pub fn list(
    conn: &mut Conn,
    readership: Readership,
    filter: &ArticleFilter,
    window: &Window<ArticleOrder, ArticleId>,
) -> QueryResult<Vec<ArticleView>> {
    if window.sort.by == ArticleOrder::Relevance && finding::has_words(filter) {
        return finding::by_relevance(conn, readership, filter, window);
    }
    let query = readable!(passing!(views!(), filter), readership);
    let query = finding::having!(query, filter);
    let id = articles::id;
    let query = match window.sort.by {
        ArticleOrder::Title => windowed!(query, window, text articles::sort_title, id),
        ArticleOrder::ChangedAt => windowed!(query, window, instant articles::changed_at, id),
        // Where nothing is searched for, all fit alike.
        ArticleOrder::Relevance => {
            let window = &finding::among_alike(window);
            windowed!(query, window, instant articles::changed_at, id)
        }
    };
    let rows = query.load(conn)?;
    let mut views = viewed(conn, rows)?;
    finding::mark(conn, filter, &mut views)?;
    Ok(views)
}

/// How many articles there are for the reader, counted up to `most`.
///
/// # Errors
/// Database errors.
pub fn count(
    conn: &mut Conn,
    readership: Readership,
    filter: &ArticleFilter,
    most: usize,
) -> QueryResult<usize> {
    let query = articles::table.select(articles::id).into_boxed();
    let query = readable!(passing!(query, filter), readership);
    let query = finding::having!(query, filter);
    let along = (articles::sort_title.asc(), articles::id.asc());
    counted!(conn, query, ArticleId, most, along)
}

/// One article with its names, if it exists for the reader.
///
/// # Errors
/// Database errors.
pub fn view(
    conn: &mut Conn,
    readership: Readership,
    id: ArticleId,
) -> QueryResult<Option<ArticleView>> {
    let query = views!().filter(articles::id.eq(id));
    let rows = readable!(query, readership).load(conn)?;
    Ok(viewed(conn, rows)?.pop())
}

/// With the organizations that are named with each.
fn viewed(conn: &mut Conn, rows: Vec<ViewRow>) -> QueryResult<Vec<ArticleView>> {
    let things: Vec<ArticleId> = (rows.iter())
        .filter(|(head, _)| head.audience == AudienceKind::Organizations)
        .map(|(head, _)| head.id)
        .collect();
    let named = audiences::Named::of(conn, &things)?;
    let references = organizations::references(conn, named.organizations())?;
    let organizations_of = |head: &Head| {
        let audience = named.audience(head.id, head.audience);
        let those = audience.organizations().iter();
        let mut those: Vec<OrganizationRef> = those
            .filter_map(|id| Some(OrganizationRef::clone(references.get(id)?)))
            .collect();
        those.sort_by(|one, other| in_order(&one.name, &other.name).then(one.id.cmp(&other.id)));
        those
    };
    let view = |(head, (first, last)): ViewRow| ArticleView {
        organizations: organizations_of(&head),
        changed_by: Named {
            id: head.changed_by,
            name: display_name(&first, &last),
        },
        head,
        found: None,
    };
    Ok(rows.into_iter().map(view).collect())
}
