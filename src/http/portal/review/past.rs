//! What was escalated before on the cases of an organization, as it is read.

use std::cmp::Reverse;

use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Reach;
use crate::domain::escalation::State;
use crate::domain::ids::{EscalationId, OrganizationId};
use crate::http::problem::Problem;
use crate::store::escalations::{self, Brief, EscalationView};

/// How many of them are shown.
const SHOWN: usize = 5;

/// What was escalated before.
pub(super) struct Past {
    /// The last ones, the newest first.
    pub(super) shown: Vec<EscalationView>,
    /// How many were accepted.
    pub(super) accepted: usize,
    /// How many were accepted or declined.
    pub(super) decided: usize,
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
        all.sort_by_key(|one| Reverse((one.submitted_at, one.id)));
        let accepted = all.iter().filter(|one| one.rank.is_some()).count();
        let declined = |one: &&Brief| one.state == State::Declined;
        let decided = accepted + all.iter().filter(declined).count();
        let last: Vec<EscalationId> = all.iter().take(SHOWN).map(|one| one.id).collect();
        let mut shown = escalations::views_of(conn, reach, &last)?;
        shown.sort_by_key(|view| {
            let row = &view.escalation;
            Reverse((row.submitted_at, row.id))
        });
        Ok(Self {
            shown,
            accepted,
            decided,
        })
    }
}
