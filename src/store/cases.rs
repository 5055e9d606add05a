//! Cases: the rows, and the views in which people see them.

mod finding;
mod listing;
mod narrowing;
mod parts;
mod ranks;
mod searching;
mod sought;
mod strategy;
mod under_way;
mod writing;

use diesel::dsl::not;
use diesel::prelude::*;
use diesel::result::Error::NotFound;

use crate::db::schema::{cases, escalations, organizations};
use crate::db::sql_types::{At, Json, MaybeAt};
use crate::db::{Conn, TheEpochs, condition, fixed, on_either, read_epochs, steadily};
use crate::domain::Instant;
use crate::domain::access::Reach;
use crate::domain::case::{BusinessImpact, Channel, Deployment, Engagement, Priority, Rca, Status};
use crate::domain::escalation::State;
use crate::domain::ids::{
    CaseId, CaseNumber, CaseRef, EscalationId, EscalationNumber, EventId, LineId, OrganizationId,
    PersonId,
};
use crate::domain::offers::CaseState;
use crate::domain::organization::OrganizationKind;
use crate::store;
use crate::store::lines::is_hidden_from;
use crate::store::people::Named;

pub use finding::{
    by_external_id, find, id_of, last_change, lock, owners_by_line, version_of, visible,
};
pub use listing::{CaseFilter, CaseOrder, among, bare_list, count, list, place};
pub use parts::{Parts, if_any, parts};
pub use searching::Says;
pub use under_way::{
    ActiveThen, UnderWay, UpdatesAndRead, under_way, updates_and_read, visible_with,
};
pub use writing::{
    CaseChanges, NewCase, ReadyCase, insert, insert_all, move_on, search_words, touch,
    touch_by_provider, update,
};

/// A row of `cases`.
#[derive(Clone, Debug, Hash, Queryable, Selectable)]
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

/// A case with what is under way on it, and without the names that belong to it.
#[derive(Clone, Debug, Hash)]
pub struct BareCase {
    /// The row.
    pub case: Case,
    /// The escalation that is active on it.
    pub active_escalation: Option<ActiveEscalation>,
    /// Whether a request for a higher priority waits for its decision.
    pub has_pending_request: bool,
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
#[derive(Clone, Debug, Hash, Queryable, Selectable)]
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

/// What is read of a [`BareCase`], with the epochs.
type BareRow = (Case, Option<ActiveEscalation>, bool, String);

/// Cases with the escalation that is active on them.
macro_rules! with_escalation {
    () => {
        cases::table
            .left_join(escalations::table.on(escalations::case_id.eq(cases::id).and(IsActive)))
    };
}

pub(in crate::store) use with_escalation;

/// Cases with what is under way on them.
macro_rules! views {
    () => {
        with_escalation!().select((
            Case::as_select(),
            Option::<ActiveEscalation>::as_select(),
            HasPendingRequest,
            TheEpochs,
        ))
    };
}

use views;

/// One case, if it exists for the reader.
///
/// # Errors
/// Database errors.
pub fn view(conn: &mut Conn, reach: Reach, case: &CaseRef) -> QueryResult<Option<CaseView>> {
    let found = bare(conn, reach, case)?;
    Ok(named(conn, found.into_iter().collect())?.pop())
}

/// The same without its names, which are remembered.
///
/// # Errors
/// Database errors.
pub fn bare(conn: &mut Conn, reach: Reach, case: &CaseRef) -> QueryResult<Option<BareCase>> {
    // Each in a fixed shape: the text of so wide a query takes as long to make as the row to find.
    macro_rules! one {
        ($is_it:expr) => {
            match reach {
                Reach::Everything => {
                    on_either!(conn, |own| fixed!(views!().filter($is_it))
                        .get_result::<BareRow>(own))
                }
                Reach::Organization(own) => {
                    let theirs = cases::organization_id.eq(own);
                    on_either!(conn, |own| fixed!(views!().filter(theirs).filter($is_it))
                        .get_result::<BareRow>(own))
                }
                Reach::Staff(person) => {
                    let theirs = not(is_hidden_from!(person));
                    on_either!(conn, |own| fixed!(views!().filter(theirs).filter($is_it))
                        .get_result::<BareRow>(own))
                }
            }
        };
    }
    let row = match case {
        CaseRef::Id(id) => one!(cases::id.eq(*id)),
        CaseRef::Number(number) => one!(cases::number.eq(number.value())),
    };
    let row = row.optional()?;
    Ok(bare_of(row.into_iter().collect()).pop())
}

/// A case that was just opened: nothing can be under way on it yet.
///
/// # Errors
/// Database errors.
pub fn view_of_new(conn: &mut Conn, case: Case) -> QueryResult<CaseView> {
    let bare = BareCase {
        case,
        active_escalation: None,
        has_pending_request: false,
    };
    named(conn, vec![bare])?.pop().ok_or(NotFound)
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

/// The cases of these rows, in their order.
fn bare_of(rows: Vec<BareRow>) -> Vec<BareCase> {
    if let Some((.., epochs)) = rows.first() {
        read_epochs(epochs);
    }
    let bare = |(case, active_escalation, has_pending_request, _): BareRow| BareCase {
        case,
        active_escalation,
        has_pending_request,
    };
    rows.into_iter().map(bare).collect()
}

/// The cases with their names, in their order.
///
/// # Errors
/// Database errors.
pub fn named(conn: &mut Conn, bare: Vec<BareCase>) -> QueryResult<Vec<CaseView>> {
    let cases = || bare.iter().map(|one| &one.case);
    let people_of = |case: &Case| [Some(case.opened_by), case.contact_id, case.owner_id];
    let (people, organizations, lines) = steadily(conn, |conn| -> QueryResult<_> {
        Ok((
            store::people::references(conn, cases().flat_map(people_of).flatten())?,
            store::organizations::references(conn, cases().map(|case| case.organization_id))?,
            store::lines::references(conn, cases().map(|case| case.line_of_business_id))?,
        ))
    })?;
    let named = |id: PersonId| Named::of(id, &people);
    let view = |bare: BareCase| {
        let case = bare.case;
        let organization = organizations.get(&case.organization_id).ok_or(NotFound)?;
        let line = lines.get(&case.line_of_business_id).ok_or(NotFound)?;
        Ok(CaseView {
            organization: OrganizationRef::clone(organization),
            line_name: line.name.clone(),
            opened_by: named(case.opened_by)?,
            contact: named(case.contact())?,
            owner: case.owner_id.map(named).transpose()?,
            active_escalation: bare.active_escalation,
            has_pending_request: bare.has_pending_request,
            case,
        })
    };
    bare.into_iter().map(view).collect()
}
