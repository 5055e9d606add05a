//! Setting the desk up and keeping it: organizations, calendars, policies, reasons. People, roles, groups and lines of
//! business have files of their own.
//!
//! `by` is the administrator who acts, or nobody for the command line: whoever runs the machine may.

use serde_json::{Map, Value, json};

use super::groups::install;
use super::record::{event, object};
use super::{Actor, Expected, Outcome, Refused, settled, unchanged};
use crate::db::{Conn, DbError};
use crate::domain::Instant;
use crate::domain::access::{Permission, Reach};
use crate::domain::audit::EventKind;
use crate::domain::calendar::{Calendar, CalendarShape};
use crate::domain::eligibility::Policy;
use crate::domain::history::difference;
use crate::domain::ids::{CalendarId, EventId, OrganizationId};
use crate::domain::organization::OrganizationKind;
use crate::domain::reason::Reason;
use crate::domain::text::{Slug, Title};
use crate::store::audit::{self, NewEvent};
use crate::store::calendars::CalendarRow;
use crate::store::organizations::NewOrganization;
use crate::store::organizations::Organization;
use crate::store::{calendars, lines, organizations, rules};

/// Who acts; nobody for the command line.
pub type By<'a> = Option<&'a Actor>;

pub(super) fn require(by: By<'_>, permission: Permission) -> Result<(), Refused> {
    by.map_or(Ok(()), |actor| actor.require(permission))
}

pub(super) fn reach(by: By<'_>) -> Reach {
    by.map_or(Reach::Everything, Actor::reach)
}

pub(super) fn refused(field: &'static str, code: &'static str, given: impl ToString) -> Refused {
    Refused::Field {
        field,
        code,
        given: given.to_string(),
    }
}

/// The changed fields, as far as there were any before and are any after.
type BeforeAfter<'a> = (
    Option<&'a Map<String, Value>>,
    Option<&'a Map<String, Value>>,
);

/// Records what an administrator did.
pub(super) fn record(
    conn: &mut Conn,
    by: By<'_>,
    kind: EventKind,
    organization: Option<OrganizationId>,
    subject: Option<EventId>,
    (before, after): BeforeAfter<'_>,
    now: Instant,
) -> Outcome<()> {
    let event = NewEvent {
        subject,
        before,
        after,
        ..event(by, kind, organization)
    };
    Ok(audit::append(conn, &event, now)?)
}

/// The organization that a request names, by id or slug; the actor's own if it names none.
pub(super) fn whose(conn: &mut Conn, by: By<'_>, named: Option<&str>) -> Outcome<Organization> {
    let found = match (named, by) {
        (Some(name), _) => organizations::named(conn, reach(by), name)?,
        (None, Some(actor)) => organizations::find(conn, reach(by), actor.access.organization)?,
        (None, None) => None,
    };
    let given = named.unwrap_or_default();
    Ok(found.ok_or_else(|| refused("organization", "not_found", given))?)
}

/// A unique violation is somebody else's claim on the same name.
pub(super) fn taken(
    error: diesel::result::Error,
    field: &'static str,
    given: &str,
) -> super::Failed {
    let error = DbError::from(error);
    match error.violated_constraint() {
        Some(_) => refused(field, "taken", given).into(),
        None => error.into(),
    }
}

/// A new organization.
#[derive(Clone, Debug)]
pub struct AddOrganization {
    /// Its name in addresses.
    pub slug: Slug,
    /// Its name.
    pub name: Title,
    /// What it is to the installation.
    pub kind: OrganizationKind,
    /// Where its data is at home.
    pub region: Title,
    /// Its zone.
    pub time_zone: chrono_tz::Tz,
}

/// Adds an organization. With the provider come the root line of business, the reasons, and a calendar: Monday to
/// Friday, 09:00-17:00 in its zone.
///
/// # Errors
/// [`Refused::Denied`], [`Refused::Field`].
pub fn add_organization(
    conn: &mut Conn,
    by: By<'_>,
    add: &AddOrganization,
    now: Instant,
) -> Outcome<OrganizationId> {
    require(by, Permission::OrganizationsManage)?;
    if add.kind == OrganizationKind::Provider && organizations::provider(conn)?.is_some() {
        return Err(refused("kind", "provider_exists", add.kind).into());
    }
    if organizations::by_slug(conn, Reach::Everything, add.slug.as_str())?.is_some() {
        return Err(refused("slug", "taken", &add.slug).into());
    }
    let new = NewOrganization {
        slug: &add.slug,
        name: add.name.as_str(),
        kind: add.kind,
        region: add.region.as_str(),
        time_zone: add.time_zone.name(),
    };
    let id = organizations::insert(conn, &new, now)
        .map_err(|error| taken(error, "slug", add.slug.as_str()))?;
    install(conn, (id, add.kind, add.name.as_str()), by, now)?;
    if add.kind == OrganizationKind::Provider {
        lines::root(conn, now)?;
        rules::install_reasons(conn)?;
        if calendars::list(conn)?
            .iter()
            .all(|calendar| !calendar.is_default)
        {
            calendars::insert(conn, &Calendar::standard(add.time_zone), true, now)?;
        }
    }
    let after = object(
        json!({"slug": add.slug, "name": add.name, "kind": add.kind, "region": add.region,
        "time_zone": add.time_zone.name()}),
    );
    let subject = EventId::from_uuid(*id.as_uuid());
    record(
        conn,
        by,
        EventKind::OrganizationAdded,
        Some(id),
        Some(subject),
        (None, Some(&after)),
        now,
    )?;
    Ok(id)
}

/// Adds a calendar.
///
/// # Errors
/// [`Refused::Denied`], [`Refused::Field`].
pub fn add_calendar(
    conn: &mut Conn,
    by: By<'_>,
    calendar: &Calendar,
    make_default: bool,
    now: Instant,
) -> Outcome<CalendarId> {
    require(by, Permission::CalendarsManage)?;
    if calendars::by_name(conn, calendar.name())?.is_some() {
        return Err(refused("name", "taken", calendar.name()).into());
    }
    let id = calendars::insert(conn, calendar, make_default, now)
        .map_err(|error| taken(error, "name", calendar.name()))?;
    let after = calendar_fields(calendar, make_default);
    let subject = EventId::from_uuid(*id.as_uuid());
    record(
        conn,
        by,
        EventKind::CalendarAdded,
        None,
        Some(subject),
        (None, Some(&after)),
        now,
    )?;
    Ok(id)
}

/// Replaces a calendar; deadlines are reckoned by the new one from now on.
///
/// # Errors
/// [`Refused::NotFound`], `Denied`, `Stale`, `Field`.
pub fn replace_calendar(
    conn: &mut Conn,
    by: By<'_>,
    id: CalendarId,
    expected: Expected<'_>,
    calendar: &Calendar,
    make_default: bool,
    now: Instant,
) -> Outcome<CalendarId> {
    let row = calendars::find(conn, id)?.ok_or(Refused::NotFound)?;
    require(by, Permission::CalendarsManage)?;
    unchanged(expected, row.version)?;
    put_calendar(conn, by, &row, expected, calendar, make_default, now)?;
    Ok(id)
}

/// Puts a calendar in the place of `row`, if that is still as it was read.
pub(super) fn put_calendar(
    conn: &mut Conn,
    by: By<'_>,
    row: &CalendarRow,
    expected: Expected<'_>,
    calendar: &Calendar,
    make_default: bool,
    now: Instant,
) -> Outcome<()> {
    let id = row.id;
    let written = calendars::replace(conn, id, row.version, calendar, make_default)
        .map_err(|error| taken(error, "name", calendar.name()))?;
    settled(written, expected)?;
    let before = calendar_fields(&row.calendar()?, row.is_default);
    let after = calendar_fields(calendar, row.is_default || make_default);
    if let Some((old, new)) = difference(&before, &after) {
        let subject = EventId::from_uuid(*id.as_uuid());
        record(
            conn,
            by,
            EventKind::CalendarChanged,
            None,
            Some(subject),
            (Some(&old), Some(&new)),
            now,
        )?;
    }
    Ok(())
}

fn calendar_fields(calendar: &Calendar, is_default: bool) -> Map<String, Value> {
    let shape = CalendarShape::from(calendar.clone());
    object(
        json!({"name": shape.name, "time_zone": shape.time_zone, "hours": shape.hours,
        "holidays": shape.holidays, "default": is_default}),
    )
}

/// The calendar that a request names.
pub(super) fn calendar_named(conn: &mut Conn, given: &str) -> Outcome<CalendarId> {
    let found = match given.parse() {
        Ok(id) => calendars::find(conn, id)?,
        Err(_) => calendars::by_name(conn, given)?,
    };
    Ok(found
        .ok_or_else(|| refused("calendar", "not_found", given))?
        .id)
}

/// Sets policies by their keys (E12); all of them or none.
///
/// # Errors
/// [`Refused::Denied`], [`Refused::Field`].
pub fn set_policies(
    conn: &mut Conn,
    by: By<'_>,
    values: &[(String, String)],
    now: Instant,
) -> Outcome<()> {
    require(by, Permission::PoliciesManage)?;
    let mut policy: Policy = rules::policy(conn)?;
    let fields = |policy: &Policy| -> Map<String, Value> {
        Policy::KEYS
            .iter()
            .map(|key| ((*key).to_owned(), json!(policy.get(key))))
            .collect()
    };
    let before = fields(&policy);
    for (key, value) in values {
        policy.set(key, value).map_err(|_| {
            let known = Policy::KEYS.iter().copied().find(|known| known == key);
            refused(
                known.unwrap_or("key"),
                if known.is_some() {
                    "malformed"
                } else {
                    "unknown"
                },
                value,
            )
        })?;
    }
    for (key, _) in values {
        if let Some(value) = policy.get(key) {
            rules::set_policy(conn, key, &value, now)?;
        }
    }
    if let Some((old, new)) = difference(&before, &fields(&policy)) {
        record(
            conn,
            by,
            EventKind::PolicyChanged,
            None,
            None,
            (Some(&old), Some(&new)),
            now,
        )?;
    }
    Ok(())
}

/// Adds a reason at the end of the form.
///
/// # Errors
/// [`Refused::Denied`], [`Refused::Field`].
pub fn add_reason(conn: &mut Conn, by: By<'_>, reason: &Reason, now: Instant) -> Outcome<()> {
    require(by, Permission::ReasonsManage)?;
    if rules::reason(conn, &reason.code)?.is_some() {
        return Err(refused("code", "taken", &reason.code).into());
    }
    rules::insert_reason(conn, reason).map_err(|error| taken(error, "code", &reason.code))?;
    let after = object(json!(reason));
    record(
        conn,
        by,
        EventKind::ReasonAdded,
        None,
        None,
        (None, Some(&after)),
        now,
    )
}

/// Replaces a reason's words, rule and questions, or takes it off the form. Escalations keep what they were asked.
///
/// # Errors
/// [`Refused::NotFound`], `Denied`, `Stale`.
pub fn replace_reason(
    conn: &mut Conn,
    by: By<'_>,
    expected: Expected<'_>,
    reason: &Reason,
    active: bool,
    now: Instant,
) -> Outcome<()> {
    let row = rules::reason(conn, &reason.code)?.ok_or(Refused::NotFound)?;
    require(by, Permission::ReasonsManage)?;
    unchanged(expected, row.version)?;
    settled(
        rules::replace_reason(conn, row.version, reason, active)?,
        expected,
    )?;
    let fields = |reason: &Reason, active: bool| {
        let mut fields = object(json!(reason));
        fields.insert("active".into(), active.into());
        fields
    };
    if let Some((old, mut new)) =
        difference(&fields(&row.reason(), row.active), &fields(reason, active))
    {
        // It has no id: its code says which one it is.
        new.insert("code".into(), reason.code.clone().into());
        record(
            conn,
            by,
            EventKind::ReasonChanged,
            None,
            None,
            (Some(&old), Some(&new)),
            now,
        )?;
    }
    Ok(())
}
