//! How many connections this process can bear, all together and from one place.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// How many connections of one place may wait for their client.
const WAITING_OF_ONE: usize = 256;
/// How many connections there are at the most, whatever the system gives, unless more streams are to be kept.
pub(super) const MOST: usize = 16_384;
/// Of so many connections one is kept for requests that are no live streams.
const OTHERS: usize = 4;
/// Descriptors that are not for connections: databases, mail, files.
const RESERVED: u64 = 256;

/// How many connections are kept.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub(super) all: usize,
    pub(super) of_one: usize,
    pub(super) waiting_of_one: usize,
}

impl Limits {
    /// What this process can bear, once it has been given as many descriptors as it may have; with room for so many live streams
    /// as far as that goes.
    pub fn of_this_process(streams: usize) -> Self {
        Self::within(raise_descriptors(), streams)
    }

    pub(super) fn within(descriptors: u64, streams: usize) -> Self {
        let most = MOST.max(with_others(streams));
        let rest = usize::try_from(descriptors.saturating_sub(RESERVED)).unwrap_or(most);
        let all = rest.clamp(64, most);
        let of_one = all / 4;
        Self {
            all,
            of_one,
            waiting_of_one: WAITING_OF_ONE.min(of_one),
        }
    }

    /// All of them together.
    pub fn all(self) -> usize {
        self.all
    }

    /// How many of them may be live streams, so that there is room for other requests.
    pub fn streams(self) -> usize {
        self.all - self.all / OTHERS
    }
}

/// How many descriptors a process needs that keeps so many live streams.
pub fn descriptors_for(streams: usize) -> u64 {
    u64::try_from(with_others(streams)).map_or(u64::MAX, |connections| connections + RESERVED)
}

/// How many connections there are where so many of them are live streams.
fn with_others(streams: usize) -> usize {
    (streams * OTHERS).div_ceil(OTHERS - 1)
}

/// Raises the number of descriptors to the most that the system allows; gives it.
fn raise_descriptors() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    }
    .unwrap_or(u64::MAX)
}
