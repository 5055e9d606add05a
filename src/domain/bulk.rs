//! What is done with several rows at once: which acts there are, what can become of each row, and what else happens with it.

use super::access::{Permission, permission_to};
use super::callback::{self, Call};
use super::case::Status;
use super::closed_enum;
use super::escalation;
use super::ids::{CaseNumber, EscalationNumber, PersonId};

closed_enum! {
    /// What is done with several escalations.
    pub enum EscalationAct {
        /// Whoever acts takes them for review.
        Claim = "claim",
        /// They get an owner.
        Assign = "assign",
    }
}

closed_enum! {
    /// What is done with several calls.
    pub enum CallbackAct {
        /// Whoever acts makes them.
        Take = "take",
        /// They are given to somebody.
        Assign = "assign",
        /// They took place.
        Complete = "complete",
        /// They did not.
        Miss = "miss",
        /// They are called off.
        Cancel = "cancel",
    }
}

closed_enum! {
    /// What became of a row.
    pub enum RowOutcome {
        /// It was changed.
        Done = "done",
        /// It was so already.
        Unchanged = "unchanged",
        /// It was refused, and stays as it is.
        Refused = "refused",
    }
}

closed_enum! {
    /// What else happens when something is done with a row, or stays as it is.
    pub enum ConsequenceKind {
        /// The active escalation of a case is withdrawn with it (M13).
        EscalationWithdrawn = "escalation_withdrawn",
        /// Calls that were still to come are called off (M12).
        CallsCanceled = "calls_canceled",
        /// Promised next steps of a case stay open (C9).
        PromisesStayOpen = "promises_stay_open",
        /// A root cause analysis was requested, and is delivered no more unless the case is reopened (C6).
        AnalysisUndelivered = "analysis_undelivered",
        /// Somebody else had it until now.
        TakenFrom = "taken_from",
        /// What was said is recorded on the case (M10).
        RecordedOnCase = "recorded_on_case",
    }
}

/// What else happens when something is done with a row, with what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consequence {
    /// The active escalation is withdrawn.
    EscalationWithdrawn(EscalationNumber),
    /// So many calls are called off.
    CallsCanceled(usize),
    /// So many promises stay open.
    PromisesStayOpen(usize),
    /// An analysis stays undelivered.
    AnalysisUndelivered,
    /// The name of whoever had it.
    TakenFrom(String),
    /// What was said is recorded on this case.
    RecordedOnCase(CaseNumber),
}

impl EscalationAct {
    /// The verb that it is, of each of them.
    pub const fn verb(self) -> escalation::Verb {
        match self {
            Self::Claim => escalation::Verb::Claim,
            Self::Assign => escalation::Verb::Assign,
        }
    }

    /// The permission that it needs, for one or for several.
    pub const fn permission(self) -> Permission {
        permission_to(self.verb())
    }
}

impl CallbackAct {
    /// The verb that it is, of each of them.
    pub const fn verb(self) -> callback::Verb {
        match self {
            Self::Take => callback::Verb::Take,
            Self::Assign => callback::Verb::Assign,
            Self::Complete => callback::Verb::Complete,
            Self::Miss => callback::Verb::Miss,
            Self::Cancel => callback::Verb::Cancel,
        }
    }

    /// The permission that it needs, for one or for several.
    pub const fn permission(self) -> Permission {
        self.verb().permission()
    }

    /// Whether words go with it: what was said, or why. To take calls or to give them to somebody changes none of the words that
    /// stand with each.
    pub const fn takes_words(self) -> bool {
        matches!(self, Self::Complete | Self::Miss | Self::Cancel)
    }

    /// Whether nothing is left to do with a call for `actor`. To whom it is given is for the verb to look up; and one that took place
    /// has its own words, so that others would be lost.
    pub fn is_so(self, call: &Call, actor: PersonId) -> bool {
        use callback::State;
        match self {
            Self::Take => call.state == State::Taken && call.owner == Some(actor),
            Self::Miss => call.state == State::Missed,
            Self::Cancel => call.state == State::Canceled,
            Self::Assign | Self::Complete => false,
        }
    }
}

impl Consequence {
    /// What happens, without what it is about.
    pub const fn kind(&self) -> ConsequenceKind {
        match self {
            Self::EscalationWithdrawn(_) => ConsequenceKind::EscalationWithdrawn,
            Self::CallsCanceled(_) => ConsequenceKind::CallsCanceled,
            Self::PromisesStayOpen(_) => ConsequenceKind::PromisesStayOpen,
            Self::AnalysisUndelivered => ConsequenceKind::AnalysisUndelivered,
            Self::TakenFrom(_) => ConsequenceKind::TakenFrom,
            Self::RecordedOnCase(_) => ConsequenceKind::RecordedOnCase,
        }
    }

    /// What or whom it is about, by number or name; none where it is told how many.
    pub fn name(&self) -> Option<String> {
        match self {
            Self::EscalationWithdrawn(number) => Some(number.to_string()),
            Self::TakenFrom(name) => Some(name.clone()),
            Self::RecordedOnCase(number) => Some(number.to_string()),
            Self::CallsCanceled(_) | Self::PromisesStayOpen(_) | Self::AnalysisUndelivered => None,
        }
    }

    /// Of how many; none where it is about one.
    pub const fn count(&self) -> Option<usize> {
        match self {
            Self::CallsCanceled(count) | Self::PromisesStayOpen(count) => Some(*count),
            Self::EscalationWithdrawn(_)
            | Self::AnalysisUndelivered
            | Self::TakenFrom(_)
            | Self::RecordedOnCase(_) => None,
        }
    }
}

/// What follows of a case that is closed (M13): its active escalation with the calls that were still to come, what was promised, and
/// an analysis that is owed.
pub fn of_closing(
    withdrawn: Option<(EscalationNumber, usize)>,
    open_promises: usize,
    owes_analysis: bool,
) -> Vec<Consequence> {
    let mut follows = Vec::new();
    if let Some((number, calls)) = withdrawn {
        follows.push(Consequence::EscalationWithdrawn(number));
        if calls > 0 {
            follows.push(Consequence::CallsCanceled(calls));
        }
    }
    if open_promises > 0 {
        follows.push(Consequence::PromisesStayOpen(open_promises));
    }
    if owes_analysis {
        follows.push(Consequence::AnalysisUndelivered);
    }
    follows
}

/// The statuses that an edit of several cases can set: those to which a lawful move leads from any other (C2). Closing is an act of
/// its own.
pub fn statuses() -> impl Iterator<Item = Status> {
    let leads_to = |to: &Status| {
        let mut all = Status::ALL.iter();
        all.any(|from| from.lawful_moves().contains(to))
    };
    Status::ALL.iter().copied().filter(leads_to)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::callback::{State, Window, transition};
    use super::*;
    use crate::domain::Instant;

    fn person(number: u128) -> PersonId {
        PersonId::from_uuid(uuid::Uuid::from_u128(number))
    }

    fn begins() -> Instant {
        Instant::from_timestamp(1_772_524_800, 0).expect("an instant")
    }

    fn call(state: State, owner: Option<PersonId>) -> Call {
        Call {
            state,
            owner,
            window: Window {
                from: begins(),
                until: begins() + chrono::TimeDelta::hours(1),
                zone: chrono_tz::Tz::UTC,
            },
        }
    }

    #[test]
    fn a_case_that_nothing_hangs_on_closes_without_a_consequence() {
        assert!(of_closing(None, 0, false).is_empty());
        let number = EscalationNumber::new(45);
        assert_eq!(
            of_closing(Some((number, 0)), 2, true),
            [
                Consequence::EscalationWithdrawn(number),
                Consequence::PromisesStayOpen(2),
                Consequence::AnalysisUndelivered,
            ]
        );
        let with_calls = of_closing(Some((number, 3)), 0, false);
        assert_eq!(with_calls[1], Consequence::CallsCanceled(3));
        assert_eq!(with_calls[1].count(), Some(3));
        assert_eq!(with_calls[0].name().as_deref(), Some("E-000045"));
    }

    #[test]
    fn no_edit_opens_or_closes_a_case() {
        let all: Vec<Status> = statuses().collect();
        assert_eq!(
            all,
            [
                Status::InProgress,
                Status::AwaitingCustomer,
                Status::AwaitingThirdParty,
                Status::SolutionProvided,
            ]
        );
    }

    proptest! {
        /// What is so already would be refused by the verb, so that no row is both.
        #[test]
        fn what_is_so_already_is_no_move(
            state in prop::sample::select(State::ALL),
            owner in prop::option::of(1_u128..4),
            act in prop::sample::select(CallbackAct::ALL),
            by in 1_u128..4,
            supervises: bool,
        ) {
            let call = call(state, owner.map(person));
            let actor = callback::Actor { id: person(by), supervises };
            let command = match act {
                CallbackAct::Take => callback::Command::Take,
                CallbackAct::Assign => callback::Command::Assign { to: person(9) },
                CallbackAct::Complete => callback::Command::Complete,
                CallbackAct::Miss => callback::Command::Miss,
                CallbackAct::Cancel => callback::Command::Cancel,
            };
            prop_assert_eq!(command.verb(), act.verb());
            if act.is_so(&call, actor.id) {
                prop_assert!(transition(&call, &actor, &command, begins()).is_err());
            }
        }
    }
}
