//! People and their roles.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::documents::{PersonDocument, PersonExtras};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Access, Permission, Reach};
use crate::domain::ids::PersonId;
use crate::http::api_request::{ApiRequest, Guarded, may};
use crate::http::pagination::{Limit, Page, Paging};
use crate::http::password;
use crate::http::problem::Problem;
use crate::http::reply::{Created, Done, Reply};
use crate::http::route::{Route, table};
use crate::input::{Fault, FieldError, input};
use crate::store::people::Person;
use crate::store::{grants, groups, organizations, pairings, people, second_factors};
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

input! {
    /// Whose people, and which part of the list.
    pub struct UserQuery {
        /// Those of this organization, by id or slug.
        organization: Option<String>,
        /// How many a page has, 25 if not given.
        limit: Option<Limit>,
        /// Behind the page that gave this.
        cursor: Option<String>,
    }
}

/// People, by name.
pub async fn list(
    call: ApiRequest<(), (), UserQuery>,
) -> Result<Reply<Page<PersonDocument>>, Problem> {
    let page = call
        .look(|conn, call| {
            let (query, reach) = (&call.query, call.principal.access().reach());
            let paging: Paging<(String, String, PersonId)> = Paging::read(
                "users",
                &query.organization,
                query.limit,
                query.cursor.as_deref(),
            )?;
            let organization = match &query.organization {
                None => None,
                Some(name) => Some(
                    organizations::named(conn, reach, name)?
                        .ok_or_else(unknown_organization)?
                        .id,
                ),
            };
            let after = paging
                .after
                .as_ref()
                .map(|(last, first, id)| (last.as_str(), first.as_str(), *id));
            let rows = people::list(conn, reach, organization, after, paging.fetch())?;
            let ids: Vec<PersonId> = rows.iter().map(|person| person.id).collect();
            let beside = beside(conn, call.principal.access(), &ids, call.now)?;
            Ok(paging.page(
                rows,
                |person| {
                    (
                        person.last_name.clone(),
                        person.first_name.clone(),
                        person.id,
                    )
                },
                |person| PersonDocument::new(&person, &beside),
            ))
        })
        .await?;
    Reply::new(&page)
}

fn unknown_organization() -> Problem {
    Problem::invalid_field(FieldError::new("organization", Fault::new("not_found")))
}

/// Adds a person.
pub async fn add(call: ApiRequest<(), AddUser>) -> Result<Created<PersonDocument>, Problem> {
    let password_hash = password::given(&call.desk, &call.body).await?;
    call.write(move |conn, call| {
        let (key, by) = (&call.desk.key, Some(&call.principal.actor));
        let add = (&call.body, password_hash.as_deref());
        let id = account::add(conn, key, by, add, call.now)?;
        let access = call.principal.access();
        let (person, document) = read(conn, access, Reach::Everything, id, call.now)?;
        Ok(Created::new(&document)?
            .version(person.version)
            .location(format!("/api/v1/users/{id}")))
    })
    .await
}

/// One person.
pub async fn show(call: ApiRequest<PersonId>) -> Result<Reply<PersonDocument>, Problem> {
    let (person, document) = call
        .look(|conn, call| {
            let access = call.principal.access();
            read(conn, access, access.reach(), call.address, call.now)
        })
        .await?;
    Ok(Reply::new(&document)?.version(person.version))
}

/// Changes a person.
pub async fn change(
    call: ApiRequest<Guarded<PersonId>, UpdateUser>,
) -> Result<Reply<PersonDocument>, Problem> {
    let password_hash = match call.body.password.as_option().cloned() {
        None => None,
        Some(chosen) => {
            let (id, reach) = (*call.address, call.principal.access().reach());
            let db = call.desk.db.clone();
            let found = db.read(move |conn| Ok::<_, Problem>(people::find(conn, reach, id)?));
            let person = found.await?.ok_or_else(Problem::not_found)?;
            let chosen = chosen.into_inner();
            let known = password::known(&call.desk, &person).await?;
            Some(password::chosen(&call.desk, "password", chosen, known).await?)
        }
    };
    call.write(move |conn, call| {
        let (by, expected) = (Some(&call.principal.actor), call.expected());
        let update = call.body.hashed(password_hash.clone());
        let id = update_person(conn, by, *call.address, expected, &update, call.now)?;
        let access = call.principal.access();
        let (person, document) = read(conn, access, Reach::Everything, id, call.now)?;
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
pub async fn invite(call: ApiRequest<PersonId>) -> Result<Created<InvitationDocument>, Problem> {
    call.write(|conn, call| {
        let (by, id) = (Some(&call.principal.actor), call.address);
        let link = account::invite(conn, &call.desk.key, by, id, call.now)?;
        let person = people::find(conn, Reach::Everything, id)?.ok_or_else(Problem::not_found)?;
        Reply::new(&InvitationDocument {
            sent_to: person.email.to_string(),
            expires_at: link.until,
        })
    })
    .await
}

/// Signs a person out everywhere.
pub async fn end_sessions(call: ApiRequest<PersonId>) -> Result<Done, Problem> {
    call.write(|conn, call| {
        account::end_everything(conn, Some(&call.principal.actor), call.address, call.now)?;
        Ok(Reply::done())
    })
    .await
}

/// Takes a person's second factor away.
pub async fn take_second_factor(call: ApiRequest<PersonId>) -> Result<Done, Problem> {
    call.write(|conn, call| {
        second_factor::take_away(conn, Some(&call.principal.actor), call.address, call.now)?;
        Ok(Reply::done())
    })
    .await
}

/// What somebody of this access is told of people beside their rows.
fn beside(
    conn: &mut Conn,
    access: &Access,
    ids: &[PersonId],
    now: Instant,
) -> Result<PersonExtras, Problem> {
    Ok(PersonExtras {
        roles: grants::of_people(conn, ids, now)?,
        groups: match access.can(Permission::GroupsView) {
            true => Some(groups::of_people(conn, ids)?),
            false => None,
        },
        second_factors: match access.can(Permission::UsersManage) {
            true => Some(second_factors::on_among(conn, ids)?),
            false => None,
        },
        clones: pairings::clones_among(conn, ids)?,
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
    let beside = beside(conn, access, &[id], now)?;
    let document = PersonDocument::new(&person, &beside);
    Ok((person, document))
}
