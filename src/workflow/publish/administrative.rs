//! What happens to accounts, to requests for access, and to what administrators keep.

use super::audit;
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::event::{
    AccessReader, AccessRequestEvent, AccountEvent, AdministrativeEvent, RequestedAccess, subject,
};
use crate::domain::ids::{OrganizationId, PersonId};
use crate::domain::organization::Side;
use crate::store::people::Person;
use crate::store::{access, organizations};
use crate::workflow::VerbResult;
use crate::workflow::notify::{Address, write_to_address, write_to_people, write_to_person};
use crate::workflow::record::DoneBy;

/// Publishes what happened to what administrators keep.
///
/// # Errors
/// Database errors.
pub(crate) fn administrative<'a>(
    conn: &mut Conn,
    by: impl Into<DoneBy<'a>>,
    event: AdministrativeEvent,
    now: Instant,
) -> VerbResult<()> {
    audit(conn, &by.into(), event.happened_to(), event.audited(), now)
}

/// Publishes what happened to somebody's account.
///
/// # Errors
/// Database errors.
pub(crate) fn on_account<'a>(
    conn: &mut Conn,
    by: impl Into<DoneBy<'a>>,
    person: &Person,
    event: AccountEvent,
    now: Instant,
) -> VerbResult<()> {
    let by = by.into();
    let account = (Some(person.organization_id), subject(person.id.as_uuid()));
    audit(conn, &by, account, event.audited(&person.email), now)?;
    if let Some(letter) = event.letter() {
        write_to_person(conn, person.id, &letter, by.actor, now)?;
    }
    Ok(())
}

/// Publishes what happened to a request for access.
///
/// # Errors
/// Database errors.
pub(crate) fn on_access_request<'a>(
    conn: &mut Conn,
    by: impl Into<DoneBy<'a>>,
    request: &RequestedAccess,
    event: AccessRequestEvent,
    now: Instant,
) -> VerbResult<()> {
    let by = by.into();
    let on = (event.organization(request), subject(request.id.as_uuid()));
    audit(conn, &by, on, event.audited(request).map(Some), now)?;
    let (reader, letter) = event.letter(request);
    match reader {
        AccessReader::Deciders => {
            let deciders = deciders(conn, request.organization, now)?;
            write_to_people(conn, &deciders, &letter, by.actor, now)?;
        }
        AccessReader::Person(person) => {
            write_to_person(conn, person, &letter, by.actor, now)?;
        }
        AccessReader::Applicant => {
            let to = Address {
                email: &request.email,
                name: &request.name,
                organization: request.organization,
            };
            write_to_address(conn, to, &letter, by.actor, now)?;
        }
    }
    Ok(())
}

/// The organization's deciders; the provider's if there is no organization, or nobody there who decides.
fn deciders(
    conn: &mut Conn,
    organization: Option<OrganizationId>,
    now: Instant,
) -> VerbResult<Vec<PersonId>> {
    const DECIDES: Permission = Permission::AccessRequestsDecide;
    let own = match organization {
        Some(own) => access::holders(conn, own, Side::Customer, DECIDES, now)?,
        None => Vec::new(),
    };
    match (own.is_empty(), organizations::provider(conn)?) {
        (true, Some(provider)) => Ok(access::holders(
            conn,
            provider.id,
            Side::Provider,
            DECIDES,
            now,
        )?),
        _ => Ok(own),
    }
}
