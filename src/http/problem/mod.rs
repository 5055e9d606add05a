//! Problem details (RFC 9457): every answer that is not a success, in one shape.
//!
//! A handler ends with a [`Problem`] named by its [`Code`] and the facts about it. The sentences come from the
//! catalogue when the document is written; the facts stand beside them for programs.

mod code;
mod refused;
mod worded;

use std::fmt;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use serde_json::{Map, Value};

pub use code::Code;
pub use worded::word_problems;

use crate::db::{DbError, Failure};
use crate::domain::Instant;
use crate::domain::access::{Denied, Permission};
use crate::domain::eligibility::Assessment;
use crate::input::{Fault, FieldError};
use crate::words::assessment::{AssessmentView, FindingView};
use crate::words::{self, Catalogue};

/// The media type of a problem document.
pub const CONTENT_TYPE: &str = "application/problem+json";
/// Begins the `type` of every problem; the code follows.
const TYPE_PREFIX: &str = "urn:casebell:problem:";
/// How long a client should wait before it asks again while the database is away, in seconds.
const DATABASE_RETRY_AFTER: u64 = 2;

/// How long a client should wait before it asks again where too much is asked for at once, in seconds.
const BUSY_RETRY_AFTER: u64 = 2;

/// Why a request was not answered with a success.
pub struct Problem(Box<Inner>);

struct Inner {
    code: Code,
    facts: Map<String, Value>,
    errors: Vec<FieldError>,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// Why a case may not be escalated, whose findings the document words.
    assessment: Option<Box<Assessment>>,
    /// What the log should know and the client should not.
    cause: Option<DbError>,
}

/// The document as it is sent. Further members stand beside these: `findings`, `lawful_moves`, `permission`, ….
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDocument {
    /// `urn:casebell:problem:<code>`.
    #[serde(rename = "type")]
    kind: String,
    /// The kind of problem, in words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// The stable reason, for programs.
    code: &'static str,
    /// What happened and what to do, in words.
    detail: String,
    /// Each field that is wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<FieldErrorDocument>,
    /// Why a case may not be escalated.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<FindingView>, required = false)]
    findings: Option<Vec<FindingView>>,
    #[serde(flatten)]
    #[schema(ignore)]
    facts: Map<String, Value>,
}

/// What is wrong with one field.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = FieldError)]
pub struct FieldErrorDocument {
    /// The field's path, such as `next_steps[0].due_at`; a query parameter or a header by its name.
    field: String,
    /// The stable reason, for programs.
    code: &'static str,
    /// The reason in words.
    message: String,
}

impl Problem {
    /// A problem of this kind.
    pub fn new(code: Code) -> Self {
        Self(Box::new(Inner {
            code,
            facts: Map::new(),
            errors: Vec::new(),
            headers: Vec::new(),
            assessment: None,
            cause: None,
        }))
    }

    /// There is nothing at this address for this person.
    pub fn not_found() -> Self {
        Self::new(Code::NotFound)
    }

    /// What is in sight may not be done without `permission`.
    pub fn missing_permission(permission: Permission) -> Self {
        Self::new(Code::MissingPermission)
            .with("permission", permission.as_str())
            .with("lacking", "role")
    }

    /// The API token that was shown does not allow `permission`, whatever its owner's roles grant.
    pub fn not_in_token(permission: Permission) -> Self {
        Self::missing_permission(permission).with("lacking", "token")
    }

    /// These fields are wrong.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let mut problem = Self::new(Code::ValidationFailed);
        problem.0.errors = errors;
        problem
    }

    /// One field is wrong.
    pub fn invalid_field(error: FieldError) -> Self {
        Self::invalid(vec![error])
    }

    /// One field is missing.
    pub fn missing_field(field: &'static str) -> Self {
        Self::invalid_field(FieldError::new(field, Fault::new("required")))
    }

    /// Whether it keeps somebody out of the organization in which they act, and may leave them their own.
    pub fn keeps_out_of_an_organization(&self) -> bool {
        matches!(
            self.code(),
            Code::OrganizationAccessEnded | Code::AddressNotAllowed
        )
    }

    /// Nobody is signed in, or no longer.
    pub fn unauthenticated() -> Self {
        Self::new(Code::Unauthenticated).challenging()
    }

    /// Nobody signs in with this.
    pub fn invalid_credentials() -> Self {
        Self::new(Code::InvalidCredentials).challenging()
    }

    fn challenging(self) -> Self {
        let challenge = HeaderValue::from_static("Bearer realm=\"casebell\"");
        self.header(header::WWW_AUTHENTICATE, challenge)
    }

    /// Files cannot be kept or read now; the log says why.
    pub fn storage_unavailable(error: &std::io::Error) -> Self {
        tracing::error!(%error, "an attachment could not be written or read");
        Self::new(Code::StorageUnavailable)
            .header(header::RETRY_AFTER, HeaderValue::from(BUSY_RETRY_AFTER))
    }

    /// More is asked for at once than is taken, and nothing was done.
    pub fn busy() -> Self {
        Self::new(Code::Busy).header(header::RETRY_AFTER, HeaderValue::from(BUSY_RETRY_AFTER))
    }

    /// Adds a fact, which the sentence may use by its name and the document shows as a member.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.facts.insert(name.to_owned(), value.into());
        self
    }

    /// Adds a member from anything that serializes.
    #[must_use]
    pub fn with_json(self, name: &str, value: &impl Serialize) -> Self {
        match serde_json::to_value(value) {
            Ok(value) => self.with(name, value),
            Err(error) => {
                tracing::error!(%error, problem.member = name, "a problem's member does not serialize");
                self
            }
        }
    }

    /// Adds the findings, and the instant at which the answer changes where only time is missing.
    #[must_use]
    pub fn assessed(mut self, assessment: &Assessment) -> Self {
        self = self.with("reason", assessment.reason.as_str());
        if let Some(at) = assessment.eligible_at() {
            self = self.with_json("eligible_at", &at);
        }
        self.0.assessment = Some(Box::new(assessment.clone()));
        self
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// Tells the client to wait until `at`, in whole seconds rounded up.
    #[must_use]
    pub fn retry_at(self, at: Instant, now: Instant) -> Self {
        let millis = (at - now).num_milliseconds().max(0);
        let seconds = (millis + 999) / 1000;
        self.with("retry_after_seconds", seconds)
            .header(header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// The stable reason.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The fields that are wrong.
    pub fn errors(&self) -> &[FieldError] {
        &self.0.errors
    }

    /// A fact about the problem, by its name.
    pub fn fact(&self, name: &str) -> Option<&Value> {
        self.0.facts.get(name)
    }

    /// Why a case may not be escalated, where that is the problem, worded by `words`.
    pub fn findings(&self, words: &Catalogue) -> Option<Vec<FindingView>> {
        let assessment = self.0.assessment.as_ref()?;
        Some(AssessmentView::new(words, assessment).findings)
    }

    /// What happened and what to do, in words.
    pub fn detail(&self, words: &Catalogue) -> String {
        words.say_of(
            "problem-detail",
            self.0.code.as_str(),
            &self.arguments(words),
        )
    }

    /// Why it is a failure of this desk's own, without a word of what anybody wrote (A8); nothing if it is none.
    pub fn own_failure(&self) -> Option<String> {
        let code = self.0.code;
        match &self.0.cause {
            Some(cause) => Some(cause.kind()),
            None if code == Code::Internal => Some("see the log".to_owned()),
            None if code == Code::StorageUnavailable => {
                Some("the storage of attachments; see the log".to_owned())
            }
            None if code == Code::ScannerUnavailable => {
                Some("the scanner of attachments; see the log".to_owned())
            }
            None => None,
        }
    }

    /// The document, worded by `words`.
    pub fn document(&self, words: &Catalogue) -> ProblemDocument {
        let code = self.0.code;
        ProblemDocument {
            kind: format!("{TYPE_PREFIX}{}", code.as_str()),
            title: words.say_of("problem", code.as_str(), &[]),
            status: code.status().as_u16(),
            code: code.as_str(),
            detail: self.detail(words),
            errors: self
                .0
                .errors
                .iter()
                .map(|error| FieldErrorDocument {
                    field: error.field().to_owned(),
                    code: error.code(),
                    message: error.message(words),
                })
                .collect(),
            findings: self.findings(words),
            facts: self.0.facts.clone(),
        }
    }

    fn arguments(&self, words: &Catalogue) -> Vec<(&str, words::Value<'_>)> {
        let nowhere = || ("phone", words.support_phone().into());
        let is_by_phone = self.0.code == Code::PriorityByPhone && self.fact("phone").is_none();
        self.0
            .facts
            .iter()
            .map(|(name, value)| {
                let argument = match value {
                    Value::String(text) => words::Value::from(text.as_str()),
                    Value::Number(number) => {
                        words::Value::from(number.as_f64().unwrap_or_default())
                    }
                    Value::Array(items) if items.is_empty() => words::Value::from("–"),
                    Value::Array(items) => {
                        let items: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
                        words::Value::from(items.join(", "))
                    }
                    other => words::Value::from(other.to_string()),
                };
                (name.as_str(), argument)
            })
            .chain(is_by_phone.then(nowhere))
            .collect()
    }
}

impl From<DbError> for Problem {
    fn from(error: DbError) -> Self {
        let mut problem = match error {
            DbError::Unavailable(_) | DbError::Overtaken => Self::new(Code::DatabaseUnavailable)
                .header(header::RETRY_AFTER, HeaderValue::from(DATABASE_RETRY_AFTER)),
            DbError::Query(_) | DbError::Migration(_) | DbError::Panicked => {
                Self::new(Code::Internal)
            }
        };
        problem.0.cause = Some(error);
        problem
    }
}

impl From<diesel::result::Error> for Problem {
    fn from(error: diesel::result::Error) -> Self {
        DbError::from(error).into()
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Missing(permission) => Self::missing_permission(permission),
            Denied::NotInToken(permission) => Self::not_in_token(permission),
            Denied::ThroughPairing(_) => Self::new(Code::NotThroughPairing),
        }
    }
}

impl Failure for Problem {
    fn database(&self) -> Option<&DbError> {
        self.0.cause.as_ref()
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Problem")
            .field("code", &self.0.code.as_str())
            .field("errors", &self.0.errors)
            .field("cause", &self.0.cause)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.code.as_str())
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.0.code.status()
    }

    /// Status and headers; the document is added by [`word_problems`]. This is where a failure of ours is logged, once.
    fn error_response(&self) -> HttpResponse<BoxBody> {
        match &self.0.cause {
            Some(cause) => {
                tracing::error!(problem.code = self.0.code.as_str(), error = %cause, "request failed")
            }
            // Whoever asks for too much does not fill the log with it.
            None if self.0.code == Code::Busy => {}
            None if self.status_code().is_server_error() => {
                tracing::error!(problem.code = self.0.code.as_str(), "request failed");
            }
            None => {}
        }
        let mut response = HttpResponse::build(self.status_code());
        for (name, value) in &self.0.headers {
            response.append_header((name.clone(), value.clone()));
        }
        response.finish()
    }
}

#[cfg(test)]
mod tests;
