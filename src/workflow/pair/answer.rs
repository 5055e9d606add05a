//! Answering a request: what its link shows, yes, and no (P2).

use super::members::within_bounds;
use super::{at_home, decided};
use crate::credentials::{PAIRING_PREFIX, hash_secret};
use crate::db::Conn;
use crate::db::sql_types::At;
use crate::domain::Instant;
use crate::domain::access::{Permission, Reach};
use crate::domain::event::PairingEvent;
use crate::domain::ids::{OrganizationId, PairingId};
use crate::domain::pairing::{Command, Link, LinkProblem, Reader, Refusal, check_link};
use crate::store::organizations::{self, Organization};
use crate::store::pairings::{self, Pairing, PairingChanges};
use crate::workflow::{Actor, Rejection, VerbResult, publish};

/// The characters of a link's secret: its prefix, and 256 bits.
const TOKEN_LENGTH: usize = PAIRING_PREFIX.len() + 43;

/// What a link that opens shows: who asks.
#[derive(Clone, Debug)]
pub struct Inspected {
    /// The request.
    pub pairing: Pairing,
    /// The organization that asks.
    pub trustee: Organization,
}

/// What a link shows. It changes nothing.
///
/// # Errors
/// [`Rejection::Denied`], [`Rejection::Pairing`].
pub fn inspect(conn: &mut Conn, actor: &Actor, token: &str, now: Instant) -> VerbResult<Inspected> {
    may_answer(actor)?;
    let pairing = pairings::by_link(conn, &hash_of(token)?)?;
    opened(conn, actor, pairing, now)
}

/// "Yes, I authorize access": the actor's organization trusts the one that asks. That grants nothing by itself (P3).
///
/// # Errors
/// [`Rejection::Denied`], [`Rejection::Pairing`].
pub fn accept(conn: &mut Conn, actor: &Actor, token: &str, now: Instant) -> VerbResult<PairingId> {
    let pairing = opened_locked(conn, actor, token, now)?;
    decided(&pairing, Command::Accept, now)?;
    let trustor = actor.access.organization;
    let changes = PairingChanges {
        trustor_id: Some(trustor),
        accepted_by: Some(actor.id()),
        accepted_at: Some(At(now)),
        ..PairingChanges::default()
    };
    pairings::update(conn, pairing.id, &changes)?;
    let accepted = Pairing {
        trustor_id: Some(trustor),
        ..pairing
    };
    within_bounds(conn, &accepted)?;
    let event = PairingEvent::Accepted {
        trustee: accepted.trustee_id,
        trustor,
    };
    publish::on_pairing(conn, actor, &accepted, event, now)?;
    Ok(accepted.id)
}

/// No: the link is used up.
///
/// # Errors
/// [`Rejection::Denied`], [`Rejection::Pairing`].
pub fn refuse(conn: &mut Conn, actor: &Actor, token: &str, now: Instant) -> VerbResult<PairingId> {
    let pairing = opened_locked(conn, actor, token, now)?;
    decided(&pairing, Command::Refuse, now)?;
    let changes = PairingChanges {
        refused_by: Some(actor.id()),
        refused_at: Some(At(now)),
        ..PairingChanges::default()
    };
    pairings::update(conn, pairing.id, &changes)?;
    // Recorded as what it is to whoever answers: nobody trusts, but both organizations have a record of it.
    let refused = Pairing {
        trustor_id: Some(actor.access.organization),
        ..pairing
    };
    let event = PairingEvent::Refused {
        trustee: refused.trustee_id,
    };
    publish::on_pairing(conn, actor, &refused, event, now)?;
    Ok(refused.id)
}

fn may_answer(actor: &Actor) -> Result<(), Rejection> {
    actor.require(Permission::OrgTrustorsManage)?;
    at_home(actor)
}

fn opened_locked(conn: &mut Conn, actor: &Actor, token: &str, now: Instant) -> VerbResult<Pairing> {
    may_answer(actor)?;
    let pairing = pairings::lock_by_link(conn, &hash_of(token)?)?;
    Ok(opened(conn, actor, pairing, now)?.pairing)
}

fn hash_of(token: &str) -> Result<String, Rejection> {
    let secret = token.strip_prefix(PAIRING_PREFIX).unwrap_or_default();
    let lawful = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if token.len() == TOKEN_LENGTH && !secret.is_empty() && secret.bytes().all(lawful) {
        Ok(hash_secret(token))
    } else {
        Err(Refusal::Link(LinkProblem::Malformed).into())
    }
}

fn opened(
    conn: &mut Conn,
    actor: &Actor,
    pairing: Option<Pairing>,
    now: Instant,
) -> VerbResult<Inspected> {
    let pairing = pairing.ok_or(Refusal::Link(LinkProblem::Unknown))?;
    let trustee = organization(conn, pairing.trustee_id)?;
    let own = organization(conn, actor.access.organization)?;
    let link = Link {
        trustee: trustee.id,
        region: &trustee.region,
        addressed_to: pairing.addressed_to,
        state: pairing.state(now),
    };
    let reader = Reader {
        id: own.id,
        kind: own.kind,
        region: &own.region,
    };
    check_link(&link, &reader)?;
    Ok(Inspected { pairing, trustee })
}

fn organization(conn: &mut Conn, id: OrganizationId) -> VerbResult<Organization> {
    Ok(organizations::find(conn, Reach::Everything, id)?.ok_or(Rejection::NotFound)?)
}
