//! Opening a case (C1, C3).

use super::record::{Recorded, case_fields};
use super::{Actor, Rejection, VerbResult, publish};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Permission, Reach};
use crate::domain::audit::seal::Thing;
use crate::domain::case::{BusinessImpact, Deployment, Priority, Status};
use crate::domain::event::CaseEvent;
use crate::domain::ids::{CaseId, CaseNumber, OrganizationId};
use crate::domain::notice::Opened;
use crate::domain::organization::{OrganizationKind, Side};
use crate::domain::text::{Markdown, Subject, Title};
use crate::input::input;
use crate::store::Counter;
use crate::store::cases::{self, NewCase};
use crate::store::{lines, organizations};

input! {
    /// A new case.
    pub struct OpenCase {
        /// One line.
        subject: Subject,
        /// What happened, in Markdown.
        description: Markdown,
        /// How urgent.
        priority: Priority,
        /// Where the customer's installation runs.
        deployment: Deployment,
        /// What it does to the customer's business.
        business_impact: BusinessImpact,
        /// What it is about.
        product: Option<Title>,
        /// The line of business, by id or name; staff only.
        line_of_business: Option<String>,
        /// Whose case it is, by id or slug; needed where staff open it. Contacts may only name their own.
        organization: Option<String>,
    }
}

/// Opens a case for the actor's organization, or for the one that staff name.
///
/// # Errors
/// [`Rejection::Denied`], [`Rejection::Field`].
pub fn open_case(
    conn: &mut Conn,
    actor: &Actor,
    open: &OpenCase,
    now: Instant,
) -> VerbResult<CaseId> {
    actor.require(Permission::CasesCreate)?;
    let organization = whose(conn, actor, open.organization.as_deref())?;
    let line = match &open.line_of_business {
        None => lines::root(conn, now)?,
        // Customers never learn the names of lines: naming one tells them nothing, whether it exists or not.
        Some(name) if actor.side() == Side::Customer => {
            return Err(Rejection::Field {
                field: "line_of_business",
                code: "staff_only",
                given: name.clone(),
            }
            .into());
        }
        Some(name) => {
            let unknown = || Rejection::Field {
                field: "line_of_business",
                code: "not_found",
                given: name.clone(),
            };
            lines::named(conn, name)?.ok_or_else(unknown)?.id
        }
    };
    // A4: nobody opens what does not exist for them from then on.
    if !lines::readers(conn, line)?.admit(&actor.access) {
        return Err(Rejection::Field {
            field: "line_of_business",
            code: "line_not_readable",
            given: open.line_of_business.clone().unwrap_or_default(),
        }
        .into());
    }
    let number = CaseNumber::new(Counter::Case.next(conn)?);
    let new = NewCase {
        number,
        organization,
        line,
        subject: open.subject.as_str(),
        description: open.description.as_str(),
        priority: open.priority,
        status: Status::Open,
        deployment: open.deployment,
        business_impact: open.business_impact,
        product: open.product.as_ref().map(Title::as_str),
        engagements: &[],
        opened_by: actor.id(),
        owner: None,
        opened_at: now,
        closed_at: None,
        last_provider_entry_at: None,
        rca: None,
        external_id: None,
    };
    let id = cases::insert(conn, &new, now)?;
    let case = cases::find(conn, id)?;
    let fields = case_fields(&case);
    let recorded = Recorded::added(case.subject_id(), fields).sealing(Thing::Case(id));
    let event = CaseEvent::Opened(Opened {
        description: case.description.clone(),
        deployment: case.deployment,
        business_impact: case.business_impact,
    });
    publish::on_case(conn, actor, &case, recorded, event, now)?;
    Ok(id)
}

fn whose(conn: &mut Conn, actor: &Actor, named: Option<&str>) -> VerbResult<OrganizationId> {
    let refused = |code: &'static str, given: &str| Rejection::Field {
        field: "organization",
        code,
        given: given.to_owned(),
    };
    match (named, actor.reach()) {
        (None, Reach::Organization(own)) => Ok(own),
        (None, Reach::Everything | Reach::Staff(_)) => Err(refused("missing", "").into()),
        (Some(name), reach) => {
            let organization = organizations::named(conn, reach, name)?
                .ok_or_else(|| refused("not_found", name))?;
            if organization.kind == OrganizationKind::Provider {
                return Err(refused("not_a_customer", name).into());
            }
            Ok(organization.id)
        }
    }
}
