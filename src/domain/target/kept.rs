//! What becomes of an escalation's targets when something happens to it.

use super::TargetKind;

/// What happened to an escalation, as far as it concerns its targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    /// It was submitted.
    Submitted,
    /// It got an owner.
    Owned,
    /// It was found valid.
    Accepted,
    /// It was weighed anew.
    Reranked,
    /// It was found not valid.
    Declined,
    /// The provider wrote something public in its feed.
    ProviderWrote {
        /// Whether an answer is awaited from then on.
        awaits_reply: bool,
    },
    /// The requester's side wrote something public in its feed.
    RequesterWrote,
    /// It was taken back.
    Withdrawn,
    /// It was closed, with a last word in its feed.
    Closed,
}

/// How a target starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Started {
    /// It runs.
    Running,
    /// It stands still from its first instant, for the requester's answer is awaited.
    Paused,
}

/// What becomes of one target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// One of this kind starts.
    Start(TargetKind, Started),
    /// The one that runs is met.
    Meet(TargetKind),
    /// It is over, met or not.
    End(TargetKind),
    /// It goes on.
    Resume(TargetKind),
    /// What it is reckoned by has changed.
    Reckon(TargetKind),
}

/// What becomes of the targets that run when this happens, in order (M8). `awaiting` says whether the requester's answer
/// is awaited already. Only the update stands still for that: the two others are owed whatever the requester answers.
pub fn turns(happening: Happening, running: &[TargetKind], awaiting: bool) -> Vec<Turn> {
    use TargetKind::{Claim, FirstReply, Update};
    let runs = |kind: TargetKind| running.contains(&kind);
    let mut turns = Vec::new();
    let started = |awaiting: bool| match awaiting {
        true => Started::Paused,
        false => Started::Running,
    };
    match happening {
        Happening::Submitted => turns.extend([
            Turn::Start(Claim, Started::Running),
            Turn::Start(FirstReply, Started::Running),
        ]),
        Happening::Owned => turns.extend(runs(Claim).then_some(Turn::Meet(Claim))),
        Happening::Accepted => {
            turns.extend(
                [Claim, FirstReply]
                    .into_iter()
                    .filter(|kind| runs(*kind))
                    .map(Turn::Meet),
            );
            turns.push(Turn::Start(Update, started(awaiting)));
        }
        Happening::Reranked => turns.extend(runs(Update).then_some(Turn::Reckon(Update))),
        Happening::ProviderWrote { awaits_reply } => {
            turns.extend(runs(FirstReply).then_some(Turn::Meet(FirstReply)));
            if runs(Update) {
                turns.push(Turn::Meet(Update));
                turns.push(Turn::Start(Update, started(awaiting || awaits_reply)));
            }
        }
        Happening::RequesterWrote => {
            turns.extend((awaiting && runs(Update)).then_some(Turn::Resume(Update)));
        }
        // The verdict is the first reply; the last word of a closing is news.
        Happening::Declined | Happening::Closed => {
            turns.extend(running.iter().copied().map(|kind| match kind {
                FirstReply | Update => Turn::Meet(kind),
                Claim => Turn::End(kind),
            }));
        }
        Happening::Withdrawn => turns.extend(running.iter().copied().map(Turn::End)),
    }
    turns
}
