//! Provisioning: what is there as a file, and a file taken in once it was seen what it does (A8).

use serde::Serialize;
use serde_json::Value;

use super::Place;
use super::handlers::{PLACE, open, tabs_of};
use crate::domain::access::Permission;
use crate::http::api::provisioning::{
    FieldChangeDocument, ProvisionedDocument, RecordDocument, RecordOutcome, download,
};
use crate::http::api_request::may;
use crate::http::portal::act::is_form_error;
use crate::http::portal::answer::{Answer, PageResult};
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::form::{Control, Form, Kind, Wrong};
use crate::http::portal::page_request::{PageRequest, Posted};
use crate::http::portal::parts::Tab;
use crate::http::portal::route::{PortalRoute, pages};
use crate::http::portal::said::said_to_people;
use crate::http::problem::Problem;
use crate::input::{self, Errors, Fault, FieldError, shortened};
use crate::workflow::provision::{Mode, Provisioning, export, take_in};
use crate::workflow::{Rejection, VerbError};

/// The field of the records' text.
const TEXT: &str = "records";
/// The field of a file.
const FILE: &str = "file";

/// The rows of the route table.
pub(in crate::http::portal) fn routes() -> Vec<PortalRoute> {
    const RUN: Permission = Permission::ProvisioningRun;
    let rows = pages! { provisioning:
        GET  "/admin/provisioning"       may(RUN) => show, "The form that takes a file of records in";
        GET  "/admin/provisioning/file"  may(RUN) => file, "What is there as a file of records";
        POST "/admin/provisioning"       may(RUN) => preview, "Shows what taking a file in would do";
        POST "/admin/provisioning/apply" may(RUN) => apply, "Takes in the file that was shown";
    };
    let with_file = rows.into_iter().map(|row| row.posted(Posted::WithFile));
    with_file.collect()
}

/// The page of provisioning.
#[derive(Clone, Debug, Serialize)]
pub struct ProvisioningPage {
    /// What it is called.
    pub title: String,
    /// What it is for.
    pub about: String,
    /// The places of the administration.
    pub tabs: Vec<Tab>,
    /// Where what is there is downloaded.
    pub download: String,
    /// To choose a file, or to write records.
    pub form: Form,
    /// What the last one would do.
    pub seen: Option<SeenView>,
}

/// What a file would do.
#[derive(Clone, Debug, Serialize)]
pub struct SeenView {
    /// What is wrong with taking it in.
    pub wrong: Wrong,
    /// How many records are new, changed, unchanged and refused.
    pub counts: String,
    /// Whether there is anything to do, and nothing refused.
    pub can_apply: bool,
    /// Its records, those that change nothing left out.
    pub rows: Vec<SeenRow>,
    /// Its text, which is what is taken in.
    pub text: String,
    /// What was there when it was looked through.
    pub version: i64,
}

/// A record of it.
#[derive(Clone, Debug, Serialize)]
pub struct SeenRow {
    /// On which line it stands, and what it tells of.
    pub line: String,
    /// What that is called.
    pub name: String,
    /// What would become of it.
    pub outcome: String,
    /// The class of its chip.
    pub chip: &'static str,
    /// What would be otherwise, or why it cannot be so.
    pub details: Vec<String>,
}

async fn show(req: PageRequest) -> PageResult {
    open(&req, Place::Provisioning)?;
    req.show(PLACE, "provisioning", &page(&req))
}

async fn file(req: PageRequest) -> PageResult {
    let actor = req.actor()?.clone();
    let text = req
        .read_or_search(true, move |conn| Ok(export(conn, &actor)?))
        .await?;
    Ok(Answer::download(download(text)))
}

fn page(req: &PageRequest) -> ProvisioningPage {
    let words = req.words();
    let here = Place::Provisioning.href();
    let controls = vec![
        Control::new(
            Kind::File,
            FILE,
            words.say_of("label", "provisioning-file", &[]),
        )
        .suggestions(vec![".ndjson".to_owned(), ".jsonl".to_owned()]),
        Control::new(
            Kind::Lines,
            TEXT,
            words.say_of("label", "provisioning-records", &[]),
        )
        .hint(words.say_of("hint", "provisioning-records", &[])),
    ];
    let button = words.say("provisioning-look", &[]);
    ProvisioningPage {
        title: words.say_of("admin", "provisioning", &[]),
        about: words.say_of("admin-about", "provisioning", &[]),
        tabs: tabs_of(req, Place::Provisioning),
        download: format!("{here}/file"),
        form: Form::new("records", here, button, controls),
        seen: None,
    }
}

/// The file that was chosen, or what was written.
fn sent(req: &PageRequest) -> Result<(String, Provisioning), Problem> {
    let refused = |code| Problem::invalid_field(FieldError::new(TEXT, Fault::new(code)));
    let text = match &req.file {
        Some(bytes) => String::from_utf8(bytes.to_vec()).map_err(|_| refused("not_utf8"))?,
        None => req.typed.get(TEXT).cloned().unwrap_or_default(),
    };
    let file: Provisioning =
        input::read(&Value::from(text.as_str()), Errors::default()).map_err(|errors| {
            let of_text = errors.into_iter().map(|error| error.at(TEXT));
            Problem::invalid(of_text.collect())
        })?;
    Ok((text, file))
}

async fn preview(req: PageRequest) -> PageResult {
    match sent(&req) {
        Ok((text, file)) => seen(&req, text, file, None).await,
        Err(problem) => again(&req, &problem),
    }
}

fn again(req: &PageRequest, problem: &Problem) -> PageResult {
    let mut page = page(req);
    page.form = page.form.refused_for(req.words(), &req.typed, problem);
    req.show_again(problem.code().status(), PLACE, "provisioning", &page)
}

/// The page with what a file would do, and why it was not done if it was to be.
async fn seen(
    req: &PageRequest,
    text: String,
    file: Provisioning,
    refused: Option<Problem>,
) -> PageResult {
    let (actor, now) = (req.actor()?.clone(), req.now);
    // By the way of a change, which is taken back: nothing of it is kept.
    let looking = req.desk.db.write(move |conn| {
        let seen = take_in(conn, &actor, None, &file, Mode::Preview, now);
        seen.map_err(Problem::from)
    });
    let words = req.words();
    let seen = ProvisionedDocument::new(words, looking.await?);
    let told = seen.items.iter();
    let told = told.filter(|item| item.outcome != RecordOutcome::Unchanged);
    let counts = [
        ("new", seen.new.into()),
        ("changed", seen.changed.into()),
        ("unchanged", seen.unchanged.into()),
        ("refused", seen.refused.into()),
    ];
    let mut page = page(req);
    page.seen = Some(SeenView {
        wrong: (refused.as_ref()).map_or_else(Wrong::default, |problem| {
            Wrong::whole(said_to_people(words, problem))
        }),
        counts: words.say("provisioning-counts", &counts),
        can_apply: seen.refused == 0 && seen.new + seen.changed > 0,
        rows: told.map(|item| row(req, item)).collect(),
        version: seen.version,
        text,
    });
    match refused {
        None => req.show(PLACE, "provisioning", &page),
        Some(problem) => req.show_again(problem.code().status(), PLACE, "provisioning", &page),
    }
}

fn row(req: &PageRequest, item: &RecordDocument) -> SeenRow {
    let words = req.words();
    let kind = match item.kind {
        Some(kind) => words.say_of("record-kind", kind.as_str(), &[]),
        None => String::new(),
    };
    let line = [("line", item.line.into()), ("kind", kind.into())];
    let change = |change: &FieldChangeDocument| {
        let (before, after) = (shown(&change.before), shown(&change.after));
        match item.outcome {
            RecordOutcome::New => format!("{}: {after}", change.field),
            _ => format!("{}: {before} → {after}", change.field),
        }
    };
    let errors = item.errors.iter().map(|error| match &*error.field {
        "" => error.message.clone(),
        field => format!("{field}: {}", error.message),
    });
    SeenRow {
        line: words.say("provisioning-line", &line),
        name: item.name.clone(),
        outcome: words.say_of("record-outcome", item.outcome.as_str(), &[]),
        chip: match item.outcome {
            RecordOutcome::New => "good",
            RecordOutcome::Changed => "soon",
            RecordOutcome::Unchanged => "plain",
            RecordOutcome::Refused => "late",
        },
        details: item.changes.iter().map(change).chain(errors).collect(),
    }
}

/// A value as it stands in the file; nothing is a dash.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => shortened(text).into_owned(),
        other => other.to_string(),
    }
}

async fn apply(req: PageRequest) -> PageResult {
    let (text, file) = match sent(&req) {
        Ok(sent) => sent,
        Err(problem) => return again(&req, &problem),
    };
    let expected = req.expected();
    let (actor, now, taken) = (req.actor()?.clone(), req.now, file.clone());
    let applying = req.write(move |conn| {
        let expected = expected.as_deref();
        let done = take_in(conn, &actor, expected, &taken, Mode::Apply, now)?;
        match done.refused() {
            0 => Ok(()),
            refused => Err(VerbError::from(Rejection::RecordsRefused(refused))),
        }
    });
    match applying.await {
        Ok(()) => {
            let flash = Flash::new(Done::Provisioned);
            Ok(req.go(Place::Provisioning.href(), Some(flash)))
        }
        Err(problem) if is_form_error(&problem) => seen(&req, text, file, Some(problem)).await,
        Err(problem) => Err(problem.into()),
    }
}
