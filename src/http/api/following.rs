//! Which feeds of a case one follows or mutes (F7).

use serde::Serialize;
use utoipa::ToSchema;

use crate::db::Conn;
use crate::domain::access::Permission::CasesView;
use crate::domain::feed::Feed;
use crate::domain::ids::{CaseRef, PersonId};
use crate::domain::notice::{Audience, Delivery, Stance};
use crate::domain::organization::Side;
use crate::http::api_request::{ApiRequest, may};
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::route::{Route, table};
use crate::workflow::following::{ChooseFollowing, choose_following, following};

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { following:
        GET "/cases/{case}/following" may(CasesView) => show, "What you are told of the feeds of a case, and who else is";
        PUT "/cases/{case}/following" may(CasesView) => choose, "Follow feeds of a case, mute them, or be told of what you take part in";
    }
}

/// What you are told of the feeds of a case.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Following)]
pub struct FollowingDocument {
    /// What you said of the case feed.
    pub case_feed: Stance,
    /// What you said of the escalation feed; null if you may not read it.
    pub escalation_feed: Option<Stance>,
    /// What follows from it, for each feed that you may read.
    pub told: Vec<HearingDocument>,
    /// Who is told of new entries in these feeds, and why: everybody for staff, their own side for customers.
    pub people: Vec<FollowerDocument>,
}

/// What you are told of a feed.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = FeedHearing)]
pub struct HearingDocument {
    /// The feed.
    pub feed: Feed,
    /// Why you are told of new entries; null if you are not.
    pub because: Option<Audience>,
    /// When you want to be told of new entries in any case.
    pub delivery: Delivery,
}

/// Somebody who is told of new entries in a feed.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = FeedFollower)]
pub struct FollowerDocument {
    /// The feed.
    pub feed: Feed,
    /// Their id.
    pub id: PersonId,
    /// First and last name.
    pub name: String,
    /// The side on which they stand.
    pub side: Side,
    /// Why.
    pub because: Audience,
}

async fn show(req: ApiRequest<CaseRef>) -> Result<Reply<FollowingDocument>, Problem> {
    let document = req.read(document).await?;
    Reply::new(&document)
}

async fn choose(
    req: ApiRequest<CaseRef, ChooseFollowing>,
) -> Result<Reply<FollowingDocument>, Problem> {
    req.write(|conn, req| {
        let actor = &req.principal.actor;
        choose_following(conn, actor, &req.address, &req.body, req.now)?;
        Reply::new(&document(conn, req)?)
    })
    .await
}

fn document<B>(
    conn: &mut Conn,
    req: &ApiRequest<CaseRef, B>,
) -> Result<FollowingDocument, Problem> {
    let following = following(conn, &req.principal.actor, &req.address, req.now)?;
    let stance = |feed| following.of(feed).map(|hearing| hearing.stance);
    Ok(FollowingDocument {
        case_feed: stance(Feed::Case).unwrap_or(Stance::Default),
        escalation_feed: stance(Feed::Escalation),
        told: following
            .feeds
            .iter()
            .map(|hearing| HearingDocument {
                feed: hearing.feed,
                because: hearing.because,
                delivery: hearing.delivery,
            })
            .collect(),
        people: following
            .people
            .iter()
            .map(|follower| FollowerDocument {
                feed: follower.feed,
                id: follower.person,
                name: follower.name.clone(),
                side: follower.side,
                because: follower.because,
            })
            .collect(),
    })
}
