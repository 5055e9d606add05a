//! Escalation reasons: what an escalation can be about, and what its form asks (section 3).

use super::documents::{EffectDocument, ReasonDocument};
use crate::db::Conn;
use crate::domain::access::Permission;
use crate::domain::reason::ReasonCode;
use crate::http::api_request::{ApiRequest, Guarded, SIGNED_IN, may};
use crate::http::pagination::Page;
use crate::http::problem::Problem;
use crate::http::reply::{Created, Reply};
use crate::http::route::{Route, table};
use crate::store::rules::{self, ReasonRow};
use crate::workflow::reasons::{
    AddReason, ReplaceReason, add_reason, foresee_reason, replace_reason,
};

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { reasons:
        GET  "/escalation-reasons"          SIGNED_IN                      => list, "Escalation reasons, in the order of the form";
        POST "/escalation-reasons"          may(Permission::ReasonsManage) => add, "Adds an escalation reason at the end of the form";
        GET  "/escalation-reasons/{reason}" SIGNED_IN                      => show, "One escalation reason";
        PUT  "/escalation-reasons/{reason}" may(Permission::ReasonsManage) => replace, "Replaces a reason's words, rule and questions, or takes it off the form";
        POST "/escalation-reasons/{reason}/preview" may(Permission::ReasonsManage) => preview, "What replacing a reason would do; nothing is changed";
    }
}

/// Escalation reasons, in the order of the form. Those that can no longer be chosen are for those who manage them.
pub async fn list(req: ApiRequest) -> Result<Reply<Page<ReasonDocument>>, Problem> {
    let manages = req.principal.access().can(Permission::ReasonsManage);
    let rows = req.read(|conn, _| Ok(rules::reasons(conn)?)).await?;
    let seen = rows.iter().filter(|row| row.active || manages);
    Reply::new(&Page::whole(seen.map(ReasonDocument::from).collect()))
}

/// Adds an escalation reason.
pub async fn add(req: ApiRequest<(), AddReason>) -> Result<Created<ReasonDocument>, Problem> {
    req.write(|conn, req| {
        let (by, body) = (Some(&req.principal.actor), &req.body);
        add_reason(conn, by, body, req.now)?;
        let row = read(conn, body.code.as_str())?;
        let reply = Created::new(&ReasonDocument::from(&row))?;
        Ok(reply
            .version(row.version)
            .location(format!("/api/v1/escalation-reasons/{}", row.code)))
    })
    .await
}

/// One escalation reason.
pub async fn show(req: ApiRequest<ReasonCode>) -> Result<Reply<ReasonDocument>, Problem> {
    let manages = req.principal.access().can(Permission::ReasonsManage);
    let row = req
        .read(|conn, req| read(conn, req.address.as_str()))
        .await?;
    if !row.active && !manages {
        return Err(Problem::not_found());
    }
    Ok(Reply::new(&ReasonDocument::from(&row))?.version(row.version))
}

/// Replaces a reason's words, rule and questions, or takes it off the form.
pub async fn replace(
    req: ApiRequest<Guarded<ReasonCode>, ReplaceReason>,
) -> Result<Reply<ReasonDocument>, Problem> {
    req.write(|conn, req| {
        let (by, code) = (Some(&req.principal.actor), &*req.address);
        replace_reason(conn, by, code, req.expected(), &req.body, req.now)?;
        let row = read(conn, code.as_str())?;
        Ok(Reply::new(&ReasonDocument::from(&row))?.version(row.version))
    })
    .await
}

/// What replacing a reason would do.
pub async fn preview(
    req: ApiRequest<Guarded<ReasonCode>, ReplaceReason>,
) -> Result<Reply<EffectDocument>, Problem> {
    let foreseen = req
        .search(|conn, req| {
            let (by, code) = (Some(&req.principal.actor), &*req.address);
            let expected = req.expected();
            Ok(foresee_reason(
                conn, by, code, expected, &req.body, req.now,
            )?)
        })
        .await?;
    Reply::new(&EffectDocument::from(&foreseen))
}

fn read(conn: &mut Conn, code: &str) -> Result<ReasonRow, Problem> {
    rules::reason(conn, code)?.ok_or_else(Problem::not_found)
}
