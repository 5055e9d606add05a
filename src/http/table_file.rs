//! Tables as files for spreadsheets, made in memory.

use actix_web::web::Bytes;
use futures_util::stream;
use rust_xlsxwriter::{Format as Style, Workbook, XlsxError};

use super::download::Download;
use super::problem::{Code, Problem};
use crate::domain::closed_enum;
use crate::input::written;

closed_enum! {
    /// What a table is written in.
    pub enum Format as "TableFormat" {
        /// Text: a row a line, the first line names the columns. What a spreadsheet would take for a formula stands behind an
        /// apostrophe.
        Csv = "csv",
        /// A workbook with one sheet, in which a cell is a text or a number, and never a formula.
        Xlsx = "xlsx",
    }
}

written!(Format);

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Words, which somebody may have chosen.
    Text(String),
    /// A whole number of ours.
    Whole(u64),
    /// A number of ours with a part.
    Part(f64),
    /// Nothing.
    Empty,
}

impl Format {
    /// The media types of all of them.
    pub const MEDIA: [&'static str; 2] = ["text/csv", Self::XLSX];
    const XLSX: &'static str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

    const fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => Self::XLSX,
        }
    }

    /// The file of that name with these rows of texts.
    ///
    /// # Errors
    /// As [`Format::sheet`].
    pub fn file<const N: usize>(
        self,
        name: &str,
        columns: &[&str; N],
        rows: &[[String; N]],
    ) -> Result<Download, Problem> {
        let cells = |row: &[String; N]| row.iter().cloned().map(Cell::Text).collect();
        let rows: Vec<Vec<Cell>> = rows.iter().map(cells).collect();
        self.sheet(name, columns, &rows)
    }

    /// The file of that name with these rows.
    ///
    /// # Errors
    /// [`Code::Internal`] for what cannot be written, which no text of the desk is.
    pub fn sheet(
        self,
        name: &str,
        columns: &[&str],
        rows: &[Vec<Cell>],
    ) -> Result<Download, Problem> {
        let bytes = match self {
            Self::Csv => csv(columns, rows).map_err(|error| unwritten(&error)),
            Self::Xlsx => xlsx(columns, rows).map_err(|error| unwritten(&error)),
        }?;
        let chunk = stream::iter([Ok(Bytes::from(bytes))]);
        Ok(Download::new(
            self.content_type(),
            format!("{name}.{self}"),
            chunk,
        ))
    }
}

fn csv(columns: &[&str], rows: &[Vec<Cell>]) -> csv::Result<Vec<u8>> {
    let mut file = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    file.write_record(columns)?;
    for row in rows {
        let cells = row.iter().map(|cell| match cell {
            Cell::Text(text) => harmless(text.clone()),
            Cell::Whole(number) => number.to_string(),
            Cell::Part(number) => number.to_string(),
            Cell::Empty => String::new(),
        });
        file.write_record(cells)?;
    }
    file.into_inner().map_err(|error| error.into_error().into())
}

fn xlsx(columns: &[&str], rows: &[Vec<Cell>]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let bold = Style::new().set_bold();
    for (column, name) in (0_u16..).zip(columns) {
        sheet.write_string_with_format(0, column, *name, &bold)?;
    }
    for (row, cells) in (1_u32..).zip(rows) {
        for (column, cell) in (0_u16..).zip(cells) {
            match cell {
                // A text is never a formula, whatever it begins with.
                Cell::Text(text) => {
                    sheet.write_string(row, column, text)?;
                }
                // A workbook has one kind of numbers, which tells those of a desk apart.
                #[allow(clippy::cast_precision_loss)]
                Cell::Whole(number) => {
                    sheet.write_number(row, column, *number as f64)?;
                }
                Cell::Part(number) => {
                    sheet.write_number(row, column, *number)?;
                }
                Cell::Empty => {}
            }
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    sheet.autofit();
    book.save_to_buffer()
}

fn unwritten(error: &dyn std::error::Error) -> Problem {
    tracing::error!(%error, "a table cannot be written");
    Problem::new(Code::Internal)
}

/// With these a spreadsheet begins a formula; the wide ones are turned into the others where such signs are typed.
const SIGNS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// What a spreadsheet may leave out before it looks whether a cell is a formula: spaces of every width, and what has none.
fn is_passed_over(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// A cell that no spreadsheet takes for a formula: people choose their names and subjects themselves.
pub fn harmless(cell: String) -> String {
    let is_formula = cell.trim_start_matches(is_passed_over).starts_with(SIGNS);
    match is_formula || cell.starts_with(['\t', '\r', '\n']) {
        true => format!("'{cell}"),
        false => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for formula in [
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\nx",
            "＝1+1",
            "＋1",
            "－1",
            "＠SUM(A1)",
            " =1",
            "\u{3000}＝1",
            "\u{feff}=1",
            "\u{200b}-1",
        ] {
            assert_eq!(harmless(formula.to_owned()), format!("'{formula}"));
        }
        for plain in [
            "Dana Cole",
            "",
            " ",
            "a=b",
            "{\"a\":\"=1\"}",
            "1-2",
            "Ｄ＝1",
        ] {
            assert_eq!(harmless(plain.to_owned()), plain);
        }
        let rows = [vec![
            Cell::Text("=1+1".to_owned()),
            Cell::Text("a, \"b\"\nc".to_owned()),
            Cell::Whole(12),
            Cell::Part(0.25),
            Cell::Empty,
        ]];
        let columns = ["one", "two", "three", "four", "five"];
        let text = String::from_utf8(csv(&columns, &rows).expect("a table"));
        let text = text.expect("UTF-8");
        assert_eq!(
            text,
            "one,two,three,four,five\r\n'=1+1,\"a, \"\"b\"\"\nc\",12,0.25,\r\n"
        );
        assert!(xlsx(&columns, &rows).is_ok());
    }
}
