//! How the process and its database are: for load balancers, and for Prometheus.

use actix_web::{HttpResponse, web};
use serde::Serialize;

use super::desk::Desk;
use crate::db::{DbError, migrate};
use crate::store::notices;
use crate::telemetry;

/// Whether requests can be served.
#[derive(Serialize)]
struct Readiness {
    status: &'static str,
    database: &'static str,
    migrations: &'static str,
    /// What waits to be sent. A mail server that is away delays notices and loses none, so it does not make the
    /// process unready: taking it off the load balancer would help nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    outbox: Option<Outbox>,
}

/// What waits to be sent.
#[derive(Serialize)]
struct Outbox {
    /// How many notices wait, those that were put off included.
    waiting: i64,
    /// For how long the first of them could have been sent, in seconds.
    overdue_seconds: i64,
}

/// The process runs.
pub async fn healthz() -> HttpResponse {
    plain("ok\n".to_owned())
}

/// The database answers, and its schema is this binary's.
pub async fn readyz(desk: web::Data<Desk>) -> HttpResponse {
    let now = desk.clock.now();
    let looked = desk
        .db
        .read(move |conn| Ok::<_, DbError>((migrate::is_current(conn)?, notices::backlog(conn)?)))
        .await;
    let outbox = |backlog: notices::Backlog| {
        let overdue = backlog
            .next_at
            .map_or(0, |at| (now - at).num_seconds().max(0));
        Some(Outbox {
            waiting: backlog.waiting,
            overdue_seconds: overdue,
        })
    };
    let readiness = match looked {
        Ok((true, backlog)) => Readiness {
            status: "ready",
            database: "ok",
            migrations: "ok",
            outbox: outbox(backlog),
        },
        Ok((false, backlog)) => Readiness {
            status: "not_ready",
            database: "ok",
            migrations: "other",
            outbox: outbox(backlog),
        },
        Err(error) => {
            tracing::warn!(%error, "not ready");
            Readiness {
                status: "not_ready",
                database: "unavailable",
                migrations: "unknown",
                outbox: None,
            }
        }
    };
    let ready = readiness.status == "ready";
    let mut response = if ready {
        HttpResponse::Ok()
    } else {
        HttpResponse::ServiceUnavailable()
    };
    response.json(readiness)
}

/// What was counted, as Prometheus reads it.
pub async fn metrics() -> HttpResponse {
    plain(telemetry::measured())
}

fn plain(text: String) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body(text)
}
