//! What is written about a pairing, and to whom: to the administrators of the side that did not do it, and to the people
//! whose access it is.

use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Permission, Reach};
use crate::domain::ids::{OrganizationId, PersonId};
use crate::domain::notice::{
    CloneMoved, Letter, MembersProposed, PairingFacts, PairingRemoved, PairingSide,
    PairingSwitched, RoleFacts, RolesChanged,
};
use crate::domain::pairing::Party;
use crate::store::pairings::{self, Pairing, Who};
use crate::store::{access, organizations};
use crate::workflow::VerbResult;
use crate::workflow::notify::{write_to_people, write_to_person};

/// People of a group who are written to, at the most.
const MOST_WRITTEN_TO: i64 = 500;

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

/// A request was accepted.
pub(super) fn accepted(
    conn: &mut Conn,
    pairing: &Pairing,
    by: PersonId,
    now: Instant,
) -> VerbResult<()> {
    let Some(facts) = facts(conn, pairing)? else {
        return Ok(());
    };
    let told = administrators(conn, pairing, Party::Trustee, now)?;
    write_to_people(conn, &told, &Letter::PairingAccepted(facts), Some(by), now)?;
    Ok(())
}

/// What a member may do there has changed: each of its people is told all the roles that they have there now.
pub(super) fn roles_changed(
    conn: &mut Conn,
    pairing: &Pairing,
    who: Who,
    by: Option<PersonId>,
    now: Instant,
) -> VerbResult<()> {
    let Some(facts) = facts(conn, pairing)? else {
        return Ok(());
    };
    for person in people_of(conn, who)? {
        let held = access::elsewhere(conn, person, pairing.trustee_id, now)?;
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
        write_to_person(conn, person, &letter, by, now)?;
    }
    Ok(())
}

/// More people and groups were proposed.
pub(super) fn proposed(
    conn: &mut Conn,
    pairing: &Pairing,
    members: &[Who],
    by: PersonId,
    now: Instant,
) -> VerbResult<()> {
    let Some(pairing_facts) = facts(conn, pairing)? else {
        return Ok(());
    };
    let mut names = Vec::new();
    for who in members {
        names.push(name_of(conn, *who)?);
    }
    let letter = Letter::PairingMembersProposed(MembersProposed {
        pairing: pairing_facts,
        members: names,
    });
    let told = administrators(conn, pairing, Party::Trustor, now)?;
    write_to_people(conn, &told, &letter, Some(by), now)?;
    Ok(())
}

/// One side switched it off or on.
pub(super) fn switched(
    conn: &mut Conn,
    pairing: &Pairing,
    (party, on): (Party, bool),
    by: PersonId,
    now: Instant,
) -> VerbResult<()> {
    let Some(pairing_facts) = facts(conn, pairing)? else {
        return Ok(());
    };
    let letter = Letter::PairingSwitched(PairingSwitched {
        pairing: pairing_facts,
        on,
    });
    let told = administrators(conn, pairing, other(party), now)?;
    write_to_people(conn, &told, &letter, Some(by), now)?;
    Ok(())
}

/// One side ended it, or removed a member of it, who is told too.
pub(super) fn removed(
    conn: &mut Conn,
    pairing: &Pairing,
    (party, whom): (Party, Option<Who>),
    by: PersonId,
    now: Instant,
) -> VerbResult<()> {
    let Some(pairing_facts) = facts(conn, pairing)? else {
        return Ok(());
    };
    let mut told = administrators(conn, pairing, other(party), now)?;
    let mut name = None;
    if let Some(who) = whom {
        told.extend(people_of(conn, who)?);
        name = Some(name_of(conn, who)?);
    }
    told.sort_unstable();
    told.dedup();
    let letter = Letter::PairingRemoved(PairingRemoved {
        pairing: pairing_facts,
        side: match party {
            Party::Trustee => PairingSide::Trustee,
            Party::Trustor => PairingSide::Trustor,
        },
        whom: name,
    });
    write_to_people(conn, &told, &letter, Some(by), now)?;
    Ok(())
}

/// A cloned user was added, or removed: the trustor is told, whoever did it (P8).
pub(super) fn cloned(
    conn: &mut Conn,
    pairing: &Pairing,
    (name, added): (&str, bool),
    by: Option<PersonId>,
    now: Instant,
) -> VerbResult<()> {
    let Some(pairing_facts) = facts(conn, pairing)? else {
        return Ok(());
    };
    let moved = CloneMoved {
        pairing: pairing_facts,
        name: name.to_owned(),
    };
    let letter = match added {
        true => Letter::CloneAdded(moved),
        false => Letter::CloneRemoved(moved),
    };
    let told = administrators(conn, pairing, Party::Trustor, now)?;
    write_to_people(conn, &told, &letter, by, now)?;
    Ok(())
}
