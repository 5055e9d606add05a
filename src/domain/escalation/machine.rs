//! One total function decides every verb.

use thiserror::Error;

use super::{Level, SCORES, State, Verb, rank};
use crate::domain::eligibility::{FindingCode, Severity};
use crate::domain::ids::PersonId;

/// What a verb is decided on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Where the escalation stands.
    pub state: State,
    /// Who reviews or runs it; present from the review on.
    pub owner: Option<PersonId>,
    /// Whether it has been rated.
    pub rated: bool,
    /// Who is asked to rate it: the requester, or whom the provider names in their place (M11).
    pub rater: PersonId,
    /// Whether that person is known to be gone, so that another may be asked.
    pub rater_is_gone: bool,
}

/// Who acts. Whether this person may use the verb at all is decided by [`crate::domain::access`] before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The person.
    pub id: PersonId,
    /// Whether the person may act in the owner's place, and assign.
    pub supervises: bool,
}

/// A verb with what it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Take it for review.
    Claim {
        /// Who becomes its owner.
        by: PersonId,
    },
    /// Give it to an owner.
    Assign {
        /// Who becomes its owner.
        to: PersonId,
    },
    /// Find it valid.
    Accept {
        /// How important it is.
        importance: Level,
        /// How urgent it is.
        urgency: Level,
        /// How many next steps are promised with it; at least one (M6).
        steps: usize,
    },
    /// Change importance and urgency.
    Rerank {
        /// How important it is now.
        importance: Level,
        /// How urgent it is now.
        urgency: Level,
    },
    /// Find it not valid.
    Decline {
        /// The criteria that are not met; at least one (M5).
        reasons: Vec<FindingCode>,
    },
    /// Take it back.
    Withdraw,
    /// End it.
    Close,
    /// Say how it was handled.
    Rate {
        /// From 1 (badly) to 5 (well).
        score: u8,
    },
    /// Ask somebody else to say so.
    AskRater,
}

/// What a verb does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The state afterwards.
    pub state: State,
    /// The owner afterwards.
    pub owner: Option<PersonId>,
    /// What happened.
    pub event: Event,
}

/// What happened to an escalation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// An owner took it for review.
    Claimed {
        /// Who.
        by: PersonId,
    },
    /// It was given to an owner.
    Assigned {
        /// Whose it was.
        from: Option<PersonId>,
        /// Whose it is.
        to: PersonId,
    },
    /// It was found valid.
    Accepted {
        /// How important.
        importance: Level,
        /// How urgent.
        urgency: Level,
        /// Its place in the queue, 1–5.
        rank: u8,
    },
    /// Its importance and urgency were set anew.
    Reranked {
        /// How important.
        importance: Level,
        /// How urgent.
        urgency: Level,
        /// Its place in the queue, 1–5.
        rank: u8,
    },
    /// It was found not valid.
    Declined {
        /// The criteria not met, each once, in rule order.
        reasons: Vec<FindingCode>,
    },
    /// It was taken back.
    Withdrawn,
    /// It ended.
    Closed,
    /// It was rated.
    Rated {
        /// 1–5.
        score: u8,
    },
    /// Somebody else was asked to rate it.
    RaterAsked,
}

/// Why a verb does nothing.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The escalation does not take the verb where it stands (M2).
    #[error("an escalation that is {state} does not take {verb}")]
    UnlawfulMove {
        /// Where it stands.
        state: State,
        /// What was asked.
        verb: Verb,
        /// What it takes there.
        lawful: Vec<Verb>,
    },
    /// Somebody else was quicker.
    #[error("the escalation is already claimed")]
    AlreadyClaimed {
        /// Who.
        by: PersonId,
    },
    /// Only its owner or a supervisor decides it.
    #[error("only the owner or a supervisor decides an escalation")]
    NotOwner,
    /// Only a supervisor assigns.
    #[error("only a supervisor assigns an escalation")]
    NotSupervisor,
    /// Declining needs a reason (M5).
    #[error("declining needs at least one reason")]
    ReasonsMissing,
    /// Accepting needs a next step (M6).
    #[error("accepting needs at least one next step")]
    StepsMissing,
    /// Somebody else is asked for the rating (M11).
    #[error("only whoever is asked rates an escalation")]
    NotRater,
    /// Whoever is asked for the rating can still give it (M11).
    #[error("whoever is asked for the rating is still there")]
    RaterStillHere,
    /// It was rated before.
    #[error("the escalation is already rated")]
    AlreadyRated,
    /// A score lies outside of 1–5.
    #[error("a score is from 1 to 5")]
    ScoreOutOfRange,
}

impl Command {
    /// The bare verb.
    pub const fn verb(&self) -> Verb {
        match self {
            Self::Claim { .. } => Verb::Claim,
            Self::Assign { .. } => Verb::Assign,
            Self::Accept { .. } => Verb::Accept,
            Self::Rerank { .. } => Verb::Rerank,
            Self::Decline { .. } => Verb::Decline,
            Self::Withdraw => Verb::Withdraw,
            Self::Close => Verb::Close,
            Self::Rate { .. } => Verb::Rate,
            Self::AskRater => Verb::AskRater,
        }
    }
}

/// Decides `command` of `actor` (M2, M4–M6, M11).
///
/// # Errors
/// The first refusal of: the state does not take the verb, the actor may not decide, the command lacks something.
pub fn transition(facts: &Facts, actor: &Actor, command: &Command) -> Result<Decision, Refusal> {
    // Who has it already and takes it again is told that it is theirs.
    if let Command::Claim { by } = command
        && facts.state.is_active()
        && facts.owner == Some(*by)
    {
        return Ok(Decision {
            state: facts.state,
            owner: facts.owner,
            event: Event::Claimed { by: *by },
        });
    }
    lawful_here(facts, command.verb())?;
    theirs_to_decide(facts, actor, command.verb())?;
    let (state, owner, event) = match command {
        Command::Claim { by } => (State::InReview, Some(*by), Event::Claimed { by: *by }),
        Command::Assign { to } => {
            let state = if facts.state == State::Submitted {
                State::InReview
            } else {
                facts.state
            };
            (
                state,
                Some(*to),
                Event::Assigned {
                    from: facts.owner,
                    to: *to,
                },
            )
        }
        Command::Accept {
            importance,
            urgency,
            steps,
        } => {
            if *steps == 0 {
                return Err(Refusal::StepsMissing);
            }
            let (importance, urgency) = (*importance, *urgency);
            let rank = rank(importance, urgency);
            (
                State::Accepted,
                facts.owner,
                Event::Accepted {
                    importance,
                    urgency,
                    rank,
                },
            )
        }
        Command::Rerank {
            importance,
            urgency,
        } => {
            let (importance, urgency) = (*importance, *urgency);
            let rank = rank(importance, urgency);
            (
                facts.state,
                facts.owner,
                Event::Reranked {
                    importance,
                    urgency,
                    rank,
                },
            )
        }
        Command::Decline { reasons } => (
            State::Declined,
            facts.owner,
            Event::Declined {
                reasons: each_once(reasons)?,
            },
        ),
        Command::Withdraw => (State::Withdrawn, facts.owner, Event::Withdrawn),
        Command::Close => (State::Closed, facts.owner, Event::Closed),
        Command::Rate { score } => (
            facts.state,
            facts.owner,
            Event::Rated {
                score: first_score(facts, *score)?,
            },
        ),
        Command::AskRater if facts.rated => return Err(Refusal::AlreadyRated),
        Command::AskRater if !facts.rater_is_gone => return Err(Refusal::RaterStillHere),
        Command::AskRater => (facts.state, facts.owner, Event::RaterAsked),
    };
    Ok(Decision {
        state,
        owner,
        event,
    })
}

/// Whether an escalation takes `verb` from `actor`, if the command lacks nothing.
pub fn takes(facts: &Facts, actor: &Actor, verb: Verb) -> bool {
    let lacks_rating = match verb {
        Verb::Rate => !facts.rated,
        Verb::AskRater => !facts.rated && facts.rater_is_gone,
        _ => true,
    };
    lacks_rating && lawful_here(facts, verb).is_ok() && theirs_to_decide(facts, actor, verb).is_ok()
}

fn lawful_here(facts: &Facts, verb: Verb) -> Result<(), Refusal> {
    let (state, lawful) = (facts.state, facts.state.lawful_verbs());
    if lawful.contains(&verb) {
        return Ok(());
    }
    match facts.owner {
        Some(by) if verb == Verb::Claim && state.is_active() => Err(Refusal::AlreadyClaimed { by }),
        _ => Err(Refusal::UnlawfulMove {
            state,
            verb,
            lawful: lawful.to_vec(),
        }),
    }
}

fn theirs_to_decide(facts: &Facts, actor: &Actor, verb: Verb) -> Result<(), Refusal> {
    match verb {
        Verb::Claim | Verb::Withdraw => Ok(()),
        Verb::Rate if facts.rater == actor.id => Ok(()),
        Verb::Rate => Err(Refusal::NotRater),
        Verb::Assign if actor.supervises => Ok(()),
        Verb::Assign => Err(Refusal::NotSupervisor),
        Verb::Accept | Verb::Rerank | Verb::Decline | Verb::Close | Verb::AskRater => {
            if actor.supervises || facts.owner == Some(actor.id) {
                Ok(())
            } else {
                Err(Refusal::NotOwner)
            }
        }
    }
}

fn each_once(reasons: &[FindingCode]) -> Result<Vec<FindingCode>, Refusal> {
    let once: std::collections::BTreeSet<_> = reasons.iter().copied().collect();
    // What is to be acknowledged, or only told, is no reason to decline by itself (M5).
    let is_blocking = |code: &FindingCode| code.severity() == Severity::Blocking;
    if !once.iter().any(is_blocking) {
        Err(Refusal::ReasonsMissing)
    } else {
        Ok(once.into_iter().collect())
    }
}

fn first_score(facts: &Facts, score: u8) -> Result<u8, Refusal> {
    if facts.rated {
        return Err(Refusal::AlreadyRated);
    }
    if SCORES.contains(&score) {
        Ok(score)
    } else {
        Err(Refusal::ScoreOutOfRange)
    }
}
