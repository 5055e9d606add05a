//! Organizations that trust each other: ACME lets people of its partner Initech in.

use casebell::db::DbError;
use casebell::db::schema::{access_group_members, access_groups, role_grants, roles};
use casebell::db::sql_types::At;
use casebell::domain::ids::{GrantId, GroupId, OrganizationId, PersonId, RoleId};
use casebell::domain::text::sort_key;
use diesel::prelude::*;
use reqwest::Method;
use serde_json::{Value, json};

use super::answer::Answer;
use super::desk::Desk;
use super::person::Person;

/// A text of an answer.
#[track_caller]
pub fn said(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("no text: {value}"))
        .to_owned()
}

/// Somebody's id.
pub async fn id_of(person: &Person) -> String {
    said(&person.get("/me").await.ok()["person"]["id"])
}

/// The organization that somebody belongs to.
pub async fn organization_of(person: &Person) -> String {
    said(&person.get("/me").await.ok()["organization"]["id"])
}

/// Ada gives somebody these roles at home, and no others.
pub async fn employs(desk: &Desk, person: &Person, roles: &[&str]) {
    let path = format!("/users/{}", id_of(person).await);
    desk.person("ada")
        .patch(&path, json!({ "roles": roles }))
        .await
        .ok();
}

/// Pia administers Initech's pairings and is a contact of its; Gina administers Globex.
pub async fn administrators(desk: &Desk) -> (Person, Person, Person) {
    let (abel, pia, gina) = (desk.person("abel"), desk.person("pia"), desk.person("gina"));
    employs(desk, &pia, &["partner_admin", "designated_contact"]).await;
    employs(desk, &gina, &["organization_admin", "designated_contact"]).await;
    (abel, pia, gina)
}

/// A pairing, as people refer to it.
#[derive(Clone, Debug)]
pub struct Pairing {
    /// Its id.
    pub id: String,
    /// What stands behind the last slash of its link.
    pub token: String,
    /// Its members, in the order in which they were named: people, then groups.
    pub members: Vec<String>,
}

/// Asks for a pairing, for these people and groups.
pub async fn asks(trustee: &Person, people: &[&str], groups: &[&str]) -> Pairing {
    let asked = trustee
        .post("/pairings", json!({ "people": people, "groups": groups }))
        .await
        .created();
    made(&asked)
}

/// The pairing that an answer shows with its link.
#[track_caller]
pub fn made(asked: &Value) -> Pairing {
    let link = said(&asked["link"]);
    let all = ["people", "groups"]
        .map(|list| asked[list]["items"].as_array().cloned().unwrap_or_default());
    Pairing {
        id: said(&asked["id"]),
        token: link.rsplit('/').next().unwrap_or_default().to_owned(),
        members: all
            .iter()
            .flatten()
            .map(|member| said(&member["id"]))
            .collect(),
    }
}

/// Answers a link.
pub async fn answers(trustor: &Person, verb: &str, token: &str) -> Answer {
    trustor
        .post(&format!("/pairing-links/{verb}"), json!({ "token": token }))
        .await
}

/// Asks and accepts.
pub async fn pairs(
    trustee: &Person,
    trustor: &Person,
    people: &[&str],
    groups: &[&str],
) -> Pairing {
    let pairing = asks(trustee, people, groups).await;
    answers(trustor, "acceptance", &pairing.token).await.ok();
    pairing
}

/// Gives a member a role; answers with what takes it again.
pub async fn gives(trustor: &Person, member: &str, role: &str) -> String {
    let path = format!("/pairing-members/{member}/roles");
    said(&trustor.post(&path, json!({ "role": role })).await.created()["id"])
}

/// A request in an organization by way of a pairing.
pub async fn there(
    person: &Person,
    organization: &str,
    method: Method,
    path: &str,
    body: Value,
) -> Answer {
    let asking = person
        .asks(method.clone(), path)
        .header("acting-organization", organization);
    match method {
        Method::GET | Method::DELETE => asking.await,
        _ => asking.json(&body).await,
    }
}

/// A group of an organization with these people.
pub async fn group(desk: &Desk, organization: &str, name: &str, people: &[&str]) -> String {
    let now = desk.now();
    let (id, name) = (GroupId::new(now), name.to_owned());
    let organization: OrganizationId = organization.parse().expect("an id");
    let people: Vec<PersonId> = people.iter().map(|id| id.parse().expect("an id")).collect();
    let written = desk.db().write(move |conn| {
        diesel::insert_into(access_groups::table)
            .values((
                access_groups::id.eq(id),
                access_groups::organization_id.eq(organization),
                access_groups::name.eq(&name),
                access_groups::sort_name.eq(sort_key(&name)),
                access_groups::created_at.eq(At(now)),
            ))
            .execute(conn)?;
        for person in &people {
            diesel::insert_into(access_group_members::table)
                .values((
                    access_group_members::group_id.eq(id),
                    access_group_members::person_id.eq(*person),
                    access_group_members::added_at.eq(At(now)),
                ))
                .execute(conn)?;
        }
        Ok::<_, DbError>(())
    });
    written.await.expect("a group");
    id.to_string()
}

/// Takes everybody out of a group.
pub async fn empties(desk: &Desk, group: &str) {
    let group: GroupId = group.parse().expect("an id");
    let written = desk.db().write(move |conn| {
        diesel::delete(
            access_group_members::table.filter(access_group_members::group_id.eq(group)),
        )
        .execute(conn)?;
        Ok::<_, DbError>(())
    });
    written.await.expect("an empty group");
}

/// Gives somebody, besides what they have, a role of their organization's own with these permissions.
pub async fn role_of_own(desk: &Desk, person: &Person, code: &str, permissions: &[&str]) -> String {
    let now = desk.now();
    let id = RoleId::new(now);
    let organization: OrganizationId = organization_of(person).await.parse().expect("an id");
    let holder: PersonId = id_of(person).await.parse().expect("an id");
    let (code, permissions) = (
        code.to_owned(),
        serde_json::to_string(permissions).expect("JSON"),
    );
    let written = desk.db().write(move |conn| {
        diesel::insert_into(roles::table)
            .values((
                roles::id.eq(id),
                roles::organization_id.eq(organization),
                roles::code.eq(&code),
                roles::name.eq(&code),
                roles::permissions.eq(&permissions),
                roles::created_at.eq(At(now)),
            ))
            .execute(conn)?;
        diesel::insert_into(role_grants::table)
            .values((
                role_grants::id.eq(GrantId::new(now)),
                role_grants::organization_id.eq(organization),
                role_grants::person_id.eq(holder),
                role_grants::role_id.eq(id),
                role_grants::granted_at.eq(At(now)),
            ))
            .execute(conn)?;
        Ok::<_, DbError>(())
    });
    written.await.expect("a role");
    id.to_string()
}
