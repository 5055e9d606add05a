//! What an import asks before it loads: which records of the other system are here already.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;

use crate::db::schema::{
    audit_events, cases, feed_entries, lines_of_business, organizations, people,
};
use crate::db::sql_types::At;
use crate::db::{Conn, write_what_was_put_off};
use crate::domain::Instant;
use crate::domain::audit::EventKind;
use crate::domain::ids::{CaseId, CaseNumber, LineId};
use crate::domain::organization::OrganizationKind;
use crate::domain::text::EmailAddress;
use crate::store::organizations::Organization;
use crate::store::people::Person;

/// How many names one query asks for: SQLite takes no more than 32,766 arguments.
const ASKED: usize = 1_000;

/// The cases that bear one of these names in the system they were imported from.
///
/// # Errors
/// Database errors.
pub fn known_cases(
    conn: &mut Conn,
    external_ids: &[String],
) -> QueryResult<HashMap<String, CaseId>> {
    let mut known = HashMap::new();
    for names in external_ids.chunks(ASKED) {
        let rows: Vec<(Option<String>, CaseId)> = cases::table
            .filter(cases::external_id.eq_any(names.to_vec()))
            .select((cases::external_id, cases::id))
            .load(conn)?;
        known.extend(rows.into_iter().filter_map(|(name, id)| Some((name?, id))));
    }
    Ok(known)
}

/// The cases that bear one of these numbers: when each was opened, and its subject.
///
/// # Errors
/// Database errors.
pub fn known_numbers(
    conn: &mut Conn,
    numbers: &[CaseNumber],
) -> QueryResult<HashMap<CaseNumber, (Instant, String)>> {
    let mut known = HashMap::new();
    for asked in numbers.chunks(ASKED) {
        let asked: Vec<i64> = asked.iter().map(|number| number.value()).collect();
        let rows: Vec<(i64, At, String)> = cases::table
            .filter(cases::number.eq_any(asked))
            .select((cases::number, cases::opened_at, cases::subject))
            .load(conn)?;
        known.extend(rows.into_iter().map(|(number, opened_at, subject)| {
            let number = CaseNumber::new(number);
            (number, (opened_at.0, subject))
        }));
    }
    Ok(known)
}

/// The organizations that bear one of these names in addresses.
///
/// # Errors
/// Database errors.
pub fn known_organizations(conn: &mut Conn, slugs: &[String]) -> QueryResult<Vec<Organization>> {
    let mut known = Vec::new();
    for asked in slugs.chunks(ASKED) {
        let rows: Vec<Organization> = organizations::table
            .filter(organizations::slug.eq_any(asked.to_vec()))
            .select(Organization::as_select())
            .load(conn)?;
        known.extend(rows);
    }
    Ok(known)
}

/// The people who have one of these addresses, and of which kind their organization is.
///
/// # Errors
/// Database errors.
pub fn people_of(
    conn: &mut Conn,
    emails: &[EmailAddress],
) -> QueryResult<Vec<(Person, OrganizationKind)>> {
    let mut known = Vec::new();
    for asked in emails.chunks(ASKED) {
        let rows: Vec<(Person, OrganizationKind)> = people::table
            .inner_join(organizations::table)
            .filter(people::email.eq_any(asked.to_vec()))
            .filter(people::email_verified_at.is_not_null())
            .select((Person::as_select(), organizations::kind))
            .load(conn)?;
        known.extend(rows);
    }
    Ok(known)
}

/// The lines of these names; of several of one name, the one right below the root, as a single one is found.
///
/// # Errors
/// Database errors.
pub fn known_lines(conn: &mut Conn, names: &[String]) -> QueryResult<HashMap<String, LineId>> {
    let mut known: HashMap<String, (LineId, bool)> = HashMap::new();
    if names.is_empty() {
        return Ok(HashMap::new());
    }
    let root: Option<LineId> = lines_of_business::table
        .filter(lines_of_business::parent_id.is_null())
        .select(lines_of_business::id)
        .get_result(conn)
        .optional()?;
    for asked in names.chunks(ASKED) {
        let rows: Vec<(String, LineId, Option<LineId>)> = lines_of_business::table
            .filter(lines_of_business::name.eq_any(asked.to_vec()))
            .order(lines_of_business::id.asc())
            .select((
                lines_of_business::name,
                lines_of_business::id,
                lines_of_business::parent_id,
            ))
            .load(conn)?;
        for (name, id, parent) in rows {
            let below_root = parent == root;
            let first = known.entry(name).or_insert((id, below_root));
            if below_root && !first.1 {
                *first = (id, below_root);
            }
        }
    }
    let lines = known.into_iter().map(|(name, (id, _))| (name, id));
    Ok(lines.collect())
}

/// Those of these names that feed entries bear already.
///
/// # Errors
/// Database errors.
pub fn known_entries(conn: &mut Conn, external_ids: &[String]) -> QueryResult<HashSet<String>> {
    let mut known = HashSet::new();
    for names in external_ids.chunks(ASKED) {
        let rows: Vec<Option<String>> = feed_entries::table
            .filter(feed_entries::external_id.eq_any(names.to_vec()))
            .select(feed_entries::external_id)
            .load(conn)?;
        known.extend(rows.into_iter().flatten());
    }
    Ok(known)
}

/// Those of these addresses that people have already.
///
/// # Errors
/// Database errors.
pub fn known_people(
    conn: &mut Conn,
    emails: &[EmailAddress],
) -> QueryResult<HashSet<EmailAddress>> {
    let mut known = HashSet::new();
    for asked in emails.chunks(ASKED) {
        let rows: Vec<EmailAddress> = people::table
            .filter(people::email.eq_any(asked.to_vec()))
            .filter(people::email_verified_at.is_not_null())
            .select(people::email)
            .load(conn)?;
        known.extend(rows);
    }
    Ok(known)
}

/// When something last happened on a case, but for its import.
///
/// # Errors
/// Database errors.
pub fn last_event_at(conn: &mut Conn, case: CaseId) -> QueryResult<Option<Instant>> {
    write_what_was_put_off(conn)?;
    let last: Option<At> = audit_events::table
        .filter(
            audit_events::case_id
                .eq(case)
                .and(audit_events::kind.ne(EventKind::CaseImported.as_str())),
        )
        .select(diesel::dsl::max(audit_events::at))
        .get_result(conn)?;
    Ok(last.map(|at| at.0))
}

/// The line of that name right below another.
///
/// # Errors
/// Database errors.
pub fn line_below(conn: &mut Conn, parent: LineId, name: &str) -> QueryResult<Option<LineId>> {
    lines_of_business::table
        .filter(
            lines_of_business::parent_id
                .eq(parent)
                .and(lines_of_business::name.eq(name)),
        )
        .select(lines_of_business::id)
        .get_result(conn)
        .optional()
}
