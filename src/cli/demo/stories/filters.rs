//! What people look at every day.

use super::super::stage::Stage;
use super::days;
use crate::domain::saved_filter::FilteredList::{Callbacks, Cases, Escalations};
use crate::workflow::VerbResult;

/// A supervisor gives everybody a way to see what is urgent; a contact keeps one for herself.
pub fn filters_are_saved(stage: &mut Stage<'_>) -> VerbResult<()> {
    let urgent = "priority=high&status=open,in_progress";
    stage.saves_filter(
        ("nadia", days(20)),
        (Cases, "High and with us"),
        urgent,
        true,
    )?;
    let due = "sort=due&view=mine";
    stage.saves_filter(
        ("olga", days(12)),
        (Escalations, "Mine by what is due"),
        due,
        false,
    )?;
    let calls = "state=requested,taken&columns=window,owner,requested_by";
    stage.saves_filter(
        ("olga", days(9)),
        (Callbacks, "Calls to be made"),
        calls,
        false,
    )?;
    let waiting = "status=awaiting_customer";
    stage.saves_filter(
        ("dana", days(6)),
        (Cases, "Support waits for us"),
        waiting,
        false,
    )
}
