//! Many rows by few statements.

/// Adds rows of an `Insertable` that owns what it says to a table: five hundred and twelve by one statement, then sixty-four, sixteen,
/// four and two. Only statements of the same length are prepared once and found again, so these are the lengths that there are. On the
/// embedded database triggers write what they gather, such as the words of a search, once a statement.
///
/// It is the body of a function that gives a `QueryResult`, and asks the connection itself, whichever of the two it is.
macro_rules! insert_many {
    ($own:expr, $table:expr, $rows:expr) => {
        for row in $crate::store::many::insert_chunks!($own, $table, $rows, by 512, 64, 16, 4, 2) {
            diesel::insert_into($table).values(row).execute($own)?;
        }
    };
}

/// Adds rows as far as they fill statements of these lengths, and gives those that are left.
macro_rules! insert_chunks {
    ($own:expr, $table:expr, $rows:expr, by $($many:literal),+) => {{
        let left: &[_] = $rows;
        $(
            let (chunks, left) = left.as_chunks::<$many>();
            for rows in chunks {
                diesel::insert_into($table).values(rows).execute($own)?;
            }
        )+
        left
    }};
}

/// The statement that adds a few rows, if there are any. It stays prepared if they are as many as one of these numbers says. It is the
/// end of a function that gives statements.
macro_rules! inserting_few {
    ($table:expr, $rows:expr, $($many:literal),+) => {{
        let rows: Vec<_> = $rows;
        $( let rows = match <[_; $many]>::try_from(rows) {
            Ok(rows) => {
                let all = diesel::insert_into($table).values(rows);
                return Ok(vec![Box::new(all)]);
            }
            Err(rows) => rows,
        }; )+
        match rows.is_empty() {
            true => Vec::new(),
            false => {
                let all = diesel::insert_into($table).values(rows);
                vec![Box::new(all) as $crate::db::Statement]
            }
        }
    }};
}

pub(in crate::store) use {insert_chunks, insert_many, inserting_few};
