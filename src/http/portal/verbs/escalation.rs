//! The verbs of an escalation.

use super::case::closing_steps;
use super::{hint as more, label as name, panel, promise_controls};
use crate::domain::eligibility::{FindingCode, Severity};
use crate::domain::escalation::{Level, SCORES, rank};
use crate::http::portal::form::{Choice, Control, Kind};
use crate::http::portal::helped::RANKING;
use crate::http::portal::parts::{Panel, Promises, RankRow, Ranking};
use crate::store::promises::NextStep;
use crate::words::Catalogue;
use crate::workflow::review_escalation::{
    AcceptEscalation, AskRater, AssignEscalation, CloseEscalation, DeclineEscalation,
    RateEscalation, WithdrawEscalation,
};

/// How many empty rows for next steps the acceptance starts with.
pub const PROMISE_ROWS: usize = 2;

/// Importance and urgency with the ranks of all their pairs, `now` chosen.
fn ranking(words: &Catalogue, now: Option<(Level, Level)>) -> Ranking {
    let said = |level: Level| words.say_of("level-in", level.as_str(), &[]);
    let cell = |importance: Level, urgency: Level| {
        let args = [
            ("importance", said(importance).into()),
            ("urgency", said(urgency).into()),
        ];
        let rank = rank(importance, urgency).to_string();
        Choice::new(format!("{importance}-{urgency}"), rank).hint(words.say("ranking-cell", &args))
    };
    let chosen = now.map(|(importance, urgency)| format!("{importance}-{urgency}"));
    let row = |importance: Level| {
        let mut control = Control::new(Kind::Radio, RANKING, words.say("ranking-title", &[]))
            .required()
            .choices(LEVELS.map(|urgency| cell(importance, urgency)).to_vec())
            .value(chosen.clone().unwrap_or_default());
        control.id = "do-ranking".to_owned();
        RankRow {
            importance: importance.as_str(),
            control,
        }
    };
    Ranking {
        levels: LEVELS.map(Level::as_str).to_vec(),
        rows: LEVELS.map(row).to_vec(),
    }
}

/// The highest first, as the queue is ordered.
const LEVELS: [Level; 3] = [Level::High, Level::Medium, Level::Low];

/// Accepts an escalation (M6) with `rows` places for next steps. `people` are suggested; times are in `zone`.
pub fn accept_panel(
    words: &Catalogue,
    action: String,
    cancel: &str,
    rows: usize,
    people: &[String],
    zone: &str,
) -> Panel {
    let controls = vec![
        Control::new(Kind::Hidden, "rows", "").value(rows.to_string()),
        Control::of(AcceptEscalation::reply(), name(words, "reply")).hint(more(words, "reply")),
    ];
    let mut panel = panel(words, "accept", action, cancel, controls);
    panel.bell = true;
    panel.ranking = Some(ranking(words, None));
    let row = |index: usize| {
        let mut row = promise_controls(
            words,
            &format!("next_steps[{index}]."),
            people.to_vec(),
            zone,
        );
        for control in &mut row {
            control.required = index == 0;
            control.half = false;
            control.id = format!(
                "do-{}",
                control
                    .name
                    .replace(|c: char| !c.is_ascii_alphanumeric(), "-")
            );
        }
        row
    };
    let hint = words.say("promises-hint", &[("zone", zone.into())]);
    panel.promises = Some(Promises {
        hint,
        error: String::new(),
        rows: (0..rows).map(row).collect(),
    });
    panel
}

/// Ranks an accepted escalation anew.
pub fn rerank_panel(
    words: &Catalogue,
    action: String,
    cancel: &str,
    now: Option<(Level, Level)>,
) -> Panel {
    let mut panel = panel(words, "rerank", action, cancel, Vec::new());
    panel.ranking = Some(ranking(words, now));
    panel
}

/// Declines an escalation for at least one of the criteria (M5); those that `apply` now come first.
pub fn decline_panel(
    words: &Catalogue,
    action: String,
    cancel: &str,
    apply: &[FindingCode],
) -> Panel {
    let blocking = FindingCode::ALL
        .iter()
        .copied()
        .filter(|code| code.severity() == Severity::Blocking);
    let mut codes: Vec<_> = blocking.collect();
    codes.sort_by_key(|code| !apply.contains(code));
    let tick = |code: &FindingCode| {
        let control = Control::new(
            Kind::Check,
            format!("reasons.{code}"),
            words.say_of("criterion", code.as_str(), &[]),
        );
        match apply.contains(code) {
            true => control.hint(words.say("decline-applies", &[])).half(),
            false => control.half(),
        }
    };
    let mut controls = vec![Control::new(Kind::Hidden, "reasons", "")];
    controls.extend(codes.iter().map(tick));
    controls.push(
        Control::of(DeclineEscalation::reply(), name(words, "decline-reply"))
            .hint(more(words, "decline-reply")),
    );
    panel(words, "decline", action, cancel, controls)
}

/// Gives an escalation to one of `owners`.
pub fn assign_panel(words: &Catalogue, action: String, cancel: &str, owners: Vec<Choice>) -> Panel {
    let controls = vec![
        Control::of(AssignEscalation::owner(), name(words, "escalation-owner"))
            .kind(Kind::Select)
            .choices(owners)
            .unchosen(words.say("access-choose", &[])),
    ];
    panel(words, "assign", action, cancel, controls)
}

/// Ends an escalation with its outcome (M11). `raters` can be asked for the rating if its requester is gone; of each of the promises
/// that are `open` it is asked what becomes of it.
pub fn close_escalation_panel(
    words: &Catalogue,
    action: String,
    cancel: &str,
    mut raters: Vec<Choice>,
    open: &[&NextStep],
) -> Panel {
    let mut controls = vec![
        Control::of(CloseEscalation::outcome(), name(words, "outcome"))
            .hint(more(words, "outcome")),
        Control::of(CloseEscalation::summary(), name(words, "summary"))
            .hint(more(words, "summary")),
    ];
    controls.extend(closing_steps(words, open));
    if !raters.is_empty() {
        raters.insert(0, Choice::new("", words.say("choice-none", &[])));
        let rater = Control::of(CloseEscalation::rater(), name(words, "rater"));
        controls.push(
            rater
                .kind(Kind::Select)
                .hint(more(words, "rater"))
                .choices(raters),
        );
    }
    let mut panel = panel(words, "close_escalation", action, cancel, controls);
    panel.bell = true;
    panel
}

/// Takes an escalation back.
pub fn withdraw_panel(words: &Catalogue, action: String, cancel: &str) -> Panel {
    let note = Control::of(WithdrawEscalation::note(), name(words, "withdraw-note"));
    let controls = vec![note.kind(Kind::Lines)];
    panel(words, "withdraw", action, cancel, controls)
}

/// Asks one of `raters` for the rating, since whoever was asked is gone (M11).
pub fn ask_rater_panel(
    words: &Catalogue,
    action: String,
    cancel: &str,
    raters: Vec<Choice>,
) -> Panel {
    let rater = Control::of(AskRater::rater(), name(words, "rater"));
    let controls = vec![
        rater
            .kind(Kind::Select)
            .choices(raters)
            .unchosen(words.say("access-choose", &[])),
    ];
    panel(words, "ask_rater", action, cancel, controls)
}

/// Rates how an escalation was handled (M11).
pub fn rate_panel(words: &Catalogue, action: String, cancel: &str) -> Panel {
    let score = |score: u8| {
        Choice::new(
            score.to_string(),
            words.say_of("score", &score.to_string(), &[]),
        )
    };
    let controls = vec![
        Control::of(RateEscalation::score(), name(words, "score"))
            .kind(Kind::Radio)
            .half()
            .choices(SCORES.rev().map(score).collect()),
        Control::of(RateEscalation::comment(), name(words, "rating-comment")),
    ];
    panel(words, "rate", action, cancel, controls)
}
