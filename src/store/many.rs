//! Many rows by few statements.

/// Adds rows of an `Insertable` that owns what it says to a table: sixty-four by one statement, then eight, and those that are
/// left one by one. Only statements of the same length are prepared once and found again, so these are the lengths that there
/// are. On the embedded database triggers write what they gather, such as the words of a search, once a statement.
///
/// It is the body of a function that gives a `QueryResult`.
macro_rules! insert_many {
    ($conn:ident, $table:expr, $rows:expr) => {{
        let rows: &[_] = $rows;
        let (long, left) = rows.as_chunks::<64>();
        let (short, left) = left.as_chunks::<8>();
        for rows in long {
            $crate::db::on_either!($conn, |own| diesel::insert_into($table)
                .values(rows)
                .execute(own))?;
        }
        for rows in short {
            $crate::db::on_either!($conn, |own| diesel::insert_into($table)
                .values(rows)
                .execute(own))?;
        }
        for row in left {
            $crate::db::on_either!($conn, |own| diesel::insert_into($table)
                .values(row)
                .execute(own))?;
        }
    }};
}

pub(in crate::store) use insert_many;
