//! Escalation reasons: what an escalation can be about, and what its form asks (section 3).

use super::addresses::ReasonCode;
use super::documents::ReasonDocument;
use crate::db::Conn;
use crate::domain::access::Permission;
use crate::domain::reason::{Governance, Question, QuestionKind, Reason, is_code};
use crate::domain::text::Title;
use crate::http::call::{Call, Guarded, SIGNED_IN, may};
use crate::http::pagination::Page;
use crate::http::problem::Problem;
use crate::http::reply::{Created, Reply};
use crate::http::route::{Route, table};
use crate::input::{Fault, FieldError, input};
use crate::store::rules::{self, ReasonRow};
use crate::workflow::administer::{add_reason, replace_reason};

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { reasons:
        GET  "/escalation-reasons"          SIGNED_IN                      => list, "Escalation reasons, in the order of the form";
        POST "/escalation-reasons"          may(Permission::ReasonsManage) => add, "Adds an escalation reason at the end of the form";
        GET  "/escalation-reasons/{reason}" SIGNED_IN                      => show, "One escalation reason";
        PUT  "/escalation-reasons/{reason}" may(Permission::ReasonsManage) => replace, "Replaces a reason's words, rule and questions, or takes it off the form";
    }
}

input! {
    /// What the form asks once its reason is selected.
    pub struct AskedQuestion {
        /// Stable name; the key of its answer.
        code: Slugged,
        /// What people read.
        label: Title,
        /// How it is answered.
        kind: QuestionKind,
        /// Whether it must be answered; no if not given.
        required: Option<bool>,
    }
}

input! {
    /// A new escalation reason.
    pub struct NewReason {
        /// Stable name.
        code: Slugged,
        /// What people read.
        label: Title,
        /// The rule that governs it.
        governed_by: Governance,
        /// What the form asks; nothing if not given.
        questions: Option<Vec<AskedQuestion>>,
    }
}

input! {
    /// What an escalation reason says from now on.
    pub struct ReplaceReason {
        /// What people read.
        label: Title,
        /// The rule that governs it.
        governed_by: Governance,
        /// What the form asks; nothing if not given.
        questions: Option<Vec<AskedQuestion>>,
        /// Whether it can be chosen; yes if not given.
        active: Option<bool>,
    }
}

/// Escalation reasons, in the order of the form. Those that can no longer be chosen are for those who manage them.
pub async fn list(call: Call) -> Result<Reply<Page<ReasonDocument>>, Problem> {
    let manages = call.principal.access().can(Permission::ReasonsManage);
    let rows = call.look(|conn, _| Ok(rules::reasons(conn)?)).await?;
    let seen = rows.iter().filter(|row| row.active || manages);
    Reply::new(&Page::whole(seen.map(ReasonDocument::from).collect()))
}

/// Adds an escalation reason.
pub async fn add(call: Call<(), NewReason>) -> Result<Created<ReasonDocument>, Problem> {
    let body = &call.body;
    let reason = Reason {
        code: body.code.0.clone(),
        label: body.label.to_string(),
        governed_by: body.governed_by,
        questions: questions(body.questions.as_deref())?,
    };
    call.write(move |conn, call| {
        add_reason(conn, Some(&call.principal.actor), &reason, call.now)?;
        let row = read(conn, &reason.code)?;
        let reply = Created::new(&ReasonDocument::from(&row))?;
        Ok(reply
            .version(row.version)
            .location(format!("/api/v1/escalation-reasons/{}", row.code)))
    })
    .await
}

/// One escalation reason.
pub async fn show(call: Call<ReasonCode>) -> Result<Reply<ReasonDocument>, Problem> {
    let manages = call.principal.access().can(Permission::ReasonsManage);
    let row = call
        .look(|conn, call| read(conn, call.address.as_str()))
        .await?;
    if !row.active && !manages {
        return Err(Problem::not_found());
    }
    Ok(Reply::new(&ReasonDocument::from(&row))?.version(row.version))
}

/// Replaces a reason's words, rule and questions, or takes it off the form.
pub async fn replace(
    call: Call<Guarded<ReasonCode>, ReplaceReason>,
) -> Result<Reply<ReasonDocument>, Problem> {
    let body = &call.body;
    let reason = Reason {
        code: call.address.as_str().to_owned(),
        label: body.label.to_string(),
        governed_by: body.governed_by,
        questions: questions(body.questions.as_deref())?,
    };
    call.write(move |conn, call| {
        let active = call.body.active.unwrap_or(true);
        replace_reason(
            conn,
            Some(&call.principal.actor),
            call.expected(),
            &reason,
            active,
            call.now,
        )?;
        let row = read(conn, &reason.code)?;
        Ok(Reply::new(&ReasonDocument::from(&row))?.version(row.version))
    })
    .await
}

fn read(conn: &mut Conn, code: &str) -> Result<ReasonRow, Problem> {
    rules::reason(conn, code)?.ok_or_else(Problem::not_found)
}

/// The questions of a reason; two of one code could not be answered apart.
fn questions(asked: Option<&[AskedQuestion]>) -> Result<Vec<Question>, Problem> {
    let mut questions: Vec<Question> = Vec::new();
    let mut errors = Vec::new();
    for (index, asked) in asked.unwrap_or_default().iter().enumerate() {
        if questions
            .iter()
            .any(|question| question.code == asked.code.0)
        {
            errors.push(FieldError::new(
                format!("questions[{index}].code"),
                Fault::new("given_twice"),
            ));
        }
        questions.push(Question {
            code: asked.code.0.clone(),
            label: asked.label.to_string(),
            kind: asked.kind,
            required: asked.required.unwrap_or(false),
        });
    }
    if errors.is_empty() {
        Ok(questions)
    } else {
        Err(Problem::invalid(errors))
    }
}

/// A stable name in snake case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slugged(String);

impl crate::input::Field for Slugged {
    fn read(
        value: &serde_json::Value,
        at: &crate::input::At<'_>,
        errors: &mut crate::input::Errors,
    ) -> Option<Self> {
        let text = String::read(value, at, errors)?;
        if !is_code(&text) {
            return errors.refuse(at, Fault::new("malformed_code"));
        }
        Some(Self(text))
    }

    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        use utoipa::openapi::schema::{ObjectBuilder, Type};
        ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^[a-z0-9_]{1,63}$"))
            .into()
    }
}
