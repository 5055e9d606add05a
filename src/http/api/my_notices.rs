//! Which notices one gets oneself (N5).

use serde::Serialize;
use utoipa::ToSchema;

use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::ids::PersonId;
use crate::domain::notice::{Delivery, NoticeGroup, NoticeKind, Topic};
use crate::http::api_request::{ApiRequest, OWNER, SIGNED_IN};
use crate::http::pagination::Page;
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::route::{Route, table};
use crate::words::Catalogue;
use crate::workflow::choose_notices::{ChooseNotices, choose, offered};

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { my_notices:
        GET   "/me/notices" SIGNED_IN => list, "The kinds of notices that you can get, and when you get them";
        PATCH "/me/notices" OWNER     => change, "Chooses when you get which kinds of notices";
    }
}

/// A kind of notice, and when one gets it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NoticeChoice {
    kind: NoticeKind,
    /// The kind in words.
    label: String,
    topic: Topic,
    /// What it is about, by which the page groups the kinds.
    group: NoticeGroup,
    /// Whether it can be switched off.
    optional: bool,
    /// Why it cannot be switched off; null if it can.
    reason: Option<String>,
    delivery: Delivery,
}

/// The kinds of notices that one can get, and when one gets them.
pub async fn list(req: ApiRequest) -> Result<Reply<Page<NoticeChoice>>, Problem> {
    let page = req
        .read(|conn, req| read(conn, req.words(), req.principal.person, req.now))
        .await?;
    Reply::new(&page)
}

/// Chooses when one gets which kinds of notices.
pub async fn change(
    req: ApiRequest<(), ChooseNotices>,
) -> Result<Reply<Page<NoticeChoice>>, Problem> {
    req.write(|conn, req| {
        choose(conn, &req.principal.oneself(), &req.body, req.now)?;
        Reply::new(&read(conn, req.words(), req.principal.person, req.now)?)
    })
    .await
}

fn read(
    conn: &mut Conn,
    words: &Catalogue,
    person: PersonId,
    now: Instant,
) -> Result<Page<NoticeChoice>, Problem> {
    let choice = |(kind, delivery): (NoticeKind, Delivery)| NoticeChoice {
        kind,
        label: words.say_of("notice-kind", kind.as_str(), &[]),
        topic: kind.topic(),
        group: kind.group(),
        optional: kind.is_chosen(),
        reason: (!kind.is_chosen())
            .then(|| words.say_of("notice-fixed", kind.topic().as_str(), &[])),
        delivery,
    };
    let offered = offered(conn, person, now)?;
    Ok(Page::whole(offered.into_iter().map(choice).collect()))
}
