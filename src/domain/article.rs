//! Articles of the knowledge base (H1): where one stands, which of its versions readers are shown, and how it is found.

pub mod difference;
pub mod search;

use thiserror::Error;

use crate::domain::closed_enum;

closed_enum! {
    /// Where an article stands.
    pub enum State as "ArticleState" {
        /// Written, and for those who write articles alone.
        Draft = "draft",
        /// Shown to its audience.
        Published = "published",
        /// Not shown any more.
        Archived = "archived",
    }
}

closed_enum! {
    /// What can be done with an article.
    pub enum Verb as "ArticleVerb" {
        /// Write another version.
        Write = "write",
        /// Show its newest version to its audience.
        Publish = "publish",
        /// Show it no more.
        Archive = "archive",
        /// Remove it for good.
        Remove = "remove",
        /// Say whether it was helpful.
        Rate = "rate",
    }
}

/// Where an article stands, and with which versions: the first is 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its state.
    pub state: State,
    /// The version that was written last.
    pub newest: i64,
    /// The version that is shown, or would be: what is searched and listed.
    pub shown: i64,
}

/// A verb that an article does not take where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("an article that is {} does not take {}", .state.as_str(), .verb.as_str())]
pub struct Refusal {
    /// Where it stands.
    pub state: State,
    /// What was asked.
    pub verb: Verb,
    /// What it takes.
    pub lawful: Vec<Verb>,
}

impl Standing {
    /// As an article begins.
    pub const NEW: Self = Self {
        state: State::Draft,
        newest: 1,
        shown: 1,
    };

    /// Whether something was written that is yet to be published.
    pub const fn waits(self) -> bool {
        self.newest > self.shown
    }

    /// The verbs that the article takes, in the order in which pages offer them.
    pub fn lawful_verbs(self) -> Vec<Verb> {
        let lawful = |verb: &Verb| match (verb, self.state) {
            (Verb::Write, _) => true,
            (Verb::Publish, State::Draft | State::Archived) => true,
            (Verb::Publish, State::Published) => self.waits(),
            (Verb::Archive | Verb::Rate, state) => state == State::Published,
            // What people read does not go without a step between.
            (Verb::Remove, state) => state != State::Published,
        };
        Verb::ALL.iter().copied().filter(lawful).collect()
    }
}

/// Where an article stands after a verb; nowhere if it is removed.
///
/// # Errors
/// [`Refusal`] if it does not take the verb.
pub fn transition(standing: Standing, verb: Verb) -> Result<Option<Standing>, Refusal> {
    let lawful = standing.lawful_verbs();
    if !lawful.contains(&verb) {
        let state = standing.state;
        return Err(Refusal {
            state,
            verb,
            lawful,
        });
    }
    Ok(match verb {
        Verb::Write => {
            let newest = standing.newest + 1;
            let shown = match standing.state {
                // Readers go on with what they have until it is published.
                State::Published => standing.shown,
                State::Draft | State::Archived => newest,
            };
            Some(Standing {
                newest,
                shown,
                ..standing
            })
        }
        Verb::Publish => Some(Standing {
            state: State::Published,
            newest: standing.newest,
            shown: standing.newest,
        }),
        Verb::Archive => Some(Standing {
            state: State::Archived,
            ..standing
        }),
        Verb::Remove => None,
        Verb::Rate => Some(standing),
    })
}

/// Names in addresses that lead to pages of their own, so that no article has one.
pub const RESERVED_SLUGS: [&str; 3] = ["new", "suggestions", "categories"];

#[cfg(test)]
mod tests;
