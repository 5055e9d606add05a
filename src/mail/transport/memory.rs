//! A list of letters, for tests of what sends them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::SendError;
use crate::mail::message::Letter;

/// Keeps letters in memory; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    letters: Vec<Letter>,
    refusals: VecDeque<SendError>,
}

impl Memory {
    /// What was handed over, oldest first.
    pub fn letters(&self) -> Vec<Letter> {
        self.lock().letters.clone()
    }

    /// Refuses the next letter that comes with `error`; several refusals queue up.
    pub fn refuse(&self, error: SendError) {
        self.lock().refusals.push_back(error);
    }

    pub(super) fn send(&self, letter: &Letter) -> Result<(), SendError> {
        let mut inner = self.lock();
        if let Some(error) = inner.refusals.pop_front() {
            return Err(error);
        }
        inner.letters.push(letter.clone());
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
