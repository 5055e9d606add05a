//! Signing in and out, and who one is.

use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use serde::Serialize;
use utoipa::ToSchema;

use super::documents::{MyPlace, PersonName};
use crate::domain::access::Permission;
use crate::domain::ids::{OrganizationId, PairingId, PersonId};
use crate::domain::organization::{OrganizationKind, Side};
use crate::domain::text::EmailAddress;
use crate::http::call::{ANYONE, Anyone, Call, Returning, SIGNED_IN};
use crate::http::fields::{Secret, request};
use crate::http::pagination::Page;
use crate::http::places;
use crate::http::principal::{self, Principal, Via};
use crate::http::problem::Problem;
use crate::http::reply::{Created, Done, Reply};
use crate::http::route::{Route, table};
use crate::http::sign_in::{Attempt, SESSION_LIFETIME, sign_in};
use crate::store;
use crate::store::sessions::Place;

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { sessions:
        POST   "/sessions"         ANYONE    => open, "Signs in";
        DELETE "/sessions/current" SIGNED_IN => close, "Signs out";
        POST   "/sessions/current/organization" SIGNED_IN => switch, "Switches the session into a paired organization, or back home";
        GET    "/me"               SIGNED_IN => me, "Who is signed in, and what they may do";
        GET    "/me/organizations" SIGNED_IN => places, "Where you may work: your own organization, then the paired ones";
    }
}

request! {
    /// E-mail address and password.
    pub struct SignIn {
        /// The address.
        email: String,
        /// The password.
        password: Secret,
    }
}

request! {
    /// Where to work from now on.
    pub struct SwitchOrganization {
        /// The organization, by id or slug; null for your own.
        organization: Option<String>,
        /// A cloned user of yours there, by id.
        r#as: Option<PersonId>,
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
    fn of(principal: &Principal) -> Self {
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
        }
    }
}

/// Signs in: a session, whose cookie comes along.
pub async fn open(call: Call<(), SignIn, (), Anyone>) -> Result<Created<Me>, Problem> {
    let attempt = Attempt {
        email: call.body.email,
        password: call.body.password.into_inner(),
        client: call.client,
        user_agent: call.user_agent,
    };
    let signed_in = sign_in(&call.desk, attempt).await?;
    let cookie = principal::session_cookie(
        &call.desk,
        signed_in.secret.expose_secret(),
        SESSION_LIFETIME,
    );
    Ok(Reply::new(&Me::of(&signed_in.principal))?.cookie(cookie))
}

/// Signs out: the session is gone at once, wherever its cookie still is.
pub async fn close(call: Call<(), (), (), Returning>) -> Result<Done, Problem> {
    let Via::Session { id, .. } = call.principal.0.via else {
        return Err(Problem::not_found());
    };
    let cookie = principal::removal_cookie(&call.desk);
    let done = call
        .write(move |conn, _| {
            store::sessions::close(conn, id)?;
            Ok(Reply::done())
        })
        .await?;
    Ok(done.cookie(cookie))
}

/// Switches the session into a paired organization, or back home. Whoever was signed out of one by its end gets home
/// like this.
pub async fn switch(
    call: Call<(), SwitchOrganization, (), Returning>,
) -> Result<Reply<Me>, Problem> {
    let Via::Session { id, .. } = call.principal.0.via else {
        return Err(Problem::not_found());
    };
    call.write(move |conn, call| {
        let wanted = (call.body.organization.as_deref(), call.body.r#as);
        let switched = places::switch(conn, &call.principal.0, id, wanted, call.now)?;
        Reply::new(&Me::of(&switched))
    })
    .await
}

/// Where the caller may work.
pub async fn places(call: Call) -> Result<Reply<Page<MyPlace>>, Problem> {
    let found = call
        .look(|conn, call| Ok(places::of(conn, &call.principal, call.now)?))
        .await?;
    Reply::new(&Page::whole(found.iter().map(MyPlace::from).collect()))
}

/// Who is signed in.
pub async fn me(call: Call) -> Result<Reply<Me>, Problem> {
    Reply::new(&Me::of(&call.principal))
}
