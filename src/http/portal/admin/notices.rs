//! Notices that were sent, wait or failed, and why (N2, N3).

mod handlers;
mod mails;

use serde::Serialize;

use crate::http::portal::parts::{Facts, Tab};

pub(in crate::http::portal) use handlers::routes;
pub(super) use handlers::{outage, standing};
pub use mails::{NoticeSamplePage, SeenMail};

/// One notice.
#[derive(Clone, Debug, Serialize)]
pub struct NoticePage {
    /// Its subject.
    pub subject: String,
    /// The recipient's address.
    pub to: String,
    /// The places of the administration.
    pub tabs: Vec<Tab>,
    /// Where it stands.
    pub state: String,
    /// The class of its chip.
    pub chip: &'static str,
    /// Why it was not sent; empty when it was, or was not tried.
    pub why: String,
    /// When it was made, tried and sent.
    pub facts: Facts,
    /// Where it is sent again, for who may.
    pub again: String,
    /// Whether the message is shown to nobody, because of the link in it.
    pub secret: bool,
    /// The mail as its reader sees it, as it would be written now.
    pub mail: Option<SeenMail>,
    /// The message as it was written; empty when there is none.
    pub source: String,
    /// Where the message is downloaded; empty when there is none.
    pub download: String,
}
