//! The hashes of what is said, made where it is written (see [`seal`]).

use diesel::prelude::*;
use serde_json::{Value, json};

use crate::db::schema::{
    callbacks, cases, escalations, feed_entries, next_steps, priority_requests,
};
use crate::db::sql_types::{At, MaybeAt};
use crate::db::{Conn, kept, on_either};
use crate::domain::Instant;
use crate::domain::audit::seal::{self, Said, Thing};
use crate::domain::ids::{
    CallbackId, CaseId, EntryId, EscalationId, NextStepId, PersonId, PriorityRequestId,
};

/// What an entry says, and to whom.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct EntryWords<'e> {
    pub case: CaseId,
    pub feed: &'e str,
    pub escalation: Option<EscalationId>,
    pub kind: &'e str,
    pub visibility: &'e str,
    pub author: Option<PersonId>,
    pub side: Option<&'e str>,
    pub body: &'e str,
    /// The text of the JSON that is kept.
    pub details: Option<&'e str>,
    pub at: Instant,
}

impl EntryWords<'_> {
    fn value(&self) -> Value {
        json!({
            "case": self.case, "feed": self.feed, "escalation": self.escalation, "kind": self.kind,
            "visibility": self.visibility, "author": self.author, "side": self.side, "body": self.body,
            "details": self.details, "at": self.at.timestamp_micros(),
        })
    }

    /// The hash under a new salt; gives the salt and what the event says of it.
    pub(in crate::store) fn sealed(&self, id: EntryId) -> (String, Said) {
        salted(Thing::Entry(id), &self.value())
    }
}

/// The hash of what a thing says under a new salt; gives the salt and what the event says of it.
fn salted(thing: Thing, words: &Value) -> (String, Said) {
    let salt = seal::new_salt();
    let hash = seal::hash(&salt, thing, words);
    (salt, Said::of(thing, hash))
}

/// The hash of a case's words under a new salt, before its row is written with that salt; gives the salt and what the event says of
/// it.
pub fn sealed_case(id: CaseId, subject: &str, description: &str) -> (String, Said) {
    // As a row that is read again has them.
    let words = json!({ "subject": subject, "description": description });
    salted(Thing::Case(id), &words)
}

/// What a new escalation says, as its row is to be written.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct EscalationWords<'e> {
    pub case: CaseId,
    pub reason: &'e str,
    pub answers: &'e str,
    pub details: &'e str,
    pub acknowledgements: &'e str,
    pub assessment: &'e str,
    pub decline_reasons: &'e str,
}

impl EscalationWords<'_> {
    /// The hash under a new salt; gives the salt and what the event says of it.
    pub(in crate::store) fn sealed(&self, id: EscalationId) -> (String, Said) {
        let row = EscalationRow {
            id,
            case_id: self.case,
            reason: self.reason.to_owned(),
            answers: self.answers.to_owned(),
            details: self.details.to_owned(),
            acknowledgements: self.acknowledgements.to_owned(),
            assessment: self.assessment.to_owned(),
            decline_reasons: self.decline_reasons.to_owned(),
            outcome: None,
            summary: None,
            rating_score: None,
            rating_comment: None,
            salt: None,
        };
        salted(row.thing(), &row.words())
    }
}

/// Something that is kept with words and their salt, read as little as can be: what was changed must still be read.
pub(super) trait Sealed {
    fn case(&self) -> CaseId;
    fn thing(&self) -> Thing;
    fn words(&self) -> Value;
    fn salt(&self) -> Option<&str>;
    /// Whether the row itself says that its words are gone, and has none.
    fn is_redacted(&self) -> bool {
        false
    }

    /// The hash of its words under its salt.
    fn hash(&self) -> Option<String> {
        let salt = self.salt()?;
        Some(seal::hash(salt, self.thing(), &self.words()))
    }
}

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = feed_entries)]
pub(super) struct EntryRow {
    id: EntryId,
    case_id: CaseId,
    feed: String,
    escalation_id: Option<EscalationId>,
    kind: String,
    visibility: String,
    author_id: Option<PersonId>,
    author_side: Option<String>,
    body: String,
    details: Option<String>,
    #[diesel(deserialize_as = At)]
    at: Instant,
    #[diesel(deserialize_as = MaybeAt)]
    redacted_at: Option<Instant>,
    salt: Option<String>,
}

impl EntryRow {
    fn as_words(&self) -> EntryWords<'_> {
        EntryWords {
            case: self.case_id,
            feed: &self.feed,
            escalation: self.escalation_id,
            kind: &self.kind,
            visibility: &self.visibility,
            author: self.author_id,
            side: self.author_side.as_deref(),
            body: &self.body,
            details: self.details.as_deref(),
            at: self.at,
        }
    }
}

impl Sealed for EntryRow {
    fn case(&self) -> CaseId {
        self.case_id
    }

    fn thing(&self) -> Thing {
        Thing::Entry(self.id)
    }

    fn words(&self) -> Value {
        self.as_words().value()
    }

    fn salt(&self) -> Option<&str> {
        self.salt.as_deref()
    }

    fn is_redacted(&self) -> bool {
        self.redacted_at.is_some() && self.salt.is_none() && self.body.is_empty()
    }
}

/// A row whose words are sealed as a whole: its columns, its case, and what of it is words.
macro_rules! sealed {
    ($row:ident of $table:ident, $case:ident, $thing:ident($id:ty): $($column:ident: $type:ty),+ $(,)?) => {
        #[derive(Debug, Queryable, Selectable)]
        #[diesel(table_name = $table)]
        pub(super) struct $row {
            id: $id,
            $( $column: $type, )+
            salt: Option<String>,
        }

        impl Sealed for $row {
            fn case(&self) -> CaseId {
                self.$case
            }

            fn thing(&self) -> Thing {
                Thing::$thing(self.id)
            }

            fn words(&self) -> Value {
                json!({ $( stringify!($column): self.$column ),+ })
            }

            fn salt(&self) -> Option<&str> {
                self.salt.as_deref()
            }
        }

        impl $row {
            /// Seals what the row says now under a new salt.
            fn seal(conn: &mut Conn, id: $id) -> QueryResult<Said> {
                let salt = seal::new_salt();
                let this = $table::table.filter($table::id.eq(id));
                let salted = $table::salt.eq(Some(&salt));
                let row: Self = on_either!(conn, |own| kept(this)
                    .set(salted)
                    .returning(Self::as_select())
                    .get_result(own))?;
                let hash = seal::hash(&salt, row.thing(), &row.words());
                Ok(Said::of(row.thing(), hash))
            }

            fn sealed(&self, conn: &mut Conn) -> QueryResult<Said> {
                let (salt, said) = salted(self.thing(), &self.words());
                let this = $table::table.filter($table::id.eq(self.id));
                let salted = $table::salt.eq(Some(salt));
                on_either!(conn, |own| kept(this).set(salted).execute(own))?;
                Ok(said)
            }

            pub(super) fn of_cases(conn: &mut Conn, cases: &[CaseId]) -> QueryResult<Vec<Self>> {
                $table::table
                    .filter($table::$case.eq_any(cases.to_vec()))
                    .select(Self::as_select())
                    .load(conn)
            }
        }
    };
}

sealed! { CaseRow of cases, id, Case(CaseId): subject: String, description: String }
sealed! { EscalationRow of escalations, case_id, Escalation(EscalationId):
    case_id: CaseId, reason: String, answers: String, details: String, acknowledgements: String,
    assessment: String, decline_reasons: String, outcome: Option<String>, summary: Option<String>,
    rating_score: Option<i64>, rating_comment: Option<String>,
}
sealed! { RequestRow of priority_requests, case_id, PriorityRequest(PriorityRequestId):
    case_id: CaseId, priority: String, note: String, state: String, decision_note: Option<String>,
}
sealed! { StepRow of next_steps, case_id, NextStep(NextStepId):
    case_id: CaseId, what: String, who: String, state: String, reason: Option<String>,
}
sealed! { CallbackRow of callbacks, case_id, Callback(CallbackId):
    case_id: CaseId, phone: String, state: String, note: Option<String>, reason: Option<String>,
}

/// Seals what a thing says now under a new salt; gives what the event has to say of it.
///
/// # Errors
/// Database errors; `NotFound` if it is gone.
pub fn seal(conn: &mut Conn, thing: Thing) -> QueryResult<Said> {
    match thing {
        Thing::Case(id) => CaseRow::seal(conn, id),
        Thing::Entry(id) => {
            let row: EntryRow = feed_entries::table
                .filter(feed_entries::id.eq(id))
                .select(EntryRow::as_select())
                .get_result(conn)?;
            seal_entry(conn, &row)
        }
        Thing::Escalation(id) => EscalationRow::seal(conn, id),
        Thing::PriorityRequest(id) => RequestRow::seal(conn, id),
        Thing::NextStep(id) => StepRow::seal(conn, id),
        Thing::Callback(id) => CallbackRow::seal(conn, id),
    }
}

/// The entries of several cases, as they are kept.
pub(super) fn entries(conn: &mut Conn, of: &[CaseId]) -> QueryResult<Vec<EntryRow>> {
    feed_entries::table
        .filter(feed_entries::case_id.eq_any(of.to_vec()))
        .select(EntryRow::as_select())
        .load(conn)
}

fn seal_entry(conn: &mut Conn, row: &EntryRow) -> QueryResult<Said> {
    let (salt, said) = row.as_words().sealed(row.id);
    diesel::update(feed_entries::table.filter(feed_entries::id.eq(row.id)))
        .set(feed_entries::salt.eq(Some(salt)))
        .execute(conn)?;
    Ok(said)
}

/// Seals whatever a case says that no event covers: what was said before events had hashes.
///
/// # Errors
/// Database errors.
pub fn seal_what_is_open(conn: &mut Conn, case: CaseId) -> QueryResult<Said> {
    let mut said = Said::default();
    for row in entries(conn, &[case])? {
        if row.salt.is_none() && row.redacted_at.is_none() {
            said = said.and(seal_entry(conn, &row)?);
        }
    }
    macro_rules! seal_open {
        ($($row:ident),+) => {$(
            for row in $row::of_cases(conn, &[case])? {
                if row.salt.is_none() {
                    said = said.and(row.sealed(conn)?);
                }
            }
        )+};
    }
    seal_open!(CaseRow, EscalationRow, RequestRow, StepRow, CallbackRow);
    Ok(said)
}

/// Seals a case whose subject or description has changed, and with it whatever no event covers yet.
///
/// # Errors
/// Database errors.
pub fn seal_case_again(conn: &mut Conn, case: CaseId) -> QueryResult<Said> {
    let open = seal_what_is_open(conn, case)?;
    Ok(open.and(seal(conn, Thing::Case(case))?))
}

/// The cases that the migration found with words that no event covers, `limit` of them at most.
///
/// # Errors
/// Database errors.
pub fn unsealed_cases(conn: &mut Conn, limit: i64) -> QueryResult<Vec<CaseId>> {
    cases::table
        .filter(cases::salt.is_null())
        .order(cases::id.asc())
        .limit(limit)
        .select(cases::id)
        .load(conn)
}
