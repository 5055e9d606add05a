//! What is done with several rows at once: which acts there are, and what can become of each row.

use super::closed_enum;

closed_enum! {
    /// What is done with several escalations.
    pub enum EscalationAct {
        /// Whoever acts takes them for review.
        Claim = "claim",
        /// They get an owner.
        Assign = "assign",
    }
}

closed_enum! {
    /// What became of a row.
    pub enum RowOutcome {
        /// It was changed.
        Done = "done",
        /// It was so already.
        Unchanged = "unchanged",
        /// It was refused, and stays as it is.
        Refused = "refused",
    }
}
