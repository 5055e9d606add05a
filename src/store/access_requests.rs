//! Requests for read-only access (A6).

use diesel::prelude::*;
use diesel::result::DatabaseErrorKind::UniqueViolation;
use diesel::result::Error::DatabaseError;

use crate::db::Conn;
use crate::db::schema::{access_requests as requests, organizations, people};
use crate::db::sql_types::{At, MaybeAt};
use crate::domain::Instant;
use crate::domain::access::Reach;
use crate::domain::access_request::{AccessRequestState, Suspect};
use crate::domain::ids::{AccessRequestId, OrganizationId, PersonId};
use crate::domain::order::{Place, Window, orders};
use crate::domain::organization::OrganizationKind;
use crate::domain::text::{EmailAddress, PersonName};
use crate::store::page::{counted, windowed};

/// A row of `access_requests`.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = requests)]
pub struct AccessRequest {
    /// Its id.
    pub id: AccessRequestId,
    /// The organization that decides; the provider alone if none was found.
    pub organization_id: Option<OrganizationId>,
    /// The organization as it was typed.
    pub organization_typed: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// The work address.
    pub email: EmailAddress,
    /// Words to whoever decides.
    pub note: Option<String>,
    /// Where it stands.
    pub state: AccessRequestState,
    /// When it was made.
    #[diesel(deserialize_as = At)]
    pub requested_at: Instant,
    /// When it was decided.
    #[diesel(deserialize_as = MaybeAt)]
    pub decided_at: Option<Instant>,
    /// By whom.
    pub decided_by: Option<PersonId>,
    /// Why so.
    pub decision_note: Option<String>,
    /// Until when access was granted; for good if never.
    #[diesel(deserialize_as = MaybeAt)]
    pub until: Option<Instant>,
    /// To whom it was granted.
    pub person_id: Option<PersonId>,
    /// Counts its changes.
    pub version: i64,
    /// The reseller's or end user's company of whoever asks, where that is not the organization.
    pub company: Option<String>,
    /// For which customer they ask.
    pub customer: Option<String>,
}

impl AccessRequest {
    /// First and last name.
    pub fn name(&self) -> String {
        super::people::display_name(&self.first_name, &self.last_name)
    }
}

/// What a new request is made of.
#[derive(Clone, Debug)]
pub struct NewAccessRequest<'a> {
    /// The organization that decides.
    pub organization: Option<OrganizationId>,
    /// The organization as it was typed.
    pub typed: &'a str,
    /// First name.
    pub first_name: &'a PersonName,
    /// Last name.
    pub last_name: &'a PersonName,
    /// The work address.
    pub email: &'a EmailAddress,
    /// The reseller's or end user's company of whoever asks.
    pub company: Option<&'a str>,
    /// For which customer they ask.
    pub customer: Option<&'a str>,
    /// Words to whoever decides.
    pub note: Option<&'a str>,
}

/// Adds a pending request, unless the same is pending already.
///
/// # Errors
/// Database errors; a unique violation if the same is made at one instant.
pub fn insert(
    conn: &mut Conn,
    new: &NewAccessRequest<'_>,
    now: Instant,
) -> QueryResult<Option<AccessRequestId>> {
    let same = requests::table
        .filter(requests::email.eq(new.email))
        .filter(requests::organization_typed.eq(new.typed))
        .filter(requests::state.eq(AccessRequestState::Pending));
    if diesel::select(diesel::dsl::exists(same)).get_result(conn)? {
        return Ok(None);
    }
    let id = AccessRequestId::new(now);
    // In a savepoint: somebody may ask the same at the same moment, and both find nothing yet.
    let inserted = conn.transaction(|conn| {
        diesel::insert_into(requests::table)
            .values((
                requests::id.eq(id),
                requests::organization_id.eq(new.organization),
                requests::organization_typed.eq(new.typed),
                requests::first_name.eq(new.first_name.as_str()),
                requests::last_name.eq(new.last_name.as_str()),
                requests::email.eq(new.email),
                requests::company.eq(new.company),
                requests::customer.eq(new.customer),
                requests::note.eq(new.note),
                requests::state.eq(AccessRequestState::Pending),
                requests::requested_at.eq(At(now)),
            ))
            .execute(conn)
    });
    match inserted {
        Ok(_) => Ok(Some(id)),
        Err(DatabaseError(UniqueViolation, _)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The organizations that somebody may have meant by what they typed: an id, a name in addresses, or a name.
///
/// # Errors
/// Database errors.
pub fn of_name(conn: &mut Conn, typed: &str) -> QueryResult<Vec<Suspect>> {
    let folded = typed.trim().to_lowercase();
    let mut query = organizations::table
        .select((organizations::id, organizations::kind))
        .into_boxed();
    query = match folded.parse::<OrganizationId>() {
        Ok(id) => query.filter(organizations::id.eq(id)),
        Err(_) => query.filter(
            organizations::slug
                .eq(folded.clone())
                .or(lower(organizations::name).eq(folded))
                // SQLite folds the letters of ASCII alone.
                .or(organizations::name.eq(typed.trim().to_owned())),
        ),
    };
    let found: Vec<(OrganizationId, OrganizationKind)> = query.limit(2).load(conn)?;
    Ok(suspects(found))
}

diesel::define_sql_function! {
    /// A text in lower case.
    fn lower(text: diesel::sql_types::Text) -> diesel::sql_types::Text;
}

/// The organizations of which somebody has a verified address at this domain, or the provider at any: two are as good
/// as none.
///
/// # Errors
/// Database errors.
pub fn of_domain(conn: &mut Conn, domain: &str) -> QueryResult<Vec<Suspect>> {
    let found: Vec<(OrganizationId, OrganizationKind)> = people::table
        .inner_join(organizations::table)
        .filter(people::email.like(format!("%@{domain}")))
        .filter(people::email_verified_at.is_not_null())
        .select((organizations::id, organizations::kind))
        .distinct()
        .limit(2)
        .load(conn)?;
    Ok(suspects(found))
}

fn suspects(found: Vec<(OrganizationId, OrganizationKind)>) -> Vec<Suspect> {
    found
        .into_iter()
        .map(|(id, kind)| Suspect { id, kind })
        .collect()
}

/// The request of that id, if it exists for the reader.
///
/// # Errors
/// Database errors.
pub fn find(
    conn: &mut Conn,
    reach: Reach,
    id: AccessRequestId,
) -> QueryResult<Option<AccessRequest>> {
    let mut query = requests::table
        .filter(requests::id.eq(id))
        .select(AccessRequest::as_select())
        .into_boxed();
    if let Reach::Organization(own) = reach {
        query = query.filter(requests::organization_id.eq(own));
    }
    query.get_result(conn).optional()
}

orders! {
    /// What requests are listed by.
    pub enum AccessRequestOrder {
        /// When they were made: their ids bear it.
        RequestedAt = "requested_at" by Id,
    }
}

/// Where a request stands in an order.
pub fn place(by: AccessRequestOrder, request: &AccessRequest) -> Place<AccessRequestId> {
    match by {
        AccessRequestOrder::RequestedAt => Place::Id(request.id),
    }
}

/// Leaves out what the reader may not see, and what is in another state. A macro, because every selection is a type of its
/// own.
macro_rules! passing {
    ($query:expr, $reach:expr, $state:expr) => {{
        let mut query = $query;
        if let Reach::Organization(own) = $reach {
            query = query.filter(requests::organization_id.eq(own));
        }
        if let Some(state) = $state {
            query = query.filter(requests::state.eq(state));
        }
        query
    }};
}

/// The requests that exist for the reader.
///
/// # Errors
/// Database errors.
pub fn list(
    conn: &mut Conn,
    reach: Reach,
    state: Option<AccessRequestState>,
    window: &Window<AccessRequestOrder, AccessRequestId>,
) -> QueryResult<Vec<AccessRequest>> {
    let query = requests::table
        .select(AccessRequest::as_select())
        .into_boxed();
    let query = passing!(query, reach, state);
    let query = match window.sort.by {
        AccessRequestOrder::RequestedAt => windowed!(query, window, id requests::id),
    };
    query.load(conn)
}

/// How many requests there are for the reader, counted up to `most`.
///
/// # Errors
/// Database errors.
pub fn count(
    conn: &mut Conn,
    reach: Reach,
    state: Option<AccessRequestState>,
    most: usize,
) -> QueryResult<usize> {
    let query = requests::table.select(requests::id).into_boxed();
    let query = passing!(query, reach, state);
    counted!(conn, query, AccessRequestId, most, requests::id.desc())
}

/// What was decided.
#[derive(Clone, Debug)]
pub struct Decided<'a> {
    /// Granted or refused.
    pub state: AccessRequestState,
    /// In which organization.
    pub organization: Option<OrganizationId>,
    /// To whom it was granted.
    pub person: Option<PersonId>,
    /// Until when; for good if never.
    pub until: Option<Instant>,
    /// Why so.
    pub note: Option<&'a str>,
    /// Who decided.
    pub by: PersonId,
}

/// Locks a request until the transaction ends, so that of two who decide at once the second sees what the first did.
///
/// # Errors
/// Database errors.
pub fn lock(conn: &mut Conn, id: AccessRequestId) -> QueryResult<()> {
    diesel::update(requests::table.filter(requests::id.eq(id)))
        .set(requests::version.eq(requests::version + 1))
        .execute(conn)
        .map(drop)
}

/// Decides a request that is pending and locked.
///
/// # Errors
/// Database errors.
pub fn decide(
    conn: &mut Conn,
    id: AccessRequestId,
    decided: &Decided<'_>,
    now: Instant,
) -> QueryResult<()> {
    diesel::update(requests::table.filter(requests::id.eq(id)))
        .set((
            requests::state.eq(decided.state),
            requests::organization_id.eq(decided.organization),
            requests::person_id.eq(decided.person),
            requests::until.eq(decided.until.map(At)),
            requests::decision_note.eq(decided.note),
            requests::decided_by.eq(decided.by),
            requests::decided_at.eq(At(now)),
        ))
        .execute(conn)
        .map(drop)
}
