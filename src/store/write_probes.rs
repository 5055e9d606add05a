//! Whether the database can be written: tried, since nothing else tells.

use diesel::prelude::*;

use crate::db::Conn;
use crate::db::schema::write_probes;

/// Writes something and takes it away again. Once that is committed, everything can be.
///
/// # Errors
/// Database errors.
pub fn probe(conn: &mut Conn) -> QueryResult<()> {
    // Several processes do not wait for each other's row.
    let id: i64 = rand::random();
    diesel::insert_into(write_probes::table)
        .values(write_probes::id.eq(id))
        .execute(conn)?;
    diesel::delete(write_probes::table.find(id)).execute(conn)?;
    Ok(())
}
