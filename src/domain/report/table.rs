//! What was counted, as the rows and figures of a report.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::statistics::{percentile, ratio};
use super::{Column, Grouping, Measure, Report, ReportName, Stage};
use crate::domain::case::Priority;
use crate::domain::eligibility::FindingCode;
use crate::domain::ids::{LineId, OrganizationId, PersonId};
use crate::domain::target::TargetKind;

/// The most rows that a report has; of more, those with the most are shown. Its total is of all.
pub const MOST_GROUPS: usize = 1_000;

/// What a row stands for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Escalations of a rank, or of none yet.
    Rank(Option<i64>),
    /// Targets of a kind.
    Kind(TargetKind),
    /// Waits for something.
    Stage(Stage),
    /// A criterion that was not met.
    Criterion(FindingCode),
    /// What is an organization's.
    Customer(OrganizationId),
    /// What belongs to a line of business.
    Line(LineId),
    /// Escalations for a reason, by its code.
    Reason(String),
    /// What has a priority; none of an escalation whose priority at its submission is not known yet.
    Priority(Option<Priority>),
    /// What is somebody's, or nobody's.
    Owner(Option<PersonId>),
    /// What lies in the day, week or month that begins with this day.
    Period(NaiveDate),
}

/// A figure: a whole number, or one with a part.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub enum Figure {
    /// So many, or so many seconds.
    Whole(u64),
    /// A share, a ratio or a mean.
    Part(f64),
}

impl Figure {
    /// Its value, for pictures.
    pub fn value(self) -> f64 {
        match self {
            // Counts and seconds are far below the numbers that a float cannot tell apart.
            #[allow(clippy::cast_precision_loss)]
            Self::Whole(number) => number as f64,
            Self::Part(part) => part,
        }
    }
}

/// What was counted and measured of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    counts: BTreeMap<Column, u64>,
    /// Seconds, in any order.
    waits: BTreeMap<Stage, Vec<i64>>,
    /// Of how many the shares are.
    of: u64,
}

impl Tally {
    /// Counts so many more.
    pub fn add(&mut self, measure: Measure, count: u64) {
        self.count(Column::Measure(measure), count);
    }

    /// Counts so many more for which a criterion was not met.
    pub fn not_met(&mut self, code: FindingCode, count: u64) {
        self.count(Column::Criterion(code), count);
    }

    fn count(&mut self, column: Column, count: u64) {
        *self.counts.entry(column).or_default() += count;
    }

    /// Adds a wait of so many seconds; what ended before it began took no time.
    pub fn waited(&mut self, stage: Stage, seconds: i64) {
        self.waits.entry(stage).or_default().push(seconds.max(0));
    }

    /// Says of how many the shares are.
    pub fn is_of(&mut self, whole: u64) {
        self.of = whole;
    }

    fn take_in(&mut self, other: &Self) {
        for (column, count) in &other.counts {
            self.count(*column, *count);
        }
        for (stage, waits) in &other.waits {
            self.waits.entry(*stage).or_default().extend(waits);
        }
        self.of = self.of.max(other.of);
    }

    /// How many of a column were counted.
    pub fn counted(&self, column: Column) -> u64 {
        self.counts.get(&column).copied().unwrap_or_default()
    }

    fn of_measure(&self, measure: Measure) -> u64 {
        self.counted(Column::Measure(measure))
    }

    /// The figure of a column; none where nothing is behind it. The waits have to be in order.
    fn figure(&self, column: Column, stage: Option<Stage>) -> Option<Figure> {
        let Column::Measure(measure) = column else {
            return Some(Figure::Whole(self.counted(column)));
        };
        let count = |measure| self.of_measure(measure);
        let rate = |part: Measure, missing: Measure| {
            ratio(count(part), count(part) + count(missing)).map(Figure::Part)
        };
        let waits = |stage: Option<Stage>| -> &[i64] {
            let waits = stage.and_then(|stage| self.waits.get(&stage));
            waits.map_or(&[], Vec::as_slice)
        };
        let wait = |stage, percent| {
            let seconds = percentile(waits(stage), percent)?;
            Some(Figure::Whole(seconds.unsigned_abs()))
        };
        let how_many = |stage| Some(Figure::Whole(waits(stage).len().try_into().unwrap_or(0)));
        let (claim, reply, close) = (
            Some(Stage::Claim),
            Some(Stage::FirstReply),
            Some(Stage::Close),
        );
        match measure {
            Measure::MetRate => rate(Measure::Met, Measure::Missed),
            Measure::AcceptanceRate => rate(Measure::Accepted, Measure::Declined),
            Measure::CompletionRate => rate(Measure::Completed, Measure::Missed),
            Measure::Share => ratio(count(Measure::Declined), self.of).map(Figure::Part),
            Measure::EscalationsPerCase => {
                ratio(count(Measure::Escalations), count(Measure::Cases)).map(Figure::Part)
            }
            Measure::Average => {
                let scores = (1_u64..).zip(Measure::SCORES);
                let sum = scores.map(|(score, measure)| score * count(measure)).sum();
                ratio(sum, count(Measure::Rated)).map(Figure::Part)
            }
            Measure::Measured => how_many(stage),
            Measure::Median => wait(stage, 50),
            Measure::NinetiethPercentile => wait(stage, 90),
            Measure::Claimed => how_many(claim),
            Measure::ClaimMedian => wait(claim, 50),
            Measure::ClaimP90 => wait(claim, 90),
            Measure::Replied => how_many(reply),
            Measure::ReplyMedian => wait(reply, 50),
            Measure::ReplyP90 => wait(reply, 90),
            Measure::Closed => how_many(close),
            Measure::CloseMedian => wait(close, 50),
            Measure::CloseP90 => wait(close, 90),
            counted => Some(Figure::Whole(count(counted))),
        }
    }

    fn figures(&mut self, columns: &[Column], stage: Option<Stage>) -> Vec<Option<Figure>> {
        for waits in self.waits.values_mut() {
            waits.sort_unstable();
        }
        let figures = columns.iter().map(|column| self.figure(*column, stage));
        figures.collect()
    }
}

/// A row: what it stands for, and its figures in the order of the columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What it stands for.
    pub group: Group,
    /// Its figures; none where nothing is behind one.
    pub figures: Vec<Option<Figure>>,
}

/// The rows of a report and their total.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows, in order.
    pub rows: Vec<Row>,
    /// The figures of all groups together, the left out ones included; none where those of the rows are not of one kind.
    pub total: Vec<Option<Figure>>,
    /// How many groups are left out, which are those with the least.
    pub left_out: usize,
}

impl Sheet {
    /// Makes a report of what was counted, by group.
    pub fn of(report: &Report, by: Grouping, tallies: BTreeMap<Group, Tally>) -> Self {
        let mut whole = Tally::default();
        tallies.values().for_each(|tally| whole.take_in(tally));
        let measures = report.measures(by).iter().copied();
        let mut columns: Vec<Column> = measures.map(Column::Measure).collect();
        if report.name == ReportName::DeclineReasons && by != Grouping::Criterion {
            let criteria = FindingCode::ALL.iter().copied().map(Column::Criterion);
            columns.extend(criteria.filter(|column| whole.counted(*column) > 0));
        }
        if by == Grouping::Criterion {
            // Of several reasons each counts, the escalation once.
            let declined = Column::Measure(Measure::Declined);
            whole.counts.insert(declined, whole.of);
        }
        let mut rows: Vec<Row> = tallies
            .into_iter()
            .map(|(group, mut tally)| {
                let stage = match &group {
                    Group::Stage(stage) => Some(*stage),
                    _ => None,
                };
                Row {
                    figures: tally.figures(&columns, stage),
                    group,
                }
            })
            .collect();
        if is_by_size(by) {
            // A stable order: what is alike stays in that of its ids.
            rows.sort_by(|one, other| {
                let first = |row: &Row| row.figures.first().copied().flatten();
                first(other)
                    .partial_cmp(&first(one))
                    .unwrap_or(std::cmp::Ordering::Equal)
            });
        }
        let left_out = rows.len().saturating_sub(MOST_GROUPS);
        rows.truncate(MOST_GROUPS);
        let total = match by {
            // Waits for different things do not make a whole.
            Grouping::Stage => vec![None; columns.len()],
            _ => whole.figures(&columns, None),
        };
        Self {
            total,
            columns,
            rows,
            left_out,
        }
    }
}

/// Whether the rows stand in the order of how much they have, and not in one of their own.
const fn is_by_size(by: Grouping) -> bool {
    matches!(
        by,
        Grouping::Criterion
            | Grouping::Customer
            | Grouping::LineOfBusiness
            | Grouping::Reason
            | Grouping::Owner
    )
}
