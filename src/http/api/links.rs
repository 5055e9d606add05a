//! Following the links of invitations and password resets, and asking for one.

use serde::Serialize;
use utoipa::ToSchema;

use crate::credentials::Holder;
use crate::domain::link::LinkPurpose;
use crate::http::api_request::{ANYONE, Anyone, ApiRequest};
use crate::http::password;
use crate::http::problem::Problem;
use crate::http::reply::{Done, Reply};
use crate::http::route::{Route, table};
use crate::http::throttle::{self, Counter};
use crate::input::{AccountAddress, Secret, input};
use crate::store::password_resets;
use crate::workflow::account;

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { links:
        POST "/invitations"                ANYONE => join, "Accepts an invitation: chooses the first password of an account";
        POST "/password-resets"            ANYONE => ask, "Asks for a link to set a new password; the answer is the same for everybody";
        POST "/password-resets/redemption" ANYONE => reset, "Sets a new password by such a link, and ends all sessions";
    }
}

input! {
    /// A one-time link, and the password that it is followed for.
    pub struct Redeem {
        /// What stands at the end of the link.
        token: Secret,
        /// The password from now on: 10 to 200 characters that are not guessed quickly, and not made of your names.
        password: Secret,
    }
}

input! {
    /// Somebody has forgotten their password.
    pub struct Forgotten {
        /// The address that they sign in with.
        email: AccountAddress,
    }
}

/// What everybody is told who asks for a mail.
#[derive(Debug, Serialize, ToSchema)]
pub struct Accepted {
    /// What happens now, in words.
    message: String,
}

impl Accepted {
    /// Says so.
    pub(super) fn saying(message: String) -> Self {
        Self { message }
    }
}

/// Accepts an invitation.
pub async fn join(req: ApiRequest<(), Redeem, (), Anyone>) -> Result<Done, Problem> {
    redeem(req, LinkPurpose::Invitation).await
}

/// Sets a new password by a link.
pub async fn reset(req: ApiRequest<(), Redeem, (), Anyone>) -> Result<Done, Problem> {
    redeem(req, LinkPurpose::PasswordReset).await
}

async fn redeem(
    req: ApiRequest<(), Redeem, (), Anyone>,
    purpose: LinkPurpose,
) -> Result<Done, Problem> {
    let (desk, now) = (req.desk.clone(), req.now);
    let (key, shown) = (desk.key.clone(), req.body.token.clone());
    // Who shows nothing good has no password hashed.
    let person = desk
        .db
        .read(move |conn| {
            let token = shown.expose();
            Ok::<_, Problem>(account::followed(conn, &key, purpose, token, now)?)
        })
        .await?;
    let password = req.body.password.clone().into_inner();
    let known = password::known(&desk, &person).await?;
    let hash = password::chosen(&desk, "password", password, known).await?;
    // Whoever has followed a link from their mailbox has a device that strangers cannot keep out.
    let known = req
        .devices
        .cookie(&desk, Holder::new(person.id, Some(&hash)));
    let done = req
        .write(move |conn, req| {
            let token = req.body.token.expose();
            account::redeem(conn, &req.desk.key, purpose, token, &hash, req.now)?;
            Ok(Reply::done())
        })
        .await?;
    Ok(done.cookie(known))
}

/// Asks for a link. Nothing of what is done here depends on whether there is such an account.
pub async fn ask(
    req: ApiRequest<(), Forgotten, (), Anyone>,
) -> Result<Reply<Accepted, 202>, Problem> {
    let (desk, email) = (req.desk.clone(), req.body.email.clone());
    let counters = Counter::letters("reset", req.client, email.as_str());
    throttle::attempt(&desk, &counters, req.now).await?;
    let heard = req
        .write(move |conn, req| {
            password_resets::ask(conn, req.body.email.as_str(), req.now)?;
            let message = req.words().say("forgotten-heard", &[]);
            Reply::new(&Accepted::saying(message))
        })
        .await?;
    // Nothing is begun here: what is written next would wait for it if there is such an account.
    Ok(heard)
}
