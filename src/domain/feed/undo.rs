//! Taking an entry back (F4): its author may for a short time after they wrote it, before anybody is told of it by mail. It
//! is then as if it was never written; where that cannot be made so any more, it stays, and it is said why.

use chrono::TimeDelta;
use thiserror::Error;

use crate::domain::Instant;
use crate::domain::case::Status;
use crate::domain::ids::PersonId;

/// For how long an author may take an entry back, unless the installation says otherwise.
pub const UNDO_FOR: TimeDelta = TimeDelta::seconds(60);

/// An entry, as far as it decides whether its author takes it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undoable {
    /// Who wrote it.
    pub author: Option<PersonId>,
    /// Until when it may be taken back; this instant is the first at which it may not. None if it never could.
    pub until: Option<Instant>,
    /// Whether its words were taken away.
    pub is_redacted: bool,
    /// Whether it stands in another feed than it was written in (F3).
    pub was_moved: bool,
    /// Whether what it did to targets of the escalation cannot be put back (M8).
    pub is_bound_to_stay: bool,
    /// The status that the case got with it (C2, C4).
    pub moved_case: Option<MovedCase>,
}

/// That a case got another status with an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MovedCase {
    /// The status before.
    pub from: Status,
    /// The status that it got.
    pub to: Status,
    /// The version of the case from then on.
    pub version: i64,
}

/// The case of the entry, as it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaseNow {
    /// Where it stands.
    pub status: Status,
    /// Its version.
    pub version: i64,
    /// Whether somebody has written in its feed since.
    pub has_later_entry: bool,
}

/// Why an entry is not taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum UndoRefusal {
    /// It is somebody else's, a mark, or redacted.
    #[error("the entry is not the actor's to take back")]
    NotOwn,
    /// The time for it is over, or there never was any; or a mail of it is on its way.
    #[error("the time in which the entry could be taken back is over")]
    Over,
    /// What it did to targets of the escalation cannot be put back, or something else has happened to them since.
    #[error("targets of the escalation cannot be put back")]
    TargetTouched,
    /// The case got its status with it, and something has happened on the case since.
    #[error("the case has changed since")]
    CaseChanged,
    /// Somebody has moved it to the other feed.
    #[error("the entry was moved")]
    Moved,
}

/// Until when an entry that is written at `at` may be taken back, where `window` is given for it; not at all without one.
pub fn undo_until(at: Instant, window: TimeDelta) -> Option<Instant> {
    (window > TimeDelta::zero()).then(|| at + window)
}

/// Whether `by` may take the entry back at `now`; gives the status that the case gets back, if it got another one with the entry.
///
/// # Errors
/// Why not.
pub fn may_undo(
    entry: &Undoable,
    by: PersonId,
    case: CaseNow,
    now: Instant,
) -> Result<Option<Status>, UndoRefusal> {
    if entry.author != Some(by) || entry.is_redacted {
        return Err(UndoRefusal::NotOwn);
    }
    if entry.until.is_none_or(|until| until <= now) {
        return Err(UndoRefusal::Over);
    }
    if entry.was_moved {
        return Err(UndoRefusal::Moved);
    }
    if entry.is_bound_to_stay {
        return Err(UndoRefusal::TargetTouched);
    }
    match entry.moved_case {
        None => Ok(None),
        Some(moved) => {
            // Whoever wrote since has seen the case where the entry put it, and may have answered to that.
            let is_as_left =
                case.status == moved.to && case.version == moved.version && !case.has_later_entry;
            match is_as_left {
                true => Ok(Some(moved.from)),
                false => Err(UndoRefusal::CaseChanged),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const AS_LEFT: CaseNow = CaseNow {
        status: Status::InProgress,
        version: 3,
        has_later_entry: false,
    };

    fn at(milliseconds: i64) -> Instant {
        Instant::UNIX_EPOCH + TimeDelta::milliseconds(milliseconds)
    }

    fn written(author: PersonId) -> Undoable {
        Undoable {
            author: Some(author),
            until: undo_until(at(0), UNDO_FOR),
            is_redacted: false,
            was_moved: false,
            is_bound_to_stay: false,
            moved_case: None,
        }
    }

    #[test]
    fn f4_an_entry_is_taken_back_within_its_minute_and_by_its_author_alone() {
        let (author, other) = (PersonId::new(at(0)), PersonId::new(at(0)));
        let entry = written(author);
        assert_eq!(may_undo(&entry, author, AS_LEFT, at(59_999)), Ok(None));
        assert_eq!(
            may_undo(&entry, author, AS_LEFT, at(60_000)),
            Err(UndoRefusal::Over)
        );
        let refused = Err(UndoRefusal::NotOwn);
        assert_eq!(may_undo(&entry, other, AS_LEFT, at(0)), refused);
        let redacted = Undoable {
            is_redacted: true,
            ..entry
        };
        assert_eq!(may_undo(&redacted, author, AS_LEFT, at(0)), refused);
    }

    #[test]
    fn without_a_window_nothing_is_taken_back() {
        assert_eq!(undo_until(at(0), TimeDelta::zero()), None);
        let author = PersonId::new(at(0));
        let entry = Undoable {
            until: None,
            ..written(author)
        };
        let refused = Err(UndoRefusal::Over);
        assert_eq!(may_undo(&entry, author, AS_LEFT, at(0)), refused);
    }

    #[test]
    fn what_others_rely_on_since_stays() {
        let author = PersonId::new(at(0));
        let moved = Undoable {
            was_moved: true,
            ..written(author)
        };
        let touched = Undoable {
            is_bound_to_stay: true,
            ..written(author)
        };
        let refused = |entry| may_undo(&entry, author, AS_LEFT, at(1));
        assert_eq!(refused(moved), Err(UndoRefusal::Moved));
        assert_eq!(refused(touched), Err(UndoRefusal::TargetTouched));
    }

    #[test]
    fn a_case_gets_its_status_back_only_as_it_was_left() {
        let author = PersonId::new(at(0));
        let entry = Undoable {
            moved_case: Some(MovedCase {
                from: Status::AwaitingCustomer,
                to: Status::InProgress,
                version: 3,
            }),
            ..written(author)
        };
        let tries = |case| may_undo(&entry, author, case, at(1));
        assert_eq!(tries(AS_LEFT), Ok(Some(Status::AwaitingCustomer)));
        for changed in [
            CaseNow {
                status: Status::SolutionProvided,
                ..AS_LEFT
            },
            CaseNow {
                version: 4,
                ..AS_LEFT
            },
            CaseNow {
                has_later_entry: true,
                ..AS_LEFT
            },
        ] {
            assert_eq!(tries(changed), Err(UndoRefusal::CaseChanged));
        }
        // What moved nothing depends on nothing.
        let plain = written(author);
        let elsewhere = CaseNow {
            version: 9,
            has_later_entry: true,
            ..AS_LEFT
        };
        assert_eq!(may_undo(&plain, author, elsewhere, at(1)), Ok(None));
    }

    proptest! {
        #[test]
        fn the_window_is_open_exactly_before_its_end(window in 1_i64..600_000, later in 0_i64..1_200_000) {
            let author = PersonId::new(at(0));
            let entry = Undoable {
                until: undo_until(at(0), TimeDelta::milliseconds(window)),
                ..written(author)
            };
            let taken = may_undo(&entry, author, AS_LEFT, at(later)).is_ok();
            prop_assert_eq!(taken, later < window);
        }
    }
}
