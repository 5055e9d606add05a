//! Why something was refused, in the words of pages. Most of what the API answers is said to people as it is; where it tells
//! programs what to send, pages have words of their own.

use serde_json::Value;

use crate::http::problem::{Code, Problem};
use crate::input::FieldError;
use crate::words::Catalogue;

/// The problems that pages have words of their own for, each with its member of the family `page-refusal`.
pub(crate) const OWN_WORDS: [(Code, &str); 29] = [
    (Code::MalformedJson, "unreadable"),
    (Code::TooComplex, "unreadable"),
    (Code::IfMatchNotSupported, "unreadable"),
    (Code::MalformedHeader, "unreadable"),
    (Code::UnsupportedMediaType, "unreadable"),
    (Code::UnsupportedEncoding, "unreadable"),
    (Code::OrganizationNotFound, "unreadable"),
    (Code::MethodNotAllowed, "unreadable"),
    (Code::IdempotencyKeyReused, "unreadable"),
    (Code::AddressTooLong, "unreadable"),
    (Code::HeadersTooLarge, "unreadable"),
    (Code::Unauthenticated, "sign-in"),
    (Code::SecondFactorRequired, "sign-in"),
    (Code::ScopedToken, "sign-in"),
    (Code::SessionRequired, "sign-in"),
    (Code::MadeWithToken, "sign-in"),
    (Code::Csrf, "csrf"),
    (Code::ProofRequired, "proof"),
    (Code::SecondFactorSetupRequired, "second-factor"),
    (Code::StaleVersion, "stale"),
    (Code::TooLarge, "too-large"),
    (Code::ValidationFailed, "invalid"),
    (Code::NotEligible, "not-eligible"),
    (Code::AcknowledgementRequired, "acknowledge"),
    (Code::UnlawfulMove, "moved"),
    (Code::AlreadyDecided, "moved"),
    (Code::NoticeNotEnded, "moved"),
    (Code::BeforeOpening, "before-opening"),
    (Code::Internal, "error"),
];

/// The same for what is wrong with single fields, with members of the family `page-fault`.
pub(crate) const OWN_FAULTS: [&str; 14] = [
    "unknown_field",
    "wrong_type",
    "not_an_instant",
    "not_allowed",
    "malformed_id",
    "malformed_cursor",
    "not_null",
    "not_a_date",
    "not_a_moment",
    "not_held",
    "unknown_weekday",
    "wrong_kind",
    "not_a_time",
    "not_begun",
];

/// What a problem says to whoever sits before a page: what they can do.
pub(super) fn said_to_people(words: &Catalogue, problem: &Problem) -> String {
    let own = OWN_WORDS.iter().find(|(code, _)| *code == problem.code());
    match (problem.code(), own) {
        (Code::MissingPermission, _) => {
            let what = [("what", missing(words, problem).into())];
            words.say("page-problem-permission", &what)
        }
        (Code::BeyondOwnRights, _) => {
            let what = [("what", missing(words, problem).into())];
            words.say("page-problem-beyond", &what)
        }
        (_, Some((_, member))) => words.say_of("page-refusal", member, &[]),
        (_, None) => problem.detail(words),
    }
}

/// The permission that is missing, as people read of it.
fn missing(words: &Catalogue, problem: &Problem) -> String {
    let code = problem.fact("permission").and_then(Value::as_str);
    words.say_of("permission", code.unwrap_or_default(), &[])
}

/// What is wrong with a field, said to whoever filled it in.
pub(super) fn fault_said_to_people(words: &Catalogue, error: &FieldError) -> String {
    match OWN_FAULTS.contains(&error.code()) {
        true => words.say_of("page-fault", error.code(), &[]),
        false => error.message(words),
    }
}
