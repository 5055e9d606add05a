//! Who is told of a target: whose level of the ladder it is (M8).

use super::{Audience, Candidate, Recipient};
use crate::domain::access::{Permission, Role};
use crate::domain::ids::PersonId;
use crate::domain::organization::Side;
use crate::domain::target::Tell;

/// The people who have to do with an escalation whose target is told of.
#[derive(Clone, Debug)]
pub struct TargetTies {
    /// Who answers for it: its owner, or who covers for them.
    pub owner: Option<PersonId>,
    /// Who is on duty.
    pub on_duty: Vec<PersonId>,
}

/// Who of those who can be told is on a level. Where a level has nobody, the next best are told: a miss of which nobody
/// hears would be missed for good.
///
/// - The owner is told; without one, the owners on duty; without any, all who review escalations.
/// - The supervisors are those who bear that role; without any, all who assign escalations.
/// - The administrators likewise; without any, all who change targets.
pub fn told_of_target(tell: Tell, ties: &TargetTies, candidates: &[&Candidate]) -> Vec<Recipient> {
    let staff = || {
        let all = candidates.iter();
        all.filter(|candidate| candidate.access.side == Side::Provider)
    };
    let these = |audience: Audience, is: &dyn Fn(&Candidate) -> bool| -> Vec<Recipient> {
        let found = staff().filter(|candidate| is(candidate));
        let told = found.map(|candidate| Recipient {
            person: candidate.access.person,
            audience,
        });
        told.collect()
    };
    let bears = |role: Role| move |candidate: &Candidate| candidate.roles.contains(&role);
    let may = |permission| move |candidate: &Candidate| candidate.access.can(permission);
    let reviews = may(Permission::EscalationsReview);
    let first_with_anybody = |levels: Vec<Vec<Recipient>>| {
        let found = levels.into_iter().find(|told| !told.is_empty());
        found.unwrap_or_default()
    };
    first_with_anybody(match tell {
        Tell::Owner => vec![
            these(Audience::EscalationOwner, &|candidate| {
                ties.owner == Some(candidate.access.person)
            }),
            these(Audience::Duty, &|candidate| {
                ties.on_duty.contains(&candidate.access.person) && reviews(candidate)
            }),
            these(Audience::Queue, &reviews),
        ],
        Tell::Supervisors => vec![
            these(Audience::Ladder, &bears(Role::Supervisor)),
            these(Audience::Ladder, &may(Permission::EscalationsAssign)),
        ],
        Tell::Administrators => vec![
            these(Audience::Ladder, &bears(Role::Administrator)),
            these(Audience::Ladder, &may(Permission::TargetsManage)),
        ],
    })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::access::HeldRole;
    use crate::domain::ids::OrganizationId;
    use crate::domain::notice::Standing;

    fn person(number: u128) -> PersonId {
        PersonId::from_uuid(Uuid::from_u128(number))
    }

    fn staff(number: u128, role: Role) -> Candidate {
        let provider = OrganizationId::from_uuid(Uuid::nil());
        let standing = Standing {
            enabled: true,
            verified: true,
        };
        let roles = vec![HeldRole::Predefined(role)];
        Candidate::of((person(number), provider, Side::Provider), roles, standing)
    }

    fn told(
        tell: Tell,
        owner: Option<u128>,
        on_duty: &[u128],
        candidates: &[Candidate],
    ) -> Vec<(u128, Audience)> {
        let ties = TargetTies {
            owner: owner.map(person),
            on_duty: on_duty.iter().copied().map(person).collect(),
        };
        let candidates: Vec<&Candidate> = candidates.iter().collect();
        told_of_target(tell, &ties, &candidates)
            .into_iter()
            .map(|told| (told.person.as_uuid().as_u128(), told.audience))
            .collect()
    }

    #[test]
    fn m8_each_level_has_its_people_and_the_next_best_where_there_is_nobody() {
        let desk = [
            staff(1, Role::EscalationOwner),
            staff(2, Role::EscalationOwner),
            staff(3, Role::Supervisor),
            staff(4, Role::Administrator),
            staff(5, Role::SupportEngineer),
        ];
        let owner = |owner, on_duty: &[u128]| told(Tell::Owner, owner, on_duty, &desk);
        assert_eq!(owner(Some(1), &[2]), [(1, Audience::EscalationOwner)]);
        assert_eq!(owner(None, &[2]), [(2, Audience::Duty)]);
        // Somebody on duty who does not review is nobody to ask.
        let all = [
            (1, Audience::Queue),
            (2, Audience::Queue),
            (3, Audience::Queue),
            (4, Audience::Queue),
        ];
        assert_eq!(owner(None, &[5]), all);
        assert_eq!(owner(Some(9), &[]), all);
        assert_eq!(
            told(Tell::Supervisors, None, &[], &desk),
            [(3, Audience::Ladder)]
        );
        assert_eq!(
            told(Tell::Administrators, None, &[], &desk),
            [(4, Audience::Ladder)]
        );
        let without = [
            staff(1, Role::EscalationOwner),
            staff(4, Role::Administrator),
        ];
        assert_eq!(
            told(Tell::Supervisors, None, &[], &without),
            [(4, Audience::Ladder)]
        );
        assert_eq!(told(Tell::Administrators, None, &[], &desk[..3]), []);
    }
}
