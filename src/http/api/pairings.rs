//! Pairings: asking, switching, and who works where with which roles (section 9).

use secrecy::ExposeSecret;

use super::addresses::CloneAddress;
use super::documents::{
    CloneDocument, GivenRoleDocument, OrganizationName, PairingDocument, PairingWithLink, Pairings,
    PersonName, RoleRequestDocument, VisitDocument,
};
use crate::credentials::{NewSecret, PAIRING_PREFIX};
use crate::db::Conn;
use crate::domain::access::{Access, Permission};
use crate::domain::ids::{GrantId, PairingId, PairingMemberId, RoleRequestId, VisitId};
use crate::domain::pairing::{Direction, Party};
use crate::http::api_request::{ApiRequest, Guarded, SIGNED_IN, may};
use crate::http::pagination::{Limit, Page, Paging};
use crate::http::pairing::{PairingView, to_ask, view, views, visits_seen};
use crate::http::problem::Problem;
use crate::http::reply::{Created, Done, Reply};
use crate::http::route::{Route, table};
use crate::http::state::AppState;
use crate::input::input;
use crate::store::pairings::{self, Scope};
use crate::workflow::pair::{
    self, AddClone, AskForPairing, AskForRole, GiveRole, ProposeMembers, RefuseRole, SwitchPairing,
    is_seen_by,
};

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { pairings:
        GET    "/pairings"                         SIGNED_IN => list, "The pairings of your organization, the newest first";
        POST   "/pairings"                         SIGNED_IN.again() => ask, "Asks to work in another organization; the link to hand over is shown once";
        GET    "/pairings/{pairing}"               SIGNED_IN => show, "One pairing";
        PATCH  "/pairings/{pairing}"               SIGNED_IN.again() => switch, "Switches a pairing off or on, each side its own switch (merge patch)";
        DELETE "/pairings/{pairing}"               SIGNED_IN.again() => remove, "Ends a pairing, or takes a request back";
        POST   "/pairings/{pairing}/link"          SIGNED_IN.again() => renew, "Gives an unanswered request a new link; the old one dies";
        POST   "/pairings/{pairing}/members"       SIGNED_IN.again() => propose, "Proposes more people and groups";
        DELETE "/pairing-members/{member}"         SIGNED_IN.again() => remove_member, "Removes a person or a group from a pairing";
        POST   "/pairing-members/{member}/roles"   SIGNED_IN.again() => give_role, "Gives a person or a group of a pairing a role";
        DELETE "/pairing-roles/{grant}"            SIGNED_IN.again() => take_role, "Takes a role that was given through a pairing";
        POST   "/pairing-members/{member}/role-requests" SIGNED_IN.again() => ask_role, "Asks the other organization for a role for a person or a group";
        DELETE "/pairing-role-requests/{role_request}" SIGNED_IN.again() => ask_role_no_more, "Asks for a role no more";
        POST   "/pairing-role-requests/{role_request}/refusal" SIGNED_IN.again() => refuse_role, "Refuses a role that is asked for; it is granted by giving it";
        GET    "/pairings/{pairing}/visits"        SIGNED_IN => visits, "Who came by a pairing, the last first, and how much they changed";
        POST   "/pairing-members/{member}/clones"  SIGNED_IN.again() => add_clone, "Adds a cloned user of a trusted person";
        DELETE "/clones/{clone}"                   SIGNED_IN.again() => remove_clone, "Removes a cloned user";
        GET    "/clients"                          may(Permission::ClientsView) => clients, "The organizations that yours serves or has served, by slug";
    }
}

input! {
    /// Which pairings.
    pub struct PairingQuery {
        /// Those that give access to your organization, or those that give yours access to others; both if not given.
        direction: Option<Direction>,
        /// How many a page has, 25 if not given.
        limit: Option<Limit>,
        /// Behind the page that gave this.
        cursor: Option<String>,
    }
}

input! {
    /// Which part of the visits.
    pub struct VisitQuery {
        /// How many a page has, 25 if not given.
        limit: Option<Limit>,
        /// Behind the page that gave this.
        cursor: Option<String>,
    }
}

input! {
    /// Which part of a list.
    pub struct ClientQuery {
        /// How many a page has, 25 if not given.
        limit: Option<Limit>,
        /// Behind the page that gave this.
        cursor: Option<String>,
    }
}

/// The pairings of the caller's organization. Who may not look at those of a side is given those of their own groups there, and
/// told what is missing (P10).
pub async fn list(req: ApiRequest<(), (), PairingQuery>) -> Result<Reply<Pairings>, Problem> {
    let page = req
        .read(|conn, req| {
            let (query, access) = (&req.query, req.principal.access());
            let (party, missing) = asked_party(access, query.direction);
            let paging: Paging<PairingId> = Paging::read(
                "pairings",
                &(query.direction, access.organization),
                query.limit,
                query.cursor.as_deref(),
            )?;
            let scope = Scope::from(access);
            let which = (party, missing.map(|_| req.principal.person));
            let rows = pairings::list(conn, scope, which, paging.after, paging.fetch())?;
            let views = views(conn, &req.principal, rows, req.now)?;
            let ask = match missing {
                Some(party) => to_ask(conn, access, party, req.now)?,
                None => Vec::new(),
            };
            let page = paging.page(
                views,
                |view| view.pairing.id,
                |view| PairingDocument::from(&view),
            );
            Ok(Pairings {
                items: page.items,
                next_cursor: page.next_cursor,
                missing_permission: missing.map(pair::view_of),
                ask: ask.iter().map(PersonName::from).collect(),
            })
        })
        .await?;
    Reply::new(&page)
}

/// Of which side pairings are asked for, of both if none; and the side that the caller may not look at, if that is all of it.
fn asked_party(access: &Access, direction: Option<Direction>) -> (Option<Party>, Option<Party>) {
    let sees = |party| is_seen_by(access, party);
    match direction.map(Direction::party) {
        Some(party) => (Some(party), (!sees(party)).then_some(party)),
        None => match (sees(Party::Trustee), sees(Party::Trustor)) {
            (true, true) => (None, None),
            (true, false) => (Some(Party::Trustee), None),
            (false, true) => (Some(Party::Trustor), None),
            (false, false) => (None, Some(Party::Trustee)),
        },
    }
}

/// Asks to work in another organization.
pub async fn ask(req: ApiRequest<(), AskForPairing>) -> Result<Created<PairingWithLink>, Problem> {
    let secret = NewSecret::with_prefix(PAIRING_PREFIX);
    req.write(move |conn, req| {
        let (actor, body) = (&req.principal.actor, &req.body);
        let id = pair::request(conn, actor, body, &secret.hash, req.now)?;
        Ok(with_link(conn, req, id, &secret)?.location(format!("/api/v1/pairings/{id}")))
    })
    .await
}

/// The link to hand over.
pub(in crate::http) fn link(desk: &AppState, secret: &NewSecret) -> String {
    let (origin, token) = (desk.public_url.as_str(), secret.text.expose_secret());
    format!("{}/pairing-links/{token}", origin.trim_end_matches('/'))
}

/// The pairing with its link, and without it for a repetition. Whoever asks need not be one who may look at all of it.
fn with_link<A, B>(
    conn: &mut Conn,
    req: &ApiRequest<A, B>,
    id: PairingId,
    secret: &NewSecret,
) -> Result<Created<PairingWithLink>, Problem> {
    let scope = Scope::from(req.principal.access());
    let row = pairings::find(conn, scope, id)?.ok_or_else(Problem::not_found)?;
    let made = views(conn, &req.principal, vec![row], req.now)?.pop();
    let made = made.ok_or_else(Problem::not_found)?;
    let later = PairingWithLink {
        pairing: PairingDocument::from(&made),
        link: None,
    };
    let shown = PairingWithLink {
        link: Some(link(&req.desk, secret)),
        ..later.clone()
    };
    Ok(Reply::once(&shown, &later)?.version(made.pairing.version))
}

/// One pairing.
pub async fn show(req: ApiRequest<PairingId>) -> Result<Reply<PairingDocument>, Problem> {
    let found = req
        .read(|conn, req| Ok(view(conn, &req.principal, req.address, req.now)?))
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok(Reply::new(&PairingDocument::from(&found))?.version(found.pairing.version))
}

/// The pairing after a change, whatever the caller may look at.
fn changed<A, B, Q>(
    conn: &mut Conn,
    req: &ApiRequest<A, B, Q>,
    id: PairingId,
) -> Result<PairingView, Problem> {
    let scope = Scope::from(req.principal.access());
    let row = pairings::find(conn, scope, id)?.ok_or_else(Problem::not_found)?;
    let mut found = views(conn, &req.principal, vec![row], req.now)?;
    found.pop().ok_or_else(Problem::not_found)
}

/// Switches a pairing off or on.
pub async fn switch(
    req: ApiRequest<Guarded<PairingId>, SwitchPairing>,
) -> Result<Reply<PairingDocument>, Problem> {
    req.write(|conn, req| {
        let (actor, expected) = (&req.principal.actor, req.expected());
        pair::switch(conn, actor, *req.address, expected, &req.body, req.now)?;
        let after = changed(conn, req, *req.address)?;
        Ok(Reply::new(&PairingDocument::from(&after))?.version(after.pairing.version))
    })
    .await
}

/// Ends a pairing.
pub async fn remove(req: ApiRequest<Guarded<PairingId>>) -> Result<Done, Problem> {
    req.write(|conn, req| {
        let (actor, expected) = (&req.principal.actor, req.expected());
        pair::remove(conn, actor, *req.address, expected, req.now)?;
        Ok(Reply::done())
    })
    .await
}

/// Gives an unanswered request a new link.
pub async fn renew(
    req: ApiRequest<Guarded<PairingId>>,
) -> Result<Created<PairingWithLink>, Problem> {
    let secret = NewSecret::with_prefix(PAIRING_PREFIX);
    req.write(move |conn, req| {
        let (actor, expected) = (&req.principal.actor, req.expected());
        let (id, now) = (*req.address, req.now);
        pair::renew_link(conn, actor, id, expected, &secret.hash, now)?;
        with_link(conn, req, id, &secret)
    })
    .await
}

/// Proposes more people and groups.
pub async fn propose(
    req: ApiRequest<Guarded<PairingId>, ProposeMembers>,
) -> Result<Reply<PairingDocument>, Problem> {
    req.write(|conn, req| {
        let (actor, expected) = (&req.principal.actor, req.expected());
        pair::propose(conn, actor, *req.address, expected, &req.body, req.now)?;
        let after = changed(conn, req, *req.address)?;
        Ok(Reply::new(&PairingDocument::from(&after))?.version(after.pairing.version))
    })
    .await
}

/// Removes a person or a group.
pub async fn remove_member(req: ApiRequest<Guarded<PairingMemberId>>) -> Result<Done, Problem> {
    req.write(|conn, req| {
        let (actor, expected) = (&req.principal.actor, req.expected());
        pair::remove_member(conn, actor, *req.address, expected, req.now)?;
        Ok(Reply::done())
    })
    .await
}

/// Gives a role.
pub async fn give_role(
    req: ApiRequest<Guarded<PairingMemberId>, GiveRole>,
) -> Result<Created<GivenRoleDocument>, Problem> {
    req.write(|conn, req| {
        let (actor, expected) = (&req.principal.actor, req.expected());
        let id = pair::give_role(conn, actor, *req.address, expected, &req.body, req.now)?;
        let scope = Scope::from(req.principal.access());
        let found = pairings::find_given(conn, scope, id)?;
        let (pairing, given) = found.ok_or_else(Problem::not_found)?;
        let after = changed(conn, req, pairing.id)?;
        Created::new(&GivenRoleDocument::new(&after, &given))
    })
    .await
}

/// Asks for a role.
pub async fn ask_role(
    req: ApiRequest<Guarded<PairingMemberId>, AskForRole>,
) -> Result<Created<RoleRequestDocument>, Problem> {
    req.write(|conn, req| {
        let (actor, expected) = (&req.principal.actor, req.expected());
        let id = pair::ask_role(conn, actor, *req.address, expected, &req.body, req.now)?;
        Created::new(&asked(conn, req, id)?)
    })
    .await
}

/// Asks for a role no more.
pub async fn ask_role_no_more(req: ApiRequest<RoleRequestId>) -> Result<Done, Problem> {
    req.write(|conn, req| {
        pair::ask_role_no_more(conn, &req.principal.actor, req.address, req.now)?;
        Ok(Reply::done())
    })
    .await
}

/// Refuses a role that is asked for.
pub async fn refuse_role(
    req: ApiRequest<RoleRequestId, RefuseRole>,
) -> Result<Reply<RoleRequestDocument>, Problem> {
    req.write(|conn, req| {
        let actor = &req.principal.actor;
        pair::refuse_role(conn, actor, req.address, &req.body, req.now)?;
        Reply::new(&asked(conn, req, req.address)?)
    })
    .await
}

/// A role that is asked for, after a change.
fn asked<A, B>(
    conn: &mut Conn,
    req: &ApiRequest<A, B>,
    id: RoleRequestId,
) -> Result<RoleRequestDocument, Problem> {
    let scope = Scope::from(req.principal.access());
    let found = pairings::find_role_request(conn, scope, id)?;
    let (pairing, _, request) = found.ok_or_else(Problem::not_found)?;
    let after = changed(conn, req, pairing.id)?;
    Ok(RoleRequestDocument::new(&after, &request))
}

/// The visits by a pairing. Who was there is shown to those who may see who is in it (P10).
pub async fn visits(
    req: ApiRequest<PairingId, (), VisitQuery>,
) -> Result<Reply<Page<VisitDocument>>, Problem> {
    let page = req
        .read(|conn, req| {
            let (limit, cursor) = (req.query.limit, req.query.cursor.as_deref());
            let paging: Paging<VisitId> = Paging::read("visits", &req.address, limit, cursor)?;
            let read = (paging.after, paging.fetch());
            let pairing = view(conn, &req.principal, req.address, req.now)?;
            let pairing = pairing.ok_or_else(Problem::not_found)?;
            let (rows, names) = visits_seen(conn, &pairing, read)?;
            Ok(paging.page(
                rows,
                |visit| visit.id,
                |visit| VisitDocument {
                    id: visit.id,
                    person: names.get(&visit.person_id).map(|name| PersonName {
                        id: visit.person_id,
                        name: name.clone(),
                    }),
                    began_at: visit.began_at,
                    last_at: visit.last_at,
                    changes: visit.changes,
                },
            ))
        })
        .await?;
    Reply::new(&page)
}

/// Takes a role.
pub async fn take_role(req: ApiRequest<GrantId>) -> Result<Done, Problem> {
    req.write(|conn, req| {
        pair::take_role(conn, &req.principal.actor, req.address, req.now)?;
        Ok(Reply::done())
    })
    .await
}

/// Adds a cloned user.
pub async fn add_clone(
    req: ApiRequest<Guarded<PairingMemberId>, AddClone>,
) -> Result<Created<CloneDocument>, Problem> {
    req.write(|conn, req| {
        let (actor, expected) = (&req.principal.actor, req.expected());
        // It becomes part of a name, which everybody reads as it is kept.
        let mark = req.desk.words.english().say("clone-mark", &[]);
        let whose = (&req.body, mark.as_str());
        let id = pair::add_clone(conn, actor, *req.address, expected, whose, req.now)?;
        let scope = Scope::from(req.principal.access());
        let found = pairings::find_clone(conn, scope, id)?;
        let (_, clone) = found.ok_or_else(Problem::not_found)?;
        Created::new(&CloneDocument::from(&clone))
    })
    .await
}

/// Removes a cloned user.
pub async fn remove_clone(req: ApiRequest<CloneAddress>) -> Result<Done, Problem> {
    req.write(|conn, req| {
        pair::remove_clone(conn, &req.principal.actor, req.address.0, req.now)?;
        Ok(Reply::done())
    })
    .await
}

/// The organizations that the caller's serves or has served.
pub async fn clients(
    req: ApiRequest<(), (), ClientQuery>,
) -> Result<Reply<Page<OrganizationName>>, Problem> {
    let page = req
        .read(|conn, req| {
            req.principal
                .access()
                .require(Permission::OrgTrusteesView)?;
            let own = req.principal.access().organization;
            let (limit, cursor) = (req.query.limit, req.query.cursor.as_deref());
            let paging: Paging<String> = Paging::read("clients", &own, limit, cursor)?;
            let rows = pairings::clients(conn, own, paging.after.as_deref(), paging.fetch())?;
            Ok(paging.page(
                rows,
                |client| client.slug.clone(),
                |client| OrganizationName::from(&client),
            ))
        })
        .await?;
    Reply::new(&page)
}
