//! Why something was refused, in the words of pages.

use serde_json::Value;

use crate::http::problem::{Code, Problem};
use crate::words::Catalogue;

/// What a problem says to whoever sits before a page: where the API tells a program what to send, they are told what
/// they can do.
pub(super) fn said_to_people(words: &Catalogue, problem: &Problem) -> String {
    match problem.code() {
        Code::Csrf => words.say("page-problem-csrf", &[]),
        Code::ProofRequired => words.say("page-problem-proof", &[]),
        Code::StaleVersion => words.say("page-problem-stale", &[]),
        Code::Unauthenticated => words.say_of("page-problem", "sign-in", &[]),
        Code::SecondFactorSetupRequired => words.say("page-problem-second-factor", &[]),
        Code::MissingPermission | Code::BeyondOwnRights => {
            let missing = problem.fact("permission").and_then(Value::as_str);
            let what = words.say_of("permission", missing.unwrap_or_default(), &[]);
            let what = [("what", what.into())];
            match problem.code() {
                Code::MissingPermission => words.say("page-problem-permission", &what),
                _ => words.say("page-problem-beyond", &what),
            }
        }
        _ => problem.detail(words),
    }
}
