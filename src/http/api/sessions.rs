//! Signing in and out, and who one is.

use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use serde::Serialize;
use utoipa::ToSchema;

use super::documents::{MyPlace, PersonName};
use crate::domain::access::Permission;
use crate::domain::device::Device;
use crate::domain::ids::{OrganizationId, PairingId, PersonId, SessionId};
use crate::domain::language::Language;
use crate::domain::organization::{OrganizationKind, Side};
use crate::domain::text::EmailAddress;
use crate::http::api_request::{ANYONE, Anyone, ApiRequest, ENTERED, OWNER, Returning, SIGNED_IN};
use crate::http::cookies::Carries;
use crate::http::headers;
use crate::http::pagination::Page;
use crate::http::places::{self, SwitchOrganization};
use crate::http::principal::{Principal, Via};
use crate::http::problem::{Code, Problem};
use crate::http::proof::{self, Proof};
use crate::http::reply::{Created, Done, Reply};
use crate::http::route::{Route, table};
use crate::http::sign_in::{Attempt, Origin, SignInStep, enter, finish};
use crate::input::{AccountAddress, Secret, input};
use crate::store;
use crate::store::identities::Place;
use crate::workflow::{account, sign_in};

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { sessions:
        POST   "/sessions"         ANYONE    => open, "Signs in";
        DELETE "/sessions/current" ENTERED.before_set_up() => close, "Signs out";
        POST   "/sessions/current/proof" SIGNED_IN.before_set_up() => prove, "Shows your password, and a code of your second factor, once more: for ten minutes, what your account hangs on can be changed";
        POST   "/sessions/current/organization" SIGNED_IN.before_set_up() => switch, "Switches the session into a paired organization, or back home";
        GET    "/sessions"           OWNER => list, "Where you are signed in, the session used last first";
        DELETE "/sessions"           OWNER.proven() => close_others, "Signs out everywhere else";
        DELETE "/sessions/{session}" OWNER.proven() => close_one, "Ends one of your sessions";
        GET    "/me"               ENTERED.before_set_up() => me, "Who is signed in, and what they may do";
        GET    "/me/organizations" SIGNED_IN => places, "Where you may work: your own organization, then the paired ones";
    }
}

input! {
    /// E-mail address and password.
    pub struct SignIn {
        /// The address.
        email: AccountAddress,
        /// The password.
        password: Secret,
        /// A code of the second factor, where one is asked for: six digits from your app, or a recovery code.
        code: Option<Secret>,
    }
}

input! {
    /// What proves who you are.
    pub struct Prove {
        /// Your password.
        password: Secret,
        /// A code of your second factor, if you have one: six digits from your app, or a recovery code.
        code: Option<Secret>,
    }
}

/// Who is signed in, where they act, and what they may do there.
#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    /// The person.
    person: MyPerson,
    /// The organization that they act in.
    organization: MyOrganization,
    /// The organization that they belong to; another than that if they are there by a pairing.
    home_organization: MyOrganization,
    /// The pairing by which they are there; null at home.
    through: Option<PairingId>,
    /// The cloned user as whom they act there.
    acting_as: Option<PersonName>,
    /// The side on which they stand.
    side: Side,
    /// Everything that they may do there; with a token, as far as it goes.
    permissions: Vec<Permission>,
    /// To send as `X-CSRF-Token` with every change made by the session's cookie; null for a token.
    csrf_token: Option<String>,
    /// Until when the session is taken; null for a token.
    expires_at: Option<DateTime<Utc>>,
    /// Whether you must set up a second factor, and can do nothing else until then.
    second_factor_setup_required: bool,
}

/// The person who is signed in.
#[derive(Debug, Serialize, ToSchema)]
struct MyPerson {
    id: PersonId,
    name: String,
    first_name: String,
    last_name: String,
    email: EmailAddress,
    /// IANA time zone: the person's own, or the organization's.
    time_zone: String,
    /// The language in which they chose to read; null for what their browser asks for.
    language: Option<Language>,
}

/// The organization that is acted in.
#[derive(Debug, Serialize, ToSchema)]
struct MyOrganization {
    id: OrganizationId,
    slug: String,
    name: String,
    kind: OrganizationKind,
}

impl From<&Place> for MyOrganization {
    fn from(place: &Place) -> Self {
        Self {
            id: place.id,
            slug: place.slug.clone(),
            name: place.name.clone(),
            kind: place.kind,
        }
    }
}

impl Me {
    pub(super) fn of(principal: &Principal) -> Self {
        let expires_at = match &principal.via {
            Via::Session { expires_at, .. } => Some(*expires_at),
            Via::Token { .. } => None,
        };
        Self {
            person: MyPerson {
                id: principal.person,
                name: principal.actor.name.clone(),
                first_name: principal.first_name.clone(),
                last_name: principal.last_name.clone(),
                email: principal.email.clone(),
                time_zone: principal.time_zone.name().to_owned(),
                language: principal.chosen_language,
            },
            organization: MyOrganization::from(&principal.organization),
            home_organization: principal
                .home
                .as_ref()
                .unwrap_or(&principal.organization)
                .into(),
            through: principal.access().through.map(|through| through.pairing),
            acting_as: principal
                .acting_as
                .clone()
                .map(|(id, name)| PersonName { id, name }),
            side: principal.side(),
            permissions: principal.access().permissions.iter().copied().collect(),
            csrf_token: principal.csrf_token().map(str::to_owned),
            expires_at,
            second_factor_setup_required: principal.must_set_up,
        }
    }
}

/// Signs in: a session, whose cookie comes along.
pub async fn open(req: ApiRequest<(), SignIn, (), Anyone>) -> Result<Created<Me>, Problem> {
    let from = Origin {
        client: req.client,
        user_agent: req.user_agent,
        session: req.session,
        devices: req.devices.clone(),
    };
    let attempt = Attempt {
        email: req.body.email.as_str().to_owned(),
        password: req.body.password.into_inner(),
        from: from.clone(),
    };
    let signed_in = match (enter(&req.desk, attempt).await?, req.body.code) {
        (SignInStep::Open(signed_in), _) => *signed_in,
        (SignInStep::PendingSecondFactor(half), Some(code)) => {
            finish(&req.desk, half, code.into_inner(), from).await?
        }
        (SignInStep::PendingSecondFactor(_), None) => {
            return Err(Problem::new(Code::SecondFactorRequired));
        }
    };
    let (url, secret) = (&req.desk.public_url, signed_in.secret.expose_secret());
    let cookie = Carries::Session.cookie(url, secret, req.desk.sessions.lifetime);
    let known = req.devices.cookie(&req.desk, signed_in.holder);
    let me = Reply::new(&Me::of(&signed_in.principal))?;
    Ok(me.cookie(cookie).cookie(known))
}

/// Signs out: the session is gone at once, wherever its cookie still is.
pub async fn close(req: ApiRequest<(), (), (), Returning>) -> Result<Done, Problem> {
    let Via::Session { id, .. } = req.principal.0.via else {
        return Err(Problem::not_found());
    };
    let url = &req.desk.public_url;
    let (cookie, forget) = (Carries::Session.removal(url), headers::forget(url));
    let done = req
        .write(move |conn, req| {
            sign_in::sign_out(conn, &req.principal.0.oneself(), id, req.now)?;
            Ok(Reply::done())
        })
        .await?;
    Ok(done.cookie(cookie).forgetting(forget))
}

/// Shows once more who one is.
pub async fn prove(req: ApiRequest<(), Prove>) -> Result<Done, Problem> {
    let body = &req.body;
    let proof = Proof {
        password: ("password", body.password.clone().into_inner()),
        code: ("code", body.code.clone().map(Secret::into_inner)),
    };
    proof::show(&req.desk, &req.principal, proof, req.now).await?;
    Ok(Reply::done())
}

/// Switches the session into a paired organization, or back home. Whoever was signed out of one by its end gets home
/// like this.
pub async fn switch(
    req: ApiRequest<(), SwitchOrganization, (), Returning>,
) -> Result<Reply<Me>, Problem> {
    let Via::Session { id, .. } = req.principal.0.via else {
        return Err(Problem::not_found());
    };
    req.write(move |conn, req| {
        let switched = places::switch(conn, &req.principal.0, id, &req.body, req.now)?;
        Reply::new(&Me::of(&switched))
    })
    .await
}

/// Where the caller may work.
pub async fn places(req: ApiRequest) -> Result<Reply<Page<MyPlace>>, Problem> {
    let found = req
        .read(|conn, req| Ok(places::of(conn, &req.principal, req.now)?))
        .await?;
    Reply::new(&Page::whole(found.iter().map(MyPlace::from).collect()))
}

/// A session: somewhere that one is signed in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Session)]
pub struct SessionDocument {
    id: SessionId,
    /// Whether it is the one that asks.
    current: bool,
    /// When it was opened.
    created_at: DateTime<Utc>,
    /// When it was last used, to about a minute.
    last_seen_at: DateTime<Utc>,
    /// Until when it is taken if it is not used before, to about a minute.
    idle_until: DateTime<Utc>,
    /// Until when it is taken at the most.
    expires_at: DateTime<Utc>,
    /// What the browser calls itself.
    user_agent: String,
    /// The browser, as far as it is known by that.
    browser: Option<&'static str>,
    /// The system that it runs on, as far as it is known.
    system: Option<&'static str>,
}

/// All of one's sessions.
#[derive(Debug, Serialize, ToSchema)]
pub struct Sessions {
    /// The sessions; there is no second page.
    items: Vec<SessionDocument>,
    /// Always null.
    next_cursor: Option<String>,
}

/// Where one is signed in.
pub async fn list(req: ApiRequest) -> Result<Reply<Sessions>, Problem> {
    let sessions = req
        .read(|conn, req| {
            let current = req.principal.session();
            let document = |session: store::sessions::Session| {
                let device = Device::of(&session.user_agent);
                SessionDocument {
                    id: session.id,
                    current: Some(session.id) == current,
                    created_at: session.created_at,
                    last_seen_at: req.desk.seen.of(&session),
                    idle_until: req.desk.idle_until(&session),
                    expires_at: session.expires_at,
                    browser: device.browser,
                    system: device.system,
                    user_agent: session.user_agent,
                }
            };
            let rows = store::sessions::of_person(conn, req.principal.person, req.now)?;
            Ok(Sessions {
                items: rows.into_iter().map(document).collect(),
                next_cursor: None,
            })
        })
        .await?;
    Reply::new(&sessions)
}

/// Ends one of one's sessions.
pub async fn close_one(req: ApiRequest<SessionId>) -> Result<Done, Problem> {
    req.write(|conn, req| {
        account::end_session(conn, &req.principal.oneself(), req.address, req.now)?;
        Ok(Reply::done())
    })
    .await
}

/// Ends all of one's sessions but the one that asks.
pub async fn close_others(req: ApiRequest) -> Result<Done, Problem> {
    req.write(|conn, req| {
        let current = req.principal.session();
        account::end_other_sessions(conn, &req.principal.oneself(), current, req.now)?;
        Ok(Reply::done())
    })
    .await
}

/// Who is signed in.
pub async fn me(req: ApiRequest) -> Result<Reply<Me>, Problem> {
    Reply::new(&Me::of(&req.principal))
}
