//! What every change of somebody's access keeps: an organization that had an administrator keeps one, and whoever loses
//! the last role is signed out at once (A7); whoever is not trusted elsewhere any more, has no second self there (P8).

use super::administer::By;
use super::pair::end_untrusted_of;
use super::{Rejection, VerbResult};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::ids::PersonId;
use crate::domain::organization::{OrganizationKind, Side};
use crate::store::organizations::Organization;
use crate::store::{access, groups, sessions};

/// Makes a change to what people of an organization may do. `change` answers with what came of it and with whoever may
/// have lost something by it.
///
/// The last administrator of the provider stays, whoever asks. The last one of a customer or partner is not removed by
/// people who act there; the provider may, and can give the role to somebody else. The organization's row is locked first,
/// so that two administrators who remove each other at once come one behind the other, and the second finds what the first
/// has done.
///
/// # Errors
/// [`Rejection::LastAdministrator`], and those of `change`.
pub(super) fn change_access<T>(
    conn: &mut Conn,
    by: By<'_>,
    organization: &Organization,
    now: Instant,
    change: impl FnOnce(&mut Conn) -> VerbResult<(T, Vec<PersonId>)>,
) -> VerbResult<T> {
    groups::lock_organization(conn, organization.id)?;
    let side = organization.kind.side();
    let guarded = organization.kind == OrganizationKind::Provider
        || by.is_some_and(|actor| actor.side() == Side::Customer);
    let had_one = guarded && !access::administrators(conn, organization.id, side, now)?.is_empty();
    let (done, lost) = change(conn)?;
    if had_one && access::administrators(conn, organization.id, side, now)?.is_empty() {
        return Err(Rejection::LastAdministrator {
            organization: organization.name.clone(),
        }
        .into());
    }
    end_untrusted_of(conn, by, &lost, now)?;
    sign_out(conn, organization, &lost, now)?;
    Ok(done)
}

/// Ends the sessions of those who hold no role anywhere any more.
fn sign_out(
    conn: &mut Conn,
    organization: &Organization,
    people: &[PersonId],
    now: Instant,
) -> VerbResult<()> {
    if people.is_empty() {
        return Ok(());
    }
    let holding: Vec<PersonId> = access::own_of_many(conn, people, now)?
        .into_iter()
        .map(|(person, _)| person)
        .collect();
    for person in people.iter().filter(|person| !holding.contains(person)) {
        if !access::is_paired_anywhere(conn, *person, organization.id, now)? {
            sessions::close_all(conn, *person)?;
        }
    }
    Ok(())
}
