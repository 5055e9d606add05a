//! Where somebody may work besides their own organization, and switching there and back (P7).

use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Reach, Role};
use crate::domain::ids::{OrganizationId, PairingId, PersonId, SessionId};
use crate::domain::text::in_order;
use crate::http::principal::{self, Principal};
use crate::http::problem::{Code, Problem};
use crate::input::{Fault, FieldError, input};
use crate::store::cases::OrganizationRef;
use crate::store::people::Named;
use crate::store::{access, organizations, pairings, sessions};
use crate::workflow::pair::switched_into;

/// An organization in which somebody may work.
#[derive(Clone, Debug)]
pub struct PlaceView {
    /// The organization.
    pub organization: OrganizationRef,
    /// The pairing by which; none for their own.
    pub pairing: Option<PairingId>,
    /// The roles that they hold there by pairings.
    pub roles: Vec<RoleThere>,
    /// Their cloned users there (P8).
    pub clones: Vec<Named>,
    /// Whether they are there now.
    pub current: bool,
}

/// A role held elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoleThere {
    /// One of the program's.
    Predefined(Role),
    /// One of that organization's own: code and name.
    Own(String, String),
}

/// Their own organization, then those in which they may work by a pairing.
///
/// # Errors
/// Database errors.
pub fn of(
    conn: &mut Conn,
    principal: &Principal,
    now: Instant,
) -> diesel::QueryResult<Vec<PlaceView>> {
    let here = principal.organization.id;
    let home = principal.home.as_ref().unwrap_or(&principal.organization);
    let held = access::elsewhere(conn, principal.person, home.id, now)?;
    let mut ids: Vec<OrganizationId> = Vec::new();
    for role in &held {
        if !ids.contains(&role.organization) {
            ids.push(role.organization);
        }
    }
    let clones = match ids.is_empty() {
        true => Vec::new(),
        false => pairings::clones_of_people(conn, &[principal.person])?,
    };
    let mut places = vec![PlaceView {
        organization: OrganizationRef {
            id: home.id,
            slug: home.slug.clone(),
            name: home.name.clone(),
            kind: home.kind,
        },
        pairing: None,
        roles: Vec::new(),
        clones: Vec::new(),
        current: home.id == here,
    }];
    let others = organizations::references(conn, ids)?;
    let mut others: Vec<_> = others.into_values().collect();
    others.sort_by(|one, other| in_order(&one.name, &other.name).then(one.id.cmp(&other.id)));
    for organization in others {
        let of_place = || {
            held.iter()
                .filter(|role| role.organization == organization.id)
        };
        let mut roles: Vec<RoleThere> = Vec::new();
        for role in of_place() {
            let role = match (&role.role, &role.own) {
                (Some(role), _) => RoleThere::Predefined(*role),
                (None, Some((code, name))) => RoleThere::Own(code.clone(), name.clone()),
                (None, None) => continue,
            };
            if !roles.contains(&role) {
                roles.push(role);
            }
        }
        let there: Vec<PairingId> = of_place().map(|role| role.pairing).collect();
        places.push(PlaceView {
            pairing: there.first().copied(),
            roles,
            clones: clones
                .iter()
                .filter(|clone| there.contains(&clone.pairing))
                .map(|clone| Named {
                    id: clone.id,
                    name: clone.name.clone(),
                })
                .collect(),
            current: organization.id == here,
            organization: OrganizationRef::clone(&organization),
        });
    }
    Ok(places)
}

input! {
    /// Where to work from now on.
    pub struct SwitchOrganization {
        /// The organization, by id or slug; null for your own.
        organization: Option<String>,
        /// A cloned user of yours there, by id.
        r#as: Option<PersonId>,
    }
}

/// Takes a session into an organization named by id or slug, there as a cloned user where one is named; home if none is.
///
/// # Errors
/// [`Code::OrganizationNotFound`], [`Code::ValidationFailed`] naming `as`, and database errors.
pub fn switch(
    conn: &mut Conn,
    principal: &Principal,
    session: SessionId,
    command: &SwitchOrganization,
    now: Instant,
) -> Result<Principal, Problem> {
    let home = principal.home.as_ref().unwrap_or(&principal.organization);
    let unknown = || Problem::new(Code::OrganizationNotFound);
    let clone = command.r#as;
    let there = match &command.organization {
        None => None,
        Some(name) => {
            let found = organizations::named(conn, Reach::Everything, name)?;
            Some(found.ok_or_else(unknown)?.id).filter(|id| *id != home.id)
        }
    };
    let no_clone = || Problem::invalid_field(FieldError::new("as", Fault::new("not_found")));
    if there.is_none() && clone.is_some() {
        return Err(no_clone());
    }
    sessions::switch(conn, session, there.map(|there| (there, clone)))?;
    let switched = match principal::of_session_id(conn, session, now) {
        Ok(switched) => switched.ok_or_else(Problem::unauthenticated)?,
        Err(problem) if problem.code() == Code::OrganizationAccessEnded => {
            return Err(match clone {
                Some(_) if may_enter(conn, principal, home.id, there, now)? => no_clone(),
                _ => unknown(),
            });
        }
        Err(problem) => return Err(problem),
    };
    if there.is_some() {
        switched_into(conn, &switched.actor, switched.person, now)?;
    }
    Ok(switched)
}

fn may_enter(
    conn: &mut Conn,
    principal: &Principal,
    home: OrganizationId,
    there: Option<OrganizationId>,
    now: Instant,
) -> Result<bool, Problem> {
    Ok(match there {
        None => true,
        Some(there) => access::paired(conn, principal.person, home, there, now)?.is_some(),
    })
}
