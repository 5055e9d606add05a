//! What the owners of accounts are told, and who has to do with requests for access (N6).

use super::VerbResult;
use super::notify::{self, write_to_address, write_to_people, write_to_person};
use crate::db::{Conn, DbError};
use crate::domain::Instant;
use crate::domain::ids::PersonId;
use crate::domain::notice::{
    AccessGranted, AccessRefused, AccessRequested, Invitation, Letter, LinkFacts, NewDevice,
    PasswordChanged, PasswordReset, PasswordWay, SecondFactorChange, SecondFactorChanged,
};
use crate::domain::text::EmailAddress;
use crate::store::access_requests::AccessRequest;

/// Tells somebody how to choose their first password.
///
/// # Errors
/// The database's own.
pub fn invited(
    conn: &mut Conn,
    person: PersonId,
    organization: String,
    link: LinkFacts,
    actor: Option<PersonId>,
    now: Instant,
) -> VerbResult<()> {
    let letter = Letter::Invitation(Invitation { organization, link });
    write_to_person(conn, person, &letter, actor, now)?;
    Ok(())
}

/// Tells somebody how to set a new password; answers whether they may be written to.
///
/// # Errors
/// The database's own.
pub fn reset(
    conn: &mut Conn,
    person: PersonId,
    link: LinkFacts,
    now: Instant,
) -> Result<bool, DbError> {
    let letter = Letter::PasswordReset(PasswordReset { link });
    write_to_person(conn, person, &letter, None, now)
}

/// Writes what [`reset`] would, to nobody: it is dropped when it would be sent.
///
/// # Errors
/// The database's own.
pub fn reset_of_nobody(
    conn: &mut Conn,
    email: &EmailAddress,
    link: LinkFacts,
    now: Instant,
) -> Result<(), DbError> {
    let letter = Letter::PasswordReset(PasswordReset { link });
    notify::write_to_nobody(conn, email, &letter, now)
}

/// Tells somebody that their password was changed.
///
/// # Errors
/// The database's own.
pub fn password_changed(
    conn: &mut Conn,
    person: PersonId,
    way: PasswordWay,
    actor: Option<PersonId>,
    now: Instant,
) -> VerbResult<()> {
    let letter = Letter::PasswordChanged(PasswordChanged { way });
    write_to_person(conn, person, &letter, actor, now)?;
    Ok(())
}

/// Tells somebody what happened to their second factor, and how many recovery codes are left where one was used.
///
/// # Errors
/// The database's own.
pub fn second_factor_changed(
    conn: &mut Conn,
    person: PersonId,
    change: SecondFactorChange,
    codes_left: Option<i64>,
    actor: Option<PersonId>,
    now: Instant,
) -> VerbResult<()> {
    let codes_left = codes_left.and_then(|left| u32::try_from(left).ok());
    let letter = Letter::SecondFactorChanged(SecondFactorChanged { change, codes_left });
    write_to_person(conn, person, &letter, actor, now)?;
    Ok(())
}

/// Tells somebody of a sign-in from a device that was not seen before.
///
/// # Errors
/// The database's own.
pub fn new_device(
    conn: &mut Conn,
    person: PersonId,
    browser: &str,
    from: &str,
    now: Instant,
) -> VerbResult<()> {
    let letter = Letter::NewDevice(NewDevice::new(browser, from));
    write_to_person(conn, person, &letter, Some(person), now)?;
    Ok(())
}

/// Tells those who decide that somebody asks for access.
///
/// # Errors
/// The database's own.
pub fn access_requested(
    conn: &mut Conn,
    deciders: &[PersonId],
    requested: AccessRequested,
    now: Instant,
) -> VerbResult<()> {
    let letter = Letter::AccessRequested(requested);
    write_to_people(conn, deciders, &letter, None, now)?;
    Ok(())
}

/// Tells somebody that they may read now.
///
/// # Errors
/// The database's own.
pub fn access_granted(
    conn: &mut Conn,
    person: PersonId,
    granted: AccessGranted,
    actor: PersonId,
    now: Instant,
) -> VerbResult<()> {
    let letter = Letter::AccessGranted(granted);
    write_to_person(conn, person, &letter, Some(actor), now)?;
    Ok(())
}

/// Tells whoever asked why they may not read.
///
/// # Errors
/// The database's own.
pub fn access_refused(
    conn: &mut Conn,
    request: &AccessRequest,
    refused: AccessRefused,
    actor: PersonId,
    now: Instant,
) -> VerbResult<()> {
    let name = request.name();
    let to = notify::Address {
        email: &request.email,
        name: &name,
        organization: request.organization_id,
    };
    write_to_address(conn, to, &Letter::AccessRefused(refused), Some(actor), now)?;
    Ok(())
}
