//! A row of the portal's route table: a page or a form, what it asks of whoever comes, and how a request becomes an
//! answer.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::body::BoxBody;
use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::FutureExt;

use super::answer::{Answer, PageResult, Stop};
use super::flash::{Done, Flash};
use super::once::Sending;
use super::page_request::{PageRequest, Posted};
use super::{Portal, proof, resume};
use crate::http::address::{self, Address};
use crate::http::asks::Asks;
use crate::http::cookies::Carries;
use crate::http::paths;
use crate::http::problem::{Code, Problem};
use crate::http::requires::Requires;
use crate::http::state::AppState;

/// Rows for one family of pages: `METHOD "/path" needs => handler, "what it does";`.
macro_rules! pages {
    ($module:ident: $( $method:ident $path:literal $needs:expr => $handler:path, $summary:literal; )+) => {
        vec![$( $crate::http::portal::route::PortalRoute::new(
            actix_web::http::Method::$method,
            $path,
            $needs,
            concat!("portal::", stringify!($module), "::", stringify!($handler)),
            $summary,
            $handler,
        ) ),+]
    };
}

pub(crate) use pages;

type Later<T> = Pin<Box<dyn Future<Output = T>>>;
type Open = dyn Fn(PageRequest) -> Later<PageResult> + Send + Sync;
type Permit = dyn Fn(&PageRequest) -> Later<Result<(), Problem>> + Send + Sync;

/// What opens a page, or does what a form asks for: a function of a request, and of what the path names if it names anything.
pub trait Handler<M>: Clone + Send + Sync + 'static {
    /// What the path names.
    type Address: Address;

    /// Answers a request.
    fn open(&self, req: PageRequest, address: Self::Address) -> Later<PageResult>;
}

impl<F, Fut> Handler<()> for F
where
    F: Fn(PageRequest) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = PageResult> + 'static,
{
    type Address = ();

    fn open(&self, req: PageRequest, (): ()) -> Later<PageResult> {
        Box::pin(self(req))
    }
}

impl<A, F, Fut> Handler<(A,)> for F
where
    A: Address,
    F: Fn(PageRequest, A) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = PageResult> + 'static,
{
    type Address = A;

    fn open(&self, req: PageRequest, address: A) -> Later<PageResult> {
        Box::pin(self(req, address))
    }
}

/// What the path of a request names; what cannot be read does not exist.
fn named<A: Address>(req: &PageRequest) -> Result<A, Problem> {
    let parts: Vec<&str> = req.parts.iter().map(String::as_str).collect();
    A::read_all(&parts).ok_or_else(Problem::not_found)
}

/// Whether the visitor may, decided as for the API.
fn permit<A: Address>(req: &PageRequest, needs: Requires) -> Later<Result<(), Problem>> {
    let (address, guest) = (named::<A>(req), req.principal().cloned());
    let (db, now) = (req.desk.db.clone(), req.now);
    Box::pin(async move {
        if needs == Requires::Anyone {
            return address.map(drop);
        }
        let guest = guest?;
        address::permitted(&db, &guest, needs, &address?, now).await
    })
}

/// A page, or what a form does.
#[derive(Clone)]
pub struct PortalRoute {
    /// GET or POST.
    pub method: Method,
    /// The path, with its parameters in braces.
    pub path: &'static str,
    /// What it asks of whoever comes.
    pub needs: Requires,
    /// All that it asks.
    pub asks: Asks,
    /// Its handler's name: `portal::case::show`.
    pub name: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// How many parts of the path its handler reads: all that there are, or it would not be asked whether they exist.
    pub reads: usize,
    posted: Posted,
    permit: Arc<Permit>,
    open: Arc<Open>,
}

impl PortalRoute {
    /// A row of the table.
    pub fn new<M, H: Handler<M>>(
        method: Method,
        path: &'static str,
        asks: impl Into<Asks>,
        name: &'static str,
        summary: &'static str,
        handler: H,
    ) -> Self {
        let asks = asks.into();
        let permit: Arc<Permit> =
            Arc::new(move |req: &PageRequest| permit::<H::Address>(req, asks.needs));
        let open: Arc<Open> = Arc::new(move |req: PageRequest| match named(&req) {
            Ok(address) => handler.open(req, address),
            Err(problem) => Box::pin(std::future::ready(Err(problem.into()))),
        });
        Self {
            method,
            path,
            needs: asks.needs,
            asks,
            name,
            summary,
            reads: H::Address::parameters().len(),
            posted: Posted::default(),
            permit,
            open,
        }
    }

    /// The row with other forms taken.
    #[must_use]
    pub fn posted(mut self, posted: Posted) -> Self {
        self.posted = posted;
        self
    }

    /// The rows with forms at these paths taken that carry files to attach.
    pub(super) fn with_attachments(rows: Vec<Self>, at: &[&str]) -> Vec<Self> {
        let rows = rows.into_iter().map(|row| {
            let carries = row.method == Method::POST && at.contains(&row.path);
            match carries {
                true => row.posted(Posted::WithAttachments),
                false => row,
            }
        });
        rows.collect()
    }

    /// What answers its requests.
    pub(super) fn handler(&self) -> paths::Handler {
        let (asks, posted) = (self.asks, self.posted);
        let (permit, open) = (Arc::clone(&self.permit), Arc::clone(&self.open));
        paths::handler(move |request, payload| {
            let (permit, open) = (Arc::clone(&permit), Arc::clone(&open));
            once((asks, posted), (permit, open), request, payload)
        })
    }
}

/// Reads the request, lets the handler work, and writes whatever came of it: of a form that was sent before, what came of it then.
async fn once(
    (asks, posted): (Asks, Posted),
    (permit, open): (Arc<Permit>, Arc<Open>),
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse<BoxBody> {
    let is_get = request.method().is_safe();
    let mut req = match read(posted, &request, payload).await {
        Ok(req) => req,
        Err(response) => return response,
    };
    req.asks = Some(asks);
    let Some(sending) = req.sending.clone() else {
        let result = answer(&mut req, (permit, open), is_get).await;
        return written(&req, result, is_get);
    };
    match earlier(&req, &sending, &request).await {
        Ok(None) => {}
        Ok(Some(answer)) => return answer.into_response(),
        Err(problem) => return stopped(&req, problem.into(), is_get),
    }
    let result = answer(&mut req, (permit, open), is_get).await;
    if sending.was_met()
        && let Ok(Some(answer)) = earlier(&req, &sending, &request).await
    {
        return answer.into_response();
    }
    if let Ok(answer) = &result
        && sending.is_done()
    {
        let flash = answer.sets(Carries::Flash.name(&req.desk.public_url));
        let (status, to) = (answer.status(), answer.leads_to());
        // The work is done. Where it led is a courtesy to who sends the form again.
        if let Err(problem) = sending.keep(&req.desk.db, status, to, flash).await {
            tracing::warn!(
                code = problem.code().as_str(),
                "where a form led could not be kept"
            );
        }
    }
    written(&req, result, is_get)
}

/// What came of a form when it was sent before, if it was. What it showed then, such as a secret, is not shown again.
async fn earlier(
    req: &PageRequest,
    sending: &Sending,
    request: &HttpRequest,
) -> Result<Option<Answer>, Problem> {
    let Some(led) = sending.earlier(&req.desk.db, req.now).await? else {
        return Ok(None);
    };
    Ok(Some(match led.to {
        Some(to) => req.go(to, led.flash),
        None => {
            let back = came_from(request).unwrap_or_else(|| "/".to_owned());
            req.go(back, Some(Flash::new(Done::SentBefore)))
        }
    }))
}

/// The page of this house that a form was on.
fn came_from(request: &HttpRequest) -> Option<String> {
    let text = |name: header::HeaderName| request.headers().get(name)?.to_str().ok();
    let from = url::Url::parse(text(header::REFERER)?).ok()?;
    let here = &from[url::Position::BeforeHost..url::Position::AfterPort];
    (Some(here) == text(header::HOST))
        .then(|| from[url::Position::BeforePath..url::Position::AfterQuery].to_owned())
}

/// What the handler comes to, where it is asked at all.
async fn answer(
    req: &mut PageRequest,
    (permit, open): (Arc<Permit>, Arc<Open>),
    is_get: bool,
) -> PageResult {
    let asks = req.asks.ok_or_else(|| Problem::new(Code::Internal))?;
    let proven = match asks.proof && !is_get && proof::is_shown(req) {
        true => proof::take(req).await,
        false => Ok(()),
    };
    let req = &*req;
    let work = async {
        if let Some(guest) = &req.guest {
            asks.check_set_up(guest)?;
        }
        permit(req).await?;
        let asked = proven.and_then(|()| match (&req.guest, is_get) {
            (Some(guest), false) => asks.check_proof(guest, req.now),
            _ => Ok(()),
        });
        match asked {
            Ok(()) => open(req.clone()).await,
            Err(problem) if is_asked_again(&problem) => proof::ask(req, &problem).await,
            Err(problem) => Err(problem.into()),
        }
    };
    // A panic itself was reported where it happened.
    let done = AssertUnwindSafe(work).catch_unwind().await;
    done.unwrap_or_else(|_| Err(Problem::new(Code::Internal).into()))
}

fn written(req: &PageRequest, result: PageResult, is_get: bool) -> HttpResponse<BoxBody> {
    match result {
        Ok(answer) => answer.into_response(),
        Err(stop) => stopped(req, stop, is_get),
    }
}

/// What the page that asks for a proof can tell.
fn is_asked_again(problem: &Problem) -> bool {
    matches!(
        problem.code(),
        Code::ProofRequired | Code::ValidationFailed | Code::TooManyAttempts
    )
}

/// A request; who asks in a way that cannot be read is told so.
pub(super) async fn read(
    posted: Posted,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<PageRequest, HttpResponse<BoxBody>> {
    let desk = request
        .app_data::<web::Data<AppState>>()
        .map(|desk| Arc::clone(desk));
    let portal = request
        .app_data::<web::Data<Portal>>()
        .map(|portal| Arc::clone(portal));
    let (Some(desk), Some(portal)) = (desk, portal) else {
        tracing::error!("the server was built without a desk or a portal");
        return Err(HttpResponse::InternalServerError().finish());
    };
    let is_get = request.method().is_safe();
    let read = PageRequest::extract(desk, portal, posted, request, payload).await;
    read.map_err(|(req, problem)| stopped(&req, problem.into(), is_get))
}

/// What is answered in the place of what was asked for.
fn stopped(req: &PageRequest, stop: Stop, is_get: bool) -> HttpResponse<BoxBody> {
    let kept = match is_get {
        true => None,
        false => resume::keeping(req, &stop),
    };
    match kept {
        Some(Ok(answer)) => answer.into_response(),
        _ => req.stopped(stop, is_get),
    }
}
