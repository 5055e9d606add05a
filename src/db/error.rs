//! What can go wrong between the house and its database.

use diesel::result::{DatabaseErrorKind, Error as Diesel};

use crate::blocking::NotDone;

/// The database did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// It cannot be reached, read or written just now, or did not answer in time. Trying again later may succeed.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// A query failed.
    #[error("a query failed: {0}")]
    Query(Diesel),
    /// A migration failed.
    #[error("the migration failed: {0}")]
    Migration(String),
    /// A row that the transaction had decided on was changed by another before it was written. Nothing was written.
    #[error("a row was changed by somebody else meanwhile")]
    Overtaken,
    /// A job on the writer panicked; its changes were rolled back.
    #[error("a database job panicked")]
    Panicked,
}

impl DbError {
    /// Whether running the same transaction again may succeed at once: PostgreSQL gave up on this one in favour of
    /// another, or it was overtaken by another, so that it has to decide again on what is there now.
    pub fn asks_for_repetition(&self) -> bool {
        match self {
            Self::Overtaken => true,
            Self::Query(Diesel::DatabaseError(DatabaseErrorKind::SerializationFailure, _)) => true,
            Self::Query(Diesel::DatabaseError(DatabaseErrorKind::Unknown, info)) => {
                info.message().contains("deadlock detected")
            }
            _ => false,
        }
    }

    /// Whether the embedded database's file could not be locked: because somebody else holds the lock, or because locking
    /// itself does not work.
    pub(super) fn is_of_locks(&self) -> bool {
        matches!(self, Self::Unavailable(why) if LOCKS.iter().any(|sign| why.ends_with(sign)))
    }

    /// Whether the embedded database's file was opened to be read alone, because it could not be opened otherwise then.
    pub(super) fn is_of_a_readonly_file(&self) -> bool {
        matches!(self, Self::Unavailable(why) if why.ends_with(READONLY))
    }

    /// What kind of failure it is, without a word of what anybody wrote: for those who keep the desk running (A8).
    pub fn kind(&self) -> String {
        match self {
            Self::Unavailable(_) => "the database is not available".to_owned(),
            Self::Query(Diesel::DatabaseError(kind, info)) => {
                let named = [info.table_name(), info.constraint_name()];
                let named: Vec<&str> = named.into_iter().flatten().collect();
                match named.is_empty() {
                    true => format!("query: {kind:?}"),
                    false => format!("query: {kind:?} ({})", named.join(", ")),
                }
            }
            Self::Query(Diesel::NotFound) => "query: a row that must be there is not".to_owned(),
            Self::Query(Diesel::SerializationError(_)) => {
                "query: a value cannot be written".to_owned()
            }
            Self::Query(Diesel::DeserializationError(_)) => {
                "query: a row cannot be read".to_owned()
            }
            Self::Query(_) => "query".to_owned(),
            Self::Migration(_) => "the schema".to_owned(),
            Self::Overtaken => "too many others wrote the same".to_owned(),
            Self::Panicked => "a database job panicked".to_owned(),
        }
    }

    /// The constraint that refused a row, if that is what happened.
    pub fn violated_constraint(&self) -> Option<&str> {
        match self {
            Self::Query(Diesel::DatabaseError(
                DatabaseErrorKind::UniqueViolation
                | DatabaseErrorKind::CheckViolation
                | DatabaseErrorKind::ForeignKeyViolation,
                info,
            )) => Some(info.constraint_name().unwrap_or_else(|| info.message())),
            _ => None,
        }
    }
}

impl From<Diesel> for DbError {
    fn from(error: Diesel) -> Self {
        match &error {
            Diesel::DatabaseError(
                DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand,
                info,
            ) => Self::Unavailable(info.message().to_owned()),
            Diesel::DatabaseError(DatabaseErrorKind::Unknown, info)
                if is_passing(info.message()) =>
            {
                Self::Unavailable(info.message().to_owned())
            }
            // A transaction that could not be ended leaves the connection in a state that nobody knows.
            Diesel::BrokenTransactionManager | Diesel::RollbackErrorOnCommit { .. } => {
                Self::Unavailable(error.to_string())
            }
            _ => Self::Query(error),
        }
    }
}

/// What the server says while it shuts down (57P01), refuses logins (57P03), drops the line, runs into a limit of time
/// (57014, 55P03) or of its disk (53100), or must not write (25006).
const SERVER: [&str; 12] = [
    "terminating connection",
    "server closed the connection",
    "the database system is",
    "connection to server",
    "could not receive data",
    "could not send data",
    "no connection to the server",
    "SSL connection has been closed",
    "SSL error",
    "canceling statement due to",
    "No space left on device",
    "during recovery",
];

/// What SQLite says of a file that cannot be locked (`SQLITE_BUSY`, `PROTOCOL`).
const LOCKS: [&str; 2] = ["database is locked", "locking protocol"];

/// What SQLite says of a file that it writes nothing to (`SQLITE_READONLY`).
const READONLY: &str = "attempt to write a readonly database";

/// What SQLite says of a file that cannot be read or written (`SQLITE_IOERR`, `FULL`, `CANTOPEN`,
/// `READONLY`, `NOMEM`, `CORRUPT`, `NOTADB`). A file that is damaged for one reader may be whole for the next,
/// on a disk that has come back.
const EMBEDDED: [&str; 7] = [
    "disk I/O error",
    "database or disk is full",
    "unable to open database file",
    READONLY,
    "out of memory",
    "database disk image is malformed",
    "file is not a database",
];

/// Whether the database says that it cannot do what it could do at another time.
fn is_passing(message: &str) -> bool {
    SERVER.iter().any(|sign| message.contains(sign))
        || LOCKS.contains(&message)
        || EMBEDDED.contains(&message)
}

impl From<NotDone> for DbError {
    fn from(not_done: NotDone) -> Self {
        match not_done {
            NotDone::NoThread => Self::Unavailable(not_done.to_string()),
            NotDone::Panicked => Self::Panicked,
        }
    }
}

/// An error that a transaction may end with: it can carry database errors.
pub trait Failure: From<DbError> + From<Diesel> + Send + 'static {
    /// The database's error inside, if that is what it is.
    fn database(&self) -> Option<&DbError>;
}

impl Failure for DbError {
    fn database(&self) -> Option<&DbError> {
        Some(self)
    }
}
