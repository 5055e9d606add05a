//! Following a feed of a case and muting it (F7): what people say of one feed, and what follows for who is told.

use std::collections::BTreeMap;

use super::{Audience, NoticeKind};
use crate::domain::access::{Access, Permission};
use crate::domain::closed_enum;
use crate::domain::feed::Feed;
use crate::domain::ids::PersonId;

closed_enum! {
    /// What a person says of one feed of a case (F7).
    pub enum Stance as "FeedStance" {
        /// To be told of what happens in it, whatever part they have in it.
        Follow = "follow",
        /// To be told only of what is addressed to them.
        Mute = "mute",
        /// To be told of what they take part in.
        Default = "default",
    }
}

/// What people said of a feed; who is not named said nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stances(BTreeMap<PersonId, Stance>);

impl Stances {
    /// What somebody said.
    pub fn of(&self, person: PersonId) -> Stance {
        self.0.get(&person).copied().unwrap_or(Stance::Default)
    }

    /// Those who follow it.
    pub fn followers(&self) -> impl Iterator<Item = PersonId> {
        let followers = self.0.iter();
        followers.filter_map(|(person, stance)| (*stance == Stance::Follow).then_some(*person))
    }
}

impl FromIterator<(PersonId, Stance)> for Stances {
    fn from_iter<I: IntoIterator<Item = (PersonId, Stance)>>(said: I) -> Self {
        Self(said.into_iter().collect())
    }
}

/// What somebody must be allowed to read a feed, and so to be told of what happens in it.
pub const fn needs_of_feed(feed: Feed) -> Permission {
    match feed {
        Feed::Case => Permission::CasesView,
        Feed::Escalation => Permission::EscalationsView,
    }
}

/// Whether somebody may follow feeds where they are: who is there by way of a pairing gets no notices there (P7), and so
/// can only have less of what answers them. A cloned user is one of the people there (P8).
pub fn may_follow(access: &Access) -> bool {
    access.through.is_none_or(|through| through.as_clone)
}

/// Whether a muted feed is silent about a notice of this kind to somebody who would be told of it as `audience`.
///
/// It is about what is news in the feed: entries, steps, how the case and its escalation go on. It is not about what is
/// addressed to somebody: what becomes of one's own escalation, a decision that one asked for, a rating, a step that one is
/// named for, a mention. Nor about what nobody has taken on yet and is for whoever might, and what is to be done in time
/// (targets, calls, the radar).
pub const fn is_silenced(kind: NoticeKind, audience: Audience) -> bool {
    if matches!(
        audience,
        Audience::Named | Audience::Queue | Audience::Engineers
    ) {
        return false;
    }
    match kind {
        NoticeKind::CaseOpened
        | NoticeKind::CaseClosed
        | NoticeKind::CaseReopened
        | NoticeKind::EntryPosted
        | NoticeKind::RcaRequested
        | NoticeKind::RcaDelivered
        | NoticeKind::PriorityRequested
        | NoticeKind::StepPromised
        | NoticeKind::StepDone
        | NoticeKind::StepMissed
        | NoticeKind::StepRepromised => true,
        NoticeKind::PriorityDecided => !matches!(audience, Audience::Asker),
        NoticeKind::EscalationSubmitted
        | NoticeKind::EscalationClaimed
        | NoticeKind::EscalationAccepted
        | NoticeKind::EscalationDeclined
        | NoticeKind::EscalationWithdrawn
        | NoticeKind::EscalationClosed => {
            !matches!(audience, Audience::Requester | Audience::Rater)
        }
        _ => false,
    }
}

/// Whether what arrived at a place of a feed is news to somebody who has read it up to another: on a case of theirs, or in a feed
/// that they follow, and in none that they muted. What one does oneself is none.
pub fn is_news(
    (stance, is_theirs): (Stance, bool),
    by_themselves: bool,
    (arrived, read_up_to): (i64, Option<i64>),
) -> bool {
    let is_told = match stance {
        Stance::Follow => true,
        Stance::Mute => false,
        Stance::Default => is_theirs,
    };
    is_told && !by_themselves && read_up_to.is_none_or(|read| read < arrived)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::notice::{NoticeGroup, Topic};

    #[test]
    fn news_is_what_others_did_where_one_listens_and_has_not_read() {
        for (stance, is_theirs, told) in [
            (Stance::Default, true, true),
            (Stance::Default, false, false),
            (Stance::Follow, false, true),
            (Stance::Mute, true, false),
        ] {
            let of = (stance, is_theirs);
            assert_eq!(is_news(of, false, (7, None)), told, "{stance}");
            assert_eq!(is_news(of, false, (7, Some(6))), told, "{stance}");
            assert!(!is_news(of, false, (7, Some(7))), "{stance}: it was read");
            assert!(!is_news(of, true, (7, None)), "{stance}: it is one's own");
        }
    }

    #[test]
    fn a_muted_feed_is_never_silent_about_accounts_or_what_is_to_be_done_in_time() {
        for kind in NoticeKind::ALL {
            let is_news = kind.topic() == Topic::Case
                && !matches!(kind.group(), NoticeGroup::Clocks | NoticeGroup::Calls);
            for audience in Audience::ALL {
                assert!(
                    is_news || !is_silenced(*kind, *audience),
                    "{kind} to {audience}"
                );
            }
        }
    }

    #[test]
    fn what_becomes_of_ones_own_escalation_comes_all_the_same() {
        for kind in [
            NoticeKind::EscalationSubmitted,
            NoticeKind::EscalationClaimed,
            NoticeKind::EscalationAccepted,
            NoticeKind::EscalationDeclined,
            NoticeKind::EscalationClosed,
            NoticeKind::EscalationRatingAsked,
        ] {
            assert!(!is_silenced(kind, Audience::Requester), "{kind}");
            assert!(!is_silenced(kind, Audience::Rater), "{kind}");
        }
        assert!(is_silenced(
            NoticeKind::EscalationClaimed,
            Audience::CaseOwner
        ));
        assert!(is_silenced(NoticeKind::EntryPosted, Audience::Requester));
        assert!(!is_silenced(NoticeKind::StepPromised, Audience::Named));
        assert!(!is_silenced(NoticeKind::PriorityDecided, Audience::Asker));
    }

    #[test]
    fn who_said_nothing_has_the_default() {
        let person = |id| PersonId::from_uuid(uuid::Uuid::from_u128(id));
        let said: Stances = [(person(1), Stance::Follow), (person(2), Stance::Mute)]
            .into_iter()
            .collect();
        assert_eq!(said.of(person(1)), Stance::Follow);
        assert_eq!(said.of(person(3)), Stance::Default);
        assert_eq!(said.followers().collect::<Vec<_>>(), [person(1)]);
    }
}
