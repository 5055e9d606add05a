//! The portal's rows of the route table: every page and every form, and where each is.

use actix_web::body::BoxBody;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};

use super::page_request::Posted;
use super::route::{PortalRoute, read};
use super::{Portal, assets};
use crate::http::problem::{Code, Problem};

/// All of them: each family of pages has its own rows.
pub fn routes() -> Vec<PortalRoute> {
    [
        super::sign_in::routes(),
        super::preferences::routes(),
        super::links::routes(),
        super::request_access::routes(),
        super::account::routes(),
        super::cases::routes(),
        super::case::routes(),
        super::escalate::routes(),
        super::queue::routes(),
        super::review::routes(),
        super::callbacks::routes(),
        super::radar::routes(),
        super::relationships::routes(),
        super::admin::routes(),
        super::admin::people::routes(),
        super::admin::roles::routes(),
        super::admin::groups::routes(),
        super::admin::access_requests::routes(),
        super::admin::organizations::routes(),
        super::admin::lines::routes(),
        super::admin::reasons::routes(),
        super::admin::policies::routes(),
        super::admin::targets::routes(),
        super::admin::duty::routes(),
        super::admin::second_factor::routes(),
        super::admin::networks::routes(),
        super::admin::calendars::routes(),
        super::admin::notices::routes(),
        super::admin::audit::routes(),
        super::admin::errors::routes(),
        super::admin::deliveries::routes(),
        super::admin::checks::routes(),
        super::admin::provisioning::routes(),
        super::my_notices::routes(),
        super::unsubscribe::routes(),
        super::reference::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Puts the pages and the assets in their places, and a page that says so everywhere else.
pub fn configure(config: &mut web::ServiceConfig) {
    let routes = routes();
    let mut paths: Vec<&str> = Vec::new();
    for route in &routes {
        if !paths.contains(&route.path) {
            paths.push(route.path);
        }
    }
    for path in paths {
        let here: Vec<_> = routes.iter().filter(|route| route.path == path).collect();
        let mut resource = web::resource(path);
        for route in &here {
            resource = resource.route(route.build());
        }
        let allowed = here
            .iter()
            .map(|route| route.method.as_str())
            .collect::<Vec<_>>()
            .join(", ");
        config.service(resource.default_service(web::to(
            move |request: HttpRequest, payload: web::Payload| {
                let problem = not_allowed(&allowed);
                stop(problem, request, payload)
            },
        )));
    }
    config.route(&format!("{}{{path}}", assets::PREFIX), web::get().to(asset));
    config.default_service(web::to(|request: HttpRequest, payload: web::Payload| {
        stop(Problem::not_found(), request, payload)
    }));
}

fn not_allowed(allowed: &str) -> Problem {
    let problem = Problem::new(Code::MethodNotAllowed).with("allowed", allowed);
    match header::HeaderValue::from_str(allowed) {
        Ok(value) => problem.header(header::ALLOW, value),
        Err(_) => problem,
    }
}

async fn stop(
    problem: Problem,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse<BoxBody> {
    match read(Posted::ByOurPages, &request, payload).await {
        // Even what is not there is only told to who may look.
        Ok(req) => req.stopped(problem.into(), false),
        Err(response) => response,
    }
}

/// An asset of this build. Its address changes with its content, so that it may be kept for good.
async fn asset(request: HttpRequest, path: web::Path<String>) -> HttpResponse<BoxBody> {
    let portal = request.app_data::<web::Data<Portal>>();
    match portal.and_then(|portal| portal.assets.at(&path)) {
        Some(asset) => HttpResponse::Ok()
            .content_type(asset.content_type)
            .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
            .body(asset.bytes),
        None => HttpResponse::NotFound().finish(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_reads_all_that_its_path_names() {
        for route in routes() {
            let named = route.path.matches('{').count();
            assert_eq!(route.reads, named, "{} {}", route.method, route.path);
        }
    }
}
