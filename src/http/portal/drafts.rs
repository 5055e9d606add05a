//! Drafts on pages: where something is written, what was begun there before stands in the form, and a script keeps what is typed.
//! Without one, a button does.

use super::act::FormPage;
use super::answer::PageResult;
use super::draft_field::{DraftField, at, begun};
use super::flash::Done;
use super::form::{CONFIRMED, Control, Form, Kind};
use super::once;
use super::page_request::PageRequest;
use super::parts::Panel;
use crate::domain::draft::{DraftPlace, FormFields};
use crate::domain::text::{Markdown, TextError};
use crate::http::problem::Problem;
use crate::input::FieldError;
use crate::store::drafts::{self, Draft};
use crate::workflow::attachments::FIELD;
use crate::workflow::draft::{KeepDraft, keep_draft, sent};

/// What the button is called that keeps a draft and sends nothing.
const KEEP: &str = "keep";
/// What forms carry along, and buttons send, that nobody has typed.
const CARRIED: [&str; 14] = [
    once::FIELD,
    CONFIRMED,
    KEEP,
    "csrf_token",
    "based_on",
    "back",
    "version",
    "panel",
    "rows",
    "more",
    "insert",
    "template",
    "step",
    "state",
];

/// Where a form is kept until it is sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keeping<'a> {
    /// The place, by ids.
    pub place: &'a DraftPlace,
    /// The field whose words the draft is about.
    pub words: &'a str,
    /// The page that shows the form.
    pub page: &'a str,
    /// The drafts that were read.
    pub drafts: &'a [Draft],
}

impl Keeping<'_> {
    /// What was begun before, put into the controls of the form that it belongs to. Where only the words were kept, the rest stays.
    fn fill<'c>(&self, controls: impl Iterator<Item = &'c mut Control>) {
        let found = at(self.drafts, self.place);
        let typed = found.map(|draft| (begun(draft, self.words), draft.fields.is_some()));
        for control in controls {
            let is_words = control.name == self.words;
            if let Some((typed, is_whole)) = &typed
                && (is_words || *is_whole)
                && !goes_by_place(control)
            {
                control.fill(typed);
            }
            if is_words {
                let field = DraftField::of(self.place, found);
                control.draft = Some(field.of_form(self.page.to_owned()));
            }
        }
    }
}

/// What is chosen for a row of the page that may be another row's the next time is chosen again.
fn goes_by_place(control: &Control) -> bool {
    control.kind == Kind::Radio && control.name.contains('[')
}

impl Form {
    /// The form with what was begun of it before, which is kept from now on.
    #[must_use]
    pub(super) fn drafting(mut self, keeping: Keeping<'_>) -> Self {
        keeping.fill(self.controls.iter_mut());
        self.keeps = true;
        self
    }
}

impl Panel {
    /// The panel with what was begun of it before, which is kept from now on.
    #[must_use]
    pub(super) fn drafting(mut self, keeping: Keeping<'_>) -> Self {
        keeping.fill(self.others());
        self.form = self.form.drafting(keeping);
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
            return self.finish(page, self.throw_away(place).await).await;
        }
        self.act(page, move |conn, by, command: &KeepDraft| {
            keep_draft(conn, by.actor, &place, command, by.now)?;
            Ok(Done::DraftKept)
        })
        .await
    }

    /// Keeps what is typed into a whole form as the draft at a place, its words those of the field `words`; nothing typed is no draft.
    ///
    /// # Errors
    /// What cannot be kept, by its field; a newer draft; whatever forbids writing there.
    pub(super) async fn keep_form(&self, place: DraftPlace, words: &str) -> Result<Done, Problem> {
        let mut command: KeepDraft = self.form()?;
        command.body = match self.typed.get(words).map(|text| Markdown::parse(text)) {
            None | Some(Err(TextError::Empty)) => None,
            Some(Ok(text)) => Some(text),
            Some(Err(error)) => return Err(Problem::invalid(vec![FieldError::new(words, error)])),
        };
        let mut fields = FormFields::default();
        for (name, text) in &self.typed {
            if name == words || is_carried(name) {
                continue;
            }
            if let Err(error) = fields.add(name, text) {
                return Err(Problem::invalid(vec![FieldError::new(
                    name.as_str(),
                    error,
                )]));
            }
        }
        if command.body.is_none() && fields.is_empty() {
            return self.throw_away(place).await;
        }
        command.fields = Some(fields);
        let (actor, now) = (self.actor()?.clone(), self.now);
        self.write(move |conn| {
            keep_draft(conn, &actor, &place, &command, now)?;
            Ok(Done::DraftKept)
        })
        .await
    }

    async fn throw_away(&self, place: DraftPlace) -> Result<Done, Problem> {
        self.perform(move |conn, by, (): &()| {
            sent(conn, by.actor, &place)?;
            Ok(Done::DraftThrownAway)
        })
        .await
    }
}

/// Whether a field is carried along, and not typed.
fn is_carried(name: &str) -> bool {
    CARRIED.contains(&name) || name.starts_with(FIELD)
}
