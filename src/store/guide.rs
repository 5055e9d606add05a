//! The handbooks and trainings to which the page on escalations leads (H1): one row.

use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::escalation_guide;
use crate::db::sql_types::{Json, json};
use crate::domain::guide::GuideLink;
use crate::store::cas::{Cas, compare_and_set};

/// The only row.
const ONLY: i64 = 1;

/// The links in their order, and how often they were changed, counted from 1.
///
/// # Errors
/// Database errors.
pub fn links(conn: &mut Conn) -> QueryResult<(Vec<GuideLink>, i64)> {
    let (links, version): (Json<Vec<GuideLink>>, i64) = escalation_guide::table
        .filter(escalation_guide::id.eq(ONLY))
        .select((escalation_guide::links, escalation_guide::version))
        .get_result(conn)?;
    Ok((links.0, version))
}

/// Sets the links if they are still at `version`, and counts the change.
///
/// # Errors
/// Database errors.
pub fn set(conn: &mut Conn, version: i64, links: &[GuideLink]) -> QueryResult<Cas> {
    let changes = escalation_guide::links.eq(json(links)?);
    Ok(compare_and_set!(
        conn,
        escalation_guide.id = ONLY,
        version,
        changes
    ))
}
