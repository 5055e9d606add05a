//! What each verb of a case or an escalation asks before it is done.

mod case;
mod escalation;

use super::form::{Control, Form};
use super::parts::Panel;
use crate::words::Words;

pub use case::*;
pub use escalation::*;

/// The verbs that ask for something first; members of the families `panel-title`, `panel-intro` and `panel-button`.
#[cfg(test)]
pub(crate) const VERBS: [&str; 18] = [
    "edit",
    "close",
    "reopen",
    "ask_priority",
    "decide_priority",
    "request_rca",
    "deliver_rca",
    "promise",
    "repromise",
    "record",
    "edit_entry",
    "accept",
    "decline",
    "rerank",
    "assign",
    "close_escalation",
    "withdraw",
    "rate",
];

/// The panel of `verb`, sent to `action`; `cancel` is the page it stands on.
fn panel(words: &Words, verb: &str, action: String, cancel: &str, controls: Vec<Control>) -> Panel {
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
    }
}

fn label(words: &Words, name: &str) -> String {
    words.say_of("label", name, &[])
}

fn hint(words: &Words, name: &str) -> String {
    words.say_of("hint", name, &[])
}
