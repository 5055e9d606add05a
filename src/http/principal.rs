//! Who asks: one person, where they act, what they may do there, and how they proved it.

mod again;

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::header;
use chrono_tz::Tz;

use super::client;
use super::cookies::Carries;
use super::language;
use super::problem::{Code, Problem};
use super::state::AppState;
use super::trace;
use crate::credentials::{TOKEN_PREFIX, hash_secret, same_secret};
use crate::db::{Conn, Epoch};
use crate::domain::Instant;
use crate::domain::access::Access;
use crate::domain::ids::{OrganizationId, PairingId, PersonId, SessionId, TokenId};
use crate::domain::language::Language;
use crate::domain::organization::Side;
use crate::domain::text::EmailAddress;
use crate::store::identities::{AuthOutcome, Identity, OrganizationContext, Place, may_come_from};
use crate::store::people::display_name;
use crate::store::sessions::{self, Session};
use crate::store::tokens::{self, Token};
use crate::workflow::{Actor, Rejection};

pub(super) use again::{ShownAgain, reloaded};

/// Picks the organization to act in.
const ACTING_ORGANIZATION: &str = "acting-organization";
/// Carries a session's token with every change that is made by its cookie.
const CSRF_HEADER: &str = "x-csrf-token";

/// The person behind a request.
#[derive(Clone, Debug)]
pub struct Principal {
    /// Their authority and name, as the verbs take it.
    pub actor: Actor,
    /// Who it really is: another than the actor where they act as a cloned user of theirs (P8).
    pub person: PersonId,
    /// The cloned user as whom they act, and its name.
    pub acting_as: Option<(PersonId, String)>,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// The address that signs in.
    pub email: EmailAddress,
    /// Where they act.
    pub organization: Place,
    /// Where they belong, if that is another (P7).
    pub home: Option<Place>,
    /// In which zone they read times.
    pub time_zone: Tz,
    /// The language in which they chose to read, if they did.
    pub chosen_language: Option<Language>,
    /// The language that their browser asks for.
    pub browser: Language,
    /// Whether they have yet to choose a password of their own: they came in with one that an administrator gave.
    pub chooses_password: bool,
    /// How they proved who they are.
    pub via: Via,
    /// Whether a role of theirs asks for a second factor that they have not set up.
    pub must_set_up: bool,
    /// From which address they come.
    pub client: Option<IpAddr>,
    /// In which epoch of what is remembered they were found: what is read for them goes on in it.
    pub epoch: Epoch,
}

/// What was shown to enter.
#[derive(Clone, Debug)]
pub enum Via {
    /// A session's cookie.
    Session {
        /// The session.
        id: SessionId,
        /// What changes have to carry.
        csrf_token: String,
        /// Until when it is taken.
        expires_at: Instant,
        /// When its row says that it was last used.
        last_seen_at: Instant,
        /// When its person last showed who they are in it.
        proven_at: Instant,
    },
    /// An API token.
    Token {
        /// The token.
        id: TokenId,
        /// Whether it allows only a part of what its owner may do.
        scoped: bool,
        /// When its row says that it was last used.
        last_used_at: Option<Instant>,
    },
}

impl Principal {
    /// The language in which they read: the one that they chose, or else their browser's.
    pub fn language(&self) -> Language {
        self.chosen_language.unwrap_or(self.browser)
    }

    /// The authority where they act.
    pub fn access(&self) -> &Access {
        &self.actor.access
    }

    /// The person as the owner of their account: at home and as nobody else, wherever and as whomever they act. Their own
    /// account asks for no permission, and this carries none.
    pub fn oneself(&self) -> Actor {
        let home = self.home.as_ref().unwrap_or(&self.organization);
        Actor {
            access: Access::of(self.person, home.id, home.kind.side(), Vec::new()),
            name: display_name(&self.first_name, &self.last_name),
        }
    }

    /// The side on which they stand.
    pub fn side(&self) -> Side {
        self.actor.access.side
    }

    /// The pairing by which they are where they act, with who uses it; none at home.
    pub fn used_pairing(&self) -> Option<(PairingId, PersonId)> {
        let through = self.actor.access.through?;
        Some((through.pairing, self.person))
    }

    /// The session, if it is one.
    pub fn session(&self) -> Option<SessionId> {
        match self.via {
            Via::Session { id, .. } => Some(id),
            Via::Token { .. } => None,
        }
    }

    /// The API token, if it is one.
    pub fn token(&self) -> Option<TokenId> {
        match self.via {
            Via::Token { id, .. } => Some(id),
            Via::Session { .. } => None,
        }
    }

    /// What the forms and headers of this session have to carry; nothing for a token, which no page can make a
    /// browser send.
    pub fn csrf_token(&self) -> Option<&str> {
        match &self.via {
            Via::Session { csrf_token, .. } => Some(csrf_token),
            Via::Token { .. } => None,
        }
    }

    /// Refuses a change made by cookie that does not carry the session's token, which another site cannot know.
    ///
    /// # Errors
    /// [`Code::Csrf`].
    pub fn check_csrf(&self, given: Option<&str>) -> Result<(), Problem> {
        match (self.csrf_token(), given) {
            (None, _) => Ok(()),
            (Some(expected), Some(given)) if same_secret(expected, given) => Ok(()),
            (Some(_), _) => Err(Problem::new(Code::Csrf)),
        }
    }

    /// [`Principal::check_csrf`] on the request's header.
    ///
    /// # Errors
    /// [`Code::Csrf`].
    pub fn check_csrf_header(&self, request: &HttpRequest) -> Result<(), Problem> {
        self.check_csrf(
            request
                .headers()
                .get(CSRF_HEADER)
                .and_then(|value| value.to_str().ok()),
        )
    }
}

/// What a request shows of who sends it.
enum Shown {
    Cookie(String),
    Token(String),
}

/// The person behind a request; none if it shows nothing, or nothing that is good any more.
///
/// # Errors
/// [`Code::OrganizationNotFound`] if the request names an organization in which the person may not act;
/// [`Code::OrganizationAccessEnded`] if the session had switched into one, and that has ended; database errors.
pub async fn find(desk: &AppState, request: &HttpRequest) -> Result<Option<Principal>, Problem> {
    let whereabouts = asked_whereabouts(request)?;
    find_in(desk, request, whereabouts).await
}

/// Where a request says that its sender wants to act.
fn asked_whereabouts(request: &HttpRequest) -> Result<OrganizationContext, Problem> {
    let Some(named) = request.headers().get(ACTING_ORGANIZATION) else {
        return Ok(OrganizationContext::AsBefore);
    };
    let named = named
        .to_str()
        .map_err(|_| Problem::new(Code::OrganizationNotFound))?;
    Ok(OrganizationContext::Named(named.trim().to_owned()))
}

/// The person behind a request, as this process remembers them, and without a question whether that holds: what is read for them
/// bears out their epoch, or is good for nothing. None if they are not remembered, or are not to be let in: that is asked.
pub fn presumed(desk: &AppState, request: &HttpRequest) -> Option<Principal> {
    let whereabouts = asked_whereabouts(request).ok()?;
    let (known, now) = (desk.db.presumed()?, desk.clock.now());
    let found = match shown(desk, request)? {
        Shown::Cookie(secret) => {
            let hash = hash_secret(&secret);
            let (session, bearer) = sessions::presumed(&known, &hash, &whereabouts, now)?;
            Principal::in_session(session, *bearer)
        }
        Shown::Token(secret) => {
            let hash = hash_secret(&secret);
            let (token, bearer) = tokens::presumed(&known, &hash, &whereabouts, now)?;
            Principal::with_token(token, *bearer)
        }
    };
    let found = Principal {
        epoch: known.epoch(),
        ..found
    };
    let found = found.sent(desk, request);
    if !found.may_come_from_there() {
        return None;
    }
    language::note(request, found.language());
    Some(found)
}

/// The person behind a request in their own organization, wherever their session has switched to.
///
/// # Errors
/// Database errors.
pub async fn find_home(
    desk: &AppState,
    request: &HttpRequest,
) -> Result<Option<Principal>, Problem> {
    find_in(desk, request, OrganizationContext::Home).await
}

async fn find_in(
    desk: &AppState,
    request: &HttpRequest,
    whereabouts: OrganizationContext,
) -> Result<Option<Principal>, Problem> {
    let Some(shown) = shown(desk, request) else {
        return Ok(None);
    };
    let now = desk.clock.now();
    let found = desk
        .db
        .read_one(move |conn| load(conn, &shown, &whereabouts, now))
        .await?;
    let found = found.map(|found| found.sent(desk, request));
    if let Some(principal) = &found {
        language::note(request, principal.language());
        if !principal.may_come_from_there() {
            return Err(address_not_allowed(principal.client));
        }
        Sender::of(principal).note(desk, request, now);
    }
    Ok(found)
}

/// Who has sent a request, as far as it is noted once they are known to be in.
pub(super) struct Sender {
    person: PersonId,
    organization: OrganizationId,
    session: Option<(SessionId, Instant)>,
    token: Option<(TokenId, Option<Instant>)>,
}

impl Sender {
    pub(super) fn of(principal: &Principal) -> Self {
        let (session, token) = match principal.via {
            Via::Session {
                id, last_seen_at, ..
            } => (Some((id, last_seen_at)), None),
            Via::Token {
                id, last_used_at, ..
            } => (None, Some((id, last_used_at))),
        };
        Self {
            person: principal.actor.id(),
            organization: principal.organization.id,
            session,
            token,
        }
    }

    /// Notes that they use their session or token, and that the request is theirs.
    pub(super) fn note(&self, desk: &AppState, request: &HttpRequest, now: Instant) {
        if let Some((id, last_seen_at)) = self.session {
            desk.seen.note(id, last_seen_at, now);
        }
        if let Some((id, last_used_at)) = self.token {
            desk.seen.note_token(id, last_used_at, now);
        }
        trace::note_sender(request, self.person, self.organization);
    }
}

/// Somebody may not work from where they come from (A7).
pub(in crate::http) fn address_not_allowed(from: Option<IpAddr>) -> Problem {
    Rejection::AddressNotAllowed(from).into()
}

/// The person behind a request.
///
/// # Errors
/// [`Code::Unauthenticated`], and those of [`find`].
pub async fn require(desk: &AppState, request: &HttpRequest) -> Result<Principal, Problem> {
    find(desk, request)
        .await?
        .ok_or_else(Problem::unauthenticated)
}

/// A token is said on purpose, a cookie comes along by itself: the token wins.
fn shown(desk: &AppState, request: &HttpRequest) -> Option<Shown> {
    if let Some(value) = request.headers().get(header::AUTHORIZATION) {
        let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
        return scheme
            .eq_ignore_ascii_case("bearer")
            .then(|| Shown::Token(token.trim().to_owned()));
    }
    let cookie = request.cookie(Carries::Session.name(&desk.public_url))?;
    Some(Shown::Cookie(cookie.value().to_owned()))
}

/// The hash of the secret of the session that a browser comes with, for who signs in anew.
pub(super) fn session_of_browser(desk: &AppState, request: &HttpRequest) -> Option<String> {
    let cookie = request.cookie(Carries::Session.name(&desk.public_url))?;
    Some(hash_secret(cookie.value()))
}

/// Whom a secret belongs to, and what they may do where they want to act.
///
/// # Errors
/// Those of [`find`].
fn load(
    conn: &mut Conn,
    shown: &Shown,
    whereabouts: &OrganizationContext,
    now: Instant,
) -> Result<Option<Principal>, Problem> {
    match shown {
        Shown::Cookie(secret) => of_session(conn, &hash_secret(secret), whereabouts, now),
        Shown::Token(secret) if !secret.starts_with(TOKEN_PREFIX) => Ok(None),
        Shown::Token(secret) => {
            match tokens::by_secret(conn, &hash_secret(secret), whereabouts, now)? {
                AuthOutcome::Refused => Ok(None),
                AuthOutcome::Elsewhere => Err(Problem::new(Code::OrganizationNotFound)),
                AuthOutcome::Authenticated(token, bearer) => {
                    Ok(Some(Principal::with_token(token, *bearer)))
                }
            }
        }
    }
}

/// The person behind the session whose secret has this hash, if it is good.
///
/// # Errors
/// Those of [`find`].
fn of_session(
    conn: &mut Conn,
    token_hash: &str,
    whereabouts: &OrganizationContext,
    now: Instant,
) -> Result<Option<Principal>, Problem> {
    let found = sessions::by_secret(conn, token_hash, whereabouts, now)?;
    in_session(found, whereabouts)
}

/// The person behind a session, where it has switched to.
///
/// # Errors
/// Those of [`find`].
pub(super) fn of_session_id(
    conn: &mut Conn,
    id: SessionId,
    now: Instant,
) -> Result<Option<Principal>, Problem> {
    let there = OrganizationContext::AsBefore;
    let found = sessions::again(conn, id, &there, now)?;
    in_session(found, &there)
}

fn in_session(
    found: AuthOutcome<Session>,
    whereabouts: &OrganizationContext,
) -> Result<Option<Principal>, Problem> {
    match found {
        AuthOutcome::Refused => Ok(None),
        AuthOutcome::Elsewhere => Err(Problem::new(match whereabouts {
            OrganizationContext::AsBefore | OrganizationContext::Home => {
                Code::OrganizationAccessEnded
            }
            OrganizationContext::Named(_) | OrganizationContext::As(..) => {
                Code::OrganizationNotFound
            }
        })),
        AuthOutcome::Authenticated(session, bearer) => {
            Ok(Some(Principal::in_session(session, *bearer)))
        }
    }
}

impl Principal {
    /// Whoever is signed in by a session.
    pub(super) fn in_session(session: Session, bearer: Identity) -> Self {
        let via = Via::Session {
            id: session.id,
            csrf_token: session.csrf_token,
            expires_at: session.expires_at,
            last_seen_at: session.last_seen_at,
            proven_at: session.proven_at,
        };
        Self::of(bearer, via)
    }

    fn with_token(token: Token, bearer: Identity) -> Self {
        let via = Via::Token {
            id: token.id,
            scoped: token.permissions.is_some(),
            last_used_at: token.last_used_at,
        };
        let mut principal = Self::of(bearer, via);
        if let Some(scope) = token.permissions {
            principal.actor.access = principal.actor.access.narrowed_to(&scope.0);
        }
        principal
    }

    fn of(bearer: Identity, via: Via) -> Self {
        let name = display_name(&bearer.first_name, &bearer.last_name);
        Self {
            // A token was not opened with the password.
            chooses_password: bearer.password_given && matches!(via, Via::Session { .. }),
            actor: Actor {
                access: bearer.access,
                name,
            },
            person: bearer.person,
            acting_as: bearer.acting_as,
            first_name: bearer.first_name,
            last_name: bearer.last_name,
            email: bearer.email,
            organization: bearer.place,
            home: bearer.home,
            // Zones are checked when they are stored; should one ever leave the time-zone database, UTC is honest.
            time_zone: bearer.time_zone.parse().unwrap_or(Tz::UTC),
            chosen_language: Language::kept(bearer.language.as_deref()),
            browser: Language::default(),
            via,
            must_set_up: bearer.must_set_up,
            client: None,
            epoch: Epoch::of_this_transaction(),
        }
    }

    /// The same, who comes from an address.
    pub(super) fn come_from(self, client: Option<IpAddr>) -> Self {
        Self { client, ..self }
    }

    /// The same, as the sender of a request.
    fn sent(self, desk: &AppState, request: &HttpRequest) -> Self {
        let client = client::address(&desk.proxies, &desk.public_url, request);
        let browser = language::accepted(request);
        self.come_from(client).by_browser(browser)
    }

    /// The same, whose browser asks for a language.
    fn by_browser(self, browser: Language) -> Self {
        Self { browser, ..self }
    }

    /// Whether they may work from there: by the networks of the organization in which they act, and of their own (A7).
    fn may_come_from_there(&self) -> bool {
        may_come_from(&self.organization, self.home.as_ref(), self.client)
    }

    /// Notes that their session was proven anew.
    pub(super) fn was_proven(&mut self, now: Instant) {
        if let Via::Session { proven_at, .. } = &mut self.via {
            *proven_at = now;
        }
    }
}
