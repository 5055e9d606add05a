//! What the feed and the case say of an event. Customers read it: it names no team (section 11, *Shapes*).

use crate::domain::case::Status;
use crate::workflow::import_case::CaseState;

use super::row::Event;

/// The subject of the case: what the incident is about.
pub fn subject(event: &Event) -> String {
    let about: Vec<&str> = event.about.iter().map(|(_, text)| text.as_str()).collect();
    match about.as_slice() {
        [] => format!("Incident {}", event.number),
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
pub fn description(event: &Event) -> String {
    let mut lines = vec![format!(
        "ServiceNow incident {}, {}.",
        event.number, event.location.name
    )];
    if !event.about.is_empty() {
        lines.push(String::new());
    }
    for (what, text) in &event.about {
        lines.push(format!("- {}: {text}", capitalized(what)));
    }
    lines.join("\n")
}

/// What the entry of the first event says.
pub fn opening(event: &Event, opening: &CaseState, state: &CaseState) -> String {
    let mut said = vec![format!(
        "Incident {} was recorded: priority {}, business impact {}.",
        event.number, state.priority, state.business_impact
    )];
    said.extend(status(event, opening, state));
    if let Some(owner) = &event.assigned_to {
        said.push(format!("It is assigned to {}.", owner.name));
    }
    said.join(" ")
}

/// What the entry of a later event says.
pub fn change(event: &Event, before: &CaseState, after: &CaseState) -> String {
    let mut said: Vec<String> = status(event, before, after).into_iter().collect();
    if before.priority != after.priority {
        said.push(format!(
            "The priority went from {} to {}.",
            before.priority, after.priority
        ));
    }
    if before.business_impact != after.business_impact {
        said.push(format!(
            "The business impact went from {} to {}.",
            before.business_impact, after.business_impact
        ));
    }
    if before.line != after.line {
        said.push("Another team took over.".to_owned());
    }
    if before.owner != after.owner {
        said.push(match &event.assigned_to {
            Some(owner) => format!("It is now assigned to {}.", owner.name),
            None => "It is no longer assigned to anybody.".to_owned(),
        });
    }
    if before.subject != after.subject {
        said.push(format!("It is now filed under {}.", after.subject));
    }
    if said.is_empty() {
        said.push("Support updated the incident.".to_owned());
    }
    said.join(" ")
}

fn status(event: &Event, before: &CaseState, after: &CaseState) -> Option<String> {
    if before.status == after.status {
        return None;
    }
    let words = |status: Status| status.as_str().replace('_', " ");
    let (from, to) = (words(before.status), words(after.status));
    Some(match after.status {
        // The log knows for whom or what it waits.
        Status::AwaitingThirdParty => {
            format!("The status went from {from} to {to} ({}).", event.state)
        }
        _ => format!("The status went from {from} to {to}."),
    })
}

fn capitalized(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(characters).collect()
    })
}
