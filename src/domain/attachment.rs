//! Attachments (F4): what a file is called here, what it is taken for, which are taken, and how many.

mod kinds;
mod name;
mod served;

use chrono::TimeDelta;

pub use kinds::{ForbiddenKinds, MalformedKind};
pub use name::FileName;
pub use served::{MediaType, disposition};

use super::Instant;

/// How long a file may be, in MiB (F4).
pub const LARGEST_MIB: usize = 25;
/// The same in bytes.
pub const LARGEST: usize = LARGEST_MIB * 1024 * 1024;
/// How many files an entry carries at the most (F4).
pub const MOST_OF_AN_ENTRY: usize = 10;
/// How long a file that was sent waits to be attached to something. Then it is swept away.
pub const PENDING_FOR: TimeDelta = TimeDelta::days(1);

/// There is no room for a file among those of its organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoRoom {
    /// How many bytes the organization's files may have together.
    pub limit: u64,
    /// How many are left.
    pub left: u64,
}

/// Whether files of `more` bytes go beside those of `used` bytes within `limit`.
///
/// # Errors
/// [`NoRoom`], with how much there would be.
pub const fn fits(used: u64, more: u64, limit: u64) -> Result<(), NoRoom> {
    let left = limit.saturating_sub(used);
    if more <= left {
        Ok(())
    } else {
        Err(NoRoom { limit, left })
    }
}

/// Whether a file that was sent at `sent_at` and attached to nothing is given up.
pub fn is_given_up(sent_at: Instant, now: Instant) -> bool {
    now.signed_duration_since(sent_at) >= PENDING_FOR
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_last_byte_fits_and_one_more_does_not() {
        assert_eq!(fits(90, 10, 100), Ok(()));
        let refused = NoRoom {
            limit: 100,
            left: 10,
        };
        assert_eq!(fits(90, 11, 100), Err(refused));
        // Whoever lowers the limit below what is there takes nothing more.
        let none = NoRoom { limit: 50, left: 0 };
        assert_eq!(fits(90, 1, 50), Err(none));
    }

    #[test]
    fn a_file_waits_for_a_day() {
        let at: Instant = "2026-03-03T10:00:00Z".parse().expect("an instant");
        assert!(!is_given_up(
            at,
            at + PENDING_FOR - TimeDelta::microseconds(1)
        ));
        assert!(is_given_up(at, at + PENDING_FOR));
    }

    proptest! {
        #[test]
        fn what_fits_never_passes_the_limit(used: u32, more: u32, limit: u32) {
            let (used, more, limit) = (u64::from(used), u64::from(more), u64::from(limit));
            prop_assert_eq!(fits(used, more, limit).is_ok(), used + more <= limit || more == 0);
        }
    }
}
