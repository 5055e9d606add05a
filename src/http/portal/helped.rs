//! What helps whoever writes: dates that are proposed, and answers that are written already.

use super::form::{Choice, Kind};
use super::page_request::PageRequest;
use super::parts::{Panel, TemplateChoices};
use crate::domain::calendar::Proposal;
use crate::domain::ids::{CaseRef, TemplateId};
use crate::domain::template::{Purpose, TemplateField, left_over};
use crate::http::problem::Problem;
use crate::input::{Fault, FieldError};
use crate::store::templates::TextTemplate;
use crate::words::time::Times;
use crate::workflow::templates::filled;

/// The button that puts a template in, and the choice of it.
const INSERT: &str = "insert";
const TEMPLATE: &str = "template";

/// The panel, with dates that are proposed for whatever is promised in it.
pub fn proposing(req: &PageRequest, proposals: &[Proposal], mut panel: Panel) -> Panel {
    let (words, times) = (req.words(), req.times());
    let propose = |proposal: &Proposal| {
        let at = [("at", times.near(proposal.at).into())];
        let label = words.say_of("proposal", proposal.by.as_str(), &at);
        Choice::new(times.field(proposal.at), label)
    };
    let proposals: Vec<Choice> = proposals.iter().map(propose).collect();
    let in_rows = (panel.promises.iter_mut()).flat_map(|promises| promises.rows.iter_mut());
    let controls = panel.form.controls.iter_mut().chain(in_rows.flatten());
    for control in controls.filter(|control| control.name.ends_with("due_at")) {
        if control.kind == Kind::DateTime {
            control.proposals.clone_from(&proposals);
        }
    }
    panel
}

/// The templates for the text `name` of the form `form` on the page `case`, if there are any for the visitor.
pub fn offered(
    req: &PageRequest,
    (case, templates): (&str, &[TextTemplate]),
    purpose: Purpose,
    (form, name): (&str, &str),
) -> Option<TemplateChoices> {
    let fits = templates.iter().filter(|one| one.purpose == purpose);
    let language = req.language();
    let mut fits: Vec<_> = fits.collect();
    // Those in the visitor's own language first; each group stays in the order of the names.
    fits.sort_by_key(|template| template.language != language);
    let choice = |one: &&TextTemplate| {
        let language = req.words().say_of("language", one.language.as_str(), &[]);
        let args = [
            ("name", one.name.as_str().into()),
            ("language", language.into()),
        ];
        Choice::new(
            one.id.to_string(),
            req.words().say("template-choice", &args),
        )
    };
    let choices: Vec<Choice> = fits.iter().map(choice).collect();
    (!choices.is_empty()).then(|| TemplateChoices {
        id: format!("{form}-template"),
        into: format!("{form}-{name}"),
        href: format!("/api/v1{case}/templates?purpose={purpose}"),
        choices,
        told: told(req, req.typed.get(name).map_or("", String::as_str)),
    })
}

/// What is not filled in in a text, in a sentence; empty if nothing is.
fn told(req: &PageRequest, text: &str) -> String {
    match listed(text) {
        fields if fields.is_empty() => String::new(),
        fields => {
            let args = [("fields", fields.into())];
            req.words().say("template-missing", &args)
        }
    }
}

fn listed(text: &str) -> String {
    let fields: Vec<&str> = left_over(text)
        .into_iter()
        .map(TemplateField::as_str)
        .collect();
    fields.join(", ")
}

/// Whether the button was pressed that puts a template in.
pub fn inserts(req: &PageRequest) -> bool {
    req.typed.contains_key(INSERT)
}

/// What was typed, with the chosen template behind the text `name`, filled in. Nothing is put in if none was chosen, or if it is
/// not there any more.
///
/// # Errors
/// The case does not exist for the visitor; database errors.
pub async fn inserted(
    mut req: PageRequest,
    case: CaseRef,
    purpose: Purpose,
    name: &str,
) -> Result<PageRequest, Problem> {
    let chosen = req.typed.get(TEMPLATE);
    let Some(chosen) = chosen.and_then(|id| id.parse::<TemplateId>().ok()) else {
        return Ok(req);
    };
    let (actor, desk, now) = (req.actor()?.clone(), req.desk.clone(), req.now);
    let all = req
        .read(move |conn| {
            let tells =
                |language, zone, at| Times::new(desk.words.of(language), zone, now).absolute(at);
            Ok(filled(conn, &actor, &case, Some(purpose), (&tells, now))?)
        })
        .await?;
    let found = all.into_iter().find(|one| one.template.id == chosen);
    if let Some(found) = found {
        let text = req.typed.entry(name.to_owned()).or_default();
        if !text.trim().is_empty() {
            text.push_str("\n\n");
        }
        text.push_str(&found.filled.text);
    }
    Ok(req)
}

/// Refuses a text of the provider's staff in which a field stands that was not filled in, so that none is sent unseen.
pub fn unfilled(req: &PageRequest, name: &str) -> Option<Problem> {
    let fields = listed(req.typed.get(name)?);
    if fields.is_empty() || !req.is_staff() {
        return None;
    }
    let fault = Fault::new("unfilled_field").with("fields", fields);
    Some(Problem::invalid(vec![FieldError::new(name, fault)]))
}

/// What was typed, with importance and urgency as they were chosen together.
pub fn ranked(mut req: PageRequest) -> PageRequest {
    let pair = req.typed.get(RANKING).and_then(|pair| pair.split_once('-'));
    let pair = pair.map(|(importance, urgency)| (importance.to_owned(), urgency.to_owned()));
    if let Some((importance, urgency)) = pair {
        req.typed.insert("importance".to_owned(), importance);
        req.typed.insert("urgency".to_owned(), urgency);
    }
    req
}

/// The field in which importance and urgency are chosen together.
pub const RANKING: &str = "ranking";
