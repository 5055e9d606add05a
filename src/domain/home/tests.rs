use proptest::prelude::*;

use super::*;
use crate::domain::access::Role;
use crate::domain::case::Priority;
use crate::domain::case::{Rca, Status};
use crate::domain::escalation::Facts;
use crate::domain::ids::{CaseNumber, EscalationNumber, NextStepId, OrganizationId, PersonId};
use crate::domain::offers::CaseState;
use crate::domain::radar::Prevention;
use crate::domain::radar::tests::{any_of, at, calendars, cases, moment};
use crate::domain::reason::installed;

fn with(roles: &[Role]) -> Access {
    let (person, organization) = (uuid::Uuid::from_u128(1), uuid::Uuid::from_u128(2));
    Access::of_roles(
        PersonId::from_uuid(person),
        OrganizationId::from_uuid(organization),
        roles[0].side(),
        roles.iter().copied(),
    )
}

fn groups(roles: &[Role]) -> Vec<&'static str> {
    let groups = Group::of(&with(roles));
    groups.into_iter().map(Group::as_str).collect()
}

#[test]
fn everybody_has_the_questions_of_their_roles() {
    assert_eq!(
        groups(&[Role::DesignatedContact]),
        ["waiting", "declined", "may_escalate", "promised", "unread"]
    );
    assert_eq!(groups(&[Role::PortalViewer]), ["unread"]);
    assert_eq!(
        groups(&[Role::OrganizationAdmin]),
        ["access_requests", "pairings", "unread"]
    );
    assert_eq!(
        groups(&[Role::SupportEngineer]),
        ["answered", "mine", "unowned", "radar"]
    );
    assert_eq!(
        groups(&[Role::EscalationOwner]),
        [
            "unclaimed",
            "due_next",
            "answered",
            "mine",
            "unowned",
            "radar",
            "my_escalations"
        ]
    );
    assert_eq!(
        groups(&[Role::Supervisor])[..4],
        ["missed", "unclaimed", "due_next", "off_duty"]
    );
    assert_eq!(groups(&[Role::Monitor]), ["missed", "radar"]);
    assert_eq!(groups(&[Role::TrustedExternalUser]), [""; 0]);
    // Those of two roles are those of both.
    assert_eq!(
        groups(&[Role::DesignatedContact, Role::OrganizationAdmin]),
        [
            "waiting",
            "declined",
            "may_escalate",
            "promised",
            "access_requests",
            "pairings",
            "unread"
        ]
    );
}

#[test]
fn all_that_happens_is_news_to_who_only_looks_on() {
    let viewer = Role::PortalViewer;
    assert!(only_looks_on(&with(&[viewer])));
    for roles in [
        &[viewer, Role::DesignatedContact][..],
        &[Role::Monitor],
        &[Role::TrustedExternalUser],
    ] {
        assert!(!only_looks_on(&with(roles)), "{roles:?}");
    }
}

#[test]
fn a_group_that_holds_something_stands_before_those_that_do_not() {
    let mut groups = [
        (Group::Unread, 2),
        (Group::Missed, 0),
        (Group::Promised, 0),
        (Group::Unclaimed, 1),
    ];
    arrange(&mut groups, |group| *group);
    let order = groups.map(|(group, _)| group);
    assert_eq!(
        order,
        [
            Group::Unclaimed,
            Group::Unread,
            Group::Missed,
            Group::Promised
        ]
    );
}

#[test]
fn what_is_due_is_missed_by_its_own_instant_and_soon_within_two_hours() {
    let now = at("2026-03-02T10:00:00Z");
    let moment = TimeDelta::microseconds(1);
    let said = |at: Instant| Due::Target(TargetKind::Claim).said(at, now);
    assert_eq!(said(now + moment).because, Because::ClaimDue);
    assert_eq!(said(now).because, Because::ClaimMissed);
    let pressing = |at| said(at).pressing(now);
    assert_eq!(pressing(now), Pressing::Late);
    assert_eq!(pressing(now + SOON), Pressing::Soon);
    assert_eq!(pressing(now + SOON + moment), Pressing::Plain);
}

#[test]
fn an_escalation_says_what_falls_due_first_or_where_it_stands() {
    let now = at("2026-03-02T10:00:00Z");
    let hour = TimeDelta::hours(1);
    let since = (State::Accepted, now - hour);
    let promise = (now + hour, Due::Promise("A patch".into()));
    let update = (now + hour * 2, Due::Target(TargetKind::Update));
    let why = of_escalation(since, None, [update.clone(), promise], now);
    assert_eq!(
        (why.because, why.named.as_str()),
        (Because::PromiseDue, "A patch")
    );
    let why = of_escalation(since, Some(now), [update], now);
    assert_eq!(why.because, Because::UpdateDue);
    for (since, awaiting, because) in [
        (since, Some(now), Because::AwaitsCustomer),
        (since, None, Because::NothingDue),
        ((State::InReview, now), None, Because::InReview),
        ((State::Submitted, now), None, Because::Submitted),
    ] {
        assert_eq!(of_escalation(since, awaiting, [], now).because, because);
    }
}

fn case(status: Status) -> CaseState {
    CaseState {
        status,
        priority: Priority::Medium,
        rca: None,
        has_pending_request: false,
        has_active_escalation: false,
    }
}

fn escalation(state: State, owner: Option<u128>) -> Facts {
    let person = |id| PersonId::from_uuid(uuid::Uuid::from_u128(id));
    Facts {
        state,
        owner: owner.map(person),
        rated: false,
        rater: person(9),
        rater_is_gone: false,
    }
}

#[test]
fn an_act_is_one_that_is_offered() {
    let open = case(Status::Open);
    let on = On {
        case: Some(&open),
        escalation: None,
    };
    let engineer = with(&[Role::SupportEngineer]);
    let act = |group, because, on, access: &Access| Act::of(group, because, on, access);
    assert_eq!(
        act(Group::Unowned, Because::NobodyOwns, on, &engineer),
        Some(Act::Take)
    );
    assert_eq!(
        act(Group::Mine, Because::LastUpdate, on, &engineer),
        Some(Act::Update)
    );
    assert_eq!(
        act(Group::Mine, Because::PromiseMissed, on, &engineer),
        Some(Act::KeepPromise)
    );
    // No analysis was requested, so that none is delivered.
    assert_eq!(act(Group::Mine, Because::AnalysisDue, on, &engineer), None);
    assert_eq!(
        Act::against(Prevention::Update, on, &with(&[Role::Monitor])),
        None
    );
    let closed = case(Status::Closed);
    let on = On {
        case: Some(&closed),
        ..on
    };
    assert_eq!(
        act(Group::Unowned, Because::NobodyOwns, on, &engineer),
        None
    );
    let owner = with(&[Role::EscalationOwner]);
    let submitted = escalation(State::Submitted, None);
    let on = On {
        case: None,
        escalation: Some(&submitted),
    };
    assert_eq!(
        act(Group::Unclaimed, Because::ClaimDue, on, &owner),
        Some(Act::Claim)
    );
    assert_eq!(act(Group::Missed, Because::ClaimMissed, on, &owner), None);
    let supervisor = with(&[Role::Supervisor]);
    assert_eq!(
        act(Group::Missed, Because::ClaimMissed, on, &supervisor),
        Some(Act::Assign)
    );
    let in_review = escalation(State::InReview, Some(1));
    let on = On {
        case: None,
        escalation: Some(&in_review),
    };
    assert_eq!(
        act(Group::DueNext, Because::FirstReplyDue, on, &owner),
        Some(Act::Decide)
    );
    let accepted = escalation(State::Accepted, Some(1));
    let on = On {
        case: None,
        escalation: Some(&accepted),
    };
    assert_eq!(
        act(Group::DueNext, Because::UpdateDue, on, &owner),
        Some(Act::Update)
    );
}

#[test]
fn an_act_leads_to_where_it_is_done() {
    let step = NextStepId::from_uuid(uuid::Uuid::from_u128(7));
    let at = Place {
        case: CaseNumber::new(123),
        escalation: None,
        step: Some(step),
    };
    assert_eq!(Act::Answer.href(&at), "/cases/C-000123#write");
    assert_eq!(Act::Take.href(&at), "/cases/C-000123");
    assert_eq!(
        Act::Take.at_once(&at).as_deref(),
        Some("/cases/C-000123/take")
    );
    assert_eq!(
        Act::KeepPromise.href(&at),
        format!("/cases/C-000123#step-{step}")
    );
    assert_eq!(Act::Claim.at_once(&at), None);
    let at = Place {
        escalation: Some(EscalationNumber::new(45)),
        ..at
    };
    assert_eq!(Act::Answer.href(&at), "/cases/C-000123#answer");
    assert_eq!(Act::Update.href(&at), "/escalations/E-000045#answer");
    assert_eq!(
        Act::Claim.at_once(&at).as_deref(),
        Some("/escalations/E-000045/claim")
    );
}

proptest! {
    /// What is told to be escalated can be, without a double-check; and support is late for it by then.
    #[test]
    fn what_may_be_escalated_is_eligible(
        facts in cases(),
        calendar in calendars(),
        now in moment(),
    ) {
        let (policy, reasons) = (Policy::default(), installed());
        let told = may_escalate(&facts, &reasons, (&calendar, &policy), now);
        let verdicts: Vec<Verdict> = reasons
            .iter()
            .filter_map(|reason| {
                let answers = Answers::default();
                assess(&facts, reason, &answers, &calendar, &policy, now).ok()
            })
            .map(|assessment| assessment.verdict)
            .collect();
        if let Some(why) = told {
            prop_assert!(verdicts.contains(&Verdict::Eligible));
            prop_assert!(why.at.is_some_and(|at| at <= now));
        }
    }

    /// Whatever falls due, the first of it is told, and nothing before it stands behind it.
    #[test]
    fn an_own_case_stands_by_what_is_due_first(
        facts in cases(),
        dues in prop::collection::vec(moment(), 0..4),
        now in moment(),
    ) {
        let first = dues.iter().min().copied();
        let due = dues.iter().map(|at| (*at, Due::Analysis)).collect();
        let why = of_own_case(&facts, due, now);
        match first {
            Some(first) => prop_assert_eq!(place_of_own(&why), (false, Some(first))),
            None => prop_assert_eq!(place_of_own(&why), (true, Some(facts.last_provider_update_at()))),
        }
    }

    /// An analysis is due until it is delivered.
    #[test]
    fn an_analysis_that_is_delivered_is_not_due(
        facts in cases(),
        calendar in calendars(),
        delivered in any_of(&[false, true]),
    ) {
        let requested_at = at("2026-03-23T07:00:00Z");
        let rca = Rca { requested_at, delivered_at: delivered.then_some(requested_at) };
        let facts = CaseFacts { rca: Some(rca), ..facts };
        let due = analysis_due(&facts, &calendar, &Policy::default());
        prop_assert_eq!(due.is_some(), !delivered);
    }
}
