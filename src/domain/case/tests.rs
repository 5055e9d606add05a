use chrono::{TimeDelta, TimeZone, Utc};
use proptest::prelude::*;

use super::*;
use crate::domain::Instant;
use crate::domain::organization::Side;
use crate::domain::text::Note;

fn noon() -> Instant {
    Utc.with_ymd_and_hms(2026, 3, 3, 12, 0, 0).unwrap()
}

#[test]
fn exactly_the_lawful_moves_are_made_by_an_edit() {
    use Status::*;
    // From each status, the statuses in the order open, in progress, awaiting customer, third party, solution, closed.
    let table = [
        (Open, [true, true, true, true, true, false]),
        (InProgress, [false, true, true, true, true, false]),
        (AwaitingCustomer, [false, true, true, true, true, false]),
        (AwaitingThirdParty, [false, true, true, true, true, false]),
        (SolutionProvided, [false, true, true, true, true, false]),
        (Closed, [false, false, false, false, false, true]),
    ];
    for (from, lawful) in table {
        for (to, expected) in Status::ALL.iter().zip(lawful) {
            assert_eq!(change_status(from, *to).is_ok(), expected, "{from} → {to}");
            // Staying is no move, and so is not among them.
            assert_eq!(
                from.lawful_moves().contains(to),
                expected && from != *to,
                "{from} → {to}"
            );
        }
    }
    let refusal = change_status(AwaitingCustomer, Closed).unwrap_err();
    assert_eq!((refusal.from, refusal.to), (AwaitingCustomer, Closed));
    assert_eq!(
        refusal.lawful,
        [InProgress, AwaitingThirdParty, SolutionProvided]
    );
}

#[test]
fn a_contacts_reply_moves_a_case_that_waits_for_it() {
    for status in Status::ALL {
        let expected = match status.as_str() {
            "awaiting_customer" | "solution_provided" => Status::InProgress,
            _ => *status,
        };
        assert_eq!(after_contact_reply(*status), expected);
    }
}

#[test]
fn what_is_taken_is_begun_by_a_lawful_move() {
    for status in Status::ALL {
        let taken = after_taking(*status);
        assert!(change_status(*status, taken).is_ok(), "{status} → {taken}");
        assert_ne!(taken, Status::Open);
    }
}

#[test]
fn only_an_open_case_closes_and_only_a_closed_one_reopens() {
    for status in Status::ALL {
        let closed = *status == Status::Closed;
        assert_eq!(
            close(*status),
            if closed {
                Err(CaseRefusal::AlreadyClosed)
            } else {
                Ok(Status::Closed)
            }
        );
        assert_eq!(
            reopen(*status),
            if closed {
                Ok(Status::Open)
            } else {
                Err(CaseRefusal::NotClosed)
            }
        );
        assert_eq!(
            takes_entries(*status),
            if closed {
                Err(CaseRefusal::Closed)
            } else {
                Ok(())
            }
        );
    }
}

#[test]
fn a_contact_takes_the_escalation_along_and_staff_close_it_first() {
    let closing = |withdraws_escalation| {
        Ok(Closing {
            status: Status::Closed,
            withdraws_escalation,
        })
    };
    assert_eq!(
        close_by(Side::Customer, Status::InProgress, true),
        closing(true)
    );
    assert_eq!(
        close_by(Side::Customer, Status::InProgress, false),
        closing(false)
    );
    assert_eq!(
        close_by(Side::Provider, Status::InProgress, false),
        closing(false)
    );
    assert_eq!(
        close_by(Side::Provider, Status::InProgress, true),
        Err(CaseRefusal::EscalationActive)
    );
    for side in Side::ALL {
        assert_eq!(
            close_by(*side, Status::Closed, false),
            Err(CaseRefusal::AlreadyClosed)
        );
    }
}

#[test]
fn a_contact_asks_for_medium_on_a_low_case_and_for_nothing_else() {
    use Priority::*;
    assert_eq!(contact_may_request(Low, Medium), Ok(()));
    for current in [Low, Medium, High] {
        assert_eq!(
            contact_may_request(current, High),
            Err(PriorityRefusal::ByPhone)
        );
        assert_eq!(
            contact_may_request(current, Low),
            Err(PriorityRefusal::NotHigher { current })
        );
    }
    for current in [Medium, High] {
        assert_eq!(
            contact_may_request(current, Medium),
            Err(PriorityRefusal::NotHigher { current })
        );
    }
}

#[test]
fn a_priority_request_is_decided_once_and_refused_with_a_reason() {
    use PriorityRequestState::*;
    assert_eq!(decide_priority_request(Pending, true, false), Ok(Granted));
    assert_eq!(decide_priority_request(Pending, false, true), Ok(Refused));
    assert_eq!(
        decide_priority_request(Pending, false, false),
        Err(DecisionRefusal::ReasonMissing)
    );
    for state in [Granted, Refused] {
        for granted in [true, false] {
            let decided = Err(DecisionRefusal::AlreadyDecided { state });
            assert_eq!(decide_priority_request(state, granted, true), decided);
        }
    }
}

#[test]
fn an_rca_is_requested_then_delivered() {
    let (noon, later) = (noon(), noon() + TimeDelta::hours(1));
    let requested = request_rca(Status::SolutionProvided, None, noon).unwrap();
    assert_eq!(
        requested,
        Rca {
            requested_at: noon,
            delivered_at: None
        }
    );
    let again = request_rca(Status::InProgress, Some(requested), later);
    assert_eq!(again, Err(RcaRefusal::AlreadyRequested));
    let delivered = deliver_rca(Status::InProgress, Some(requested), later).unwrap();
    assert_eq!(
        delivered,
        Rca {
            requested_at: noon,
            delivered_at: Some(later)
        }
    );
    assert_eq!(
        deliver_rca(Status::Open, Some(delivered), later),
        Err(RcaRefusal::AlreadyDelivered)
    );
    assert_eq!(
        deliver_rca(Status::Open, None, later),
        Err(RcaRefusal::NotRequested)
    );
    let second = request_rca(Status::Open, Some(delivered), later).unwrap();
    assert_eq!(
        second,
        Rca {
            requested_at: later,
            delivered_at: None
        }
    );
    for rca in [None, Some(requested), Some(delivered)] {
        assert_eq!(
            request_rca(Status::Closed, rca, later),
            Err(RcaRefusal::CaseClosed)
        );
        assert_eq!(
            deliver_rca(Status::Closed, rca, later),
            Err(RcaRefusal::CaseClosed)
        );
    }
}

fn step(state: StepState) -> Promised {
    Promised {
        state,
        due_at: noon(),
    }
}

fn repromise(due_at: Instant) -> NextStepCommand {
    NextStepCommand::Repromise {
        due_at,
        reason: Note::parse("The vendor is late").unwrap(),
    }
}

#[test]
fn a_step_is_kept_missed_or_promised_anew_and_done_is_done() {
    use NextStepCommand::{Complete, Miss};
    use StepState::*;
    let (before, after) = (noon() - TimeDelta::hours(1), noon() + TimeDelta::hours(1));
    let anew = repromise(after);
    for (state, command, expected) in [
        (Open, &Complete, Some(Done)),
        (Open, &Miss, Some(Missed)),
        (Open, &anew, Some(Open)),
        (Missed, &Complete, Some(Done)),
        (Missed, &Miss, None),
        (Missed, &anew, Some(Open)),
        (Done, &Complete, None),
        (Done, &Miss, None),
        (Done, &anew, None),
    ] {
        let outcome = command.apply(step(state), before);
        assert_eq!(
            outcome.as_ref().ok().map(|step| step.state),
            expected,
            "{state} {}",
            command.verb()
        );
        match outcome {
            Ok(step) => assert_eq!(step.due_at, if command == &anew { after } else { noon() }),
            Err(refusal) => {
                let lawful = state.lawful_verbs();
                assert_eq!(
                    refusal,
                    StepRefusal::UnlawfulMove {
                        state,
                        verb: command.verb(),
                        lawful
                    }
                );
            }
        }
    }
}

#[test]
fn a_new_date_is_later_than_the_old_one_and_than_now() {
    let moment = TimeDelta::microseconds(1);
    let not_later = Err(StepRefusal::NotLater { due_at: noon() });
    let before = noon() - TimeDelta::hours(1);
    assert_eq!(
        repromise(noon()).apply(step(StepState::Open), before),
        not_later
    );
    assert!(
        repromise(noon() + moment)
            .apply(step(StepState::Open), before)
            .is_ok()
    );
    let late = noon() + TimeDelta::hours(1);
    assert_eq!(
        repromise(late).apply(step(StepState::Missed), late),
        Err(StepRefusal::NotInTheFuture)
    );
    assert!(
        repromise(late + moment)
            .apply(step(StepState::Missed), late)
            .is_ok()
    );
}

#[test]
fn an_update_of_a_step_is_read_as_one_verb() {
    use NextStepPatchError::*;
    let note = || Note::parse("Why").ok();
    let patch = NextStepCommand::from_patch;
    assert_eq!(
        patch(Some(StepState::Done), None, None),
        Ok(NextStepCommand::Complete)
    );
    assert_eq!(
        patch(Some(StepState::Missed), None, note()),
        Ok(NextStepCommand::Miss)
    );
    let anew = NextStepCommand::Repromise {
        due_at: noon(),
        reason: note().unwrap(),
    };
    assert_eq!(patch(None, Some(noon()), note()), Ok(anew.clone()));
    assert_eq!(patch(Some(StepState::Open), Some(noon()), note()), Ok(anew));
    assert_eq!(patch(None, Some(noon()), None), Err(ReasonMissing));
    assert_eq!(
        patch(Some(StepState::Open), None, note()),
        Err(DueAtMissing)
    );
    assert_eq!(patch(None, None, note()), Err(Nothing));
    for state in [StepState::Done, StepState::Missed] {
        assert_eq!(
            patch(Some(state), Some(noon()), note()),
            Err(DueAtUnexpected(state))
        );
    }
}

proptest! {
    /// Whatever is edited, a case leaves and enters `closed` by its verbs alone, and `open` by a reopen alone.
    #[test]
    fn edits_never_close_or_reopen(moves in prop::collection::vec(prop::sample::select(Status::ALL), 0..20)) {
        let mut status = Status::Open;
        for to in moves {
            let before = status;
            if change_status(status, to).is_ok() {
                status = to;
            }
            prop_assert_ne!(status, Status::Closed);
            prop_assert!(status != Status::Open || before == Status::Open);
        }
    }
}
