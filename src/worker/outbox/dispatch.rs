//! Which notices are under way at one time, and which are next: so that what is urgent does not wait behind the rest, and
//! nobody waits for a recipient at whom the server hangs.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use tokio::task::{Id, JoinSet};
use tokio::time::{Instant as Moment, sleep_until};

use super::outcome::End;
use super::{Outbox, Sending, lease};
use crate::clock::Clock;
use crate::db::{Conn, DbError};
use crate::domain::Instant;
use crate::domain::ids::NoticeId;
use crate::store::mail_outages;
use crate::store::notices::{self, Addressed, Due, Gathered};

/// How many queues are seen to side by side, those of what is urgent apart.
const PLACES: usize = 8;
/// How many queues of what is urgent are seen to side by side.
const URGENT_PLACES: usize = 4;
/// After so long, a letter that is under way takes no place from others any more.
const SLOW: Duration = Duration::from_secs(5);
/// How many queues are seen to side by side in all, slow ones included.
const MOST: usize = 32;
/// How many of the slow ones may go to one domain.
const SLOW_TO_A_DOMAIN: usize = 4;
/// For how long the others to such a domain are left alone.
const LEFT_ALONE: TimeDelta = TimeDelta::seconds(10);
/// How many notices of one queue are claimed at once.
const RUN: usize = 8;
/// How many notices one look finds of what is urgent: so many that were never put off, and so many that were.
const URGENT_WINDOW: i64 = 64;
/// How many of either it finds of the rest: they are kept until there is place for them.
const WINDOW: i64 = 512;
/// While what is kept waits for its place, the next look comes no sooner than this,
const PAUSE: Duration = Duration::from_millis(50);
/// nor sooner than so many times as long as the last one took: a look passes by all that waits behind what is under way.
const PAUSES: u32 = 20;
/// Places that become free within so long of one another are filled together.
const TOGETHER: Duration = Duration::from_millis(10);

/// What one worker has under way.
pub(super) struct Dispatch {
    outbox: Outbox,
    clock: Clock,
    /// Since when it works: what progress is counted from.
    began: Moment,
    runs: JoinSet<Ran>,
    under_way: HashMap<Id, UnderWay>,
    /// What was found due, is not urgent, and has had no place yet. Of each queue, it begins with the first that was due.
    found: Vec<Due>,
    /// Before when what waits is not looked at again while some of what was found is left.
    next_look: Moment,
}

/// A part of a queue that is under way.
struct UnderWay {
    queue: String,
    urgent: bool,
    domain: String,
    /// When its present letter was begun, in milliseconds since the worker's beginning.
    progress: Arc<AtomicU64>,
}

/// What came of a part of a queue.
struct Ran {
    sending: Sending,
    failure: Option<DbError>,
    /// Whether something of it is still to be sent.
    broke_off: bool,
}

/// What came of filling the places.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Filled {
    /// Notices that were claimed.
    pub(super) claimed: usize,
    /// Whether there was more that is due.
    pub(super) more: bool,
    /// When the mail server is tried next, if it is away.
    pub(super) probe_at: Option<Instant>,
}

/// What came of claiming.
#[derive(Debug, Default)]
struct Claimed {
    notices: Vec<Addressed>,
    /// What is gathered instead.
    out: HashSet<NoticeId>,
    /// Whether there was more, and another process has it.
    is_part: bool,
}

/// What a look at the outbox found.
enum Look {
    /// The mail server is away, and it is not yet time to try.
    Closed(Instant),
    /// What is due, as far as it was asked for, and whether the mail server is away so that one of it is to try.
    Due {
        urgent: Vec<Due>,
        others: Option<Vec<Due>>,
        probes: bool,
    },
}

impl Dispatch {
    /// A worker with nothing under way.
    pub(super) fn new(outbox: Outbox, clock: Clock) -> Self {
        Self {
            outbox,
            clock,
            began: Moment::now(),
            runs: JoinSet::new(),
            under_way: HashMap::new(),
            found: Vec::new(),
            next_look: Moment::now(),
        }
    }

    /// Claims what is due at `now`, as far as there is place for it, and begins to send it.
    ///
    /// # Errors
    /// Database errors.
    pub(super) async fn fill(&mut self, now: Instant) -> Result<Filled, DbError> {
        let (urgent_places, places) = (self.places(true), self.places(false));
        if urgent_places + places == 0 {
            return Ok(Filled {
                more: true,
                ..Filled::default()
            });
        }
        self.outbox.erase(now).await?;
        let looks = places > 0 && !self.has_some_to_begin() && self.looks_in().is_none();
        let transport = Arc::clone(&self.outbox.transport);
        let look = move |conn: &mut Conn| -> Result<Look, DbError> {
            let outage = mail_outages::of(conn, &transport)?;
            if let Some(next) = outage.as_ref().map(|outage| outage.next_probe_at)
                && next > now
            {
                return Ok(Look::Closed(next));
            }
            let urgent = match urgent_places {
                0 => Vec::new(),
                _ => notices::due(conn, true, URGENT_WINDOW, now)?,
            };
            let others = (looks || outage.is_some())
                .then(|| notices::due(conn, false, WINDOW, now))
                .transpose()?;
            Ok(Look::Due {
                urgent,
                others,
                probes: outage.is_some(),
            })
        };
        let begun = Moment::now();
        let (mut urgent, others, probes) = match self.outbox.db.read(look).await? {
            Look::Closed(next) => {
                self.outbox.way().closed = true;
                self.found.clear();
                return Ok(Filled {
                    probe_at: Some(next),
                    ..Filled::default()
                });
            }
            Look::Due {
                urgent,
                others,
                probes,
            } => (urgent, others, probes),
        };
        self.outbox.way().closed = probes;
        // It is kept only if nothing came between: nothing overtakes what could not be claimed, or what another process has begun
        // with. Whoever probes sends one, and looks again.
        let mut found = std::mem::take(&mut self.found);
        if probes {
            found.clear();
        }
        let mut more = is_full(&urgent, URGENT_WINDOW);
        if let Some(others) = others {
            more |= is_full(&others, WINDOW);
            // Of what is under way nothing was found now, and nothing else was left.
            found.extend(others);
            self.next_look = Moment::now() + PAUSE.max(begun.elapsed() * PAUSES);
        }
        let mut runs = runs(&mut urgent, urgent_places, &HashSet::new());
        runs.extend(self::runs(&mut found, places, &self.busy()));
        more |= !urgent.is_empty() || !found.is_empty();
        if probes {
            more |= runs.iter().flatten().count() > 1;
            runs.truncate(1);
            runs.iter_mut().for_each(|run| run.truncate(1));
        }
        if runs.is_empty() {
            self.found = found;
            return Ok(Filled::default());
        }
        let claimed = self.claim(runs, probes, now).await?;
        if claimed.is_part {
            more = true;
        } else if !probes {
            found.retain(|due| !claimed.out.contains(&due.id));
            self.found = found;
        }
        let count = claimed.notices.len();
        self.begin(claimed.notices, probes, now).await?;
        Ok(Filled {
            claimed: count,
            // Whoever probes finds out whether there is more to do.
            more: more && !probes,
            probe_at: None,
        })
    }

    /// For how long what waits is not looked at again; none if it may be now.
    pub(super) fn looks_in(&self) -> Option<Duration> {
        let wait = self.next_look.saturating_duration_since(Moment::now());
        (!self.found.is_empty() && !wait.is_zero()).then_some(wait)
    }

    /// Whether some of what was found can begin.
    fn has_some_to_begin(&self) -> bool {
        let busy = self.busy();
        (self.found.iter()).any(|due| !busy.contains(due.queue.as_str()))
    }

    /// The queues that are under way.
    fn busy(&self) -> HashSet<&str> {
        let queues = self.under_way.values().map(|one| one.queue.as_str());
        queues.collect()
    }

    /// Claims what is still due of these.
    async fn claim(
        &self,
        runs: Vec<Vec<Due>>,
        probes: bool,
        now: Instant,
    ) -> Result<Claimed, DbError> {
        let holder = Arc::clone(&self.outbox.holder);
        let transport = Arc::clone(&self.outbox.transport);
        let host = self.outbox.post.letterhead().host();
        // While the mail server is away, one notice tries it as it is.
        let gathers = self.outbox.gathers.filter(|_| !probes);
        self.outbox
            .db
            .write(move |conn: &mut Conn| -> Result<_, DbError> {
                if probes && !mail_outages::take_probe(conn, &transport, now)? {
                    return Ok(Claimed::default());
                }
                let runs = runs.clone();
                let Gathered { runs, out } = match gathers {
                    Some(window) => notices::gather(conn, runs, window, now)?,
                    None => Gathered::nothing(runs),
                };
                let notices = notices::claim(conn, lease(&holder, now), &host, &runs, now)?;
                Ok(Claimed {
                    is_part: notices.len() < runs.iter().flatten().count(),
                    notices,
                    out,
                })
            })
            .await
    }

    /// Begins to send what was claimed, but for what goes to a domain where too many are slow.
    async fn begin(
        &mut self,
        claimed: Vec<Addressed>,
        probes: bool,
        now: Instant,
    ) -> Result<(), DbError> {
        let slow = if probes {
            HashSet::new()
        } else {
            self.slow_domains()
        };
        let mut queues: Vec<Vec<Addressed>> = Vec::new();
        let mut left_alone = Vec::new();
        for notice in claimed {
            if slow.contains(domain(&notice)) {
                left_alone.push(notice.id);
                continue;
            }
            match queues
                .iter_mut()
                .find(|queue| queue[0].queue == notice.queue)
            {
                Some(queue) => queue.push(notice),
                None => queues.push(vec![notice]),
            }
        }
        for queue in queues {
            self.start(queue, probes);
        }
        if left_alone.is_empty() {
            return Ok(());
        }
        let holder = Arc::clone(&self.outbox.holder);
        let next = Some(now + LEFT_ALONE);
        self.outbox
            .db
            .write(move |conn: &mut Conn| -> Result<_, DbError> {
                Ok(notices::give_back(
                    conn,
                    &left_alone,
                    holder.name(),
                    next,
                    None,
                )?)
            })
            .await
            .map(drop)
    }

    fn start(&mut self, queue: Vec<Addressed>, probes: bool) {
        let progress = Arc::new(AtomicU64::new(self.elapsed()));
        let under_way = UnderWay {
            queue: queue[0].queue.clone(),
            urgent: queue[0].urgent,
            domain: domain(&queue[0]).to_owned(),
            progress: Arc::clone(&progress),
        };
        let (outbox, clock, began) = (self.outbox.clone(), self.clock.clone(), self.began);
        let run = self.runs.spawn(async move {
            let mut ran = Ran {
                sending: Sending::default(),
                failure: None,
                broke_off: true,
            };
            let ids: Vec<NoticeId> = queue.iter().map(|notice| notice.id).collect();
            for (notice, behind) in queue.iter().zip(1..) {
                progress.store(millis(began), Ordering::Relaxed);
                let behind = &ids[behind..];
                match outbox.see_to(notice, behind, probes, || clock.now()).await {
                    Ok((end, goes_on)) => {
                        ran.sending.count(end, behind.len());
                        if !goes_on {
                            return ran;
                        }
                    }
                    // What is behind it is sent when its lease has expired: not now, out of its order.
                    Err(error) => {
                        ran.failure = Some(error);
                        return ran;
                    }
                }
            }
            ran.broke_off = false;
            ran
        });
        self.under_way.insert(run.id(), under_way);
    }

    /// How many more queues can be seen to.
    fn places(&self, urgent: bool) -> usize {
        let quick = (self.under_way.values())
            .filter(|one| one.urgent == urgent && !self.is_slow(one))
            .count();
        let most = MOST.saturating_sub(self.under_way.len());
        let places = if urgent { URGENT_PLACES } else { PLACES };
        // What is urgent finds its places whatever else is slow.
        let spare = if urgent { URGENT_PLACES } else { 0 };
        places.saturating_sub(quick).min(most + spare)
    }

    /// The domains to which too many letters are slow.
    fn slow_domains(&self) -> HashSet<String> {
        let mut slow: HashMap<&str, usize> = HashMap::new();
        for one in self.under_way.values().filter(|one| self.is_slow(one)) {
            *slow.entry(&one.domain).or_default() += 1;
        }
        slow.into_iter()
            .filter(|(_, count)| *count >= SLOW_TO_A_DOMAIN)
            .map(|(domain, _)| domain.to_owned())
            .collect()
    }

    fn is_slow(&self, one: &UnderWay) -> bool {
        let since = one.progress.load(Ordering::Relaxed);
        self.elapsed().saturating_sub(since) >= u64::try_from(SLOW.as_millis()).unwrap_or(u64::MAX)
    }

    fn elapsed(&self) -> u64 {
        millis(self.began)
    }

    /// Whether anything is under way.
    pub(super) fn is_busy(&self) -> bool {
        !self.under_way.is_empty()
    }

    /// Whether there is place for more.
    pub(super) fn has_place(&self) -> bool {
        self.places(false) > 0 && self.places(true) > 0
    }

    /// Waits until the first of what is under way has ended, or has become so slow that it takes no place any more;
    /// for ever, if nothing is under way. It may be dropped at any time.
    ///
    /// # Errors
    /// Database errors: a letter that could not be marked is sent again when its lease has expired.
    pub(super) async fn place(&mut self) -> Result<(), DbError> {
        let quick = (self.under_way.values()).filter(|one| !self.is_slow(one));
        let next = quick
            .map(|one| Duration::from_millis(one.progress.load(Ordering::Relaxed)) + SLOW)
            .min()
            .map(|since_beginning| self.began + since_beginning);
        tokio::select! {
            ended = self.ended() => match ended {
                Some(ended) => {
                    let others = self.those_that_end_soon().await;
                    ended.failure.or(others).map_or(Ok(()), Err)
                }
                None => std::future::pending().await,
            },
            () = until(next) => Ok(()),
        }
    }

    /// Waits a moment for others that end; gives the first failure of them.
    async fn those_that_end_soon(&mut self) -> Option<DbError> {
        let soon = Moment::now() + TOGETHER;
        let mut failure = None;
        while self.is_busy() {
            tokio::select! {
                ended = self.ended() => failure = failure.or(ended.and_then(|ended| ended.failure)),
                () = sleep_until(soon) => break,
            }
        }
        failure
    }

    /// Waits for everything that is under way.
    ///
    /// # Errors
    /// Database errors, see [`Dispatch::place`].
    pub(super) async fn drain(&mut self) -> Result<Sending, DbError> {
        let mut sending = Sending::default();
        let mut failure = None;
        while let Some(ran) = self.ended().await {
            sending.add(ran.sending);
            failure = failure.or(ran.failure);
        }
        failure.map_or(Ok(sending), Err)
    }

    /// Holds what is under way for longer.
    ///
    /// # Errors
    /// Database errors.
    pub(super) async fn renew(&self, now: Instant) -> Result<(), DbError> {
        self.outbox.renew(now).await
    }

    /// The next that ends; none if nothing is under way.
    async fn ended(&mut self) -> Option<Ran> {
        let (id, ran) = match self.runs.join_next_with_id().await? {
            Ok((id, ran)) => (id, ran),
            // A panic has been reported where it happened; its letters are claimed again when the lease expires.
            Err(error) => {
                let ran = Ran {
                    sending: Sending::default(),
                    failure: None,
                    broke_off: true,
                };
                (error.id(), ran)
            }
        };
        if let Some(ended) = self.under_way.remove(&id)
            && ran.broke_off
        {
            // What comes next of this queue stands behind what is left.
            self.found.retain(|due| due.queue != ended.queue);
        }
        Some(ran)
    }
}

impl Sending {
    fn count(&mut self, end: End, behind: usize) {
        match end {
            End::Sent { opened } => {
                self.sent += 1;
                self.more |= opened;
            }
            End::PutOff => self.put_off += 1,
            End::Held => self.held += 1 + behind,
            End::Failed => self.failed += 1,
            End::Withheld => self.withheld += 1,
        }
    }

    fn add(&mut self, other: Self) {
        self.sent += other.sent;
        self.put_off += other.put_off;
        self.held += other.held;
        self.failed += other.failed;
        self.withheld += other.withheld;
        self.more |= other.more;
    }
}

/// Takes the first notices of the first `places` queues that are not `busy`.
fn runs(due: &mut Vec<Due>, places: usize, busy: &HashSet<&str>) -> Vec<Vec<Due>> {
    let mut runs: Vec<Vec<Due>> = Vec::new();
    let mut left = Vec::with_capacity(due.len());
    for notice in due.drain(..) {
        let own = runs.iter().position(|run| run[0].queue == notice.queue);
        match own {
            Some(run) if runs[run].len() < RUN => runs[run].push(notice),
            None if runs.len() < places && !busy.contains(notice.queue.as_str()) => {
                runs.push(vec![notice]);
            }
            Some(_) | None => left.push(notice),
        }
    }
    *due = left;
    runs
}

/// Whether a look may have left something out.
fn is_full(due: &[Due], window: i64) -> bool {
    i64::try_from(due.len()).is_ok_and(|found| found >= window)
}

fn domain(notice: &Addressed) -> &str {
    let address = notice.email.as_str();
    address
        .rsplit_once('@')
        .map_or(address, |(_, domain)| domain)
}

fn millis(began: Moment) -> u64 {
    u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX)
}

async fn until(moment: Option<Moment>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
