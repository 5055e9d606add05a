//! Following and muting the feeds of a case, each on its own (F7).

use std::collections::BTreeMap;

use super::administer::refused;
use super::notify::ToldOfEntries;
use super::record::DoneBy;
use super::{Actor, Rejection, VerbResult, publish};
use crate::db::{Conn, DbError};
use crate::domain::Instant;
use crate::domain::access::{Permission, Reach};
use crate::domain::event::{AccountEvent, Changed};
use crate::domain::feed::Feed;
use crate::domain::ids::{CaseId, CaseNumber, CaseRef, PersonId};
use crate::domain::notice::{
    Audience, Delivery, NoticeKind, Stance, Stances, may_follow, needs_of_feed,
};
use crate::domain::organization::Side;
use crate::input::input;
use crate::store::cases::{self, Case};
use crate::store::escalations::{self, Escalation};
use crate::store::people::{self, Person};
use crate::store::{follows, notice_preferences};

input! {
    /// What you want to be told of a case; a feed that is left out stays as it is.
    pub struct ChooseFollowing {
        /// Of the technical record.
        case_feed: Option<Stance>,
        /// Of what is said about its escalations.
        escalation_feed: Option<Stance>,
    }
}

/// What a feed is called where people say what they want of it.
pub const fn name_of(feed: Feed) -> &'static str {
    match feed {
        Feed::Case => "case_feed",
        Feed::Escalation => "escalation_feed",
    }
}

/// What somebody hears of one feed of a case.
#[derive(Clone, Copy, Debug)]
pub struct Hearing {
    /// The feed.
    pub feed: Feed,
    /// What they said of it.
    pub stance: Stance,
    /// Why they are told of a new entry; none if they are not.
    pub because: Option<Audience>,
    /// When they want to read of new entries at all (N5).
    pub delivery: Delivery,
    /// Whether they may follow it.
    pub may_follow: bool,
}

/// Somebody who is told of new entries in a feed.
#[derive(Clone, Debug)]
pub struct Follower {
    /// The feed.
    pub feed: Feed,
    /// Who.
    pub person: PersonId,
    /// First and last name.
    pub name: String,
    /// The side on which they stand.
    pub side: Side,
    /// Why.
    pub because: Audience,
}

/// What is told of the feeds of a case, to whoever asks and to others.
#[derive(Clone, Debug)]
pub struct Following {
    /// The feeds that whoever asks may read.
    pub feeds: Vec<Hearing>,
    /// Who is told of new entries in these: of everybody for staff, of their own side for customers.
    pub people: Vec<Follower>,
}

impl Following {
    /// What whoever asks hears of a feed, if they may read it.
    pub fn of(&self, feed: Feed) -> Option<&Hearing> {
        self.feeds.iter().find(|hearing| hearing.feed == feed)
    }
}

/// What whoever acts is told of the feeds of a case, and who else is.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`.
pub fn following(
    conn: &mut Conn,
    actor: &Actor,
    case: &CaseRef,
    now: Instant,
) -> VerbResult<Following> {
    let id = readable(conn, actor, case)?;
    let case = cases::find(conn, id)?;
    let active = escalations::active_of(conn, case.id)?;
    let said = follows::of_feeds(conn, id)?;
    Ok(following_of(
        conn,
        actor,
        (&case, active.as_ref(), said),
        now,
    )?)
}

/// [`following`] of a case that was read with its active escalation and what people said of its feeds, and that whoever acts may read.
///
/// # Errors
/// Database errors.
pub fn following_of(
    conn: &mut Conn,
    actor: &Actor,
    (case, active, said): (&Case, Option<&Escalation>, Vec<(Feed, Stances)>),
    now: Instant,
) -> Result<Following, DbError> {
    let told = ToldOfEntries::load(conn, case, active, said, now)?;
    let wanted = notice_preferences::of_kind(conn, NoticeKind::EntryPosted, &[actor.id()])?
        .remove(&actor.id());
    let mut following = Following {
        feeds: Vec::new(),
        people: Vec::new(),
    };
    for (happening, recipients) in told.feeds {
        let feed = happening.feed;
        if !actor.access.can(needs_of_feed(feed)) {
            continue;
        }
        let own = recipients.iter().find(|told| told.person == actor.id());
        following.feeds.push(Hearing {
            feed,
            stance: happening.stances.of(actor.id()),
            because: own.map(|told| told.audience),
            delivery: wanted.unwrap_or(Delivery::Now),
            may_follow: may_follow(&actor.access),
        });
        following.people.extend(recipients.iter().filter_map(|one| {
            let mut known = told.known.iter();
            let known = known.find(|known| known.candidate.access.person == one.person)?;
            let side = known.candidate.access.side;
            let is_shown = actor.side() == Side::Provider || side == actor.side();
            is_shown.then(|| Follower {
                feed,
                person: one.person,
                name: known.name.clone(),
                side,
                because: one.audience,
            })
        }));
    }
    Ok(following)
}

/// Lets whoever acts follow feeds of a case, mute them, or be told of what they take part in. It changes nothing of the
/// case, and holds as long as they may read it: whoever may not any more is told nothing.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied` for a feed that they do not read, `Field` if they are there by way of a pairing and would
/// follow (P7).
pub fn choose_following(
    conn: &mut Conn,
    actor: &Actor,
    case: &CaseRef,
    command: &ChooseFollowing,
    now: Instant,
) -> VerbResult<CaseId> {
    let id = readable(conn, actor, case)?;
    let asked = [
        (Feed::Case, command.case_feed),
        (Feed::Escalation, command.escalation_feed),
    ];
    let said: Vec<(Feed, Stance)> = asked
        .into_iter()
        .filter_map(|(feed, stance)| Some((feed, stance?)))
        .collect();
    for (feed, stance) in &said {
        actor.require(needs_of_feed(*feed))?;
        if *stance == Stance::Follow && !may_follow(&actor.access) {
            return Err(refused(name_of(*feed), "not_through_pairing", stance).into());
        }
    }
    let number = cases::find(conn, id)?.number;
    let person = people::find(conn, Reach::Everything, actor.id())?.ok_or(Rejection::NotFound)?;
    keep(conn, actor, &person, (id, number), &said, now)?;
    Ok(id)
}

/// Keeps what somebody says of feeds of a case, and records what is new of it on their account.
pub(super) fn keep<'a>(
    conn: &mut Conn,
    by: impl Into<DoneBy<'a>>,
    person: &Person,
    (case, number): (CaseId, CaseNumber),
    said: &[(Feed, Stance)],
    now: Instant,
) -> VerbResult<()> {
    let known: BTreeMap<Feed, Stance> = follows::of_person(conn, case, person.id)?
        .into_iter()
        .collect();
    let (mut before, mut after) = (BTreeMap::new(), BTreeMap::new());
    for (feed, new) in said {
        let old = known.get(feed).copied().unwrap_or(Stance::Default);
        if old == *new {
            continue;
        }
        follows::set(conn, (case, *feed), person.id, *new, now)?;
        before.insert(name_of(*feed), old);
        after.insert(name_of(*feed), *new);
    }
    let event = AccountEvent::FollowingChosen {
        case: number,
        feeds: Changed { before, after },
    };
    publish::on_account(conn, by, person, event, now)
}

fn readable(conn: &mut Conn, actor: &Actor, case: &CaseRef) -> VerbResult<CaseId> {
    let id = cases::id_of(conn, actor.reach(), case)?.ok_or(Rejection::NotFound)?;
    actor.require(Permission::CasesView)?;
    Ok(id)
}
