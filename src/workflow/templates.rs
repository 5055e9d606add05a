//! Text templates: added, changed and removed by those who keep them, and filled in for a case by those who write.

use chrono_tz::Tz;

use super::administer::refused;
use super::{Actor, Expected, Rejection, VerbResult, publish, settled, unchanged};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Permission, Reach};
use crate::domain::case::StepState;
use crate::domain::event::{AdministrativeEvent, Changed, TemplateFields};
use crate::domain::ids::{CaseRef, EscalationRef, LineId, PersonId, TemplateId};
use crate::domain::language::Language;
use crate::domain::organization::OrganizationKind;
use crate::domain::template::{Filled, Purpose, Template, TemplateField, Values, fill};
use crate::domain::text::Title;
use crate::input::{Patch, input};
use crate::store::cases::{self, CaseView};
use crate::store::escalations::{self, EscalationView};
use crate::store::promises::{self, NextStep};
use crate::store::templates::{self, TemplateRow, TextTemplate};
use crate::store::{lines, organizations, people};

input! {
    /// A new text template.
    pub struct AddTemplate {
        /// What it is called.
        name: Title,
        /// Where it is offered.
        purpose: Purpose,
        /// In which language it is written.
        language: Language,
        /// On the cases of which line of business it is offered; on all if not given.
        line_of_business: Option<LineId>,
        /// The text, in Markdown, with fields such as `{{case.number}}`.
        body: Template,
    }
}

input! {
    /// Changes to a text template.
    pub struct UpdateTemplate {
        /// What it is called.
        name: Patch<Title>,
        /// Where it is offered.
        purpose: Patch<Purpose>,
        /// In which language it is written.
        language: Patch<Language>,
        /// On the cases of which line of business it is offered; `null` is all.
        line_of_business: Patch<Option<LineId>>,
        /// The text, in Markdown, with fields such as `{{case.number}}`.
        body: Patch<Template>,
    }
}

/// Adds a template.
///
/// # Errors
/// [`Rejection::Denied`], `Field`.
pub fn add_template(
    conn: &mut Conn,
    actor: &Actor,
    command: &AddTemplate,
    now: Instant,
) -> VerbResult<TemplateId> {
    actor.require(Permission::TemplatesManage)?;
    exists(conn, command.line_of_business)?;
    let row = TemplateRow {
        name: command.name.as_str(),
        purpose: command.purpose,
        language: command.language,
        line: command.line_of_business,
        body: command.body.as_str(),
    };
    let id = templates::insert(conn, &row, now)?;
    let event = AdministrativeEvent::TemplateAdded(id, fields(&row));
    publish::administrative(conn, actor, event, now)?;
    Ok(id)
}

/// Changes a template.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Stale`, `Field`.
pub fn update_template(
    conn: &mut Conn,
    actor: &Actor,
    id: TemplateId,
    expected: Expected<'_>,
    command: &UpdateTemplate,
    now: Instant,
) -> VerbResult<TemplateId> {
    let before = kept(conn, actor, id)?;
    unchanged(expected, before.version)?;
    let line = match command.line_of_business {
        Patch::Keep => before.line_of_business_id,
        Patch::Set(line) => {
            exists(conn, line)?;
            line
        }
    };
    let row = TemplateRow {
        name: (command.name.as_option()).map_or(&before.name, Title::as_str),
        purpose: (command.purpose.as_option())
            .copied()
            .unwrap_or(before.purpose),
        language: (command.language.as_option())
            .copied()
            .unwrap_or(before.language),
        line,
        body: (command.body.as_option()).map_or(&before.body, Template::as_str),
    };
    let changed = Changed {
        before: fields(&row_of(&before)),
        after: fields(&row),
    };
    if changed.before == changed.after {
        return Ok(id);
    }
    settled(templates::update(conn, &before, &row)?, expected)?;
    let event = AdministrativeEvent::TemplateChanged(id, changed);
    publish::administrative(conn, actor, event, now)?;
    Ok(id)
}

/// Removes a template. What was written with it stays.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Stale`.
pub fn delete_template(
    conn: &mut Conn,
    actor: &Actor,
    id: TemplateId,
    expected: Expected<'_>,
    now: Instant,
) -> VerbResult<()> {
    let before = kept(conn, actor, id)?;
    unchanged(expected, before.version)?;
    settled(templates::delete(conn, &before)?, expected)?;
    let event = AdministrativeEvent::TemplateRemoved(id, fields(&row_of(&before)));
    publish::administrative(conn, actor, event, now)
}

/// A template that the actor may change.
fn kept(conn: &mut Conn, actor: &Actor, id: TemplateId) -> VerbResult<TextTemplate> {
    if !actor.access.can(Permission::TemplatesView) {
        return Err(Rejection::NotFound.into());
    }
    let found = templates::find(conn, id)?.ok_or(Rejection::NotFound)?;
    actor.require(Permission::TemplatesManage)?;
    Ok(found)
}

fn exists(conn: &mut Conn, line: Option<LineId>) -> VerbResult<()> {
    match line {
        Some(line) if lines::find(conn, line)?.is_none() => {
            Err(refused("line_of_business", "not_found", line).into())
        }
        _ => Ok(()),
    }
}

fn row_of(template: &TextTemplate) -> TemplateRow<'_> {
    TemplateRow {
        name: &template.name,
        purpose: template.purpose,
        language: template.language,
        line: template.line_of_business_id,
        body: &template.body,
    }
}

fn fields(row: &TemplateRow<'_>) -> TemplateFields {
    TemplateFields {
        name: row.name.to_owned(),
        purpose: row.purpose,
        language: row.language,
        line_of_business: row.line,
        body: row.body.to_owned(),
    }
}

/// A template that was filled in for a case.
#[derive(Clone, Debug)]
pub struct FilledTemplate {
    /// The template.
    pub template: TextTemplate,
    /// What came of it.
    pub filled: Filled,
}

/// How an instant is told in a language and a zone.
pub type Tells<'a> = &'a dyn Fn(Language, Tz, Instant) -> String;

/// The templates that the actor is offered on a case that exists for them, filled in: those of one purpose, or all. Those that
/// are about an escalation go by the one that is active; `tells` says the instants of it.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`.
pub fn filled(
    conn: &mut Conn,
    actor: &Actor,
    case: &CaseRef,
    purpose: Option<Purpose>,
    (tells, now): (Tells<'_>, Instant),
) -> VerbResult<Vec<FilledTemplate>> {
    let view = cases::view(conn, actor.reach(), case)?.ok_or(Rejection::NotFound)?;
    actor.require(Permission::CasesView)?;
    actor.require(Permission::TemplatesView)?;
    let all = templates::offered(conn, purpose, view.case.line_of_business_id)?;
    if all.is_empty() {
        return Ok(Vec::new());
    }
    let facts = Facts::load(conn, actor, view, now)?;
    let fill_in = |template: TextTemplate| {
        let values = facts.values(template.purpose, template.language, tells);
        FilledTemplate {
            filled: fill(&template.body, &values),
            template,
        }
    };
    Ok(all.into_iter().map(fill_in).collect())
}

/// Whom one writes to.
struct Contact {
    first_name: String,
    name: String,
    organization: String,
    zone: Tz,
}

/// What templates are filled in with.
struct Facts {
    writer: String,
    case: CaseView,
    /// The contact of the case; none if that is one of the provider's staff.
    contact: Option<Contact>,
    /// The active escalation, for who may see it, with who asked for it where that is not the contact.
    escalation: Option<(EscalationView, Option<Contact>)>,
    /// The promises that are open and not past due.
    steps: Vec<NextStep>,
}

impl Facts {
    fn load(conn: &mut Conn, actor: &Actor, case: CaseView, now: Instant) -> VerbResult<Self> {
        let contact = contact(conn, case.case.contact())?;
        let active = match actor.access.can(Permission::EscalationsView) {
            true => escalations::active_of(conn, case.case.id)?,
            false => None,
        };
        let escalation = match active {
            Some(active) => {
                let of = EscalationRef::Id(active.id);
                match escalations::view(conn, actor.reach(), &of)? {
                    Some(view) => {
                        // Mostly the contact of the case, who is known already.
                        let requester = match active.requested_by == case.case.contact() {
                            true => None,
                            false => self::contact(conn, active.requested_by)?,
                        };
                        Some((view, requester))
                    }
                    None => None,
                }
            }
            None => None,
        };
        let mut steps = promises::of_case(conn, case.case.id)?;
        steps.retain(|step| step.state == StepState::Open && step.due_at >= now);
        Ok(Self {
            writer: actor.name.clone(),
            case,
            contact,
            escalation,
            steps,
        })
    }

    /// The values of all fields that there is something for.
    fn values(&self, purpose: Purpose, language: Language, tells: Tells<'_>) -> Values {
        let about = (self.escalation.as_ref()).filter(|_| purpose.is_about_escalation());
        let requester = about.and_then(|(_, requester)| requester.as_ref());
        let contact = requester.or(self.contact.as_ref());
        let owner = match about {
            Some((view, _)) => view.owner.as_ref(),
            None => self.case.owner.as_ref(),
        };
        let is_of = |step: &&NextStep| {
            about.is_none_or(|(view, _)| step.escalation_id == Some(view.escalation.id))
        };
        let next = self
            .steps
            .iter()
            .filter(is_of)
            .map(|step| step.due_at)
            .min();
        let case = &self.case.case;
        let value = |field: &TemplateField| match field {
            TemplateField::CaseNumber => Some(case.number.to_string()),
            TemplateField::CaseSubject => Some(case.subject.clone()),
            TemplateField::CaseExternalId => case.external_id.clone(),
            TemplateField::CustomerName => Some(self.case.organization.name.clone()),
            TemplateField::ContactFirstName => contact.map(|one| one.first_name.clone()),
            TemplateField::ContactName => contact.map(|one| one.name.clone()),
            TemplateField::OrganizationName => contact.map(|one| one.organization.clone()),
            TemplateField::OwnerName => owner.map(|owner| owner.name.clone()),
            TemplateField::EscalationNumber => {
                about.map(|(view, _)| view.escalation.number.to_string())
            }
            TemplateField::NextStepBy => {
                let zone = contact.map_or(Tz::UTC, |one| one.zone);
                next.map(|at| tells(language, zone, at))
            }
            TemplateField::WriterName => Some(self.writer.clone()),
        };
        TemplateField::ALL
            .iter()
            .filter_map(|field| Some((*field, value(field)?)))
            .collect()
    }
}

/// A person as one to write to; none of the provider's own people.
fn contact(conn: &mut Conn, person: PersonId) -> VerbResult<Option<Contact>> {
    let Some(person) = people::find(conn, Reach::Everything, person)? else {
        return Ok(None);
    };
    let own = organizations::find(conn, Reach::Everything, person.organization_id)?;
    let Some(own) = own.filter(|own| own.kind != OrganizationKind::Provider) else {
        return Ok(None);
    };
    let zone = person.time_zone.as_deref().unwrap_or(&own.time_zone);
    Ok(Some(Contact {
        name: person.name(),
        zone: zone.parse().unwrap_or(Tz::UTC),
        first_name: person.first_name,
        organization: own.name,
    }))
}
