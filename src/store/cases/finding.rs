//! Which cases there are, whether they exist for the reader, and when one was last changed; and the lock of one.

use diesel::dsl::not;
use diesel::prelude::*;

use super::Case;
use crate::db::schema::cases;
use crate::db::sql_types::At;
use crate::db::{Conn, TheEpochs, on_either, read_epochs};
use crate::domain::Instant;
use crate::domain::access::Reach;
use crate::domain::case::Status;
use crate::domain::ids::{CaseId, CaseRef, LineId, PersonId};
use crate::store::lines::{is_hidden_from, within_reach};

/// When a case was last changed that exists for the reader: then lists of cases say something else than before.
///
/// # Errors
/// Database errors.
pub fn last_change(conn: &mut Conn, reach: Reach) -> QueryResult<Option<Instant>> {
    let mut query = cases::table.select(cases::updated_at).into_boxed();
    query = within_reach!(query, reach);
    let newest = query
        .order((cases::updated_at.desc(), cases::id.desc()))
        .first::<At>(conn)
        .optional()?;
    Ok(newest.map(|At(at)| at))
}

/// What `$load` gives of the case that a request names, if it exists for the reader. Each in a fixed shape: nearly every request
/// asks for it.
macro_rules! visible_case {
    ($reach:expr, $case:expr, |$found:ident| $load:expr) => {{
        macro_rules! one {
            ($is_it:expr) => {
                match $reach {
                    Reach::Everything => {
                        let $found = cases::table.filter($is_it);
                        $load
                    }
                    Reach::Organization(organization) => {
                        let $found = cases::table
                            .filter(cases::organization_id.eq(organization))
                            .filter($is_it);
                        $load
                    }
                    Reach::Staff(person) => {
                        let $found = cases::table
                            .filter(not(is_hidden_from!(person)))
                            .filter($is_it);
                        $load
                    }
                }
            };
        }
        let found = match $case {
            CaseRef::Id(id) => one!(cases::id.eq(*id)),
            CaseRef::Number(number) => one!(cases::number.eq(number.value())),
        };
        found.optional()
    }};
}

pub(super) use visible_case;

/// The id of the case that a request names, if it exists for the reader.
///
/// # Errors
/// Database errors.
pub fn id_of(conn: &mut Conn, reach: Reach, case: &CaseRef) -> QueryResult<Option<CaseId>> {
    let found = visible_case!(reach, case, |found| on_either!(conn, |own| found
        .select((cases::id, TheEpochs))
        .get_result(own)))?;
    Ok(found.map(with_epochs))
}

/// What was read together with the epochs.
fn with_epochs<T>((row, epochs): (T, String)) -> T {
    read_epochs(&epochs);
    row
}

/// The row of the case that a request names, if it exists for the reader.
///
/// # Errors
/// Database errors.
pub fn visible(conn: &mut Conn, reach: Reach, case: &CaseRef) -> QueryResult<Option<Case>> {
    let found = visible_case!(reach, case, |found| on_either!(conn, |own| found
        .select((Case::as_select(), TheEpochs))
        .get_result(own)))?;
    Ok(found.map(with_epochs))
}

/// The version of a case, if it exists for the reader.
///
/// # Errors
/// Database errors.
pub fn version_of(conn: &mut Conn, reach: Reach, id: CaseId) -> QueryResult<Option<i64>> {
    let mut query = cases::table
        .select(cases::version)
        .filter(cases::id.eq(id))
        .into_boxed();
    query = within_reach!(query, reach);
    query.get_result(conn).optional()
}

/// The case that a request names, if it exists for the reader, locked until the transaction ends: every verb takes
/// this first, so that what it decides on cannot change under it. Whoever only names the case in a row of their own, such as a
/// notice, does not wait. On SQLite the writer is alone already.
///
/// # Errors
/// Database errors.
pub fn lock(conn: &mut Conn, reach: Reach, case: &CaseRef) -> QueryResult<Option<Case>> {
    let Conn::Postgres(own) = conn else {
        return visible(conn, reach, case);
    };
    // What it says once it has been waited for is what is decided on; whether it exists for the reader is looked at again then.
    visible_case!(reach, case, |found| found
        .select(Case::as_select())
        .for_no_key_update()
        .get_result(own))
}

/// The row of that id.
///
/// # Errors
/// Database errors; `NotFound` if there is none.
pub fn find(conn: &mut Conn, id: CaseId) -> QueryResult<Case> {
    on_either!(conn, |own| cases::table
        .filter(cases::id.eq(id))
        .select(Case::as_select())
        .get_result(own))
}

/// Whether an imported case of that name is there already.
///
/// # Errors
/// Database errors.
pub fn by_external_id(conn: &mut Conn, external_id: &str) -> QueryResult<Option<CaseId>> {
    on_either!(conn, |own| cases::table
        .filter(cases::external_id.eq(external_id))
        .select(cases::id)
        .get_result(own))
    .optional()
}

/// Who owns an open case of which line, once for each.
///
/// # Errors
/// Database errors.
pub fn owners_by_line(conn: &mut Conn) -> QueryResult<Vec<(PersonId, LineId)>> {
    let rows: Vec<(Option<PersonId>, LineId)> = cases::table
        .filter(cases::owner_id.is_not_null())
        .filter(cases::status.ne(Status::Closed))
        .select((cases::owner_id, cases::line_of_business_id))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .filter_map(|(owner, line)| Some((owner?, line)))
        .collect())
}
