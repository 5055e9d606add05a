//! Listing access groups, adding, changing and removing them; who joins and leaves.

use std::collections::HashMap;

use super::{GroupPage, Member};
use crate::db::Conn;
use crate::domain::access::{Permission, Reach};
use crate::domain::ids::{GroupId, PersonId};
use crate::http::api::access_groups::{AccessGroups, GroupQuery};
use crate::http::api_request::may;
use crate::http::list::{Found, find};
use crate::http::portal::act::FormPage;
use crate::http::portal::admin::handlers::{PLACE, again, form, tabs_of};
use crate::http::portal::admin::list::{Add, ListPage, list};
use crate::http::portal::admin::people::{offered, role_ticks};
use crate::http::portal::admin::roles::{Removal, carried, organization};
use crate::http::portal::admin::{AdminForm, Cell, Place};
use crate::http::portal::answer::PageResult;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::form::{Choice, Control, Form, Kind, Wrong, group as named};
use crate::http::portal::list::{Column, MOST_COUNTED};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::route::{PortalRoute, pages};
use crate::http::portal::said::said_to_people;
use crate::http::problem::Problem;
use crate::store::grants::{self, Given};
use crate::store::groups::{self, Group};
use crate::store::organizations::{self, Organization};
use crate::store::roles::{self, OwnRole};
use crate::store::{lines, people};
use crate::words::Catalogue;
use crate::workflow::groups::{
    AddGroup, AddMember, UpdateGroup, add_group, add_member, delete_group, manages, remove_member,
    update_group,
};

/// The rows of the route table.
pub(in crate::http::portal) fn routes() -> Vec<PortalRoute> {
    pages! { groups:
        GET  "/admin/groups"                                 may(Permission::GroupsView)   => list::<Groups>, "Access groups of an organization, by name";
        GET  "/admin/groups/new"                             may(Permission::GroupsManage) => new, "The form that adds an access group";
        POST "/admin/groups"                                 may(Permission::GroupsManage) => add, "Adds an access group";
        GET  "/admin/groups/{group}"                         may(Permission::GroupsView)   => show, "One access group";
        POST "/admin/groups/{group}"                         may(Permission::GroupsManage) => change, "Changes what a group is called and carries";
        POST "/admin/groups/{group}/members"                 may(Permission::GroupsManage) => join, "Makes somebody a member";
        POST "/admin/groups/{group}/members/{person}/remove" may(Permission::GroupsManage) => leave, "Ends a membership";
        POST "/admin/groups/{group}/remove"                  may(Permission::GroupsManage) => remove, "Removes a group";
    }
}

/// The access groups of an organization.
struct Groups;

/// What the list of groups says of each besides its name.
struct OfGroups {
    members: HashMap<GroupId, usize>,
    roles: Vec<(GroupId, Given)>,
}

impl ListPage for Groups {
    const PLACE: Place = Place::Groups;
    const COLUMNS: &'static [Column] = &[
        Column::label("name").sorts("name"),
        Column::said("person-roles"),
        Column::said("group-members-title"),
    ];
    const ADD: Option<Add> = Some(Add::said("group-add-button", Permission::GroupsManage));
    type Query = GroupQuery;
    type Row = Group;
    type Beside = OfGroups;

    fn find(
        conn: &mut Conn,
        req: &PageRequest,
        query: &GroupQuery,
    ) -> Result<(Found<Group>, OfGroups), Problem> {
        let found = find::<AccessGroups>(conn, req.asker()?, query, Some(MOST_COUNTED))?;
        let ids: Vec<GroupId> = found.rows.iter().map(|group| group.id).collect();
        let mut members = HashMap::new();
        for (group, _) in groups::members_of(conn, &ids)? {
            *members.entry(group).or_default() += 1;
        }
        let roles = grants::of_groups(conn, &ids, req.now)?;
        Ok((found, OfGroups { members, roles }))
    }

    fn cells(req: &PageRequest, group: &Group, beside: &OfGroups) -> Vec<Cell> {
        let words = req.words();
        let count = beside.members.get(&group.id).copied().unwrap_or_default();
        let carried = beside.roles.iter().filter(|(id, _)| *id == group.id);
        let carried: Vec<String> = carried.map(|(_, role)| called(words, role)).collect();
        vec![
            Cell::link(group.name.clone(), format!("/admin/groups/{}", group.id)),
            Cell::text(carried.join(", ")),
            Cell::text(count.to_string()),
        ]
    }
}

fn called(words: &Catalogue, role: &Given) -> String {
    match &role.name {
        Some(name) => name.clone(),
        None => words.say_of("role", &role.code, &[]),
    }
}

fn name_field(words: &Catalogue, name: &str) -> Control {
    Control::of(AddGroup::name(), words.say_of("label", "name", &[])).value(name)
}

async fn new(req: PageRequest) -> PageResult {
    req.show(PLACE, "admin-form", &new_page(&req).await?)
}

async fn new_page(req: &PageRequest) -> Result<AdminForm, Problem> {
    let organization = organization(req).await?;
    let id = organization.id;
    let own = req
        .read(move |conn| Ok(roles::of_organization(conn, id)?))
        .await?;
    let words = req.words();
    let mut controls = vec![name_field(words, "")];
    let offered = offered(words, req.access()?, Some(organization.kind), &own);
    controls.extend(named(
        words.say("person-roles", &[]),
        role_ticks(&offered, &[]),
    ));
    controls.extend(carried(req.access()?, &organization));
    let button = words.say("group-add-button", &[]);
    let title = words.say("group-add", &[]);
    let about = words.say(
        "group-add-about",
        &[("organization", organization.name.into())],
    );
    let of = Form::new("group", Place::Groups.href(), button, controls);
    Ok(form(req, Place::Groups, title, about, of))
}

/// The page that adds a group.
struct Adding;

impl FormPage<(GroupId, String)> for Adding {
    async fn done(&self, req: &PageRequest, (id, name): (GroupId, String)) -> PageResult {
        let flash = Flash::new(Done::GroupAdded).name(name);
        Ok(req.go(format!("/admin/groups/{id}"), Some(flash)))
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        again(req, &problem, new_page(req).await?)
    }
}

async fn add(req: PageRequest) -> PageResult {
    req.act(&Adding, |conn, by, command: &AddGroup| {
        let id = add_group(conn, Some(by.actor), command, by.now)?;
        Ok((id, command.name.to_string()))
    })
    .await
}

/// A group with all that its page shows.
struct Whole {
    group: Group,
    organization: Organization,
    members: Vec<(PersonId, String)>,
    others: Vec<(PersonId, String)>,
    given: Vec<Given>,
    own: Vec<OwnRole>,
    lines: Vec<String>,
    /// Whether the visitor may change it.
    manages: bool,
}

async fn whole(req: &PageRequest, id: GroupId) -> Result<Whole, Problem> {
    let actor = req.actor()?.clone();
    let (now, sees_lines) = (req.now, req.is_staff() && req.can(Permission::LinesView));
    req.read(move |conn| {
        let reach = actor.reach();
        let group = groups::find(conn, reach, id)?.ok_or_else(Problem::not_found)?;
        let organization = organizations::find(conn, Reach::Everything, group.organization_id)?
            .ok_or_else(Problem::not_found)?;
        let members: Vec<(PersonId, String)> = groups::members_of(conn, &[id])?
            .into_iter()
            .map(|(_, person)| (person.id, person.name))
            .collect();
        let all = people::by_name(conn, reach, organization.id, now, 1_000)?;
        let others = all
            .into_iter()
            .filter(|person| !members.iter().any(|(id, _)| *id == person.id))
            .map(|person| (person.id, format!("{} · {}", person.name(), person.email)))
            .collect();
        let given = grants::of_groups(conn, &[id], now)?;
        let granted = match sees_lines {
            true => lines::granted_to(conn, id)?,
            false => Vec::new(),
        };
        Ok(Whole {
            members,
            others,
            given: given.into_iter().map(|(_, given)| given).collect(),
            own: roles::of_organization(conn, organization.id)?,
            manages: manages(conn, &actor, &group, organization.kind.side(), now)?,
            lines: granted.into_iter().map(|(_, name)| name).collect(),
            group,
            organization,
        })
    })
    .await
}

async fn show(req: PageRequest, id: GroupId) -> PageResult {
    req.show(PLACE, "group", &page(&req, id).await?)
}

async fn page(req: &PageRequest, id: GroupId) -> Result<GroupPage, Problem> {
    let whole = whole(req, id).await?;
    let words = req.words();
    let id = whole.group.id;
    let manages = whole.manages;
    let offered = offered(
        words,
        req.access()?,
        Some(whole.organization.kind),
        &whole.own,
    );
    let (sees_people, to) = (req.can(Permission::UsersView), |place: &str| {
        format!("/admin/groups/{id}{place}")
    });
    let codes: Vec<String> = whole.given.iter().map(|role| role.code.clone()).collect();
    let count = whole.members.len();
    let member = |(person, name): &(PersonId, String)| Member {
        name: name.clone(),
        href: if sees_people {
            format!("/admin/people/{person}")
        } else {
            String::new()
        },
        leave: if manages {
            to(&format!("/members/{person}/remove"))
        } else {
            String::new()
        },
    };
    let join = || {
        let choices: Vec<Choice> = std::iter::once(Choice::new("", words.say("group-choose", &[])))
            .chain(
                whole
                    .others
                    .iter()
                    .map(|(id, name)| Choice::new(id.to_string(), name.clone())),
            )
            .collect();
        let who = Control::of(AddMember::user(), words.say("group-who", &[]))
            .kind(Kind::Select)
            .choices(choices);
        let button = words.say("group-join-button", &[]);
        Form::new("join", to("/members"), button, vec![who])
    };
    let changes = || {
        let mut controls = vec![name_field(words, &whole.group.name)];
        // With no tick at all, it carries nothing.
        controls.push(Control::new(Kind::Hidden, UpdateGroup::roles().name, ""));
        controls.extend(named(
            words.say("person-roles", &[]),
            role_ticks(&offered, &codes),
        ));
        Form::new(
            "group",
            to(""),
            words.say("group-save-button", &[]),
            controls,
        )
        .guarded(whole.group.version)
    };
    let lines = whole.lines.len();
    let removal = || Removal {
        about: words.say(
            "group-remove-about",
            &[("count", count.into()), ("lines", lines.into())],
        ),
        form: Form::new(
            "remove",
            to("/remove"),
            words.say("group-remove-button", &[]),
            Vec::new(),
        )
        .taking(),
    };
    Ok(GroupPage {
        name: whole.group.name.clone(),
        organization: whole.organization.name.clone(),
        tabs: tabs_of(req, Place::Groups),
        members: whole.members.iter().map(member).collect(),
        join: (manages && !whole.others.is_empty()).then(join),
        wrong: Wrong::default(),
        roles: whole.given.iter().map(|role| called(words, role)).collect(),
        form: manages.then(changes),
        lines: whole.lines.clone(),
        removal: manages.then(removal),
    })
}

/// A form on the page of a group.
struct OnGroup {
    group: GroupId,
    form: On,
}

/// Which form of the page.
enum On {
    Changes,
    Joining,
    Members,
}

impl FormPage<GroupId> for OnGroup {
    async fn done(&self, req: &PageRequest, id: GroupId) -> PageResult {
        let flash = Flash::new(Done::GroupChanged);
        Ok(req.go(format!("/admin/groups/{id}"), Some(flash)))
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        let mut page = page(req, self.group).await?;
        let again = |form: Form| form.refused_for(req.words(), &req.typed, &problem);
        match self.form {
            On::Changes => page.form = page.form.map(again),
            On::Joining => page.join = page.join.map(again),
            On::Members => page.wrong = Wrong::whole(said_to_people(req.words(), &problem)),
        }
        req.show_again(problem.code().status(), PLACE, "group", &page)
    }
}

async fn change(req: PageRequest, group: GroupId) -> PageResult {
    let (form, expected) = (On::Changes, req.expected());
    req.act(
        &OnGroup { group, form },
        move |conn, by, command: &UpdateGroup| {
            let expected = expected.as_deref();
            update_group(conn, Some(by.actor), group, expected, command, by.now)
        },
    )
    .await
}

async fn join(req: PageRequest, group: GroupId) -> PageResult {
    let form = On::Joining;
    req.act(
        &OnGroup { group, form },
        move |conn, by, command: &AddMember| {
            add_member(conn, Some(by.actor), group, command, by.now)
        },
    )
    .await
}

async fn leave(req: PageRequest, (group, person): (GroupId, PersonId)) -> PageResult {
    let form = On::Members;
    req.act(&OnGroup { group, form }, move |conn, by, (): &()| {
        remove_member(conn, Some(by.actor), group, person, by.now)
    })
    .await
}

/// The page of a group, with what removes it.
struct Removing(GroupPage);

impl FormPage<()> for Removing {
    async fn done(&self, req: &PageRequest, (): ()) -> PageResult {
        let flash = Flash::new(Done::GroupRemoved).name(&self.0.name);
        Ok(req.go(Place::Groups.href(), Some(flash)))
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        let mut page = self.0.clone();
        page.removal = (page.removal).map(|removal| removal.refused_for(req, &problem));
        req.show_again(problem.code().status(), PLACE, "group", &page)
    }
}

async fn remove(req: PageRequest, group: GroupId) -> PageResult {
    let page = Removing(page(&req, group).await?);
    req.act(&page, move |conn, by, (): &()| {
        delete_group(conn, Some(by.actor), group, None, by.now)
    })
    .await
}
