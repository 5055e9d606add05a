//! Many rows by few statements.

/// Adds rows of an `Insertable` that owns what it says to a table: five hundred and twelve by one statement, then sixty-four, sixteen
/// and four, and those that are left one by one. Only statements of the same length are prepared once and found again, so these are
/// the lengths that there are. On the embedded database triggers write what they gather, such as the words of a search, once a
/// statement.
///
/// It is the body of a function that gives a `QueryResult`.
macro_rules! insert_many {
    ($conn:ident, $table:expr, $rows:expr) => {
        $crate::store::many::insert_many!($conn, $table, $rows, by 512, 64, 16, 4)
    };
    ($conn:ident, $table:expr, $rows:expr, by $($many:literal),+) => {{
        let left: &[_] = $rows;
        $(
            let (chunks, left) = left.as_chunks::<$many>();
            for rows in chunks {
                $crate::db::on_either!($conn, |own| diesel::insert_into($table)
                    .values(rows)
                    .execute(own))?;
            }
        )+
        for row in left {
            $crate::db::on_either!($conn, |own| diesel::insert_into($table)
                .values(row)
                .execute(own))?;
        }
    }};
}

pub(in crate::store) use insert_many;
