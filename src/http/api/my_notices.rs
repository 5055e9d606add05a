//! Which notices one gets oneself (N5).

use serde::Serialize;
use utoipa::ToSchema;

use crate::db::Conn;
use crate::domain::ids::PersonId;
use crate::domain::notice::{Delivery, NoticeKind, Topic};
use crate::http::api_request::{ApiRequest, OWNER, SIGNED_IN};
use crate::http::pagination::Page;
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::route::{Route, table};
use crate::words::Catalogue;
use crate::workflow::choose_notices::{ChooseNotices, choose, chosen};

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { my_notices:
        GET   "/me/notices" SIGNED_IN => list, "Every kind of notice, and whether you get it";
        PATCH "/me/notices" OWNER     => change, "Chooses which kinds of notices you get";
    }
}

/// A kind of notice, and whether one gets it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NoticeChoice {
    kind: NoticeKind,
    /// The kind in words.
    label: String,
    topic: Topic,
    /// Whether it can be switched off.
    optional: bool,
    /// Why it cannot be switched off; null if it can.
    reason: Option<String>,
    delivery: Delivery,
}

/// Every kind of notice, and whether one gets it.
pub async fn list(call: ApiRequest) -> Result<Reply<Page<NoticeChoice>>, Problem> {
    let page = call
        .look(|conn, call| read(conn, &call.desk.words, call.principal.person))
        .await?;
    Reply::new(&page)
}

/// Chooses which kinds of notices one gets.
pub async fn change(
    call: ApiRequest<(), ChooseNotices>,
) -> Result<Reply<Page<NoticeChoice>>, Problem> {
    call.write(|conn, call| {
        choose(conn, &call.principal.oneself(), &call.body, call.now)?;
        Reply::new(&read(conn, &call.desk.words, call.principal.person)?)
    })
    .await
}

fn read(
    conn: &mut Conn,
    words: &Catalogue,
    person: PersonId,
) -> Result<Page<NoticeChoice>, Problem> {
    let choice = |(kind, delivery): (NoticeKind, Delivery)| NoticeChoice {
        kind,
        label: words.say_of("notice-kind", kind.as_str(), &[]),
        topic: kind.topic(),
        optional: kind.is_optional(),
        reason: (!kind.is_optional())
            .then(|| words.say_of("notice-fixed", kind.topic().as_str(), &[])),
        delivery,
    };
    let chosen = chosen(conn, person)?;
    Ok(Page::whole(chosen.into_iter().map(choice).collect()))
}
