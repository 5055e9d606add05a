//! Who may enter with a good secret, where they act, and what they may do there.

use std::net::IpAddr;

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use uuid::Uuid;

use crate::db::schema::{clones, organizations, people};
use crate::db::sql_types::Json;
use crate::db::{Conn, Name, Presumed, remembered};
use crate::domain::Instant;
use crate::domain::access::{Access, Holding};
use crate::domain::ids::{OrganizationId, PersonId};
use crate::domain::network::{Network, admits};
use crate::domain::organization::OrganizationKind;
use crate::domain::text::{EmailAddress, Slug};
use crate::store::people::display_name;
use crate::store::{access, second_factors};

/// For how many it is asked at once what they have shown, where many stay.
pub(super) const AT_ONCE: usize = 500;

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
    /// The tag of the language that the person chose; their browser's if none.
    pub language: Option<String>,
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
    /// From which networks people work in it (A7); from anywhere if there is none.
    pub allowed_networks: Json<Vec<Network>>,
}

/// Whether somebody may work from an address: by the networks of the organization in which they act, and of their own if that
/// is another (A7).
pub fn may_come_from(place: &Place, home: Option<&Place>, address: Option<IpAddr>) -> bool {
    let mut places = home.into_iter().chain([place]);
    places.all(|place| admits(&place.allowed_networks, address))
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

/// What the rows say of a person, with how long they say so by themselves.
struct Entered {
    outcome: AuthOutcome<()>,
    /// When it was read.
    from: Instant,
    /// When the first of their roles runs out.
    until: Option<Instant>,
}

impl Entered {
    fn holds(&self, now: Instant) -> bool {
        self.from <= now && self.until.is_none_or(|until| now < until)
    }
}

/// By what it is remembered what a secret with this hash opens, a SHA-256 in hexadecimal.
pub(super) fn of_secret(hash: &str) -> Name {
    let (first, second) = hash.split_at_checked(32).unwrap_or((hash, ""));
    let half = |digits: &str| Uuid::try_parse(digits).unwrap_or_default();
    [half(first), half(second), Uuid::nil()]
}

fn of_entry(person: PersonId, acting_as: Option<PersonId>, there: Option<OrganizationId>) -> Name {
    [
        *person.as_uuid(),
        acting_as.map_or(Uuid::nil(), |clone| *clone.as_uuid()),
        there.map_or(Uuid::nil(), |there| *there.as_uuid()),
    ]
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
    let (there, exists) = match whereabouts {
        OrganizationContext::Named(name) => {
            let there = organization_named(conn, name)?;
            (there, there.is_some())
        }
        _ => (None, true),
    };
    let name = of_entry(person, acting_as, there);
    let holds = |entered: &Entered| entered.holds(now);
    let entered = remembered(conn, name, holds, |conn| {
        Ok(Entered {
            outcome: found(conn, person, acting_as, there, now)?,
            from: now,
            until: access::first_to_run_out(conn, person, acting_as, now)?,
        })
    })?;
    Ok(match &entered.outcome {
        AuthOutcome::Refused => AuthOutcome::Refused,
        AuthOutcome::Authenticated((), identity) if exists => {
            AuthOutcome::Authenticated(shown, identity.clone())
        }
        AuthOutcome::Authenticated(..) | AuthOutcome::Elsewhere => AuthOutcome::Elsewhere,
    })
}

/// The same as far as it is remembered: whoever may act there. An organization that is named by its slug is not looked up.
pub(super) fn presumed(
    presumed: &Presumed,
    (person, acting_as): (PersonId, Option<PersonId>),
    whereabouts: &OrganizationContext,
    now: Instant,
) -> Option<Box<Identity>> {
    let there = match whereabouts {
        OrganizationContext::Named(name) => Some(name.parse::<OrganizationId>().ok()?),
        _ => None,
    };
    let entered = presumed.get::<Entered>(of_entry(person, acting_as, there))?;
    match &entered.outcome {
        AuthOutcome::Authenticated((), identity) if entered.holds(now) => Some(identity.clone()),
        _ => None,
    }
}

/// What somebody chose for themselves: their zone and their language.
type Own = (Option<String>, Option<String>);

fn found(
    conn: &mut Conn,
    person: PersonId,
    acting_as: Option<PersonId>,
    there: Option<OrganizationId>,
    now: Instant,
) -> QueryResult<AuthOutcome<()>> {
    type Row = (
        (PersonId, String, String, EmailAddress, Own),
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
                (people::time_zone, people::language),
            ),
            Place::as_select(),
            organizations::time_zone,
            people::password_given_at.is_not_null(),
        ))
        .get_result(conn)
        .optional()?;
    let Some(((person, first_name, last_name, email, chosen), own, zone, password_given)) = row
    else {
        return Ok(AuthOutcome::Refused);
    };
    let (own_zone, language) = chosen;
    let bearer = |place, home, acting_as, (access, must_set_up)| {
        Box::new(Identity {
            person,
            first_name,
            last_name,
            email,
            time_zone: own_zone.unwrap_or(zone),
            language,
            password_given,
            acting_as,
            place,
            home,
            access,
            must_set_up,
        })
    };
    let Some(there) = there.filter(|there| *there != own.id) else {
        let held = access::own(conn, person, own.id, now)?;
        let access = Access::of(person, own.id, own.kind.side(), held);
        let must = must_set_up(conn, &own, person, |conn| {
            access::own_holdings(conn, person, own.id, now)
        })?;
        let bearer = bearer(own, None, None, (access, must));
        return Ok(AuthOutcome::Authenticated((), bearer));
    };
    let there: Option<Place> = organizations::table
        .filter(organizations::id.eq(there))
        .select(Place::as_select())
        .get_result(conn)
        .optional()?;
    let Some(there) = there else {
        return Ok(AuthOutcome::Elsewhere);
    };
    let (actor, acting_as, held) = match acting_as {
        None => {
            let held = access::paired(conn, person, own.id, there.id, now)?;
            (person, None, held)
        }
        Some(clone) => {
            let held = access::cloned(conn, clone, (person, own.id), there.id, now)?;
            (clone, Some((clone, name_of(conn, clone)?)), held)
        }
    };
    let Some((through, held)) = held else {
        return Ok(AuthOutcome::Elsewhere);
    };
    let access = Access::of(actor, there.id, there.kind.side(), held).by_way_of(through);
    let must = must_set_up(conn, &there, person, |conn| match acting_as {
        None => access::paired_holdings(conn, person, own.id, there.id, now),
        Some(_) => access::own_holdings(conn, actor, there.id, now),
    })?;
    let bearer = bearer(there, Some(own), acting_as, (access, must));
    Ok(AuthOutcome::Authenticated((), bearer))
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

/// The organization of this id or slug, as far as the name tells: whether there is one of an id is seen later.
fn organization_named(conn: &mut Conn, name: &str) -> QueryResult<Option<OrganizationId>> {
    if let Ok(id) = name.parse::<OrganizationId>() {
        return Ok(Some(id));
    }
    let Ok(slug) = name.parse::<Slug>() else {
        return Ok(None);
    };
    organizations::table
        .filter(organizations::slug.eq(slug))
        .select(organizations::id)
        .get_result(conn)
        .optional()
}
