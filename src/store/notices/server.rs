//! What is asked of a server alone, of many notices at once: there and back takes longer than what is done there, and each event
//! has notices for several people, each of which is claimed and marked. Each statement has a type of its own, by which a
//! connection finds it prepared.

use diesel::PgConnection;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::Error;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text};

use super::claim::{Due, Lease};
use super::gather::{HELD, Held, InThread, MOST, Thread};
use super::{StillWaits, Telling, WaitsInThread, complete, queue};
use crate::db::sql_types::{At, Key, Moment, json};
use crate::db::{Statement, aside};
use crate::domain::Instant;
use crate::domain::ids::{CaseId, EscalationId, NoticeId, PersonId};
use crate::domain::notice::NoticeKind;

/// Of threads to people, which are `asked` by their places: what is theirs of notices.
const THEIRS: &str =
    " FROM notices WHERE notices.thread = asked.thread AND notices.person_id = asked.person";

/// Says that what follows is asked of each of these threads to each of these people.
fn of_each<'b>(
    out: &mut AstPass<'_, 'b, Pg>,
    threads: &'b Vec<String>,
    persons: &'b Vec<PersonId>,
) -> QueryResult<()> {
    out.push_sql(" FROM unnest(");
    aside::<Array<Text>, _>(out, threads, "text[]")?;
    out.push_sql(", ");
    aside::<Array<Key>, _>(out, persons, "uuid[]")?;
    out.push_sql(") WITH ORDINALITY AS asked (thread, person, place)");
    Ok(())
}

/// Of these, that something waits which may be gathered, as in `gather::waiting`.
fn may_be_gathered<'b>(out: &mut AstPass<'_, 'b, Pg>, now: &'b At) -> QueryResult<()> {
    out.push_sql(THEIRS);
    out.push_sql(" AND ");
    WaitsInThread.walk_ast(out.reborrow())?;
    out.push_sql(" AND notices.kind = ");
    out.push_bind_param::<Text, _>(&NoticeKind::EntryPosted)?;
    out.push_sql(
        " AND notices.attempts = 0 AND notices.lease_until IS NULL AND (notices.held_until IS NULL OR notices.held_until <= ",
    );
    out.push_bind_param::<Moment, _>(now)?;
    out.push_sql(")");
    Ok(())
}

/// Puts the notices of one event into the outbox.
#[derive(Debug)]
struct Inserting {
    kind: NoticeKind,
    case: CaseId,
    escalation: Option<EscalationId>,
    thread: String,
    created_at: At,
    urgent: bool,
    held_until: Option<At>,
    may_be_held: bool,
    ids: Vec<NoticeId>,
    persons: Vec<PersonId>,
    payloads: Vec<String>,
    next_attempts: Vec<At>,
    queues: Vec<String>,
}

impl QueryFragment<Pg> for Inserting {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "INSERT INTO notices (id, message_id, person_id, payload, next_attempt_at, queue, state, kind, case_id, escalation_id, \
            thread, created_at, urgent, held_until) \
            SELECT one.id, one.id::text, one.person, one.payload, coalesce(held.next_attempt_at, one.next_attempt), \
            coalesce(held.queue, one.queue), 'waiting', ",
        );
        out.push_bind_param::<Text, _>(&self.kind)?;
        out.push_sql(", ");
        out.push_bind_param::<Key, _>(&self.case)?;
        out.push_sql("::uuid, ");
        out.push_bind_param::<Nullable<Key>, _>(&self.escalation)?;
        out.push_sql("::uuid, ");
        out.push_bind_param::<Text, _>(&self.thread)?;
        out.push_sql(", ");
        out.push_bind_param::<Moment, _>(&self.created_at)?;
        out.push_sql("::timestamptz, ");
        out.push_bind_param::<Bool, _>(&self.urgent)?;
        out.push_sql("::boolean, ");
        out.push_bind_param::<Nullable<Moment>, _>(&self.held_until)?;
        out.push_sql("::timestamptz FROM unnest(");
        aside::<Array<Key>, _>(&mut out, &self.ids, "uuid[]")?;
        out.push_sql(", ");
        aside::<Array<Key>, _>(&mut out, &self.persons, "uuid[]")?;
        out.push_sql(", ");
        aside::<Array<Text>, _>(&mut out, &self.payloads, "text[]")?;
        out.push_sql(", ");
        aside::<Array<Moment>, _>(&mut out, &self.next_attempts, "timestamptz[]")?;
        out.push_sql(", ");
        aside::<Array<Text>, _>(&mut out, &self.queues, "text[]")?;
        // See `gather::held_last`, which says the same.
        out.push_sql(
            ") AS one (id, person, payload, next_attempt, queue) \
            LEFT JOIN LATERAL (SELECT last.* FROM (SELECT * FROM notices WHERE notices.thread = ",
        );
        // A thread that is known when the statement is planned looks cheaper than any, and each is planned for itself then.
        aside::<Text, _>(&mut out, &self.thread, "text")?;
        out.push_sql(" AND notices.person_id = one.person AND ");
        WaitsInThread.walk_ast(out.reborrow())?;
        // Nothing is looked for if it may not be held.
        out.push_sql(" AND ");
        aside::<Bool, _>(&mut out, &self.may_be_held, "boolean")?;
        out.push_sql(" ORDER BY created_at DESC, id DESC LIMIT 1) AS last WHERE last.kind = ");
        out.push_bind_param::<Text, _>(&NoticeKind::EntryPosted)?;
        out.push_sql(" AND last.attempts = 0 AND last.lease_until IS NULL AND (last.held_until IS NULL OR last.held_until <= ");
        out.push_bind_param::<Moment, _>(&self.created_at)?;
        out.push_sql(") AND last.next_attempt_at > ");
        out.push_bind_param::<Moment, _>(&self.created_at)?;
        out.push_sql(" AND starts_with(last.queue, ");
        out.push_bind_param::<Text, _>(HELD)?;
        out.push_sql(")) AS held ON one.next_attempt <= ");
        out.push_bind_param::<Moment, _>(&self.created_at)?;
        out.push_sql("::timestamptz");
        Ok(())
    }
}

/// See [`super::insert_all`].
pub(super) fn inserting(Telling { event, told, now }: &Telling) -> QueryResult<Statement> {
    let mut inserting = Inserting {
        kind: event.kind,
        case: event.case,
        escalation: event.escalation,
        thread: event.thread.to_string(),
        created_at: At(*now),
        urgent: event.kind.is_urgent(),
        held_until: event.held_until.map(At),
        may_be_held: event.may_be_held(),
        ids: Vec::with_capacity(told.len()),
        persons: Vec::with_capacity(told.len()),
        payloads: Vec::with_capacity(told.len()),
        next_attempts: Vec::with_capacity(told.len()),
        queues: Vec::with_capacity(told.len()),
    };
    for one in told {
        inserting.ids.push(NoticeId::new(*now));
        inserting.persons.push(one.person);
        inserting.payloads.push(json(&one.payload)?);
        inserting.next_attempts.push(At(event.due(one)));
        let queue = queue(super::To::Person(one.person), event.kind);
        inserting.queues.push(queue);
    }
    Ok(Box::new(inserting))
}

/// Claims notices, as far as they are still due.
#[derive(Debug, QueryId)]
struct Claiming {
    until: At,
    holder: String,
    now: At,
    ids: Vec<NoticeId>,
    message_ids: Vec<String>,
}

impl Query for Claiming {
    type SqlType = Key;
}

impl RunQueryDsl<PgConnection> for Claiming {}

impl QueryFragment<Pg> for Claiming {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("UPDATE notices SET lease_until = ");
        out.push_bind_param::<Moment, _>(&self.until)?;
        out.push_sql(", lease_holder = ");
        out.push_bind_param::<Text, _>(&self.holder)?;
        out.push_sql(
            ", attempts = notices.attempts + 1, message_id = asked.message_id, version = notices.version + 1 FROM unnest(",
        );
        aside::<Array<Key>, _>(&mut out, &self.ids, "uuid[]")?;
        out.push_sql(", ");
        aside::<Array<Text>, _>(&mut out, &self.message_ids, "text[]")?;
        out.push_sql(") AS asked (id, message_id) WHERE notices.id = asked.id AND ");
        StillWaits.walk_ast(out.reborrow())?;
        out.push_sql(" AND notices.next_attempt_at <= ");
        out.push_bind_param::<Moment, _>(&self.now)?;
        out.push_sql(" AND (notices.lease_until IS NULL OR notices.lease_until <= ");
        out.push_bind_param::<Moment, _>(&self.now)?;
        out.push_sql(") RETURNING notices.id");
        Ok(())
    }
}

/// Claims notices of which none stands behind another of them; gives those that were still due.
pub(super) fn claim(
    conn: &mut PgConnection,
    lease: Lease<'_>,
    host: &str,
    dues: &[&Due],
    now: Instant,
) -> QueryResult<Vec<NoticeId>> {
    let claiming = Claiming {
        until: At(lease.until),
        holder: lease.holder.to_owned(),
        now: At(now),
        ids: dues.iter().map(|due| due.id).collect(),
        message_ids: dues
            .iter()
            .map(|due| complete(&due.message_id, host))
            .collect(),
    };
    claiming.load(conn)
}

/// What is held of threads to people.
#[derive(Debug, QueryId)]
struct HeldOf {
    now: At,
    threads: Vec<String>,
    persons: Vec<PersonId>,
}

impl Query for HeldOf {
    type SqlType = (BigInt, (Moment, Text));
}

impl RunQueryDsl<PgConnection> for HeldOf {}

impl QueryFragment<Pg> for HeldOf {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("SELECT asked.place, first.next_attempt_at, first.queue");
        of_each(&mut out, &self.threads, &self.persons)?;
        out.push_sql(" CROSS JOIN LATERAL (SELECT next_attempt_at, queue");
        may_be_gathered(&mut out, &self.now)?;
        out.push_sql(" AND notices.next_attempt_at > ");
        out.push_bind_param::<Moment, _>(&self.now)?;
        out.push_sql(" ORDER BY created_at, id LIMIT 1) AS first");
        Ok(())
    }
}

/// See [`super::gather`]: of each of these threads to each of these people in which something is held, its place among them and what
/// the first of it says.
pub(super) fn held(
    conn: &mut PgConnection,
    asked: Vec<(PersonId, String)>,
    now: Instant,
) -> QueryResult<Vec<(i64, Held)>> {
    let (persons, threads) = asked.into_iter().unzip();
    let held = HeldOf {
        now: At(now),
        threads,
        persons,
    };
    held.load(conn)
}

/// What is about to be gathered in threads to people.
#[derive(Debug, QueryId)]
struct Gathering {
    now: At,
    threads: Vec<String>,
    persons: Vec<PersonId>,
}

impl Query for Gathering {
    type SqlType = (BigInt, Key, Text, Nullable<Moment>, Bool);
}

impl RunQueryDsl<PgConnection> for Gathering {}

impl QueryFragment<Pg> for Gathering {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("SELECT asked.place, waiting.id, waiting.payload, around.last_told_at, around.is_followed");
        of_each(&mut out, &self.threads, &self.persons)?;
        out.push_sql(" CROSS JOIN LATERAL (SELECT (SELECT max(sent_at)");
        out.push_sql(THEIRS);
        out.push_sql(" AND notices.state = 'sent' AND notices.kind = ");
        out.push_bind_param::<Text, _>(&NoticeKind::EntryPosted)?;
        out.push_sql(") AS last_told_at, EXISTS (SELECT 1");
        out.push_sql(THEIRS);
        out.push_sql(" AND ");
        WaitsInThread.walk_ast(out.reborrow())?;
        out.push_sql(" AND notices.kind <> ");
        out.push_bind_param::<Text, _>(&NoticeKind::EntryPosted)?;
        // What has an offset is asked once a thread.
        out.push_sql(") AS is_followed OFFSET 0) AS around CROSS JOIN LATERAL (SELECT id, payload, created_at");
        may_be_gathered(&mut out, &self.now)?;
        out.push_sql(" ORDER BY created_at, id LIMIT ");
        out.push_bind_param::<BigInt, _>(&MOST)?;
        out.push_sql(") AS waiting ORDER BY asked.place, waiting.created_at, waiting.id");
        Ok(())
    }
}

/// See `gather::in_threads`.
pub(super) fn in_threads(
    conn: &mut PgConnection,
    threads: &[Thread],
    now: Instant,
) -> QueryResult<Vec<InThread>> {
    let (persons, threads) = threads.iter().cloned().unzip();
    let gathering = Gathering {
        now: At(now),
        threads,
        persons,
    };
    let mut found: Vec<(i64, InThread)> = Vec::new();
    for row in gathering.load::<(i64, NoticeId, String, Option<At>, bool)>(conn)? {
        let (place, id, payload, last_told_at, is_followed) = row;
        match found.last_mut() {
            Some((of, thread)) if *of == place => thread.waiting.push((id, payload)),
            _ => found.push((
                place,
                InThread {
                    waiting: vec![(id, payload)],
                    last_told_at,
                    is_followed,
                },
            )),
        }
    }
    Ok(found.into_iter().map(|(_, thread)| thread).collect())
}

/// Holds notices that nobody has.
#[derive(Debug, QueryId)]
struct Holding {
    ids: Vec<NoticeId>,
    until: Vec<At>,
    queues: Vec<String>,
}

impl RunQueryDsl<PgConnection> for Holding {}

impl QueryFragment<Pg> for Holding {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "UPDATE notices SET next_attempt_at = held.until, queue = held.queue FROM unnest(",
        );
        aside::<Array<Key>, _>(&mut out, &self.ids, "uuid[]")?;
        out.push_sql(", ");
        aside::<Array<Moment>, _>(&mut out, &self.until, "timestamptz[]")?;
        out.push_sql(", ");
        aside::<Array<Text>, _>(&mut out, &self.queues, "text[]")?;
        out.push_sql(
            ") AS held (id, until, queue) WHERE notices.id = held.id AND notices.attempts = 0 \
            AND notices.lease_until IS NULL AND ",
        );
        StillWaits.walk_ast(out.reborrow())?;
        Ok(())
    }
}

/// See [`super::gather`].
pub(super) fn hold(conn: &mut PgConnection, holding: &[(NoticeId, Held)]) -> QueryResult<()> {
    let all = Holding {
        ids: holding.iter().map(|(id, _)| *id).collect(),
        until: holding.iter().map(|(_, (until, _))| *until).collect(),
        queues: holding
            .iter()
            .map(|(_, (_, queue))| queue.clone())
            .collect(),
    };
    all.execute(conn).map(drop)
}

/// Marks notices as sent.
#[derive(Debug, QueryId)]
struct Sent {
    ids: Vec<NoticeId>,
    at: Vec<At>,
}

impl RunQueryDsl<PgConnection> for Sent {}

impl QueryFragment<Pg> for Sent {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "UPDATE notices SET state = 'sent', sent_at = gone.at, tried_at = gone.at, fault = NULL, last_error = NULL, \
            lease_until = NULL, lease_holder = NULL, version = notices.version + 1 FROM unnest(",
        );
        aside::<Array<Key>, _>(&mut out, &self.ids, "uuid[]")?;
        out.push_sql(", ");
        aside::<Array<Moment>, _>(&mut out, &self.at, "timestamptz[]")?;
        out.push_sql(") AS gone (id, at) WHERE notices.id = gone.id AND ");
        StillWaits.walk_ast(out.reborrow())?;
        Ok(())
    }
}

/// See [`super::mark_sent`].
pub(super) fn mark_sent(
    conn: &mut PgConnection,
    sent: &[(NoticeId, Instant)],
) -> QueryResult<usize> {
    let (ids, at) = sent.iter().map(|(id, at)| (*id, At(*at))).unzip();
    Sent { ids, at }.execute(conn)
}

/// The first notices of threads to people.
#[derive(Debug, QueryId)]
struct First {
    threads: Vec<String>,
    persons: Vec<PersonId>,
}

impl Query for First {
    type SqlType = (BigInt, Key, Text);
}

impl RunQueryDsl<PgConnection> for First {}

impl QueryFragment<Pg> for First {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("SELECT asked.place, first.id, first.message_id");
        of_each(&mut out, &self.threads, &self.persons)?;
        out.push_sql(" CROSS JOIN LATERAL (SELECT id, message_id");
        out.push_sql(THEIRS);
        out.push_sql(" ORDER BY created_at, id LIMIT 1) AS first ORDER BY asked.place");
        Ok(())
    }
}

/// The first notice of each of these threads to each of these people, of whom each has one: its id and its message id.
pub(super) fn first_of_threads(
    conn: &mut PgConnection,
    asked: Vec<(String, PersonId)>,
) -> QueryResult<Vec<(NoticeId, String)>> {
    let (threads, persons): (Vec<_>, Vec<_>) = asked.into_iter().unzip();
    let asked = threads.len();
    let rows: Vec<(i64, NoticeId, String)> = First { threads, persons }.load(conn)?;
    // One that is gone meanwhile would shift the others.
    if rows.len() != asked {
        return Err(Error::NotFound);
    }
    Ok(rows
        .into_iter()
        .map(|(_, id, message_id)| (id, message_id))
        .collect())
}
