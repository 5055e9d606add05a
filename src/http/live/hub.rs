//! One look for all who follow: a thread of its own asks what is new in every case that is followed, and hands each
//! follower what they may know of it.
//!
//! It looks when somebody has written, in this process or in another one, and every few seconds for what nobody said. A look
//! costs a handful of queries, however many follow: who they are by now is asked for all of them at once, before they are told
//! anything, when something was recorded that may have taken access from somebody, and every few seconds.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant as Moment};

use chrono::TimeDelta;
use chrono_tz::Tz;
use serde::Serialize;
use serde_json::json;

use super::told::Known;
use super::{BROKEN_OFF, Follower, Key, Place, Streams, What, write_event};
use crate::db::{Conn, Failure};
use crate::domain::Instant;
use crate::domain::access::{Access, Reach};
use crate::domain::audit::Topic;
use crate::domain::feed::{Feed, Visibility};
use crate::domain::ids::{CaseId, LineId, OrganizationId};
use crate::domain::language::Language;
use crate::domain::lines::Readers;
use crate::domain::organization::Side;
use crate::http::api::documents::{CaseChanged, EntryDocument, Reader};
use crate::http::principal::{Principal, ShownAgain};
use crate::http::problem::{Code, Problem};
use crate::http::state::AppState;
use crate::store::audit::{self, Behind, Reached};
use crate::store::feeds::{self, Head};
use crate::store::{cases, escalations, lines};
use crate::words::Languages;

/// How often it is seen to who is to hear that their stream is alive, and whether a look is due though nobody wrote.
const TICK: Duration = Duration::from_secs(1);
/// A burst of writes is told of at once: a busy desk is looked at no more often than this.
const GATHER: Duration = Duration::from_millis(200);
/// After this time all that is followed is looked at, and who follows is asked for again, whatever was said and recorded: what
/// ends by the clock is recorded nowhere, and a process that is killed does not say what it committed.
const AGAIN: Duration = Duration::from_secs(5);
/// How often all who follow are asked for again at the most, however often access changes.
const ALL_AGAIN: Duration = Duration::from_millis(500);
/// What was begun so shortly before a page was made may have been committed behind it. Whoever is told for nothing looks once more.
const UNDER_WAY: TimeDelta = TimeDelta::seconds(5);
/// The most entries of a case that one look reads for those who are equally far; the rest follows at once.
const MOST: i64 = 100;

/// Starts to look, until nobody follows any more.
///
/// # Errors
/// [`Code::Busy`] if the system gives no thread.
pub(super) fn start(desk: Arc<AppState>, streams: Arc<Streams>) -> Result<(), Problem> {
    let failed = |error: std::io::Error| {
        tracing::error!(%error, "nobody looks for live streams");
        Problem::busy()
    };
    let kept = Arc::clone(&streams);
    let started = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .and_then(|runtime| {
            std::thread::Builder::new()
                .name("live".to_owned())
                .spawn(move || runtime.block_on(look_out(desk, streams)))
        });
    if started.is_err() {
        kept.open().looking = false;
    }
    started.map(drop).map_err(failed)
}

async fn look_out(desk: Arc<AppState>, streams: Arc<Streams>) {
    let (mut changes, mut others) = (desk.db.changes(), desk.db.others());
    let mut hub = Hub::default();
    while let Some(followers) = gathered(&streams) {
        let begun = Moment::now();
        changes.mark_seen();
        others.mark_seen();
        let rest = match hub.look(&desk, followers).await {
            Ok(true) => continue,
            // Who may have lost access is asked for as soon as that may be.
            Ok(false) if hub.suspicious => ALL_AGAIN,
            Ok(false) => AGAIN,
            // A database that is away comes back, and nothing was told meanwhile.
            Err(problem) if problem.code() == Code::DatabaseUnavailable => TICK,
            Err(problem) => {
                tracing::error!(error = ?problem, "the look for live streams failed; it is tried again");
                TICK
            }
        };
        while begun.elapsed() < rest {
            tokio::select! {
                biased;
                () = changes.changed() => break,
                () = others.changed() => break,
                () = streams.joined.notified() => break,
                () = tokio::time::sleep(TICK.min(rest)) => streams.breathe(),
            }
        }
        streams.breathe();
        tokio::time::sleep(GATHER.saturating_sub(begun.elapsed())).await;
    }
}

/// Who follows now; none if nobody does, and then nobody looks any more.
fn gathered(streams: &Streams) -> Option<Vec<Arc<Follower>>> {
    let mut open = streams.open();
    if open.followers.is_empty() {
        open.looking = false;
        return None;
    }
    Some(open.followers.values().cloned().collect())
}

/// What is remembered from one look to the next.
#[derive(Default)]
struct Hub {
    /// How far what was recorded has been looked through for access that was taken; none before the first look.
    recorded: Option<Reached>,
    /// Access may have been taken, and not all who follow were asked for since.
    suspicious: bool,
    all_asked_at: Option<Moment>,
    /// When each was last asked for.
    asked: HashMap<Key, Moment>,
}

/// One look: what it is about, as it is handed to the database's thread.
struct Round {
    followers: Vec<(Arc<Follower>, Known)>,
    recorded: Option<Reached>,
    asks_all: bool,
    asks: HashSet<Key>,
}

/// What a look has found.
#[derive(Default)]
struct Found {
    recorded: Option<Reached>,
    taken: bool,
    asked: Vec<Key>,
    /// By the follower's index in the round.
    tellings: Vec<(usize, Telling)>,
    more: bool,
}

/// What is handed to a follower.
enum Telling {
    /// Where they are from now on, and what is said; empty where nothing was for them.
    News(Place, i64, String),
    /// How far what was recorded is known to somebody who follows lists, and what is said.
    Lists(Reached, String),
    End(String),
}

impl Hub {
    /// Looks once; gives whether there is more to tell at once.
    async fn look(
        &mut self,
        desk: &AppState,
        followers: Vec<Arc<Follower>>,
    ) -> Result<bool, Problem> {
        let now = Moment::now();
        // Who is slow to listen is told when there is room again.
        let followers: Vec<_> = followers
            .into_iter()
            .filter_map(|follower| {
                let known = follower.told().ready()?;
                Some((follower, known))
            })
            .collect();
        let rested = self
            .all_asked_at
            .is_none_or(|at| now.duration_since(at) >= ALL_AGAIN);
        let due = |key: &Key| {
            let asked = self.asked.get(key);
            asked.is_none_or(|at| now.duration_since(*at) + GATHER >= AGAIN)
        };
        let round = Round {
            recorded: self.recorded.clone(),
            asks_all: self.suspicious && rested,
            asks: (followers.iter().map(|(follower, _)| &follower.bearer.key))
                .filter(|key| due(key))
                .cloned()
                .collect(),
            followers,
        };
        let (words, clock) = (desk.words.clone(), desk.clock.now());
        let round = Arc::new(round);
        let asked_for = Arc::clone(&round);
        let found = desk
            .db
            .read(move |conn| asked_for.look(conn, &words, clock))
            .await?;
        self.recorded = found.recorded;
        self.suspicious = found.taken || (self.suspicious && !round.asks_all);
        if round.asks_all {
            self.all_asked_at = Some(now);
        }
        if self.asked.len() > round.followers.len() {
            let followed: HashSet<&Key> = (round.followers.iter())
                .map(|(follower, _)| &follower.bearer.key)
                .collect();
            self.asked.retain(|key, _| followed.contains(key));
        }
        self.asked
            .extend(found.asked.into_iter().map(|key| (key, now)));
        for (index, telling) in found.tellings {
            hand(&round.followers[index].0, telling);
        }
        // Access was taken in what was just read: all are asked for without waiting for the next commit.
        Ok(found.more || (self.suspicious && rested && !round.asks_all))
    }
}

fn hand(follower: &Follower, telling: Telling) {
    follower.tell(|said| {
        let text = match telling {
            // There was room, and nobody else fills it.
            Telling::News(told, seen, text) => {
                (said.known.told, said.known.seen) = (told, seen);
                text
            }
            Telling::Lists(recorded, text) => {
                said.known.recorded = Some(recorded);
                text
            }
            Telling::End(text) => {
                said.say(text.into());
                said.end();
                return true;
            }
        };
        if text.is_empty() {
            return false;
        }
        said.say(text.into());
        true
    });
}

impl Round {
    fn look(&self, conn: &mut Conn, words: &Languages, now: Instant) -> Result<Found, Problem> {
        let mut found = Found::default();
        let (recorded, as_much) = match &self.recorded {
            // Everybody is asked for at their first look, so that what was before it does not matter.
            None => (audit::reached(conn)?, None),
            Some(known) => {
                let since = audit::recorded_since(conn, known)?;
                found.taken = since.may_have_taken_access;
                (since.reached, (!since.is_any_new).then(|| known.clone()))
            }
        };
        found.recorded = Some(recorded.clone());
        let followed = self.followers.iter();
        let mut cases: Vec<CaseId> = followed.filter_map(|(one, _)| one.what.case()).collect();
        cases.sort_unstable();
        cases.dedup();
        let heads = feeds::heads(conn, &cases)?;
        let mut look = Look {
            heads: heads.into_iter().map(|head| (head.case, head)).collect(),
            words,
            now,
            shown: ShownAgain::default(),
            people: HashMap::new(),
            readers: HashMap::new(),
            news: HashMap::new(),
            recorded,
            as_much,
            changed: Vec::new(),
            changed_records: Vec::new(),
        };
        let mut due = Vec::new();
        for (index, (follower, state)) in self.followers.iter().enumerate() {
            let case = follower.what.case();
            let head = case.and_then(|case| look.heads.get(&case).copied());
            let is_news = match case {
                Some(_) => head.is_none_or(|head| {
                    head.version != state.told.version
                        || head.newest.is_some_and(|newest| newest > state.seen)
                }),
                None => !look.is_all_known_to(state),
            };
            if is_news || self.asks_all || self.asks.contains(&follower.bearer.key) {
                due.push((index, head));
            } else if case.is_none() && state.recorded.as_ref() != Some(&look.recorded) {
                let known = Telling::Lists(look.recorded.clone(), String::new());
                found.tellings.push((index, known));
            }
        }
        // Who they are by now, for all of them at once.
        let readers = due
            .iter()
            .map(|(index, _)| &self.followers[*index].0.bearer.reader);
        look.shown = ShownAgain::by(conn, readers, now)?;
        for (index, head) in due {
            let (follower, state) = &self.followers[index];
            let telling = match look.told(conn, follower, state, head) {
                Ok(Some((telling, more))) => {
                    found.more |= more;
                    telling
                }
                Ok(None) => continue,
                Err(problem) if problem.database().is_some() => return Err(problem),
                Err(problem) => Telling::End(end(&problem)),
            };
            found.tellings.push((index, telling));
        }
        found.asked = look.people.into_keys().collect();
        Ok(found)
    }
}

fn end(problem: &Problem) -> String {
    let mut text = String::new();
    let code = json!({ "code": problem.code().as_str() });
    write_event(&mut text, "end", None, &code.to_string());
    text
}

/// What one look has learnt so far, each thing once.
struct Look<'l> {
    heads: HashMap<CaseId, Head>,
    words: &'l Languages,
    now: Instant,
    /// What those have shown who may be told something.
    shown: ShownAgain,
    /// Who they are by now; none if they would not be let in any more.
    people: HashMap<Key, Option<Arc<Principal>>>,
    readers: HashMap<LineId, Readers>,
    news: HashMap<(CaseId, i64, Side, Tz, Language), Arc<News>>,
    /// What is recorded by now.
    recorded: Reached,
    /// What the look before has found, if nothing was recorded since: events that it knew have got their places in the chain.
    as_much: Option<Reached>,
    /// Whether cases were changed since somebody knew so much of it, for those who see the same.
    changed: Vec<((Reach, Side, Reached), bool)>,
    /// The same of what else lists are made from; for the staff, of all organizations.
    changed_records: Vec<(Records, bool)>,
}

/// What else lists are made from: of what, of which organization, and how far somebody knows it.
type Records = (Topic, Option<OrganizationId>, Reached);

/// Up to when a page knows what happened that was made at an instant, in microseconds since the epoch.
fn known_at(made_at: i64) -> Instant {
    Instant::from_timestamp_micros(made_at).unwrap_or_default() - UNDER_WAY
}

/// What has been written on a case behind a place, as it is said to readers of one side in one zone and one language.
struct News {
    entries: Vec<Said>,
    more: bool,
}

struct Said {
    position: i64,
    changed_position: i64,
    feed: Feed,
    visibility: Visibility,
    data: String,
}

impl Look<'_> {
    /// What a follower is told, and whether there is more; nothing if there is no news for them. A problem ends the stream.
    fn told(
        &mut self,
        conn: &mut Conn,
        follower: &Follower,
        state: &Known,
        head: Option<Head>,
    ) -> Result<Option<(Telling, bool)>, Problem> {
        let reader = self
            .person(conn, follower)?
            .ok_or_else(Problem::unauthenticated)?;
        let access = reader.access();
        follower.what.open_to(access)?;
        let (case, number) = match follower.what {
            What::Case(case, number) => (case, number),
            What::Lists => {
                let telling = self.lists(conn, (access.reach(), reader.side()), state)?;
                return Ok(Some((telling, false)));
            }
            What::Records(topic) => {
                let organization = match reader.side() {
                    Side::Provider => None,
                    Side::Customer => Some(reader.organization.id),
                };
                let telling = self.records(conn, (topic, organization), state)?;
                return Ok(Some((telling, false)));
            }
        };
        let head = head.ok_or_else(Problem::not_found)?;
        if !self.may_see(conn, access, &head)? {
            return Err(Problem::not_found());
        }
        let is_behind = head.newest.is_some_and(|newest| newest > state.seen);
        if !is_behind && head.version == state.told.version {
            return Ok(None);
        }
        let news = match is_behind {
            true => Some(self.news(conn, case, state.seen, &reader)?),
            false => None,
        };
        let mut text = String::new();
        let (mut told, mut seen) = (state.told, state.seen);
        for said in news.iter().flat_map(|news| &news.entries) {
            let is_known = said.position <= state.seen;
            seen = said.changed_position;
            if access.sees_entry(said.feed, said.visibility) {
                told.position = said.changed_position;
                let name = if is_known { "entry_changed" } else { "entry" };
                write_event(&mut text, name, Some(told), &said.data);
            }
        }
        let more = news.is_some_and(|news| news.more);
        if !more && (head.version != told.version || !text.is_empty()) {
            told.version = head.version;
            let changed = CaseChanged::new(number, head.version);
            write_event(&mut text, "case", Some(told), &data(&changed)?);
        }
        Ok(Some((Telling::News(told, seen, text), more)))
    }

    /// What somebody is told who follows lists: that something in them changed, if it did for them.
    fn lists(
        &mut self,
        conn: &mut Conn,
        (reach, side): (Reach, Side),
        state: &Known,
    ) -> Result<Telling, Problem> {
        let is_changed = match &state.recorded {
            // The page was made by somebody's clock; what is recorded from now on is known by its order.
            None => {
                // A call changes its escalation and not its case.
                let changes = [
                    cases::last_change(conn, reach)?,
                    escalations::last_change(conn, reach)?,
                ];
                let known = known_at(state.told.position);
                changes.into_iter().flatten().any(|at| at > known)
            }
            Some(_) if self.is_all_known_to(state) => false,
            Some(known) => {
                let of = (reach, side, known.clone());
                match self.changed.iter().find(|(known, _)| *known == of) {
                    Some((_, is_changed)) => *is_changed,
                    None => {
                        let is_changed = audit::is_any_case_changed(conn, (reach, side), known)?;
                        self.changed.push((of, is_changed));
                        is_changed
                    }
                }
            }
        };
        Ok(self.telling(is_changed))
    }

    /// The same of somebody who follows what else lists are made from.
    fn records(
        &mut self,
        conn: &mut Conn,
        (topic, organization): (Topic, Option<OrganizationId>),
        state: &Known,
    ) -> Result<Telling, Problem> {
        let is_changed = match &state.recorded {
            None => {
                let behind = Behind::At(known_at(state.told.position));
                audit::is_any_recorded(conn, (topic, organization), behind)?
            }
            Some(_) if self.is_all_known_to(state) => false,
            Some(known) => {
                let of = (topic, organization, known.clone());
                match self.changed_records.iter().find(|(known, _)| *known == of) {
                    Some((_, is_changed)) => *is_changed,
                    None => {
                        let behind = Behind::Known(known);
                        let is_changed =
                            audit::is_any_recorded(conn, (topic, organization), behind)?;
                        self.changed_records.push((of, is_changed));
                        is_changed
                    }
                }
            }
        };
        Ok(self.telling(is_changed))
    }

    fn telling(&self, is_changed: bool) -> Telling {
        let mut text = String::new();
        if is_changed {
            write_event(&mut text, "changed", Some(BROKEN_OFF), "{}");
        }
        Telling::Lists(self.recorded.clone(), text)
    }

    /// Whether somebody who follows lists knows all that is recorded.
    fn is_all_known_to(&self, state: &Known) -> bool {
        let known = state.recorded.as_ref();
        known.is_some_and(|known| *known == self.recorded || self.as_much.as_ref() == Some(known))
    }

    /// Who a follower is by now: asked for once, however many streams they have.
    fn person(
        &mut self,
        conn: &mut Conn,
        follower: &Follower,
    ) -> Result<Option<Arc<Principal>>, Problem> {
        let bearer = &follower.bearer;
        if let Some(known) = self.people.get(&bearer.key) {
            return Ok(known.clone());
        }
        let found = self.shown.who(conn, &bearer.reader, self.now)?;
        let found = found.map(Arc::new);
        self.people.insert(bearer.key.clone(), found.clone());
        Ok(found)
    }

    /// Whether the case exists for somebody: it is their organization's (A5), and of a line that they may read (A4).
    fn may_see(&mut self, conn: &mut Conn, access: &Access, head: &Head) -> Result<bool, Problem> {
        if !access.reach().covers(head.organization) {
            return Ok(false);
        }
        let readers = match self.readers.entry(head.line) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(lines::readers(conn, head.line)?),
        };
        Ok(readers.admit(access))
    }

    /// What is behind `place`, read and put into words once for all who are equally far.
    fn news(
        &mut self,
        conn: &mut Conn,
        case: CaseId,
        place: i64,
        reader: &Principal,
    ) -> Result<Arc<News>, Problem> {
        let language = reader.language();
        let key = (case, place, reader.side(), reader.time_zone, language);
        if let Some(news) = self.news.get(&key) {
            return Ok(Arc::clone(news));
        }
        let views = feeds::since(conn, case, place, MOST)?;
        let more = i64::try_from(views.len()).is_ok_and(|read| read == MOST);
        let reading = Reader {
            words: self.words.of(language),
            access: reader.access(),
            zone: reader.time_zone,
            now: self.now,
        };
        let entries = views.iter().map(|view| {
            // It is said to all who see the same, and so names nothing that its author alone may do.
            let document = EntryDocument {
                undo_until: None,
                ..EntryDocument::new(&reading, view)
            };
            Ok(Said {
                position: view.entry.position,
                changed_position: view.entry.changed_position,
                feed: view.entry.feed,
                visibility: view.entry.visibility,
                data: data(&document)?,
            })
        });
        let news = Arc::new(News {
            entries: entries.collect::<Result<_, Problem>>()?,
            more,
        });
        self.news.insert(key, Arc::clone(&news));
        Ok(news)
    }
}

fn data(document: &impl Serialize) -> Result<String, Problem> {
    serde_json::to_string(document).map_err(|error| {
        tracing::error!(%error, "an event does not serialize");
        Problem::new(Code::Internal)
    })
}
