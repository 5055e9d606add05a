//! The verbs of a case, and of the next steps promised on it.

use super::{hint as more, label as name, panel};
use crate::domain::access::{Access, CaseField};
use crate::domain::case::{
    BusinessImpact, Channel, Deployment, Engagement, Priority, Status, StepState, StepVerb,
};
use crate::domain::feed::Feed;
use crate::http::portal::form::{Choice, Control, Kind, words_of};
use crate::http::portal::parts::Panel;
use crate::store::promises::NextStep;
use crate::words::Catalogue;
use crate::workflow::close_case::{CloseCase, ReopenCase};
use crate::workflow::feed::{EditEntry, RecordCommunication, RedactEntry};
use crate::workflow::move_entry::MoveEntry;
use crate::workflow::promise::{PromiseStep, SettleStep};
use crate::workflow::request::{DecidePriority, DeliverAnalysis, RequestAnalysis, RequestPriority};
use crate::workflow::update_case::UpdateCase;

/// What a case says now, to be changed.
#[derive(Clone, Debug)]
pub struct CaseNow {
    /// The subject.
    pub subject: String,
    /// The description, Markdown.
    pub description: String,
    /// The product; may be empty.
    pub product: String,
    /// The business impact.
    pub business_impact: BusinessImpact,
    /// The priority.
    pub priority: Priority,
    /// The status.
    pub status: Status,
    /// The deployment.
    pub deployment: Deployment,
    /// The parties that it waits on.
    pub engagements: Vec<Engagement>,
    /// The engineer's id; empty when it has none.
    pub owner: String,
    /// The line's id; empty when it has none.
    pub line_of_business: String,
    /// Its version, which an update must find unchanged.
    pub version: String,
}

/// Changes what a case says, in the fields that `access` may change. `owners` and `lines` are what can be chosen.
pub fn edit_panel(
    words: &Catalogue,
    access: &Access,
    case: &CaseNow,
    owners: Vec<Choice>,
    lines: Vec<Choice>,
    action: String,
    cancel: &str,
) -> Panel {
    let label = |key| name(words, key);
    let mut controls = Vec::new();
    for field in CaseField::ALL
        .iter()
        .copied()
        .filter(|field| access.may_change(*field).is_ok())
    {
        match field {
            CaseField::Subject => {
                let control = Control::of(UpdateCase::subject(), label("subject"));
                controls.push(control.value(case.subject.clone()));
            }
            CaseField::Description => {
                let control = Control::of(UpdateCase::description(), label("description"));
                controls.push(control.value(case.description.clone()));
            }
            CaseField::Product => {
                let control = Control::of(UpdateCase::product(), label("product"));
                controls.push(control.half().value(case.product.clone()));
            }
            CaseField::BusinessImpact => {
                let choices = words_of(words, "impact", BusinessImpact::NAMES, "");
                let control = Control::of(UpdateCase::business_impact(), label("business-impact"));
                controls.push(chosen(control, choices, case.business_impact.as_str()));
            }
            CaseField::Priority => {
                let choices = words_of(words, "priority", Priority::NAMES, "");
                let control = Control::of(UpdateCase::priority(), label("priority"));
                controls.push(chosen(control, choices, case.priority.as_str()));
            }
            CaseField::Status => {
                let moves = case
                    .status
                    .lawful_moves()
                    .iter()
                    .map(|status| status.as_str());
                let names: Vec<_> = std::iter::once(case.status.as_str()).chain(moves).collect();
                let choices = words_of(words, "status", &names, "");
                let control = Control::of(UpdateCase::status(), label("status"));
                controls.push(chosen(control, choices, names[0]));
            }
            CaseField::Deployment => {
                let choices = words_of(words, "deployment", Deployment::NAMES, "");
                let control = Control::of(UpdateCase::deployment(), label("deployment"));
                controls.push(chosen(control, choices, case.deployment.as_str()));
            }
            CaseField::Owner => {
                let nobody = vec![Choice::new("", words.say("choice-none", &[]))];
                let choices = [nobody, owners.clone()].concat();
                let control = Control::of(UpdateCase::owner(), label("owner"));
                controls.push(chosen(control, choices, &case.owner));
            }
            CaseField::Engagements => {
                // With no tick at all, it waits on nobody.
                let field = UpdateCase::engagements();
                controls.push(Control::new(Kind::Hidden, field.name, ""));
                controls.extend(Engagement::ALL.iter().map(|party| {
                    let label = words.say_of("engaged", party.as_str(), &[]);
                    Control::new(Kind::Check, format!("{}.{party}", field.name), label)
                        .checked(case.engagements.contains(party))
                }));
            }
            CaseField::LineOfBusiness if !lines.is_empty() => {
                let label = label("line-of-business");
                let control = Control::of(UpdateCase::line_of_business(), label);
                controls.push(chosen(control, lines.clone(), &case.line_of_business));
            }
            CaseField::LineOfBusiness => {}
        }
    }
    let mut panel = panel(words, "edit", action, cancel, controls);
    panel.form = panel.form.guarded(&case.version);
    panel
}

/// States the impact alone: what *Before you escalate* may ask for. Nothing is chosen before somebody does.
pub fn state_impact_panel(words: &Catalogue, version: i64, action: String, cancel: &str) -> Panel {
    let choices = words_of(words, "impact", BusinessImpact::NAMES, "impact-hint");
    let controls = vec![
        Control::new(Kind::Hidden, "version", "").value(version.to_string()),
        Control::new(Kind::Hidden, "panel", "").value("state_impact"),
        Control::of(
            UpdateCase::business_impact(),
            name(words, "business-impact"),
        )
        .kind(Kind::Radio)
        .required()
        .choices(choices),
    ];
    panel(words, "state_impact", action, cancel, controls)
}

fn chosen(control: Control, choices: Vec<Choice>, now: &str) -> Control {
    control
        .kind(Kind::Select)
        .half()
        .choices(choices)
        .value(now)
}

/// Closes a case. `withdraws` is the number of the escalation that is withdrawn with it (M13); of each of the promises that are
/// `open` it is asked what becomes of it.
pub fn close_panel(
    words: &Catalogue,
    action: String,
    cancel: &str,
    withdraws: Option<&str>,
    open: &[&NextStep],
) -> Panel {
    let note = Control::of(CloseCase::note(), name(words, "closing-note"));
    let mut controls = closing_steps(words, open);
    controls.push(note.kind(Kind::Lines));
    let mut panel = panel(words, "close", action, cancel, controls);
    if let Some(number) = withdraws {
        panel.warning = words.say("close-withdraws", &[("number", number.into())]);
    }
    panel
}

/// What becomes of promises that are open when what they were made on is closed.
pub(super) fn closing_steps(words: &Catalogue, open: &[&NextStep]) -> Vec<Control> {
    let of = |(index, step): (usize, &&NextStep)| {
        let field = |name: &str| format!("next_steps[{index}].{name}");
        let asked = [
            ("what", step.what.as_str().into()),
            ("who", step.who.as_str().into()),
        ];
        let choices = vec![
            Choice::new(
                StepState::Done.as_str(),
                words.say("closing-step-done", &[]),
            ),
            Choice::new(
                StepState::Missed.as_str(),
                words.say("closing-step-missed", &[]),
            ),
        ];
        let mut became = Control::new(
            Kind::Radio,
            field("state"),
            words.say("closing-steps", &asked),
        )
        .required()
        .choices(choices);
        became.id = format!("do-step-{index}");
        [
            Control::new(Kind::Hidden, field("step"), "").value(step.id.to_string()),
            became,
        ]
    };
    open.iter().enumerate().flat_map(of).collect()
}

/// Reopens a case.
pub fn reopen_panel(words: &Catalogue, action: String, cancel: &str) -> Panel {
    let note = Control::of(ReopenCase::note(), name(words, "reopening-note"));
    let controls = vec![note.kind(Kind::Lines)];
    panel(words, "reopen", action, cancel, controls)
}

/// Asks for medium priority (C5); `phone` is the number for high, empty when none is configured.
pub fn ask_priority_panel(words: &Catalogue, action: String, cancel: &str, phone: &str) -> Panel {
    let (priority, note) = (RequestPriority::priority(), RequestPriority::note());
    let controls = vec![
        Control::of(priority, "")
            .kind(Kind::Hidden)
            .value(Priority::Medium.as_str()),
        Control::of(note, name(words, "priority-note")).kind(Kind::Lines),
    ];
    let mut panel = panel(words, "ask_priority", action, cancel, controls);
    panel.warning = words.say("ask-priority-phone", &[("phone", phone.into())]);
    panel
}

/// Grants or refuses a priority request.
pub fn decide_priority_panel(words: &Catalogue, action: String, cancel: &str) -> Panel {
    let controls = vec![
        Control::new(
            Kind::Radio,
            DecidePriority::granted().name,
            name(words, "decision"),
        )
        .required()
        .choices(words_of(words, "decision", &["true", "false"], "")),
        Control::of(DecidePriority::note(), name(words, "decision-note"))
            .kind(Kind::Lines)
            .hint(more(words, "decision-note")),
    ];
    panel(words, "decide_priority", action, cancel, controls)
}

/// Requests a root cause analysis (C6).
pub fn request_rca_panel(words: &Catalogue, action: String, cancel: &str) -> Panel {
    let note = Control::of(RequestAnalysis::note(), name(words, "rca-note"));
    let controls = vec![note.kind(Kind::Lines)];
    panel(words, "request_rca", action, cancel, controls)
}

/// Delivers it.
pub fn deliver_rca_panel(
    words: &Catalogue,
    (action, upload): (String, String),
    cancel: &str,
) -> Panel {
    let controls = vec![
        Control::of(DeliverAnalysis::body(), name(words, "rca-body")).hint(more(words, "markdown")),
    ];
    let mut panel = panel(words, "deliver_rca", action, cancel, controls);
    panel.form = panel.form.attaching(upload);
    panel
}

/// What, who and by when of a next step; `prefix` keeps several on one form apart. Times are in `zone`.
pub fn promise_controls(
    words: &Catalogue,
    prefix: &str,
    people: Vec<String>,
    zone: &str,
) -> Vec<Control> {
    let by = words.say("label-due-at", &[("zone", zone.into())]);
    vec![
        Control::of(PromiseStep::what(), name(words, "what")).within(prefix),
        Control::of(PromiseStep::who(), name(words, "who"))
            .within(prefix)
            .half()
            .suggestions(people),
        Control::of(PromiseStep::due_at(), by).within(prefix).half(),
    ]
}

/// Promises a next step (C9, M7). `people` are suggested; times are in `zone`.
pub fn promise_panel(
    words: &Catalogue,
    action: String,
    cancel: &str,
    people: Vec<String>,
    zone: &str,
) -> Panel {
    panel(
        words,
        "promise",
        action,
        cancel,
        promise_controls(words, "", people, zone),
    )
}

/// Says that a next step was done or missed: the customer reads `what` at once.
pub fn settle_panel(
    words: &Catalogue,
    verb: StepVerb,
    state: StepState,
    action: String,
    cancel: &str,
    what: &str,
) -> Panel {
    let controls = vec![
        Control::new(Kind::Hidden, "back", "").value(cancel),
        Control::new(Kind::Hidden, SettleStep::state().name, "").value(state.as_str()),
    ];
    let mut panel = panel(words, verb.as_str(), action, cancel, controls);
    panel.intro = words.say_of("settle", verb.as_str(), &[("what", what.into())]);
    panel
}

/// Promises a next step anew, with the reason.
pub fn repromise_panel(
    words: &Catalogue,
    action: String,
    cancel: &str,
    what: &str,
    zone: &str,
) -> Panel {
    let by = words.say("label-due-at", &[("zone", zone.into())]);
    let controls = vec![
        Control::new(Kind::Hidden, "back", "").value(cancel),
        Control::of(SettleStep::due_at(), by),
        Control::of(SettleStep::reason(), name(words, "repromise-reason")).required(),
    ];
    let mut panel = panel(words, "repromise", action, cancel, controls);
    panel.intro = what.to_owned();
    panel
}

/// Records a contact outside the portal (M10).
pub fn record_panel(
    words: &Catalogue,
    action: String,
    cancel: &str,
    now: &str,
    zone: &str,
) -> Panel {
    let at = words.say("label-spoken-at", &[("zone", zone.into())]);
    let controls = vec![
        Control::new(Kind::Hidden, "back", "").value(cancel),
        Control::of(RecordCommunication::channel(), name(words, "channel"))
            .half()
            .choices(words_of(words, "channel", Channel::NAMES, ""))
            .unchosen(words.say("access-choose", &[])),
        Control::of(RecordCommunication::with(), name(words, "with")).half(),
        Control::of(RecordCommunication::at(), at).value(now).half(),
        Control::of(RecordCommunication::summary(), name(words, "spoken"))
            .hint(more(words, "spoken")),
    ];
    panel(words, "record", action, cancel, controls)
}

/// Changes an entry within five minutes of writing it (F4).
pub fn edit_entry_panel(words: &Catalogue, action: String, cancel: &str, body: &str) -> Panel {
    let controls = vec![
        Control::of(EditEntry::body(), name(words, "entry"))
            .hint(more(words, "markdown"))
            .value(body),
    ];
    panel(words, "edit_entry", action, cancel, controls)
}

/// Takes an entry's words away for good (F4).
pub fn redact_panel(words: &Catalogue, action: String, cancel: &str) -> Panel {
    let controls = vec![Control::of(
        RedactEntry::reason(),
        name(words, "redact-reason"),
    )];
    let mut panel = panel(words, "redact", action, cancel, controls);
    panel.form = panel.form.taking();
    panel
}

/// Moves an entry to the feed `to` (F3): of one of the escalations `places`, the active one first, if it is theirs.
pub fn move_panel(
    words: &Catalogue,
    action: String,
    cancel: &str,
    to: Feed,
    places: Vec<Choice>,
) -> Panel {
    let mut controls =
        vec![Control::new(Kind::Hidden, MoveEntry::to().name, "").value(to.as_str())];
    if !places.is_empty() {
        let escalation = Control::of(MoveEntry::escalation(), name(words, "move-escalation"));
        controls.push(escalation.kind(Kind::Select).half().choices(places));
    }
    controls.push(Control::of(MoveEntry::reason(), name(words, "move-reason")));
    let mut panel = panel(words, "move", action, cancel, controls);
    panel.intro = words.say_of("move-intro", to.as_str(), &[]);
    panel
}
