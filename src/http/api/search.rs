//! Search over everything that somebody may read: cases, escalations, entries, articles, people and organizations.

use serde::Serialize;
use utoipa::ToSchema;

use super::documents::page_of_entry;
use crate::domain::closed_enum;
use crate::domain::text::search::{self, Excerpt, Sought};
use crate::http::api_request::{ApiRequest, SIGNED_IN};
use crate::http::pagination::Page;
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::route::{Route, table};
use crate::input::{Whole, input};
use crate::store::people::display_name;
use crate::workflow::search::{Found, look};

/// How many of each kind are told, if nobody says how many.
const MANY: i64 = 10;
/// The most characters of an excerpt.
const EXCERPT: usize = 160;

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { search:
        GET "/search" SIGNED_IN => find, "What has some words, of every kind that you may read: cases, escalations, entries, articles, people, organizations";
    }
}

input! {
    /// What is looked for.
    pub struct SearchQuery {
        /// Words, in any order, that begin words of what is found; or a number, however it was pasted. Nothing is found without.
        q: Option<String>,
        /// How many of each kind, 10 if not given.
        limit: Option<Whole<1, 25>>,
    }
}

closed_enum! {
    /// What something is that was found, in the order in which they are told.
    pub enum FoundKind {
        /// A case.
        Case = "case",
        /// An escalation.
        Escalation = "escalation",
        /// An entry of a feed.
        Entry = "entry",
        /// An article.
        Article = "article",
        /// A person.
        Person = "person",
        /// An organization.
        Organization = "organization",
    }
}

/// Something that was found.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SearchItem)]
pub struct FoundDocument {
    /// What it is.
    pub kind: FoundKind,
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    pub id: String,
    /// The number of the case or the escalation; of an entry, that of its case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// The subject of the case, or a name.
    pub title: String,
    /// What of the title was looked for: from which character, and to which.
    #[schema(value_type = Vec<[usize; 2]>)]
    pub title_marks: Vec<(usize, usize)>,
    /// A part of what it says, around what was looked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<String>,
    /// What of the excerpt was looked for: from which character, and to which.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<[usize; 2]>>)]
    pub marks: Option<Vec<(usize, usize)>>,
    /// The name of the organization whose case it is; of a person, their address; of an article, its category.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Its page.
    pub href: String,
}

impl FoundDocument {
    fn new(kind: FoundKind, id: String, title: &str, sought: &[Sought], href: String) -> Self {
        let marked = search::excerpt(title, sought, usize::MAX);
        Self {
            kind,
            id,
            number: None,
            title: title.to_owned(),
            title_marks: marked.map(|excerpt| excerpt.marks).unwrap_or_default(),
            excerpt: None,
            marks: None,
            of: None,
            href,
        }
    }

    fn saying(mut self, excerpt: Option<Excerpt>) -> Self {
        let (text, marks) = excerpt.map(|one| (one.text, one.marks)).unzip();
        (self.excerpt, self.marks) = (text, marks);
        self
    }
}

/// What was found, kind by kind.
pub fn items(found: &Found, words: &str) -> Vec<FoundDocument> {
    let sought = search::sought(words);
    let part = |text: &str| search::excerpt(text, &sought, EXCERPT);
    let mut items = Vec::new();
    for view in &found.cases {
        let (case, number) = (&view.case, view.case.number.to_string());
        let href = format!("/cases/{number}");
        let id = case.id.to_string();
        items.push(FoundDocument {
            number: Some(number),
            of: Some(view.organization.name.clone()),
            ..FoundDocument::new(FoundKind::Case, id, &case.subject, &sought, href)
                .saying(part(&case.description))
        });
    }
    for view in &found.escalations {
        let number = view.escalation.number.to_string();
        let href = format!("/escalations/{number}");
        let id = view.escalation.id.to_string();
        let title = &view.case_subject;
        items.push(FoundDocument {
            number: Some(number),
            of: Some(view.organization.name.clone()),
            ..FoundDocument::new(FoundKind::Escalation, id, title, &sought, href)
        });
    }
    for (entry, escalation) in &found.entries {
        let of = |view: &&crate::store::cases::CaseView| view.case.id == entry.case_id;
        let Some(view) = found.looked.iter().find(of) else {
            continue;
        };
        let number = view.case.number.to_string();
        let href = page_of_entry(view.case.number, (entry.feed, *escalation), entry.id);
        let (id, title) = (entry.id.to_string(), &view.case.subject);
        items.push(FoundDocument {
            number: Some(number),
            of: Some(view.organization.name.clone()),
            ..FoundDocument::new(FoundKind::Entry, id, title, &sought, href)
                .saying(part(&entry.body))
        });
    }
    for view in &found.articles {
        let head = &view.head;
        let (id, href) = (head.id.to_string(), format!("/articles/{}", head.slug));
        let summary = head.summary.as_deref().unwrap_or_default();
        items.push(FoundDocument {
            of: Some(head.category.clone()),
            ..FoundDocument::new(FoundKind::Article, id, &head.title, &sought, href)
                .saying(part(summary))
        });
    }
    for person in &found.people {
        let name = display_name(&person.first_name, &person.last_name);
        let href = format!("/admin/people/{}", person.id);
        let id = person.id.to_string();
        items.push(FoundDocument {
            of: Some(person.email.to_string()),
            ..FoundDocument::new(FoundKind::Person, id, &name, &sought, href)
        });
    }
    for organization in &found.organizations {
        let href = format!("/admin/organizations/{}", organization.slug);
        let (id, name) = (organization.id.to_string(), &organization.name);
        let kind = FoundKind::Organization;
        items.push(FoundDocument::new(kind, id, name, &sought, href));
    }
    items
}

async fn find(req: ApiRequest<(), (), SearchQuery>) -> Result<Reply<Page<FoundDocument>>, Problem> {
    let items = req
        .search(|conn, req| {
            let words = req.query.q.as_deref().unwrap_or_default();
            let limit = req.query.limit.map_or(MANY, Whole::get);
            let found = look(conn, req.principal.access(), words, limit, req.now)?;
            Ok(items(&found, words))
        })
        .await?;
    Reply::new(&Page::whole(items))
}
