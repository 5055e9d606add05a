//! What the forms of relationships do.

use super::show::{self, ask};
use super::{LinkPage, TypedRole, TypedWish, link, places};
use crate::credentials::{NewSecret, PAIRING_PREFIX};
use crate::db::Conn;
use crate::domain::access::Permission;
use crate::domain::ids::{GrantId, PairingId, PairingMemberId, RoleRequestId};
use crate::http::api::addresses::CloneAddress;
use crate::http::api::pairings::link as link_of;
use crate::http::api_request::{SIGNED_IN, may};
use crate::http::portal::act::FormPage;
use crate::http::portal::answer::PageResult;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::route::{PortalRoute, pages};
use crate::http::problem::Problem;
use crate::store::pairings::{self, Scope};
use crate::workflow::pair::{
    self, AddClone, AskForPairing, ProposeMembers, RefuseRole, SwitchPairing,
};
use crate::workflow::{Rejection, VerbError};

const PLACE: &str = "relationships";

/// The rows of the route table.
pub(in crate::http::portal) fn routes() -> Vec<PortalRoute> {
    pages! { relationships:
        GET  "/relationships"                      SIGNED_IN => show_all, "Access to my organization, and access to other organizations";
        POST "/relationships"                      SIGNED_IN.again() => request, "Asks to work in another organization";
        GET  "/relationships/new"                  SIGNED_IN => new, "The form that asks to work in another organization";
        GET  "/relationships/{pairing}"            SIGNED_IN => show_one, "One pairing";
        POST "/relationships/{pairing}/switch"     SIGNED_IN.again() => switch, "Switches a pairing off or on";
        POST "/relationships/{pairing}/remove"     SIGNED_IN.again() => remove, "Ends a pairing, or takes a request back";
        POST "/relationships/{pairing}/link"       SIGNED_IN.again() => renew, "Gives an unanswered request a new link";
        POST "/relationships/{pairing}/members"    SIGNED_IN.again() => propose, "Proposes more people and groups";
        GET  "/pairing-members/{member}"           SIGNED_IN => show_member, "A person or a group of a pairing, and their roles";
        POST "/pairing-members/{member}/roles"     SIGNED_IN.again() => give_role, "Gives a role";
        POST "/pairing-members/{member}/clones"    SIGNED_IN.again() => add_clone, "Adds a cloned user";
        POST "/pairing-members/{member}/remove"    SIGNED_IN.again() => remove_member, "Removes a person or a group";
        POST "/pairing-roles/{grant}/take"         SIGNED_IN.again() => take_role, "Takes a role";
        POST "/pairing-members/{member}/role-requests" SIGNED_IN.again() => ask_role, "Asks the other organization for a role";
        POST "/pairing-role-requests/{role_request}/withdraw" SIGNED_IN.again() => ask_role_no_more, "Asks for a role no more";
        POST "/pairing-role-requests/{role_request}/refuse" SIGNED_IN.again() => refuse_role, "Refuses a role that is asked for";
        GET  "/relationships/{pairing}/visits"     SIGNED_IN => show_visits, "What was changed by a pairing, by visit";
        POST "/clones/{clone}/remove"              SIGNED_IN.again() => remove_clone, "Removes a cloned user";
        GET  "/pairing-links/{token}"              may(Permission::OrgTrustorsManage) => link::show, "Who asks behind a link, and for whom";
        POST "/pairing-links/{token}"              may(Permission::OrgTrustorsManage).again() => link::answer, "Yes, I authorize access; or no";
        GET  "/places"                             SIGNED_IN.before_set_up() => places::show, "Where one may work";
        POST "/switch"                             SIGNED_IN.before_set_up() => places::switch, "Switches into another organization, or back home";
    }
}

async fn show_all(req: PageRequest) -> PageResult {
    let page = show::lists(&req).await?;
    req.show(PLACE, "relationships", &page)
}

async fn show_one(req: PageRequest, id: PairingId) -> PageResult {
    let page = show::pairing(&req, id).await?;
    req.show(PLACE, "pairing", &page)
}

async fn show_member(req: PageRequest, id: PairingMemberId) -> PageResult {
    let page = show::member(&req, id).await?;
    req.show(PLACE, "pairing-member", &page)
}

async fn new(req: PageRequest) -> PageResult {
    let client = req.asked("organization").map(str::to_owned);
    let page = ask(&req, client).await?;
    req.show(PLACE, "pairing-ask", &page)
}

/// The page on which a pairing is asked for; the link's secret is shown once it is.
struct Asking {
    secret: NewSecret,
}

impl FormPage<pairings::Pairing> for Asking {
    async fn done(&self, req: &PageRequest, pairing: pairings::Pairing) -> PageResult {
        show_link(req, &self.secret, &pairing)
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        let client = req.typed.get("organization").map(|name| name.trim());
        let client = client.filter(|name| !name.is_empty()).map(str::to_owned);
        let mut page = ask(req, client).await?;
        page.form = page.form.refused_for(req.words(), &req.typed, &problem);
        req.show_again(problem.code().status(), PLACE, "pairing-ask", &page)
    }
}

async fn request(req: PageRequest) -> PageResult {
    let secret = NewSecret::with_prefix(PAIRING_PREFIX);
    let hash = secret.hash.clone();
    req.act(
        &Asking { secret },
        move |conn, by, command: &AskForPairing| {
            let id = pair::request(conn, by.actor, command, &hash, by.now)?;
            found(conn, Scope::from(&by.actor.access), id)
        },
    )
    .await
}

fn found(conn: &mut Conn, scope: Scope, id: PairingId) -> Result<pairings::Pairing, VerbError> {
    let pairing = pairings::find(conn, scope, id)?;
    Ok(pairing.ok_or(Rejection::NotFound)?)
}

/// The page that shows a link, once: it cannot be found again by going back here.
fn show_link(req: &PageRequest, secret: &NewSecret, pairing: &pairings::Pairing) -> PageResult {
    let page = LinkPage {
        link: link_of(&req.desk, secret),
        expires_at: pairing.expires_at,
        href: format!("/relationships/{}", pairing.id),
    };
    req.show(PLACE, "pairing-link", &page)
}

async fn renew(req: PageRequest, id: PairingId) -> PageResult {
    let secret = NewSecret::with_prefix(PAIRING_PREFIX);
    let hash = secret.hash.clone();
    let pairing = req
        .perform(move |conn, by, (): &()| {
            pair::renew_link(conn, by.actor, id, None, &hash, by.now)?;
            found(conn, Scope::from(&by.actor.access), id)
        })
        .await?;
    show_link(&req, &secret, &pairing)
}

async fn switch(req: PageRequest, id: PairingId) -> PageResult {
    let on = req
        .perform(move |conn, by, command: &SwitchPairing| {
            pair::switch(conn, by.actor, id, None, command, by.now)?;
            Ok(command.enabled)
        })
        .await?;
    let done = match on {
        true => Done::PairingOn,
        false => Done::PairingOff,
    };
    Ok(req.go(address(id), Some(Flash::new(done))))
}

async fn remove(req: PageRequest, id: PairingId) -> PageResult {
    req.perform(move |conn, by, (): &()| pair::remove(conn, by.actor, id, None, by.now))
        .await?;
    Ok(req.go("/relationships", Some(Flash::new(Done::PairingRemoved))))
}

async fn propose(req: PageRequest, id: PairingId) -> PageResult {
    req.perform(move |conn, by, command: &ProposeMembers| {
        pair::propose(conn, by.actor, id, None, command, by.now)
    })
    .await?;
    Ok(req.go(address(id), Some(Flash::new(Done::MembersProposed))))
}

async fn remove_member(req: PageRequest, id: PairingMemberId) -> PageResult {
    let pairing = req
        .perform(move |conn, by, (): &()| pair::remove_member(conn, by.actor, id, None, by.now))
        .await?;
    Ok(req.go(address(pairing), Some(Flash::new(Done::MemberRemoved))))
}

async fn give_role(req: PageRequest, id: PairingMemberId) -> PageResult {
    req.perform(move |conn, by, typed: &TypedRole| {
        pair::give_role(conn, by.actor, id, None, &typed.into(), by.now)
    })
    .await?;
    let flash = Flash::new(Done::RoleGiven);
    Ok(req.go(member_address(id), Some(flash)))
}

async fn take_role(req: PageRequest, id: GrantId) -> PageResult {
    let pairing = req
        .perform(move |conn, by, (): &()| pair::take_role(conn, by.actor, id, by.now))
        .await?;
    Ok(req.go(address(pairing.id), Some(Flash::new(Done::RoleTaken))))
}

async fn ask_role(req: PageRequest, id: PairingMemberId) -> PageResult {
    req.perform(move |conn, by, typed: &TypedWish| {
        pair::ask_role(conn, by.actor, id, None, &typed.into(), by.now)
    })
    .await?;
    Ok(req.go(member_address(id), Some(Flash::new(Done::RoleAsked))))
}

async fn ask_role_no_more(req: PageRequest, id: RoleRequestId) -> PageResult {
    let member = req
        .perform(move |conn, by, (): &()| pair::ask_role_no_more(conn, by.actor, id, by.now))
        .await?;
    let flash = Flash::new(Done::RoleUnasked);
    Ok(req.go(member_address(member), Some(flash)))
}

async fn refuse_role(req: PageRequest, id: RoleRequestId) -> PageResult {
    let member = req
        .perform(move |conn, by, command: &RefuseRole| {
            pair::refuse_role(conn, by.actor, id, command, by.now)
        })
        .await?;
    let flash = Flash::new(Done::RoleRefused);
    Ok(req.go(member_address(member), Some(flash)))
}

async fn show_visits(req: PageRequest, id: PairingId) -> PageResult {
    let page = show::visits(&req, id).await?;
    req.show(PLACE, "pairing-visits", &page)
}

async fn add_clone(req: PageRequest, id: PairingMemberId) -> PageResult {
    // It becomes part of a name, which everybody reads as it is kept.
    let mark = req.desk.words.english().say("clone-mark", &[]);
    req.perform(move |conn, by, command: &AddClone| {
        pair::add_clone(conn, by.actor, id, None, (command, &mark), by.now)
    })
    .await?;
    let flash = Flash::new(Done::CloneAdded);
    Ok(req.go(member_address(id), Some(flash)))
}

async fn remove_clone(req: PageRequest, CloneAddress(id): CloneAddress) -> PageResult {
    let pairing = req
        .perform(move |conn, by, (): &()| pair::remove_clone(conn, by.actor, id, by.now))
        .await?;
    Ok(req.go(address(pairing.id), Some(Flash::new(Done::CloneRemoved))))
}

fn address(pairing: PairingId) -> String {
    format!("/relationships/{pairing}")
}

fn member_address(member: PairingMemberId) -> String {
    format!("/pairing-members/{member}")
}
