//! What was escalated before on the cases of the same organization, for whoever decides.

use serde::Serialize;

use super::record::Record;
use crate::domain::Instant;
use crate::domain::escalation::State;
use crate::http::portal::page_request::PageRequest;
use crate::store::escalations::EscalationView;

/// What was escalated before, as the page shows it.
#[derive(Clone, Debug, Serialize)]
pub struct EarlierView {
    /// How many of those that were decided were accepted; empty if none was decided.
    pub rate: String,
    /// The last ones, the newest first.
    pub rows: Vec<EarlierRow>,
}

/// One that was escalated before.
#[derive(Clone, Debug, Serialize)]
pub struct EarlierRow {
    /// `E-000045`.
    pub number: String,
    /// Its page.
    pub href: String,
    /// The reason's label.
    pub reason: String,
    /// When it was submitted.
    pub at: Instant,
    /// Where it stands.
    pub state: State,
    /// Why it was declined, or how it ended; may be empty.
    pub ended: String,
}

/// The view of what was escalated before, for who decides.
pub(super) fn view(req: &PageRequest, record: &Record) -> Option<EarlierView> {
    let (past, words) = (record.earlier.as_ref()?, req.words());
    let row = |view: &EscalationView| {
        let row = &view.escalation;
        let criteria = (row.decline_reasons.0.iter())
            .map(|code| words.say_of("criterion", code.as_str(), &[]))
            .collect::<Vec<_>>()
            .join(" ");
        EarlierRow {
            number: row.number.to_string(),
            href: format!("/escalations/{}", row.number),
            reason: record.case.label(&row.reason).to_owned(),
            at: row.submitted_at,
            state: row.state,
            ended: row.outcome.clone().unwrap_or(criteria),
        }
    };
    let rate = match past.decided {
        0 => String::new(),
        decided => words.say(
            "earlier-rate",
            &[
                ("accepted", past.accepted.into()),
                ("decided", decided.into()),
                ("percent", (past.accepted * 100 / decided).into()),
            ],
        ),
    };
    Some(EarlierView {
        rate,
        rows: past.shown.iter().map(row).collect(),
    })
}
