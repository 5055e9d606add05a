//! Pictures of reports, drawn on the server: bars that lie where rows stand for things, columns and lines where they follow
//! each other in time. They hold no text, so that they may be stretched to any width; words and figures stand beside them, and
//! the table has them all. No colour says a thing alone: series have patterns and dashes of their own.

use std::fmt::Write;

use serde::Serialize;

/// How wide every picture is drawn.
const WIDTH: f64 = 1000.0;
/// How high a row of bars is, in pixels; the stylesheet has the same.
const ROW: f64 = 34.0;
/// How high columns and lines are, in pixels.
const HEIGHT: f64 = 160.0;
/// How many rows of bars are drawn; the table has the others, too.
pub(super) const MOST_BARS: usize = 12;

/// A picture.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Picture {
    /// Begins the ids of what it is made of.
    pub id: &'static str,
    /// What it shows.
    pub title: String,
    /// What is to be seen in it, in a sentence.
    pub description: String,
    /// Whether it goes along time.
    pub timed: bool,
    /// How high it is, in pixels.
    pub height: f64,
    /// Its bars.
    pub marks: Vec<Mark>,
    /// Its lines.
    pub lines: Vec<Line>,
    /// What stands beside each row of bars; nothing along time.
    pub rows: Vec<PictureRow>,
    /// What the highest point stands for; along time.
    pub top: String,
    /// The first and the last of its rows; along time.
    pub ends: [String; 2],
    /// Its series, if there are several.
    pub legend: Vec<Series>,
}

/// A bar.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Mark {
    /// The number of its series.
    pub series: usize,
    /// The pattern of its series; empty for a plain one.
    pub fill: String,
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
    /// How wide.
    pub width: f64,
    /// How high.
    pub height: f64,
}

/// A line, in steps: a value holds for its whole day, week or month, and where there is none, there is a gap.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// The number of its series.
    pub series: usize,
    /// The way of the pen.
    pub path: String,
}

/// A series of a picture.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Series {
    /// Its number.
    pub series: usize,
    /// Its pattern; empty for a plain one.
    pub fill: String,
    /// Whether it is a line.
    pub line: bool,
    /// What it is called.
    pub label: String,
}

/// What stands beside a row of bars.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PictureRow {
    /// What the row stands for.
    pub name: String,
    /// What it comes to.
    pub value: String,
}

/// How series share the room of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Share {
    /// They follow each other: together they are a whole.
    Stacked,
    /// Each has a place of its own.
    Beside,
    /// As lines.
    Lines,
}

/// With what the bars of a series are filled, where that is a pattern of the picture with these ids.
pub(super) fn fill(id: &str, series: usize) -> String {
    match series {
        1 => format!("url(#{id}-hatch)"),
        3 => format!("url(#{id}-bars)"),
        _ => String::new(),
    }
}

/// Tenths of a pixel are as exact as anybody sees.
fn rounded(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// A number of things, which are few.
#[allow(clippy::cast_precision_loss)]
fn number(count: usize) -> f64 {
    count as f64
}

/// The greatest that a row reaches; never nothing, so that it may be divided by.
pub(super) fn greatest(rows: &[Vec<Option<f64>>], share: Share) -> f64 {
    let of = |row: &Vec<Option<f64>>| -> f64 {
        let values = row.iter().flatten().copied();
        match share {
            Share::Stacked => values.sum(),
            Share::Beside | Share::Lines => values.fold(0.0, f64::max),
        }
    };
    let most = rows.iter().map(of).fold(0.0, f64::max);
    if most > 0.0 { most } else { 1.0 }
}

/// The bars of rows that stand for things: they lie, and begin at the left.
pub(super) fn lying(id: &str, rows: &[Vec<Option<f64>>], share: Share) -> (Vec<Mark>, f64) {
    let most = greatest(rows, share);
    let mut marks = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let top = number(index) * ROW;
        let room = ROW - 10.0;
        let each = match share {
            Share::Stacked => room,
            Share::Beside | Share::Lines => room / number(row.len().max(1)),
        };
        let mut reached = 0.0;
        for (series, value) in row.iter().enumerate() {
            let width = value.unwrap_or_default() / most * WIDTH;
            if width > 0.0 {
                let (x, y) = match share {
                    Share::Stacked => (reached, top + 5.0),
                    Share::Beside | Share::Lines => (0.0, top + 5.0 + number(series) * each),
                };
                marks.push(Mark {
                    series,
                    fill: fill(id, series),
                    x: rounded(x),
                    y: rounded(y),
                    width: rounded(width),
                    height: rounded(each - if share == Share::Stacked { 0.0 } else { 1.0 }),
                });
                reached += width;
            }
        }
    }
    (marks, number(rows.len()) * ROW)
}

/// The bars of rows that follow each other in time: they stand, each row in a slot of the same width.
pub(super) fn standing(id: &str, rows: &[Vec<Option<f64>>], share: Share) -> (Vec<Mark>, f64) {
    let most = greatest(rows, share);
    let slot = WIDTH / number(rows.len().max(1));
    let mut marks = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let (left, room) = (number(index) * slot + slot * 0.1, slot * 0.8);
        let each = match share {
            Share::Stacked => room,
            Share::Beside | Share::Lines => room / number(row.len().max(1)),
        };
        let mut reached = 0.0;
        for (series, value) in row.iter().enumerate() {
            let height = value.unwrap_or_default() / most * HEIGHT;
            if height > 0.0 {
                let (x, base) = match share {
                    Share::Stacked => (left, reached),
                    Share::Beside | Share::Lines => (left + number(series) * each, 0.0),
                };
                marks.push(Mark {
                    series,
                    fill: fill(id, series),
                    x: rounded(x),
                    y: rounded(HEIGHT - base - height),
                    width: rounded(each),
                    height: rounded(height),
                });
                reached += height;
            }
        }
    }
    (marks, HEIGHT)
}

/// The lines of rows that follow each other in time.
pub(super) fn stepping(rows: &[Vec<Option<f64>>]) -> (Vec<Line>, f64) {
    let most = greatest(rows, Share::Lines);
    let slot = WIDTH / number(rows.len().max(1));
    let series = rows.iter().map(Vec::len).max().unwrap_or_default();
    let line = |series: usize| {
        let mut path = String::new();
        let mut drawing = false;
        for (index, row) in rows.iter().enumerate() {
            let Some(value) = row.get(series).copied().flatten() else {
                drawing = false;
                continue;
            };
            // A line on the very edge would be cut in half.
            let y = rounded(1.0 + (1.0 - value / most) * (HEIGHT - 2.0));
            let (left, right) = (
                rounded(number(index) * slot),
                rounded(number(index + 1) * slot),
            );
            let pen = if drawing { 'L' } else { 'M' };
            // Nothing keeps a text from being written into a text.
            let _ = write!(path, "{pen}{left} {y}H{right}");
            drawing = true;
        }
        Line { series, path }
    };
    let lines = (0..series).map(line).filter(|line| !line.path.is_empty());
    (lines.collect(), HEIGHT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_share_their_room() {
        let rows = [vec![Some(1.0), Some(3.0)], vec![Some(2.0), None]];
        let (stacked, height) = lying("x", &rows, Share::Stacked);
        let places: Vec<_> = stacked.iter().map(|mark| (mark.x, mark.width)).collect();
        assert_eq!(places, [(0.0, 250.0), (250.0, 750.0), (0.0, 500.0)]);
        assert!((height - 68.0).abs() < 0.01);
        let (beside, _) = lying("x", &rows, Share::Beside);
        assert!(beside.iter().all(|mark| mark.x == 0.0));
        assert!(beside[0].y < beside[1].y);
        let (standing, _) = standing("x", &rows, Share::Stacked);
        for mark in &standing {
            assert!(
                mark.y >= 0.0 && mark.y + mark.height <= HEIGHT + 0.1,
                "{mark:?}"
            );
            assert!(
                mark.x >= 0.0 && mark.x + mark.width <= WIDTH + 0.1,
                "{mark:?}"
            );
        }
    }

    #[test]
    fn nothing_is_drawn_of_nothing() {
        assert_eq!(lying("x", &[], Share::Stacked), (Vec::new(), 0.0));
        let (marks, _) = standing("x", &[vec![Some(0.0), None]], Share::Beside);
        assert_eq!(marks, []);
        assert_eq!(stepping(&[vec![None], vec![None]]).0, []);
    }

    #[test]
    fn a_line_has_gaps_where_nothing_was_measured() {
        let rows = [
            vec![Some(2.0)],
            vec![None],
            vec![Some(1.0)],
            vec![Some(0.0)],
        ];
        let (lines, _) = stepping(&rows);
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].path, "M0 1H250M500 80H750L750 159H1000");
    }
}
