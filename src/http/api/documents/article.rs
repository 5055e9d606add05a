//! Articles of the knowledge base (H1).

use serde::Serialize;
use utoipa::ToSchema;

use super::{AudienceDocument, PersonName, Reader};
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::article::difference::DifferentLine;
use crate::domain::article::search::Piece;
use crate::domain::article::{State, Verb};
use crate::domain::audience::AudienceKind;
use crate::domain::ids::ArticleId;
use crate::store::articles::{
    ArticleView, Category, Comment, Counts, Found, Version, VersionHead, Vote,
};
use crate::words::markdown;

/// An article. What only those who write articles are told is null for everybody else.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Article)]
pub struct ArticleDocument {
    /// Its id.
    pub id: ArticleId,
    /// Its name in addresses.
    pub slug: String,
    /// Its title.
    pub title: String,
    /// What it is about, in a sentence.
    pub summary: Option<String>,
    /// Its category.
    pub category: CategoryName,
    /// Its words in Markdown; with one article, not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The same as sanitized HTML.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_html: Option<String>,
    /// Where it stands.
    pub state: State,
    /// When what is shown was written or published.
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Instant,
    /// When it was published last.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub published_at: Option<Instant>,
    /// What was found of a search.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub highlights: Option<HighlightsDocument>,
    /// Whether you found it helpful; with one article.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub my_vote: Option<VoteDocument>,
    /// How many found it helpful, with one article; for those who write.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub helpful: Option<HelpfulDocument>,
    /// For whom it is; for those who write.
    pub audience: Option<AudienceDocument>,
    /// Who wrote what is shown; for those who write.
    pub changed_by: Option<PersonName>,
    /// The version that is shown; for those who write.
    pub shown_version: Option<i64>,
    /// The version that was written last; for those who write.
    pub newest_version: Option<i64>,
    /// What you may do with it now.
    pub lawful_verbs: Vec<Verb>,
    /// Counts its changes, and is the `ETag`; for those who write.
    pub version: Option<i64>,
}

/// A category by name.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ArticleCategoryName)]
pub struct CategoryName {
    /// As it is in addresses.
    pub key: String,
    /// Its name.
    pub name: String,
}

/// What was found of a search: texts that are escaped for HTML, in which `<mark>` stands around what was looked for.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ArticleHighlights)]
pub struct HighlightsDocument {
    /// The title.
    pub title_html: String,
    /// What stands around it in the article.
    pub excerpt_html: String,
}

/// What somebody found.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ArticleVote)]
pub struct VoteDocument {
    /// Whether it was helpful.
    pub helpful: bool,
    /// What they said with it.
    pub comment: Option<String>,
}

/// How many found an article helpful.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ArticleVotes)]
pub struct HelpfulDocument {
    /// It was.
    pub yes: i64,
    /// It was not.
    pub no: i64,
    /// What was said with the votes, the newest first, 50 at the most.
    pub comments: Vec<CommentDocument>,
}

/// What was said with a vote.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ArticleComment)]
pub struct CommentDocument {
    /// Whether it was helpful.
    pub helpful: bool,
    /// What was said.
    pub comment: String,
    /// Who said it.
    pub by: PersonName,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
}

/// Text with marks around what was looked for, escaped.
fn marked(pieces: &[Piece]) -> String {
    let piece = |piece: &Piece| {
        let text = crate::templates::escape_html(&piece.text);
        match piece.hit {
            true => format!("<mark>{text}</mark>"),
            false => text,
        }
    };
    pieces.iter().map(piece).collect()
}

impl HighlightsDocument {
    fn new(found: &Found) -> Option<Self> {
        (!found.title.is_empty()).then(|| Self {
            title_html: marked(&found.title),
            excerpt_html: marked(&found.excerpt),
        })
    }
}

/// For whom an article is.
pub fn audience_of(view: &ArticleView) -> AudienceDocument {
    let to = view.head.audience;
    let named = || view.organizations.iter().map(Into::into).collect();
    AudienceDocument {
        to,
        organizations: (to == AudienceKind::Organizations).then(named),
    }
}

impl ArticleDocument {
    /// The article as the reader may see it, as lists have it.
    pub fn new(reader: &Reader<'_>, view: &ArticleView) -> Self {
        let head = &view.head;
        let writes = reader.access.can(Permission::ArticlesWrite);
        let told = |verb: &Verb| writes || *verb == Verb::Rate;
        let mut lawful_verbs = head.standing().lawful_verbs();
        lawful_verbs.retain(told);
        Self {
            id: head.id,
            slug: head.slug.to_string(),
            title: head.title.clone(),
            summary: head.summary.clone(),
            category: CategoryName {
                key: head.category_key.clone(),
                name: head.category.clone(),
            },
            body: None,
            body_html: None,
            state: head.state,
            changed_at: head.changed_at,
            published_at: head.published_at,
            highlights: view.found.as_ref().and_then(HighlightsDocument::new),
            my_vote: None,
            helpful: None,
            audience: writes.then(|| audience_of(view)),
            changed_by: writes.then(|| (&view.changed_by).into()),
            shown_version: writes.then_some(head.shown_version),
            newest_version: writes.then_some(head.newest_version),
            lawful_verbs,
            version: writes.then_some(head.version),
        }
    }

    /// With its words and what the reader found of it.
    #[must_use]
    pub fn whole(self, body: &str, vote: Option<Vote>) -> Self {
        Self {
            body_html: Some(markdown::to_html(body).to_string()),
            body: Some(body.to_owned()),
            my_vote: vote.map(|vote| VoteDocument {
                helpful: vote.helpful,
                comment: vote.comment,
            }),
            ..self
        }
    }

    /// With what others found of it.
    #[must_use]
    pub fn found_helpful(self, counts: Counts, comments: &[Comment]) -> Self {
        let comment = |comment: &Comment| CommentDocument {
            helpful: comment.helpful,
            comment: comment.text.clone(),
            by: (&comment.by).into(),
            at: comment.at,
        };
        Self {
            helpful: Some(HelpfulDocument {
                yes: counts.yes,
                no: counts.no,
                comments: comments.iter().map(comment).collect(),
            }),
            ..self
        }
    }
}

/// An article that is about the same as a subject.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ArticleSuggestion)]
pub struct SuggestionDocument {
    /// Its id.
    pub id: ArticleId,
    /// Its name in addresses.
    pub slug: String,
    /// Its title.
    pub title: String,
    /// What it is about, in a sentence.
    pub summary: Option<String>,
    /// Its category.
    pub category: CategoryName,
    /// Its page in the portal.
    pub href: String,
}

impl From<&ArticleView> for SuggestionDocument {
    fn from(view: &ArticleView) -> Self {
        let head = &view.head;
        Self {
            id: head.id,
            slug: head.slug.to_string(),
            title: head.title.clone(),
            summary: head.summary.clone(),
            category: CategoryName {
                key: head.category_key.clone(),
                name: head.category.clone(),
            },
            href: format!("/articles/{}", head.slug),
        }
    }
}

/// A category, with how many articles of it you may read.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ArticleCategory)]
pub struct CategoryDocument {
    /// As it is in addresses.
    pub key: String,
    /// Its name.
    pub name: String,
    /// How many articles of it you may read.
    pub articles: usize,
}

impl From<Category> for CategoryDocument {
    fn from(category: Category) -> Self {
        Self {
            key: category.key,
            name: category.name,
            articles: category.articles,
        }
    }
}

/// A version of an article by number.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ArticleVersionSummary)]
pub struct VersionSummary {
    /// Its number, from 1 on.
    pub number: i64,
    /// The title in it.
    pub title: String,
    /// Who wrote it.
    pub written_by: PersonName,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub written_at: Instant,
    /// Whether it is the one that is shown.
    pub shown: bool,
}

impl VersionSummary {
    /// The version of an article of which `shown` is shown.
    pub fn new(version: &VersionHead, shown: i64) -> Self {
        Self {
            number: version.number,
            title: version.title.clone(),
            written_by: (&version.written_by).into(),
            written_at: version.written_at,
            shown: version.number == shown,
        }
    }
}

/// A version of an article.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ArticleVersion)]
pub struct VersionDocument {
    /// What it is called, and who wrote it.
    #[serde(flatten)]
    pub version: VersionSummary,
    /// What it says the article is about.
    pub summary: Option<String>,
    /// Its words in Markdown.
    pub body: String,
    /// The same as sanitized HTML.
    pub body_html: String,
    /// What changed from the version before, or from the one that was asked for.
    pub difference: DifferenceDocument,
}

/// What changed from one version to another, line by line; what stayed far from a change is left out.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ArticleDifference)]
pub struct DifferenceDocument {
    /// From which version; none for the first, of which all is new.
    pub from: Option<i64>,
    /// The title that it had, where that was another.
    pub title: Option<String>,
    /// The lines of the body.
    pub lines: Vec<DifferentLine>,
}

impl VersionDocument {
    /// The version of an article of which `shown` is shown, with what changed.
    pub fn new(version: &Version, shown: i64, difference: DifferenceDocument) -> Self {
        Self {
            version: VersionSummary::new(&version.head, shown),
            summary: version.summary.clone(),
            body: version.body.clone(),
            body_html: markdown::to_html(&version.body).to_string(),
            difference,
        }
    }
}
