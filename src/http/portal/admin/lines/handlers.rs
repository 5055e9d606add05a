//! Showing the tree, adding lines, changing them; what follows is said before it is done.

use std::collections::BTreeSet;

use actix_web::http::StatusCode;

use super::{LineForm, LinePage, LineRow, LinesPage};
use crate::domain::access::Permission;
use crate::domain::ids::LineId;
use crate::domain::text::Title;
use crate::http::api::documents::LineDocument;
use crate::http::api::lines::book;
use crate::http::call::may;
use crate::http::portal::act::is_form_error;
use crate::http::portal::admin::Place;
use crate::http::portal::admin::handlers::{PLACE, tabs_of};
use crate::http::portal::answer::Outcome;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::form::{Choice, Control, Form, Kind};
use crate::http::portal::parts::Link;
use crate::http::portal::routes::{PortalRoute, pages};
use crate::http::portal::typed::Typed;
use crate::http::portal::visit::Visit;
use crate::http::problem::{Code, Problem};
use crate::store::calendars::{self, CalendarRow};
use crate::store::groups::{self, Group};
use crate::store::{lines, organizations};
use crate::words::Words;
use crate::workflow::lines::{Foresight, UpdateLine, add_line, foresee, update_line};

/// The deepest indentation that is drawn.
const DEEPEST: usize = 6;

/// The rows of the route table.
pub(in crate::http::portal::admin) fn routes() -> Vec<PortalRoute> {
    pages! { lines:
        GET  "/admin/lines"        may(Permission::LinesView)   => show_all, "Lines of business as a tree, and who reads the cases of each";
        GET  "/admin/lines/new"    may(Permission::LinesManage) => new, "The form that adds a line";
        POST "/admin/lines"        may(Permission::LinesManage) => add, "Adds a line";
        GET  "/admin/lines/{line}" may(Permission::LinesView)   => show, "One line";
        POST "/admin/lines/{line}" may(Permission::LinesManage) => change, "Changes a line, once what follows was seen";
    }
}

async fn show_all(visit: Visit) -> Outcome {
    let (all, counts) = visit
        .look(|conn| Ok((book(conn)?.documents(), lines::count_cases(conn)?)))
        .await?;
    let words = visit.words();
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
        tabs: tabs_of(&visit, Place::Lines),
        rows: all.iter().map(row).collect(),
        add: visit
            .can(Permission::LinesManage)
            .then(|| Link::new(words.say("line-add-button", &[]), "/admin/lines/new")),
    };
    visit.show(PLACE, "lines", &page)
}

/// Who reads a line, and by whose grants.
fn told(words: &Words, line: &LineDocument) -> (String, String) {
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

async fn choices(visit: &Visit) -> Result<Choices, Problem> {
    visit
        .look(|conn| {
            let groups = match organizations::provider(conn)? {
                Some(provider) => groups::list(conn, provider.id, None, 1_000)?,
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
    words: &Words,
    choices: &Choices,
    (name, parent, calendar): (&str, Option<LineId>, &str),
    itself: Option<LineId>,
) -> Vec<Control> {
    let label = |key| words.say_of("label", key, &[]);
    let mut controls = vec![
        Control::new(Kind::Text, "name", label("name"))
            .required()
            .max(100)
            .value(name),
    ];
    if let Some(parent) = parent {
        let below = |line: &LineDocument| {
            let indent = "\u{2003}".repeat(line.depth);
            Choice::new(line.id.to_string(), format!("{indent}{}", line.name))
        };
        let others = choices.lines.iter().filter(|line| Some(line.id) != itself);
        controls.push(
            Control::new(Kind::Select, "parent", label("parent"))
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
        Control::new(Kind::Select, "calendar", label("calendar"))
            .choices(std::iter::once(same).chain(own).collect())
            .value(calendar),
    );
    controls
}

/// Who reads it: as above, or groups of its own; and whether that holds below too.
fn readers(words: &Words, choices: &Choices, line: &LineDocument) -> Vec<Control> {
    let above = match line.parent {
        None => words.say("line-reads-everybody", &[]),
        Some(_) => words.say("line-reads-above", &[]),
    };
    let own = words.say("line-reads-groups", &[]);
    let mut controls = vec![
        Control::new(Kind::Radio, "reads", words.say("line-reads", &[]))
            .required()
            .choices(vec![
                Choice::new("above", above),
                Choice::new("groups", own).hint(words.say("line-reads-groups-hint", &[])),
            ])
            .value(if line.reads.own { "groups" } else { "above" }),
    ];
    let granted = line.reads.groups.as_deref().unwrap_or_default();
    controls.extend(choices.groups.iter().map(|group| {
        Control::new(
            Kind::Check,
            format!("group.{}", group.id),
            group.name.clone(),
        )
        .checked(granted.iter().any(|granted| granted.id == group.id))
    }));
    let below = words.say("line-apply-below", &[]);
    controls.push(
        Control::new(Kind::Check, "apply_below", below)
            .hint(words.say("line-apply-below-hint", &[])),
    );
    controls
}

async fn new(visit: Visit) -> Outcome {
    let page = new_page(&visit, |form| form).await?;
    visit.show(PLACE, "line", &page)
}

async fn new_page(visit: &Visit, shown: impl FnOnce(Form) -> Form) -> Result<LinePage, Problem> {
    let choices = choices(visit).await?;
    let words = visit.words();
    let root = choices.lines.first().map(|line| line.id);
    let controls = fields(words, &choices, ("", root, ""), None);
    let button = words.say("line-add-button", &[]);
    let form = shown(Form::new("line", "/admin/lines", button, controls));
    Ok(LinePage {
        title: words.say("line-add", &[]),
        about: words.say("line-add-about", &[]),
        tabs: tabs_of(visit, Place::Lines),
        form: Some(LineForm {
            form,
            readers: Vec::new(),
            consequences: Vec::new(),
            confirmed: String::new(),
        }),
    })
}

async fn add(visit: Visit) -> Outcome {
    match added(&visit).await {
        Ok(name) => {
            let flash = Flash::new(Done::LineAdded).name(name);
            Ok(visit.go(Place::Lines.href(), Some(flash)))
        }
        Err(problem) if is_form_error(&problem) => {
            let again = |form: Form| form.refused_for(visit.words(), &visit.typed, &problem);
            let page = new_page(&visit, again).await?;
            visit.show_again(problem.code().status(), PLACE, "line", &page)
        }
        Err(problem) => Err(problem.into()),
    }
}

async fn added(visit: &Visit) -> Result<String, Problem> {
    let mut typed = Typed::of(visit);
    let name = typed.text("name", Title::parse);
    let (parent, calendar) = (given(&typed, "parent"), given(&typed, "calendar"));
    typed.checked()?;
    let name = name.ok_or_else(|| Problem::new(Code::Internal))?;
    let called = name.to_string();
    let (actor, now) = (visit.actor()?.clone(), visit.now);
    visit
        .write(move |conn| {
            let (parent, calendar) = (parent.as_deref(), calendar.as_deref());
            add_line(conn, Some(&actor), &name, parent, calendar, now)
        })
        .await?;
    Ok(called)
}

fn given(typed: &Typed<'_>, field: &str) -> Option<String> {
    let text = typed.raw(field).trim();
    (!text.is_empty()).then(|| text.to_owned())
}

async fn show(visit: Visit, id: LineId) -> Outcome {
    let page = page(&visit, id, |form| form).await?;
    visit.show(PLACE, "line", &page)
}

/// The page of the line that the path names; `shown` may fill its form.
async fn page(
    visit: &Visit,
    id: LineId,
    shown: impl FnOnce(Form) -> Form,
) -> Result<LinePage, Problem> {
    let choices = choices(visit).await?;
    let line = choices.lines.iter().find(|line| line.id == id);
    let line = line.ok_or_else(Problem::not_found)?;
    let words = visit.words();
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
    );
    let (readers, why) = told(words, line);
    Ok(LinePage {
        title: line.name.clone(),
        about: words.say(
            "line-about",
            &[("readers", readers.into()), ("why", why.into())],
        ),
        tabs: tabs_of(visit, Place::Lines),
        form: visit
            .can(Permission::LinesManage)
            .then(|| LineForm::of(shown(form))),
    })
}

impl LineForm {
    /// Sorts out who reads it.
    pub fn of(mut form: Form) -> Self {
        let readers = form
            .controls
            .extract_if(.., |control| {
                control.name == "reads"
                    || control.name == "apply_below"
                    || control.name.starts_with("group.")
            })
            .collect();
        Self {
            form,
            readers,
            consequences: Vec::new(),
            confirmed: String::new(),
        }
    }
}

async fn change(visit: Visit, id: LineId) -> Outcome {
    match changed(&visit, id).await {
        Ok(None) => Ok(visit.go(
            Place::Lines.href(),
            Some(
                Flash::new(Done::LineChanged).name(visit.typed.get("name").map_or("", |name| name)),
            ),
        )),
        // Nothing is done yet: it is said first what would follow.
        Ok(Some(foresight)) => {
            let words = visit.words();
            let mut page = page(&visit, id, |form| form.filled(&visit.typed)).await?;
            if let Some(form) = &mut page.form {
                form.consequences = consequences(words, &foresight);
                form.confirmed = seen(&foresight);
                form.form.button = words.say("line-confirm-button", &[]);
            }
            visit.show_again(StatusCode::OK, PLACE, "line", &page)
        }
        Err(problem) if is_form_error(&problem) => {
            let again = |form: Form| form.refused_for(visit.words(), &visit.typed, &problem);
            let page = page(&visit, id, again).await?;
            visit.show_again(problem.code().status(), PLACE, "line", &page)
        }
        Err(problem) => Err(problem.into()),
    }
}

/// Makes the change if nothing follows from it that was not seen before; otherwise says what.
async fn changed(visit: &Visit, id: LineId) -> Result<Option<Foresight>, Problem> {
    let mut typed = Typed::of(visit);
    let name = typed.text("name", Title::parse);
    let (parent, calendar) = (given(&typed, "parent"), given(&typed, "calendar"));
    let groups = match typed.raw("reads") {
        "groups" => Some(
            visit
                .typed
                .keys()
                .filter_map(|field| field.strip_prefix("group.").map(str::to_owned))
                .collect::<BTreeSet<String>>(),
        ),
        _ => None,
    };
    typed.checked()?;
    let update = UpdateLine {
        name,
        parent,
        calendar: Some(calendar),
        read_groups: Some(groups),
        apply_below: visit.typed.contains_key("apply_below"),
    };
    let confirmed = visit.typed.get("confirmed").cloned().unwrap_or_default();
    let (actor, now) = (visit.actor()?.clone(), visit.now);
    visit
        .write(move |conn| {
            let foresight = foresee(conn, Some(&actor), id, &update, now)?;
            if foresight != Foresight::default() && seen(&foresight) != confirmed {
                return Ok(Some(foresight));
            }
            update_line(conn, Some(&actor), id, None, &update, now)?;
            Ok(None)
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

fn consequences(words: &Words, foresight: &Foresight) -> Vec<String> {
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
