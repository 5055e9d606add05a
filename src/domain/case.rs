//! Cases: their words, the status machine, priority requests, root cause analyses and next steps (C1–C9, M7, M13).

mod next_step;
mod priority;
mod rca;
mod status;

use crate::domain::closed_enum;
pub use next_step::{
    NextStepCommand, NextStepPatchError, Promised, StepRefusal, StepState, Verb as StepVerb,
};
pub use priority::{
    DecisionRefusal, PriorityRefusal, PriorityRequestState, contact_may_request,
    decide_priority_request,
};
pub use rca::{Rca, RcaRefusal, deliver_rca, may_deliver_rca, may_request_rca, request_rca};
pub use status::{
    CaseRefusal, Closing, UnlawfulMove, after_contact_reply, after_taking, change_status, close,
    close_by, reopen, takes_entries,
};

closed_enum! {
    /// How urgent a case is; the order is that of urgency.
    pub enum Priority {
        /// Not eligible for escalation (E4).
        Low = "low",
        /// The least priority that can be escalated.
        Medium = "medium",
        /// Only ever set by staff (C5).
        High = "high",
    }
}

closed_enum! {
    /// Where a case stands (C2).
    pub enum Status {
        /// Opened, or reopened, and not yet taken up.
        Open = "open",
        /// Support works on it.
        InProgress = "in_progress",
        /// Support waits for the customer.
        AwaitingCustomer = "awaiting_customer",
        /// Support waits for somebody else.
        AwaitingThirdParty = "awaiting_third_party",
        /// Support has answered, and waits for the customer's word.
        SolutionProvided = "solution_provided",
        /// Done. It takes no entries but a reopen (C3).
        Closed = "closed",
    }
}

closed_enum! {
    /// Where the customer's installation runs; it decides how long an RCA may take (E6).
    pub enum Deployment {
        /// Run by the provider.
        Cloud = "cloud",
        /// Run by the customer.
        Premise = "premise",
    }
}

closed_enum! {
    /// What a case does to the customer's business now; the order is that of severity.
    pub enum BusinessImpact {
        /// None.
        None = "none",
        /// Some.
        Limited = "limited",
        /// What a high-priority case needs to be escalated (E7).
        Significant = "significant",
    }
}

closed_enum! {
    /// A party beyond the support team that a case waits on (C1, E10).
    pub enum Engagement {
        /// The provider's developers.
        Development = "development",
        /// The provider's cloud operations.
        CloudOperations = "cloud_operations",
        /// Somebody outside the provider.
        ThirdParty = "third_party",
    }
}

closed_enum! {
    /// By what means somebody was reached outside the portal (C3, M10).
    pub enum Channel {
        /// By telephone.
        Call = "call",
        /// By e-mail.
        Email = "email",
        /// In person, or in a conference.
        Meeting = "meeting",
        /// In another way.
        Other = "other",
    }
}

#[cfg(test)]
mod tests;
