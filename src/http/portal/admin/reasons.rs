//! Escalation reasons: what each is called, which rule governs it, and what its form asks (section 3).

use super::handlers::{PLACE, again, form, list};
use super::{AdminForm, Cell, Place};
use crate::domain::access::Permission;
use crate::domain::reason::{Governance, Question, QuestionKind, Reason, is_code};
use crate::domain::text::Title;
use crate::http::api::addresses::ReasonCode;
use crate::http::call::may;
use crate::http::portal::act::is_form_error;
use crate::http::portal::answer::Outcome;
use crate::http::portal::cases::words_of;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::form::{Control, Form, Kind};
use crate::http::portal::routes::{PortalRoute, pages};
use crate::http::portal::typed::Typed;
use crate::http::portal::visit::Visit;
use crate::http::problem::{Code, Problem};
use crate::input::Fault;
use crate::store::rules::{self, ReasonRow};
use crate::workflow::administer::{add_reason, replace_reason};

/// The rows of the route table.
pub(super) fn routes() -> Vec<PortalRoute> {
    pages! { reasons:
        GET  "/admin/reasons"        may(Permission::ReasonsManage) => show_all, "Escalation reasons";
        GET  "/admin/reasons/new"    may(Permission::ReasonsManage) => new, "The form that adds a reason";
        POST "/admin/reasons"        may(Permission::ReasonsManage) => add, "Adds a reason";
        GET  "/admin/reasons/{code}" may(Permission::ReasonsManage) => show, "One reason";
        POST "/admin/reasons/{code}" may(Permission::ReasonsManage) => replace, "Changes a reason";
    }
}

async fn show_all(visit: Visit) -> Outcome {
    let rows = visit.look(|conn| Ok(rules::reasons(conn)?)).await?;
    let words = visit.words();
    let row = |reason: &ReasonRow| {
        let (state, chip) = if reason.active {
            ("active", "good")
        } else {
            ("inactive", "plain")
        };
        vec![
            Cell::link(
                reason.label.clone(),
                format!("/admin/reasons/{}", reason.code),
            )
            .small(reason.code.clone()),
            Cell::text(words.say_of("governance", reason.governed_by.as_str(), &[])),
            Cell::chip(words.say_of("reason-state", state, &[]), chip),
        ]
    };
    let columns = [
        words.say("queue-column-reason", &[]),
        words.say_of("label", "governed-by", &[]),
        words.say("queue-column-state", &[]),
    ];
    let add = words.say("reason-add-button", &[]);
    let page = list(
        &visit,
        Place::Reasons,
        &columns,
        rows.iter().map(row).collect(),
        Some(&add),
    );
    visit.show(PLACE, "admin-list", &page)
}

/// What a reason's form shows; a new one has an empty code.
fn page(visit: &Visit, reason: &Reason, active: bool, version: i64) -> AdminForm {
    let words = visit.words();
    let label = |key| words.say_of("label", key, &[]);
    let hint = |key| words.say_of("hint", key, &[]);
    let is_new = reason.code.is_empty();
    let questions: Vec<_> = reason.questions.iter().map(written).collect();
    let mut controls = vec![
        Control::new(Kind::Text, "label", label("reason-label"))
            .required()
            .max(100)
            .value(reason.label.clone()),
        Control::new(Kind::Radio, "governed_by", label("governed-by"))
            .required()
            .choices(words_of(
                words,
                "governance",
                Governance::NAMES,
                "governance-hint",
            ))
            .value(reason.governed_by.as_str()),
        Control::new(Kind::Lines, "questions", label("questions"))
            .hint(hint("questions"))
            .max(5_000)
            .value(questions.join("\n")),
        Control::new(Kind::Check, "active", label("reason-active")).checked(active),
        Control::new(Kind::Hidden, "version", "").value(version.to_string()),
    ];
    if is_new {
        let code = Control::new(Kind::Text, "code", label("code"))
            .hint(hint("code"))
            .required()
            .max(63);
        controls.insert(0, code);
    }
    let (title, action) = match is_new {
        true => (words.say("reason-add-button", &[]), Place::Reasons.href()),
        false => (
            reason.label.clone(),
            format!("/admin/reasons/{}", reason.code),
        ),
    };
    let of = Form::new(
        "reason",
        action,
        words.say_of("panel-button", "edit", &[]),
        controls,
    );
    form(
        visit,
        Place::Reasons,
        title,
        words.say("reason-about", &[]),
        of,
    )
}

/// A question as a line: `code | kind | required | label`.
fn written(question: &Question) -> String {
    let need = if question.required {
        "required"
    } else {
        "optional"
    };
    format!(
        "{} | {} | {need} | {}",
        question.code, question.kind, question.label
    )
}

/// Reads such lines; gives the number of the first that does not read.
fn questions(text: &str) -> Result<Vec<Question>, usize> {
    let mut questions: Vec<Question> = Vec::new();
    for (index, line) in text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
    {
        let parts: Vec<_> = line.splitn(4, '|').map(str::trim).collect();
        let question = match parts.as_slice() {
            [code, kind, need @ ("required" | "optional"), label] if is_code(code) => Question {
                code: (*code).to_owned(),
                kind: kind.parse::<QuestionKind>().map_err(|_| index + 1)?,
                required: *need == "required",
                label: Title::parse(label).map_err(|_| index + 1)?.into_string(),
            },
            _ => return Err(index + 1),
        };
        if questions.iter().any(|other| other.code == question.code) {
            return Err(index + 1);
        }
        questions.push(question);
    }
    Ok(questions)
}

async fn new(visit: Visit) -> Outcome {
    visit.show(PLACE, "admin-form", &page(&visit, &nothing(), true, 0))
}

fn nothing() -> Reason {
    Reason {
        code: String::new(),
        label: String::new(),
        governed_by: Governance::Staleness,
        questions: Vec::new(),
    }
}

async fn add(visit: Visit) -> Outcome {
    let done = async {
        let code = visit
            .typed
            .get("code")
            .map(|code| code.trim().to_owned())
            .unwrap_or_default();
        let (reason, _) = typed_reason(&visit, code)?;
        let (actor, now) = (visit.actor()?.clone(), visit.now);
        visit
            .write(move |conn| add_reason(conn, Some(&actor), &reason, now))
            .await?;
        Ok::<_, Problem>(())
    };
    match done.await {
        Ok(()) => Ok(visit.go(Place::Reasons.href(), Some(Flash::new(Done::ReasonSaved)))),
        Err(problem) if is_form_error(&problem) => {
            again(&visit, &problem, page(&visit, &nothing(), true, 0))
        }
        Err(problem) => Err(problem.into()),
    }
}

async fn row(visit: &Visit, code: ReasonCode) -> Result<ReasonRow, Problem> {
    let row = visit
        .look(move |conn| Ok(rules::reason(conn, code.as_str())?))
        .await?;
    row.ok_or_else(Problem::not_found)
}

async fn show(visit: Visit, code: ReasonCode) -> Outcome {
    let row = row(&visit, code).await?;
    visit.show(
        PLACE,
        "admin-form",
        &page(&visit, &row.reason(), row.active, row.version),
    )
}

async fn replace(visit: Visit, code: ReasonCode) -> Outcome {
    let row = row(&visit, code).await?;
    let done = async {
        let (reason, active) = typed_reason(&visit, row.code.clone())?;
        let version = visit.version();
        let (actor, now) = (visit.actor()?.clone(), visit.now);
        let saved = visit.write(move |conn| {
            let expected = version.as_ref().map(std::slice::from_ref);
            replace_reason(conn, Some(&actor), expected, &reason, active, now)
        });
        saved.await?;
        Ok::<_, Problem>(())
    };
    match done.await {
        Ok(()) => Ok(visit.go(Place::Reasons.href(), Some(Flash::new(Done::ReasonSaved)))),
        Err(problem) if is_form_error(&problem) => again(
            &visit,
            &problem,
            page(&visit, &row.reason(), row.active, row.version),
        ),
        Err(problem) => Err(problem.into()),
    }
}

/// The reason as it was typed, and whether it can be chosen.
fn typed_reason(visit: &Visit, code: String) -> Result<(Reason, bool), Problem> {
    let mut typed = Typed::of(visit);
    if !is_code(&code) {
        typed.refuse("code", Fault::new("malformed_code"));
    }
    let label = typed.text("label", Title::parse);
    let governed_by = typed.one_of::<Governance>("governed_by");
    let questions = questions(typed.raw("questions")).unwrap_or_else(|line| {
        typed.refuse("questions", Fault::new("malformed_line").with("line", line));
        Vec::new()
    });
    let active = typed.ticked("active");
    typed.checked()?;
    match (label, governed_by) {
        (Some(label), Some(governed_by)) => Ok((
            Reason {
                code,
                label: label.into_string(),
                governed_by,
                questions,
            },
            active,
        )),
        _ => Err(Problem::new(Code::Internal)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::reason::installed;

    #[test]
    fn questions_are_written_and_read_back() {
        for reason in installed() {
            let lines: Vec<_> = reason.questions.iter().map(written).collect();
            assert_eq!(questions(&lines.join("\r\n")), Ok(reason.questions));
        }
    }

    #[test]
    fn the_first_wrong_line_is_named() {
        assert_eq!(questions("a | text | required | A\n\nb | text | B"), Err(3));
        assert_eq!(questions("a | song | required | A"), Err(1));
        assert_eq!(
            questions("a | text | required | A\na | text | optional | Again"),
            Err(2)
        );
    }
}
