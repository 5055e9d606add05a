//! Moving a misfiled entry to the other feed of its case (F3).

use thiserror::Error;

use super::{EntryKind, Feed, Visibility};

/// An entry, as far as it decides whether it moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Movable {
    /// Where it stands.
    pub feed: Feed,
    /// What it is.
    pub kind: EntryKind,
    /// Who it reaches.
    pub visibility: Visibility,
    /// Whether it was said with what happened to the escalation: the request, the verdict, the last word.
    pub is_part_of_escalation: bool,
    /// Whether the update that is owed next waits for the answer to it (M8).
    pub is_awaited: bool,
}

/// Why an entry stays where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MoveRefusal {
    /// It stands there.
    #[error("the entry stands in that feed")]
    AlreadyThere,
    /// Only what somebody wrote by itself is misfiled: a mark, an analysis or a recorded contact belongs where it is.
    #[error("only comments are moved")]
    NotAComment,
    /// Whoever reads internal entries reads both feeds.
    #[error("internal entries are not moved")]
    Internal,
    /// The escalation would be without its request, its verdict or its end.
    #[error("the entry is a part of what happened to the escalation")]
    PartOfEscalation,
    /// What the requester is asked would be gone from where they answer.
    #[error("an answer to the entry is awaited")]
    AnswerAwaited,
}

impl MoveRefusal {
    /// Its stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::AlreadyThere => "already_there",
            Self::NotAComment => "not_a_comment",
            Self::Internal => "internal_stays",
            Self::PartOfEscalation => "part_of_escalation",
            Self::AnswerAwaited => "answer_awaited",
        }
    }
}

/// Whether an entry moves to the feed `to`.
///
/// # Errors
/// Why it does not.
pub fn may_move(entry: &Movable, to: Feed) -> Result<(), MoveRefusal> {
    if entry.kind != EntryKind::Comment {
        Err(MoveRefusal::NotAComment)
    } else if entry.visibility != Visibility::Public {
        Err(MoveRefusal::Internal)
    } else if entry.feed == to {
        Err(MoveRefusal::AlreadyThere)
    } else if entry.is_part_of_escalation {
        Err(MoveRefusal::PartOfEscalation)
    } else if entry.is_awaited {
        Err(MoveRefusal::AnswerAwaited)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::feed::counts_as_provider_update;
    use crate::domain::organization::Side;

    const MISFILED: Movable = Movable {
        feed: Feed::Case,
        kind: EntryKind::Comment,
        visibility: Visibility::Public,
        is_part_of_escalation: false,
        is_awaited: false,
    };

    #[test]
    fn f3_only_public_comments_of_their_own_move_and_only_to_the_other_feed() {
        for feed in Feed::ALL {
            for to in Feed::ALL {
                for kind in EntryKind::ALL {
                    for visibility in Visibility::ALL {
                        let entry = Movable {
                            feed: *feed,
                            kind: *kind,
                            visibility: *visibility,
                            ..MISFILED
                        };
                        let moves = feed != to
                            && *kind == EntryKind::Comment
                            && *visibility == Visibility::Public;
                        assert_eq!(may_move(&entry, *to).is_ok(), moves, "{entry:?} to {to}");
                    }
                }
            }
        }
        let part = Movable {
            is_part_of_escalation: true,
            ..MISFILED
        };
        assert_eq!(
            may_move(&part, Feed::Escalation),
            Err(MoveRefusal::PartOfEscalation)
        );
        let awaited = Movable {
            is_awaited: true,
            ..MISFILED
        };
        assert_eq!(
            may_move(&awaited, Feed::Escalation),
            Err(MoveRefusal::AnswerAwaited)
        );
    }

    /// Whether it counts is asked of what an entry is and of who wrote it, not of where it stands.
    #[test]
    fn c7_an_update_by_the_provider_is_one_wherever_it_stands() {
        for side in [Side::Customer, Side::Provider] {
            let counts =
                counts_as_provider_update(MISFILED.kind, MISFILED.visibility, Some(side), false);
            assert_eq!(counts, side == Side::Provider);
        }
    }
}
