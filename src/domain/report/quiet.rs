//! Stretches of time in which nothing happened: pages show each as one row, files and programs get every day, week and month.

use super::table::{Figure, Group, Row};

/// A row of a report as pages show it, or several.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stretch<'a> {
    /// A row by itself.
    Row(&'a Row),
    /// Days, weeks or months that follow each other and in which nothing was counted, two at least.
    Quiet(&'a [Row]),
}

/// The rows as pages show them, in their order.
pub fn stretches(rows: &[Row]) -> Vec<Stretch<'_>> {
    rows.chunk_by(|one, next| is_quiet(one) && is_quiet(next))
        .map(|stretch| match stretch {
            [row] => Stretch::Row(row),
            quiet => Stretch::Quiet(quiet),
        })
        .collect()
}

impl Stretch<'_> {
    /// How many rows it stands for.
    pub fn len(&self) -> usize {
        match self {
            Self::Row(_) => 1,
            Self::Quiet(rows) => rows.len(),
        }
    }

    /// Never: it stands for one row at least.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn is_quiet(row: &Row) -> bool {
    let happened = |figure: &Figure| figure.value() > 0.0;
    matches!(row.group, Group::Period(_)) && !row.figures.iter().flatten().any(happened)
}

#[cfg(test)]
mod tests {
    use chrono::{Days, NaiveDate};
    use proptest::prelude::*;

    use super::*;

    /// Weeks with these figures.
    fn weeks(figures: &[Option<u64>]) -> Vec<Row> {
        let first = NaiveDate::from_ymd_opt(2026, 1, 5).expect("a day");
        let week = |(index, figure): (u64, &Option<u64>)| Row {
            group: Group::Period(first + Days::new(7 * index)),
            figures: vec![None, figure.map(Figure::Whole)],
        };
        (0..).zip(figures).map(week).collect()
    }

    #[test]
    fn weeks_without_anything_are_one_row() {
        let rows = weeks(&[Some(0), None, Some(2), None, Some(1), Some(0), None, None]);
        let expected = [
            Stretch::Quiet(&rows[0..2]),
            Stretch::Row(&rows[2]),
            Stretch::Row(&rows[3]),
            Stretch::Row(&rows[4]),
            Stretch::Quiet(&rows[5..8]),
        ];
        assert_eq!(stretches(&rows), expected);
        assert!(stretches(&[]).is_empty());
    }

    #[test]
    fn what_is_not_of_time_keeps_its_rows() {
        let row = |rank| Row {
            group: Group::Rank(Some(rank)),
            figures: vec![Some(Figure::Whole(0))],
        };
        let rows = [row(1), row(2)];
        let expected = [Stretch::Row(&rows[0]), Stretch::Row(&rows[1])];
        assert_eq!(stretches(&rows), expected);
    }

    proptest! {
        #[test]
        fn no_row_is_lost_and_none_is_shown_twice(
            figures in proptest::collection::vec(proptest::option::of(0_u64..2), 0..40),
        ) {
            let rows = weeks(&figures);
            let shown = stretches(&rows);
            let all: Vec<&Row> = shown
                .iter()
                .flat_map(|stretch| match stretch {
                    Stretch::Row(row) => vec![*row],
                    Stretch::Quiet(rows) => rows.iter().collect(),
                })
                .collect();
            prop_assert_eq!(all, rows.iter().collect::<Vec<_>>());
            for pair in shown.windows(2) {
                prop_assert!(!matches!(pair, [Stretch::Quiet(_), Stretch::Quiet(_)]));
            }
            for stretch in &shown {
                prop_assert!(!matches!(stretch, Stretch::Quiet(rows) if rows.len() < 2));
            }
        }
    }
}
