//! The reports there are. Each is declared once: what it counts, by what it is grouped and narrowed, who sees it, and how it is
//! drawn. Pages, files and the API follow.

use super::Measure;
use crate::domain::access::{Access, Permission};
use crate::domain::closed_enum;
use crate::domain::organization::Side;

closed_enum! {
    /// A report (H2).
    pub enum ReportName {
        /// The active escalations as they stand now, by state and rank.
        Queue = "queue",
        /// The targets that began in the period, and what became of them (M8).
        Targets = "targets",
        /// How long escalations waited for a claim, a first reply and their close.
        Times = "times",
        /// What became of the escalations that were submitted in the period.
        Outcomes = "outcomes",
        /// The criteria that declined escalations did not meet (M5).
        DeclineReasons = "decline-reasons",
        /// How many cases were opened and how many escalations submitted.
        Volume = "volume",
        /// What requesters thought of closed escalations (M11).
        Ratings = "ratings",
        /// What became of the calls that were asked for (M12).
        Callbacks = "callbacks",
    }
}

closed_enum! {
    /// What the rows of a report stand for.
    pub enum Grouping as "ReportGrouping" {
        /// The ranks of the queue, those without one first.
        Rank = "rank",
        /// The kinds of targets.
        Kind = "kind",
        /// What is waited for: the claim, the first reply, the close.
        Stage = "stage",
        /// The criteria that were not met.
        Criterion = "criterion",
        /// Whose cases they are.
        Customer = "customer",
        /// The lines of business.
        LineOfBusiness = "line_of_business",
        /// The reasons for escalating.
        Reason = "reason",
        /// The priority of the case: at the submission of an escalation, now of a case.
        Priority = "priority",
        /// Who owns the escalation, or makes the call.
        Owner = "owner",
        /// The days in the reader's time zone.
        Day = "day",
        /// The weeks there, from Monday.
        Week = "week",
        /// The months there.
        Month = "month",
    }
}

impl Grouping {
    /// Whether the rows follow each other in time.
    pub const fn is_of_time(self) -> bool {
        matches!(self, Self::Day | Self::Week | Self::Month)
    }

    /// Whether it tells what a customer's people are never told.
    const fn is_for_staff(self) -> bool {
        matches!(
            self,
            Self::Rank | Self::Kind | Self::Customer | Self::LineOfBusiness | Self::Owner
        )
    }
}

closed_enum! {
    /// What narrows a report.
    pub enum ReportFilter {
        /// Where the period begins.
        From = "from",
        /// Where it ends.
        To = "to",
        /// Whose cases.
        Organization = "organization",
        /// Which line of business.
        LineOfBusiness = "line_of_business",
        /// Which reason for escalating.
        Reason = "reason",
        /// Which priority.
        Priority = "priority",
        /// Which kind of target.
        Kind = "kind",
    }
}

impl ReportFilter {
    const fn is_for_staff(self) -> bool {
        matches!(self, Self::Organization | Self::LineOfBusiness | Self::Kind)
    }
}

closed_enum! {
    /// What an escalation waits for.
    pub enum Stage as "ReportStage" {
        /// Somebody who reviews it: from the submission until it is first claimed or assigned.
        Claim = "claim",
        /// An answer: from the submission until the provider's first public word on it, or the verdict.
        FirstReply = "first_reply",
        /// Its close with an outcome, from the submission on.
        Close = "close",
    }
}

/// How the figures of a report are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawing {
    /// On top of each other: together they are a whole.
    Stacked(&'static [Measure]),
    /// Beside each other.
    Beside(&'static [Measure]),
}

impl Drawing {
    /// What is drawn.
    pub const fn measures(self) -> &'static [Measure] {
        match self {
            Self::Stacked(measures) | Self::Beside(measures) => measures,
        }
    }
}

/// A report as it is declared.
#[derive(Debug)]
pub struct Report {
    /// Its name.
    pub name: ReportName,
    /// What its rows stand for if nothing is asked for.
    first: Grouping,
    /// What else they can stand for, in order; the first may be among it.
    others: &'static [Grouping],
    /// What narrows it.
    filters: &'static [ReportFilter],
    /// Whether it is for the provider's staff alone.
    for_staff: bool,
    /// What somebody has to be able to see to be told how much of it there is.
    pub counts: &'static [Permission],
}

const EVERY_FILTER: &[ReportFilter] = &[
    ReportFilter::From,
    ReportFilter::To,
    ReportFilter::Organization,
    ReportFilter::LineOfBusiness,
    ReportFilter::Reason,
    ReportFilter::Priority,
];

impl Report {
    /// The report of that name.
    pub const fn named(name: ReportName) -> &'static Self {
        use Grouping::{
            Criterion, Customer, Day, Kind, LineOfBusiness, Month, Owner, Priority, Rank, Reason,
            Stage, Week,
        };
        const ESCALATIONS: &[Permission] = &[Permission::EscalationsView];
        /// What escalations of a period are grouped by.
        const OF_ESCALATIONS: &[Grouping] = &[
            Customer,
            LineOfBusiness,
            Reason,
            Priority,
            Owner,
            Day,
            Week,
            Month,
        ];
        match name {
            ReportName::Queue => &Self {
                name: ReportName::Queue,
                first: Rank,
                others: &[Customer, LineOfBusiness, Reason, Priority, Owner],
                filters: &[
                    ReportFilter::Organization,
                    ReportFilter::LineOfBusiness,
                    ReportFilter::Reason,
                    ReportFilter::Priority,
                ],
                for_staff: true,
                counts: ESCALATIONS,
            },
            ReportName::Targets => &Self {
                name: ReportName::Targets,
                first: Kind,
                others: OF_ESCALATIONS,
                filters: &[
                    ReportFilter::From,
                    ReportFilter::To,
                    ReportFilter::Organization,
                    ReportFilter::LineOfBusiness,
                    ReportFilter::Reason,
                    ReportFilter::Priority,
                    ReportFilter::Kind,
                ],
                for_staff: true,
                counts: ESCALATIONS,
            },
            ReportName::Times => &Self {
                name: ReportName::Times,
                first: Stage,
                others: OF_ESCALATIONS,
                filters: EVERY_FILTER,
                for_staff: false,
                counts: ESCALATIONS,
            },
            ReportName::Outcomes => &Self {
                name: ReportName::Outcomes,
                first: Week,
                others: OF_ESCALATIONS,
                filters: EVERY_FILTER,
                for_staff: false,
                counts: ESCALATIONS,
            },
            ReportName::DeclineReasons => &Self {
                name: ReportName::DeclineReasons,
                first: Criterion,
                others: OF_ESCALATIONS,
                filters: EVERY_FILTER,
                for_staff: false,
                counts: ESCALATIONS,
            },
            ReportName::Volume => &Self {
                name: ReportName::Volume,
                first: Week,
                others: &[Customer, LineOfBusiness, Priority, Day, Month],
                filters: &[
                    ReportFilter::From,
                    ReportFilter::To,
                    ReportFilter::Organization,
                    ReportFilter::LineOfBusiness,
                    ReportFilter::Priority,
                ],
                for_staff: false,
                counts: &[Permission::CasesView, Permission::EscalationsView],
            },
            ReportName::Ratings => &Self {
                name: ReportName::Ratings,
                first: Customer,
                others: OF_ESCALATIONS,
                filters: EVERY_FILTER,
                for_staff: false,
                counts: ESCALATIONS,
            },
            ReportName::Callbacks => &Self {
                name: ReportName::Callbacks,
                first: Week,
                others: OF_ESCALATIONS,
                filters: EVERY_FILTER,
                for_staff: false,
                counts: &[Permission::CallbacksView],
            },
        }
    }

    /// Whether it exists for people of a side at all.
    pub fn exists_for(&self, side: Side) -> bool {
        side == Side::Provider || !self.for_staff
    }

    /// Whether somebody may see it: it exists for them, and so does all that it counts.
    pub fn is_for(&self, access: &Access) -> bool {
        self.exists_for(access.side) && self.counts.iter().all(|needed| access.can(*needed))
    }

    /// What its rows can stand for; the first is what they do if nothing is asked for.
    pub fn groupings(&self, side: Side) -> Vec<Grouping> {
        let others = self.others.iter().copied();
        let others = others.filter(|by| *by != self.first);
        std::iter::once(self.first)
            .chain(others)
            .filter(|by| side == Side::Provider || !by.is_for_staff())
            .collect()
    }

    /// What its rows stand for if nothing is asked for.
    pub fn usual(&self, side: Side) -> Grouping {
        self.groupings(side)
            .first()
            .copied()
            .unwrap_or(Grouping::Month)
    }

    /// What narrows it.
    pub fn filters(&self, side: Side) -> Vec<ReportFilter> {
        let all = self.filters.iter().copied();
        all.filter(|filter| side == Side::Provider || !filter.is_for_staff())
            .collect()
    }

    /// Whether it is of a period, and not of this moment.
    pub fn is_of_a_period(&self) -> bool {
        self.filters.contains(&ReportFilter::From)
    }

    /// Its measures, if its rows stand for that.
    pub const fn measures(&self, by: Grouping) -> &'static [Measure] {
        use Measure::{
            AcceptanceRate, Accepted, Active, Average, Canceled, Cases, ClaimMedian, ClaimP90,
            Claimed, CloseMedian, CloseP90, Closed, Completed, CompletionRate, Declined, Ended,
            Escalations, EscalationsPerCase, InReview, Measured, Median, Met, MetRate, Missed,
            NinetiethPercentile, Open, Overdue, Rated, Replied, ReplyMedian, ReplyP90, Requested,
            Running, Score1, Score2, Score3, Score4, Score5, Share, Started, Submitted, Unclaimed,
            Undecided, Withdrawn,
        };
        match (self.name, by) {
            (ReportName::Queue, _) => &[Active, Unclaimed, InReview, Accepted, Overdue],
            (ReportName::Targets, _) => &[Started, Met, Missed, Running, Ended, MetRate],
            (ReportName::Times, Grouping::Stage) => &[Measured, Median, NinetiethPercentile],
            (ReportName::Times, _) => &[
                Claimed,
                ClaimMedian,
                ClaimP90,
                Replied,
                ReplyMedian,
                ReplyP90,
                Closed,
                CloseMedian,
                CloseP90,
            ],
            (ReportName::Outcomes, _) => &[
                Submitted,
                Accepted,
                Declined,
                Withdrawn,
                Undecided,
                AcceptanceRate,
            ],
            // By other things, the criteria that were named are columns.
            (ReportName::DeclineReasons, Grouping::Criterion) => &[Declined, Share],
            (ReportName::DeclineReasons, _) => &[Declined],
            (ReportName::Volume, _) => &[Cases, Escalations, EscalationsPerCase],
            (ReportName::Ratings, _) => &[Rated, Average, Score1, Score2, Score3, Score4, Score5],
            (ReportName::Callbacks, _) => {
                &[Requested, Completed, Missed, Canceled, Open, CompletionRate]
            }
        }
    }

    /// How it is drawn, if its rows stand for that.
    pub const fn drawing(&self, by: Grouping) -> Drawing {
        use Measure::{
            Accepted, Average, Canceled, Cases, ClaimMedian, CloseMedian, Completed, Declined,
            Escalations, InReview, Median, Met, Missed, NinetiethPercentile, Open, ReplyMedian,
            Running, Unclaimed, Undecided, Withdrawn,
        };
        match (self.name, by) {
            (ReportName::Queue, _) => Drawing::Stacked(&[Unclaimed, InReview, Accepted]),
            (ReportName::Targets, _) => Drawing::Stacked(&[Met, Missed, Running]),
            (ReportName::Times, Grouping::Stage) => Drawing::Beside(&[Median, NinetiethPercentile]),
            (ReportName::Times, _) => Drawing::Beside(&[ClaimMedian, ReplyMedian, CloseMedian]),
            (ReportName::Outcomes, _) => {
                Drawing::Stacked(&[Accepted, Declined, Withdrawn, Undecided])
            }
            (ReportName::DeclineReasons, _) => Drawing::Stacked(&[Declined]),
            (ReportName::Volume, _) => Drawing::Beside(&[Cases, Escalations]),
            (ReportName::Ratings, _) => Drawing::Beside(&[Average]),
            (ReportName::Callbacks, _) => Drawing::Stacked(&[Completed, Missed, Canceled, Open]),
        }
    }
}
