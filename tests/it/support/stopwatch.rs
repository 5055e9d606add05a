//! Seconds that are promised, told on machines that have other work as well.

use std::time::{Duration, Instant};

/// Runs from its making on.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch {
    begun: Instant,
    stalled: Duration,
}

impl Stopwatch {
    /// Starts one.
    pub fn start() -> Self {
        Self {
            begun: Instant::now(),
            stalled: stalled(),
        }
    }

    /// How long it has taken, but for the time in which anything on this machine waited for a processor or a disk that
    /// others had: about what it takes where there is nothing else to do.
    pub fn took(&self) -> Duration {
        let elapsed = self.begun.elapsed();
        elapsed.saturating_sub(stalled().saturating_sub(self.stalled))
    }
}

/// For how long in all something had to wait for a processor or a disk since the machine was started; nothing where the
/// kernel does not count it.
fn stalled() -> Duration {
    let of = |what: &str| -> Option<u64> {
        let pressure = std::fs::read_to_string(format!("/proc/pressure/{what}")).ok()?;
        let some = pressure.lines().find(|line| line.starts_with("some "))?;
        some.rsplit_once("total=")?.1.parse().ok()
    };
    Duration::from_micros(["cpu", "io"].into_iter().filter_map(of).sum())
}
