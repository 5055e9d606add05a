//! Which organizations a partner serves, as the provider names them (P11).

use super::administer::{By, require};
use super::{Actor, Expected, Rejection, VerbResult, publish, unchanged};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Permission, Reach};
use crate::domain::event::{AdministrativeEvent, Changed, ClientFields};
use crate::domain::ids::OrganizationId;
use crate::domain::organization::OrganizationKind;
use crate::input::input;
use crate::store::cases::OrganizationRef;
use crate::store::{clients, groups, organizations};

input! {
    /// The clients of a partner.
    pub struct NameClients {
        /// All that are named, by id or slug; those that it is or was paired with are its clients besides.
        clients: Vec<String>,
    }
}

impl NameClients {
    /// Each with its place.
    pub fn named(&self) -> Vec<(usize, &str)> {
        let clients = self.clients.iter().map(String::as_str);
        clients.enumerate().collect()
    }
}

/// Names the clients of a partner, all of them, by id or slug, each with its place in the request: it may ask each for a pairing,
/// also one with which it never was paired.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Stale`, `Field`, `Parts`.
pub fn name_clients(
    conn: &mut Conn,
    by: By<'_>,
    partner: OrganizationId,
    expected: Expected<'_>,
    named: &[(usize, &str)],
    now: Instant,
) -> VerbResult<()> {
    let reach = by.map_or(Reach::Everything, Actor::reach);
    // First, so that of two at once the second sees what the first has counted.
    groups::lock_organization(conn, partner)?;
    let found = organizations::find(conn, reach, partner)?.ok_or(Rejection::NotFound)?;
    require(by, Permission::OrganizationsManage)?;
    unchanged(expected, found.version)?;
    if found.kind != OrganizationKind::Partner {
        return Err(Rejection::Field {
            field: "clients",
            code: "not_a_partner",
            given: found.slug.to_string(),
        }
        .into());
    }
    let before = clients::named(conn, partner)?;
    let (mut after, mut wrong) = (Vec::<OrganizationRef>::new(), Vec::new());
    for (index, given) in named {
        let part = format!("clients[{index}]");
        let given = given.trim();
        match organizations::named(conn, reach, given)? {
            None => wrong.push((part, "not_found", given.to_owned())),
            Some(one) if one.kind == OrganizationKind::Provider || one.id == partner => {
                wrong.push((part, "not_a_client", given.to_owned()));
            }
            Some(one) if after.iter().any(|client| client.id == one.id) => {}
            Some(one) => after.push(OrganizationRef {
                id: one.id,
                slug: one.slug.to_string(),
                name: one.name,
                kind: one.kind,
            }),
        }
    }
    if !wrong.is_empty() {
        return Err(Rejection::Parts(wrong).into());
    }
    let is_in = |one: &OrganizationRef, all: &[OrganizationRef]| all.iter().any(|o| o.id == one.id);
    for gone in before.iter().filter(|client| !is_in(client, &after)) {
        clients::remove(conn, partner, gone.id)?;
    }
    for new in after.iter().filter(|client| !is_in(client, &before)) {
        clients::insert(conn, partner, new.id, by.map(Actor::id), now)?;
    }
    let changed = Changed {
        before: fields(&before),
        after: fields(&after),
    };
    // What is as it was is no change, and counts as none.
    if changed.before == changed.after {
        return Ok(());
    }
    organizations::count_change(conn, partner)?;
    let event = AdministrativeEvent::ClientsNamed(partner, changed);
    publish::administrative(conn, by, event, now)
}

fn fields(clients: &[OrganizationRef]) -> ClientFields {
    ClientFields {
        clients: clients.iter().map(|client| client.slug.clone()).collect(),
    }
}
