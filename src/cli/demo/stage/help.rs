//! What support announces, shows and links to.

use chrono::TimeDelta;
use chrono_tz::Tz;

use super::{Ago, Stage, text};
use crate::domain::announcement::Importance;
use crate::domain::audience::AudienceKind;
use crate::domain::callback::Spoken;
use crate::domain::ids::TutorialId;
use crate::workflow::VerbResult;
use crate::workflow::announcements::{AddAnnouncement, add_announcement};
use crate::workflow::audience::ForWhom;
use crate::workflow::tools::{AddTool, add_tool};
use crate::workflow::tutorials::{AddTutorial, Places, add_tutorial, register};

/// What somebody offers to show.
pub struct Offer {
    /// One line.
    pub title: &'static str,
    /// Markdown.
    pub body: &'static str,
    /// For whom.
    pub to: AudienceKind,
    /// In how long it begins.
    pub begins: TimeDelta,
    /// How many come at the most.
    pub places: Option<Places>,
    /// Where.
    pub place: &'static str,
}

fn whom(to: AudienceKind) -> ForWhom {
    ForWhom {
        to,
        organizations: None,
    }
}

impl Stage<'_> {
    /// Somebody announces something, which is shown for so long from now on.
    pub fn announces(
        &mut self,
        (who, ago): (&str, Ago),
        (title, body): (&str, &str),
        (to, importance): (AudienceKind, Importance),
        lasts: TimeDelta,
    ) -> VerbResult<()> {
        let (actor, at) = (self.actor(who)?, self.now - ago);
        let announcement = AddAnnouncement {
            title: text(title)?,
            body: text(body)?,
            audience: whom(to),
            from: at,
            until: Some(self.now + lasts),
            importance,
            draft: None,
        };
        add_announcement(self.conn, &actor, &announcement, at).map(drop)
    }

    /// Somebody offers a tutorial of an hour and a half.
    pub fn offers(&mut self, (who, ago): (&str, Ago), offer: &Offer) -> VerbResult<TutorialId> {
        let (actor, at) = (self.actor(who)?, self.now - ago);
        let begins = self.now + offer.begins;
        let spoken = |at: crate::domain::Instant| Spoken::At(at.fixed_offset());
        let tutorial = AddTutorial {
            title: text(offer.title)?,
            body: text(offer.body)?,
            audience: whom(offer.to),
            starts_at: spoken(begins),
            ends_at: spoken(begins + TimeDelta::minutes(90)),
            time_zone: Tz::Europe__Berlin,
            places: offer.places,
            place_or_link: text(offer.place)?,
            registration_until: None,
        };
        add_tutorial(self.conn, &actor, &tutorial, at)
    }

    /// Somebody registers for a tutorial.
    pub fn comes(&mut self, who: &str, ago: Ago, tutorial: TutorialId) -> VerbResult<()> {
        let (actor, at) = (self.actor(who)?, self.now - ago);
        register(self.conn, &actor, tutorial, at).map(drop)
    }

    /// Somebody links to a tool.
    pub fn links_to(
        &mut self,
        (who, ago): (&str, Ago),
        (title, description): (&str, &str),
        href: &str,
        to: AudienceKind,
    ) -> VerbResult<()> {
        let (actor, at) = (self.actor(who)?, self.now - ago);
        let tool = AddTool {
            title: text(title)?,
            description: Some(text(description)?),
            href: text(href)?,
            audience: whom(to),
            position: None,
        };
        add_tool(self.conn, &actor, &tool, at).map(drop)
    }
}
