//! What was escalated before on the cases of the same organization, for whoever decides.

use serde::Serialize;

use super::record::Record;
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Reach;
use crate::domain::escalation::State;
use crate::domain::ids::{EscalationId, OrganizationId};
use crate::http::portal::page_request::PageRequest;
use crate::http::problem::Problem;
use crate::store::escalations::{self, EscalationView};

/// How many of them are shown.
const SHOWN: usize = 5;

/// What was escalated before.
pub(super) struct Past {
    /// The last ones, the newest first.
    shown: Vec<EscalationView>,
    /// How many were accepted.
    accepted: usize,
    /// How many were accepted or declined.
    decided: usize,
}

impl Past {
    /// What exists for the reader of the organization's escalations that were submitted before `own`.
    ///
    /// # Errors
    /// Database errors.
    pub(super) fn load(
        conn: &mut Conn,
        reach: Reach,
        organization: OrganizationId,
        (own, submitted_at): (EscalationId, Instant),
    ) -> Result<Self, Problem> {
        let mut all = escalations::brief_of(conn, reach, organization)?;
        all.retain(|one| one.id != own && one.submitted_at <= submitted_at);
        all.sort_by_key(|one| std::cmp::Reverse((one.submitted_at, one.id)));
        let accepted = all.iter().filter(|one| one.rank.is_some()).count();
        let declined = |one: &&escalations::Brief| one.state == State::Declined;
        let decided = accepted + all.iter().filter(declined).count();
        let last: Vec<EscalationId> = all.iter().take(SHOWN).map(|one| one.id).collect();
        let mut shown = escalations::views_of(conn, reach, &last)?;
        shown.sort_by_key(|view| {
            let row = &view.escalation;
            std::cmp::Reverse((row.submitted_at, row.id))
        });
        Ok(Self {
            shown,
            accepted,
            decided,
        })
    }
}

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
