//! Pairing organizations (section 9): asking, answering, switching, and who works where with which roles.
//!
//! Every verb locks the pairing first, asks [`pairing::decide`] what it does and [`pairing::needed`] who may, and is
//! recorded for both organizations (P9).

mod answer;
mod asked;
mod clones;
mod members;
mod request;
mod roles;
mod switch;

pub use answer::{Inspected, accept, inspect, refuse};
pub use asked::{AskForRole, RefuseRole, ask_role, ask_role_no_more, refuse_role};
pub use clones::{AddClone, add_clone, end_untrusted_of, remove_clone};
pub(in crate::workflow) use members::group_within_bounds;
pub use members::{ProposeMembers, propose, remove_member};
pub use request::{AskForPairing, renew_link, request};
pub use roles::{GiveRole, give_role, take_everywhere, take_role};
pub use switch::{SwitchPairing, remove, switch, switched_into};

use super::{Actor, Rejection, VerbResult};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Access, Denied, Permission};
use crate::domain::ids::PairingId;
use crate::domain::pairing::{self, Command, Party, Refusal, State, Verb};
use crate::store::pairings::{self, Pairing, Scope};

/// The pairing of that id, locked, if it exists for the actor.
fn locked(conn: &mut Conn, actor: &Actor, id: PairingId) -> VerbResult<Pairing> {
    let found = pairings::lock(conn, Scope::from(&actor.access), id)?;
    Ok(found.ok_or(Rejection::NotFound)?)
}

/// Whether a pairing can be looked at by whoever holds this (P10, P13); being in one of its trusted groups is another
/// way.
pub fn is_seen_by(access: &Access, party: Party) -> bool {
    access.can(view_of(party))
}

/// Whether somebody may look at the clients of their organization (P11).
pub fn sees_clients(access: &Access) -> bool {
    [Permission::ClientsView, Permission::OrgTrusteesView]
        .iter()
        .all(|permission| access.can(*permission))
}

/// Refuses who may not start a pairing with a client (P11).
///
/// # Errors
/// The permission that is missing.
pub fn pairs_with_clients(access: &Access) -> Result<(), Denied> {
    access.require(Permission::ClientsPair)?;
    access.require(Permission::ClientsView)?;
    access.require(Permission::OrgTrusteesAdd)
}

/// The permission to look at the pairings in which one's own organization is this side.
pub const fn view_of(party: Party) -> Permission {
    match party {
        Party::Trustee => Permission::OrgTrusteesView,
        Party::Trustor => Permission::OrgTrustorsView,
    }
}

/// Whether the actor may use a verb on a pairing, and on which side of it they are. `on` says whether the verb adds or
/// switches on. Who neither may nor sees the pairing is told that there is none (A5).
fn authorized(actor: &Actor, pairing: &Pairing, verb: Verb, on: bool) -> Result<Party, Rejection> {
    let access = &actor.access;
    let party = pairing
        .party_of(access.organization)
        .ok_or(Rejection::NotFound)?;
    let refused = match pairing::needed(party, verb).check(access) {
        Ok(()) if access.through.is_some() && pairing::widens(verb, on) => {
            Refusal::ThroughPairing.into()
        }
        Ok(()) => return Ok(party),
        Err(Some(missing)) => missing.into(),
        Err(None) => Refusal::OtherSide.into(),
    };
    if is_seen_by(access, party) {
        Err(refused)
    } else {
        Err(Rejection::NotFound)
    }
}

/// Nobody starts or answers a pairing for an organization in which they are by a pairing themselves.
fn at_home(actor: &Actor) -> Result<(), Rejection> {
    match actor.access.through {
        Some(_) => Err(Refusal::ThroughPairing.into()),
        None => Ok(()),
    }
}

/// Where the pairing stands after the command.
fn decided(pairing: &Pairing, command: Command, now: Instant) -> Result<State, Rejection> {
    Ok(pairing::decide(pairing.state(now), command)?)
}
