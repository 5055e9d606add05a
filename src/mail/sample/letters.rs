//! The made-up letters: every kind whole, and in every form that it can take.

use chrono::TimeDelta;
use uuid::Uuid;

use super::instant;
use crate::domain::access::Role;
use crate::domain::feed::Feed;
use crate::domain::ids::{CaseId, CaseNumber, EscalationNumber, OneTimeLinkId, TargetId};
use crate::domain::link::LinkPurpose;
use crate::domain::notice::{
    AccessGranted, AccessRefused, AccessRequested, CloneMoved, Digest, DigestCase, DigestItem,
    Gathered, GatheredTarget, Invitation, Letter, LinkFacts, MembersProposed, NewDevice,
    NoticeKind, PairingFacts, PairingRemoved, PairingSide, PairingSwitched, PasswordChanged,
    PasswordReset, PasswordWay, RoleAsked, RoleFacts, RoleRefused, RolesChanged,
    SecondFactorChange, SecondFactorChanged, TargetFacts, TutorialCanceled, TutorialFacts,
    TutorialMoved, TutorialRegistered, TutorialReminded,
};
use crate::domain::target::TargetKind;
use crate::domain::tutorial::Reminder;

/// Letters of a kind with everything in them that can be there; none for a kind that is about a case.
pub fn full(kind: NoticeKind) -> Vec<Letter> {
    let letter = match kind {
        NoticeKind::TargetsGathered => Letter::TargetsGathered(Gathered {
            missed: vec![
                target(TargetKind::Claim, -40, 45),
                target(TargetKind::Update, -2, 47),
            ],
            coming: vec![target(TargetKind::FirstReply, 12, 48)],
            more: 12,
            ..Gathered::default()
        }),
        NoticeKind::AccessRequested => Letter::AccessRequested(AccessRequested {
            request: THING,
            name: "Nils Berg".to_owned(),
            email: "nils.berg@acme.example".to_owned(),
            organization: ACME.to_owned(),
            company: Some("Initech Resale".to_owned()),
            customer: Some("Hooli Stores".to_owned()),
            note: Some("I look after the agents in Hamburg.".to_owned()),
        }),
        NoticeKind::AccessGranted => Letter::AccessGranted(AccessGranted {
            request: THING,
            organization: ACME.to_owned(),
            until: Some(instant() + TimeDelta::days(90)),
            link: Some(link(LinkPurpose::Invitation)),
        }),
        NoticeKind::AccessRefused => Letter::AccessRefused(AccessRefused {
            request: THING,
            organization: ACME.to_owned(),
            reason: "Please ask with the address of your company.".to_owned(),
        }),
        NoticeKind::Invitation => Letter::Invitation(Invitation {
            organization: ACME.to_owned(),
            link: link(LinkPurpose::Invitation),
        }),
        NoticeKind::PasswordReset => Letter::PasswordReset(PasswordReset {
            link: link(LinkPurpose::PasswordReset),
        }),
        NoticeKind::PasswordChanged => password_changed(PasswordWay::SignedIn),
        NoticeKind::SecondFactorChanged => {
            second_factor_changed(SecondFactorChange::CodeUsed, Some(7))
        }
        NoticeKind::NewDevice => {
            Letter::NewDevice(NewDevice::new("Firefox 148 on Fedora", "2001:db8::17"))
        }
        NoticeKind::PairingAccepted => Letter::PairingAccepted(pairing()),
        NoticeKind::PairingRolesChanged => roles_changed(vec![
            RoleFacts::Predefined(Role::DesignatedContact),
            RoleFacts::Own("Reports of the quarter".to_owned()),
        ]),
        NoticeKind::PairingMembersProposed => Letter::PairingMembersProposed(MembersProposed {
            pairing: pairing(),
            members: vec!["Nils Berg".to_owned(), "Globex Night Shift".to_owned()],
            hidden: 2,
        }),
        NoticeKind::PairingRoleAsked => Letter::PairingRoleAsked(RoleAsked {
            pairing: pairing(),
            name: "Nils Berg".to_owned(),
            role: RoleFacts::Predefined(Role::DesignatedContact),
            until: Some(instant() + TimeDelta::days(90)),
            note: Some("He takes over the nights while Jo is away.".to_owned()),
        }),
        NoticeKind::PairingRoleRefused => Letter::PairingRoleRefused(RoleRefused {
            pairing: pairing(),
            name: "Nils Berg".to_owned(),
            role: RoleFacts::Predefined(Role::DesignatedContact),
            reason: Some("Please ask for read-only access instead.".to_owned()),
        }),
        NoticeKind::PairingSwitched => switched(false),
        NoticeKind::PairingRemoved => removed(PairingSide::Trustee, Some("Nils Berg"), false),
        NoticeKind::CloneAdded => Letter::CloneAdded(cloned_user()),
        NoticeKind::CloneRemoved => Letter::CloneRemoved(cloned_user()),
        NoticeKind::Digest => {
            let mut digest = digest(Some("Olga Marin"));
            digest.more = 3;
            Letter::Digest(digest)
        }
        NoticeKind::TutorialRegistered => registered(false),
        NoticeKind::TutorialPlace => Letter::TutorialPlace(tutorial(Some(LINK))),
        NoticeKind::TutorialMoved => Letter::TutorialMoved(TutorialMoved {
            tutorial: tutorial(Some(LINK)),
            began_at: Some(instant() + TimeDelta::days(2)),
            elsewhere: true,
        }),
        NoticeKind::TutorialCanceled => Letter::TutorialCanceled(TutorialCanceled {
            tutorial: tutorial(Some(LINK)),
            reason: Some("The trainer is ill. We will offer it again in April.".to_owned()),
        }),
        NoticeKind::TutorialReminder => reminded(Reminder::DayBefore),
        _ => return Vec::new(),
    };
    vec![letter]
}

/// Letters of a kind with everything left out that can be, in every form that it can take.
pub(super) fn bare(kind: NoticeKind) -> Vec<Letter> {
    let mut bare = full(kind);
    for letter in &mut bare {
        match letter {
            Letter::AccessRequested(requested) => {
                requested.company = None;
                requested.customer = None;
                requested.note = None;
            }
            Letter::PairingMembersProposed(proposed) => proposed.hidden = 0,
            Letter::PairingRoleAsked(asked) => {
                asked.name = String::new();
                asked.until = None;
                asked.note = None;
            }
            Letter::PairingRoleRefused(refused) => {
                refused.name = String::new();
                refused.reason = None;
            }
            Letter::AccessGranted(granted) => {
                granted.until = None;
                granted.link = None;
            }
            Letter::TutorialMoved(moved) => {
                moved.tutorial = tutorial(None);
                moved.began_at = None;
                moved.elsewhere = false;
            }
            Letter::TutorialCanceled(canceled) => {
                canceled.tutorial = tutorial(None);
                canceled.reason = None;
            }
            _ => {}
        }
    }
    match kind {
        NoticeKind::PasswordChanged => PasswordWay::ALL
            .iter()
            .map(|way| password_changed(*way))
            .collect(),
        NoticeKind::SecondFactorChanged => SecondFactorChange::ALL
            .iter()
            .map(|change| (*change, None))
            .chain([0, 1].map(|left| (SecondFactorChange::CodeUsed, Some(left))))
            .map(|(change, left)| second_factor_changed(change, left))
            .collect(),
        NoticeKind::TargetsGathered => vec![
            Letter::TargetsGathered(Gathered {
                missed: vec![target(TargetKind::Claim, -40, 45)],
                ..Gathered::default()
            }),
            Letter::TargetsGathered(Gathered {
                coming: vec![target(TargetKind::FirstReply, 12, 48)],
                more: 1,
                ..Gathered::default()
            }),
        ],
        NoticeKind::PairingRolesChanged => vec![roles_changed(Vec::new())],
        NoticeKind::Digest => {
            let (mut of_cases, mut others) = (digest(None), digest(None));
            of_cases.retain(|case, item| case.is_some() && item.escalation.is_none());
            others.retain(|case, _| case.is_none());
            vec![Letter::Digest(of_cases), Letter::Digest(others)]
        }
        NoticeKind::TutorialRegistered => vec![registered(true)],
        NoticeKind::TutorialReminder => vec![reminded(Reminder::HourBefore)],
        NoticeKind::PairingSwitched => vec![switched(true)],
        NoticeKind::PairingRemoved => PairingSide::ALL
            .iter()
            .flat_map(|side| [false, true].map(|hidden| removed(*side, None, hidden)))
            .collect(),
        _ => bare,
    }
}

const ACME: &str = "ACME Contact Centers";
/// A person, a request, a pairing, a link.
pub(super) const THING: Uuid = Uuid::from_u128(0x0195_e1a5_7c00_7000_8000_0000_0000_0001);

/// Where a tutorial takes place.
const LINK: &str = "https://meet.northstar.example/routing";

/// A tutorial by a link, or, where none is told, in a place that is not told either.
fn tutorial(link: Option<&str>) -> TutorialFacts {
    TutorialFacts {
        tutorial: THING,
        title: "Routing for supervisors".to_owned(),
        starts_at: instant() + TimeDelta::days(3),
        ends_at: instant() + TimeDelta::days(3) + TimeDelta::minutes(90),
        time_zone: "Europe/Berlin".to_owned(),
        place: link.map(str::to_owned),
        by_link: true,
    }
}

fn registered(waiting: bool) -> Letter {
    Letter::TutorialRegistered(TutorialRegistered {
        tutorial: tutorial((!waiting).then_some(LINK)),
        waiting,
    })
}

fn reminded(reminder: Reminder) -> Letter {
    Letter::TutorialReminder(TutorialReminded {
        tutorial: tutorial(Some(LINK)),
        reminder,
    })
}

fn link(purpose: LinkPurpose) -> LinkFacts {
    LinkFacts {
        id: OneTimeLinkId::from_uuid(THING),
        purpose,
        until: instant() + TimeDelta::days(7),
    }
}

fn password_changed(way: PasswordWay) -> Letter {
    Letter::PasswordChanged(PasswordChanged { way })
}

fn second_factor_changed(change: SecondFactorChange, codes_left: Option<u32>) -> Letter {
    Letter::SecondFactorChanged(SecondFactorChanged { change, codes_left })
}

fn target(of: TargetKind, due_in_minutes: i64, escalation: i64) -> GatheredTarget {
    GatheredTarget {
        facts: TargetFacts {
            target: TargetId::from_uuid(THING),
            of,
            due_at: instant() + TimeDelta::minutes(due_in_minutes),
        },
        escalation: EscalationNumber::new(escalation),
        organization: ACME.to_owned(),
        subject: "Agents lose audio 30 seconds into outbound calls".to_owned(),
    }
}

/// What happened in a day, by somebody or by nobody.
fn digest(by: Option<&str>) -> Digest {
    let item = |kind, minutes, feed, escalation: Option<i64>| DigestItem {
        kind,
        at: instant() - TimeDelta::minutes(minutes),
        by: by.map(str::to_owned),
        feed,
        escalation: escalation.map(EscalationNumber::new),
        entry: None,
        target: None,
        request: None,
    };
    let case = |id: u128, number, subject: &str, items| DigestCase {
        case: CaseId::from_uuid(Uuid::from_u128(id)),
        number: CaseNumber::new(number),
        subject: subject.to_owned(),
        organization: ACME.to_owned(),
        items,
    };
    let (on_case, on_escalation) = (Some(Feed::Case), Some(Feed::Escalation));
    let mut digest = Digest::default();
    digest.add(case(
        1,
        123,
        "Agents lose audio 30 seconds into outbound calls",
        vec![
            item(NoticeKind::EntryPosted, 900, on_case, None),
            item(NoticeKind::StepPromised, 840, on_escalation, Some(45)),
        ],
    ));
    digest.add(case(
        2,
        124,
        "Reports stop at midnight",
        vec![item(NoticeKind::CaseClosed, 600, on_case, None)],
    ));
    digest.add_other(DigestItem {
        request: Some(THING),
        ..item(NoticeKind::AccessRequested, 300, None, None)
    });
    digest
}

fn pairing() -> PairingFacts {
    PairingFacts {
        pairing: THING,
        trustee: "Globex Partners".to_owned(),
        trustor: ACME.to_owned(),
    }
}

fn roles_changed(roles: Vec<RoleFacts>) -> Letter {
    Letter::PairingRolesChanged(RolesChanged {
        pairing: pairing(),
        roles,
    })
}

fn switched(on: bool) -> Letter {
    Letter::PairingSwitched(PairingSwitched {
        pairing: pairing(),
        on,
    })
}

fn removed(side: PairingSide, whom: Option<&str>, hidden: bool) -> Letter {
    Letter::PairingRemoved(PairingRemoved {
        pairing: pairing(),
        side,
        whom: whom.map(str::to_owned),
        hidden,
    })
}

fn cloned_user() -> CloneMoved {
    CloneMoved {
        pairing: pairing(),
        name: "Nils Berg (clone)".to_owned(),
    }
}
