//! Reports: which there are, and one drawn up (H2).

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::Reader;
use crate::domain::Instant;
use crate::domain::organization::Side;
use crate::domain::report::{
    Column, Figure, Grouping, Measure, Report, ReportFilter, ReportName, Unit,
};
use crate::http::report::{Found, key, label, name};

/// A report that there is for the reader.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReportDeclaration {
    /// Its name.
    pub name: ReportName,
    /// What it is called.
    pub title: String,
    /// What it counts, in a sentence.
    pub about: String,
    /// What its rows can stand for; the first is what they do if nothing is asked for.
    pub groupings: Vec<Grouping>,
    /// What narrows it.
    pub filters: Vec<ReportFilter>,
    /// Its columns, where its rows stand for the first of these.
    pub columns: Vec<ReportColumnDocument>,
}

/// A column of a report.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ReportColumn)]
pub struct ReportColumnDocument {
    /// Its name, by which rows have their figures.
    pub name: String,
    /// What it is called.
    pub label: String,
    /// What it is measured in.
    pub unit: Unit,
}

/// A report, drawn up.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Report)]
pub struct ReportDocument {
    /// Which it is.
    pub report: ReportName,
    /// What its rows stand for.
    pub by: Grouping,
    /// Where its period begins; none of a report on this moment.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub from: Option<Instant>,
    /// The first instant after its period.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub to: Option<Instant>,
    /// IANA name of the zone in which its days, weeks and months are.
    pub time_zone: String,
    /// Its columns.
    pub columns: Vec<ReportColumnDocument>,
    /// Its rows: by time in the order of time, by rank, priority, kind and stage in theirs, else those with the most first.
    pub rows: Vec<ReportRowDocument>,
    /// The figures of all groups together; null where they make no whole.
    #[schema(value_type = Object)]
    pub total: Map<String, Value>,
    /// How many groups have no row, which are those with the least; the total is of all.
    pub left_out: usize,
}

/// A row of a report.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ReportRow)]
pub struct ReportRowDocument {
    /// What it stands for.
    pub group: ReportGroupDocument,
    /// Its figures, by the names of the columns; null where nothing is behind one.
    #[schema(value_type = Object)]
    pub values: Map<String, Value>,
}

/// What a row of a report stands for.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ReportGroup)]
pub struct ReportGroupDocument {
    /// A slug, an id, a code, a rank, a day or a month; `none` for nothing and nobody.
    pub key: String,
    /// What it is called.
    pub name: String,
}

fn column(reader: &Reader<'_>, column: Column) -> ReportColumnDocument {
    ReportColumnDocument {
        name: column.name().to_owned(),
        label: label(reader.words, column),
        unit: column.unit(),
    }
}

fn values(columns: &[Column], figures: &[Option<Figure>]) -> Map<String, Value> {
    let value = |figure: &Option<Figure>| match figure {
        Some(Figure::Whole(number)) => Value::from(*number),
        Some(Figure::Part(number)) => Value::from(*number),
        None => Value::Null,
    };
    let named = columns.iter().zip(figures);
    named
        .map(|(column, figure)| (column.name().to_owned(), value(figure)))
        .collect()
}

impl ReportDeclaration {
    /// In the reader's words, and as far as it is theirs.
    pub fn new(reader: &Reader<'_>, report: &Report) -> Self {
        let side: Side = reader.access.side;
        let measures = report.measures(report.usual(side)).iter().copied();
        Self {
            name: report.name,
            title: reader.words.say_of("report", report.name.as_str(), &[]),
            about: reader
                .words
                .say_of("report-about", report.name.as_str(), &[]),
            groupings: report.groupings(side),
            filters: report.filters(side),
            columns: measures
                .map(|measure: Measure| column(reader, Column::Measure(measure)))
                .collect(),
        }
    }
}

impl ReportDocument {
    /// In the reader's words.
    pub fn new(reader: &Reader<'_>, found: &Found) -> Self {
        let (asked, times) = (&found.asked, reader.times());
        let columns = found.columns.iter();
        let rows = found.rows.iter().map(|row| ReportRowDocument {
            group: ReportGroupDocument {
                key: key(&row.group, asked.by, &found.names),
                name: name(reader.words, &times, (&row.group, asked.by), &found.names),
            },
            values: values(&found.columns, &row.figures),
        });
        Self {
            report: asked.report.name,
            by: asked.by,
            from: asked.scope.period.map(|period| period.from),
            to: asked.scope.period.map(|period| period.to),
            time_zone: asked.zone.name().to_owned(),
            columns: columns.map(|one| column(reader, *one)).collect(),
            rows: rows.collect(),
            total: values(&found.columns, &found.total),
            left_out: found.left_out,
        }
    }
}
