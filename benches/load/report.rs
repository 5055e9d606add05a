//! The rows of a run, and how they are printed: as tables of Markdown, which a terminal shows as well.

use std::fmt::Write as _;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    ASecond,
    Milliseconds,
    Mebibytes,
}

/// What is to be reached.
#[derive(Clone, Copy, Debug)]
pub enum Goal {
    /// At least this ratio to what stands beside it.
    Ratio(f64),
    /// The same, on a desk with a million cases.
    RatioAtAMillion(f64),
    AtLeast(f64),
    AtMost(f64),
}

/// A row of the table.
#[derive(Clone, Debug)]
pub struct Row {
    pub what: String,
    pub figure: f64,
    pub unit: Unit,
    /// Within how many milliseconds 99 of 100 were answered.
    pub p99: Option<f64>,
    /// What it is compared with, of the same run.
    pub beside: Option<(&'static str, f64)>,
    pub goal: Option<Goal>,
}

impl Row {
    pub fn new(what: impl Into<String>, figure: f64, unit: Unit) -> Self {
        Self {
            what: what.into(),
            figure,
            unit,
            p99: None,
            beside: None,
            goal: None,
        }
    }

    pub fn beside(mut self, name: &'static str, figure: f64) -> Self {
        self.beside = Some((name, figure));
        self
    }

    pub fn reaching(mut self, goal: Goal) -> Self {
        self.goal = Some(goal);
        self
    }

    fn ratio(&self) -> Option<f64> {
        self.beside.map(|(_, beside)| self.figure / beside)
    }

    fn shown(&self) -> String {
        match self.unit {
            Unit::ASecond => format!("{}/s", grouped(self.figure)),
            Unit::Milliseconds => format!("{:.1} ms", self.figure),
            Unit::Mebibytes => format!("{:.0} MiB", self.figure),
        }
    }

    fn to_be_reached(&self) -> String {
        match self.goal {
            None => String::new(),
            Some(Goal::Ratio(ratio)) => format!("{ratio:.2}"),
            Some(Goal::RatioAtAMillion(ratio)) => format!("{ratio:.2} at a million cases"),
            Some(Goal::AtLeast(least)) => format!("{}/s", grouped(least)),
            Some(Goal::AtMost(most)) => format!("at most {most:.0}"),
        }
    }

    fn is_reached(&self, cases: usize) -> &'static str {
        let reached = match self.goal {
            Some(Goal::RatioAtAMillion(_)) if cases < 1_000_000 => None,
            Some(Goal::Ratio(ratio) | Goal::RatioAtAMillion(ratio)) => {
                self.ratio().map(|is| is >= ratio)
            }
            Some(Goal::AtLeast(least)) => Some(self.figure >= least),
            Some(Goal::AtMost(most)) => Some(self.figure <= most),
            None => None,
        };
        match reached {
            None => "",
            Some(true) => "yes",
            Some(false) => "no",
        }
    }

    /// How many times as dear it is as an earlier figure of the same.
    fn dearer_than(&self, before: &Self) -> f64 {
        match self.unit {
            Unit::ASecond => before.figure / self.figure,
            Unit::Milliseconds | Unit::Mebibytes => self.figure / before.figure,
        }
    }
}

/// One size: each figure with what it is compared with.
pub fn table(cases: usize, rows: &[Row]) -> String {
    let head = [
        "row", "Casebell", "p99", "beside", "", "ratio", "to reach", "reached",
    ];
    let lines = rows.iter().map(|row| {
        let (name, beside) = row.beside.map_or((String::new(), String::new()), |beside| {
            (beside.0.to_owned(), format!("{}/s", grouped(beside.1)))
        });
        vec![
            row.what.clone(),
            row.shown(),
            row.p99.map_or(String::new(), |p99| format!("{p99:.1} ms")),
            name,
            beside,
            row.ratio()
                .map_or(String::new(), |ratio| format!("{ratio:.3}")),
            row.to_be_reached(),
            row.is_reached(cases).to_owned(),
        ]
    });
    markdown(&head.map(str::to_owned), lines.collect())
}

/// Several sizes side by side, with how many times as dear the last is as the first.
pub fn growth(sizes: &[(usize, Vec<Row>)]) -> String {
    let [(_, first), .., (_, last)] = sizes else {
        return String::new();
    };
    let mut head = vec!["row".to_owned()];
    head.extend(
        sizes
            .iter()
            .map(|(cases, _)| format!("{} cases", grouped(*cases as f64))),
    );
    head.push("times as dear".to_owned());
    let lines = first.iter().filter_map(|row| {
        let same = |rows: &'_ [Row]| rows.iter().position(|other| other.what == row.what);
        let mut line = vec![row.what.clone()];
        for (_, rows) in sizes {
            line.push(same(rows).map_or(String::new(), |at| rows[at].shown()));
        }
        let last = &last[same(last)?];
        line.push(format!("{:.2}", last.dearer_than(row)));
        Some(line)
    });
    markdown(&head, lines.collect())
}

/// A table whose columns stand below each other.
pub fn markdown(head: &[String], lines: Vec<Vec<String>>) -> String {
    let mut widths: Vec<usize> = head.iter().map(|name| name.chars().count()).collect();
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    let mut add = |cells: &[String]| {
        for (column, (cell, width)) in cells.iter().zip(widths.iter().copied()).enumerate() {
            // The first column is words.
            let _ = match column {
                0 => write!(text, "| {cell:<width$} "),
                _ => write!(text, "| {cell:>width$} "),
            };
        }
        text.push_str("|\n");
    };
    add(head);
    let rules = widths.iter().enumerate().map(|(column, width)| {
        let dashes = "-".repeat((*width).max(3) - 1);
        match column {
            0 => format!("{dashes}-"),
            _ => format!("{dashes}:"),
        }
    });
    let rules: Vec<String> = rules.collect();
    add(&rules);
    lines.iter().for_each(|line| add(line));
    text
}

/// A whole number with its thousands apart.
pub fn grouped(figure: f64) -> String {
    let digits = format!("{figure:.0}");
    let mut shown = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}
