//! How the process and its database are: for load balancers, and for Prometheus.
//!
//! Anybody may learn whether the process is ready, for a balancer has no secrets. How much waits and what was counted is
//! for whoever shows `CASEBELL_METRICS_TOKEN`: figures tell a stranger how a desk is doing, and when it was hit.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use secrecy::ExposeSecret;
use serde::Serialize;

use super::problem::Problem;
use super::readiness::Database;
use super::state::AppState;
use crate::credentials::same_secret;
use crate::telemetry;

/// Whether requests can be served, as anybody may know it.
#[derive(Serialize)]
struct Summary {
    status: &'static str,
}

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
    /// Whether the bucket of attachments could be used when somebody used it last. One that is away keeps nobody from anything but
    /// files, on every process alike, so that it does not make this one unready either.
    #[serde(skip_serializing_if = "Option::is_none")]
    attachments: Option<&'static str>,
}

/// What waits to be sent.
#[derive(Serialize)]
struct Outbox {
    /// How many notices wait, those that were put off included.
    waiting: i64,
    /// For how long the first of them has been due, in seconds, however often it was tried and put off.
    overdue_seconds: i64,
}

/// The process runs.
pub async fn healthz() -> HttpResponse {
    plain("ok\n".to_owned())
}

/// Whether this process can do its job: the database can be read and written, and its schema is this binary's.
pub async fn readyz(request: HttpRequest) -> HttpResponse {
    let Some(desk) = request.app_data::<web::Data<AppState>>() else {
        return HttpResponse::InternalServerError().finish();
    };
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
                .since
                .map_or(0, |at| (now - at).num_seconds().max(0)),
        }),
        attachments: (desk.uploads.store.is_reached())
            .map(|is_reached| if is_reached { "ok" } else { "unavailable" }),
    };
    let mut response = if found.is_ready() {
        HttpResponse::Ok()
    } else {
        HttpResponse::ServiceUnavailable()
    };
    match asked_by(desk, &request) {
        Asked::ByWhoeverMeasures => response.json(readiness),
        Asked::ByAnybody => response.json(Summary {
            status: readiness.status,
        }),
    }
}

/// What was counted, as Prometheus reads it.
///
/// It answers 404 where nobody may read it, and 401 without the token.
pub async fn metrics(request: HttpRequest) -> HttpResponse {
    let Some(desk) = request.app_data::<web::Data<AppState>>() else {
        return HttpResponse::InternalServerError().finish();
    };
    match asked_by(desk, &request) {
        Asked::ByWhoeverMeasures => plain(telemetry::measured()),
        Asked::ByAnybody if desk.metrics_token.is_none() => {
            HttpResponse::from_error(Problem::not_found())
        }
        Asked::ByAnybody => HttpResponse::from_error(Problem::unauthenticated()),
    }
}

enum Asked {
    ByWhoeverMeasures,
    ByAnybody,
}

fn asked_by(desk: &AppState, request: &HttpRequest) -> Asked {
    let shown = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    match (&desk.metrics_token, shown) {
        (Some(expected), Some((_, shown)))
            if same_secret(expected.expose_secret(), shown.trim()) =>
        {
            Asked::ByWhoeverMeasures
        }
        _ => Asked::ByAnybody,
    }
}

fn plain(text: String) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body(text)
}
