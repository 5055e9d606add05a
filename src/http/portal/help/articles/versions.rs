//! The versions of an article: who wrote what, and what changed.

use serde::Serialize;

use super::super::place::PLACE;
use super::super::tabs;
use super::TAB;
use super::show::read;
use super::write::{id_of, made_for, slug_of};
use crate::domain::Instant;
use crate::domain::article::difference::{DifferentLine, difference};
use crate::http::api::addresses::VersionNumber;
use crate::http::api::articles::compared;
use crate::http::portal::act::By;
use crate::http::portal::answer::PageResult;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::{Link, Pager, Tab};
use crate::store::articles::{self, ArticleRef, VersionHead};
use crate::words::markdown::{Rendered, page_of};
use crate::workflow::articles::restore_version;

/// How many versions a page lists.
const MOST: usize = 100;
/// One more than that, by which it is known whether there are others.
const ONE_MORE: i64 = 101;
/// The parameter of the page that says before which version it goes on.
const BEFORE: &str = "before";

/// The versions of an article.
#[derive(Clone, Debug, Serialize)]
pub struct VersionsPage {
    /// The pages of the place.
    pub tabs: Vec<Tab>,
    /// The article's title.
    pub title: String,
    /// Its page.
    pub href: String,
    /// The versions, the newest first.
    pub versions: Vec<VersionRow>,
    /// To those before.
    pub pager: Pager,
}

/// A version of the list.
#[derive(Clone, Debug, Serialize)]
pub struct VersionRow {
    /// Its page.
    pub href: String,
    /// Its number.
    pub number: i64,
    /// The title in it.
    pub title: String,
    /// Who wrote it.
    pub by: String,
    /// When.
    pub at: Instant,
    /// Whether it is the one that is shown.
    pub shown: bool,
}

/// A version.
#[derive(Clone, Debug, Serialize)]
pub struct VersionPage {
    /// The pages of the place.
    pub tabs: Vec<Tab>,
    /// The article's title in it.
    pub title: String,
    /// Its number.
    pub number: i64,
    /// Who wrote it.
    pub by: String,
    /// When.
    pub at: Instant,
    /// All versions.
    pub back: String,
    /// The title before, where that was another; may be empty.
    pub title_before: String,
    /// Which version it is compared with; 0 for none.
    pub compared: i64,
    /// What changed.
    pub lines: Vec<DifferentLine>,
    /// Its words.
    pub body: Rendered,
    /// Writes it once more, if it is not the newest.
    pub restore: Option<Link>,
    /// The version of the article that this was made for.
    pub version: i64,
}

pub(super) async fn show_versions(req: PageRequest, article: ArticleRef) -> PageResult {
    let reader = req.clone();
    let before: Option<i64> = req.asked(BEFORE).and_then(|number| number.parse().ok());
    let (shown, mut versions) = req
        .read(move |conn| {
            let shown = read(conn, &reader, &article)?;
            let versions = articles::versions(conn, shown.view.head.id, before, ONE_MORE)?;
            Ok((shown, versions))
        })
        .await?;
    let is_more = versions.len() > MOST;
    versions.truncate(MOST);
    let last = versions.last().map(|version| version.number.to_string());
    let next = last.filter(|_| is_more);
    let head = &shown.view.head;
    let href = format!("/articles/{}", head.slug);
    let row = |version: &VersionHead| VersionRow {
        href: format!("{href}/versions/{}", version.number),
        number: version.number,
        title: version.title.clone(),
        by: version.written_by.name.clone(),
        at: version.written_at,
        shown: version.number == head.shown_version,
    };
    let page = VersionsPage {
        tabs: tabs(&req, TAB),
        title: head.title.clone(),
        versions: versions.iter().map(row).collect(),
        pager: Pager {
            first: before.map(|_| req.here(BEFORE, None)),
            next: next.map(|number| req.here(BEFORE, Some(&number))),
        },
        href: href.clone(),
    };
    req.show(PLACE, "article-versions", &page)
}

pub(super) async fn show_version(
    req: PageRequest,
    (article, number): (ArticleRef, VersionNumber),
) -> PageResult {
    let reader = req.clone();
    let (shown, version, before) = req
        .read(move |conn| {
            let shown = read(conn, &reader, &article)?;
            let (version, before) = compared(conn, &shown.article, number.0, None)?;
            Ok((shown, version, before))
        })
        .await?;
    req.prepare(&version.body).await?;
    let head = &shown.view.head;
    let back = format!("/articles/{}/versions", head.slug);
    let title_before = before.as_ref().map(|before| before.head.title.clone());
    let is_newest = version.head.number == head.newest_version;
    let page = VersionPage {
        tabs: tabs(&req, TAB),
        number: version.head.number,
        by: version.head.written_by.name.clone(),
        at: version.head.written_at,
        title_before: title_before
            .filter(|title| *title != version.head.title)
            .unwrap_or_default(),
        compared: before.as_ref().map_or(0, |before| before.head.number),
        lines: before.map_or_else(Vec::new, |before| difference(&before.body, &version.body)),
        body: page_of(&version.body).0,
        restore: (!is_newest).then(|| {
            let label = req.words().say("article-restore", &[]);
            Link::new(label, format!("{back}/{}/restore", version.head.number))
        }),
        version: head.version,
        title: version.head.title,
        back,
    };
    req.show(PLACE, "article-version", &page)
}

pub(super) async fn restore(
    req: PageRequest,
    (article, number): (ArticleRef, VersionNumber),
) -> PageResult {
    let (expected, actor, now) = (made_for(&req)?, req.actor()?.clone(), req.now);
    let slug = req
        .write(move |conn| {
            let by = By { actor: &actor, now };
            let id = id_of(conn, &by, &article)?;
            restore_version(conn, &actor, (id, number.0), Some(&expected), now)?;
            slug_of(conn, &by, id)
        })
        .await?;
    let flash = Flash::new(Done::VersionRestored);
    Ok(req.go(format!("/articles/{slug}"), Some(flash)))
}
