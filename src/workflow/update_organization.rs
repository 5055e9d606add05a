//! Changing what an organization is called, where its data is at home, and its zone.

use serde_json::{Map, Value, json};

use super::administer::{By, record, refused, require};
use super::groups::follow_name;
use super::record::object;
use super::{Expected, Outcome, Refused, settled, unchanged};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Permission, Reach};
use crate::domain::audit::EventKind;
use crate::domain::history::difference;
use crate::domain::ids::{EventId, OrganizationId};
use crate::domain::text::Title;
use crate::store::organizations::{self, Organization, OrganizationChanges};
use crate::store::{groups, pairings};

/// Changes to an organization; what is `None` stays. Its slug stays for good: addresses hold it.
#[derive(Clone, Debug, Default)]
pub struct UpdateOrganization {
    /// Its name.
    pub name: Option<Title>,
    /// Where its data is at home.
    pub region: Option<Title>,
    /// Its zone.
    pub time_zone: Option<chrono_tz::Tz>,
}

/// Changes an organization. Its data stays in the region of those with which it is paired (P4).
///
/// # Errors
/// [`Refused::NotFound`], `Denied`, `Stale`, `Field`.
pub fn update_organization(
    conn: &mut Conn,
    by: By<'_>,
    id: OrganizationId,
    expected: Expected<'_>,
    update: &UpdateOrganization,
    now: Instant,
) -> Outcome<OrganizationId> {
    let reach = by.map_or(Reach::Everything, |actor| actor.reach());
    let before = organizations::find(conn, reach, id)?.ok_or(Refused::NotFound)?;
    require(by, Permission::OrganizationsManage)?;
    unchanged(expected, before.version)?;
    if let Some(region) = update.region.as_ref().map(Title::as_str)
        && region != before.region
    {
        groups::lock_organization(conn, id)?;
        if pairings::is_paired_outside(conn, id, region)? {
            return Err(refused("region", "paired", region).into());
        }
    }
    let changes = OrganizationChanges {
        name: update.name.as_ref().map(ToString::to_string),
        region: update.region.as_ref().map(ToString::to_string),
        time_zone: update.time_zone.map(|zone| zone.name().to_owned()),
    };
    let written = organizations::update(conn, id, before.version, &changes)?;
    settled(written, expected)?;
    if let Some(name) = &update.name {
        follow_name(conn, (id, before.kind), (&before.name, name.as_str()))?;
    }
    let after = organizations::find(conn, Reach::Everything, id)?.ok_or(Refused::NotFound)?;
    if let Some((old, new)) = difference(&fields(&before), &fields(&after)) {
        let subject = EventId::from_uuid(*id.as_uuid());
        record(
            conn,
            by,
            EventKind::OrganizationChanged,
            Some(id),
            Some(subject),
            (Some(&old), Some(&new)),
            now,
        )?;
    }
    Ok(id)
}

fn fields(organization: &Organization) -> Map<String, Value> {
    object(json!({
        "name": organization.name,
        "region": organization.region,
        "time_zone": organization.time_zone,
    }))
}
