//! The verbs of a case, and of the next steps promised on it.

use super::{hint as more, label as name, panel};
use crate::domain::access::{Access, CaseField};
use crate::domain::case::{BusinessImpact, Deployment, Engagement, Priority, Status};
use crate::http::portal::cases::words_of;
use crate::http::portal::form::{Choice, Control, Kind};
use crate::http::portal::parts::Panel;
use crate::words::Words;

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
    words: &Words,
    access: &Access,
    case: &CaseNow,
    owners: Vec<Choice>,
    lines: Vec<Choice>,
    action: String,
    cancel: &str,
) -> Panel {
    let label = |key| name(words, key);
    let mut controls = vec![Control::new(Kind::Hidden, "version", "").value(case.version.clone())];
    for field in CaseField::ALL
        .iter()
        .copied()
        .filter(|field| access.may_change(*field).is_ok())
    {
        match field {
            CaseField::Subject => {
                let control = Control::new(Kind::Text, "subject", label("subject"));
                controls.push(control.required().max(200).value(case.subject.clone()));
            }
            CaseField::Description => {
                let control = Control::new(Kind::Area, "description", label("description"));
                controls.push(
                    control
                        .required()
                        .max(50_000)
                        .value(case.description.clone()),
                );
            }
            CaseField::Product => {
                let control = Control::new(Kind::Text, "product", label("product"));
                controls.push(control.max(100).half().value(case.product.clone()));
            }
            CaseField::BusinessImpact => {
                let choices = words_of(words, "impact", BusinessImpact::NAMES, "");
                controls.push(select(
                    "business_impact",
                    label("business-impact"),
                    choices,
                    case.business_impact.as_str(),
                ));
            }
            CaseField::Priority => {
                let choices = words_of(words, "priority", Priority::NAMES, "");
                controls.push(select(
                    "priority",
                    label("priority"),
                    choices,
                    case.priority.as_str(),
                ));
            }
            CaseField::Status => {
                let moves = case
                    .status
                    .lawful_moves()
                    .iter()
                    .map(|status| status.as_str());
                let names: Vec<_> = std::iter::once(case.status.as_str()).chain(moves).collect();
                controls.push(select(
                    "status",
                    label("status"),
                    words_of(words, "status", &names, ""),
                    names[0],
                ));
            }
            CaseField::Deployment => {
                let choices = words_of(words, "deployment", Deployment::NAMES, "");
                controls.push(select(
                    "deployment",
                    label("deployment"),
                    choices,
                    case.deployment.as_str(),
                ));
            }
            CaseField::Owner => controls.push(optional(
                words,
                "owner",
                label("owner"),
                &owners,
                &case.owner,
            )),
            CaseField::Engagements => {
                // With no tick at all, it waits on nobody.
                controls.push(Control::new(Kind::Hidden, "engagements", ""));
                controls.extend(Engagement::ALL.iter().map(|party| {
                    let label = words.say_of("engaged", party.as_str(), &[]);
                    Control::new(Kind::Check, format!("engagements.{party}"), label)
                        .checked(case.engagements.contains(party))
                }));
            }
            CaseField::LineOfBusiness if !lines.is_empty() => {
                let label = label("line-of-business");
                controls.push(select(
                    "line_of_business",
                    label,
                    lines.clone(),
                    &case.line_of_business,
                ));
            }
            CaseField::LineOfBusiness => {}
        }
    }
    panel(words, "edit", action, cancel, controls)
}

fn select(name: &str, label: String, choices: Vec<Choice>, now: &str) -> Control {
    Control::new(Kind::Select, name, label)
        .required()
        .half()
        .choices(choices)
        .value(now)
}

fn optional(words: &Words, name: &str, label: String, choices: &[Choice], now: &str) -> Control {
    let nobody = vec![Choice::new("", words.say("choice-none", &[]))];
    Control::new(Kind::Select, name, label)
        .half()
        .choices([&nobody, choices].concat())
        .value(now)
}

/// Closes a case. `withdraws` is the number of the escalation that is withdrawn with it (M13).
pub fn close_panel(words: &Words, action: String, cancel: &str, withdraws: Option<&str>) -> Panel {
    let controls = vec![Control::new(Kind::Lines, "note", name(words, "closing-note")).max(5_000)];
    let mut panel = panel(words, "close", action, cancel, controls);
    if let Some(number) = withdraws {
        panel.warning = words.say("close-withdraws", &[("number", number.into())]);
    }
    panel
}

/// Reopens a case.
pub fn reopen_panel(words: &Words, action: String, cancel: &str) -> Panel {
    let controls = vec![
        Control::new(Kind::Lines, "note", name(words, "reopening-note"))
            .required()
            .max(5_000),
    ];
    panel(words, "reopen", action, cancel, controls)
}

/// Asks for medium priority (C5); `phone` is the number for high, empty when none is configured.
pub fn ask_priority_panel(words: &Words, action: String, cancel: &str, phone: &str) -> Panel {
    let controls = vec![
        Control::new(Kind::Hidden, "priority", "").value("medium"),
        Control::new(Kind::Lines, "note", name(words, "priority-note"))
            .required()
            .max(5_000),
    ];
    let mut panel = panel(words, "ask_priority", action, cancel, controls);
    if !phone.is_empty() {
        panel.warning = words.say("ask-priority-phone", &[("phone", phone.into())]);
    }
    panel
}

/// Grants or refuses a priority request.
pub fn decide_priority_panel(words: &Words, action: String, cancel: &str) -> Panel {
    let controls = vec![
        Control::new(Kind::Radio, "granted", name(words, "decision"))
            .required()
            .choices(words_of(words, "decision", &["true", "false"], "")),
        Control::new(Kind::Lines, "note", name(words, "decision-note"))
            .hint(more(words, "decision-note"))
            .max(5_000),
    ];
    panel(words, "decide_priority", action, cancel, controls)
}

/// Requests a root cause analysis (C6).
pub fn request_rca_panel(words: &Words, action: String, cancel: &str) -> Panel {
    let controls = vec![Control::new(Kind::Lines, "note", name(words, "rca-note")).max(5_000)];
    panel(words, "request_rca", action, cancel, controls)
}

/// Delivers it.
pub fn deliver_rca_panel(words: &Words, action: String, cancel: &str) -> Panel {
    let controls = vec![
        Control::new(Kind::Area, "body", name(words, "rca-body"))
            .hint(more(words, "markdown"))
            .required()
            .max(50_000),
    ];
    panel(words, "deliver_rca", action, cancel, controls)
}

/// What, who and by when of a next step; `prefix` keeps several on one form apart. Times are in `zone`.
pub fn promise_controls(
    words: &Words,
    prefix: &str,
    people: Vec<String>,
    zone: &str,
) -> Vec<Control> {
    let field = |part: &str| format!("{prefix}{part}");
    let by = words.say("label-due-at", &[("zone", zone.into())]);
    vec![
        Control::new(Kind::Text, field("what"), name(words, "what"))
            .required()
            .max(100),
        Control::new(Kind::Text, field("who"), name(words, "who"))
            .required()
            .max(100)
            .half()
            .suggestions(people),
        Control::new(Kind::DateTime, field("due_at"), by)
            .required()
            .half(),
    ]
}

/// Promises a next step (C9, M7). `people` are suggested; times are in `zone`.
pub fn promise_panel(
    words: &Words,
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

/// Promises a next step anew, with the reason.
pub fn repromise_panel(
    words: &Words,
    action: String,
    cancel: &str,
    what: &str,
    zone: &str,
) -> Panel {
    let by = words.say("label-due-at", &[("zone", zone.into())]);
    let controls = vec![
        Control::new(Kind::Hidden, "back", "").value(cancel),
        Control::new(Kind::DateTime, "due_at", by).required(),
        Control::new(Kind::Lines, "reason", name(words, "repromise-reason"))
            .required()
            .max(5_000),
    ];
    let mut panel = panel(words, "repromise", action, cancel, controls);
    panel.intro = what.to_owned();
    panel
}

/// Records a contact outside the portal (M10).
pub fn record_panel(words: &Words, action: String, cancel: &str, now: &str, zone: &str) -> Panel {
    let at = words.say("label-spoken-at", &[("zone", zone.into())]);
    let channels =
        ["call", "e-mail", "meeting"].map(|channel| words.say_of("channel", channel, &[]));
    let controls = vec![
        Control::new(Kind::Hidden, "back", "").value(cancel),
        Control::new(Kind::Text, "channel", name(words, "channel"))
            .required()
            .max(100)
            .half()
            .suggestions(channels.into()),
        Control::new(Kind::Text, "with", name(words, "with"))
            .required()
            .max(100)
            .half(),
        Control::new(Kind::DateTime, "at", at)
            .required()
            .value(now)
            .half(),
        Control::new(Kind::Area, "summary", name(words, "spoken"))
            .hint(more(words, "spoken"))
            .required()
            .max(50_000),
    ];
    panel(words, "record", action, cancel, controls)
}

/// Changes an entry within five minutes of writing it (F4).
pub fn edit_entry_panel(words: &Words, action: String, cancel: &str, body: &str) -> Panel {
    let controls = vec![
        Control::new(Kind::Area, "body", name(words, "entry"))
            .hint(more(words, "markdown"))
            .required()
            .max(50_000)
            .value(body),
    ];
    panel(words, "edit_entry", action, cancel, controls)
}

/// Takes an entry's words away for good (F4).
pub fn redact_panel(words: &Words, action: String, cancel: &str) -> Panel {
    let controls = vec![
        Control::new(Kind::Lines, "reason", name(words, "redact-reason"))
            .required()
            .max(5_000),
    ];
    panel(words, "redact", action, cancel, controls)
}
