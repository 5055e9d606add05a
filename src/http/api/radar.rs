//! The radar: which cases become eligible for escalation in the next hours, and what prevents it (M9).

use serde::Serialize;

use super::cases::asked_line;
use super::documents::RadarDocument;
use super::escalations::asked_owner;
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission::RadarView;
use crate::domain::ids::CaseId;
use crate::domain::radar::{FURTHEST_HOURS, HOURS};
use crate::http::api_request::{ApiRequest, may};
use crate::http::list::Asker;
use crate::http::pagination::{Limit, Page, Paging};
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::route::{Route, table};
use crate::input::{Whole, input};
use crate::store::radar::RadarFilter;
use crate::workflow::radar::{self, Spotted};

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { radar:
        GET "/radar" may(RadarView) => list, "The cases that become eligible for escalation in the next hours, by when they do";
    }
}

input! {
    /// Which cases, and how far ahead.
    pub struct RadarQuery {
        /// How many hours ahead, 24 if not given.
        hours: Option<Whole<1, FURTHEST_HOURS>>,
        /// Of this line of business, by id or name.
        line_of_business: Option<String>,
        /// Of this owner, by id or address; `me`, or `none` for those that nobody owns.
        owner: Option<String>,
        /// How many a page has, 25 if not given.
        limit: Option<Limit>,
        /// Behind the page that gave this.
        cursor: Option<String>,
    }
}

/// What a page of the radar is bound to.
#[derive(Serialize)]
struct Asked {
    hours: i64,
    filter: RadarFilter,
}

/// Where something stands on the radar: when, on which case, for which reason.
type Place = (Instant, CaseId, String);

/// A page of the radar, and how many there are in all.
pub struct FoundOnRadar {
    /// Its rows.
    pub rows: Vec<Spotted>,
    /// The cursor of the next page.
    pub next: Option<String>,
    /// How many there are on all pages.
    pub count: usize,
}

/// A page of what somebody asks the radar for.
///
/// # Errors
/// [`Code::ValidationFailed`](crate::http::problem::Code::ValidationFailed) naming what is wrong; database errors.
pub fn find(
    conn: &mut Conn,
    asker: Asker<'_>,
    query: &RadarQuery,
) -> Result<FoundOnRadar, Problem> {
    let hours = query.hours.map_or(HOURS, Whole::get);
    let owner = query.owner.as_deref();
    let asked = Asked {
        hours,
        filter: RadarFilter {
            line: asked_line(conn, asker, query.line_of_business.as_deref())?,
            owner: owner
                .map(|owner| asked_owner(conn, asker, owner))
                .transpose()?,
        },
    };
    let paging: Paging<Place> =
        Paging::read("radar", &asked, query.limit, query.cursor.as_deref())?;
    let until = asker.now + chrono::TimeDelta::hours(hours);
    let (reach, window) = (asker.access.reach(), (asker.now, until));
    let mut rows = radar::look(conn, reach, &asked.filter, window)?;
    let count = rows.len();
    if let Some(after) = &paging.after {
        // By instant and case; the reasons of one case at one instant stand in their own order.
        let behind = rows.iter().position(|row| place(row) == *after);
        let begins = behind.map_or_else(
            || rows.partition_point(|row| (row.upcoming.at, row.case.id) <= (after.0, after.1)),
            |index| index + 1,
        );
        rows.drain(..begins);
    }
    rows.truncate(usize::try_from(paging.fetch()).unwrap_or(usize::MAX));
    let next = paging.next(&mut rows, place);
    Ok(FoundOnRadar { rows, next, count })
}

fn place(row: &Spotted) -> Place {
    let upcoming = &row.upcoming;
    (upcoming.at, row.case.id, upcoming.reason.clone())
}

async fn list(req: ApiRequest<(), (), RadarQuery>) -> Result<Reply<Page<RadarDocument>>, Problem> {
    let page = req
        .search(|conn, req| {
            let found = find(conn, req.asker(), &req.query)?;
            let reader = req.reader();
            let items = found
                .rows
                .iter()
                .map(|row| RadarDocument::new(&reader, row));
            Ok(Page {
                items: items.collect(),
                next_cursor: found.next,
                count: None,
            })
        })
        .await?;
    Reply::new(&page)
}
