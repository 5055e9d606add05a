//! What can go wrong between the house and its database.

use diesel::result::{DatabaseErrorKind, Error as Diesel};

/// The database did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// It cannot be reached, or the connection broke; nothing was written. Trying again later may succeed.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// A query failed.
    #[error("a query failed: {0}")]
    Query(Diesel),
    /// A migration failed.
    #[error("the migration failed: {0}")]
    Migration(String),
    /// A job on the writer panicked; its changes were rolled back.
    #[error("a database job panicked")]
    Panicked,
}

impl DbError {
    /// Whether running the same transaction again may succeed at once: PostgreSQL gave up on this one in favour of
    /// another.
    pub fn asks_for_repetition(&self) -> bool {
        match self {
            Self::Query(Diesel::DatabaseError(DatabaseErrorKind::SerializationFailure, _)) => true,
            Self::Query(Diesel::DatabaseError(DatabaseErrorKind::Unknown, info)) => {
                info.message().contains("deadlock detected")
            }
            _ => false,
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
            // The server says so while it shuts down (57P01), refuses logins (57P03) or drops the line.
            Diesel::DatabaseError(DatabaseErrorKind::Unknown, info)
                if [
                    "terminating connection",
                    "server closed the connection",
                    "the database system is",
                    "connection to server",
                    "could not receive data",
                    "no connection to the server",
                    "SSL connection has been closed",
                ]
                .iter()
                .any(|sign| info.message().contains(sign)) =>
            {
                Self::Unavailable(info.message().to_owned())
            }
            _ => Self::Query(error),
        }
    }
}

/// An error that a transaction may end with: it can carry the database's own.
pub trait Failure: From<DbError> + From<Diesel> + Send + 'static {
    /// The database's error inside, if that is what it is.
    fn database(&self) -> Option<&DbError>;
}

impl Failure for DbError {
    fn database(&self) -> Option<&DbError> {
        Some(self)
    }
}
