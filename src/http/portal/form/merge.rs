//! What was typed, put into a control that somebody else may have changed meanwhile.

use std::collections::HashMap;

use super::control::{Control, Kind};
use super::fingerprints::{WAS, fingerprint};
use crate::input::shortened;
use crate::words::Catalogue;

impl Control {
    /// What it sends as it stands.
    pub(super) fn sent(&self) -> &str {
        match self.kind {
            Kind::Check if !self.checked => "",
            _ => &self.value,
        }
    }

    /// What it sends, as people read it.
    fn told(&self) -> String {
        let chosen = self.choices.iter().find(|choice| choice.selected);
        let text = chosen.map_or(self.value.as_str(), |choice| choice.label.as_str());
        shortened(text).into_owned()
    }

    /// Puts in what was typed if that was typed, and leaves what somebody else has changed meanwhile, with a word on it.
    pub(super) fn merge(&mut self, words: &Catalogue, typed: &HashMap<String, String>) {
        let Some(was) = typed.get(&format!("{WAS}{}", self.name)) else {
            let tells_what_was = typed.keys().any(|name| name.starts_with(WAS));
            // A row that was not there yet when the page was made is theirs.
            if tells_what_was && !self.was.is_empty() && !typed.contains_key(&self.name) {
                if !self.sent().is_empty() {
                    self.error = words.say("changed-meanwhile", &[]);
                }
                return;
            }
            return self.fill(typed);
        };
        let changed = *was != fingerprint(self.sent());
        let mine = typed.get(&self.name).map_or("", String::as_str);
        if fingerprint(mine) == *was {
            if changed {
                self.error = words.say("changed-meanwhile", &[]);
            }
        } else if fingerprint(mine) != fingerprint(self.sent()) {
            let (told, ticks) = (self.told(), self.kind == Kind::Check);
            self.fill(typed);
            if changed && ticks {
                self.error = words.say("changed-otherwise-meanwhile", &[]);
            } else if changed {
                self.error = words.say("changed-to-meanwhile", &[("now", told.into())]);
            }
        }
    }
}
