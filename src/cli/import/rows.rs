//! A table in a file, row by row (RFC 4180): a row may go over several lines, where a cell in quotation marks does. The CSV library
//! takes a row apart; what is here finds out where it ends, so that a mark that is never closed costs its line only.

use std::collections::VecDeque;
use std::io::{self, BufRead};

use super::lines::Lines;

/// The most lines that a row goes over.
const MOST_LINES: usize = 1_000;
/// What stands behind a row that is tried; no table has it.
const BEHIND: char = '\u{1}';

/// Why a row cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Its line cannot be read.
    #[error(transparent)]
    Line(#[from] super::lines::Unreadable),
    /// A quotation mark has no second one.
    #[error("a quotation mark is opened and not closed within {MOST_LINES} lines")]
    Unclosed,
    /// The library cannot take it apart.
    #[error("{0}")]
    Malformed(String),
}

/// A row with the number of the line on which it begins.
#[derive(Debug)]
pub struct Row {
    /// The line.
    pub line: u64,
    /// Its cells.
    pub cells: Result<csv::StringRecord, Unreadable>,
}

type ReadLine = (u64, Result<String, super::lines::Unreadable>);

/// Reads rows.
#[derive(Debug)]
pub struct Rows<R> {
    lines: Lines<R>,
    /// Lines that were read and are of no row yet.
    ahead: VecDeque<ReadLine>,
    delimiter: u8,
}

impl<R: BufRead> Rows<R> {
    /// Reads from the start of `input`. Its first line tells what is between cells: a comma, a semicolon, a tabulator or a bar,
    /// whichever it has most of.
    ///
    /// # Errors
    /// The file's own.
    pub fn new(input: R) -> io::Result<Self> {
        let mut rows = Self {
            lines: Lines::of_any_ending(input),
            ahead: VecDeque::new(),
            delimiter: b',',
        };
        while rows.look_ahead(1)? && rows.is_blank() {
            rows.ahead.pop_front();
        }
        if let Some((_, Ok(first))) = rows.ahead.front() {
            let count = |delimiter: &u8| first.bytes().filter(|byte| byte == delimiter).count();
            // Of as many, the first one.
            let most = [b'|', b'\t', b';', b','].into_iter().max_by_key(count);
            rows.delimiter = most.unwrap_or(b',');
        }
        Ok(rows)
    }

    /// How many bytes have been read.
    pub fn bytes(&self) -> u64 {
        self.lines.bytes()
    }

    /// The next row; none at the end. Empty lines between rows are passed over.
    ///
    /// # Errors
    /// The file's own.
    pub fn next(&mut self) -> io::Result<Option<Row>> {
        while self.look_ahead(1)? && self.is_blank() {
            self.ahead.pop_front();
        }
        let Some((line, first)) = self.ahead.pop_front() else {
            return Ok(None);
        };
        let mut text = match first {
            Ok(text) => text,
            Err(unreadable) => {
                return Ok(Some(Row {
                    line,
                    cells: Err(unreadable.into()),
                }));
            }
        };
        let (mut joined, mut open) = (0, self.is_open(&text));
        while open {
            let is_long = joined + 1 >= MOST_LINES || text.len() > super::lines::LONGEST;
            if is_long || !self.look_ahead(joined + 1)? {
                // The lines behind it are rows of their own.
                return Ok(Some(Row {
                    line,
                    cells: Err(Unreadable::Unclosed),
                }));
            }
            match &self.ahead[joined] {
                (_, Ok(more)) => {
                    text.push('\n');
                    text.push_str(more);
                    // Without a mark of its own a line ends no cell, and long rows are tried no more often than they have to be.
                    open = !more.contains('"') || self.is_open(&text);
                    joined += 1;
                }
                (_, Err(_)) => {
                    return Ok(Some(Row {
                        line,
                        cells: Err(Unreadable::Unclosed),
                    }));
                }
            }
        }
        self.ahead.drain(..joined);
        let cells = self.take_apart(&text);
        Ok(Some(Row { line, cells }))
    }

    /// Whether the row goes on behind this text: then what stands there is in its last cell.
    fn is_open(&self, text: &str) -> bool {
        // Only where a mark stands alone can a cell be open.
        if !text.contains('"') {
            return false;
        }
        let tried = format!("{text}\n{BEHIND}");
        match self.take_apart(&tried) {
            Ok(cells) => cells
                .iter()
                .next_back()
                .is_some_and(|last| last.ends_with(BEHIND)),
            Err(_) => false,
        }
    }

    fn take_apart(&self, text: &str) -> Result<csv::StringRecord, Unreadable> {
        let mut cells = csv::StringRecord::new();
        let read = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(self.delimiter)
            .buffer_capacity(text.len() + 1)
            .from_reader(text.as_bytes())
            .read_record(&mut cells);
        match read {
            Ok(_) => Ok(cells),
            Err(error) => Err(Unreadable::Malformed(error.to_string())),
        }
    }

    /// Whether the next line is empty. Within a row it would be one of its cell.
    fn is_blank(&self) -> bool {
        let next = self.ahead.front();
        next.is_some_and(|(_, text)| text.as_ref().is_ok_and(|text| text.trim().is_empty()))
    }

    /// Reads until so many lines are ahead; says whether they are.
    fn look_ahead(&mut self, count: usize) -> io::Result<bool> {
        while self.ahead.len() < count {
            let Some(line) = self.lines.next_even_empty()? else {
                return Ok(false);
            };
            let text = line.text.map(str::to_owned);
            self.ahead.push_back((line.number, text));
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(input: &[u8]) -> Vec<(u64, Result<Vec<String>, Unreadable>)> {
        let mut rows = Rows::new(input).expect("read");
        let mut all = Vec::new();
        while let Some(row) = rows.next().expect("read") {
            let cells = row
                .cells
                .map(|cells| cells.iter().map(str::to_owned).collect());
            all.push((row.line, cells));
        }
        assert_eq!(rows.bytes(), input.len() as u64);
        all
    }

    fn cells(cells: &[&str]) -> Result<Vec<String>, Unreadable> {
        Ok(cells.iter().map(|cell| (*cell).to_owned()).collect())
    }

    /// B4.
    #[test]
    fn a_row_goes_over_lines_where_its_cell_does() {
        let table = b"a,b\n1,\"two\nlines\n\n, and a comma\"\n2,\"said \"\"so\"\"\"\n3,5\" disk\n";
        assert_eq!(
            read(table),
            [
                (1, cells(&["a", "b"])),
                (2, cells(&["1", "two\nlines\n\n, and a comma"])),
                (6, cells(&["2", "said \"so\""])),
                (7, cells(&["3", "5\" disk"])),
            ]
        );
    }

    #[test]
    fn lines_end_in_any_way() {
        for end in ["\n", "\r\n", "\r"] {
            let table = ["a;b", "1;2", "", "3;\"4", "5\""].join(end);
            let expected = [
                (1, cells(&["a", "b"])),
                (2, cells(&["1", "2"])),
                (4, cells(&["3", "4\n5"])),
            ];
            assert_eq!(read(table.as_bytes()), expected, "{end:?}");
        }
    }

    #[test]
    fn a_mark_that_is_never_closed_costs_its_line_only() {
        assert_eq!(
            read(b"a,b\n1,\"open\n2,3\n"),
            [
                (1, cells(&["a", "b"])),
                (2, Err(Unreadable::Unclosed)),
                (3, cells(&["2", "3"])),
            ]
        );
    }

    #[test]
    fn the_first_line_tells_what_is_between_cells() {
        for delimiter in [",", ";", "\t", "|"] {
            let table = ["a", "b, or c", "d"].join(delimiter);
            let expected = if delimiter == "," {
                cells(&["a", "b", " or c", "d"])
            } else {
                cells(&["a", "b, or c", "d"])
            };
            assert_eq!(read(table.as_bytes())[0].1, expected, "{delimiter:?}");
        }
        assert_eq!(read(b""), []);
        assert_eq!(read(b"alone\n"), [(1, cells(&["alone"]))]);
    }

    proptest! {
        /// What the library writes is read as it was, each row from the line on which it begins.
        #[test]
        fn what_was_written_is_read(
            table in prop::collection::vec(
                prop::collection::vec("[a-z\",;\n ]{0,8}[a-z]", 2..5), 1..12),
        ) {
            let mut written = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
            written.write_record(["first", "second", "third", "fourth", "fifth"]).expect("written");
            let mut lines = Vec::new();
            let mut at = 2;
            for row in &table {
                lines.push(at);
                at += 1 + row.iter().map(|cell| cell.matches('\n').count() as u64).sum::<u64>();
                written.write_record(row).expect("written");
            }
            let bytes = written.into_inner().expect("written");
            let found = read(&bytes);
            let expected: Vec<_> = lines.into_iter().zip(table.into_iter().map(Ok)).collect();
            prop_assert_eq!(&found[1..], &expected[..]);
        }
    }
}
