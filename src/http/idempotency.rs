//! `Idempotency-Key`: a POST that is sent twice does its work once.
//!
//! The key's row, the work and the answer are one transaction. A refusal rolls all of it back, so that the client may
//! correct its request and use the same key again.

use actix_web::http::header::HeaderMap;
use chrono::TimeDelta;
use diesel::result::{DatabaseErrorKind, Error};
use sha2::{Digest, Sha256};

use super::problem::{Code, Problem};
use super::reply::Reply;
use crate::db::{Conn, Db, DbError, Failure};
use crate::domain::Instant;
use crate::domain::ids::{OrganizationId, PersonId};
use crate::store::idempotency::{self as store, Request};

const HEADER: &str = "idempotency-key";
const LONGEST: usize = 255;
/// For how long an answer is kept.
const KEPT: TimeDelta = TimeDelta::hours(24);

/// The request as it is kept under its key, if it has one.
///
/// Two requests are the same if they were read as the same: neither white space nor the order of fields tells them
/// apart, nor do secrets, which show nothing of themselves. A quick hash of a password would be kept otherwise. In
/// another organization it is another request: a key never brings one organization's answer into another.
///
/// # Errors
/// [`Code::MalformedHeader`] for a key that is empty, too long or not plain text.
pub fn read(
    headers: &HeaderMap,
    (person, organization): (PersonId, OrganizationId),
    method: &str,
    path: &str,
    body: &impl std::fmt::Debug,
) -> Result<Option<Request>, Problem> {
    let Some(value) = headers.get(HEADER) else {
        return Ok(None);
    };
    let key = value
        .to_str()
        .ok()
        .map(str::trim)
        .filter(|key| !key.is_empty() && key.len() <= LONGEST);
    let Some(key) = key else {
        return Err(Problem::new(Code::MalformedHeader)
            .with("header", "Idempotency-Key")
            .with("expected", "1 to 255 plain characters, such as a UUID"));
    };
    let digest = Sha256::new()
        .chain_update(method)
        .chain_update([0])
        .chain_update(path)
        .chain_update([0])
        .chain_update(organization.as_uuid())
        .chain_update(format!("{body:?}"))
        .finalize();
    Ok(Some(Request {
        person,
        key: key.to_owned(),
        method: method.to_owned(),
        path: path.to_owned(),
        hash: hex::encode(digest),
    }))
}

/// Does the work of `request` once, in one transaction with its key and its answer.
///
/// # Errors
/// Those of `work`, [`Code::IdempotencyKeyReused`], and the database's own.
pub async fn once<T, const STATUS: u16>(
    db: &Db,
    request: Request,
    now: Instant,
    work: impl Fn(&mut Conn) -> Result<Reply<T, STATUS>, Problem> + Clone + Send + 'static,
) -> Result<Reply<T, STATUS>, Problem>
where
    T: 'static,
{
    let attempt = |request: Request| {
        let work = work.clone();
        db.write(move |conn| in_transaction(conn, &request, now, &work))
    };
    match attempt(request.clone()).await {
        // The same request was at work in another process and has just committed: its answer is there now.
        Err(problem) if met_itself(&problem) => attempt(request).await,
        outcome => outcome,
    }
}

fn in_transaction<T, const STATUS: u16>(
    conn: &mut Conn,
    request: &Request,
    now: Instant,
    work: &impl Fn(&mut Conn) -> Result<Reply<T, STATUS>, Problem>,
) -> Result<Reply<T, STATUS>, Problem> {
    if let Some(saved) = store::find(conn, request, now)? {
        if saved.request_hash != request.hash {
            return Err(Problem::new(Code::IdempotencyKeyReused));
        }
        return Ok(Reply::replay(saved));
    }
    store::reserve(conn, request, now + KEPT, now)?;
    let reply = work(conn)?;
    let (status, headers, body) = reply.kept();
    store::save(conn, request, status, headers, body)?;
    Ok(reply)
}

fn met_itself(problem: &Problem) -> bool {
    let Some(DbError::Query(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, info))) =
        problem.database()
    else {
        return false;
    };
    info.table_name() == Some("idempotency_keys") || info.message().contains("idempotency_keys")
}
