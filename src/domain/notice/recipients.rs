//! Who is told of what: decided from facts alone.

use std::collections::BTreeMap;

use super::{Audience, NoticeKind, Obstacle, Stance, Stances, is_silenced, needs_of_feed};
use crate::domain::access::{Access, HeldRole, Permission, Role};
use crate::domain::feed::{Feed, Visibility};
use crate::domain::ids::{OrganizationId, PersonId};
use crate::domain::organization::Side;

/// The people who have to do with a case and its escalation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stakeholders {
    /// The case's contact of record.
    pub contact: PersonId,
    /// The case's owner.
    pub case_owner: Option<PersonId>,
    /// Who asked for the escalation that it is about.
    pub requester: Option<PersonId>,
    /// Who is asked to rate it in the requester's place (M11).
    pub rater: Option<PersonId>,
    /// That escalation's owner.
    pub escalation_owner: Option<PersonId>,
    /// Who asked for the priority that was decided on, or for the call.
    pub asker: Option<PersonId>,
    /// Who of the staff does the next steps that it tells of (M7).
    pub named: Vec<PersonId>,
    /// Who makes the call.
    pub caller: Option<PersonId>,
    /// Whom the entry names that it tells of.
    pub mentioned: Vec<PersonId>,
}

impl Stakeholders {
    /// Whether nobody of support has taken it on yet, so that it is for all who might.
    const fn are_nobodys(&self) -> bool {
        self.escalation_owner.is_none() && self.caller.is_none()
    }
}

/// What happened, as far as it decides who is told.
#[derive(Clone, Debug)]
pub struct NoticeEvent {
    /// What kind of thing.
    pub kind: NoticeKind,
    /// In which feed.
    pub feed: Feed,
    /// Who may know.
    pub visibility: Visibility,
    /// Whose case it is.
    pub organization: OrganizationId,
    /// Who did it; nobody where only time passed.
    pub actor: Option<PersonId>,
    /// Whom it concerns.
    pub ties: Stakeholders,
    /// What people said of the feed (F7).
    pub stances: Stances,
}

/// Somebody who might be told.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// What the person may do in their own organization.
    pub access: Access,
    /// The roles from which that follows.
    pub roles: Vec<Role>,
    /// Whether mail may go to them.
    pub standing: Standing,
    /// What they may do in the case's organization by way of a pairing, if they asked there for what the notice answers
    /// (P7).
    pub paired: Option<Access>,
}

/// Whether mail may go to a person's address at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The person is not disabled.
    pub enabled: bool,
    /// The address was found to be the person's.
    pub verified: bool,
}

impl Standing {
    /// Whether everything may be written to them.
    pub const fn is_reachable(self) -> bool {
        self.enabled && self.verified
    }
}

impl Candidate {
    /// Somebody who holds `roles` in their own organization.
    pub fn of(
        (person, organization, side): (PersonId, OrganizationId, Side),
        roles: Vec<HeldRole>,
        standing: Standing,
    ) -> Self {
        let predefined = roles.iter().filter_map(|role| match role {
            HeldRole::Predefined(role) => Some(*role),
            HeldRole::Own(_) => None,
        });
        Self {
            roles: predefined.collect(),
            access: Access::of(person, organization, side, roles),
            standing,
            paired: None,
        }
    }

    /// Whether the person belongs to another customer than `organization`, and so is there by way of a pairing at the most.
    pub fn is_foreign(&self, organization: OrganizationId) -> bool {
        self.access.side == Side::Customer && self.access.organization != organization
    }
}

/// Somebody who is told, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// The person.
    pub person: PersonId,
    /// Why.
    pub audience: Audience,
}

impl NoticeEvent {
    /// Who is told of such a thing, if they are who they must be.
    fn audiences(&self) -> &'static [Audience] {
        match self.kind {
            // Whoever makes the call, or else whoever could.
            NoticeKind::CallbackDue if self.ties.caller.is_some() => &[Audience::Caller],
            kind => told_of(kind, self.feed),
        }
    }

    /// The single people among those who might be told, and the actor, whose name a notice bears.
    pub fn people(&self) -> Vec<PersonId> {
        let ties = &self.ties;
        let mut people: Vec<PersonId> = [
            Some(ties.contact),
            ties.case_owner,
            ties.requester,
            ties.rater,
            ties.escalation_owner,
            ties.asker,
            ties.caller,
            self.actor,
        ]
        .into_iter()
        .flatten()
        .chain(ties.named.iter().copied())
        .chain(ties.mentioned.iter().copied())
        .chain(self.followers())
        .collect();
        people.sort_unstable();
        people.dedup();
        people
    }

    /// Those who follow the feed, of what followers are told.
    fn followers(&self) -> impl Iterator<Item = PersonId> {
        let told = self.audiences().contains(&Audience::Follower);
        self.stances.followers().filter(move |_| told)
    }

    /// The permission whose holders at the provider might be told.
    pub fn permission(&self) -> Option<Permission> {
        self.audiences().iter().find_map(|audience| match audience {
            Audience::Queue if self.ties.are_nobodys() => Some(Permission::EscalationsReview),
            Audience::Engineers if self.ties.case_owner.is_none() => Some(Permission::CasesWork),
            _ => None,
        })
    }

    /// Whether the person is told of this if they belong to an audience: unless something is in the way, or they caused
    /// it themselves. The requester of an escalation gets the confirmation all the same (M3).
    fn may_tell(&self, candidate: &Candidate) -> bool {
        let person = Some(candidate.access.person);
        let confirms =
            self.kind == NoticeKind::EscalationSubmitted && self.ties.requester == person;
        obstacle(candidate, self.organization, self.feed, self.visibility).is_none()
            && (confirms || self.actor != person)
    }
}

/// Who is told of what happens in a feed, if they are who they must be; nobody of what says itself to whom it goes.
pub(super) const fn told_of(kind: NoticeKind, feed: Feed) -> &'static [Audience] {
    use Audience::*;
    match (kind, feed) {
        // Nobody follows yet what is only opened.
        (NoticeKind::CaseOpened, _) => &[Contact, CaseOwner, Engineers],
        (NoticeKind::CaseReopened | NoticeKind::PriorityRequested, _) => {
            &[Contact, CaseOwner, Follower, Engineers]
        }
        (NoticeKind::CaseClosed | NoticeKind::RcaRequested | NoticeKind::RcaDelivered, _) => {
            &[Contact, CaseOwner, Follower]
        }
        (NoticeKind::CaseAssigned, _) => &[CaseOwner],
        // Internal: a customer's people are not told what support does before they complain.
        (NoticeKind::RadarWarning, _) => &[CaseOwner, Engineers],
        (NoticeKind::PriorityDecided, _) => &[Asker, Contact, CaseOwner, Follower],
        // F7: who follows one feed is not mailed about the other.
        (NoticeKind::EntryPosted, Feed::Case) => &[Contact, CaseOwner, Follower],
        (NoticeKind::EntryPosted, Feed::Escalation) => &[Requester, EscalationOwner, Follower],
        (
            NoticeKind::StepPromised
            | NoticeKind::StepDone
            | NoticeKind::StepMissed
            | NoticeKind::StepRepromised,
            Feed::Case,
        ) => &[Contact, CaseOwner, Named, Follower],
        (
            NoticeKind::StepPromised
            | NoticeKind::StepDone
            | NoticeKind::StepMissed
            | NoticeKind::StepRepromised,
            Feed::Escalation,
        )
        | (NoticeKind::EscalationAccepted, _) => {
            &[Requester, EscalationOwner, CaseOwner, Named, Follower]
        }
        (NoticeKind::EscalationSubmitted | NoticeKind::EscalationWithdrawn, _) => {
            &[Requester, EscalationOwner, CaseOwner, Follower, Queue]
        }
        (
            NoticeKind::EscalationClaimed
            | NoticeKind::EscalationDeclined
            | NoticeKind::EscalationClosed,
            _,
        ) => &[Requester, Rater, EscalationOwner, CaseOwner, Follower],
        (NoticeKind::EscalationRatingAsked, _) => &[Rater],
        (NoticeKind::Mentioned, _) => &[Mentioned],
        (NoticeKind::CallbackCompleted, _) => &[
            Requester,
            EscalationOwner,
            Asker,
            Caller,
            Contact,
            CaseOwner,
        ],
        (
            NoticeKind::CallbackRequested
            | NoticeKind::CallbackTaken
            | NoticeKind::CallbackRescheduled
            | NoticeKind::CallbackMissed
            | NoticeKind::CallbackCanceled,
            _,
        ) => &[Requester, EscalationOwner, Asker, Caller, Queue],
        (NoticeKind::CallbackDue, _) => &[EscalationOwner, Queue],
        // Who gets these is decided by the ladder, and by who writes them.
        (
            NoticeKind::TargetReminder
            | NoticeKind::TargetMissed
            | NoticeKind::TargetsGathered
            | NoticeKind::AccessRequested
            | NoticeKind::AccessGranted
            | NoticeKind::AccessRefused
            | NoticeKind::Invitation
            | NoticeKind::PasswordReset
            | NoticeKind::PasswordChanged
            | NoticeKind::SecondFactorChanged
            | NoticeKind::NewDevice
            | NoticeKind::PairingAccepted
            | NoticeKind::PairingRolesChanged
            | NoticeKind::PairingMembersProposed
            | NoticeKind::PairingRoleAsked
            | NoticeKind::PairingRoleRefused
            | NoticeKind::PairingSwitched
            | NoticeKind::PairingRemoved
            | NoticeKind::CloneAdded
            | NoticeKind::CloneRemoved
            | NoticeKind::Digest
            | NoticeKind::TutorialRegistered
            | NoticeKind::TutorialPlace
            | NoticeKind::TutorialMoved
            | NoticeKind::TutorialCanceled
            | NoticeKind::TutorialReminder,
            _,
        ) => &[],
    }
}

/// What keeps the desk from writing to a person about something in `feed` of a case of `organization`. It is asked
/// when a notice is made, and again whenever it is about to be sent.
pub fn obstacle(
    candidate: &Candidate,
    organization: OrganizationId,
    feed: Feed,
    visibility: Visibility,
) -> Option<Obstacle> {
    let access = &candidate.access;
    // P7: whoever asked for something by way of a pairing is answered as long as it lets them read the answer.
    let access = match &candidate.paired {
        Some(paired) if candidate.is_foreign(organization) => paired,
        _ => access,
    };
    // F2, A5: internal entries and other organizations' cases do not exist for a customer's people.
    let theirs = match access.side {
        Side::Provider => true,
        Side::Customer => access.organization == organization && visibility == Visibility::Public,
    };
    let permission = needs_of_feed(feed);
    if !candidate.standing.is_reachable() {
        Some(Obstacle::Unreachable)
    } else if !theirs || !access.can(permission) || !access.sees(visibility) {
        Some(Obstacle::NotVisible)
    } else {
        None
    }
}

/// What keeps the desk from writing a letter of this kind to a person who may do `access` in their own organization.
/// It is asked when the letter is made, and again whenever it is about to be sent.
pub fn letter_obstacle(kind: NoticeKind, standing: Standing, access: &Access) -> Option<Obstacle> {
    let reachable = standing.enabled && (standing.verified || kind.goes_unverified());
    if !reachable {
        Some(Obstacle::Unreachable)
    } else if kind.needs().is_some_and(|needed| !access.can(needed)) {
        Some(Obstacle::NotVisible)
    } else {
        None
    }
}

/// Who is told of `happening`, and why; each person once, in the order of `candidates`' ids.
pub fn recipients(happening: &NoticeEvent, candidates: &[Candidate]) -> Vec<Recipient> {
    let ties = &happening.ties;
    // A desk on which nobody bears the engineer's role is run by those whose roles include it.
    let has_engineers = candidates.iter().any(|candidate| {
        candidate.standing.is_reachable() && candidate.roles.contains(&Role::SupportEngineer)
    });
    // P7: of what a paired person asked for, the contact of record is told as well.
    let asked_through_pairing = candidates.iter().any(|candidate| {
        Some(candidate.access.person) == ties.requester
            && candidate.is_foreign(happening.organization)
    });
    let stands_in: &[Audience] = match happening.feed {
        Feed::Escalation if asked_through_pairing => &[Audience::Contact],
        _ => &[],
    };
    let belongs = |candidate: &Candidate, audience: Audience| {
        let access = &candidate.access;
        let is = |person: Option<PersonId>| person == Some(access.person);
        let staff = access.side == Side::Provider;
        // P7: nobody gets notices where they are by way of a pairing, but for what they asked for.
        if audience != Audience::Requester && candidate.is_foreign(happening.organization) {
            return false;
        }
        match audience {
            Audience::Requester => is(ties.requester),
            Audience::Rater => is(ties.rater),
            Audience::EscalationOwner => is(ties.escalation_owner),
            Audience::Asker => is(ties.asker),
            Audience::Caller => is(ties.caller),
            Audience::Contact => is(Some(ties.contact)),
            Audience::CaseOwner => is(ties.case_owner),
            Audience::Named => staff && ties.named.contains(&access.person),
            Audience::Mentioned => ties.mentioned.contains(&access.person),
            Audience::Follower => happening.stances.of(access.person) == Stance::Follow,
            Audience::Queue => {
                ties.are_nobodys() && staff && access.can(Permission::EscalationsReview)
            }
            Audience::Engineers => {
                ties.case_owner.is_none()
                    && staff
                    && if has_engineers {
                        candidate.roles.contains(&Role::SupportEngineer)
                    } else {
                        access.can(Permission::CasesWork)
                    }
            }
            // The ladder, and letters, say themselves to whom they go.
            Audience::Duty
            | Audience::Ladder
            | Audience::Invited
            | Audience::Holder
            | Audience::Decider
            | Audience::Applicant
            | Audience::Paired
            | Audience::Subscriber
            | Audience::Registered => false,
        }
    };
    let mut told = BTreeMap::new();
    for candidate in candidates
        .iter()
        .filter(|candidate| happening.may_tell(candidate))
    {
        // F7: a muted feed is silent but for what is addressed to somebody.
        let mutes = happening.stances.of(candidate.access.person) == Stance::Mute;
        let reason = happening
            .audiences()
            .iter()
            .chain(stands_in)
            .copied()
            .filter(|audience| belongs(candidate, *audience))
            .filter(|audience| !(mutes && is_silenced(happening.kind, *audience)))
            .min();
        if let Some(audience) = reason {
            told.entry(candidate.access.person).or_insert(audience);
        }
    }
    told.into_iter()
        .map(|(person, audience)| Recipient { person, audience })
        .collect()
}
