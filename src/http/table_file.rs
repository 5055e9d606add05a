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
        /// A workbook with one sheet, in which every cell is text.
        Xlsx = "xlsx",
    }
}

written!(Format);

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

    /// The file of that name with these rows.
    ///
    /// # Errors
    /// [`Code::Internal`] for what cannot be written, which no text of the desk is.
    pub fn file<const N: usize>(
        self,
        name: &str,
        columns: &[&str; N],
        rows: &[[String; N]],
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

fn csv<const N: usize>(columns: &[&str; N], rows: &[[String; N]]) -> csv::Result<Vec<u8>> {
    let mut file = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    file.write_record(columns)?;
    for row in rows {
        file.write_record(row.iter().map(|cell| harmless(cell.clone())))?;
    }
    file.into_inner().map_err(|error| error.into_error().into())
}

fn xlsx<const N: usize>(columns: &[&str; N], rows: &[[String; N]]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let bold = Style::new().set_bold();
    for (column, name) in (0_u16..).zip(columns) {
        sheet.write_string_with_format(0, column, *name, &bold)?;
    }
    for (row, cells) in (1_u32..).zip(rows) {
        for (column, cell) in (0_u16..).zip(cells) {
            // A text is never a formula, whatever it begins with.
            sheet.write_string(row, column, cell)?;
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

/// A cell that no spreadsheet takes for a formula: people choose their names and subjects themselves.
pub fn harmless(cell: String) -> String {
    match cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{cell}"),
        false => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert_eq!(harmless(formula.to_owned()), format!("'{formula}"));
        }
        for plain in ["Dana Cole", "", "a=b", "{\"a\":\"=1\"}"] {
            assert_eq!(harmless(plain.to_owned()), plain);
        }
        let rows = [["=1+1".to_owned(), "a, \"b\"\nc".to_owned()]];
        let text = String::from_utf8(csv(&["one", "two"], &rows).expect("a table"));
        let text = text.expect("UTF-8");
        assert_eq!(text, "one,two\r\n'=1+1,\"a, \"\"b\"\"\nc\"\r\n");
    }
}
