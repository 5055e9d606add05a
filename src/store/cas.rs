//! Compare and set: a change that was decided on one version of a row is made to that version, or not at all.

/// What came of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Cas {
    /// It was made, and counted: the row's version is one more, or it is gone.
    Done,
    /// The row has changed since, and is at this version now.
    Changed(i64),
    /// There is no such row, or no longer.
    Missing,
}

/// Changes the row of `$table` whose `$key` is `$id` if it is still at `$version`, and counts the change. Between the
/// change that failed and the question why, a row of PostgreSQL may have gone; it is told as it is then.
///
/// With `kept` before the changes, its statement is kept prepared (`db::kept`).
macro_rules! compare_and_set {
    (@by $update:expr, $conn:expr, $table:ident.$key:ident = $id:expr, $version:expr, $changes:expr) => {{
        use diesel::prelude::*;
        use $crate::store::cas::Cas;
        let (id, version): (_, i64) = ($id, $version);
        let row = $table::table.filter($table::$key.eq(id));
        let changed = $update(row.filter($table::version.eq(version)))
            .set(($changes, $table::version.eq(version + 1)))
            .execute($conn)?;
        if changed == 1 {
            Cas::Done
        } else {
            let now: Option<i64> = row.select($table::version).get_result($conn).optional()?;
            now.map_or(Cas::Missing, Cas::Changed)
        }
    }};
    ($conn:expr, $table:ident.$key:ident = $id:expr, $version:expr, kept $changes:expr) => {
        $crate::store::cas::compare_and_set!(
            @by $crate::db::kept, $conn, $table.$key = $id, $version, $changes
        )
    };
    ($conn:expr, $table:ident.$key:ident = $id:expr, $version:expr, $changes:expr) => {
        $crate::store::cas::compare_and_set!(
            @by diesel::update, $conn, $table.$key = $id, $version, $changes
        )
    };
}

/// Removes the row of `$table` whose `$key` is `$id` if it is still at `$version`; otherwise it stays, and it is told why.
macro_rules! compare_and_delete {
    ($conn:expr, $table:ident.$key:ident = $id:expr, $version:expr) => {{
        use diesel::prelude::*;
        use $crate::store::cas::Cas;
        let (id, version): (_, i64) = ($id, $version);
        let row = $table::table.filter($table::$key.eq(id));
        let removed = diesel::delete(row.filter($table::version.eq(version))).execute($conn)?;
        if removed == 1 {
            Cas::Done
        } else {
            let now: Option<i64> = row.select($table::version).get_result($conn).optional()?;
            now.map_or(Cas::Missing, Cas::Changed)
        }
    }};
}

pub(crate) use compare_and_delete;
pub(crate) use compare_and_set;
