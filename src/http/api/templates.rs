//! Text templates: kept by those who keep them, and filled in for a case.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::documents::LineName;
use crate::db::Conn;
use crate::domain::access::Permission::{TemplatesManage, TemplatesView};
use crate::domain::ids::{CaseRef, LineId, TemplateId};
use crate::domain::language::Language;
use crate::domain::order::{Place, Sort, Window};
use crate::domain::template::{Purpose, TemplateField};
use crate::http::api_request::{ApiRequest, Guarded, may};
use crate::http::list::{self, Asker, Found, Listing, list_query};
use crate::http::pagination::Page;
use crate::http::problem::Problem;
use crate::http::reply::{Created, Done, Reply};
use crate::http::route::{Route, table};
use crate::input::input;
use crate::store::lines;
use crate::store::templates::{self, TemplateFilter, TemplateOrder, TextTemplate};
use crate::words::time::Times;
use crate::workflow::templates::{
    AddTemplate, FilledTemplate, UpdateTemplate, add_template, delete_template, filled,
    update_template,
};

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { templates:
        GET    "/templates"              may(TemplatesView)   => list, "Text templates, by name";
        POST   "/templates"              may(TemplatesManage) => add, "Adds a text template; a field that there is not is refused with its place";
        GET    "/templates/{template}"   may(TemplatesView)   => show, "One text template";
        PATCH  "/templates/{template}"   may(TemplatesManage) => change, "Changes a text template (merge patch)";
        DELETE "/templates/{template}"   may(TemplatesManage) => remove, "Removes a text template";
        GET    "/cases/{case}/templates" may(TemplatesView)   => fill_in, "The text templates that a case is offered, filled in, with what is missing";
    }
}

list_query! {
    /// Which templates.
    pub struct TemplateQuery by TemplateOrder, Sort::ascending(TemplateOrder::Name), {
        /// Those that are offered there.
        purpose: Option<Purpose>,
        /// Those in a language.
        language: Option<Language>,
    }
}

/// The text templates.
pub struct Templates;

impl Listing for Templates {
    const NAME: &'static str = "templates";
    type Query = TemplateQuery;
    type Filter = TemplateFilter;
    type Row = TextTemplate;
    type Id = TemplateId;

    fn filter(
        _: &mut Conn,
        _: Asker<'_>,
        query: &TemplateQuery,
    ) -> Result<TemplateFilter, Problem> {
        Ok(TemplateFilter {
            purpose: query.purpose,
            language: query.language,
        })
    }

    fn rows(
        conn: &mut Conn,
        _: Asker<'_>,
        filter: &TemplateFilter,
        window: &Window<TemplateOrder, TemplateId>,
    ) -> Result<Vec<TextTemplate>, Problem> {
        Ok(templates::list(conn, *filter, window)?)
    }

    fn count(
        conn: &mut Conn,
        _: Asker<'_>,
        filter: &TemplateFilter,
        most: usize,
    ) -> Result<usize, Problem> {
        Ok(templates::count(conn, *filter, most)?)
    }

    fn place(by: TemplateOrder, template: &TextTemplate) -> Place<TemplateId> {
        templates::place(by, template)
    }
}

/// A text template.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = TextTemplate)]
pub struct TemplateDocument {
    /// Its id.
    pub id: TemplateId,
    /// What it is called.
    pub name: String,
    /// Where it is offered.
    pub purpose: Purpose,
    /// In which language it is written.
    pub language: Language,
    /// On the cases of which line of business it is offered; on all, if there is none.
    pub line_of_business: Option<LineName>,
    /// The text with its fields, in Markdown.
    pub body: String,
    /// Counts its changes; also the `ETag`.
    pub version: i64,
}

/// A text template that was filled in for a case.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = FilledTemplate)]
pub struct FilledDocument {
    /// The template's id.
    pub id: TemplateId,
    /// What it is called.
    pub name: String,
    /// Where it is offered.
    pub purpose: Purpose,
    /// In which language it is written.
    pub language: Language,
    /// The text, in Markdown. What is missing stands in it as the template has it.
    pub text: String,
    /// The fields for which there was nothing to put in.
    pub missing: Vec<TemplateField>,
}

impl FilledDocument {
    fn new(of: FilledTemplate) -> Self {
        Self {
            id: of.template.id,
            name: of.template.name,
            purpose: of.template.purpose,
            language: of.template.language,
            text: of.filled.text,
            missing: of.filled.missing.into_iter().collect(),
        }
    }
}

/// The names of all lines of business, by their ids.
///
/// # Errors
/// Database errors.
pub(in crate::http) fn names_of_lines(
    conn: &mut Conn,
) -> Result<BTreeMap<LineId, String>, Problem> {
    let all = lines::all(conn)?;
    Ok(all.into_iter().map(|line| (line.id, line.name)).collect())
}

fn document_of(row: TextTemplate, names: &BTreeMap<LineId, String>) -> TemplateDocument {
    TemplateDocument {
        id: row.id,
        name: row.name,
        purpose: row.purpose,
        language: row.language,
        line_of_business: row.line_of_business_id.map(|id| LineName {
            id,
            name: names.get(&id).cloned().unwrap_or_default(),
        }),
        body: row.body,
        version: row.version,
    }
}

fn document(conn: &mut Conn, id: TemplateId) -> Result<TemplateDocument, Problem> {
    let row = templates::find(conn, id)?.ok_or_else(Problem::not_found)?;
    Ok(document_of(row, &names_of_lines(conn)?))
}

async fn list(
    req: ApiRequest<(), (), TemplateQuery>,
) -> Result<Reply<Page<TemplateDocument>>, Problem> {
    let page = req
        .read(|conn, req| {
            let found: Found<TextTemplate> =
                list::answer::<Templates>(conn, req.asker(), &req.query)?;
            let names = names_of_lines(conn)?;
            Ok(found.page(|row| document_of(row, &names)))
        })
        .await?;
    Reply::new(&page)
}

async fn add(req: ApiRequest<(), AddTemplate>) -> Result<Created<TemplateDocument>, Problem> {
    req.write(|conn, req| {
        let id = add_template(conn, &req.principal.actor, &req.body, req.now)?;
        let document = document(conn, id)?;
        Ok(Created::new(&document)?
            .version(document.version)
            .location(format!("/api/v1/templates/{id}")))
    })
    .await
}

async fn show(req: ApiRequest<TemplateId>) -> Result<Reply<TemplateDocument>, Problem> {
    let document = req.read(|conn, req| document(conn, req.address)).await?;
    Ok(Reply::new(&document)?.version(document.version))
}

async fn change(
    req: ApiRequest<Guarded<TemplateId>, UpdateTemplate>,
) -> Result<Reply<TemplateDocument>, Problem> {
    req.write(|conn, req| {
        let (actor, id) = (&req.principal.actor, *req.address);
        update_template(conn, actor, id, req.expected(), &req.body, req.now)?;
        let document = document(conn, id)?;
        Ok(Reply::new(&document)?.version(document.version))
    })
    .await
}

async fn remove(req: ApiRequest<Guarded<TemplateId>>) -> Result<Done, Problem> {
    req.write(|conn, req| {
        let (actor, id) = (&req.principal.actor, *req.address);
        delete_template(conn, actor, id, req.expected(), req.now)?;
        Ok(Done::done())
    })
    .await
}

input! {
    /// Which of them.
    pub struct OfferedQuery {
        /// Those that are offered there; all if not given.
        purpose: Option<Purpose>,
    }
}

async fn fill_in(
    req: ApiRequest<CaseRef, (), OfferedQuery>,
) -> Result<Reply<Page<FilledDocument>>, Problem> {
    let page = req
        .read(|conn, req| {
            let tells = |language, zone, at| {
                Times::new(req.desk.words.of(language), zone, req.now).absolute(at)
            };
            let (actor, asked) = (&req.principal.actor, req.query.purpose);
            let all = filled(conn, actor, &req.address, asked, (&tells, req.now))?;
            Ok(Page::whole(
                all.into_iter().map(FilledDocument::new).collect(),
            ))
        })
        .await?;
    Reply::new(&page)
}
