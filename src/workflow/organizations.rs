//! Organizations: added, and changed in what they are called, where their data is at home, and their zone.

use chrono_tz::Tz;

use super::administer::{By, refused, require, taken};
use super::groups::{follow_name, install};
use super::{Expected, Rejection, VerbResult, publish, settled, unchanged};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Permission, Reach};
use crate::domain::calendar::Calendar;
use crate::domain::event::{AddedOrganization, AdministrativeEvent, Changed, OrganizationFields};
use crate::domain::ids::OrganizationId;
use crate::domain::organization::OrganizationKind;
use crate::domain::text::{Slug, Title};
use crate::input::{Patch, input};
use crate::store::organizations::{self, NewOrganization, Organization, OrganizationChanges};
use crate::store::{calendars, groups, lines, pairings, rules};

/// Where the data of an organization is at home that names no region.
const REGION: &str = "default";

input! {
    /// A new organization.
    pub struct AddOrganization {
        /// Its name in addresses; it stays.
        slug: Slug,
        /// Its name.
        name: Title,
        /// What it is to the installation: there is one provider, and it exists.
        kind: OrganizationKind,
        /// Where its data is at home; `default` if not given.
        region: Option<Title>,
        /// Its IANA time zone; that of the provider if not given.
        time_zone: Option<Tz>,
    }
}

/// Adds an organization. With the provider come the root line of business, the reasons, and a calendar: Monday to
/// Friday, 09:00-17:00 in its zone.
///
/// # Errors
/// [`Rejection::Denied`], [`Rejection::Field`].
pub fn add_organization(
    conn: &mut Conn,
    by: By<'_>,
    command: &AddOrganization,
    now: Instant,
) -> VerbResult<OrganizationId> {
    require(by, Permission::OrganizationsManage)?;
    let provider = organizations::provider(conn)?;
    if command.kind == OrganizationKind::Provider && provider.is_some() {
        return Err(refused("kind", "provider_exists", command.kind).into());
    }
    if organizations::by_slug(conn, Reach::Everything, command.slug.as_str())?.is_some() {
        return Err(refused("slug", "taken", &command.slug).into());
    }
    let zone = match (command.time_zone, &provider) {
        (Some(zone), _) => zone,
        (None, Some(provider)) => provider.time_zone.parse().unwrap_or(Tz::UTC),
        (None, None) => Tz::UTC,
    };
    let new = NewOrganization {
        slug: &command.slug,
        name: command.name.as_str(),
        kind: command.kind,
        region: command.region.as_ref().map_or(REGION, Title::as_str),
        time_zone: zone.name(),
    };
    let id = organizations::insert(conn, &new, now)
        .map_err(|error| taken(error, "slug", command.slug.as_str()))?;
    install(conn, (id, command.kind, command.name.as_str()), by, now)?;
    if command.kind == OrganizationKind::Provider {
        lines::root(conn, now)?;
        rules::install_reasons(conn)?;
        if calendars::list(conn)?
            .iter()
            .all(|calendar| !calendar.is_default)
        {
            calendars::insert(conn, &Calendar::standard(zone), true, now)?;
        }
    }
    let added = AddedOrganization {
        slug: new.slug.to_string(),
        kind: new.kind,
        fields: OrganizationFields {
            name: new.name.to_owned(),
            region: new.region.to_owned(),
            time_zone: new.time_zone.to_owned(),
        },
    };
    let event = AdministrativeEvent::OrganizationAdded(id, added);
    publish::administrative(conn, by, event, now)?;
    Ok(id)
}

input! {
    /// Changes to an organization. Its slug and kind stay.
    pub struct UpdateOrganization {
        /// Its name.
        name: Patch<Title>,
        /// Where its data is at home.
        region: Patch<Title>,
        /// Its IANA time zone.
        time_zone: Patch<Tz>,
    }
}

/// Changes an organization. Its data stays in the region of those with which it is paired (P4).
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Stale`, `Field`.
pub fn update_organization(
    conn: &mut Conn,
    by: By<'_>,
    id: OrganizationId,
    expected: Expected<'_>,
    command: &UpdateOrganization,
    now: Instant,
) -> VerbResult<OrganizationId> {
    let reach = by.map_or(Reach::Everything, |actor| actor.reach());
    let before = organizations::find(conn, reach, id)?.ok_or(Rejection::NotFound)?;
    require(by, Permission::OrganizationsManage)?;
    unchanged(expected, before.version)?;
    if let Some(region) = command.region.as_option().map(Title::as_str)
        && region != before.region
    {
        groups::lock_organization(conn, id)?;
        if pairings::is_paired_outside(conn, id, region)? {
            return Err(refused("region", "paired", region).into());
        }
    }
    let name = command.name.as_option().map(ToString::to_string);
    let region = command.region.as_option().map(ToString::to_string);
    let time_zone = command.time_zone.as_option();
    let time_zone = time_zone.map(|zone| zone.name().to_owned());
    let changes = OrganizationChanges {
        name: name.filter(|name| *name != before.name),
        region: region.filter(|region| *region != before.region),
        time_zone: time_zone.filter(|zone| *zone != before.time_zone),
    };
    // What is as it was is no change, and counts as none.
    if changes == OrganizationChanges::default() {
        return Ok(id);
    }
    let written = organizations::update(conn, id, before.version, &changes)?;
    settled(written, expected)?;
    if let Some(name) = command.name.as_option() {
        follow_name(conn, (id, before.kind), (&before.name, name.as_str()))?;
    }
    let after = organizations::find(conn, Reach::Everything, id)?.ok_or(Rejection::NotFound)?;
    let changed = Changed {
        before: fields(before),
        after: fields(after),
    };
    let event = AdministrativeEvent::OrganizationChanged(id, changed);
    publish::administrative(conn, by, event, now)?;
    Ok(id)
}

fn fields(organization: Organization) -> OrganizationFields {
    OrganizationFields {
        name: organization.name,
        region: organization.region,
        time_zone: organization.time_zone,
    }
}
