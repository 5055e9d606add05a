//! Showing the tree, adding lines, changing them; what follows is said before it is done.

use std::collections::BTreeSet;

use actix_web::http::StatusCode;

use super::{LineForm, LinePage, LineRow, LinesPage};
use crate::domain::access::Permission;
use crate::domain::ids::LineId;
use crate::domain::text::Title;
use crate::http::api::documents::LineDocument;
use crate::http::api::lines::book;
use crate::http::api_request::may;
use crate::http::portal::act::FormPage;
use crate::http::portal::admin::Place;
use crate::http::portal::admin::handlers::{PLACE, tabs_of};
use crate::http::portal::answer::PageResult;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::form::{CONFIRMED, Choice, Control, Form, Kind};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::Link;
use crate::http::portal::route::{PortalRoute, pages};
use crate::http::problem::Problem;
use crate::input::{Patch, input};
use crate::store::calendars::{self, CalendarRow};
use crate::store::groups::{self, Group};
use crate::store::{lines, organizations};
use crate::words::Catalogue;
use crate::workflow::lines::{AddLine, Foresight, UpdateLine, add_line, foresee, update_line};

/// The deepest indentation that is drawn.
const DEEPEST: usize = 6;

/// The rows of the route table.
pub(in crate::http::portal) fn routes() -> Vec<PortalRoute> {
    pages! { lines:
        GET  "/admin/lines"        may(Permission::LinesView)   => show_all, "Lines of business as a tree, and who reads the cases of each";
        GET  "/admin/lines/new"    may(Permission::LinesManage) => new, "The form that adds a line";
        POST "/admin/lines"        may(Permission::LinesManage) => add, "Adds a line";
        GET  "/admin/lines/{line}" may(Permission::LinesView)   => show, "One line";
        POST "/admin/lines/{line}" may(Permission::LinesManage) => change, "Changes a line, once what follows was seen";
    }
}

async fn show_all(req: PageRequest) -> PageResult {
    let (all, counts) = req
        .read(|conn| Ok((book(conn)?.documents(), lines::count_cases(conn)?)))
        .await?;
    let words = req.words();
    let row = |line: &LineDocument| {
        let (readers, why) = told(words, line);
        let count = counts.get(&line.id).copied().unwrap_or_default();
        LineRow {
            name: line.name.clone(),
            href: format!("/admin/lines/{}", line.id),
            depth: line.depth.min(DEEPEST),
            level: words.say("line-level", &[("level", (line.depth + 1).into())]),
            readers,
            why,
            own: line.reads.own,
            cases: words.say("line-cases", &[("count", count.into())]),
        }
    };
    let page = LinesPage {
        title: words.say_of("admin", Place::Lines.as_str(), &[]),
        about: words.say_of("admin-about", Place::Lines.as_str(), &[]),
        tabs: tabs_of(&req, Place::Lines),
        rows: all.iter().map(row).collect(),
        live: Place::Lines.topic().and_then(|topic| req.follows(topic)),
        add: req
            .can(Permission::LinesManage)
            .then(|| Link::new(words.say("line-add-button", &[]), "/admin/lines/new")),
    };
    req.show(PLACE, "lines", &page)
}

/// Who reads a line, and by whose grants.
fn told(words: &Catalogue, line: &LineDocument) -> (String, String) {
    let readers = match &line.effective.groups {
        None => words.say("line-everybody", &[]),
        Some(groups) if groups.is_empty() => words.say("line-nobody", &[]),
        Some(groups) => {
            let names: Vec<&str> = groups.iter().map(|group| group.name.as_str()).collect();
            names.join(", ")
        }
    };
    let why = match &line.effective.governed_by {
        None => words.say("line-unrestricted", &[]),
        Some(governing) if governing.id == line.id => words.say("line-by-itself", &[]),
        Some(governing) => words.say(
            "line-inherited",
            &[("line", governing.name.as_str().into())],
        ),
    };
    (readers, why)
}

/// What the forms choose from.
struct Choices {
    lines: Vec<LineDocument>,
    calendars: Vec<CalendarRow>,
    groups: Vec<Group>,
}

async fn choices(req: &PageRequest) -> Result<Choices, Problem> {
    req.read(|conn| {
        let groups = match organizations::provider(conn)? {
            Some(provider) => groups::of_organization(conn, provider.id, 1_000)?,
            None => Vec::new(),
        };
        Ok(Choices {
            lines: book(conn)?.documents(),
            calendars: calendars::list(conn)?,
            groups,
        })
    })
    .await
}

/// Name, place and calendar.
fn fields(
    words: &Catalogue,
    choices: &Choices,
    (name, parent, calendar): (&str, Option<LineId>, &str),
    itself: Option<LineId>,
) -> Vec<Control> {
    let label = |key| words.say_of("label", key, &[]);
    let mut controls = vec![Control::of(AddLine::name(), label("name")).value(name)];
    if let Some(parent) = parent {
        let below = |line: &LineDocument| {
            let indent = "\u{2003}".repeat(line.depth);
            Choice::new(line.id.to_string(), format!("{indent}{}", line.name))
        };
        let others = choices.lines.iter().filter(|line| Some(line.id) != itself);
        controls.push(
            Control::of(AddLine::parent(), label("parent"))
                .kind(Kind::Select)
                .hint(words.say("line-parent-hint", &[]))
                .required()
                .choices(others.map(below).collect())
                .value(parent.to_string()),
        );
    }
    let same = Choice::new("", words.say("line-calendar-above", &[]));
    let own = choices
        .calendars
        .iter()
        .map(|calendar| Choice::new(calendar.id.to_string(), calendar.name.clone()));
    controls.push(
        Control::of(AddLine::calendar(), label("calendar"))
            .kind(Kind::Select)
            .choices(std::iter::once(same).chain(own).collect())
            .value(calendar),
    );
    controls
}

/// Who reads it: as above, or groups of its own; and whether that holds below too.
fn readers(words: &Catalogue, choices: &Choices, line: &LineDocument) -> Vec<Control> {
    let above = match line.parent {
        None => words.say("line-reads-everybody", &[]),
        Some(_) => words.say("line-reads-above", &[]),
    };
    let own = words.say("line-reads-groups", &[]);
    let mut controls = vec![
        Control::of(TypedLine::own_readers(), words.say("line-reads", &[]))
            .kind(Kind::Radio)
            .choices(vec![
                Choice::new("", above),
                Choice::new("on", own).hint(words.say("line-reads-groups-hint", &[])),
            ])
            .value(if line.reads.own { "on" } else { "" }),
    ];
    let granted = line.reads.groups.as_deref().unwrap_or_default();
    controls.extend(choices.groups.iter().map(|group| {
        Control::new(
            Kind::Check,
            format!("{}.{}", TypedLine::read_groups().name, group.id),
            group.name.clone(),
        )
        .checked(granted.iter().any(|granted| granted.id == group.id))
    }));
    let below = words.say("line-apply-below", &[]);
    controls.push(
        Control::of(TypedLine::apply_below(), below).hint(words.say("line-apply-below-hint", &[])),
    );
    controls
}

async fn new(req: PageRequest) -> PageResult {
    req.show(PLACE, "line", &new_page(&req).await?)
}

async fn new_page(req: &PageRequest) -> Result<LinePage, Problem> {
    let choices = choices(req).await?;
    let words = req.words();
    let root = choices.lines.first().map(|line| line.id);
    let controls = fields(words, &choices, ("", root, ""), None);
    let button = words.say("line-add-button", &[]);
    Ok(LinePage {
        title: words.say("line-add", &[]),
        about: words.say("line-add-about", &[]),
        tabs: tabs_of(req, Place::Lines),
        form: Some(LineForm::of(Form::new(
            "line",
            Place::Lines.href(),
            button,
            controls,
        ))),
    })
}

/// The page that adds a line.
struct Adding;

impl FormPage<String> for Adding {
    async fn done(&self, req: &PageRequest, name: String) -> PageResult {
        let flash = Flash::new(Done::LineAdded).name(name);
        Ok(req.go(Place::Lines.href(), Some(flash)))
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        again(req, &problem, new_page(req).await?)
    }
}

async fn add(req: PageRequest) -> PageResult {
    req.act(&Adding, |conn, by, command: &AddLine| {
        add_line(conn, Some(by.actor), command, by.now)?;
        Ok(command.name.to_string())
    })
    .await
}

async fn show(req: PageRequest, id: LineId) -> PageResult {
    req.show(PLACE, "line", &page(&req, id).await?)
}

/// The page of a line.
async fn page(req: &PageRequest, id: LineId) -> Result<LinePage, Problem> {
    let choices = choices(req).await?;
    let line = choices.lines.iter().find(|line| line.id == id);
    let line = line.ok_or_else(Problem::not_found)?;
    let words = req.words();
    let calendar = line.calendar.map(|id| id.to_string()).unwrap_or_default();
    let mut controls = fields(
        words,
        &choices,
        (&line.name, line.parent, &calendar),
        Some(id),
    );
    controls.extend(readers(words, &choices, line));
    let form = Form::new(
        "line",
        format!("/admin/lines/{id}"),
        words.say("line-save-button", &[]),
        controls,
    )
    .guarded(line.version);
    let (readers, why) = told(words, line);
    Ok(LinePage {
        title: line.name.clone(),
        about: words.say(
            "line-about",
            &[("readers", readers.into()), ("why", why.into())],
        ),
        tabs: tabs_of(req, Place::Lines),
        form: req.can(Permission::LinesManage).then(|| LineForm::of(form)),
    })
}

impl LineForm {
    /// Sorts out who reads it.
    pub fn of(mut form: Form) -> Self {
        let is_of_readers = |control: &Control| {
            let name = control.name.split('.').next();
            [
                TypedLine::own_readers().name,
                TypedLine::read_groups().name,
                TypedLine::apply_below().name,
            ]
            .contains(&name.unwrap_or_default())
        };
        Self {
            readers: (form.controls)
                .extract_if(.., |control| is_of_readers(control))
                .collect(),
            form,
        }
    }

    /// All of it as `shown` shows a form.
    fn shown(self, shown: impl FnOnce(Form) -> Form) -> Self {
        let mut whole = self.form;
        whole.controls.extend(self.readers);
        Self::of(shown(whole))
    }
}

input! {
    /// A line as its page sends it: all of it, and who reads it in two steps.
    pub struct TypedLine {
        /// Its name.
        name: Title,
        /// The line above; the root has none.
        parent: Patch<String>,
        /// Its own calendar; that of the line above if nothing is chosen.
        calendar: Option<String>,
        /// Whether it has readers of its own.
        own_readers: bool,
        /// Those, ticked.
        read_groups: Option<BTreeSet<String>>,
        /// Whether the lines below follow.
        apply_below: Option<bool>,
    }
}

impl From<&TypedLine> for UpdateLine {
    fn from(typed: &TypedLine) -> Self {
        let readers = || typed.read_groups.clone().unwrap_or_default();
        Self {
            name: Patch::Set(typed.name.clone()),
            parent: typed.parent.clone(),
            calendar: Patch::Set(typed.calendar.clone()),
            read_groups: Patch::Set(typed.own_readers.then(readers)),
            apply_below: typed.apply_below,
        }
    }
}

/// The page again, with what was typed and what is wrong with it.
fn again(req: &PageRequest, problem: &Problem, mut page: LinePage) -> PageResult {
    let refused = |form: Form| form.refused_for(req.words(), &req.typed, problem);
    page.form = page.form.map(|form| form.shown(refused));
    req.show_again(problem.code().status(), PLACE, "line", &page)
}

/// The page that changes a line.
struct Changing(LineId);

impl FormPage<Result<String, Foresight>> for Changing {
    async fn done(&self, req: &PageRequest, done: Result<String, Foresight>) -> PageResult {
        let foresight = match done {
            Ok(name) => {
                let flash = Flash::new(Done::LineChanged).name(name);
                return Ok(req.go(Place::Lines.href(), Some(flash)));
            }
            Err(foresight) => foresight,
        };
        // Nothing is done yet: it is said first what would follow.
        let words = req.words();
        let mut page = page(req, self.0).await?;
        page.form = page.form.map(|form| {
            let mut form = form.shown(|form| form.with_what_was_typed(&req.typed));
            form.form.consequences = consequences(words, &foresight);
            form.form.confirmed = seen(&foresight);
            form.form.button = words.say("form-confirm-button", &[]);
            form
        });
        req.show_again(StatusCode::OK, PLACE, "line", &page)
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        again(req, &problem, page(req, self.0).await?)
    }
}

async fn change(req: PageRequest, id: LineId) -> PageResult {
    let confirmed = req.typed.get(CONFIRMED).cloned().unwrap_or_default();
    let expected = req.expected();
    req.act(&Changing(id), move |conn, by, typed: &TypedLine| {
        let (actor, update) = (Some(by.actor), UpdateLine::from(typed));
        let foresight = foresee(conn, actor, id, &update, by.now)?;
        if foresight != Foresight::default() && seen(&foresight) != confirmed {
            return Ok(Err(foresight));
        }
        let expected = expected.as_deref();
        update_line(conn, actor, id, expected, &update, by.now)?;
        Ok(Ok(typed.name.to_string()))
    })
    .await
}

/// What was seen, as the form carries it.
fn seen(foresight: &Foresight) -> String {
    format!(
        "{}.{}.{}.{}.{}.{}",
        foresight.lost.people,
        foresight.lost.cases,
        foresight.gained.people,
        foresight.gained.cases,
        foresight.orphaned,
        foresight.overwritten
    )
}

fn consequences(words: &Catalogue, foresight: &Foresight) -> Vec<String> {
    let mut said = Vec::new();
    let (lost, gained) = (foresight.lost, foresight.gained);
    if lost.people > 0 {
        let args = [("people", lost.people.into()), ("cases", lost.cases.into())];
        said.push(words.say("line-lost", &args));
    }
    if gained.people > 0 {
        let args = [
            ("people", gained.people.into()),
            ("cases", gained.cases.into()),
        ];
        said.push(words.say("line-gained", &args));
    }
    if foresight.orphaned > 0 {
        let count = ("count", foresight.orphaned.into());
        said.push(words.say("line-orphaned", &[count]));
    }
    if foresight.overwritten > 0 {
        let count = ("count", foresight.overwritten.into());
        said.push(words.say("line-overwritten", &[count]));
    }
    said
}
