//! What can be wrong with one field.

use serde_json::Value;

use crate::domain::UnknownValue;
use crate::domain::calendar::PartProblem;
use crate::domain::draft::{FormFieldError, FormFields};
use crate::domain::eligibility::{Policy, PolicyError};
use crate::domain::ids::MalformedId;
use crate::domain::network::MalformedNetwork;
use crate::domain::reason::MalformedCode;
use crate::domain::template::{TemplateError, TemplateField};
use crate::domain::text::TextError;
use crate::words::{self, Catalogue};

/// Every code of a fault there is; each has a message `fault-<code>`.
pub const FAULTS: &[&str] = &[
    "begins_archived",
    "below_itself",
    "cannot_be_contact",
    "cannot_rate",
    "cloned_user",
    "comes_later",
    "after_its_maker",
    "already_there",
    "answer_awaited",
    "after_start",
    "also_owner",
    "ambiguous",
    "also_window",
    "already_attached",
    "already_set",
    "common_password",
    "control_character",
    "cover_away",
    "covers_themselves",
    "cut_off",
    "differs",
    "fewer_than_taken",
    "file_too_large",
    "empty",
    "forbidden_kind",
    "ends_before_it_begins",
    "given_twice",
    "guessable",
    "in_the_future",
    "in_the_past",
    "internal_stays",
    "is_root",
    "line_not_readable",
    "locks_out",
    "no_active_escalation",
    "no_blocking_reason",
    "no_field_name",
    "not_a_client",
    "not_a_comment",
    "not_a_partner",
    "is_address",
    "last_administrator",
    "malformed",
    "malformed_code",
    "malformed_cursor",
    "malformed_holiday",
    "malformed_id",
    "malformed_span",
    "malformed_time",
    "missing",
    "must_confirm",
    "never_escalated",
    "nobody_on_duty",
    "not_a_calendar",
    "not_a_customer",
    "not_a_date",
    "not_a_date_time",
    "not_a_moment",
    "not_a_network",
    "not_a_time",
    "not_after_start",
    "not_allowed",
    "not_begun",
    "not_an_engineer",
    "not_an_escalation_owner",
    "not_an_instant",
    "not_found",
    "not_held",
    "not_in_the_future",
    "not_later",
    "not_null",
    "not_of_kind",
    "not_optional",
    "not_settled",
    "not_staff",
    "not_with_act",
    "not_with_state",
    "of_context",
    "only_with_escalation_feed",
    "of_pairings",
    "other_side",
    "owner_cannot_read",
    "not_with_internal",
    "not_with_password",
    "not_with_refusal",
    "not_yourself",
    "not_through_pairing",
    "not_utf8",
    "no_days",
    "no_working_day",
    "nothing_chosen",
    "too_many_links",
    "nothing_ticked",
    "only_with_organizations",
    "out_of_order",
    "out_of_range",
    "overlapping_spans",
    "part_of_escalation",
    "paired",
    "period_too_full",
    "period_too_long",
    "provider_exists",
    "removed_clone",
    "required",
    "requester_still_here",
    "skipped_time",
    "staff_only",
    "taken",
    "told_twice",
    "too_far_ahead",
    "too_long",
    "too_many",
    "too_many_days",
    "too_many_events",
    "too_many_filters",
    "too_many_levels",
    "too_many_mentions",
    "too_short",
    "unclosed_field",
    "unfilled_field",
    "unknown",
    "unknown_column",
    "unknown_field",
    "unknown_question",
    "unknown_template_field",
    "unknown_time_zone",
    "unknown_weekday",
    "wrong_code",
    "wrong_kind",
    "wrong_password",
    "wrong_type",
];

/// What is wrong with a value: a stable code whose sentence is the message `fault-<code>`, and its arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    code: &'static str,
    arguments: Vec<(&'static str, Argument)>,
}

/// The types of JSON, as members of the family `json-type`.
pub const JSON_TYPES: &[&str] = &["string", "number", "boolean", "list", "object", "null"];

#[derive(Clone, Debug, PartialEq)]
enum Argument {
    Number(i64),
    Text(String),
    /// A member of a family of messages, said in the reader's language.
    Member(&'static str, &'static str),
}

/// An argument of a fault's sentence.
pub trait IntoArgument {
    /// The argument.
    #[doc(hidden)]
    fn into_argument(self) -> FaultArgument;
}

/// An argument, made by [`IntoArgument`].
pub struct FaultArgument(Argument);

impl IntoArgument for i64 {
    fn into_argument(self) -> FaultArgument {
        FaultArgument(Argument::Number(self))
    }
}

impl IntoArgument for usize {
    fn into_argument(self) -> FaultArgument {
        FaultArgument(Argument::Number(i64::try_from(self).unwrap_or(i64::MAX)))
    }
}

impl IntoArgument for &str {
    fn into_argument(self) -> FaultArgument {
        FaultArgument(Argument::Text(self.to_owned()))
    }
}

impl IntoArgument for String {
    fn into_argument(self) -> FaultArgument {
        FaultArgument(Argument::Text(self))
    }
}

impl Fault {
    /// The fault `code`; the catalogue has its sentence as `fault-<code>`.
    pub const fn new(code: &'static str) -> Self {
        Self {
            code,
            arguments: Vec::new(),
        }
    }

    /// Gives the sentence an argument.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl IntoArgument) -> Self {
        self.arguments.push((name, value.into_argument().0));
        self
    }

    /// A value of another JSON type than the one `expected`, such as "a string".
    pub fn wrong_type(expected: &'static str, found: &Value) -> Self {
        let found = match found {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "list",
            Value::Object(_) => "object",
        };
        let expected = JSON_TYPES.iter().find(|known| expected.ends_with(**known));
        Self::new("wrong_type")
            .saying("expected", "json-type", expected.unwrap_or(&"object"))
            .saying("found", "json-type", found)
    }

    /// Gives the sentence an argument that the catalogue says: `member` of a `family` of messages.
    #[must_use]
    pub fn saying(
        mut self,
        name: &'static str,
        family: &'static str,
        member: &'static str,
    ) -> Self {
        self.arguments
            .push((name, Argument::Member(family, member)));
        self
    }

    /// The stable reason.
    pub fn code(&self) -> &'static str {
        self.code
    }
}

impl From<TextError> for Fault {
    fn from(error: TextError) -> Self {
        let fault = Self::new(error.code());
        match error {
            TextError::Empty => fault,
            TextError::TooLong { max } => fault.with("max", max),
            TextError::ControlCharacter { position } => fault.with("position", position),
            TextError::Malformed { why } => fault.saying("why", "text-form", why.as_str()),
        }
    }
}

impl From<FormFieldError> for Fault {
    fn from(error: FormFieldError) -> Self {
        match error {
            FormFieldError::Name => {
                Self::new("no_field_name").with("max", FormFields::LONGEST_NAME)
            }
            FormFieldError::TooMany => Self::new("too_many").with("max", FormFields::MOST),
            FormFieldError::TooLong => Self::new("too_long").with("max", FormFields::LONGEST),
            FormFieldError::Text(error) => error.into(),
        }
    }
}

impl From<TemplateError> for Fault {
    fn from(error: TemplateError) -> Self {
        match error {
            TemplateError::Text(error) => error.into(),
            TemplateError::UnknownField { position, name } => Self::new("unknown_template_field")
                .with("position", position)
                .with("given", name)
                .with("known", TemplateField::NAMES.join(", ")),
            TemplateError::Unclosed { position } => {
                Self::new("unclosed_field").with("position", position)
            }
        }
    }
}

impl From<UnknownValue> for Fault {
    fn from(error: UnknownValue) -> Self {
        Self::new("not_allowed").with("allowed", error.allowed.join(", "))
    }
}

impl From<PolicyError> for Fault {
    fn from(error: PolicyError) -> Self {
        match error {
            PolicyError::UnknownKey(_) => {
                Self::new("unknown_field").with("known", Policy::KEYS.join(", "))
            }
            PolicyError::NotANumber { max, .. } => Self::new("out_of_range")
                .with("min", 1_i64)
                .with("max", i64::from(max)),
            PolicyError::UnknownValue(error) => error.into(),
        }
    }
}

impl From<PartProblem> for Fault {
    fn from(problem: PartProblem) -> Self {
        let fault = Self::new(problem.code());
        match problem {
            PartProblem::Text(error) => error.into(),
            PartProblem::Overlap(span, other) => fault
                .with("span", span.to_string())
                .with("other", other.to_string()),
            PartProblem::UnknownTimeZone(given)
            | PartProblem::UnknownWeekday(given)
            | PartProblem::MalformedSpan(given)
            | PartProblem::MalformedHoliday(given) => fault.with("given", given),
        }
    }
}

impl From<MalformedCode> for Fault {
    fn from(_: MalformedCode) -> Self {
        Self::new("malformed_code")
    }
}

impl From<MalformedNetwork> for Fault {
    fn from(malformed: MalformedNetwork) -> Self {
        Self::new("not_a_network").with("given", malformed.text())
    }
}

impl From<MalformedId> for Fault {
    fn from(_: MalformedId) -> Self {
        Self::new("malformed_id")
    }
}

/// A fault and the field it is about.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldError {
    field: String,
    fault: Fault,
}

impl FieldError {
    /// `fault` at `field`, a path such as `next_steps[0].due_at`.
    pub fn new(field: impl Into<String>, fault: impl Into<Fault>) -> Self {
        Self {
            field: field.into(),
            fault: fault.into(),
        }
    }

    /// The same fault, at another field.
    #[must_use]
    pub fn at(self, field: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            ..self
        }
    }

    /// The field's path.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// The stable reason.
    pub fn code(&self) -> &'static str {
        self.fault.code
    }

    /// The reason in words.
    pub fn message(&self, words: &Catalogue) -> String {
        let arguments: Vec<(&str, words::Value<'_>)> = self
            .fault
            .arguments
            .iter()
            .map(|(name, value)| {
                let value = match value {
                    Argument::Number(number) => words::Value::from(*number),
                    Argument::Text(text) => words::Value::from(text.as_str()),
                    Argument::Member(family, member) => words.say_of(family, member, &[]).into(),
                };
                (*name, value)
            })
            .collect();
        words.say_of("fault", self.fault.code, &arguments)
    }
}
