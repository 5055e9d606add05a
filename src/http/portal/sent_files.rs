//! The files that came with a form, on their way to whoever takes them in.

use std::sync::{Arc, Mutex, PoisonError};

use crate::attachments::Received;
use crate::domain::attachment::FileName;
use crate::http::problem::Problem;

/// The files that came with a form: taken once.
#[derive(Clone, Debug, Default)]
pub(super) struct SentFiles(Arc<Mutex<Sent>>);

/// What came.
#[derive(Debug, Default)]
pub(super) struct Sent {
    /// The files that were taken, in their order.
    pub(super) files: Vec<(FileName, Received)>,
    /// Why another was not.
    pub(super) refused: Option<Problem>,
}

impl SentFiles {
    pub(super) fn of(files: Vec<(FileName, Received)>, refused: Option<Problem>) -> Self {
        Self(Arc::new(Mutex::new(Sent { files, refused })))
    }

    /// What tells these files from others; nothing if there are none.
    pub(super) fn told(&self) -> Option<Vec<u8>> {
        let sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let told: Vec<u8> = (sent.files.iter())
            .flat_map(|(name, file)| format!("{name}\n{}\n", file.hash()).into_bytes())
            .collect();
        (!told.is_empty()).then_some(told)
    }

    /// They, for whoever asks first.
    pub(super) fn taken(&self) -> Sent {
        let mut sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *sent)
    }
}
