//! Taking an entry's words away from wherever else they stand (F4): rows that repeat them, notices and the mails that were
//! written of them, answers kept for a repetition, and the files that came with it. The same of a file that came with a description.
//!
//! What repeats an entry is known by its words; or by being said at the same instant by the same person, since the entry may
//! have been corrected after it was repeated. Kept answers repeat those rows, and so are searched for every wording that was
//! found.

use std::collections::BTreeSet;

use diesel::prelude::*;
use serde_json::{Map, Value};

use super::attachments::Attachment;
use super::feeds::{self, Entry};
use super::{attachments, audit, drafts, idempotency, notices};
use crate::db::schema::{escalations, priority_requests};
use crate::db::sql_types::{At, MaybeAt, json};
use crate::db::{self, Conn};
use crate::domain::Instant;
use crate::domain::audit::seal::{Said, Thing};
use crate::domain::feed::{EntryKind, Feed};
use crate::domain::ids::{CaseId, EscalationId, PersonId, PriorityRequestId};
use crate::domain::notice::Thread;

/// Takes the words of an entry, as it was before its redaction, out of all that repeats them; gives what the event has to
/// say of what was changed by it.
///
/// # Errors
/// Database errors.
pub fn forget_copies(conn: &mut Conn, entry: &Entry, now: Instant) -> QueryResult<Said> {
    let mut copies = Copies::of(entry);
    let said = in_escalations(conn, &mut copies)?
        .and(in_requests(conn, &mut copies)?)
        .and(in_marks(conn, &mut copies, now)?);
    for thread in threads(conn, entry)? {
        notices::forget(conn, thread, entry)?;
    }
    let files = attachments::forget_of_entry(conn, entry.id)?;
    idempotency::forget_files(conn, &files)?;
    // What was said by telephone stands in the case feed, and is told of with the escalation (M12).
    if let (Feed::Case, Some(escalation)) = (entry.feed, entry.escalation_id) {
        notices::forget(conn, Thread::Escalation(escalation), entry)?;
    }
    idempotency::forget(conn, entry.id, &copies.wordings)?;
    drafts::forget(conn, entry.case_id, &copies.wordings)?;
    db::erase_after_commit(conn);
    Ok(said)
}

/// Takes what came with an entry that its author takes back: its files, and its words in answers that are kept for a repetition.
/// Nothing else repeats it so soon, and who said the same elsewhere said it there.
///
/// # Errors
/// Database errors.
pub fn forget_taken_back(conn: &mut Conn, entry: &Entry) -> QueryResult<()> {
    let files = attachments::forget_of_entry(conn, entry.id)?;
    idempotency::forget_files(conn, &files)?;
    idempotency::forget(conn, entry.id, &BTreeSet::new())?;
    db::erase_after_commit(conn);
    Ok(())
}

/// Takes a file away that came with the description of a case, and what it is called out of all that repeats it.
///
/// # Errors
/// Database errors.
pub fn forget_file(conn: &mut Conn, case: CaseId, file: &Attachment) -> QueryResult<()> {
    attachments::take_away(conn, file.id)?;
    idempotency::forget_files(conn, &[file.id])?;
    notices::forget_file(conn, case, &file.name)?;
    db::erase_after_commit(conn);
    Ok(())
}

/// The threads in which an entry may have been told of: that of its feed, and all of its case if it was moved (F3).
fn threads(conn: &mut Conn, entry: &Entry) -> QueryResult<Vec<Thread>> {
    if entry.moved_position.is_none() {
        return Ok(vec![Thread::of(
            entry.feed,
            entry.case_id,
            entry.escalation_id,
        )]);
    }
    let escalations: Vec<EscalationId> = escalations::table
        .filter(escalations::case_id.eq(entry.case_id))
        .select(escalations::id)
        .load(conn)?;
    let of_escalations = escalations.into_iter().map(Thread::Escalation);
    Ok(of_escalations
        .chain([Thread::Case(entry.case_id)])
        .collect())
}

/// What is looked for, and all wordings in which it was found.
struct Copies<'e> {
    entry: &'e Entry,
    wordings: BTreeSet<String>,
}

impl<'e> Copies<'e> {
    fn of(entry: &'e Entry) -> Self {
        Self {
            entry,
            wordings: BTreeSet::from([entry.body.clone()]),
        }
    }

    /// Whether a text repeats the entry: it has its words, or was said with it.
    fn repeats(&mut self, text: &str, by: Option<PersonId>, at: Option<Instant>) -> bool {
        let with_it = by == self.entry.author_id && at == Some(self.entry.at);
        let repeats = !text.is_empty() && (text == self.entry.body || with_it);
        if repeats {
            self.wordings.insert(text.to_owned());
        }
        repeats
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = escalations)]
struct EscalationWords {
    id: EscalationId,
    details: String,
    answers: String,
    requested_by: PersonId,
    #[diesel(deserialize_as = At)]
    submitted_at: Instant,
    summary: Option<String>,
    owner_id: Option<PersonId>,
    #[diesel(deserialize_as = MaybeAt)]
    closed_at: Option<Instant>,
}

fn in_escalations(conn: &mut Conn, copies: &mut Copies<'_>) -> QueryResult<Said> {
    let entry = copies.entry;
    let rows: Vec<EscalationWords> = escalations::table
        .filter(escalations::case_id.eq(entry.case_id))
        .select(EscalationWords::as_select())
        .load(conn)?;
    let mut said = Said::default();
    for row in rows {
        // Marks and answers of the case feed are not said on the escalation itself.
        let own = entry.feed == Feed::Escalation && entry.escalation_id == Some(row.id);
        let (asked_at, closed_at) = match own {
            true => (Some(row.submitted_at), row.closed_at),
            false => (None, None),
        };
        let details = copies.repeats(&row.details, Some(row.requested_by), asked_at);
        let summary = row
            .summary
            .as_deref()
            .is_some_and(|summary| copies.repeats(summary, row.owner_id, closed_at));
        let answers = without(&row.answers, &entry.body)?;
        if !details && !summary && answers.is_none() {
            continue;
        }
        diesel::update(escalations::table.filter(escalations::id.eq(row.id)))
            .set((
                details.then(|| escalations::details.eq("")),
                summary.then(|| escalations::summary.eq(Some(""))),
                answers.map(|answers| escalations::answers.eq(answers)),
            ))
            .execute(conn)?;
        said = said.and(audit::seal(conn, Thing::Escalation(row.id))?);
    }
    Ok(said)
}

/// A JSON object without the texts that are these words; none if there are none such.
fn without(object: &str, words: &str) -> QueryResult<Option<String>> {
    let Ok(mut fields) = serde_json::from_str::<Map<String, Value>>(object) else {
        return Ok(None);
    };
    let mut found = false;
    for value in fields.values_mut() {
        if !words.is_empty() && value.as_str() == Some(words) {
            *value = Value::from("");
            found = true;
        }
    }
    found.then(|| json(&fields)).transpose()
}

type RequestWords = (
    PriorityRequestId,
    (String, PersonId, At),
    (Option<String>, Option<PersonId>, Option<At>),
);

fn in_requests(conn: &mut Conn, copies: &mut Copies<'_>) -> QueryResult<Said> {
    let entry = copies.entry;
    let rows: Vec<RequestWords> = priority_requests::table
        .filter(priority_requests::case_id.eq(entry.case_id))
        .select((
            priority_requests::id,
            (
                priority_requests::note,
                priority_requests::requested_by,
                priority_requests::requested_at,
            ),
            (
                priority_requests::decision_note,
                priority_requests::decided_by,
                priority_requests::decided_at,
            ),
        ))
        .load(conn)?;
    let mut said = Said::default();
    for (id, (note, by, at), (decision, decided_by, decided_at)) in rows {
        let of_case = entry.feed == Feed::Case || entry.moved_position.is_some();
        let asked_at = Some(at.0).filter(|_| of_case && entry.kind == EntryKind::WorkNote);
        let decided_at = decided_at.map(|at| at.0).filter(|_| of_case);
        let note = copies.repeats(&note, Some(by), asked_at);
        let decision = decision.is_some_and(|text| copies.repeats(&text, decided_by, decided_at));
        if !note && !decision {
            continue;
        }
        diesel::update(priority_requests::table.filter(priority_requests::id.eq(id)))
            .set((
                note.then(|| priority_requests::note.eq("")),
                decision.then(|| priority_requests::decision_note.eq(Some(""))),
                priority_requests::version.eq(priority_requests::version + 1),
            ))
            .execute(conn)?;
        said = said.and(audit::seal(conn, Thing::PriorityRequest(id))?);
    }
    Ok(said)
}

/// The words that a mark repeats, by the name that they have in it.
const IN_MARKS: &str = "note";

fn in_marks(conn: &mut Conn, copies: &mut Copies<'_>, now: Instant) -> QueryResult<Said> {
    let case = copies.entry.case_id;
    let hidden = |mark: &Entry, name: &str, text: &str| {
        let at = (name == IN_MARKS).then_some(mark.at);
        copies.repeats(text, mark.author_id, at)
    };
    feeds::forget_in_marks(conn, case, hidden, now)
}
