//! Roles given through a pairing (P3): by the trustor alone; taken by either side (P6).

use std::collections::BTreeSet;

use super::{authorized, decided, locked};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Permission, Reach, Role};
use crate::domain::event::PairingEvent;
use crate::domain::ids::{GrantId, OrganizationId, PairingMemberId, RoleId};
use crate::domain::pairing::{Command, Refusal, Verb, Who};
use crate::input::input;
use crate::store::pairings::{self, Given, GivenRole, Member, Pairing, Scope};
use crate::store::{organizations, roles};
use crate::workflow::administer::By;
use crate::workflow::bounds::may_give;
use crate::workflow::{Actor, Expected, Rejection, VerbResult, publish, unchanged};

input! {
    /// A role to give.
    pub struct GiveRole {
        /// Its code; of a role of your organization's own, code or id.
        role: String,
        /// Until when it holds; for good if not given.
        until: Option<Instant>,
    }
}

/// Gives a member a role in the trustor, named by code, or by id where it is one of the trustor's own. It takes effect at
/// once, for a group for everybody in it, and holds for good or until an instant. The first role brings along the least that
/// every paired person needs (P13), and approves the member (P5).
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Beyond`, `Stale`, `Field`, [`Rejection::Pairing`].
pub fn give_role(
    conn: &mut Conn,
    actor: &Actor,
    member: PairingMemberId,
    expected: Expected<'_>,
    command: &GiveRole,
    now: Instant,
) -> VerbResult<GrantId> {
    let (pairing, member, who) = of_member(conn, actor, member)?;
    authorized(actor, &pairing, Verb::GiveRole, true)?;
    unchanged(expected, member.version)?;
    decided(&pairing, Command::GiveRole, now)?;
    let trustor = pairing.trustor_id.ok_or(Refusal::NotAccepted)?;
    let (role, permissions) = role_of(conn, trustor, &command.role)?;
    may_give(Some(actor), &permissions)?;
    ends_ahead(command.until, now)?;
    let given = pairings::given_in(conn, &[pairing.id])?;
    let same = given.iter().find(|one| one.who == who && one.role == role);
    match same {
        Some(one) if one.has_ended(now) => pairings::take(conn, one.id)?,
        Some(_) => {
            return Err(refused("taken", role.code()).into());
        }
        None => {}
    }
    let place = (pairing.id, trustor);
    if !given
        .iter()
        .any(|one| one.who == who && one.goes_with_others())
    {
        let least = GivenRole::Predefined(Role::TrustedExternalUser);
        pairings::give(conn, place, who, (&least, None), actor.id(), now)?;
    }
    let lasting = (&role, command.until);
    let id = pairings::give(conn, place, who, lasting, actor.id(), now)?;
    let given = pairings::given_in(conn, &[pairing.id])?;
    accompany(conn, &given, who)?;
    pairings::approve(conn, member.id, actor.id(), now)?;
    answered(conn, member.id, role.code())?;
    counted(conn, &pairing, &member)?;
    let event = PairingEvent::RoleGiven {
        to: who,
        role: role.code().to_owned(),
        until: command.until,
    };
    publish::on_pairing(conn, actor, &pairing, event, now)?;
    Ok(id)
}

/// What goes with the roles of somebody holds as long as the last of them, and no longer (P3). `given` is what there is in
/// their pairing.
fn accompany(conn: &mut Conn, given: &[Given], who: Who) -> VerbResult<()> {
    let theirs = given.iter().filter(|one| one.who == who);
    let (along, others): (Vec<&Given>, Vec<&Given>) =
        theirs.partition(|one| one.goes_with_others());
    let ends: Option<Vec<Instant>> = others.iter().map(|one| one.until).collect();
    let until = ends.and_then(|ends| ends.into_iter().max());
    for one in along.into_iter().filter(|one| one.until != until) {
        pairings::let_hold(conn, one.id, until)?;
    }
    Ok(())
}

/// Takes a role; the last one takes along what came with the first.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, [`Rejection::Pairing`].
pub fn take_role(conn: &mut Conn, actor: &Actor, id: GrantId, now: Instant) -> VerbResult<Pairing> {
    let scope = Scope::from(&actor.access);
    let (pairing, _) = pairings::find_given(conn, scope, id)?.ok_or(Rejection::NotFound)?;
    let pairing = locked(conn, actor, pairing.id)?;
    let (_, given) = pairings::find_given(conn, scope, id)?.ok_or(Rejection::NotFound)?;
    let verb = match given.who {
        Who::Person(_) => Verb::TakePersonRole,
        Who::Group(_) => Verb::TakeGroupRole,
    };
    authorized(actor, &pairing, verb, false)?;
    decided(&pairing, Command::TakeRole, now)?;
    if given.goes_with_others() {
        return Err(Refusal::GoesWithOthers.into());
    }
    taken(conn, Some(actor), &pairing, &given, now)?;
    Ok(pairing)
}

/// Takes a role of the trustor's own from whoever was given it through pairings, because it is removed.
///
/// # Errors
/// Database errors.
pub fn take_everywhere(conn: &mut Conn, by: By<'_>, role: RoleId, now: Instant) -> VerbResult<()> {
    for pairing in pairings::giving(conn, role)? {
        let Some(pairing) = pairings::lock_by_id(conn, pairing)? else {
            continue;
        };
        let given = pairings::given_in(conn, &[pairing.id])?;
        for given in given.iter().filter(|given| given.role.is_own(role)) {
            taken(conn, by, &pairing, given, now)?;
        }
    }
    Ok(())
}

/// Takes a role; the last one takes along what came with the first.
fn taken(
    conn: &mut Conn,
    by: By<'_>,
    pairing: &Pairing,
    given: &Given,
    now: Instant,
) -> VerbResult<()> {
    pairings::take(conn, given.id)?;
    let left = pairings::given_in(conn, &[pairing.id])?;
    let is_left = |other: &Given| {
        other.who == given.who && !other.goes_with_others() && !other.has_ended(now)
    };
    match left.iter().any(is_left) {
        true => accompany(conn, &left, given.who)?,
        false => pairings::take_all(conn, pairing.id, given.who)?,
    }
    let members = pairings::members_of(conn, &[pairing.id])?;
    if let Some(member) = members
        .iter()
        .find(|member| member.who() == Some(given.who))
    {
        counted(conn, pairing, member)?;
    }
    let event = PairingEvent::RoleTaken {
        from: given.who,
        role: given.role.code().to_owned(),
    };
    publish::on_pairing(conn, by, pairing, event, now)
}

/// The member of that id with its pairing, which is locked.
pub(super) fn of_member(
    conn: &mut Conn,
    actor: &Actor,
    id: PairingMemberId,
) -> VerbResult<(Pairing, Member, Who)> {
    let scope = Scope::from(&actor.access);
    let (pairing, _) = pairings::find_member(conn, scope, id)?.ok_or(Rejection::NotFound)?;
    let pairing = locked(conn, actor, pairing.id)?;
    let (_, member) = pairings::find_member(conn, scope, id)?.ok_or(Rejection::NotFound)?;
    let who = member.who().ok_or(Rejection::NotFound)?;
    Ok((pairing, member, who))
}

pub(super) fn counted(conn: &mut Conn, pairing: &Pairing, member: &Member) -> VerbResult<()> {
    pairings::change_member(conn, member.id)?;
    Ok(pairings::count_change(conn, pairing.id)?)
}

/// Whether a predefined role can be given to people of another organization by this trustor.
pub(super) fn can_be_given(conn: &mut Conn, trustor: OrganizationId, role: Role) -> VerbResult<()> {
    let organization = organizations::find(conn, Reach::Everything, trustor)?;
    let kind = organization.ok_or(Rejection::NotFound)?.kind;
    if role.is_of_pairings() {
        return Err(Refusal::GoesWithOthers.into());
    }
    match role.fits(kind) {
        true => Ok(()),
        false => Err(refused("other_side", role.as_str()).into()),
    }
}

/// Whether a role that ends would hold for a while.
pub(super) fn ends_ahead(until: Option<Instant>, now: Instant) -> VerbResult<()> {
    match until.filter(|until| *until <= now) {
        None => Ok(()),
        Some(until) => Err(Rejection::Field {
            field: "until",
            code: "not_in_the_future",
            given: until.to_rfc3339(),
        }
        .into()),
    }
}

/// What is wrong with the role that was named.
pub(super) fn refused(code: &'static str, role: &str) -> Rejection {
    Rejection::Field {
        field: "role",
        code,
        given: role.to_owned(),
    }
}

/// A role that can be given in the trustor, a predefined one that fits it or one of its own, and what it grants.
fn role_of(
    conn: &mut Conn,
    trustor: OrganizationId,
    name: &str,
) -> VerbResult<(GivenRole, BTreeSet<Permission>)> {
    if let Ok(role) = name.parse::<Role>() {
        can_be_given(conn, trustor, role)?;
        return Ok((GivenRole::Predefined(role), role.permissions()));
    }
    let own = pairings::own_role(conn, trustor, name)?;
    let own = own.ok_or_else(|| refused("not_found", name))?;
    let permissions = roles::find(conn, Reach::Everything, own.id)?
        .map(|role| role.permissions.0.anywhere())
        .unwrap_or_default();
    Ok((GivenRole::Own(own), permissions))
}

/// What a member was given is not asked for any more.
fn answered(conn: &mut Conn, member: PairingMemberId, role: &str) -> VerbResult<()> {
    let Ok(role) = role.parse::<Role>() else {
        return Ok(());
    };
    if let Some(request) = pairings::role_request_for(conn, member, role)? {
        pairings::forget_role_request(conn, request.id)?;
    }
    Ok(())
}
