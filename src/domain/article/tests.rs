use proptest::prelude::*;

use super::*;

fn verbs() -> impl Strategy<Value = Vec<Verb>> {
    prop::collection::vec(prop::sample::select(Verb::ALL.to_vec()), 0..20)
}

#[test]
fn what_readers_see_changes_only_when_it_is_published() {
    let step = |standing, verb| {
        let after = transition(standing, verb).expect("lawful");
        after.expect("there still")
    };
    let draft = step(Standing::NEW, Verb::Write);
    assert_eq!((draft.newest, draft.shown), (2, 2));
    let published = step(draft, Verb::Publish);
    assert_eq!(published.state, State::Published);
    let waiting = step(step(published, Verb::Write), Verb::Write);
    assert_eq!((waiting.newest, waiting.shown), (4, 2));
    assert!(waiting.waits());
    let again = step(waiting, Verb::Publish);
    assert_eq!((again.newest, again.shown), (4, 4));
    let archived = step(step(again, Verb::Write), Verb::Archive);
    assert_eq!((archived.newest, archived.shown), (5, 4));
    assert_eq!(step(archived, Verb::Publish).shown, 5);
}

#[test]
fn what_is_published_is_archived_before_it_is_removed() {
    let published = transition(Standing::NEW, Verb::Publish)
        .expect("lawful")
        .expect("there");
    let refused = transition(published, Verb::Remove).expect_err("refused");
    assert_eq!(refused.lawful, [Verb::Write, Verb::Archive, Verb::Rate]);
    // There is nothing that waits.
    assert!(transition(published, Verb::Publish).is_err());
    let archived = transition(published, Verb::Archive)
        .expect("lawful")
        .expect("there");
    assert_eq!(transition(archived, Verb::Remove), Ok(None));
    assert_eq!(transition(Standing::NEW, Verb::Remove), Ok(None));
    assert!(transition(Standing::NEW, Verb::Archive).is_err());
}

proptest! {
    #[test]
    fn whatever_is_done_the_versions_stay_in_order(verbs in verbs()) {
        let mut standing = Standing::NEW;
        for verb in verbs {
            let lawful = standing.lawful_verbs();
            match transition(standing, verb) {
                Ok(Some(after)) => {
                    prop_assert!(lawful.contains(&verb));
                    prop_assert!(1 <= after.shown && after.shown <= after.newest);
                    prop_assert!(after.newest >= standing.newest);
                    prop_assert!(after.state != State::Draft || !after.waits());
                    standing = after;
                }
                Ok(None) => prop_assert_eq!(verb, Verb::Remove),
                Err(refused) => {
                    prop_assert!(!lawful.contains(&verb));
                    prop_assert_eq!(refused.lawful, lawful);
                }
            }
        }
    }
}
