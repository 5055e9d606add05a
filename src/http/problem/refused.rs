//! What the verbs refuse, as problems.

use serde_json::Value;

use super::{Code, Problem};
use std::collections::BTreeSet;

use crate::domain::access::{Beyond, CaseField, FieldRefusal, Permission};
use crate::domain::access_request::AccessRequestRefusal;
use crate::domain::article;
use crate::domain::attachment::NoRoom;
use crate::domain::calendar::CalendarError;
use crate::domain::callback;
use crate::domain::case::{CaseRefusal, DecisionRefusal, PriorityRefusal, RcaRefusal, StepRefusal};
use crate::domain::escalation;
use crate::domain::feed::UndoRefusal;
use crate::domain::link::LinkState;
use crate::domain::pairing;
use crate::domain::reason::{AnswerError, AnswerProblem};
use crate::domain::tutorial;
use crate::input::{Fault, FieldError};
use crate::workflow::{Rejection, VerbError};

/// Bytes in what people count files in.
const MIB: u64 = 1024 * 1024;

impl From<VerbError> for Problem {
    fn from(failed: VerbError) -> Self {
        match failed {
            VerbError::Rejected(refused) => refused.into(),
            VerbError::Database(error) => error.into(),
            VerbError::Calendar(CalendarError::NoBusinessDay) => Self::new(Code::NoBusinessDay),
            VerbError::Calendar(CalendarError::OutOfRange) => {
                Self::new(Code::BadRequest).with("why", "the deadline lies beyond the end of time")
            }
        }
    }
}

impl From<Rejection> for Problem {
    fn from(refused: Rejection) -> Self {
        match refused {
            Rejection::NotFound => Self::not_found(),
            Rejection::Denied(denied) => denied.into(),
            Rejection::Beyond(Beyond(permissions)) => beyond(&permissions),
            Rejection::Stale { version } => Self::new(Code::StaleVersion).with("version", version),
            Rejection::Field { field, code, given } => {
                field_error(field, Fault::new(code).with("given", given))
            }
            Rejection::Calendar(invalid) => {
                let errors = invalid.0.into_iter();
                let named = errors.map(|error| FieldError::new(error.part, error.problem));
                Self::invalid(named.collect())
            }
            Rejection::Item {
                list,
                index,
                field,
                code,
                given,
            } => Self::invalid_field(FieldError::new(
                format!("{list}[{index}].{field}"),
                Fault::new(code).with("given", given),
            )),
            Rejection::Fields(fields) => {
                let error = |(field, code, given): (&'static str, &'static str, String)| {
                    FieldError::new(field, Fault::new(code).with("given", given))
                };
                Self::invalid(fields.into_iter().map(error).collect())
            }
            Rejection::Parts(parts) => {
                let error = |(part, code, given): (String, &'static str, String)| {
                    FieldError::new(part, Fault::new(code).with("given", given))
                };
                Self::invalid(parts.into_iter().map(error).collect())
            }
            Rejection::CaseField(field, refusal) => case_field(field, refusal),
            Rejection::Case(refusal) => case(refusal),
            Rejection::UnlawfulMove(unlawful) => unlawful_move(
                unlawful.from.as_str(),
                unlawful.to.as_str(),
                unlawful.lawful.iter().map(|status| status.as_str()),
            ),
            Rejection::Priority(refusal) => priority(refusal),
            Rejection::Decision(refusal) => decision(refusal),
            Rejection::Rca(refusal) => rca(refusal),
            Rejection::Step(refusal) => step(refusal),
            Rejection::Article(refusal) => article(&refusal),
            Rejection::Callback(refusal) => callback(refusal),
            Rejection::ActiveEscalation { number, assessment } => Self::new(Code::ActiveEscalation)
                .assessed(&assessment)
                .with("escalation", number.to_string()),
            Rejection::NotEligible(assessment) => {
                Self::new(Code::NotEligible).assessed(&assessment)
            }
            Rejection::AcknowledgementRequired(assessment) => {
                Self::new(Code::AcknowledgementRequired).assessed(&assessment)
            }
            Rejection::Answers(errors) => Self::invalid(errors.iter().map(answer).collect()),
            Rejection::Pairing(refusal) => pairing(refusal),
            Rejection::Escalation(refusal) => escalation(refusal),
            Rejection::EscalationEnded => Self::new(Code::EscalationEnded),
            Rejection::EditWindowClosed => Self::new(Code::EditWindowClosed),
            Rejection::NotEditable => Self::new(Code::NotEditable),
            Rejection::Undo(refusal) => Self::new(undo(refusal)),
            Rejection::NoRoom(NoRoom { limit, left }) => Self::new(Code::AttachmentLimitReached)
                .with("limit_bytes", limit)
                .with("left_bytes", left)
                .with("limit_mib", limit / MIB)
                .with("left_mib", left / MIB),
            Rejection::Attached => Self::new(Code::AlreadyAttached),
            Rejection::LastAdministrator { organization } => {
                Self::new(Code::LastAdministrator).with("organization", organization)
            }
            Rejection::RoleHeld { people, groups } => Self::new(Code::RoleHeld)
                .with("people", people)
                .with("groups", groups),
            Rejection::GroupPaired => Self::new(Code::GroupPaired),
            Rejection::AccessRequest(refusal) => access_request(refusal),
            Rejection::LinkUnknown => Self::new(Code::LinkUnknown),
            Rejection::Link(state) => Self::new(match state {
                LinkState::Used => Code::LinkUsed,
                LinkState::Revoked => Code::LinkRevoked,
                LinkState::Expired => Code::LinkExpired,
                LinkState::Good => Code::LinkUnknown,
            }),
            Rejection::InvalidCredentials => Self::invalid_credentials(),
            Rejection::SecondFactorRequired => Self::new(Code::SecondFactorRequired),
            Rejection::InvalidSecondFactor => Self::new(Code::InvalidSecondFactor),
            Rejection::AddressNotAllowed(from) => {
                let address = from.map(|from| from.to_string()).unwrap_or_default();
                Self::new(Code::AddressNotAllowed).with("address", address)
            }
            Rejection::MadeWithToken => Self::new(Code::MadeWithToken),
            Rejection::SecondFactorOn => Self::new(Code::SecondFactorOn),
            Rejection::SecondFactorOff => Self::new(Code::SecondFactorOff),
            Rejection::ClonedUser => Self::new(Code::ClonedUser),
            Rejection::AddressTaken => Self::new(Code::AddressTaken),
            Rejection::AlreadyJoined => Self::new(Code::AlreadyJoined),
            Rejection::AccountDisabled => Self::new(Code::AccountDisabled),
            Rejection::Tutorial(refusal) => tutorial(refusal),
            Rejection::RecordsRefused(count) => {
                Self::new(Code::RecordsRefused).with("count", count)
            }
            Rejection::BeforeOpening { opened_at } => {
                Self::new(Code::BeforeOpening).with_json("opened_at", &opened_at)
            }
        }
    }
}

fn field_error(field: impl Into<String>, fault: Fault) -> Problem {
    Problem::invalid_field(FieldError::new(field, fault))
}

fn names<'a>(names: impl Iterator<Item = &'a str>) -> Value {
    names.map(Value::from).collect::<Vec<_>>().into()
}

/// The first that is beyond them is what the sentence names.
fn beyond(permissions: &BTreeSet<Permission>) -> Problem {
    let first = permissions.first().map_or("", |first| first.as_str());
    Problem::new(Code::BeyondOwnRights)
        .with("permission", first)
        .with(
            "permissions",
            names(permissions.iter().map(|permission| permission.as_str())),
        )
}

fn case_field(field: CaseField, refusal: FieldRefusal) -> Problem {
    match refusal {
        FieldRefusal::Denied(denied) => denied.into(),
        FieldRefusal::ByPriorityRequest => Problem::new(Code::PriorityByRequest),
        FieldRefusal::StaffOnly(_) => {
            Problem::missing_permission(crate::domain::access::Permission::CasesWork)
                .with("field", field.as_str())
        }
    }
}

fn case(refusal: CaseRefusal) -> Problem {
    match refusal {
        CaseRefusal::Closed | CaseRefusal::AlreadyClosed => Problem::new(Code::CaseClosed),
        CaseRefusal::NotClosed => Problem::new(Code::CaseNotClosed),
        CaseRefusal::EscalationActive => Problem::new(Code::CloseEscalationFirst),
    }
}

fn priority(refusal: PriorityRefusal) -> Problem {
    match refusal {
        PriorityRefusal::ByPhone => Problem::new(Code::PriorityByPhone),
        PriorityRefusal::NotHigher { current } => {
            Problem::new(Code::PriorityNotHigher).with("priority", current.as_str())
        }
        PriorityRefusal::AlreadyPending => Problem::new(Code::AlreadyRequested),
    }
}

fn undo(refusal: UndoRefusal) -> Code {
    match refusal {
        UndoRefusal::NotOwn => Code::NotEditable,
        UndoRefusal::Over => Code::UndoWindowClosed,
        UndoRefusal::TargetTouched => Code::UndoTargetTouched,
        UndoRefusal::CaseChanged => Code::UndoCaseChanged,
        UndoRefusal::Moved => Code::UndoEntryMoved,
    }
}

fn decision(refusal: DecisionRefusal) -> Problem {
    match refusal {
        DecisionRefusal::AlreadyDecided { state } => {
            Problem::new(Code::AlreadyDecided).with("state", state.as_str())
        }
        DecisionRefusal::ReasonMissing => field_error("note", Fault::new("required")),
    }
}

fn rca(refusal: RcaRefusal) -> Problem {
    match refusal {
        RcaRefusal::CaseClosed => Problem::new(Code::CaseClosed),
        RcaRefusal::AlreadyRequested => Problem::new(Code::AlreadyRequested),
        RcaRefusal::NotRequested => Problem::new(Code::RcaNotRequested),
        RcaRefusal::AlreadyDelivered => Problem::new(Code::RcaDelivered),
    }
}

fn access_request(refusal: AccessRequestRefusal) -> Problem {
    match refusal {
        AccessRequestRefusal::AlreadyDecided { state } => {
            Problem::new(Code::AlreadyDecided).with("state", state.as_str())
        }
        AccessRequestRefusal::ReasonMissing => field_error("note", Fault::new("required")),
        AccessRequestRefusal::UntilNotInTheFuture => {
            field_error("until", Fault::new("not_in_the_future"))
        }
        AccessRequestRefusal::UntilWithRefusal => {
            field_error("until", Fault::new("not_with_refusal"))
        }
    }
}

/// What is asked is not possible where the thing stands, and these are.
fn unlawful_move<'a>(
    state: &'static str,
    asked: &'static str,
    lawful: impl Iterator<Item = &'a str>,
) -> Problem {
    Problem::new(Code::UnlawfulMove)
        .with("state", state)
        .with("asked", asked)
        .with("lawful_moves", names(lawful))
}

fn step(refusal: StepRefusal) -> Problem {
    match refusal {
        StepRefusal::UnlawfulMove {
            state,
            verb,
            lawful,
        } => unlawful_move(
            state.as_str(),
            verb.as_str(),
            lawful.iter().map(|verb| verb.as_str()),
        ),
        StepRefusal::NotLater { due_at } => field_error(
            "due_at",
            Fault::new("not_later").with("due_at", due_at.to_rfc3339()),
        ),
        StepRefusal::NotInTheFuture => field_error("due_at", Fault::new("not_in_the_future")),
    }
}

fn article(refusal: &article::Refusal) -> Problem {
    unlawful_move(
        refusal.state.as_str(),
        refusal.verb.as_str(),
        refusal.lawful.iter().map(|verb| verb.as_str()),
    )
}

fn callback(refusal: callback::Refusal) -> Problem {
    use callback::Refusal;
    match refusal {
        Refusal::UnlawfulMove {
            state,
            verb,
            lawful,
        } => unlawful_move(
            state.as_str(),
            verb.as_str(),
            lawful.iter().map(|verb| verb.as_str()),
        ),
        Refusal::AlreadyTaken { by } => {
            Problem::new(Code::AlreadyTaken).with("owner", by.to_string())
        }
        Refusal::NotOwner => Problem::new(Code::NotCallbackOwner),
        Refusal::NotBegun { from } => field_error(
            "state",
            Fault::new("not_begun").with("from", from.to_rfc3339()),
        ),
    }
}

fn tutorial(refusal: tutorial::Refusal) -> Problem {
    use tutorial::Refusal;
    match refusal {
        Refusal::Canceled => Problem::new(Code::TutorialCanceled),
        Refusal::Begun { at } => Problem::new(Code::TutorialBegun).with_json("starts_at", &at),
        Refusal::RegistrationOver { until } => {
            Problem::new(Code::RegistrationOver).with_json("registration_until", &until)
        }
    }
}

fn answer(error: &AnswerError) -> FieldError {
    let fault = match &error.problem {
        AnswerProblem::Text(text) => Fault::from(text.clone()),
        AnswerProblem::WrongKind(kind) => Fault::new("wrong_kind").with("kind", kind.as_str()),
        AnswerProblem::Missing => Fault::new("required"),
        AnswerProblem::UnknownQuestion => Fault::new("unknown_question"),
        AnswerProblem::MustConfirm => Fault::new("must_confirm"),
        AnswerProblem::NotADate => Fault::new("not_a_date"),
    };
    FieldError::new(format!("answers.{}", error.question), fault)
}

fn pairing(refusal: pairing::Refusal) -> Problem {
    use pairing::{LinkProblem, Refusal};
    let limited = |code, max: usize| Problem::new(code).with("max", max);
    match refusal {
        Refusal::Link(problem) => Problem::new(match problem {
            LinkProblem::Malformed => Code::LinkMalformed,
            LinkProblem::Unknown => Code::LinkUnknown,
            LinkProblem::Own => Code::LinkOwn,
            LinkProblem::Foreign => Code::LinkForeign,
            LinkProblem::OtherRegion => Code::LinkOtherRegion,
            LinkProblem::Provider => Code::LinkProvider,
            LinkProblem::Withdrawn => Code::LinkWithdrawn,
            LinkProblem::Used => Code::LinkUsed,
            LinkProblem::Expired => Code::LinkExpired,
        }),
        Refusal::NotAccepted => Problem::new(Code::PairingNotAccepted),
        Refusal::Answered => Problem::new(Code::PairingAnswered),
        Refusal::Ended => Problem::new(Code::PairingEnded),
        Refusal::TooManyMembers => limited(Code::TooManyMembers, pairing::MOST_MEMBERS),
        Refusal::TooManyPeople => limited(Code::TooManyPeople, pairing::MOST_PEOPLE),
        Refusal::TooManyClones => limited(Code::TooManyClones, pairing::MOST_CLONES),
        Refusal::NotTrusted => Problem::new(Code::NotTrusted),
        Refusal::OtherSide => Problem::new(Code::OtherSideDecides),
        Refusal::ThroughPairing => Problem::new(Code::NotThroughPairing),
        Refusal::GoesWithOthers => Problem::new(Code::RoleGoesWithOthers),
    }
}

fn escalation(refusal: escalation::Refusal) -> Problem {
    use escalation::Refusal;
    match refusal {
        Refusal::UnlawfulMove {
            state,
            verb,
            lawful,
        } => unlawful_move(
            state.as_str(),
            verb.as_str(),
            lawful.iter().map(|verb| verb.as_str()),
        ),
        Refusal::AlreadyClaimed { by } => {
            Problem::new(Code::AlreadyClaimed).with("owner", by.to_string())
        }
        Refusal::NotOwner => Problem::new(Code::NotEscalationOwner),
        Refusal::NotSupervisor => {
            Problem::missing_permission(crate::domain::access::Permission::EscalationsAssign)
        }
        Refusal::StepsMissing => field_error("next_steps", Fault::new("required")),
        Refusal::NotRater => Problem::new(Code::NotRater),
        Refusal::RaterStillHere => Problem::new(Code::RaterStillHere),
        Refusal::ReasonsMissing => field_error("reasons", Fault::new("no_blocking_reason")),
        Refusal::AlreadyRated => Problem::new(Code::AlreadyRated),
        Refusal::ScoreOutOfRange => field_error(
            "score",
            Fault::new("out_of_range")
                .with("min", 1_i64)
                .with("max", 5_i64),
        ),
    }
}
