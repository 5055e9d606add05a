//! Managing people: added, changed, shut out and let in again, given another password; each verb with all that it
//! entails, whichever edge calls it.
//!
//! Nobody manages whoever may do more than they could give themselves (see [`bounds`](super::bounds)).

use std::collections::BTreeSet;

use chrono_tz::Tz;

use super::account::{Kept, end_keys, password_was_replaced};
use super::administer::{By, reach, refused, require, taken};
use super::bounds::may_manage;
use super::change_access::change_access;
use super::record::profile;
use super::roles::{grantable, replace};
use super::{Actor, Expected, Rejection, VerbError, VerbResult, publish, unchanged};
use crate::db::sql_types::At;
use crate::db::{Conn, DbError};
use crate::domain::Instant;
use crate::domain::access::{Permission, Reach, RoleName};
use crate::domain::event::{AddedPerson, AdministrativeEvent, Changed, PersonFields};
use crate::domain::ids::PersonId;
use crate::domain::language::Language;
use crate::domain::text::{EmailAddress, PersonName};
use crate::input::{Patch, Secret, input};
use crate::store::grants::{self, Given, Grantee};
use crate::store::organizations::Organization;
use crate::store::people::{self, NewPerson, Person, PersonChanges};
use crate::store::{organizations, pairings};

input! {
    /// A new person.
    pub struct AddUser {
        /// Where the person belongs, by id or slug; your own organization if not given.
        organization: Option<String>,
        /// The address that signs in and is written to; it stays.
        email: EmailAddress,
        /// First name.
        first_name: PersonName,
        /// Last name.
        last_name: PersonName,
        /// Own IANA time zone; the organization's if not given.
        time_zone: Option<Tz>,
        /// The language in which the person is written to, by the invitation to begin with, and reads; what their browser asks for,
        /// and English in mails, if not given.
        language: Option<Language>,
        /// The codes of the roles to begin with, predefined or the organization's own; none if not given.
        roles: Option<BTreeSet<RoleName>>,
        /// A password to begin with. It opens nothing before the person has followed the link that is sent to their address,
        /// and chosen their own there; better left out.
        password: Option<Secret>,
        /// Whether the person is invited by mail to choose their password themselves; not if not given.
        invite: Option<bool>,
    }
}

impl AddUser {
    /// The person, at home in `own` if nothing else was said, with the hash of the password.
    pub(super) fn hashed(&self, own: String, password_hash: Option<&str>) -> AddPerson {
        AddPerson {
            organization: self.organization.clone().unwrap_or(own),
            email: self.email.clone(),
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            time_zone: self.time_zone,
            language: self.language,
            roles: self.roles.iter().flatten().cloned().collect(),
            password_hash: password_hash.map(str::to_owned),
        }
    }
}

/// A new person, as rows keep one.
#[derive(Clone, Debug)]
pub struct AddPerson {
    /// The organization, by id or slug.
    pub organization: String,
    /// The address that signs in and is written to.
    pub email: EmailAddress,
    /// First name.
    pub first_name: PersonName,
    /// Last name.
    pub last_name: PersonName,
    /// Own zone; the organization's if none.
    pub time_zone: Option<chrono_tz::Tz>,
    /// The language in which they read; their browser's if none.
    pub language: Option<Language>,
    /// The roles to begin with.
    pub roles: Vec<RoleName>,
    /// Argon2id, in PHC form; without, the person cannot sign in by password.
    pub password_hash: Option<String>,
}

/// Adds a person with their roles.
///
/// Whoever runs the machine vouches for the address and for the password. For whoever does not, the address belongs to
/// nobody before its person has followed a link that was sent to it: until then nothing but links is sent there (N4), it
/// signs nobody in, and other organizations may have added it too.
///
/// # Errors
/// [`Rejection::Denied`], `Beyond`, [`Rejection::Field`].
pub fn add_person(
    conn: &mut Conn,
    by: By<'_>,
    add: &AddPerson,
    now: Instant,
) -> VerbResult<PersonId> {
    require(by, Permission::UsersManage)?;
    join(conn, by, add, now)
}

/// Adds a person, for a verb that has asked for its own permission.
///
/// # Errors
/// [`Rejection::Field`].
pub(super) fn join(
    conn: &mut Conn,
    by: By<'_>,
    add: &AddPerson,
    now: Instant,
) -> VerbResult<PersonId> {
    let organization = organizations::named(conn, reach(by), &add.organization)?
        .ok_or_else(|| refused("organization", "not_found", &add.organization))?;
    let here = people::of_organization(conn, organization.id, &add.email)?.is_some();
    // Whoever sees one organization learns nothing of the people of others; the same is looked for, so that it takes as
    // long.
    let shown = people::by_email(conn, &add.email)?.is_some();
    let sees_all = !matches!(reach(by), Reach::Organization(_));
    if here || (shown && sees_all) {
        return Err(refused("email", "taken", &add.email).into());
    }
    let mut granted = Vec::with_capacity(add.roles.len());
    for role in &add.roles {
        granted.push(grantable(conn, by, &organization, role, "roles")?);
    }
    let new = NewPerson {
        organization: organization.id,
        email: &add.email,
        first_name: &add.first_name,
        last_name: &add.last_name,
        time_zone: add.time_zone.map(chrono_tz::Tz::name),
        language: add.language.map(Language::as_str),
        password_hash: add.password_hash.as_deref(),
        verified: by.is_none(),
    };
    let id = people::insert(conn, &new, now)
        .map_err(|error| taken(error, "email", add.email.as_str()))?;
    for role in granted {
        let to = Grantee::Person(id);
        grants::give(
            conn,
            to,
            organization.id,
            role,
            None,
            by.map(Actor::id),
            now,
        )?;
    }
    let added = AddedPerson {
        email: add.email.clone(),
        name: people::display_name(add.first_name.as_str(), add.last_name.as_str()),
        roles: add.roles.clone(),
    };
    let event = AdministrativeEvent::PersonAdded(organization.id, id, added);
    publish::administrative(conn, by, event, now)?;
    Ok(id)
}

/// Whether somebody may do the verbs of this room to a person.
///
/// # Errors
/// Database errors.
pub fn manages(
    conn: &mut Conn,
    actor: &Actor,
    person: &Person,
    now: Instant,
) -> Result<bool, DbError> {
    if actor.require(Permission::UsersManage).is_err() {
        return Ok(false);
    }
    match may_manage(conn, Some(actor), person, now) {
        Ok(()) => Ok(true),
        Err(VerbError::Database(error)) => Err(error),
        Err(_) => Ok(false),
    }
}

input! {
    /// Changes to a person.
    pub struct UpdateUser {
        /// First name.
        first_name: Patch<PersonName>,
        /// Last name.
        last_name: Patch<PersonName>,
        /// Own IANA time zone; null for the organization's.
        time_zone: Patch<Option<Tz>>,
        /// The language in which the person reads; null for what their browser asks for, and English in mails.
        language: Patch<Option<Language>>,
        /// The codes of all roles that the person has themselves from now on, predefined or the organization's own. What
        /// their groups carry stays.
        roles: Patch<BTreeSet<RoleName>>,
        /// Whether the person is shut out: at once, wherever they are signed in.
        disabled: Patch<bool>,
        /// A new password; whoever is signed in with the old one is signed out. It does not last: with it, one chooses one's
        /// own. Not for yourself.
        password: Patch<Secret>,
    }
}

impl UpdateUser {
    /// The changes, with the hash of the new password if there is one.
    pub fn hashed(&self, password_hash: Option<String>) -> UpdatePerson {
        UpdatePerson {
            first_name: self.first_name.as_option().cloned(),
            last_name: self.last_name.as_option().cloned(),
            time_zone: self.time_zone.as_option().copied(),
            language: self.language.as_option().copied(),
            roles: (self.roles.as_option()).map(|roles| roles.iter().cloned().collect()),
            disabled: self.disabled.as_option().copied(),
            password_hash,
        }
    }
}

/// Changes to a person, as rows keep one; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct UpdatePerson {
    /// First name.
    pub first_name: Option<PersonName>,
    /// Last name.
    pub last_name: Option<PersonName>,
    /// Own zone, or the organization's.
    pub time_zone: Option<Option<chrono_tz::Tz>>,
    /// The language in which they read, or their browser's.
    pub language: Option<Option<Language>>,
    /// All roles that the person has themselves in their own organization. What their groups carry stays.
    pub roles: Option<Vec<RoleName>>,
    /// Whether the person is shut out.
    pub disabled: Option<bool>,
    /// New password, hashed.
    pub password_hash: Option<String>,
}

/// Changes a person: names, zone, roles, password, and whether they are shut out. What hangs on the proofs of
/// whoever is shut out, or has another password, ends; the latter is told.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Beyond`, `Stale`, `Field`, `LastAdministrator`.
pub fn update_person(
    conn: &mut Conn,
    by: By<'_>,
    id: PersonId,
    expected: Expected<'_>,
    update: &UpdatePerson,
    now: Instant,
) -> VerbResult<PersonId> {
    let person = people::find(conn, reach(by), id)?.ok_or(Rejection::NotFound)?;
    require(by, Permission::UsersManage)?;
    if update.password_hash.is_some() && by.is_some_and(|actor| actor.id() == id) {
        // Of one's own account one shows the password that is replaced.
        return Err(refused("password", "not_yourself", "").into());
    }
    if let Some(field) = kept_by_clones(update)
        && pairings::is_clone(conn, id)?
    {
        return Err(refused(field, "cloned_user", "").into());
    }
    if update.disabled == Some(false) && pairings::is_removed_clone(conn, id)? {
        return Err(refused("disabled", "removed_clone", "").into());
    }
    let organization = organizations::find(conn, Reach::Everything, person.organization_id)?
        .ok_or(Rejection::NotFound)?;
    change_access(conn, by, &organization, now, |conn| {
        // Again, for it may have changed before the locks were held: by themselves too, who takes their row's alone.
        people::lock(conn, id)?;
        let person = people::find(conn, Reach::Everything, id)?.ok_or(Rejection::NotFound)?;
        unchanged(expected, person.version)?;
        may_manage(conn, by, &person, now)?;
        change_person(conn, by, &organization, &person, update, now)?;
        if update.disabled == Some(true) {
            end_keys(conn, id, Kept::default(), now)?;
        }
        if update.password_hash.is_some() {
            password_was_replaced(conn, by, id, now)?;
        }
        Ok((id, vec![id]))
    })
}

fn change_person(
    conn: &mut Conn,
    by: By<'_>,
    organization: &Organization,
    person: &Person,
    update: &UpdatePerson,
    now: Instant,
) -> VerbResult<()> {
    let id = person.id;
    let had = given(conn, id, now)?;
    let before = fields(person, &had);
    if let Some(wanted) = &update.roles {
        let to = Grantee::Person(id);
        replace(conn, by, organization, to, &had, wanted.iter(), now)?;
    }
    let disabled = update.disabled;
    let disabled = disabled.filter(|disabled| *disabled != person.disabled_at.is_some());
    let changes = PersonChanges {
        first_name: update.first_name.as_ref().map(ToString::to_string),
        last_name: update.last_name.as_ref().map(ToString::to_string),
        time_zone: update
            .time_zone
            .map(|zone| zone.map(|zone| zone.name().to_owned())),
        language: update
            .language
            .map(|language| language.map(|language| language.as_str().to_owned())),
        password_hash: update.password_hash.clone().map(Some),
        // What an administrator gives does not last.
        password_given_at: update.password_hash.as_ref().map(|_| by.map(|_| At(now))),
        email_verified_at: None,
        disabled_at: disabled.map(|disabled| disabled.then_some(At(now))),
    }
    .apart_from(person);
    let has = given(conn, id, now)?;
    if changes == PersonChanges::default() && codes(&had) == codes(&has) {
        return Ok(());
    }
    people::update(conn, id, &changes)?;
    let after = people::find(conn, Reach::Everything, id)?.ok_or(Rejection::NotFound)?;
    let changed = Changed {
        before,
        after: fields(&after, &has),
    };
    let event = AdministrativeEvent::PersonChanged(organization.id, id, changed);
    publish::administrative(conn, by, event, now)
}

/// What cannot be changed of a cloned user (P8): it is entered by its original and in no other way, and its name bears
/// the mark of what it is.
fn kept_by_clones(update: &UpdatePerson) -> Option<&'static str> {
    let kept = [
        ("password", update.password_hash.is_some()),
        ("first_name", update.first_name.is_some()),
        ("last_name", update.last_name.is_some()),
    ];
    kept.into_iter()
        .find(|(_, given)| *given)
        .map(|(field, _)| field)
}

/// What was given to a person themselves.
fn given(conn: &mut Conn, id: PersonId, now: Instant) -> VerbResult<Vec<Given>> {
    let given = grants::of_people(conn, &[id], now)?;
    Ok(given.into_iter().map(|(_, given)| given).collect())
}

fn codes(roles: &[Given]) -> Vec<String> {
    let mut codes: Vec<String> = roles.iter().map(|role| role.code.clone()).collect();
    codes.sort_unstable();
    codes
}

fn fields(person: &Person, roles: &[Given]) -> PersonFields {
    PersonFields {
        profile: profile(person),
        disabled: person.disabled_at.is_some(),
        roles: codes(roles),
    }
}
