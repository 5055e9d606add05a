//! How the process and its database are: for load balancers, and for Prometheus.

use actix_web::{HttpResponse, web};
use serde::Serialize;

use super::desk::Desk;
use super::readiness::Database;
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

/// Whether this process can do its job: the database can be read and written, and its schema is this binary's.
pub async fn readyz(desk: web::Data<Desk>) -> HttpResponse {
    let found = desk.readiness.now().await;
    let readiness = Readiness {
        status: if found.is_ready() {
            "ready"
        } else {
            "not_ready"
        },
        database: match found.database {
            Database::Ok => "ok",
            Database::ReadOnly => "read_only",
            Database::Unavailable => "unavailable",
        },
        migrations: match found.is_current {
            Some(true) => "ok",
            Some(false) => "other",
            None => "unknown",
        },
        outbox: found.outbox.map(|(backlog, now)| Outbox {
            waiting: backlog.waiting,
            overdue_seconds: backlog
                .next_at
                .map_or(0, |at| (now - at).num_seconds().max(0)),
        }),
    };
    let mut response = if found.is_ready() {
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
