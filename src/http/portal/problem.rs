//! Pages for what cannot be answered: they say what happened and what to do.

use serde::Serialize;

use super::help::place::ESCALATION;
use super::kept::words_in;
use super::page_request::PageRequest;
use super::parts::{FindingLine, Link};
use super::said::{fault_said_to_people, said_to_people};
use crate::http::problem::{Code, Problem};
use crate::words::Catalogue;

/// A page that says what is wrong.
#[derive(Clone, Debug, Serialize)]
pub struct ProblemPage {
    /// What happened.
    pub title: String,
    /// What to do about it.
    pub detail: String,
    /// Findings, where an assessment is behind it.
    pub findings: Vec<FindingLine>,
    /// What is wrong with single fields.
    pub errors: Vec<String>,
    /// What was typed and not taken, to be copied from here.
    pub words: Vec<String>,
    /// Where to go from here.
    pub ways: Vec<Link>,
    /// The request's id, to tell support; empty where it helps nobody.
    pub request: String,
}

/// Whether the kind of problem says more than its status does.
fn is_told_by_name(code: Code) -> bool {
    let name = code.as_str();
    code == Code::OrganizationAccessEnded || name.starts_with("link_") || name.starts_with("undo_")
}

impl ProblemPage {
    /// The page for `problem`, with the findings and the fields that it names.
    pub(super) fn of(req: &PageRequest, problem: &Problem) -> Self {
        let words = req.words();
        let status = problem.code().status().as_u16();
        let detail = match problem.code() {
            // What is said in general is said better by the page, and routes mean nothing to its readers.
            Code::Unauthenticated
            | Code::NotFound
            | Code::Internal
            | Code::DatabaseUnavailable
            | Code::MethodNotAllowed => None,
            _ => Some(said_to_people(words, problem)),
        };
        let mut page = Self::new(words, status, detail);
        if is_told_by_name(problem.code()) {
            page.title = words.say_of("problem", problem.code().as_str(), &[]);
        }
        let findings = problem.findings(req.words()).unwrap_or_default();
        page.findings = findings.into_iter().map(FindingLine::from).collect();
        if !page.findings.is_empty() {
            page.ways
                .push(Link::new(words.say("guide-link", &[]), ESCALATION));
        }
        page.errors = problem
            .errors()
            .iter()
            .map(|error| fault_said_to_people(words, error))
            .collect();
        if req.guest.is_none() {
            page.ways
                .insert(0, Link::new(words.say("sign-in-button", &[]), "/sign-in"));
        }
        if problem.code() == Code::SecondFactorSetupRequired {
            let title = words.say_of("problem", problem.code().as_str(), &[]);
            page.ways.insert(0, Link::new(title, "/account/security"));
        }
        if req.from_own_page {
            page.words = words_in(&req.typed);
        }
        // What is ours to repair can be found by it; anything else is for the reader to do.
        if problem.code().status().is_server_error() {
            page.request.clone_from(&req.request);
        }
        page
    }

    /// The page for an HTTP status, with `detail` in place of the general sentence where there is a better one.
    pub fn new(words: &Catalogue, status: u16, detail: Option<String>) -> Self {
        let kind = match status {
            401 => "sign-in",
            403 => "forbidden",
            404 => "not-found",
            405 => "method",
            409 => "conflict",
            410 => "gone",
            412 => "changed",
            413 => "too-large",
            422 => "invalid",
            429 => "too-many",
            503 => "unavailable",
            400..=499 => "bad-request",
            _ => "error",
        };
        let back = Link::new(words.say("problem-way-home", &[]), "/").main();
        Self {
            title: words.say_of("page-problem-title", kind, &[]),
            detail: detail.unwrap_or_else(|| words.say_of("page-problem", kind, &[])),
            findings: Vec::new(),
            errors: Vec::new(),
            words: Vec::new(),
            ways: vec![back],
            request: String::new(),
        }
    }
}

/// The members of the families `page-problem` and `page-problem-title`.
#[cfg(test)]
pub(crate) const KINDS: [&str; 13] = [
    "sign-in",
    "forbidden",
    "not-found",
    "method",
    "conflict",
    "gone",
    "changed",
    "too-large",
    "invalid",
    "too-many",
    "unavailable",
    "bad-request",
    "error",
];
