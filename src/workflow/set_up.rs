//! The first set-up of an empty installation: the provider and its first administrator (section 12).

use super::organizations::{AddOrganization, add_organization};
use super::people::{AddPerson, add_person};
use super::{Rejection, VerbResult};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Reach, Role, RoleName};
use crate::domain::organization::OrganizationKind;
use crate::domain::text::{EmailAddress, PersonName, Slug, Title};
use crate::store::organizations::{self, Organization};

/// The provider and its first administrator.
#[derive(Clone, Debug)]
pub struct SetUp {
    /// What the provider is called.
    pub name: Title,
    /// Its zone.
    pub time_zone: chrono_tz::Tz,
    /// The address that the administrator signs in with.
    pub email: EmailAddress,
    /// Their first name.
    pub first_name: PersonName,
    /// Their last name.
    pub last_name: PersonName,
    /// What they are besides.
    pub further_roles: Vec<RoleName>,
    /// Argon2id, in PHC form; without, they cannot sign in by password yet.
    pub password_hash: Option<String>,
}

/// Adds the provider and its first administrator. Whoever sets an installation up runs the machine, and vouches for the
/// address.
///
/// # Errors
/// [`Rejection::Field`], where there is a provider already.
pub fn set_up(conn: &mut Conn, set_up: &SetUp, now: Instant) -> VerbResult<Organization> {
    let organization = AddOrganization {
        slug: Slug::readable(&set_up.name),
        name: set_up.name.clone(),
        kind: OrganizationKind::Provider,
        region: None,
        time_zone: Some(set_up.time_zone),
    };
    let id = add_organization(conn, None, &organization, now)?;
    let administrator = RoleName::from(Role::Administrator);
    let mut roles = set_up.further_roles.clone();
    roles.retain(|role| *role != administrator);
    roles.insert(0, administrator);
    let person = AddPerson {
        organization: organization.slug.to_string(),
        email: set_up.email.clone(),
        first_name: set_up.first_name.clone(),
        last_name: set_up.last_name.clone(),
        time_zone: None,
        language: None,
        roles,
        password_hash: set_up.password_hash.clone(),
    };
    add_person(conn, None, &person, now)?;
    Ok(organizations::find(conn, Reach::Everything, id)?.ok_or(Rejection::NotFound)?)
}
