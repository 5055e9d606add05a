//! What happens to pairings. It is recorded for both organizations (P9), and written to the administrators of the side that
//! did not do it, and to the people whose access it is.

use std::collections::BTreeSet;

use super::{audit, unserialized};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Permission, Reach};
use crate::domain::event::{PairingEvent, subject};
use crate::domain::ids::{OrganizationId, PersonId};
use crate::domain::notice::{
    CloneMoved, Letter, MembersProposed, PairingFacts, PairingRemoved, PairingSide,
    PairingSwitched, RoleAsked, RoleFacts, RoleRefused, RolesChanged,
};
use crate::domain::pairing::{Party, Who};
use crate::store::pairings::{self, Pairing};
use crate::store::{access, organizations};
use crate::workflow::VerbResult;
use crate::workflow::notify::{write_to_people, write_to_person};
use crate::workflow::record::DoneBy;

/// People of a group who are written to, at the most.
const MOST_WRITTEN_TO: i64 = 500;

/// Publishes what happened to a pairing, which is as it stands afterwards.
///
/// # Errors
/// Database errors.
pub(crate) fn on_pairing<'a>(
    conn: &mut Conn,
    by: impl Into<DoneBy<'a>>,
    pairing: &Pairing,
    event: PairingEvent,
    now: Instant,
) -> VerbResult<()> {
    let by = DoneBy {
        home: pairing.trustor_id.map(|_| pairing.trustee_id),
        ..by.into()
    };
    let organization = pairing.trustor_id.unwrap_or(pairing.trustee_id);
    let on = (Some(organization), subject(pairing.id.as_uuid()));
    for audited in event.audited().map_err(unserialized)? {
        audit(conn, &by, on, Ok(Some(audited)), now)?;
    }
    write(conn, by.actor, pairing, event, now)
}

/// A pairing as letters name it; nothing before it is accepted, for then there is nobody to write to.
fn facts(conn: &mut Conn, pairing: &Pairing) -> VerbResult<Option<PairingFacts>> {
    let Some(trustor) = pairing.trustor_id else {
        return Ok(None);
    };
    let named = organizations::references(conn, [pairing.trustee_id, trustor])?;
    let name = |id: OrganizationId| {
        let found = named.get(&id);
        found
            .map(|organization| organization.name.clone())
            .unwrap_or_default()
    };
    Ok(Some(PairingFacts {
        pairing: *pairing.id.as_uuid(),
        trustee: name(pairing.trustee_id),
        trustor: name(trustor),
    }))
}

/// Writes what happened to those who have to know it.
fn write(
    conn: &mut Conn,
    by: Option<PersonId>,
    pairing: &Pairing,
    event: PairingEvent,
    now: Instant,
) -> VerbResult<()> {
    let told = readers(conn, pairing, &event, now)?;
    if told.is_empty() {
        return Ok(());
    }
    let Some(facts) = facts(conn, pairing)? else {
        return Ok(());
    };
    // P10: who is in a pairing is not told to those who may not see it.
    let (seeing, others) = match event.names() {
        [] => (told, Vec::new()),
        named => {
            let seers = seers(conn, pairing, named, now)?;
            told.into_iter().partition(|person| seers.contains(person))
        }
    };
    for (told, sees) in [(seeing, true), (others, false)] {
        if !told.is_empty() {
            write_to(
                conn,
                by,
                (pairing, facts.clone()),
                (&event, sees),
                &told,
                now,
            )?;
        }
    }
    Ok(())
}

/// Writes what happened to people who may see who is in the pairing, or may not.
fn write_to(
    conn: &mut Conn,
    by: Option<PersonId>,
    (pairing, facts): (&Pairing, PairingFacts),
    (event, sees): (&PairingEvent, bool),
    told: &[PersonId],
    now: Instant,
) -> VerbResult<()> {
    let letter = match event {
        PairingEvent::Accepted { .. } => Letter::PairingAccepted(facts),
        PairingEvent::Switched { on, .. } => {
            let (pairing, on) = (facts, *on);
            Letter::PairingSwitched(PairingSwitched { pairing, on })
        }
        PairingEvent::Ended { by, .. } => removed(facts, *by, None, false),
        PairingEvent::MemberRemoved { by, who } => match sees {
            true => removed(facts, *by, Some(name_of(conn, *who)?), false),
            false => removed(facts, *by, None, true),
        },
        PairingEvent::MembersProposed(members) => {
            let mut names = Vec::new();
            for who in members.iter().filter(|_| sees) {
                names.push(name_of(conn, *who)?);
            }
            Letter::PairingMembersProposed(MembersProposed {
                pairing: facts,
                hidden: members.len() - names.len(),
                members: names,
            })
        }
        PairingEvent::RoleAsked {
            r#for,
            role,
            until,
            note,
        } => Letter::PairingRoleAsked(RoleAsked {
            pairing: facts,
            name: seen_name(conn, *r#for, sees)?,
            role: RoleFacts::Predefined(*role),
            until: *until,
            note: note.clone(),
        }),
        PairingEvent::RoleRefused {
            r#for,
            role,
            reason,
            ..
        } => Letter::PairingRoleRefused(RoleRefused {
            pairing: facts,
            name: seen_name(conn, *r#for, sees)?,
            role: RoleFacts::Predefined(*role),
            reason: reason.clone(),
        }),
        PairingEvent::RoleGiven { .. } | PairingEvent::RoleTaken { .. } => {
            return write_of_roles(conn, by, (pairing, &facts), told, now);
        }
        PairingEvent::CloneAdded(clone) => {
            let (pairing, name) = (facts, clone.name.clone());
            Letter::CloneAdded(CloneMoved { pairing, name })
        }
        PairingEvent::CloneRemoved(clone) => {
            let (pairing, name) = (facts, clone.name.clone());
            Letter::CloneRemoved(CloneMoved { pairing, name })
        }
        PairingEvent::Requested { .. }
        | PairingEvent::LinkRenewed { .. }
        | PairingEvent::Refused { .. }
        | PairingEvent::RoleNotAsked { .. }
        | PairingEvent::SwitchedInto { .. } => return Ok(()),
    };
    write_to_people(conn, told, &letter, by, now)?;
    Ok(())
}

/// Who has to know it: those who administer the other side, and the people whose access it is.
fn readers(
    conn: &mut Conn,
    pairing: &Pairing,
    event: &PairingEvent,
    now: Instant,
) -> VerbResult<Vec<PersonId>> {
    match event {
        PairingEvent::Accepted { .. } => administrators(conn, pairing, Party::Trustee, now),
        PairingEvent::Switched { by, .. } | PairingEvent::Ended { by, .. } => {
            administrators(conn, pairing, other(*by), now)
        }
        PairingEvent::MemberRemoved { by, who } => {
            let mut told = administrators(conn, pairing, other(*by), now)?;
            told.extend(people_of(conn, *who)?);
            Ok(told)
        }
        // P8: of clones the trustor is told, whoever did it.
        PairingEvent::MembersProposed(_)
        | PairingEvent::CloneAdded(_)
        | PairingEvent::CloneRemoved(_) => administrators(conn, pairing, Party::Trustor, now),
        PairingEvent::RoleGiven { to: who, .. } | PairingEvent::RoleTaken { from: who, .. } => {
            people_of(conn, *who)
        }
        // P3: whoever gives roles there answers.
        PairingEvent::RoleAsked { .. } => {
            holders(conn, pairing.trustor_id, Permission::GrantsAdd, now)
        }
        PairingEvent::RoleRefused { asker, .. } => Ok(vec![*asker]),
        PairingEvent::Requested { .. }
        | PairingEvent::LinkRenewed { .. }
        | PairingEvent::Refused { .. }
        | PairingEvent::RoleNotAsked { .. }
        | PairingEvent::SwitchedInto { .. } => Ok(Vec::new()),
    }
}

/// What a member may do there has changed: each of its people is told all the roles that they have there now.
fn write_of_roles(
    conn: &mut Conn,
    by: Option<PersonId>,
    (pairing, facts): (&Pairing, &PairingFacts),
    people: &[PersonId],
    now: Instant,
) -> VerbResult<()> {
    for person in people {
        let held = access::elsewhere(conn, *person, pairing.trustee_id, now)?;
        let mut roles: Vec<RoleFacts> = Vec::new();
        for role in held {
            let here = Some(role.organization) == pairing.trustor_id;
            let named = match (role.role, role.own) {
                (Some(role), _) if role.is_of_pairings() => None,
                (Some(role), _) => Some(RoleFacts::Predefined(role)),
                (None, own) => own.map(|(_, name)| RoleFacts::Own(name)),
            };
            roles.extend(named.filter(|named| here && !roles.contains(named)));
        }
        let letter = Letter::PairingRolesChanged(RolesChanged {
            pairing: facts.clone(),
            roles,
        });
        write_to_person(conn, *person, &letter, by, now)?;
    }
    Ok(())
}

/// One side ended the pairing, or removed somebody of it.
fn removed(pairing: PairingFacts, by: Party, whom: Option<String>, hidden: bool) -> Letter {
    Letter::PairingRemoved(PairingRemoved {
        pairing,
        side: match by {
            Party::Trustee => PairingSide::Trustee,
            Party::Trustor => PairingSide::Trustor,
        },
        whom,
        hidden,
    })
}

/// Who looks after pairings on one side; for the trustee, whoever asked for this one too.
fn administrators(
    conn: &mut Conn,
    pairing: &Pairing,
    party: Party,
    now: Instant,
) -> VerbResult<Vec<PersonId>> {
    let (organization, permission) = match party {
        Party::Trustee => (Some(pairing.trustee_id), Permission::OrgTrusteesEdit),
        Party::Trustor => (pairing.trustor_id, Permission::OrgTrustorsManage),
    };
    let mut found = holders(conn, organization, permission, now)?;
    if party == Party::Trustee {
        found.extend(pairing.created_by.filter(|asker| !found.contains(asker)));
    }
    Ok(found)
}

/// Who holds a permission in one of the two organizations.
fn holders(
    conn: &mut Conn,
    organization: Option<OrganizationId>,
    permission: Permission,
    now: Instant,
) -> VerbResult<Vec<PersonId>> {
    let Some(organization) = organization else {
        return Ok(Vec::new());
    };
    let Some(organization) = organizations::find(conn, Reach::Everything, organization)? else {
        return Ok(Vec::new());
    };
    let side = organization.kind.side();
    Ok(access::holders(
        conn,
        organization.id,
        side,
        permission,
        now,
    )?)
}

/// Who may see the names of these members: by permission on either side, as one of them, or as one of a trusted group's
/// people (P10, P13).
fn seers(
    conn: &mut Conn,
    pairing: &Pairing,
    named: &[Who],
    now: Instant,
) -> VerbResult<BTreeSet<PersonId>> {
    let mut seers: Option<BTreeSet<PersonId>> = None;
    let (people, groups): (Vec<&Who>, Vec<&Who>) =
        named.iter().partition(|who| who.person().is_some());
    for (named, permission) in [
        (people, Permission::OrgTrusteeUsersView),
        (groups, Permission::OrgTrusteeGroupsView),
    ] {
        if named.is_empty() {
            continue;
        }
        let mut may = BTreeSet::new();
        may.extend(holders(conn, pairing.trustor_id, permission, now)?);
        may.extend(holders(conn, Some(pairing.trustee_id), permission, now)?);
        let views = Permission::OrgTrusteesView;
        may.extend(holders(conn, Some(pairing.trustee_id), views, now)?);
        seers = Some(match seers {
            Some(before) => before.intersection(&may).copied().collect(),
            None => may,
        });
    }
    let mut seers = seers.unwrap_or_default();
    for member in pairings::members_of(conn, &[pairing.id])? {
        if let Some(group) = member.who().filter(|who| who.group().is_some()) {
            seers.extend(people_of(conn, group)?);
        }
    }
    if let [one] = named {
        seers.extend(people_of(conn, *one)?);
    }
    Ok(seers)
}

const fn other(party: Party) -> Party {
    match party {
        Party::Trustee => Party::Trustor,
        Party::Trustor => Party::Trustee,
    }
}

/// The people whose access a member is.
fn people_of(conn: &mut Conn, who: Who) -> VerbResult<Vec<PersonId>> {
    Ok(match who {
        Who::Person(person) => vec![person],
        Who::Group(group) => {
            let people = pairings::people_in(conn, group, MOST_WRITTEN_TO)?;
            people.into_iter().map(|(person, _)| person).collect()
        }
    })
}

/// What a member is called, for those who may see it; nothing for others.
fn seen_name(conn: &mut Conn, who: Who, sees: bool) -> VerbResult<String> {
    match sees {
        true => name_of(conn, who),
        false => Ok(String::new()),
    }
}

/// What a member is called.
fn name_of(conn: &mut Conn, who: Who) -> VerbResult<String> {
    let name = match who {
        Who::Person(person) => crate::store::people::names(conn, &[person])?.remove(&person),
        Who::Group(group) => pairings::group_names(conn, &[group])?.remove(&group),
    };
    Ok(name.unwrap_or_default())
}
