use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::domain::access::{Access, Permission, Role};
use crate::domain::feed::Visibility;
use crate::domain::ids::{OrganizationId, PersonId};
use crate::domain::target::TargetKind;
use chrono::TimeDelta;

/// The people of a small desk, by name.
struct Desk {
    provider: OrganizationId,
    acme: OrganizationId,
    globex: OrganizationId,
    candidates: Vec<(&'static str, Candidate)>,
}

impl Desk {
    fn new() -> Self {
        let at = Instant::UNIX_EPOCH;
        let (provider, acme, globex) = (
            OrganizationId::new(at),
            OrganizationId::new(at),
            OrganizationId::new(at),
        );
        let mut desk = Self {
            provider,
            acme,
            globex,
            candidates: Vec::new(),
        };
        desk.add("dana", acme, &[Role::DesignatedContact]);
        desk.add("remy", acme, &[Role::DesignatedContact]);
        desk.add("sam", provider, &[Role::SupportEngineer]);
        desk.add("sue", provider, &[Role::SupportEngineer]);
        desk.add("olga", provider, &[Role::EscalationOwner]);
        desk.add("vera", provider, &[Role::Supervisor]);
        desk.add("mona", provider, &[Role::Monitor]);
        desk
    }

    fn add(&mut self, name: &'static str, organization: OrganizationId, roles: &[Role]) {
        let side = if organization == self.provider {
            Side::Provider
        } else {
            Side::Customer
        };
        let person = PersonId::new(Instant::UNIX_EPOCH);
        let access = Access::of_roles(person, organization, side, roles.iter().copied());
        self.candidates.push((
            name,
            Candidate {
                access,
                roles: roles.to_vec(),
                standing: Standing {
                    enabled: true,
                    verified: true,
                },
                paired: None,
            },
        ));
    }

    fn change(&mut self, name: &str, change: impl FnOnce(&mut Candidate)) {
        let (_, candidate) = self
            .candidates
            .iter_mut()
            .find(|(known, _)| *known == name)
            .expect("a known name");
        change(candidate);
    }

    fn id(&self, name: &str) -> PersonId {
        let found = self.candidates.iter().find(|(known, _)| *known == name);
        found.expect("a known name").1.access.person
    }

    /// A thing that `actor` did on Dana's case, owned by Sam, on the escalation that Remy asked for and Olga runs.
    fn happening(&self, kind: NoticeKind, feed: Feed, actor: &str) -> NoticeEvent {
        NoticeEvent {
            kind,
            feed,
            visibility: Visibility::Public,
            organization: self.acme,
            actor: Some(self.id(actor)),
            ties: Stakeholders {
                contact: self.id("dana"),
                case_owner: Some(self.id("sam")),
                rater: None,
                requester: Some(self.id("remy")),
                escalation_owner: Some(self.id("olga")),
                asker: None,
                named: Vec::new(),
                caller: None,
                mentioned: Vec::new(),
            },
            stances: Stances::default(),
        }
    }

    fn told(&self, happening: &NoticeEvent) -> BTreeSet<(&'static str, &'static str)> {
        let candidates: Vec<Candidate> = self
            .candidates
            .iter()
            .map(|(_, candidate)| candidate.clone())
            .collect();
        recipients(happening, &candidates)
            .into_iter()
            .map(|told| {
                let name = self
                    .candidates
                    .iter()
                    .find(|(_, candidate)| candidate.access.person == told.person)
                    .expect("a candidate")
                    .0;
                (name, told.audience.as_str())
            })
            .collect()
    }
}

#[test]
fn the_requester_is_confirmed_and_the_queue_is_told_while_nobody_owns_the_escalation() {
    let desk = Desk::new();
    let mut happening = desk.happening(NoticeKind::EscalationSubmitted, Feed::Escalation, "remy");
    happening.ties.escalation_owner = None;
    let told = BTreeSet::from([
        ("remy", "requester"),
        ("sam", "case_owner"),
        ("olga", "queue"),
        ("vera", "queue"),
    ]);
    assert_eq!(desk.told(&happening), told);
    assert_eq!(happening.permission(), Some(Permission::EscalationsReview));

    // Once it is owned, the queue is left alone.
    let owned = desk.happening(NoticeKind::EscalationWithdrawn, Feed::Escalation, "remy");
    assert_eq!(
        desk.told(&owned),
        BTreeSet::from([("olga", "escalation_owner"), ("sam", "case_owner")])
    );
    assert!(owned.permission().is_none());
}

#[test]
fn who_caused_it_is_not_told() {
    let desk = Desk::new();
    let accepted = desk.happening(NoticeKind::EscalationAccepted, Feed::Escalation, "olga");
    assert_eq!(
        desk.told(&accepted),
        BTreeSet::from([("remy", "requester"), ("sam", "case_owner")])
    );
    // A supervisor who assigns it tells its new owner.
    let assigned = desk.happening(NoticeKind::EscalationClaimed, Feed::Escalation, "vera");
    assert!(desk.told(&assigned).contains(&("olga", "escalation_owner")));
    // Nobody caused that time passed.
    let lapsed = NoticeEvent {
        actor: None,
        ..desk.happening(NoticeKind::StepMissed, Feed::Case, "sam")
    };
    assert_eq!(
        desk.told(&lapsed),
        BTreeSet::from([("dana", "contact"), ("sam", "case_owner")])
    );
}

#[test]
fn the_two_feeds_are_followed_apart() {
    let desk = Desk::new();
    let technical = desk.happening(NoticeKind::EntryPosted, Feed::Case, "vera");
    assert_eq!(
        desk.told(&technical),
        BTreeSet::from([("dana", "contact"), ("sam", "case_owner")])
    );
    let escalation = desk.happening(NoticeKind::EntryPosted, Feed::Escalation, "vera");
    let told = BTreeSet::from([("remy", "requester"), ("olga", "escalation_owner")]);
    assert_eq!(desk.told(&escalation), told);
}

#[test]
fn f7_a_feed_is_followed_and_muted_on_its_own() {
    let mut desk = Desk::new();
    let acme = desk.acme;
    desk.add("vic", acme, &[Role::PortalViewer]);
    let said = |desk: &Desk, kind, feed, said: &[(&str, Stance)]| {
        let stances = said.iter().map(|(name, stance)| (desk.id(name), *stance));
        NoticeEvent {
            stances: stances.collect(),
            ..desk.happening(kind, feed, "vera")
        }
    };
    let follows = [("vic", Stance::Follow), ("dana", Stance::Mute)];
    let entry = said(&desk, NoticeKind::EntryPosted, Feed::Case, &follows);
    assert!(entry.people().contains(&desk.id("vic")));
    assert_eq!(
        desk.told(&entry),
        BTreeSet::from([("sam", "case_owner"), ("vic", "follower")])
    );
    // Who loses access follows nothing, and is not told so.
    desk.change("vic", |vic| {
        Arc::make_mut(&mut vic.access.permissions).remove(&Permission::CasesView);
    });
    assert_eq!(desk.told(&entry), BTreeSet::from([("sam", "case_owner")]));
    // A verdict on one's own escalation is addressed to whoever asked for it.
    let mutes = [
        ("remy", Stance::Mute),
        ("sam", Stance::Mute),
        ("olga", Stance::Mute),
    ];
    let (feed, told) = (Feed::Escalation, BTreeSet::from([("remy", "requester")]));
    for kind in [
        NoticeKind::EscalationClaimed,
        NoticeKind::EscalationAccepted,
        NoticeKind::EscalationDeclined,
        NoticeKind::EscalationClosed,
    ] {
        assert_eq!(desk.told(&said(&desk, kind, feed, &mutes)), told, "{kind}");
    }
    let entry = said(&desk, NoticeKind::EntryPosted, feed, &mutes);
    assert_eq!(desk.told(&entry), BTreeSet::new());
    // Who is named for a step is told of it, and not of the feed.
    let mut step = said(&desk, NoticeKind::StepPromised, feed, &mutes);
    step.ties.named = vec![desk.id("sam")];
    assert_eq!(desk.told(&step), BTreeSet::from([("sam", "named")]));
    // Nor is a muted feed silent to whoever is named in it.
    let mut mention = said(&desk, NoticeKind::Mentioned, feed, &mutes);
    mention.ties.mentioned = vec![desk.id("olga"), desk.id("vera")];
    assert_eq!(desk.told(&mention), BTreeSet::from([("olga", "mentioned")]));
    // Nothing of it concerns calls and what is to be done in time.
    let warning = said(
        &desk,
        NoticeKind::RadarWarning,
        Feed::Case,
        &[("sam", Stance::Mute), ("mona", Stance::Follow)],
    );
    assert_eq!(desk.told(&warning), BTreeSet::from([("sam", "case_owner")]));
}

#[test]
fn an_unowned_case_is_told_to_the_engineers() {
    let mut desk = Desk::new();
    let mut opened = desk.happening(NoticeKind::CaseOpened, Feed::Case, "dana");
    opened.ties.case_owner = None;
    assert_eq!(
        desk.told(&opened),
        BTreeSet::from([("sam", "engineers"), ("sue", "engineers")])
    );

    // Where nobody bears the role, whoever may work cases.
    desk.change("sam", |sam| sam.standing.enabled = false);
    desk.change("sue", |sue| sue.standing.verified = false);
    assert_eq!(
        desk.told(&opened),
        BTreeSet::from([("olga", "engineers"), ("vera", "engineers")])
    );

    let owned = desk.happening(NoticeKind::CaseOpened, Feed::Case, "dana");
    assert!(owned.permission().is_none());
}

#[test]
fn nobody_is_told_of_what_does_not_exist_for_them() {
    let mut desk = Desk::new();
    let entry = desk.happening(NoticeKind::EntryPosted, Feed::Case, "vera");
    let internal = NoticeEvent {
        visibility: Visibility::Internal,
        ..entry.clone()
    };
    assert_eq!(
        desk.told(&internal),
        BTreeSet::from([("sam", "case_owner")])
    );

    desk.change("dana", |dana| dana.standing.enabled = false);
    assert_eq!(desk.told(&entry), BTreeSet::from([("sam", "case_owner")]));
    desk.change("dana", |dana| {
        dana.standing.enabled = true;
        Arc::make_mut(&mut dana.access.permissions).remove(&Permission::CasesView);
    });
    assert_eq!(desk.told(&entry), BTreeSet::from([("sam", "case_owner")]));

    // A contact who went to another company leaves this one's mail behind.
    let (mut desk, globex) = (Desk::new(), desk.globex);
    desk.change("dana", |dana| dana.access.organization = globex);
    let entry = desk.happening(NoticeKind::EntryPosted, Feed::Case, "vera");
    assert_eq!(desk.told(&entry), BTreeSet::from([("sam", "case_owner")]));
}

#[test]
fn who_is_concerned_twice_is_told_once_for_the_nearest_reason() {
    let desk = Desk::new();
    let mut accepted = desk.happening(NoticeKind::EscalationAccepted, Feed::Escalation, "vera");
    accepted.ties.case_owner = accepted.ties.escalation_owner;
    let told = BTreeSet::from([("remy", "requester"), ("olga", "escalation_owner")]);
    assert_eq!(desk.told(&accepted), told);

    let mut decided = desk.happening(NoticeKind::PriorityDecided, Feed::Case, "vera");
    decided.ties.asker = Some(decided.ties.contact);
    assert_eq!(
        desk.told(&decided),
        BTreeSet::from([("dana", "asker"), ("sam", "case_owner")])
    );
}

#[test]
fn facts_are_read_as_the_verbs_give_them() {
    let closed = About::parse(NoticeKind::CaseClosed, json!({"note": "  "})).unwrap();
    assert_eq!(closed, About::CaseClosed(Noted { note: None }));
    assert_eq!(
        About::parse(NoticeKind::CaseReopened, serde_json::Value::Null)
            .unwrap()
            .kind(),
        NoticeKind::CaseReopened
    );

    let declined = json!({"reasons": ["recently_updated"], "reply": "Not yet."});
    let declined = About::parse(NoticeKind::EscalationDeclined, declined).unwrap();
    assert_eq!(declined.kind(), NoticeKind::EscalationDeclined);
    assert_eq!(
        serde_json::to_value(&declined).unwrap(),
        json!({
            "kind": "escalation_declined", "reasons": ["recently_updated"], "reply": "Not yet.", "calls": 0,
        })
    );
    assert!(About::parse(NoticeKind::EscalationDeclined, json!({"reasons": ["mood"]})).is_err());
    assert!(About::parse(NoticeKind::StepPromised, json!({"what": "x"})).is_err());
}

#[test]
fn threads_are_named_by_feed() {
    let (case, escalation) = (
        CaseId::new(Instant::UNIX_EPOCH),
        EscalationId::new(Instant::UNIX_EPOCH),
    );
    let of = |feed, escalation| Thread::of(feed, case, escalation).to_string();
    assert_eq!(of(Feed::Case, Some(escalation)), format!("case/{case}"));
    assert_eq!(
        of(Feed::Escalation, Some(escalation)),
        format!("escalation/{escalation}")
    );
    for kind in NoticeKind::ALL {
        let name = kind.as_str();
        assert_eq!(
            kind.feed(None, false) == Some(Feed::Escalation),
            ["escalation_", "target_", "callback_"]
                .iter()
                .any(|feed| name.starts_with(feed)),
            "{name}"
        );
    }
}

fn target_due(number: i64) -> GatheredTarget {
    let id = uuid::Uuid::from_u128(u128::try_from(number).unwrap());
    GatheredTarget {
        facts: TargetFacts {
            target: TargetId::from_uuid(id),
            of: TargetKind::Claim,
            due_at: Instant::UNIX_EPOCH + TimeDelta::minutes(number),
        },
        escalation: EscalationNumber::new(number),
        organization: "ACME".to_owned(),
        subject: "Agents lose audio".to_owned(),
    }
}

fn numbers(targets: &[GatheredTarget]) -> Vec<i64> {
    targets.iter().map(|one| one.escalation.value()).collect()
}

#[test]
fn n7_what_is_not_named_in_a_letter_is_counted_and_not_forgotten() {
    let mut gathered = Gathered::default();
    for number in (1..=40).rev() {
        gathered.add(false, target_due(number));
    }
    assert_eq!(numbers(&gathered.coming), Vec::from_iter(1..=25));
    assert_eq!((gathered.more, gathered.targets().count()), (15, 40));
    // The same again is no other one, whether it is named or not.
    gathered.add(false, target_due(3));
    gathered.add(false, target_due(39));
    assert_eq!((gathered.more, gathered.targets().count()), (15, 40));
    // What was missed goes before what was not.
    gathered.add(true, target_due(40));
    assert_eq!(numbers(&gathered.missed), [40]);
    assert_eq!(numbers(&gathered.coming), Vec::from_iter(1..=24));
    assert_eq!((gathered.more, gathered.targets().count()), (15, 40));
    // As it is kept until it is sent.
    let kept = serde_json::to_value(&gathered).unwrap();
    let mut gathered: Gathered = serde_json::from_value(kept).unwrap();
    // All that was named is done, and some of the rest.
    let left = |id: TargetId| (30..40).contains(&id.as_uuid().as_u128());
    gathered.retain(left);
    assert_eq!(
        (numbers(&gathered.missed), numbers(&gathered.coming)),
        (vec![], vec![])
    );
    assert_eq!((gathered.more, gathered.is_empty()), (10, false));
    gathered.retain(|_| false);
    assert_eq!((gathered.more, gathered.is_empty()), (0, true));
}
