//! Text templates: the list, and the forms of those who keep them.

use std::collections::BTreeMap;

use serde::Serialize;

use super::handlers::{PLACE, tabs_of};
use super::list::{Add, ListPage, list};
use super::{Cell, Place};
use crate::db::Conn;
use crate::domain::access::Permission;
use crate::domain::ids::{LineId, TemplateId};
use crate::domain::language::Language;
use crate::domain::template::{Purpose, TemplateField};
use crate::http::api::templates::{TemplateQuery, Templates, names_of_lines};
use crate::http::api_request::may;
use crate::http::list::{Found, find};
use crate::http::portal::act::FormPage;
use crate::http::portal::answer::PageResult;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::form::{Choice, Control, Form, Kind, words_of};
use crate::http::portal::list::{Column, Filter, MOST_COUNTED};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::Tab;
use crate::http::portal::route::{PortalRoute, pages};
use crate::http::problem::Problem;
use crate::store::templates::{self, TextTemplate};
use crate::workflow::templates::{
    AddTemplate, UpdateTemplate, add_template, delete_template, update_template,
};

/// The rows of the route table.
pub(in crate::http::portal) fn routes() -> Vec<PortalRoute> {
    pages! { templates:
        GET  "/admin/templates"                   may(Permission::TemplatesView)   => list::<Listed>, "Text templates";
        GET  "/admin/templates/new"               may(Permission::TemplatesManage) => new, "The form that adds a text template";
        POST "/admin/templates"                   may(Permission::TemplatesManage) => add, "Adds a text template";
        GET  "/admin/templates/{template}"        may(Permission::TemplatesManage) => show, "The form of a text template";
        POST "/admin/templates/{template}"        may(Permission::TemplatesManage) => change, "Changes a text template";
        POST "/admin/templates/{template}/remove" may(Permission::TemplatesManage) => remove, "Removes a text template";
    }
}

/// The text templates.
struct Listed;

impl ListPage for Listed {
    const PLACE: Place = Place::Templates;
    const COLUMNS: &'static [Column] = &[
        Column::label("name").sorts("name"),
        Column::label("language"),
        Column::label("line-of-business"),
        Column::label("purpose"),
    ];
    const ADD: Option<Add> = Some(Add::said(
        "template-add-button",
        Permission::TemplatesManage,
    ));
    type Query = TemplateQuery;
    type Row = TextTemplate;
    type Beside = BTreeMap<LineId, String>;

    fn find(
        conn: &mut Conn,
        req: &PageRequest,
        query: &TemplateQuery,
    ) -> Result<(Found<TextTemplate>, BTreeMap<LineId, String>), Problem> {
        let found = find::<Templates>(conn, req.asker()?, query, Some(MOST_COUNTED))?;
        Ok((found, names_of_lines(conn)?))
    }

    fn cells(
        req: &PageRequest,
        template: &TextTemplate,
        names: &BTreeMap<LineId, String>,
    ) -> Vec<Cell> {
        let words = req.words();
        let name = template.name.clone();
        let line = template.line_of_business_id;
        vec![
            match req.can(Permission::TemplatesManage) {
                true => Cell::link(name, page_of(template.id)),
                false => Cell::text(name),
            },
            Cell::text(words.say_of("language", template.language.as_str(), &[])),
            Cell::text(match line.and_then(|line| names.get(&line)) {
                Some(name) => name.clone(),
                None => words.say("template-every-line", &[]),
            }),
            Cell::text(words.say_of("template-purpose", template.purpose.as_str(), &[])),
        ]
    }

    fn filters(req: &PageRequest, _: &BTreeMap<LineId, String>) -> Vec<Filter> {
        let words = req.words();
        let purposes = words_of(words, "template-purpose", Purpose::NAMES, "");
        let languages = words_of(words, "language", Language::NAMES, "");
        vec![
            Filter::choice(req, TemplateQuery::purpose(), purposes),
            Filter::choice(req, TemplateQuery::language(), languages),
        ]
    }
}

/// The form of a template, or of a new one.
#[derive(Clone, Debug, Serialize)]
pub struct TemplatePage {
    /// What it is called.
    pub title: String,
    /// What templates are.
    pub about: String,
    /// The places of the administration.
    pub tabs: Vec<Tab>,
    /// What to fill in.
    pub form: Form,
    /// Removes it; none for a new one.
    pub removal: Option<Form>,
    /// The fields that its text can name.
    pub fields: Vec<FieldLine>,
    /// The list.
    pub back: String,
}

/// A field that a text can name.
#[derive(Clone, Debug, Serialize)]
pub struct FieldLine {
    /// As it is written.
    pub written: String,
    /// What is put in.
    pub about: String,
}

fn page_of(id: TemplateId) -> String {
    format!("{}/{id}", Place::Templates.href())
}

fn controls(
    req: &PageRequest,
    names: &BTreeMap<LineId, String>,
    current: Option<&TextTemplate>,
) -> Vec<Control> {
    let words = req.words();
    let label = |key| words.say_of("label", key, &[]);
    let hint = |key| words.say_of("hint", key, &[]);
    let line = current.and_then(|one| one.line_of_business_id);
    let every = Choice::new("", words.say("template-every-line", &[]));
    let named = names
        .iter()
        .map(|(id, name)| Choice::new(id.to_string(), name.clone()));
    vec![
        Control::of(AddTemplate::name(), label("name"))
            .value(current.map_or("", |one| one.name.as_str())),
        Control::of(AddTemplate::purpose(), label("purpose"))
            .kind(Kind::Radio)
            .choices(words_of(words, "template-purpose", Purpose::NAMES, ""))
            .value(current.map_or("", |one| one.purpose.as_str())),
        Control::of(AddTemplate::language(), label("language"))
            .choices(words_of(words, "language", Language::NAMES, ""))
            .value(current.map_or(req.language(), |one| one.language).as_str()),
        Control::of(AddTemplate::line_of_business(), label("line-of-business"))
            .kind(Kind::Select)
            .choices(std::iter::once(every).chain(named).collect())
            .value(line.map(|line| line.to_string()).unwrap_or_default()),
        Control::of(AddTemplate::body(), label("template-body"))
            .hint(hint("template-body"))
            .value(current.map_or("", |one| one.body.as_str())),
    ]
}

/// The page of a template, or the one that adds one.
async fn page(req: &PageRequest, id: Option<TemplateId>) -> Result<TemplatePage, Problem> {
    let (current, names) = req
        .read(move |conn| {
            let current = match id {
                Some(id) => Some(templates::find(conn, id)?.ok_or_else(Problem::not_found)?),
                None => None,
            };
            Ok((current, names_of_lines(conn)?))
        })
        .await?;
    let words = req.words();
    let controls = controls(req, &names, current.as_ref());
    let (title, form, removal) = match &current {
        None => {
            let button = words.say("template-add-button", &[]);
            let form = Form::new(
                "template",
                Place::Templates.href(),
                button.clone(),
                controls,
            );
            (button, form, None)
        }
        Some(template) => {
            let to = page_of(template.id);
            let button = words.say("template-remove-button", &[]);
            let removal = Form::new("remove", format!("{to}/remove"), button, Vec::new());
            let save = words.say_of("panel-button", "edit", &[]);
            let form = Form::new("template", to, save, controls).guarded(template.version);
            (template.name.clone(), form, Some(removal.taking()))
        }
    };
    let line = |field: &TemplateField| FieldLine {
        written: format!("{{{{{field}}}}}"),
        about: words.say_of("template-field", &member(*field), &[]),
    };
    Ok(TemplatePage {
        title,
        about: words.say("template-about", &[]),
        tabs: tabs_of(req, Place::Templates),
        form,
        removal,
        fields: TemplateField::ALL.iter().map(line).collect(),
        back: Place::Templates.href(),
    })
}

/// As a message's key has it, which knows hyphens alone.
fn member(field: TemplateField) -> String {
    field.as_str().replace(['.', '_'], "-")
}

/// The members of the family `template-field`.
#[cfg(test)]
pub(crate) const FIELDS: [&str; 11] = [
    "case-number",
    "case-subject",
    "case-external-id",
    "customer-name",
    "contact-first-name",
    "contact-name",
    "organization-name",
    "owner-name",
    "escalation-number",
    "next-step-by",
    "writer-name",
];

async fn new(req: PageRequest) -> PageResult {
    req.show(PLACE, "template", &page(&req, None).await?)
}

async fn show(req: PageRequest, id: TemplateId) -> PageResult {
    req.show(PLACE, "template", &page(&req, Some(id)).await?)
}

/// The form of a template, or of a new one.
struct OnTemplate(Option<TemplateId>, Done);

impl FormPage<()> for OnTemplate {
    async fn done(&self, req: &PageRequest, (): ()) -> PageResult {
        Ok(req.go(Place::Templates.href(), Some(Flash::new(self.1))))
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        let mut page = page(req, self.0).await?;
        page.form = page.form.refused_for(req.words(), &req.typed, &problem);
        req.show_again(problem.code().status(), PLACE, "template", &page)
    }
}

async fn add(req: PageRequest) -> PageResult {
    let page = OnTemplate(None, Done::TemplateSaved);
    req.act(&page, |conn, by, command: &AddTemplate| {
        add_template(conn, by.actor, command, by.now).map(drop)
    })
    .await
}

async fn change(req: PageRequest, id: TemplateId) -> PageResult {
    let (page, expected) = (OnTemplate(Some(id), Done::TemplateSaved), req.expected());
    req.act(&page, move |conn, by, command: &UpdateTemplate| {
        update_template(conn, by.actor, id, expected.as_deref(), command, by.now).map(drop)
    })
    .await
}

async fn remove(req: PageRequest, id: TemplateId) -> PageResult {
    let page = OnTemplate(Some(id), Done::TemplateRemoved);
    req.act(&page, move |conn, by, (): &()| {
        delete_template(conn, by.actor, id, None, by.now)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_its_words() {
        let members: Vec<String> = TemplateField::ALL.iter().copied().map(member).collect();
        assert_eq!(members, FIELDS);
    }
}
