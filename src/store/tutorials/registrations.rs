//! Who comes to a tutorial, and who waits for a place, in the order in which they registered.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::{organizations, people, tutorial_registrations, tutorials};
use crate::db::sql_types::{At, MaybeAt};
use crate::domain::Instant;
use crate::domain::ids::{OrganizationId, PersonId, RegistrationId, TutorialId};
use crate::domain::tutorial::Standing;
use crate::store::people::display_name;

/// A row of `tutorial_registrations`.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = tutorial_registrations)]
pub struct Registration {
    /// Its id.
    pub id: RegistrationId,
    /// For which tutorial.
    pub tutorial_id: TutorialId,
    /// Who.
    pub person_id: PersonId,
    /// Where they act.
    pub organization_id: OrganizationId,
    /// Whether they have a place.
    pub has_place: bool,
    /// When they registered.
    #[diesel(deserialize_as = At)]
    pub registered_at: Instant,
    /// When they got their place.
    #[diesel(deserialize_as = MaybeAt)]
    pub placed_at: Option<Instant>,
}

impl Registration {
    /// What they have.
    pub const fn standing(&self) -> Standing {
        Standing::of(self.has_place)
    }
}

/// Registers somebody for a tutorial that is locked, with a place or without one.
///
/// # Errors
/// Database errors; a unique violation for somebody who has registered, a check violation where no place is left.
pub fn register(
    conn: &mut Conn,
    tutorial: TutorialId,
    (person, organization): (PersonId, OrganizationId),
    standing: Standing,
    now: Instant,
) -> QueryResult<RegistrationId> {
    let id = RegistrationId::new(now);
    let has_place = standing == Standing::Registered;
    diesel::insert_into(tutorial_registrations::table)
        .values((
            tutorial_registrations::id.eq(id),
            tutorial_registrations::tutorial_id.eq(tutorial),
            tutorial_registrations::person_id.eq(person),
            tutorial_registrations::organization_id.eq(organization),
            tutorial_registrations::has_place.eq(has_place),
            tutorial_registrations::registered_at.eq(At(now)),
            tutorial_registrations::placed_at.eq(has_place.then_some(At(now))),
        ))
        .execute(conn)?;
    if has_place {
        take(conn, tutorial, 1)?;
    }
    Ok(id)
}

/// Removes a registration for a tutorial that is locked, and frees its place.
///
/// # Errors
/// Database errors.
pub fn leave(conn: &mut Conn, registration: &Registration) -> QueryResult<()> {
    diesel::delete(
        tutorial_registrations::table.filter(tutorial_registrations::id.eq(registration.id)),
    )
    .execute(conn)?;
    match registration.has_place {
        true => take(conn, registration.tutorial_id, -1),
        false => Ok(()),
    }
}

/// Gives places of a tutorial that is locked to people who wait.
///
/// # Errors
/// Database errors; a check violation where so many are not left.
pub fn give_places(
    conn: &mut Conn,
    tutorial: TutorialId,
    to: &[Registration],
    now: Instant,
) -> QueryResult<()> {
    if to.is_empty() {
        return Ok(());
    }
    let ids: Vec<RegistrationId> = to.iter().map(|one| one.id).collect();
    diesel::update(tutorial_registrations::table.filter(tutorial_registrations::id.eq_any(ids)))
        .set((
            tutorial_registrations::has_place.eq(true),
            tutorial_registrations::placed_at.eq(At(now)),
        ))
        .execute(conn)?;
    take(conn, tutorial, i64::try_from(to.len()).unwrap_or(i64::MAX))
}

/// Counts places as given away, or as freed.
fn take(conn: &mut Conn, tutorial: TutorialId, places: i64) -> QueryResult<()> {
    diesel::update(tutorials::table.filter(tutorials::id.eq(tutorial)))
        .set(tutorials::taken.eq(tutorials::taken + places))
        .execute(conn)
        .map(drop)
}

/// The registration of somebody.
///
/// # Errors
/// Database errors.
pub fn of_person(
    conn: &mut Conn,
    tutorial: TutorialId,
    person: PersonId,
) -> QueryResult<Option<Registration>> {
    tutorial_registrations::table
        .filter(tutorial_registrations::person_id.eq(person))
        .filter(tutorial_registrations::tutorial_id.eq(tutorial))
        .select(Registration::as_select())
        .get_result(conn)
        .optional()
}

/// Those who wait for a place, the first to get one first, `most` of them. Whoever is shut out is passed over.
///
/// # Errors
/// Database errors.
pub fn waiting(conn: &mut Conn, tutorial: TutorialId, most: i64) -> QueryResult<Vec<Registration>> {
    tutorial_registrations::table
        .inner_join(people::table)
        .filter(tutorial_registrations::tutorial_id.eq(tutorial))
        .filter(tutorial_registrations::has_place.eq(false))
        .filter(people::disabled_at.is_null())
        .order(tutorial_registrations::id.asc())
        .limit(most)
        .select(Registration::as_select())
        .load(conn)
}

/// Everybody who has registered, those who wait included, in the order in which they did.
///
/// # Errors
/// Database errors.
pub fn expected(conn: &mut Conn, tutorial: TutorialId) -> QueryResult<Vec<Registration>> {
    tutorial_registrations::table
        .filter(tutorial_registrations::tutorial_id.eq(tutorial))
        .order(tutorial_registrations::id.asc())
        .select(Registration::as_select())
        .load(conn)
}

/// What somebody has of each of these tutorials.
///
/// # Errors
/// Database errors.
pub fn registered_among(
    conn: &mut Conn,
    person: PersonId,
    tutorials: &[TutorialId],
) -> QueryResult<HashMap<TutorialId, Standing>> {
    let rows: Vec<(TutorialId, bool)> = tutorial_registrations::table
        .filter(tutorial_registrations::person_id.eq(person))
        .filter(tutorial_registrations::tutorial_id.eq_any(tutorials.to_vec()))
        .select((
            tutorial_registrations::tutorial_id,
            tutorial_registrations::has_place,
        ))
        .load(conn)?;
    let standing = rows
        .into_iter()
        .map(|(tutorial, has_place)| (tutorial, Standing::of(has_place)));
    Ok(standing.collect())
}

/// Somebody who has registered, with the names that belong to them.
#[derive(Clone, Debug)]
pub struct Attendee {
    /// The row.
    pub registration: Registration,
    /// First and last name.
    pub name: String,
    /// The name of the organization.
    pub organization: String,
    /// Its name in addresses.
    pub slug: String,
}

/// Who has registered: first those who have a place, then those who wait, each in their order.
///
/// # Errors
/// Database errors.
pub fn attendees(conn: &mut Conn, tutorial: TutorialId) -> QueryResult<Vec<Attendee>> {
    type Row = (Registration, (String, String), (String, String));
    let rows: Vec<Row> = tutorial_registrations::table
        .inner_join(people::table)
        .inner_join(organizations::table)
        .filter(tutorial_registrations::tutorial_id.eq(tutorial))
        .order((
            tutorial_registrations::has_place.desc(),
            tutorial_registrations::id.asc(),
        ))
        .select((
            Registration::as_select(),
            (people::first_name, people::last_name),
            (organizations::name, organizations::slug),
        ))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(
            |(registration, (first, last), (organization, slug))| Attendee {
                name: display_name(&first, &last),
                registration,
                organization,
                slug,
            },
        )
        .collect())
}

/// Who has a place at which of these tutorials.
///
/// # Errors
/// Database errors.
pub fn placed_among(
    conn: &mut Conn,
    tutorials: &[TutorialId],
) -> QueryResult<HashSet<(TutorialId, PersonId)>> {
    if tutorials.is_empty() {
        return Ok(HashSet::new());
    }
    let rows: Vec<(TutorialId, PersonId)> = tutorial_registrations::table
        .filter(tutorial_registrations::tutorial_id.eq_any(tutorials.to_vec()))
        .filter(tutorial_registrations::has_place.eq(true))
        .select((
            tutorial_registrations::tutorial_id,
            tutorial_registrations::person_id,
        ))
        .load(conn)?;
    Ok(rows.into_iter().collect())
}
