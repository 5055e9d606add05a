//! People and their roles.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::documents::{PersonDocument, PersonExtras};
use super::organizations::asked_organization;
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Access, Permission, Reach, RoleName};
use crate::domain::ids::PersonId;
use crate::domain::order::{Place, Sort, Window};
use crate::http::api_request::{ApiRequest, Guarded, may};
use crate::http::list::{self, Asker, Listing, list_query};
use crate::http::pagination::Page;
use crate::http::password;
use crate::http::problem::Problem;
use crate::http::reply::{Created, Done, Reply};
use crate::http::route::{Route, table};
use crate::input::{Shape, written};
use crate::store::people::{Person, PersonFilter, PersonOrder, PersonState};
use crate::store::{devices, grants, groups, organizations, pairings, people, second_factors};
use crate::workflow::account;
use crate::workflow::people::{AddUser, UpdateUser, update_person};
use crate::workflow::second_factor;

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { users:
        GET   "/users"        may(Permission::UsersView)   => list, "People, by name";
        POST  "/users"        may(Permission::UsersManage) => add, "Adds a person";
        GET   "/users/{user}" may(Permission::UsersView)   => show, "One person";
        PATCH "/users/{user}" may(Permission::UsersManage).proven() => change, "Changes a person, shuts them out, or lets them in again (merge patch)";
        POST   "/users/{user}/invitation"    may(Permission::UsersManage) => invite, "Invites a person by mail, or once more; earlier links are void";
        DELETE "/users/{user}/sessions"      may(Permission::UsersManage).proven() => end_sessions, "Signs a person out everywhere and revokes their API tokens";
        DELETE "/users/{user}/second-factor" may(Permission::UsersManage).proven() => take_second_factor, "Takes a person's second factor away, who has lost it";
    }
}

list_query! {
    /// Whose people, and which part of the list.
    pub struct UserQuery by PersonOrder, Sort::ascending(PersonOrder::Name), {
        /// Words that the name or the address contains.
        q: Option<String>,
        /// Those of this organization, by id or slug.
        organization: Option<String>,
        /// Those who are let in, or shut out.
        state: Option<PersonState>,
        /// Those who hold this role in their own organization, by themselves or by a group.
        role: Option<RoleName>,
    }
}

written!(PersonState: Shape::Choice);

/// The people that somebody may see.
pub struct People;

impl Listing for People {
    const NAME: &'static str = "users";
    type Query = UserQuery;
    type Filter = PersonFilter;
    type Row = Person;
    type Id = PersonId;

    fn searches(query: &UserQuery) -> bool {
        query.q.is_some()
    }

    fn filter(
        conn: &mut Conn,
        asker: Asker<'_>,
        query: &UserQuery,
    ) -> Result<PersonFilter, Problem> {
        Ok(PersonFilter {
            words: query.q.clone(),
            organization: asked_organization(conn, asker, query.organization.as_deref())?,
            state: query.state,
            role: query.role.as_ref().map(|role| role.as_str().to_owned()),
        })
    }

    fn rows(
        conn: &mut Conn,
        asker: Asker<'_>,
        filter: &PersonFilter,
        window: &Window<PersonOrder, PersonId>,
    ) -> Result<Vec<Person>, Problem> {
        let reach = asker.access.reach();
        Ok(people::list(conn, reach, (filter, asker.now), window)?)
    }

    fn count(
        conn: &mut Conn,
        asker: Asker<'_>,
        filter: &PersonFilter,
        most: usize,
    ) -> Result<usize, Problem> {
        let reach = asker.access.reach();
        Ok(people::count(conn, reach, (filter, asker.now), most)?)
    }

    fn place(by: PersonOrder, person: &Person) -> Place<PersonId> {
        people::place(by, person)
    }
}

/// People, by name.
pub async fn list(
    req: ApiRequest<(), (), UserQuery>,
) -> Result<Reply<Page<PersonDocument>>, Problem> {
    let page = match People::searches(&req.query) {
        true => req.search(page).await?,
        false => req.read(page).await?,
    };
    Reply::new(&page)
}

fn page(
    conn: &mut Conn,
    req: &ApiRequest<(), (), UserQuery>,
) -> Result<Page<PersonDocument>, Problem> {
    let found = list::answer::<People>(conn, req.asker(), &req.query)?;
    let beside = beside(conn, req.principal.access(), &found.rows, req.now)?;
    found.try_page(|person| PersonDocument::new(&person, &beside).ok_or_else(Problem::not_found))
}

/// Adds a person.
pub async fn add(req: ApiRequest<(), AddUser>) -> Result<Created<PersonDocument>, Problem> {
    let password_hash = password::given(&req.desk, &req.body).await?;
    req.write(move |conn, req| {
        let (key, by) = (&req.desk.key, Some(&req.principal.actor));
        let add = (&req.body, password_hash.as_deref());
        let id = account::add(conn, key, by, add, req.now)?;
        let access = req.principal.access();
        let (person, document) = read(conn, access, Reach::Everything, id, req.now)?;
        Ok(Created::new(&document)?
            .version(person.version)
            .location(format!("/api/v1/users/{id}")))
    })
    .await
}

/// One person.
pub async fn show(req: ApiRequest<PersonId>) -> Result<Reply<PersonDocument>, Problem> {
    let (person, document) = req
        .read(|conn, req| {
            let access = req.principal.access();
            read(conn, access, access.reach(), req.address, req.now)
        })
        .await?;
    Ok(Reply::new(&document)?.version(person.version))
}

/// Changes a person.
pub async fn change(
    req: ApiRequest<Guarded<PersonId>, UpdateUser>,
) -> Result<Reply<PersonDocument>, Problem> {
    let password_hash = match req.body.password.as_option().cloned() {
        None => None,
        Some(chosen) => {
            let (id, reach) = (*req.address, req.principal.access().reach());
            let db = req.desk.db.clone();
            let found = db.read(move |conn| Ok::<_, Problem>(people::find(conn, reach, id)?));
            let person = found.await?.ok_or_else(Problem::not_found)?;
            let chosen = chosen.into_inner();
            let known = password::known(&req.desk, &person).await?;
            Some(password::chosen(&req.desk, "password", chosen, known).await?)
        }
    };
    req.write(move |conn, req| {
        let (by, expected) = (Some(&req.principal.actor), req.expected());
        let update = req.body.hashed(password_hash.clone());
        let id = update_person(conn, by, *req.address, expected, &update, req.now)?;
        let access = req.principal.access();
        let (person, document) = read(conn, access, Reach::Everything, id, req.now)?;
        Ok(Reply::new(&document)?.version(person.version))
    })
    .await
}

/// Until when an invitation is good.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SentInvitation)]
pub struct InvitationDocument {
    /// The address that the link was sent to.
    sent_to: String,
    /// From when on the link is void.
    expires_at: DateTime<Utc>,
}

/// Invites a person.
pub async fn invite(req: ApiRequest<PersonId>) -> Result<Created<InvitationDocument>, Problem> {
    req.write(|conn, req| {
        let (by, id) = (Some(&req.principal.actor), req.address);
        let link = account::invite(conn, &req.desk.key, by, id, req.now)?;
        let person = people::find(conn, Reach::Everything, id)?.ok_or_else(Problem::not_found)?;
        Reply::new(&InvitationDocument {
            sent_to: person.email.to_string(),
            expires_at: link.until,
        })
    })
    .await
}

/// Signs a person out everywhere.
pub async fn end_sessions(req: ApiRequest<PersonId>) -> Result<Done, Problem> {
    req.write(|conn, req| {
        account::end_everything(conn, Some(&req.principal.actor), req.address, req.now)?;
        Ok(Reply::done())
    })
    .await
}

/// Takes a person's second factor away.
pub async fn take_second_factor(req: ApiRequest<PersonId>) -> Result<Done, Problem> {
    req.write(|conn, req| {
        second_factor::take_away(conn, Some(&req.principal.actor), req.address, req.now)?;
        Ok(Reply::done())
    })
    .await
}

/// What somebody of this access is told of people beside their rows.
fn beside(
    conn: &mut Conn,
    access: &Access,
    among: &[Person],
    now: Instant,
) -> Result<PersonExtras, Problem> {
    let ids: Vec<PersonId> = among.iter().map(|person| person.id).collect();
    let ids = ids.as_slice();
    let theirs = among.iter().map(|person| person.organization_id);
    let manages = access.can(Permission::UsersManage);
    Ok(PersonExtras {
        organizations: organizations::references(conn, theirs)?,
        roles: grants::of_people(conn, ids, now)?,
        groups: match access.can(Permission::GroupsView) {
            true => Some(groups::of_people(conn, ids)?),
            false => None,
        },
        second_factors: match manages {
            true => Some(second_factors::on_among(conn, ids)?),
            false => None,
        },
        last_sign_ins: match manages {
            true => Some(devices::last_sign_ins(conn, ids)?),
            false => None,
        },
        clones: pairings::homes_of_clones(conn, ids)?,
    })
}

fn read(
    conn: &mut Conn,
    access: &Access,
    reach: Reach,
    id: PersonId,
    now: Instant,
) -> Result<(Person, PersonDocument), Problem> {
    let person = people::find(conn, reach, id)?.ok_or_else(Problem::not_found)?;
    let beside = beside(conn, access, std::slice::from_ref(&person), now)?;
    let document = PersonDocument::new(&person, &beside).ok_or_else(Problem::not_found)?;
    Ok((person, document))
}
