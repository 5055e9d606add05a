//! One-time links: made for a letter, looked at when they are followed, used once.

use chrono::TimeDelta;
use diesel::QueryResult;
use secrecy::ExposeSecret;

use crate::config::SecretKey;
use crate::credentials::{hash_secret, link_token, read_link_token};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::ids::{OneTimeLinkId, PersonId};
use crate::domain::link::{LinkPurpose, LinkState};
use crate::domain::notice::LinkFacts;
use crate::store::one_time_links::{self as links, NewLink, OneTimeLink};
use crate::store::password_resets;

/// Makes a link for a person that is good once and for `lifetime`; those made before for the same purpose are called
/// back. What it gives goes into the letter that bears it.
///
/// # Errors
/// Database errors.
pub fn issue(
    conn: &mut Conn,
    key: &SecretKey,
    purpose: LinkPurpose,
    person: PersonId,
    lifetime: TimeDelta,
    now: Instant,
) -> QueryResult<LinkFacts> {
    links::revoke(conn, person, purpose, now)?;
    let (id, until) = (OneTimeLinkId::new(now), now + lifetime);
    let secret = link_token(key, purpose, id);
    let new = NewLink {
        id,
        purpose,
        person,
        token_hash: &secret.hash,
        expires_at: until,
    };
    links::create(conn, &new, now)?;
    Ok(LinkFacts { id, purpose, until })
}

/// Whom no row is about.
pub const NOBODY: PersonId = PersonId::from_uuid(uuid::Uuid::nil());

/// What [`issue`] does, for nobody: as much is read and written, and there is no link afterwards.
///
/// # Errors
/// Database errors.
pub fn issue_to_nobody(
    conn: &mut Conn,
    key: &SecretKey,
    purpose: LinkPurpose,
    lifetime: TimeDelta,
    now: Instant,
) -> QueryResult<LinkFacts> {
    links::revoke(conn, NOBODY, purpose, now)?;
    let (id, until) = (OneTimeLinkId::new(now), now + lifetime);
    let secret = link_token(key, purpose, id);
    // A link is somebody's; a row of as much is written in its place.
    let wish = password_resets::ask(conn, &secret.hash, now)?;
    password_resets::take(conn, wish)?;
    Ok(LinkFacts { id, purpose, until })
}

/// The path of a link with its secret, for who hands it over by other means than a letter.
pub fn path(key: &SecretKey, link: &LinkFacts) -> String {
    let secret = link_token(key, link.purpose, link.id);
    link.purpose.path(secret.text.expose_secret())
}

/// The link that somebody followed, and where it stands; nothing if it is none of this installation's for this
/// purpose. Changes nothing.
///
/// # Errors
/// Database errors.
pub fn find(
    conn: &mut Conn,
    key: &SecretKey,
    purpose: LinkPurpose,
    token: &str,
    now: Instant,
) -> QueryResult<Option<(OneTimeLink, LinkState)>> {
    // What was not made here is not even looked up.
    if read_link_token(key, purpose, token).is_none() {
        return Ok(None);
    }
    let link = links::find(conn, purpose, &hash_secret(token))?;
    Ok(link.map(|link| {
        let state = link.state(now);
        (link, state)
    }))
}

/// What came of using a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redemption {
    /// It is used up now, by this person.
    Redeemed(PersonId),
    /// It cannot be used any more, and why.
    Void(LinkState),
    /// It is none of this installation's for this purpose, or so old that nothing is known of it.
    Unknown,
}

/// Uses a link up. Of any number that try at once, on any number of server processes, one does.
///
/// # Errors
/// Database errors.
pub fn redeem(
    conn: &mut Conn,
    key: &SecretKey,
    purpose: LinkPurpose,
    token: &str,
    now: Instant,
) -> QueryResult<Redemption> {
    let Some((link, _)) = find(conn, key, purpose, token, now)? else {
        return Ok(Redemption::Unknown);
    };
    if links::redeem(conn, link.id, now)? {
        return Ok(Redemption::Redeemed(link.person_id));
    }
    // Read again: it may have been used between the look and the attempt.
    Ok(match find(conn, key, purpose, token, now)? {
        Some((_, LinkState::Good)) | None => Redemption::Unknown,
        Some((_, state)) => Redemption::Void(state),
    })
}
