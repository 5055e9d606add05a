//! What became of promises, step by step, as their audited events have it: the customer sees it (M7).

use std::collections::HashMap;

use serde_json::Value;

use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::audit::EventKind;
use crate::domain::closed_enum;
use crate::domain::ids::{EventId, NextStepId};
use crate::store::audit;
use crate::store::promises::NextStep;

closed_enum! {
    /// What happened to a promise.
    pub enum StepHappening as "NextStepHappening" {
        /// It was made.
        Promised = "promised",
        /// It was made anew, for a later date.
        Repromised = "repromised",
        /// It was kept.
        Done = "done",
        /// It was not.
        Missed = "missed",
    }
}

/// Something that happened to a promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepPast {
    /// What.
    pub happened: StepHappening,
    /// When.
    pub at: Instant,
    /// Who did it; nobody if they are not known.
    pub by: String,
    /// By when it was promised from then on.
    pub due_at: Instant,
    /// Why it was promised anew.
    pub reason: Option<String>,
}

/// The history of each of these promises, from its beginning. Of one that was made before events were kept there is none.
///
/// # Errors
/// Database errors.
pub fn histories(
    conn: &mut Conn,
    steps: &[NextStep],
) -> diesel::QueryResult<HashMap<NextStepId, Vec<StepPast>>> {
    let mut histories: HashMap<NextStepId, Vec<StepPast>> = HashMap::new();
    if steps.is_empty() {
        return Ok(histories);
    }
    let subjects: Vec<EventId> = steps.iter().map(NextStep::subject_id).collect();
    for event in audit::of_things(conn, &subjects)? {
        let step = steps
            .iter()
            .find(|step| Some(step.subject_id()) == event.subject_id);
        let Some((step, happened)) = step.zip(happening(&event.kind)) else {
            continue;
        };
        let past = histories.entry(step.id).or_default();
        let field = |name: &str| {
            let after = event.after.as_deref()?;
            after.get(name).filter(|value| !value.is_null())
        };
        let due_at = field("due_at")
            .and_then(Value::as_str)
            .and_then(|text| text.parse().ok())
            .or(past.last().map(|past| past.due_at));
        past.push(StepPast {
            happened,
            at: event.at,
            by: event.actor_name.clone(),
            due_at: due_at.unwrap_or(step.due_at),
            reason: (field("reason").and_then(Value::as_str)).map(str::to_owned),
        });
    }
    Ok(histories)
}

fn happening(kind: &str) -> Option<StepHappening> {
    Some(match EventKind::named(kind)? {
        EventKind::StepPromised => StepHappening::Promised,
        EventKind::StepRepromised => StepHappening::Repromised,
        EventKind::StepDone => StepHappening::Done,
        EventKind::StepMissed => StepHappening::Missed,
        _ => return None,
    })
}
