//! The connections of the server: how many there are, whom they wait for, and for how long.
//!
//! Every phase of a request has an end. A head that is not complete in [`HEAD`] is answered 408, one that is too large
//! 431 or 414; a body has its own limit (`body`); an answer that is not read is given up; a connection between two
//! requests is closed after [`IDLE`].
//!
//! From one place only so many connections are kept that wait for their client. One more takes the room of the one
//! that has made the server wait longest: first of those that have their answer and send on what nobody reads, then of those
//! that have never got as far as a request. So whoever is slow on purpose makes room for whoever comes next, from the same
//! place as well. Trusted proxies speak for many places and have no such limit; all together stay below the descriptors
//! that the system gives.

mod answer;
mod body;
mod follow;
mod handed;
mod head;
mod incoming;
mod limits;
mod watched;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::HttpRequest;
use futures_util::task::AtomicWaker;
use tokio::time::Instant;

pub use answer::{End, Endings};
pub use follow::follow;
pub use handed::go_on;
use head::TooLarge;
use incoming::Incoming;
pub use limits::{Limits, descriptors_for};
pub use watched::Watched;

/// How long the head of a request may take, from the connection or the first byte on.
const HEAD: Duration = Duration::from_secs(10);
/// How long a connection is kept between two requests.
const IDLE: Duration = Duration::from_secs(75);
/// How long an answer may wait to be read.
const GRACE: Duration = Duration::from_secs(20);
/// How much of it has to be read from then on, in bytes a second.
const SLOWEST: f64 = 1024.0;

/// All connections of a server. Cheap to clone.
#[derive(Clone)]
pub struct Connections(Arc<Inner>);

struct Inner {
    limits: Limits,
    places: Mutex<Places>,
    stopping: AtomicBool,
}

#[derive(Default)]
struct Places {
    all: usize,
    /// By address, or by the /64 of an IPv6 address.
    connections: HashMap<IpAddr, Vec<Arc<Connection>>>,
}

/// One connection, as far as others have to do with it.
pub struct Connection {
    place: IpAddr,
    state: Mutex<State>,
    /// Whether a request was answered on it.
    served: AtomicBool,
    closing: AtomicBool,
    /// Whether a stream stays on it, which is not to be answered by requests any more.
    handed_over: AtomicBool,
    waker: AtomicWaker,
    all: Connections,
}

/// How far a connection is.
#[derive(Clone, Copy, Debug)]
struct State {
    phase: Phase,
    incoming: Incoming,
    /// Requests whose heads have come, and with which the house has not begun.
    queued: usize,
}

/// What a connection waits for.
#[derive(Clone, Copy, Debug)]
enum Phase {
    /// For its client, between two requests.
    Idle(Instant),
    /// For the rest of a head.
    Head(Instant),
    /// For the house to begin with a request whose head is complete, or for the rest of a body that nobody reads.
    Expected(Instant),
    /// For the house.
    Working,
    /// For the rest of a body, which has its own limit.
    Body(Instant),
    /// For the moment to pass for which its answer is held back.
    HeldBack(Instant),
}

impl Connections {
    /// None yet.
    pub fn within(limits: Limits) -> Self {
        Self(Arc::new(Inner {
            limits,
            places: Mutex::default(),
            stopping: AtomicBool::new(false),
        }))
    }

    /// Takes a connection from `place` in; nothing if there is no room and none that waits for its client. `is_many` says
    /// that the place speaks for many others.
    pub fn admit(&self, place: IpAddr, is_many: bool) -> Option<Arc<Connection>> {
        let limits = self.0.limits;
        let mut places = self.places();
        if !is_many {
            let here = places.connections.get(&place).map_or(0, Vec::len);
            if here >= limits.waiting_of_one {
                let waiting = places.waiting(place);
                let has_made_room =
                    waiting >= limits.waiting_of_one && places.close_the_slowest(place);
                if here >= limits.of_one && !has_made_room && !places.close_the_slowest(place) {
                    return None;
                }
            }
        }
        if places.all >= limits.all {
            let fullest = places.fullest()?;
            if !places.close_the_slowest(fullest) {
                return None;
            }
        }
        let connection = Arc::new(Connection {
            place,
            state: Mutex::new(State {
                phase: Phase::Head(Instant::now()),
                incoming: Incoming::default(),
                queued: 0,
            }),
            served: AtomicBool::new(false),
            closing: AtomicBool::new(false),
            handed_over: AtomicBool::new(false),
            waker: AtomicWaker::new(),
            all: self.clone(),
        });
        places.all += 1;
        places
            .connections
            .entry(place)
            .or_default()
            .push(Arc::clone(&connection));
        Some(connection)
    }

    /// Closes those that wait for their client to begin a request, and the others once they are answered.
    pub fn stop(&self) {
        self.0.stopping.store(true, Ordering::SeqCst);
        let places = self.places();
        for connection in places.connections.values().flatten() {
            if matches!(connection.state().phase, Phase::Idle(_) | Phase::Head(_)) {
                connection.close();
            }
        }
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        locked(&self.0.places)
    }
}

impl Places {
    fn waiting(&self, place: IpAddr) -> usize {
        let here = self.connections.get(&place).into_iter().flatten();
        here.filter(|connection| connection.waits_since().is_some())
            .count()
    }

    fn fullest(&self) -> Option<IpAddr> {
        let sizes = self.connections.iter();
        sizes
            .max_by_key(|(_, here)| here.len())
            .map(|(place, _)| *place)
    }

    /// Closes the connection of a place that has waited longest for its client, if one waits.
    fn close_the_slowest(&mut self, place: IpAddr) -> bool {
        let here = self.connections.get(&place).into_iter().flatten();
        let slowest = here
            .filter_map(|connection| {
                let since = connection.waits_since()?;
                let is_done = connection.is_left_over();
                Some(((!is_done, connection.has_served(), since), connection))
            })
            .min_by_key(|(waits, _)| *waits)
            .map(|(_, connection)| Arc::clone(connection));
        match slowest {
            Some(connection) => {
                connection.close();
                self.forget(&connection);
                true
            }
            None => false,
        }
    }

    fn forget(&mut self, connection: &Arc<Connection>) {
        let Some(here) = self.connections.get_mut(&connection.place) else {
            return;
        };
        if let Some(index) = here.iter().position(|one| Arc::ptr_eq(one, connection)) {
            here.swap_remove(index);
            self.all -= 1;
        }
        if here.is_empty() {
            self.connections.remove(&connection.place);
        }
    }
}

impl Connection {
    /// The connection that a request came by; none in a test that has no server.
    pub fn of(request: &HttpRequest) -> Option<&Arc<Self>> {
        request.conn_data()
    }

    /// The house works on a request.
    pub fn work(&self) {
        let mut state = self.state();
        state.queued = state.queued.saturating_sub(1);
        state.phase = Phase::Working;
    }

    /// The house waits for the rest of a body, until what is given is dropped.
    pub fn wait_for_body(self: &Arc<Self>) -> Interrupted {
        self.interrupt(Phase::Body(Instant::now()))
    }

    /// The answer is made and held back, until what is given is dropped.
    pub fn hold_back(self: &Arc<Self>) -> Interrupted {
        self.interrupt(Phase::HeldBack(Instant::now()))
    }

    fn interrupt(self: &Arc<Self>, phase: Phase) -> Interrupted {
        self.state().phase = phase;
        Interrupted(Arc::clone(self))
    }

    /// The answer is made. The client may begin its next request, if it has not done so already.
    pub fn answered(&self) {
        self.served.store(true, Ordering::Relaxed);
        if self.is_handed_over() {
            return;
        }
        let mut state = self.state();
        state.phase = state.next();
        let goes_on = !matches!(state.phase, Phase::Idle(_));
        drop(state);
        if self.all.0.stopping.load(Ordering::SeqCst) {
            self.close();
        } else if goes_on {
            // What has come already has its limit from here on, though nothing may follow it.
            self.waker.wake();
        }
    }

    /// Bytes have come; answers how many of them are to be handed on.
    fn read(&self, bytes: &[u8]) -> usize {
        let mut state = self.state();
        let read = state.incoming.read(bytes);
        state.queued += read.heads;
        state.phase = match (state.phase, state.next()) {
            (phase @ (Phase::Working | Phase::Body(_) | Phase::HeldBack(_)), _) => phase,
            // A limit is that of the whole.
            (phase @ Phase::Head(_), Phase::Head(_) | Phase::Idle(_))
            | (phase @ Phase::Expected(_), Phase::Expected(_))
            | (phase @ Phase::Idle(_), Phase::Idle(_)) => phase,
            (_, next) => next,
        };
        read.taken
    }

    /// The head that is too large, if one is, and whether everything before it is answered.
    fn refused(&self) -> Option<(TooLarge, bool)> {
        let state = self.state();
        let Incoming::Refused(too_large) = state.incoming else {
            return None;
        };
        let works = matches!(
            state.phase,
            Phase::Working | Phase::Body(_) | Phase::HeldBack(_)
        );
        Some((too_large, !works && state.queued == 0))
    }

    /// Whether the body of the last request that has come is not complete.
    fn has_more_to_come(&self) -> bool {
        let state = self.state();
        matches!(state.incoming, Incoming::Body(_)) && state.queued == 0
    }

    /// Whether what comes is the rest of a body whose answer is made.
    fn is_left_over(&self) -> bool {
        let phase = self.state().phase;
        matches!(phase, Phase::Expected(_) | Phase::HeldBack(_)) && self.has_more_to_come()
    }

    /// Until when the next byte has to come, and whether a head is then incomplete.
    fn deadline(&self) -> Option<(Instant, Late)> {
        let state = self.state();
        match state.phase {
            Phase::Idle(since) => Some((since + IDLE, Late::Idle)),
            Phase::Head(since) if state.has_begun() => Some((since + HEAD, Late::Head)),
            Phase::Head(since) | Phase::Expected(since) => Some((since + HEAD, Late::Idle)),
            Phase::Working | Phase::Body(_) | Phase::HeldBack(_) => None,
        }
    }

    fn waits_since(&self) -> Option<Instant> {
        match self.state().phase {
            Phase::Idle(since)
            | Phase::Head(since)
            | Phase::Expected(since)
            | Phase::Body(since)
            | Phase::HeldBack(since) => Some(since),
            Phase::Working => None,
        }
    }

    fn has_served(&self) -> bool {
        self.served.load(Ordering::Relaxed)
    }

    fn close(&self) {
        self.closing.store(true, Ordering::SeqCst);
        self.waker.wake();
    }

    fn is_handed_over(&self) -> bool {
        self.handed_over.load(Ordering::Relaxed)
    }

    fn is_closing(&self) -> bool {
        self.closing.load(Ordering::SeqCst)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }

    /// It is gone.
    fn end(self: &Arc<Self>) {
        self.all.places().forget(self);
    }
}

impl State {
    /// Whether a head has begun to come.
    fn has_begun(&self) -> bool {
        matches!(self.incoming, Incoming::Head(head) if head.has_begun())
    }

    /// What it waits for from now on, if nothing is worked on.
    fn next(&self) -> Phase {
        let now = Instant::now();
        match self.incoming {
            _ if self.queued > 0 => Phase::Expected(now),
            Incoming::Body(_) => Phase::Expected(now),
            Incoming::Refused(_) => Phase::Head(now),
            Incoming::Head(_) if self.has_begun() => Phase::Head(now),
            Incoming::Head(_) => Phase::Idle(now),
        }
    }
}

/// What is late where nothing comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Late {
    /// A request that was not begun: nobody waits for an answer.
    Idle,
    /// The rest of a head.
    Head,
}

/// The work on a request is interrupted until this is dropped.
pub struct Interrupted(Arc<Connection>);

impl Drop for Interrupted {
    fn drop(&mut self) {
        self.0.state().phase = Phase::Working;
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
