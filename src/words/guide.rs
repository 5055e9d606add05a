//! The words of how escalation works: its criteria, its states, its figures.

use super::Catalogue;
use super::time::zone_name;
use crate::domain::calendar::Calendar;
use crate::domain::case::Priority;
use crate::domain::eligibility::Policy;
use crate::domain::escalation::State;
use crate::domain::guide::{Criterion, CriterionCode, next_states};
use crate::domain::target::{Allowance, Grade, TargetClock, TargetRow};

/// One of the criteria as a sentence.
pub fn criterion(words: &Catalogue, criterion: &Criterion) -> String {
    let priority = criterion.priority.map_or("", Priority::as_str);
    let priority = || words.say_of("priority-in", priority, &[]);
    let hours = i64::from(criterion.hours.unwrap_or_default());
    match criterion.code {
        CriterionCode::Silent => {
            let args = [("priority", priority().into()), ("hours", hours.into())];
            words.say("guide-silent", &args)
        }
        CriterionCode::Impact => {
            let impact = criterion.impact.map_or("", |impact| impact.as_str());
            let impact = words.say_of("impact-in", impact, &[]);
            let args = [("priority", priority().into()), ("impact", impact.into())];
            words.say("guide-impact", &args)
        }
        CriterionCode::NoWait => {
            let args = [("priority", priority().into()), ("hours", hours.into())];
            words.say("guide-no-wait", &args)
        }
        CriterionCode::AnalysisOverdue => {
            let deployment = criterion.deployment.map_or("", |one| one.as_str());
            let deployment = words.say_of("deployment", deployment, &[]);
            let days = i64::from(criterion.business_days.unwrap_or_default());
            let args = [("deployment", deployment.into()), ("days", days.into())];
            words.say("guide-analysis-overdue", &args)
        }
        CriterionCode::PromiseOverdue => words.say("guide-promise-overdue", &[]),
        CriterionCode::PriorityChange => {
            let phone = words.support_phone();
            words.say("guide-priority-change", &[("phone", phone.into())])
        }
    }
}

/// What is asked of a case whatever the reason, as sentences.
pub fn of_all_reasons(words: &Catalogue, policy: &Policy) -> Vec<String> {
    let least = words.say_of("priority-in", policy.minimum_priority.as_str(), &[]);
    vec![
        words.say("guide-open", &[]),
        words.say("guide-alone", &[]),
        words.say("guide-priority", &[("priority", least.into())]),
    ]
}

/// What happens in a state of the process.
pub fn step(words: &Catalogue, state: State) -> String {
    words.say_of("guide-state", state.as_str(), &[])
}

/// What may follow it; empty if nothing does.
pub fn follows(words: &Catalogue, state: State) -> String {
    let next: Vec<String> = next_states(state)
        .iter()
        .map(|next| words.say_of("state", next.as_str(), &[]))
        .collect();
    match next.is_empty() {
        true => String::new(),
        false => words.say("guide-next", &[("states", next.join(", ").into())]),
    }
}

/// For which escalations a target is, and how long it has.
pub fn target(words: &Catalogue, row: TargetRow, allowance: Allowance) -> (String, String) {
    let of = match row.grade {
        Grade::Priority(priority) => words.say_of("priority-chip", priority.as_str(), &[]),
        Grade::Rank(rank) => words.say("guide-rank", &[("rank", i64::from(rank).into())]),
    };
    let minutes = i64::from(allowance.minutes);
    let time = match (minutes % 60, minutes / 60) {
        (0, hours) => words.say_of("time", "hours", &[("n", hours.into())]),
        (rest, 0) => words.say_of("time", "minutes", &[("n", rest.into())]),
        (rest, hours) => {
            let large = words.say_of("time", "hours", &[("n", hours.into())]);
            let small = words.say_of("time", "minutes", &[("n", rest.into())]);
            let args = [("large", large.into()), ("small", small.into())];
            words.say("time-two", &args)
        }
    };
    let told = match allowance.clock {
        TargetClock::Elapsed => words.say("guide-within", &[("time", time.into())]),
        TargetClock::Business => words.say("guide-within-business", &[("time", time.into())]),
    };
    (of, told)
}

/// When the provider works: each working day with its hours, in the order of the week.
pub fn hours(words: &Catalogue, calendar: &Calendar) -> Vec<(String, String)> {
    let shape = calendar.shape();
    let day = |day: &&str| {
        let spans = shape.hours.get(*day).filter(|spans| !spans.is_empty())?;
        let spans: Vec<String> = spans.iter().map(|span| span.replace('-', "–")).collect();
        Some((words.say_of("weekday", day, &[]), spans.join(", ")))
    };
    super::time::WEEKDAYS.iter().filter_map(day).collect()
}

/// In which zone those hours are.
pub fn zone(words: &Catalogue, calendar: &Calendar) -> String {
    zone_name(words, calendar.time_zone())
}
