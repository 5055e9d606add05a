//! Policies: the hours, days, priorities and the impact that the criteria reckon with (E12).

use super::documents::{EffectDocument, PolicyDocument};
use crate::db::Conn;
use crate::domain::access::Permission;
use crate::domain::eligibility::Policy;
use crate::http::api_request::{ApiRequest, Guarded, may};
use crate::http::pagination::Page;
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::route::{Route, table};
use crate::store::{rules, target_rules};
use crate::workflow::policies::{SetPolicies, foresee_policies, set_policies};

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { policies:
        GET   "/policies" may(Permission::PoliciesView)   => list, "Policies, in force and by default";
        PATCH "/policies" may(Permission::PoliciesManage) => change, "Sets policies by their keys; all of them or none";
        POST  "/policies/preview" may(Permission::PoliciesManage) => preview, "What new policies would do; nothing is changed";
    }
}

/// Policies, in force and by default.
pub async fn list(req: ApiRequest) -> Result<Reply<Page<PolicyDocument>>, Problem> {
    req.read(|conn, _| read(conn)).await
}

/// Sets policies by their keys.
pub async fn change(
    req: ApiRequest<Guarded<()>, SetPolicies>,
) -> Result<Reply<Page<PolicyDocument>>, Problem> {
    req.write(|conn, req| {
        let by = Some(&req.principal.actor);
        set_policies(conn, by, req.expected(), &req.body, req.now)?;
        read(conn)
    })
    .await
}

/// What new policies would do.
pub async fn preview(
    req: ApiRequest<Guarded<()>, SetPolicies>,
) -> Result<Reply<EffectDocument>, Problem> {
    let foreseen = req
        .search(|conn, req| {
            let (by, expected) = (Some(&req.principal.actor), req.expected());
            Ok(foresee_policies(conn, by, expected, &req.body, req.now)?)
        })
        .await?;
    Reply::new(&EffectDocument::from(&foreseen))
}

fn read(conn: &mut Conn) -> Result<Reply<Page<PolicyDocument>>, Problem> {
    let (policy, default) = (rules::policy(conn)?, Policy::default());
    let rows = rules::policy_rows(conn)?;
    let document = |key: &&str| PolicyDocument {
        key: (*key).to_owned(),
        value: policy.get(key).unwrap_or_default(),
        default: default.get(key).unwrap_or_default(),
        version: rows.get(*key).map_or(0, |(_, version)| *version),
    };
    let policies = Page::whole(Policy::KEYS.iter().map(document).collect());
    Ok(Reply::new(&policies)?.version(target_rules::policies_version(conn)?))
}
