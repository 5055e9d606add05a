//! A pairing as pages and the API show it: with names, and no more of who is in it than the reader may see (P10).

use std::collections::HashMap;

use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Access, Permission};
use crate::domain::ids::{GroupId, PairingId, PersonId, VisitId};
use crate::domain::pairing::{Needed, Party, State, Verb, Who, needed, widens};
use crate::http::principal::Principal;
use crate::store::access::holders_by_name;
use crate::store::cases::OrganizationRef;
use crate::store::organizations;
use crate::store::pairings::{self, CloneRow, Given, Member, Pairing, RoleRequest, Scope, Visit};
use crate::store::people::Named;
use crate::workflow::pair::is_seen_by;

/// A pairing for one reader.
#[derive(Clone, Debug)]
pub struct PairingView {
    /// The row.
    pub pairing: Pairing,
    /// On which side the reader is.
    pub party: Party,
    /// Where it stands.
    pub state: State,
    /// The other organization, as far as it is known.
    pub other: Option<OrganizationRef>,
    /// People who are named.
    names: HashMap<PersonId, String>,
    /// Its people, as far as the reader may see them.
    pub people: Shown<MemberView>,
    /// Its groups, as far as the reader may see them.
    pub groups: Shown<MemberView>,
    /// Its cloned users, shown with its people.
    pub clones: Vec<CloneRow>,
    /// What the reader's permissions allow.
    pub may: Vec<Verb>,
}

/// A list that may not be the reader's to see.
#[derive(Clone, Debug)]
pub struct Shown<T> {
    /// What it holds; empty where a permission is missing.
    pub items: Vec<T>,
    /// The permission that is missing.
    pub missing: Option<Permission>,
    /// Who can add the reader, where one is.
    pub ask: Vec<Named>,
}

/// How many people are named who can be asked.
const MOST_ASKED: usize = 5;

/// Whom somebody of an organization can ask to be added where they may not see who is in a pairing (P10): those who can do it on
/// its side.
///
/// # Errors
/// Database errors.
pub fn to_ask(
    conn: &mut Conn,
    access: &Access,
    party: Party,
    now: Instant,
) -> diesel::QueryResult<Vec<Named>> {
    let permission = match party {
        Party::Trustee => Permission::OrgTrusteesEdit,
        Party::Trustor => Permission::OrgTrustorsManage,
    };
    let place = (access.organization, access.side);
    let holders = holders_by_name(conn, place, permission, now)?;
    Ok(holders.into_iter().take(MOST_ASKED).collect())
}

/// A person or group of a pairing.
#[derive(Clone, Debug)]
pub struct MemberView {
    /// The row.
    pub member: Member,
    /// Who it is.
    pub who: Who,
    /// Their name.
    pub name: String,
    /// The roles that were given to them.
    pub roles: Vec<Given>,
    /// The roles that are asked for, or were refused (P3).
    pub asked: Vec<RoleRequest>,
}

impl PairingView {
    /// Somebody whom the pairing names.
    pub fn named(&self, person: Option<PersonId>) -> Option<Named> {
        let id = person?;
        let name = self.names.get(&id)?.clone();
        Some(Named { id, name })
    }

    /// Whether the reader's permissions allow a verb.
    pub fn may(&self, verb: Verb) -> bool {
        self.may.contains(&verb)
    }

    /// Its people and groups, as far as the reader may see them.
    pub fn members(&self) -> impl Iterator<Item = &MemberView> {
        self.people.items.iter().chain(&self.groups.items)
    }
}

/// The pairing of that id, if the reader may look at it: by permission, or as one of a trusted group's people.
///
/// # Errors
/// Database errors.
pub fn view(
    conn: &mut Conn,
    reader: &Principal,
    id: PairingId,
    now: Instant,
) -> diesel::QueryResult<Option<PairingView>> {
    let access = reader.access();
    let Some(pairing) = pairings::find(conn, Scope::from(access), id)? else {
        return Ok(None);
    };
    let sees = match pairing.party_of(access.organization) {
        Some(party) if is_seen_by(access, party) => true,
        Some(_) => !pairings::has_groups_with(conn, &[id], reader.person)?.is_empty(),
        None => false,
    };
    if !sees {
        return Ok(None);
    }
    Ok(views(conn, reader, vec![pairing], now)?.pop())
}

/// These pairings as the reader may see them; the reader's organization is one of the two of each.
///
/// # Errors
/// Database errors.
pub fn views(
    conn: &mut Conn,
    reader: &Principal,
    rows: Vec<Pairing>,
    now: Instant,
) -> diesel::QueryResult<Vec<PairingView>> {
    let access = reader.access();
    let own = access.organization;
    let ids: Vec<PairingId> = rows.iter().map(|pairing| pairing.id).collect();
    let members = pairings::members_of(conn, &ids)?;
    let mut given = pairings::given_in(conn, &ids)?;
    given.retain(|given| !given.has_ended(now));
    let asked_roles = pairings::role_requests_in(conn, &ids)?;
    let clones = pairings::clones_of(conn, &ids)?;
    let trusted_groups = pairings::has_groups_with(conn, &ids, reader.person)?;
    let people: Vec<PersonId> = rows
        .iter()
        .flat_map(|row| {
            [
                row.created_by,
                row.accepted_by,
                row.switched_off_by,
                row.suspended_by,
            ]
        })
        .chain(
            members
                .iter()
                .flat_map(|member| [member.person_id, member.proposed_by, member.approved_by]),
        )
        .chain(given.iter().map(|given| given.by))
        .chain((asked_roles.iter()).flat_map(|asked| [Some(asked.requested_by), asked.refused_by]))
        .chain(
            clones
                .iter()
                .flat_map(|clone| [Some(clone.original), clone.added_by]),
        )
        .flatten()
        .collect();
    let names = crate::store::people::names(conn, &people)?;
    let groups: Vec<GroupId> = members
        .iter()
        .filter_map(|member| member.group_id)
        .collect();
    let group_names = pairings::group_names(conn, &groups)?;
    let others = rows.iter().filter_map(|row| row.other(row.party_of(own)?));
    let others = organizations::references(conn, others)?;
    let mut asked = HashMap::new();
    for row in &rows {
        let Some(party) = row.party_of(own) else {
            continue;
        };
        let sees = [
            Permission::OrgTrusteeUsersView,
            Permission::OrgTrusteeGroupsView,
        ]
        .iter()
        .all(|permission| sees_members(access, party, *permission));
        if !sees && !trusted_groups.contains(&row.id) && !asked.contains_key(&party) {
            asked.insert(party, to_ask(conn, access, party, now)?);
        }
    }
    let shown =
        |pairing: PairingId, party: Party, permission: Permission, wanted: fn(Who) -> bool| {
            if !sees_members(access, party, permission) && !trusted_groups.contains(&pairing) {
                return Shown {
                    items: Vec::new(),
                    missing: Some(permission),
                    ask: asked.get(&party).cloned().unwrap_or_default(),
                };
            }
            let of_pairing = members.iter().filter(|member| member.pairing_id == pairing);
            let items = of_pairing.filter_map(|member| {
                let who = member.who().filter(|who| wanted(*who))?;
                let name = match who {
                    Who::Person(person) => names.get(&person),
                    Who::Group(group) => group_names.get(&group),
                };
                let roles = given
                    .iter()
                    .filter(|given| given.pairing == pairing && given.who == who);
                let asked = asked_roles
                    .iter()
                    .filter(|asked| asked.member_id == member.id);
                Some(MemberView {
                    member: member.clone(),
                    who,
                    name: name.cloned().unwrap_or_default(),
                    roles: roles.cloned().collect(),
                    asked: asked.cloned().collect(),
                })
            });
            Shown {
                items: items.collect(),
                missing: None,
                ask: Vec::new(),
            }
        };
    let view = |pairing: Pairing| {
        let party = pairing.party_of(own)?;
        let id = pairing.id;
        let other = pairing.other(party).and_then(|other| others.get(&other));
        let people = shown(id, party, Permission::OrgTrusteeUsersView, |who| {
            who.person().is_some()
        });
        let seen = people.missing.is_none();
        let allowed = |verb: &Verb| {
            let asks: Needed = needed(party, *verb);
            let passes_on = widens(*verb, false) && access.through.is_some();
            asks.check(access).is_ok() && !passes_on
        };
        Some(PairingView {
            party,
            state: pairing.state(now),
            other: other.map(|other| OrganizationRef::clone(other)),
            names: names.clone(),
            groups: shown(id, party, Permission::OrgTrusteeGroupsView, |who| {
                who.group().is_some()
            }),
            clones: clones
                .iter()
                .filter(|clone| seen && clone.pairing == id)
                .cloned()
                .collect(),
            may: Verb::ALL.iter().copied().filter(allowed).collect(),
            people,
            pairing,
        })
    };
    Ok(rows.into_iter().filter_map(view).collect())
}

/// Visits, with the names of who was there.
pub type VisitsSeen = (Vec<Visit>, HashMap<PersonId, String>);

/// The visits by a pairing as the reader of this view may see them, the newest first: none if they may not see who is in
/// it (P10, P12).
///
/// # Errors
/// Database errors.
pub fn visits_seen(
    conn: &mut Conn,
    view: &PairingView,
    (after, limit): (Option<VisitId>, i64),
) -> diesel::QueryResult<VisitsSeen> {
    if view.people.missing.is_some() {
        return Ok((Vec::new(), HashMap::new()));
    }
    let visits = pairings::visits_of(conn, view.pairing.id, after, limit)?;
    let people: Vec<PersonId> = visits.iter().map(|visit| visit.person_id).collect();
    let names = crate::store::people::names(conn, &people)?;
    Ok((visits, names))
}

/// Whether somebody may see the people, or the groups, of a pairing by this permission: whoever sees the trusts of their own
/// organization sees who they are for as well (P13).
fn sees_members(access: &Access, party: Party, permission: Permission) -> bool {
    let of_trusts = party == Party::Trustee && access.can(Permission::OrgTrusteesView);
    of_trusts || access.can(permission)
}
