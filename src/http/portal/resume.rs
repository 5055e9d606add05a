//! What is answered where only who sends a form is wrong: nobody any more, since their session has ended, or somebody in a
//! newer session than the form is of. What they typed stays theirs.

use super::answer::{PageResult, Stop};
use super::kept::Kept;
use super::page_request::PageRequest;
use super::sign_in_form::{carrying, page, sign_in_form};
use crate::http::problem::{Code, Problem};

/// The page that keeps what was typed, if it is only for who sent it that it was not taken.
pub(super) fn keeping(visit: &PageRequest, stop: &Stop) -> Option<PageResult> {
    let Stop::Problem(problem) = stop else {
        return None;
    };
    match (problem.code(), &visit.guest) {
        (Code::Unauthenticated, None) => {
            Kept::of(visit).map(|kept| signing_in(visit, &kept, problem))
        }
        (Code::Csrf, Some(_)) => Kept::of(visit).map(|kept| {
            let page = kept.page(visit.words(), "session");
            visit.show_again(problem.code().status(), "", "kept", &page)
        }),
        _ => None,
    }
}

/// The sign-in page in the place of what was asked for.
fn signing_in(visit: &PageRequest, kept: &Kept, problem: &Problem) -> PageResult {
    let form = carrying(sign_in_form(visit.words(), "/"), Some(kept));
    let welcome = visit.words().say("sign-in-kept", &[]);
    let page = page(visit, welcome, form);
    visit.show_again(problem.code().status(), "", "sign-in", &page)
}
