//! Drafts on pages: where something is written, what was begun there before stands in the field, and a script keeps what is typed.
//! Without one, the composer of a feed has a button for that.

use super::act::FormPage;
use super::answer::PageResult;
use super::draft_field::{DraftField, at};
use super::flash::Done;
use super::form::Form;
use super::page_request::PageRequest;
use crate::domain::draft::DraftPlace;
use crate::http::problem::Problem;
use crate::store::drafts::{self, Draft};
use crate::workflow::draft::{KeepDraft, keep_draft, sent};

/// What the button is called that keeps a draft and sends nothing.
const KEEP: &str = "keep";

impl Form {
    /// The form with what was begun in its field `name` before, which is kept from now on; of several drafts that were read, the one
    /// at `place`.
    #[must_use]
    pub(super) fn drafting(mut self, name: &str, place: &DraftPlace, drafts: &[Draft]) -> Self {
        let found = at(drafts, place);
        let mut controls = self.controls.iter_mut();
        if let Some(control) = controls.find(|control| control.name == name) {
            control.draft = Some(DraftField::of(place, found));
            if let Some(draft) = found.filter(|_| control.value.is_empty()) {
                control.value.clone_from(&draft.body);
            }
        }
        self
    }
}

impl PageRequest {
    /// The visitor's draft at a place by ids, as a list of those that were read.
    ///
    /// # Errors
    /// Nobody is signed in; database errors.
    pub(super) async fn drafts_at(&self, place: DraftPlace) -> Result<Vec<Draft>, Problem> {
        let access = self.access()?.clone();
        self.read(move |conn| {
            let found = drafts::find(conn, &access, &place)?;
            Ok(found.into_iter().collect())
        })
        .await
    }

    /// Whether the form asks that what is typed is kept, and not sent.
    pub(super) fn keeps_a_draft(&self) -> bool {
        self.typed.contains_key(KEEP)
    }

    /// Keeps what is typed as the draft at a place; nothing typed is no draft.
    ///
    /// # Errors
    /// Those of the page, and refusals that are not about the form.
    pub(super) async fn keep_typed(
        &self,
        page: &impl FormPage<Done>,
        place: DraftPlace,
    ) -> PageResult {
        let body = self.typed.get(KeepDraft::body().name);
        if body.is_none_or(|body| body.trim().is_empty()) {
            let thrown_away = self
                .perform(move |conn, by, (): &()| {
                    sent(conn, by.actor, &place, None)?;
                    Ok(Done::DraftThrownAway)
                })
                .await;
            return self.finish(page, thrown_away).await;
        }
        self.act(page, move |conn, by, command: &KeepDraft| {
            keep_draft(conn, by.actor, &place, command, by.now)?;
            Ok(Done::DraftKept)
        })
        .await
    }
}
