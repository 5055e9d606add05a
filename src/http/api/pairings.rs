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
pub async fn list(call: ApiRequest<(), (), PairingQuery>) -> Result<Reply<Pairings>, Problem> {
    let page = call
        .look(|conn, call| {
            let (query, access) = (&call.query, call.principal.access());
            let (party, missing) = asked_party(access, query.direction);
            let paging: Paging<PairingId> = Paging::read(
                "pairings",
                &(query.direction, access.organization),
                query.limit,
                query.cursor.as_deref(),
            )?;
            let scope = Scope::from(access);
            let which = (party, missing.map(|_| call.principal.person));
            let rows = pairings::list(conn, scope, which, paging.after, paging.fetch())?;
            let views = views(conn, &call.principal, rows, call.now)?;
            let ask = match missing {
                Some(party) => to_ask(conn, access, party, call.now)?,
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
pub async fn ask(call: ApiRequest<(), AskForPairing>) -> Result<Created<PairingWithLink>, Problem> {
    let secret = NewSecret::with_prefix(PAIRING_PREFIX);
    call.write(move |conn, call| {
        let (actor, body) = (&call.principal.actor, &call.body);
        let id = pair::request(conn, actor, body, &secret.hash, call.now)?;
        Ok(with_link(conn, call, id, &secret)?.location(format!("/api/v1/pairings/{id}")))
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
    call: &ApiRequest<A, B>,
    id: PairingId,
    secret: &NewSecret,
) -> Result<Created<PairingWithLink>, Problem> {
    let scope = Scope::from(call.principal.access());
    let row = pairings::find(conn, scope, id)?.ok_or_else(Problem::not_found)?;
    let made = views(conn, &call.principal, vec![row], call.now)?.pop();
    let made = made.ok_or_else(Problem::not_found)?;
    let later = PairingWithLink {
        pairing: PairingDocument::from(&made),
        link: None,
    };
    let shown = PairingWithLink {
        link: Some(link(&call.desk, secret)),
        ..later.clone()
    };
    Ok(Reply::once(&shown, &later)?.version(made.pairing.version))
}

/// One pairing.
pub async fn show(call: ApiRequest<PairingId>) -> Result<Reply<PairingDocument>, Problem> {
    let found = call
        .look(|conn, call| Ok(view(conn, &call.principal, call.address, call.now)?))
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok(Reply::new(&PairingDocument::from(&found))?.version(found.pairing.version))
}

/// The pairing after a change, whatever the caller may look at.
fn changed<A, B, Q>(
    conn: &mut Conn,
    call: &ApiRequest<A, B, Q>,
    id: PairingId,
) -> Result<PairingView, Problem> {
    let scope = Scope::from(call.principal.access());
    let row = pairings::find(conn, scope, id)?.ok_or_else(Problem::not_found)?;
    let mut found = views(conn, &call.principal, vec![row], call.now)?;
    found.pop().ok_or_else(Problem::not_found)
}

/// Switches a pairing off or on.
pub async fn switch(
    call: ApiRequest<Guarded<PairingId>, SwitchPairing>,
) -> Result<Reply<PairingDocument>, Problem> {
    call.write(|conn, call| {
        let (actor, expected) = (&call.principal.actor, call.expected());
        pair::switch(conn, actor, *call.address, expected, &call.body, call.now)?;
        let after = changed(conn, call, *call.address)?;
        Ok(Reply::new(&PairingDocument::from(&after))?.version(after.pairing.version))
    })
    .await
}

/// Ends a pairing.
pub async fn remove(call: ApiRequest<Guarded<PairingId>>) -> Result<Done, Problem> {
    call.write(|conn, call| {
        let (actor, expected) = (&call.principal.actor, call.expected());
        pair::remove(conn, actor, *call.address, expected, call.now)?;
        Ok(Reply::done())
    })
    .await
}

/// Gives an unanswered request a new link.
pub async fn renew(
    call: ApiRequest<Guarded<PairingId>>,
) -> Result<Created<PairingWithLink>, Problem> {
    let secret = NewSecret::with_prefix(PAIRING_PREFIX);
    call.write(move |conn, call| {
        let (actor, expected) = (&call.principal.actor, call.expected());
        let (id, now) = (*call.address, call.now);
        pair::renew_link(conn, actor, id, expected, &secret.hash, now)?;
        with_link(conn, call, id, &secret)
    })
    .await
}

/// Proposes more people and groups.
pub async fn propose(
    call: ApiRequest<Guarded<PairingId>, ProposeMembers>,
) -> Result<Reply<PairingDocument>, Problem> {
    call.write(|conn, call| {
        let (actor, expected) = (&call.principal.actor, call.expected());
        pair::propose(conn, actor, *call.address, expected, &call.body, call.now)?;
        let after = changed(conn, call, *call.address)?;
        Ok(Reply::new(&PairingDocument::from(&after))?.version(after.pairing.version))
    })
    .await
}

/// Removes a person or a group.
pub async fn remove_member(call: ApiRequest<Guarded<PairingMemberId>>) -> Result<Done, Problem> {
    call.write(|conn, call| {
        let (actor, expected) = (&call.principal.actor, call.expected());
        pair::remove_member(conn, actor, *call.address, expected, call.now)?;
        Ok(Reply::done())
    })
    .await
}

/// Gives a role.
pub async fn give_role(
    call: ApiRequest<Guarded<PairingMemberId>, GiveRole>,
) -> Result<Created<GivenRoleDocument>, Problem> {
    call.write(|conn, call| {
        let (actor, expected) = (&call.principal.actor, call.expected());
        let id = pair::give_role(conn, actor, *call.address, expected, &call.body, call.now)?;
        let scope = Scope::from(call.principal.access());
        let found = pairings::find_given(conn, scope, id)?;
        let (pairing, given) = found.ok_or_else(Problem::not_found)?;
        let after = changed(conn, call, pairing.id)?;
        Created::new(&GivenRoleDocument::new(&after, &given))
    })
    .await
}

/// Asks for a role.
pub async fn ask_role(
    call: ApiRequest<Guarded<PairingMemberId>, AskForRole>,
) -> Result<Created<RoleRequestDocument>, Problem> {
    call.write(|conn, call| {
        let (actor, expected) = (&call.principal.actor, call.expected());
        let id = pair::ask_role(conn, actor, *call.address, expected, &call.body, call.now)?;
        Created::new(&asked(conn, call, id)?)
    })
    .await
}

/// Asks for a role no more.
pub async fn ask_role_no_more(call: ApiRequest<RoleRequestId>) -> Result<Done, Problem> {
    call.write(|conn, call| {
        pair::ask_role_no_more(conn, &call.principal.actor, call.address, call.now)?;
        Ok(Reply::done())
    })
    .await
}

/// Refuses a role that is asked for.
pub async fn refuse_role(
    call: ApiRequest<RoleRequestId, RefuseRole>,
) -> Result<Reply<RoleRequestDocument>, Problem> {
    call.write(|conn, call| {
        let actor = &call.principal.actor;
        pair::refuse_role(conn, actor, call.address, &call.body, call.now)?;
        Reply::new(&asked(conn, call, call.address)?)
    })
    .await
}

/// A role that is asked for, after a change.
fn asked<A, B>(
    conn: &mut Conn,
    call: &ApiRequest<A, B>,
    id: RoleRequestId,
) -> Result<RoleRequestDocument, Problem> {
    let scope = Scope::from(call.principal.access());
    let found = pairings::find_role_request(conn, scope, id)?;
    let (pairing, _, request) = found.ok_or_else(Problem::not_found)?;
    let after = changed(conn, call, pairing.id)?;
    Ok(RoleRequestDocument::new(&after, &request))
}

/// The visits by a pairing. Who was there is shown to those who may see who is in it (P10).
pub async fn visits(
    call: ApiRequest<PairingId, (), VisitQuery>,
) -> Result<Reply<Page<VisitDocument>>, Problem> {
    let page = call
        .look(|conn, call| {
            let (limit, cursor) = (call.query.limit, call.query.cursor.as_deref());
            let paging: Paging<VisitId> = Paging::read("visits", &call.address, limit, cursor)?;
            let read = (paging.after, paging.fetch());
            let pairing = view(conn, &call.principal, call.address, call.now)?;
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
pub async fn take_role(call: ApiRequest<GrantId>) -> Result<Done, Problem> {
    call.write(|conn, call| {
        pair::take_role(conn, &call.principal.actor, call.address, call.now)?;
        Ok(Reply::done())
    })
    .await
}

/// Adds a cloned user.
pub async fn add_clone(
    call: ApiRequest<Guarded<PairingMemberId>, AddClone>,
) -> Result<Created<CloneDocument>, Problem> {
    call.write(|conn, call| {
        let (actor, expected) = (&call.principal.actor, call.expected());
        let mark = call.desk.words.say("clone-mark", &[]);
        let whose = (&call.body, mark.as_str());
        let id = pair::add_clone(conn, actor, *call.address, expected, whose, call.now)?;
        let scope = Scope::from(call.principal.access());
        let found = pairings::find_clone(conn, scope, id)?;
        let (_, clone) = found.ok_or_else(Problem::not_found)?;
        Created::new(&CloneDocument::from(&clone))
    })
    .await
}

/// Removes a cloned user.
pub async fn remove_clone(call: ApiRequest<CloneAddress>) -> Result<Done, Problem> {
    call.write(|conn, call| {
        pair::remove_clone(conn, &call.principal.actor, call.address.0, call.now)?;
        Ok(Reply::done())
    })
    .await
}

/// The organizations that the caller's serves or has served.
pub async fn clients(
    call: ApiRequest<(), (), ClientQuery>,
) -> Result<Reply<Page<OrganizationName>>, Problem> {
    let page = call
        .look(|conn, call| {
            call.principal
                .access()
                .require(Permission::OrgTrusteesView)?;
            let own = call.principal.access().organization;
            let (limit, cursor) = (call.query.limit, call.query.cursor.as_deref());
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
