//! Mentions: who is told of an entry because it names them, and who can be named.

use serde_json::{Map, Value, json};

use super::administer::refused;
use super::on::On;
use super::{Actor, Rejection, VerbResult};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::feed::{Feed, MOST_MENTIONS, Visibility, may_mention, mentioned};
use crate::domain::ids::{CaseRef, PersonId};
use crate::domain::notice::{needs_of_feed, obstacle};
use crate::domain::text::{folded, in_order};
use crate::store::cases::{self, Case};
use crate::store::feeds::MENTIONS;
use crate::store::notices::{self, Known};
use crate::store::{lines, mentionable};

/// The most people that are offered at once.
const OFFERED: usize = 8;
/// How many whose names fit are asked for whether they may be told, before it is said that nobody else fits.
const LOOKED_AT: usize = 40;

/// Whom the actor mentions in an entry: of those whom it names, those who may be told of it. A name of anybody else is a name.
///
/// # Errors
/// [`Rejection::Field`] if it mentions more than [`MOST_MENTIONS`]; database errors.
pub(super) fn in_entry(
    conn: &mut Conn,
    actor: &Actor,
    on: On<'_>,
    (body, visibility): (&str, Visibility),
    now: Instant,
) -> VerbResult<Vec<(PersonId, String)>> {
    if !may_mention(body) {
        return Ok(Vec::new());
    }
    let mut people = mentionable::on_case(conn, on.case(), &actor.access)?;
    let named = mentioned(body, &people);
    people.retain(|(person, _)| named.contains(person));
    if people.is_empty() {
        return Ok(people);
    }
    let ids = people.iter().map(|(person, _)| *person).collect();
    let told = may_be_told(conn, on.case(), (on.feed(), visibility), ids, now)?;
    people.retain(|(person, _)| {
        let mut told = told.iter();
        told.any(|known| known.candidate.access.person == *person)
    });
    if people.len() > MOST_MENTIONS {
        return Err(refused("body", "too_many_mentions", people.len()).into());
    }
    Ok(people)
}

/// What an entry keeps of whom it mentions, beside what it keeps otherwise.
pub(super) fn kept(
    details: Option<Map<String, Value>>,
    mentions: &[(PersonId, String)],
) -> Option<Map<String, Value>> {
    let mut details = details.unwrap_or_default();
    details.remove(MENTIONS);
    if !mentions.is_empty() {
        let named = mentions
            .iter()
            .map(|(id, name)| json!({ "id": id, "name": name }));
        details.insert(MENTIONS.to_owned(), named.collect());
    }
    (!details.is_empty()).then_some(details)
}

/// Those of a few people who may be told of an entry of a feed of a case.
fn may_be_told(
    conn: &mut Conn,
    case: &Case,
    (feed, visibility): (Feed, Visibility),
    people: Vec<PersonId>,
    now: Instant,
) -> VerbResult<Vec<Known>> {
    let readers = lines::readers(conn, case.line_of_business_id)?;
    let mut known = notices::known(conn, people, None, now)?;
    known.retain(|known| {
        let candidate = &known.candidate;
        readers.admit(&candidate.access)
            && !candidate.is_foreign(case.organization_id)
            && obstacle(candidate, case.organization_id, feed, visibility).is_none()
    });
    Ok(known)
}

/// People whose names begin with what was typed, or have a word that does, and who may be told of an entry of this feed that
/// reaches `visibility`; a few of them, by name.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`.
pub fn offered(
    conn: &mut Conn,
    actor: &Actor,
    case: &CaseRef,
    (feed, visibility): (Feed, Visibility),
    typed: &str,
    now: Instant,
) -> VerbResult<Vec<Known>> {
    let id = cases::id_of(conn, actor.reach(), case)?.ok_or(Rejection::NotFound)?;
    actor.require(Permission::FeedsComment)?;
    actor.require(needs_of_feed(feed))?;
    actor.access.may_write(visibility)?;
    let case = cases::find(conn, id)?;
    let typed = folded(typed);
    let fits = |name: &str| {
        let name = folded(name);
        name.starts_with(&typed) || name.split(' ').any(|word| word.starts_with(&typed))
    };
    let people = mentionable::on_case(conn, &case, &actor.access)?.into_iter();
    let ids: Vec<PersonId> = people
        .filter(|(person, name)| *person != actor.id() && fits(name))
        .map(|(person, _)| person)
        .take(LOOKED_AT)
        .collect();
    let mut known = may_be_told(conn, &case, (feed, visibility), ids, now)?;
    known.sort_by(|one, other| in_order(&one.name, &other.name));
    known.truncate(OFFERED);
    Ok(known)
}
