//! Audited events: what can happen, the chain in which no change goes unnoticed, and what a reader is shown (C8, P9).

pub mod chain;
pub mod kind;
pub mod view;

pub use chain::{Break, Chain, End, Link, Record, Verdict, Why, link};
pub use kind::{KINDS, SeenBy, seen_by};

#[cfg(test)]
mod tests;
