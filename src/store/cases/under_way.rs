//! What is under way on a case, read together with it or by itself: what an assessment asks besides what was written.

use diesel::dsl::{exists, not};
use diesel::prelude::*;

use super::Case;
use super::finding::visible_case;
use crate::db::schema::{cases, escalations, next_steps};
use crate::db::sql_types::{At, MaybeAt};
use crate::db::{Conn, TheEpochs, fixed, on_either, read_epochs};
use crate::domain::Instant;
use crate::domain::access::Reach;
use crate::domain::ids::{CaseId, CaseRef, EscalationNumber};
use crate::store::lines::is_hidden_from;

/// The escalation that was active at an instant, as far as it says where it stood.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = escalations)]
pub struct ActiveThen {
    /// Its number.
    #[diesel(deserialize_as = i64)]
    pub number: EscalationNumber,
    /// When it was first claimed or assigned.
    #[diesel(deserialize_as = MaybeAt)]
    pub claimed_at: Option<Instant>,
    /// When it was accepted or declined.
    #[diesel(deserialize_as = MaybeAt)]
    pub decided_at: Option<Instant>,
}

/// What is under way on a case.
#[derive(Clone, Debug)]
pub struct UnderWay {
    /// The escalation that was active at the instant that was asked for.
    pub active: Option<ActiveThen>,
    /// Whether anything was ever promised on it.
    pub has_steps: bool,
}

/// These cases with what was under way on them at an instant.
macro_rules! under_way {
    ($cases:expr, $at:expr) => {
        $cases.left_join(
            escalations::table.on(escalations::case_id
                .eq(cases::id)
                .and(escalations::submitted_at.le(At($at)))
                .and(
                    escalations::closed_at
                        .is_null()
                        .or(escalations::closed_at.gt(At($at))),
                )),
        )
    };
}

#[diesel::dsl::auto_type]
fn has_steps() -> _ {
    exists(next_steps::table.filter(next_steps::case_id.eq(cases::id)))
}

/// The case that a request names, if it exists for the reader, and what was under way on it at an instant.
///
/// # Errors
/// Database errors.
pub fn visible_with(
    conn: &mut Conn,
    reach: Reach,
    case: &CaseRef,
    at: Instant,
) -> QueryResult<Option<(Case, UnderWay)>> {
    type Row = (Case, Option<ActiveThen>, bool, String);
    let found: Option<Row> = visible_case!(reach, case, |found| on_either!(conn, |own| {
        let found = under_way!(found, at).select((
            Case::as_select(),
            Option::<ActiveThen>::as_select(),
            has_steps(),
            TheEpochs,
        ));
        fixed!(found).get_result(own)
    }))?;
    Ok(found.map(|(case, active, has_steps, epochs)| {
        read_epochs(&epochs);
        (case, UnderWay { active, has_steps })
    }))
}

/// What was under way on a case at an instant.
///
/// # Errors
/// Database errors; `NotFound` if there is no such case.
pub fn under_way(conn: &mut Conn, case: CaseId, at: Instant) -> QueryResult<UnderWay> {
    let (active, has_steps) = on_either!(conn, |own| {
        let of_it = under_way!(cases::table.filter(cases::id.eq(case)), at)
            .select((Option::<ActiveThen>::as_select(), has_steps()));
        fixed!(of_it).get_result(own)
    })?;
    Ok(UnderWay { active, has_steps })
}
