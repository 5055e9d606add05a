//! The people and groups of a pairing (P4, P5, P6).

use std::collections::BTreeSet;

use super::clones::end_untrusted;
use super::{authorized, decided, locked};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::event::PairingEvent;
use crate::domain::ids::{GroupId, OrganizationId, PairingId, PairingMemberId, PersonId};
use crate::domain::pairing::{Command, Verb, Who, may_reach};
use crate::input::input;
use crate::store::groups;
use crate::store::pairings::{self, Pairing, Scope};
use crate::workflow::{Actor, Expected, Rejection, VerbResult, publish, unchanged};

input! {
    /// More people and groups for a pairing.
    pub struct ProposeMembers {
        /// People of your organization, by id.
        people: Option<BTreeSet<PersonId>>,
        /// Access groups of your organization, by id.
        groups: Option<BTreeSet<GroupId>>,
    }
}

/// The named people and groups, all of the trustee.
pub(super) fn checked(
    conn: &mut Conn,
    trustee: OrganizationId,
    people: Option<&BTreeSet<PersonId>>,
    groups: Option<&BTreeSet<GroupId>>,
) -> VerbResult<Vec<Who>> {
    let refused = |field: &'static str, code: &'static str, given: String| Rejection::Field {
        field,
        code,
        given,
    };
    let wanted: Vec<PersonId> = people.into_iter().flatten().copied().collect();
    let groups: Vec<GroupId> = groups.into_iter().flatten().copied().collect();
    if wanted.is_empty() && groups.is_empty() {
        return Err(refused("people", "required", String::new()).into());
    }
    let found = pairings::people_of(conn, trustee, &wanted)?;
    if let Some(unknown) = wanted.iter().find(|person| !found.contains(person)) {
        return Err(refused("people", "not_found", unknown.to_string()).into());
    }
    let found = pairings::groups_of(conn, trustee, &groups)?;
    if let Some(unknown) = groups.iter().find(|group| !found.contains(group)) {
        return Err(refused("groups", "not_found", unknown.to_string()).into());
    }
    let people = wanted.into_iter().map(Who::Person);
    Ok(people.chain(groups.into_iter().map(Who::Group)).collect())
}

/// Adds members that were checked.
pub(super) fn add(
    conn: &mut Conn,
    actor: &Actor,
    pairing: PairingId,
    members: &[Who],
    now: Instant,
) -> VerbResult<()> {
    for who in members {
        pairings::add_member(conn, pairing, *who, actor.id(), now)?;
    }
    Ok(())
}

/// Refuses what would let more people reach one organization from another than may (P4). The trustee is locked, so that
/// neither its groups nor its other pairings grow meanwhile.
pub(super) fn within_bounds(conn: &mut Conn, pairing: &Pairing) -> VerbResult<()> {
    groups::lock_organization(conn, pairing.trustee_id)?;
    let alike = pairings::alike(conn, pairing)?;
    let people = pairings::reaching(conn, &alike)?;
    Ok(may_reach(people.len())?)
}

/// The same for every pairing in which a group is named that has grown.
///
/// # Errors
/// [`Rejection::Pairing`].
pub(in crate::workflow) fn group_within_bounds(conn: &mut Conn, group: GroupId) -> VerbResult<()> {
    for pairing in pairings::naming(conn, group)? {
        within_bounds(conn, &pairing)?;
    }
    Ok(())
}

/// Proposes more people and groups; the trustor approves each by giving it a role (P5). Who is a member already stays
/// one.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Stale`, `Field`, [`Rejection::Pairing`]: one of them is too many for all.
pub fn propose(
    conn: &mut Conn,
    actor: &Actor,
    id: PairingId,
    expected: Expected<'_>,
    command: &ProposeMembers,
    now: Instant,
) -> VerbResult<usize> {
    let pairing = locked(conn, actor, id)?;
    let (people, groups) = (command.people.as_ref(), command.groups.as_ref());
    let names_groups = groups.is_some_and(|groups| !groups.is_empty());
    if people.is_some_and(|people| !people.is_empty()) || !names_groups {
        authorized(actor, &pairing, Verb::AddPerson, true)?;
    }
    if names_groups {
        authorized(actor, &pairing, Verb::AddGroup, true)?;
    }
    unchanged(expected, pairing.version)?;
    let mut members = checked(conn, pairing.trustee_id, people, groups)?;
    let present: Vec<Who> = pairings::members_of(conn, &[id])?
        .iter()
        .filter_map(pairings::Member::who)
        .collect();
    members.retain(|who| !present.contains(who));
    let propose = Command::Propose {
        have: present.len(),
        more: members.len(),
    };
    decided(&pairing, propose, now)?;
    if members.is_empty() {
        return Ok(0);
    }
    let count = members.len();
    add(conn, actor, id, &members, now)?;
    within_bounds(conn, &pairing)?;
    let event = PairingEvent::MembersProposed(members);
    publish::on_pairing(conn, actor, &pairing, event, now)?;
    pairings::count_change(conn, id)?;
    Ok(count)
}

/// Removes a person or a group, with the roles that were given to it and the cloned users of whoever is not trusted by
/// any other way.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Stale`, [`Rejection::Pairing`].
pub fn remove_member(
    conn: &mut Conn,
    actor: &Actor,
    id: PairingMemberId,
    expected: Expected<'_>,
    now: Instant,
) -> VerbResult<PairingId> {
    let scope = Scope::from(&actor.access);
    let (pairing, _) = pairings::find_member(conn, scope, id)?.ok_or(Rejection::NotFound)?;
    let pairing = locked(conn, actor, pairing.id)?;
    let (_, member) = pairings::find_member(conn, scope, id)?.ok_or(Rejection::NotFound)?;
    let who = member.who().ok_or(Rejection::NotFound)?;
    let verb = match who {
        Who::Person(_) => Verb::RemovePerson,
        Who::Group(_) => Verb::RemoveGroup,
    };
    let party = authorized(actor, &pairing, verb, false)?;
    unchanged(expected, member.version)?;
    decided(&pairing, Command::RemoveMember, now)?;
    pairings::take_all(conn, pairing.id, who)?;
    pairings::remove_member(conn, id)?;
    end_untrusted(conn, Some(actor), &pairing, now)?;
    pairings::count_change(conn, pairing.id)?;
    let event = PairingEvent::MemberRemoved { by: party, who };
    publish::on_pairing(conn, actor, &pairing, event, now)?;
    Ok(pairing.id)
}
