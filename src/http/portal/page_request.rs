//! A request for a page: who comes, what they ask for and what they typed.

mod arrival;
mod typed;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use actix_web::cookie::Cookie;
use actix_web::web::Bytes;

use super::Portal;
use super::flash::Flash;
use super::once::{self, Sending};
use super::sent_files::SentFiles;
use super::shell::{Account, Menu, Shell, away, clock_words, place_lines, viewer};
use super::theme::{Theme, TimeStyle};
use crate::credentials::Holder;
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Access, Permission};
use crate::domain::audit::Topic;
use crate::domain::language::Language;
use crate::http::apart::{apart, searching};
use crate::http::asks::Asks;
use crate::http::cookies::Carries;
use crate::http::known_devices::KnownDevices;
use crate::http::places::PlaceView;
use crate::http::principal::{self, Principal};
use crate::http::problem::{Code, Problem};
use crate::http::state::AppState;
use crate::words::time::Times;
use crate::words::{Catalogue, markdown};
use crate::workflow::{Actor, VerbError};

use typed::LONG_WORDS;

/// Whose forms are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Posted {
    /// Those of this house's pages, which carry the session's token.
    #[default]
    ByOurPages,
    /// The same, and they may carry a file.
    WithFile,
    /// The same, and they may carry files to attach (F4).
    WithAttachments,
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
    /// The files to attach that were sent along, until somebody takes them.
    pub(super) sent: SentFiles,
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
    /// The language that the browser asks for.
    browser: Language,
    cookies: HashMap<String, String>,
    theme: Theme,
    time_style: TimeStyle,
}

impl PageRequest {
    /// What people read.
    pub fn words(&self) -> &Catalogue {
        self.desk.words.of(self.language())
    }

    /// The visitor's language: the one that they chose, or else the one that their browser asks for.
    pub fn language(&self) -> Language {
        let chosen = self.guest.as_ref().and_then(|guest| guest.chosen_language);
        chosen.unwrap_or(self.browser)
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

    /// The topic, if the visitor may follow it.
    pub fn follows(&self, topic: Topic) -> Option<Topic> {
        let access = self.access().ok()?;
        (topic.is_open_to(access) && access.can(Permission::CasesView)).then_some(topic)
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
    /// Those of `work`, and database errors.
    pub async fn read<T, F>(&self, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: Fn(&mut Conn) -> Result<T, Problem> + Send + 'static,
    {
        self.desk.db.read(self.going_on(work)).await
    }

    /// The same for what is one statement for nearly everybody; where it is a few, what ends between two of them is left out.
    ///
    /// # Errors
    /// Those of `work`, and database errors.
    pub(super) async fn read_one<T, F>(&self, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: Fn(&mut Conn) -> Result<T, Problem> + Send + 'static,
    {
        self.desk.db.read_one(self.going_on(work)).await
    }

    /// The same work, in the epoch in which the visitor was found, which is borne out by it if it was presumed.
    fn going_on<T: 'static, F>(
        &self,
        work: F,
    ) -> impl Fn(&mut Conn) -> Result<T, Problem> + Send + 'static + use<T, F>
    where
        F: Fn(&mut Conn) -> Result<T, Problem> + Send + 'static,
    {
        let epoch = self.guest.as_ref().map(|guest| guest.epoch.clone());
        move |conn| match &epoch {
            Some(epoch) => epoch.going_on(conn, &work),
            None => work(conn),
        }
    }

    /// The same; what `searches` reads so much that it does so on a blocking thread, and only so many do at once.
    ///
    /// # Errors
    /// Those of `work`, and database errors.
    pub async fn read_or_search<T, F>(&self, searches: bool, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: Fn(&mut Conn) -> Result<T, Problem> + Send + 'static,
    {
        match searches {
            true => {
                let db = &self.desk.db;
                searching(db, db.read_apart(self.going_on(work))).await
            }
            false => self.read(work).await,
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
    /// Those of `work`, which roll everything back, and database errors.
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
        if let Some(guest) = &self.guest {
            guest.epoch.forget();
        }
        if let Some(sending) = &self.sending {
            sending.came_to(&done);
        }
        done.map_err(|problem| self.desk.completed(problem))
    }

    /// The frame of a page at `place` of the navigation.
    pub fn shell(&self, place: &str) -> Shell {
        let words = self.words();
        let guest = self.guest.as_ref();
        Shell {
            language: words.language(),
            now: self.now,
            address: self.address.clone(),
            csrf_token: guest.and_then(|guest| guest.csrf_token().map(str::to_owned)),
            form_key: once::key(),
            away: guest.and_then(away),
            menu: Menu::of(guest.map(|guest| guest.access()), place),
            account: Account {
                viewer: guest.map(|guest| viewer(guest, place_lines(words, &self.places))),
                theme: self.theme,
                time_style: self.time_style,
                zone: self.zone().name().to_owned(),
            },
            flash: self
                .flash
                .as_ref()
                .map(|flash| flash.banner(words, self.now)),
            search: self.asked("q").unwrap_or_default().to_owned(),
            clock_words: clock_words(words),
            refused: false,
            forbidden_files: self.desk.uploads.forbidden(),
        }
    }
}
