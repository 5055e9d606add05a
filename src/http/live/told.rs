//! What one follower was told, what waits to be said to them, and whom to wake for it.

use std::collections::VecDeque;
use std::task::Waker;
use std::time::Instant as Moment;

use actix_web::web::Bytes;

use super::Place;
use crate::store::audit::Reached;

/// How many words wait for a slow reader. What does not fit is looked for again when there is room.
const WAITING: usize = 2;

/// How far a follower has been told.
#[derive(Clone, Debug)]
pub(super) struct Known {
    /// The last place that was told: what the reader comes back with.
    pub(super) told: Place,
    /// The last place that was looked at, whether it was for this reader or not.
    pub(super) seen: i64,
    /// How far what was recorded is known to somebody who follows lists; none before the first look.
    pub(super) recorded: Option<Reached>,
}

/// How far a follower has been told, and what is on its way.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) known: Known,
    /// Takes no room while nothing waits.
    waiting: VecDeque<Bytes>,
    /// There may be something that did not fit.
    missed: bool,
    has_ended: bool,
    waker: Option<Waker>,
    /// When something was last said.
    spoken_at: Moment,
}

/// What comes next in a stream.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    Word {
        word: Bytes,
        /// There is room now for something that did not fit.
        made_room: bool,
    },
    /// Nothing yet.
    Nothing,
    End,
}

impl Told {
    /// Nothing is said yet to somebody who knows as much.
    pub(super) fn up_to(from: Place, recorded: Option<Reached>) -> Self {
        Self {
            known: Known {
                told: from,
                seen: from.position,
                recorded,
            },
            waiting: VecDeque::new(),
            missed: false,
            has_ended: false,
            waker: None,
            spoken_at: Moment::now(),
        }
    }

    /// How far they know, if there is room to tell them more. If there is not, that is looked for once there is.
    pub(super) fn ready(&mut self) -> Option<Known> {
        if self.has_ended {
            return None;
        }
        self.missed = self.waiting.len() >= WAITING;
        (!self.missed).then(|| self.known.clone())
    }

    /// Says something.
    pub(super) fn say(&mut self, word: Bytes) {
        if !self.has_ended {
            self.waiting.push_back(word);
            self.spoken_at = Moment::now();
        }
    }

    /// Says something to somebody to whom nothing was said since `silent_since`, and for whom nothing waits; whether it did.
    pub(super) fn say_after_silence(&mut self, silent_since: Moment, word: &Bytes) -> bool {
        let is_silent = self.waiting.is_empty() && self.spoken_at <= silent_since;
        if is_silent {
            self.say(word.clone());
        }
        is_silent
    }

    /// Nothing more is said than what waits.
    pub(super) fn end(&mut self) {
        self.has_ended = true;
    }

    /// Whom to wake because of what was said.
    pub(super) fn take_waker(&mut self) -> Option<Waker> {
        self.waker.take()
    }

    /// What comes next; if nothing does yet, `waker` is woken when something does.
    pub(super) fn next(&mut self, waker: &Waker) -> Said {
        if let Some(word) = self.waiting.pop_front() {
            if self.waiting.is_empty() {
                self.waiting = VecDeque::new();
            }
            let made_room = std::mem::take(&mut self.missed);
            return Said::Word { word, made_room };
        }
        if self.has_ended {
            return Said::End;
        }
        match &mut self.waker {
            Some(known) => known.clone_from(waker),
            none => *none = Some(waker.clone()),
        }
        Said::Nothing
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn told() -> Told {
        Told::up_to(Place::new(7, 1), None)
    }

    fn word(text: &'static str) -> Bytes {
        Bytes::from_static(text.as_bytes())
    }

    fn said(told: &mut Told) -> Option<Bytes> {
        match told.next(Waker::noop()) {
            Said::Word { word, .. } => Some(word),
            Said::Nothing | Said::End => None,
        }
    }

    #[test]
    fn what_is_said_comes_in_its_order_and_then_the_end() {
        let mut told = told();
        told.say(word("one"));
        told.say(word("two"));
        told.end();
        told.say(word("too late"));
        assert_eq!(said(&mut told), Some(word("one")));
        assert_eq!(said(&mut told), Some(word("two")));
        assert_eq!(told.next(Waker::noop()), Said::End);
        assert!(told.ready().is_none());
    }

    #[test]
    fn who_is_slow_is_looked_for_again_once_there_is_room() {
        let mut told = told();
        told.say(word("one"));
        assert!(told.ready().is_some());
        told.say(word("two"));
        assert!(told.ready().is_none());
        let said = told.next(Waker::noop());
        let expected = Said::Word {
            word: word("one"),
            made_room: true,
        };
        assert_eq!(said, expected);
        assert!(told.ready().is_some_and(|known| known.seen == 7));
        let said = told.next(Waker::noop());
        let expected = Said::Word {
            word: word("two"),
            made_room: false,
        };
        assert_eq!(said, expected);
        assert_eq!(told.next(Waker::noop()), Said::Nothing);
        assert!(told.take_waker().is_some());
        assert!(told.take_waker().is_none());
    }

    #[test]
    fn a_word_after_silence_is_said_once() {
        let mut told = told();
        let later = Moment::now() + Duration::from_secs(15);
        assert!(!told.say_after_silence(told.spoken_at - Duration::from_nanos(1), &word("still")));
        assert!(told.say_after_silence(later, &word("still")));
        assert!(!told.say_after_silence(later, &word("still")), "it waits");
        assert_eq!(said(&mut told), Some(word("still")));
    }
}
