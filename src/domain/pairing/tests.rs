use std::sync::Arc;

use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;
use crate::domain::access::{Access, Denied, Permission, Role};
use crate::domain::ids::{OrganizationId, PersonId};
use crate::domain::organization::{OrganizationKind, Side};

fn monday() -> Instant {
    "2026-03-02T09:00:00Z".parse().expect("an instant")
}

/// What a row would hold, changed by nothing but what was decided.
#[derive(Clone, Copy, Debug)]
struct Row {
    standing: Standing,
    members: usize,
    clones: usize,
}

fn requested() -> Row {
    Row {
        standing: Standing {
            expires_at: monday() + TimeDelta::days(LINK_DAYS),
            accepted: false,
            refused: false,
            switched_off: false,
            suspended: false,
            removed: false,
        },
        members: 1,
        clones: 0,
    }
}

fn any_command() -> impl Strategy<Value = Command> {
    let party = prop::sample::select(Party::ALL);
    prop_oneof![
        1 => Just(Command::RenewLink),
        3 => Just(Command::Accept),
        1 => Just(Command::Refuse),
        4 => (party.clone(), any::<bool>()).prop_map(|(by, on)| Command::Switch { by, on }),
        1 => party.prop_map(|by| Command::Remove { by }),
        3 => (1_usize..12).prop_map(|more| Command::Propose { have: 0, more }),
        1 => Just(Command::RemoveMember),
        1 => Just(Command::GiveRole),
        1 => Just(Command::TakeRole),
        1 => Just(Command::AskForRole),
        4 => Just(Command::AddClone { have: 0 }),
        1 => Just(Command::RemoveClone),
    ]
}

impl Row {
    /// Does what was decided, as the verbs do it to rows.
    fn takes(&mut self, command: Command, now: Instant) -> Result<State, Refusal> {
        let command = match command {
            Command::Propose { more, .. } => Command::Propose {
                have: self.members,
                more,
            },
            Command::AddClone { .. } => Command::AddClone { have: self.clones },
            other => other,
        };
        let state = decide(self.standing.at(now), command)?;
        let standing = &mut self.standing;
        match command {
            Command::Accept => standing.accepted = true,
            Command::Refuse => standing.refused = true,
            Command::RenewLink => standing.expires_at = now + TimeDelta::days(LINK_DAYS),
            Command::Switch { by, on } => match by {
                Party::Trustor => standing.switched_off = !on,
                Party::Trustee => standing.suspended = !on,
            },
            Command::Remove { .. } => standing.removed = true,
            Command::Propose { more, .. } => self.members += more,
            Command::RemoveMember => self.members = self.members.saturating_sub(1),
            Command::AddClone { .. } => self.clones += 1,
            Command::RemoveClone => self.clones = self.clones.saturating_sub(1),
            Command::GiveRole | Command::TakeRole | Command::AskForRole => {}
        }
        Ok(state)
    }
}

proptest! {
    /// The row that was written says what was decided; what has ended stays so; a link is used once; limits hold.
    #[test]
    fn whatever_is_done_the_row_says_what_was_decided(
        steps in prop::collection::vec((any_command(), 0_i64..60), 1..40),
    ) {
        let mut row = requested();
        let mut now = monday();
        let mut answers = 0;
        for (command, hours) in steps {
            now += TimeDelta::hours(hours);
            let before = row.standing.at(now);
            match row.takes(command, now) {
                Ok(state) => {
                    prop_assert_eq!(row.standing.at(now), state, "{:?} {:?}", before, command);
                    prop_assert!(!matches!(before, State::Withdrawn | State::Removed));
                    if matches!(command, Command::Accept | Command::Refuse) {
                        prop_assert_eq!(before, State::Requested);
                        answers += 1;
                    }
                }
                Err(_) => prop_assert_eq!(row.standing.at(now), before),
            }
            prop_assert!(answers <= 1 && row.members <= MOST_MEMBERS && row.clones <= MOST_CLONES);
        }
    }
}

#[test]
fn a_link_is_good_until_the_very_instant_it_expires() {
    let row = requested();
    let end = row.standing.expires_at;
    assert_eq!(
        row.standing.at(end - TimeDelta::microseconds(1)),
        State::Requested
    );
    assert_eq!(row.standing.at(end), State::Expired);
}

#[test]
fn each_side_has_a_switch_of_its_own() {
    let off = |by| Command::Switch { by, on: false };
    let on = |by| Command::Switch { by, on: true };
    assert_eq!(
        decide(State::Active, off(Party::Trustor)),
        Ok(State::SwitchedOff)
    );
    assert_eq!(
        decide(State::SwitchedOff, off(Party::Trustee)),
        Ok(State::BothOff)
    );
    assert_eq!(
        decide(State::BothOff, on(Party::Trustor)),
        Ok(State::Suspended)
    );
    // One side's switch does nothing to the other's.
    assert_eq!(
        decide(State::Suspended, on(Party::Trustor)),
        Ok(State::Suspended)
    );
    assert_eq!(
        decide(State::Requested, off(Party::Trustee)),
        Err(Refusal::NotAccepted)
    );
}

#[test]
fn a_link_says_what_is_wrong_with_it_and_no_more() {
    let now = monday();
    let (acme, initech, globex) = (
        OrganizationId::new(now),
        OrganizationId::new(now),
        OrganizationId::new(now),
    );
    let link = Link {
        trustee: acme,
        region: "eu",
        addressed_to: None,
        state: State::Requested,
    };
    let reader = Reader {
        id: initech,
        kind: OrganizationKind::Partner,
        region: "eu",
    };
    let wrong = |problem| Err(Refusal::Link(problem));
    assert_eq!(check_link(&link, &reader), Ok(()));
    assert_eq!(
        check_link(&link, &Reader { id: acme, ..reader }),
        wrong(LinkProblem::Own)
    );
    assert_eq!(
        check_link(
            &link,
            &Reader {
                region: "us",
                ..reader
            }
        ),
        wrong(LinkProblem::OtherRegion)
    );
    let provider = Reader {
        kind: OrganizationKind::Provider,
        ..reader
    };
    assert_eq!(check_link(&link, &provider), wrong(LinkProblem::Provider));
    // Whoever it is not for does not even learn that it was used.
    for state in State::ALL {
        let other = Link {
            addressed_to: Some(globex),
            state: *state,
            ..link
        };
        assert_eq!(check_link(&other, &reader), wrong(LinkProblem::Foreign));
    }
    for (state, problem) in [
        (State::Expired, LinkProblem::Expired),
        (State::Withdrawn, LinkProblem::Withdrawn),
        (State::Refused, LinkProblem::Used),
        (State::Removed, LinkProblem::Used),
        (State::Active, LinkProblem::Used),
    ] {
        assert_eq!(check_link(&Link { state, ..link }, &reader), wrong(problem));
    }
}

fn holding(permissions: &[Permission]) -> Access {
    let now = monday();
    let none: [Role; 0] = [];
    let mut access = Access::of_roles(
        PersonId::new(now),
        OrganizationId::new(now),
        Side::Customer,
        none,
    );
    Arc::make_mut(&mut access.permissions).extend(permissions);
    access
}

/// P13: each permission is checked on its own. Whoever has all but what a verb needs may not, and with it they may.
#[test]
fn every_permission_of_a_verb_is_asked_for_by_itself() {
    for party in Party::ALL {
        for verb in Verb::ALL {
            match needed(*party, *verb) {
                Needed::All(all) => {
                    assert!(needed(*party, *verb).check(&holding(all)).is_ok());
                    for missing in all {
                        let rest: Vec<_> = Permission::ALL
                            .iter()
                            .copied()
                            .filter(|p| p != missing)
                            .collect();
                        let refused = needed(*party, *verb).check(&holding(&rest));
                        let expected = Err(Some(Denied::Missing(*missing)));
                        assert_eq!(refused, expected, "{party} {verb}");
                    }
                }
                Needed::Any(any) => {
                    for one in any {
                        assert!(needed(*party, *verb).check(&holding(&[*one])).is_ok());
                    }
                    let rest: Vec<_> = Permission::ALL
                        .iter()
                        .copied()
                        .filter(|p| !any.contains(p))
                        .collect();
                    assert!(needed(*party, *verb).check(&holding(&rest)).is_err());
                }
                Needed::OtherSide => {
                    assert_eq!(
                        needed(*party, *verb).check(&holding(Permission::ALL)),
                        Err(None)
                    );
                }
            }
        }
    }
}
