//! A request to the API, parsed and allowed: what a handler receives.
//!
//! The order is the same for every route: who asks, what they ask about, whether they may, then what they say. So
//! nobody learns from a complaint about a field that something exists which does not exist for them.

use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;

use actix_web::cookie::Cookie;
use actix_web::http::{Method, header};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, web};
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::address::permitted;
pub use super::address::{Address, Guarded};
use super::apart::{apart, searching};
use super::asks::Asks;
use super::cookies::Carries;
use super::etag::IfMatch;
use super::known_devices::KnownDevices;
use super::live::Live;
use super::paths::values_of;
use super::principal::{self, Principal};
use super::problem::{Code, Problem};
use super::reply::Reply;
pub use super::requires::{
    ANYONE, ENTERED, OWN_PASSWORD, OWNER, OWNER_AT_HOME, Requires, SIGNED_IN, may,
};
use super::state::AppState;
use super::{client, idempotency, language};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::language::Language;
use crate::input::json::{self, JsonError};
use crate::input::{self, Errors, Fault, FieldError, Input, JSON};
use crate::store;
use crate::words::Catalogue;

/// The largest body that is taken anywhere, in bytes. Where the fields of a request cannot need as much, less is.
pub const LARGEST_BODY: usize = 1024 * 1024;
/// Where a stream that broke off goes on, as browsers say it.
const LAST_EVENT_ID: &str = "last-event-id";
/// What is taken everywhere, however little a request needs.
const SMALLEST_LIMIT: usize = 16 * 1024;
/// A longer body is read on a blocking thread.
const READ_AT_ONCE: usize = 8 * 1024;
/// How many parameters a query has at the most.
const MOST_PARAMETERS: usize = 200;
pub(super) const MERGE_PATCH: &str = "application/merge-patch+json";

/// A request to the API: about `A`, saying `B`, narrowed by `Q`, from `P`.
#[derive(Clone)]
pub struct ApiRequest<A = (), B = (), Q = (), P = Principal> {
    /// What every request has at hand.
    pub desk: Arc<AppState>,
    /// The live streams of this process.
    pub live: web::Data<Live>,
    /// Who asks.
    pub principal: P,
    /// The language in which they read.
    pub language: Language,
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
    /// To whom the browser is known.
    pub devices: KnownDevices,
    /// In which media types the client wants its answer, as it says it; empty if it does not.
    pub accept: String,
    /// The last event of a stream that the client has, if it comes back to one.
    pub last_event_id: Option<String>,
    /// The hash of the secret of the session that somebody came with who need not be signed in.
    pub session: Option<String>,
    asks: Asks,
    repeat: Option<store::idempotency::Request>,
}

/// Who may call: a [`Principal`], or [`Anyone`].
pub trait Caller: Clone + Send + Sync + Sized + 'static {
    /// Whether nobody needs to be signed in.
    const ANYONE: bool;

    /// The caller of a request.
    fn of(desk: &AppState, request: &HttpRequest) -> impl Future<Output = Result<Self, Problem>>;

    /// The caller of a request that only reads, as this process remembers them: see [`principal::presumed`].
    fn presumed(_: &AppState, _: &HttpRequest) -> Option<Self> {
        None
    }

    /// The person, if it is one.
    fn principal(&self) -> Option<&Principal>;
}

/// Somebody who need not be signed in.
#[derive(Clone, Copy, Debug)]
pub struct Anyone;

impl Caller for Anyone {
    const ANYONE: bool = true;

    async fn of(_: &AppState, _: &HttpRequest) -> Result<Self, Problem> {
        Ok(Self)
    }

    fn principal(&self) -> Option<&Principal> {
        None
    }
}

impl Caller for Principal {
    const ANYONE: bool = false;

    async fn of(desk: &AppState, request: &HttpRequest) -> Result<Self, Problem> {
        principal::require(desk, request).await
    }

    fn presumed(desk: &AppState, request: &HttpRequest) -> Option<Self> {
        principal::presumed(desk, request)
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

    async fn of(desk: &AppState, request: &HttpRequest) -> Result<Self, Problem> {
        let found = match principal::find(desk, request).await {
            Err(problem) if problem.keeps_out_of_an_organization() => {
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

impl<A: Address, B: Input, Q: Input, P: Caller> ApiRequest<A, B, Q, P> {
    /// Reads a request, in the order that this file's head gives. Without a payload its body is left to the handler.
    pub(super) async fn extract(
        desk: Arc<AppState>,
        asks: Asks,
        request: &HttpRequest,
        payload: Option<web::Payload>,
    ) -> Result<Self, Problem> {
        let principal = P::of(&desk, request).await?;
        Self::extract_of(principal, desk, asks, request, payload).await
    }

    /// The same, once it is known who calls.
    pub(super) async fn extract_of(
        principal: P,
        desk: Arc<AppState>,
        asks: Asks,
        request: &HttpRequest,
        payload: Option<web::Payload>,
    ) -> Result<Self, Problem> {
        let live = request.app_data::<web::Data<Live>>();
        let live = live.ok_or_else(|| Problem::new(Code::Internal))?;
        let named = values_of(request);
        let named: Vec<&str> = named.iter().map(String::as_str).collect();
        let address = A::read_all(&named);
        let address = address.ok_or_else(Problem::not_found)?;
        if let Some(principal) = principal.principal() {
            asks.check_set_up(principal)?;
            permitted(&desk.db, principal, asks.needs, &address, desk.clock.now()).await?;
        }
        let changes = !request.method().is_safe();
        if let (true, Some(principal)) = (changes, principal.principal()) {
            principal.check_csrf_header(request)?;
            asks.check_proof(principal, desk.clock.now())?;
        }
        let if_match = IfMatch::read(request.headers())?;
        if if_match.is_some() && !A::GUARDED {
            return Err(Problem::new(Code::IfMatchNotSupported));
        }
        let asked = parameters(request.query_string())?;
        let query = input::read(&asked, Errors::of_texts()).map_err(Problem::invalid)?;
        let key = match principal.principal() {
            Some(principal) if request.method() == Method::POST => {
                idempotency::key(request.headers())?.map(|key| (key, principal))
            }
            _ => None,
        };
        let last_event_id = request
            .headers()
            .get(LAST_EVENT_ID)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        let accept = request
            .headers()
            .get_all(header::ACCEPT)
            .filter_map(|value| value.to_str().ok());
        let accept = accept.collect::<Vec<_>>().join(",");
        let bytes = match payload.filter(|_| changes) {
            Some(payload) => super::body::read(request, payload, most_bytes::<B>()).await?,
            None => Bytes::new(),
        };
        let (body, digest) = body(request, bytes, key.is_some()).await?;
        let repeat = key.map(|(key, principal)| {
            idempotency::request(&desk.key, principal, key, request, &asked, &digest)
        });
        let user_agent = request
            .headers()
            .get(header::USER_AGENT)
            .and_then(|value| value.to_str().ok());
        let devices = request.cookie(Carries::Devices.name(&desk.public_url));
        Ok(Self {
            language: language::of(request),
            now: desk.clock.now(),
            client: client::address(&desk.proxies, &desk.public_url, request),
            session: match P::ANYONE {
                true => principal::session_of_browser(&desk, request),
                false => None,
            },
            devices: KnownDevices::read(devices.as_ref().map(Cookie::value)),
            user_agent: user_agent.unwrap_or_default().chars().take(200).collect(),
            live: live.clone(),
            desk,
            principal,
            address,
            query,
            body,
            if_match,
            accept,
            last_event_id,
            asks,
            repeat,
        })
    }
}

impl<A, B, Q, P> ApiRequest<A, B, Q, P> {
    /// What the sender reads.
    pub fn words(&self) -> &Catalogue {
        self.desk.words.of(self.language)
    }
}

/// How long a body of this kind may be, in bytes.
fn most_bytes<B: Input>() -> usize {
    B::MOST_BYTES.clamp(SMALLEST_LIMIT, LARGEST_BODY)
}

/// The body, and its digest if that is `wanted`. A long one is read where nobody else waits for it.
async fn body<B: Input>(
    request: &HttpRequest,
    bytes: Bytes,
    wanted: bool,
) -> Result<(B, String), Problem> {
    if !bytes.is_empty() {
        check_media_type(request, B::MEDIA)?;
    }
    if bytes.len() <= READ_AT_ONCE {
        return parsed(&bytes, wanted);
    }
    apart(move || parsed(&bytes, wanted)).await?
}

fn check_media_type(request: &HttpRequest, media: &str) -> Result<(), Problem> {
    let encoded = request.headers().get(header::CONTENT_ENCODING);
    if let Some(encoding) = encoded.filter(|encoding| *encoding != "identity") {
        let given = String::from_utf8_lossy(encoding.as_bytes()).into_owned();
        let problem = Problem::new(Code::UnsupportedEncoding).with("given", given);
        let plain = header::HeaderValue::from_static("identity");
        return Err(problem.header(header::ACCEPT_ENCODING, plain));
    }
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
    if essence != media && !(is_patch && essence == MERGE_PATCH) {
        let expected = if is_patch {
            format!("{media} or {MERGE_PATCH}")
        } else {
            media.to_owned()
        };
        return Err(Problem::new(Code::UnsupportedMediaType).with("expected", expected));
    }
    Ok(())
}

fn parsed<B: Input>(bytes: &[u8], wanted: bool) -> Result<(B, String), Problem> {
    // Saying nothing is saying an empty object: what is required is then named.
    let value = if B::MEDIA != JSON {
        let text = str::from_utf8(bytes)
            .map_err(|_| Problem::invalid_field(FieldError::new("", Fault::new("not_utf8"))))?;
        Value::from(text)
    } else if bytes.is_empty() {
        Value::Object(Map::new())
    } else {
        json::read(bytes).map_err(|error| match error {
            JsonError::Malformed(why) => Problem::new(Code::MalformedJson).with("why", why),
            JsonError::TooComplex => Problem::new(Code::TooComplex)
                .with("max_values", json::MOST_VALUES)
                .with("max_depth", json::DEEPEST),
        })?
    };
    let body = input::read(&value, Errors::default()).map_err(Problem::invalid)?;
    let digest = if wanted {
        idempotency::digest(&value)
    } else {
        String::new()
    };
    Ok((body, digest))
}

/// The parameters of a query string: a text each, or a list of what was given several times.
pub(super) fn parameters(text: &str) -> Result<Value, Problem> {
    let mut given: Map<String, Value> = Map::new();
    for (index, (name, value)) in form_urlencoded::parse(text.as_bytes()).enumerate() {
        if index == MOST_PARAMETERS {
            return Err(Problem::new(Code::TooComplex)
                .with("max_values", MOST_PARAMETERS)
                .with("max_depth", 1));
        }
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
    Ok(Value::Object(given))
}

impl<A: Address, B, Q, P: Caller> ApiRequest<Guarded<A>, B, Q, P> {
    /// The versions that the request is based on, if it names any, as the verbs take them.
    pub fn expected(&self) -> Option<&[i64]> {
        self.if_match.as_ref().and_then(IfMatch::versions)
    }
}

impl<A, B, Q, P: Caller> ApiRequest<A, B, Q, P>
where
    Self: Send + Sync + 'static,
{
    /// The answer to the same request before, if this one is a repetition.
    ///
    /// # Errors
    /// [`Code::IdempotencyKeyReused`], and database errors.
    pub(super) async fn repeated<T: 'static, const STATUS: u16>(
        &self,
    ) -> Result<Option<Reply<T, STATUS>>, Problem> {
        match self.repeat.clone() {
            Some(request) => idempotency::repeated(&self.desk.db, request, self.now).await,
            None => Ok(None),
        }
    }

    /// The request as one that says this too: of a body that its handler has read.
    #[must_use]
    pub(super) fn saying(mut self, what: &str) -> Self {
        if let Some(repeat) = &mut self.repeat {
            repeat.hash = idempotency::with(&self.desk.key, &repeat.hash, what);
        }
        self
    }

    /// Reads, in the transaction on this thread, in the epoch in which the sender was found, and bears that out if it was presumed.
    fn going_on<T>(
        &self,
        conn: &mut Conn,
        work: impl FnOnce(&mut Conn, &Self) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let Some(principal) = self.principal.principal() else {
            return work(conn, self);
        };
        principal.epoch.going_on(conn, |conn| work(conn, self))
    }

    /// Reads in one consistent transaction.
    ///
    /// # Errors
    /// Those of `work`, and database errors.
    pub async fn read<T, F>(self, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: Fn(&mut Conn, &Self) -> Result<T, Problem> + Send + 'static,
    {
        let db = self.desk.db.clone();
        db.read(move |conn| self.going_on(conn, &work)).await
    }

    /// The same for one statement: see [`Db::read_one`](crate::db::Db::read_one).
    ///
    /// # Errors
    /// Those of `work`, and database errors.
    pub async fn read_one<T, F>(self, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: Fn(&mut Conn, &Self) -> Result<T, Problem> + Send + 'static,
    {
        let db = self.desk.db.clone();
        db.read_one(move |conn| self.going_on(conn, &work)).await
    }

    /// The same as [`ApiRequest::read`] for what may read much, such as a search: on a blocking thread, and only so many at once.
    ///
    /// # Errors
    /// Those of `work`, and database errors.
    pub async fn search<T, F>(self, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: Fn(&mut Conn, &Self) -> Result<T, Problem> + Send + 'static,
    {
        let db = self.desk.db.clone();
        let work = move |conn: &mut Conn| self.going_on(conn, &work);
        searching(&db, db.read_apart(work)).await
    }

    /// Does a part of what is asked for, in a transaction that is this part's own.
    ///
    /// # Errors
    /// Those of `work`, which roll the part back, and database errors.
    pub(super) fn in_one<T>(
        &self,
        conn: &mut Conn,
        work: impl FnOnce(&mut Conn) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let who = self.principal.principal();
        self.asks.write(conn, who, self.now, work)
    }

    /// Writes in one durable transaction; once only, if the request has an `Idempotency-Key`.
    ///
    /// # Errors
    /// Those of `work`, which roll everything back, and database errors.
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
        let req = Arc::new(self);
        let job = move |conn: &mut Conn| {
            let who = req.principal.principal();
            req.asks.write(conn, who, now, |conn| work(conn, &req))
        };
        let answer = match repeat {
            Some(request) => idempotency::once(&desk.db, request, now, job).await,
            None => desk.db.write(job).await,
        };
        answer.map_err(|problem| desk.completed(problem))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{CommaList, Whole, input};

    input! {
        /// A query.
        pub struct Search {
            /// Words.
            q: Option<String>,
            /// Several.
            status: CommaList<String>,
            /// How many.
            limit: Option<Whole<1, 100>>,
        }
    }

    fn query<Q: Input>(text: &str) -> Result<Q, Problem> {
        input::read(&parameters(text)?, Errors::of_texts()).map_err(Problem::invalid)
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
    #[test]
    fn more_parameters_than_anybody_means_are_not_read() {
        let text = "status=a&".repeat(MOST_PARAMETERS + 1);
        let problem = query::<Search>(&text).expect_err("refused");
        assert_eq!(problem.code(), Code::TooComplex);
        let many = format!("status={}", "a,".repeat(101));
        let problem = query::<Search>(&many).expect_err("refused");
        assert_eq!(problem.errors()[0].code(), "too_many");
    }

    #[test]
    fn a_body_is_taken_as_long_as_its_fields_can_be() {
        input! {
            /// A little.
            pub struct Little {
                /// A name.
                name: crate::domain::text::Title,
            }
        }
        input! {
            /// Much.
            pub struct Much {
                /// Words.
                body: Option<crate::domain::text::Markdown>,
            }
        }
        let (little, _) = parsed::<Little>(br#"{"name": "Night"}"#, false).expect("readable");
        let (much, digest) = parsed::<Much>(br#"{"body": null}"#, true).expect("readable");
        assert_eq!((little.name.as_str(), much.body), ("Night", None));
        assert!(!digest.is_empty());
        assert_eq!(most_bytes::<Little>(), SMALLEST_LIMIT);
        assert!((50_000 * 12..LARGEST_BODY).contains(&most_bytes::<Much>()));
    }
}
