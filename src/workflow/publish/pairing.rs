//! What happens to pairings. It is recorded for both organizations (P9), and written to the administrators of the side that
//! did not do it, and to the people whose access it is.

use super::{audit, unserialized};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Permission, Reach};
use crate::domain::event::{PairingEvent, subject};
use crate::domain::ids::{OrganizationId, PersonId};
use crate::domain::notice::{
    CloneMoved, Letter, MembersProposed, PairingFacts, PairingRemoved, PairingSide,
    PairingSwitched, RoleFacts, RolesChanged,
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
/// The database's own.
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
    let named = pairings::organizations_of(conn, &[pairing.trustee_id, trustor])?;
    let name = |id: OrganizationId| {
        let found = named.iter().find(|organization| organization.id == id);
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
    let letter = match event {
        PairingEvent::Accepted { .. } => Letter::PairingAccepted(facts),
        PairingEvent::Switched { on, .. } => {
            let pairing = facts;
            Letter::PairingSwitched(PairingSwitched { pairing, on })
        }
        PairingEvent::Ended { by, .. } => removed(facts, by, None),
        PairingEvent::MemberRemoved { by, who } => {
            let name = name_of(conn, who)?;
            removed(facts, by, Some(name))
        }
        PairingEvent::MembersProposed(members) => {
            let mut names = Vec::new();
            for who in members {
                names.push(name_of(conn, who)?);
            }
            Letter::PairingMembersProposed(MembersProposed {
                pairing: facts,
                members: names,
            })
        }
        PairingEvent::RoleGiven { .. } | PairingEvent::RoleTaken { .. } => {
            return write_of_roles(conn, by, (pairing, &facts), &told, now);
        }
        PairingEvent::CloneAdded(clone) => {
            let (pairing, name) = (facts, clone.name);
            Letter::CloneAdded(CloneMoved { pairing, name })
        }
        PairingEvent::CloneRemoved(clone) => {
            let (pairing, name) = (facts, clone.name);
            Letter::CloneRemoved(CloneMoved { pairing, name })
        }
        PairingEvent::Requested { .. }
        | PairingEvent::LinkRenewed { .. }
        | PairingEvent::Refused { .. }
        | PairingEvent::SwitchedInto { .. } => return Ok(()),
    };
    write_to_people(conn, &told, &letter, by, now)?;
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
        PairingEvent::Requested { .. }
        | PairingEvent::LinkRenewed { .. }
        | PairingEvent::Refused { .. }
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
fn removed(pairing: PairingFacts, by: Party, whom: Option<String>) -> Letter {
    Letter::PairingRemoved(PairingRemoved {
        pairing,
        side: match by {
            Party::Trustee => PairingSide::Trustee,
            Party::Trustor => PairingSide::Trustor,
        },
        whom,
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
    let Some(organization) = organization else {
        return Ok(Vec::new());
    };
    let Some(organization) = organizations::find(conn, Reach::Everything, organization)? else {
        return Ok(Vec::new());
    };
    let side = organization.kind.side();
    let mut found = access::holders(conn, organization.id, side, permission, now)?;
    if party == Party::Trustee {
        found.extend(pairing.created_by.filter(|asker| !found.contains(asker)));
    }
    Ok(found)
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

/// What a member is called.
fn name_of(conn: &mut Conn, who: Who) -> VerbResult<String> {
    let name = match who {
        Who::Person(person) => pairings::names(conn, &[person])?.remove(&person),
        Who::Group(group) => pairings::group_names(conn, &[group])?.remove(&group),
    };
    Ok(name.unwrap_or_default())
}
