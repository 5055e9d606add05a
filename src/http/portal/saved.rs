//! Saved filters where they are used: above their lists, and on the first page.

use serde::Serialize;
use url::form_urlencoded;

use super::page_request::PageRequest;
use crate::domain::saved_filter::{FilteredList, may_change, may_share};
use crate::store::saved_filters::SavedFilter;

/// The saved filters of a list, and the form that saves how it is narrowed now.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SavedFilters {
    /// Those that the reader has.
    pub items: Vec<SavedLink>,
    /// How to save another; none where nothing narrows the list.
    pub save: Option<SaveView>,
}

/// A saved filter as a link to its list.
#[derive(Clone, Debug, Serialize)]
pub struct SavedLink {
    /// What it is called.
    pub name: String,
    /// The list, narrowed by it.
    pub href: String,
    /// Whether that is what the page shows.
    pub current: bool,
    /// Whether everybody in the organization has it.
    pub shared: bool,
    /// Where it is changed; empty where the reader may not.
    pub change: String,
}

/// What is saved.
#[derive(Clone, Debug, Serialize)]
pub struct SaveView {
    /// Which list.
    pub list: FilteredList,
    /// How it is narrowed.
    pub query: String,
    /// Whether the reader may share it.
    pub shares: bool,
}

/// Those of one list, or of all, as links.
pub(super) fn links(
    req: &PageRequest,
    filters: &[SavedFilter],
    list: Option<FilteredList>,
) -> Vec<SavedLink> {
    let own = filters
        .iter()
        .filter(|filter| list.is_none_or(|list| filter.list == list));
    let here = list.map(|_| now(req)).unwrap_or_default();
    let link = |filter: &SavedFilter| {
        let sharing = (filter.shared, filter.shared);
        let may = req
            .access()
            .is_ok_and(|access| may_change(access, filter.person_id, sharing).is_ok());
        SavedLink {
            name: filter.name.clone(),
            href: filter.href(),
            current: !here.is_empty() && sorted(&filter.query) == here,
            shared: filter.shared,
            change: match may {
                true => format!("/saved-filters/{}", filter.id),
                false => String::new(),
            },
        }
    };
    own.map(link).collect()
}

/// What stands above a list.
pub(super) fn above(
    req: &PageRequest,
    filters: &[SavedFilter],
    list: FilteredList,
) -> SavedFilters {
    let items = links(req, filters, Some(list));
    let query = now(req);
    let is_saved = items.iter().any(|item| item.current);
    SavedFilters {
        items,
        save: (!query.is_empty() && !is_saved).then(|| SaveView {
            list,
            query,
            shares: req.access().is_ok_and(|access| may_share(access).is_ok()),
        }),
    }
}

/// How the page's list is narrowed and ordered.
fn now(req: &PageRequest) -> String {
    let here = req.here("cursor", None);
    let query = here.split_once('?').map(|(_, query)| query);
    sorted(query.unwrap_or_default())
}

/// A query with its parameters in one order, so that two that say the same are the same.
pub(super) fn sorted(query: &str) -> String {
    let mut given: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    given.sort();
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(given)
        .finish()
}
