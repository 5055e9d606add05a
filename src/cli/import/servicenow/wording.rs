//! What the feed and the case say of an event. Customers read it: it names no team (section 11, *Shapes*).

use crate::domain::case::Status;
use crate::words::Catalogue;
use crate::workflow::import_case::CaseState;

use super::row::{About, Event};

/// The subject of the case: what the incident is about.
pub fn subject(words: &Catalogue, event: &Event) -> String {
    let about: Vec<&str> = event.about.iter().map(|(_, name)| name.as_str()).collect();
    match about.as_slice() {
        [] => words.say(
            "imported-incident",
            &[("number", event.number.as_str().into())],
        ),
        about => shortened(about.join(" / ")),
    }
}

/// Three names of a hundred characters each are longer than a subject may be.
fn shortened(text: String) -> String {
    const MAX: usize = crate::domain::text::Subject::MAX;
    match text.char_indices().nth(MAX - 1) {
        Some((cut, _)) if text.chars().count() > MAX => format!("{}…", &text[..cut]),
        _ => text,
    }
}

/// The description of the case.
pub fn description(words: &Catalogue, event: &Event) -> String {
    let args = [
        ("number", event.number.as_str().into()),
        ("location", event.location.name.as_str().into()),
    ];
    let mut description = words.say("imported-description", &args);
    for (index, (what, name)) in event.about.iter().enumerate() {
        description.push_str(if index == 0 { "\n\n- " } else { "\n- " });
        let name = [("name", name.as_str().into())];
        description.push_str(&match what {
            About::Category => words.say("imported-category", &name),
            About::Subcategory => words.say("imported-subcategory", &name),
            About::Symptom => words.say("imported-symptom", &name),
        });
    }
    description
}

/// What the entry of the first event says.
pub fn opening(words: &Catalogue, event: &Event, opening: &CaseState, state: &CaseState) -> String {
    let priority = words.say_of("priority-in", state.priority.as_str(), &[]);
    let impact = words.say_of("impact-in", state.business_impact.as_str(), &[]);
    let args = [
        ("number", event.number.as_str().into()),
        ("priority", priority.into()),
        ("impact", impact.into()),
    ];
    let mut said = vec![words.say("imported-recorded", &args)];
    said.extend(status(words, event, opening, state));
    if event.assigned_to.is_some() {
        said.push(owner(words, event));
    }
    said.join(" ")
}

/// What the entry of a later event says.
pub fn change(words: &Catalogue, event: &Event, before: &CaseState, after: &CaseState) -> String {
    let mut said: Vec<String> = status(words, event, before, after).into_iter().collect();
    if before.priority != after.priority {
        let name = |priority: &str| words.say_of("priority", priority, &[]).into();
        let args = [
            ("from", name(before.priority.as_str())),
            ("to", name(after.priority.as_str())),
        ];
        said.push(words.say("imported-priority", &args));
    }
    if before.business_impact != after.business_impact {
        let name = |impact: &str| words.say_of("impact", impact, &[]).into();
        let args = [
            ("from", name(before.business_impact.as_str())),
            ("to", name(after.business_impact.as_str())),
        ];
        said.push(words.say("imported-impact", &args));
    }
    if before.line != after.line {
        said.push(words.say("imported-team", &[]));
    }
    if before.owner != after.owner {
        said.push(owner(words, event));
    }
    if before.subject != after.subject {
        let args = [("subject", after.subject.as_str().into())];
        said.push(words.say("imported-subject", &args));
    }
    if said.is_empty() {
        said.push(words.say("imported-nothing", &[]));
    }
    said.join(" ")
}

fn owner(words: &Catalogue, event: &Event) -> String {
    match &event.assigned_to {
        Some(owner) => words.say("imported-owner", &[("to", owner.name.as_str().into())]),
        None => words.say("imported-no-owner", &[]),
    }
}

fn status(
    words: &Catalogue,
    event: &Event,
    before: &CaseState,
    after: &CaseState,
) -> Option<String> {
    if before.status == after.status {
        return None;
    }
    let name = |status: Status| words.say_of("status", status.as_str(), &[]).into();
    let args = [("from", name(before.status)), ("to", name(after.status))];
    let said = words.say("imported-status", &args);
    Some(match after.status {
        // The log knows for whom or what the case waits.
        Status::AwaitingThirdParty => {
            let args = [("said", said.into()), ("state", event.state.into())];
            words.say("imported-waits-for", &args)
        }
        _ => said,
    })
}
