//! The portal: server-rendered pages that work without a script. One file a page family holds its view (what the
//! template may know) beside its handlers; forms are posted, answered by a redirect, and shown again as typed when
//! something is missing.

pub mod admin;
pub mod assets;
pub mod case;
pub mod cases;
pub mod checklist;
pub mod escalate;
pub mod form;
pub mod parts;
pub mod problem;
pub mod queue;
pub mod render;
pub mod review;
pub mod shell;
pub mod sign_in;
pub mod verbs;

#[cfg(test)]
mod look_test;
