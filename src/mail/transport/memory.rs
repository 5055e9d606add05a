//! A list of letters, for tests of what sends them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use super::SendError;
use crate::mail::message::Letter;

/// Keeps letters in memory; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    inner: Arc<Mutex<Inner>>,
    arrived: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Inner {
    letters: Vec<Letter>,
    answers: VecDeque<Answer>,
}

#[derive(Debug)]
enum Answer {
    Refusal(SendError),
    Silence,
}

impl Memory {
    /// What was handed over, oldest first.
    pub fn letters(&self) -> Vec<Letter> {
        self.lock().letters.clone()
    }

    /// Refuses the next letter that comes with `error`; several refusals queue up.
    pub fn refuse(&self, error: SendError) {
        self.lock().answers.push_back(Answer::Refusal(error));
    }

    /// Never answers the next letter that comes.
    pub fn fall_silent(&self) {
        self.lock().answers.push_back(Answer::Silence);
    }

    /// Waits until there are `count` letters or more.
    pub async fn has(&self, count: usize) {
        loop {
            let arrived = self.arrived.notified();
            if self.lock().letters.len() >= count {
                return;
            }
            arrived.await;
        }
    }

    pub(super) async fn send(&self, letter: &Letter) -> Result<(), SendError> {
        let answer = self.lock().answers.pop_front();
        match answer {
            Some(Answer::Refusal(error)) => Err(error),
            Some(Answer::Silence) => std::future::pending().await,
            None => {
                self.lock().letters.push(letter.clone());
                self.arrived.notify_one();
                Ok(())
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
