//! What lists by name go by, in rows that have nothing yet: those of an earlier release. No database can make it, so that the
//! migrations leave it empty, and it is filled in behind them.

use diesel::prelude::*;

use super::Conn;
use super::schema::{access_groups, articles, organizations, people, text_templates};
use crate::domain::ids::{ArticleId, GroupId, OrganizationId, PersonId, TemplateId};
use crate::domain::text::{person_sort_key, sort_key};

/// Makes `$key` of each row of `$table` that has none, of what it is called. The rows are read before the transaction begins: on
/// the embedded database one that has read cannot always write.
macro_rules! fill_in {
    ($conn:expr, $table:ident.$key:ident, $id:ty, $called:expr => $type:ty, $make:expr) => {{
        let without: Vec<($id, $type)> = $table::table
            .filter($table::$key.eq(""))
            .select(($table::id, $called))
            .load($conn)?;
        if !without.is_empty() {
            $conn.transaction(|conn| -> QueryResult<()> {
                for (id, called) in without {
                    // Whoever has written it meanwhile knows better.
                    let row = $table::table
                        .filter($table::id.eq(id))
                        .filter($table::$key.eq(""));
                    let key: String = $make(called);
                    diesel::update(row)
                        .set($table::$key.eq(key))
                        .execute(conn)?;
                }
                Ok(())
            })?;
        }
    }};
}

/// Fills them in.
pub(super) fn fill_in(conn: &mut Conn) -> QueryResult<()> {
    let of_person = |(first, last): (String, String)| person_sort_key(&first, &last);
    let of_thing = |name: String| sort_key(&name);
    let names = (people::first_name, people::last_name);
    fill_in!(conn, people.sort_name, PersonId, names => (String, String), of_person);
    let name = organizations::name;
    fill_in!(conn, organizations.sort_name, OrganizationId, name => String, of_thing);
    let name = access_groups::name;
    fill_in!(conn, access_groups.sort_name, GroupId, name => String, of_thing);
    let name = text_templates::name;
    fill_in!(conn, text_templates.sort_name, TemplateId, name => String, of_thing);
    let name = articles::title;
    fill_in!(conn, articles.sort_title, ArticleId, name => String, of_thing);
    Ok(())
}
