//! What the first page says to those who let people in: who asks for access, and what waits among the pairings.

use std::collections::BTreeMap;

use super::{Doing, Filled, Item, LIMIT, Looking, MOST};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access_request::AccessRequestState;
use crate::domain::home::{Act, Because, Group, On, ROWS, Why};
use crate::domain::ids::PairingId;
use crate::domain::order::{Sort, Window};
use crate::domain::pairing::Party;
use crate::store::access_requests::{self, AccessRequestOrder};
use crate::store::organizations;
use crate::store::pairings::{self, Pairing, Scope};
use crate::workflow::VerbResult;

pub(super) fn look(conn: &mut Conn, of: &Looking<'_>) -> VerbResult<Vec<Filled>> {
    let mut filled = Vec::new();
    if of.has(Group::AccessRequests) {
        filled.push(access_requests(conn, of)?);
    }
    if of.has(Group::Pairings) {
        filled.push(pairings(conn, of)?);
    }
    Ok(filled)
}

fn doing(of: &Looking<'_>, group: Group, why: &Why, href: &str) -> Option<Doing> {
    let act = Act::of(group, why.because, On::default(), of.access)?;
    Some(Doing {
        act,
        href: href.to_owned(),
        at_once: None,
    })
}

/// Who asks for access, the longest waiting first.
fn access_requests(conn: &mut Conn, of: &Looking<'_>) -> VerbResult<Filled> {
    let group = Group::AccessRequests;
    let pending = Some(AccessRequestState::Pending);
    let oldest = Window::first(Sort::ascending(AccessRequestOrder::RequestedAt), LIMIT);
    let requests = access_requests::list(conn, of.reach(), pending, &oldest)?;
    let item = |request: &access_requests::AccessRequest| {
        let href = format!("/admin/access-requests/{}", request.id);
        let why = Why::new(Because::AsksForAccess, Some(request.requested_at))
            .naming(request.email.to_string());
        Item {
            title: request.name(),
            doing: doing(of, group, &why, &href),
            href,
            case: None,
            escalation: None,
            why,
        }
    };
    Ok(Filled {
        group,
        count: requests.len(),
        more_href: Some("/admin/access-requests?state=pending"),
        items: requests.iter().take(ROWS).map(item).collect(),
    })
}

/// The pairings by which others work here in which somebody, or a role, waits for an answer.
fn pairings(conn: &mut Conn, of: &Looking<'_>) -> VerbResult<Filled> {
    let group = Group::Pairings;
    let scope = Scope::from(of.access);
    let found = pairings::list(conn, scope, (Some(Party::Trustor), None), None, LIMIT)?;
    let ids: Vec<PairingId> = found.iter().map(|pairing| pairing.id).collect();
    let mut waiting: BTreeMap<PairingId, Vec<Instant>> = BTreeMap::new();
    if !ids.is_empty() {
        let members = pairings::members_of(conn, &ids)?;
        for member in members.iter().filter(|one| one.approved_at.is_none()) {
            let waits = waiting.entry(member.pairing_id).or_default();
            waits.push(member.proposed_at);
        }
        for request in pairings::role_requests_in(conn, &ids)? {
            let member = members.iter().find(|one| one.id == request.member_id);
            // A role that is asked for with somebody new is answered with them.
            let member = member.filter(|one| one.approved_at.is_some());
            if let (Some(member), None) = (member, request.refused_at) {
                let waits = waiting.entry(member.pairing_id).or_default();
                waits.push(request.requested_at);
            }
        }
    }
    let homes = organizations::references(conn, found.iter().map(|pairing| pairing.trustee_id))?;
    let home = |pairing: &Pairing| Some(homes.get(&pairing.trustee_id)?.name.clone());
    let mut rows: Vec<(&Pairing, &Vec<Instant>)> = found
        .iter()
        .filter_map(|pairing| Some((pairing, waiting.get(&pairing.id)?)))
        .collect();
    rows.sort_by_key(|(pairing, waits)| (waits.iter().min().copied(), pairing.id));
    let item = |(pairing, waits): &(&Pairing, &Vec<Instant>)| {
        let href = format!("/relationships/{}", pairing.id);
        let since = waits.iter().min().copied();
        let why = Why::new(Because::PairingWaits, since).counting(waits.len());
        Item {
            title: home(pairing).unwrap_or_default(),
            doing: doing(of, group, &why, &href),
            href,
            case: None,
            escalation: None,
            why,
        }
    };
    Ok(Filled {
        group,
        count: rows.len().min(MOST),
        more_href: Some("/relationships"),
        items: rows.iter().take(ROWS).map(item).collect(),
    })
}
