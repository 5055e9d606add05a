//! Files on pages (F4): those that a form carries are taken in before what it asks for is done, so that they are still there when it is
//! refused; and the download.

use std::collections::HashMap;

use super::answer::{Answer, PageResult};
use super::file_view::{FileView, views};
use super::flash::{Done, Flash};
use super::page_request::PageRequest;
use super::route::{PortalRoute, pages};
use super::sent_files::Sent;
use crate::attachments::Received;
use crate::domain::access::Permission;
use crate::domain::attachment::{FileName, LARGEST_MIB};
use crate::domain::ids::AttachmentId;
use crate::http::api::attachments::open;
use crate::http::download::Download;
use crate::http::problem::{Code, Problem};
use crate::http::requires::{SIGNED_IN, may};
use crate::input::{Fault, FieldError};
use crate::store::attachments::{Attachment, pending_of};
use crate::store::seen_files;
use crate::workflow::attachments::{self, FIELD, For};
use crate::workflow::discard_attachment;

/// The rows of the route table.
pub(in crate::http::portal) fn routes() -> Vec<PortalRoute> {
    pages! { attachments:
        GET  "/attachments/{attachment}" SIGNED_IN                    => file, "A file that somebody has attached";
        POST "/attachments/{attachment}" may(Permission::FeedsRedact) => remove, "Takes a file away that came with the description of a case";
    }
}

impl PageRequest {
    /// The form with the files that came with it taken in, after those that it names already. If one is not taken, it is told why;
    /// what was taken is named all the same.
    pub(super) async fn with_files(mut self, what_for: For) -> (Self, Result<(), Problem>) {
        let Sent { files, refused } = self.sent.taken();
        let mut named = named(&self.typed);
        let mut outcome = refused.map_or(Ok(()), Err);
        for (name, received) in files {
            match self.take_in(what_for, name, received).await {
                Ok(id) => named.push(id.to_string()),
                Err(problem) => {
                    outcome = outcome.and(Err(problem));
                    break;
                }
            }
        }
        // A browser sends no text in the place of a file.
        self.typed.remove(FIELD);
        let prefix = format!("{FIELD}[");
        self.typed.retain(|name, _| !name.starts_with(&prefix));
        for (index, id) in named.into_iter().enumerate() {
            self.typed.insert(format!("{FIELD}[{index}]"), id);
        }
        (self, outcome.map_err(of_the_files))
    }

    async fn take_in(
        &self,
        what_for: For,
        name: FileName,
        received: Received,
    ) -> Result<AttachmentId, Problem> {
        let uploads = &self.desk.uploads;
        let sent = uploads.keep(name, received).await?;
        let (actor, now, limit) = (self.actor()?.clone(), self.now, uploads.limit);
        self.desk
            .db
            .write(move |conn| {
                let taken = attachments::send(conn, &actor, what_for, (&sent, limit), now);
                taken.map_err(Problem::from)
            })
            .await
    }

    /// The files that the form names and that are attached to nothing yet, in its order.
    ///
    /// # Errors
    /// Database errors.
    pub(super) async fn pending_files(&self) -> Result<Vec<FileView>, Problem> {
        let ids: Vec<AttachmentId> = (named(&self.typed).iter())
            .filter_map(|id| id.parse().ok())
            .collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let person = self.actor()?.id();
        let asked = ids.clone();
        let found = self
            .read(move |conn| Ok(pending_of(conn, person, &asked)?))
            .await?;
        let of = |id: &AttachmentId| {
            let file = found.iter().find(|file| file.id == *id)?;
            file.attached_at.is_none().then(|| file.clone())
        };
        let files: Vec<Attachment> = ids.iter().filter_map(of).collect();
        Ok(views(self.words(), &files))
    }
}

/// The files that a form names, in their order.
fn named(typed: &HashMap<String, String>) -> Vec<String> {
    let mut named: Vec<(usize, &String)> = typed
        .iter()
        .filter_map(|(name, id)| {
            let index = name.strip_prefix(FIELD)?.strip_prefix('[')?;
            let index = index.strip_suffix(']')?.parse().ok()?;
            (!id.is_empty()).then_some((index, id))
        })
        .collect();
    named.sort_unstable();
    named.into_iter().map(|(_, id)| id.clone()).collect()
}

/// On a page, what is wrong with a file is said where files are chosen.
fn of_the_files(problem: Problem) -> Problem {
    if problem.code() == Code::TooLarge {
        let fault = Fault::new("file_too_large").with("max", LARGEST_MIB);
        return Problem::invalid_field(FieldError::new(FIELD, fault));
    }
    let errors = problem.errors();
    if problem.code() != Code::ValidationFailed || errors.is_empty() {
        return problem;
    }
    let moved = errors.iter().map(|error| error.clone().at(FIELD));
    Problem::invalid(moved.collect())
}

async fn file(req: PageRequest, id: AttachmentId) -> PageResult {
    let access = req.access()?.clone();
    let found = req
        .read(move |conn| Ok(seen_files::visible(conn, &access, id)?))
        .await?;
    let file = open(&req.desk, found.ok_or_else(Problem::not_found)?).await?;
    Ok(Answer::download(Download::Stored(file)))
}

async fn remove(req: PageRequest, id: AttachmentId) -> PageResult {
    let access = req.access()?.clone();
    let found = req
        .read(move |conn| Ok(seen_files::visible(conn, &access, id)?))
        .await?;
    let case = found.and_then(|file| file.case_id);
    let case = case.ok_or_else(Problem::not_found)?;
    req.perform(move |conn, by, (): &()| discard_attachment::discard(conn, by.actor, id, by.now))
        .await?;
    let page = format!("/cases/{case}");
    Ok(req.go(page, Some(Flash::new(Done::FileRemoved))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_in_their_order_with_gaps_or_without() {
        let typed = [
            ("attachments[10]", "c"),
            ("attachments[2]", "b"),
            ("attachments[0]", ""),
            ("attachments[x]", "no"),
            ("attachments", "no"),
            ("body", "words"),
        ];
        let typed = typed.map(|(name, text)| (name.to_owned(), text.to_owned()));
        assert_eq!(named(&typed.into()), ["b", "c"]);
    }
}
