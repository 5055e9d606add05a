//! Setting the desk up and keeping it: organizations, people, calendars, policies, reasons. Roles, groups and lines of
//! business have files of their own.
//!
//! `by` is the administrator who acts, or nobody for the command line: whoever runs the machine may.

use serde_json::{Map, Value, json};

use super::account::{Kept, end_keys};
use super::change_access::change_access;
use super::groups::install;
use super::record::{event, object};
use super::roles::{grantable, replace};
use super::{Actor, Expected, Outcome, Refused, settled, unchanged};
use crate::db::sql_types::At;
use crate::db::{Conn, DbError};
use crate::domain::Instant;
use crate::domain::access::{Permission, Reach, RoleName};
use crate::domain::calendar::{Calendar, CalendarShape};
use crate::domain::eligibility::Policy;
use crate::domain::history::difference;
use crate::domain::ids::{CalendarId, EventId, OrganizationId, PersonId};
use crate::domain::organization::OrganizationKind;
use crate::domain::reason::Reason;
use crate::domain::text::{EmailAddress, PersonName, Slug, Title};
use crate::store::audit::{self, NewEvent};
use crate::store::calendars::CalendarRow;
use crate::store::grants::{self, Given, Grantee};
use crate::store::organizations::{NewOrganization, Organization};
use crate::store::people::{NewPerson, Person, PersonChanges};
use crate::store::{calendars, lines, organizations, pairings, people, rules};

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
    kind: &str,
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
/// [`Refused::Missing`], [`Refused::Field`].
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
        "organization.added",
        Some(id),
        Some(subject),
        (None, Some(&after)),
        now,
    )?;
    Ok(id)
}

/// A new person.
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
    /// The roles to begin with.
    pub roles: Vec<RoleName>,
    /// Argon2id, in PHC form; without, the person cannot sign in by password.
    pub password_hash: Option<String>,
}

/// What is known of a new person's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address {
    /// Whoever adds the person vouches for it.
    Vouched,
    /// Following an invitation will show that it is theirs.
    Unproven,
}

/// Adds a person with their roles. Whoever adds them vouches for their address.
///
/// # Errors
/// [`Refused::Missing`], [`Refused::Field`].
pub fn add_person(conn: &mut Conn, by: By<'_>, add: &AddPerson, now: Instant) -> Outcome<PersonId> {
    require(by, Permission::UsersManage)?;
    join(conn, by, add, Address::Vouched, now)
}

/// Adds a person, for a verb that has asked for its own permission.
///
/// # Errors
/// [`Refused::Field`].
pub(super) fn join(
    conn: &mut Conn,
    by: By<'_>,
    add: &AddPerson,
    address: Address,
    now: Instant,
) -> Outcome<PersonId> {
    let organization = organizations::named(conn, reach(by), &add.organization)?
        .ok_or_else(|| refused("organization", "not_found", &add.organization))?;
    if people::by_email(conn, &add.email)?.is_some() {
        return Err(refused("email", "taken", &add.email).into());
    }
    let mut granted = Vec::with_capacity(add.roles.len());
    for role in &add.roles {
        granted.push(grantable(conn, &organization, role, "roles")?);
    }
    let new = NewPerson {
        organization: organization.id,
        email: &add.email,
        first_name: &add.first_name,
        last_name: &add.last_name,
        time_zone: add.time_zone.map(chrono_tz::Tz::name),
        password_hash: add.password_hash.as_deref(),
        verified: address == Address::Vouched,
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
    let after = object(
        json!({"email": add.email, "name": people::display_name(add.first_name.as_str(),
        add.last_name.as_str()), "roles": add.roles}),
    );
    let subject = EventId::from_uuid(*id.as_uuid());
    record(
        conn,
        by,
        "person.added",
        Some(organization.id),
        Some(subject),
        (None, Some(&after)),
        now,
    )?;
    Ok(id)
}

/// Changes to a person; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct UpdatePerson {
    /// First name.
    pub first_name: Option<PersonName>,
    /// Last name.
    pub last_name: Option<PersonName>,
    /// Own zone, or the organization's.
    pub time_zone: Option<Option<chrono_tz::Tz>>,
    /// All roles that the person has themselves in their own organization. What their groups carry stays.
    pub roles: Option<Vec<RoleName>>,
    /// Whether the person is shut out.
    pub disabled: Option<bool>,
    /// New password, hashed.
    pub password_hash: Option<String>,
}

/// Changes a person: names, zone, roles, and whether they are shut out.
///
/// # Errors
/// [`Refused::NotFound`], `Missing`, `Stale`, `Field`, `LastAdministrator`.
pub fn update_person(
    conn: &mut Conn,
    by: By<'_>,
    id: PersonId,
    expected: Expected<'_>,
    update: &UpdatePerson,
    now: Instant,
) -> Outcome<PersonId> {
    let person = people::find(conn, reach(by), id)?.ok_or(Refused::NotFound)?;
    require(by, Permission::UsersManage)?;
    if let Some(field) = kept_by_clones(update)
        && pairings::is_clone(conn, id)?
    {
        return Err(refused(field, "cloned_user", "").into());
    }
    if update.disabled == Some(false) && pairings::is_removed_clone(conn, id)? {
        return Err(refused("disabled", "removed_clone", "").into());
    }
    let organization = organizations::find(conn, Reach::Everything, person.organization_id)?
        .ok_or(Refused::NotFound)?;
    change_access(conn, by, &organization, now, |conn| {
        // Again, for it may have changed before the lock was held.
        let person = people::find(conn, Reach::Everything, id)?.ok_or(Refused::NotFound)?;
        unchanged(expected, person.version)?;
        change_person(conn, by, &organization, &person, update, now)?;
        if update.disabled == Some(true) {
            end_keys(conn, id, Kept::default(), now)?;
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
) -> Outcome<()> {
    let id = person.id;
    let had = given(conn, id, now)?;
    let before = person_fields(person, &had);
    if let Some(wanted) = &update.roles {
        let to = Grantee::Person(id);
        replace(conn, by, organization, to, &had, wanted.iter(), now)?;
    }
    let changes = PersonChanges {
        first_name: update.first_name.as_ref().map(ToString::to_string),
        last_name: update.last_name.as_ref().map(ToString::to_string),
        time_zone: update
            .time_zone
            .map(|zone| zone.map(|zone| zone.name().to_owned())),
        password_hash: update.password_hash.clone().map(Some),
        email_verified_at: None,
        disabled_at: update
            .disabled
            .map(|disabled| disabled.then_some(At(person.disabled_at.unwrap_or(now)))),
    };
    people::update(conn, id, &changes)?;
    let after = people::find(conn, Reach::Everything, id)?.ok_or(Refused::NotFound)?;
    let has = given(conn, id, now)?;
    if let Some((old, new)) = difference(&before, &person_fields(&after, &has)) {
        let subject = EventId::from_uuid(*id.as_uuid());
        record(
            conn,
            by,
            "person.changed",
            Some(organization.id),
            Some(subject),
            (Some(&old), Some(&new)),
            now,
        )?;
    }
    Ok(())
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
fn given(conn: &mut Conn, id: PersonId, now: Instant) -> Outcome<Vec<Given>> {
    let given = grants::of_people(conn, &[id], now)?;
    Ok(given.into_iter().map(|(_, given)| given).collect())
}

fn person_fields(person: &Person, roles: &[Given]) -> Map<String, Value> {
    let mut roles: Vec<&str> = roles.iter().map(|role| role.code.as_str()).collect();
    roles.sort_unstable();
    object(json!({
        "first_name": person.first_name,
        "last_name": person.last_name,
        "time_zone": person.time_zone,
        "disabled": person.disabled_at.is_some(),
        "roles": roles,
    }))
}

/// Adds a calendar.
///
/// # Errors
/// [`Refused::Missing`], [`Refused::Field`].
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
        "calendar.added",
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
/// [`Refused::NotFound`], `Missing`, `Stale`, `Field`.
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
            "calendar.changed",
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
/// [`Refused::Missing`], [`Refused::Field`].
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
            "policy.changed",
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
/// [`Refused::Missing`], [`Refused::Field`].
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
        "reason.added",
        None,
        None,
        (None, Some(&after)),
        now,
    )
}

/// Replaces a reason's words, rule and questions, or takes it off the form. Escalations keep what they were asked.
///
/// # Errors
/// [`Refused::NotFound`], `Missing`, `Stale`.
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
            "reason.changed",
            None,
            None,
            (Some(&old), Some(&new)),
            now,
        )?;
    }
    Ok(())
}
