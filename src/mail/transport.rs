//! The way out: an SMTP server, a folder, or memory (N3).

mod folder;
mod memory;
mod smtp;

use std::time::Duration;

pub use folder::{Folder, file_name};
pub use memory::Memory;
pub use smtp::{Smtp, SmtpUrlError};

use super::message::Letter;
use crate::domain::Instant;
use crate::domain::ids::NoticeId;
use crate::domain::notice::Fault;

/// How long a letter may take to a folder that may be on another machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where letters are handed over.
#[derive(Debug)]
pub enum Transport {
    /// A mail server.
    Smtp(Box<Smtp>),
    /// `.eml` files in a folder.
    Folder(Folder),
    /// A list, for tests.
    Memory(Memory),
}

/// Why a letter was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{fault}: {detail}")]
pub struct SendError {
    /// What is at fault, and so what follows.
    pub fault: Fault,
    /// What the server or the system said.
    pub detail: String,
}

impl SendError {
    /// With the words of the server or the system.
    pub fn new(fault: Fault, detail: impl Into<String>) -> Self {
        Self {
            fault,
            detail: detail.into(),
        }
    }
}

impl Transport {
    /// Hands a letter over; on success the other side has taken responsibility for it. May be repeated: the letter
    /// bears the same id. It takes a bounded time.
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
        let patience = match self {
            Self::Smtp(smtp) => smtp.patience(),
            Self::Folder(_) | Self::Memory(_) => PATIENCE,
        };
        tokio::time::timeout(patience, sent)
            .await
            .unwrap_or_else(|_| {
                let detail = format!("no end within {} s", patience.as_secs());
                Err(SendError::new(Fault::NoAnswer, detail))
            })
    }

    /// What tells it from others, without who signs in there: what is wrong with it is wrong for every process that
    /// uses it.
    pub fn name(&self) -> String {
        match self {
            Self::Smtp(smtp) => smtp.name(),
            Self::Folder(folder) => format!("folder://{}", folder.path().display()),
            Self::Memory(_) => "memory".to_owned(),
        }
    }

    /// Erases what is kept of the letter of a notice, if anything is: the words in it were redacted.
    ///
    /// # Errors
    /// It is there and cannot be erased.
    pub async fn erase(&self, id: NoticeId, created_at: Instant) -> std::io::Result<()> {
        match self {
            Self::Folder(folder) => folder.erase(id, created_at).await,
            // What a server has taken is its recipient's.
            Self::Smtp(_) | Self::Memory(_) => Ok(()),
        }
    }

    /// Ends kept connections, and waits for no answer.
    pub async fn close(&self) {
        if let Self::Smtp(smtp) = self {
            smtp.close().await;
        }
    }
}
