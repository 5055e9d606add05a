//! Live streams: server-sent events that tell of a case as its changes are committed (F5).
//!
//! A process looks once for all who follow something ([`hub`]), and hands each what is theirs. Before anybody is told
//! anything it is asked of the rows who they are and whether they still may, in the same transaction: whatever is taken
//! away ends a stream before another word (A7).

mod hub;
mod place;
mod told;

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant as Moment};

use actix_web::http::header::{HeaderValue, RETRY_AFTER};
use actix_web::web::Bytes;
use futures_util::stream::Stream;
use tokio::sync::Notify;

use super::principal::{Principal, Via};
use super::problem::{Code, Problem};
use super::state::AppState;
use crate::db::Epoch;
use crate::domain::access::{Access, Permission};
use crate::domain::audit::Topic;
use crate::domain::ids::{CaseId, CaseNumber, OrganizationId, PersonId, SessionId, TokenId};
use crate::domain::language::Language;
use crate::store::audit::Reached;

pub use place::{MalformedPlace, Place};
use told::{Said, Told};

/// When somebody who found no place is to ask again, in seconds: places become free when people leave.
const RETRY_WITHIN: u64 = 30;

/// A silent connection is cut by whoever stands between; a word now and then keeps it.
const BREATH: Duration = Duration::from_secs(14);
static STILL_HERE: Bytes = Bytes::from_static(b": still here\n\n");

/// The streams of a process. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Live(Arc<Streams>);

#[derive(Debug)]
struct Streams {
    places: Places,
    open: Mutex<Open>,
    /// Somebody follows who may have missed something.
    joined: Notify,
}

/// How many streams there may be in a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Places {
    /// All together.
    pub all: usize,
    /// Of one person, so that nobody takes the places of others.
    pub of_one: usize,
}

#[derive(Debug, Default)]
struct Open {
    followers: HashMap<u64, Arc<Follower>>,
    of_person: HashMap<PersonId, usize>,
    /// Who follows, once for all their streams, and how many those are.
    bearers: HashMap<Key, (Arc<Bearer>, usize)>,
    next: u64,
    /// Whether the hub looks for them.
    looking: bool,
    /// The server stops: whoever comes now is sent on at once.
    stopping: bool,
}

/// Somebody who follows something.
#[derive(Debug)]
struct Follower {
    what: What,
    bearer: Arc<Bearer>,
    told: Mutex<Told>,
}

/// By what somebody follows, and who it was when they came.
#[derive(Debug)]
struct Bearer {
    key: Key,
    reader: Principal,
}

/// What somebody showed and where they act: those of one key may do the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    shown: Shown,
    organization: OrganizationId,
    acting_as: Option<PersonId>,
    /// The language that they are spoken to in unless they have chosen one.
    browser: Language,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Shown {
    Session(SessionId),
    Token(TokenId),
}

impl Key {
    fn of(reader: &Principal) -> Self {
        Self {
            shown: match reader.via {
                Via::Session { id, .. } => Shown::Session(id),
                Via::Token { id, .. } => Shown::Token(id),
            },
            organization: reader.organization.id,
            acting_as: reader.acting_as.as_ref().map(|(clone, _)| *clone),
            browser: reader.browser,
        }
    }
}

impl Follower {
    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says something by `say`, and wakes whoever hands it on if it says that it has.
    fn tell(&self, say: impl FnOnce(&mut Told) -> bool) {
        let mut told = self.told();
        let waker = match say(&mut told) {
            true => told.take_waker(),
            false => None,
        };
        drop(told);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// What can be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A case: what is written on it, and that it changed.
    Case(CaseId, CaseNumber),
    /// All cases that exist for the reader: that one of them changed, and not which.
    Lists,
    /// What else lists are made from: that something of it was recorded, and not what.
    Records(Topic),
}

/// What is followed, and from where on.
#[derive(Clone, Debug)]
pub struct Followed {
    /// What.
    pub what: What,
    /// What the reader knows of a case. Of lists, the microsecond at which their page was made.
    pub from: Place,
    /// Of lists, how far what was recorded is known; none if their page's instant is.
    pub recorded: Option<Reached>,
}

impl What {
    /// Whether somebody may follow it.
    ///
    /// # Errors
    /// Why not: the permission that is missing, or that it does not exist for them, as its page answers.
    pub fn open_to(self, access: &Access) -> Result<(), Problem> {
        match self {
            Self::Case(..) | Self::Lists => Ok(access.require(Permission::CasesView)?),
            Self::Records(topic) => match topic.exists_for(access)? {
                true => Ok(()),
                false => Err(Problem::not_found()),
            },
        }
    }

    /// The case, if it is one.
    fn case(self) -> Option<CaseId> {
        match self {
            Self::Case(case, _) => Some(case),
            Self::Lists | Self::Records(_) => None,
        }
    }
}

/// The place of whoever comes back to lists after their stream broke off: they are told that something has changed, whatever it
/// was, since reading a list again costs less than missing a change.
const BROKEN_OFF: Place = Place::new(0, 0);

impl Followed {
    /// What a stream that breaks off before anything is told goes on behind.
    fn begins_behind(&self) -> Place {
        match self.what {
            What::Case(..) => self.from,
            What::Lists | What::Records(_) => BROKEN_OFF,
        }
    }
}

impl Live {
    /// Streams of a process that keeps so many open.
    pub fn with_places(places: Places) -> Self {
        Self(Arc::new(Streams {
            places,
            open: Mutex::default(),
            joined: Notify::new(),
        }))
    }

    /// Ends all streams, so that the server can stop: their readers come back to another process.
    pub fn stop(&self) {
        let mut open = self.0.open();
        open.stopping = true;
        let followers: Vec<_> = open.followers.values().cloned().collect();
        drop(open);
        for follower in followers {
            follower.tell(|told| {
                told.end();
                true
            });
        }
    }

    /// Takes a place; gives what it is told, and whether the hub has to be started.
    fn join(
        &self,
        mut reader: Principal,
        followed: &Followed,
    ) -> Result<(Following, bool), Problem> {
        // What is remembered of it is not kept for as long as a stream stays.
        reader.epoch = Epoch::default();
        let places = self.0.places;
        let mut open = self.0.open();
        if open.followers.len() >= places.all {
            return Err(come_again(Problem::new(Code::TooManyStreams)));
        }
        let person = reader.person;
        let of_person = open.of_person.entry(person).or_default();
        if *of_person >= places.of_one {
            let problem = Problem::new(Code::TooManyStreamsOfOne).with("most", places.of_one);
            return Err(come_again(problem));
        }
        *of_person += 1;
        let key = Key::of(&reader);
        let (bearer, streams) = open.bearers.entry(key.clone()).or_insert_with(|| {
            let bearer = Bearer { key, reader };
            (Arc::new(bearer), 0)
        });
        *streams += 1;
        let mut told = Told::up_to(followed.from, followed.recorded.clone());
        // The first word goes out at once, so that the reader knows that they are connected, and where they are.
        let hello = format!(
            ": connected\nretry: 2000\nid: {}\n\n",
            followed.begins_behind()
        );
        told.say(hello.into());
        let follower = Arc::new(Follower {
            what: followed.what,
            bearer: Arc::clone(bearer),
            told: Mutex::new(told),
        });
        if open.stopping {
            follower.told().end();
        }
        let id = open.next;
        open.next += 1;
        open.followers.insert(id, Arc::clone(&follower));
        let starts = !std::mem::replace(&mut open.looking, true);
        drop(open);
        let following = Following {
            follower,
            id,
            streams: Arc::clone(&self.0),
        };
        Ok((following, starts))
    }
}

fn come_again(problem: Problem) -> Problem {
    problem.header(RETRY_AFTER, HeaderValue::from(RETRY_WITHIN))
}

impl Streams {
    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says to everybody to whom nothing was said for a while that their stream is alive: one timer for all of them.
    fn breathe(&self) {
        let Some(silent_since) = Moment::now().checked_sub(BREATH) else {
            return;
        };
        let followers: Vec<_> = self.open().followers.values().cloned().collect();
        for follower in followers {
            follower.tell(|told| told.say_after_silence(silent_since, &STILL_HERE));
        }
    }
}

impl Open {
    fn leave(&mut self, id: u64, bearer: &Bearer) {
        self.followers.remove(&id);
        let person = bearer.reader.person;
        if let Some(count) = self.of_person.get_mut(&person) {
            *count -= 1;
            if *count == 0 {
                self.of_person.remove(&person);
            }
        }
        if let Some((_, streams)) = self.bearers.get_mut(&bearer.key) {
            *streams -= 1;
            if *streams == 0 {
                self.bearers.remove(&bearer.key);
            }
        }
    }
}

/// One thing that a stream says: its name, the place after it, and its data, which is JSON and so one line.
fn write_event(out: &mut String, name: &str, place: Option<Place>, data: &str) {
    use std::fmt::Write as _;
    if let Some(place) = place {
        let _ = writeln!(out, "id: {place}");
    }
    let _ = write!(out, "event: {name}\ndata: {data}\n\n");
}

/// A stream with its place, which is free again when the stream is gone. It holds no timer and no task of its own: what it says is
/// put here by the hub, a word now and then that it is there included.
#[derive(Debug)]
struct Following {
    follower: Arc<Follower>,
    id: u64,
    streams: Arc<Streams>,
}

impl Stream for Following {
    type Item = Bytes;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let mut told = self.follower.told();
        match told.next(context.waker()) {
            Said::Word { word, made_room } => {
                drop(told);
                if made_room {
                    // What did not fit is looked for again.
                    self.streams.joined.notify_one();
                }
                Poll::Ready(Some(word))
            }
            Said::Nothing => Poll::Pending,
            Said::End => Poll::Ready(None),
        }
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let mut open = self.streams.open();
        open.leave(self.id, &self.follower.bearer);
        let was_last = open.followers.is_empty();
        drop(open);
        if was_last {
            // The hub has nobody to look for any more.
            self.streams.joined.notify_one();
        }
    }
}

/// Tells `reader` of whatever follows what they know, until they may not know any more.
///
/// # Errors
/// [`Code::TooManyStreamsOfOne`], [`Code::TooManyStreams`], [`Code::Busy`] if nobody can look.
pub fn follow(
    desk: &Arc<AppState>,
    live: &Live,
    reader: Principal,
    followed: &Followed,
) -> Result<impl Stream<Item = Bytes> + Send + use<>, Problem> {
    let (following, starts) = live.join(reader, followed)?;
    if starts {
        hub::start(Arc::clone(desk), Arc::clone(&live.0))?;
    }
    live.0.joined.notify_one();
    Ok(following)
}
