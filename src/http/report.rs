//! What a report looks like to somebody: its names, and the file of it (H2).

use super::download::Download;
use super::problem::Problem;
use super::table_file::{Cell, Format};
use crate::domain::access::Access;
use crate::domain::closed_enum;
use crate::domain::report::{Buckets, Column, Figure, Group, Grouping, Report, Row};
use crate::input::written;
use crate::words::Catalogue;
use crate::words::time::{MONTHS, Times};
use crate::workflow::report::{Asked, Names};

closed_enum! {
    /// What a report is written in.
    pub enum ReportFormat {
        /// JSON.
        Json = "json",
        /// A table as text.
        Csv = "csv",
        /// A workbook.
        Xlsx = "xlsx",
    }
}

written!(ReportFormat);

/// A report that somebody was looking for.
#[derive(Clone, Debug)]
pub struct Found {
    /// What was asked for.
    pub asked: Asked,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows.
    pub rows: Vec<Row>,
    /// The figures of all rows together.
    pub total: Vec<Option<Figure>>,
    /// How many groups are left out.
    pub left_out: usize,
    /// The days, weeks or months that its rows stand for; none by anything else.
    pub buckets: Option<Buckets>,
    /// What its groups are called.
    pub names: Names,
}

/// Whether somebody may see a report.
///
/// # Errors
/// [`NotFound`](super::problem::Code::NotFound) if there is none of that name for them,
/// [`MissingPermission`](super::problem::Code::MissingPermission) if they may not see what it counts.
pub fn visible(report: &Report, access: &Access) -> Result<(), Problem> {
    if !report.exists_for(access.side) {
        return Err(Problem::not_found());
    }
    for needed in report.counts {
        access.require(*needed)?;
    }
    Ok(())
}

/// By what a program tells a group from others: a slug, an id, a code, a rank, a day or a month; `none` for nothing and nobody.
pub fn key(group: &Group, by: Grouping, names: &Names) -> String {
    let none = || "none".to_owned();
    match group {
        Group::Rank(rank) => rank.map_or_else(none, |rank| rank.to_string()),
        Group::Kind(kind) => kind.to_string(),
        Group::Stage(stage) => stage.to_string(),
        Group::Criterion(code) => code.to_string(),
        Group::Customer(id) => match names.organizations.get(id) {
            Some(organization) => organization.slug.clone(),
            None => id.to_string(),
        },
        Group::Line(id) => id.to_string(),
        Group::Reason(code) => code.clone(),
        Group::Priority(priority) => priority.map_or_else(none, |priority| priority.to_string()),
        Group::Owner(owner) => owner.map_or_else(none, |owner| owner.to_string()),
        Group::Period(day) if by == Grouping::Month => day.format("%Y-%m").to_string(),
        Group::Period(day) => day.to_string(),
    }
}

/// What a group is called.
pub fn name(
    words: &Catalogue,
    times: &Times<'_>,
    (group, by): (&Group, Grouping),
    names: &Names,
) -> String {
    use chrono::Datelike;

    match group {
        Group::Rank(None) => words.say("report-unranked", &[]),
        Group::Rank(Some(rank)) => words.say("report-rank", &[("rank", (*rank).into())]),
        Group::Kind(kind) => words.say_of("target-kind", kind.as_str(), &[]),
        Group::Stage(stage) => words.say_of("report-stage", stage.as_str(), &[]),
        Group::Criterion(code) => words.say_of("criterion", code.as_str(), &[]),
        Group::Customer(id) => match names.organizations.get(id) {
            Some(organization) => organization.name.clone(),
            None => id.to_string(),
        },
        Group::Line(id) => names
            .lines
            .get(id)
            .cloned()
            .unwrap_or_else(|| id.to_string()),
        Group::Reason(code) => names.reasons.get(code).unwrap_or(code).clone(),
        Group::Priority(Some(priority)) => words.say_of("priority", priority.as_str(), &[]),
        Group::Priority(None) => words.say("report-no-priority", &[]),
        Group::Owner(Some(id)) => names
            .people
            .get(id)
            .cloned()
            .unwrap_or_else(|| id.to_string()),
        Group::Owner(None) => words.say("nobody", &[]),
        Group::Period(day) => match by {
            Grouping::Day => times.short_date(*day),
            Grouping::Week => {
                let date = ("date", times.short_date(*day).into());
                words.say("report-week", &[date])
            }
            _ => {
                let month = MONTHS.get(day.month0() as usize).copied();
                let month = words.say_of("month", month.unwrap_or_default(), &[]);
                // The year as text: a number would be given the grouping of its language.
                let year = ("year", day.year().to_string().into());
                words.say("report-month", &[("month", month.into()), year])
            }
        },
    }
}

/// What a column is called.
pub fn label(words: &Catalogue, column: Column) -> String {
    match column {
        Column::Measure(measure) => words.say_of("report-measure", measure.as_str(), &[]),
        Column::Criterion(code) => words.say_of("criterion", code.as_str(), &[]),
    }
}

/// The file of a report: a row for each of its own, and none for the total, which would be counted once more by whoever
/// adds the rows up.
///
/// # Errors
/// Those of [`Format::sheet`].
pub fn file(
    words: &Catalogue,
    times: &Times<'_>,
    found: &Found,
    format: Format,
) -> Result<Download, Problem> {
    let by = found.asked.by;
    let mut columns = vec![by.as_str(), "name"];
    columns.extend(found.columns.iter().map(|column| column.name()));
    let cells = |row: &Row| {
        let mut cells = vec![
            Cell::Text(key(&row.group, by, &found.names)),
            Cell::Text(name(words, times, (&row.group, by), &found.names)),
        ];
        cells.extend(row.figures.iter().map(|figure| match figure {
            Some(Figure::Whole(number)) => Cell::Whole(*number),
            Some(Figure::Part(number)) => Cell::Part(*number),
            None => Cell::Empty,
        }));
        cells
    };
    let rows: Vec<Vec<Cell>> = found.rows.iter().map(cells).collect();
    let file = format!("report-{}", found.asked.report.name);
    format.sheet(&file, &columns, &rows)
}

/// What the client wants most of what a report can be written in, as its `Accept` header says it; JSON where that leaves it
/// open, or asks for something else altogether.
pub fn accepted(accept: &str) -> ReportFormat {
    let wanted = [
        (ReportFormat::Json, crate::input::JSON),
        (ReportFormat::Csv, Format::MEDIA[0]),
        (ReportFormat::Xlsx, Format::MEDIA[1]),
    ]
    .map(|(format, media)| (format, quality(accept, media)));
    let mut best = (ReportFormat::Json, 0);
    for (format, quality) in wanted {
        if quality > best.1 {
            best = (format, quality);
        }
    }
    best.0
}

/// How much a media type is wanted, in thousandths: what is said of it most exactly holds.
fn quality(accept: &str, media: &str) -> u16 {
    let (kind, _) = media.split_once('/').unwrap_or((media, ""));
    let mut found = (0, 0);
    for range in accept.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let range = parts.next().unwrap_or_default().to_ascii_lowercase();
        let exactness = match range.split_once('/') {
            Some(_) if range == media => 3,
            Some((of, "*")) if of == kind => 2,
            Some(("*", "*")) => 1,
            _ => continue,
        };
        let weight = parts.find_map(|part| part.strip_prefix("q=")?.parse::<f32>().ok());
        // Between 0 and 1000, which no cast cuts.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let weight = (weight.unwrap_or(1.0).clamp(0.0, 1.0) * 1000.0) as u16;
        if exactness > found.0 {
            found = (exactness, weight);
        }
    }
    found.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_most_is_sent() {
        use ReportFormat::{Csv, Json, Xlsx};
        let xlsx = Format::MEDIA[1];
        for (accept, expected) in [
            ("", Json),
            ("*/*", Json),
            ("text/html, */*;q=0.8", Json),
            ("text/csv", Csv),
            ("TEXT/CSV; charset=utf-8", Csv),
            ("text/*", Csv),
            ("text/csv, */*;q=0.1", Csv),
            ("text/csv;q=0.5, application/json", Json),
            ("text/csv;q=0.5, application/json;q=0.4", Csv),
            ("application/json;q=0, */*", Csv),
            (xlsx, Xlsx),
            ("application/*", Json),
            ("image/png", Json),
            ("nonsense;q=x", Json),
        ] {
            assert_eq!(accepted(accept), expected, "{accept}");
        }
    }
}
