//! The people who might be told of something, with what decides it.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::db::schema::{feed_entries, notices, organizations as tables, people};
use crate::db::sql_types::At;
use crate::db::{Conn, among};
use crate::domain::Instant;
use crate::domain::access::{HeldRole, Permission};
use crate::domain::feed::Visibility;
use crate::domain::ids::{EntryId, OrganizationId, PersonId};
use crate::domain::notice::{Candidate, Payload, Standing, Thread};
use crate::domain::organization::{OrganizationKind, Side};
use crate::store::pairings;
use crate::store::people::display_name;
use crate::store::{access, organizations};

/// A person with what decides whether they are told.
#[derive(Clone, Debug)]
pub struct Known {
    /// What decides it.
    pub candidate: Candidate,
    /// First and last name.
    pub name: String,
    /// The name of their organization.
    pub organization: String,
}

/// The given people, and everybody at the provider who holds `permission`, by id.
///
/// # Errors
/// Database errors.
pub fn known(
    conn: &mut Conn,
    mut persons: Vec<PersonId>,
    permission: Option<Permission>,
    now: Instant,
) -> QueryResult<Vec<Known>> {
    type Row = (
        (PersonId, OrganizationId, String, String),
        (Option<At>, Option<At>),
        (OrganizationKind, String),
    );
    if let Some(permission) = permission
        && let Some(provider) = organizations::provider(conn)?
    {
        let side = Side::Provider;
        persons.extend(access::holders(conn, provider.id, side, permission, now)?);
    }
    let mut held: HashMap<PersonId, Vec<HeldRole>> = HashMap::new();
    for (person, role) in access::own_of_many(conn, &persons, now)? {
        held.entry(person).or_default().push(role);
    }
    let of_clones = pairings::mailboxes(conn, &persons)?;
    let rows: Vec<Row> = people::table
        .inner_join(tables::table)
        .filter(among(people::id, persons))
        .order(people::id.asc())
        .select((
            (
                people::id,
                people::organization_id,
                people::first_name,
                people::last_name,
            ),
            (people::email_verified_at, people::disabled_at),
            (tables::kind, tables::name),
        ))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(
            |((person, organization, first, last), (verified, disabled), (kind, name))| {
                let standing = Standing {
                    enabled: disabled.is_none(),
                    verified: verified.is_some(),
                };
                let standing = match of_clones.get(&person) {
                    Some(original) => original.standing(standing),
                    None => standing,
                };
                Known {
                    candidate: Candidate::of(
                        (person, organization, kind.side()),
                        held.remove(&person).unwrap_or_default(),
                        standing,
                    ),
                    name: display_name(&first, &last),
                    organization: name,
                }
            },
        )
        .collect())
}

/// Whom an entry reaches, if it exists.
///
/// # Errors
/// Database errors.
pub fn visibility_of(conn: &mut Conn, entry: EntryId) -> QueryResult<Option<Visibility>> {
    feed_entries::table
        .filter(feed_entries::id.eq(entry))
        .select(feed_entries::visibility)
        .get_result(conn)
        .optional()
}

/// Who was told of an entry by a notice of a thread.
///
/// # Errors
/// Database errors.
pub fn told_of_entry(
    conn: &mut Conn,
    thread: Thread,
    entry: EntryId,
) -> QueryResult<Vec<PersonId>> {
    let rows: Vec<(Option<PersonId>, String)> = notices::table
        .filter(notices::thread.eq(thread.to_string()))
        .select((notices::person_id, notices::payload))
        .load(conn)?;
    let tells = |payload: &str| {
        let payload = serde_json::from_str::<Payload>(payload);
        payload.is_ok_and(|payload| payload.entries().contains(&entry))
    };
    let told = rows.into_iter().filter(|(_, payload)| tells(payload));
    Ok(told.filter_map(|(person, _)| person).collect())
}
