//! A list of letters, for tests of what sends them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::SendError;
use crate::mail::message::Letter;

/// How long letters are waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// Keeps letters in memory; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    inner: Arc<Mutex<Inner>>,
    arrived: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Inner {
    letters: Vec<Letter>,
    answers: VecDeque<(Option<String>, Answer)>,
    /// What everybody is answered.
    away: Option<SendError>,
    /// How often somebody came.
    tried: usize,
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
        let answer = (None, Answer::Refusal(error));
        self.lock().answers.push_back(answer);
    }

    /// Refuses the next letter that comes to `address` with `error`.
    pub fn refuse_to(&self, address: &str, error: SendError) {
        let answer = (Some(address.to_owned()), Answer::Refusal(error));
        self.lock().answers.push_back(answer);
    }

    /// Never answers the next letter that comes to `address`.
    pub fn hang_at(&self, address: &str) {
        let answer = (Some(address.to_owned()), Answer::Silence);
        self.lock().answers.push_back(answer);
    }

    /// Refuses every letter that comes with `error`, until [`Memory::come_back`].
    pub fn go_away(&self, error: SendError) {
        self.lock().away = Some(error);
    }

    /// Takes letters again.
    pub fn come_back(&self) {
        self.lock().away = None;
    }

    /// How often a letter was offered, whatever came of it.
    pub fn tried(&self) -> usize {
        self.lock().tried
    }

    /// Never answers the next letter that comes.
    pub fn fall_silent(&self) {
        self.lock().answers.push_back((None, Answer::Silence));
    }

    /// Waits until there are `count` letters or more.
    ///
    /// # Panics
    /// After a minute: nobody has sent them.
    pub async fn has(&self, count: usize) {
        let all = async {
            loop {
                let arrived = self.arrived.notified();
                if self.lock().letters.len() >= count {
                    return;
                }
                arrived.await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, all).await;
        assert!(waited.is_ok(), "not within a minute: {count} letters");
    }

    pub(super) async fn send(&self, letter: &Letter) -> Result<(), SendError> {
        let answer = {
            let mut inner = self.lock();
            inner.tried += 1;
            match inner.away.clone() {
                Some(error) => Some(Answer::Refusal(error)),
                None => inner.answer_to(letter),
            }
        };
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

impl Inner {
    /// The first answer that is meant for the letter, if there is one.
    fn answer_to(&mut self, letter: &Letter) -> Option<Answer> {
        let is_for = |address: &str| {
            let mut to = letter.envelope().to().iter();
            to.any(|recipient| AsRef::<str>::as_ref(recipient) == address)
        };
        let mut meant = self.answers.iter().map(|(address, _)| address.as_deref());
        let first = meant.position(|address| address.is_none_or(is_for))?;
        self.answers.remove(first).map(|(_, answer)| answer)
    }
}
