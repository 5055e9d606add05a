//! The people who might be told of something, with what decides it.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::db::schema::{
    feed_entries, feed_stances, notices, organizations as tables, people, undoable_entries,
};
use crate::db::sql_types::At;
use crate::db::{Conn, among, fixed, of_one, on_either, remembered_each, steadily};
use crate::domain::Instant;
use crate::domain::access::{HeldRole, Permission};
use crate::domain::feed::{Feed, Visibility};
use crate::domain::ids::{EntryId, OrganizationId, PersonId};
use crate::domain::notice::{Candidate, Payload, Stance, Stances, Standing, Thread};
use crate::domain::organization::{OrganizationKind, Side};
use crate::store::access::{self, Lasting, Span};
use crate::store::organizations;
use crate::store::pairings;
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
    steadily(conn, |conn| -> QueryResult<Vec<Known>> {
        if let Some(permission) = permission
            && let Some(provider) = organizations::provider(conn)?
        {
            let side = Side::Provider;
            persons.extend(access::holders(conn, provider.id, side, permission, now)?);
        }
        persons.sort_unstable();
        persons.dedup();
        let name = |person: PersonId| of_one(person.as_uuid());
        let holds = |one: &Lasting<Option<Known>>| one.holds(now);
        let mut known = remembered_each(conn, &persons, name, holds, |conn, persons| {
            read(conn, persons, now)
        })?;
        known.sort_unstable_by_key(|(person, _)| *person);
        let known = known.into_iter().filter_map(|(_, one)| one.read.clone());
        Ok(known.collect())
    })
}

/// What the rows say of people, none of whoever is not there.
fn read(
    conn: &mut Conn,
    persons: &[PersonId],
    now: Instant,
) -> QueryResult<Vec<(PersonId, Lasting<Option<Known>>)>> {
    type Row = (
        (PersonId, OrganizationId, String, String),
        (Option<At>, Option<At>),
        (OrganizationKind, String),
    );
    let span = Span::from_now(conn, now)?;
    let mut held: HashMap<PersonId, Vec<HeldRole>> = HashMap::new();
    for (person, role) in access::own_of_many(conn, persons, now)? {
        held.entry(person).or_default().push(role);
    }
    let of_clones = pairings::mailboxes(conn, persons)?;
    let rows: Vec<Row> = people::table
        .inner_join(tables::table)
        .filter(among(people::id, persons.to_vec()))
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
    let known: HashMap<PersonId, Known> = rows
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
                let known = Known {
                    candidate: Candidate::of(
                        (person, organization, kind.side()),
                        held.remove(&person).unwrap_or_default(),
                        standing,
                    ),
                    name: display_name(&first, &last),
                    organization: name,
                };
                (person, known)
            },
        )
        .collect();
    let each = persons.iter();
    Ok(each
        .map(|person| (*person, span.of(known.get(person).cloned())))
        .collect())
}

/// Whom an entry reaches.
#[derive(Clone, Debug)]
pub struct EntryReach {
    /// Who may read it.
    pub visibility: Visibility,
    /// Until when its notices wait, if its author may take it back and there is still time for that (F4).
    pub waits_until: Option<Instant>,
    /// What people said of the feed in which it is told of.
    pub stances: Stances,
}

/// Whom an entry reaches at `now` that is told of in this feed; nobody at the customer if there is none.
///
/// # Errors
/// Database errors.
pub fn reach_of(
    conn: &mut Conn,
    entry: EntryId,
    feed: Feed,
    now: Instant,
) -> QueryResult<EntryReach> {
    type Row = (
        Visibility,
        Option<At>,
        Option<bool>,
        Option<(PersonId, Stance)>,
    );
    let reach = feed_entries::table
        .left_join(undoable_entries::table.on(undoable_entries::entry_id.eq(feed_entries::id)))
        .left_join(
            feed_stances::table.on(feed_stances::case_id
                .eq(feed_entries::case_id)
                .and(feed_stances::feed.eq(feed))),
        )
        .filter(feed_entries::id.eq(entry))
        .select((
            feed_entries::visibility,
            undoable_entries::until.nullable(),
            undoable_entries::bound_to_stay.nullable(),
            (feed_stances::person_id, feed_stances::stance).nullable(),
        ));
    let rows: Vec<Row> = on_either!(conn, |own| fixed!(reach).load(own))?;
    let one = rows.first();
    let until = one.and_then(|(_, until, bound_to_stay, _)| {
        let At(until) = (*until)?;
        (until > now && *bound_to_stay != Some(true)).then_some(until)
    });
    Ok(EntryReach {
        visibility: one.map_or(Visibility::Internal, |(visibility, ..)| *visibility),
        waits_until: until,
        stances: rows.iter().filter_map(|(.., stance)| *stance).collect(),
    })
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
