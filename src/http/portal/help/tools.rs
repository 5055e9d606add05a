//! Tools and care apps: the list, and the forms of those who keep them (H1).

use serde::Serialize;

use super::{HelpForm, HelpPlace, PLACE, audience, offered, tabs, told_audience};
use crate::domain::access::Permission;
use crate::domain::ids::ToolId;
use crate::http::api::documents::ToolDocument;
use crate::http::api::tools::{all, document};
use crate::http::api_request::may;
use crate::http::portal::act::FormPage;
use crate::http::portal::answer::PageResult;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::form::{Choice, Control, Form, Kind};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::Tab;
use crate::http::portal::route::{PortalRoute, pages};
use crate::http::problem::Problem;
use crate::workflow::tools::{AddTool, UpdateTool, add_tool, delete_tool, update_tool};

/// The rows of the route table.
pub(super) fn routes() -> Vec<PortalRoute> {
    pages! { help:
        GET  "/tools"               may(Permission::ToolsView)   => list, "Tools and care apps";
        GET  "/tools/new"           may(Permission::ToolsManage) => new, "The form that adds a tool";
        POST "/tools"               may(Permission::ToolsManage) => add, "Adds a tool";
        GET  "/tools/{tool}"        may(Permission::ToolsManage) => show, "The form of a tool";
        POST "/tools/{tool}"        may(Permission::ToolsManage) => change, "Changes a tool";
        POST "/tools/{tool}/remove" may(Permission::ToolsManage) => remove, "Removes a tool";
    }
}

/// The list of tools.
#[derive(Clone, Debug, Serialize)]
pub struct ToolsPage {
    /// The places of help.
    pub tabs: Vec<Tab>,
    /// The tools.
    pub rows: Vec<ToolRow>,
    /// Whether the visitor keeps them.
    pub keeps: bool,
}

/// One tool.
#[derive(Clone, Debug, Serialize)]
pub struct ToolRow {
    /// What it is called.
    pub title: String,
    /// What it is for, in Markdown; may be empty.
    pub description: String,
    /// Where it is.
    pub href: String,
    /// The server that it is on, so that whoever follows the link knows where it leads.
    pub server: String,
    /// For whom it is, in words; empty for those who do not keep tools.
    pub audience: String,
    /// Where it is changed; empty for those who do not keep tools.
    pub edit: String,
}

async fn list(req: PageRequest) -> PageResult {
    let reader = req.clone();
    let items = req.read(move |conn| all(conn, reader.access()?)).await?;
    let keeps = req.can(Permission::ToolsManage);
    let page = ToolsPage {
        tabs: tabs(&req, HelpPlace::Tools),
        rows: items.iter().map(|one| row(&req, one, keeps)).collect(),
        keeps,
    };
    req.show(PLACE, "tools", &page)
}

fn row(req: &PageRequest, of: &ToolDocument, keeps: bool) -> ToolRow {
    let server = url::Url::parse(&of.href).ok();
    ToolRow {
        title: of.title.clone(),
        description: of.description.clone().unwrap_or_default(),
        href: of.href.clone(),
        server: server
            .and_then(|url| url.host_str().map(str::to_owned))
            .unwrap_or_default(),
        audience: told_audience(req, of.audience.as_ref()),
        edit: match keeps {
            true => format!("/tools/{}", of.id),
            false => String::new(),
        },
    }
}

fn controls(req: &PageRequest, choices: &[Choice], current: Option<&ToolDocument>) -> Vec<Control> {
    let words = req.words();
    let label = |key| words.say_of("label", key, &[]);
    let hint = |key| words.say_of("hint", key, &[]);
    let description = current.and_then(|one| one.description.clone());
    let position = current.and_then(|one| Some(one.position?.to_string()));
    let mut controls = vec![
        Control::of(AddTool::title(), label("tool-title"))
            .value(current.map_or("", |one| one.title.as_str())),
        Control::of(AddTool::href(), label("tool-href"))
            .hint(hint("tool-href"))
            .value(current.map_or("", |one| one.href.as_str())),
        Control::of(AddTool::description(), label("tool-description"))
            .value(description.unwrap_or_default()),
    ];
    let place = Control::of(AddTool::position(), label("tool-position"))
        .kind(Kind::Number)
        .hint(hint("tool-position"))
        .value(position.unwrap_or_default());
    // A tool that is there stands somewhere.
    controls.push(match current {
        Some(_) => place.required(),
        None => place,
    });
    let audience_now = current.and_then(|one| one.audience.as_ref());
    controls.extend(audience(req, choices, audience_now));
    controls
}

async fn new(req: PageRequest) -> PageResult {
    page(&req, None).await?.show(&req)
}

async fn show(req: PageRequest, id: ToolId) -> PageResult {
    page(&req, Some(id)).await?.show(&req)
}

/// The form of a tool, or of a new one.
async fn page(req: &PageRequest, id: Option<ToolId>) -> Result<HelpForm, Problem> {
    let reader = req.clone();
    let (current, choices) = req
        .read(move |conn| {
            let current = match id {
                Some(id) => Some(document(conn, reader.access()?, id)?),
                None => None,
            };
            Ok((current, offered(conn)?))
        })
        .await?;
    let words = req.words();
    let controls = controls(req, &choices, current.as_ref());
    let (title, form, removal) = match &current {
        None => {
            let button = words.say("tool-add-button", &[]);
            let form = Form::new("tool", "/tools", button, controls);
            (words.say("tool-add", &[]), form, None)
        }
        Some(tool) => {
            let to = format!("/tools/{}", tool.id);
            let button = words.say("tool-remove-button", &[]);
            let removal = Form::new("remove", format!("{to}/remove"), button, Vec::new());
            let save = words.say_of("panel-button", "edit", &[]);
            let form = Form::new("tool", to, save, controls).guarded(tool.version);
            (tool.title.clone(), form, Some(removal.taking()))
        }
    };
    Ok(HelpForm {
        title,
        about: words.say("tool-about", &[]),
        tabs: tabs(req, HelpPlace::Tools),
        form,
        removal,
        back: "/tools".to_owned(),
    })
}

/// The form of a tool, or of a new one.
struct OnTool(Option<ToolId>, Done);

impl FormPage<()> for OnTool {
    async fn done(&self, req: &PageRequest, (): ()) -> PageResult {
        Ok(req.go("/tools", Some(Flash::new(self.1))))
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        page(req, self.0).await?.again(req, &problem)
    }
}

async fn add(req: PageRequest) -> PageResult {
    let page = OnTool(None, Done::ToolSaved);
    req.act(&page, |conn, by, command: &AddTool| {
        add_tool(conn, by.actor, command, by.now).map(drop)
    })
    .await
}

async fn change(req: PageRequest, id: ToolId) -> PageResult {
    let (page, expected) = (OnTool(Some(id), Done::ToolSaved), req.expected());
    req.act(&page, move |conn, by, command: &UpdateTool| {
        update_tool(conn, by.actor, id, expected.as_deref(), command, by.now).map(drop)
    })
    .await
}

async fn remove(req: PageRequest, id: ToolId) -> PageResult {
    let page = OnTool(Some(id), Done::ToolRemoved);
    req.act(&page, move |conn, by, (): &()| {
        delete_tool(conn, by.actor, id, None, by.now)
    })
    .await
}
