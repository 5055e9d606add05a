//! Roles that the trustee asks for: it asks and takes back, the trustor gives or refuses (P3).

use super::roles::{can_be_given, counted, ends_ahead, of_member, refused};
use super::{authorized, decided, locked};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Role;
use crate::domain::event::PairingEvent;
use crate::domain::ids::{PairingMemberId, RoleRequestId};
use crate::domain::pairing::{Command, Refusal, Verb, Who};
use crate::domain::text::Note;
use crate::input::input;
use crate::store::pairings::{
    self, Member, NewRoleRequest, Pairing, RoleRequest, Scope, ask_for_role, find_role_request,
    forget_role_request, role_request_for,
};
use crate::workflow::{Actor, Expected, Rejection, VerbResult, publish, unchanged};

input! {
    /// A role that is asked for.
    pub struct AskForRole {
        /// Its code: one of the predefined roles that fit the other organization. Ask for others in words.
        role: Role,
        /// Until when it would hold; for good if not given.
        until: Option<Instant>,
        /// What it is for.
        note: Option<Note>,
    }
}

input! {
    /// Why a role is not given.
    pub struct RefuseRole {
        /// The reason, which whoever asked is told.
        reason: Option<Note>,
    }
}

/// Asks the trustor for a role for a person or a group. What was asked for before for them and this role is asked for anew.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Stale`, `Field`, [`Rejection::Pairing`].
pub fn ask_role(
    conn: &mut Conn,
    actor: &Actor,
    member: PairingMemberId,
    expected: Expected<'_>,
    command: &AskForRole,
    now: Instant,
) -> VerbResult<RoleRequestId> {
    let (pairing, member, who) = of_member(conn, actor, member)?;
    authorized(actor, &pairing, asking(who), true)?;
    unchanged(expected, member.version)?;
    decided(&pairing, Command::AskForRole, now)?;
    let trustor = pairing.trustor_id.ok_or(Refusal::NotAccepted)?;
    can_be_given(conn, trustor, command.role)?;
    ends_ahead(command.until, now)?;
    let given = pairings::given_in(conn, &[pairing.id])?;
    let holds = given.iter().any(|one| {
        one.who == who && one.role.code() == command.role.as_str() && !one.has_ended(now)
    });
    if holds {
        return Err(refused("taken", command.role.as_str()).into());
    }
    let note = command.note.as_ref().map(Note::as_str);
    if let Some(before) = role_request_for(conn, member.id, command.role)? {
        let same = before.refused_at.is_none()
            && before.until == command.until
            && before.note.as_deref() == note;
        if same {
            return Ok(before.id);
        }
        forget_role_request(conn, before.id)?;
    }
    let new = NewRoleRequest {
        member: member.id,
        role: command.role,
        until: command.until,
        note,
        by: actor.id(),
    };
    let id = ask_for_role(conn, &new, now)?;
    counted(conn, &pairing, &member)?;
    let event = PairingEvent::RoleAsked {
        r#for: who,
        role: command.role,
        until: command.until,
        note: note.map(str::to_owned),
    };
    publish::on_pairing(conn, actor, &pairing, event, now)?;
    Ok(id)
}

/// Asks for a role no more.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, [`Rejection::Pairing`].
pub fn ask_role_no_more(
    conn: &mut Conn,
    actor: &Actor,
    id: RoleRequestId,
    now: Instant,
) -> VerbResult<PairingMemberId> {
    let (pairing, member, request, who) = of_request(conn, actor, id)?;
    authorized(actor, &pairing, asking(who), false)?;
    decided(&pairing, Command::AskForRole, now)?;
    forget_role_request(conn, id)?;
    counted(conn, &pairing, &member)?;
    let event = PairingEvent::RoleNotAsked {
        r#for: who,
        role: request.role,
    };
    publish::on_pairing(conn, actor, &pairing, event, now)?;
    Ok(member.id)
}

/// Refuses a role that is asked for. What was refused already stays so.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, [`Rejection::Pairing`].
pub fn refuse_role(
    conn: &mut Conn,
    actor: &Actor,
    id: RoleRequestId,
    command: &RefuseRole,
    now: Instant,
) -> VerbResult<PairingMemberId> {
    let (pairing, member, request, who) = of_request(conn, actor, id)?;
    authorized(actor, &pairing, Verb::RefuseRole, false)?;
    decided(&pairing, Command::AskForRole, now)?;
    if request.refused_at.is_some() {
        return Ok(member.id);
    }
    let reason = command.reason.as_ref().map(Note::as_str);
    pairings::refuse_role(conn, id, (actor.id(), reason), now)?;
    counted(conn, &pairing, &member)?;
    let event = PairingEvent::RoleRefused {
        r#for: who,
        role: request.role,
        reason: reason.map(str::to_owned),
        asker: request.requested_by,
    };
    publish::on_pairing(conn, actor, &pairing, event, now)?;
    Ok(member.id)
}

const fn asking(who: Who) -> Verb {
    match who {
        Who::Person(_) => Verb::AskPersonRole,
        Who::Group(_) => Verb::AskGroupRole,
    }
}

/// The request of that id with its member and its pairing, which is locked.
fn of_request(
    conn: &mut Conn,
    actor: &Actor,
    id: RoleRequestId,
) -> VerbResult<(Pairing, Member, RoleRequest, Who)> {
    let scope = Scope::from(&actor.access);
    let (pairing, ..) = find_role_request(conn, scope, id)?.ok_or(Rejection::NotFound)?;
    locked(conn, actor, pairing.id)?;
    let found = find_role_request(conn, scope, id)?.ok_or(Rejection::NotFound)?;
    let (pairing, member, request) = found;
    let who = member.who().ok_or(Rejection::NotFound)?;
    Ok((pairing, member, request, who))
}
