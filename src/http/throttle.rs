//! Patience with guessers: attempts are counted in the database, so that a limit holds over any number of processes
//! (A7).

use std::net::IpAddr;

use chrono::TimeDelta;
use diesel::QueryResult;

use super::client;
use super::desk::Desk;
use super::problem::{Code, Problem};
use crate::credentials::hash_secret;
use crate::db::{Conn, DbError};
use crate::domain::Instant;
use crate::domain::ids::PersonId;
use crate::store::attempts::{self, Limit};

/// Failures on one account, whether it exists or not.
const PER_ACCOUNT: Limit = Limit {
    failures: 10,
    window: TimeDelta::minutes(15),
    pause: TimeDelta::minutes(15),
};
/// Failures from one place, which a whole company may share.
const PER_PLACE: Limit = Limit {
    failures: 100,
    window: TimeDelta::minutes(15),
    pause: TimeDelta::minutes(15),
};
/// Codes of a second factor that were wrong: there are few of them, and three are right at a time.
const PER_CODE: Limit = Limit {
    failures: 6,
    window: TimeDelta::minutes(15),
    pause: TimeDelta::minutes(15),
};
/// Mails that somebody without an account can have sent to one address.
const LETTERS_PER_ADDRESS: Limit = Limit {
    failures: 5,
    window: TimeDelta::hours(1),
    pause: TimeDelta::hours(1),
};
/// Mails that somebody without an account can have sent from one place.
const LETTERS_PER_PLACE: Limit = Limit {
    failures: 30,
    window: TimeDelta::hours(1),
    pause: TimeDelta::hours(1),
};
const PLACE: &str = "place:";
/// How often counting is repeated where two first attempts meet.
const REPETITIONS: usize = 3;

/// What attempts are counted under, and how many of them are taken.
#[derive(Clone, Debug)]
pub struct Counter {
    key: String,
    limit: Limit,
}

impl Counter {
    /// Attempts to sign in to the account of an address. It is hashed: what people mistype is nobody's to read.
    pub fn account(email: &str) -> Self {
        Self::new(format!("account:{}", of_address(email)), PER_ACCOUNT)
    }

    /// Attempts to sign in from a place.
    pub fn place(client: Option<IpAddr>) -> Option<Self> {
        client.map(|address| Self::new(format!("{PLACE}{}", client::place(address)), PER_PLACE))
    }

    /// Attempts to show a code of a person's second factor.
    pub fn code(person: PersonId) -> Self {
        Self::new(format!("code:{person}"), PER_CODE)
    }

    /// Attempts of somebody signed in to show their password again.
    pub fn password(person: PersonId) -> Self {
        Self::new(format!("password:{person}"), PER_ACCOUNT)
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
        Self { key, limit }
    }

    /// Whether many people are counted under it, of whom one's success says nothing about the others.
    pub fn is_shared(&self) -> bool {
        self.key.starts_with(PLACE)
    }

    /// Forgets the failures of whoever succeeded.
    ///
    /// # Errors
    /// The database's own.
    pub fn forget(&self, conn: &mut Conn) -> QueryResult<()> {
        attempts::forget(conn, &self.key)
    }

    /// Takes one failure back, of what several share or of what was only half done.
    ///
    /// # Errors
    /// The database's own.
    pub fn forgive(&self, conn: &mut Conn) -> QueryResult<()> {
        attempts::forgive(conn, &self.key)
    }
}

fn of_address(email: &str) -> String {
    hash_secret(&email.trim().to_lowercase())
}

/// Counts an attempt under each of `counters` before it is made, up to the first that takes no more.
///
/// # Errors
/// [`Code::TooManyAttempts`], and the database's own.
pub async fn attempt(desk: &Desk, counters: &[Counter], now: Instant) -> Result<(), Problem> {
    let mut repetition = 0;
    let blocked_until = loop {
        let counters = counters.to_vec();
        let counted: Result<Option<Instant>, DbError> = desk
            .db
            .write(move |conn| {
                for counter in &counters {
                    if let Some(until) = attempts::count(conn, &counter.key, counter.limit, now)? {
                        return Ok(Some(until));
                    }
                }
                Ok(None)
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
    match blocked_until {
        Some(until) => Err(Problem::new(Code::TooManyAttempts).retry_at(until, now)),
        None => Ok(()),
    }
}
