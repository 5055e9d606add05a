//! Articles of the knowledge base: written, published, archived, removed, and found helpful or not (H1).

mod shelf;

use super::administer::{refused, taken};
use super::audience::{ForWhom, audience, fields as audience_fields};
use super::{Actor, Expected, Rejection, VerbResult, publish, settled, unchanged};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::article::{Standing, State, Verb, transition};
use crate::domain::audience::Audience;
use crate::domain::event::{AdministrativeEvent, ArticleEvent, ArticleFields, Changed};
use crate::domain::ids::ArticleId;
use crate::domain::text::{Markdown, Note, Summary, Title, tidy};
use crate::input::{Patch, input};
use crate::store::articles::{self, Article, Change, Head, Readership, Said, Shelved, Vote};
use crate::store::audiences::{self, Listener, Named};

pub use shelf::{RenameCategory, rename_category};

use shelf::{Category, free_slug};

input! {
    /// A new article.
    pub struct AddArticle {
        /// Its title.
        title: Title,
        /// What it is about, in a sentence.
        summary: Option<Summary>,
        /// Its words.
        body: Markdown,
        /// The category in which it is found. One that there is not yet comes to be with it.
        category: Title,
        /// For whom it is.
        audience: ForWhom,
        /// `draft`, or `published` at once; a draft if not given.
        state: Option<State>,
    }
}

input! {
    /// Changes to an article. What is written of a published one waits until it is published; where it is found, and for whom it
    /// is, holds at once.
    pub struct UpdateArticle {
        /// Its title.
        title: Patch<Title>,
        /// What it is about, in a sentence.
        summary: Patch<Option<Summary>>,
        /// Its words.
        body: Patch<Markdown>,
        /// The category in which it is found.
        category: Patch<Title>,
        /// For whom it is.
        audience: Patch<ForWhom>,
    }
}

input! {
    /// Whether an article was helpful.
    pub struct RateArticle {
        /// Whether it was.
        helpful: bool,
        /// What was missing, or what helped.
        comment: Option<Note>,
    }
}

/// Adds an article.
///
/// # Errors
/// [`Rejection::Denied`], `Field`, `Parts`.
pub fn add_article(
    conn: &mut Conn,
    actor: &Actor,
    add: &AddArticle,
    now: Instant,
) -> VerbResult<ArticleId> {
    actor.require(Permission::ArticlesWrite)?;
    let state = add.state.unwrap_or(State::Draft);
    if state == State::Archived {
        return Err(refused("state", "begins_archived", state).into());
    }
    let audience = audience(conn, actor, &add.audience)?;
    let category = Category::named(conn, &add.category)?;
    let slug = free_slug(conn, &add.title)?;
    let title = tidy(add.title.as_str());
    let said = Said {
        title: &title,
        summary: add.summary.as_ref().map(Summary::as_str),
        body: add.body.as_str(),
    };
    let shelved = Shelved {
        category: &category.name,
        category_key: &category.key,
        audience: audience.kind(),
    };
    let id = articles::insert(conn, &slug, said, shelved, actor.id(), now)
        .map_err(|error| taken(error, "title", &title))?;
    articles::add_version(conn, id, Standing::NEW.newest, said, actor.id(), now)?;
    audiences::set(conn, id, &audience)?;
    if state == State::Published {
        let draft = found(conn, id)?;
        let standing = transition(draft.head.standing(), Verb::Publish)?;
        let change = Change {
            standing: standing.unwrap_or(Standing::NEW),
            shelved,
            shown: None,
            publishes: true,
        };
        settled(articles::update(conn, &draft.head, &change, now)?, None)?;
    }
    let article = found(conn, id)?;
    articles::index(conn, &article)?;
    let event = ArticleEvent::Added(id, fields(conn, &article)?);
    published(conn, actor, event, now)?;
    Ok(id)
}

/// Changes an article: what it says, where it is found, for whom it is.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Stale`, `Field`, `Parts`.
pub fn update_article(
    conn: &mut Conn,
    actor: &Actor,
    id: ArticleId,
    expected: Expected<'_>,
    update: &UpdateArticle,
    now: Instant,
) -> VerbResult<ArticleId> {
    let before = writable(conn, actor, id, expected)?;
    // What waits to be published is what one writes on.
    let newest = articles::version(conn, id, before.head.newest_version)?;
    let newest = newest.ok_or(Rejection::NotFound)?;
    let title = update.title.as_option().map(|title| tidy(title.as_str()));
    let said = Said {
        title: title.as_deref().unwrap_or(&newest.head.title),
        summary: match update.summary.as_option() {
            Some(summary) => summary.as_ref().map(Summary::as_str),
            None => newest.summary.as_deref(),
        },
        body: (update.body.as_option()).map_or(newest.body.as_str(), Markdown::as_str),
    };
    let is_written = said.title != newest.head.title
        || said.summary != newest.summary.as_deref()
        || said.body != newest.body;
    let category = match update.category.as_option() {
        Some(name) => Category::named(conn, name)?,
        None => Category {
            name: before.head.category.clone(),
            key: before.head.category_key.clone(),
        },
    };
    let was = audience_of(conn, &before.head)?;
    let audience = match &update.audience {
        Patch::Keep => was.clone(),
        Patch::Set(whom) => audience(conn, actor, whom)?,
    };
    let standing = match is_written {
        true => transition(before.head.standing(), Verb::Write)?,
        false => Some(before.head.standing()),
    };
    let standing = standing.ok_or(Rejection::NotFound)?;
    let is_shown = is_written && standing.shown == standing.newest;
    let change = Change {
        standing,
        shelved: Shelved {
            category: &category.name,
            category_key: &category.key,
            audience: audience.kind(),
        },
        shown: is_shown.then_some((said, actor.id())),
        publishes: false,
    };
    let is_same = !is_written && category.name == before.head.category && audience == was;
    if is_same {
        return Ok(id);
    }
    let fields_before = fields(conn, &before)?;
    // First, so that whoever comes second at the same moment is told, and writes nothing.
    let written = articles::update(conn, &before.head, &change, now)?;
    settled(written, expected)?;
    if is_written {
        articles::add_version(conn, id, standing.newest, said, actor.id(), now)?;
    }
    audiences::set(conn, id, &audience)?;
    let after = found(conn, id)?;
    articles::index(conn, &after)?;
    let changed = Changed {
        before: fields_before,
        after: fields(conn, &after)?,
    };
    published(conn, actor, ArticleEvent::Changed(id, changed), now)?;
    Ok(id)
}

/// Shows the newest version of an article to its audience.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Stale`, `Article`.
pub fn publish_article(
    conn: &mut Conn,
    actor: &Actor,
    id: ArticleId,
    expected: Expected<'_>,
    now: Instant,
) -> VerbResult<ArticleId> {
    let before = writable(conn, actor, id, expected)?;
    let standing = transition(before.head.standing(), Verb::Publish)?;
    let standing = standing.ok_or(Rejection::NotFound)?;
    let newest = articles::version(conn, id, standing.newest)?;
    let newest = newest.ok_or(Rejection::NotFound)?;
    let said = Said {
        title: &newest.head.title,
        summary: newest.summary.as_deref(),
        body: &newest.body,
    };
    let change = Change {
        standing,
        shelved: shelved(&before),
        shown: Some((said, newest.head.written_by.id)),
        publishes: true,
    };
    let changed = moved(conn, &before, &change, expected, now)?;
    published(conn, actor, ArticleEvent::Published(id, changed), now)?;
    Ok(id)
}

/// Shows an article to nobody any more but those who write.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Stale`, `Article`.
pub fn archive_article(
    conn: &mut Conn,
    actor: &Actor,
    id: ArticleId,
    expected: Expected<'_>,
    now: Instant,
) -> VerbResult<ArticleId> {
    let before = writable(conn, actor, id, expected)?;
    let standing = transition(before.head.standing(), Verb::Archive)?;
    let change = Change {
        standing: standing.ok_or(Rejection::NotFound)?,
        shelved: shelved(&before),
        shown: None,
        publishes: false,
    };
    let changed = moved(conn, &before, &change, expected, now)?;
    published(conn, actor, ArticleEvent::Archived(id, changed), now)?;
    Ok(id)
}

/// Removes an article for good, with its versions and what was found of it.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Stale`, `Article`.
pub fn remove_article(
    conn: &mut Conn,
    actor: &Actor,
    id: ArticleId,
    expected: Expected<'_>,
    now: Instant,
) -> VerbResult<()> {
    let article = writable(conn, actor, id, expected)?;
    transition(article.head.standing(), Verb::Remove)?;
    let fields = fields(conn, &article)?;
    let stays = Change {
        standing: article.head.standing(),
        shelved: shelved(&article),
        shown: None,
        publishes: false,
    };
    // First, so that what somebody publishes at the same moment is not removed by it.
    let locked = articles::update(conn, &article.head, &stays, now)?;
    settled(locked, expected)?;
    articles::delete(conn, id)?;
    published(conn, actor, ArticleEvent::Removed(id, fields), now)
}

/// Writes an earlier version of an article once more, as its newest.
///
/// # Errors
/// [`Rejection::NotFound`], also if there is no such version, `Denied`, `Stale`.
pub fn restore_version(
    conn: &mut Conn,
    actor: &Actor,
    (id, number): (ArticleId, i64),
    expected: Expected<'_>,
    now: Instant,
) -> VerbResult<ArticleId> {
    writable(conn, actor, id, expected)?;
    let version = articles::version(conn, id, number)?.ok_or(Rejection::NotFound)?;
    let unreadable = |_| Rejection::NotFound;
    let update = UpdateArticle {
        title: Patch::Set(Title::parse(&version.head.title).map_err(unreadable)?),
        summary: Patch::Set(match &version.summary {
            Some(summary) => Some(Summary::parse(summary).map_err(unreadable)?),
            None => None,
        }),
        body: Patch::Set(Markdown::parse(&version.body).map_err(unreadable)?),
        category: Patch::Keep,
        audience: Patch::Keep,
    };
    update_article(conn, actor, id, expected, &update, now)
}

/// Keeps whether somebody found an article helpful that they may read. Each has one vote, which they may change.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Article` for one that is not published.
pub fn rate_article(
    conn: &mut Conn,
    actor: &Actor,
    id: ArticleId,
    rate: &RateArticle,
    now: Instant,
) -> VerbResult<()> {
    let readership = articles::readership(conn, &actor.access)?;
    let found = articles::find(conn, readership, id)?;
    let article = found.ok_or(Rejection::NotFound)?;
    actor.require(Permission::ArticlesView)?;
    // Those who write see drafts, of which nobody has a use yet.
    transition(article.head.standing(), Verb::Rate)?;
    let vote = Vote {
        helpful: rate.helpful,
        comment: rate.comment.as_ref().map(Note::to_string),
    };
    Ok(articles::vote(conn, id, actor.id(), &vote, now)?)
}

/// An article that the actor writes, at the version that they know.
fn writable(
    conn: &mut Conn,
    actor: &Actor,
    id: ArticleId,
    expected: Expected<'_>,
) -> VerbResult<Article> {
    let readership = articles::readership(conn, &actor.access)?;
    let article = articles::find(conn, readership, id)?.ok_or(Rejection::NotFound)?;
    actor.require(Permission::ArticlesWrite)?;
    unchanged(expected, article.head.version)?;
    Ok(article)
}

/// An article, whoever reads it.
fn found(conn: &mut Conn, id: ArticleId) -> VerbResult<Article> {
    let everything = Readership {
        listener: Listener::Keeper,
        writes: true,
    };
    Ok(articles::find(conn, everything, id)?.ok_or(Rejection::NotFound)?)
}

fn shelved(article: &Article) -> Shelved<'_> {
    Shelved {
        category: &article.head.category,
        category_key: &article.head.category_key,
        audience: article.head.audience,
    }
}

/// Writes where an article stands now, and tells what has changed.
fn moved(
    conn: &mut Conn,
    before: &Article,
    change: &Change<'_>,
    expected: Expected<'_>,
    now: Instant,
) -> VerbResult<Changed<ArticleFields>> {
    settled(articles::update(conn, &before.head, change, now)?, expected)?;
    let after = found(conn, before.head.id)?;
    articles::index(conn, &after)?;
    Ok(Changed {
        before: fields(conn, before)?,
        after: fields(conn, &after)?,
    })
}

/// For whom an article is.
fn audience_of(conn: &mut Conn, head: &Head) -> VerbResult<Audience> {
    Ok(Named::of(conn, &[head.id])?.audience(head.id, head.audience))
}

fn fields(conn: &mut Conn, article: &Article) -> VerbResult<ArticleFields> {
    let head = &article.head;
    Ok(ArticleFields {
        title: head.title.clone(),
        summary: head.summary.clone(),
        category: head.category.clone(),
        audience: audience_fields(&audience_of(conn, head)?),
        state: head.state,
        newest_version: head.newest_version,
        shown_version: head.shown_version,
    })
}

fn published(conn: &mut Conn, actor: &Actor, event: ArticleEvent, now: Instant) -> VerbResult<()> {
    publish::administrative(conn, actor, AdministrativeEvent::Article(event), now)
}
