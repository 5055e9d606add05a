//! Which columns of a list a page shows, and where its reader chooses them.

use serde::Serialize;

use super::answer::PageResult;
use super::list::Column;
use super::page_request::PageRequest;
use super::render::is_local;
use super::route::{PortalRoute, pages};
use crate::db::Conn;
use crate::domain::list_columns::{Columns, PARAMETER};
use crate::domain::organization::Side;
use crate::domain::saved_filter::FilteredList;
use crate::http::api_request::SIGNED_IN;
use crate::http::problem::Problem;
use crate::input::{Fault, FieldError};
use crate::workflow::list_columns::{ChooseColumns, choose, chosen};

/// The rows of the route table.
pub(super) fn routes() -> Vec<PortalRoute> {
    pages! { columns:
        POST "/columns" SIGNED_IN => save, "Keeps which columns of a list somebody sees";
    }
}

/// The form by which columns are chosen.
#[derive(Clone, Debug, Serialize)]
pub struct ColumnsView {
    /// Of which list.
    pub list: FilteredList,
    /// Those that can be hidden.
    pub choices: Vec<ColumnChoice>,
    /// The page of the list as it is narrowed and ordered.
    pub back: String,
}

/// A column that can be hidden.
#[derive(Clone, Debug, Serialize)]
pub struct ColumnChoice {
    /// Its name.
    pub name: &'static str,
    /// What its head says.
    pub label: String,
    /// Whether it is shown.
    pub shown: bool,
}

/// A column that a list can have: its name, and its head.
pub(super) type Named = (&'static str, Column);

/// Those of the columns that are shown.
pub(super) fn shown(all: &[Named], columns: &Columns) -> Vec<Column> {
    let shown = all.iter().filter(|(name, _)| columns.shows(name));
    shown.map(|(_, column)| *column).collect()
}

/// Columns as an address names them.
///
/// # Errors
/// [`Code::ValidationFailed`](crate::http::problem::Code::ValidationFailed) naming those that there are.
pub fn read(list: FilteredList, side: Side, text: &str) -> Result<Columns, Problem> {
    let names = text
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty());
    Columns::named(list, side, names).map_err(|unknown| {
        let fault = Fault::new("unknown_column").with("given", unknown.known.join(", "));
        Problem::invalid_field(FieldError::new(PARAMETER, fault))
    })
}

impl PageRequest {
    /// The columns that the address names; none if it names none.
    ///
    /// # Errors
    /// As [`read`].
    pub(super) fn columns_asked(&self, list: FilteredList) -> Result<Option<Columns>, Problem> {
        let side = self.access()?.side;
        self.asked(PARAMETER)
            .map(|text| read(list, side, text))
            .transpose()
    }

    /// The form by which the columns of a list are chosen.
    pub(super) fn columns_view(
        &self,
        list: FilteredList,
        all: &[Named],
        shown: &Columns,
    ) -> ColumnsView {
        let side = self.access().map_or(Side::Customer, |access| access.side);
        let choice = |name: &'static str| {
            let (_, column) = all.iter().find(|(known, _)| *known == name)?;
            Some(ColumnChoice {
                name,
                label: column.words(self.words()),
                shown: shown.shows(name),
            })
        };
        let hidable = list.columns_for(side).filter(|column| !column.is_key);
        ColumnsView {
            list,
            choices: hidable.filter_map(|column| choice(column.name)).collect(),
            back: self.here(PARAMETER, None),
        }
    }
}

/// The columns that a page shows: those that its address names, or else those that its reader chose.
///
/// # Errors
/// Database errors.
pub(super) fn of_page(
    conn: &mut Conn,
    req: &PageRequest,
    list: FilteredList,
    asked: Option<&Columns>,
) -> Result<Columns, Problem> {
    match asked {
        Some(asked) => Ok(asked.clone()),
        None => Ok(chosen(conn, req.actor()?, list)?),
    }
}

async fn save(req: PageRequest) -> PageResult {
    let list = req
        .perform(|conn, by, command: &ChooseColumns| {
            choose(conn, by.actor, command, by.now)?;
            Ok(command.list)
        })
        .await?;
    let back = req.typed.get("back").filter(|back| is_local(back));
    let to = back.map_or(list.page(), String::as_str);
    Ok(req.go(to, None))
}
