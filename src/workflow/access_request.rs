//! Requests for read-only access: made by anybody, decided by the organization's deciders or the provider (A6).

use super::account::{self, INVITATION_LIFETIME};
use super::administer::refused;
use super::bounds;
use super::people::{self as managing, AddPerson};
use super::record::DoneBy;
use super::{Actor, Rejection, VerbResult, one_time_link, publish};
use crate::config::SecretKey;
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Permission, Reach, Role};
use crate::domain::access_request::{self, AccessRequestState, addressee, work_domain};
use crate::domain::event::{AccessRequestEvent, RequestedAccess};
use crate::domain::ids::{AccessRequestId, PersonId};
use crate::domain::link::LinkPurpose;
use crate::domain::notice::LinkFacts;
use crate::domain::organization::OrganizationKind;
use crate::domain::text::{EmailAddress, Note, PersonName, Title};
use crate::input::input;
use crate::store::access_requests::{self as requests, AccessRequest, Decided, NewAccessRequest};
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
        /// Your own company, where it is a reseller or an end user of that organization.
        company: Option<Title>,
        /// For which customer you ask, where that organization serves several.
        customer: Option<Title>,
        /// Words to whoever decides.
        note: Option<Note>,
    }
}

/// Asks for read-only access. Whoever asks learns nothing from it: neither whether there is such an organization nor
/// whether they are known, nor whether they have asked before.
///
/// # Errors
/// Database errors.
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
        company: ask.company.as_ref().map(Title::as_str),
        customer: ask.customer.as_ref().map(Title::as_str),
        note: ask.note.as_ref().map(Note::as_str),
    };
    let Some(id) = requests::insert(conn, &new, now)? else {
        return Ok(());
    };
    let request = RequestedAccess {
        id,
        organization,
        name: people::display_name(ask.first_name.as_str(), ask.last_name.as_str()),
        email: ask.email.clone(),
    };
    let event = AccessRequestEvent::Made {
        organization: ask.organization.to_string(),
        company: ask.company.as_ref().map(ToString::to_string),
        customer: ask.customer.as_ref().map(ToString::to_string),
        note: ask.note.as_ref().map(ToString::to_string),
    };
    // Nobody has proven who they are: the event has a name and no actor.
    let by = DoneBy::nobody(&request.name);
    publish::on_access_request(conn, by, &request, event, now)
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
        (Some(organization), AccessRequestState::Granted) => {
            let until = decision.until;
            let (person, link) = grant(conn, key, actor, &request, organization, until, now)?;
            Some((organization, person, link))
        }
        (None, AccessRequestState::Granted) => {
            return Err(refused("organization", "required", "").into());
        }
        _ => None,
    };
    let decided = Decided {
        state,
        organization: organization.as_ref().map(|organization| organization.id),
        person: granted.as_ref().map(|(_, person, _)| *person),
        until: decision.until,
        note: decision.note.as_ref().map(Note::as_str),
        by: actor.id(),
    };
    requests::decide(conn, id, &decided, now)?;
    let note = decided.note.map(str::to_owned);
    let event = match granted {
        Some((organization, person, link)) => AccessRequestEvent::Granted {
            organization: (organization.id, organization.name.clone()),
            person,
            until: decision.until,
            note,
            link,
        },
        None => AccessRequestEvent::Refused {
            organization: decided.organization,
            name: organization.map_or(request.organization_typed.clone(), |found| found.name),
            note,
        },
    };
    let request = RequestedAccess {
        id,
        organization: request.organization_id,
        name: request.name(),
        email: request.email,
    };
    publish::on_access_request(conn, actor, &request, event, now)?;
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
        language: None,
        roles: Vec::new(),
        password_hash: None,
    };
    let id = managing::join(conn, Some(actor), &add, now)?;
    account::person(conn, id)
}
