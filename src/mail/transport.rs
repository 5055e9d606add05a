//! The way out: an SMTP server, a folder, or memory (N3).

mod folder;
mod memory;
mod smtp;

use std::time::Duration;

pub use folder::{Folder, file_name};
pub use memory::Memory;
pub use smtp::{Smtp, SmtpUrlError};

use super::message::Letter;

/// How long handing over one letter may take, from connecting to the server's answer.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Where letters are handed over.
#[derive(Debug)]
pub enum Transport {
    /// A mail server.
    Smtp(Smtp),
    /// `.eml` files in a folder.
    Folder(Folder),
    /// A list, for tests.
    Memory(Memory),
}

/// Why a letter was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Trying again later may help: the server is away, busy, or not set up as it should be.
    #[error("{0}")]
    Temporary(String),
    /// This recipient's mail is refused for good.
    #[error("{0}")]
    Permanent(String),
}

impl Transport {
    /// Hands a letter over; on success the other side has taken responsibility for it. May be repeated: the letter
    /// bears the same id.
    ///
    /// # Errors
    /// See [`SendError`].
    pub async fn send(&self, letter: &Letter) -> Result<(), SendError> {
        let sent = async {
            match self {
                Self::Smtp(smtp) => smtp.send(letter).await,
                Self::Folder(folder) => folder.send(letter).await,
                Self::Memory(memory) => memory.send(letter).await,
            }
        };
        match tokio::time::timeout(PATIENCE, sent).await {
            Ok(outcome) => outcome,
            Err(_) => Err(SendError::Temporary(format!(
                "no answer within {} s",
                PATIENCE.as_secs()
            ))),
        }
    }

    /// Ends kept connections.
    pub async fn close(&self) {
        if let Self::Smtp(smtp) = self {
            smtp.close().await;
        }
    }
}
