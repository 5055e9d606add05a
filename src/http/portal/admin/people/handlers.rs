//! Listing people, adding them, giving roles, shutting out and letting in.

use std::collections::{BTreeSet, HashMap};

use diesel::QueryResult;

use super::{
    Offered, PersonPage, Standing, account_sections, add_person_form, profile_form, roles_form,
};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Access, Permission, Reach, Role};
use crate::domain::ids::{GroupId, PersonId};
use crate::domain::organization::{OrganizationKind, Side};
use crate::http::api::users::{People, UserQuery};
use crate::http::api_request::may;
use crate::http::list::{Found, Listing, find};
use crate::http::password;
use crate::http::portal::act::FormPage;
use crate::http::portal::admin::handlers::{PLACE, again, form, tabs_of};
use crate::http::portal::admin::list::{Add, ListPage, list};
use crate::http::portal::admin::{AdminForm, Cell, Place};
use crate::http::portal::answer::PageResult;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::form::{Choice, Control, Form, Kind};
use crate::http::portal::list::{Column, Filter, MOST_COUNTED};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::{Fact, Link};
use crate::http::portal::route::{PortalRoute, pages};
use crate::http::problem::Problem;
use crate::store::cases::OrganizationRef;
use crate::store::grants::{self, Given};
use crate::store::organizations::Organization;
use crate::store::people::{self, Person, PersonState};
use crate::store::roles::{self, OwnRole};
use crate::store::{devices, groups, organizations, pairings, second_factors};
use crate::words::Catalogue;
use crate::workflow::account;
use crate::workflow::people::{AddUser, UpdateUser, manages, update_person};
use crate::workflow::second_factor;

/// The most organizations that the list and the form offer.
const ORGANIZATIONS: i64 = 1_000;

/// The rows of the route table.
pub(in crate::http::portal) fn routes() -> Vec<PortalRoute> {
    pages! { people:
        GET  "/admin/people"                 may(Permission::UsersView)   => list::<List>, "People, by name";
        GET  "/admin/people/new"             may(Permission::UsersManage) => new, "The form that adds a person";
        POST "/admin/people"                 may(Permission::UsersManage) => add, "Adds a person";
        GET  "/admin/people/{person}"        may(Permission::UsersView)   => show, "One person";
        GET  "/admin/people/{person}/access" may(Permission::UsersView)   => super::access::show, "What a person may do, and which role gives it";
        POST "/admin/people/{person}/profile" may(Permission::UsersManage).proven() => change_profile, "Changes a person's name, zone and language";
        POST "/admin/people/{person}/roles"  may(Permission::UsersManage).proven() => change_roles, "Gives a person their roles";
        POST "/admin/people/{person}/access" may(Permission::UsersManage).proven() => change_access, "Shuts a person out, or lets them in again";
        POST "/admin/people/{person}/invitation"    may(Permission::UsersManage) => invite, "Invites a person by mail, or once more";
        POST "/admin/people/{person}/sign-out"      may(Permission::UsersManage).proven() => sign_out, "Signs a person out everywhere and revokes their API tokens";
        POST "/admin/people/{person}/second-factor" may(Permission::UsersManage).proven() => take_second_factor, "Takes a person's second factor away";
    }
}

/// The people that the visitor may see.
struct List;

/// What the list of people says of each besides who they are.
struct OfPeople {
    roles: Vec<(PersonId, Given)>,
    groups: Vec<(PersonId, GroupId, String)>,
    organizations: Vec<Organization>,
    own_roles: Vec<OwnRole>,
    clones: HashMap<PersonId, OrganizationRef>,
    /// For who manages people.
    last_sign_ins: Option<HashMap<PersonId, Instant>>,
}

impl ListPage for List {
    const PLACE: Place = Place::People;
    const COLUMNS: &'static [Column] = &[
        Column::label("name").sorts("name"),
        Column::label("organization"),
        Column::said("person-roles"),
        Column::said("person-added").sorts("-created_at"),
        Column::said("person-access"),
    ];
    const ADD: Option<Add> = Some(Add::said("person-add-button", Permission::UsersManage));
    type Query = UserQuery;
    type Row = Person;
    type Beside = OfPeople;

    fn searches(query: &UserQuery) -> bool {
        People::searches(query)
    }

    fn find(
        conn: &mut Conn,
        req: &PageRequest,
        query: &UserQuery,
    ) -> Result<(Found<Person>, OfPeople), Problem> {
        let found = find::<People>(conn, req.asker()?, query, Some(MOST_COUNTED))?;
        let ids: Vec<PersonId> = found.rows.iter().map(|person| person.id).collect();
        let access = req.access()?;
        let beside = OfPeople {
            roles: grants::of_people(conn, &ids, req.now)?,
            groups: match req.can(Permission::GroupsView) {
                true => groups::of_people(conn, &ids)?,
                false => Vec::new(),
            },
            organizations: organizations::by_name(conn, access.reach(), ORGANIZATIONS)?,
            own_roles: own_roles(conn, access.reach())?,
            clones: pairings::homes_of_clones(conn, &ids)?,
            last_sign_ins: match req.can(Permission::UsersManage) {
                true => Some(devices::last_sign_ins(conn, &ids)?),
                false => None,
            },
        };
        Ok((found, beside))
    }

    fn cells(req: &PageRequest, person: &Person, beside: &OfPeople) -> Vec<Cell> {
        let words = req.words();
        let roles = beside.roles.iter().filter(|(id, _)| *id == person.id);
        let roles: Vec<_> = roles.map(|(_, role)| called(words, role)).collect();
        let groups = beside.groups.iter().filter(|(id, _, _)| *id == person.id);
        let groups: Vec<_> = groups.map(|(_, _, name)| name.as_str()).collect();
        let mut organizations = beside.organizations.iter();
        let organization = organizations.find(|one| one.id == person.organization_id);
        let (access, chip) = match person.disabled_at {
            None => ("person-active", "good"),
            Some(_) => ("person-disabled", "late"),
        };
        vec![
            Cell::link(person.name(), address(person.id)).small(
                match beside.clones.get(&person.id) {
                    Some(home) => clone_of(words, home),
                    None => person.email.to_string(),
                },
            ),
            Cell::text(organization.map_or("", |one| one.name.as_str())),
            Cell::text(roles.join(", ")).small(groups.join(", ")),
            Cell::at(person.created_at),
            Cell::chip(words.say_of("access", access, &[]), chip).small(
                (beside.last_sign_ins.as_ref())
                    .map(|all| signed_in(req, all.get(&person.id).copied()))
                    .unwrap_or_default(),
            ),
        ]
    }

    fn filters(req: &PageRequest, beside: &OfPeople) -> Vec<Filter> {
        let words = req.words();
        let states = PersonState::NAMES.iter().map(|state| {
            let name = words.say_of("access", &format!("person-{state}"), &[]);
            Choice::new(*state, name)
        });
        let side = req.access().ok().map(|access| access.side);
        let predefined = (Role::ALL.iter())
            .filter(|role| !role.is_of_pairings())
            .filter(|role| req.is_staff() || side == Some(role.side()))
            .map(|role| Choice::new(role.as_str(), words.say_of("role", role.as_str(), &[])));
        let own =
            (beside.own_roles.iter()).map(|role| Choice::new(role.code.clone(), role.name.clone()));
        let mut filters = vec![
            Filter::search(req, UserQuery::q(), words.say("person-search", &[])),
            Filter::choice(req, UserQuery::state(), states.collect()),
            Filter::choice(req, UserQuery::role(), predefined.chain(own).collect()),
        ];
        if beside.organizations.len() > 1 {
            let choice = |one: &Organization| Choice::new(one.slug.as_str(), one.name.clone());
            let organizations = beside.organizations.iter().map(choice).collect();
            filters.push(Filter::choice(
                req,
                UserQuery::organization(),
                organizations,
            ));
        }
        filters
    }
}

/// Whose own roles fit is known where there is one organization to choose.
fn own_roles(conn: &mut Conn, reach: Reach) -> QueryResult<Vec<OwnRole>> {
    match reach {
        Reach::Organization(own) => roles::of_organization(conn, own),
        Reach::Everything | Reach::Staff(_) => Ok(Vec::new()),
    }
}

async fn new(req: PageRequest) -> PageResult {
    let page = new_page(&req).await?;
    req.show(PLACE, "admin-form", &page)
}

async fn new_page(req: &PageRequest) -> Result<AdminForm, Problem> {
    let reach = req.access()?.reach();
    let (all, own_roles) = req
        .read(move |conn| {
            let all = organizations::by_name(conn, reach, ORGANIZATIONS)?;
            Ok((all, own_roles(conn, reach)?))
        })
        .await?;
    let choice = |organization: &Organization| {
        Choice::new(organization.slug.to_string(), organization.name.clone())
    };
    let words = req.words();
    let offered = offered(words, req.access()?, None, &own_roles);
    let form_of = add_person_form(words, all.iter().map(choice).collect(), &offered);
    let (title, about) = (
        words.say("person-add", &[]),
        words.say("person-add-about", &[]),
    );
    Ok(form(req, Place::People, title, about, form_of))
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
    let side = kind.map_or(access.side, OrganizationKind::side);
    let predefined = Role::ALL
        .iter()
        .filter(fits)
        .filter(|role| gives(&role.permissions()));
    let own = own
        .iter()
        .filter(|role| gives(&role.permissions.0.on(side)));
    predefined
        .map(|role| Offered::predefined(words, *role))
        .chain(own.map(|role| Offered::own(words, role)))
        .collect()
}

/// When somebody last signed in, in words.
fn signed_in(req: &PageRequest, at: Option<Instant>) -> String {
    let words = req.words();
    match at.map(|at| req.times().near(at)) {
        Some(at) => words.say("person-signed-in", &[("at", at.into())]),
        None => words.say("person-never-signed-in", &[]),
    }
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
    async fn done(&self, req: &PageRequest, (id, name): (PersonId, String)) -> PageResult {
        let flash = Flash::new(Done::PersonAdded).name(name);
        Ok(req.go(address(id), Some(flash)))
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        again(req, &problem, new_page(req).await?)
    }
}

async fn add(req: PageRequest) -> PageResult {
    req.finish(&Adding, added(&req).await).await
}

async fn added(req: &PageRequest) -> Result<(PersonId, String), Problem> {
    // On the page somebody chooses; programs may leave it at their own.
    let field = AddUser::organization().name;
    if req.typed.get(field).is_some_and(String::is_empty) {
        return Err(Problem::missing_field(field));
    }
    let mut command: AddUser = req.form()?;
    // Whoever is given a password needs no invitation, which is ticked at first.
    if command.password.is_some() {
        command.invite = None;
    }
    let hash = password::given(&req.desk, &command).await?;
    let name = people::display_name(command.first_name.as_str(), command.last_name.as_str());
    let (actor, key, now) = (req.actor()?.clone(), req.desk.key.clone(), req.now);
    let id = req
        .write(move |conn| {
            let add = (&command, hash.as_deref());
            account::add(conn, &key, Some(&actor), add, now)
        })
        .await?;
    Ok((id, name))
}

async fn show(req: PageRequest, id: PersonId) -> PageResult {
    let page = page(&req, id).await?;
    req.show(PLACE, "person", &page)
}

async fn page(req: &PageRequest, id: PersonId) -> Result<PersonPage, Problem> {
    let actor = req.actor()?.clone();
    let (now, sees_groups) = (req.now, req.can(Permission::GroupsView));
    let (person, organization, given, own_roles, more) = req
        .read(move |conn| {
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
            let cloned = pairings::homes_of_clones(conn, &[id])?.remove(&id);
            let manages = manages(conn, &actor, &person, now)?;
            let last = devices::last_sign_ins(conn, &[id])?.remove(&id);
            Ok((
                person,
                organization,
                given,
                own_roles,
                (groups, second_factor, cloned, manages, last),
            ))
        })
        .await?;
    let (groups, second_factor, cloned, manages, last) = more;
    let words = req.words();
    let active = person.disabled_at.is_none();
    let to = |place: &str| format!("/admin/people/{id}/{place}");
    let offered = offered(words, req.access()?, Some(organization.kind), &own_roles);
    let verb = if active { "disable" } else { "enable" };
    let codes: Vec<String> = given.iter().map(|(_, role)| role.code.clone()).collect();
    let standing = Standing {
        joined: cloned.is_some() || person.has_joined(),
        active,
        second_factor,
        own: req.actor()?.id() == id,
    };
    let held = given
        .iter()
        .map(|(_, role)| called(words, role))
        .collect::<Vec<_>>();
    Ok(PersonPage {
        name: person.name(),
        email: match &cloned {
            Some(home) => clone_of(words, home),
            None => person.email.to_string(),
        },
        organization: organization.name,
        active,
        tabs: tabs_of(req, Place::People),
        facts: match manages {
            true => facts(words, &person, last),
            false => Vec::new(),
        },
        // A cloned user is called as its original, and marked as what it is.
        profile: (manages && cloned.is_none()).then(|| profile_form(words, to("profile"), &person)),
        held,
        groups: groups.map(|groups| {
            groups
                .into_iter()
                .map(|(_, id, name)| Link::new(name, format!("/admin/groups/{id}")))
                .collect()
        }),
        explained: to("access"),
        roles: manages.then(|| roles_form(words, (to("roles"), person.version), &offered, &codes)),
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

/// How long somebody has been here, and when they last were.
fn facts(words: &Catalogue, person: &Person, last: Option<Instant>) -> Vec<Fact> {
    let label = words.say("person-last-sign-in", &[]);
    vec![
        Fact::at(words.say("person-added", &[]), person.created_at),
        match last {
            Some(last) => Fact::at(label, last),
            None => Fact::new(label, words.say("person-never", &[])),
        },
    ]
}

/// Which of the forms on the page of a person was sent.
#[derive(Clone, Copy)]
enum Sent {
    Profile,
    Roles,
    Access,
}

/// What is changed on the page of a person.
struct OnPerson(PersonId, Sent);

impl FormPage<Done> for OnPerson {
    async fn done(&self, req: &PageRequest, done: Done) -> PageResult {
        Ok(req.go(address(self.0), Some(Flash::new(done))))
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        let mut page = page(req, self.0).await?;
        let form = match self.1 {
            Sent::Profile => &mut page.profile,
            Sent::Roles => &mut page.roles,
            Sent::Access => &mut page.access,
        };
        let again = |form: Form| form.refused_for(req.words(), &req.typed, &problem);
        *form = form.take().map(again);
        req.show_again(problem.code().status(), PLACE, "person", &page)
    }
}

async fn change_profile(req: PageRequest, id: PersonId) -> PageResult {
    change(req, OnPerson(id, Sent::Profile)).await
}

async fn change_roles(req: PageRequest, id: PersonId) -> PageResult {
    change(req, OnPerson(id, Sent::Roles)).await
}

async fn change_access(req: PageRequest, id: PersonId) -> PageResult {
    change(req, OnPerson(id, Sent::Access)).await
}

async fn change(req: PageRequest, page: OnPerson) -> PageResult {
    let (id, expected) = (page.0, req.expected());
    req.act(&page, move |conn, by, command: &UpdateUser| {
        let update = command.hashed(None);
        let expected = expected.as_deref();
        update_person(conn, Some(by.actor), id, expected, &update, by.now)?;
        Ok(Done::PersonChanged)
    })
    .await
}

async fn invite(req: PageRequest, id: PersonId) -> PageResult {
    let key = req.desk.key.clone();
    req.perform(move |conn, by, (): &()| {
        account::invite(conn, &key, Some(by.actor), id, by.now).map(drop)
    })
    .await?;
    Ok(req.go(address(id), Some(Flash::new(Done::PersonInvited))))
}

async fn sign_out(req: PageRequest, id: PersonId) -> PageResult {
    req.perform(move |conn, by, (): &()| {
        account::end_everything(conn, Some(by.actor), id, by.now).map(drop)
    })
    .await?;
    Ok(req.go(address(id), Some(Flash::new(Done::PersonSignedOut))))
}

async fn take_second_factor(req: PageRequest, id: PersonId) -> PageResult {
    req.perform(move |conn, by, (): &()| {
        second_factor::take_away(conn, Some(by.actor), id, by.now).map(drop)
    })
    .await?;
    Ok(req.go(address(id), Some(Flash::new(Done::SecondFactorTaken))))
}

fn address(id: PersonId) -> String {
    format!("/admin/people/{id}")
}

/// What stands in the place of a cloned user's address, which leads nowhere (P8).
fn clone_of(words: &Catalogue, home: &OrganizationRef) -> String {
    words.say("clone-of", &[("organization", home.name.as_str().into())])
}
