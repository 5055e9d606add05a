//! A case as it happens: server-sent events (F5).

use super::documents::CaseChanged;
use crate::domain::access::Permission;
use crate::domain::audit::Topic;
use crate::domain::ids::CaseRef;
use crate::http::api_request::{ApiRequest, may};
use crate::http::live::{Followed, Place, What, follow};
use crate::http::problem::{Code, Problem};
use crate::http::reply::{EVENT_STREAM, Reply};
use crate::http::route::{Route, table};
use crate::input::{Fault, FieldError, input};
use crate::store::{audit, cases, feeds};

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    let routes = table! { live:
        GET "/cases/{case}/live" may(Permission::CasesView) => case, "The case as it happens: server-sent events `entry` (a new entry of a feed, as in the feed), `entry_changed` (one was corrected, redacted, or moved to the feed that it names), `case` (it changed), `end` (you may not read on; says why). Each is told once, in the order of its commit; a stream that broke off goes on behind `Last-Event-ID`";
        GET "/live" may(Permission::CasesView) => lists, "That a case changed, among all that you may see, or what else `of` names: server-sent events `changed` (lists of cases, escalations and callbacks, or of what `of` names, say something else now), `end` (you may not read on; says why). A stream that broke off goes on behind `Last-Event-ID`";
    };
    routes
        .into_iter()
        .map(|route| route.answering_in(&[EVENT_STREAM]))
        .collect()
}

input! {
    /// From where on a case is followed.
    pub struct LiveQuery {
        /// Behind the event of this `id`; from now on, if neither this nor `Last-Event-ID` is given.
        after: Option<String>,
    }
}

input! {
    /// Which lists are followed, and from where on.
    pub struct LiveListsQuery {
        /// Behind the event of this `id`; from now on, if neither this nor `Last-Event-ID` is given.
        after: Option<String>,
        /// Lists of something else than cases; it takes the permission to see that.
        of: Option<Topic>,
    }
}

async fn case(req: ApiRequest<CaseRef, (), LiveQuery>) -> Result<Reply<CaseChanged>, Problem> {
    let (desk, live) = (req.desk.clone(), req.live.clone());
    let reader = req.principal.clone();
    let from = known(req.last_event_id.as_deref(), req.query.after.as_deref())?;
    let followed = req
        .read(move |conn, req| {
            let access = req.principal.access();
            let view = cases::view(conn, access.reach(), &req.address)?;
            let case = view.ok_or_else(Problem::not_found)?.case;
            let from = match from {
                Some(place) => place,
                None => Place::new(feeds::newest(conn, access, case.id)?, case.version),
            };
            Ok(Followed {
                what: What::Case(case.id, case.number),
                from,
                recorded: None,
            })
        })
        .await?;
    Ok(Reply::live(follow(&desk, &live, reader, &followed)?))
}

async fn lists(req: ApiRequest<(), (), LiveListsQuery>) -> Result<Reply<CaseChanged>, Problem> {
    let (desk, live) = (req.desk.clone(), req.live.clone());
    let reader = req.principal.clone();
    let what = req.query.of.map_or(What::Lists, What::Records);
    what.open_to(reader.access())?;
    let followed = match known(req.last_event_id.as_deref(), req.query.after.as_deref())? {
        Some(from) => Followed {
            what,
            from,
            recorded: None,
        },
        None => Followed {
            what,
            from: Place::new(0, 0),
            recorded: Some(req.read(|conn, _| Ok(audit::reached(conn)?)).await?),
        },
    };
    Ok(Reply::live(follow(&desk, &live, reader, &followed)?))
}

/// What the reader knows already. A browser that comes back repeats the address that it was given first, and says in the
/// header what it was told last.
fn known(last: Option<&str>, after: Option<&str>) -> Result<Option<Place>, Problem> {
    if let Some(id) = last {
        let malformed = || {
            Problem::new(Code::MalformedHeader)
                .with("header", "Last-Event-ID")
                .with("expected", "the id of an event of this stream")
        };
        return id.parse().map(Some).map_err(|_| malformed());
    }
    let malformed =
        || Problem::invalid_field(FieldError::new("after", Fault::new("malformed_cursor")));
    after
        .map(|after| after.parse().map_err(|_| malformed()))
        .transpose()
}
