//! The portal's rows of the route table: every page and every form, and where each is.

use actix_web::body::BoxBody;
use actix_web::http::header::ContentEncoding;
use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse, web};

use super::page_request::Posted;
use super::route::{PortalRoute, read};
use super::{Portal, assets};
use crate::http::compress;
use crate::http::paths::{self, Handler, PathError, Paths};
use crate::http::problem::Problem;
use crate::http::routes::{allowed, by_path, not_allowed};

/// All of them: each family of pages has its own rows.
pub fn routes() -> Vec<PortalRoute> {
    [
        super::sign_in::routes(),
        super::preferences::routes(),
        super::links::routes(),
        super::request_access::routes(),
        super::account::routes(),
        super::home::routes(),
        super::news::routes(),
        super::saved_filters::routes(),
        super::columns::routes(),
        super::bulk::routes(),
        super::cases::routes(),
        super::case::routes(),
        super::attachments::routes(),
        super::escalate::routes(),
        super::queue::routes(),
        super::review::routes(),
        super::callbacks::routes(),
        super::radar::routes(),
        super::reports::routes(),
        super::help::routes(),
        super::search::routes(),
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
        super::admin::templates::routes(),
        super::admin::guide::routes(),
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

/// Puts the pages and the assets in their places.
///
/// # Errors
/// If two of their paths contradict each other.
pub fn insert_into(paths: &mut Paths) -> Result<(), PathError> {
    let routes = routes();
    for (path, here) in by_path(&routes, |route| route.path) {
        let rows = here
            .iter()
            .map(|route| (route.method.clone(), route.handler()));
        let methods = allowed(here.iter().map(|route| &route.method));
        let refused = match above(&routes, path) {
            Some(steps) => leading_back(steps, methods),
            None => refusing(methods),
        };
        paths.insert(path.to_owned(), rows.collect(), refused)?;
    }
    let assets = vec![(Method::GET, paths::handler(asset))];
    let path = format!("{}{{path}}", assets::PREFIX);
    paths.insert(path, assets, refusing(allowed([Method::GET].iter())))
}

/// How many parts of a path lead back to a page, if it only takes forms.
fn above(routes: &[PortalRoute], path: &str) -> Option<usize> {
    let is_page = |path: &str| {
        let mut all = routes.iter();
        all.any(|route| route.path == path && route.method == Method::GET)
    };
    if is_page(path) {
        return None;
    }
    let ends = path.rmatch_indices('/').map(|(end, _)| &path[..end]);
    let place = ends.filter(|above| !above.is_empty()).position(is_page)?;
    Some(place + 1)
}

/// Leads whoever asks for a form's address, as the browser does that is told once more where it is, to the page that has the form;
/// refuses the other methods.
fn leading_back(steps: usize, allowed: String) -> Handler {
    paths::handler(move |request, payload| {
        let path = request.path();
        let end = path.rmatch_indices('/').map(|(end, _)| end).nth(steps - 1);
        let back = end.map(|end| path[..end].to_owned());
        let problem = not_allowed(&allowed);
        async move {
            match back.filter(|_| matches!(*request.method(), Method::GET | Method::HEAD)) {
                Some(back) => match read(Posted::ByOurPages, &request, payload).await {
                    Ok(req) => req.go(back, None).into_response(),
                    Err(response) => response,
                },
                None => stop(problem, request, payload).await,
            }
        }
    })
}

/// What answers the methods that a page does not take.
fn refusing(allowed: String) -> Handler {
    paths::handler(move |request, payload| stop(not_allowed(&allowed), request, payload))
}

/// A page that says so, where there is none.
pub async fn nothing_here(request: HttpRequest, payload: web::Payload) -> HttpResponse<BoxBody> {
    stop(Problem::not_found(), request, payload).await
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
async fn asset(request: HttpRequest, _: web::Payload) -> HttpResponse<BoxBody> {
    let portal = request.app_data::<web::Data<Portal>>();
    let path = paths::values_of(&request).concat();
    match portal.and_then(|portal| portal.assets.at(&path)) {
        Some(asset) => {
            let mut answer = HttpResponse::Ok();
            answer
                .content_type(asset.content_type)
                .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"));
            match asset
                .packed
                .as_ref()
                .filter(|_| compress::takes_gzip(&request))
            {
                Some(packed) => answer
                    .insert_header(ContentEncoding::Gzip)
                    .body(packed.clone()),
                None => answer.body(asset.bytes.clone()),
            }
        }
        None => HttpResponse::NotFound().finish(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_leads_back_to_the_page_that_has_it() {
        let routes = routes();
        for (path, steps) in [
            ("/escalations/{escalation}/accept", Some(1)),
            ("/cases/{case}/rca/delivery", Some(2)),
            ("/cases/{case}", None),
            ("/entries/{entry}", None),
            ("/sign-out", None),
        ] {
            assert_eq!(above(&routes, path), steps, "{path}");
        }
    }

    #[test]
    fn every_page_reads_all_that_its_path_names() {
        for route in routes() {
            let named = route.path.matches('{').count();
            assert_eq!(route.reads, named, "{} {}", route.method, route.path);
        }
    }
}
