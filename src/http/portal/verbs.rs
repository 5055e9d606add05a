//! What each verb of a case or an escalation asks before it is done.

mod callback;
mod case;
mod escalation;

use std::collections::HashMap;

use super::file_view::FileView;
use super::form::{Control, Form, faults};
use super::helped::RANKING;
use super::parts::Panel;
use crate::http::problem::Problem;
use crate::words::Catalogue;

pub use callback::*;
pub use case::*;
pub use escalation::*;

/// The verbs that ask for something first; members of the families `panel-title`, `panel-intro` and `panel-button`.
#[cfg(test)]
pub(crate) const VERBS: [&str; 32] = [
    "edit",
    "close",
    "reopen",
    "ask_priority",
    "decide_priority",
    "request_rca",
    "deliver_rca",
    "promise",
    "repromise",
    "complete",
    "miss",
    "state_impact",
    "record",
    "ask_call",
    "call_take",
    "call_assign",
    "call_reschedule",
    "call_describe",
    "call_complete",
    "call_miss",
    "call_cancel",
    "edit_entry",
    "redact",
    "move",
    "accept",
    "decline",
    "rerank",
    "assign",
    "close_escalation",
    "withdraw",
    "rate",
    "ask_rater",
];

/// The panel of `verb`, sent to `action`; `cancel` is the page it stands on.
fn panel(
    words: &Catalogue,
    verb: &str,
    action: String,
    cancel: &str,
    controls: Vec<Control>,
) -> Panel {
    Panel {
        title: words.say_of("panel-title", verb, &[]),
        intro: words.say_of("panel-intro", verb, &[]),
        warning: String::new(),
        bell: false,
        form: Form::new(
            "do",
            action,
            words.say_of("panel-button", verb, &[]),
            controls,
        ),
        cancel: cancel.to_owned(),
        ranking: None,
        promises: None,
        templates: None,
    }
}

fn label(words: &Catalogue, name: &str) -> String {
    words.say_of("label", name, &[])
}

fn hint(words: &Catalogue, name: &str) -> String {
    words.say_of("hint", name, &[])
}

impl Panel {
    /// The panel as it was typed.
    #[must_use]
    pub fn filled(mut self, typed: &HashMap<String, String>) -> Self {
        self.form = self.form.filled(typed);
        for control in self.others() {
            control.fill(typed);
        }
        self
    }

    /// The panel with files that are here already, and attached to nothing yet.
    #[must_use]
    pub fn holding(mut self, files: Vec<FileView>) -> Self {
        self.form = self.form.holding(files);
        self
    }

    /// The panel again: what was typed, and what is wrong with it.
    #[must_use]
    pub fn refused_for(
        self,
        words: &Catalogue,
        typed: &HashMap<String, String>,
        problem: &Problem,
    ) -> Self {
        let form = self.form.clone().again(words, typed, problem);
        let mut panel = self.filled(typed);
        panel.form = form;
        faults(words, problem, |name, why| {
            // Both are picked at once.
            let name = match name {
                "importance" | "urgency" if panel.ranking.is_some() => RANKING,
                name => name,
            };
            let other = panel.others().find(|control| control.name == name);
            if let Some(fault) = other.map(|control| control.refused_for(&why)) {
                panel.form.faults.extend(fault);
                return;
            }
            panel.form.refuse(name, why);
        });
        panel
    }

    /// The controls that do not stand in the form's own list.
    pub(super) fn others(&mut self) -> impl Iterator<Item = &mut Control> {
        let steps = self
            .promises
            .as_mut()
            .into_iter()
            .flat_map(|promises| promises.rows.iter_mut().flatten());
        let levels = self.ranking.as_mut().into_iter();
        let levels = levels.flat_map(|ranking| ranking.rows.iter_mut());
        let levels = levels.map(|row| &mut row.control);
        steps.chain(levels)
    }
}
