//! Business calendars, and which one a line of business follows.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use diesel::prelude::*;

use crate::db::schema::calendars;
use crate::db::sql_types::{At, Json, json};
use crate::db::{Conn, ONLY, remembered};
use crate::domain::Instant;
use crate::domain::calendar::{Calendar, CalendarShape, HolidayShape};
use crate::domain::ids::{CalendarId, LineId};
use crate::domain::text::sort_key;
use crate::store::cas::{Cas, compare_and_set};
use crate::store::lines::{self, Line};

/// A row of `calendars`.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = calendars)]
pub struct CalendarRow {
    /// Its id.
    pub id: CalendarId,
    /// Its name, unique.
    pub name: String,
    /// Its IANA time zone.
    pub time_zone: String,
    /// Its hours by weekday, as they are written.
    pub hours: Json<BTreeMap<String, Vec<String>>>,
    /// Its holidays, as they are written.
    pub holidays: Json<Vec<HolidayShape>>,
    /// Whether lines without a calendar of their own follow it; exactly one is.
    pub is_default: bool,
    /// When it was added.
    #[diesel(deserialize_as = At)]
    pub created_at: Instant,
    /// Counts its changes.
    pub version: i64,
}

impl CalendarRow {
    /// The calendar as it is written down.
    pub fn shape(&self) -> CalendarShape {
        CalendarShape {
            name: self.name.clone(),
            time_zone: self.time_zone.clone(),
            hours: self.hours.0.clone(),
            holidays: self.holidays.0.clone(),
        }
    }

    /// The calendar to reckon with.
    ///
    /// # Errors
    /// If the row was changed behind Casebell's back into something that is no calendar.
    pub fn calendar(&self) -> QueryResult<Calendar> {
        Calendar::try_from(self.shape())
            .map_err(|error| diesel::result::Error::DeserializationError(error.into()))
    }
}

/// All calendars and lines: small tables, read once where deadlines of many cases are reckoned.
#[derive(Clone, Debug)]
pub struct CalendarBook {
    default: Calendar,
    default_id: Option<CalendarId>,
    calendars: HashMap<CalendarId, Calendar>,
    lines: HashMap<LineId, Line>,
}

impl CalendarBook {
    /// All calendars that lines follow, or may.
    pub fn calendars(&self) -> impl Iterator<Item = &Calendar> {
        std::iter::once(&self.default).chain(self.calendars.values())
    }

    /// Reads it. An installation that is not set up yet reckons by Monday to Friday, 09:00-17:00 UTC.
    ///
    /// # Errors
    /// Database errors.
    pub fn load(conn: &mut Conn) -> QueryResult<Arc<Self>> {
        remembered(conn, ONLY, |_| true, Self::read)
    }

    fn read(conn: &mut Conn) -> QueryResult<Self> {
        let mut default = Calendar::standard(chrono_tz::UTC);
        let mut default_id = None;
        let mut by_id = HashMap::new();
        for row in list(conn)? {
            let calendar = row.calendar()?;
            if row.is_default {
                default = calendar.clone();
                default_id = Some(row.id);
            }
            by_id.insert(row.id, calendar);
        }
        let lines = lines::all(conn)?
            .into_iter()
            .map(|line| (line.id, line))
            .collect();
        Ok(Self {
            default,
            default_id,
            calendars: by_id,
            lines,
        })
    }

    /// The calendar of a line: its own, or that of the nearest line above that has one, or the provider's default.
    pub fn of_line(&self, line: LineId) -> &Calendar {
        let mut next = self.lines.get(&line);
        // A tree has no more steps than lines; a cycle cannot be walked for ever.
        for _ in 0..=self.lines.len() {
            let Some(here) = next else { break };
            if let Some(calendar) = here.calendar_id.and_then(|id| self.calendars.get(&id)) {
                return calendar;
            }
            next = here.parent_id.and_then(|id| self.lines.get(&id));
        }
        &self.default
    }

    /// The book as it would be with a calendar in the place of the one of that id, or with a new one; the lines that have none
    /// of their own follow it if it `makes_default`.
    #[must_use]
    pub fn with(
        mut self,
        id: Option<CalendarId>,
        calendar: &Calendar,
        makes_default: bool,
    ) -> Self {
        if let Some(id) = id {
            self.calendars.insert(id, calendar.clone());
        }
        if makes_default || (id.is_some() && id == self.default_id) {
            self.default = calendar.clone();
        }
        self
    }

    /// The provider's default.
    pub fn default_calendar(&self) -> &Calendar {
        &self.default
    }
}

/// All calendars, by name.
///
/// # Errors
/// Database errors.
pub fn list(conn: &mut Conn) -> QueryResult<Vec<CalendarRow>> {
    let mut calendars: Vec<CalendarRow> = calendars::table
        .order(calendars::id.asc())
        .select(CalendarRow::as_select())
        .load(conn)?;
    calendars.sort_by_cached_key(|calendar| sort_key(&calendar.name));
    Ok(calendars)
}

/// The calendar of that id.
///
/// # Errors
/// Database errors.
pub fn find(conn: &mut Conn, id: CalendarId) -> QueryResult<Option<CalendarRow>> {
    calendars::table
        .filter(calendars::id.eq(id))
        .select(CalendarRow::as_select())
        .get_result(conn)
        .optional()
}

/// The calendar of that name.
///
/// # Errors
/// Database errors.
pub fn by_name(conn: &mut Conn, name: &str) -> QueryResult<Option<CalendarRow>> {
    calendars::table
        .filter(calendars::name.eq(name))
        .select(CalendarRow::as_select())
        .get_result(conn)
        .optional()
}

/// Adds a calendar; if it is to be the default, the one before no longer is.
///
/// # Errors
/// Database errors; a unique violation if the name is taken.
pub fn insert(
    conn: &mut Conn,
    calendar: &Calendar,
    is_default: bool,
    now: Instant,
) -> QueryResult<CalendarId> {
    let id = CalendarId::new(now);
    let shape = CalendarShape::from(calendar.clone());
    if is_default {
        no_default(conn)?;
    }
    diesel::insert_into(calendars::table)
        .values((
            calendars::id.eq(id),
            calendars::name.eq(&shape.name),
            calendars::time_zone.eq(&shape.time_zone),
            calendars::hours.eq(json(&shape.hours)?),
            calendars::holidays.eq(json(&shape.holidays)?),
            calendars::is_default.eq(is_default),
            calendars::created_at.eq(At(now)),
        ))
        .execute(conn)?;
    Ok(id)
}

/// Replaces a calendar if it is still at `version`. `make_default` can only turn it on: there is always one default.
///
/// # Errors
/// Database errors; a unique violation if the name is taken.
pub fn replace(
    conn: &mut Conn,
    id: CalendarId,
    version: i64,
    calendar: &Calendar,
    make_default: bool,
) -> QueryResult<Cas> {
    let shape = CalendarShape::from(calendar.clone());
    let changes = (
        calendars::name.eq(&shape.name),
        calendars::time_zone.eq(&shape.time_zone),
        calendars::hours.eq(json(&shape.hours)?),
        calendars::holidays.eq(json(&shape.holidays)?),
    );
    let written = compare_and_set!(conn, calendars.id = id, version, changes);
    if make_default && written == Cas::Done {
        no_default(conn)?;
        diesel::update(calendars::table.filter(calendars::id.eq(id)))
            .set(calendars::is_default.eq(true))
            .execute(conn)?;
    }
    Ok(written)
}

fn no_default(conn: &mut Conn) -> QueryResult<()> {
    diesel::update(calendars::table.filter(calendars::is_default.eq(true)))
        .set(calendars::is_default.eq(false))
        .execute(conn)
        .map(drop)
}
