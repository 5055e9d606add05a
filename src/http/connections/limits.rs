//! How many connections this process can bear, all together and from one place.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// How many connections of one place may wait for their client.
const WAITING_OF_ONE: usize = 256;
/// How many connections there are at the most, whatever the system gives.
pub(super) const MOST: usize = 16_384;
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
    /// What this process can bear, once it has been given as many descriptors as it may have.
    pub fn of_this_process() -> Self {
        Self::within(raise_descriptors())
    }

    pub(super) fn within(descriptors: u64) -> Self {
        let rest = usize::try_from(descriptors.saturating_sub(RESERVED)).unwrap_or(MOST);
        let all = rest.clamp(64, MOST);
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
