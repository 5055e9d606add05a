//! A report as a card: its picture, and its table with each figure in words.

use super::links;
use super::picture::{
    MOST_BARS, Picture, PictureRow, Series, Share, fill, greatest, lying, standing, stepping,
};
use super::{ReportCard, ReportCell, ReportLine};
use crate::domain::access::Permission;
use crate::domain::report::{Column, Drawing, Figure, Group, Row, Stretch, Unit, stretches};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::Link;
use crate::http::report::{Found, label, name};
use crate::http::table_file::Format;
use crate::words::time::duration;
use crate::words::{Catalogue, two_decimals};

/// How many rows a card has beside others; its own page has all.
const MOST_BESIDE: usize = 14;

/// The card of a report; `alone` on its own page. `query` is what is asked for, as it stands in addresses.
pub(super) fn card(req: &PageRequest, found: &Found, alone: bool, query: &str) -> ReportCard {
    let (words, asked) = (req.words(), &found.asked);
    let report = asked.report.name;
    let id = report.as_str();
    let mut heads = vec![words.say_of("report-by", asked.by.as_str(), &[])];
    heads.extend(found.columns.iter().map(|column| label(words, *column)));
    let most = if alone { usize::MAX } else { MOST_BESIDE };
    let mut shown = stretches(&found.rows);
    shown.truncate(most);
    let seen: usize = shown.iter().map(Stretch::len).sum();
    let hidden = found.rows.len().saturating_sub(seen) + found.left_out;
    let address = |path: &str| match query {
        "" => path.to_owned(),
        query => format!("{path}?{query}"),
    };
    let has_total = found.total.iter().any(Option::is_some);
    ReportCard {
        id,
        title: words.say_of("report", id, &[]),
        about: words.say_of("report-about", id, &[]),
        href: match alone {
            true => String::new(),
            false => address(&format!("/reports/{id}")),
        },
        covers: covers(req, found),
        picture: picture(req, found),
        heads,
        rows: (shown.into_iter())
            .map(|stretch| line(req, found, stretch))
            .collect(),
        total: match has_total {
            true => cells(words, found, None, &found.total),
            false => Vec::new(),
        },
        more: match hidden {
            0 => String::new(),
            count => words.say("report-more", &[("count", count.into())]),
        },
        files: match req.can(Permission::ReportsExport) {
            true => [Format::Csv, Format::Xlsx]
                .map(|format| file(words, id, format, query))
                .to_vec(),
            false => Vec::new(),
        },
    }
}

/// A row, or several in which nothing happened.
fn line(req: &PageRequest, found: &Found, stretch: Stretch<'_>) -> ReportLine {
    let (words, columns) = (req.words(), found.columns.len());
    match stretch {
        Stretch::Row(row) => ReportLine {
            name: name_of(req, found, &row.group),
            cells: cells(words, found, Some(&row.group), &row.figures),
            quiet: String::new(),
            columns,
        },
        Stretch::Quiet(rows) => {
            let named = |row: Option<&Row>| {
                row.map_or_else(String::new, |row| name_of(req, found, &row.group))
            };
            let ends = [
                ("from", named(rows.first()).into()),
                ("to", named(rows.last()).into()),
            ];
            let count = [("count", rows.len().into())];
            ReportLine {
                name: words.say("report-stretch", &ends),
                cells: Vec::new(),
                quiet: words.say_of("report-quiet", found.asked.by.as_str(), &count),
                columns,
            }
        }
    }
}

fn file(words: &Catalogue, id: &str, format: Format, query: &str) -> Link {
    let joint = if query.is_empty() { "" } else { "&" };
    Link::new(
        words.say_of("report-file", format.as_str(), &[]),
        format!("/reports/{id}/file?{query}{joint}format={format}"),
    )
}

/// The period of a report, or that it is of this moment.
fn covers(req: &PageRequest, found: &Found) -> String {
    let words = req.words();
    match found.asked.scope.period {
        None => words.say("report-now", &[]),
        Some(period) => {
            let (first, last) = period.days(req.zone());
            let times = req.times();
            let args = [
                ("from", times.short_date(first).into()),
                ("to", times.short_date(last).into()),
            ];
            words.say("report-period", &args)
        }
    }
}

fn name_of(req: &PageRequest, found: &Found, group: &Group) -> String {
    name(
        req.words(),
        &req.times(),
        (group, found.asked.by),
        &found.names,
    )
}

fn cells(
    words: &Catalogue,
    found: &Found,
    group: Option<&Group>,
    figures: &[Option<Figure>],
) -> Vec<ReportCell> {
    let columns = found.columns.iter().zip(figures);
    let cell = |(column, figure): (&Column, &Option<Figure>)| ReportCell {
        text: said(words, *figure, column.unit()),
        href: match figure {
            Some(Figure::Whole(count)) if *count > 0 => links::to(found, group, *column),
            _ => String::new(),
        },
    };
    columns.map(cell).collect()
}

/// A figure as people read it; a dash where there is none.
fn said(words: &Catalogue, figure: Option<Figure>, unit: Unit) -> String {
    let Some(figure) = figure else {
        return words.say("report-none", &[]);
    };
    match (unit, figure) {
        (Unit::Seconds, Figure::Whole(seconds)) => {
            let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
            let length = chrono::TimeDelta::try_seconds(seconds);
            duration(words, length.unwrap_or(chrono::TimeDelta::MAX))
        }
        (Unit::Share, figure) => {
            let percent = format!("{:.0}", figure.value() * 100.0);
            words.say("report-percent", &[("percent", percent.into())])
        }
        (_, Figure::Part(number)) => {
            words.say("report-number", &[("number", two_decimals(number))])
        }
        (_, Figure::Whole(number)) => words.say("report-number", &[("number", number.into())]),
    }
}

/// A figure that is whole, though it was reckoned with like others.
fn whole(number: f64) -> Figure {
    // Counts, and seconds below the years that a desk keeps.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let number = number as u64;
    Figure::Whole(number)
}

/// What is drawn of a row, in the order of the series.
fn drawn(found: &Found, row: &Row, series: &[Column]) -> Vec<Option<Figure>> {
    let figure = |column: &Column| {
        let mut columns = found.columns.iter();
        let index = columns.position(|other| other == column)?;
        row.figures.get(index).copied().flatten()
    };
    series.iter().map(figure).collect()
}

fn picture(req: &PageRequest, found: &Found) -> Option<Picture> {
    let (words, asked) = (req.words(), &found.asked);
    let drawing = asked.report.drawing(asked.by);
    let series: Vec<Column> = drawing
        .measures()
        .iter()
        .copied()
        .map(Column::Measure)
        .collect();
    let unit = series.first()?.unit();
    let (id, timed) = (asked.report.name.as_str(), asked.by.is_of_time());
    let share = match drawing {
        Drawing::Stacked(_) => Share::Stacked,
        Drawing::Beside(_) if timed && unit != Unit::Count => Share::Lines,
        Drawing::Beside(_) => Share::Beside,
    };
    let shown = if timed { usize::MAX } else { MOST_BARS };
    let rows: Vec<&Row> = found.rows.iter().take(shown).collect();
    let figures: Vec<Vec<Option<Figure>>> =
        rows.iter().map(|row| drawn(found, row, &series)).collect();
    let values: Vec<Vec<Option<f64>>> = figures
        .iter()
        .map(|row| row.iter().map(|one| one.map(Figure::value)).collect())
        .collect();
    if values.iter().flatten().flatten().all(|value| *value <= 0.0) {
        return None;
    }
    let (marks, lines, height) = match (timed, share) {
        (true, Share::Lines) => {
            let (lines, height) = stepping(&values);
            (Vec::new(), lines, height)
        }
        (true, share) => {
            let (marks, height) = standing(id, &values, share);
            (marks, Vec::new(), height)
        }
        (false, share) => {
            let (marks, height) = lying(id, &values, share);
            (marks, Vec::new(), height)
        }
    };
    let value_of = |row: &[Option<Figure>]| match share {
        Share::Stacked => {
            let sum: f64 = row.iter().flatten().map(|figure| figure.value()).sum();
            said(words, Some(whole(sum)), Unit::Count)
        }
        Share::Beside | Share::Lines => {
            let said: Vec<String> = row
                .iter()
                .map(|figure| said(words, *figure, unit))
                .collect();
            said.join(" · ")
        }
    };
    let names: Vec<String> = rows
        .iter()
        .map(|row| name_of(req, found, &row.group))
        .collect();
    let by = words.say_of("report-by", asked.by.as_str(), &[]);
    let title = words.say_of("report", asked.report.name.as_str(), &[]);
    let title = words.say(
        "report-picture",
        &[("report", title.into()), ("by", by.into())],
    );
    let top = match (unit, greatest(&values, share)) {
        (Unit::Seconds | Unit::Count, most) => said(words, Some(whole(most)), unit),
        (unit, most) => said(words, Some(Figure::Part(most)), unit),
    };
    Some(Picture {
        id,
        description: words.say(
            "report-picture-about",
            &[("rows", rows.len().into()), ("most", top.clone().into())],
        ),
        title,
        timed,
        height,
        marks,
        lines,
        ends: match (timed, names.first(), names.last()) {
            (true, Some(first), Some(last)) => [first.clone(), last.clone()],
            _ => [const { String::new() }; 2],
        },
        rows: match timed {
            true => Vec::new(),
            false => (names.into_iter().zip(&figures))
                .map(|(name, row)| PictureRow {
                    name,
                    value: value_of(row),
                })
                .collect(),
        },
        top,
        legend: match series.len() {
            0 | 1 => Vec::new(),
            _ => (series.iter().enumerate())
                .map(|(number, column)| Series {
                    series: number,
                    fill: fill(id, number),
                    line: share == Share::Lines,
                    label: label(words, *column),
                })
                .collect(),
        },
    })
}
