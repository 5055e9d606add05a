//! What several pages show: people, entries, feeds, steps, clocks and findings.

use serde::Serialize;

use super::form::Control;
use super::shell::Tone;
use crate::domain::Instant;
use crate::domain::eligibility::Severity;
use crate::words::assessment::FindingView;
use crate::words::markdown::Rendered;

/// A link with its words.
#[derive(Clone, Debug, Serialize)]
pub struct Link {
    /// What it says.
    pub label: String,
    /// Where it leads.
    pub href: String,
    /// Whether it is the main thing to do here.
    pub main: bool,
    /// Its id on the page, for what points at it; empty for none.
    pub id: &'static str,
}

impl Link {
    /// A link that says `label`.
    pub fn new(label: impl Into<String>, href: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            href: href.into(),
            main: false,
            id: "",
        }
    }

    /// The main thing to do here.
    #[must_use]
    pub fn main(mut self) -> Self {
        self.main = true;
        self
    }
}

/// A finding on a page.
#[derive(Clone, Debug, Serialize)]
pub struct FindingLine {
    /// What it does.
    pub severity: Severity,
    /// Its sentence.
    pub message: String,
    /// When it stops blocking, where only time is missing.
    pub eligible_at: Option<Instant>,
    /// What to do about it.
    pub remedy: Option<Link>,
}

impl From<FindingView> for FindingLine {
    fn from(view: FindingView) -> Self {
        let remedy = view
            .remedy
            .map(|remedy| Link::new(remedy.text, remedy.href.unwrap_or_default()));
        Self {
            severity: view.severity,
            message: view.message,
            eligible_at: view.eligible_at,
            remedy,
        }
    }
}

/// Who wrote something.
#[derive(Clone, Debug, Serialize)]
pub struct PersonView {
    /// First and last name.
    pub name: String,
    /// Two letters for the avatar.
    pub initials: String,
    /// Whether the provider's.
    pub staff: bool,
    /// "Support", or the organization.
    pub place: String,
}

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
    /// What the reader may do with it.
    pub verbs: Vec<Link>,
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
    /// What was typed.
    pub value: String,
    /// What is wrong with it; empty when nothing is.
    pub error: String,
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
    /// For who may write.
    pub composer: Option<Composer>,
}

/// The escalation feed: the active escalation open, past ones folded (F1).
#[derive(Clone, Debug, Serialize)]
pub struct EscalationFeed {
    /// The active one, or on its own page the one it is about.
    pub current: Option<Thread>,
    /// Past ones, newest first.
    pub past: Vec<Thread>,
    /// How many entries the reader sees for the first time.
    pub unread: usize,
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
    /// Why it was declined, and what to do instead.
    pub decision: Option<DecisionView>,
    /// Whether it is unfolded though it is past.
    pub open: bool,
    /// Entries, newest first.
    pub entries: Vec<EntryView>,
    /// Where the older ones are.
    pub older: Option<String>,
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

/// The sentence that says who waits for whom.
#[derive(Clone, Debug, Serialize)]
pub struct WaitView {
    /// "Support is working on it."
    pub headline: String,
    /// "Last update from support 20 h 48 min ago".
    pub detail: Option<DueView>,
}

/// Words and an instant.
#[derive(Clone, Debug, Serialize)]
pub struct DueView {
    /// What is due or was done.
    pub text: String,
    /// When.
    pub at: Option<Instant>,
    /// How pressing it is.
    pub tone: Tone,
}

/// The promised next steps (C9, M7).
#[derive(Clone, Debug, Serialize)]
pub struct StepList {
    /// Open ones first, by date.
    pub items: Vec<StepView>,
    /// Where one is added, for who may.
    pub add: Option<String>,
}

/// One promised next step.
#[derive(Clone, Debug, Serialize)]
pub struct StepView {
    /// Its id.
    pub id: String,
    /// What was promised.
    pub what: String,
    /// Who does it.
    pub who: String,
    /// By when.
    pub due_at: Instant,
    /// `open`, `done`, `missed`.
    pub state: &'static str,
    /// How pressing it is.
    pub tone: Tone,
    /// When it was done or missed; the promise itself otherwise.
    pub settled_at: Instant,
    /// Why it was promised anew; empty when it was not.
    pub reason: String,
    /// What became of it, from its promise on; empty where that is all.
    pub past: Vec<StepPastLine>,
    /// What the reader may do with it: each asks first, since the customer is told at once.
    pub verbs: Vec<Link>,
}

/// Something that happened to a promise.
#[derive(Clone, Debug, Serialize)]
pub struct StepPastLine {
    /// `promised`, `repromised`, `done`, `missed`.
    pub happened: &'static str,
    /// When.
    pub at: Instant,
    /// Who did it.
    pub by: String,
    /// By when it was promised from then on.
    pub due_at: Instant,
    /// Why it was promised anew; empty when it was not.
    pub reason: String,
}

/// The calls that are asked for on an escalation (M12).
#[derive(Clone, Debug, Serialize)]
pub struct CallList {
    /// What is still to come first, by its window.
    pub items: Vec<CallView>,
    /// Where one is asked for, for who may.
    pub add: Option<String>,
}

/// One call.
#[derive(Clone, Debug, Serialize)]
pub struct CallView {
    /// Its id.
    pub id: String,
    /// The number.
    pub phone: String,
    /// The number as an address.
    pub tel: String,
    /// When its window begins.
    pub begins_at: Instant,
    /// When it is over.
    pub ends_at: Instant,
    /// The window by the clock of whoever is called, where that is another than the reader's; may be empty.
    pub local: String,
    /// `requested`, `taken`, `completed`, `missed`, `canceled`.
    pub state: &'static str,
    /// How pressing it is.
    pub tone: Tone,
    /// Who makes it.
    pub owner: Option<String>,
    /// What it is about; may be empty.
    pub note: String,
    /// Why it was moved, missed or called off; may be empty.
    pub reason: String,
    /// What the reader may do with it: each asks first, since the other side is told at once.
    pub verbs: Vec<Link>,
}

/// A fact with its value.
#[derive(Clone, Debug, Serialize)]
pub struct Fact {
    /// What it is.
    pub label: String,
    /// Its value in words.
    pub value: String,
    /// Its value as an instant.
    pub at: Option<Instant>,
    /// Where the value leads; empty for nowhere.
    pub link: String,
    /// Its id on the page, for what points at it; empty for none.
    pub id: &'static str,
    /// Where it is changed, for who may.
    pub change: Option<Link>,
}

impl Fact {
    /// A fact in words.
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            value: value.into(),
            at: None,
            link: String::new(),
            id: "",
            change: None,
        }
    }

    /// An instant.
    pub fn at(label: impl Into<String>, at: Instant) -> Self {
        Self {
            at: Some(at),
            ..Self::new(label, "")
        }
    }

    /// With an address behind its value.
    #[must_use]
    pub fn link(mut self, link: impl Into<String>) -> Self {
        self.link = link.into();
        self
    }

    /// To be pointed at as `id`, and changed at `change` by who may.
    #[must_use]
    pub fn id(mut self, id: &'static str, change: Option<Link>) -> Self {
        self.id = id;
        self.change = change;
        self
    }
}

/// What happened, when and by whom.
#[derive(Clone, Debug, Serialize)]
pub struct Event {
    /// What.
    pub text: String,
    /// When.
    pub at: Instant,
    /// By whom; empty when nobody did.
    pub by: String,
}

/// A drawing of a clock: what counted, what did not, what is left (the empty rest).
#[derive(Clone, Debug, Serialize)]
pub struct TrackView {
    /// The whole in words, for who cannot see it.
    pub label: String,
    /// A line below; may be empty.
    pub note: String,
    /// The segments, of 1000 in all.
    pub bars: Vec<Bar>,
}

/// One segment of a track.
#[derive(Clone, Debug, Serialize)]
pub struct Bar {
    /// Where it starts, of 1000.
    pub x: u32,
    /// How long it is, of 1000.
    pub width: u32,
    /// Whether it counted.
    pub counted: bool,
    /// What it is, in words.
    pub title: String,
}

/// A verb that asks for something before it is done; shown at the head of the page it belongs to.
#[derive(Clone, Debug, Serialize)]
pub struct Panel {
    /// What is to be done.
    pub title: String,
    /// What it means; may be empty.
    pub intro: String,
    /// What else will happen; may be empty.
    pub warning: String,
    /// Whether it is about the escalation.
    pub bell: bool,
    /// What to fill in.
    pub form: super::form::Form,
    /// Where to go instead.
    pub cancel: String,
    /// Importance and urgency with the rank they give.
    pub ranking: Option<Ranking>,
    /// Next steps to promise.
    pub promises: Option<Promises>,
}

/// Importance and urgency, and the ranks of all their pairs (M6).
#[derive(Clone, Debug, Serialize)]
pub struct Ranking {
    /// How important.
    pub importance: Control,
    /// How urgent.
    pub urgency: Control,
    /// Urgencies, as the columns stand.
    pub levels: Vec<&'static str>,
    /// One row an importance.
    pub rows: Vec<RankRow>,
}

/// The ranks of one importance.
#[derive(Clone, Debug, Serialize)]
pub struct RankRow {
    /// The importance.
    pub importance: &'static str,
    /// One cell an urgency.
    pub cells: Vec<RankCell>,
}

/// The rank of one importance and urgency.
#[derive(Clone, Debug, Serialize)]
pub struct RankCell {
    /// The urgency.
    pub urgency: &'static str,
    /// 1 to 5.
    pub rank: u8,
}

/// Rows of next steps to promise.
#[derive(Clone, Debug, Serialize)]
pub struct Promises {
    /// How to fill them in, with the zone of the times.
    pub hint: String,
    /// What is wrong with them; empty when nothing is.
    pub error: String,
    /// What, who and by when of each.
    pub rows: Vec<Vec<Control>>,
}

/// The way to the next page of a list and back to the first.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Pager {
    /// The first page, unless this is it.
    pub first: Option<String>,
    /// The next page, unless this is the last.
    pub next: Option<String>,
}

/// One of several views of a list.
#[derive(Clone, Debug, Serialize)]
pub struct Tab {
    /// What it is called.
    pub label: String,
    /// Its address.
    pub href: String,
    /// How many it holds, where that is told.
    pub count: Option<usize>,
    /// Whether it is this one.
    pub current: bool,
}

/// What stands at the foot of a page: why, and what can be done.
#[derive(Clone, Debug, Serialize)]
pub struct Foot {
    /// "Can be escalated in 3 h 12 min".
    pub headline: String,
    /// "at 10:12 tomorrow, unless support updates the case before."
    pub detail: String,
    /// Where more is told.
    pub why: Option<String>,
    /// Verbs, the main one last.
    pub actions: Vec<Link>,
    /// What is done at once, without asking for anything: its address and what its button says.
    pub at_once: Option<Link>,
    /// The *Escalate Case* button, for who may escalate.
    pub bell: Option<Bell>,
}

/// The *Escalate Case* button.
#[derive(Clone, Debug, Serialize)]
pub struct Bell {
    /// The form it leads to.
    pub href: String,
    /// Whether it leads there now.
    pub enabled: bool,
    /// When it will be enabled, if only time is missing.
    pub at: Option<Instant>,
}
