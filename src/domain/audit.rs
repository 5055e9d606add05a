//! Audited events: what can happen, the chain in which no change goes unnoticed, and what a reader is shown (C8, P9).

pub mod chain;
pub mod kind;
pub mod linking;
pub mod seal;
pub mod topic;
pub mod view;

pub use chain::{Break, Chain, End, Link, Record, Verdict, Why, link};
pub use kind::{EventKind, SeenBy};
pub use linking::{Linked, linked};
pub use topic::Topic;

/// The name of whoever acts from the machine itself: nobody is signed in there.
pub const COMMAND_LINE: &str = "command line";
/// The name of nobody where an escalation is given to whose turn it is (M4).
pub const ROTATION: &str = "rotation";
/// The name of whoever is not known: somebody who fails to sign in.
pub const STRANGER: &str = "somebody unknown";
/// The name under which is recorded what an import brought along and nobody is known to have done.
pub const IMPORT: &str = "import";
/// The name under which is recorded what happened because time passed.
pub const CLOCK: &str = "clock";

#[cfg(test)]
mod tests;
