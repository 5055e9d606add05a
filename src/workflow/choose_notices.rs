//! People choose which kinds of notices they get (N5): signed in, or by the link in a notice (N4).

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use utoipa::openapi::{RefOr, Schema};

use super::{Actor, Rejection, VerbResult, following, publish};
use crate::config::SecretKey;
use crate::credentials::{read_mute_token, read_unsubscribe_token};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Reach;
use crate::domain::event::{AccountEvent, Changed};
use crate::domain::feed::Feed;
use crate::domain::ids::{CaseNumber, CaseRef, PersonId};
use crate::domain::notice::{Delivery, NoticeKind, Stance};
use crate::domain::text::EmailAddress;
use crate::input::{At, Errors, Fault, Field, Input, Member, object_schema};
use crate::store::people::{self, Person};
use crate::store::{cases, digests, notice_preferences as preferences, notices};

/// How to get the notices of each kind; kinds that are left out stay as they are.
#[derive(Clone, Debug)]
pub struct ChooseNotices {
    choices: BTreeMap<NoticeKind, Delivery>,
    /// Whether it is a page's form, which asks for all that can be chosen.
    is_form: bool,
}

impl Field for ChooseNotices {
    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        let given = Map::<String, Value>::read(value, at, errors)?;
        let is_form = errors.form_zone().is_some();
        let mut choices = BTreeMap::new();
        for (name, value) in given {
            let at = at.name(&name);
            match name.parse::<NoticeKind>() {
                Ok(_) if is_form && value.is_null() => {}
                Ok(kind) => {
                    choices.extend(Delivery::read(&value, &at, errors).map(|how| (kind, how)));
                }
                // A form carries things along that are its page's.
                Err(_) if is_form => {}
                Err(_) => {
                    let known = NoticeKind::NAMES.join(", ");
                    errors.refuse::<()>(&at, Fault::new("unknown_field").with("known", known));
                }
            }
        }
        Some(Self { choices, is_form })
    }

    fn schema() -> RefOr<Schema> {
        let about =
            "How to get the notices of each kind; kinds that are left out stay as they are.";
        object_schema(about, Self::members())
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        <Delivery as Field>::schemas(schemas);
    }
}

impl Input for ChooseNotices {
    fn members() -> Vec<Member> {
        let member = |name: &&'static str| Member {
            name,
            doc: "When to get them.".to_owned(),
            required: false,
            schema: <Delivery as Field>::schema(),
        };
        NoticeKind::NAMES.iter().map(member).collect()
    }
}

/// How a person gets each kind of notice, in the order of the kinds. What cannot be switched off is got at once,
/// whatever a row may say.
///
/// # Errors
/// Database errors.
pub fn chosen(conn: &mut Conn, person: PersonId) -> VerbResult<Vec<(NoticeKind, Delivery)>> {
    let chosen = preferences::of_person(conn, person)?;
    let delivery = |kind: NoticeKind| match chosen.get(&kind) {
        Some(delivery) if kind.is_chosen() => *delivery,
        _ => Delivery::Now,
    };
    Ok(NoticeKind::ALL
        .iter()
        .map(|kind| (*kind, delivery(*kind)))
        .collect())
}

/// What a person chooses among: the kinds that they can get (N5), in the order of the kinds, and how they get each.
///
/// # Errors
/// [`Rejection::NotFound`] if there is no such person; database errors.
pub fn offered(
    conn: &mut Conn,
    person: PersonId,
    now: Instant,
) -> VerbResult<Vec<(NoticeKind, Delivery)>> {
    let known = notices::known(conn, vec![person], None, now)?.pop();
    let access = known.ok_or(Rejection::NotFound)?.candidate.access;
    let mut chosen = chosen(conn, person)?;
    chosen.retain(|(kind, _)| kind.is_for(&access));
    Ok(chosen)
}

/// How much is kept for a person's next digest.
///
/// # Errors
/// Database errors.
pub fn kept(conn: &mut Conn, person: PersonId) -> VerbResult<i64> {
    Ok(digests::count_of(conn, person)?)
}

/// Lets whoever acts get the notices of these kinds as they choose; kinds that are not named stay as they are. What somebody cannot
/// get yet may be chosen as well: it holds once they can.
///
/// What is kept for the digest still comes with it if they want to get the kind at once from now on, and is dropped if they
/// want no more of it.
///
/// # Errors
/// [`Rejection::Field`] for a kind that cannot be switched off; [`Rejection::Fields`] for what a page's form leaves out.
pub fn choose(
    conn: &mut Conn,
    actor: &Actor,
    command: &ChooseNotices,
    now: Instant,
) -> VerbResult<()> {
    let choices = &command.choices;
    let fixed = |(kind, delivery): &(&NoticeKind, &Delivery)| {
        **delivery != Delivery::Now && !kind.is_chosen()
    };
    if let Some((kind, delivery)) = choices.iter().find(fixed) {
        return Err(Rejection::Field {
            field: kind.as_str(),
            code: "not_optional",
            given: delivery.to_string(),
        }
        .into());
    }
    let person = people::find(conn, Reach::Everything, actor.id())?.ok_or(Rejection::NotFound)?;
    if command.is_form {
        let asked = offered(conn, person.id, now)?.into_iter();
        let missing: Vec<_> = asked
            .filter(|(kind, _)| kind.is_chosen() && !choices.contains_key(kind))
            .map(|(kind, _)| (kind.as_str(), "required", String::new()))
            .collect();
        if !missing.is_empty() {
            return Err(Rejection::Fields(missing).into());
        }
    }
    keep(conn, &person, choices, now)
}

/// What a link in a notice ends.
#[derive(Clone, Debug)]
pub struct Unsubscribing {
    /// The address to which no more go.
    pub email: EmailAddress,
    /// What no more go of.
    pub what: Ended,
}

/// Of what a person has no more notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Of this kind.
    Kind(NoticeKind),
    /// Of this feed of a case (F7).
    Feed(CaseNumber, Feed),
}

/// What a link in a notice would end. Changes nothing.
///
/// # Errors
/// [`Rejection::NotFound`] if this installation never made the link, or it is good for nothing any more: the answer is
/// the same whatever is wrong with it.
pub fn unsubscribing(conn: &mut Conn, key: &SecretKey, token: &str) -> VerbResult<Unsubscribing> {
    let (person, what) = named(conn, key, token)?;
    let email = person.email;
    Ok(Unsubscribing { email, what })
}

/// Ends them. Whoever holds the link got the notice, and need not sign in to have no more of it (RFC 8058); doing it
/// again changes nothing. A link that mutes a feed ends all new entries if `whole_kind` is asked for.
///
/// # Errors
/// As for [`unsubscribing`].
pub fn unsubscribe(
    conn: &mut Conn,
    key: &SecretKey,
    token: &str,
    whole_kind: bool,
    now: Instant,
) -> VerbResult<Unsubscribing> {
    let (person, what) = named(conn, key, token)?;
    let what = match what {
        Ended::Feed(..) if whole_kind => Ended::Kind(NoticeKind::EntryPosted),
        what => what,
    };
    match what {
        Ended::Feed(number, feed) => {
            let case = cases::id_of(conn, Reach::Everything, &CaseRef::Number(number))?;
            let case = (case.ok_or(Rejection::NotFound)?, number);
            following::keep(conn, &person, &person, case, &[(feed, Stance::Mute)], now)?;
        }
        // Whoever wants no digest wants nothing of what comes with it.
        Ended::Kind(NoticeKind::Digest) => {
            let ended = chosen(conn, person.id)?
                .into_iter()
                .filter(|(_, delivery)| *delivery == Delivery::Digest)
                .map(|(kind, _)| (kind, Delivery::None))
                .collect();
            keep(conn, &person, &ended, now)?;
        }
        Ended::Kind(kind) => {
            keep(
                conn,
                &person,
                &BTreeMap::from([(kind, Delivery::None)]),
                now,
            )?;
        }
    }
    let email = person.email;
    Ok(Unsubscribing { email, what })
}

/// Whom and what a link names.
fn named(conn: &mut Conn, key: &SecretKey, token: &str) -> VerbResult<(Person, Ended)> {
    let of_kind = read_unsubscribe_token(key, token)
        .filter(|(_, kind)| kind.is_optional())
        .map(|(person, kind)| (person, Ended::Kind(kind)));
    let of_feed = || {
        let (person, case, feed) = read_mute_token(key, token)?;
        Some((person, Ended::Feed(case, feed)))
    };
    let (person, what) = of_kind.or_else(of_feed).ok_or(Rejection::NotFound)?;
    let person = people::find(conn, Reach::Everything, person)?;
    match person.filter(|person| person.disabled_at.is_none()) {
        Some(person) => Ok((person, what)),
        None => Err(Rejection::NotFound.into()),
    }
}

fn keep(
    conn: &mut Conn,
    person: &Person,
    choices: &BTreeMap<NoticeKind, Delivery>,
    now: Instant,
) -> VerbResult<()> {
    let (mut before, mut after) = (BTreeMap::new(), BTreeMap::new());
    for (kind, old) in chosen(conn, person.id)? {
        let Some(new) = choices.get(&kind).filter(|new| **new != old) else {
            continue;
        };
        preferences::set(conn, person.id, kind, *new, now)?;
        if *new == Delivery::None {
            digests::drop_of(conn, person.id, kind)?;
        }
        before.insert(kind, old);
        after.insert(kind, *new);
    }
    let event = AccountEvent::NoticesChosen(Changed { before, after });
    publish::on_account(conn, person, person, event, now)
}
