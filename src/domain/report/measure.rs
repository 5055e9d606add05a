//! What reports say of things: their figures, and what each is measured in.

use crate::domain::closed_enum;
use crate::domain::eligibility::FindingCode;

closed_enum! {
    /// What a figure is measured in.
    pub enum Unit as "ReportUnit" {
        /// So many.
        Count = "count",
        /// Whole seconds, all of which count; rounded down.
        Seconds = "seconds",
        /// A part of a whole, from 0 to 1.
        Share = "share",
        /// So many for each.
        Ratio = "ratio",
        /// A score from 1 to 5.
        Score = "score",
    }
}

closed_enum! {
    /// A figure of a report.
    pub enum Measure as "ReportMeasure" {
        /// Active escalations that nobody has claimed.
        Unclaimed = "unclaimed",
        /// Those in review; of the active ones.
        InReview = "in_review",
        /// Those that were accepted; in the queue, those that still run.
        Accepted = "accepted",
        /// All active ones.
        Active = "active",
        /// Active ones with a target or a promise that is past due.
        Overdue = "overdue",
        /// Targets that began.
        Started = "started",
        /// Those that were met in time.
        Met = "met",
        /// Those that were not, whether they have been met since or not; calls that did not take place in their time.
        Missed = "missed",
        /// Those that still run, or stand still.
        Running = "running",
        /// Those that ended with their escalation before they fell due.
        Ended = "ended",
        /// Met, of those that were met or missed.
        MetRate = "met_rate",
        /// How many waits there were.
        Measured = "measured",
        /// The median wait.
        Median = "median",
        /// The 90th percentile of the waits.
        NinetiethPercentile = "p90",
        /// Escalations that were claimed.
        Claimed = "claimed",
        /// Median time to the claim.
        ClaimMedian = "claim_median",
        /// 90th percentile of the time to the claim.
        ClaimP90 = "claim_p90",
        /// Escalations that were answered.
        Replied = "replied",
        /// Median time to the first reply.
        ReplyMedian = "reply_median",
        /// 90th percentile of the time to the first reply.
        ReplyP90 = "reply_p90",
        /// Escalations that were closed.
        Closed = "closed",
        /// Median time to the close.
        CloseMedian = "close_median",
        /// 90th percentile of the time to the close.
        CloseP90 = "close_p90",
        /// Escalations that were submitted.
        Submitted = "submitted",
        /// Those that still wait for a verdict.
        Undecided = "undecided",
        /// Those that were declined.
        Declined = "declined",
        /// Those that were taken back, before or after the verdict.
        Withdrawn = "withdrawn",
        /// Accepted, of those that were accepted or declined and not withdrawn.
        AcceptanceRate = "acceptance_rate",
        /// Declined for this, of all that were declined; of several reasons each counts.
        Share = "share",
        /// Cases that were opened.
        Cases = "cases",
        /// Escalations that were submitted.
        Escalations = "escalations",
        /// Escalations for each case.
        EscalationsPerCase = "escalations_per_case",
        /// Escalations that were rated.
        Rated = "rated",
        /// The mean of the scores.
        Average = "average",
        /// Rated with 1.
        Score1 = "score_1",
        /// Rated with 2.
        Score2 = "score_2",
        /// Rated with 3.
        Score3 = "score_3",
        /// Rated with 4.
        Score4 = "score_4",
        /// Rated with 5.
        Score5 = "score_5",
        /// Calls that were asked for.
        Requested = "requested",
        /// Calls that are still to come.
        Open = "open",
        /// Calls that took place.
        Completed = "completed",
        /// Calls that were called off.
        Canceled = "canceled",
        /// Calls that took place, of those that did or were missed.
        CompletionRate = "completion_rate",
    }
}

impl Measure {
    /// The scores that a rating may give, in their order.
    pub const SCORES: [Self; 5] = [
        Self::Score1,
        Self::Score2,
        Self::Score3,
        Self::Score4,
        Self::Score5,
    ];

    /// What it is measured in.
    pub const fn unit(self) -> Unit {
        match self {
            Self::MetRate | Self::AcceptanceRate | Self::Share | Self::CompletionRate => {
                Unit::Share
            }
            Self::Median
            | Self::NinetiethPercentile
            | Self::ClaimMedian
            | Self::ClaimP90
            | Self::ReplyMedian
            | Self::ReplyP90
            | Self::CloseMedian
            | Self::CloseP90 => Unit::Seconds,
            Self::EscalationsPerCase => Unit::Ratio,
            Self::Average => Unit::Score,
            _ => Unit::Count,
        }
    }
}

/// A column of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    /// One of its measures.
    Measure(Measure),
    /// How often a criterion was not met.
    Criterion(FindingCode),
}

impl Column {
    /// Its name, as files and the API have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Measure(measure) => measure.as_str(),
            Self::Criterion(code) => code.as_str(),
        }
    }

    /// What it is measured in.
    pub const fn unit(self) -> Unit {
        match self {
            Self::Measure(measure) => measure.unit(),
            Self::Criterion(_) => Unit::Count,
        }
    }
}
