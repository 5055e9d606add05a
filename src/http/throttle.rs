//! Patience with guessers: attempts are counted in the database, so that a limit holds over any number of processes
//! (A7).
//!
//! # Nobody locks anybody out
//!
//! There is no lock on an account, for whoever knows an address could turn it against its owner. What there is:
//!
//! - **A device on which the person has signed in before** (its browser shows a token that only this installation can
//!   make, see [`known_devices`](super::known_devices)) has a budget of its own. What strangers do does not count there,
//!   wherever they do it from: the owner's own browser is always let try.
//! - **Any other device** is counted at its place, in the network around it, at its place for this account, and for the
//!   account everywhere. Whoever has failed too often waits, longer with every failure and never longer than
//!   a minute: long enough for guessing to get nowhere against passwords that are no common ones, and short enough for
//!   somebody who has mistyped theirs. One stranger at one place never gets an account's common budget to its end.
//! - **The link by mail** (*Forgotten your password?*) is the way in that remains for the owner of an account under
//!   attack from many places who sits at a new device: whoever follows it has a known device. It does not help a
//!   stranger, and a stranger cannot use it up: a wish beyond [`LETTERS_PER_ADDRESS`] leaves the last link good.
//!
//! Codes of a second factor are guessed by those alone who know the password; they are counted in the same two ways.
//! Proof of work was left out: it needs a script in the browser, and the pages work without.

use std::net::IpAddr;

use chrono::TimeDelta;
use diesel::QueryResult;

use super::client;
use super::problem::{Code, Problem};
use super::state::AppState;
use crate::credentials::hash_secret;
use crate::db::{Conn, DbError};
use crate::domain::Instant;
use crate::domain::ids::PersonId;
use crate::store::attempts::{self, Counted, Limit};

/// Failures on a device that is known to the account, or of somebody who is signed in.
const PER_DEVICE: Limit = Limit {
    failures: 10,
    window: TimeDelta::minutes(15),
    first: TimeDelta::minutes(1),
    longest: TimeDelta::minutes(15),
};
/// Failures on one account from one place, whether the account exists or not.
const PER_ACCOUNT_AND_PLACE: Limit = Limit {
    failures: 5,
    window: TimeDelta::hours(1),
    first: TimeDelta::seconds(1),
    longest: A_MINUTE,
};
/// Failures on one account from anywhere.
const PER_ACCOUNT: Limit = Limit {
    failures: 100,
    window: TimeDelta::hours(1),
    first: TimeDelta::seconds(1),
    longest: A_MINUTE,
};
/// Failures from one place, which a whole company may share.
const PER_PLACE: Limit = Limit {
    failures: 100,
    window: TimeDelta::minutes(15),
    first: TimeDelta::seconds(1),
    longest: TimeDelta::seconds(30),
};
/// Failures from the network around a place, of which somebody may have many.
const PER_NETWORK: Limit = Limit {
    failures: 1_000,
    ..PER_PLACE
};
/// Codes of a second factor that were wrong: there are few of them, and three are right at a time.
const PER_CODE: Limit = Limit {
    failures: 6,
    window: TimeDelta::hours(1),
    first: TimeDelta::minutes(1),
    longest: TimeDelta::minutes(15),
};
const A_MINUTE: TimeDelta = TimeDelta::seconds(60);
/// Mails that somebody without an account can have sent to one address.
const LETTERS_PER_ADDRESS: Limit = Limit {
    failures: 5,
    window: TimeDelta::hours(1),
    first: TimeDelta::hours(1),
    longest: TimeDelta::hours(1),
};
/// Mails that somebody without an account can have sent from one place, which a whole company may share.
const LETTERS_PER_PLACE: Limit = Limit {
    failures: 30,
    window: TimeDelta::hours(1),
    first: TimeDelta::seconds(1),
    longest: A_MINUTE,
};
/// How often counting is repeated where two first attempts meet.
const REPETITIONS: usize = 3;

/// What attempts are counted under, and how many of them are taken.
#[derive(Clone, Debug)]
pub struct Counter {
    key: String,
    limit: Limit,
    /// Whether many people are counted under it, of whom one's success says nothing about the others.
    is_shared: bool,
}

impl Counter {
    /// What attempts to sign in to the account of an address are counted under: `device` alone if it is known to the
    /// account, otherwise where they come from. The address is hashed: what people mistype is nobody's to read.
    pub fn sign_in(email: &str, client: Option<IpAddr>, device: Option<&str>) -> Vec<Self> {
        if let Some(device) = device {
            return vec![Self::new(format!("device:{device}"), PER_DEVICE)];
        }
        let account = of_address(email);
        let place = client.map(client::place).unwrap_or_default();
        let around = client.map(client::network_around).unwrap_or_default();
        vec![
            Self::new(format!("place:{place}"), PER_PLACE).shared(),
            Self::new(format!("network:{around}"), PER_NETWORK).shared(),
            Self::new(format!("account:{account}@{place}"), PER_ACCOUNT_AND_PLACE),
            Self::new(format!("account:{account}"), PER_ACCOUNT).shared(),
        ]
    }

    /// Attempts to sign in with a code of a person's second factor: on `device`, if it is known to their account.
    pub fn code(person: PersonId, device: Option<&str>) -> Self {
        match device {
            Some(device) => Self::new(format!("code:{person}:{device}"), PER_CODE),
            None => Self::new(format!("code:{person}"), PER_CODE),
        }
    }

    /// Attempts of somebody signed in to show a code of their second factor. Whoever has only got hold of the password
    /// does not get here.
    pub fn own_code(person: PersonId) -> Self {
        Self::new(format!("own-code:{person}"), PER_CODE)
    }

    /// Attempts of somebody signed in to show their password again.
    pub fn own_password(person: PersonId) -> Self {
        Self::new(format!("password:{person}"), PER_DEVICE)
    }

    /// Wishes of `what` that have a mail sent, from a place and for an address.
    pub fn letters(what: &str, client: Option<IpAddr>, email: &str) -> Vec<Self> {
        let of_place = client.map(|address| {
            let key = format!("{what}-place:{}", client::place(address));
            Self::new(key, LETTERS_PER_PLACE)
        });
        let of_address = Self::new(
            format!("{what}-address:{}", of_address(email)),
            LETTERS_PER_ADDRESS,
        );
        of_place.into_iter().chain([of_address]).collect()
    }

    fn new(key: String, limit: Limit) -> Self {
        Self {
            key,
            limit,
            is_shared: false,
        }
    }

    fn shared(self) -> Self {
        Self {
            is_shared: true,
            ..self
        }
    }

    /// Forgets the failures of whoever succeeded; what several share is forgiven one.
    ///
    /// # Errors
    /// Database errors.
    pub fn settle(&self, conn: &mut Conn) -> QueryResult<()> {
        if self.is_shared {
            self.forgive(conn)
        } else {
            self.forget(conn)
        }
    }

    /// Forgets the failures of whoever succeeded.
    ///
    /// # Errors
    /// Database errors.
    pub fn forget(&self, conn: &mut Conn) -> QueryResult<()> {
        attempts::forget(conn, &self.key)
    }

    /// Takes one failure back, of what several share or of what was only half done.
    ///
    /// # Errors
    /// Database errors.
    pub fn forgive(&self, conn: &mut Conn) -> QueryResult<()> {
        attempts::forgive(conn, &self.key, self.limit)
    }

    /// Writes what is counted as it is; see [`attempts::touch`].
    ///
    /// # Errors
    /// Database errors.
    pub fn touch(&self, conn: &mut Conn) -> QueryResult<()> {
        attempts::touch(conn, &self.key)
    }
}

/// What stands for an address where nobody is to read it.
pub fn of_address(email: &str) -> String {
    hash_secret(&email.trim().to_lowercase())
}

/// Counts an attempt under each of `counters` before it is made, up to the first that takes no more. Gives until when the
/// next one has to wait if this one fails.
///
/// # Errors
/// [`Code::TooManyAttempts`], and database errors.
pub async fn attempt(
    desk: &AppState,
    counters: &[Counter],
    now: Instant,
) -> Result<Option<Instant>, Problem> {
    let mut repetition = 0;
    let counted = loop {
        let counters = counters.to_vec();
        let counted: Result<Counted, DbError> = desk
            .db
            .write(move |conn| {
                let mut until = None;
                for counter in &counters {
                    match attempts::count(conn, &counter.key, counter.limit, now)? {
                        Counted::Taken(wait) => until = until.max(wait),
                        refused @ Counted::Refused(_) => return Ok(refused),
                    }
                }
                Ok(Counted::Taken(until))
            })
            .await;
        match counted {
            Err(DbError::Query(error))
                if attempts::is_conflict(&error) && repetition < REPETITIONS =>
            {
                repetition += 1;
            }
            other => break other?,
        }
    };
    match counted {
        Counted::Refused(until) => Err(Problem::new(Code::TooManyAttempts).retry_at(until, now)),
        Counted::Taken(until) => Ok(until),
    }
}
