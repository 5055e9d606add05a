//! What can happen to somebody's account (A7): each is audited, and its owner is written to of what they have to know (N4).

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Error;

use super::audited::{Audited, Changed};
use crate::domain::audit::EventKind;
use crate::domain::ids::CaseNumber;
use crate::domain::notice::{
    Delivery, Invitation, Letter, LinkFacts, NewDevice, NoticeKind, PasswordChanged, PasswordWay,
    SecondFactorChange, SecondFactorChanged, Stance,
};
use crate::domain::text::EmailAddress;

/// What can happen to somebody's account.
#[derive(Clone, Debug)]
pub(crate) enum AccountEvent {
    SignedIn {
        /// The device, if it was not seen before.
        new_device: Option<NewDevice>,
    },
    SignedOut,
    /// One of their sessions was ended from another.
    SessionEnded,
    /// Several of their sessions were ended, or everything that they were signed in with.
    SessionsEnded,
    Invited {
        /// The name of the organization.
        organization: String,
        link: LinkFacts,
    },
    /// By following their invitation.
    Joined,
    PasswordChanged(PasswordWay),
    SecondFactorTurnedOn,
    /// By its owner.
    SecondFactorTurnedOff,
    /// By an administrator.
    SecondFactorTakenAway,
    RecoveryCodesRenewed,
    RecoveryCodeUsed {
        /// How many are left.
        left: i64,
    },
    /// By its owner.
    ProfileChanged(Changed<ProfileFields>),
    /// Kinds of notices whose delivery has changed.
    NoticesChosen(Changed<BTreeMap<NoticeKind, Delivery>>),
    /// Feeds of a case that they follow or mute from now on, or do not any more (F7).
    FollowingChosen {
        case: CaseNumber,
        /// By the names that people say it with.
        feeds: Changed<BTreeMap<&'static str, Stance>>,
    },
}

/// What people say of themselves, as it is audited.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ProfileFields {
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    /// Their own IANA time zone; the organization's if none.
    pub(crate) time_zone: Option<String>,
    /// The tag of the language in which they read; their browser's if none.
    pub(crate) language: Option<String>,
}

impl AccountEvent {
    /// As it is audited of the account with this address; nothing if nothing has changed.
    ///
    /// # Errors
    /// Those of [`Audited`].
    pub(crate) fn audited(&self, email: &EmailAddress) -> Result<Option<Audited>, Error> {
        let kind = match self {
            Self::SignedIn { .. } => EventKind::SessionOpened,
            Self::SignedOut => EventKind::SessionClosed,
            Self::SessionEnded => EventKind::SessionEnded,
            Self::SessionsEnded => EventKind::SessionsEnded,
            Self::Invited { .. } => EventKind::PersonInvited,
            Self::Joined => EventKind::PersonJoined,
            Self::PasswordChanged(_) => EventKind::PasswordChanged,
            Self::SecondFactorTurnedOn => EventKind::SecondFactorTurnedOn,
            Self::SecondFactorTurnedOff => EventKind::SecondFactorTurnedOff,
            Self::SecondFactorTakenAway => EventKind::SecondFactorTakenAway,
            Self::RecoveryCodesRenewed => EventKind::SecondFactorCodesRenewed,
            Self::RecoveryCodeUsed { .. } => EventKind::SecondFactorRecoveryCodeUsed,
            Self::ProfileChanged(fields) => {
                return Audited::changed(EventKind::PersonChanged, fields);
            }
            Self::NoticesChosen(kinds) => {
                return Audited::changed(EventKind::NoticesChosen, kinds);
            }
            Self::FollowingChosen { case, feeds } => {
                let audited = Audited::changed(EventKind::FollowingChosen, feeds)?;
                return Ok(audited.map(|audited| audited.with("case", case.to_string())));
            }
        };
        #[derive(Serialize)]
        struct Account<'a> {
            email: &'a EmailAddress,
        }
        Audited::added(kind, &Account { email }).map(Some)
    }

    /// What the owner of the account is written.
    pub(crate) fn letter(self) -> Option<Letter> {
        let second_factor = |change, codes_left| {
            Some(Letter::SecondFactorChanged(SecondFactorChanged {
                change,
                codes_left,
            }))
        };
        match self {
            Self::SignedIn { new_device } => new_device.map(Letter::NewDevice),
            Self::Invited { organization, link } => {
                Some(Letter::Invitation(Invitation { organization, link }))
            }
            Self::PasswordChanged(way) => Some(Letter::PasswordChanged(PasswordChanged { way })),
            Self::SecondFactorTurnedOn => second_factor(SecondFactorChange::TurnedOn, None),
            Self::SecondFactorTurnedOff | Self::SecondFactorTakenAway => {
                second_factor(SecondFactorChange::TurnedOff, None)
            }
            Self::RecoveryCodesRenewed => second_factor(SecondFactorChange::CodesRenewed, None),
            Self::RecoveryCodeUsed { left } => {
                second_factor(SecondFactorChange::CodeUsed, u32::try_from(left).ok())
            }
            Self::SignedOut
            | Self::SessionEnded
            | Self::SessionsEnded
            | Self::Joined
            | Self::ProfileChanged(_)
            | Self::NoticesChosen(_)
            | Self::FollowingChosen { .. } => None,
        }
    }
}
