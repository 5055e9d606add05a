//! Cases: the rows, and the views in which people see them.

mod listing;

use diesel::prelude::*;

use crate::db::schema::{
    audit_events, cases, escalations, lines_of_business, organizations, people,
};
use crate::db::sql_types::{At, Json, Key, MaybeAt, json};
use crate::db::{Conn, condition, on_either};
use crate::domain::Instant;
use crate::domain::access::Reach;
use crate::domain::audit::SeenBy;
use crate::domain::case::{BusinessImpact, Channel, Deployment, Engagement, Priority, Rca, Status};
use crate::domain::escalation::State;
use crate::domain::ids::{
    CaseId, CaseNumber, CaseRef, EscalationId, EscalationNumber, EventId, LineId, OrganizationId,
    PersonId,
};
use crate::domain::offers::CaseState;
use crate::domain::organization::{OrganizationKind, Side};
use crate::domain::text::search;
use crate::store::cas::{Cas, compare_and_set};
use crate::store::lines::{hidden_from, within_reach};
use crate::store::people::display_name;

pub use listing::{CaseFilter, CaseOrder, count, list, place};

/// A row of `cases`.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = cases)]
pub struct Case {
    /// Its id.
    pub id: CaseId,
    /// Its number.
    #[diesel(deserialize_as = i64)]
    pub number: CaseNumber,
    /// Whose case it is.
    pub organization_id: OrganizationId,
    /// The segment of the provider's work that it belongs to.
    pub line_of_business_id: LineId,
    /// One line.
    pub subject: String,
    /// Markdown.
    pub description: String,
    /// How urgent.
    pub priority: Priority,
    /// Where it stands.
    pub status: Status,
    /// Where the customer's installation runs.
    pub deployment: Deployment,
    /// What it does to the customer's business.
    pub business_impact: BusinessImpact,
    /// What it is about.
    pub product: Option<String>,
    /// Whom it waits on beyond the support team.
    pub engagements: Json<Vec<Engagement>>,
    /// Who opened it.
    pub opened_by: PersonId,
    /// The contact of record, if that is somebody else.
    pub contact_id: Option<PersonId>,
    /// The engineer who owns it.
    pub owner_id: Option<PersonId>,
    /// When it was opened.
    #[diesel(deserialize_as = At)]
    pub opened_at: Instant,
    /// When the provider's staff last made something visible to the customer (C7).
    #[diesel(deserialize_as = MaybeAt)]
    pub last_provider_entry_at: Option<Instant>,
    /// When it was closed.
    #[diesel(deserialize_as = MaybeAt)]
    pub closed_at: Option<Instant>,
    /// When a root cause analysis was requested (C6).
    #[diesel(deserialize_as = MaybeAt)]
    pub rca_requested_at: Option<Instant>,
    /// When it was delivered.
    #[diesel(deserialize_as = MaybeAt)]
    pub rca_delivered_at: Option<Instant>,
    /// Its name in the system it was imported from.
    pub external_id: Option<String>,
    /// How the contact reached the provider, where the provider's staff opened it (C3).
    pub channel: Option<Channel>,
    /// When it last changed.
    #[diesel(deserialize_as = At)]
    pub updated_at: Instant,
    /// Counts its changes.
    pub version: i64,
}

impl Case {
    /// `last_provider_update_at` of C7: the opening counts where the provider has not written yet.
    pub fn last_provider_update_at(&self) -> Instant {
        self.last_provider_entry_at.unwrap_or(self.opened_at)
    }

    /// The contact of record (C3, P7).
    pub fn contact(&self) -> PersonId {
        self.contact_id.unwrap_or(self.opened_by)
    }

    /// The root cause analysis, if one was requested.
    pub fn rca(&self) -> Option<Rca> {
        self.rca_requested_at.map(|requested_at| Rca {
            requested_at,
            delivered_at: self.rca_delivered_at,
        })
    }

    /// The case as the subject of audited events.
    pub fn subject_id(&self) -> EventId {
        EventId::from_uuid(*self.id.as_uuid())
    }
}

/// A person as a case names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Their id.
    pub id: PersonId,
    /// First and last name.
    pub name: String,
}

/// A case with the names that belong to it.
#[derive(Clone, Debug)]
pub struct CaseView {
    /// The row.
    pub case: Case,
    /// Whose case it is.
    pub organization: OrganizationRef,
    /// The name of its line of business, which customers never receive.
    pub line_name: String,
    /// Who opened it.
    pub opened_by: Named,
    /// The contact of record.
    pub contact: Named,
    /// The engineer who owns it.
    pub owner: Option<Named>,
    /// The escalation that is active on it.
    pub active_escalation: Option<ActiveEscalation>,
    /// Whether a request for a higher priority waits for its decision.
    pub has_pending_request: bool,
}

impl CaseView {
    /// The case as its verbs are decided on.
    pub fn state(&self) -> CaseState {
        CaseState {
            status: self.case.status,
            priority: self.case.priority,
            rca: self.case.rca(),
            has_pending_request: self.has_pending_request,
            has_active_escalation: self.active_escalation.is_some(),
        }
    }
}

/// An organization as a case names it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = organizations)]
pub struct OrganizationRef {
    /// Its id.
    pub id: OrganizationId,
    /// Its name in addresses.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// What it is to the installation.
    pub kind: OrganizationKind,
}

/// The active escalation as a case names it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = escalations)]
pub struct ActiveEscalation {
    /// Its id.
    pub id: EscalationId,
    /// Its number.
    #[diesel(deserialize_as = i64)]
    pub number: EscalationNumber,
    /// Where it stands.
    pub state: State,
}

/// What a new case is made of.
#[derive(Clone, Debug)]
pub struct NewCase<'a> {
    /// Its number.
    pub number: CaseNumber,
    /// Whose case it is.
    pub organization: OrganizationId,
    /// Its line of business.
    pub line: LineId,
    /// One line.
    pub subject: &'a str,
    /// Markdown.
    pub description: &'a str,
    /// How urgent.
    pub priority: Priority,
    /// Where it stands.
    pub status: Status,
    /// Where the customer's installation runs.
    pub deployment: Deployment,
    /// What it does to the customer's business.
    pub business_impact: BusinessImpact,
    /// What it is about.
    pub product: Option<&'a str>,
    /// Whom it waits on.
    pub engagements: &'a [Engagement],
    /// Who opened it.
    pub opened_by: PersonId,
    /// The contact of record, if that is somebody else.
    pub contact: Option<PersonId>,
    /// The engineer who owns it.
    pub owner: Option<PersonId>,
    /// When it was opened.
    pub opened_at: Instant,
    /// When it was closed; present exactly if the status is closed.
    pub closed_at: Option<Instant>,
    /// The newest update by the provider among the entries that come with it.
    pub last_provider_entry_at: Option<Instant>,
    /// Its root cause analysis.
    pub rca: Option<Rca>,
    /// Its name in another system.
    pub external_id: Option<&'a str>,
    /// How the contact reached the provider, where the provider's staff opened it.
    pub channel: Option<Channel>,
}

/// Adds a case.
///
/// # Errors
/// The database's own; a unique violation if the number or external id is taken.
pub fn insert(conn: &mut Conn, new: &NewCase<'_>, now: Instant) -> QueryResult<CaseId> {
    let id = CaseId::new(new.opened_at);
    diesel::insert_into(cases::table)
        .values((
            cases::id.eq(id),
            cases::number.eq(new.number.value()),
            cases::organization_id.eq(new.organization),
            cases::line_of_business_id.eq(new.line),
            cases::subject.eq(new.subject),
            cases::description.eq(new.description),
            cases::priority.eq(new.priority),
            cases::status.eq(new.status),
            cases::deployment.eq(new.deployment),
            cases::business_impact.eq(new.business_impact),
            cases::product.eq(new.product),
            cases::engagements.eq(json(new.engagements)?),
            cases::opened_by.eq(new.opened_by),
            cases::owner_id.eq(new.owner),
            cases::opened_at.eq(At(new.opened_at)),
            cases::last_provider_entry_at.eq(new.last_provider_entry_at.map(At)),
            cases::closed_at.eq(new.closed_at.map(At)),
            cases::rca_requested_at.eq(new.rca.map(|rca| At(rca.requested_at))),
            cases::rca_delivered_at.eq(new.rca.and_then(|rca| rca.delivered_at).map(At)),
            cases::external_id.eq(new.external_id),
            cases::contact_id.eq(new.contact),
            cases::channel.eq(new.channel),
            cases::search_text.eq(search_text(new.number, new.subject, new.description)),
            cases::updated_at.eq(At(now)),
        ))
        .execute(conn)?;
    Ok(id)
}

/// What a search looks through: number, subject and description, without accents as the words of a search are.
pub fn search_text(number: CaseNumber, subject: &str, description: &str) -> String {
    search::unaccented(&format!("{number}\n{subject}\n{description}"))
}

/// Changes to a case; what is `None` stays.
#[derive(Clone, Debug, Default, AsChangeset)]
#[diesel(table_name = cases)]
pub struct CaseChanges {
    /// Its line of business.
    pub line_of_business_id: Option<LineId>,
    /// One line.
    pub subject: Option<String>,
    /// Markdown.
    pub description: Option<String>,
    /// How urgent.
    pub priority: Option<Priority>,
    /// Where it stands.
    pub status: Option<Status>,
    /// Where the customer's installation runs.
    pub deployment: Option<Deployment>,
    /// What it does to the customer's business.
    pub business_impact: Option<BusinessImpact>,
    /// What it is about.
    pub product: Option<Option<String>>,
    /// Whom it waits on, as JSON.
    pub engagements: Option<String>,
    /// The engineer who owns it.
    pub owner_id: Option<Option<PersonId>>,
    /// The newest update by the provider.
    pub last_provider_entry_at: Option<Option<At>>,
    /// When it was closed.
    pub closed_at: Option<Option<At>>,
    /// When a root cause analysis was requested.
    pub rca_requested_at: Option<Option<At>>,
    /// When it was delivered.
    pub rca_delivered_at: Option<Option<At>>,
    /// What a search looks through.
    pub search_text: Option<String>,
}

impl CaseChanges {
    /// Whether everything stays as it is in `case`.
    pub fn leave(&self, case: &Case) -> bool {
        fn same<T: PartialEq>(new: &Option<T>, now: &T) -> bool {
            new.as_ref().is_none_or(|new| new == now)
        }
        // Taken apart, so that a column that is added has to be asked for here.
        let Self {
            line_of_business_id,
            subject,
            description,
            priority,
            status,
            deployment,
            business_impact,
            product,
            engagements,
            owner_id,
            last_provider_entry_at,
            closed_at,
            rca_requested_at,
            rca_delivered_at,
            // It follows the subject and the description.
            search_text: _,
        } = self;
        let engagements = engagements
            .as_deref()
            .map(serde_json::from_str::<Vec<Engagement>>);
        let moves = [
            last_provider_entry_at,
            closed_at,
            rca_requested_at,
            rca_delivered_at,
        ];
        same(line_of_business_id, &case.line_of_business_id)
            && same(subject, &case.subject)
            && same(description, &case.description)
            && same(priority, &case.priority)
            && same(status, &case.status)
            && same(deployment, &case.deployment)
            && same(business_impact, &case.business_impact)
            && same(product, &case.product)
            && same(owner_id, &case.owner_id)
            && engagements.is_none_or(|new| new.is_ok_and(|new| new == case.engagements.0))
            && moves.into_iter().all(Option::is_none)
    }
}

/// Changes a case if it is still at `version`, and counts the change. Whoever holds the lock of [`lock`] finds it so.
///
/// # Errors
/// The database's own.
pub fn update(
    conn: &mut Conn,
    id: CaseId,
    version: i64,
    changes: &CaseChanges,
    now: Instant,
) -> QueryResult<Cas> {
    let changes = (changes, cases::updated_at.eq(At(now)));
    Ok(compare_and_set!(conn, cases.id = id, version, changes))
}

/// When a case was last changed that exists for the reader: then lists of cases say something else than before.
///
/// # Errors
/// The database's own.
pub fn last_change(conn: &mut Conn, reach: Reach) -> QueryResult<Option<Instant>> {
    let mut query = cases::table.select(cases::updated_at).into_boxed();
    query = within_reach!(query, reach);
    let newest = query
        .order((cases::updated_at.desc(), cases::id.desc()))
        .first::<At>(conn)
        .optional()?;
    Ok(newest.map(|At(at)| at))
}

/// Whether anything was recorded behind a place in the chain of audited events of a case that exists for the reader, and that
/// their side is shown.
///
/// # Errors
/// The database's own.
pub fn is_any_changed(conn: &mut Conn, reach: Reach, side: Side, after: i64) -> QueryResult<bool> {
    let mut query = audit_events::table
        .inner_join(cases::table.on(audit_events::case_id.eq(cases::id.nullable())))
        .filter(audit_events::position.gt(after))
        .select(audit_events::position)
        .into_boxed();
    if side == Side::Customer {
        query = query.filter(audit_events::seen_by.eq(SeenBy::Both));
    }
    query = within_reach!(query, reach);
    let first: Option<i64> = query.limit(1).first(conn).optional()?;
    Ok(first.is_some())
}

/// The id of the case that a request names, if it exists for the reader.
///
/// # Errors
/// The database's own.
pub fn id_of(conn: &mut Conn, reach: Reach, case: &CaseRef) -> QueryResult<Option<CaseId>> {
    let mut query = cases::table.select(cases::id).into_boxed();
    query = match case {
        CaseRef::Id(id) => query.filter(cases::id.eq(*id)),
        CaseRef::Number(number) => query.filter(cases::number.eq(number.value())),
    };
    query = within_reach!(query, reach);
    query.get_result(conn).optional()
}

/// The version of a case, if it exists for the reader.
///
/// # Errors
/// The database's own.
pub fn version_of(conn: &mut Conn, reach: Reach, id: CaseId) -> QueryResult<Option<i64>> {
    let mut query = cases::table
        .select(cases::version)
        .filter(cases::id.eq(id))
        .into_boxed();
    query = within_reach!(query, reach);
    query.get_result(conn).optional()
}

/// The case that a request names, if it exists for the reader, locked until the transaction ends: every verb takes
/// this first, so that what it decides on cannot change under it. Whoever only names the case in a row of their own, such as a
/// notice, does not wait. On SQLite the writer is alone already.
///
/// # Errors
/// The database's own.
pub fn lock(conn: &mut Conn, reach: Reach, case: &CaseRef) -> QueryResult<Option<Case>> {
    let Some(id) = id_of(conn, reach, case)? else {
        return Ok(None);
    };
    if let Conn::Postgres(conn) = conn {
        diesel::sql_query("SELECT 1 FROM cases WHERE id = $1 FOR NO KEY UPDATE")
            .bind::<Key, _>(id)
            .execute(conn)?;
    }
    find(conn, id).map(Some)
}

/// The row of that id.
///
/// # Errors
/// The database's own; `NotFound` if there is none.
pub fn find(conn: &mut Conn, id: CaseId) -> QueryResult<Case> {
    cases::table
        .filter(cases::id.eq(id))
        .select(Case::as_select())
        .get_result(conn)
}

/// Whether an imported case of that name is there already.
///
/// # Errors
/// The database's own.
pub fn by_external_id(conn: &mut Conn, external_id: &str) -> QueryResult<Option<CaseId>> {
    cases::table
        .filter(cases::external_id.eq(external_id))
        .select(cases::id)
        .get_result(conn)
        .optional()
}

/// Who owns an open case of which line, once for each.
///
/// # Errors
/// The database's own.
pub fn owners_by_line(conn: &mut Conn) -> QueryResult<Vec<(PersonId, LineId)>> {
    let rows: Vec<(Option<PersonId>, LineId)> = cases::table
        .filter(cases::owner_id.is_not_null())
        .filter(cases::status.ne(Status::Closed))
        .select((cases::owner_id, cases::line_of_business_id))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .filter_map(|(owner, line)| Some((owner?, line)))
        .collect())
}

mod alias {
    use crate::db::schema::people;
    diesel::alias!(people as opener: Opener, people as case_owner: CaseOwner, people as of_record: OfRecord);
}
use alias::{case_owner, of_record, opener};

/// The columns of a [`CaseView`] as one row.
type ViewRow = (
    Case,
    OrganizationRef,
    String,
    (String, String),
    Option<(String, String)>,
    Option<(String, String)>,
    Option<ActiveEscalation>,
    bool,
);

/// Cases with all the names that belong to them, in one query.
macro_rules! views {
    () => {
        cases::table
            .inner_join(organizations::table)
            .inner_join(lines_of_business::table)
            .inner_join(opener.on(opener.field(people::id).eq(cases::opened_by)))
            .left_join(of_record.on(of_record.field(people::id).nullable().eq(cases::contact_id)))
            .left_join(case_owner.on(case_owner.field(people::id).nullable().eq(cases::owner_id)))
            .left_join(escalations::table.on(escalations::case_id.eq(cases::id).and(IsActive)))
            .select((
                Case::as_select(),
                OrganizationRef::as_select(),
                lines_of_business::name,
                opener.fields((people::first_name, people::last_name)),
                of_record
                    .fields((people::first_name, people::last_name))
                    .nullable(),
                case_owner
                    .fields((people::first_name, people::last_name))
                    .nullable(),
                Option::<ActiveEscalation>::as_select(),
                HasPendingRequest,
            ))
    };
}

use views;

/// One case, if it exists for the reader.
///
/// # Errors
/// The database's own.
pub fn view(conn: &mut Conn, reach: Reach, case: &CaseRef) -> QueryResult<Option<CaseView>> {
    // Each in a fixed shape: the text of so wide a query takes as long to make as the row to find.
    macro_rules! one {
        ($is_it:expr) => {
            match reach {
                Reach::Everything => on_either!(conn, |own| views!()
                    .filter($is_it)
                    .get_result::<ViewRow>(own)),
                Reach::Organization(own) => {
                    let theirs = cases::organization_id.eq(own);
                    on_either!(conn, |own| views!()
                        .filter(theirs)
                        .filter($is_it)
                        .get_result::<ViewRow>(own))
                }
                Reach::Staff(person) => on_either!(conn, |own| views!()
                    .filter(cases::line_of_business_id.ne_all(hidden_from!(person)))
                    .filter($is_it)
                    .get_result::<ViewRow>(own)),
            }
        };
    }
    let row = match case {
        CaseRef::Id(id) => one!(cases::id.eq(*id)),
        CaseRef::Number(number) => one!(cases::number.eq(number.value())),
    };
    Ok(row.optional()?.map(CaseView::from))
}

condition! {
    /// Of an escalation that has not come to an end.
    pub(crate) IsActive = "escalations.state IN ('submitted', 'in_review', 'accepted')"
}

condition! {
    /// Of a case on which a request for a higher priority waits for its decision.
    HasPendingRequest = "EXISTS (SELECT 1 FROM priority_requests \
        WHERE priority_requests.case_id = cases.id AND priority_requests.state = 'pending')"
}

impl From<ViewRow> for CaseView {
    fn from(
        (
            case,
            organization,
            line_name,
            opened_by,
            contact,
            owner,
            active_escalation,
            has_pending_request,
        ): ViewRow,
    ) -> Self {
        let named = |id, (first, last): (String, String)| Named {
            id,
            name: display_name(&first, &last),
        };
        let opened_by = named(case.opened_by, opened_by);
        let contact = case.contact_id.zip(contact);
        Self {
            contact: contact.map_or_else(|| opened_by.clone(), |(id, name)| named(id, name)),
            opened_by,
            owner: case.owner_id.zip(owner).map(|(id, name)| named(id, name)),
            case,
            organization,
            line_name,
            active_escalation,
            has_pending_request,
        }
    }
}
