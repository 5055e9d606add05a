//! What can happen to articles of the knowledge base, and to the guide to escalations (H1). Nobody is written to of it.

use serde::Serialize;
use serde_json::Error;

use super::audited::{Audited, Changed, subject};
use super::help::AudienceFields;
use crate::domain::article::State;
use crate::domain::audit::EventKind;
use crate::domain::guide::GuideLink;
use crate::domain::ids::{ArticleId, EventId};

/// What can happen to articles and to the guide.
#[derive(Clone, Debug)]
pub(crate) enum ArticleEvent {
    Added(ArticleId, ArticleFields),
    Changed(ArticleId, Changed<ArticleFields>),
    Published(ArticleId, Changed<ArticleFields>),
    Archived(ArticleId, Changed<ArticleFields>),
    Removed(ArticleId, ArticleFields),
    CategoryRenamed(Changed<CategoryFields>),
    GuideChanged(Changed<GuideFields>),
}

/// An article. What is written in it stands in its versions.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct ArticleFields {
    pub(crate) title: String,
    pub(crate) summary: Option<String>,
    pub(crate) category: String,
    #[serde(flatten)]
    pub(crate) audience: AudienceFields,
    pub(crate) state: State,
    /// The version that was written last.
    pub(crate) newest_version: i64,
    /// The version that is shown.
    pub(crate) shown_version: i64,
}

/// A category of articles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct CategoryFields {
    pub(crate) category: String,
}

/// The guide to escalations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct GuideFields {
    pub(crate) links: Vec<GuideLink>,
}

impl ArticleEvent {
    /// To which article it happened, if to one.
    pub(super) fn subject(&self) -> Option<EventId> {
        match self {
            Self::Added(id, _)
            | Self::Changed(id, _)
            | Self::Published(id, _)
            | Self::Archived(id, _)
            | Self::Removed(id, _) => subject(id.as_uuid()),
            Self::CategoryRenamed(_) | Self::GuideChanged(_) => None,
        }
    }

    /// As it is audited; nothing if nothing has changed.
    ///
    /// # Errors
    /// Those of [`Audited`].
    pub(super) fn audited(&self) -> Result<Option<Audited>, Error> {
        match self {
            Self::Added(_, fields) => Audited::added(EventKind::ArticleAdded, fields).map(Some),
            Self::Changed(_, fields) => Audited::changed(EventKind::ArticleChanged, fields),
            Self::Published(_, fields) => Audited::changed(EventKind::ArticlePublished, fields),
            Self::Archived(_, fields) => Audited::changed(EventKind::ArticleArchived, fields),
            Self::Removed(_, fields) => {
                Audited::removed(EventKind::ArticleRemoved, fields).map(Some)
            }
            Self::CategoryRenamed(fields) => {
                Audited::changed(EventKind::ArticleCategoryRenamed, fields)
            }
            Self::GuideChanged(fields) => Audited::changed(EventKind::GuideChanged, fields),
        }
    }
}
