//! Who can be mentioned on a case: the people of its customer, and of the provider's staff all, or those whom the customer
//! knows from it.

use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::{escalations, feed_entries, people};
use crate::domain::access::Access;
use crate::domain::feed::{Feed, Visibility};
use crate::domain::ids::PersonId;
use crate::domain::notice::needs_of_feed;
use crate::domain::organization::Side;
use crate::store::cases::Case;
use crate::store::organizations;
use crate::store::people::display_name;

/// The enabled people whom somebody may name on a case, with their names, in the order of these. Whether they may be told is not
/// looked at yet. A customer names of the staff only those who take part in what they read: who there is otherwise is not told.
///
/// # Errors
/// Database errors.
pub fn on_case(
    conn: &mut Conn,
    case: &Case,
    access: &Access,
) -> QueryResult<Vec<(PersonId, String)>> {
    let mut organizations = vec![case.organization_id];
    let staff = match access.side {
        Side::Provider => {
            organizations.extend(organizations::provider(conn)?.map(|provider| provider.id));
            Vec::new()
        }
        Side::Customer => taking_part(conn, case, access)?,
    };
    let named = people::organization_id
        .eq_any(organizations)
        .or(people::id.eq_any(staff));
    let rows: Vec<(PersonId, String, String)> = people::table
        .filter(people::disabled_at.is_null())
        .filter(named)
        .order((people::sort_name.asc(), people::id.asc()))
        .select((people::id, people::first_name, people::last_name))
        .load(conn)?;
    let named = rows.into_iter();
    Ok(named
        .map(|(id, first, last)| (id, display_name(&first, &last)))
        .collect())
}

/// The staff whom the customer's reader knows from the case: its owner and who wrote to them; those of its escalations, if these
/// exist for the reader (A5).
fn taking_part(conn: &mut Conn, case: &Case, access: &Access) -> QueryResult<Vec<PersonId>> {
    let feeds = Feed::ALL.iter().copied();
    let read: Vec<Feed> = feeds
        .filter(|feed| access.can(needs_of_feed(*feed)))
        .collect();
    let owners: Vec<Option<PersonId>> = match read.contains(&Feed::Escalation) {
        false => Vec::new(),
        true => escalations::table
            .filter(escalations::case_id.eq(case.id))
            .select(escalations::owner_id)
            .distinct()
            .load(conn)?,
    };
    let authors: Vec<Option<PersonId>> = feed_entries::table
        .filter(feed_entries::case_id.eq(case.id))
        .filter(feed_entries::feed.eq_any(read))
        .filter(feed_entries::visibility.eq(Visibility::Public))
        .filter(feed_entries::author_side.eq(Side::Provider))
        .select(feed_entries::author_id)
        .distinct()
        .load(conn)?;
    let all = owners.into_iter().chain(authors).chain([case.owner_id]);
    Ok(all.flatten().collect())
}
