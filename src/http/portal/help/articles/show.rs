//! An article as its readers see it, and for those who write what can be done with it.

use serde::Serialize;

use super::super::place::PLACE;
use super::super::tabs;
use super::{TAB, audience, chip};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission::ArticlesWrite;
use crate::domain::article::{State, Verb};
use crate::http::api::articles::MOST_COMMENTS;
use crate::http::portal::answer::PageResult;
use crate::http::portal::form::{Choice, Control, Form, Kind};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::{Link, Tab};
use crate::http::problem::Problem;
use crate::store::articles::{self, Article, ArticleRef, ArticleView, Comment, Counts, Vote};
use crate::words::markdown::{Heading, Rendered, page_of};
use crate::workflow::articles::RateArticle;

/// From how many headings on an article has a table of contents.
const MANY_HEADINGS: usize = 3;

/// An article.
#[derive(Clone, Debug, Serialize)]
pub struct ArticlePage {
    /// The pages of the place.
    pub tabs: Vec<Tab>,
    /// Its title.
    pub title: String,
    /// What it is about; may be empty.
    pub summary: String,
    /// Its category, as a list.
    pub category: Link,
    /// When it was changed.
    pub changed_at: Instant,
    /// Where it stands, where that is told.
    pub state: Option<State>,
    /// How that looks.
    pub chip: &'static str,
    /// For whom it is, where that is told; may be empty.
    pub audience: String,
    /// Its headings, where there are many.
    pub contents: Vec<ContentsLine>,
    /// Its words.
    pub body: Rendered,
    /// Whether it was helpful.
    pub helpful: Option<Form>,
    /// What the reader found before; may be empty.
    pub voted: String,
    /// What can be done with it; for who writes.
    pub desk: Option<WritersDesk>,
}

/// A heading of the article.
#[derive(Clone, Debug, Serialize)]
pub struct ContentsLine {
    /// Where it stands on the page.
    pub href: String,
    /// What it says.
    pub text: String,
    /// How deep it stands.
    pub depth: usize,
}

impl From<Heading> for ContentsLine {
    fn from(heading: Heading) -> Self {
        Self {
            href: format!("#{}", heading.id),
            text: heading.text,
            depth: heading.depth,
        }
    }
}

/// What those who write see of an article.
#[derive(Clone, Debug, Serialize)]
pub struct WritersDesk {
    /// What waits to be published; may be empty.
    pub waits: String,
    /// Where it is written on, and what was written before.
    pub links: Vec<Link>,
    /// What is done at once: publish, archive.
    pub acts: Vec<Act>,
    /// How many found it helpful, in words.
    pub votes: String,
    /// What was said with that.
    pub comments: Vec<CommentLine>,
}

/// A button with what follows from it.
#[derive(Clone, Debug, Serialize)]
pub struct Act {
    /// What it says.
    pub label: String,
    /// What follows.
    pub about: String,
    /// Its form.
    pub action: String,
    /// The version that it was made for.
    pub controls: Vec<Control>,
    /// Whether it takes something away.
    pub takes: bool,
    /// Whether it can be done now.
    pub enabled: bool,
}

/// What was said with a vote.
#[derive(Clone, Debug, Serialize)]
pub struct CommentLine {
    /// Whether it was helpful.
    pub helpful: bool,
    /// What was said.
    pub text: String,
    /// By whom.
    pub by: String,
    /// When.
    pub at: Instant,
}

/// What a page of an article is made of.
pub(super) struct Shown {
    pub(super) view: ArticleView,
    pub(super) article: Article,
    vote: Option<Vote>,
    counts: Counts,
    comments: Vec<Comment>,
}

/// An article that exists for the visitor.
pub(super) fn read(
    conn: &mut Conn,
    req: &PageRequest,
    article: &ArticleRef,
) -> Result<Shown, Problem> {
    let access = req.access()?;
    let readership = articles::readership(conn, access)?;
    let id = articles::id_of(conn, readership, article)?.ok_or_else(Problem::not_found)?;
    let view = articles::view(conn, readership, id)?.ok_or_else(Problem::not_found)?;
    let article = articles::find(conn, readership, id)?.ok_or_else(Problem::not_found)?;
    let (counts, comments) = match readership.writes {
        true => (
            articles::counts(conn, id)?,
            articles::comments(conn, id, MOST_COMMENTS)?,
        ),
        false => Default::default(),
    };
    Ok(Shown {
        vote: articles::vote_of(conn, id, access.person)?,
        view,
        article,
        counts,
        comments,
    })
}

/// The article of a path, read in a transaction of its own.
pub(super) async fn shown(req: &PageRequest, article: &ArticleRef) -> Result<Shown, Problem> {
    let (reader, article) = (req.clone(), article.clone());
    req.read(move |conn| read(conn, &reader, &article)).await
}

pub(super) async fn show(req: PageRequest, article: ArticleRef) -> PageResult {
    let shown = shown(&req, &article).await?;
    req.prepare(&shown.article.body).await?;
    req.show(PLACE, "article", &page(&req, &shown))
}

/// The page of an article.
pub(super) fn page(req: &PageRequest, shown: &Shown) -> ArticlePage {
    let (words, head) = (req.words(), &shown.view.head);
    let (body, headings) = page_of(&shown.article.body);
    let writes = req.can(ArticlesWrite);
    let rates = head.standing().lawful_verbs().contains(&Verb::Rate);
    ArticlePage {
        tabs: tabs(req, TAB),
        title: head.title.clone(),
        summary: head.summary.clone().unwrap_or_default(),
        category: Link::new(
            head.category.clone(),
            format!("/articles?category={}", head.category_key),
        ),
        changed_at: head.changed_at,
        state: writes.then_some(head.state),
        chip: chip(head.state),
        audience: match writes {
            true => audience(req, &shown.view),
            false => String::new(),
        },
        contents: match headings.len() > MANY_HEADINGS {
            true => headings.into_iter().map(ContentsLine::from).collect(),
            false => Vec::new(),
        },
        body,
        helpful: rates.then(|| helpful_form(req, shown)),
        voted: match &shown.vote {
            Some(vote) if vote.helpful => words.say("article-voted-yes", &[]),
            Some(_) => words.say("article-voted-no", &[]),
            None => String::new(),
        },
        desk: writes.then(|| desk(req, shown)),
    }
}

/// The form that says whether an article was helpful, with what was said before.
fn helpful_form(req: &PageRequest, shown: &Shown) -> Form {
    let words = req.words();
    let label = |key| words.say_of("label", key, &[]);
    let choices = [
        ("true", words.say("article-helpful-yes", &[])),
        ("false", words.say("article-helpful-no", &[])),
    ];
    let choices = choices.map(|(value, label)| Choice::new(value, label));
    let vote = shown.vote.as_ref();
    let said = vote.map_or("", |vote| if vote.helpful { "true" } else { "false" });
    let comment = vote.and_then(|vote| vote.comment.clone());
    let controls = vec![
        Control::of(RateArticle::helpful(), label("helpful"))
            .kind(Kind::Radio)
            .required()
            .choices(choices.to_vec())
            .value(said),
        Control::of(RateArticle::comment(), label("helpful-comment"))
            .hint(words.say("article-helpful-hint", &[]))
            .value(comment.unwrap_or_default()),
    ];
    let action = format!("/articles/{}/helpful", shown.view.head.slug);
    let button = words.say("article-helpful-button", &[]);
    Form::new("helpful", action, button, controls)
}

fn desk(req: &PageRequest, shown: &Shown) -> WritersDesk {
    let (words, head) = (req.words(), &shown.view.head);
    let page = format!("/articles/{}", head.slug);
    let standing = head.standing();
    let lawful = standing.lawful_verbs();
    let act = |verb: Verb| {
        let version = Control::new(Kind::Hidden, "version", "").value(head.version.to_string());
        Act {
            label: words.say_of("article-verb", verb.as_str(), &[]),
            about: words.say_of("article-verb-about", verb.as_str(), &[]),
            action: format!("{page}/{verb}"),
            controls: vec![version],
            takes: matches!(verb, Verb::Remove | Verb::Archive),
            enabled: true,
        }
    };
    let offered = [Verb::Publish, Verb::Archive, Verb::Remove];
    let offered = offered.into_iter().filter(|verb| lawful.contains(verb));
    let counts = shown.counts;
    let votes = [("yes", counts.yes.into()), ("no", counts.no.into())];
    let comment = |comment: &Comment| CommentLine {
        helpful: comment.helpful,
        text: comment.text.clone(),
        by: comment.by.name.clone(),
        at: comment.at,
    };
    WritersDesk {
        waits: match standing.waits() {
            true => words.say("article-waits", &[]),
            false => String::new(),
        },
        links: vec![
            Link::new(
                words.say_of("article-verb", Verb::Write.as_str(), &[]),
                format!("{page}/edit"),
            ),
            Link::new(
                words.say("article-versions", &[("count", head.newest_version.into())]),
                format!("{page}/versions"),
            ),
        ],
        acts: offered.map(act).collect(),
        votes: words.say("article-votes", &votes),
        comments: shown.comments.iter().map(comment).collect(),
    }
}
