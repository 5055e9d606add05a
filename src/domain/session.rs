//! How long it is believed that whoever sits before a browser is who signed in there (A7).

use chrono::TimeDelta;

use super::Instant;

/// How long somebody who has shown their password, and their second factor if they have one, may change what their
/// account hangs on without showing it again.
pub const PROOF_LIFETIME: TimeDelta = TimeDelta::minutes(10);

/// When sessions end by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    /// After so long without use.
    pub idle: TimeDelta,
    /// After so long, however much they are used.
    pub lifetime: TimeDelta,
}

impl Default for SessionLimits {
    /// A working day without use, a week in all.
    fn default() -> Self {
        Self {
            idle: TimeDelta::hours(8),
            lifetime: TimeDelta::days(7),
        }
    }
}

/// Whether a proof of `proven_at` still counts at `now`.
pub fn is_recent(proven_at: Instant, now: Instant) -> bool {
    now < proven_at + PROOF_LIFETIME
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_counts_for_minutes() {
        let shown = Instant::UNIX_EPOCH;
        assert!(is_recent(shown, shown));
        assert!(is_recent(
            shown,
            shown + PROOF_LIFETIME - TimeDelta::microseconds(1)
        ));
        assert!(!is_recent(shown, shown + PROOF_LIFETIME));
    }
}
