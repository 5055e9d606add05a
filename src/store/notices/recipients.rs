//! The people who might be told of something, with what decides it.

use std::collections::BTreeMap;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use crate::db::Conn;
use crate::db::schema::{feed_entries, organizations, people, role_grants};
use crate::db::sql_types::At;
use crate::domain::access::{Access, Role};
use crate::domain::feed::Visibility;
use crate::domain::ids::{EntryId, OrganizationId, PersonId};
use crate::domain::notice::{Candidate, Standing};
use crate::domain::organization::OrganizationKind;
use crate::store::people::display_name;

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

type Row = (
    (PersonId, OrganizationId, String, String),
    (Option<At>, Option<At>),
    (OrganizationKind, String),
    Option<Role>,
);

/// The given people, and everybody at the provider who holds one of `roles`; one query for all of them.
///
/// # Errors
/// The database's own.
pub fn known(conn: &mut Conn, persons: &[PersonId], roles: &[Role]) -> QueryResult<Vec<Known>> {
    let mut query = people::table
        .inner_join(organizations::table)
        .left_join(
            role_grants::table.on(role_grants::person_id
                .eq(people::id)
                .and(role_grants::organization_id.eq(people::organization_id))),
        )
        .select((
            (
                people::id,
                people::organization_id,
                people::first_name,
                people::last_name,
            ),
            (people::email_verified_at, people::disabled_at),
            (organizations::kind, organizations::name),
            role_grants::role.nullable(),
        ))
        .filter(people::id.eq_any(persons.to_vec()))
        .into_boxed();
    if !roles.is_empty() {
        // By ids, so that SQLite looks both lists up instead of going through everybody; as a literal, so that it
        // recognises the index of the one provider.
        diesel::alias!(role_grants as grants: Grants, organizations as provider: Provider);
        let own = grants
            .field(role_grants::organization_id)
            .eq(provider.field(organizations::id));
        let holders = grants
            .inner_join(provider.on(own))
            .filter(sql::<Bool>("provider.kind = 'provider'"))
            .filter(grants.field(role_grants::role).eq_any(roles.to_vec()))
            .select(grants.field(role_grants::person_id));
        query = query.or_filter(people::id.eq_any(holders));
    }
    Ok(fold(query.load(conn)?))
}

/// One person of the rows that each role of theirs has.
fn fold(rows: Vec<Row>) -> Vec<Known> {
    let mut known: BTreeMap<PersonId, (Row, Vec<Role>)> = BTreeMap::new();
    for row in rows {
        let (person, role) = (row.0.0, row.3);
        known
            .entry(person)
            .or_insert_with(|| (row, Vec::new()))
            .1
            .extend(role);
    }
    known
        .into_values()
        .map(
            |(
                ((person, organization, first, last), (verified, disabled), (kind, name), _),
                roles,
            )| {
                Known {
                    candidate: Candidate {
                        access: Access::of_roles(
                            person,
                            organization,
                            kind.side(),
                            roles.iter().copied(),
                        ),
                        roles,
                        standing: Standing {
                            enabled: disabled.is_none(),
                            verified: verified.is_some(),
                        },
                    },
                    name: display_name(&first, &last),
                    organization: name,
                }
            },
        )
        .collect()
}

/// Whom an entry reaches, if it exists.
///
/// # Errors
/// The database's own.
pub fn visibility_of(conn: &mut Conn, entry: EntryId) -> QueryResult<Option<Visibility>> {
    feed_entries::table
        .filter(feed_entries::id.eq(entry))
        .select(feed_entries::visibility)
        .get_result(conn)
        .optional()
}
