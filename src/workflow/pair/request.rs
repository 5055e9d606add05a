//! Asking to work in another organization (P1), and a new link for an unanswered request.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use super::members::{add, checked, within_bounds};
use super::{at_home, authorized, decided, locked, pairs_with_clients};
use crate::db::Conn;
use crate::db::sql_types::At;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::event::{Changed, PairingEvent};
use crate::domain::ids::{GroupId, OrganizationId, PairingId, PersonId};
use crate::domain::pairing::{Command, LINK_DAYS, MOST_MEMBERS, Party, Refusal, Verb};
use crate::input::input;
use crate::store::organizations;
use crate::store::pairings::{self, NewPairing, PairingChanges, Scope};
use crate::workflow::{Actor, Expected, Rejection, VerbResult, publish, unchanged};

input! {
    /// A request to work in another organization.
    pub struct AskForPairing {
        /// People of your organization, by id.
        people: Option<BTreeSet<PersonId>>,
        /// Access groups of your organization, by id.
        groups: Option<BTreeSet<GroupId>>,
        /// The client that alone may answer, by id or slug; whoever gets the link if not given.
        organization: Option<String>,
    }
}

/// Asks to work in another organization. `token_hash` is of the link's secret, which the edge shows once.
///
/// # Errors
/// [`Rejection::Denied`], [`Rejection::Field`], [`Rejection::Pairing`].
pub fn request(
    conn: &mut Conn,
    actor: &Actor,
    command: &AskForPairing,
    token_hash: &str,
    now: Instant,
) -> VerbResult<PairingId> {
    let trustee = actor.access.organization;
    let addressed_to = match &command.organization {
        None => {
            actor.require(Permission::OrgTrusteesAdd)?;
            None
        }
        Some(name) => {
            pairs_with_clients(&actor.access)?;
            Some(client(conn, trustee, name)?)
        }
    };
    at_home(actor)?;
    let members = checked(
        conn,
        trustee,
        command.people.as_ref(),
        command.groups.as_ref(),
    )?;
    if members.len() > MOST_MEMBERS {
        return Err(Refusal::TooManyMembers.into());
    }
    let new = NewPairing {
        trustee,
        addressed_to,
        token_hash,
        expires_at: now + TimeDelta::days(LINK_DAYS),
        by: actor.id(),
    };
    let id = pairings::insert(conn, &new, now)?;
    let scope = Scope::from(&actor.access);
    let pairing = pairings::find(conn, scope, id)?.ok_or(Rejection::NotFound)?;
    add(conn, actor, id, &members, now)?;
    within_bounds(conn, &pairing)?;
    let event = PairingEvent::Requested {
        expires_at: pairing.expires_at,
        addressed_to,
        members,
    };
    publish::on_pairing(conn, actor, &pairing, event, now)?;
    Ok(id)
}

/// An organization that one's own serves or has served: naming any other tells nothing, whether it exists or not.
fn client(conn: &mut Conn, trustee: OrganizationId, name: &str) -> VerbResult<OrganizationId> {
    let unknown = || Rejection::Field {
        field: "organization",
        code: "not_found",
        given: name.to_owned(),
    };
    let named =
        organizations::named(conn, crate::domain::access::Reach::Everything, name)?.map(|o| o.id);
    let served = pairings::clients(conn, trustee, None, i64::MAX)?;
    let client = served.iter().find(|client| Some(client.id) == named);
    Ok(client.ok_or_else(unknown)?.id)
}

/// Gives an unanswered request a new link; the old one dies.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Stale`, [`Rejection::Pairing`].
pub fn renew_link(
    conn: &mut Conn,
    actor: &Actor,
    id: PairingId,
    expected: Expected<'_>,
    token_hash: &str,
    now: Instant,
) -> VerbResult<PairingId> {
    let pairing = locked(conn, actor, id)?;
    // Whoever may start a pairing with a client may also hand over its link again.
    let may_pair = pairing.addressed_to.is_some()
        && pairing.party_of(actor.access.organization) == Some(Party::Trustee)
        && pairs_with_clients(&actor.access).is_ok()
        && actor.access.through.is_none();
    if !may_pair {
        authorized(actor, &pairing, Verb::RenewLink, true)?;
    }
    unchanged(expected, pairing.version)?;
    decided(&pairing, Command::RenewLink, now)?;
    let expires_at = now + TimeDelta::days(LINK_DAYS);
    let changes = PairingChanges {
        token_hash: Some(token_hash.to_owned()),
        expires_at: Some(At(expires_at)),
        ..PairingChanges::default()
    };
    pairings::update(conn, id, &changes)?;
    let event = PairingEvent::LinkRenewed {
        expires_at: Changed {
            before: pairing.expires_at,
            after: expires_at,
        },
    };
    publish::on_pairing(conn, actor, &pairing, event, now)?;
    Ok(id)
}
