//! The knowledge base: finding articles, writing them, their versions, and whether they helped (H1).

use super::addresses::VersionNumber;
use super::documents::{
    ArticleDocument, DifferenceDocument, SuggestionDocument, VersionDocument, VersionSummary,
};
use crate::db::Conn;
use crate::domain::access::Permission::{ArticlesView, ArticlesWrite};
use crate::domain::article::State;
use crate::domain::article::difference::difference;
use crate::domain::ids::ArticleId;
use crate::domain::order::{Place, Sort, Window};
use crate::domain::text::Subject;
use crate::http::api_request::{ApiRequest, Guarded, may};
use crate::http::list::{self, Asker, ListQuery, Listing, list_query};
use crate::http::pagination::{Limit, Page, Paging};
use crate::http::problem::Problem;
use crate::http::reply::{Created, Done, Reply};
use crate::http::route::{Route, table};
use crate::input::{CommaList, Whole, input};
use crate::store::articles::{
    self, Article, ArticleFilter, ArticleOrder, ArticleRef, ArticleView, Version,
};
use crate::workflow::articles::{
    AddArticle, RateArticle, UpdateArticle, add_article, archive_article, publish_article,
    rate_article, remove_article, restore_version, update_article,
};

/// How many articles are suggested at the most.
const MOST_SUGGESTED: usize = 5;
/// How many comments are told.
pub(in crate::http) const MOST_COMMENTS: i64 = 50;

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { articles:
        GET    "/articles"             may(ArticlesView)  => list, "Articles that are for you, by title, or by how well they fit what is searched for";
        POST   "/articles"             may(ArticlesWrite) => add, "Adds an article, as a draft or published at once";
        GET    "/articles/suggestions" may(ArticlesView)  => suggest, "Published articles that are about the same as the subject of a case, the likeliest first";
        GET    "/articles/{article}"   may(ArticlesView)  => show, "One article, by id or slug";
        PATCH  "/articles/{article}"   may(ArticlesWrite) => change, "Changes an article (merge patch); what is written of a published one waits until it is published";
        DELETE "/articles/{article}"   may(ArticlesWrite) => remove, "Removes an article that is not published, with its versions";
        POST   "/articles/{article}/publish" may(ArticlesWrite) => publish, "Shows the newest version of an article to its audience";
        POST   "/articles/{article}/archive" may(ArticlesWrite) => archive, "Shows a published article to nobody any more but those who write";
        POST   "/articles/{article}/helpful" may(ArticlesView)  => rate, "Says whether an article was helpful; you have one vote, which you may change";
        GET    "/articles/{article}/versions" may(ArticlesWrite) => versions, "The versions of an article, the newest first";
        GET    "/articles/{article}/versions/{version}" may(ArticlesWrite) => version, "One version of an article, and what changed in it";
        POST   "/articles/{article}/versions/{version}/restore" may(ArticlesWrite) => restore, "Writes an earlier version of an article once more, as its newest";
    }
}

list_query! {
    /// Which articles.
    pub struct ArticleQuery by ArticleOrder, Sort::ascending(ArticleOrder::Title), {
        /// Words that they have, in any order; the last may be the beginning of one.
        q: Option<String>,
        /// Of this category, by its key.
        category: Option<String>,
        /// In one of these states; only those who write see others than `published`.
        state: CommaList<State>,
    }
}

/// The articles that somebody may read.
pub struct Articles;

impl Listing for Articles {
    const NAME: &'static str = "articles";
    type Query = ArticleQuery;
    type Filter = ArticleFilter;
    type Row = ArticleView;
    type Id = ArticleId;

    /// What is searched for is ordered by how well it fits.
    fn sort(query: &ArticleQuery) -> Sort<ArticleOrder> {
        match (query.sort, &query.q) {
            (None, Some(_)) => Sort::descending(ArticleOrder::Relevance),
            _ => query.sort(),
        }
    }

    fn searches(query: &ArticleQuery) -> bool {
        query.q.is_some()
    }

    fn filter(_: &mut Conn, _: Asker<'_>, query: &ArticleQuery) -> Result<ArticleFilter, Problem> {
        Ok(ArticleFilter {
            words: query.q.clone(),
            category: query.category.clone(),
            state: query.state.0.clone(),
        })
    }

    fn rows(
        conn: &mut Conn,
        asker: Asker<'_>,
        filter: &ArticleFilter,
        window: &Window<ArticleOrder, ArticleId>,
    ) -> Result<Vec<ArticleView>, Problem> {
        let readership = articles::readership(conn, asker.access)?;
        Ok(articles::list(conn, readership, filter, window)?)
    }

    fn count(
        conn: &mut Conn,
        asker: Asker<'_>,
        filter: &ArticleFilter,
        most: usize,
    ) -> Result<usize, Problem> {
        let readership = articles::readership(conn, asker.access)?;
        Ok(articles::count(conn, readership, filter, most)?)
    }

    fn place(by: ArticleOrder, view: &ArticleView) -> Place<ArticleId> {
        articles::place(by, view)
    }
}

async fn list(
    req: ApiRequest<(), (), ArticleQuery>,
) -> Result<Reply<Page<ArticleDocument>>, Problem> {
    let page = match Articles::searches(&req.query) {
        true => req.search(found).await?,
        false => req.read(found).await?,
    };
    Reply::new(&page)
}

fn found(
    conn: &mut Conn,
    req: &ApiRequest<(), (), ArticleQuery>,
) -> Result<Page<ArticleDocument>, Problem> {
    let found = list::answer::<Articles>(conn, req.asker(), &req.query)?;
    let reader = req.reader();
    Ok(found.page(|view| ArticleDocument::new(&reader, &view)))
}

async fn add(req: ApiRequest<(), AddArticle>) -> Result<Created<ArticleDocument>, Problem> {
    req.write(|conn, req| {
        let id = add_article(conn, &req.principal.actor, &req.body, req.now)?;
        let document = document(conn, req, id)?;
        let location = format!("/api/v1/articles/{id}");
        Ok(answer(&document)?.location(location))
    })
    .await
}

input! {
    /// About what articles are looked for.
    pub struct SuggestionQuery {
        /// The subject of a case, as far as it is typed.
        subject: Subject,
    }
}

async fn suggest(
    req: ApiRequest<(), (), SuggestionQuery>,
) -> Result<Reply<Page<SuggestionDocument>>, Problem> {
    let found = req
        .search(|conn, req| {
            let access = req.principal.access();
            suggestions(conn, access, req.query.subject.as_str())
        })
        .await?;
    let items = found.iter().map(SuggestionDocument::from);
    Reply::new(&Page::whole(items.collect()))
}

/// The articles that are suggested to somebody about a subject.
///
/// # Errors
/// Database errors.
pub(in crate::http) fn suggestions(
    conn: &mut Conn,
    access: &crate::domain::access::Access,
    subject: &str,
) -> Result<Vec<ArticleView>, Problem> {
    if !access.can(ArticlesView) {
        return Ok(Vec::new());
    }
    let readership = articles::readership(conn, access)?;
    let most = MOST_SUGGESTED;
    Ok(articles::suggest(conn, readership, subject, most)?)
}

async fn show(req: ApiRequest<ArticleRef>) -> Result<Reply<ArticleDocument>, Problem> {
    let document = req
        .read(|conn, req| {
            let id = named(conn, req, &req.address)?;
            document(conn, req, id)
        })
        .await?;
    answer(&document)
}

async fn change(
    req: ApiRequest<Guarded<ArticleRef>, UpdateArticle>,
) -> Result<Reply<ArticleDocument>, Problem> {
    req.write(|conn, req| {
        let (actor, id) = (&req.principal.actor, named(conn, req, &req.address)?);
        update_article(conn, actor, id, req.expected(), &req.body, req.now)?;
        answer(&document(conn, req, id)?)
    })
    .await
}

async fn remove(req: ApiRequest<Guarded<ArticleRef>>) -> Result<Done, Problem> {
    req.write(|conn, req| {
        let (actor, id) = (&req.principal.actor, named(conn, req, &req.address)?);
        remove_article(conn, actor, id, req.expected(), req.now)?;
        Ok(Done::done())
    })
    .await
}

async fn publish(
    req: ApiRequest<Guarded<ArticleRef>, ()>,
) -> Result<Reply<ArticleDocument>, Problem> {
    req.write(|conn, req| {
        let (actor, id) = (&req.principal.actor, named(conn, req, &req.address)?);
        publish_article(conn, actor, id, req.expected(), req.now)?;
        answer(&document(conn, req, id)?)
    })
    .await
}

async fn archive(
    req: ApiRequest<Guarded<ArticleRef>, ()>,
) -> Result<Reply<ArticleDocument>, Problem> {
    req.write(|conn, req| {
        let (actor, id) = (&req.principal.actor, named(conn, req, &req.address)?);
        archive_article(conn, actor, id, req.expected(), req.now)?;
        answer(&document(conn, req, id)?)
    })
    .await
}

async fn rate(req: ApiRequest<ArticleRef, RateArticle>) -> Result<Reply<ArticleDocument>, Problem> {
    req.write(|conn, req| {
        let (actor, id) = (&req.principal.actor, named(conn, req, &req.address)?);
        rate_article(conn, actor, id, &req.body, req.now)?;
        answer(&document(conn, req, id)?)
    })
    .await
}

input! {
    /// Which part of the versions.
    pub struct VersionsQuery {
        /// How many a page has, 25 if not given.
        limit: Option<Limit>,
        /// Behind the page that gave this.
        cursor: Option<String>,
    }
}

async fn versions(
    req: ApiRequest<ArticleRef, (), VersionsQuery>,
) -> Result<Reply<Page<VersionSummary>>, Problem> {
    let page = req
        .read(|conn, req| {
            let article = read(conn, req, &req.address)?;
            let (shown, id) = (article.head.shown_version, article.head.id);
            let (limit, cursor) = (req.query.limit, req.query.cursor.as_deref());
            let paging: Paging<i64> = Paging::read("article versions", &id, limit, cursor)?;
            let most = paging.fetch();
            let mut found = articles::versions(conn, id, paging.after, most)?;
            let next_cursor = paging.next(&mut found, |version| version.number);
            Ok(Page {
                items: (found.iter())
                    .map(|version| VersionSummary::new(version, shown))
                    .collect(),
                next_cursor,
                count: None,
            })
        })
        .await?;
    Reply::new(&page)
}

input! {
    /// From which version on changes are told.
    pub struct VersionQuery {
        /// The number of another version; the one before if not given.
        from: Option<Whole<1, 1_000_000>>,
    }
}

async fn version(
    req: ApiRequest<(ArticleRef, VersionNumber), (), VersionQuery>,
) -> Result<Reply<VersionDocument>, Problem> {
    let document = req
        .read(|conn, req| {
            let (article, number) = &req.address;
            let article = read(conn, req, article)?;
            let from = req.query.from.map(Whole::get);
            let (version, before) = compared(conn, &article, number.0, from)?;
            let shown = article.head.shown_version;
            let changed = changed(&version, before.as_ref());
            Ok(VersionDocument::new(&version, shown, changed))
        })
        .await?;
    Reply::new(&document)
}

/// A version of an article, and the one with which it is compared: the one before if no other is asked for.
///
/// # Errors
/// [`crate::http::problem::Code::NotFound`] if there is no such version; database errors.
pub(in crate::http) fn compared(
    conn: &mut Conn,
    article: &Article,
    number: i64,
    from: Option<i64>,
) -> Result<(Version, Option<Version>), Problem> {
    let id = article.head.id;
    let version = articles::version(conn, id, number)?.ok_or_else(Problem::not_found)?;
    let before = match from.unwrap_or(number - 1) {
        ..1 => None,
        other => Some(articles::version(conn, id, other)?.ok_or_else(Problem::not_found)?),
    };
    Ok((version, before))
}

fn changed(version: &Version, before: Option<&Version>) -> DifferenceDocument {
    let title = before.map(|before| &before.head.title);
    let body = before.map_or("", |before| &before.body);
    DifferenceDocument {
        from: before.map(|before| before.head.number),
        title: title.filter(|title| **title != version.head.title).cloned(),
        lines: difference(body, &version.body),
    }
}

async fn restore(
    req: ApiRequest<Guarded<(ArticleRef, VersionNumber)>, ()>,
) -> Result<Reply<ArticleDocument>, Problem> {
    req.write(|conn, req| {
        let (article, number) = &*req.address;
        let (actor, id) = (&req.principal.actor, named(conn, req, article)?);
        let expected = req.expected();
        restore_version(conn, actor, (id, number.0), expected, req.now)?;
        answer(&document(conn, req, id)?)
    })
    .await
}

/// The article that a path names, if it exists for the caller.
fn named<A, B, Q>(
    conn: &mut Conn,
    req: &ApiRequest<A, B, Q>,
    article: &ArticleRef,
) -> Result<ArticleId, Problem> {
    let readership = articles::readership(conn, req.principal.access())?;
    let found = articles::id_of(conn, readership, article)?;
    found.ok_or_else(Problem::not_found)
}

fn read<A, B, Q>(
    conn: &mut Conn,
    req: &ApiRequest<A, B, Q>,
    article: &ArticleRef,
) -> Result<Article, Problem> {
    let readership = articles::readership(conn, req.principal.access())?;
    let id = named(conn, req, article)?;
    let found = articles::find(conn, readership, id)?;
    found.ok_or_else(Problem::not_found)
}

fn document<A, B, Q>(
    conn: &mut Conn,
    req: &ApiRequest<A, B, Q>,
    id: ArticleId,
) -> Result<ArticleDocument, Problem> {
    let access = req.principal.access();
    let readership = articles::readership(conn, access)?;
    let view = articles::view(conn, readership, id)?.ok_or_else(Problem::not_found)?;
    let article = articles::find(conn, readership, id)?.ok_or_else(Problem::not_found)?;
    let vote = articles::vote_of(conn, id, access.person)?;
    let document = ArticleDocument::new(&req.reader(), &view).whole(&article.body, vote);
    Ok(match readership.writes {
        true => {
            let counts = articles::counts(conn, id)?;
            let comments = articles::comments(conn, id, MOST_COMMENTS)?;
            document.found_helpful(counts, &comments)
        }
        false => document,
    })
}

fn answer<const STATUS: u16>(
    document: &ArticleDocument,
) -> Result<Reply<ArticleDocument, STATUS>, Problem> {
    let reply = Reply::new(document)?;
    Ok(match document.version {
        Some(version) => reply.version(version),
        None => reply,
    })
}
