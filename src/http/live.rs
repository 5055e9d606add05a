//! Live streams: server-sent events that tell of a case as its changes are committed (F5).
//!
//! A process looks once for all who follow something ([`hub`]), and hands each what is theirs. Before anybody is told
//! anything it is asked of the rows who they are and whether they still may, in the same transaction: whatever is taken
//! away ends a stream before another word (A7).

mod hub;
mod place;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::web::Bytes;
use futures_util::stream::{self, Stream};
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::Instant as Moment;

use super::principal::{Principal, Via};
use super::problem::{Code, Problem};
use super::state::AppState;
use crate::domain::ids::{CaseId, CaseNumber, OrganizationId, PersonId, SessionId, TokenId};
use crate::domain::language::Language;

pub use place::{MalformedPlace, Place};

/// How many streams one person has in a process: a dozen pages, so that nobody takes the places of others.
const OF_ONE: usize = 12;
/// How many tellings wait for a slow reader. What does not fit is looked for again when there is room.
const WAITING: usize = 2;
/// A silent connection is cut by whoever stands between; a word now and then keeps it.
const BREATH: Duration = Duration::from_secs(15);

/// The streams of a process. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Live(Arc<Streams>);

#[derive(Debug)]
struct Streams {
    /// How many there may be.
    places: usize,
    open: Mutex<Open>,
    /// Somebody follows who may have missed something.
    joined: Notify,
    stopping: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct Open {
    followers: HashMap<u64, Arc<Follower>>,
    of_person: HashMap<PersonId, usize>,
    next: u64,
    /// Whether the hub looks for them.
    looking: bool,
}

/// Somebody who follows something.
#[derive(Debug)]
struct Follower {
    what: What,
    key: Key,
    /// Who it was when they came.
    reader: Arc<Principal>,
    state: Mutex<State>,
}

/// How far a follower has been told, and by which way.
#[derive(Clone, Debug)]
struct State {
    /// The last place that was told: what the reader comes back with.
    told: Place,
    /// The last place that was looked at, whether it was for this reader or not.
    seen: i64,
    /// How far what was recorded is known to somebody who follows lists; 0 before the first look.
    recorded: i64,
    /// None once the stream has ended.
    news: Option<mpsc::Sender<Bytes>>,
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
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What can be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A case: what is written on it, and that it changed.
    Case(CaseId, CaseNumber),
    /// All cases that exist for the reader: that one of them changed, and not which.
    Lists,
}

/// What is followed, and from where on.
#[derive(Clone, Copy, Debug)]
pub struct Followed {
    /// What.
    pub what: What,
    /// What the reader knows of a case. Of lists, the microsecond at which their page was made.
    pub from: Place,
    /// Of lists, how far what was recorded is known; 0 if their page's instant is.
    pub recorded: i64,
}

impl What {
    /// The case, if it is one.
    fn case(self) -> Option<CaseId> {
        match self {
            Self::Case(case, _) => Some(case),
            Self::Lists => None,
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
            What::Lists => BROKEN_OFF,
        }
    }
}

impl Live {
    /// Streams of a process that keeps so many open.
    pub fn with_places(places: usize) -> Self {
        Self(Arc::new(Streams {
            places,
            open: Mutex::default(),
            joined: Notify::new(),
            stopping: watch::Sender::new(false),
        }))
    }

    /// Ends all streams, so that the server can stop: their readers come back to another process.
    pub fn stop(&self) {
        self.0.stopping.send_replace(true);
    }

    /// Takes a place; gives what it is told, and whether the hub has to be started.
    fn join(
        &self,
        reader: Principal,
        followed: &Followed,
    ) -> Result<(mpsc::Receiver<Bytes>, Occupied, bool), Problem> {
        let mut open = self.0.open();
        if open.followers.len() >= self.0.places {
            return Err(Problem::new(Code::TooManyStreams));
        }
        let person = reader.person;
        let of_person = open.of_person.entry(person).or_default();
        if *of_person >= OF_ONE {
            return Err(Problem::new(Code::TooManyStreamsOfOne).with("most", OF_ONE));
        }
        *of_person += 1;
        let key = Key::of(&reader);
        let known = open.followers.values().find(|other| other.key == key);
        let reader = known.map_or_else(|| Arc::new(reader), |other| Arc::clone(&other.reader));
        let (news, told) = mpsc::channel(WAITING);
        let state = State {
            told: followed.from,
            seen: followed.from.position,
            recorded: followed.recorded,
            news: Some(news),
        };
        let follower = Follower {
            what: followed.what,
            key,
            reader,
            state: Mutex::new(state),
        };
        let id = open.next;
        open.next += 1;
        open.followers.insert(id, Arc::new(follower));
        let starts = !std::mem::replace(&mut open.looking, true);
        let occupied = Occupied {
            streams: Arc::clone(&self.0),
            id,
            person,
        };
        Ok((told, occupied, starts))
    }
}

impl Streams {
    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stream's place, free again when the stream is gone.
struct Occupied {
    streams: Arc<Streams>,
    id: u64,
    person: PersonId,
}

impl Drop for Occupied {
    fn drop(&mut self) {
        let mut open = self.streams.open();
        open.followers.remove(&self.id);
        if let Some(count) = open.of_person.get_mut(&self.person) {
            *count -= 1;
            if *count == 0 {
                open.of_person.remove(&self.person);
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

struct Following {
    news: mpsc::Receiver<Bytes>,
    stopping: watch::Receiver<bool>,
    spoken_at: Moment,
    _place: Occupied,
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
    let (news, place, starts) = live.join(reader, followed)?;
    let stopping = live.0.stopping.subscribe();
    if starts {
        hub::start(Arc::clone(desk), Arc::clone(&live.0))?;
    }
    live.0.joined.notify_one();
    let stream = Following {
        news,
        stopping,
        spoken_at: Moment::now(),
        _place: place,
    };
    // The first word goes out at once, so that the reader knows that they are connected, and where they are.
    let hello = format!(
        ": connected\nretry: 2000\nid: {}\n\n",
        followed.begins_behind()
    );
    let hello = stream::once(async { Bytes::from(hello) });
    let rest = stream::unfold(stream, |mut stream| async move {
        let said = stream.next().await?;
        Some((said, stream))
    });
    Ok(stream::StreamExt::chain(hello, rest))
}

impl Following {
    /// What to say next; nothing any more after the end.
    async fn next(&mut self) -> Option<Bytes> {
        let said = tokio::select! {
            said = self.news.recv() => said?,
            () = tokio::time::sleep_until(self.spoken_at + BREATH) => {
                Bytes::from_static(b": still here\n\n")
            }
            () = stopped(&mut self.stopping) => return None,
        };
        self.spoken_at = Moment::now();
        Some(said)
    }
}

async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // Whoever could say so is gone, which comes to the same.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}
