//! A request to the API, parsed and allowed: what a handler receives.
//!
//! The order is the same for every route: who asks, what they ask about, whether they may, then what they say. So
//! nobody learns from a complaint about a field that something exists which does not exist for them.

use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;

use actix_web::http::{Method, header};
use actix_web::{HttpRequest, web};
use serde_json::{Map, Value};
use url::form_urlencoded;
use utoipa::openapi::{RefOr, Schema};

use super::asks::Asks;
use super::desk::Desk;
use super::etag::IfMatch;
use super::fields::{self, Errors, Request};
use super::principal::{self, Principal};
use super::problem::{Code, Problem};
use super::reply::Reply;
use super::{client, idempotency};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Access, Permission};
use crate::store;

/// The largest body that is taken, in bytes.
pub const LARGEST_BODY: usize = 1024 * 1024;
/// Where a stream that broke off goes on, as browsers say it.
const LAST_EVENT_ID: &str = "last-event-id";
const JSON: &str = "application/json";
const MERGE_PATCH: &str = "application/merge-patch+json";

/// A request to the API: about `A`, saying `B`, narrowed by `Q`, from `P`.
#[derive(Clone)]
pub struct Call<A = (), B = (), Q = (), P = Principal> {
    /// What every request has at hand.
    pub desk: Arc<Desk>,
    /// Who asks.
    pub principal: P,
    /// The instant of the request: everything it does happens now.
    pub now: Instant,
    /// What its path names.
    pub address: A,
    /// Its query string.
    pub query: Q,
    /// Its body.
    pub body: B,
    /// The versions that it is based on.
    pub if_match: Option<IfMatch>,
    /// Where it comes from.
    pub client: Option<IpAddr>,
    /// What the client calls itself.
    pub user_agent: String,
    /// The last event of a stream that the client has, if it comes back to one.
    pub last_event_id: Option<String>,
    /// The hash of the secret of the session that somebody came with who need not be signed in.
    pub session: Option<String>,
    repeat: Option<store::idempotency::Request>,
}

/// What a route asks of whoever calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing.
    Anyone,
    /// To be signed in.
    SignedIn,
    /// This permission.
    Permission(Permission),
}

/// Needs nothing.
pub const ANYONE: Needs = Needs::Anyone;
/// Needs somebody who is signed in.
pub const SIGNED_IN: Needs = Needs::SignedIn;

/// Needs this permission.
pub const fn may(permission: Permission) -> Needs {
    Needs::Permission(permission)
}

/// Who may call: a [`Principal`], or [`Anyone`].
pub trait Caller: Clone + Send + Sync + Sized + 'static {
    /// Whether nobody needs to be signed in.
    const ANYONE: bool;

    /// The caller of a request.
    fn of(desk: &Desk, request: &HttpRequest) -> impl Future<Output = Result<Self, Problem>>;

    /// The person, if it is one.
    fn principal(&self) -> Option<&Principal>;
}

/// Somebody who need not be signed in.
#[derive(Clone, Copy, Debug)]
pub struct Anyone;

impl Caller for Anyone {
    const ANYONE: bool = true;

    async fn of(_: &Desk, _: &HttpRequest) -> Result<Self, Problem> {
        Ok(Self)
    }

    fn principal(&self) -> Option<&Principal> {
        None
    }
}

impl Caller for Principal {
    const ANYONE: bool = false;

    async fn of(desk: &Desk, request: &HttpRequest) -> Result<Self, Problem> {
        principal::require(desk, request).await
    }

    fn principal(&self) -> Option<&Principal> {
        Some(self)
    }
}

/// Somebody who is signed in, at home if what their session had switched into has ended: how they leave it.
#[derive(Clone, Debug)]
pub struct Returning(pub Principal);

impl Caller for Returning {
    const ANYONE: bool = false;

    async fn of(desk: &Desk, request: &HttpRequest) -> Result<Self, Problem> {
        let found = match principal::find(desk, request).await {
            Err(problem) if problem.code() == Code::OrganizationAccessEnded => {
                principal::find_home(desk, request).await
            }
            found => found,
        };
        found?.map(Self).ok_or_else(Problem::unauthenticated)
    }

    fn principal(&self) -> Option<&Principal> {
        Some(&self.0)
    }
}

/// What a path names, such as a case.
pub trait Address: Clone + Send + Sync + Sized + 'static {
    /// Reads it from the path's only parameter; what cannot be read does not exist.
    fn read(text: Option<&str>) -> Option<Self>;

    /// Reads it from all parameters of the path.
    fn read_all(texts: &[&str]) -> Option<Self> {
        Self::read(texts.first().copied())
    }

    /// Whether it exists for somebody (A5).
    ///
    /// # Errors
    /// The database's own.
    fn is_visible(&self, conn: &mut Conn, access: &Access) -> Result<bool, Problem>;

    /// What the published document says of the parameter; nothing if there is none.
    fn parameter() -> Option<(&'static str, RefOr<Schema>)>;

    /// What it says of each parameter, in the order of the path.
    fn parameters() -> Vec<(&'static str, RefOr<Schema>)> {
        Self::parameter().into_iter().collect()
    }
}

impl Address for () {
    fn read(_: Option<&str>) -> Option<Self> {
        Some(())
    }

    fn is_visible(&self, _: &mut Conn, _: &Access) -> Result<bool, Problem> {
        Ok(true)
    }

    fn parameter() -> Option<(&'static str, RefOr<Schema>)> {
        None
    }
}

/// A thing within another, such as a member of a group: both have to exist for somebody.
impl<A: Address, B: Address> Address for (A, B) {
    fn read(_: Option<&str>) -> Option<Self> {
        None
    }

    fn read_all(texts: &[&str]) -> Option<Self> {
        match texts {
            [first, second] => Some((A::read(Some(first))?, B::read(Some(second))?)),
            _ => None,
        }
    }

    fn is_visible(&self, conn: &mut Conn, access: &Access) -> Result<bool, Problem> {
        Ok(self.0.is_visible(conn, access)? && self.1.is_visible(conn, access)?)
    }

    fn parameter() -> Option<(&'static str, RefOr<Schema>)> {
        A::parameter()
    }

    fn parameters() -> Vec<(&'static str, RefOr<Schema>)> {
        A::parameters().into_iter().chain(B::parameters()).collect()
    }
}

impl<A: Address, B: Request, Q: Request, P: Caller> Call<A, B, Q, P> {
    /// Reads a request, in the order that this file's head gives.
    pub(super) async fn read(
        desk: Arc<Desk>,
        asks: Asks,
        request: &HttpRequest,
        payload: web::Payload,
    ) -> Result<Self, Problem> {
        let principal = P::of(&desk, request).await?;
        let named: Vec<&str> = request
            .match_info()
            .iter()
            .map(|(_, value)| value)
            .collect();
        let address = A::read_all(&named);
        let address = address.ok_or_else(Problem::not_found)?;
        if let Some(principal) = principal.principal() {
            asks.check_set_up(principal)?;
        }
        if let (Needs::Permission(permission), Some(principal)) =
            (asks.needs, principal.principal())
        {
            permitted(&desk, principal, permission, &address).await?;
        }
        let changes = !request.method().is_safe();
        if let (true, Some(principal)) = (changes, principal.principal()) {
            principal.check_csrf_header(request)?;
            asks.check_proof(principal, desk.clock.now())?;
        }
        let query = query(request.query_string())?;
        let if_match = IfMatch::read(request.headers())?;
        let bytes = if changes {
            bytes(request, payload).await?
        } else {
            web::Bytes::new()
        };
        let body = body(request, &bytes)?;
        let repeat = match principal.principal() {
            Some(principal) if request.method() == Method::POST => {
                let method = request.method().as_str();
                idempotency::read(
                    request.headers(),
                    (principal.actor.id(), principal.organization.id),
                    method,
                    request.path(),
                    &body,
                )?
            }
            _ => None,
        };
        let last_event_id = request
            .headers()
            .get(LAST_EVENT_ID)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        let user_agent = request
            .headers()
            .get(header::USER_AGENT)
            .and_then(|value| value.to_str().ok());
        Ok(Self {
            now: desk.clock.now(),
            client: client::address(&desk, request),
            session: match P::ANYONE {
                true => principal::session_of_browser(&desk, request),
                false => None,
            },
            user_agent: user_agent.unwrap_or_default().chars().take(200).collect(),
            desk,
            principal,
            address,
            query,
            body,
            if_match,
            last_event_id,
            repeat,
        })
    }
}

/// What exists for somebody but is not theirs to do is 403; what does not exist for them is 404 (A5).
async fn permitted<A: Address>(
    desk: &Desk,
    principal: &Principal,
    permission: Permission,
    address: &A,
) -> Result<(), Problem> {
    if principal.access().can(permission) {
        return Ok(());
    }
    let (access, address) = (principal.access().clone(), address.clone());
    let visible = desk
        .db
        .read(move |conn| address.is_visible(conn, &access))
        .await?;
    Err(if visible {
        Problem::missing_permission(permission)
    } else {
        Problem::not_found()
    })
}

async fn bytes(request: &HttpRequest, payload: web::Payload) -> Result<web::Bytes, Problem> {
    let too_large = || Problem::new(Code::TooLarge).with("max_bytes", LARGEST_BODY);
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok());
    if announced
        .and_then(|length| length.parse::<u64>().ok())
        .is_some_and(|length| length > LARGEST_BODY as u64)
    {
        return Err(too_large());
    }
    match payload.to_bytes_limited(LARGEST_BODY).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(_)) => Err(Problem::new(Code::BadRequest)),
        Err(_) => Err(too_large()),
    }
}

fn body<B: Request>(request: &HttpRequest, bytes: &[u8]) -> Result<B, Problem> {
    // Saying nothing is saying an empty object: what is required is then named.
    let value = if bytes.is_empty() {
        Value::Object(Map::new())
    } else {
        json(request, bytes)?
    };
    fields::read(&value, Errors::default()).map_err(Problem::invalid)
}

fn json(request: &HttpRequest, bytes: &[u8]) -> Result<Value, Problem> {
    let stated = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = stated
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let is_patch = request.method() == Method::PATCH;
    if essence != JSON && !(is_patch && essence == MERGE_PATCH) {
        let expected = if is_patch {
            format!("{JSON} or {MERGE_PATCH}")
        } else {
            JSON.to_owned()
        };
        return Err(Problem::new(Code::UnsupportedMediaType).with("expected", expected));
    }
    serde_json::from_slice(bytes)
        .map_err(|error| Problem::new(Code::MalformedJson).with("why", error.to_string()))
}

fn query<Q: Request>(text: &str) -> Result<Q, Problem> {
    let mut given: Map<String, Value> = Map::new();
    for (name, value) in form_urlencoded::parse(text.as_bytes()) {
        // A form sends its empty fields too; they ask for nothing.
        if value.is_empty() {
            continue;
        }
        let value = Value::from(value.into_owned());
        match given.get_mut(name.as_ref()) {
            None => {
                given.insert(name.into_owned(), value);
            }
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    fields::read(&Value::Object(given), Errors::of_texts()).map_err(Problem::invalid)
}

impl<A, B, Q, P: Caller> Call<A, B, Q, P>
where
    Self: Send + Sync + 'static,
{
    /// The versions that the request is based on, if it names any, as the verbs take them.
    pub fn expected(&self) -> Option<&[i64]> {
        self.if_match.as_ref().and_then(IfMatch::versions)
    }

    /// Reads in one consistent transaction.
    ///
    /// # Errors
    /// Those of `work`, and the database's own.
    pub async fn look<T, F>(self, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: Fn(&mut Conn, &Self) -> Result<T, Problem> + Send + 'static,
    {
        let db = self.desk.db.clone();
        db.read(move |conn| work(conn, &self)).await
    }

    /// Writes in one durable transaction; once only, if the request has an `Idempotency-Key`.
    ///
    /// # Errors
    /// Those of `work`, which roll everything back, and the database's own.
    pub async fn write<T, const STATUS: u16, F>(self, work: F) -> Result<Reply<T, STATUS>, Problem>
    where
        T: 'static,
        F: Fn(&mut Conn, &Self) -> Result<Reply<T, STATUS>, Problem>
            + Clone
            + Send
            + Sync
            + 'static,
    {
        let desk = self.desk.clone();
        let (repeat, now) = (self.repeat.clone(), self.now);
        let used = self.principal.principal().and_then(Principal::used_pairing);
        let call = Arc::new(self);
        let job = move |conn: &mut Conn| {
            let reply = work(conn, &call)?;
            if let Some((pairing, person)) = used {
                store::pairings::touch(conn, pairing, person, now)?;
            }
            Ok(reply)
        };
        let answer = match repeat {
            Some(request) => idempotency::once(&desk.db, request, now, job).await,
            None => desk.db.write(job).await,
        };
        if answer.is_ok() {
            // It may have put notices into the outbox.
            desk.bell.ring();
        }
        answer.map_err(|problem| desk.completed(problem))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::fields::{Many, Whole, request};

    request! {
        /// A query.
        pub struct Search {
            /// Words.
            q: Option<String>,
            /// Several.
            status: Many<String>,
            /// How many.
            limit: Option<Whole<1, 100>>,
        }
    }

    #[test]
    fn a_query_string_is_read_with_its_repetitions() {
        let search: Search =
            query("q=printer+on%20fire&status=open&status=a,b&limit=7").expect("readable");
        assert_eq!(search.q.as_deref(), Some("printer on fire"));
        assert_eq!(search.status.0, ["open", "a", "b"]);
        assert_eq!(search.limit.map(Whole::get), Some(7));
        let nothing: Search = query("q=&limit=").expect("readable");
        assert_eq!((nothing.q, nothing.limit), (None, None));
    }

    #[test]
    fn every_wrong_parameter_is_named() {
        let problem = query::<Search>("limit=101&q=a&q=b&colour=red").expect_err("refused");
        let named: Vec<_> = problem
            .errors()
            .iter()
            .map(|error| (error.field(), error.code()))
            .collect();
        assert_eq!(
            named,
            [
                ("q", "given_twice"),
                ("limit", "out_of_range"),
                ("colour", "unknown_field")
            ]
        );
    }
}
