//! The first page: what needs somebody now, in groups that are questions a person has (H3). Who has which group, what a row
//! says and how pressing that is, and the one act of a row. Whether somebody may do it is asked of [`offers`](super::offers).

mod act;

use chrono::TimeDelta;

use super::Instant;
use super::access::{Access, Permission};
use super::calendar::{Calendar, CalendarError};
use super::case::StepState;
use super::closed_enum;
use super::eligibility::{
    CaseFacts, Finding, FindingCode, Policy, Promise, Verdict, assess, rca_due_at,
};
use super::escalation::State;
use super::organization::Side;
use super::reason::{Answers, Governance, Reason};
use super::target::TargetKind;

pub use act::{Act, On, Place};

/// How many rows a group has at the most; the rest is in its list.
pub const ROWS: usize = 10;
/// How near something has to be to be pressing, and to be among what is due next.
pub const SOON: TimeDelta = TimeDelta::hours(2);
/// How long a decline stays for who asked, if they do not say that they have read it.
pub const DECLINES_FOR: TimeDelta = TimeDelta::days(30);

closed_enum! {
    /// A question of the first page, in the order in which they are answered.
    pub enum Group as "HomeGroup" {
        /// What is overdue, whoever owns it? For supervisors, and for who watches.
        Missed = "missed",
        /// Which escalations has nobody claimed?
        Unclaimed = "unclaimed",
        /// What of my escalations is due within two hours, or late?
        DueNext = "due_next",
        /// Which escalations have an owner who is not on duty?
        OffDuty = "off_duty",
        /// What did customers write on my cases that I have not read?
        Answered = "answered",
        /// Which of my cases are due for something, and which have waited the longest?
        Mine = "mine",
        /// Which cases of my lines has nobody?
        Unowned = "unowned",
        /// Which cases can be escalated soon?
        Radar = "radar",
        /// Which other escalations do I run?
        MyEscalations = "my_escalations",
        /// Who runs how many escalations?
        Load = "load",
        /// What does support wait for, from us?
        Waiting = "waiting",
        /// Which of my escalations were declined, and why?
        Declined = "declined",
        /// Which cases can be escalated?
        MayEscalate = "may_escalate",
        /// What was promised to us, and by when?
        Promised = "promised",
        /// Who asks for access?
        AccessRequests = "access_requests",
        /// What waits for an answer among the pairings?
        Pairings = "pairings",
        /// What did support write that I have not read, or what else happened, for who only looks on?
        Unread = "unread",
    }
}

impl Group {
    /// The groups that somebody has, by all that they may do: those that could be empty only because nothing is there.
    pub fn of(access: &Access) -> Vec<Self> {
        let all = Self::ALL.iter().copied();
        all.filter(|group| group.is_for(access)).collect()
    }

    fn is_for(self, access: &Access) -> bool {
        let can = |permission| access.can(permission);
        let staff = access.side == Side::Provider;
        let works = staff && can(Permission::CasesView) && can(Permission::CasesWork);
        let reviews =
            staff && can(Permission::EscalationsView) && can(Permission::EscalationsReview);
        let supervises = can(Permission::EscalationsView) && access.supervises();
        let contact = !staff && can(Permission::CasesView) && can(Permission::FeedsComment);
        match self {
            Self::Missed => {
                let watches = staff && can(Permission::EscalationsView) && !works && !reviews;
                supervises || watches
            }
            Self::Unclaimed | Self::DueNext | Self::MyEscalations => reviews,
            Self::OffDuty => supervises && can(Permission::DutyView),
            Self::Load => supervises,
            Self::Answered | Self::Mine | Self::Unowned => works,
            Self::Radar => can(Permission::RadarView),
            Self::Waiting | Self::Promised => contact,
            Self::Declined => {
                contact && can(Permission::EscalationsView) && can(Permission::EscalationsSubmit)
            }
            Self::MayEscalate => contact && can(Permission::EscalationsSubmit),
            Self::AccessRequests => can(Permission::AccessRequestsDecide),
            Self::Pairings => {
                // Whoever is here by a pairing gives no roles.
                access.through.is_none()
                    && can(Permission::OrgTrustorsManage)
                    && can(Permission::OrgTrustorsView)
            }
            Self::Unread => !staff && can(Permission::CasesView),
        }
    }

    /// Whether what it holds waits for its reader, and counts as such; the others are there to be looked at.
    pub const fn asks(self) -> bool {
        match self {
            Self::Missed
            | Self::Unclaimed
            | Self::DueNext
            | Self::OffDuty
            | Self::Answered
            | Self::Unowned
            | Self::Waiting
            | Self::Declined
            | Self::MayEscalate
            | Self::AccessRequests
            | Self::Pairings => true,
            Self::Mine
            | Self::Radar
            | Self::MyEscalations
            | Self::Load
            | Self::Promised
            | Self::Unread => false,
        }
    }
}

/// Whether somebody of the customer's side follows all that both sides see, and writes nothing: to them all of it is news, not
/// only what support says.
pub fn only_looks_on(access: &Access) -> bool {
    access.side != Side::Provider
        && access.can(Permission::EscalationsView)
        && !access.can(Permission::FeedsComment)
}

/// Puts groups in order: those that hold something first, each part as the questions stand.
pub fn arrange<G>(groups: &mut [G], of: impl Fn(&G) -> (Group, usize)) {
    groups.sort_by_key(|group| {
        let (group, count) = of(group);
        (count == 0, group)
    });
}

closed_enum! {
    /// Why something stands on the first page.
    pub enum Because as "HomeReason" {
        /// An escalation is to be claimed by then.
        ClaimDue = "claim_due",
        /// It was to be, and is not.
        ClaimMissed = "claim_missed",
        /// An escalation is to be answered by then.
        FirstReplyDue = "first_reply_due",
        /// It was to be, and is not.
        FirstReplyMissed = "first_reply_missed",
        /// News is due on an escalation.
        UpdateDue = "update_due",
        /// News was due, and did not come.
        UpdateMissed = "update_missed",
        /// Something is promised by then.
        PromiseDue = "promise_due",
        /// It was promised by then, and is not done.
        PromiseMissed = "promise_missed",
        /// A root cause analysis is due.
        AnalysisDue = "analysis_due",
        /// It is overdue.
        AnalysisMissed = "analysis_missed",
        /// An escalation was submitted.
        Submitted = "submitted",
        /// It is in review.
        InReview = "in_review",
        /// The customer's answer to support is awaited.
        AwaitsCustomer = "awaits_customer",
        /// It is accepted, and nothing is promised or due.
        NothingDue = "nothing_due",
        /// Its owner is not on duty.
        OffDuty = "off_duty",
        /// Somebody runs so many.
        Load = "load",
        /// A customer wrote.
        CustomerWrote = "customer_wrote",
        /// Support last wrote then, or the case was opened.
        LastUpdate = "last_update",
        /// Nobody owns it since it was opened.
        NobodyOwns = "nobody_owns",
        /// It can be escalated soon.
        EligibleSoon = "eligible_soon",
        /// Support waits for an answer.
        SupportWaits = "support_waits",
        /// Support gave a solution, and waits to hear whether it helps.
        SolutionProvided = "solution_provided",
        /// Whoever runs the escalation waits for an answer.
        OwnerWaits = "owner_waits",
        /// An escalation was declined.
        Declined = "declined",
        /// Support has not written since.
        EligibleNoUpdate = "eligible_no_update",
        /// A promise was not kept.
        EligiblePromise = "eligible_promise",
        /// A root cause analysis is overdue.
        EligibleAnalysis = "eligible_analysis",
        /// Somebody asks for read-only access.
        AsksForAccess = "asks_for_access",
        /// People, groups or roles of a pairing wait for an answer.
        PairingWaits = "pairing_waits",
        /// Support wrote something that was not read.
        SupportWrote = "support_wrote",
        /// Something else happened that was not seen.
        Changed = "changed",
    }
}

closed_enum! {
    /// How pressing something is.
    pub enum Pressing as "HomePressing" {
        /// It is late, or was refused.
        Late = "late",
        /// It is due within two hours.
        Soon = "soon",
        /// Neither.
        Plain = "plain",
    }
}

/// Why a row stands there, with what its sentence names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    /// Why.
    pub because: Because,
    /// When it is due, or since when it is so.
    pub at: Option<Instant>,
    /// Whom or what the sentence names; may be empty.
    pub named: String,
    /// How many it names.
    pub count: usize,
    /// What blocks until then, which has its own sentence.
    pub finding: Option<Finding>,
    /// The criteria that were not met, each of which has its own sentence.
    pub criteria: Vec<FindingCode>,
}

impl Why {
    /// A reason that names nothing.
    pub const fn new(because: Because, at: Option<Instant>) -> Self {
        Self {
            because,
            at,
            named: String::new(),
            count: 0,
            finding: None,
            criteria: Vec::new(),
        }
    }

    /// It names somebody or something.
    #[must_use]
    pub fn naming(self, named: impl Into<String>) -> Self {
        Self {
            named: named.into(),
            ..self
        }
    }

    /// It names a number.
    #[must_use]
    pub fn counting(self, count: usize) -> Self {
        Self { count, ..self }
    }

    /// How pressing it is at `now`.
    pub fn pressing(&self, now: Instant) -> Pressing {
        match self.because {
            Because::ClaimMissed
            | Because::FirstReplyMissed
            | Because::UpdateMissed
            | Because::PromiseMissed
            | Because::AnalysisMissed
            | Because::Declined
            | Because::OffDuty => Pressing::Late,
            Because::ClaimDue
            | Because::FirstReplyDue
            | Because::UpdateDue
            | Because::PromiseDue
            | Because::AnalysisDue
            | Because::EligibleSoon
                if self.at.is_some_and(|at| at - now <= SOON) =>
            {
                Pressing::Soon
            }
            Because::EligibleNoUpdate | Because::EligiblePromise | Because::EligibleAnalysis => {
                Pressing::Soon
            }
            _ => Pressing::Plain,
        }
    }
}

/// What falls due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    /// A target of an escalation (M8).
    Target(TargetKind),
    /// What was promised, in its words (C9, M7).
    Promise(String),
    /// A root cause analysis (C6).
    Analysis,
}

impl Due {
    /// What is said of it at `now`: by its own instant it is missed.
    pub fn said(self, at: Instant, now: Instant) -> Why {
        let late = at <= now;
        let (because, named) = match (self, late) {
            (Self::Target(TargetKind::Claim), false) => (Because::ClaimDue, String::new()),
            (Self::Target(TargetKind::Claim), true) => (Because::ClaimMissed, String::new()),
            (Self::Target(TargetKind::FirstReply), false) => {
                (Because::FirstReplyDue, String::new())
            }
            (Self::Target(TargetKind::FirstReply), true) => {
                (Because::FirstReplyMissed, String::new())
            }
            (Self::Target(TargetKind::Update), false) => (Because::UpdateDue, String::new()),
            (Self::Target(TargetKind::Update), true) => (Because::UpdateMissed, String::new()),
            (Self::Promise(what), false) => (Because::PromiseDue, what),
            (Self::Promise(what), true) => (Because::PromiseMissed, what),
            (Self::Analysis, false) => (Because::AnalysisDue, String::new()),
            (Self::Analysis, true) => (Because::AnalysisMissed, String::new()),
        };
        Why::new(because, Some(at)).naming(named)
    }
}

/// What is said of an escalation: what of it falls due first, or else where it stands since when.
pub fn of_escalation(
    (state, since): (State, Instant),
    awaiting_since: Option<Instant>,
    due: impl IntoIterator<Item = (Instant, Due)>,
    now: Instant,
) -> Why {
    // A target is named before a promise of the same instant.
    if let Some((at, due)) = due.into_iter().min_by_key(|(at, _)| *at) {
        return due.said(at, now);
    }
    match (awaiting_since, state) {
        (Some(since), _) => Why::new(Because::AwaitsCustomer, Some(since)),
        (None, State::Submitted) => Why::new(Because::Submitted, Some(since)),
        (None, State::InReview) => Why::new(Because::InReview, Some(since)),
        (None, _) => Why::new(Because::NothingDue, Some(since)),
    }
}

/// What is said of an engineer's own case: what of it falls due first, or else since when the customer has heard nothing.
pub fn of_own_case(facts: &CaseFacts, due: Vec<(Instant, Due)>, now: Instant) -> Why {
    match due.into_iter().min_by_key(|(at, _)| *at) {
        Some((at, due)) => due.said(at, now),
        None => Why::new(Because::LastUpdate, Some(facts.last_provider_update_at())),
    }
}

/// Where an engineer's own case stands among the others: by what falls due first, then those that have waited the longest.
pub fn place_of_own(why: &Why) -> (bool, Option<Instant>) {
    (why.because == Because::LastUpdate, why.at)
}

/// When the analysis of a case is due, if one is requested and not delivered; never by a calendar without working days.
pub fn analysis_due(facts: &CaseFacts, calendar: &Calendar, policy: &Policy) -> Option<Instant> {
    let rca = facts.rca.filter(|rca| rca.delivered_at.is_none())?;
    rca_due_at(rca.requested_at, facts.deployment, calendar, policy).ok()
}

/// Why a case is worth escalating now: the assessment finds it eligible without anything to acknowledge, and support is late
/// for what the reason is about. That a medium case needs no wait (E7) is no news.
pub fn may_escalate(
    facts: &CaseFacts,
    reasons: &[Reason],
    (calendar, policy): (&Calendar, &Policy),
    now: Instant,
) -> Option<Why> {
    let eligible = reasons.iter().filter(|reason| {
        let assessed = assess(facts, reason, &Answers::default(), calendar, policy, now);
        match assessed {
            Ok(assessment) => assessment.verdict == Verdict::Eligible,
            Err(CalendarError::NoBusinessDay | CalendarError::OutOfRange) => false,
        }
    });
    let late = eligible.filter_map(|reason| {
        let (because, since) = match reason.governed_by {
            Governance::Staleness => (Because::EligibleNoUpdate, facts.last_provider_update_at()),
            Governance::Commitment => {
                let kept = |promise: &&Promise| promise.state == StepState::Done;
                let promises = facts.promises.iter().filter(|promise| !kept(promise));
                let due_at = promises.map(|promise| promise.due_at).min()?;
                (Because::EligiblePromise, due_at)
            }
            Governance::RcaWindow => {
                let due = analysis_due(facts, calendar, policy)?;
                (Because::EligibleAnalysis, due)
            }
            Governance::Never => return None,
        };
        let wait = match reason.governed_by {
            Governance::Staleness => TimeDelta::hours(policy.staleness_hours.into()),
            _ => TimeDelta::zero(),
        };
        (now - since >= wait).then(|| Why::new(because, Some(since)).naming(reason.label.clone()))
    });
    late.min_by_key(|why| why.at)
}

#[cfg(test)]
mod tests;
