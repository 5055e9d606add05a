//! Links of pairing requests: what one shows, yes, and no (P2).

use super::documents::{LinkInspection, PairingDocument, PersonName};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::ids::{GroupId, PersonId};
use crate::domain::pairing::Who;
use crate::http::api_request::{ApiRequest, may};
use crate::http::pairing::views;
use crate::http::problem::Problem;
use crate::http::reply::{Done, Reply};
use crate::http::route::{Route, table};
use crate::input::{Secret, input};
use crate::store::pairings::{self, Scope};
use crate::words::Catalogue;
use crate::workflow::Actor;
use crate::workflow::pair;

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    let manage = may(Permission::OrgTrustorsManage);
    table! { pairing_links:
        POST "/pairing-links/inspection" manage => inspect, "Who asks behind a link, and for whom; it changes nothing";
        POST "/pairing-links/acceptance" manage.again() => accept, "Yes, I authorize access";
        POST "/pairing-links/refusal"    manage.again() => refuse, "No: the link is used up";
    }
}

input! {
    /// A link that was handed over.
    pub struct GivenLink {
        /// What stands behind the last slash of the link.
        token: Secret,
    }
}

/// What a link shows. For the portal too.
///
/// # Errors
/// Those of [`pair::inspect`].
pub(in crate::http) fn inspected(
    conn: &mut Conn,
    actor: &Actor,
    token: &str,
    words: &Catalogue,
    now: Instant,
) -> Result<LinkInspection, Problem> {
    let inspected = pair::inspect(conn, actor, token, now)?;
    let members = pairings::members_of(conn, &[inspected.pairing.id])?;
    let who = |member: &pairings::Member| member.who();
    let people: Vec<PersonId> = members
        .iter()
        .filter_map(who)
        .filter_map(Who::person)
        .collect();
    let groups: Vec<GroupId> = members
        .iter()
        .filter_map(who)
        .filter_map(Who::group)
        .collect();
    let asker = inspected.pairing.created_by;
    let named: Vec<PersonId> = people.iter().copied().chain(asker).collect();
    let names = crate::store::people::names(conn, &named)?;
    let group_names = pairings::group_names(conn, &groups)?;
    let requested_by = asker.and_then(|id| {
        let name = names.get(&id)?.clone();
        Some(PersonName { id, name })
    });
    let people = people.iter().filter_map(|id| names.get(id).cloned());
    let groups = groups.iter().filter_map(|id| group_names.get(id).cloned());
    let warning = words.say("pairing-link-warning", &[]);
    let members = (people.collect(), groups.collect());
    Ok(LinkInspection::new(
        &inspected,
        requested_by,
        members,
        warning,
    ))
}

/// What a link shows.
pub async fn inspect(req: ApiRequest<(), GivenLink>) -> Result<Reply<LinkInspection>, Problem> {
    let shown = req
        .read(|conn, req| {
            let (actor, token) = (&req.principal.actor, req.body.token.expose());
            inspected(conn, actor, token, req.words(), req.now)
        })
        .await?;
    Reply::new(&shown)
}

/// Yes.
pub async fn accept(req: ApiRequest<(), GivenLink>) -> Result<Reply<PairingDocument>, Problem> {
    req.write(|conn, req| {
        let (actor, token) = (&req.principal.actor, req.body.token.expose());
        let id = pair::accept(conn, actor, token, req.now)?;
        let scope = Scope::from(req.principal.access());
        let row = pairings::find(conn, scope, id)?.ok_or_else(Problem::not_found)?;
        let made = views(conn, &req.principal, vec![row], req.now)?.pop();
        let made = made.ok_or_else(Problem::not_found)?;
        Ok(Reply::new(&PairingDocument::from(&made))?.version(made.pairing.version))
    })
    .await
}

/// No.
pub async fn refuse(req: ApiRequest<(), GivenLink>) -> Result<Done, Problem> {
    req.write(|conn, req| {
        let (actor, token) = (&req.principal.actor, req.body.token.expose());
        pair::refuse(conn, actor, token, req.now)?;
        Ok(Reply::done())
    })
    .await
}
