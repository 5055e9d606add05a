//! One-time links to accounts: invitations, and new passwords in place of forgotten ones.

use super::{INVITATION_LIFETIME, Kept, RESET_LIFETIME, end_keys, person};
use crate::config::SecretKey;
use crate::db::sql_types::At;
use crate::db::{Conn, DbError};
use crate::domain::Instant;
use crate::domain::access::{Permission, Reach};
use crate::domain::event::AccountEvent;
use crate::domain::ids::PersonId;
use crate::domain::link::{LinkPurpose, LinkState};
use crate::domain::notice::{Letter, LinkFacts, PasswordReset, PasswordWay};
use crate::domain::text::EmailAddress;
use crate::store::people::{self, Person, PersonChanges};
use crate::store::{organizations, pairings};
use crate::workflow::administer::{By, reach, refused, require, whose};
use crate::workflow::bounds::may_manage;
use crate::workflow::notify::{write_to_nobody, write_to_person};
use crate::workflow::one_time_link::{self, Redemption};
use crate::workflow::people::{AddUser, add_person};
use crate::workflow::{Actor, Rejection, VerbError, VerbResult, publish};

/// Adds a person and, if they are to be `invited`, sends them a link: their address is taken as theirs once it was
/// followed, and they choose their password themselves. Whoever is given a password is always invited, since it opens
/// nothing before the address is theirs.
///
/// # Errors
/// [`Rejection::Denied`], `Beyond`, [`Rejection::Field`].
pub fn add(
    conn: &mut Conn,
    key: &SecretKey,
    by: By<'_>,
    (command, password_hash): (&AddUser, Option<&str>),
    now: Instant,
) -> VerbResult<PersonId> {
    let invited = command.invite == Some(true);
    if invited && password_hash.is_some() {
        return Err(refused("invite", "not_with_password", "").into());
    }
    let own = match by {
        Some(_) => whose(conn, by, None)?.slug.to_string(),
        None => String::new(),
    };
    let add = command.hashed(own, password_hash);
    let id = add_person(conn, by, &add, now)?;
    if invited || (by.is_some() && password_hash.is_some()) {
        invite(conn, key, by, id, now)?;
    }
    Ok(id)
}

/// Invites somebody who cannot sign in yet; the links of earlier invitations are void.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, [`Rejection::AlreadyJoined`], `AccountDisabled`, `ClonedUser`.
pub fn invite(
    conn: &mut Conn,
    key: &SecretKey,
    by: By<'_>,
    id: PersonId,
    now: Instant,
) -> VerbResult<LinkFacts> {
    let found = people::find(conn, reach(by), id)?.ok_or(Rejection::NotFound)?;
    require(by, Permission::UsersManage)?;
    may_manage(conn, by, &found, now)?;
    if found.disabled_at.is_some() {
        return Err(Rejection::AccountDisabled.into());
    }
    if pairings::is_clone(conn, id)? {
        return Err(Rejection::ClonedUser.into());
    }
    if found.has_joined() {
        return Err(Rejection::AlreadyJoined.into());
    }
    let purpose = LinkPurpose::Invitation;
    let link = one_time_link::issue(conn, key, purpose, id, INVITATION_LIFETIME, now)?;
    let organization = organizations::find(conn, Reach::Everything, found.organization_id)?;
    let event = AccountEvent::Invited {
        organization: organization.map(|found| found.name).unwrap_or_default(),
        link: link.clone(),
    };
    publish::on_account(conn, by, &found, event, now)?;
    Ok(link)
}

/// Sends a link to whoever has the account of an address, as it was typed. Answers whether there was one.
///
/// For an address that is nobody's as much is read and written: a letter to nobody, which is never sent. Whoever looks at
/// how long other writes take meanwhile learns nothing of accounts (A7).
///
/// # Errors
/// Database errors.
pub fn send_reset(
    conn: &mut Conn,
    key: &SecretKey,
    typed: &str,
    now: Instant,
) -> Result<bool, DbError> {
    // What is no address is nobody's, which everybody knows.
    let Ok(email) = EmailAddress::parse(typed) else {
        return Ok(false);
    };
    let person = people::by_email(conn, &email)?;
    let person = person.filter(|person| person.disabled_at.is_none());
    let id = person.map_or(one_time_link::NOBODY, |person| person.id);
    let purpose = LinkPurpose::PasswordReset;
    if pairings::is_clone(conn, id)? || id == one_time_link::NOBODY {
        let link = one_time_link::issue_to_nobody(conn, key, purpose, RESET_LIFETIME, now)?;
        let letter = Letter::PasswordReset(PasswordReset { link });
        write_to_nobody(conn, &email, &letter, now)?;
        return Ok(false);
    }
    let link = one_time_link::issue(conn, key, purpose, id, RESET_LIFETIME, now)?;
    let letter = Letter::PasswordReset(PasswordReset { link });
    write_to_person(conn, id, &letter, None, now)
}

/// Whose a link is that can be used now.
///
/// # Errors
/// [`Rejection::LinkUnknown`], [`Rejection::Link`].
pub fn followed(
    conn: &mut Conn,
    key: &SecretKey,
    purpose: LinkPurpose,
    token: &str,
    now: Instant,
) -> VerbResult<Person> {
    let found = one_time_link::find(conn, key, purpose, token, now)?;
    let (link, state) = found.ok_or(Rejection::LinkUnknown)?;
    if state != LinkState::Good {
        return Err(Rejection::Link(state).into());
    }
    enabled(person(conn, link.person_id)?)
}

/// Who is shut out has no link any more.
fn enabled(person: Person) -> VerbResult<Person> {
    match person.disabled_at {
        None => Ok(person),
        Some(_) => Err(Rejection::Link(LinkState::Revoked).into()),
    }
}

/// Sets the password of whoever holds a link, which is used up. The address is theirs, since the link came by it.
/// What an earlier password has opened ends, and every other link for a password is void.
///
/// # Errors
/// [`Rejection::LinkUnknown`], [`Rejection::Link`], [`Rejection::AddressTaken`].
pub fn redeem(
    conn: &mut Conn,
    key: &SecretKey,
    purpose: LinkPurpose,
    token: &str,
    password_hash: &str,
    now: Instant,
) -> VerbResult<PersonId> {
    let id = match one_time_link::redeem(conn, key, purpose, token, now)? {
        Redemption::Redeemed(id) => id,
        Redemption::Void(state) => return Err(Rejection::Link(state).into()),
        Redemption::Unknown => return Err(Rejection::LinkUnknown.into()),
    };
    let person = enabled(person(conn, id)?)?;
    // Whoever has the address is told so; nobody else can be.
    let other = people::by_email(conn, &person.email)?;
    if other.is_some_and(|other| other.id != id) {
        return Err(Rejection::AddressTaken.into());
    }
    let changes = PersonChanges {
        password_hash: Some(Some(password_hash.to_owned())),
        password_given_at: Some(None),
        email_verified_at: Some(Some(At(person.email_verified_at.unwrap_or(now)))),
        ..PersonChanges::default()
    };
    // Of two who follow links to the same address at once, the second finds it taken.
    people::update(conn, id, &changes).map_err(|error| match DbError::from(error) {
        error if error.violated_constraint().is_some() => Rejection::AddressTaken.into(),
        error => VerbError::from(error),
    })?;
    end_keys(conn, id, Kept::default(), now)?;
    let actor = Actor {
        access: crate::store::access::of_person(conn, &person, now)?,
        name: person.name(),
    };
    let event = match purpose {
        LinkPurpose::Invitation => AccountEvent::Joined,
        LinkPurpose::PasswordReset => AccountEvent::PasswordChanged(PasswordWay::Link),
    };
    publish::on_account(conn, &actor, &person, event, now)?;
    Ok(id)
}
