//! Who can be mentioned on a case: the people of its customer, and of the provider's staff all, or those whom the customer
//! knows from it.

use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::{escalations, feed_entries, people};
use crate::domain::feed::Visibility;
use crate::domain::ids::PersonId;
use crate::domain::organization::Side;
use crate::store::cases::Case;
use crate::store::organizations;
use crate::store::people::display_name;

/// The enabled people whom somebody of a side may name on a case, with their names, in the order of these. Whether they may be
/// told is not looked at yet. A customer names of the staff only those who take part: who there is otherwise is not told.
///
/// # Errors
/// Database errors.
pub fn on_case(conn: &mut Conn, case: &Case, side: Side) -> QueryResult<Vec<(PersonId, String)>> {
    let mut organizations = vec![case.organization_id];
    let staff = match side {
        Side::Provider => {
            organizations.extend(organizations::provider(conn)?.map(|provider| provider.id));
            Vec::new()
        }
        Side::Customer => taking_part(conn, case)?,
    };
    let named = people::organization_id
        .eq_any(organizations)
        .or(people::id.eq_any(staff));
    let rows: Vec<(PersonId, String, String)> = people::table
        .filter(people::disabled_at.is_null())
        .filter(named)
        .order((
            people::last_name.asc(),
            people::first_name.asc(),
            people::id.asc(),
        ))
        .select((people::id, people::first_name, people::last_name))
        .load(conn)?;
    let named = rows.into_iter();
    Ok(named
        .map(|(id, first, last)| (id, display_name(&first, &last)))
        .collect())
}

/// The staff whom the customer knows from the case: its owner, those of its escalations, and who wrote to them.
fn taking_part(conn: &mut Conn, case: &Case) -> QueryResult<Vec<PersonId>> {
    let owners: Vec<Option<PersonId>> = escalations::table
        .filter(escalations::case_id.eq(case.id))
        .select(escalations::owner_id)
        .distinct()
        .load(conn)?;
    let authors: Vec<Option<PersonId>> = feed_entries::table
        .filter(feed_entries::case_id.eq(case.id))
        .filter(feed_entries::visibility.eq(Visibility::Public))
        .filter(feed_entries::author_side.eq(Side::Provider))
        .select(feed_entries::author_id)
        .distinct()
        .load(conn)?;
    let all = owners.into_iter().chain(authors).chain([case.owner_id]);
    Ok(all.flatten().collect())
}
