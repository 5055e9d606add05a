//! The knowledge base: its list, an article, writing one, its versions and its categories (H1).

mod show;
mod suggest;
mod versions;
mod write;

use serde::Serialize;

use super::super::answer::PageResult;
use super::super::form::{Choice, Form};
use super::super::list::{Column, Filter, Filters, Head, MOST_COUNTED};
use super::super::list::{filters, heads, pager, total};
use super::super::page_request::PageRequest;
use super::super::parts::{Link, Pager, Tab};
use super::super::route::{PortalRoute, pages};
use super::place::{HelpPlace, PLACE};
use super::tabs;
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission::{ArticlesView, ArticlesWrite};
use crate::domain::article::State;
use crate::domain::article::search::Piece;
use crate::http::api::articles::{ArticleQuery, Articles};
use crate::http::api_request::may;
use crate::http::list::{Listing, find};
use crate::http::problem::Problem;
use crate::store::articles::{self, ArticleView, Category};

use show::show;
use suggest::suggest;
use versions::{restore, show_version, show_versions};
use write::{
    add, archive, change, edit, new, publish, rate, remove, rename_category, show_categories,
};

/// The tab of these pages.
const TAB: HelpPlace = HelpPlace::Knowledge;

/// The rows of the route table.
pub(in crate::http::portal) fn routes() -> Vec<PortalRoute> {
    pages! { articles:
        GET  "/articles"                                      may(ArticlesView)  => list, "The list of articles";
        POST "/articles"                                      may(ArticlesWrite) => add, "Adds an article";
        GET  "/articles/new"                                  may(ArticlesWrite) => new, "The form that adds an article";
        GET  "/articles/suggestions"                          may(ArticlesView)  => suggest, "Articles about a subject";
        GET  "/articles/categories"                           may(ArticlesWrite) => show_categories, "The categories of articles";
        POST "/articles/categories/{category}"                may(ArticlesWrite) => rename_category, "Gives a category another name";
        GET  "/articles/{article}"                            may(ArticlesView)  => show, "One article";
        POST "/articles/{article}"                            may(ArticlesWrite) => change, "Changes an article, or shows how it would look";
        GET  "/articles/{article}/edit"                       may(ArticlesWrite) => edit, "The form that changes an article";
        POST "/articles/{article}/publish"                    may(ArticlesWrite) => publish, "Shows the newest version of an article to its audience";
        POST "/articles/{article}/archive"                    may(ArticlesWrite) => archive, "Shows an article to nobody any more but those who write";
        POST "/articles/{article}/remove"                     may(ArticlesWrite) => remove, "Removes an article";
        POST "/articles/{article}/helpful"                    may(ArticlesView)  => rate, "Says whether an article was helpful";
        GET  "/articles/{article}/versions"                   may(ArticlesWrite) => show_versions, "The versions of an article";
        GET  "/articles/{article}/versions/{version}"         may(ArticlesWrite) => show_version, "One version, and what changed in it";
        POST "/articles/{article}/versions/{version}/restore" may(ArticlesWrite) => restore, "Writes an earlier version once more";
    }
}

/// The list of articles.
#[derive(Clone, Debug, Serialize)]
pub struct ArticlesPage {
    /// The pages of the place.
    pub tabs: Vec<Tab>,
    /// Views of the list, for who writes; empty for everybody else.
    pub views: Vec<Tab>,
    /// What narrows it.
    pub filters: Filters,
    /// Whether anything narrows it.
    pub filtered: bool,
    /// Heads of the columns.
    pub heads: Vec<Head>,
    /// The articles.
    pub rows: Vec<ArticleRow>,
    /// How many there are.
    pub total: String,
    /// To the next page.
    pub pager: Pager,
    /// Adds an article; for who writes.
    pub add: Option<Link>,
    /// Where categories get other names; for who writes.
    pub categories: Option<Link>,
}

/// One article of the list.
#[derive(Clone, Debug, Serialize)]
pub struct ArticleRow {
    /// Its page.
    pub href: String,
    /// Its title, with what was searched for.
    pub title: Vec<Piece>,
    /// What it is about; may be empty.
    pub summary: String,
    /// What stands around what was found; empty where nothing was searched.
    pub excerpt: Vec<Piece>,
    /// Its category.
    pub category: String,
    /// When it was changed.
    pub changed_at: Instant,
    /// Where it stands, for who writes.
    pub state: Option<State>,
    /// How that looks.
    pub chip: &'static str,
    /// For whom it is, for who writes; may be empty.
    pub audience: String,
}

const COLUMNS: [Column; 3] = [
    Column::said("articles-column-title").sorts("title"),
    Column::said("articles-column-category").wide(),
    Column::said("articles-column-changed")
        .sorts("-changed_at")
        .wide(),
];

async fn list(req: PageRequest) -> PageResult {
    let query: ArticleQuery = req.list_query("")?;
    let (reader, asked) = (req.clone(), query.clone());
    let (found, categories) = req
        .read_or_search(Articles::searches(&query), move |conn| {
            let asker = reader.asker()?;
            let found = find::<Articles>(conn, asker, &asked, Some(MOST_COUNTED))?;
            Ok((found, categories(conn, &reader)?))
        })
        .await?;
    let words = req.words();
    let choice = |category: Category| Choice::new(category.key, category.name);
    let fields = vec![
        Filter::search(&req, ArticleQuery::q(), words.say("articles-search", &[])),
        Filter::choice(
            &req,
            ArticleQuery::category(),
            categories.into_iter().map(choice).collect(),
        ),
    ];
    let filters = filters(&req, fields);
    let filtered = filters.any || req.asked("state").is_some();
    let writes = req.can(ArticlesWrite);
    let page = ArticlesPage {
        tabs: tabs(&req, TAB),
        views: if writes { views(&req) } else { Vec::new() },
        heads: heads(&req, &COLUMNS, &Articles::sort(&query).to_string()),
        rows: found.rows.iter().map(|view| row(&req, view)).collect(),
        total: total(words, found.count, filtered),
        pager: pager(&req, &found),
        add: writes.then(|| Link::new(words.say("article-add-button", &[]), "/articles/new")),
        categories: writes
            .then(|| Link::new(words.say("article-categories", &[]), "/articles/categories")),
        filters,
        filtered,
    };
    req.show(PLACE, "articles", &page)
}

fn categories(conn: &mut Conn, req: &PageRequest) -> Result<Vec<Category>, Problem> {
    let readership = articles::readership(conn, req.access()?)?;
    Ok(articles::categories(conn, readership)?)
}

fn views(req: &PageRequest) -> Vec<Tab> {
    let words = req.words();
    let current = req.asked("state");
    let tab = |value: Option<&str>, label: String| Tab {
        label,
        href: req.here("state", value),
        count: None,
        current: value == current,
    };
    let each = |state: &&str| tab(Some(state), words.say_of("article-state", state, &[]));
    std::iter::once(tab(None, words.say("list-all", &[])))
        .chain(State::NAMES.iter().map(each))
        .collect()
}

fn row(req: &PageRequest, view: &ArticleView) -> ArticleRow {
    let head = &view.head;
    let writes = req.can(ArticlesWrite);
    let (title, excerpt) = match &view.found {
        Some(found) if !found.title.is_empty() => (found.title.clone(), found.excerpt.clone()),
        _ => {
            let whole = Piece {
                text: head.title.clone(),
                hit: false,
            };
            (vec![whole], Vec::new())
        }
    };
    ArticleRow {
        href: format!("/articles/{}", head.slug),
        title,
        summary: head.summary.clone().unwrap_or_default(),
        excerpt,
        category: head.category.clone(),
        changed_at: head.changed_at,
        state: writes.then_some(head.state),
        chip: chip(head.state),
        audience: match writes {
            true => audience(req, view),
            false => String::new(),
        },
    }
}

/// How a state looks.
fn chip(state: State) -> &'static str {
    match state {
        State::Draft => "bell",
        State::Published => "good",
        State::Archived => "plain",
    }
}

/// For whom an article is, in words.
fn audience(req: &PageRequest, view: &ArticleView) -> String {
    let names: Vec<&str> = (view.organizations.iter())
        .map(|organization| organization.name.as_str())
        .collect();
    match names.is_empty() {
        true => {
            let audience = view.head.audience.as_str();
            req.words().say_of("audience", audience, &[])
        }
        false => names.join(", "),
    }
}

/// The categories with a form each.
#[derive(Clone, Debug, Serialize)]
pub struct CategoriesPage {
    /// The pages of the place.
    pub tabs: Vec<Tab>,
    /// Each category.
    pub categories: Vec<CategoryForm>,
}

/// One category.
#[derive(Clone, Debug, Serialize)]
pub struct CategoryForm {
    /// Its name, how many articles it has, and the list of them.
    pub name: String,
    /// How many articles it has, in words.
    pub count: String,
    /// The list of them.
    pub href: String,
    /// Gives it another name.
    pub form: Form,
}
