//! Listing people, adding them, giving roles, shutting out and letting in.

use std::collections::BTreeSet;

use super::{Offered, PersonPage, Standing, account_sections, add_person_form, roles_form};
use crate::domain::access::{Access, Permission, Reach, Role};
use crate::domain::ids::PersonId;
use crate::domain::organization::{OrganizationKind, Side};
use crate::http::api_request::may;
use crate::http::pagination::Paging;
use crate::http::password;
use crate::http::portal::act::FormPage;
use crate::http::portal::admin::handlers::{PLACE, again, form, list, tabs_of};
use crate::http::portal::admin::{AdminForm, Cell, Place};
use crate::http::portal::answer::PageResult;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::form::{Choice, Control, Form, Kind};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::{Link, Pager};
use crate::http::portal::route::{PortalRoute, pages};
use crate::http::problem::Problem;
use crate::store::grants::{self, Given};
use crate::store::people::{self, Person};
use crate::store::roles::{self, OwnRole};
use crate::store::{groups, organizations, pairings, second_factors};
use crate::words::Catalogue;
use crate::workflow::account;
use crate::workflow::people::{AddUser, UpdateUser, manages, update_person};
use crate::workflow::second_factor;

/// The rows of the route table.
pub(in crate::http::portal) fn routes() -> Vec<PortalRoute> {
    pages! { people:
        GET  "/admin/people"                 may(Permission::UsersView)   => show_all, "People, by name";
        GET  "/admin/people/new"             may(Permission::UsersManage) => new, "The form that adds a person";
        POST "/admin/people"                 may(Permission::UsersManage) => add, "Adds a person";
        GET  "/admin/people/{person}"        may(Permission::UsersView)   => show, "One person";
        GET  "/admin/people/{person}/access" may(Permission::UsersView)   => super::access::show, "What a person may do, and which role gives it";
        POST "/admin/people/{person}/roles"  may(Permission::UsersManage).proven() => change, "Gives a person their roles";
        POST "/admin/people/{person}/access" may(Permission::UsersManage).proven() => change, "Shuts a person out, or lets them in again";
        POST "/admin/people/{person}/invitation"    may(Permission::UsersManage) => invite, "Invites a person by mail, or once more";
        POST "/admin/people/{person}/sign-out"      may(Permission::UsersManage).proven() => sign_out, "Signs a person out everywhere and revokes their API tokens";
        POST "/admin/people/{person}/second-factor" may(Permission::UsersManage).proven() => take_second_factor, "Takes a person's second factor away";
    }
}

async fn show_all(visit: PageRequest) -> PageResult {
    let (reach, cursor) = (
        visit.access()?.reach(),
        visit.asked("cursor").map(str::to_owned),
    );
    let (now, sees_groups) = (visit.now, visit.can(Permission::GroupsView));
    let (people, roles, groups, next, names) = visit
        .look(move |conn| {
            let paging = Paging::<(String, String, PersonId)>::read(
                "portal/people",
                &(),
                None,
                cursor.as_deref(),
            )?;
            let after = paging
                .after
                .as_ref()
                .map(|(last, first, id)| (last.as_str(), first.as_str(), *id));
            let mut people = people::list(conn, reach, None, after, paging.fetch())?;
            let key = |person: &Person| {
                (
                    person.last_name.clone(),
                    person.first_name.clone(),
                    person.id,
                )
            };
            let next = paging.next(&mut people, key);
            let ids: Vec<_> = people.iter().map(|person| person.id).collect();
            let roles = grants::of_people(conn, &ids, now)?;
            let groups = match sees_groups {
                true => groups::of_people(conn, &ids)?,
                false => Vec::new(),
            };
            let all = organizations::list(conn, reach, None, 1_000)?;
            let names: Vec<_> = all
                .into_iter()
                .map(|organization| (organization.id, organization.name))
                .collect();
            Ok((people, roles, groups, next, names))
        })
        .await?;
    let words = visit.words();
    let row = |person: &Person| {
        let held = roles.iter().filter(|(id, _)| *id == person.id);
        let held: Vec<_> = held.map(|(_, role)| called(words, role)).collect();
        let theirs = groups.iter().filter(|(id, _, _)| *id == person.id);
        let theirs: Vec<_> = theirs.map(|(_, _, name)| name.as_str()).collect();
        let organization = names.iter().find(|(id, _)| *id == person.organization_id);
        let (access, chip) = match person.disabled_at {
            None => ("person-active", "good"),
            Some(_) => ("person-disabled", "late"),
        };
        vec![
            Cell::link(person.name(), format!("/admin/people/{}", person.id))
                .small(person.email.to_string()),
            Cell::text(
                organization
                    .map(|(_, name)| name.clone())
                    .unwrap_or_default(),
            ),
            Cell::text(held.join(", ")).small(theirs.join(", ")),
            Cell::chip(words.say_of("access", access, &[]), chip),
        ]
    };
    let label = |key| words.say_of("label", key, &[]);
    let columns = [
        label("name"),
        label("organization"),
        words.say("person-roles", &[]),
        words.say("person-access", &[]),
    ];
    let add = words.say("person-add-button", &[]);
    let adds = visit.can(Permission::UsersManage).then_some(add.as_str());
    let mut page = list(
        &visit,
        Place::People,
        &columns,
        people.iter().map(row).collect(),
        adds,
    );
    page.pager = Pager {
        first: visit.asked("cursor").map(|_| "/admin/people".to_owned()),
        next: next.map(|cursor| format!("/admin/people?cursor={cursor}")),
    };
    visit.show(PLACE, "admin-list", &page)
}

async fn new(visit: PageRequest) -> PageResult {
    let page = new_page(&visit).await?;
    visit.show(PLACE, "admin-form", &page)
}

async fn new_page(visit: &PageRequest) -> Result<AdminForm, Problem> {
    let (reach, own) = (
        visit.access()?.reach(),
        visit.principal()?.organization.slug.clone(),
    );
    let (all, own_roles) = visit
        .look(move |conn| {
            // Whose own roles fit is known where there is one organization to choose.
            let own_roles = match reach {
                Reach::Organization(own) => roles::of_organization(conn, own)?,
                Reach::Everything | Reach::Staff(_) => Vec::new(),
            };
            Ok((organizations::list(conn, reach, None, 1_000)?, own_roles))
        })
        .await?;
    let choice = |organization: &organizations::Organization| {
        Choice::new(organization.slug.to_string(), organization.name.clone())
    };
    let words = visit.words();
    let offered = offered(words, visit.access()?, None, &own_roles);
    let form_of = add_person_form(words, all.iter().map(choice).collect(), &offered, &own);
    let (title, about) = (
        words.say("person-add", &[]),
        words.say("person-add-about", &[]),
    );
    Ok(form(visit, Place::People, title, about, form_of))
}

/// The roles that the visitor may give in an organization of this kind, to a person or to a group, with its own; all those
/// of the visitor's reach if it is not known yet.
pub(in crate::http::portal::admin) fn offered(
    words: &Catalogue,
    access: &Access,
    kind: Option<OrganizationKind>,
    own: &[OwnRole],
) -> Vec<Offered> {
    let fits = |role: &&Role| match kind {
        _ if role.is_of_pairings() => false,
        Some(kind) => role.fits(kind),
        None => access.side == Side::Provider || role.side() == access.side,
    };
    // Nobody gives more than they may.
    let gives = |permissions: &BTreeSet<Permission>| access.may_give(permissions).is_ok();
    let predefined = Role::ALL
        .iter()
        .filter(fits)
        .filter(|role| gives(&role.permissions()));
    let own = own.iter().filter(|role| gives(&role.permissions.0));
    predefined
        .map(|role| Offered::predefined(words, *role))
        .chain(own.map(|role| Offered::own(words, role)))
        .collect()
}

/// What a given role is called.
fn called(words: &Catalogue, role: &Given) -> String {
    match &role.name {
        Some(name) => name.clone(),
        None => words.say_of("role", &role.code, &[]),
    }
}

/// The page that adds a person.
struct Adding;

impl FormPage<(PersonId, String)> for Adding {
    async fn done(&self, visit: &PageRequest, (id, name): (PersonId, String)) -> PageResult {
        let flash = Flash::new(Done::PersonAdded).name(name);
        Ok(visit.go(address(id), Some(flash)))
    }

    async fn refused(&self, visit: &PageRequest, problem: Problem) -> PageResult {
        again(visit, &problem, new_page(visit).await?)
    }
}

async fn add(visit: PageRequest) -> PageResult {
    visit.finish(&Adding, added(&visit).await).await
}

async fn added(visit: &PageRequest) -> Result<(PersonId, String), Problem> {
    let mut command: AddUser = visit.form()?;
    // Whoever is given a password needs no invitation, which is ticked at first.
    if command.password.is_some() {
        command.invite = None;
    }
    let hash = password::given(&visit.desk, &command).await?;
    let name = people::display_name(command.first_name.as_str(), command.last_name.as_str());
    let (actor, key, now) = (visit.actor()?.clone(), visit.desk.key.clone(), visit.now);
    let id = visit
        .write(move |conn| {
            let add = (&command, hash.as_deref());
            account::add(conn, &key, Some(&actor), add, now)
        })
        .await?;
    Ok((id, name))
}

async fn show(visit: PageRequest, id: PersonId) -> PageResult {
    let page = page(&visit, id).await?;
    visit.show(PLACE, "person", &page)
}

async fn page(visit: &PageRequest, id: PersonId) -> Result<PersonPage, Problem> {
    let actor = visit.actor()?.clone();
    let (now, sees_groups) = (visit.now, visit.can(Permission::GroupsView));
    let (person, organization, given, own_roles, (groups, second_factor, cloned, manages)) = visit
        .look(move |conn| {
            let person = people::find(conn, actor.reach(), id)?.ok_or_else(Problem::not_found)?;
            let organization =
                organizations::find(conn, Reach::Everything, person.organization_id)?
                    .ok_or_else(Problem::not_found)?;
            let given = grants::of_people(conn, &[id], now)?;
            let own_roles = roles::of_organization(conn, organization.id)?;
            let groups = match sees_groups {
                true => Some(groups::of_people(conn, &[id])?),
                false => None,
            };
            let second_factor = second_factors::is_on(conn, id)?;
            let cloned = pairings::is_clone(conn, id)?;
            let manages = manages(conn, &actor, &person, now)?;
            Ok((
                person,
                organization,
                given,
                own_roles,
                (groups, second_factor, cloned, manages),
            ))
        })
        .await?;
    let words = visit.words();
    let active = person.disabled_at.is_none();
    let to = |place: &str| format!("/admin/people/{id}/{place}");
    let offered = offered(words, visit.access()?, Some(organization.kind), &own_roles);
    let verb = if active { "disable" } else { "enable" };
    let codes: Vec<String> = given.iter().map(|(_, role)| role.code.clone()).collect();
    let standing = Standing {
        joined: cloned || person.has_joined(),
        active,
        second_factor,
        own: visit.actor()?.id() == id,
    };
    let held = given
        .iter()
        .map(|(_, role)| called(words, role))
        .collect::<Vec<_>>();
    Ok(PersonPage {
        name: person.name(),
        email: person.email.to_string(),
        organization: organization.name,
        active,
        tabs: tabs_of(visit, Place::People),
        held,
        groups: groups.map(|groups| {
            groups
                .into_iter()
                .map(|(_, id, name)| Link::new(name, format!("/admin/groups/{id}")))
                .collect()
        }),
        explained: to("access"),
        roles: manages.then(|| roles_form(words, to("roles"), &offered, &codes)),
        access_about: words.say_of("access-about", verb, &[]),
        access: manages.then(|| {
            let button = words.say_of("access", verb, &[]);
            // Shuts out, or lets in again.
            let disabled = Control::new(Kind::Hidden, UpdateUser::disabled().name, "");
            let disabled = disabled.value(active.to_string());
            let form = Form::new("access", to("access"), button, vec![disabled]);
            if active { form.taking() } else { form }
        }),
        account: match manages {
            true => account_sections(words, &format!("/admin/people/{id}"), standing),
            false => Vec::new(),
        },
    })
}

/// What is changed on the page of a person.
struct OnPerson(PersonId);

impl FormPage<Done> for OnPerson {
    async fn done(&self, visit: &PageRequest, done: Done) -> PageResult {
        Ok(visit.go(address(self.0), Some(Flash::new(done))))
    }

    async fn refused(&self, visit: &PageRequest, problem: Problem) -> PageResult {
        let mut page = page(visit, self.0).await?;
        let again = |form: Form| form.refused_for(visit.words(), &visit.typed, &problem);
        page.roles = page.roles.map(again);
        visit.show_again(problem.code().status(), PLACE, "person", &page)
    }
}

async fn change(visit: PageRequest, id: PersonId) -> PageResult {
    visit
        .act(&OnPerson(id), move |conn, by, command: &UpdateUser| {
            let update = command.hashed(None);
            update_person(conn, Some(by.actor), id, None, &update, by.now)?;
            Ok(Done::PersonChanged)
        })
        .await
}

async fn invite(visit: PageRequest, id: PersonId) -> PageResult {
    let key = visit.desk.key.clone();
    visit
        .perform(move |conn, by, (): &()| {
            account::invite(conn, &key, Some(by.actor), id, by.now).map(drop)
        })
        .await?;
    OnPerson(id).done(&visit, Done::PersonInvited).await
}

async fn sign_out(visit: PageRequest, id: PersonId) -> PageResult {
    visit
        .perform(move |conn, by, (): &()| {
            account::end_everything(conn, Some(by.actor), id, by.now).map(drop)
        })
        .await?;
    OnPerson(id).done(&visit, Done::PersonSignedOut).await
}

async fn take_second_factor(visit: PageRequest, id: PersonId) -> PageResult {
    visit
        .perform(move |conn, by, (): &()| {
            second_factor::take_away(conn, Some(by.actor), id, by.now).map(drop)
        })
        .await?;
    OnPerson(id).done(&visit, Done::SecondFactorTaken).await
}

fn address(id: PersonId) -> String {
    format!("/admin/people/{id}")
}
