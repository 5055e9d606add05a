//! Pages of lists: which rows a window lets through, and in which order.

use crate::db::sql_types::At;
use crate::domain::Instant;

/// The rows of a boxed query that a window shows: [`ordered!`], as many as it has room for.
macro_rules! windowed {
    ($query:expr, $window:expr, $($key:tt)+) => {{
        let rows = $window.limit;
        $crate::db::limited($crate::store::page::ordered!($query, $window, $($key)+), rows)
    }};
}

pub(super) use windowed;

/// Orders a boxed query by a column, of which rows may have the same, and their id, and begins it behind the place at which
/// the window does. `id`, `text`, `instant` and `ranked` say what the place holds.
///
/// The first condition on a column is what an index starts from; those behind it settle what is alike.
macro_rules! ordered {
    ($query:expr, $window:expr, id $id:expr) => {{
        let (mut query, window) = ($query, $window);
        let descending = window.sort.descending;
        if let Some($crate::domain::order::Place::Id(id)) = &window.after {
            query = match descending {
                false => query.filter($id.gt(*id)),
                true => query.filter($id.lt(*id)),
            };
        }
        match descending {
            false => query.order($id.asc()),
            true => query.order($id.desc()),
        }
    }};
    ($query:expr, $window:expr, text $column:expr, $id:expr) => {
        $crate::store::page::ordered!(@one $query, $window, Text, String::clone, $column, $id)
    };
    ($query:expr, $window:expr, instant $column:expr, $id:expr) => {
        $crate::store::page::ordered!(@one $query, $window, Instant, $crate::store::page::at, $column, $id)
    };
    ($query:expr, $window:expr, ranked $first:expr, $second:expr, $id:expr) => {
        $crate::store::page::ordered!(
            @two $query, $window, Ranked, i64::clone, $crate::store::page::at, $first, $second, $id
        )
    };
    (@one $query:expr, $window:expr, $place:ident, $value:path, $column:expr, $id:expr) => {{
        let (mut query, window) = ($query, $window);
        let descending = window.sort.descending;
        if let Some($crate::domain::order::Place::$place(value, id)) = &window.after {
            query = match descending {
                false => query
                    .filter($column.ge($value(value)))
                    .filter($column.gt($value(value)).or($id.gt(*id))),
                true => query
                    .filter($column.le($value(value)))
                    .filter($column.lt($value(value)).or($id.lt(*id))),
            };
        }
        match descending {
            false => query.order(($column.asc(), $id.asc())),
            true => query.order(($column.desc(), $id.desc())),
        }
    }};
    (
        @two $query:expr, $window:expr, $place:ident, $value:path, $other:path,
        $first:expr, $second:expr, $id:expr
    ) => {{
        let (mut query, window) = ($query, $window);
        let descending = window.sort.descending;
        if let Some($crate::domain::order::Place::$place(first, second, id)) = &window.after {
            query = match descending {
                false => query.filter($first.ge($value(first))).filter(
                    $first.gt($value(first)).or($second
                        .gt($other(second))
                        .or($second.eq($other(second)).and($id.gt(*id)))),
                ),
                true => query.filter($first.le($value(first))).filter(
                    $first.lt($value(first)).or($second
                        .lt($other(second))
                        .or($second.eq($other(second)).and($id.lt(*id)))),
                ),
            };
        }
        match descending {
            false => query.order(($first.asc(), $second.asc(), $id.asc())),
            true => query.order(($first.desc(), $second.desc(), $id.desc())),
        }
    }};
}

pub(super) use ordered;

/// An instant as rows hold it.
pub(super) fn at(instant: &Instant) -> At {
    At(*instant)
}

/// Counts the rows of a boxed query that selects ids, and stops at `$most`. It goes along the index of an order of the list,
/// `$along`, for what is read in no order is read without one.
macro_rules! counted {
    ($conn:expr, $query:expr, $id:ty, $most:expr, $along:expr) => {{
        let most = i64::try_from($most).unwrap_or(i64::MAX);
        let ids: Vec<$id> = $query.order($along).limit(most).load($conn)?;
        Ok(ids.len())
    }};
}

pub(super) use counted;
