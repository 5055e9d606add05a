//! Showing once more who one is, before something is changed that one's account hangs on (A7).

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use super::password;
use super::principal::Principal;
use super::problem::{Code, Problem};
use super::state::AppState;
use super::throttle::{self, Counter};
use crate::db::Conn;
use crate::domain::Instant;
use crate::input::{Fault, FieldError};
use crate::workflow::sign_in::{self, PendingSecondFactor};
use crate::workflow::{Rejection, VerbError};

/// What somebody shows, and the fields that hold it.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The password, in the field of this name.
    pub password: (&'static str, SecretString),
    /// A code of the second factor, in the field of this name.
    pub code: (&'static str, Option<SecretString>),
}

/// Takes it: for some minutes from `now`, the session may change what the account hangs on.
///
/// # Errors
/// [`Code::ValidationFailed`], [`Code::TooManyAttempts`], [`Code::SessionRequired`], and database errors.
pub async fn show(
    desk: &Arc<AppState>,
    principal: &Principal,
    proof: Proof,
    now: Instant,
) -> Result<(), Problem> {
    let session = principal
        .session()
        .ok_or_else(|| Problem::new(Code::SessionRequired))?;
    let ((field, password), (code_field, code)) = (proof.password, proof.code);
    let person = password::confirmed(desk, principal.person, field, password, now).await?;
    let counter = Counter::own_code(person.id);
    if code.is_some() {
        throttle::attempt(desk, std::slice::from_ref(&counter), now).await?;
    }
    let (half, key) = (PendingSecondFactor::of(&person, now), desk.key.clone());
    let work = move |conn: &mut Conn| {
        let code = code.as_ref().map(ExposeSecret::expose_secret);
        sign_in::prove(conn, &key, session, (&half, code), now)?;
        counter.forget(conn)?;
        Ok::<_, VerbError>(())
    };
    let wrong = |fault| Problem::invalid_field(FieldError::new(code_field, Fault::new(fault)));
    desk.db.write(work).await.map_err(|failed| match failed {
        VerbError::Rejected(Rejection::SecondFactorRequired) => wrong("required"),
        VerbError::Rejected(Rejection::InvalidSecondFactor) => wrong("wrong_code"),
        failed => failed.into(),
    })
}
