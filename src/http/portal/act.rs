//! What a form does: one verb in one transaction. Then the way on, or the page again as it was typed.

use actix_web::http::StatusCode;

use super::answer::PageResult;
use super::flash::Done;
use super::page_request::PageRequest;
use crate::db::Conn;
use crate::domain::Instant;
use crate::http::problem::Problem;
use crate::input::{self, Field};
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
    /// What was done does not exist for the visitor any more; the database's own.
    async fn done(&self, visit: &PageRequest, done: T) -> PageResult;

    /// The page again, with what was typed and what is wrong.
    ///
    /// # Errors
    /// The page does not exist for the visitor any more; the database's own.
    async fn refused(&self, visit: &PageRequest, problem: Problem) -> PageResult;
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

/// Whether the page is shown again with what was typed: something in it is wrong, or no longer fits.
pub(super) fn is_form_error(problem: &Problem) -> bool {
    let status = problem.code().status();
    status.is_client_error()
        && !matches!(
            status,
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND
        )
}
