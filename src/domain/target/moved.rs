//! What becomes of an escalation's targets when an entry is moved into its feed, or out of it (F3, M8).

use super::{Happening, TargetKind, Turn, turns};
use crate::domain::Instant;
use crate::domain::organization::Side;

/// What a moved entry makes of the targets that run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// What becomes of them, in order.
    pub turns: Vec<Turn>,
    /// From when on it is so.
    pub at: Instant,
    /// Whether it is the answer that was awaited.
    pub answers: bool,
}

/// What becomes of the targets that run, each with its start, when a public entry that `side` wrote at `written` is moved
/// into the escalation's feed at `now`. `awaiting_since` is since when the requester's answer is awaited.
///
/// Nobody is late by a move for what they could not know. What the provider told the customer counts from when it was told,
/// though it stood in the other feed: it meets what ran then, and the next update is owed from then on. An entry that is older
/// than a target has nothing to do with it. What the customer answered elsewhere lets the clock go on from the move, for the
/// owner waits for it here. An entry that leaves the feed changes nothing: what was told in time was told in time.
pub fn moved_in(
    side: Side,
    written: Instant,
    running: &[(TargetKind, Instant)],
    awaiting_since: Option<Instant>,
    now: Instant,
) -> Moved {
    let then: Vec<TargetKind> = running
        .iter()
        .filter(|(_, started_at)| *started_at <= written)
        .map(|(kind, _)| *kind)
        .collect();
    let is_awaited = awaiting_since.is_some();
    match side {
        Side::Provider => {
            let wrote = Happening::ProviderWrote {
                awaits_reply: false,
            };
            Moved {
                turns: turns(wrote, &then, is_awaited),
                at: written.min(now),
                answers: false,
            }
        }
        // Only what was written after the question answers it.
        Side::Customer if awaiting_since.is_some_and(|since| since <= written) => {
            let kinds: Vec<TargetKind> = running.iter().map(|(kind, _)| *kind).collect();
            Moved {
                turns: turns(Happening::RequesterWrote, &kinds, true),
                at: now,
                answers: true,
            }
        }
        Side::Customer => Moved {
            turns: Vec::new(),
            at: now,
            answers: false,
        },
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::domain::target::Started;

    fn at(minute: i64) -> Instant {
        Instant::UNIX_EPOCH + TimeDelta::minutes(minute)
    }

    #[test]
    fn what_was_told_counts_from_when_it_was_told() {
        let running = [
            (TargetKind::FirstReply, at(10)),
            (TargetKind::Update, at(30)),
        ];
        let moved = |written| moved_in(Side::Provider, at(written), &running, None, at(90));
        // Before either began it has nothing to do with them.
        assert!(moved(9).turns.is_empty());
        let first = moved(10);
        assert_eq!(first.turns, [Turn::Meet(TargetKind::FirstReply)]);
        assert_eq!(first.at, at(10));
        // What ran when it was told is met then, and the next is owed from then on.
        let both = moved(30);
        assert_eq!(
            both.turns,
            [
                Turn::Meet(TargetKind::FirstReply),
                Turn::Meet(TargetKind::Update),
                Turn::Start(TargetKind::Update, Started::Running),
            ]
        );
        assert_eq!((both.at, both.answers), (at(30), false));
        // A claim is no matter of words.
        let claim = [(TargetKind::Claim, at(0))];
        let moved = moved_in(Side::Provider, at(5), &claim, None, at(9));
        assert!(moved.turns.is_empty());
    }

    #[test]
    fn an_answer_that_stood_elsewhere_lets_the_clock_go_on_from_the_move() {
        let running = [(TargetKind::Update, at(30))];
        let moved =
            |written, awaiting| moved_in(Side::Customer, at(written), &running, awaiting, at(90));
        let answer = moved(50, Some(at(40)));
        assert_eq!(answer.turns, [Turn::Resume(TargetKind::Update)]);
        assert_eq!((answer.at, answer.answers), (at(90), true));
        assert!(moved(40, Some(at(40))).answers);
        // Older than the question, or with nothing asked.
        for other in [moved(39, Some(at(40))), moved(50, None)] {
            assert!(other.turns.is_empty() && !other.answers);
        }
    }

    #[test]
    fn while_an_answer_is_awaited_the_next_update_stands_still_all_the_same() {
        let running = [(TargetKind::Update, at(30))];
        let moved = moved_in(Side::Provider, at(60), &running, Some(at(40)), at(90));
        assert_eq!(
            moved.turns,
            [
                Turn::Meet(TargetKind::Update),
                Turn::Start(TargetKind::Update, Started::Paused),
            ]
        );
    }
}
