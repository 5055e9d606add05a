use super::*;
use TargetKind::{Claim, FirstReply, Update};

#[test]
fn m8_a_submission_starts_two_targets() {
    let started = turns(Happening::Submitted, &[], false);
    let running = Started::Running;
    assert_eq!(
        started,
        [
            Turn::Start(Claim, running),
            Turn::Start(FirstReply, running)
        ]
    );
}

#[test]
fn m8_a_claim_is_met_by_the_first_owner_and_by_no_other() {
    let both = [Claim, FirstReply];
    assert_eq!(turns(Happening::Owned, &both, false), [Turn::Meet(Claim)]);
    assert_eq!(turns(Happening::Owned, &[FirstReply], false), []);
}

#[test]
fn m8_the_first_reply_is_the_verdict_or_the_providers_first_public_entry() {
    let wrote = |awaits_reply| Happening::ProviderWrote { awaits_reply };
    assert_eq!(
        turns(wrote(false), &[Claim, FirstReply], false),
        [Turn::Meet(FirstReply)]
    );
    // The update is not owed yet, so that nothing stands still.
    assert_eq!(
        turns(wrote(true), &[FirstReply], false),
        [Turn::Meet(FirstReply)]
    );
    assert_eq!(turns(wrote(false), &[], false), []);
    assert_eq!(
        turns(Happening::Declined, &[FirstReply], false),
        [Turn::Meet(FirstReply)]
    );
    let accepted = turns(Happening::Accepted, &[FirstReply], false);
    assert_eq!(
        accepted,
        [
            Turn::Meet(FirstReply),
            Turn::Start(Update, Started::Running)
        ]
    );
    // What was answered before stands still from the acceptance on, if an answer is awaited.
    assert_eq!(
        turns(Happening::Accepted, &[], true),
        [Turn::Start(Update, Started::Paused)]
    );
}

#[test]
fn m8_an_update_is_followed_by_the_next_and_stands_still_while_an_answer_is_awaited() {
    let wrote = |awaits_reply| Happening::ProviderWrote { awaits_reply };
    let next = |started| vec![Turn::Meet(Update), Turn::Start(Update, started)];
    assert_eq!(
        turns(wrote(false), &[Update], false),
        next(Started::Running)
    );
    assert_eq!(turns(wrote(true), &[Update], false), next(Started::Paused));
    // Another word of the provider is not the requester's answer.
    assert_eq!(turns(wrote(false), &[Update], true), next(Started::Paused));
    assert_eq!(
        turns(Happening::RequesterWrote, &[Update], true),
        [Turn::Resume(Update)]
    );
    assert_eq!(turns(Happening::RequesterWrote, &[Update], false), []);
    assert_eq!(
        turns(Happening::RequesterWrote, &[Claim, FirstReply], true),
        []
    );
    assert_eq!(
        turns(Happening::Reranked, &[Update], true),
        [Turn::Reckon(Update)]
    );
}

#[test]
fn m8_at_the_end_nothing_runs() {
    let all = [Claim, FirstReply, Update];
    for happening in [Happening::Declined, Happening::Withdrawn, Happening::Closed] {
        let over = turns(happening, &all, true);
        let ends = |turn: &Turn| matches!(turn, Turn::End(_) | Turn::Meet(_));
        assert!(
            over.len() == all.len() && over.iter().all(ends),
            "{happening:?}: {over:?}"
        );
    }
    assert_eq!(
        turns(Happening::Closed, &[Update], false),
        [Turn::Meet(Update)]
    );
    assert_eq!(
        turns(Happening::Withdrawn, &[Update], false),
        [Turn::End(Update)]
    );
}
