//! Requests for read-only access: made by anybody, decided by the organization's deciders or the provider (A6).

use serde_json::json;

use super::account::{self, INVITATION_LIFETIME};
use super::administer::{record, refused};
use super::bounds;
use super::people::{self as managing, AddPerson};
use super::record::object;
use super::{Actor, Rejection, VerbResult, letters, one_time_link};
use crate::config::SecretKey;
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Permission, Reach, Role};
use crate::domain::access_request::{self, AccessRequestState, addressee, work_domain};
use crate::domain::audit::EventKind;
use crate::domain::ids::{AccessRequestId, EventId, OrganizationId, PersonId};
use crate::domain::link::LinkPurpose;
use crate::domain::notice::{AccessGranted, AccessRefused, AccessRequested, LinkFacts};
use crate::domain::organization::{OrganizationKind, Side};
use crate::domain::text::{EmailAddress, Note, PersonName, Title};
use crate::input::input;
use crate::store::access;
use crate::store::access_requests::{self as requests, AccessRequest, Decided, NewAccessRequest};
use crate::store::audit::{self, NewEvent};
use crate::store::grants::{self, Granted, Grantee};
use crate::store::organizations::{self, Organization};
use crate::store::people::{self, Person};

input! {
    /// A request for read-only access.
    pub struct AskForAccess {
        /// First name.
        first_name: PersonName,
        /// Last name.
        last_name: PersonName,
        /// The work address.
        email: EmailAddress,
        /// The organization, by its name, or its id or slug.
        organization: Title,
        /// Words to whoever decides.
        note: Option<Note>,
    }
}

/// Asks for read-only access. Whoever asks learns nothing from it: neither whether there is such an organization nor
/// whether they are known, nor whether they have asked before.
///
/// # Errors
/// The database's own.
pub fn ask(conn: &mut Conn, ask: &AskForAccess, now: Instant) -> VerbResult<()> {
    // Both are looked for whatever the first gives, so that it takes as long.
    let typed = requests::of_name(conn, ask.organization.as_str())?;
    let of_domain = match work_domain(&ask.email) {
        Some(domain) => requests::of_domain(conn, domain)?,
        None => Vec::new(),
    };
    let organization = addressee(&typed, &of_domain);
    let new = NewAccessRequest {
        organization,
        typed: ask.organization.as_str(),
        first_name: &ask.first_name,
        last_name: &ask.last_name,
        email: &ask.email,
        note: ask.note.as_ref().map(Note::as_str),
    };
    let Some(id) = requests::insert(conn, &new, now)? else {
        return Ok(());
    };
    let name = people::display_name(ask.first_name.as_str(), ask.last_name.as_str());
    let after = object(
        json!({"name": name, "email": ask.email, "organization": ask.organization,
        "note": ask.note}),
    );
    // Nobody has proven who they are: the event has a name and no actor.
    let event = NewEvent {
        subject: Some(subject(id)),
        actor_name: &name,
        after: Some(&after),
        ..super::event(None, EventKind::AccessRequestMade, organization)
    };
    audit::append(conn, &event, now)?;
    let requested = AccessRequested {
        request: *id.as_uuid(),
        name,
        email: ask.email.to_string(),
        organization: ask.organization.to_string(),
        note: ask.note.as_ref().map(ToString::to_string),
    };
    let deciders = deciders(conn, organization, now)?;
    letters::access_requested(conn, &deciders, requested, now)
}

fn subject(id: AccessRequestId) -> EventId {
    EventId::from_uuid(*id.as_uuid())
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

input! {
    /// A decision on a request for access.
    pub struct DecideAccess {
        /// Whether it is granted.
        granted: bool,
        /// Until when; for good if left out.
        until: Option<Instant>,
        /// Why so; a refusal needs it, and whoever asked reads it.
        note: Option<Note>,
        /// The organization by id or slug, where none was found by what was typed.
        organization: Option<String>,
    }
}

/// Grants or refuses a request. Granting makes the person, if they are not one of the organization's yet, gives them
/// the viewer's role and tells them; refusing tells them why.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Beyond`, `AccessRequest`, `Field`, [`Rejection::AccountDisabled`].
pub fn decide(
    conn: &mut Conn,
    key: &SecretKey,
    actor: &Actor,
    id: AccessRequestId,
    decision: &DecideAccess,
    now: Instant,
) -> VerbResult<AccessRequestId> {
    requests::find(conn, actor.reach(), id)?.ok_or(Rejection::NotFound)?;
    actor.require(Permission::AccessRequestsDecide)?;
    requests::lock(conn, id)?;
    let request = requests::find(conn, actor.reach(), id)?.ok_or(Rejection::NotFound)?;
    let noted = decision.note.is_some();
    let state =
        access_request::decide(request.state, decision.granted, noted, decision.until, now)?;
    let organization = organization(conn, actor, &request, decision)?;
    let granted = match (&organization, state) {
        (Some(organization), AccessRequestState::Granted) => Some(grant(
            conn,
            key,
            actor,
            &request,
            organization,
            decision.until,
            now,
        )?),
        (None, AccessRequestState::Granted) => {
            return Err(refused("organization", "required", "").into());
        }
        _ => None,
    };
    let decided = Decided {
        state,
        organization: organization.as_ref().map(|organization| organization.id),
        person: granted.as_ref().map(|(person, _)| *person),
        until: decision.until,
        note: decision.note.as_ref().map(Note::as_str),
        by: actor.id(),
    };
    requests::decide(conn, id, &decided, now)?;
    audited(conn, actor, &request, &decided, now)?;
    let name = organization.map_or(request.organization_typed.clone(), |found| found.name);
    match granted {
        Some((person, link)) => {
            let told = AccessGranted {
                request: *id.as_uuid(),
                organization: name,
                until: decision.until,
                link,
            };
            letters::access_granted(conn, person, told, actor.id(), now)?;
        }
        None => {
            let told = AccessRefused {
                request: *id.as_uuid(),
                organization: name,
                reason: decided.note.unwrap_or_default().to_owned(),
            };
            letters::access_refused(conn, &request, told, actor.id(), now)?;
        }
    }
    Ok(id)
}

/// The organization that the decision is about: the one that was found, or else the one that the provider names.
fn organization(
    conn: &mut Conn,
    actor: &Actor,
    request: &AccessRequest,
    decision: &DecideAccess,
) -> VerbResult<Option<Organization>> {
    let named = match &decision.organization {
        None => None,
        Some(given) => Some(
            organizations::named(conn, actor.reach(), given)?
                .ok_or_else(|| refused("organization", "not_found", given))?,
        ),
    };
    match (request.organization_id, named) {
        (None, Some(named)) if named.kind == OrganizationKind::Provider => {
            Err(refused("organization", "not_a_customer", &named.slug).into())
        }
        (None, named) => Ok(named),
        (Some(found), Some(named)) if named.id != found => {
            Err(refused("organization", "already_set", &named.slug).into())
        }
        (Some(found), _) => Ok(organizations::find(conn, Reach::Everything, found)?),
    }
}

/// Makes the person or finds them among the organization's, and gives them the viewer's role. Whoever cannot sign in
/// yet gets a link.
fn grant(
    conn: &mut Conn,
    key: &SecretKey,
    actor: &Actor,
    request: &AccessRequest,
    organization: &Organization,
    until: Option<Instant>,
    now: Instant,
) -> VerbResult<(PersonId, Option<LinkFacts>)> {
    bounds::may_give(Some(actor), &Role::PortalViewer.permissions())?;
    // Somebody else's person is nobody here.
    let person = match people::of_organization(conn, organization.id, &request.email)? {
        Some(person) if person.disabled_at.is_some() => {
            return Err(Rejection::AccountDisabled.into());
        }
        // A link lets in whoever was added with more than this is about.
        Some(person) if !person.has_joined() => {
            bounds::may_manage(conn, Some(actor), &person, now)?;
            person
        }
        Some(person) => person,
        None => added(conn, actor, request, organization, now)?,
    };
    let (to, viewer) = (
        Grantee::Person(person.id),
        Granted::Predefined(Role::PortalViewer),
    );
    let by = Some(actor.id());
    grants::give(conn, to, organization.id, viewer, until, by, now)?;
    let link = match person.has_joined() {
        true => None,
        false => Some(one_time_link::issue(
            conn,
            key,
            LinkPurpose::Invitation,
            person.id,
            INVITATION_LIFETIME,
            now,
        )?),
    };
    Ok((person.id, link))
}

fn added(
    conn: &mut Conn,
    actor: &Actor,
    request: &AccessRequest,
    organization: &Organization,
    now: Instant,
) -> VerbResult<Person> {
    let parsed =
        |text: &str| PersonName::parse(text).map_err(|error| refused("name", error.code(), text));
    let add = AddPerson {
        organization: organization.id.to_string(),
        email: request.email.clone(),
        first_name: parsed(&request.first_name)?,
        last_name: parsed(&request.last_name)?,
        time_zone: None,
        roles: Vec::new(),
        password_hash: None,
    };
    let id = managing::join(conn, Some(actor), &add, now)?;
    account::person(conn, id)
}

fn audited(
    conn: &mut Conn,
    actor: &Actor,
    request: &AccessRequest,
    decided: &Decided<'_>,
    now: Instant,
) -> VerbResult<()> {
    let kind = match decided.state {
        AccessRequestState::Granted => EventKind::AccessRequestGranted,
        _ => EventKind::AccessRequestRefused,
    };
    let before = object(json!({"state": request.state}));
    let after = object(
        json!({"state": decided.state, "name": request.name(), "email": request.email,
        "person": decided.person, "until": decided.until, "note": decided.note}),
    );
    record(
        conn,
        Some(actor),
        kind,
        decided.organization,
        Some(subject(request.id)),
        (Some(&before), Some(&after)),
        now,
    )
}
