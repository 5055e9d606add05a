//! What happened since one looked, behind the bell of the frame (F5, F6).

use serde::Serialize;

use super::answer::PageResult;
use super::flash::{Done, Flash};
use super::page_request::PageRequest;
use super::route::{PortalRoute, pages};
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::feed::{EntryKind, Visibility};
use crate::http::api::documents::page_of_entry;
use crate::http::api_request::may;
use crate::store::feeds::EntryView;
use crate::words::markdown::plain;
use crate::words::marks;
use crate::workflow::news::{NewsItem, ReadNews, look, read_all};

const PLACE: &str = "home";
/// How much of it is shown.
const MANY: usize = 50;
/// The most characters that are shown of an entry.
const EXCERPT: usize = 140;

/// The rows of the route table.
pub(super) fn routes() -> Vec<PortalRoute> {
    pages! { news:
        GET  "/news"      may(Permission::CasesView) => show, "What others wrote and did on one's cases since one looked";
        POST "/news/read" may(Permission::CasesView) => read, "Notes that the visitor has read all of it";
    }
}

/// What happened.
#[derive(Clone, Debug, Serialize)]
pub struct NewsPage {
    /// Of which cases it is told.
    pub about: String,
    /// The latest of it.
    pub rows: Vec<NewsRow>,
    /// How much there is.
    pub total: String,
    /// When this was so: what comes later is not noted as read.
    pub until: Instant,
    /// Whether the reader is of the provider's staff, who are told whose cases these are.
    pub staff: bool,
}

/// One thing that happened.
#[derive(Clone, Debug, Serialize)]
pub struct NewsRow {
    /// When.
    pub at: Instant,
    /// Where it stands.
    pub href: String,
    /// What was done, or how what was written begins.
    pub text: String,
    /// Who wrote it; empty for what was done.
    pub by: String,
    /// Whether it is for staff alone.
    pub internal: bool,
    /// The case's number.
    pub number: String,
    /// Its subject.
    pub subject: String,
    /// Whose case it is.
    pub organization: String,
}

async fn show(req: PageRequest) -> PageResult {
    let (reader, now) = (req.clone(), req.now);
    let news = req
        .read(move |conn| Ok(look(conn, reader.access()?, MANY, now)?))
        .await?;
    let words = req.words();
    let page = NewsPage {
        about: match req.is_staff() {
            true => words.say("news-about-staff", &[]),
            false => words.say("news-about-customer", &[]),
        },
        rows: news.items.iter().map(|item| row(&req, item)).collect(),
        total: words.say("list-total", &[("count", news.count.into())]),
        until: req.now,
        staff: req.is_staff(),
    };
    req.show(PLACE, "news", &page)
}

fn row(req: &PageRequest, item: &NewsItem) -> NewsRow {
    let (case, view) = (&item.case.case, &item.entry);
    let entry = &view.entry;
    let author = (entry.kind != EntryKind::Mark).then(|| view.author.clone());
    NewsRow {
        at: entry.at,
        href: page_of_entry(case.number, (entry.feed, view.escalation), entry.id),
        text: text(req, view),
        by: author.flatten().unwrap_or_default(),
        internal: entry.visibility == Visibility::Internal,
        number: case.number.to_string(),
        subject: case.subject.clone(),
        organization: item.case.organization.name.clone(),
    }
}

/// What is said in one line.
fn text(req: &PageRequest, view: &EntryView) -> String {
    let (words, entry) = (req.words(), &view.entry);
    match (entry.kind, &entry.details) {
        (EntryKind::Mark, Some(details)) => marks::text(words, details, &req.times()),
        _ if entry.redacted_at.is_some() => words.say("entry-redacted", &[]),
        _ => match beginning(&plain(&entry.body)) {
            text if text.is_empty() => words.say("news-file", &[]),
            text => text,
        },
    }
}

/// How a text begins, in one line.
fn beginning(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}

async fn read(req: PageRequest) -> PageResult {
    let until = req.typed.get("until").and_then(|at| at.parse().ok());
    let (actor, command, now) = (req.actor()?.clone(), ReadNews { until }, req.now);
    req.write(move |conn| read_all(conn, &actor, &command, now))
        .await?;
    Ok(req.go("/news", Some(Flash::new(Done::NewsRead))))
}

#[cfg(test)]
mod tests {
    use super::{EXCERPT, beginning};

    #[test]
    fn a_long_text_is_told_by_its_beginning() {
        assert_eq!(beginning(" We\nhave  it. "), "We have it.");
        assert_eq!(beginning(""), "");
        let long = "é".repeat(EXCERPT + 1);
        assert_eq!(beginning(&long), format!("{}…", "é".repeat(EXCERPT)));
        assert_eq!(beginning(&long[2..]), "é".repeat(EXCERPT));
    }
}
