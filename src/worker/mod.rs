//! What the desk does by itself: jobs that are stepped, and the driver that steps them. A new one is a file here and its line
//! in the registry ([`crate::app`]).
//!
//! | job | what a step does |
//! | --- | --- |
//! | [`Outbox`] | sends what is due, and puts off or gives up what cannot be sent (N2) |
//! | [`Steps`] | tells of promised next steps whose instant has passed |
//! | [`Targets`] | reminds of targets, and tells when they were missed (M8) |
//! | [`Calls`] | reminds of the windows of callbacks, and tells which were missed (M12) |
//! | [`Tutorials`] | reminds those who come to a tutorial (H1) |
//! | [`Warnings`] | warns of what becomes eligible for escalation (M9) |
//! | [`Digests`] | makes the daily digests (N5) |
//! | [`Resets`] | sends links to who wants to set a new password |
//! | [`LastSeenJob`] | writes down when sessions were last used |
//! | [`Sweeping`] | takes away attached files that nobody names any more (F4) |
//! | [`Housekeeping`] | deletes what has expired |
//! | [`OlderWords`] | makes the words of older rows, by which they are found |
//! | [`Indexing`] | takes what was written into the index of words |
//! | [`Linking`] | gives audited events their place in the chain (C8) |
//!
//! Every guarantee holds over any number of processes: what a job takes, it takes by comparing and setting.

mod attachments;
mod backoff;
mod calls;
mod digests;
mod driver;
mod housekeeping;
mod indexing;
mod job;
mod last_seen;
mod linking;
mod outbox;
mod radar;
mod recent_errors;
mod resets;
mod steps;
mod targets;
mod tutorials;
mod words;

pub use attachments::Sweeping;
pub use backoff::{ATTEMPTS, delay, gives_up};
pub use calls::{Calls, SeenTo};
pub use digests::{Digested, Digests};
pub use driver::{Driver, JobStatus, Rhythm, Turns};
pub use housekeeping::{Housekeeping, Swept};
pub use indexing::Indexing;
pub use job::{Job, Jobs, Stepped};
pub use last_seen::{LastSeenBuffer, LastSeenJob};
pub use linking::Linking;
pub use outbox::{Outbox, Sending};
pub use radar::{Warned, Warnings};
pub use recent_errors::{ErrorLog, ErrorLogJob};
pub use resets::{Resets, Wished};
pub use steps::{Lapses, Steps};
pub use targets::{Targets, Told};
pub use tutorials::{Reminded, Tutorials};
pub use words::OlderWords;
