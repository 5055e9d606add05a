//! Feeds on a page: what people wrote, what a case was opened with, where one writes, and what became of an escalation.

use serde::Serialize;

use super::{Link, PersonView, RequestView, StepView, TemplateChoices};
use crate::domain::Instant;
use crate::domain::case::Status;
use crate::domain::notice::Stance;
use crate::http::portal::draft_field::DraftField;
use crate::http::portal::file_view::{Attach, FileView, is_of_files};
use crate::http::portal::form::Wrong;
use crate::http::portal::shell::Tone;
use crate::http::portal::undo::UndoView;
use crate::http::problem::Problem;
use crate::words::markdown::Rendered;

/// The words of an entry.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Body {
    /// As they were written.
    Written(String),
    /// As HTML.
    Rendered(Rendered),
}

/// One entry of a feed, or a mark in it.
#[derive(Clone, Debug, Serialize)]
pub struct EntryView {
    /// Its id on the page.
    pub anchor: String,
    /// A domain entry kind: `comment`, `work_note`, `mark`, `external_communication`, `rca`.
    pub kind: String,
    /// Who wrote it; a mark may have nobody.
    pub author: Option<PersonView>,
    /// When.
    pub at: Instant,
    /// Markdown, rendered or not; of a mark, a sentence.
    pub body: Body,
    /// Whether only the provider sees it.
    pub internal: bool,
    /// Whether the reader sees it for the first time.
    pub unread: bool,
    /// Whether a mark is about an escalation.
    pub bell: bool,
    /// Whether its text was taken out.
    pub redacted: bool,
    /// Where a mark leads.
    pub link: Option<Link>,
    /// The contact that was recorded.
    pub contact: Option<ContactView>,
    /// Its files.
    pub files: Vec<FileView>,
    /// What the reader may do with it.
    pub verbs: Vec<Link>,
    /// What takes it back, while it can be.
    pub undo: Option<UndoView>,
}

/// A contact outside the portal (M10).
#[derive(Clone, Debug, Serialize)]
pub struct ContactView {
    /// Call, e-mail, meeting.
    pub channel: String,
    /// With whom.
    pub with: String,
    /// When it took place.
    pub at: Instant,
}

/// Where one writes into a feed.
#[derive(Clone, Debug, Serialize)]
pub struct Composer {
    /// Unique on the page.
    pub id: String,
    /// Where it is sent.
    pub action: String,
    /// What the field is called.
    pub label: String,
    /// What belongs there.
    pub placeholder: String,
    /// Where the words go and who is told.
    pub hint: String,
    /// Names the reader: "Post to ACME".
    pub button: String,
    /// Whether a note for the provider only can be written.
    pub internal: bool,
    /// Whether an answer can be asked for, for which the next update waits.
    pub asks: bool,
    /// The statuses to which the case can be put with it.
    pub moves: Vec<ComposerMove>,
    /// Where it is asked who can be mentioned.
    pub mentions: String,
    /// What was typed.
    pub value: String,
    /// What is wrong with it; empty when nothing is.
    pub error: String,
    /// The same and what is wrong with its files, for its head.
    pub wrong: Wrong,
    /// Answers that are written already.
    pub templates: Option<TemplateChoices>,
    /// Where files go.
    pub attach: Attach,
    /// Where what is typed is kept until it is sent.
    pub draft: DraftField,
}

impl Composer {
    /// Says what is wrong with it, where that is.
    pub fn refuse(&mut self, problem: &Problem, why: String) {
        let body = format!("{}-body", self.id);
        let (id, error) = match is_of_files(problem) {
            true => (self.attach.id.as_str(), &mut self.attach.error),
            false => (body.as_str(), &mut self.error),
        };
        self.wrong = Wrong::at(id, why.as_str());
        *error = why;
    }
}

/// A button that posts, and puts the case to a status.
#[derive(Clone, Debug, Serialize)]
pub struct ComposerMove {
    /// The status.
    pub status: Status,
    /// What the button says.
    pub label: String,
}

/// What the reader is told of a feed, and how to change it (F7).
#[derive(Clone, Debug, Serialize)]
pub struct FollowView {
    /// Where it is sent.
    pub action: String,
    /// The page to come back to.
    pub back: String,
    /// Whether they are told, and why.
    pub text: String,
    /// The button.
    pub choice: Option<FollowChoice>,
    /// Where it is changed otherwise.
    pub link: Option<Link>,
}

/// A button that follows or mutes a feed.
#[derive(Clone, Debug, Serialize)]
pub struct FollowChoice {
    /// The feed, as it is asked for.
    pub name: &'static str,
    /// What is said of it.
    pub value: Stance,
    /// What the button says.
    pub label: String,
    /// The same with the name of the feed, for who does not see where it stands.
    pub aria: String,
}

/// What a case was opened with.
#[derive(Clone, Debug, Serialize)]
pub struct OpeningView {
    /// Who opened it.
    pub by: String,
    /// Two letters for the avatar.
    pub initials: String,
    /// When.
    pub at: Instant,
    /// The description, Markdown.
    pub body: String,
    /// Whether it is so long that it would keep the rest of the feed out of sight.
    pub long: bool,
    /// The files that came with it.
    pub files: Vec<FileView>,
    /// Where it is changed, for who may.
    pub change: Option<Link>,
}

/// The case feed: what was reported stands first, then where one writes, then what was written, the newest first.
#[derive(Clone, Debug, Serialize)]
pub struct CaseFeed {
    /// What was reported, by whom and when.
    pub opening: OpeningView,
    /// Entries, newest first.
    pub entries: Vec<EntryView>,
    /// How many the reader sees for the first time.
    pub unread: usize,
    /// Where the older ones are.
    pub older: Option<String>,
    /// Where all of them stand on one page, if that is not this one.
    pub whole: Option<String>,
    /// For who may write.
    pub composer: Option<Composer>,
    /// Whether the reader is told of it.
    pub follow: Option<FollowView>,
}

/// The escalation feed: the active escalation open, past ones folded (F1).
#[derive(Clone, Debug, Serialize)]
pub struct EscalationFeed {
    /// The active one; without one, the one that the address names.
    pub current: Option<Thread>,
    /// Past ones, newest first.
    pub past: Vec<Thread>,
    /// How many entries the reader sees for the first time.
    pub unread: usize,
    /// Whether the reader is told of it.
    pub follow: Option<FollowView>,
}

/// What was written about one escalation.
#[derive(Clone, Debug, Serialize)]
pub struct Thread {
    /// `E-000045`.
    pub number: String,
    /// Its page.
    pub href: String,
    /// The reason's label.
    pub reason: String,
    /// A domain escalation state.
    pub state: String,
    /// When it was submitted.
    pub submitted_at: Instant,
    /// What was submitted, and what became of it.
    pub request: RequestView,
    /// Why it was declined, and what to do instead.
    pub decision: Option<DecisionView>,
    /// Whether it is unfolded though it is past.
    pub open: bool,
    /// Entries, newest first.
    pub entries: Vec<EntryView>,
    /// Where the older ones are.
    pub older: Option<String>,
    /// What became of its promises, once it is past.
    pub steps: Vec<StepView>,
    /// For who may write.
    pub composer: Option<Composer>,
}

/// What became of an escalation.
#[derive(Clone, Debug, Serialize)]
pub struct DecisionView {
    /// How it looks.
    pub tone: Tone,
    /// "E-000048 was declined".
    pub title: String,
    /// When.
    pub at: Instant,
    /// Why, with what to do instead.
    pub reasons: Vec<ReasonLine>,
    /// What follows from it.
    pub about: String,
    /// Where to go on.
    pub link: Option<Link>,
    /// Where it is said that it was read; empty if that is not asked.
    pub read: String,
}

/// A criterion that was not met.
#[derive(Clone, Debug, Serialize)]
pub struct ReasonLine {
    /// Which.
    pub why: String,
    /// What to do instead.
    pub instead: String,
}
