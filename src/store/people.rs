//! People.

use std::collections::HashMap;
use std::sync::Arc;

use diesel::prelude::*;
use diesel::result::Error::NotFound;
use serde::Serialize;

use crate::db::schema::{organizations, people};
use crate::db::sql_types::{At, Key, MaybeAt};
use crate::db::{Conn, among};
use crate::domain::access::Reach;
use crate::domain::ids::{OrganizationId, PersonId};
use crate::domain::order::{Place, Sort, Window, orders};
use crate::domain::organization::OrganizationKind;
use crate::domain::text::{EmailAddress, PersonName, person_sort_key, search};
use crate::domain::{Instant, closed_enum};
use crate::store::by_id::by_id;
use crate::store::grants;
use crate::store::page::{counted, windowed};
use crate::store::search::mentioning;

/// A row of `people`.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = people)]
pub struct Person {
    /// Its id.
    pub id: PersonId,
    /// The organization that the person belongs to.
    pub organization_id: OrganizationId,
    /// The address that signs in and is written to.
    pub email: EmailAddress,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Where lists by name have them.
    pub sort_name: String,
    /// The person's own IANA time zone; the organization's if none.
    pub time_zone: Option<String>,
    /// The tag of the language in which the person reads; their browser's if none.
    pub language: Option<String>,
    /// Argon2id, in PHC form; nobody signs in without.
    pub password_hash: Option<String>,
    /// When an administrator gave the password; it is good for choosing another one, and for nothing else.
    #[diesel(deserialize_as = MaybeAt)]
    pub password_given_at: Option<Instant>,
    /// When the address was found to be the person's.
    #[diesel(deserialize_as = MaybeAt)]
    pub email_verified_at: Option<Instant>,
    /// Since when the person is shut out.
    #[diesel(deserialize_as = MaybeAt)]
    pub disabled_at: Option<Instant>,
    /// When the person was added.
    #[diesel(deserialize_as = At)]
    pub created_at: Instant,
    /// Counts the changes.
    pub version: i64,
}

impl Person {
    /// First and last name.
    pub fn name(&self) -> String {
        display_name(&self.first_name, &self.last_name)
    }
}

impl Person {
    /// Whether the person can sign in: the address is theirs, and there is a password.
    pub fn has_joined(&self) -> bool {
        self.password_hash.is_some() && self.email_verified_at.is_some()
    }
}

/// How a person is called everywhere.
pub fn display_name(first: &str, last: &str) -> String {
    format!("{first} {last}")
}

/// What a search of people looks through: name and address, without accents as the words of a search are.
pub(super) fn search_text(first: &str, last: &str, email: &EmailAddress) -> String {
    search::unaccented(&format!("{} {email}", display_name(first, last)))
}

/// What a new person is made of.
#[derive(Clone, Debug)]
pub struct NewPerson<'a> {
    /// The organization that the person belongs to.
    pub organization: OrganizationId,
    /// The address.
    pub email: &'a EmailAddress,
    /// First name.
    pub first_name: &'a PersonName,
    /// Last name.
    pub last_name: &'a PersonName,
    /// Own IANA time zone.
    pub time_zone: Option<&'a str>,
    /// The tag of the language in which they read.
    pub language: Option<&'a str>,
    /// Argon2id, in PHC form.
    pub password_hash: Option<&'a str>,
    /// Whether whoever adds the person vouches for the address; else following an invitation shows whose it is.
    pub verified: bool,
}

/// Adds a person.
///
/// # Errors
/// Database errors; a unique violation if the address is taken.
pub fn insert(conn: &mut Conn, new: &NewPerson<'_>, now: Instant) -> QueryResult<PersonId> {
    let id = PersonId::new(now);
    diesel::insert_into(people::table)
        .values((
            people::id.eq(id),
            people::organization_id.eq(new.organization),
            people::email.eq(new.email),
            people::first_name.eq(new.first_name.as_str()),
            people::last_name.eq(new.last_name.as_str()),
            people::search_text.eq(search_text(
                new.first_name.as_str(),
                new.last_name.as_str(),
                new.email,
            )),
            people::sort_name.eq(person_sort_key(
                new.first_name.as_str(),
                new.last_name.as_str(),
            )),
            people::time_zone.eq(new.time_zone),
            people::language.eq(new.language),
            people::password_hash.eq(new.password_hash),
            people::email_verified_at.eq(new.verified.then_some(At(now))),
            people::created_at.eq(At(now)),
        ))
        .execute(conn)?;
    Ok(id)
}

/// Holds a person's row until the transaction ends, where several writers exist: what is looked at and then written
/// about their account is written by one at a time.
///
/// # Errors
/// Database errors.
pub fn lock(conn: &mut Conn, id: PersonId) -> QueryResult<()> {
    if let Conn::Postgres(conn) = conn {
        diesel::sql_query("SELECT 1 FROM people WHERE id = $1 FOR NO KEY UPDATE")
            .bind::<Key, _>(id)
            .execute(conn)?;
    }
    Ok(())
}

/// Changes to a person.
#[derive(Clone, Debug, Default, PartialEq, Eq, AsChangeset)]
#[diesel(table_name = people)]
pub struct PersonChanges {
    /// New first name.
    pub first_name: Option<String>,
    /// New last name.
    pub last_name: Option<String>,
    /// New time zone, or the organization's.
    pub time_zone: Option<Option<String>>,
    /// The tag of the new language, or the browser's.
    pub language: Option<Option<String>>,
    /// New password.
    pub password_hash: Option<Option<String>>,
    /// When an administrator gave the password, or that the person chose it.
    pub password_given_at: Option<Option<At>>,
    /// When the address was found to be the person's.
    pub email_verified_at: Option<Option<At>>,
    /// Shut out since, or not any more.
    pub disabled_at: Option<Option<At>>,
}

impl PersonChanges {
    /// The same without what is as it was: that is no change, and counts as none.
    #[must_use]
    pub fn apart_from(self, person: &Person) -> Self {
        Self {
            first_name: self.first_name.filter(|name| *name != person.first_name),
            last_name: self.last_name.filter(|name| *name != person.last_name),
            time_zone: self.time_zone.filter(|zone| *zone != person.time_zone),
            language: self.language.filter(|tag| *tag != person.language),
            ..self
        }
    }
}

/// Changes a person and counts the change.
///
/// # Errors
/// Database errors.
pub fn update(conn: &mut Conn, id: PersonId, changes: &PersonChanges) -> QueryResult<()> {
    diesel::update(people::table.filter(people::id.eq(id)))
        .set((changes, people::version.eq(people::version + 1)))
        .execute(conn)?;
    if changes.first_name.is_some() || changes.last_name.is_some() {
        let (first, last, email): (String, String, EmailAddress) = people::table
            .filter(people::id.eq(id))
            .select((people::first_name, people::last_name, people::email))
            .get_result(conn)?;
        diesel::update(people::table.filter(people::id.eq(id)))
            .set((
                people::search_text.eq(search_text(&first, &last, &email)),
                people::sort_name.eq(person_sort_key(&first, &last)),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// The person of that id, if they exist for the reader.
///
/// # Errors
/// Database errors.
pub fn find(conn: &mut Conn, reach: Reach, id: PersonId) -> QueryResult<Option<Person>> {
    let mut query = people::table
        .filter(people::id.eq(id))
        .select(Person::as_select())
        .into_boxed();
    if let Reach::Organization(own) = reach {
        query = query.filter(people::organization_id.eq(own));
    }
    query.get_result(conn).optional()
}

/// Whose that address is, in whatever organization: who has shown it. At most one person has.
///
/// # Errors
/// Database errors.
pub fn by_email(conn: &mut Conn, email: &EmailAddress) -> QueryResult<Option<Person>> {
    people::table
        .filter(people::email.eq(email))
        .filter(people::email_verified_at.is_not_null())
        .select(Person::as_select())
        .get_result(conn)
        .optional()
}

/// Whom a name stands for, within reach: the one of that id, or those who were added with that address, also if they are shut
/// out by now. Nobody if it is neither.
///
/// # Errors
/// Database errors.
pub fn called(conn: &mut Conn, reach: Reach, name: &str) -> QueryResult<Vec<PersonId>> {
    let mut query = people::table.select(people::id).into_boxed();
    query = match (name.parse::<PersonId>(), EmailAddress::parse(name)) {
        (Ok(id), _) => query.filter(people::id.eq(id)),
        (_, Ok(email)) => query.filter(people::email.eq(email)),
        _ => return Ok(Vec::new()),
    };
    if let Reach::Organization(own) = reach {
        query = query.filter(people::organization_id.eq(own));
    }
    query.load(conn)
}

/// The person of an organization who was added with that address, whether they have shown that it is theirs or not.
///
/// # Errors
/// Database errors.
pub fn of_organization(
    conn: &mut Conn,
    organization: OrganizationId,
    email: &EmailAddress,
) -> QueryResult<Option<Person>> {
    people::table
        .filter(people::email.eq(email))
        .filter(people::organization_id.eq(organization))
        .select(Person::as_select())
        .get_result(conn)
        .optional()
}

/// Everybody who was added with that address: whose it is, or who have yet to show it.
///
/// # Errors
/// Database errors.
pub fn of_address(conn: &mut Conn, email: &EmailAddress) -> QueryResult<Vec<Person>> {
    people::table
        .filter(people::email.eq(email))
        .order(people::id.asc())
        .select(Person::as_select())
        .load(conn)
}

/// A person as they are named to others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonRef {
    /// First and last name.
    pub name: String,
    /// Where they belong.
    pub organization: OrganizationId,
}

/// A person by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Their id.
    pub id: PersonId,
    /// First and last name.
    pub name: String,
}

impl Named {
    /// The person, as they are among these.
    ///
    /// # Errors
    /// `NotFound` if they are not.
    pub(in crate::store) fn of(
        id: PersonId,
        called: &HashMap<PersonId, Arc<PersonRef>>,
    ) -> QueryResult<Self> {
        let called = called.get(&id).ok_or(NotFound)?;
        let name = called.name.clone();
        Ok(Self { id, name })
    }
}

/// What these people are called, of whatever organization. It is remembered.
///
/// # Errors
/// Database errors.
pub fn references(
    conn: &mut Conn,
    persons: impl IntoIterator<Item = PersonId>,
) -> QueryResult<HashMap<PersonId, Arc<PersonRef>>> {
    by_id(conn, persons, PersonId::as_uuid, |conn, persons| {
        let rows: Vec<(PersonId, String, String, OrganizationId)> = people::table
            .filter(among(people::id, persons))
            .select((
                people::id,
                people::first_name,
                people::last_name,
                people::organization_id,
            ))
            .load(conn)?;
        let reference = |(id, first, last, organization): (PersonId, String, String, _)| {
            let name = display_name(&first, &last);
            (id, PersonRef { name, organization })
        };
        Ok(rows.into_iter().map(reference).collect())
    })
}

/// First and last names, of whatever organization.
///
/// # Errors
/// Database errors.
pub fn names(conn: &mut Conn, persons: &[PersonId]) -> QueryResult<HashMap<PersonId, String>> {
    let called = references(conn, persons.iter().copied())?.into_iter();
    Ok(called
        .map(|(id, called)| (id, called.name.clone()))
        .collect())
}

/// Those of some people who belong to an organization.
///
/// # Errors
/// Database errors.
pub fn those_of(
    conn: &mut Conn,
    organization: OrganizationId,
    persons: &[PersonId],
) -> QueryResult<Vec<PersonId>> {
    people::table
        .filter(among(people::id, persons.to_vec()))
        .filter(people::organization_id.eq(organization))
        .select(people::id)
        .load(conn)
}

/// An enabled person of the provider's staff, named by id or address.
///
/// # Errors
/// Database errors.
pub fn staff_named(conn: &mut Conn, name: &str) -> QueryResult<Option<Person>> {
    let mut query = people::table
        .inner_join(organizations::table)
        .filter(
            organizations::kind
                .eq(OrganizationKind::Provider)
                .and(people::disabled_at.is_null()),
        )
        .select(Person::as_select())
        .into_boxed();
    query = match (name.parse::<PersonId>(), EmailAddress::parse(name)) {
        (Ok(id), _) => query.filter(people::id.eq(id)),
        (_, Ok(email)) => query.filter(people::email.eq(email)),
        _ => return Ok(None),
    };
    query.get_result(conn).optional()
}

orders! {
    /// What people are listed by.
    pub enum PersonOrder {
        /// Their last names, then their first names.
        Name = "name" by Text,
        /// Their addresses.
        Email = "email" by Text,
        /// When they were added: their ids bear it.
        CreatedAt = "created_at" by Id,
    }
}

/// Where a person stands in an order.
pub fn place(by: PersonOrder, person: &Person) -> Place<PersonId> {
    match by {
        PersonOrder::Name => Place::Text(person.sort_name.clone(), person.id),
        PersonOrder::Email => Place::Text(person.email.to_string(), person.id),
        PersonOrder::CreatedAt => Place::Id(person.id),
    }
}

closed_enum! {
    /// Whether somebody is let in.
    pub enum PersonState {
        /// They are.
        Active = "active",
        /// They are shut out.
        Disabled = "disabled",
    }
}

/// Which people a list holds; what is not given is any.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PersonFilter {
    /// Those whose name or address contains each of these words.
    pub words: Option<String>,
    /// Those of one organization.
    pub organization: Option<OrganizationId>,
    /// Those who are let in, or shut out.
    pub state: Option<PersonState>,
    /// Those who hold the role of this code in their own organization, by themselves or by a group.
    pub role: Option<String>,
}

impl PersonFilter {
    /// The people of an organization.
    pub fn of(organization: OrganizationId) -> Self {
        Self {
            organization: Some(organization),
            ..Self::default()
        }
    }
}

/// Leaves out what the reader may not see and what the filter does not let through at an instant. A macro, because every
/// selection is a type of its own.
macro_rules! passing {
    ($query:expr, $reach:expr, $filter:expr, $now:expr) => {{
        let mut query = $query;
        if let Reach::Organization(own) = $reach {
            query = query.filter(people::organization_id.eq(own));
        }
        if let Some(organization) = $filter.organization {
            query = query.filter(people::organization_id.eq(organization));
        }
        if let Some(words) = &$filter.words {
            query = mentioning!(query, people::search_text, words);
        }
        query = match $filter.state {
            Some(PersonState::Active) => query.filter(people::disabled_at.is_null()),
            Some(PersonState::Disabled) => query.filter(people::disabled_at.is_not_null()),
            None => query,
        };
        if let Some(code) = &$filter.role {
            query = query.filter(grants::holds!(code.as_str(), $now));
        }
        query
    }};
}

/// The enabled person of an organization whom a request names, by id or address.
///
/// # Errors
/// Database errors.
pub fn named(
    conn: &mut Conn,
    organization: OrganizationId,
    name: &str,
) -> QueryResult<Option<Person>> {
    let mut query = people::table
        .filter(
            people::organization_id
                .eq(organization)
                .and(people::disabled_at.is_null()),
        )
        .select(Person::as_select())
        .into_boxed();
    query = match (name.parse::<PersonId>(), EmailAddress::parse(name)) {
        (Ok(id), _) => query.filter(people::id.eq(id)),
        (_, Ok(email)) => query.filter(people::email.eq(email)),
        _ => return Ok(None),
    };
    query.get_result(conn).optional()
}

/// People who exist for the reader; who holds a role is asked for `now`.
///
/// # Errors
/// Database errors.
pub fn list(
    conn: &mut Conn,
    reach: Reach,
    (filter, now): (&PersonFilter, Instant),
    window: &Window<PersonOrder, PersonId>,
) -> QueryResult<Vec<Person>> {
    let query = people::table.select(Person::as_select()).into_boxed();
    let query = passing!(query, reach, filter, now);
    let query = match window.sort.by {
        PersonOrder::Name => windowed!(query, window, text people::sort_name, people::id),
        PersonOrder::Email => windowed!(query, window, text people::email, people::id),
        PersonOrder::CreatedAt => windowed!(query, window, id people::id),
    };
    query.load(conn)
}

/// The people of an organization, if it exists for the reader, by name, `limit` at the most.
///
/// # Errors
/// Database errors.
pub fn by_name(
    conn: &mut Conn,
    reach: Reach,
    organization: OrganizationId,
    now: Instant,
    limit: i64,
) -> QueryResult<Vec<Person>> {
    let by_name = Sort::ascending(PersonOrder::Name);
    let theirs = PersonFilter::of(organization);
    list(conn, reach, (&theirs, now), &Window::first(by_name, limit))
}

/// How many people there are for the reader, counted up to `most`.
///
/// # Errors
/// Database errors.
pub fn count(
    conn: &mut Conn,
    reach: Reach,
    (filter, now): (&PersonFilter, Instant),
    most: usize,
) -> QueryResult<usize> {
    let query = people::table.select(people::id).into_boxed();
    let query = passing!(query, reach, filter, now);
    let along = (people::sort_name.asc(), people::id.asc());
    counted!(conn, query, PersonId, most, along)
}
