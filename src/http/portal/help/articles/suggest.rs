//! Articles about the subject of a case, as a page of their own.

use serde::Serialize;

use super::super::place::PLACE;
use super::super::suggested::{Suggested, suggested};
use super::super::tabs;
use super::TAB;
use crate::http::portal::answer::PageResult;
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::Tab;

/// The page that tells them.
#[derive(Clone, Debug, Serialize)]
pub struct SuggestionsPage {
    /// The pages of the place.
    pub tabs: Vec<Tab>,
    /// What was asked about.
    pub subject: String,
    /// What was found.
    pub suggested: Suggested,
}

pub(super) async fn suggest(req: PageRequest) -> PageResult {
    let subject = req.asked("subject").unwrap_or_default().to_owned();
    let page = SuggestionsPage {
        tabs: tabs(&req, TAB),
        suggested: suggested(&req, &subject).await?,
        subject,
    };
    req.show(PLACE, "article-suggestions", &page)
}
