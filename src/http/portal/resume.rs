//! What is answered where only who sends a form is wrong: nobody any more, since their session has ended, or somebody in a
//! newer session than the form is of. What they typed stays theirs.

use super::answer::{PageResult, Stop};
use super::kept::Kept;
use super::page_request::PageRequest;
use super::sign_in_form::{carrying, page, sign_in_form};
use crate::http::problem::{Code, Problem};

/// The page that keeps what was typed, if it is only for who sent it that it was not taken.
pub(super) fn keeping(req: &PageRequest, stop: &Stop) -> Option<PageResult> {
    let Stop::Problem(problem) = stop else {
        return None;
    };
    match (problem.code(), &req.guest) {
        (Code::Unauthenticated, None) => Kept::of(req).map(|kept| signing_in(req, &kept, problem)),
        (Code::Csrf, Some(_)) => Kept::of(req).map(|kept| {
            let page = kept.page(req.words(), "session");
            req.show_again(problem.code().status(), "", "kept", &page)
        }),
        _ => None,
    }
}

/// The sign-in page in the place of what was asked for.
fn signing_in(req: &PageRequest, kept: &Kept, problem: &Problem) -> PageResult {
    let form = carrying(sign_in_form(req.words(), "/"), Some(kept));
    let welcome = req.words().say("sign-in-kept", &[]);
    let page = page(req, welcome, form);
    req.show_again(problem.code().status(), "", "sign-in", &page)
}
