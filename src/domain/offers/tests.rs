use super::*;
use crate::domain::Instant;
use crate::domain::access::Role;
use crate::domain::escalation::State;
use crate::domain::ids::{OrganizationId, PersonId};

fn with(role: Role) -> Access {
    let (person, organization) = (uuid::Uuid::from_u128(1), uuid::Uuid::from_u128(2));
    let organization = OrganizationId::from_uuid(organization);
    Access::of_roles(
        PersonId::from_uuid(person),
        organization,
        role.side(),
        [role],
    )
}

fn case(status: Status) -> CaseState {
    CaseState {
        status,
        priority: Priority::Low,
        rca: None,
        has_pending_request: false,
        has_active_escalation: false,
    }
}

fn offered(case: &CaseState, role: Role) -> Vec<&'static str> {
    let offers = of_case(case, (&with(role)).into());
    offers.into_iter().map(CaseVerb::as_str).collect()
}

#[test]
fn an_open_case_is_worked_on_by_each_in_their_way() {
    let open = case(Status::Open);
    assert_eq!(
        offered(&open, Role::DesignatedContact),
        ["edit", "write", "ask_priority", "request_rca", "close"]
    );
    assert_eq!(offered(&open, Role::PortalViewer), [""; 0]);
    assert_eq!(
        offered(&open, Role::SupportEngineer),
        ["edit", "write", "record", "promise", "request_rca", "close"]
    );
}

#[test]
fn a_closed_case_is_only_reopened() {
    for role in [Role::DesignatedContact, Role::SupportEngineer] {
        assert_eq!(offered(&case(Status::Closed), role), ["reopen"]);
        assert!(moves_of(&case(Status::Closed), (&with(role)).into()).is_empty());
    }
}

#[test]
fn a_priority_is_asked_for_once_at_a_time() {
    let pending = CaseState {
        has_pending_request: true,
        ..case(Status::Open)
    };
    assert!(!offered(&pending, Role::DesignatedContact).contains(&"ask_priority"));
    assert!(offered(&pending, Role::SupportEngineer).contains(&"decide_priority"));
    let medium = CaseState {
        priority: Priority::Medium,
        ..case(Status::Open)
    };
    assert!(!offered(&medium, Role::DesignatedContact).contains(&"ask_priority"));
}

#[test]
fn an_analysis_is_delivered_before_another_is_requested() {
    let at = Instant::UNIX_EPOCH;
    let with_rca = |delivered_at| CaseState {
        rca: Some(Rca {
            requested_at: at,
            delivered_at,
        }),
        ..case(Status::Open)
    };
    let running = offered(&with_rca(None), Role::SupportEngineer);
    assert!(running.contains(&"deliver_rca") && !running.contains(&"request_rca"));
    // What came back may need another cause.
    let delivered = offered(&with_rca(Some(at)), Role::DesignatedContact);
    assert!(delivered.contains(&"request_rca") && !delivered.contains(&"deliver_rca"));
}

#[test]
fn staff_end_the_escalation_before_its_case() {
    let escalated = CaseState {
        has_active_escalation: true,
        ..case(Status::Open)
    };
    assert!(!offered(&escalated, Role::SupportEngineer).contains(&"close"));
    assert!(offered(&escalated, Role::DesignatedContact).contains(&"close"));
}

#[test]
fn an_escalation_is_decided_by_its_owner_or_a_supervisor() {
    let of = |facts: Facts, role: Role| -> Vec<&'static str> {
        let verbs = of_escalation(&facts, &with(role));
        verbs.into_iter().map(|verb| verb.as_str()).collect()
    };
    let submitted = Facts {
        state: State::Submitted,
        owner: None,
        rated: false,
        rater: with(Role::DesignatedContact).person,
        rater_is_gone: false,
    };
    assert_eq!(of(submitted, Role::EscalationOwner), ["claim"]);
    assert_eq!(of(submitted, Role::DesignatedContact), ["withdraw"]);
    let others = Facts {
        state: State::InReview,
        owner: Some(PersonId::from_uuid(uuid::Uuid::from_u128(7))),
        ..submitted
    };
    assert_eq!(of(others, Role::EscalationOwner), [""; 0]);
    assert!(of(others, Role::Supervisor).contains(&"accept"));
    let own = Facts {
        owner: Some(with(Role::EscalationOwner).person),
        ..others
    };
    assert_eq!(of(own, Role::EscalationOwner), ["accept", "decline"]);
    let ended = Facts {
        state: State::Closed,
        ..own
    };
    assert_eq!(of(ended, Role::DesignatedContact), ["rate"]);
    let anothers = Facts {
        rater: PersonId::from_uuid(uuid::Uuid::from_u128(7)),
        ..ended
    };
    assert_eq!(of(anothers, Role::DesignatedContact), [""; 0]);
    let rated = Facts {
        rated: true,
        ..ended
    };
    assert_eq!(of(rated, Role::DesignatedContact), [""; 0]);
}
