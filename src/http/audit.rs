//! Audited events as the API, the portal and the command line ask for them, and as they stand in files.

pub mod export;
pub mod file;

use serde::Serialize;
use serde_json::{Map, Value};

use super::problem::Problem;
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Reach;
use crate::domain::audit::EventKind;
use crate::domain::ids::{CaseRef, OrganizationId, PersonId, VisitId};
use crate::input::{Fault, FieldError};
use crate::store::audit::{EventFilter, worked_in};
use crate::store::pairings::organizations_of_visit;
use crate::store::{cases, organizations, people};

/// Which events somebody asks for, in their own words.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Asked {
    /// Those on this case, by id or number.
    pub case: Option<CaseRef>,
    /// Those that concern this organization, by id or slug.
    pub organization: Option<String>,
    /// What this person did, by id or address.
    pub actor: Option<String>,
    /// What was changed on this visit by a pairing (P12).
    pub visit: Option<VisitId>,
    /// Of this kind, or of all kinds that begin so, as `escalation.`.
    pub kind: Option<String>,
    /// Not before this instant.
    pub from: Option<Instant>,
    /// Before this instant.
    pub until: Option<Instant>,
}

impl Asked {
    /// What was asked for, by name: what an export is recorded with.
    pub fn as_fields(&self) -> Map<String, Value> {
        let instant =
            |at: &Instant| Value::from(at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true));
        let fields = [
            (
                "case",
                self.case.as_ref().map(|case| Value::from(case.to_string())),
            ),
            ("organization", self.organization.clone().map(Value::from)),
            ("actor", self.actor.clone().map(Value::from)),
            (
                "visit",
                self.visit.map(|visit| Value::from(visit.to_string())),
            ),
            ("kind", self.kind.clone().map(Value::from)),
            ("from", self.from.as_ref().map(instant)),
            ("until", self.until.as_ref().map(instant)),
        ];
        let given = fields
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)));
        given.collect()
    }

    /// The filter that answers it for somebody of this reach. What does not exist for them is not found, whether it is there or not.
    ///
    /// # Errors
    /// [`Code::ValidationFailed`](super::problem::Code::ValidationFailed) with every field that is not in order, and the
    /// database errors.
    pub fn filter(&self, conn: &mut Conn, reach: Reach) -> Result<EventFilter, Problem> {
        let mut filter = EventFilter {
            from: self.from,
            until: self.until,
            ..EventFilter::of(reach)
        };
        let mut errors = Vec::new();
        let mut unknown =
            |field: &str| errors.push(FieldError::new(field, Fault::new("not_found")));
        if let Some(case) = &self.case {
            filter.case = cases::id_of(conn, reach, case)?;
            filter.case.is_none().then(|| unknown("case"));
        }
        if let Some(name) = &self.organization {
            filter.organization = organization(conn, reach, name)?;
            filter
                .organization
                .is_none()
                .then(|| unknown("organization"));
        }
        if let Some(name) = &self.actor {
            filter.actor = actor(conn, reach, name)?;
            filter.actor.is_none().then(|| unknown("actor"));
        }
        if let Some(visit) = self.visit {
            filter.visit = match organizations_of_visit(conn, visit)? {
                Some((home, place)) if covers(reach, [Some(home), place]) => Some(visit),
                _ => {
                    unknown("visit");
                    None
                }
            };
        }
        if let Some(name) = &self.kind {
            filter.kinds = EventKind::asked(name);
            if filter.kinds.is_empty() {
                let fault = Fault::new("not_allowed").with("allowed", EventKind::NAMES.join(", "));
                errors.push(FieldError::new("kind", fault));
            }
        }
        match errors.is_empty() {
            true => Ok(filter),
            false => Err(Problem::invalid(errors)),
        }
    }
}

/// Whether one of these organizations is within reach.
fn covers(reach: Reach, organizations: [Option<OrganizationId>; 2]) -> bool {
    let mut organizations = organizations.into_iter().flatten();
    organizations.any(|organization| reach.covers(organization))
}

/// The organization of that name. Of the others, a customer knows those in which their people have worked.
fn organization(
    conn: &mut Conn,
    reach: Reach,
    name: &str,
) -> Result<Option<OrganizationId>, Problem> {
    let Some(found) = organizations::named(conn, Reach::Everything, name)? else {
        return Ok(None);
    };
    Ok(match reach {
        Reach::Organization(own) if own != found.id && !worked_in(conn, own, found.id)? => None,
        _ => Some(found.id),
    })
}

/// The person of that id or address. Any id will do: what events it finds are the reader's anyway.
fn actor(conn: &mut Conn, reach: Reach, name: &str) -> Result<Option<PersonId>, Problem> {
    if let Ok(id) = name.parse() {
        return Ok(Some(id));
    }
    let Ok(address) = name.parse() else {
        return Ok(None);
    };
    let found = people::by_email(conn, &address)?;
    Ok(found
        .filter(|person| reach.covers(person.organization_id))
        .map(|person| person.id))
}
