//! Writing articles: the form with how it would look, and what becomes of an article.

use actix_web::http::StatusCode;
use serde::Serialize;

use super::super::place::PLACE;
use super::super::{audience, offered, tabs};
use super::show::{self, shown};
use super::{CategoriesPage, CategoryForm, TAB, categories};
use crate::db::Conn;
use crate::domain::ids::ArticleId;
use crate::http::api::addresses::CategoryKey;
use crate::http::api::documents::{AudienceDocument, audience_of};
use crate::http::portal::act::{By, FormPage};
use crate::http::portal::answer::PageResult;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::form::{Choice, Control, Form};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::Tab;
use crate::http::problem::Problem;
use crate::store::articles::{self, ArticleRef, Version};
use crate::words::markdown::{Rendered, page_of};
use crate::workflow::articles::{
    AddArticle, RateArticle, RenameCategory, UpdateArticle, add_article, archive_article,
    publish_article, rate_article, remove_article, rename_category as rename, update_article,
};

/// What the button of the form sends that shows how an article would look.
const PREVIEW: (&str, &str) = ("step", "preview");

/// Writing an article.
#[derive(Clone, Debug, Serialize)]
pub struct WritePage {
    /// The pages of the place.
    pub tabs: Vec<Tab>,
    /// That a new one is written, or which.
    pub title: String,
    /// What follows from saving it.
    pub about: String,
    /// What to write.
    pub form: Form,
    /// How it would look, if that was asked for.
    pub preview: Option<Preview>,
    /// Where one goes on without saving.
    pub back: String,
}

/// How an article would look.
#[derive(Clone, Debug, Serialize)]
pub struct Preview {
    /// Its title.
    pub title: String,
    /// Its words.
    pub body: Rendered,
}

/// What the form shows.
#[derive(Clone, Debug, Default)]
struct Written {
    title: String,
    summary: String,
    body: String,
    category: String,
    audience: Option<AudienceDocument>,
}

/// What the form offers.
struct Choices {
    categories: Vec<String>,
    organizations: Vec<Choice>,
}

fn choices(conn: &mut Conn, req: &PageRequest) -> Result<Choices, Problem> {
    let organizations = offered(conn)?;
    let categories = categories(conn, req)?;
    Ok(Choices {
        categories: categories.into_iter().map(|one| one.name).collect(),
        organizations,
    })
}

fn controls(req: &PageRequest, written: &Written, choices: &Choices) -> Vec<Control> {
    let words = req.words();
    let label = |key| words.say_of("label", key, &[]);
    let hint = |key| words.say_of("hint", key, &[]);
    let mut controls = vec![
        Control::of(AddArticle::title(), label("article-title")).value(&written.title),
        Control::of(AddArticle::summary(), label("article-summary"))
            .hint(hint("article-summary"))
            .value(&written.summary),
        Control::of(AddArticle::body(), label("article-body"))
            .hint(hint("article-body"))
            .value(&written.body),
        Control::of(AddArticle::category(), label("article-category"))
            .hint(hint("article-category"))
            .suggestions(choices.categories.clone())
            .value(&written.category),
    ];
    let whom = written.audience.as_ref();
    controls.extend(audience(req, &choices.organizations, whom));
    controls
}

/// The page that writes a new article, or on one.
enum Writing {
    New,
    On(ArticleRef),
}

impl Writing {
    async fn page(&self, req: &PageRequest) -> Result<WritePage, Problem> {
        let words = req.words();
        let reader = req.clone();
        let article = match self {
            Self::New => {
                let choices = req.read(move |conn| choices(conn, &reader)).await?;
                let controls = controls(req, &Written::default(), &choices);
                let button = words.say("article-save-draft", &[]);
                return Ok(WritePage {
                    tabs: tabs(req, TAB),
                    title: words.say("article-add-button", &[]),
                    about: words.say("article-new-about", &[]),
                    form: Form::new("article", "/articles", button, controls),
                    preview: None,
                    back: "/articles".to_owned(),
                });
            }
            Self::On(article) => article.clone(),
        };
        let (shown, newest, choices) = req
            .read(move |conn| {
                let shown = show::read(conn, &reader, &article)?;
                let head = &shown.view.head;
                let newest = articles::version(conn, head.id, head.newest_version)?;
                let newest: Version = newest.ok_or_else(Problem::not_found)?;
                let choices = choices(conn, &reader)?;
                Ok((shown, newest, choices))
            })
            .await?;
        let head = &shown.view.head;
        let written = Written {
            title: newest.head.title,
            summary: newest.summary.unwrap_or_default(),
            body: newest.body,
            category: head.category.clone(),
            audience: Some(audience_of(&shown.view)),
        };
        let controls = controls(req, &written, &choices);
        let back = format!("/articles/{}", head.slug);
        let button = words.say("article-save", &[]);
        let is_published = head.state == crate::domain::article::State::Published;
        Ok(WritePage {
            tabs: tabs(req, TAB),
            title: words.say("article-edit", &[("title", head.title.as_str().into())]),
            about: match is_published {
                true => words.say("article-edit-published", &[]),
                false => words.say("article-edit-about", &[]),
            },
            form: Form::new("article", back.clone(), button, controls).guarded(head.version),
            preview: None,
            back,
        })
    }
}

impl FormPage<String> for Writing {
    async fn done(&self, req: &PageRequest, slug: String) -> PageResult {
        let done = match self {
            Self::New => Done::ArticleAdded,
            Self::On(_) => Done::ArticleSaved,
        };
        Ok(req.go(format!("/articles/{slug}"), Some(Flash::new(done))))
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        let mut page = self.page(req).await?;
        page.form = page.form.refused_for(req.words(), &req.typed, &problem);
        req.show_again(problem.code().status(), PLACE, "article-write", &page)
    }
}

/// Whether it is asked how what was typed would look.
fn previews(req: &PageRequest) -> bool {
    let (name, value) = PREVIEW;
    req.typed.get(name).is_some_and(|step| step == value)
}

/// The form as it was typed, with how it would look.
async fn preview(req: &PageRequest, writing: &Writing) -> PageResult {
    let typed = |name: &str| req.typed.get(name).cloned().unwrap_or_default();
    let body = typed(AddArticle::body().name);
    req.prepare(&body).await?;
    let mut page = writing.page(req).await?;
    page.form = page.form.with_what_was_typed(&req.typed);
    page.preview = Some(Preview {
        title: typed(AddArticle::title().name),
        body: page_of(&body).0,
    });
    req.show_again(StatusCode::OK, PLACE, "article-write", &page)
}

pub(super) async fn new(req: PageRequest) -> PageResult {
    req.show(PLACE, "article-write", &Writing::New.page(&req).await?)
}

pub(super) async fn add(req: PageRequest) -> PageResult {
    if previews(&req) {
        return preview(&req, &Writing::New).await;
    }
    req.act(&Writing::New, |conn, by, command: &AddArticle| {
        let id = add_article(conn, by.actor, command, by.now)?;
        slug_of(conn, &by, id)
    })
    .await
}

pub(super) async fn edit(req: PageRequest, article: ArticleRef) -> PageResult {
    let page = Writing::On(article).page(&req).await?;
    req.show(PLACE, "article-write", &page)
}

pub(super) async fn change(req: PageRequest, article: ArticleRef) -> PageResult {
    let writing = Writing::On(article.clone());
    if previews(&req) {
        return preview(&req, &writing).await;
    }
    let expected = req.expected();
    req.act(&writing, move |conn, by, command: &UpdateArticle| {
        let id = id_of(conn, &by, &article)?;
        let expected = expected.as_deref();
        update_article(conn, by.actor, id, expected, command, by.now)?;
        slug_of(conn, &by, id)
    })
    .await
}

/// The article that a path names, for whoever acts.
pub(super) fn id_of(
    conn: &mut Conn,
    by: &By<'_>,
    article: &ArticleRef,
) -> Result<ArticleId, crate::workflow::VerbError> {
    let readership = articles::readership(conn, &by.actor.access)?;
    let found = articles::id_of(conn, readership, article)?;
    Ok(found.ok_or(crate::workflow::Rejection::NotFound)?)
}

/// Its name in addresses.
pub(super) fn slug_of(
    conn: &mut Conn,
    by: &By<'_>,
    id: ArticleId,
) -> Result<String, crate::workflow::VerbError> {
    let readership = articles::readership(conn, &by.actor.access)?;
    let found = articles::find(conn, readership, id)?;
    let article = found.ok_or(crate::workflow::Rejection::NotFound)?;
    Ok(article.head.slug.to_string())
}

/// The page of an article, from which something is done with it.
struct On {
    article: ArticleRef,
    done: Done,
}

impl FormPage<String> for On {
    async fn done(&self, req: &PageRequest, address: String) -> PageResult {
        Ok(req.go(address, Some(Flash::new(self.done))))
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        let shown = shown(req, &self.article).await?;
        let mut page = show::page(req, &shown);
        page.helpful =
            (page.helpful).map(|form| form.refused_for(req.words(), &req.typed, &problem));
        match page.helpful {
            // There is a place for what was typed.
            Some(_) => {
                let status = problem.code().status();
                req.show_again(status, PLACE, "article", &page)
            }
            None => Err(problem.into()),
        }
    }
}

/// The version that a button was shown for, which every form of one carries.
pub(super) fn made_for(req: &PageRequest) -> Result<Vec<i64>, Problem> {
    req.expected()
        .ok_or_else(|| Problem::missing_field("version"))
}

/// Something that is done with an article by a button of its page.
macro_rules! at_once {
    ($name:ident, $verb:ident, $done:ident) => {
        pub(super) async fn $name(req: PageRequest, article: ArticleRef) -> PageResult {
            let (expected, at) = (made_for(&req)?, article.clone());
            let (actor, now) = (req.actor()?.clone(), req.now);
            let slug = req
                .write(move |conn| {
                    let by = By { actor: &actor, now };
                    let id = id_of(conn, &by, &at)?;
                    $verb(conn, &actor, id, Some(&expected), now)?;
                    slug_of(conn, &by, id)
                })
                .await?;
            let flash = Flash::new(Done::$done);
            Ok(req.go(format!("/articles/{slug}"), Some(flash)))
        }
    };
}

at_once!(publish, publish_article, ArticlePublished);
at_once!(archive, archive_article, ArticleArchived);

pub(super) async fn remove(req: PageRequest, article: ArticleRef) -> PageResult {
    let (expected, actor, now) = (made_for(&req)?, req.actor()?.clone(), req.now);
    req.write(move |conn| {
        let by = By { actor: &actor, now };
        let id = id_of(conn, &by, &article)?;
        remove_article(conn, &actor, id, Some(&expected), now)
    })
    .await?;
    Ok(req.go("/articles", Some(Flash::new(Done::ArticleRemoved))))
}

pub(super) async fn rate(req: PageRequest, article: ArticleRef) -> PageResult {
    let page = On {
        article: article.clone(),
        done: Done::ArticleRated,
    };
    req.act(&page, move |conn, by, command: &RateArticle| {
        let id = id_of(conn, &by, &article)?;
        rate_article(conn, by.actor, id, command, by.now)?;
        Ok(format!("/articles/{}", slug_of(conn, &by, id)?))
    })
    .await
}

/// The page of the categories.
struct Categories(Option<String>);

impl Categories {
    async fn page(&self, req: &PageRequest) -> Result<CategoriesPage, Problem> {
        let reader = req.clone();
        let all = req.read(move |conn| categories(conn, &reader)).await?;
        let words = req.words();
        let form = |category: &articles::Category| {
            let name = Control::of(RenameCategory::name(), words.say_of("label", "name", &[]));
            let mut form = Form::new(
                "category",
                format!("/articles/categories/{}", category.key),
                words.say("article-category-button", &[]),
                vec![name.value(&category.name)],
            );
            // Each has a form of its own on the page.
            for control in &mut form.controls {
                control.id = format!("category-{}-{}", category.key, control.name);
            }
            CategoryForm {
                name: category.name.clone(),
                count: words.say("list-total", &[("count", category.articles.into())]),
                href: format!("/articles?category={}", category.key),
                form,
            }
        };
        Ok(CategoriesPage {
            tabs: tabs(req, TAB),
            categories: all.iter().map(form).collect(),
        })
    }
}

impl FormPage<String> for Categories {
    async fn done(&self, req: &PageRequest, _: String) -> PageResult {
        let flash = Flash::new(Done::CategoryRenamed);
        Ok(req.go("/articles/categories", Some(flash)))
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        let mut page = self.page(req).await?;
        let own = self.0.as_deref().unwrap_or_default();
        let own = format!("/articles/categories/{own}");
        for category in &mut page.categories {
            if category.form.action == own {
                let form = category.form.clone();
                category.form = form.refused_for(req.words(), &req.typed, &problem);
            }
        }
        req.show_again(problem.code().status(), PLACE, "article-categories", &page)
    }
}

pub(super) async fn show_categories(req: PageRequest) -> PageResult {
    let page = Categories(None).page(&req).await?;
    req.show(PLACE, "article-categories", &page)
}

pub(super) async fn rename_category(req: PageRequest, category: CategoryKey) -> PageResult {
    let page = Categories(Some(category.0.clone()));
    req.act(&page, move |conn, by, command: &RenameCategory| {
        rename(conn, by.actor, &category.0, command, by.now)
    })
    .await
}
