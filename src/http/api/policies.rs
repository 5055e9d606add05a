//! Policies: the hours, days, priorities and the impact that the criteria reckon with (E12).

use serde_json::{Map, Value};

use super::documents::PolicyDocument;
use crate::db::Conn;
use crate::domain::access::Permission;
use crate::domain::eligibility::Policy;
use crate::http::call::{Call, may};
use crate::http::pagination::Page;
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::route::{Route, table};
use crate::input::{At, Errors, Fault, Field, Input, Member};
use crate::store::rules;
use crate::workflow::administer::set_policies;

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { policies:
        GET   "/policies" may(Permission::PoliciesView)   => list, "Policies, in force and by default";
        PATCH "/policies" may(Permission::PoliciesManage) => change, "Sets policies by their keys; all of them or none";
    }
}

/// New values by key.
#[derive(Clone, Debug)]
pub struct ChangePolicies(Vec<(String, String)>);

impl Field for ChangePolicies {
    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        let given = Map::<String, Value>::read(value, at, errors)?;
        let mut policy = Policy::default();
        let mut values = Vec::new();
        for (key, value) in given {
            let at = at.name(&key);
            // A number may be written as one.
            let text = match &value {
                Value::String(text) => text.trim().to_owned(),
                Value::Number(number) => number.to_string(),
                other => {
                    errors.refuse::<()>(&at, Fault::wrong_type("a string", other));
                    continue;
                }
            };
            match policy.set(&key, &text) {
                Ok(()) => values.push((key, text)),
                Err(error) => {
                    errors.refuse::<()>(&at, Fault::from(error));
                }
            }
        }
        Some(Self(values))
    }

    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        crate::input::object_schema("New values by key.", Self::members())
    }
}

impl Input for ChangePolicies {
    fn members() -> Vec<Member> {
        let member = |name: &&'static str| Member {
            name,
            doc: "Its new value.".to_owned(),
            required: false,
            schema: String::schema(),
        };
        Policy::KEYS.iter().map(member).collect()
    }
}

/// Policies, in force and by default.
pub async fn list(call: Call) -> Result<Reply<Page<PolicyDocument>>, Problem> {
    let policies = call.look(|conn, _| read(conn)).await?;
    Reply::new(&policies)
}

/// Sets policies by their keys.
pub async fn change(
    call: Call<(), ChangePolicies>,
) -> Result<Reply<Page<PolicyDocument>>, Problem> {
    call.write(|conn, call| {
        set_policies(conn, Some(&call.principal.actor), &call.body.0, call.now)?;
        Reply::new(&read(conn)?)
    })
    .await
}

fn read(conn: &mut Conn) -> Result<Page<PolicyDocument>, Problem> {
    let (policy, default) = (rules::policy(conn)?, Policy::default());
    let rows = rules::policy_rows(conn)?;
    let document = |key: &&str| PolicyDocument {
        key: (*key).to_owned(),
        value: policy.get(key).unwrap_or_default(),
        default: default.get(key).unwrap_or_default(),
        version: rows.get(*key).map_or(0, |(_, version)| *version),
    };
    Ok(Page::whole(Policy::KEYS.iter().map(document).collect()))
}
