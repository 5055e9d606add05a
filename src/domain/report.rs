//! Reports (H2): what each of them counts, by what, for whom, and the arithmetic behind its figures.

mod declared;
mod measure;
mod period;
mod quiet;
mod statistics;
mod table;

pub use declared::{Drawing, Grouping, Report, ReportFilter, ReportName, Stage};
pub use measure::{Column, Measure, Unit};
pub use period::{Buckets, LONGEST_DAYS, Moment, Period, PeriodProblem, USUAL_DAYS};
pub use quiet::{Stretch, stretches};
pub use statistics::{percentile, ratio};
pub use table::{Figure, Group, MOST_GROUPS, Row, Sheet, Tally};

#[cfg(test)]
mod tests;
