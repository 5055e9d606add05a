//! Whom one can mention in an entry.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::access::Permission::FeedsComment;
use crate::domain::feed::{Feed, Visibility};
use crate::domain::ids::{CaseRef, PersonId};
use crate::domain::organization::Side;
use crate::http::api_request::{ApiRequest, may};
use crate::http::pagination::Page;
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::route::{Route, table};
use crate::input::input;
use crate::workflow::mention::offered;

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { mentionable:
        GET "/cases/{case}/mentionable" may(FeedsComment) => list, "A few people whom you can mention in an entry: those who may read it, by name";
    }
}

input! {
    /// Whose names fit, and in which entry.
    pub struct MentionQuery {
        /// How a word of the name begins; anybody if not given.
        q: Option<String>,
        /// The feed of the entry; `case` if not given.
        feed: Option<Feed>,
        /// Who the entry reaches; `public` if not given.
        visibility: Option<Visibility>,
    }
}

/// Somebody whom one can mention: with `@` and the name.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Mentionable {
    /// Their id.
    pub id: PersonId,
    /// First and last name.
    pub name: String,
    /// The side on which they stand.
    pub side: Side,
    /// The name of their organization.
    pub organization: String,
}

async fn list(
    req: ApiRequest<CaseRef, (), MentionQuery>,
) -> Result<Reply<Page<Mentionable>>, Problem> {
    let page = req
        .read(|conn, req| {
            let actor = &req.principal.actor;
            let feed = req.query.feed.unwrap_or(Feed::Case);
            let visibility = req.query.visibility.unwrap_or(Visibility::Public);
            let typed = req.query.q.as_deref().unwrap_or_default();
            let of = (feed, visibility);
            let people = offered(conn, actor, &req.address, of, typed, req.now)?;
            let people = people.into_iter().map(|known| Mentionable {
                id: known.candidate.access.person,
                name: known.name,
                side: known.candidate.access.side,
                organization: known.organization,
            });
            Ok(Page::whole(people.collect()))
        })
        .await?;
    Reply::new(&page)
}
