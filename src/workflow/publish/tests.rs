use diesel::prelude::*;

use super::*;
use crate::db::schema::{feed_entries, notices};
use crate::db::write_what_was_put_off;
use crate::domain::access::Reach;
use crate::domain::event::{EntryEvent, PostedEntry};
use crate::domain::history::CaseFields;
use crate::domain::ids::{CaseRef, EntryId};
use crate::domain::text::EmailAddress;
use crate::store::{access, cases, people};
use crate::testing::TestDatabase;
use crate::workflow::VerbError;

/// Sam's verb says of his entry of this visibility that it is public; gives to how many it was told.
fn told(conn: &mut Conn, visibility: Visibility) -> VerbResult<i64> {
    let now = "2026-03-03T14:00:00Z".parse().expect("an instant");
    let sam = EmailAddress::parse("sam.reed@northstar.example").expect("an address");
    let sam = people::by_email(conn, &sam)?.expect("Sam");
    let actor = Actor {
        access: access::of_person(conn, &sam, now)?,
        name: sam.name(),
    };
    let case: CaseRef = "C-000041".parse().expect("a case");
    let id = cases::id_of(conn, Reach::Everything, &case)?.expect("a case");
    let case = cases::find(conn, id)?;
    let entry: EntryId = feed_entries::table
        .filter(feed_entries::case_id.eq(id))
        .filter(feed_entries::author_id.eq(sam.id))
        .filter(feed_entries::visibility.eq(visibility))
        .select(feed_entries::id)
        .get_result(conn)?;
    let posted = EntryEvent::Posted(PostedEntry {
        mentioned: Vec::new(),
        entry,
        visibility: Visibility::Public,
        body: "Their firewall, I think.".to_owned(),
        files: Vec::new(),
    });
    let recorded = Recorded::added(case.subject_id(), CaseFields::new());
    on_case(conn, &actor, &case, recorded, CaseEvent::Entry(posted), now)?;
    write_what_was_put_off(conn)?;
    Ok(notices::table.count().get_result(conn)?)
}

/// F2.
#[tokio::test]
async fn an_internal_entry_reaches_no_customer_even_if_a_verb_tells_of_it() {
    let database = TestDatabase::with_records().await;
    let told = database
        .write(|conn| {
            let of_internal = told(conn, Visibility::Internal)?;
            let of_public = told(conn, Visibility::Public)?;
            Ok::<_, VerbError>((of_internal, of_public))
        })
        .await;
    assert_eq!(told.expect("published"), (0, 1));
}
