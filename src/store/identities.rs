//! Who may enter with a good secret, where they act, and what they may do there.

use diesel::dsl::{exists, not};
use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::{clones, organizations, people};
use crate::db::sql_types::Json;
use crate::domain::Instant;
use crate::domain::access::{Access, Holding};
use crate::domain::ids::{OrganizationId, PersonId};
use crate::domain::organization::OrganizationKind;
use crate::domain::text::{EmailAddress, Slug};
use crate::store::people::display_name;
use crate::store::{access, second_factors};

/// A person who may enter, where they act, and what they hold there.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The person.
    pub person: PersonId,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// The address that signs in.
    pub email: EmailAddress,
    /// The person's IANA time zone, or the organization's.
    pub time_zone: String,
    /// Whether an administrator gave them the password that they have.
    pub password_given: bool,
    /// The cloned user as whom they act, and its name (P8).
    pub acting_as: Option<(PersonId, String)>,
    /// The organization in which the person acts.
    pub place: Place,
    /// The organization that the person belongs to, if that is another.
    pub home: Option<Place>,
    /// What the person may do where they act.
    pub access: Access,
    /// Whether a role of theirs asks there for a second factor that they have not set up.
    pub must_set_up: bool,
}

/// An organization as the place where somebody acts.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = organizations)]
pub struct Place {
    /// Its id.
    pub id: OrganizationId,
    /// Its name in addresses.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// What it is to the installation.
    pub kind: OrganizationKind,
    /// The codes of the roles whose holders need a second factor in it.
    pub second_factor_roles: Json<Vec<String>>,
}

/// Where somebody wants to act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrganizationContext {
    /// In their own organization, or where their session has switched to.
    AsBefore,
    /// In their own organization, wherever their session has switched to.
    Home,
    /// In the organization of this id or slug.
    Named(String),
    /// In that organization as a cloned user of theirs (P8).
    As(OrganizationId, PersonId),
}

/// What the rows say of somebody who shows a good secret.
#[derive(Clone, Debug)]
pub enum AuthOutcome<T> {
    /// They may act there.
    Authenticated(T, Box<Identity>),
    /// They may sign in, but not act there: there is no such organization for them, or not any more.
    Elsewhere,
    /// Their secret opens nothing, or they are shut out.
    Refused,
}

/// What the rows say of a person who shows a good secret: in their own organization, or by way of a pairing, there as
/// themselves or as a cloned user of theirs. A cloned user has no secret of its own that would open anything (P8).
pub(super) fn enter<T>(
    conn: &mut Conn,
    shown: T,
    (person, acting_as): (PersonId, Option<PersonId>),
    whereabouts: &OrganizationContext,
    now: Instant,
) -> QueryResult<AuthOutcome<T>> {
    type Row = (
        (PersonId, String, String, EmailAddress, Option<String>),
        Place,
        String,
        bool,
    );
    let row: Option<Row> = people::table
        .inner_join(organizations::table)
        .filter(people::id.eq(person).and(people::disabled_at.is_null()))
        .filter(not(exists(
            clones::table.filter(clones::person_id.eq(people::id)),
        )))
        .select((
            (
                people::id,
                people::first_name,
                people::last_name,
                people::email,
                people::time_zone,
            ),
            Place::as_select(),
            organizations::time_zone,
            people::password_given_at.is_not_null(),
        ))
        .get_result(conn)
        .optional()?;
    let Some(((person, first_name, last_name, email, own_zone), own, zone, password_given)) = row
    else {
        return Ok(AuthOutcome::Refused);
    };
    let bearer = |place, home, acting_as, (access, must_set_up)| {
        Box::new(Identity {
            person,
            first_name,
            last_name,
            email,
            time_zone: own_zone.unwrap_or(zone),
            password_given,
            acting_as,
            place,
            home,
            access,
            must_set_up,
        })
    };
    let there = match whereabouts {
        OrganizationContext::Named(name)
            if *name != own.slug && !name.parse().is_ok_and(|id: OrganizationId| id == own.id) =>
        {
            Some(name)
        }
        _ => None,
    };
    let Some(there) = there else {
        let held = access::own(conn, person, own.id, now)?;
        let access = Access::of(person, own.id, own.kind.side(), held);
        let must = must_set_up(conn, &own, person, |conn| {
            access::own_holdings(conn, person, own.id, now)
        })?;
        let bearer = bearer(own, None, None, (access, must));
        return Ok(AuthOutcome::Authenticated(shown, bearer));
    };
    let Some(there) = place_named(conn, there)? else {
        return Ok(AuthOutcome::Elsewhere);
    };
    let (actor, acting_as, found) = match acting_as {
        None => {
            let found = access::paired(conn, person, own.id, there.id, now)?;
            (person, None, found)
        }
        Some(clone) => {
            let found = access::cloned(conn, clone, (person, own.id), there.id, now)?;
            (clone, Some((clone, name_of(conn, clone)?)), found)
        }
    };
    let Some((through, held)) = found else {
        return Ok(AuthOutcome::Elsewhere);
    };
    let access = Access::of(actor, there.id, there.kind.side(), held).by_way_of(through);
    let must = must_set_up(conn, &there, person, |conn| match acting_as {
        None => access::paired_holdings(conn, person, own.id, there.id, now),
        Some(_) => access::own_holdings(conn, actor, there.id, now),
    })?;
    let bearer = bearer(there, Some(own), acting_as, (access, must));
    Ok(AuthOutcome::Authenticated(shown, bearer))
}

/// Whether one of the roles that somebody holds in a place asks for a second factor, and they have none. Costs nothing
/// where no role does.
fn must_set_up(
    conn: &mut Conn,
    place: &Place,
    person: PersonId,
    holdings: impl FnOnce(&mut Conn) -> QueryResult<Vec<Holding>>,
) -> QueryResult<bool> {
    let asked = &place.second_factor_roles;
    if asked.is_empty() {
        return Ok(false);
    }
    let asks = |holding: &Holding| asked.iter().any(|code| code == holding.name.code());
    Ok(holdings(conn)?.iter().any(asks) && !second_factors::is_on(conn, person)?)
}

fn name_of(conn: &mut Conn, person: PersonId) -> QueryResult<String> {
    let (first, last): (String, String) = people::table
        .filter(people::id.eq(person))
        .select((people::first_name, people::last_name))
        .get_result(conn)?;
    Ok(display_name(&first, &last))
}

fn place_named(conn: &mut Conn, name: &str) -> QueryResult<Option<Place>> {
    let mut query = organizations::table.select(Place::as_select()).into_boxed();
    query = match name.parse::<OrganizationId>() {
        Ok(id) => query.filter(organizations::id.eq(id)),
        Err(_) => match name.parse::<Slug>() {
            Ok(slug) => query.filter(organizations::slug.eq(slug)),
            Err(_) => return Ok(None),
        },
    };
    query.get_result(conn).optional()
}
