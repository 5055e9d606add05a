//! `Idempotency-Key`: a POST that is sent twice does its work once.
//!
//! The key's row, the work and the answer are one transaction. A refusal rolls all of it back, so that the client may
//! correct its request and use the same key again.

use std::borrow::Cow;
use std::collections::BTreeMap;

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderMap};
use chrono::TimeDelta;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::principal::Principal;
use super::problem::{Code, Problem};
use super::reply::Reply;
use crate::config::SecretKey;
use crate::db::{Conn, Db};
use crate::domain::Instant;
use crate::store::idempotency::{self as store, Request, Saved};

const HEADER: &str = "idempotency-key";
const LONGEST: usize = 255;
/// What the installation's key signs a request for.
const PURPOSE: &str = "idempotent request";
/// For how long an answer is kept.
pub(super) const KEPT: TimeDelta = TimeDelta::hours(24);

/// The request's key, if it has one.
///
/// # Errors
/// [`Code::MalformedHeader`] for a key that is empty, too long, not plain text, or given twice.
pub fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut given = headers.get_all(HEADER);
    let Some(value) = given.next() else {
        return Ok(None);
    };
    let key = value
        .to_str()
        .ok()
        .map(str::trim)
        .filter(|key| !key.is_empty() && key.len() <= LONGEST && given.next().is_none());
    match key {
        Some(key) => Ok(Some(key.to_owned())),
        None => Err(Problem::new(Code::MalformedHeader)
            .with("header", "Idempotency-Key")
            .with("expected", "1 to 255 plain characters, such as a UUID")),
    }
}

/// What tells a body from another one: neither white space nor the order of its members, but each of them, secrets
/// too. It never leaves the process.
pub fn digest(body: &Value) -> String {
    hex::encode(Sha256::digest(canonical(body).to_string()))
}

/// The value with the members of its objects in the order of their names, whatever the build of the JSON library keeps.
fn canonical(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let sorted: BTreeMap<&String, Value> = members
                .iter()
                .map(|(name, value)| (name, canonical(value)))
                .collect();
            let members = sorted.into_iter();
            Value::Object(members.map(|(name, value)| (name.clone(), value)).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(canonical).collect()),
        other => other.clone(),
    }
}

/// The request as it is kept under its key.
///
/// Two requests are the same if they say the same of the same thing: method, path, parameters, condition and every member
/// of the body, secrets among them. What is kept of them is signed with the installation's key, which is not in the
/// database: nobody who reads the rows can try passwords on it. In another organization it is another request: a key
/// never brings one organization's answer into another.
pub fn request(
    secret: &SecretKey,
    principal: &Principal,
    key: String,
    request: &HttpRequest,
    parameters: &Value,
    body_digest: &str,
) -> Request {
    let condition: Vec<Cow<'_, str>> = request
        .headers()
        .get_all(header::IF_MATCH)
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .collect();
    let (method, path) = (request.method().as_str(), request.path());
    // A list, so that where one part ends and the next begins is told.
    let said = json!([
        method,
        path,
        canonical(parameters),
        condition,
        principal.organization.id,
        principal.person,
        body_digest,
    ]);
    Request {
        person: principal.actor.id(),
        key,
        method: method.to_owned(),
        path: path.to_owned(),
        hash: signed(secret, &said),
    }
}

/// What is kept of what a request says.
fn signed(secret: &SecretKey, said: &Value) -> String {
    hex::encode(secret.sign(PURPOSE, said.to_string().as_bytes()))
}

/// What is kept of a request that says this too.
pub fn with(secret: &SecretKey, hash: &str, what: &str) -> String {
    signed(secret, &json!([hash, what]))
}

/// The answer to an earlier request that was the same, if there is one. It is looked for before anything else is done: what
/// the request asks for may be impossible a second time, such as showing the password that it has changed.
///
/// # Errors
/// [`Code::IdempotencyKeyReused`], and database errors.
pub async fn repeated<T: 'static, const STATUS: u16>(
    db: &Db,
    request: Request,
    now: Instant,
) -> Result<Option<Reply<T, STATUS>>, Problem> {
    db.read(move |conn: &mut Conn| {
        let saved = store::kept(conn, &request, now)?;
        saved.map(|saved| replayed(&request, saved)).transpose()
    })
    .await
}

fn replayed<T, const STATUS: u16>(
    request: &Request,
    saved: Saved,
) -> Result<Reply<T, STATUS>, Problem> {
    if saved.request_hash == request.hash {
        Ok(Reply::replay(saved))
    } else {
        Err(Problem::new(Code::IdempotencyKeyReused))
    }
}

/// Does the work of `request` once, in one transaction with its key and its answer.
///
/// # Errors
/// Those of `work`, [`Code::IdempotencyKeyReused`], and database errors.
pub async fn once<T, const STATUS: u16>(
    db: &Db,
    request: Request,
    now: Instant,
    work: impl Fn(&mut Conn) -> Result<Reply<T, STATUS>, Problem> + Send + 'static,
) -> Result<Reply<T, STATUS>, Problem>
where
    T: 'static,
{
    db.write(move |conn| in_transaction(conn, &request, now, &work))
        .await
}

fn in_transaction<T, const STATUS: u16>(
    conn: &mut Conn,
    request: &Request,
    now: Instant,
    work: &impl Fn(&mut Conn) -> Result<Reply<T, STATUS>, Problem>,
) -> Result<Reply<T, STATUS>, Problem> {
    if let Some(saved) = store::take(conn, request, now + KEPT, now)? {
        return replayed(request, saved);
    }
    let reply = work(conn)?;
    let (status, headers, body) = reply.kept();
    store::save(conn, request, status, headers, body)?;
    Ok(reply)
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;

    #[test]
    fn what_is_kept_of_a_request_is_no_ones_to_guess_at_without_the_key() {
        let key = |text: &str| SecretKey::from_text(&SecretString::from(text));
        let said = json!([
            "POST",
            "/api/v1/me/password",
            digest(&json!({ "new_password": "x" }))
        ]);
        let kept = signed(&key("this installation's"), &said);
        assert_eq!(signed(&key("this installation's"), &said), kept);
        assert_ne!(signed(&key("another's"), &said), kept);
    }
}
