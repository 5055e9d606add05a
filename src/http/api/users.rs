//! People and their roles.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;
use utoipa::ToSchema;

use super::documents::{Beside, PersonDocument};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Access, Permission, Reach, RoleName};
use crate::domain::ids::PersonId;
use crate::domain::password::Context;
use crate::domain::text::{EmailAddress, PersonName};
use crate::http::call::{Call, Guarded, may};
use crate::http::pagination::{Limit, Page, Paging};
use crate::http::password;
use crate::http::problem::Problem;
use crate::http::reply::{Created, Done, Reply};
use crate::http::route::{Route, table};
use crate::input::{Fault, FieldError, Patch, Secret, input};
use crate::store::people::Person;
use crate::store::{grants, groups, organizations, pairings, people, second_factors};
use crate::workflow::account;
use crate::workflow::people::{AddPerson, UpdatePerson, update_person};
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

input! {
    /// A new person.
    pub struct NewUser {
        /// Where the person belongs, by id or slug; your own organization if not given.
        organization: Option<String>,
        /// The address that signs in and is written to; it stays.
        email: EmailAddress,
        /// First name.
        first_name: PersonName,
        /// Last name.
        last_name: PersonName,
        /// Own IANA time zone; the organization's if not given.
        time_zone: Option<Tz>,
        /// The codes of the roles to begin with, predefined or the organization's own; none if not given.
        roles: Option<BTreeSet<RoleName>>,
        /// A password to begin with. It opens nothing before the person has followed the link that is sent to their address,
        /// and chosen their own there; better left out.
        password: Option<Secret>,
        /// Whether the person is invited by mail to choose their password themselves; not if not given.
        invite: Option<bool>,
    }
}

input! {
    /// Changes to a person.
    pub struct ChangeUser {
        /// First name.
        first_name: Patch<PersonName>,
        /// Last name.
        last_name: Patch<PersonName>,
        /// Own IANA time zone; null for the organization's.
        time_zone: Patch<Option<Tz>>,
        /// The codes of all roles that the person has themselves from now on, predefined or the organization's own. What
        /// their groups carry stays.
        roles: Patch<BTreeSet<RoleName>>,
        /// Whether the person is shut out: at once, wherever they are signed in.
        disabled: Patch<bool>,
        /// A new password; whoever is signed in with the old one is signed out. It does not last: with it, one chooses one's
        /// own. Not for yourself.
        password: Patch<Secret>,
    }
}

/// People, by name.
pub async fn list(call: Call<(), (), UserQuery>) -> Result<Reply<Page<PersonDocument>>, Problem> {
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
pub async fn add(call: Call<(), NewUser>) -> Result<Created<PersonDocument>, Problem> {
    let invites = call.body.invite == Some(true);
    if invites && call.body.password.is_some() {
        let fault = Fault::new("not_with_password");
        return Err(Problem::invalid_field(FieldError::new("invite", fault)));
    }
    let password_hash = match call.body.password.clone() {
        None => None,
        Some(chosen) => {
            let body = &call.body;
            let known = Context::of(&body.email)
                .with(body.first_name.as_str())
                .with(body.last_name.as_str())
                .with(body.organization.as_deref().unwrap_or_default());
            let chosen = chosen.into_inner();
            Some(password::chosen(&call.desk, "password", chosen, known).await?)
        }
    };
    call.write(move |conn, call| {
        let body = &call.body;
        let add = AddPerson {
            organization: body
                .organization
                .clone()
                .unwrap_or_else(|| call.principal.organization.slug.clone()),
            email: body.email.clone(),
            first_name: body.first_name.clone(),
            last_name: body.last_name.clone(),
            time_zone: body.time_zone,
            roles: body.roles.iter().flatten().cloned().collect(),
            password_hash: password_hash.clone(),
        };
        let by = Some(&call.principal.actor);
        let id = account::add(conn, &call.desk.key, by, (&add, invites), call.now)?;
        let access = call.principal.access();
        let (person, document) = read(conn, access, Reach::Everything, id, call.now)?;
        Ok(Created::new(&document)?
            .version(person.version)
            .location(format!("/api/v1/users/{id}")))
    })
    .await
}

/// One person.
pub async fn show(call: Call<PersonId>) -> Result<Reply<PersonDocument>, Problem> {
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
    call: Call<Guarded<PersonId>, ChangeUser>,
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
        let body = &call.body;
        let update = UpdatePerson {
            first_name: body.first_name.as_option().cloned(),
            last_name: body.last_name.as_option().cloned(),
            time_zone: body.time_zone.as_option().copied(),
            roles: body
                .roles
                .as_option()
                .map(|roles| roles.iter().cloned().collect()),
            disabled: body.disabled.as_option().copied(),
            password_hash: password_hash.clone(),
        };
        let (actor, expected) = (&call.principal.actor, call.expected());
        let id = update_person(
            conn,
            Some(actor),
            *call.address,
            expected,
            &update,
            call.now,
        )?;
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
pub async fn invite(call: Call<PersonId>) -> Result<Created<InvitationDocument>, Problem> {
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
pub async fn end_sessions(call: Call<PersonId>) -> Result<Done, Problem> {
    call.write(|conn, call| {
        account::end_everything(conn, Some(&call.principal.actor), call.address, call.now)?;
        Ok(Reply::done())
    })
    .await
}

/// Takes a person's second factor away.
pub async fn take_second_factor(call: Call<PersonId>) -> Result<Done, Problem> {
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
) -> Result<Beside, Problem> {
    Ok(Beside {
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
