//! What can happen to a callback (M12).

use crate::domain::audit::EventKind;
use crate::domain::feed::MarkDetails;
use crate::domain::notice::{About, CallFacts};

/// What can happen to a callback, with what it is afterwards.
#[derive(Clone, Debug)]
pub(crate) enum CallbackEvent {
    Requested(CallFacts),
    /// Somebody took it, or got it.
    Taken(CallFacts),
    Rescheduled(CallFacts),
    /// What it is about has changed.
    Changed,
    Completed(CallFacts),
    Missed(CallFacts),
    Canceled(CallFacts),
    /// Its escalation has ended, of which people are told.
    CanceledWithEscalation(CallFacts),
}

impl CallbackEvent {
    pub(super) fn kind(&self) -> EventKind {
        match self {
            Self::Requested(_) => EventKind::CallbackRequested,
            Self::Taken(_) => EventKind::CallbackTaken,
            Self::Rescheduled(_) => EventKind::CallbackRescheduled,
            Self::Changed => EventKind::CallbackChanged,
            Self::Completed(_) => EventKind::CallbackCompleted,
            Self::Missed(_) => EventKind::CallbackMissed,
            Self::Canceled(_) | Self::CanceledWithEscalation(_) => EventKind::CallbackCanceled,
        }
    }

    /// `by` is the name of whoever did it.
    pub(super) fn mark<'a>(&'a self, by: &'a str) -> Option<MarkDetails<'a>> {
        Some(match self {
            Self::Requested(call) => MarkDetails::CallbackRequested {
                by,
                begins_at: call.begins_at,
                ends_at: call.ends_at,
            },
            Self::Taken(call) => MarkDetails::CallbackTaken {
                to: call.owner.as_deref().unwrap_or(by),
                begins_at: call.begins_at,
                ends_at: call.ends_at,
            },
            Self::Rescheduled(call) => MarkDetails::CallbackRescheduled {
                by,
                begins_at: call.begins_at,
                ends_at: call.ends_at,
            },
            Self::Changed => return None,
            Self::Completed(_) => MarkDetails::CallbackCompleted { by },
            Self::Missed(call) => MarkDetails::CallbackMissed {
                begins_at: call.begins_at,
                ends_at: call.ends_at,
            },
            Self::Canceled(call) | Self::CanceledWithEscalation(call) => {
                MarkDetails::CallbackCanceled {
                    by,
                    begins_at: call.begins_at,
                    ends_at: call.ends_at,
                }
            }
        })
    }

    pub(super) fn notice(self) -> Option<About> {
        match self {
            Self::Requested(call) => Some(About::CallbackRequested(call)),
            Self::Taken(call) => Some(About::CallbackTaken(call)),
            Self::Rescheduled(call) => Some(About::CallbackRescheduled(call)),
            Self::Completed(call) => Some(About::CallbackCompleted(call)),
            Self::Missed(call) => Some(About::CallbackMissed(call)),
            Self::Canceled(call) => Some(About::CallbackCanceled(call)),
            Self::Changed | Self::CanceledWithEscalation(_) => None,
        }
    }
}
