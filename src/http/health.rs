//! How the process and its database are: for load balancers, and for Prometheus.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use serde::Serialize;

use super::desk::Desk;
use crate::db::{DbError, migrate};
use crate::store::readiness::{self, Outbox};
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

/// The process runs.
pub async fn healthz() -> HttpResponse {
    plain("ok\n".to_owned())
}

/// The database answers, and its schema is this binary's.
pub async fn readyz(desk: web::Data<Desk>) -> HttpResponse {
    let now = desk.clock.now();
    let looked = desk
        .db
        .read(move |conn| {
            Ok::<_, DbError>((migrate::is_current(conn)?, readiness::outbox(conn, now)?))
        })
        .await;
    let readiness = match looked {
        Ok((true, outbox)) => Readiness {
            status: "ready",
            database: "ok",
            migrations: "ok",
            outbox: Some(outbox),
        },
        Ok((false, outbox)) => Readiness {
            status: "not_ready",
            database: "ok",
            migrations: "other",
            outbox: Some(outbox),
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
    response
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(readiness)
}

/// What was counted, as Prometheus reads it.
pub async fn metrics() -> HttpResponse {
    plain(telemetry::measured())
}

fn plain(text: String) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .content_type("text/plain; charset=utf-8")
        .body(text)
}
