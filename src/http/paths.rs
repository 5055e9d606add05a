//! Which rows of the tables an address belongs to: one tree of all paths, made once and shared by all workers.
//!
//! actix would try one regular expression after the other, of which every worker compiles and keeps its own: with hundreds
//! of paths they cost more time and memory than most of what is then done.

use std::future::Future;
use std::sync::Arc;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, web};
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use matchit::Router;

/// What answers a request.
pub type Handler = Arc<
    dyn Fn(HttpRequest, web::Payload) -> LocalBoxFuture<'static, HttpResponse<BoxBody>>
        + Send
        + Sync,
>;

/// A function as a [`Handler`].
pub fn handler<F, Fut>(answer: F) -> Handler
where
    F: Fn(HttpRequest, web::Payload) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = HttpResponse<BoxBody>> + 'static,
{
    Arc::new(move |request, payload| answer(request, payload).boxed_local())
}

/// The two paths of a table that contradict each other.
#[derive(Debug, thiserror::Error)]
#[error("the path {path} cannot stand beside the others: {error}")]
pub struct PathError {
    path: String,
    error: matchit::InsertError,
}

/// What stands at one path.
struct Resource {
    path: Arc<str>,
    rows: Vec<(Method, Handler)>,
    /// What answers the methods that have no row.
    others: Handler,
}

impl Resource {
    /// Whoever may read something may also ask whether it is there.
    fn handler(&self, method: &Method) -> &Handler {
        let asked = match *method {
            Method::HEAD => &Method::GET,
            ref other => other,
        };
        let row = self.rows.iter().find(|(method, _)| method == asked);
        row.map_or(&self.others, |(_, handler)| handler)
    }
}

/// All paths.
pub struct Paths {
    tree: Router<usize>,
    resources: Vec<Resource>,
    nowhere: Handler,
}

/// Where a request has come to: kept with it.
pub struct Found {
    resource: usize,
    path: Arc<str>,
    values: Vec<String>,
}

impl Paths {
    /// No path yet; `nowhere` answers what is at none.
    pub fn new(nowhere: Handler) -> Self {
        Self {
            tree: Router::new(),
            resources: Vec::new(),
            nowhere,
        }
    }

    /// Puts rows at a path, whose parameters are in braces; `others` answers the methods that have no row. A row of GET
    /// answers HEAD too.
    ///
    /// # Errors
    /// If it stands there already, or contradicts another.
    pub fn insert(
        &mut self,
        path: String,
        rows: Vec<(Method, Handler)>,
        others: Handler,
    ) -> Result<(), PathError> {
        let inserted = self.tree.insert(&path, self.resources.len());
        inserted.map_err(|error| PathError {
            path: path.clone(),
            error,
        })?;
        self.resources.push(Resource {
            path: path.into(),
            rows,
            others,
        });
        Ok(())
    }

    fn find(&self, path: &str) -> Option<Found> {
        let matched = self.tree.at(path).ok()?;
        let resource = self.resources.get(*matched.value)?;
        let values = matched.params.iter().map(|(_, value)| value.to_owned());
        Some(Found {
            resource: *matched.value,
            path: Arc::clone(&resource.path),
            values: values.collect(),
        })
    }
}

/// The path of the table at which a request has come, with its parameters in braces: what may stand in a log.
pub fn path_of(request: &HttpRequest) -> Option<Arc<str>> {
    let found = request.extensions();
    found.get::<Found>().map(|found| Arc::clone(&found.path))
}

/// What stands in the path of a request for its parameters, in order.
pub fn values_of(request: &HttpRequest) -> Vec<String> {
    let found = request.extensions();
    let values = found.get::<Found>().map(|found| found.values.clone());
    values.unwrap_or_default()
}

/// Finds where a request belongs, before anything else is done for it.
///
/// # Errors
/// Those of the services inside.
pub async fn find<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let found = request
        .app_data::<web::Data<Paths>>()
        .and_then(|paths| paths.find(request.match_info().as_str()));
    if let Some(found) = found {
        request.extensions_mut().insert(found);
    }
    next.call(request).await
}

/// Answers a request.
pub async fn answer(request: HttpRequest, payload: web::Payload) -> HttpResponse<BoxBody> {
    let Some(paths) = request.app_data::<web::Data<Paths>>().cloned() else {
        tracing::error!("the server was built without paths");
        return HttpResponse::InternalServerError().finish();
    };
    let resource = (request.extensions().get::<Found>()).map(|found| found.resource);
    let resource = resource.and_then(|index| paths.resources.get(index));
    let handler = match resource {
        Some(resource) => resource.handler(request.method()),
        None => &paths.nowhere,
    };
    handler(request, payload).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nobody() -> Handler {
        handler(|_, _| async { HttpResponse::NoContent().finish() })
    }

    fn paths(all: &[&str]) -> Paths {
        let mut paths = Paths::new(nobody());
        for path in all {
            let rows = vec![(Method::GET, nobody())];
            let inserted = paths.insert((*path).to_owned(), rows, nobody());
            inserted.expect("a path");
        }
        paths
    }

    #[test]
    fn an_address_belongs_to_one_path_and_what_is_written_out_comes_first() {
        let paths = paths(&[
            "/",
            "/cases",
            "/cases/{case}",
            "/cases/new",
            "/cases/{case}/feed/{entry}",
        ]);
        let at = |address: &str| {
            let found = paths.find(address)?;
            Some((found.path.to_string(), found.values))
        };
        let of = |path: &str, values: &[&str]| {
            let values = values.iter().map(ToString::to_string).collect();
            Some((path.to_owned(), values))
        };
        assert_eq!(at("/"), of("/", &[]));
        assert_eq!(at("/cases/new"), of("/cases/new", &[]));
        assert_eq!(at("/cases/news"), of("/cases/{case}", &["news"]));
        assert_eq!(
            at("/cases/C-1/feed/a b"),
            of("/cases/{case}/feed/{entry}", &["C-1", "a b"])
        );
        for nowhere in ["", "/case", "/cases/", "/cases//feed/1", "/cases/C-1/feed"] {
            assert_eq!(at(nowhere), None, "{nowhere}");
        }
    }

    #[test]
    fn a_row_of_get_answers_head_and_others_are_told_what_there_is() {
        let paths = paths(&["/cases"]);
        let resource = &paths.resources[0];
        let is_row = |method: Method| !Arc::ptr_eq(resource.handler(&method), &resource.others);
        assert!(is_row(Method::GET) && is_row(Method::HEAD));
        assert!(!is_row(Method::POST) && !is_row(Method::OPTIONS));
    }

    #[test]
    fn a_path_stands_there_once() {
        let mut paths = paths(&["/cases/{case}"]);
        let twice = paths.insert("/cases/{number}".to_owned(), Vec::new(), nobody());
        let said = twice.expect_err("refused").to_string();
        assert!(said.contains("/cases/{number}"), "{said}");
    }
}
