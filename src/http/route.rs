//! One row of the route table, and what is made of it: what answers its requests, and an operation of the published document.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, LazyLock};

use actix_web::body::BoxBody;
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::FutureExt;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use super::answers::always_sent;
use super::api_request::{Address, ApiRequest, Caller, Requires};
use super::asks::Asks;
use super::paths::{self, Handler};
use super::principal::{Principal, Sender};
use super::problem::{Code, Problem};
use super::reply::Reply;
use super::state::AppState;
use super::uploads::{FileBody, Incoming};
use crate::input::{Input, JSON, Member};

/// Rows of the route table for one resource: `METHOD "/path" needs => handler, "what it does";`.
macro_rules! table {
    ($module:ident: $( $method:ident $path:literal $needs:expr => $handler:ident, $summary:literal; )+) => {
        vec![$( $crate::http::route::Route::new(
            actix_web::http::Method::$method,
            $path,
            $needs,
            concat!(stringify!($module), "::", stringify!($handler)),
            $summary,
            $handler,
        ) ),+]
    };
}

pub(crate) use table;

/// A route of the API.
pub struct Route {
    /// GET, POST, PATCH, PUT or DELETE.
    pub method: Method,
    /// The path under `/api/v1`, with its parameters in braces.
    pub path: &'static str,
    /// What it asks of whoever calls it.
    pub needs: Requires,
    /// All that it asks.
    pub asks: Asks,
    /// Its handler's name: `cases::open`.
    pub name: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// What goes in and comes out, as its handler's types have it.
    pub shape: LazyLock<Shape>,
    /// The media types that a success' body may have.
    pub media: &'static [&'static str],
    handler: Box<dyn Fn(Repeats) -> Handler>,
}

/// What the repetition of a request under its key is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Repeats {
    /// What is kept, before anything else is done.
    AsKept,
    /// What the handler makes of what is kept, which is not JSON.
    Anew,
}

/// What goes into a route and comes out of it.
pub struct Shape {
    /// The path's parameters in order: what each names, and how.
    pub parameters: Vec<(&'static str, RefOr<Schema>)>,
    /// The query's parameters.
    pub query: Vec<Member>,
    /// The body's schema, if there is a body.
    pub body: Option<RefOr<Schema>>,
    /// Its media type.
    pub body_media: &'static str,
    /// Whether the body has to say anything.
    pub needs_body: bool,
    /// The status of a success.
    pub success: u16,
    /// The name of the schema of a success' body, if there is one.
    pub answer: Option<String>,
    /// Every named schema that these refer to.
    pub schemas: Vec<(String, RefOr<Schema>)>,
    /// Whether nobody needs to be signed in, as the handler's type has it.
    pub anyone: bool,
    /// Whether it takes `If-Match`, as the handler's type has it.
    pub guarded: bool,
}

impl Route {
    /// A row of the table. The handler's type says the rest.
    pub fn new<A, B, Q, P, T, const STATUS: u16, F, Fut>(
        method: Method,
        path: &'static str,
        asks: impl Into<Asks>,
        name: &'static str,
        summary: &'static str,
        handler: F,
    ) -> Self
    where
        A: Address,
        B: Input,
        Q: Input,
        P: Caller,
        T: ToSchema + 'static,
        F: Fn(ApiRequest<A, B, Q, P>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<Reply<T, STATUS>, Problem>> + 'static,
    {
        let asks = asks.into();
        let handler = move |repeats| {
            let handler = handler.clone();
            paths::handler(move |request, payload| {
                answer((asks, repeats), handler.clone(), request, payload)
            })
        };
        Self {
            method,
            path,
            needs: asks.needs,
            asks,
            name,
            summary,
            shape: LazyLock::new(Shape::of::<A, B, Q, P, T, STATUS>),
            media: &[JSON],
            handler: Box::new(handler),
        }
    }

    /// A row of a route whose body is a file, which the handler reads while it comes.
    pub fn uploading<A, Q, T, const STATUS: u16, F, Fut>(
        path: &'static str,
        asks: impl Into<Asks>,
        name: &'static str,
        summary: &'static str,
        handler: F,
    ) -> Self
    where
        A: Address,
        Q: Input,
        T: ToSchema + 'static,
        F: Fn(ApiRequest<A, (), Q>, Incoming) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<Reply<T, STATUS>, Problem>> + 'static,
    {
        let asks = asks.into();
        let handler = move |_| {
            let handler = handler.clone();
            paths::handler(move |request, payload| take(asks, handler.clone(), request, payload))
        };
        Self {
            method: Method::POST,
            path,
            needs: asks.needs,
            asks,
            name,
            summary,
            shape: LazyLock::new(Shape::of::<A, FileBody, Q, Principal, T, STATUS>),
            media: &[JSON],
            handler: Box::new(handler),
        }
    }

    /// The same route, which answers in one of these media types instead of JSON.
    #[must_use]
    pub fn answering_in(mut self, media: &'static [&'static str]) -> Self {
        self.media = media;
        self
    }

    /// What answers its requests.
    pub fn handler(&self) -> Handler {
        (self.handler)(match self.media {
            &[JSON] => Repeats::AsKept,
            _ => Repeats::Anew,
        })
    }
}

impl Shape {
    fn of<A: Address, B: Input, Q: Input, P: Caller, T: ToSchema, const STATUS: u16>() -> Self {
        let mut schemas = Vec::new();
        let members = B::members();
        let is_text = B::MEDIA != JSON;
        let has_body = is_text || !members.is_empty();
        let needs_body = is_text || members.iter().any(|member| member.required);
        if has_body {
            B::schemas(&mut schemas);
        }
        Q::schemas(&mut schemas);
        // A query is parameters, not a schema of its own; what its members refer to is.
        let members = Q::members();
        let answers = STATUS != StatusCode::NO_CONTENT.as_u16();
        if answers {
            let mut sent = vec![(T::name().into_owned(), T::schema())];
            T::schemas(&mut sent);
            let sent = sent.into_iter().map(|(name, schema)| {
                let schema = always_sent(&name, schema);
                (name, schema)
            });
            schemas.extend(sent);
        }
        Self {
            parameters: A::parameters(),
            query: members,
            body: has_body.then(B::schema),
            body_media: B::MEDIA,
            needs_body,
            success: STATUS,
            answer: answers.then(|| T::name().into_owned()),
            schemas,
            anyone: P::ANYONE,
            guarded: A::GUARDED,
        }
    }
}

/// Reads all of a request but its body, which is a file, and lets the handler take that.
async fn take<A, Q, T: 'static, const STATUS: u16, F, Fut>(
    asks: Asks,
    handler: F,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse<BoxBody>
where
    A: Address,
    Q: Input,
    F: Fn(ApiRequest<A, (), Q>, Incoming) -> Fut,
    Fut: Future<Output = Result<Reply<T, STATUS>, Problem>>,
{
    let work = async {
        let desk = request
            .app_data::<web::Data<AppState>>()
            .map(|desk| Arc::clone(desk));
        let desk = desk.ok_or_else(|| Problem::new(Code::Internal))?;
        let req = ApiRequest::extract(desk, asks, &request, None).await?;
        handler(req, Incoming::new(request.clone(), payload)).await
    };
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(Ok(reply)) => reply.into_response(),
        Ok(Err(problem)) => HttpResponse::from_error(problem),
        // The panic itself was reported where it happened.
        Err(_) => HttpResponse::from_error(Problem::new(Code::Internal)),
    }
}

/// What comes of a request that only reads, for a caller whom this process remembers; none if what it remembers was not borne out, whatever
/// came of it.
async fn presuming<A, B, Q, P, T, const STATUS: u16, F, Fut>(
    caller: P,
    desk: Arc<AppState>,
    asks: Asks,
    handler: &F,
    request: &HttpRequest,
) -> Option<Result<Reply<T, STATUS>, Problem>>
where
    A: Address,
    B: Input,
    Q: Input,
    P: Caller,
    F: Fn(ApiRequest<A, B, Q, P>) -> Fut,
    Fut: Future<Output = Result<Reply<T, STATUS>, Problem>>,
{
    let principal = caller.principal()?;
    let (epoch, sender) = (principal.epoch.clone(), Sender::of(principal));
    let now = desk.clock.now();
    let extracted = ApiRequest::extract_of(caller, Arc::clone(&desk), asks, request, None).await;
    let answered = handler(extracted.ok()?).await;
    if !epoch.is_borne_out() {
        return None;
    }
    sender.note(&desk, request, now);
    Some(answered)
}

/// Reads the request, lets the handler work, and writes whatever came of it.
async fn answer<A, B, Q, P, T: 'static, const STATUS: u16, F, Fut>(
    (asks, repeats): (Asks, Repeats),
    handler: F,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse<BoxBody>
where
    A: Address,
    B: Input,
    Q: Input,
    P: Caller,
    F: Fn(ApiRequest<A, B, Q, P>) -> Fut,
    Fut: Future<Output = Result<Reply<T, STATUS>, Problem>>,
{
    let work = async {
        let desk = request
            .app_data::<web::Data<AppState>>()
            .map(|desk| Arc::clone(desk));
        let desk = desk.ok_or_else(|| Problem::new(Code::Internal))?;
        if request.method().is_safe()
            && let Some(caller) = P::presumed(&desk, &request)
            && let Some(answered) = presuming(caller, desk.clone(), asks, &handler, &request).await
        {
            return answered;
        }
        let req = ApiRequest::extract(desk, asks, &request, Some(payload)).await?;
        let kept = match repeats {
            Repeats::AsKept => req.repeated().await?,
            Repeats::Anew => None,
        };
        match kept {
            Some(reply) => Ok(reply),
            None => handler(req).await,
        }
    };
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(Ok(reply)) if request.method().is_safe() => reply.into_representation(request.headers()),
        Ok(Ok(reply)) => reply.into_response(),
        Ok(Err(problem)) => HttpResponse::from_error(problem),
        // The panic itself was reported where it happened.
        Err(_) => HttpResponse::from_error(Problem::new(Code::Internal)),
    }
}
