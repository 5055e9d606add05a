//! Lines of business: the tree, whose grants decide who reads the cases of each, and what that hides from whom (A4).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use diesel::prelude::*;

use crate::db::schema::{access_group_members, cases, line_grants, lines_of_business};
use crate::db::sql_types::At;
use crate::db::{Conn, ONLY, among, of_one, remembered};
use crate::domain::Instant;
use crate::domain::ids::{CalendarId, GroupId, LineId, PersonId};
use crate::domain::lines::{Node, Readers, Reading, Tree};
use crate::domain::text::sort_key;
use crate::store::by_id::by_id;

mod alias {
    use crate::db::schema::lines_of_business;
    diesel::alias!(lines_of_business as hidden_line: HiddenLine);
}
pub(crate) use alias::hidden_line;

/// The lines whose cases are hidden from a member of the staff: grants hold for them, and none to a group of theirs. What
/// every query over cases leaves out for [`Reach::Staff`](crate::domain::access::Reach::Staff). Few lines are restricted, so
/// that this is worked out once a statement. A macro, because the type of such a query cannot be written down.
macro_rules! hidden_from {
    ($person:expr) => {{
        use crate::db::schema::{access_group_members, line_grants, lines_of_business};
        use crate::store::lines::hidden_line;
        hidden_line
            .filter(
                hidden_line
                    .field(lines_of_business::governed_by)
                    .is_not_null(),
            )
            .filter(
                hidden_line.field(lines_of_business::governed_by).ne_all(
                    line_grants::table
                        .inner_join(
                            access_group_members::table
                                .on(access_group_members::group_id.eq(line_grants::group_id)),
                        )
                        .filter(access_group_members::person_id.eq($person))
                        .select(line_grants::line_of_business_id.nullable()),
                ),
            )
            .select(hidden_line.field(lines_of_business::id))
    }};
}
pub(crate) use hidden_from;

/// Whether the line of one case is hidden from a member of the staff: [`hidden_from`] where it is asked of one row, and no list of those
/// lines need be made for it.
macro_rules! is_hidden_from {
    ($person:expr) => {
        diesel::dsl::exists(
            $crate::store::lines::hidden_from!($person).filter(
                $crate::store::lines::hidden_line
                    .field($crate::db::schema::lines_of_business::id)
                    .eq($crate::db::schema::cases::line_of_business_id),
            ),
        )
    };
}
pub(crate) use is_hidden_from;

/// What of a query over cases exists for a reader: those of their organization (A5), or of lines that they may read (A4).
macro_rules! within_reach {
    ($query:expr, $reach:expr) => {
        match $reach {
            crate::domain::access::Reach::Everything => $query,
            crate::domain::access::Reach::Organization(own) => {
                $query.filter(crate::db::schema::cases::organization_id.eq(own))
            }
            crate::domain::access::Reach::Staff(person) => $query.filter(
                crate::db::schema::cases::line_of_business_id
                    .ne_all(crate::store::lines::hidden_from!(person)),
            ),
        }
    };
}
pub(crate) use within_reach;

/// What the root is called that is made when it is first asked for.
pub const ROOT_NAME: &str = "All lines of business";

/// A row of `lines_of_business`.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = lines_of_business)]
pub struct Line {
    /// Its id.
    pub id: LineId,
    /// The line above; none for the root.
    pub parent_id: Option<LineId>,
    /// Its name, unique among its siblings.
    pub name: String,
    /// Its own calendar; the one of the line above if none.
    pub calendar_id: Option<CalendarId>,
    /// The line whose grants decide who reads it: itself, or one above; all may if there is none.
    pub governed_by: Option<LineId>,
    /// When it was added.
    #[diesel(deserialize_as = At)]
    pub created_at: Instant,
    /// Counts its changes.
    pub version: i64,
}

/// A line as cases name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineRef {
    /// Its name.
    pub name: String,
}

impl Line {
    /// Whether it has grants of its own, even if they name nobody.
    pub fn is_restricted_itself(&self) -> bool {
        self.governed_by == Some(self.id)
    }
}

/// The tree that these rows make.
pub fn tree_of(lines: &[Line]) -> Tree {
    Tree::new(lines.iter().map(|line| Node {
        id: line.id,
        parent: line.parent_id,
        own: line.is_restricted_itself(),
    }))
}

/// All lines, the root first, then by name.
///
/// # Errors
/// Database errors.
pub fn all(conn: &mut Conn) -> QueryResult<Vec<Line>> {
    let lines = remembered(conn, ONLY, |_: &Vec<Line>| true, read_all)?;
    Ok(lines.to_vec())
}

fn read_all(conn: &mut Conn) -> QueryResult<Vec<Line>> {
    let mut lines: Vec<Line> = lines_of_business::table
        .order(lines_of_business::id.asc())
        .select(Line::as_select())
        .load(conn)?;
    lines.sort_by_cached_key(|line| (line.parent_id.is_some(), sort_key(&line.name)));
    Ok(lines)
}

/// All lines, locked until the transaction ends: whoever changes the tree takes this first, so that two moves at once
/// make no cycle. Whoever only gives a case a line does not wait. On SQLite the writer is alone already.
///
/// # Errors
/// Database errors.
pub fn lock(conn: &mut Conn) -> QueryResult<Vec<Line>> {
    if let Conn::Postgres(conn) = conn {
        diesel::sql_query(
            "SELECT 1 FROM lines_of_business WHERE parent_id IS NULL ORDER BY id FOR NO KEY UPDATE",
        )
        .execute(conn)?;
    }
    // What is remembered is of before the wait.
    read_all(conn)
}

/// The line of that id.
///
/// # Errors
/// Database errors.
pub fn find(conn: &mut Conn, id: LineId) -> QueryResult<Option<Line>> {
    lines_of_business::table
        .filter(lines_of_business::id.eq(id))
        .select(Line::as_select())
        .get_result(conn)
        .optional()
}

/// What these lines are called. It is remembered.
///
/// # Errors
/// Database errors.
pub fn references(
    conn: &mut Conn,
    lines: impl IntoIterator<Item = LineId>,
) -> QueryResult<HashMap<LineId, Arc<LineRef>>> {
    by_id(conn, lines, LineId::as_uuid, |conn, lines| {
        let rows: Vec<(LineId, String)> = lines_of_business::table
            .filter(among(lines_of_business::id, lines))
            .select((lines_of_business::id, lines_of_business::name))
            .load(conn)?;
        Ok((rows.into_iter())
            .map(|(id, name)| (id, LineRef { name }))
            .collect())
    })
}

/// The root line, to which cases without a line belong. It is made when it is first asked for, and remembered.
///
/// # Errors
/// Database errors.
pub fn root(conn: &mut Conn, now: Instant) -> QueryResult<LineId> {
    let lines = remembered(conn, ONLY, |_: &Vec<Line>| true, read_all)?;
    match lines.iter().find(|line| line.parent_id.is_none()) {
        Some(root) => Ok(root.id),
        None => insert(conn, ROOT_NAME, None, None, now),
    }
}

/// The line that a request or an import names by id or by name; among lines of one name, the first made.
///
/// # Errors
/// Database errors.
pub fn named(conn: &mut Conn, name: &str) -> QueryResult<Option<Line>> {
    let mut query = lines_of_business::table
        .select(Line::as_select())
        .into_boxed();
    query = match name.parse::<LineId>() {
        Ok(id) => query.filter(lines_of_business::id.eq(id)),
        Err(_) => query.filter(lines_of_business::name.eq(name.to_owned())),
    };
    let found: Vec<Line> = query.order(lines_of_business::id.asc()).load(conn)?;
    Ok(found.into_iter().next())
}

/// The line of that name, whatever the name looks like; of several, the one right below the root.
///
/// # Errors
/// Database errors.
pub fn by_name(conn: &mut Conn, name: &str) -> QueryResult<Option<Line>> {
    let root: Option<LineId> = lines_of_business::table
        .filter(lines_of_business::parent_id.is_null())
        .select(lines_of_business::id)
        .get_result(conn)
        .optional()?;
    let found: Vec<Line> = lines_of_business::table
        .filter(lines_of_business::name.eq(name))
        .order(lines_of_business::id.asc())
        .select(Line::as_select())
        .load(conn)?;
    let below_root = found.iter().position(|line| line.parent_id == root);
    Ok(found.into_iter().nth(below_root.unwrap_or(0)))
}

/// Adds a line below `parent`; it inherits what holds there.
///
/// # Errors
/// Database errors; a unique violation if a sibling has the name.
pub fn insert(
    conn: &mut Conn,
    name: &str,
    parent: Option<LineId>,
    calendar: Option<CalendarId>,
    now: Instant,
) -> QueryResult<LineId> {
    let governed_by = match parent {
        Some(parent) => find(conn, parent)?.and_then(|parent| parent.governed_by),
        None => None,
    };
    let id = LineId::new(now);
    diesel::insert_into(lines_of_business::table)
        .values((
            lines_of_business::id.eq(id),
            lines_of_business::parent_id.eq(parent),
            lines_of_business::name.eq(name),
            lines_of_business::calendar_id.eq(calendar),
            lines_of_business::governed_by.eq(governed_by),
            lines_of_business::created_at.eq(At(now)),
        ))
        .execute(conn)?;
    Ok(id)
}

/// Changes to a line; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, AsChangeset)]
#[diesel(table_name = lines_of_business)]
pub struct LineChanges {
    /// Its name.
    pub name: Option<String>,
    /// The line above.
    pub parent_id: Option<LineId>,
    /// Its own calendar.
    pub calendar_id: Option<Option<CalendarId>>,
}

/// Changes a line and counts the change.
///
/// # Errors
/// Database errors; a unique violation if a sibling has the name.
pub fn update(conn: &mut Conn, id: LineId, changes: &LineChanges) -> QueryResult<()> {
    diesel::update(lines_of_business::table.filter(lines_of_business::id.eq(id)))
        .set((
            changes,
            lines_of_business::version.eq(lines_of_business::version + 1),
        ))
        .execute(conn)
        .map(drop)
}

/// Writes down by whose grants each line is read, where that changed.
///
/// # Errors
/// Database errors.
pub fn govern(
    conn: &mut Conn,
    lines: &[Line],
    governing: &BTreeMap<LineId, Option<LineId>>,
) -> QueryResult<()> {
    for line in lines {
        let governed_by = governing.get(&line.id).copied().flatten();
        if governed_by != line.governed_by {
            diesel::update(lines_of_business::table.filter(lines_of_business::id.eq(line.id)))
                .set(lines_of_business::governed_by.eq(governed_by))
                .execute(conn)?;
        }
    }
    Ok(())
}

/// The groups that each line with grants of its own names.
///
/// # Errors
/// Database errors.
pub fn grants(conn: &mut Conn) -> QueryResult<BTreeMap<LineId, BTreeSet<GroupId>>> {
    let rows: Vec<(LineId, GroupId)> = line_grants::table
        .select((line_grants::line_of_business_id, line_grants::group_id))
        .order((line_grants::line_of_business_id, line_grants::group_id))
        .load(conn)?;
    let mut grants: BTreeMap<LineId, BTreeSet<GroupId>> = BTreeMap::new();
    for (line, group) in rows {
        grants.entry(line).or_default().insert(group);
    }
    Ok(grants)
}

/// Replaces a line's own grants; none for a line that inherits.
///
/// # Errors
/// Database errors.
pub fn set_grants(
    conn: &mut Conn,
    line: LineId,
    groups: &BTreeSet<GroupId>,
    by: Option<PersonId>,
    now: Instant,
) -> QueryResult<()> {
    let had: Vec<GroupId> = line_grants::table
        .filter(line_grants::line_of_business_id.eq(line))
        .select(line_grants::group_id)
        .load(conn)?;
    for group in had.iter().filter(|group| !groups.contains(group)) {
        diesel::delete(
            line_grants::table.filter(
                line_grants::line_of_business_id
                    .eq(line)
                    .and(line_grants::group_id.eq(*group)),
            ),
        )
        .execute(conn)?;
    }
    for group in groups.iter().filter(|group| !had.contains(group)) {
        diesel::insert_into(line_grants::table)
            .values((
                line_grants::line_of_business_id.eq(line),
                line_grants::group_id.eq(*group),
                line_grants::granted_by.eq(by),
                line_grants::granted_at.eq(At(now)),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// Takes a group out of all grants; what it alone was granted stays restricted.
///
/// # Errors
/// Database errors.
pub fn forget_group(conn: &mut Conn, group: GroupId) -> QueryResult<()> {
    diesel::delete(line_grants::table.filter(line_grants::group_id.eq(group)))
        .execute(conn)
        .map(drop)
}

/// The lines that name a group in grants of their own, by name.
///
/// # Errors
/// Database errors.
pub fn granted_to(conn: &mut Conn, group: GroupId) -> QueryResult<Vec<(LineId, String)>> {
    let mut lines: Vec<(LineId, String)> = line_grants::table
        .inner_join(lines_of_business::table)
        .filter(line_grants::group_id.eq(group))
        .order(lines_of_business::id.asc())
        .select((lines_of_business::id, lines_of_business::name))
        .load(conn)?;
    lines.sort_by_cached_key(|(_, name)| sort_key(name));
    Ok(lines)
}

/// The restricted lines whose cases a person reads by a group that they are in.
///
/// # Errors
/// Database errors.
pub fn read_by(conn: &mut Conn, person: PersonId) -> QueryResult<BTreeSet<LineId>> {
    let granting = line_grants::table
        .inner_join(
            access_group_members::table
                .on(access_group_members::group_id.eq(line_grants::group_id)),
        )
        .filter(access_group_members::person_id.eq(person))
        .select(line_grants::line_of_business_id.nullable());
    let read: Vec<LineId> = lines_of_business::table
        .filter(lines_of_business::governed_by.eq_any(granting))
        .select(lines_of_business::id)
        .load(conn)?;
    Ok(read.into_iter().collect())
}

/// The restricted lines whose cases the members of a group read.
///
/// # Errors
/// Database errors.
pub fn read_by_group(conn: &mut Conn, group: GroupId) -> QueryResult<BTreeSet<LineId>> {
    let granting = line_grants::table
        .filter(line_grants::group_id.eq(group))
        .select(line_grants::line_of_business_id.nullable());
    let read: Vec<LineId> = lines_of_business::table
        .filter(lines_of_business::governed_by.eq_any(granting))
        .select(lines_of_business::id)
        .load(conn)?;
    Ok(read.into_iter().collect())
}

/// Who may read the cases of a line. A line that is not there restricts nothing.
///
/// # Errors
/// Database errors.
pub fn readers(conn: &mut Conn, line: LineId) -> QueryResult<Readers> {
    let name = of_one(line.as_uuid());
    let readers = remembered(conn, name, |_| true, |conn| read_readers(conn, line))?;
    Ok(Readers::clone(&readers))
}

fn read_readers(conn: &mut Conn, line: LineId) -> QueryResult<Readers> {
    let Some(governing) = find(conn, line)?.and_then(|line| line.governed_by) else {
        return Ok(Readers::Everybody);
    };
    let people: Vec<PersonId> = line_grants::table
        .inner_join(
            access_group_members::table
                .on(access_group_members::group_id.eq(line_grants::group_id)),
        )
        .filter(line_grants::line_of_business_id.eq(governing))
        .select(access_group_members::person_id)
        .load(conn)?;
    Ok(Readers::These(people.into_iter().collect()))
}

/// Who reads what, in the whole tree.
///
/// # Errors
/// Database errors.
pub fn reading(conn: &mut Conn) -> QueryResult<Reading> {
    let lines = all(conn)?;
    Ok(Reading {
        governing: lines
            .iter()
            .map(|line| (line.id, line.governed_by))
            .collect(),
        grants: grants(conn)?,
    })
}

/// How many cases each line has.
///
/// # Errors
/// Database errors.
pub fn count_cases(conn: &mut Conn) -> QueryResult<BTreeMap<LineId, i64>> {
    let rows: Vec<(LineId, i64)> = cases::table
        .group_by(cases::line_of_business_id)
        .select((cases::line_of_business_id, diesel::dsl::count_star()))
        .load(conn)?;
    Ok(rows.into_iter().collect())
}
