//! A request for a page: who comes, what they ask for and what they typed.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use actix_web::cookie::Cookie;
use actix_web::http::{Method, header};
use actix_web::web::Bytes;
use actix_web::{HttpMessage, HttpRequest, web};
use tracing_actix_web::RequestId;
use url::form_urlencoded;

use super::Portal;
use super::flash::Flash;
use super::once::{self, Sending};
use super::one_click;
use super::preferences::{Theme, TimeStyle};
use super::shell::{Shell, away, clock_words, navigation, place_lines, viewer};
use crate::credentials::Holder;
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Access, Permission};
use crate::domain::calendar::MOST_EVENTS;
use crate::domain::text::Markdown;
use crate::http::apart::{apart, in_place};
use crate::http::api_request::LARGEST_BODY;
use crate::http::asks::Asks;
use crate::http::cookies::Carries;
use crate::http::known_devices::KnownDevices;
use crate::http::multipart::{Most, Parts};
use crate::http::paths::values_of;
use crate::http::places::{self, PlaceView};
use crate::http::principal::{self, Principal, Via};
use crate::http::problem::{Code, Problem};
use crate::http::state::AppState;
use crate::http::{body, client};
use crate::store::sessions;
use crate::words::time::Times;
use crate::words::{Catalogue, markdown};
use crate::workflow::{Actor, VerbError};

/// The largest form that is taken, in bytes: two of the longest texts, each byte of them encoded.
const LARGEST_FORM: usize = 512 * 1024;
/// A longer form is read on a blocking thread.
const READ_AT_ONCE: usize = 8 * 1024;
/// Longer words are rendered on one.
const LONG_WORDS: usize = 4 * 1024;
/// How many fields a form has at the most, or parameters a query.
const MOST_FIELDS: usize = 2000;
/// How much is taken of a form with a file: the file, and as many bytes around it; a tick for each event of a calendar's
/// file, and what every form has.
const WITH_FILE: Most = Most {
    bytes: 2 * LARGEST_BODY,
    parts: MOST_EVENTS + 20,
};
/// What browsers send forms with a file as.
const FORM_WITH_FILE: &str = "multipart/form-data";
/// What browsers send forms as.
const FORM: &str = "application/x-www-form-urlencoded";

/// Whose forms are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Posted {
    /// Those of this house's pages, which carry the session's token.
    #[default]
    ByOurPages,
    /// The same, and they may carry a file.
    WithFile,
    /// Anybody's: the address itself says what may be done, and for whom.
    ByAnybody,
}

/// A request for a page, parsed and, once its row is known, allowed.
#[derive(Clone)]
pub struct PageRequest {
    /// What every request has at hand.
    pub desk: Arc<AppState>,
    /// What every page has at hand.
    pub portal: Arc<Portal>,
    /// Who comes, if they are signed in.
    pub guest: Option<Principal>,
    /// What tells the sending of their form from another; none if they sent no form.
    pub(super) sending: Option<Sending>,
    /// What the row asks that they come to; nothing before it is known.
    pub(super) asks: Option<Asks>,
    /// Whether somebody comes who may not work from where they come from (A7).
    pub(super) kept_out: bool,
    /// Where they may work: their own organization, then those by pairings.
    pub places: Vec<PlaceView>,
    /// The instant of the request.
    pub now: Instant,
    /// What stands in the path for its parameters, in order.
    pub(super) parts: Vec<String>,
    /// The query's parameters; of one that is given twice, the last.
    pub query: HashMap<String, String>,
    /// What was typed; of a field that is sent twice, the last.
    pub typed: HashMap<String, String>,
    /// The file that was sent along.
    pub file: Option<Bytes>,
    /// Path and query.
    pub address: String,
    /// Where they come from.
    pub client: Option<IpAddr>,
    /// What the browser calls itself.
    pub user_agent: String,
    /// The request's id in the log.
    pub request: String,
    /// Whether the browser says that it comes from a page of this house.
    pub(super) from_own_page: bool,
    /// What the last action did.
    pub flash: Option<Flash>,
    cookies: HashMap<String, String>,
    theme: Theme,
    time_style: TimeStyle,
}

impl PageRequest {
    /// Reads a request.
    ///
    /// # Errors
    /// [`Code::TooLarge`], [`Code::UnsupportedMediaType`], [`Code::Csrf`], and the database's own.
    pub(super) async fn extract(
        desk: Arc<AppState>,
        portal: Arc<Portal>,
        posted: Posted,
        request: &HttpRequest,
        payload: web::Payload,
    ) -> Result<Self, (Self, Problem)> {
        let mut req = Self::arrive(desk, portal, request);
        match principal::find(&req.desk, request).await {
            Ok(guest) => req.guest = guest,
            Err(problem) if problem.keeps_out_of_an_organization() => {
                match req.put_home(request).await {
                    Ok(()) => return Err((req, problem)),
                    // They may still come as somebody else.
                    Err(other) if other.code() == Code::AddressNotAllowed => req.kept_out = true,
                    Err(other) => return Err((req, other)),
                }
            }
            Err(problem) => return Err((req, problem)),
        }
        if let Err(problem) = req.find_places().await {
            return Err((req, problem));
        }
        if request.method() == Method::POST {
            let typed = match posted {
                Posted::ByOurPages => form(request, payload).await,
                Posted::WithFile => req.form_with_file(request, payload).await,
                Posted::ByAnybody => one_click::read(request, payload).await,
            };
            match typed {
                Ok(typed) => req.typed = typed,
                Err(problem) => return Err((req, problem)),
            }
            req.sending = req.guest.as_ref().and_then(|guest| {
                let (path, file) = (request.path(), req.file.as_deref());
                Sending::of(&req.desk.key, guest, path, &req.typed, file)
            });
            if posted != Posted::ByAnybody
                && let Err(problem) = req.check_origin(request)
            {
                return Err((req, problem));
            }
        }
        Ok(req)
    }

    /// Puts somebody home whose access to where they had switched to has ended: the page that says so is the first one
    /// there. Their session then says what has been so since the access ended.
    async fn put_home(&mut self, request: &HttpRequest) -> Result<(), Problem> {
        self.guest = principal::find_home(&self.desk, request).await?;
        if let Some(Via::Session { id, .. }) = self.guest.as_ref().map(|guest| guest.via.clone()) {
            let home = self.desk.db.write(move |conn| {
                sessions::switch(conn, id, None)?;
                Ok::<_, Problem>(())
            });
            home.await?;
        }
        self.find_places().await
    }

    async fn find_places(&mut self) -> Result<(), Problem> {
        let Some(guest) = self.guest.clone() else {
            return Ok(());
        };
        let now = self.now;
        self.places = self
            .read(move |conn| Ok(places::of(conn, &guest, now)?))
            .await?;
        Ok(())
    }

    fn arrive(desk: Arc<AppState>, portal: Arc<Portal>, request: &HttpRequest) -> Self {
        let text = |name| {
            request
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
        };
        let address = request.uri().path_and_query();
        let cookies: HashMap<String, String> = request
            .cookies()
            .map(|cookies| {
                let pair =
                    |cookie: &Cookie<'_>| (cookie.name().to_owned(), cookie.value().to_owned());
                cookies.iter().map(pair).collect()
            })
            .unwrap_or_default();
        // A statement of its own: reading cookies needs the extensions that this borrows.
        let id = request
            .extensions()
            .get::<RequestId>()
            .map(ToString::to_string)
            .unwrap_or_default();
        Self {
            now: desk.clock.now(),
            client: client::address(&desk.proxies, &desk.public_url, request),
            guest: None,
            kept_out: false,
            sending: None,
            asks: None,
            places: Vec::new(),
            parts: values_of(request),
            // One that cannot be read asks for nothing that a page has.
            query: pairs(request.query_string().as_bytes()).unwrap_or_default(),
            typed: HashMap::new(),
            file: None,
            address: address.map_or("/", |address| address.as_str()).to_owned(),
            user_agent: text(header::USER_AGENT)
                .unwrap_or_default()
                .chars()
                .take(200)
                .collect(),
            request: id,
            from_own_page: is_from_own_page(request),
            flash: cookies
                .get(Carries::Flash.name(&desk.public_url))
                .and_then(|text| Flash::from_cookie(text)),
            theme: cookies
                .get(Carries::Theme.name(&desk.public_url))
                .and_then(|name| name.parse().ok())
                .unwrap_or(Theme::Auto),
            time_style: cookies
                .get(Carries::Times.name(&desk.public_url))
                .and_then(|name| name.parse().ok())
                .unwrap_or(TimeStyle::Near),
            cookies,
            desk,
            portal,
        }
    }

    /// A form that may carry a file, which only somebody who is signed in may send.
    async fn form_with_file(
        &mut self,
        request: &HttpRequest,
        payload: web::Payload,
    ) -> Result<HashMap<String, String>, Problem> {
        if !request.content_type().eq_ignore_ascii_case(FORM_WITH_FILE) {
            return form(request, payload).await;
        }
        self.principal()?;
        let parts = Parts::of(request, payload, WITH_FILE).await?;
        self.file = parts.file;
        Ok(parts.fields)
    }

    /// A form has to come from a page of this house: it carries the session's token; before there is a session, the
    /// browser must not say that another site sent it.
    fn check_origin(&self, request: &HttpRequest) -> Result<(), Problem> {
        match &self.guest {
            Some(guest) => guest.check_csrf(self.typed.get("csrf_token").map(String::as_str)),
            None => {
                let site = request
                    .headers()
                    .get("sec-fetch-site")
                    .and_then(|site| site.to_str().ok());
                match site {
                    Some("cross-site" | "same-site") => Err(Problem::new(Code::Csrf)),
                    _ => Ok(()),
                }
            }
        }
    }

    /// What people read.
    pub fn words(&self) -> &Catalogue {
        &self.desk.words
    }

    /// The visitor's way of telling time: the provider's installation speaks UTC to strangers.
    pub fn times(&self) -> Times<'_> {
        Times::new(self.words(), self.zone(), self.now)
    }

    /// The visitor's way of telling time, by the clock of another zone.
    pub fn times_of(&self, zone: chrono_tz::Tz) -> Times<'_> {
        Times::new(self.words(), zone, self.now)
    }

    /// The visitor's zone.
    pub fn zone(&self) -> chrono_tz::Tz {
        self.guest
            .as_ref()
            .map_or(chrono_tz::Tz::UTC, |guest| guest.time_zone)
    }

    /// What a cookie of the house carries.
    pub(super) fn cookie(&self, carries: Carries) -> Option<&str> {
        let name = carries.name(&self.desk.public_url);
        self.cookies.get(name).map(String::as_str)
    }

    /// To whom the browser is known.
    pub(super) fn devices(&self) -> KnownDevices {
        KnownDevices::read(self.cookie(Carries::Devices))
    }

    /// The cookie with which the browser is known to a person from now on.
    pub(super) fn known_to(&self, holder: Holder) -> Cookie<'static> {
        self.devices().cookie(&self.desk, holder)
    }

    /// Who comes, signed in.
    ///
    /// # Errors
    /// [`Code::Unauthenticated`], [`Code::AddressNotAllowed`].
    pub fn principal(&self) -> Result<&Principal, Problem> {
        self.guest.as_ref().ok_or_else(|| self.not_in())
    }

    /// Why nobody is in who comes.
    pub(super) fn not_in(&self) -> Problem {
        match self.kept_out {
            true => principal::address_not_allowed(self.client),
            false => Problem::unauthenticated(),
        }
    }

    /// Who acts.
    ///
    /// # Errors
    /// [`Code::Unauthenticated`].
    pub fn actor(&self) -> Result<&Actor, Problem> {
        Ok(&self.principal()?.actor)
    }

    /// What the visitor may do.
    ///
    /// # Errors
    /// [`Code::Unauthenticated`].
    pub fn access(&self) -> Result<&Access, Problem> {
        Ok(self.principal()?.access())
    }

    /// Whether the visitor has a permission; nobody who is not signed in has any.
    pub fn can(&self, permission: Permission) -> bool {
        self.guest
            .as_ref()
            .is_some_and(|guest| guest.access().can(permission))
    }

    /// Whether the provider's staff comes.
    pub fn is_staff(&self) -> bool {
        self.guest
            .as_ref()
            .is_some_and(|guest| guest.side() == crate::domain::organization::Side::Provider)
    }

    /// The version that the page showed whose form was sent, if it carries one; as verbs take it, once it is borrowed.
    pub fn expected(&self) -> Option<Vec<i64>> {
        let version = self.typed.get("version")?.parse().ok()?;
        Some(vec![version])
    }

    /// A parameter of the query; nothing if it is empty.
    pub fn asked(&self, name: &str) -> Option<&str> {
        self.query
            .get(name)
            .map(|value| value.trim())
            .filter(|value| !value.is_empty())
    }

    /// Reads in one consistent transaction.
    ///
    /// # Errors
    /// Those of `work`, and the database's own.
    pub async fn read<T, F>(&self, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: Fn(&mut Conn) -> Result<T, Problem> + Send + 'static,
    {
        self.desk.db.read(work).await
    }

    /// The same; what `searches` reads so much that it does so on a blocking thread, and only so many do at once.
    ///
    /// # Errors
    /// Those of `work`, and the database's own.
    pub async fn read_or_search<T, F>(&self, searches: bool, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: Fn(&mut Conn) -> Result<T, Problem> + Send + 'static,
    {
        match searches {
            true => in_place(self.desk.db.read_apart(work)).await,
            false => self.desk.db.read(work).await,
        }
    }

    /// Renders long words that the page is about to show and no row keeps rendered, where nobody else waits for it.
    ///
    /// # Errors
    /// [`Code::Internal`] if that panicked.
    pub async fn prepare(&self, words: &str) -> Result<(), Problem> {
        if words.len() <= LONG_WORDS || markdown::is_kept(words) {
            return Ok(());
        }
        let words = words.to_owned();
        apart(move || markdown::prepare(&words)).await
    }

    /// Writes in one durable transaction; once only, however often the form is sent.
    ///
    /// # Errors
    /// Those of `work`, which roll everything back, and the database's own.
    pub async fn write<T, F>(&self, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: Fn(&mut Conn) -> Result<T, VerbError> + Send + 'static,
    {
        let asks = self.asks.ok_or_else(|| Problem::new(Code::Internal))?;
        let (guest, sending, now) = (self.guest.clone(), self.sending.clone(), self.now);
        let job = move |conn: &mut Conn| {
            asks.write(conn, guest.as_ref(), now, |conn| {
                if let Some(sending) = &sending {
                    sending.claim(conn, now)?;
                }
                Ok(work(conn)?)
            })
        };
        let done = self.desk.db.write(job).await;
        if let Some(sending) = &self.sending {
            sending.came_to(&done);
        }
        done.map_err(|problem| self.desk.completed(problem))
    }

    /// The frame of a page at `place` of the navigation.
    pub fn shell(&self, place: &str) -> Shell {
        let words = self.words();
        Shell {
            language: words.language(),
            now: self.now,
            zone: self.zone().name().to_owned(),
            time_style: self.time_style,
            theme: self.theme,
            address: self.address.clone(),
            csrf_token: self
                .guest
                .as_ref()
                .and_then(|guest| guest.csrf_token().map(str::to_owned)),
            form_key: once::key(),
            away: self.guest.as_ref().and_then(away),
            viewer: self
                .guest
                .as_ref()
                .map(|guest| viewer(guest, place_lines(words, &self.places))),
            nav: self
                .guest
                .as_ref()
                .map(|guest| navigation(guest.access(), place))
                .unwrap_or_default(),
            flash: self.flash.as_ref().map(|flash| flash.banner(words)),
            search: self.asked("q").unwrap_or_default().to_owned(),
            clock_words: clock_words(words),
        }
    }
}

/// Whether the browser says that a page of this house sent the form.
fn is_from_own_page(request: &HttpRequest) -> bool {
    let text = |name: &str| {
        request
            .headers()
            .get(name)
            .and_then(|text| text.to_str().ok())
    };
    match (text("sec-fetch-site"), text(header::ORIGIN.as_str())) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => {
            let of = origin.split_once("://").map(|(_, of)| of);
            of.is_some() && of == text(header::HOST.as_str())
        }
        (None, None) => false,
    }
}

async fn form(
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<HashMap<String, String>, Problem> {
    if !request.content_type().eq_ignore_ascii_case(FORM) {
        return Err(Problem::new(Code::UnsupportedMediaType).with("expected", FORM));
    }
    let bytes = body::read(request, payload, LARGEST_FORM).await?;
    if bytes.len() <= READ_AT_ONCE {
        return pairs(&bytes);
    }
    // A long form is read where nobody else waits for it, and its long words rendered before the one writer keeps them.
    apart(move || {
        let typed = pairs(&bytes)?;
        for (name, text) in &typed {
            if text.len() > LONG_WORDS
                && !name.contains("password")
                && let Ok(words) = Markdown::parse(text)
            {
                markdown::prepare(words.as_str());
            }
        }
        Ok(typed)
    })
    .await?
}

fn pairs(text: &[u8]) -> Result<HashMap<String, String>, Problem> {
    let mut typed = HashMap::new();
    for (index, (name, value)) in form_urlencoded::parse(text).enumerate() {
        if index == MOST_FIELDS {
            return Err(Problem::new(Code::TooComplex)
                .with("max_values", MOST_FIELDS)
                .with("max_depth", 1));
        }
        // No page sends it, no text holds it, and no database takes it.
        if name.contains('\0') || value.contains('\0') {
            return Err(Problem::new(Code::BadRequest));
        }
        typed.insert(name.into_owned(), value.into_owned());
    }
    Ok(typed)
}
