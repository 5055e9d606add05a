//! Who lets whom in: a partner that works for a customer, and somebody who would like to read along.

use super::super::stage::Stage;
use super::{days, hours};
use crate::domain::access::Role;
use crate::workflow::VerbResult;

/// Hooli runs the contact center of ACME: its contact opens and escalates ACME's cases.
pub fn a_partner_is_let_in(stage: &mut Stage<'_>) -> VerbResult<()> {
    let (asked, answered) = (days(40), days(39) - hours(3));
    stage.pairs(("hank", asked), ("abel", answered), Role::DesignatedContact)?;
    stage.wishes_for(
        "hank",
        days(2),
        Role::OrganizationAdmin,
        "I would like to answer the requests for access while Abel is away.",
    )
}

/// A colleague of Dana's has no account yet.
pub fn somebody_asks_to_read(stage: &mut Stage<'_>) -> VerbResult<()> {
    stage.asks_to_read(
        ("Rae", "Lindqvist"),
        "acme",
        hours(5),
        "I lead the night shift and would like to follow what Dana reports.",
    )
}
