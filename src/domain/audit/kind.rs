//! Every kind of event, and what the customer's side is shown of it.
//!
//! This is a white list: of a kind that is not known here, as a later version may have recorded one, nobody but the provider's
//! staff learns that it exists, and a field that is not named here is not shown to a customer (F2, section 11).

use serde_json::{Map, Value};

use crate::domain::closed_enum;

closed_enum! {
    /// Who may see an event. It is settled when the event is recorded.
    pub enum SeenBy {
        /// The provider's staff, and those entitled in the organizations that it concerns.
        Both = "both",
        /// The provider's staff alone.
        Provider = "provider",
    }
}

closed_enum! {
    /// What can happen, as it is recorded: `thing.verb`, in the order in which kinds are offered to choose from.
    pub enum EventKind as "AuditEventKind" {
        /// A case was opened.
        CaseOpened = "case.opened",
        /// Fields of a case have changed.
        CaseChanged = "case.changed",
        /// A case was closed.
        CaseClosed = "case.closed",
        /// A closed case was opened again.
        CaseReopened = "case.reopened",
        /// A case was brought along by an import; it happens when the import runs, not when the history of the case does.
        CaseImported = "case.imported",
        /// What was said on a case before such hashes were kept was covered by the chain.
        CaseSealed = "case.sealed",
        /// High priority was asked for.
        PriorityRequested = "priority.requested",
        /// Such a request was decided.
        PriorityDecided = "priority.decided",
        /// Something was said in a feed.
        EntryPosted = "entry.posted",
        /// An entry was corrected.
        EntryEdited = "entry.edited",
        /// An entry was redacted.
        EntryRedacted = "entry.redacted",
        /// An entry was moved to the other feed.
        EntryMoved = "entry.moved",
        /// Its author took an entry back right after posting it.
        EntryTakenBack = "entry.taken_back",
        /// A next step was promised.
        StepPromised = "step.promised",
        /// A next step was promised for another time.
        StepRepromised = "step.repromised",
        /// A next step was done.
        StepDone = "step.done",
        /// A next step was missed.
        StepMissed = "step.missed",
        /// An escalation was submitted.
        EscalationSubmitted = "escalation.submitted",
        /// An owner took an escalation for review.
        EscalationClaimed = "escalation.claimed",
        /// An escalation was given to an owner.
        EscalationAssigned = "escalation.assigned",
        /// An escalation was found valid.
        EscalationAccepted = "escalation.accepted",
        /// Importance and urgency of an escalation were set anew.
        EscalationReranked = "escalation.reranked",
        /// An escalation was declined.
        EscalationDeclined = "escalation.declined",
        /// An escalation was withdrawn.
        EscalationWithdrawn = "escalation.withdrawn",
        /// An escalation was closed.
        EscalationClosed = "escalation.closed",
        /// The handling of an escalation was rated.
        EscalationRated = "escalation.rated",
        /// Somebody else was asked for the rating.
        EscalationRaterAsked = "escalation.rater_asked",
        /// A call was asked for.
        CallbackRequested = "callback.requested",
        /// Somebody makes the call now.
        CallbackTaken = "callback.taken",
        /// It has another window.
        CallbackRescheduled = "callback.rescheduled",
        /// What it is about has changed.
        CallbackChanged = "callback.changed",
        /// It took place.
        CallbackCompleted = "callback.completed",
        /// It did not.
        CallbackMissed = "callback.missed",
        /// It was called off.
        CallbackCanceled = "callback.canceled",
        /// Callbacks were exported.
        CallbacksExported = "callbacks.exported",
        /// Somebody signed in.
        SessionOpened = "session.opened",
        /// Somebody signed out.
        SessionClosed = "session.closed",
        /// Somebody failed to sign in as a person.
        SessionRefused = "session.refused",
        /// Somebody ended one of their sessions.
        SessionEnded = "session.ended",
        /// An API token was made.
        TokenIssued = "token.issued",
        /// An API token was revoked.
        TokenRevoked = "token.revoked",
        /// A person was added.
        PersonAdded = "person.added",
        /// Fields of a person have changed.
        PersonChanged = "person.changed",
        /// A person was invited.
        PersonInvited = "person.invited",
        /// A person accepted their invitation.
        PersonJoined = "person.joined",
        /// An organization was added.
        OrganizationAdded = "organization.added",
        /// Fields of an organization have changed.
        OrganizationChanged = "organization.changed",
        /// A line of business was added.
        LineAdded = "line.added",
        /// Fields of a line of business have changed.
        LineChanged = "line.changed",
        /// A calendar was added.
        CalendarAdded = "calendar.added",
        /// Fields of a calendar have changed.
        CalendarChanged = "calendar.changed",
        /// The policy has changed.
        PolicyChanged = "policy.changed",
        /// A reason for escalations was added.
        ReasonAdded = "reason.added",
        /// Fields of a reason have changed.
        ReasonChanged = "reason.changed",
        /// How long targets have was changed.
        TargetsChanged = "targets.changed",
        /// The ladder was changed.
        LadderChanged = "ladder.changed",
        /// The roster, or how escalations get their owner, was changed.
        DutyChanged = "duty.changed",
        /// An article was added.
        ArticleAdded = "article.added",
        /// An article was written on, or is for others.
        ArticleChanged = "article.changed",
        /// The newest version of an article is shown.
        ArticlePublished = "article.published",
        /// An article is not shown any more.
        ArticleArchived = "article.archived",
        /// An article was removed.
        ArticleRemoved = "article.removed",
        /// A category of articles has another name.
        ArticleCategoryRenamed = "article.category_renamed",
        /// The handbooks and trainings of the guide to escalations were changed.
        GuideChanged = "guide.changed",
        /// A notice was sent again.
        NoticeResent = "notice.resent",
        /// Notices were sent again together.
        NoticeResentAll = "notice.resent_all",
        /// Audited events were exported.
        AuditExported = "audit.exported",
        /// All of a person's sessions were ended.
        SessionsEnded = "sessions.ended",
        /// A person's password has changed.
        PasswordChanged = "password.changed",
        /// A second factor is asked for from now on.
        SecondFactorTurnedOn = "second_factor.turned_on",
        /// Somebody gave up their second factor.
        SecondFactorTurnedOff = "second_factor.turned_off",
        /// An administrator took a second factor away.
        SecondFactorTakenAway = "second_factor.taken_away",
        /// Recovery codes were renewed.
        SecondFactorCodesRenewed = "second_factor.codes_renewed",
        /// A recovery code was used.
        SecondFactorRecoveryCodeUsed = "second_factor.recovery_code_used",
        /// A person chose which notices they get.
        NoticesChosen = "notices.chosen",
        /// A person chose which feeds of a case they follow or mute.
        FollowingChosen = "following.chosen",
        /// Access was asked for.
        AccessRequestMade = "access_request.made",
        /// Such a request was granted.
        AccessRequestGranted = "access_request.granted",
        /// Such a request was refused.
        AccessRequestRefused = "access_request.refused",
        /// A role was added.
        RoleAdded = "role.added",
        /// Fields of a role have changed.
        RoleChanged = "role.changed",
        /// A role was removed.
        RoleRemoved = "role.removed",
        /// An access group was added.
        AccessGroupAdded = "access_group.added",
        /// Fields of an access group have changed.
        AccessGroupChanged = "access_group.changed",
        /// An access group was removed.
        AccessGroupRemoved = "access_group.removed",
        /// A pairing was asked for.
        PairingRequested = "pairing.requested",
        /// The link of a pairing's request was renewed.
        PairingLinkRenewed = "pairing.link_renewed",
        /// A pairing was accepted.
        PairingAccepted = "pairing.accepted",
        /// A pairing was refused.
        PairingRefused = "pairing.refused",
        /// The trustor switched a pairing off.
        PairingSwitchedOff = "pairing.switched_off",
        /// The trustor switched it on again.
        PairingSwitchedOn = "pairing.switched_on",
        /// The provider suspended a pairing.
        PairingSuspended = "pairing.suspended",
        /// The provider let it go on.
        PairingResumed = "pairing.resumed",
        /// A pairing's request was withdrawn.
        PairingWithdrawn = "pairing.withdrawn",
        /// A pairing was removed.
        PairingRemoved = "pairing.removed",
        /// A person or a group became a member of a pairing.
        PairingMemberAdded = "pairing.member_added",
        /// A member of a pairing was removed.
        PairingMemberRemoved = "pairing.member_removed",
        /// A role was given to a member of a pairing.
        PairingRoleGiven = "pairing.role_given",
        /// A role was taken from a member.
        PairingRoleTaken = "pairing.role_taken",
        /// A role was asked for, for a member.
        PairingRoleAsked = "pairing.role_asked",
        /// It is not asked for any more.
        PairingRoleNotAsked = "pairing.role_not_asked",
        /// A role that was asked for was refused.
        PairingRoleRefused = "pairing.role_refused",
        /// A cloned user was made.
        PairingCloneAdded = "pairing.clone_added",
        /// A cloned user was removed.
        PairingCloneRemoved = "pairing.clone_removed",
        /// Somebody switched into the organization.
        PairingSwitchedInto = "pairing.switched_into",
        /// An announcement was added.
        AnnouncementAdded = "announcement.added",
        /// An announcement was changed.
        AnnouncementChanged = "announcement.changed",
        /// An announcement was removed.
        AnnouncementRemoved = "announcement.removed",
        /// A tutorial was added.
        TutorialAdded = "tutorial.added",
        /// A tutorial was changed.
        TutorialChanged = "tutorial.changed",
        /// A tutorial was called off.
        TutorialCanceled = "tutorial.canceled",
        /// Somebody registered for a tutorial.
        TutorialRegistered = "tutorial.registered",
        /// Somebody who waited got a place.
        TutorialPlaced = "tutorial.placed",
        /// Somebody does not come after all.
        TutorialLeft = "tutorial.left",
        /// A tool was added.
        ToolAdded = "tool.added",
        /// A tool was changed.
        ToolChanged = "tool.changed",
        /// A tool was removed.
        ToolRemoved = "tool.removed",
        /// A text template was added.
        TemplateAdded = "template.added",
        /// A text template was changed.
        TemplateChanged = "template.changed",
        /// A text template was removed.
        TemplateRemoved = "template.removed",
        /// A filter is everybody's in an organization from now on.
        SharedFilterAdded = "shared_filter.added",
        /// One that is everybody's was changed.
        SharedFilterChanged = "shared_filter.changed",
        /// One that was everybody's was removed, or is its owner's alone again.
        SharedFilterRemoved = "shared_filter.removed",
    }
}

/// What the customer's side is shown of a kind.
#[derive(Clone, Copy, Debug)]
enum Shown {
    /// Nothing.
    Never,
    /// That it happened, with these of its fields.
    With(&'static [&'static str]),
    /// The same, but only where at least one of these fields has changed.
    WhereChanged(&'static [&'static str]),
    /// The same, but only where the entry that it is about is public.
    WherePublic(&'static [&'static str]),
}

const CASE: &[&str] = &[
    "subject",
    "description",
    "priority",
    "status",
    "deployment",
    "business_impact",
    "product",
    "engagements",
    "closed_at",
    "rca_requested_at",
    "rca_delivered_at",
    "contact",
    "channel",
];
const ESCALATION: &[&str] = &[
    "state",
    "reason",
    "decline_reasons",
    "outcome",
    "summary",
    "rating_score",
    "rating_comment",
    "rater",
];
const STEP: &[&str] = &["what", "who", "due_at", "state", "reason"];
// Not the number, nor words: they stand with the callback.
const CALLBACK: &[&str] = &["state", "begins_at", "ends_at", "time_zone"];
const ENTRY: &[&str] = &["feed", "kind"];
const PERSON: &[&str] = &[
    "email",
    "name",
    "first_name",
    "last_name",
    "time_zone",
    "disabled",
    "roles",
];
const ORGANIZATION: &[&str] = &[
    "slug",
    "name",
    "kind",
    "region",
    "time_zone",
    "second_factor_roles",
    "allowed_networks",
    "clients",
];
const ROLE: &[&str] = &["code", "name", "permissions"];
const GROUP: &[&str] = &["name", "members", "roles"];
const REQUEST: &[&str] = &[
    "name",
    "email",
    "organization",
    "company",
    "customer",
    "note",
    "person",
    "state",
    "until",
];
const PAIRING: &[&str] = &[
    "trustee",
    "trustor",
    "addressed_to",
    "people",
    "groups",
    "person",
    "group",
    "member",
    "role",
    "roles",
    "clone",
    "enabled",
    "expires_at",
    "state",
    "side",
];
const EXPORT: &[&str] = &["format", "filters"];
const REGISTRATION: &[&str] = &["title", "person", "state"];
const SHARED_FILTER: &[&str] = &["name", "href"];

impl EventKind {
    /// The kind of that name; nothing for one of another version.
    pub fn named(name: &str) -> Option<Self> {
        name.parse().ok()
    }

    /// Of which thing: what stands before the dot.
    pub fn thing(self) -> &'static str {
        self.as_str().split('.').next().unwrap_or_default()
    }

    fn shown(self) -> Shown {
        match self {
            Self::CaseOpened | Self::CaseClosed | Self::CaseReopened => Shown::With(CASE),
            Self::CaseChanged => Shown::WhereChanged(CASE),
            Self::CaseImported
            | Self::CaseSealed
            | Self::EscalationReranked
            | Self::LineAdded
            | Self::LineChanged
            | Self::CalendarAdded
            | Self::CalendarChanged
            | Self::PolicyChanged
            | Self::ReasonAdded
            | Self::ReasonChanged
            | Self::TargetsChanged
            | Self::LadderChanged
            | Self::DutyChanged
            | Self::ArticleAdded
            | Self::ArticleChanged
            | Self::ArticlePublished
            | Self::ArticleArchived
            | Self::ArticleRemoved
            | Self::ArticleCategoryRenamed
            | Self::GuideChanged
            | Self::NoticeResent
            | Self::NoticeResentAll
            | Self::AnnouncementAdded
            | Self::AnnouncementChanged
            | Self::AnnouncementRemoved
            | Self::TutorialAdded
            | Self::TutorialChanged
            | Self::TutorialCanceled
            | Self::ToolAdded
            | Self::ToolChanged
            | Self::ToolRemoved
            | Self::TemplateAdded
            | Self::TemplateChanged
            | Self::TemplateRemoved => Shown::Never,
            Self::TutorialRegistered | Self::TutorialPlaced | Self::TutorialLeft => {
                Shown::With(REGISTRATION)
            }
            Self::SharedFilterAdded | Self::SharedFilterChanged | Self::SharedFilterRemoved => {
                Shown::With(SHARED_FILTER)
            }
            // Not the notes: they stand in the feed, where they can be redacted.
            Self::PriorityRequested => Shown::With(&["priority"]),
            Self::PriorityDecided => Shown::With(&["state"]),
            Self::EntryPosted
            | Self::EntryEdited
            | Self::EntryRedacted
            | Self::EntryMoved
            | Self::EntryTakenBack => Shown::WherePublic(ENTRY),
            Self::StepPromised | Self::StepRepromised | Self::StepDone | Self::StepMissed => {
                Shown::With(STEP)
            }
            Self::EscalationSubmitted
            | Self::EscalationClaimed
            | Self::EscalationAccepted
            | Self::EscalationDeclined
            | Self::EscalationWithdrawn
            | Self::EscalationClosed
            | Self::EscalationRated
            | Self::EscalationRaterAsked => Shown::With(ESCALATION),
            Self::EscalationAssigned => Shown::WhereChanged(ESCALATION),
            Self::CallbackRequested
            | Self::CallbackTaken
            | Self::CallbackRescheduled
            | Self::CallbackChanged
            | Self::CallbackCompleted
            | Self::CallbackMissed
            | Self::CallbackCanceled => Shown::With(CALLBACK),
            Self::SessionOpened
            | Self::SessionClosed
            | Self::SessionEnded
            | Self::SessionsEnded
            | Self::PasswordChanged
            | Self::SecondFactorTurnedOn
            | Self::SecondFactorTurnedOff
            | Self::SecondFactorTakenAway
            | Self::SecondFactorCodesRenewed
            | Self::SecondFactorRecoveryCodeUsed
            | Self::NoticesChosen
            | Self::FollowingChosen => Shown::With(&[]),
            Self::SessionRefused => Shown::With(&["address", "until"]),
            Self::TokenIssued | Self::TokenRevoked => Shown::With(&["name"]),
            Self::PersonAdded | Self::PersonChanged | Self::PersonInvited | Self::PersonJoined => {
                Shown::With(PERSON)
            }
            Self::OrganizationAdded | Self::OrganizationChanged => Shown::With(ORGANIZATION),
            Self::AuditExported | Self::CallbacksExported => Shown::With(EXPORT),
            Self::AccessRequestMade | Self::AccessRequestGranted | Self::AccessRequestRefused => {
                Shown::With(REQUEST)
            }
            Self::RoleAdded | Self::RoleChanged | Self::RoleRemoved => Shown::With(ROLE),
            Self::AccessGroupAdded | Self::AccessGroupChanged | Self::AccessGroupRemoved => {
                Shown::With(GROUP)
            }
            Self::PairingRequested
            | Self::PairingLinkRenewed
            | Self::PairingAccepted
            | Self::PairingRefused
            | Self::PairingSwitchedOff
            | Self::PairingSwitchedOn
            | Self::PairingSuspended
            | Self::PairingResumed
            | Self::PairingWithdrawn
            | Self::PairingRemoved
            | Self::PairingMemberAdded
            | Self::PairingMemberRemoved
            | Self::PairingRoleGiven
            | Self::PairingRoleTaken
            | Self::PairingRoleAsked
            | Self::PairingRoleNotAsked
            | Self::PairingRoleRefused
            | Self::PairingCloneAdded
            | Self::PairingCloneRemoved
            | Self::PairingSwitchedInto => Shown::With(PAIRING),
        }
    }

    /// Whether such events may be seen on the customer's side at all.
    pub fn is_for_customers(self) -> bool {
        !matches!(self.shown(), Shown::Never)
    }

    /// The fields that the customer's side is shown.
    pub(super) fn fields(self) -> &'static [&'static str] {
        match self.shown() {
            Shown::Never => &[],
            Shown::With(fields) | Shown::WhereChanged(fields) | Shown::WherePublic(fields) => {
                fields
            }
        }
    }

    /// Who may see an event of this kind with these fields.
    pub fn seen_by(
        self,
        before: Option<&Map<String, Value>>,
        after: Option<&Map<String, Value>>,
    ) -> SeenBy {
        let seen = match self.shown() {
            Shown::Never => false,
            Shown::With(_) => true,
            Shown::WhereChanged(fields) => [before, after]
                .into_iter()
                .flatten()
                .flat_map(Map::keys)
                .any(|name| fields.contains(&name.as_str())),
            Shown::WherePublic(_) => {
                after
                    .and_then(|after| after.get("visibility"))
                    .and_then(Value::as_str)
                    == Some("public")
            }
        };
        if seen { SeenBy::Both } else { SeenBy::Provider }
    }

    /// Whether somebody may be allowed less after an event of this kind, or be shut out. Of what is not named here, they may.
    pub fn may_take_access(self) -> bool {
        // What happens on cases, and what only gives: nobody may do less after it than before.
        !matches!(
            self,
            Self::CaseOpened
                | Self::CaseChanged
                | Self::CaseClosed
                | Self::CaseReopened
                | Self::CaseImported
                | Self::CaseSealed
                | Self::PriorityRequested
                | Self::PriorityDecided
                | Self::EntryPosted
                | Self::EntryEdited
                | Self::EntryRedacted
                | Self::EntryMoved
                | Self::EntryTakenBack
                | Self::StepPromised
                | Self::StepRepromised
                | Self::StepDone
                | Self::StepMissed
                | Self::EscalationSubmitted
                | Self::EscalationClaimed
                | Self::EscalationAssigned
                | Self::EscalationAccepted
                | Self::EscalationReranked
                | Self::EscalationDeclined
                | Self::EscalationWithdrawn
                | Self::EscalationClosed
                | Self::EscalationRated
                | Self::EscalationRaterAsked
                | Self::CallbackRequested
                | Self::CallbackTaken
                | Self::CallbackRescheduled
                | Self::CallbackChanged
                | Self::CallbackCompleted
                | Self::CallbackMissed
                | Self::CallbackCanceled
                | Self::CallbacksExported
                | Self::SessionOpened
                | Self::SessionRefused
                | Self::TokenIssued
                | Self::TargetsChanged
                | Self::LadderChanged
                | Self::DutyChanged
                | Self::ArticleAdded
                | Self::ArticleChanged
                | Self::ArticlePublished
                | Self::ArticleArchived
                | Self::ArticleRemoved
                | Self::ArticleCategoryRenamed
                | Self::GuideChanged
                | Self::PersonAdded
                | Self::PersonInvited
                | Self::NoticeResent
                | Self::NoticeResentAll
                | Self::AuditExported
                | Self::NoticesChosen
                | Self::FollowingChosen
                | Self::AccessRequestMade
                | Self::AnnouncementAdded
                | Self::AnnouncementChanged
                | Self::AnnouncementRemoved
                | Self::TutorialAdded
                | Self::TutorialChanged
                | Self::TutorialCanceled
                | Self::TutorialRegistered
                | Self::TutorialPlaced
                | Self::TutorialLeft
                | Self::ToolAdded
                | Self::ToolChanged
                | Self::ToolRemoved
                | Self::TemplateAdded
                | Self::TemplateChanged
                | Self::TemplateRemoved
                | Self::SharedFilterAdded
                | Self::SharedFilterChanged
                | Self::SharedFilterRemoved
        )
    }

    /// The kinds that somebody asks for: one by its name, or all of a thing, as `pairing.`; none if there is no such.
    pub fn asked(name: &str) -> Vec<Self> {
        let fits = |kind: &Self| match name.strip_suffix('.') {
            Some(thing) => kind.thing() == thing,
            None => kind.as_str() == name,
        };
        Self::ALL.iter().copied().filter(fits).collect()
    }
}
