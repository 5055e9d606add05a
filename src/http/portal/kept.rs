//! What was typed into a form that could not be taken, because nobody was signed in any more or the form was one of an
//! older session: it is carried on, through signing in too, and sent once somebody says so. Nothing is typed twice.

use std::collections::{BTreeMap, HashMap};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::form::{Control, Form, Kind};
use super::page_request::PageRequest;
use super::render::is_local;
use crate::words::Catalogue;

/// The field that carries it through signing in.
const CARRIED: &str = "kept";
/// Fields that pages send for themselves: nobody typed them.
const OF_PAGES: [&str; 9] = [
    "csrf_token",
    super::once::FIELD,
    "version",
    "back",
    "next",
    "panel",
    "rows",
    "visibility",
    CARRIED,
];

/// A form that was sent, and where to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    /// Where to.
    action: String,
    /// What it said, without any secret: those are typed again.
    fields: BTreeMap<String, String>,
}

/// The page that shows what was typed, and sends it.
#[derive(Clone, Debug, Serialize)]
pub struct KeptPage {
    /// What happened.
    pub about: String,
    /// The words that were typed.
    pub words: Vec<String>,
    /// All of it, ready to be sent.
    pub form: Form,
    /// The page that it was typed on.
    pub back: String,
}

impl Kept {
    /// What the form of `req` said, if there are words in it that somebody would have to type again. What another site
    /// sent is not kept: nobody typed it here.
    pub(super) fn of(req: &PageRequest) -> Option<Self> {
        let fields = req.typed.iter();
        let fields = fields.filter(|(name, _)| *name != "csrf_token" && !is_secret(name));
        let kept = Self {
            action: req.address.clone(),
            fields: fields
                .map(|(name, text)| (name.clone(), text.clone()))
                .collect(),
        };
        (req.from_own_page && !words_in(&req.typed).is_empty()).then_some(kept)
    }

    /// What a form carries on that signs somebody in.
    pub(super) fn carried(req: &PageRequest) -> Option<Self> {
        let text = req.typed.get(CARRIED)?;
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let kept: Self = serde_json::from_slice(&bytes).ok()?;
        is_local(&kept.action).then_some(kept)
    }

    /// The control that carries it on.
    pub(super) fn control(&self) -> Control {
        // It is made of texts alone.
        let bytes = serde_json::to_vec(self).unwrap_or_default();
        Control::new(Kind::Hidden, CARRIED, "").value(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The page on which it stands and can be sent, for who is signed in; `why` it was not is a member of the family `kept-why`.
    pub(super) fn page(&self, words: &Catalogue, why: &str) -> KeptPage {
        let typed = self.fields.clone().into_iter().collect();
        let controls = self.fields.iter();
        let controls =
            controls.map(|(name, text)| Control::new(Kind::Hidden, name, "").value(text.as_str()));
        KeptPage {
            about: words.say_of("kept-why", why, &[]),
            words: words_in(&typed),
            form: Form::new(
                "kept",
                self.action.clone(),
                words.say("kept-send", &[]),
                controls.collect(),
            ),
            back: page_of(&self.action),
        }
    }
}

/// Whether a field holds what nobody but its owner reads: it is typed again.
fn is_secret(name: &str) -> bool {
    name.contains("password") || name.ends_with("code") || ["token", "secret"].contains(&name)
}

/// What somebody wrote, as against what they chose: the texts of several words.
pub(super) fn words_in(typed: &HashMap<String, String>) -> Vec<String> {
    let written = |(name, text): &(&String, &String)| {
        let of_pages = OF_PAGES.contains(&name.as_str()) || name.starts_with("was.");
        !of_pages && !is_secret(name) && is_written(name, text)
    };
    let mut words: Vec<_> = typed.iter().filter(written).collect();
    words.sort_by_key(|(name, _)| name.as_str());
    words.into_iter().map(|(_, text)| text.clone()).collect()
}

/// The fields that hold words whatever they look like.
const OF_WORDS: [&str; 9] = [
    "body",
    "comment",
    "description",
    "details",
    "note",
    "reply",
    "subject",
    "summary",
    "what",
];

/// Whether somebody has written a text, and not chosen it.
fn is_written(name: &str, text: &str) -> bool {
    let field = name.rsplit('.').next().unwrap_or_default();
    let holds_words = OF_WORDS.contains(&field);
    let text = text.trim();
    let looks_like_words = text.contains(char::is_whitespace) || !text.is_ascii();
    !text.is_empty() && (holds_words || looks_like_words)
}

/// The page on which a form stands that is sent to `action`: the thing itself.
fn page_of(action: &str) -> String {
    let path = action.split('?').next().unwrap_or_default();
    let parts: Vec<&str> = path.split('/').skip(1).take(2).collect();
    format!("/{}", parts.join("/"))
}

/// The members of the family `kept-why`.
#[cfg(test)]
pub(crate) const REASONS: [&str; 2] = ["session", "signed-in"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_told_from_what_was_chosen() {
        let typed = [
            ("csrf_token", "a b"),
            ("was.body", "a b"),
            ("password", "two words"),
            ("code", "123 456"),
            ("token", "pasted with a space"),
            ("secret", "pasted with a space"),
            ("priority", "high"),
            ("body", "It fails\nagain."),
        ];
        let typed: HashMap<_, _> = typed
            .map(|(name, text)| (name.to_owned(), text.to_owned()))
            .into();
        assert_eq!(words_in(&typed), ["It fails\nagain."]);
        // A word alone is words, where words are asked for or in a script that has no spaces.
        for (name, text, written) in [
            ("body", "Restarted.", true),
            ("next_steps[0].what", "Fix", true),
            ("channel", "電話で聞いた", true),
            ("reason", "no_update", false),
            ("body", "  ", false),
        ] {
            let typed = HashMap::from([(name.to_owned(), text.to_owned())]);
            assert_eq!(
                words_in(&typed).len(),
                usize::from(written),
                "{name}: {text}"
            );
        }
    }

    #[test]
    fn a_form_leads_back_to_the_page_that_it_stands_on() {
        assert_eq!(page_of("/cases/C-000001/feed"), "/cases/C-000001");
        assert_eq!(page_of("/cases?q=x"), "/cases");
    }
}
