//! What the field in the frame finds, kind by kind; with a script also while one types.

use serde::Serialize;

use super::answer::PageResult;
use super::list::TYPING;
use super::page_request::PageRequest;
use super::route::{PortalRoute, pages};
use crate::http::api::search::{FoundDocument, FoundKind, SearchQuery, items};
use crate::http::api_request::SIGNED_IN;
use crate::http::problem::Problem;
use crate::workflow::search::look;

const PLACE: &str = "search";
/// How many of each kind are shown.
const MANY: i64 = 10;

/// The rows of the route table.
pub(super) fn routes() -> Vec<PortalRoute> {
    pages! { search:
        GET "/search" SIGNED_IN => show, "What has some words, of every kind that you may read";
    }
}

/// What was found.
#[derive(Clone, Debug, Serialize)]
pub struct SearchPage {
    /// What was typed.
    pub typed: String,
    /// The kinds of which there is something.
    pub groups: Vec<Group>,
    /// All cases with these words, where there may be more than are shown.
    pub all: Option<String>,
}

/// What was found of one kind.
#[derive(Clone, Debug, Serialize)]
pub struct Group {
    /// Which kind.
    pub kind: FoundKind,
    /// What was found.
    pub rows: Vec<Row>,
}

/// One thing that was found.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Its page.
    pub href: String,
    /// The number, where it has one.
    pub number: Option<String>,
    /// Subject or name.
    pub title: Vec<Part>,
    /// What it says.
    pub excerpt: Vec<Part>,
    /// Whose it is.
    pub of: Option<String>,
}

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// What it says.
    pub text: String,
    /// Whether it was looked for.
    pub found: bool,
}

async fn show(req: PageRequest) -> PageResult {
    let query: SearchQuery = req.list_query("")?;
    let typed = query.q.unwrap_or_default();
    let (reader, words) = (req.clone(), typed.clone());
    let found = req
        .read_or_search(true, move |conn| -> Result<_, Problem> {
            let found = look(conn, reader.access()?, &words, MANY, reader.now)?;
            Ok(items(&found, &words))
        })
        .await?;
    // Whoever pastes a number is led to what it is the number of. Whoever still types has opened nothing, and so read nothing (F6).
    let exact = |one: &&FoundDocument| {
        matches!(one.kind, FoundKind::Case | FoundKind::Escalation)
            && one
                .number
                .as_deref()
                .is_some_and(|number| number.eq_ignore_ascii_case(typed.trim()))
    };
    if let Some(one) = found.iter().find(exact)
        && req.asked(TYPING).is_none()
    {
        return Ok(req.go(one.href.clone(), None));
    }
    let page = SearchPage {
        all: found
            .iter()
            .any(|one| one.kind == FoundKind::Case)
            .then(|| {
                let query = url::form_urlencoded::Serializer::new(String::new())
                    .append_pair("q", &typed)
                    .finish();
                format!("/cases?{query}")
            }),
        groups: grouped(found),
        typed,
    };
    req.show(PLACE, "search", &page)
}

fn grouped(found: Vec<FoundDocument>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for one in found {
        let row = Row {
            title: parts(&one.title, &one.title_marks),
            excerpt: parts(
                one.excerpt.as_deref().unwrap_or_default(),
                one.marks.as_deref().unwrap_or_default(),
            ),
            href: one.href,
            number: one.number,
            of: one.of,
        };
        match groups.last_mut() {
            Some(group) if group.kind == one.kind => group.rows.push(row),
            _ => groups.push(Group {
                kind: one.kind,
                rows: vec![row],
            }),
        }
    }
    groups
}

/// A text in parts, those between `marks` and those that they mark.
fn parts(text: &str, marks: &[(usize, usize)]) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut characters = text.chars();
    let mut at = 0;
    let mut say = |until: usize, found: bool, at: &mut usize| {
        let text: String = characters
            .by_ref()
            .take(until.saturating_sub(*at))
            .collect();
        *at = until;
        if !text.is_empty() {
            parts.push(Part { text, found });
        }
    };
    for (from, to) in marks {
        say(*from, false, &mut at);
        say(*to, true, &mut at);
    }
    say(usize::MAX, false, &mut at);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_taken_apart_at_its_marks() {
        let said = |text: &str, marks: &[(usize, usize)]| {
            let parts = parts(text, marks).into_iter();
            let said = parts.map(|part| match part.found {
                true => format!("[{}]", part.text),
                false => part.text,
            });
            said.collect::<String>()
        };
        assert_eq!(said("Zürich drops", &[(0, 6), (7, 12)]), "[Zürich] [drops]");
        assert_eq!(said("It drops.", &[(3, 8)]), "It [drops].");
        assert_eq!(said("Nothing", &[]), "Nothing");
    }
}
