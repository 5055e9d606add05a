//! Requests for read-only access (A6).

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;

use super::documents::{OrganizationName, PersonName};
use super::links::Accepted;
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Permission, Reach};
use crate::domain::access_request::AccessRequestState;
use crate::domain::ids::{AccessRequestId, OrganizationId, PersonId};
use crate::domain::order::{Place, Sort, Window};
use crate::domain::text::EmailAddress;
use crate::http::api_request::{ANYONE, Anyone, ApiRequest, may};
use crate::http::list::{self, Asker, Listing, list_query};
use crate::http::pagination::Page;
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::route::{Route, table};
use crate::http::throttle::{self, Counter};
use crate::store::access_requests::{self as requests, AccessRequest, AccessRequestOrder};
use crate::store::cases::OrganizationRef;
use crate::store::{organizations, people};
use crate::workflow::VerbError;
use crate::workflow::access_request::{self as verbs, AskForAccess, DecideAccess};

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    const VIEW: Permission = Permission::AccessRequestsView;
    const DECIDE: Permission = Permission::AccessRequestsDecide;
    table! { access_requests:
        POST "/access-requests"                           ANYONE      => make, "Asks for read-only access; the answer is the same for everybody";
        GET  "/access-requests"                           may(VIEW)   => list, "Requests for read-only access, the newest first";
        GET  "/access-requests/{access_request}"          may(VIEW)   => show, "One request";
        POST "/access-requests/{access_request}/decision" may(DECIDE) => decide, "Grants a request, for good or until an instant, or refuses it";
    }
}

list_query! {
    /// Which requests.
    pub struct ListAccessRequests by AccessRequestOrder, Sort::descending(AccessRequestOrder::RequestedAt), {
        /// In this state.
        state: Option<AccessRequestState>,
    }
}

/// The requests that somebody may see.
pub struct AccessRequests;

impl Listing for AccessRequests {
    const NAME: &'static str = "access-requests";
    type Query = ListAccessRequests;
    type Filter = Option<AccessRequestState>;
    type Row = AccessRequest;
    type Id = AccessRequestId;

    fn filter(
        _: &mut Conn,
        _: Asker<'_>,
        query: &ListAccessRequests,
    ) -> Result<Option<AccessRequestState>, Problem> {
        Ok(query.state)
    }

    fn rows(
        conn: &mut Conn,
        asker: Asker<'_>,
        state: &Option<AccessRequestState>,
        window: &Window<AccessRequestOrder, AccessRequestId>,
    ) -> Result<Vec<AccessRequest>, Problem> {
        Ok(requests::list(conn, asker.access.reach(), *state, window)?)
    }

    fn count(
        conn: &mut Conn,
        asker: Asker<'_>,
        state: &Option<AccessRequestState>,
        most: usize,
    ) -> Result<usize, Problem> {
        Ok(requests::count(conn, asker.access.reach(), *state, most)?)
    }

    fn place(by: AccessRequestOrder, request: &AccessRequest) -> Place<AccessRequestId> {
        requests::place(by, request)
    }
}

/// A request for read-only access.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AccessRequest)]
pub struct AccessRequestDocument {
    /// Its id.
    id: AccessRequestId,
    /// First name.
    first_name: String,
    /// Last name.
    last_name: String,
    /// First and last name.
    name: String,
    /// The work address.
    email: EmailAddress,
    /// The organization that decides; null if none was found, and the provider decides.
    organization: Option<OrganizationName>,
    /// The organization as it was typed.
    organization_typed: String,
    /// The reseller's or end user's company of whoever asks, where that is not the organization.
    company: Option<String>,
    /// For which customer they ask.
    customer: Option<String>,
    /// Words to whoever decides.
    note: Option<String>,
    /// Where it stands.
    state: AccessRequestState,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    requested_at: Instant,
    /// How it was decided.
    decision: Option<DecisionDocument>,
    /// Counts its changes.
    version: i64,
}

/// How a request was decided.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AccessDecision)]
struct DecisionDocument {
    /// Who decided.
    by: Option<PersonName>,
    /// When.
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Instant>,
    /// Why so.
    note: Option<String>,
    /// Until when access was granted; for good if null.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Instant>,
    /// To whom it was granted.
    person: Option<PersonName>,
}

/// The names that belong to requests.
struct Names {
    organizations: HashMap<OrganizationId, Arc<OrganizationRef>>,
    people: HashMap<PersonId, String>,
}

impl Names {
    fn of(conn: &mut Conn, requests: &[AccessRequest]) -> Result<Self, Problem> {
        let organizations = requests
            .iter()
            .filter_map(|request| request.organization_id);
        let people: Vec<_> = requests
            .iter()
            .flat_map(|request| [request.decided_by, request.person_id])
            .flatten()
            .collect();
        Ok(Self {
            organizations: organizations::references(conn, organizations)?,
            people: people::names(conn, &people)?,
        })
    }

    fn person(&self, id: Option<PersonId>) -> Option<PersonName> {
        let id = id?;
        let name = self.people.get(&id)?.clone();
        Some(PersonName { id, name })
    }
}

fn document(request: AccessRequest, names: &Names) -> AccessRequestDocument {
    let decision = (request.state != AccessRequestState::Pending).then(|| DecisionDocument {
        by: names.person(request.decided_by),
        at: request.decided_at,
        note: request.decision_note.clone(),
        until: request.until,
        person: names.person(request.person_id),
    });
    let organization = request
        .organization_id
        .and_then(|id| names.organizations.get(&id));
    AccessRequestDocument {
        id: request.id,
        name: request.name(),
        first_name: request.first_name,
        last_name: request.last_name,
        email: request.email,
        organization: organization.map(|one| one.as_ref().into()),
        organization_typed: request.organization_typed,
        company: request.company,
        customer: request.customer,
        note: request.note,
        state: request.state,
        requested_at: request.requested_at,
        decision,
        version: request.version,
    }
}

/// Asks for access.
pub async fn make(
    req: ApiRequest<(), AskForAccess, (), Anyone>,
) -> Result<Reply<Accepted, 202>, Problem> {
    let (desk, language, now) = (req.desk.clone(), req.language, req.now);
    let counters = Counter::letters("access", req.client, req.body.email.as_str());
    throttle::attempt(&desk, &counters, now).await?;
    asked(&desk, req.body, now).await?;
    let message = desk.words.of(language).say("access-heard", &[]);
    Reply::new(&Accepted::saying(message))
}

/// Notes the request. That the same was made at this instant is nothing to tell.
///
/// # Errors
/// Database errors.
pub(in crate::http) async fn asked(
    desk: &crate::http::state::AppState,
    ask: AskForAccess,
    now: Instant,
) -> Result<(), Problem> {
    let done = desk.db.write(move |conn| verbs::ask(conn, &ask, now)).await;
    match done {
        Err(VerbError::Database(error)) if error.violated_constraint().is_some() => Ok(()),
        other => Ok(other?),
    }
}

/// Requests, the newest first.
pub async fn list(
    req: ApiRequest<(), (), ListAccessRequests>,
) -> Result<Reply<Page<AccessRequestDocument>>, Problem> {
    let page = req
        .read(|conn, req| {
            let found = list::answer::<AccessRequests>(conn, req.asker(), &req.query)?;
            let names = Names::of(conn, &found.rows)?;
            Ok(found.page(|request| document(request, &names)))
        })
        .await?;
    Reply::new(&page)
}

/// One request.
pub async fn show(
    req: ApiRequest<AccessRequestId>,
) -> Result<Reply<AccessRequestDocument>, Problem> {
    let document = req
        .read(|conn, req| read(conn, req.principal.access().reach(), req.address))
        .await?;
    Ok(Reply::new(&document)?.version(document.version))
}

fn read(
    conn: &mut Conn,
    reach: Reach,
    id: AccessRequestId,
) -> Result<AccessRequestDocument, Problem> {
    let request = requests::find(conn, reach, id)?.ok_or_else(Problem::not_found)?;
    let names = Names::of(conn, std::slice::from_ref(&request))?;
    Ok(document(request, &names))
}

/// Decides a request.
pub async fn decide(
    req: ApiRequest<AccessRequestId, DecideAccess>,
) -> Result<Reply<AccessRequestDocument>, Problem> {
    req.write(|conn, req| {
        let (actor, key) = (&req.principal.actor, &req.desk.key);
        let id = verbs::decide(conn, key, actor, req.address, &req.body, req.now)?;
        let document = read(conn, Reach::Everything, id)?;
        Ok(Reply::new(&document)?.version(document.version))
    })
    .await
}
