//! To whom the rows of the outbox go, as things stand when they are sent.

use std::collections::HashMap;

use diesel::prelude::*;
use uuid::Uuid;

use crate::db::schema::{organizations, people};
use crate::db::sql_types::At;
use crate::db::{Conn, among, of_one, remembered_each};
use crate::domain::Instant;
use crate::domain::access::{Access, HeldRole};
use crate::domain::ids::{OrganizationId, PersonId};
use crate::domain::notice::{Candidate, Standing};
use crate::domain::organization::{OrganizationKind, Side};
use crate::domain::text::EmailAddress;
use crate::store::access::{self, Lasting, Span, own_of_many};
use crate::store::pairings::mailboxes;
use crate::store::people::{by_email, display_name};

/// The columns of a notice that say to whom it goes: a person, or an address with a name and perhaps an organization.
pub(super) type RowTo = (
    Option<PersonId>,
    Option<EmailAddress>,
    Option<String>,
    Option<OrganizationId>,
);

/// To whom a notice goes.
#[derive(Clone, Debug)]
pub(super) struct Addressee {
    /// What decides whether it goes.
    pub(super) candidate: Candidate,
    /// First and last name.
    pub(super) name: String,
    /// The address.
    pub(super) email: EmailAddress,
    /// IANA name of the zone in which they read.
    pub(super) time_zone: String,
    /// The tag of the language in which they read; none if they have chosen none, or have no account.
    pub(super) language: Option<String>,
}

/// Everybody to whom a few notices go.
pub(super) struct Addressees {
    people: HashMap<PersonId, Addressee>,
    zones: HashMap<OrganizationId, String>,
    /// The organization that gives support.
    pub(super) provider: Provider,
}

/// The organization that gives support, as far as mails speak of it.
#[derive(Clone, Debug)]
pub(super) struct Provider {
    /// Its id; of none before it was set up, when nobody is written to.
    id: Option<OrganizationId>,
    /// Its name.
    pub(super) name: String,
    /// Its zone.
    time_zone: String,
}

impl Addressees {
    /// Those of the rows.
    pub(super) fn of<'a>(
        conn: &mut Conn,
        rows: impl Iterator<Item = &'a RowTo>,
        now: Instant,
    ) -> QueryResult<Self> {
        let (mut persons, mut organizations) = (Vec::new(), Vec::new());
        for (person, _, _, organization) in rows {
            persons.extend(*person);
            organizations.extend(*organization);
        }
        persons.sort_unstable();
        persons.dedup();
        let zones = if organizations.is_empty() {
            HashMap::new()
        } else {
            zones(conn, organizations)?
        };
        Ok(Self {
            people: of_people(conn, &persons, now)?,
            zones,
            provider: provider(conn)?,
        })
    }

    /// The addressee of one of them; the database sees to it that every notice has one.
    pub(super) fn addressee(
        &self,
        conn: &mut Conn,
        (person, email, name, organization): &RowTo,
    ) -> QueryResult<Option<Addressee>> {
        if let Some(person) = person {
            return Ok(self.people.get(person).cloned());
        }
        let (Some(email), Some(name)) = (email, name) else {
            return Ok(None);
        };
        // Who was disabled is not written to as somebody without an account either.
        let disabled = by_email(conn, email)?.is_some_and(|person| person.disabled_at.is_some());
        let zone = organization.and_then(|organization| self.zones.get(&organization));
        let nobody = PersonId::from_uuid(Uuid::nil());
        let Some(home) = organization.or(self.provider.id) else {
            return Ok(None);
        };
        Ok(Some(Addressee {
            candidate: Candidate::of(
                (nobody, home, Side::Customer),
                Vec::new(),
                Standing {
                    enabled: !disabled,
                    verified: false,
                },
            ),
            name: name.clone(),
            email: email.clone(),
            time_zone: zone.unwrap_or(&self.provider.time_zone).clone(),
            language: None,
        }))
    }
}

/// Notes what somebody who belongs to another customer may do in `organization` by way of a pairing that is on: whoever
/// asked for something there is answered at home (P7).
///
/// # Errors
/// Database errors.
pub fn let_in(
    conn: &mut Conn,
    candidate: &mut Candidate,
    organization: OrganizationId,
    now: Instant,
) -> QueryResult<()> {
    if !candidate.is_foreign(organization) {
        return Ok(());
    }
    let (person, home) = (candidate.access.person, candidate.access.organization);
    let paired = access::paired(conn, person, home, organization, now)?;
    candidate.paired = paired.map(|(through, held)| {
        Access::of(person, organization, Side::Customer, held).by_way_of(through)
    });
    Ok(())
}

type PersonRow = (
    (PersonId, OrganizationId, String, String, EmailAddress),
    (Option<String>, Option<String>, Option<At>, Option<At>),
    (OrganizationKind, String),
);

fn of_people(
    conn: &mut Conn,
    persons: &[PersonId],
    now: Instant,
) -> QueryResult<HashMap<PersonId, Addressee>> {
    let name = |person: PersonId| of_one(person.as_uuid());
    let holds = |one: &Lasting<Option<Addressee>>| one.holds(now);
    let known = remembered_each(conn, persons, name, holds, |conn, persons| {
        read(conn, persons, now)
    })?;
    let known = known
        .into_iter()
        .filter_map(|(person, one)| Some((person, one.read.clone()?)));
    Ok(known.collect())
}

/// What the rows say of people, none of whoever is not there.
fn read(
    conn: &mut Conn,
    persons: &[PersonId],
    now: Instant,
) -> QueryResult<Vec<(PersonId, Lasting<Option<Addressee>>)>> {
    let span = Span::from_now(conn, now)?;
    let rows: Vec<PersonRow> = people::table
        .inner_join(organizations::table)
        .filter(among(people::id, persons.to_vec()))
        .select((
            (
                people::id,
                people::organization_id,
                people::first_name,
                people::last_name,
                people::email,
            ),
            (
                people::time_zone,
                people::language,
                people::email_verified_at,
                people::disabled_at,
            ),
            (organizations::kind, organizations::time_zone),
        ))
        .load(conn)?;
    let mut roles: HashMap<PersonId, Vec<HeldRole>> = HashMap::new();
    for (person, role) in own_of_many(conn, persons, now)? {
        roles.entry(person).or_default().push(role);
    }
    let mut of_clones = mailboxes(conn, persons)?;
    let addressee = |(person, own, (kind, zone)): PersonRow| {
        let (id, organization, first, last, mut email) = person;
        let (mut time_zone, mut language, verified, disabled) = own;
        let roles = roles.remove(&id).unwrap_or_default();
        let mut standing = Standing {
            enabled: disabled.is_none(),
            verified: verified.is_some(),
        };
        if let Some(original) = of_clones.remove(&id) {
            standing = original.standing(standing);
            (email, time_zone) = (original.email, Some(original.time_zone));
            language = original.language;
        }
        let addressee = Addressee {
            candidate: Candidate::of((id, organization, kind.side()), roles, standing),
            name: display_name(&first, &last),
            email,
            time_zone: time_zone.unwrap_or(zone),
            language,
        };
        (id, addressee)
    };
    let found: HashMap<PersonId, Addressee> = rows.into_iter().map(addressee).collect();
    let each = persons.iter();
    Ok(each
        .map(|person| (*person, span.of(found.get(person).cloned())))
        .collect())
}

fn zones(
    conn: &mut Conn,
    ids: Vec<OrganizationId>,
) -> QueryResult<HashMap<OrganizationId, String>> {
    let rows: Vec<(OrganizationId, String)> = organizations::table
        .filter(among(organizations::id, ids))
        .select((organizations::id, organizations::time_zone))
        .load(conn)?;
    Ok(rows.into_iter().collect())
}

fn provider(conn: &mut Conn) -> QueryResult<Provider> {
    Ok(match crate::store::organizations::provider(conn)? {
        Some(provider) => Provider {
            id: Some(provider.id),
            name: provider.name,
            time_zone: provider.time_zone,
        },
        None => Provider {
            id: None,
            name: String::new(),
            time_zone: "UTC".to_owned(),
        },
    })
}
