//! Acts on several rows of a list: what would follow is said first, and what came of each row afterwards.

use std::collections::BTreeSet;

use actix_web::http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value};

use super::answer::{Answer, PageResult, Stop};
use super::form::{Choice, Control, Form, Kind};
use super::once::Sending;
use super::page_request::PageRequest;
use super::render::is_local;
use super::route::{PortalRoute, pages};
use super::said::{fault_said_to_people, said_to_people};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission::{CasesWork, EscalationsAssign, EscalationsReview};
use crate::domain::access::{Access, Permission};
use crate::domain::bulk::{EscalationAct, RowOutcome};
use crate::domain::case::{Priority, Status};
use crate::domain::ids::PersonId;
use crate::domain::saved_filter::FilteredList;
use crate::http::api_request::may;
use crate::http::bulk::{Row, count, one_by_one};
use crate::http::problem::{Code, Problem};
use crate::input::{self, Declared, Errors, Input};
use crate::store::people::Person;
use crate::store::{lines, notices, staff};
use crate::words::Catalogue;
use crate::workflow::VerbResult;
use crate::workflow::bulk::{
    BulkCases, BulkChange, BulkEscalations, Mode, act_on_escalation, change_case,
};

/// How many rows are acted on at once, at the most.
const MOST: usize = 100;
/// How many names are told of those who are written to.
const MOST_NAMES: usize = 20;
/// Begins the name of a row's tick; its number follows, and its version is what is sent.
const ROW: &str = "row.";
/// Begins the names of the fields that say what becomes of cases.
const CHANGE: &str = "change.";
/// The field with which a form says that what would follow was seen.
const STEP: (&str, &str) = ("step", "act");
/// What a choice sends for nobody; a choice that sends nothing leaves things as they are.
const NOBODY: &str = "none";

/// The rows of the route table.
pub(super) fn routes() -> Vec<PortalRoute> {
    pages! { bulk:
        GET  "/cases/bulk"       may(CasesWork)         => to_cases, "Leads back to the list of cases";
        POST "/cases/bulk"       may(CasesWork)         => cases, "Says what changing several cases would come to, and changes them";
        GET  "/escalations/bulk" may(EscalationsReview) => to_queue, "Leads back to the queue";
        POST "/escalations/bulk" may(EscalationsReview) => escalations, "Says what an act on several escalations would come to, and does it";
    }
}

/// What can be done with the rows of a list that are ticked.
#[derive(Clone, Debug, Serialize)]
pub struct ActBar {
    /// Where it is sent.
    pub action: String,
    /// What is chosen.
    pub controls: Vec<Control>,
    /// The list with all rows of this page ticked.
    pub all: String,
    /// How many rows the page has.
    pub rows: usize,
    /// Whether all of them are ticked.
    pub ticked: bool,
    /// The page of the list.
    pub back: String,
}

/// What would follow, or what came of it.
#[derive(Clone, Debug, Serialize)]
pub struct BulkPage {
    /// Its heading.
    pub title: String,
    /// What is wrong with what was asked for.
    pub problems: Vec<String>,
    /// How many are changed, and how many not; empty where nothing was looked at.
    pub counts: String,
    /// Who is written to; empty where nobody is.
    pub told: String,
    /// Each row.
    pub rows: Vec<BulkRow>,
    /// Does it; none where nothing would follow, or it is done.
    pub confirm: Option<Form>,
    /// Asks for something else; none where it is done.
    pub form: Option<Form>,
    /// The list.
    pub back: String,
}

/// What becomes of one row.
#[derive(Clone, Debug, Serialize)]
pub struct BulkRow {
    /// Its number.
    pub name: String,
    /// Its page.
    pub href: String,
    /// What becomes of it, in a word.
    pub outcome: String,
    /// How that looks.
    pub chip: &'static str,
    /// Why it is refused; empty if it is not.
    pub why: String,
}

/// What an act bar offers to choose from.
#[derive(Clone, Debug, Default)]
pub(super) struct Offered {
    people: Vec<Choice>,
    lines: Vec<Choice>,
}

/// What can be chosen for the rows of a list by somebody; none where they do nothing with several rows.
///
/// # Errors
/// Database errors.
pub(super) fn offered(
    conn: &mut Conn,
    access: &Access,
    list: FilteredList,
    now: Instant,
) -> Result<Option<Offered>, Problem> {
    let (needed, owners) = match list {
        FilteredList::Cases => (CasesWork, Some(CasesWork)),
        FilteredList::Escalations => (
            EscalationsReview,
            access.can(EscalationsAssign).then_some(EscalationsReview),
        ),
    };
    if !access.can(needed) {
        return Ok(None);
    }
    Ok(Some(Offered {
        people: match owners {
            Some(permission) => people(conn, permission, now)?,
            None => Vec::new(),
        },
        lines: match list {
            FilteredList::Cases => lines_of(conn)?,
            FilteredList::Escalations => Vec::new(),
        },
    }))
}

fn people(conn: &mut Conn, permission: Permission, now: Instant) -> Result<Vec<Choice>, Problem> {
    let staff = staff::who(conn, permission, now)?;
    let choice = |person: &Person| Choice::new(person.id.to_string(), person.name());
    Ok(staff.iter().map(choice).collect())
}

/// One line is no choice.
fn lines_of(conn: &mut Conn) -> Result<Vec<Choice>, Problem> {
    let lines = lines::all(conn)?;
    if lines.len() < 2 {
        return Ok(Vec::new());
    }
    let choice = |line: lines::Line| Choice::new(line.id.to_string(), line.name);
    Ok(lines.into_iter().map(choice).collect())
}

/// Choices for the values of a closed enum, in the words of `family`.
fn choices(words: &Catalogue, family: &str, values: &[&str]) -> Vec<Choice> {
    let choice = |value: &&str| Choice::new(*value, words.say_of(family, value, &[]));
    values.iter().map(choice).collect()
}

/// The controls of what is done, each of which leaves things as they are unless something is chosen.
fn controls(words: &Catalogue, list: FilteredList, offered: Offered) -> Vec<Control> {
    let select = |name: &str, label: &str, choices: Vec<Choice>| {
        let stays = Choice::new("", words.say("bulk-stays", &[]));
        Control::new(Kind::Select, name, words.say_of("label", label, &[]))
            .half()
            .choices([vec![stays], choices].concat())
            .value("")
    };
    match list {
        FilteredList::Cases => {
            let within = |field: Declared| format!("{CHANGE}{}", field.name);
            let nobody = Choice::new(NOBODY, words.say("nobody", &[]));
            let owners = [vec![nobody], offered.people].concat();
            let statuses = choices(words, "status", Status::NAMES);
            let priorities = choices(words, "priority", Priority::NAMES);
            let mut controls = vec![
                select(&within(BulkChange::owner()), "owner", owners),
                select(&within(BulkChange::status()), "status", statuses),
                select(&within(BulkChange::priority()), "priority", priorities),
            ];
            if !offered.lines.is_empty() {
                let name = within(BulkChange::line_of_business());
                controls.push(select(&name, "line-of-business", offered.lines));
            }
            controls
        }
        FilteredList::Escalations => {
            let acts: &[&str] = match offered.people.is_empty() {
                // Taking them oneself, which stands first.
                true => &EscalationAct::NAMES[..1],
                false => EscalationAct::NAMES,
            };
            let acts = choices(words, "bulk-act", acts);
            let act = Control::new(
                Kind::Select,
                BulkEscalations::act().name,
                words.say("bulk-act-label", &[]),
            );
            let mut controls = vec![act.half().required().choices(acts)];
            if !offered.people.is_empty() {
                controls.push(select(
                    BulkEscalations::owner().name,
                    "owner",
                    offered.people,
                ));
            }
            controls
        }
    }
}

/// The bar under a list that has `rows` on its page.
pub(super) fn bar(
    req: &PageRequest,
    list: FilteredList,
    offered: Option<Offered>,
    rows: usize,
) -> Option<ActBar> {
    let offered = offered.filter(|_| rows > 0)?;
    let form = Form::new(
        "act",
        format!("{}/bulk", list.page()),
        "",
        controls(req.words(), list, offered),
    );
    Some(ActBar {
        action: form.action,
        controls: form.controls,
        all: req.here("choose", Some("page")),
        rows,
        ticked: is_all_ticked(req),
        back: req.here("choose", None),
    })
}

/// Whether all rows of the page are to be ticked.
fn is_all_ticked(req: &PageRequest) -> bool {
    req.asked("choose") == Some("page")
}

async fn to_cases(req: PageRequest) -> PageResult {
    Ok(req.go(FilteredList::Cases.page(), None))
}

async fn to_queue(req: PageRequest) -> PageResult {
    Ok(req.go(FilteredList::Escalations.page(), None))
}

/// What was ticked: numbers with their versions, in order.
fn ticked(req: &PageRequest) -> Vec<(String, String)> {
    let row = |(name, version): (&String, &String)| {
        Some((name.strip_prefix(ROW)?.to_owned(), version.clone()))
    };
    let mut rows: Vec<_> = req.typed.iter().filter_map(row).collect();
    rows.sort_unstable();
    rows
}

/// Whether a field says what is to be done.
fn is_asked(name: &str) -> bool {
    name.starts_with(CHANGE) || ["act", "owner"].contains(&name)
}

/// What was asked for, as the verb's command takes it: each row an item, and what is to stay as it is left out.
fn command<C: Input>(req: &PageRequest, item: &str) -> Result<C, Problem> {
    let rows = ticked(req).into_iter();
    let items: Vec<Value> = rows
        .map(|(number, version)| {
            let members = [(item, number), ("version", version)];
            let members = members.map(|(name, text)| (name.to_owned(), Value::from(text)));
            Value::Object(members.into_iter().collect())
        })
        .collect();
    let mut said = Map::from_iter([("items".to_owned(), Value::from(items))]);
    let mut change = Map::new();
    let asked = req.typed.iter();
    for (name, value) in asked.filter(|(name, value)| is_asked(name) && !value.is_empty()) {
        let value = match value.as_str() {
            NOBODY => Value::Null,
            value => Value::from(value),
        };
        match name.strip_prefix(CHANGE) {
            Some(field) => change.insert(field.to_owned(), value),
            None => said.insert(name.clone(), value),
        };
    }
    if !change.is_empty() {
        said.insert("change".to_owned(), Value::Object(change));
    }
    input::read(&Value::Object(said), Errors::of_texts()).map_err(Problem::invalid)
}

async fn cases(req: PageRequest) -> PageResult {
    if let Some(page) = nothing_to_do(&req, FilteredList::Cases).await? {
        return Ok(page);
    }
    let command = command::<BulkCases>(&req, "case").and_then(|command| {
        command.check()?;
        Ok(command)
    });
    let BulkCases { items, change } = match command {
        Ok(command) => command,
        Err(problem) => return again(&req, FilteredList::Cases, &problem).await,
    };
    let (actor, now, mode) = (req.actor()?.clone(), req.now, mode(&req));
    let rows = one_by_one(
        items,
        |item| item.case.to_string(),
        |item| {
            let (req, actor, change) = (req.clone(), actor.clone(), change.clone());
            async move {
                let verb =
                    move |conn: &mut Conn| change_case(conn, &actor, (&item, &change), mode, now);
                req.one(mode, verb).await
            }
        },
    );
    let rows = rows.await;
    told(&req, FilteredList::Cases, (mode, &rows)).await
}

async fn escalations(req: PageRequest) -> PageResult {
    if let Some(page) = nothing_to_do(&req, FilteredList::Escalations).await? {
        return Ok(page);
    }
    let command = command::<BulkEscalations>(&req, "escalation").and_then(|command| {
        command.check()?;
        Ok(command)
    });
    let command = match command {
        Ok(command) => command,
        Err(problem) => return again(&req, FilteredList::Escalations, &problem).await,
    };
    let (actor, now, mode) = (req.actor()?.clone(), req.now, mode(&req));
    let rows = one_by_one(
        command.items.clone(),
        |item| item.escalation.to_string(),
        |item| {
            let (req, actor, command) = (req.clone(), actor.clone(), command.clone());
            async move {
                let verb = move |conn: &mut Conn| {
                    act_on_escalation(conn, &actor, (&item, &command), mode, now)
                };
                req.one(mode, verb).await
            }
        },
    );
    let rows = rows.await;
    told(&req, FilteredList::Escalations, (mode, &rows)).await
}

fn mode(req: &PageRequest) -> Mode {
    match req.typed.get(STEP.0).is_some_and(|step| step == STEP.1) {
        true => Mode::Act,
        false => Mode::Preview,
    }
}

impl PageRequest {
    /// One row, in its own transaction: for good, and then once however often the form is sent, or to be looked at.
    async fn one<T, F>(&self, mode: Mode, verb: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: Fn(&mut Conn) -> VerbResult<T> + Send + 'static,
    {
        match mode {
            Mode::Act => self.write(verb).await,
            // By the way of a change, which is taken back: nothing of it is kept.
            Mode::Preview => {
                let looking = self
                    .desk
                    .db
                    .write(move |conn| Ok::<_, Problem>(verb(conn)?));
                looking.await
            }
        }
    }
}

/// The page that says so where no row is ticked, or too many are.
async fn nothing_to_do(req: &PageRequest, list: FilteredList) -> Result<Option<Answer>, Stop> {
    let words = req.words();
    let rows = ticked(req).len();
    let wrong = match rows {
        0 => words.say("bulk-none-ticked", &[]),
        1..=MOST => return Ok(None),
        _ => words.say(
            "bulk-too-many",
            &[("most", MOST.into()), ("count", rows.into())],
        ),
    };
    let page = BulkPage {
        problems: vec![wrong],
        ..blank(req, list, words.say("bulk-title", &[]))
    };
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    let answer = req.show_again(status, place(list), "bulk", &page)?;
    Ok(Some(answer))
}

fn place(list: FilteredList) -> &'static str {
    match list {
        FilteredList::Cases => "cases",
        FilteredList::Escalations => "queue",
    }
}

fn blank(req: &PageRequest, list: FilteredList, title: String) -> BulkPage {
    let back = req.typed.get("back").filter(|back| is_local(back));
    BulkPage {
        title,
        problems: Vec::new(),
        counts: String::new(),
        told: String::new(),
        rows: Vec::new(),
        confirm: None,
        form: None,
        back: back.map_or_else(|| list.page().to_owned(), Clone::clone),
    }
}

/// What was sent, to be sent again: the rows, and the way back.
fn carried(req: &PageRequest) -> Vec<Control> {
    let hidden = |name: String, value: &str| Control::new(Kind::Hidden, name, "").value(value);
    let rows = ticked(req).into_iter();
    let mut controls: Vec<Control> = rows
        .map(|(number, version)| hidden(format!("{ROW}{number}"), &version))
        .collect();
    let back = req.typed.get("back").filter(|back| is_local(back));
    controls.extend(back.map(|back| hidden("back".to_owned(), back)));
    controls
}

/// The form that asks for something else, with what was asked for.
async fn form(req: &PageRequest, list: FilteredList) -> Result<Form, Problem> {
    let (access, now) = (req.access()?.clone(), req.now);
    let offered = req
        .read(move |conn| offered(conn, &access, list, now))
        .await?
        .unwrap_or_default();
    let words = req.words();
    let mut controls = controls(words, list, offered);
    for control in &mut controls {
        if let Some(typed) = req.typed.get(&control.name) {
            *control = control.clone().value(typed.as_str());
        }
    }
    Ok(Form::new(
        "act",
        format!("{}/bulk", list.page()),
        words.say("bulk-look", &[]),
        [carried(req), controls].concat(),
    ))
}

/// The page again, with what is wrong.
async fn again(req: &PageRequest, list: FilteredList, problem: &Problem) -> PageResult {
    let words = req.words();
    let page = BulkPage {
        problems: vec![why(words, problem)],
        form: Some(form(req, list).await?),
        ..blank(req, list, words.say("bulk-title", &[]))
    };
    req.show_again(problem.code().status(), place(list), "bulk", &page)
}

/// Why something was refused, in a sentence or a few.
fn why(words: &Catalogue, problem: &Problem) -> String {
    if problem.code() == Code::StaleVersion {
        return words.say("bulk-changed-meanwhile", &[]);
    }
    let errors = problem.errors().iter();
    let said: Vec<String> = errors
        .map(|error| match error.field() {
            // What the whole of it lacks is told by its own words.
            "change" => words.say("bulk-nothing-asked", &[]),
            "owner" if error.code() == "required" => words.say("bulk-no-owner", &[]),
            _ => fault_said_to_people(words, error),
        })
        .collect();
    match said.is_empty() {
        true => said_to_people(words, problem),
        false => said.join(" "),
    }
}

/// What would follow, or what came of it.
async fn told(req: &PageRequest, list: FilteredList, (mode, rows): (Mode, &[Row])) -> PageResult {
    // It was sent before: what came of it then is the answer.
    if req.sending.as_ref().is_some_and(Sending::was_met) {
        return Err(Problem::new(Code::IdempotencyKeyReused).into());
    }
    let words = req.words();
    let of = |outcome| count(rows, outcome);
    let (done, unchanged, refused) = (
        of(RowOutcome::Done),
        of(RowOutcome::Unchanged),
        of(RowOutcome::Refused),
    );
    let of_rows = [
        ("done", done.into()),
        ("unchanged", unchanged.into()),
        ("refused", refused.into()),
    ];
    let (title, counts) = match mode {
        Mode::Preview => (
            words.say("bulk-title", &[]),
            words.say("bulk-would", &of_rows),
        ),
        Mode::Act => (
            words.say("bulk-done-title", &[]),
            words.say("bulk-did", &of_rows),
        ),
    };
    let page = BulkPage {
        counts,
        told: names(req, mode, rows).await?,
        rows: rows
            .iter()
            .map(|row| view(words, list, (mode, row)))
            .collect(),
        form: match mode {
            Mode::Preview => Some(form(req, list).await?),
            Mode::Act => None,
        },
        confirm: (mode == Mode::Preview && done > 0).then(|| confirm(req, list, done)),
        ..blank(req, list, title)
    };
    req.show(place(list), "bulk", &page)
}

/// The form that does what was looked at.
fn confirm(req: &PageRequest, list: FilteredList, done: usize) -> Form {
    let asked = req.typed.iter().filter(|(name, _)| is_asked(name));
    let mut controls: Vec<Control> = asked
        .map(|(name, value)| Control::new(Kind::Hidden, name.as_str(), "").value(value.as_str()))
        .collect();
    controls.sort_by(|one, other| one.name.cmp(&other.name));
    controls.push(Control::new(Kind::Hidden, STEP.0, "").value(STEP.1));
    Form::new(
        "confirm",
        format!("{}/bulk", list.page()),
        req.words().say("bulk-confirm", &[("count", done.into())]),
        [carried(req), controls].concat(),
    )
}

/// Who is written to, by name.
async fn names(req: &PageRequest, mode: Mode, rows: &[Row]) -> Result<String, Problem> {
    let done = rows.iter().filter_map(|row| row.came_to.as_ref().ok());
    let told: BTreeSet<PersonId> = done.flat_map(|done| done.told.iter().copied()).collect();
    if told.is_empty() {
        return Ok(String::new());
    }
    let (people, now) = (told.iter().copied().collect::<Vec<_>>(), req.now);
    let known = req
        .read(move |conn| Ok(notices::known(conn, people.clone(), None, now)?))
        .await?;
    let mut names: Vec<String> = known.into_iter().map(|known| known.name).collect();
    names.sort();
    let further = names.len().saturating_sub(MOST_NAMES);
    names.truncate(MOST_NAMES);
    let words = req.words();
    let mut list = names.join(", ");
    if further > 0 {
        list.push_str(&words.say("bulk-further", &[("count", further.into())]));
    }
    let of_told = [("count", told.len().into()), ("names", list.into())];
    Ok(match mode {
        Mode::Preview => words.say("bulk-would-tell", &of_told),
        Mode::Act => words.say("bulk-told", &of_told),
    })
}

fn view(words: &Catalogue, list: FilteredList, (mode, row): (Mode, &Row)) -> BulkRow {
    let outcome = row.outcome();
    let name = match &row.came_to {
        Ok(done) => done.number.clone(),
        Err(_) => row.named.clone(),
    };
    let family = match mode {
        Mode::Preview => "bulk-would-row",
        Mode::Act => "bulk-row",
    };
    BulkRow {
        href: format!("{}/{name}", list.page()),
        name,
        outcome: words.say_of(family, outcome.as_str(), &[]),
        chip: match outcome {
            RowOutcome::Done => "good",
            RowOutcome::Unchanged => "plain",
            RowOutcome::Refused => "high",
        },
        why: match &row.came_to {
            Ok(_) => String::new(),
            Err(problem) => why(words, problem),
        },
    }
}
