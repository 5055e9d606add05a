//! Where a filter is saved, changed and removed.

use serde::Serialize;

use super::act::FormPage;
use super::answer::PageResult;
use super::flash::{Done, Flash};
use super::form::{Control, Form, Kind};
use super::page_request::PageRequest;
use super::route::{PortalRoute, pages};
use super::saved::sorted;
use crate::domain::ids::SavedFilterId;
use crate::domain::saved_filter::{FilteredList, may_change, may_share};
use crate::http::api_request::SIGNED_IN;
use crate::http::problem::Problem;
use crate::http::saved_filters::checked;
use crate::store::saved_filters::{self, SavedFilter};
use crate::workflow::saved_filters::{ChangeFilter, SaveFilter, change, remove, save};

/// The rows of the route table.
pub(super) fn routes() -> Vec<PortalRoute> {
    pages! { saved_filters:
        POST "/saved-filters"                 SIGNED_IN => create, "Saves a filter";
        GET  "/saved-filters/{filter}"        SIGNED_IN => show, "A saved filter";
        POST "/saved-filters/{filter}"        SIGNED_IN => update, "Changes a saved filter";
        POST "/saved-filters/{filter}/remove" SIGNED_IN => take_away, "Removes a saved filter";
    }
}

/// The page of one filter.
#[derive(Clone, Debug, Serialize)]
pub struct SavedFilterPage {
    /// Its heading.
    pub title: String,
    /// Who has it.
    pub about: String,
    /// The list, narrowed by it; empty for one that is not saved yet.
    pub href: String,
    /// What can be changed.
    pub form: Form,
    /// Removes it.
    pub remove: Option<Form>,
}

/// The page on which a filter is saved, where the form above its list was refused.
struct Saving;

impl FormPage<String> for Saving {
    async fn done(&self, req: &PageRequest, name: String) -> PageResult {
        let list = req.typed.get("list").and_then(|list| list.parse().ok());
        let page = list.unwrap_or(FilteredList::Cases).page();
        let query = req.typed.get("query").cloned().unwrap_or_default();
        let flash = Flash::new(Done::FilterSaved).name(name);
        Ok(req.go(format!("{page}?{}", sorted(&query)), Some(flash)))
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        let words = req.words();
        let hidden = |name: &'static str| Control::new(Kind::Hidden, name, "");
        let mut controls = vec![hidden("list"), hidden("query")];
        for control in &mut controls {
            let typed = req.typed.get(control.name.as_str());
            *control = control.clone().value(typed.cloned().unwrap_or_default());
        }
        controls.extend(named(req, SaveFilter::name(), SaveFilter::shared(), None));
        let form = Form::new(
            "save-filter",
            "/saved-filters",
            words.say("saved-save-button", &[]),
            controls,
        );
        let page = SavedFilterPage {
            title: words.say("saved-new-title", &[]),
            about: words.say("saved-share-hint", &[]),
            href: String::new(),
            form: form.refused_for(words, &req.typed, &problem),
            remove: None,
        };
        req.show_again(problem.code().status(), "", "saved-filter", &page)
    }
}

/// The controls of a name, and of whether it is shared, for who may share.
fn named(
    req: &PageRequest,
    name: crate::input::Declared,
    shared: crate::input::Declared,
    of: Option<&SavedFilter>,
) -> Vec<Control> {
    let words = req.words();
    let named = of.map_or(String::new(), |filter| filter.name.clone());
    let mut controls = vec![
        Control::of(name, words.say("saved-name", &[]))
            .hint(words.say("saved-name-hint", &[]))
            .value(named)
            .required(),
    ];
    let is_shared = of.is_some_and(|filter| filter.shared);
    let shares = req.access().is_ok_and(|access| may_share(access).is_ok());
    // Whoever saved it takes it back, even if they may not share any more.
    if shares || is_shared {
        let tick = Control::of(shared, words.say("saved-share", &[]));
        let tick = tick.hint(words.say("saved-share-hint", &[]));
        controls.push(tick.value(if is_shared { "on" } else { "" }));
    }
    controls
}

async fn create(req: PageRequest) -> PageResult {
    let query = match req.form::<SaveFilter>() {
        Ok(command) => {
            let reader = req.clone();
            req.read(move |conn| checked(conn, reader.asker()?, command.list, &command.query))
                .await
        }
        Err(problem) => Err(problem),
    };
    match query {
        Ok(query) => {
            req.act(&Saving, move |conn, by, command: &SaveFilter| {
                save(conn, by.actor, command, &query, by.now)?;
                Ok(command.name.to_string())
            })
            .await
        }
        Err(problem) => req.finish(&Saving, Err(problem)).await,
    }
}

async fn found(req: &PageRequest, id: SavedFilterId) -> Result<SavedFilter, Problem> {
    let access = req.access()?.clone();
    let found = req
        .read(move |conn| Ok(saved_filters::find(conn, &access, id)?))
        .await?;
    found.ok_or_else(Problem::not_found)
}

fn page(req: &PageRequest, filter: &SavedFilter) -> Result<SavedFilterPage, Problem> {
    let words = req.words();
    let sharing = (filter.shared, filter.shared);
    may_change(req.access()?, filter.person_id, sharing)
        .map_err(|denied| Problem::from(crate::workflow::Rejection::from(denied)))?;
    let action = format!("/saved-filters/{}", filter.id);
    let controls = named(
        req,
        ChangeFilter::name(),
        ChangeFilter::shared(),
        Some(filter),
    );
    let form = Form::new(
        "filter",
        action.as_str(),
        words.say("saved-change-button", &[]),
        controls,
    );
    let remove = Form::new(
        "remove-filter",
        format!("{action}/remove"),
        words.say("saved-remove", &[]),
        Vec::new(),
    )
    .taking();
    Ok(SavedFilterPage {
        title: words.say("saved-change-title", &[]),
        about: match filter.shared {
            true => words.say("saved-shared-about", &[]),
            false => words.say("saved-own-about", &[]),
        },
        href: filter.href(),
        form: form.guarded(filter.version),
        remove: Some(remove),
    })
}

async fn show(req: PageRequest, id: SavedFilterId) -> PageResult {
    let filter = found(&req, id).await?;
    req.show("", "saved-filter", &page(&req, &filter)?)
}

/// The page of a filter.
struct Saved(SavedFilterId);

impl FormPage<SavedFilter> for Saved {
    async fn done(&self, req: &PageRequest, filter: SavedFilter) -> PageResult {
        let flash = Flash::new(Done::FilterChanged).name(&filter.name);
        Ok(req.go(filter.href(), Some(flash)))
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        let mut page = page(req, &found(req, self.0).await?)?;
        page.form = page.form.refused_for(req.words(), &req.typed, &problem);
        req.show_again(problem.code().status(), "", "saved-filter", &page)
    }
}

async fn update(req: PageRequest, id: SavedFilterId) -> PageResult {
    // Emptied on the page, it is missing; programs may leave it as it is.
    let field = ChangeFilter::name().name;
    if req
        .typed
        .get(field)
        .is_none_or(|name| name.trim().is_empty())
    {
        let missing = Problem::missing_field(field);
        return req.finish(&Saved(id), Err(missing)).await;
    }
    let expected = req.expected();
    req.act(&Saved(id), move |conn, by, command: &ChangeFilter| {
        // What a filter shows is changed in its list, and saved there anew.
        let at = (id, expected.as_deref());
        change(conn, by.actor, at, (command, None), by.now)
    })
    .await
}

async fn take_away(req: PageRequest, id: SavedFilterId) -> PageResult {
    let filter = req
        .perform(move |conn, by, (): &()| remove(conn, by.actor, id, by.now))
        .await?;
    let flash = Flash::new(Done::FilterRemoved).name(&filter.name);
    Ok(req.go(filter.href(), Some(flash)))
}
