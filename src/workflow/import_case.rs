//! Loading a case with its true past: what it was when, and who wrote what, so that an assessment at any past instant
//! is decided on the facts of then (section 11, *Import*).
//!
//! The past is recorded, not decided: a move that Casebell would not have allowed happened all the same (C2), and nobody
//! is told of it.

use std::collections::HashSet;
use std::panic::resume_unwind;

use serde_json::json;

use super::record::{DoneBy, case_fields, object, on_case};
use super::{Rejection, VerbResult};
use crate::db::Conn;
use crate::db::sql_types::{At, Json, json as to_json};
use crate::domain::Instant;
use crate::domain::access::Reach;
use crate::domain::audit::EventKind;
use crate::domain::audit::IMPORT;
use crate::domain::audit::seal::Said;
use crate::domain::case::{BusinessImpact, Deployment, Engagement, Priority, Rca, Status};
use crate::domain::feed::{EntryKind, Feed, Visibility, counts_as_provider_update};
use crate::domain::history::difference;
use crate::domain::ids::{CaseId, CaseNumber, CaseRef, LineId, OrganizationId, PersonId};
use crate::domain::organization::Side;
use crate::store::audit::{self, NewEvent};
use crate::store::cases::{self, Case, CaseChanges, NewCase, ReadyCase};
use crate::store::feeds::{self, Made, NewEntry};
use crate::store::{Counter, escalations, imports};

/// Somebody of the past, by the name they are recorded under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastActor {
    /// The person.
    pub id: PersonId,
    /// First and last name.
    pub name: String,
}

/// Nobody is known to have done it.
impl<'a> From<Option<&'a PastActor>> for DoneBy<'a> {
    fn from(by: Option<&'a PastActor>) -> Self {
        Self {
            actor: by.map(|by| by.id),
            name: by.map_or(IMPORT, |by| by.name.as_str()).into(),
            home: None,
            through: None,
        }
    }
}

/// A case as it stood from some instant on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseState {
    /// One line.
    pub subject: String,
    /// Markdown.
    pub description: String,
    /// How urgent.
    pub priority: Priority,
    /// Where it stood.
    pub status: Status,
    /// Where the customer's installation ran.
    pub deployment: Deployment,
    /// What it did to the customer's business.
    pub business_impact: BusinessImpact,
    /// Whom it waited on, in order and without repetition.
    pub engagements: Vec<Engagement>,
    /// The engineer who owned it.
    pub owner: Option<PersonId>,
    /// Its line of business.
    pub line: LineId,
    /// When it was closed; present exactly if it was.
    pub closed_at: Option<Instant>,
    /// Its root cause analysis.
    pub rca: Option<Rca>,
}

/// A change of the past.
#[derive(Clone, Debug)]
pub struct PastChange {
    /// When.
    pub at: Instant,
    /// Who made it, if that is known.
    pub by: Option<PastActor>,
    /// How the case stood from then on.
    pub state: CaseState,
}

/// What somebody wrote.
#[derive(Clone, Debug)]
pub struct PastEntry {
    /// When.
    pub at: Instant,
    /// Who, and on which side they stood.
    pub author: (PersonId, Side),
    /// Who it reaches.
    pub visibility: Visibility,
    /// Markdown.
    pub body: String,
    /// Its name in the system it comes from.
    pub external_id: Option<String>,
    /// What is made of its words, which is long work and done before the writer is asked.
    pub made: Made,
}

/// A case of another system.
#[derive(Clone, Debug)]
pub struct PastCase {
    /// Its number, if it keeps one; the next otherwise.
    pub number: Option<CaseNumber>,
    /// Its name in the system it comes from.
    pub external_id: Option<String>,
    /// Whose case it is.
    pub organization: OrganizationId,
    /// The contact of record.
    pub opened_by: PastActor,
    /// When it was opened.
    pub opened_at: Instant,
    /// How it stood at first.
    pub opening: CaseState,
    /// What changed, in the order in which it did.
    pub changes: Vec<PastChange>,
    /// What was written, in any order.
    pub entries: Vec<PastEntry>,
    /// What a search looks through of its words as they stand last ([`cases::search_words`]).
    pub search_words: String,
}

/// Loads a case with its feed and its history.
///
/// # Errors
/// [`Rejection::Field`] if its number is another case's.
pub fn import_case(conn: &mut Conn, past: &PastCase, now: Instant) -> VerbResult<CaseId> {
    let loaded = import_cases(conn, std::slice::from_ref(past), now)?;
    match loaded.into_iter().next() {
        Some(Ok((id, _))) => Ok(id),
        Some(Err(refused)) => Err(refused.into()),
        None => Err(Rejection::NotFound.into()),
    }
}

/// Loads cases as [`import_case`] does each, in this order, with few statements for all of them. Gives the id and the number of
/// each, or why it is refused, which costs it alone.
///
/// # Errors
/// Database errors: then nothing of any of them is loaded.
pub fn import_cases(
    conn: &mut Conn,
    past: &[PastCase],
    now: Instant,
) -> VerbResult<Vec<Result<(CaseId, CaseNumber), Rejection>>> {
    if past.is_empty() {
        return Ok(Vec::new());
    }
    let mut loaded = Vec::with_capacity(past.len());
    let (mut ready, mut taken_in) = (Vec::new(), Vec::new());
    for (past, number) in past.iter().zip(numbered(conn, past)?) {
        loaded.push(match number {
            Ok(number) => {
                let (id, new) = (CaseId::new(past.opened_at), as_new(past, number));
                let (salt, said) = audit::sealed_case(id, new.subject, new.description);
                ready.push(ReadyCase {
                    id,
                    new,
                    search_words: &past.search_words,
                    salt,
                });
                taken_in.push((past, as_opened(past, id, number, now), said));
                Ok((id, number))
            }
            Err(taken) => Err(Rejection::Field {
                field: "number",
                code: "taken",
                given: taken.to_string(),
            }),
        });
    }
    let entries = || {
        let taken_in = taken_in.iter();
        feeds::ready_first(taken_in.flat_map(|(past, case, _)| in_order(case.id, &past.entries)))
    };
    // What entries are sealed with is reckoned beside, while the database takes in the cases.
    let (inserted, entries) = beside(entries, || cases::insert_all(conn, ready, now));
    inserted?;
    let mut written = feeds::insert_ready(conn, entries?)?.into_iter().peekable();
    for (past, case, mut said) in taken_in {
        while let Some((_, entry)) = written.next_if(|(of, _)| *of == case.id) {
            said = said.and(entry);
        }
        record_past(conn, past, case, &said, now)?;
    }
    Ok(loaded)
}

/// Does `here` on this thread and `there` on another one, or after it where there is none.
fn beside<T: Send, U>(there: impl Fn() -> T + Sync, here: impl FnOnce() -> U) -> (U, T) {
    std::thread::scope(|scope| {
        let another = std::thread::Builder::new().spawn_scoped(scope, &there);
        let done = here();
        let beside = match another {
            Ok(another) => (another.join()).unwrap_or_else(|panic| resume_unwind(panic)),
            Err(_) => there(),
        };
        (done, beside)
    })
}

/// The number of each case: its own, or the next one (C1). Of two that bring the same along, the second gets that number as an
/// error, as does one whose number another case has.
fn numbered(conn: &mut Conn, past: &[PastCase]) -> VerbResult<Vec<Result<CaseNumber, CaseNumber>>> {
    // First the counter, which nobody else counts up from then on.
    let mut last = Counter::Case.held(conn)?;
    let given: Vec<CaseNumber> = past.iter().filter_map(|past| past.number).collect();
    let known = imports::known_numbers(conn, &given)?;
    let mut taken: HashSet<CaseNumber> = known.into_keys().collect();
    let mut numbers = Vec::with_capacity(past.len());
    for past in past {
        let number = past.number.unwrap_or(CaseNumber::new(last + 1));
        if taken.insert(number) {
            last = last.max(number.value());
            numbers.push(Ok(number));
        } else {
            numbers.push(Err(number));
        }
    }
    Counter::Case.at_least(conn, last)?;
    Ok(numbers)
}

/// The row of a case as it stands last.
fn as_new(past: &PastCase, number: CaseNumber) -> NewCase<'_> {
    let last = past
        .changes
        .last()
        .map_or(&past.opening, |change| &change.state);
    NewCase {
        number,
        organization: past.organization,
        line: last.line,
        subject: &last.subject,
        description: &last.description,
        priority: last.priority,
        status: last.status,
        deployment: last.deployment,
        business_impact: last.business_impact,
        product: None,
        engagements: &last.engagements,
        opened_by: past.opened_by.id,
        owner: last.owner,
        opened_at: past.opened_at,
        closed_at: last.closed_at,
        last_provider_entry_at: newest_update(&past.entries),
        rca: last.rca,
        external_id: past.external_id.as_deref(),
        contact: None,
        channel: None,
    }
}

/// A case as it stood when it was opened: what its history begins with.
fn as_opened(past: &PastCase, id: CaseId, number: CaseNumber, now: Instant) -> Case {
    let state = past.opening.clone();
    Case {
        id,
        number,
        organization_id: past.organization,
        line_of_business_id: state.line,
        subject: state.subject,
        description: state.description,
        priority: state.priority,
        status: state.status,
        deployment: state.deployment,
        business_impact: state.business_impact,
        product: None,
        engagements: Json(state.engagements),
        opened_by: past.opened_by.id,
        contact_id: None,
        owner_id: state.owner,
        opened_at: past.opened_at,
        last_provider_entry_at: newest_update(&past.entries),
        closed_at: state.closed_at,
        rca_requested_at: state.rca.map(|rca| rca.requested_at),
        rca_delivered_at: state.rca.and_then(|rca| rca.delivered_at),
        external_id: past.external_id.clone(),
        channel: None,
        updated_at: now,
        version: 1,
    }
}

/// Records the past of a case that was just written: that it was opened, with what was `said` on it, what changed, and that it
/// was imported.
fn record_past(
    conn: &mut Conn,
    past: &PastCase,
    opened: Case,
    said: &Said,
    now: Instant,
) -> VerbResult<()> {
    let by = DoneBy::from(Some(&past.opened_by));
    let event = NewEvent {
        after: Some(&case_fields(&opened)),
        ..on_case(&by, EventKind::CaseOpened, &opened)
    };
    audit::append_saying(conn, &event, said, past.opened_at)?;
    let mut case = opened;
    for change in &past.changes {
        case = record_change(conn, case, change)?;
    }
    let after = object(json!({"external_id": past.external_id}));
    let by = DoneBy::nobody(IMPORT);
    let imported = NewEvent {
        after: Some(&after),
        ..on_case(&by, EventKind::CaseImported, &case)
    };
    audit::append(conn, &imported, now)?;
    Ok(())
}

/// Continues the history of a case that was imported before; `changes` and `entries` are newer than all that happened
/// on it.
///
/// # Errors
/// [`Rejection::NotFound`]; [`Rejection::Case`] if the case would be closed under an active escalation (M13).
pub fn continue_case(
    conn: &mut Conn,
    id: CaseId,
    changes: &[PastChange],
    entries: &[PastEntry],
    now: Instant,
) -> VerbResult<()> {
    let case =
        cases::lock(conn, Reach::Everything, &CaseRef::Id(id))?.ok_or(Rejection::NotFound)?;
    let closes = changes
        .iter()
        .any(|change| change.state.status == Status::Closed);
    if closes && escalations::active_of(conn, id)?.is_some() {
        return Err(crate::domain::case::CaseRefusal::EscalationActive.into());
    }
    let mut said = write_entries(conn, id, entries)?;
    let mut after = case.clone();
    for change in changes {
        after = record_change(conn, after, change)?;
    }
    let update = CaseChanges {
        line_of_business_id: Some(after.line_of_business_id),
        search_words: Some(cases::search_words(&after.subject, &after.description)),
        subject: Some(after.subject),
        description: Some(after.description),
        priority: Some(after.priority),
        status: Some(after.status),
        deployment: Some(after.deployment),
        business_impact: Some(after.business_impact),
        product: None,
        engagements: Some(to_json(&after.engagements)?),
        owner_id: Some(after.owner_id),
        last_provider_entry_at: Some(
            newest_update(entries)
                .max(case.last_provider_entry_at)
                .map(At),
        ),
        closed_at: Some(after.closed_at.map(At)),
        rca_requested_at: Some(after.rca_requested_at.map(At)),
        rca_delivered_at: Some(after.rca_delivered_at.map(At)),
    };
    super::settled(cases::update(conn, id, case.version, &update, now)?, None)?;
    let renamed = cases::find(conn, id)?;
    if (&case.subject, &case.description) != (&renamed.subject, &renamed.description) {
        said = said.and(audit::seal_case_again(conn, id)?);
    }
    if !said.is_empty() {
        let by = DoneBy::nobody(IMPORT);
        let imported = on_case(&by, EventKind::CaseImported, &case);
        audit::append_saying(conn, &imported, &said, now)?;
    }
    Ok(())
}

/// How a case stands now, to continue from.
pub fn state_of(case: &Case) -> CaseState {
    CaseState {
        subject: case.subject.clone(),
        description: case.description.clone(),
        priority: case.priority,
        status: case.status,
        deployment: case.deployment,
        business_impact: case.business_impact,
        engagements: case.engagements.0.clone(),
        owner: case.owner_id,
        line: case.line_of_business_id,
        closed_at: case.closed_at,
        rca: case.rca(),
    }
}

fn with_state(case: Case, state: &CaseState) -> Case {
    Case {
        line_of_business_id: state.line,
        subject: state.subject.clone(),
        description: state.description.clone(),
        priority: state.priority,
        status: state.status,
        deployment: state.deployment,
        business_impact: state.business_impact,
        engagements: Json(state.engagements.clone()),
        owner_id: state.owner,
        closed_at: state.closed_at,
        rca_requested_at: state.rca.map(|rca| rca.requested_at),
        rca_delivered_at: state.rca.and_then(|rca| rca.delivered_at),
        ..case
    }
}

/// Records what a change of the past replaced, if it replaced anything; gives the case as it stood after that.
fn record_change(conn: &mut Conn, before: Case, change: &PastChange) -> VerbResult<Case> {
    let from = case_fields(&before);
    let status = before.status;
    let after = with_state(before, &change.state);
    if let Some((old, new)) = difference(&from, &case_fields(&after)) {
        let kind = match (status, after.status) {
            (Status::Closed, Status::Closed) => EventKind::CaseChanged,
            (Status::Closed, _) => EventKind::CaseReopened,
            (_, Status::Closed) => EventKind::CaseClosed,
            _ => EventKind::CaseChanged,
        };
        let by = DoneBy::from(change.by.as_ref());
        let changed = NewEvent {
            before: Some(&old),
            after: Some(&new),
            ..on_case(&by, kind, &after)
        };
        audit::append(conn, &changed, change.at)?;
    }
    Ok(after)
}

/// Writes entries in the order of time; gives what the event has to say of them.
fn write_entries(conn: &mut Conn, case: CaseId, entries: &[PastEntry]) -> VerbResult<Said> {
    Ok(feeds::insert_all(conn, case, in_order(case, entries))?.1)
}

/// Entries of a case in the order of time, with what is made of their words.
fn in_order(case: CaseId, entries: &[PastEntry]) -> impl Iterator<Item = (NewEntry<'_>, &Made)> {
    let mut in_order: Vec<&PastEntry> = entries.iter().collect();
    in_order.sort_by_key(|entry| entry.at);
    in_order.into_iter().map(move |entry| {
        let new = NewEntry {
            case,
            feed: Feed::Case,
            escalation: None,
            kind: EntryKind::Comment,
            visibility: entry.visibility,
            author: Some(entry.author),
            body: &entry.body,
            details: None,
            at: entry.at,
            external_id: entry.external_id.as_deref(),
            verdict: None,
        };
        (new, &entry.made)
    })
}

/// `last_provider_entry_at` as these entries have it (C7).
fn newest_update(entries: &[PastEntry]) -> Option<Instant> {
    entries
        .iter()
        .filter(|entry| {
            let side = Some(entry.author.1);
            counts_as_provider_update(EntryKind::Comment, entry.visibility, side, false)
        })
        .map(|entry| entry.at)
        .max()
}
