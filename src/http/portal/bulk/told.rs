//! What acts on several rows would come to, and what came of them.

use std::collections::{BTreeSet, HashMap};

use actix_web::http::StatusCode;

use super::bar::{controls, last_word, offered};
use super::{Acts, BulkPage, BulkRow, CHANGE, MOST, NOTE, ROW, STEP};
use crate::domain::bulk::{Consequence, RowOutcome};
use crate::domain::ids::{CallbackId, PersonId};
use crate::domain::text::in_order;
use crate::http::bulk::{Row, count};
use crate::http::portal::answer::{Answer, PageResult, Stop};
use crate::http::portal::form::{Control, Form, Kind, Wrong};
use crate::http::portal::once::Sending;
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::said::{fault_said_to_people, said_to_people};
use crate::http::problem::{Code, Problem};
use crate::store::{callbacks, notices};
use crate::words::Catalogue;
use crate::workflow::bulk::Mode;

/// How many names are told of those who are written to.
const MOST_NAMES: usize = 20;

/// The page that says so where no row is ticked, or too many are.
///
/// # Errors
/// A mistake in the template.
pub(super) fn nothing_to_do(req: &PageRequest, acts: Acts) -> Result<Option<Answer>, Stop> {
    let words = req.words();
    let rows = req.ticked().len();
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
        ..blank(req, acts, words.say("bulk-title", &[]))
    };
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    let answer = req.show_again(status, acts.place(), "bulk", &page)?;
    Ok(Some(answer))
}

fn blank(req: &PageRequest, acts: Acts, title: String) -> BulkPage {
    let back = req.came_from();
    BulkPage {
        title,
        wrong: Wrong::default(),
        left_out: String::new(),
        counts: String::new(),
        told: String::new(),
        rows: Vec::new(),
        confirm: None,
        form: None,
        back: back.map_or_else(|| acts.list().page().to_owned(), Clone::clone),
    }
}

fn hidden(name: impl Into<String>, value: &str) -> Control {
    Control::new(Kind::Hidden, name, "").value(value)
}

/// What was sent, to be sent again: the rows, and the way back.
fn carried(req: &PageRequest) -> Vec<Control> {
    let rows = req.ticked().into_iter();
    let mut controls: Vec<Control> = rows
        .map(|(named, version)| hidden(format!("{ROW}{named}"), &version))
        .collect();
    controls.extend(req.came_from().map(|back| hidden("back", back)));
    controls
}

/// The form that asks for something else, with what was asked for.
async fn form(req: &PageRequest, acts: Acts) -> Result<Form, Problem> {
    let (access, now) = (req.access()?.clone(), req.now);
    let offered = req
        .read(move |conn| offered(conn, &access, acts.list(), now))
        .await?
        .unwrap_or_default();
    let words = req.words();
    let mut controls = controls(words, acts, offered);
    for control in &mut controls {
        if let Some(typed) = req.typed.get(&control.name) {
            *control = control.clone().value(typed.as_str());
        }
    }
    Ok(Form::new(
        "act",
        acts.action(),
        words.say("bulk-look", &[]),
        [carried(req), controls].concat(),
    ))
}

/// The page again, with what is wrong.
///
/// # Errors
/// Database errors; a mistake in the template.
pub(super) async fn again(req: &PageRequest, acts: Acts, problem: &Problem) -> PageResult {
    let words = req.words();
    let page = BulkPage {
        wrong: Wrong::whole(why(words, problem)),
        form: Some(form(req, acts).await?),
        ..blank(req, acts, words.say("bulk-title", &[]))
    };
    req.show_again(problem.code().status(), acts.place(), "bulk", &page)
}

/// Why something was refused, in a sentence or a few.
fn why(words: &Catalogue, problem: &Problem) -> String {
    if problem.code() == Code::StaleVersion {
        return words.say("bulk-changed-meanwhile", &[]);
    }
    let errors = problem.errors().iter();
    let said: Vec<String> = errors
        .map(|error| match (error.field(), error.code()) {
            // What the whole of it lacks is told by its own words.
            ("change", _) => words.say("bulk-nothing-asked", &[]),
            ("act", "required") => words.say("bulk-no-act", &[]),
            ("owner", "required") => words.say("bulk-no-owner", &[]),
            ("owner", "not_with_act") => words.say("bulk-owner-left-over", &[]),
            ("note", "required") => words.say("bulk-no-note", &[]),
            ("note", "not_with_act") => words.say("bulk-note-left-over", &[]),
            _ => fault_said_to_people(words, error),
        })
        .collect();
    match said.is_empty() {
        true => said_to_people(words, problem),
        false => said.join(" "),
    }
}

/// What would follow, or what came of it.
///
/// # Errors
/// [`Code::IdempotencyKeyReused`] if the form was sent before; database errors; a mistake in the template.
pub(super) async fn told(
    req: &PageRequest,
    acts: Acts,
    (mode, rows): (Mode, &[Row]),
) -> PageResult {
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
    let calls = calls(req, acts, rows).await?;
    let page = BulkPage {
        left_out: left_out(req, acts),
        counts,
        told: names(req, mode, rows).await?,
        rows: rows
            .iter()
            .map(|row| view(words, (acts, &calls), (mode, row)))
            .collect(),
        form: match (mode, acts) {
            (Mode::Preview, Acts::Changing | Acts::Escalations | Acts::Callbacks) => {
                Some(form(req, acts).await?)
            }
            // Its words are asked for where it is done.
            (Mode::Preview, Acts::Closing) | (Mode::Act, _) => None,
        },
        confirm: (mode == Mode::Preview && done > 0).then(|| confirm(req, acts, done)),
        ..blank(req, acts, title)
    };
    req.show(acts.place(), "bulk", &page)
}

/// That what else was chosen is not done where cases are closed.
fn left_out(req: &PageRequest, acts: Acts) -> String {
    let mut typed = req.typed.iter();
    let is_chosen = typed.any(|(name, value)| name.starts_with(CHANGE) && !value.is_empty());
    match acts == Acts::Closing && is_chosen {
        true => req.words().say("bulk-close-alone", &[]),
        false => String::new(),
    }
}

/// The form that does what was looked at.
fn confirm(req: &PageRequest, acts: Acts, done: usize) -> Form {
    let words = req.words();
    let of_done = [("count", done.into())];
    let (button, controls) = match acts {
        Acts::Closing => {
            let typed = req.typed.get(NOTE).map_or("", String::as_str);
            let button = words.say("bulk-confirm-close", &of_done);
            (button, vec![last_word(words).value(typed)])
        }
        Acts::Changing | Acts::Escalations | Acts::Callbacks => {
            let asked = req.typed.iter().filter(|(name, _)| acts.is_asked(name));
            let mut controls: Vec<Control> = asked
                .map(|(name, value)| hidden(name.as_str(), value))
                .collect();
            controls.sort_by(|one, other| one.name.cmp(&other.name));
            (words.say("bulk-confirm", &of_done), controls)
        }
    };
    let step = vec![hidden(STEP.0, STEP.1)];
    Form::new(
        "confirm",
        acts.action(),
        button,
        [carried(req), controls, step].concat(),
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
    names.sort_by(|one, other| in_order(one, other));
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

/// What a call is called where it has no number of its own, and where it is shown, by its id.
type Calls = HashMap<String, (String, String)>;

/// The calls of the rows, as far as they exist for the visitor.
async fn calls(req: &PageRequest, acts: Acts, rows: &[Row]) -> Result<Calls, Problem> {
    if acts != Acts::Callbacks {
        return Ok(Calls::new());
    }
    let ids = rows.iter().filter_map(|row| row.named.parse().ok());
    let (ids, reach): (Vec<CallbackId>, _) = (ids.collect(), req.access()?.reach());
    let views = req
        .read(move |conn| Ok(callbacks::views_of(conn, reach, &ids)?))
        .await?;
    let call = |view: callbacks::CallbackView| {
        let (id, number) = (view.callback.id.to_string(), view.escalation_number);
        let name = format!("{} · {number}", view.callback.phone);
        let href = format!("/escalations/{number}#call-{id}");
        (id, (name, href))
    };
    Ok(views.into_iter().map(call).collect())
}

fn view(words: &Catalogue, (acts, calls): (Acts, &Calls), (mode, row): (Mode, &Row)) -> BulkRow {
    let outcome = row.outcome();
    let page = acts.list().page();
    let (name, href) = match (&row.came_to, acts) {
        (_, Acts::Callbacks) => match calls.get(&row.named) {
            Some(call) => call.clone(),
            None => (words.say("bulk-call-gone", &[]), page.to_owned()),
        },
        (Ok(done), _) => (done.number.clone(), format!("{page}/{}", done.number)),
        (Err(_), _) => (row.named.clone(), format!("{page}/{}", row.named)),
    };
    let family = match mode {
        Mode::Preview => "bulk-would-row",
        Mode::Act => "bulk-row",
    };
    let follows = match &row.came_to {
        Ok(done) => done.follows.iter().map(|of| follows(words, of)).collect(),
        Err(_) => Vec::new(),
    };
    BulkRow {
        name,
        href,
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
        follows,
    }
}

/// What else happens with a row, in a sentence.
fn follows(words: &Catalogue, of: &Consequence) -> String {
    let args = [
        ("name", of.name().unwrap_or_default().into()),
        ("count", of.count().unwrap_or_default().into()),
    ];
    words.say_of("bulk-follows", of.kind().as_str(), &args)
}
