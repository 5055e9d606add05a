//! Answers that are kept for a repetition of their request.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use diesel::result::Error::NotFound;
use serde_json::Value;

use crate::db::schema::idempotency_keys as keys;
use crate::db::sql_types::{At, Json, json};
use crate::db::{Conn, Last, Statement, kept as kept_prepared, on_either, write_last};
use crate::domain::Instant;
use crate::domain::ids::{AttachmentId, EntryId, PersonId};

/// A request that may be repeated under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Whose key it is: two people may use the same.
    pub person: PersonId,
    /// What the client calls the request.
    pub key: String,
    /// `POST`.
    pub method: String,
    /// The path asked for.
    pub path: String,
    /// Tells this request from another one under the same key.
    pub hash: String,
}

/// An answer as it was given.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = keys)]
pub struct Saved {
    /// The path that was asked for.
    pub path: String,
    /// The hash of the request that was answered.
    pub request_hash: String,
    /// HTTP status.
    pub status: i64,
    /// Headers that belong to the answer.
    pub headers: Json<BTreeMap<String, String>>,
    /// The body.
    pub body: String,
}

/// The answer kept under a request's key, if it is not too old.
///
/// # Errors
/// Database errors.
pub fn kept(conn: &mut Conn, request: &Request, now: Instant) -> QueryResult<Option<Saved>> {
    keys::table
        .filter(keys::person_id.eq(request.person))
        .filter(keys::key.eq(&request.key))
        .filter(keys::expires_at.gt(At(now)))
        .select(Saved::as_select())
        .get_result(conn)
        .optional()
}

/// Takes the key for this request until the transaction ends; or gives the answer that is kept under it. The same request at the
/// same time waits here, and is given that answer.
///
/// # Errors
/// Database errors.
pub fn take(
    conn: &mut Conn,
    request: &Request,
    expires_at: Instant,
    now: Instant,
) -> QueryResult<Option<Saved>> {
    if is_free(conn, request, expires_at, now)? {
        return Ok(None);
    }
    if let Some(saved) = kept(conn, request, now)? {
        return Ok(Some(saved));
    }
    // One that is too old stands in its place.
    diesel::delete(
        keys::table
            .filter(keys::person_id.eq(request.person))
            .filter(keys::key.eq(&request.key))
            .filter(keys::expires_at.le(At(now))),
    )
    .execute(conn)?;
    if is_free(conn, request, expires_at, now)? {
        return Ok(None);
    }
    // Somebody else has taken it meanwhile, and is done.
    kept(conn, request, now)?.ok_or(NotFound).map(Some)
}

/// Whether nothing is kept under the key, which then is taken.
fn is_free(
    conn: &mut Conn,
    request: &Request,
    expires_at: Instant,
    now: Instant,
) -> QueryResult<bool> {
    let taken = on_either!(conn, |own| diesel::insert_into(keys::table)
        .values((
            keys::person_id.eq(request.person),
            keys::key.eq(&request.key),
            keys::method.eq(&request.method),
            keys::path.eq(&request.path),
            keys::request_hash.eq(&request.hash),
            keys::status.eq(0_i64),
            keys::headers.eq("{}"),
            keys::body.eq(""),
            keys::created_at.eq(At(now)),
            keys::expires_at.eq(At(expires_at)),
        ))
        .on_conflict_do_nothing()
        .execute(own))?;
    Ok(taken == 1)
}

/// Keeps the answer under the key that was taken, at the end of the transaction.
///
/// # Errors
/// Database errors.
pub fn save(
    conn: &mut Conn,
    request: &Request,
    status: i64,
    headers: &BTreeMap<String, String>,
    body: &str,
) -> QueryResult<()> {
    let answer = Answer {
        person: request.person,
        key: request.key.clone(),
        status,
        headers: json(headers)?,
        body: body.to_owned(),
    };
    write_last(conn, answer)
}

/// What is kept under a key.
struct Answer {
    person: PersonId,
    key: String,
    status: i64,
    headers: String,
    body: String,
}

/// The statement that keeps it.
macro_rules! keeping {
    ($answer:expr) => {
        kept_prepared(
            keys::table.filter(
                keys::person_id
                    .eq($answer.person)
                    .and(keys::key.eq($answer.key)),
            ),
        )
        .set((
            keys::status.eq($answer.status),
            keys::headers.eq($answer.headers),
            keys::body.eq($answer.body),
        ))
    };
}

impl Last for Answer {
    fn embedded(all: Vec<Self>, conn: &mut SqliteConnection) -> QueryResult<()> {
        let mut all = all.into_iter();
        all.try_for_each(|answer| keeping!(answer).execute(conn).map(drop))
    }

    fn server(all: Vec<Self>, _: &mut PgConnection) -> QueryResult<Vec<Statement>> {
        let each = all.into_iter();
        Ok(each
            .map(|answer| Box::new(keeping!(answer)) as Statement)
            .collect())
    }
}

/// Takes the words of an entry, in whatever wording, out of the answers that are kept, so that a repetition is answered
/// without them. Answers are kept for a day: those of that time are read.
///
/// # Errors
/// Database errors.
pub fn forget(conn: &mut Conn, entry: EntryId, wordings: &BTreeSet<String>) -> QueryResult<()> {
    let id = entry.to_string();
    let mut answers = keys::table
        .select((keys::person_id, keys::key, keys::body))
        .filter(keys::body.like(containing(&id)).escape('\\'))
        .into_boxed();
    for words in wordings {
        let words = containing(&begun(words)?);
        answers = answers.or_filter(keys::body.like(words).escape('\\'));
    }
    let rows: Vec<(PersonId, String, String)> = answers.load(conn)?;
    for (person, key, body) in rows {
        let Ok(mut answer) = serde_json::from_str::<Value>(&body) else {
            continue;
        };
        blank(&mut answer, &id, wordings);
        let of_request = keys::person_id.eq(person).and(keys::key.eq(key));
        diesel::update(keys::table.filter(of_request))
            .set(keys::body.eq(json(&answer)?))
            .execute(conn)?;
    }
    Ok(())
}

/// Takes the names of files, whose entry is redacted, out of the answers that are kept.
///
/// # Errors
/// Database errors.
pub fn forget_files(conn: &mut Conn, files: &[AttachmentId]) -> QueryResult<()> {
    for file in files {
        let id = file.to_string();
        let rows: Vec<(PersonId, String, String)> = keys::table
            .select((keys::person_id, keys::key, keys::body))
            .filter(keys::body.like(containing(&id)).escape('\\'))
            .load(conn)?;
        for (person, key, body) in rows {
            let Ok(mut answer) = serde_json::from_str::<Value>(&body) else {
                continue;
            };
            unname(&mut answer, &id);
            let of_request = keys::person_id.eq(person).and(keys::key.eq(key));
            diesel::update(keys::table.filter(of_request))
                .set(keys::body.eq(json(&answer)?))
                .execute(conn)?;
        }
    }
    Ok(())
}

/// Empties the name of whatever has this id.
fn unname(value: &mut Value, id: &str) {
    match value {
        Value::Object(members) => {
            if members.get("id").and_then(Value::as_str) == Some(id)
                && let Some(name) = members.get_mut("name")
            {
                *name = Value::from("");
            }
            members.values_mut().for_each(|member| unname(member, id));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| unname(item, id)),
        _ => {}
    }
}

/// How words begin in JSON: enough to look for, since a pattern may not be long.
fn begun(words: &str) -> QueryResult<String> {
    const ENOUGH: usize = 100;
    let text = json(words)?;
    let text = &text[1..text.len() - 1];
    Ok(text.chars().take(ENOUGH).collect())
}

/// A `LIKE` pattern for texts that contain this one.
fn containing(text: &str) -> String {
    let mut pattern = String::from("%");
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

/// Empties what is the entry of this id, and whatever repeats its words.
fn blank(value: &mut Value, id: &str, wordings: &BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            let own = members.get("id").and_then(Value::as_str) == Some(id);
            let repeats: Vec<String> = members
                .iter()
                .filter(|(name, value)| {
                    let same = value.as_str().is_some_and(|text| wordings.contains(text));
                    same || (own && (name.as_str() == "body" || name.as_str() == "details"))
                })
                .flat_map(|(name, _)| [name.clone(), format!("{name}_html")])
                .collect();
            for (name, value) in members.iter_mut() {
                match value {
                    Value::String(text) if repeats.contains(name) => text.clear(),
                    Value::Object(_) if own && repeats.contains(name) => *value = Value::Null,
                    other => blank(other, id, wordings),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| blank(item, id, wordings)),
        _ => {}
    }
}
