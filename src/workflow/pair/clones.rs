//! Cloned users (P8).

use super::roles::of_member;
use super::{authorized, decided, locked};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Reach;
use crate::domain::event::{CloneFields, PairingEvent};
use crate::domain::ids::{PairingMemberId, PersonId};
use crate::domain::pairing::{Command, Refusal, Verb, Who};
use crate::domain::text::{EmailAddress, PersonName};
use crate::input::input;
use crate::store::pairings::{self, CloneRow, Pairing, Scope};
use crate::store::people;
use crate::workflow::administer::By;
use crate::workflow::{Actor, Expected, Rejection, VerbResult, publish, unchanged};

/// The most characters of a last name.
const LONGEST_NAME: usize = 80;
/// What a clone's address ends with: nothing is ever delivered there (RFC 2606), and it is never verified.
const NOWHERE: &str = "clones.invalid";

input! {
    /// Whose second self to add.
    pub struct AddClone {
        /// One of the group's people; of a person it is clear.
        person: Option<PersonId>,
    }
}

/// Adds a cloned user of a trusted person to the trustor's directory. `mark` stands behind the last name wherever the
/// clone shows.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Stale`, `Field`, [`Rejection::Pairing`].
pub fn add_clone(
    conn: &mut Conn,
    actor: &Actor,
    member: PairingMemberId,
    expected: Expected<'_>,
    (command, mark): (&AddClone, &str),
    now: Instant,
) -> VerbResult<PersonId> {
    let (pairing, member, who) = of_member(conn, actor, member)?;
    authorized(actor, &pairing, Verb::Clone, true)?;
    unchanged(expected, member.version)?;
    let have = pairings::running_clones(conn, pairing.id)?;
    decided(&pairing, Command::AddClone { have }, now)?;
    let trustor = pairing.trustor_id.ok_or(Refusal::NotAccepted)?;
    let given = pairings::given_in(conn, &[pairing.id])?;
    if !given
        .iter()
        .any(|given| given.who == who && !given.has_ended(now))
    {
        return Err(Refusal::NotTrusted.into());
    }
    let original = whose(conn, &pairing, who, command.person)?;
    let original = people::find(conn, Reach::Everything, original)?.ok_or(Rejection::NotFound)?;
    let id = PersonId::new(now);
    let malformed = |_| Rejection::NotFound;
    let email = EmailAddress::parse(&format!("{id}@{NOWHERE}")).map_err(malformed)?;
    let room = LONGEST_NAME.saturating_sub(mark.chars().count() + 1);
    let kept: String = original.last_name.chars().take(room).collect();
    let first_name = PersonName::parse(&original.first_name).map_err(malformed)?;
    let last_name = PersonName::parse(&format!("{kept} {mark}")).map_err(malformed)?;
    pairings::add_clone(
        conn,
        (pairing.id, trustor),
        original.id,
        (id, &email),
        (&first_name, &last_name),
        actor.id(),
        now,
    )?;
    pairings::count_change(conn, pairing.id)?;
    let event = PairingEvent::CloneAdded(CloneFields {
        clone: id,
        of: original.id,
        name: people::display_name(first_name.as_str(), last_name.as_str()),
    });
    publish::on_pairing(conn, actor, &pairing, event, now)?;
    Ok(id)
}

/// Whose clone is asked for: the member, or one of the group's people.
fn whose(
    conn: &mut Conn,
    pairing: &Pairing,
    who: Who,
    person: Option<PersonId>,
) -> VerbResult<PersonId> {
    let refused = |code: &'static str, given: String| Rejection::Field {
        field: "person",
        code,
        given,
    };
    let original = match (who, person) {
        (Who::Person(member), None) => member,
        (Who::Person(member), Some(person)) if member == person => member,
        (Who::Person(_), Some(person)) => {
            return Err(refused("not_found", person.to_string()).into());
        }
        (Who::Group(_), None) => return Err(refused("required", String::new()).into()),
        (Who::Group(group), Some(person)) if pairings::is_in_group(conn, group, person)? => person,
        (Who::Group(_), Some(person)) => {
            return Err(refused("not_found", person.to_string()).into());
        }
    };
    if pairings::is_trusted(conn, pairing.id, original)? {
        Ok(original)
    } else {
        Err(Refusal::NotTrusted.into())
    }
}

/// Removes a cloned user: it is shut out, and what it did stays there under its name.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, [`Rejection::Pairing`].
pub fn remove_clone(
    conn: &mut Conn,
    actor: &Actor,
    id: PersonId,
    now: Instant,
) -> VerbResult<Pairing> {
    let scope = Scope::from(&actor.access);
    let (pairing, _) = pairings::find_clone(conn, scope, id)?.ok_or(Rejection::NotFound)?;
    let pairing = locked(conn, actor, pairing.id)?;
    let (_, clone) = pairings::find_clone(conn, scope, id)?.ok_or(Rejection::NotFound)?;
    authorized(actor, &pairing, Verb::Clone, false)?;
    decided(&pairing, Command::RemoveClone, now)?;
    end_all(conn, Some(actor), &pairing, &[clone], now)?;
    pairings::count_change(conn, pairing.id)?;
    Ok(pairing)
}

/// Ends these cloned users of a pairing, each with its record.
pub(super) fn end_all(
    conn: &mut Conn,
    by: By<'_>,
    pairing: &Pairing,
    ended: &[CloneRow],
    now: Instant,
) -> VerbResult<()> {
    if ended.is_empty() {
        return Ok(());
    }
    let ids: Vec<PersonId> = ended.iter().map(|clone| clone.id).collect();
    pairings::end_clones(conn, &ids, now)?;
    for clone in ended {
        let event = PairingEvent::CloneRemoved(CloneFields {
            clone: clone.id,
            of: clone.original,
            name: clone.name.clone(),
        });
        publish::on_pairing(conn, by, pairing, event, now)?;
    }
    Ok(())
}

/// Ends the cloned users of a pairing whose original is not trusted in it any more.
pub(super) fn end_untrusted(
    conn: &mut Conn,
    by: By<'_>,
    pairing: &Pairing,
    now: Instant,
) -> VerbResult<()> {
    for clone in pairings::clones_of(conn, &[pairing.id])? {
        if !pairings::is_trusted(conn, pairing.id, clone.original)? {
            end_all(conn, by, pairing, &[clone], now)?;
        }
    }
    Ok(())
}

/// Ends the cloned users of people who are not trusted any more: they were shut out, or left the group that is (P8).
///
/// # Errors
/// Database errors.
pub fn end_untrusted_of(
    conn: &mut Conn,
    by: By<'_>,
    originals: &[PersonId],
    now: Instant,
) -> VerbResult<()> {
    for clone in pairings::clones_of_people(conn, originals)? {
        if pairings::is_trusted(conn, clone.pairing, clone.original)? {
            continue;
        }
        let Some(pairing) = pairings::by_id(conn, clone.pairing)? else {
            continue;
        };
        end_all(conn, by, &pairing, &[clone], now)?;
        pairings::count_change(conn, pairing.id)?;
    }
    Ok(())
}
