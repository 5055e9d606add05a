//! What a form does: one verb in one transaction. Then the way on, or the page again as it was typed.

use actix_web::http::StatusCode;

use super::answer::PageResult;
use super::flash::Done;
use super::form::{CONFIRMED, Form, seen};
use super::page_request::PageRequest;
use super::rows::{self, RowList};
use crate::db::Conn;
use crate::domain::Instant;
use crate::http::problem::{Code, Problem};
use crate::input::{self, Field};
use crate::words::Catalogue;
use crate::workflow::foresee::Foreseen;
use crate::workflow::{Actor, VerbError};

/// Who does something, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct By<'a> {
    /// Who.
    pub actor: &'a Actor,
    /// When.
    pub now: Instant,
}

/// A page with a form, and what is told of it when what the form asks for is done.
pub(super) trait FormPage<T = Done> {
    /// Where the visitor goes when it is done.
    ///
    /// # Errors
    /// What was done does not exist for the visitor any more; database errors.
    async fn done(&self, req: &PageRequest, done: T) -> PageResult;

    /// The page again, with what was typed and what is wrong.
    ///
    /// # Errors
    /// The page does not exist for the visitor any more; database errors.
    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult;
}

/// A page with a form of which it is said what would follow before it is done.
pub(super) trait ForeseeingPage<T = Done>: FormPage<T> {
    /// The rows of its form that come and go.
    const ROWS: &'static [RowList] = &[];

    /// The page again, with what was typed in its form as `shown` shows it: with what would follow.
    ///
    /// # Errors
    /// The page does not exist for the visitor any more; database errors.
    async fn foreseen(&self, req: &PageRequest, shown: impl FnOnce(Form) -> Form) -> PageResult;
}

impl PageRequest {
    /// What was typed, as a verb takes it.
    ///
    /// # Errors
    /// [`crate::http::problem::Code::ValidationFailed`] with every field that is wrong.
    pub fn form<C: Field>(&self) -> Result<C, Problem> {
        input::read_form(&self.typed, self.zone()).map_err(Problem::invalid)
    }

    /// Does what a form of `page` asks for: `verb` with what was typed as its command.
    ///
    /// # Errors
    /// Those of the page, and refusals that are not about the form.
    pub(super) async fn act<C, T, F>(&self, page: &impl FormPage<T>, verb: F) -> PageResult
    where
        C: Field + Send + 'static,
        T: Send + 'static,
        F: Fn(&mut Conn, By<'_>, &C) -> Result<T, VerbError> + Send + 'static,
    {
        let done = self.perform(verb).await;
        self.finish(page, done).await
    }

    /// The same, once the visitor has seen what would follow, as `foresee` says. What would change nothing is done at once. A
    /// button that changes rows of the form only shows it again.
    ///
    /// # Errors
    /// As [`PageRequest::act`].
    pub(super) async fn act_foreseen<P, C, T, S, G, F>(
        &self,
        page: &P,
        foresee: G,
        verb: F,
    ) -> PageResult
    where
        P: ForeseeingPage<T>,
        C: Field + Send + 'static,
        T: Send + 'static,
        S: Consequences + Send + 'static,
        G: Fn(&mut Conn, By<'_>, &C) -> Result<S, VerbError> + Send + 'static,
        F: Fn(&mut Conn, By<'_>, &C) -> Result<T, VerbError> + Send + 'static,
    {
        if P::ROWS.is_empty() {
            return self.act_as_typed(page, foresee, verb).await;
        }
        let mut req = self.clone();
        if let Some(focus) = rows::reshape(&mut req.typed, P::ROWS) {
            let shown = |form: Form| form.with_what_was_typed(&req.typed).focused(&focus);
            return page.foreseen(&req, shown).await;
        }
        rows::close_up(&mut req.typed, P::ROWS);
        req.act_as_typed(page, foresee, verb).await
    }

    async fn act_as_typed<P, C, T, S, G, F>(&self, page: &P, foresee: G, verb: F) -> PageResult
    where
        P: ForeseeingPage<T>,
        C: Field + Send + 'static,
        T: Send + 'static,
        S: Consequences + Send + 'static,
        G: Fn(&mut Conn, By<'_>, &C) -> Result<S, VerbError> + Send + 'static,
        F: Fn(&mut Conn, By<'_>, &C) -> Result<T, VerbError> + Send + 'static,
    {
        if self.was_confirmed() {
            return self.act(page, verb).await;
        }
        let foreseen = match self.form::<C>() {
            Ok(command) => {
                let (actor, now) = (self.actor()?.clone(), self.now);
                let look = move |conn: &mut Conn| {
                    let actor = &actor;
                    Ok(foresee(conn, By { actor, now }, &command)?)
                };
                self.read_or_search(true, look).await
            }
            Err(problem) => Err(problem),
        };
        let foreseen = match foreseen {
            Ok(foreseen) => foreseen,
            Err(problem) => return self.finish(page, Err(problem)).await,
        };
        let told = foreseen.told(self.words());
        if told.is_empty() {
            return self.act(page, verb).await;
        }
        let shown = |form: Form| form.foreseen(self.words(), &self.typed, told);
        page.foreseen(self, shown).await
    }

    /// Whether the visitor has seen what would follow from what is typed: not of what they have typed otherwise since.
    pub(super) fn was_confirmed(&self) -> bool {
        let confirmed = self.typed.get(CONFIRMED);
        confirmed.is_some_and(|confirmed| *confirmed == seen(&self.typed))
    }

    /// `verb`, with what was typed as its command.
    ///
    /// # Errors
    /// Its refusals, and [`crate::http::problem::Code::ValidationFailed`] with every field that is wrong.
    pub(super) async fn perform<C, T, F>(&self, verb: F) -> Result<T, Problem>
    where
        C: Field + Send + 'static,
        T: Send + 'static,
        F: Fn(&mut Conn, By<'_>, &C) -> Result<T, VerbError> + Send + 'static,
    {
        let command = self.form::<C>()?;
        let (actor, now) = (self.actor()?.clone(), self.now);
        self.write(move |conn| {
            let actor = &actor;
            verb(conn, By { actor, now }, &command)
        })
        .await
    }

    /// On to where `page` leads, or back to it if what was typed is why it was refused.
    ///
    /// # Errors
    /// As [`PageRequest::act`].
    pub(super) async fn finish<T>(
        &self,
        page: &impl FormPage<T>,
        done: Result<T, Problem>,
    ) -> PageResult {
        match done {
            Ok(done) => page.done(self, done).await,
            Err(problem) if is_form_error(&problem) => page.refused(self, problem).await,
            Err(problem) => Err(problem.into()),
        }
    }
}

/// Whether the page is shown again with what was typed: something in it is wrong, or no longer fits, or a file that came with it
/// cannot be kept now.
pub(super) fn is_form_error(problem: &Problem) -> bool {
    let status = problem.code().status();
    let keeps_no_file = matches!(
        problem.code(),
        Code::ScannerUnavailable | Code::StorageUnavailable
    );
    keeps_no_file
        || status.is_client_error()
            && !matches!(
                status,
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND
            )
}

/// What would follow from something.
pub(super) trait Consequences {
    /// It in sentences; none if nothing would.
    fn told(&self, words: &Catalogue) -> Vec<String>;
}

/// Nothing would.
impl Consequences for () {
    fn told(&self, _: &Catalogue) -> Vec<String> {
        Vec::new()
    }
}

impl Consequences for Foreseen {
    fn told(&self, words: &Catalogue) -> Vec<String> {
        let followed = |(what, count): (&str, usize)| {
            (count > 0).then(|| words.say_of("effect", what, &[("count", count.into())]))
        };
        let parts = self.effect.parts().into_iter();
        let mut told: Vec<String> = parts.filter_map(followed).collect();
        if self.is_partial && !told.is_empty() {
            told.push(words.say("effect-partial", &[]));
        }
        told
    }
}
