//! Passwords at the edge: chosen by the one rule, compared and hashed away from the threads that answer requests.

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use super::principal::Principal;
use super::problem::{Code, Problem};
use super::state::AppState;
use super::throttle::{self, Counter};
use crate::credentials::{Asker, NotHashed};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Reach;
use crate::domain::ids::PersonId;
use crate::domain::password::{self, Context, PasswordFault};
use crate::input::{Fault, FieldError};
use crate::store::people::{self, Person};
use crate::workflow::account;
use crate::workflow::people::AddUser;

impl From<PasswordFault> for Fault {
    fn from(fault: PasswordFault) -> Self {
        let named = Self::new(fault.code());
        match fault {
            PasswordFault::TooShort => named.with("min", password::SHORTEST),
            PasswordFault::TooLong => named.with("max", password::LONGEST),
            PasswordFault::IsAddress
            | PasswordFault::Common
            | PasswordFault::OfContext
            | PasswordFault::Guessable => named,
        }
    }
}

impl Principal {
    /// What a guesser knows of them.
    pub fn known(&self) -> Context {
        let home = self.home.as_ref().unwrap_or(&self.organization);
        Context::of(&self.email)
            .with(&self.first_name)
            .with(&self.last_name)
            .with(&home.name)
    }
}

/// What a guesser knows of a person.
///
/// # Errors
/// Database errors.
pub async fn known(desk: &AppState, person: &Person) -> Result<Context, Problem> {
    let person = person.clone();
    let look = move |conn: &mut Conn| Ok::<_, Problem>(account::known(conn, &person)?);
    desk.db.read(look).await
}

/// The hash of the password that somebody new is given, if they are.
///
/// # Errors
/// As for [`chosen`].
pub async fn given(desk: &Arc<AppState>, new: &AddUser) -> Result<Option<String>, Problem> {
    let Some(password) = new.password.clone() else {
        return Ok(None);
    };
    let known = Context::of(&new.email)
        .with(new.first_name.as_str())
        .with(new.last_name.as_str())
        .with(new.organization.as_deref().unwrap_or_default());
    let hash = chosen(desk, AddUser::password().name, password.into_inner(), known);
    hash.await.map(Some)
}

/// The hash of a password that somebody of whom a guesser knows the context chose in `field`.
///
/// # Errors
/// [`Code::ValidationFailed`] if the rule does not take it, [`Code::Busy`].
pub async fn chosen(
    desk: &Arc<AppState>,
    field: &str,
    password: SecretString,
    context: Context,
) -> Result<String, Problem> {
    let context = context.with(desk.public_url.host());
    password::check(password.expose_secret(), &context)
        .map_err(|fault| Problem::invalid_field(FieldError::new(field, fault)))?;
    // Whoever gets here has shown a link or a session.
    let asker = Asker::Known("whoever chooses a password".to_owned());
    Ok(desk.hashers.hash(asker, password).await?)
}

/// Whether this is the password behind `hash`; takes as long where there is none.
///
/// # Errors
/// [`Code::Busy`] before anything was done, if too many wait already.
pub async fn verified(
    desk: &Arc<AppState>,
    asker: Asker,
    password: SecretString,
    hash: Option<String>,
) -> Result<bool, Problem> {
    Ok(desk.hashers.verify(asker, password, hash).await?)
}

impl From<NotHashed> for Problem {
    fn from(not_hashed: NotHashed) -> Self {
        match not_hashed {
            NotHashed::Busy => Self::busy(),
            NotHashed::Failed(error) => {
                tracing::error!(%error, "a password was not hashed");
                Self::new(Code::Internal)
            }
        }
    }
}

/// Makes sure that somebody who is signed in knows their password, which `field` holds; gives who they are.
///
/// # Errors
/// [`Code::ValidationFailed`], [`Code::TooManyAttempts`], [`Code::Busy`], and database errors.
pub async fn confirmed(
    desk: &Arc<AppState>,
    person: PersonId,
    field: &str,
    password: SecretString,
    now: Instant,
) -> Result<Person, Problem> {
    let (counter, asker) = (
        Counter::own_password(person),
        Asker::Known(person.to_string()),
    );
    throttle::attempt(desk, std::slice::from_ref(&counter), now).await?;
    let found = desk
        .db
        .read(move |conn| Ok::<_, Problem>(people::find(conn, Reach::Everything, person)?))
        .await?;
    let hash = found
        .as_ref()
        .and_then(|person| person.password_hash.clone());
    let (true, Some(person)) = (verified(desk, asker, password, hash).await?, found) else {
        let fault = Fault::new("wrong_password");
        return Err(Problem::invalid_field(FieldError::new(field, fault)));
    };
    desk.db
        .write(move |conn| Ok::<_, Problem>(counter.forget(conn)?))
        .await?;
    Ok(person)
}
