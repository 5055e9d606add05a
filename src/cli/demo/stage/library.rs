//! What the provider writes down for everybody: articles, and the handbooks of the guide to escalations.

use super::{Ago, Stage, text};
use crate::domain::article::State;
use crate::domain::audience::AudienceKind;
use crate::domain::guide::GuideKind;
use crate::domain::ids::ArticleId;
use crate::input::Patch;
use crate::workflow::VerbResult;
use crate::workflow::articles::{
    AddArticle, RateArticle, UpdateArticle, add_article, publish_article, rate_article,
    update_article,
};
use crate::workflow::audience::ForWhom;
use crate::workflow::guide::{SetGuide, SetGuideLink, set_guide};

/// What somebody writes.
pub struct Writing {
    /// One line.
    pub title: &'static str,
    /// A sentence.
    pub summary: &'static str,
    /// Markdown.
    pub body: &'static str,
    /// Where it is found.
    pub category: &'static str,
    /// For whom it is.
    pub audience: AudienceKind,
    /// For which organizations, where they are named.
    pub organizations: &'static [&'static str],
    /// Whether it is published at once.
    pub state: State,
}

impl Stage<'_> {
    /// Somebody writes an article.
    pub fn writes(&mut self, who: &str, ago: Ago, writing: &Writing) -> VerbResult<ArticleId> {
        let named: Vec<String> = (writing.organizations.iter())
            .map(ToString::to_string)
            .collect();
        let add = AddArticle {
            title: text(writing.title)?,
            summary: Some(text(writing.summary)?),
            body: text(writing.body)?,
            category: text(writing.category)?,
            audience: ForWhom {
                to: writing.audience,
                organizations: (!named.is_empty()).then_some(named),
            },
            state: Some(writing.state),
        };
        let (actor, at) = (self.actor(who)?, self.now - ago);
        add_article(self.conn, &actor, &add, at)
    }

    /// Somebody writes on an article; what they write waits until it is published.
    pub fn rewrites(
        &mut self,
        who: &str,
        ago: Ago,
        article: ArticleId,
        body: &str,
    ) -> VerbResult<()> {
        let update = UpdateArticle {
            title: Patch::Keep,
            summary: Patch::Keep,
            body: Patch::Set(text(body)?),
            category: Patch::Keep,
            audience: Patch::Keep,
        };
        let (actor, at) = (self.actor(who)?, self.now - ago);
        update_article(self.conn, &actor, article, None, &update, at).map(drop)
    }

    /// Somebody publishes an article.
    pub fn publishes(&mut self, who: &str, ago: Ago, article: ArticleId) -> VerbResult<()> {
        let (actor, at) = (self.actor(who)?, self.now - ago);
        publish_article(self.conn, &actor, article, None, at).map(drop)
    }

    /// Somebody says whether an article was helpful.
    pub fn finds(
        &mut self,
        who: &str,
        ago: Ago,
        article: ArticleId,
        helpful: bool,
        comment: &str,
    ) -> VerbResult<()> {
        let rate = RateArticle {
            helpful,
            comment: Some(text(comment)?),
        };
        let (actor, at) = (self.actor(who)?, self.now - ago);
        rate_article(self.conn, &actor, article, &rate, at)
    }

    /// Somebody says to which pages the guide to escalations leads.
    pub fn leads_to(
        &mut self,
        who: &str,
        ago: Ago,
        links: &[(GuideKind, &str, &str)],
    ) -> VerbResult<()> {
        let link = |(kind, title, address): &(GuideKind, &str, &str)| {
            Ok(SetGuideLink {
                kind: *kind,
                title: text(title)?,
                address: text(address)?,
            })
        };
        let links = links.iter().map(link).collect::<VerbResult<Vec<_>>>()?;
        let (actor, at) = (self.actor(who)?, self.now - ago);
        set_guide(self.conn, Some(&actor), None, &SetGuide { links }, at)
    }
}
