//! Findings: what an assessment is made of.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::domain::Instant;
use crate::domain::case::Priority;
use crate::domain::closed_enum;
use crate::domain::ids::CaseNumber;

closed_enum! {
    /// What a finding says; the order is that of the rules.
    pub enum FindingCode {
        /// The case is closed (E2).
        CaseClosed = "case_closed",
        /// Another escalation of the case is active (E3).
        ActiveEscalation = "active_escalation",
        /// The case's priority is too low (E4).
        LowPriority = "low_priority",
        /// The reason is one for a change of priority (E5).
        UsePriorityChange = "use_priority_change",
        /// The window of the root cause analysis is not over (E6).
        RcaWindow = "rca_window",
        /// When that window is over cannot be reckoned: the calendar has no business day (E6, E11).
        RcaWindowUnknown = "rca_window_unknown",
        /// No root cause analysis was requested (E6).
        RcaNotRequested = "rca_not_requested",
        /// The root cause analysis was delivered (E6).
        RcaDelivered = "rca_delivered",
        /// The provider updated the case too recently (E7).
        RecentlyUpdated = "recently_updated",
        /// The case does not cause enough business impact (E7).
        ImpactNotSignificant = "impact_not_significant",
        /// No promise is overdue (E8).
        CommitmentNotDue = "commitment_not_due",
        /// The requester has not read the provider's latest update (E9).
        UnreadUpdate = "unread_update",
        /// The provider waits for the customer (E9).
        AwaitingYourInformation = "awaiting_your_information",
        /// The provider updated the case recently; for cases that need not wait (E9).
        ProviderUpdatedRecently = "provider_updated_recently",
        /// Others beyond the support team are engaged (E10).
        ThirdPartyEngaged = "third_party_engaged",
    }
}

closed_enum! {
    /// What a finding does.
    pub enum Severity {
        /// It keeps the case from being escalated.
        Blocking = "blocking",
        /// It must be acknowledged.
        Acknowledge = "acknowledge",
        /// It is good to know.
        Information = "information",
    }
}

closed_enum! {
    /// What the person can do about a finding.
    pub enum Remedy {
        /// Reopen the case.
        ReopenCase = "reopen_case",
        /// Look at the active escalation.
        SeeEscalation = "see_escalation",
        /// Have the priority changed (C5).
        ChangePriority = "change_priority",
        /// Request a root cause analysis.
        RequestRca = "request_rca",
        /// Read the root cause analysis.
        ReadRca = "read_rca",
        /// Read the provider's latest update.
        ReadLatestUpdate = "read_latest_update",
        /// State the business impact on the case.
        StateImpact = "state_impact",
        /// Ask for a date.
        AskForCommitment = "ask_for_commitment",
        /// Answer what the provider asked.
        AnswerSupport = "answer_support",
        /// Wait.
        Wait = "wait",
    }
}

impl FindingCode {
    /// The rule that it comes from.
    pub const fn rule(self) -> &'static str {
        match self {
            Self::CaseClosed => "E2",
            Self::ActiveEscalation => "E3",
            Self::LowPriority => "E4",
            Self::UsePriorityChange => "E5",
            Self::RcaWindow
            | Self::RcaWindowUnknown
            | Self::RcaNotRequested
            | Self::RcaDelivered => "E6",
            Self::RecentlyUpdated | Self::ImpactNotSignificant => "E7",
            Self::CommitmentNotDue => "E8",
            Self::UnreadUpdate | Self::AwaitingYourInformation | Self::ProviderUpdatedRecently => {
                "E9"
            }
            Self::ThirdPartyEngaged => "E10",
        }
    }

    /// What it does.
    pub const fn severity(self) -> Severity {
        match self {
            Self::CaseClosed
            | Self::ActiveEscalation
            | Self::LowPriority
            | Self::UsePriorityChange
            | Self::RcaWindow
            | Self::RcaWindowUnknown
            | Self::RcaNotRequested
            | Self::RcaDelivered
            | Self::RecentlyUpdated
            | Self::ImpactNotSignificant
            | Self::CommitmentNotDue => Severity::Blocking,
            Self::UnreadUpdate | Self::AwaitingYourInformation | Self::ProviderUpdatedRecently => {
                Severity::Acknowledge
            }
            Self::ThirdPartyEngaged => Severity::Information,
        }
    }
}

impl Remedy {
    /// Where it is done: the form that does it, or what there is to read. Waiting is done anywhere, and of a priority that
    /// only support raises there is nothing to ask for in the portal (C5). `facts` are those of its finding.
    pub fn href(self, case: CaseNumber, facts: &FindingFacts) -> Option<String> {
        let fact = |name: &str| facts.get(name).and_then(Value::as_str);
        let place = match self {
            Self::ReopenCase => "?do=reopen#do",
            Self::SeeEscalation => {
                return fact("number").map(|number| format!("/escalations/{number}"));
            }
            Self::ChangePriority if fact("priority") != Some(Priority::Low.as_str()) => {
                return None;
            }
            Self::ChangePriority => "?do=ask_priority#do",
            Self::RequestRca => "?do=request_rca#do",
            Self::StateImpact => "?do=state_impact#do",
            Self::ReadRca | Self::ReadLatestUpdate => "#case-feed",
            Self::AskForCommitment | Self::AnswerSupport => "#write-body",
            Self::Wait => return None,
        };
        Some(format!("/cases/{case}{place}"))
    }
}

/// What a finding was decided on, by stable names: instants as RFC 3339, values by their text.
pub type FindingFacts = Map<String, Value>;

/// One thing that an assessment found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What it says.
    pub code: FindingCode,
    /// What it does.
    pub severity: Severity,
    /// What it was decided on.
    pub facts: FindingFacts,
    /// What the person can do.
    pub remedy: Option<Remedy>,
    /// The exact instant at which it stops blocking, where only time is missing.
    pub eligible_at: Option<Instant>,
}

impl Finding {
    /// The rule that it comes from.
    pub const fn rule(&self) -> &'static str {
        self.code.rule()
    }
}
