//! Announcements: what support announces, and what of it one has read (H1).

use super::documents::{AnnouncementDocument, Audiences};
use crate::db::Conn;
use crate::domain::access::Permission::{AnnouncementsManage, AnnouncementsView};
use crate::domain::announcement::State;
use crate::domain::ids::AnnouncementId;
use crate::domain::order::{Place, Sort, Window};
use crate::http::api_request::{ApiRequest, Guarded, may};
use crate::http::list::{self, Asker, Found, Listing, list_query};
use crate::http::pagination::Page;
use crate::http::problem::Problem;
use crate::http::reply::{Created, Done, Reply};
use crate::http::route::{Route, table};
use crate::store::announcements::{self, Announcement, AnnouncementFilter, AnnouncementOrder};
use crate::store::audiences::Listener;
use crate::workflow::announcements::{
    AddAnnouncement, UpdateAnnouncement, add_announcement, delete_announcement, read_announcement,
    update_announcement,
};

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { announcements:
        GET    "/announcements"                     may(AnnouncementsView)   => list, "Announcements for you: those that are shown now, or by `state` others";
        POST   "/announcements"                     may(AnnouncementsManage) => add, "Adds an announcement";
        GET    "/announcements/{announcement}"      may(AnnouncementsView)   => show, "One announcement";
        PATCH  "/announcements/{announcement}"      may(AnnouncementsManage) => change, "Changes an announcement (merge patch)";
        DELETE "/announcements/{announcement}"      may(AnnouncementsManage) => remove, "Removes an announcement";
        PUT    "/announcements/{announcement}/read" may(AnnouncementsView)   => read, "You have read it: it is not shown on your first page any more";
    }
}

list_query! {
    /// Which announcements.
    pub struct AnnouncementQuery by AnnouncementOrder, Sort::descending(AnnouncementOrder::From), {
        /// Those that stand so: `current` if not given. `draft` and `coming` are for those who write announcements.
        state: Option<State>,
    }
}

/// The announcements that somebody may see.
pub struct Announcements;

impl Listing for Announcements {
    const NAME: &'static str = "announcements";
    type Query = AnnouncementQuery;
    type Filter = AnnouncementFilter;
    type Row = Announcement;
    type Id = AnnouncementId;

    fn filter(
        _: &mut Conn,
        _: Asker<'_>,
        query: &AnnouncementQuery,
    ) -> Result<AnnouncementFilter, Problem> {
        Ok(AnnouncementFilter {
            state: query.state.unwrap_or(State::Current),
        })
    }

    fn rows(
        conn: &mut Conn,
        asker: Asker<'_>,
        filter: &AnnouncementFilter,
        window: &Window<AnnouncementOrder, AnnouncementId>,
    ) -> Result<Vec<Announcement>, Problem> {
        let reader = (listener(conn, asker)?, asker.now);
        Ok(announcements::list(conn, reader, *filter, window)?)
    }

    fn count(
        conn: &mut Conn,
        asker: Asker<'_>,
        filter: &AnnouncementFilter,
        most: usize,
    ) -> Result<usize, Problem> {
        let reader = (listener(conn, asker)?, asker.now);
        Ok(announcements::count(conn, reader, *filter, most)?)
    }

    fn place(by: AnnouncementOrder, announcement: &Announcement) -> Place<AnnouncementId> {
        announcements::place(by, announcement)
    }
}

/// As whom somebody reads announcements.
fn listener(conn: &mut Conn, asker: Asker<'_>) -> Result<Listener, Problem> {
    Ok(Listener::of(conn, asker.access, AnnouncementsManage)?)
}

/// A page of them as answers show it.
pub(in crate::http) fn documents(
    conn: &mut Conn,
    asker: Asker<'_>,
    found: Found<Announcement>,
) -> Result<Page<AnnouncementDocument>, Problem> {
    let ids: Vec<AnnouncementId> = found.rows.iter().map(|row| row.id).collect();
    let audiences = Audiences::of(conn, asker.access.can(AnnouncementsManage), &ids)?;
    let read = announcements::read_among(conn, asker.access.person, &ids)?;
    Ok(found
        .page(|row| AnnouncementDocument::new(&row, &audiences, read.contains(&row.id), asker.now)))
}

/// One of them, if it exists for somebody.
///
/// # Errors
/// [`Problem::not_found`]; database errors.
pub(in crate::http) fn document(
    conn: &mut Conn,
    asker: Asker<'_>,
    id: AnnouncementId,
) -> Result<AnnouncementDocument, Problem> {
    let listener = listener(conn, asker)?;
    let row = announcements::find(conn, listener, id, asker.now)?;
    let found = Found::whole(vec![row.ok_or_else(Problem::not_found)?]);
    let mut page = documents(conn, asker, found)?;
    page.items.pop().ok_or_else(Problem::not_found)
}

async fn list(
    req: ApiRequest<(), (), AnnouncementQuery>,
) -> Result<Reply<Page<AnnouncementDocument>>, Problem> {
    let page = req
        .read(|conn, req| {
            let found = list::answer::<Announcements>(conn, req.asker(), &req.query)?;
            documents(conn, req.asker(), found)
        })
        .await?;
    Reply::new(&page)
}

async fn add(
    req: ApiRequest<(), AddAnnouncement>,
) -> Result<Created<AnnouncementDocument>, Problem> {
    req.write(|conn, req| {
        let id = add_announcement(conn, &req.principal.actor, &req.body, req.now)?;
        let document = document(conn, req.asker(), id)?;
        Ok(Created::new(&document)?
            .version(document.version)
            .location(format!("/api/v1/announcements/{id}")))
    })
    .await
}

async fn show(req: ApiRequest<AnnouncementId>) -> Result<Reply<AnnouncementDocument>, Problem> {
    let document = req
        .read(|conn, req| document(conn, req.asker(), req.address))
        .await?;
    Ok(Reply::new(&document)?.version(document.version))
}

async fn change(
    req: ApiRequest<Guarded<AnnouncementId>, UpdateAnnouncement>,
) -> Result<Reply<AnnouncementDocument>, Problem> {
    req.write(|conn, req| {
        let (actor, id) = (&req.principal.actor, *req.address);
        update_announcement(conn, actor, id, req.expected(), &req.body, req.now)?;
        let document = document(conn, req.asker(), id)?;
        Ok(Reply::new(&document)?.version(document.version))
    })
    .await
}

async fn remove(req: ApiRequest<Guarded<AnnouncementId>>) -> Result<Done, Problem> {
    req.write(|conn, req| {
        let (actor, id) = (&req.principal.actor, *req.address);
        delete_announcement(conn, actor, id, req.expected(), req.now)?;
        Ok(Done::done())
    })
    .await
}

async fn read(req: ApiRequest<AnnouncementId>) -> Result<Done, Problem> {
    req.write(|conn, req| {
        read_announcement(conn, &req.principal.actor, req.address, req.now)?;
        Ok(Done::done())
    })
    .await
}
