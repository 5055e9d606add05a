//! The delivery log of mails: each with its tries, and without a word of whose it is (A8).

use std::collections::HashMap;

use super::handlers::PLACE;
use super::list::{ListPage, Views, list, table};
use super::notices::{outage, standing};
use super::{Cell, Place};
use crate::db::Conn;
use crate::domain::access::Permission;
use crate::domain::ids::NoticeId;
use crate::domain::notice::NoticeState;
use crate::http::api::notices::{NoticeQuery, Notices};
use crate::http::api_request::may;
use crate::http::list::{Found, find};
use crate::http::portal::answer::PageResult;
use crate::http::portal::list::{Column, MOST_COUNTED};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::route::{PortalRoute, pages};
use crate::http::problem::Problem;
use crate::store::mail_outages::Outage;
use crate::store::notices::{self, Listed, Try, tries_of};

/// The rows of the route table.
pub(in crate::http::portal) fn routes() -> Vec<PortalRoute> {
    const USE: Permission = Permission::DeveloperToolsUse;
    pages! { deliveries:
        GET "/admin/deliveries"          may(USE) => list::<List>, "Mails on their way or at their end, the newest first";
        GET "/admin/deliveries/{notice}" may(USE) => show, "The tries of a mail";
    }
}

/// The mails.
struct List;

/// What is looked up besides: the tries of each mail, and whether mails leave.
struct Beside {
    tries: HashMap<NoticeId, Vec<Try>>,
    outage: Option<Outage>,
}

impl ListPage for List {
    const PLACE: Place = Place::Deliveries;
    const COLUMNS: &'static [Column] = &[
        Column::said("delivery-column-mail"),
        Column::said("delivery-column-tries"),
        Column::said("notice-column-made").sorts("-created_at"),
        Column::said("notice-column-state"),
    ];
    const VIEWS: Option<Views> = Some(Views {
        parameter: "state",
        family: "notice-state",
        values: NoticeState::NAMES,
    });
    type Query = NoticeQuery;
    type Row = Listed;
    type Beside = Beside;

    fn find(
        conn: &mut Conn,
        req: &PageRequest,
        query: &NoticeQuery,
    ) -> Result<(Found<Listed>, Beside), Problem> {
        let found = find::<Notices>(conn, req.asker()?, query, Some(MOST_COUNTED))?;
        let ids: Vec<NoticeId> = found.rows.iter().map(|notice| notice.id).collect();
        let beside = Beside {
            tries: tries_of(conn, &ids)?,
            outage: outage(conn, req)?,
        };
        Ok((found, beside))
    }

    fn cells(req: &PageRequest, notice: &Listed, beside: &Beside) -> Vec<Cell> {
        let words = req.words();
        let (state, class) = standing(req, notice, beside.outage.as_ref());
        let kind = words.say_of("notice-kind", notice.kind.as_str(), &[]);
        let to = format!("{}/{}", Place::Deliveries.href(), notice.id);
        let tries = beside.tries.get(&notice.id).map_or(&[][..], Vec::as_slice);
        let said = tries.last().map(|last| last.said.clone());
        vec![
            Cell::link(kind, to),
            Cell::text(tries.len().to_string()).small(said.unwrap_or_default()),
            Cell::at(notice.created_at),
            Cell::chip(state, class),
        ]
    }
}

async fn show(req: PageRequest, id: NoticeId) -> PageResult {
    let reach = req.access()?.reach();
    let (notice, tries) = req
        .read(move |conn| {
            let notice = notices::find(conn, reach, id)?.ok_or_else(Problem::not_found)?;
            let tries = tries_of(conn, &[id])?.remove(&id).unwrap_or_default();
            Ok((notice, tries))
        })
        .await?;
    let words = req.words();
    let instant = |at| match at {
        Some(at) => Cell::at(at),
        None => Cell::text("–"),
    };
    let row = |one: &Try| {
        let why = words.say_of("mail-fault", one.fault.as_str(), &[]);
        vec![
            Cell::at(one.at),
            instant(one.next_at),
            Cell::text(one.said.clone()),
            Cell::text(why),
        ]
    };
    let mut rows: Vec<Vec<Cell>> = tries.iter().map(row).collect();
    if let Some(at) = notice.sent_at {
        let taken = words.say("delivery-taken", &[]);
        let none = String::new();
        rows.push(vec![
            Cell::at(at),
            instant(None),
            Cell::text(none),
            Cell::chip(taken, "good"),
        ]);
    }
    let columns = [
        Column::said("delivery-column-at"),
        Column::said("delivery-column-next"),
        Column::said("delivery-column-said"),
        Column::said("delivery-column-why"),
    ];
    let mut page = table(&req, Place::Deliveries, &columns, rows);
    page.title = words.say_of("notice-kind", notice.kind.as_str(), &[]);
    req.show(PLACE, "admin-list", &page)
}
