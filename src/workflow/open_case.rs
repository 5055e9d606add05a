//! Opening a case (C1, C3).

use diesel::QueryResult;

use super::administer::refused;
use super::record::{Recorded, case_fields};
use super::{Actor, Rejection, VerbResult, attachments, publish};
use crate::db::{Conn, write_what_was_put_off};
use crate::domain::Instant;
use crate::domain::access::{Permission, Reach};
use crate::domain::case::{BusinessImpact, Channel, Deployment, Priority, Status};
use crate::domain::event::CaseEvent;
use crate::domain::ids::{AttachmentId, CaseId, CaseNumber, OrganizationId, PersonId};
use crate::domain::notice::Opened;
use crate::domain::organization::{OrganizationKind, Side};
use crate::domain::text::{Markdown, Subject, Title};
use crate::input::input;
use crate::store::Counter;
use crate::store::cases::{self, Case, NewCase};
use crate::store::people::Named;
use crate::store::{access, audit, lines, organizations, people};

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
        /// The contact of record, by id or address: somebody who opens cases for that organization. Needed from whoever is
        /// there by way of a pairing; whoever opens it if left out elsewhere.
        contact: Option<String>,
        /// How the contact got in touch; staff only.
        channel: Option<Channel>,
        /// Its name in another system, unique over the installation; staff only.
        external_id: Option<Subject>,
        /// Files that you have sent before, by id, in this order.
        attachments: Option<Vec<AttachmentId>>,
    }
}

/// Opens a case for the actor's organization, or for the one that staff name; gives its row.
///
/// # Errors
/// [`Rejection::Denied`], [`Rejection::Field`].
pub fn open_case(
    conn: &mut Conn,
    actor: &Actor,
    open: &OpenCase,
    now: Instant,
) -> VerbResult<Case> {
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
    let contact = contact(conn, actor, organization, open.contact.as_deref(), now)?;
    let external_id = open.external_id.as_ref().map(Subject::as_str);
    if actor.side() == Side::Customer {
        // A5: whether a name is taken would tell of other customers' cases.
        let channel = open.channel.map(Channel::as_str);
        for (field, given) in [("channel", channel), ("external_id", external_id)] {
            if let Some(given) = given {
                return Err(refused(field, "staff_only", given).into());
            }
        }
    }
    let files = attachments::chosen(conn, actor, None, open.attachments.as_deref(), now)?;
    let number = CaseNumber::new(Counter::Case.next(conn)?);
    // Behind the counter, at which those who open cases at the same time wait for each other.
    if let Some(name) = external_id
        && cases::by_external_id(conn, name)?.is_some()
    {
        return Err(refused("external_id", "taken", name).into());
    }
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
        contact: Some(contact).filter(|contact| *contact != actor.id()),
        owner: None,
        opened_at: now,
        closed_at: None,
        last_provider_entry_at: None,
        rca: None,
        external_id,
        channel: open.channel,
    };
    let id = CaseId::new(now);
    let (salt, said) = audit::sealed_case(id, new.subject, new.description);
    let case = new.row(id, now);
    cases::insert(conn, (id, salt), new, now)?;
    if !files.is_empty() {
        // They name it.
        write_what_was_put_off(conn)?;
        let to = (organization, id, None);
        attachments::attach(conn, &attachments::ids(&files), to, now)?;
    }
    let mut fields = case_fields(&case);
    attachments::recorded(&files, &mut fields);
    let recorded = Recorded::added(case.subject_id(), fields).saying(said);
    let event = CaseEvent::Opened(Opened {
        description: case.description.clone(),
        deployment: case.deployment,
        business_impact: case.business_impact,
        files: attachments::names(&files),
    });
    publish::on_case(conn, actor, &case, recorded, event, now)?;
    // Whatever follows finds it.
    write_what_was_put_off(conn)?;
    Ok(case)
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

/// Who can be the contact of record of an organization's cases: those who open cases for it themselves (P7).
///
/// # Errors
/// Database errors.
pub fn contacts(
    conn: &mut Conn,
    organization: OrganizationId,
    now: Instant,
) -> QueryResult<Vec<Named>> {
    let theirs = (organization, Side::Customer);
    access::holders_by_name(conn, theirs, Permission::CasesCreate, now)
}

/// The contact of record (C3, P7): whom the request names, who opens cases for the organization themselves. Whoever is
/// there by way of a pairing is none.
fn contact(
    conn: &mut Conn,
    actor: &Actor,
    organization: OrganizationId,
    named: Option<&str>,
    now: Instant,
) -> VerbResult<PersonId> {
    let refused = |code, given| refused("contact", code, given);
    let Some(name) = named else {
        // A cloned user belongs to the organization, though its original is there by way of a pairing (P8).
        let belongs = actor.access.through.is_none()
            || people::named(conn, organization, &actor.id().to_string())?.is_some();
        return match belongs {
            true => Ok(actor.id()),
            false => Err(refused("required", "").into()),
        };
    };
    let person =
        people::named(conn, organization, name)?.ok_or_else(|| refused("not_found", name))?;
    match access::of_person(conn, &person, now)?.can(Permission::CasesCreate) {
        true => Ok(person.id),
        false => Err(refused("cannot_be_contact", name).into()),
    }
}
