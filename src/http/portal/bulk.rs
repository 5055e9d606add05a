//! Acts on several rows of a list: what would follow is said first, and what came of each row afterwards.

mod acts;
mod bar;
mod told;

use serde::Serialize;

use super::answer::{Answer, PageResult, Stop};
use super::form::{Choice, Control, Form, Kind, Wrong};
use super::once::Sending;
use super::page_request::PageRequest;
use super::parts::Link;
use super::render::is_local;
use crate::domain::saved_filter::FilteredList;

pub(super) use acts::routes;
pub(super) use bar::{Offered, bar, offered};

/// How many rows are acted on at once, at the most.
const MOST: usize = 100;
/// Begins the name of a row's tick; its number follows, or the id of a call, and its version is what is sent.
const ROW: &str = "row.";
/// Begins the names of the fields that say what becomes of cases.
const CHANGE: &str = "change.";
/// The words that go with an act.
const NOTE: &str = "note";
/// The field with which a form says that what would follow was seen.
const STEP: (&str, &str) = ("step", "act");
/// What a choice sends for nobody; a choice that sends nothing leaves things as they are.
const NOBODY: &str = "none";

/// What can be done with the rows of a list that are ticked.
#[derive(Clone, Debug, Serialize)]
pub struct ActBar {
    /// Where it is sent.
    pub action: String,
    /// What is chosen.
    pub controls: Vec<Control>,
    /// What its button says.
    pub button: String,
    /// Closes them instead, by a button of its own.
    pub close: Option<Link>,
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
    pub wrong: Wrong,
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
    /// What else happens with it, or stays as it is, a sentence each.
    pub follows: Vec<String>,
}

/// What a form asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Acts {
    /// Cases are changed.
    Changing,
    /// Cases are closed.
    Closing,
    /// Escalations are claimed, or assigned.
    Escalations,
    /// Calls are taken, given to somebody, or it is said what became of them.
    Callbacks,
}

impl Acts {
    /// The list whose rows they are.
    const fn list(self) -> FilteredList {
        match self {
            Self::Changing | Self::Closing => FilteredList::Cases,
            Self::Escalations => FilteredList::Escalations,
            Self::Callbacks => FilteredList::Callbacks,
        }
    }

    /// Where their forms are sent.
    fn action(self) -> String {
        let page = self.list().page();
        match self {
            Self::Closing => format!("{page}/bulk/close"),
            Self::Changing | Self::Escalations | Self::Callbacks => format!("{page}/bulk"),
        }
    }

    /// Their place in the navigation.
    const fn place(self) -> &'static str {
        match self {
            Self::Changing | Self::Closing => "cases",
            Self::Escalations => "queue",
            Self::Callbacks => "callbacks",
        }
    }

    /// Whether a field says what is to be done.
    fn is_asked(self, name: &str) -> bool {
        match self {
            Self::Changing => name.starts_with(CHANGE),
            Self::Closing => name == NOTE,
            Self::Escalations => ["act", "owner"].contains(&name),
            Self::Callbacks => ["act", "owner", NOTE].contains(&name),
        }
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
        wrong: Wrong::whole(wrong),
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
        wrong: Wrong::default(),
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
        wrong: Wrong::whole(why(words, problem)),
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
