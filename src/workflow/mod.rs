//! One verb each: load, decide, persist, publish, all in the transaction that the edge opened.
//!
//! A verb returns what came of it, or a [`Rejection`] named for why nothing did; the edge rolls back on the latter.

pub mod access_request;
pub mod account;
pub mod administer;
pub mod allow_networks;
pub mod announcements;
pub mod articles;
pub mod assess;
pub mod attachments;
pub mod audience;
pub mod bulk;
pub mod calendars;
pub mod callback;
pub mod choose_notices;
pub mod clients;
pub mod close_case;
pub mod developer;
pub mod discard_attachment;
pub mod draft;
pub mod duty;
pub mod export_audit;
pub mod feed;
pub mod following;
pub mod foresee;
pub mod groups;
pub mod guide;
pub mod home;
pub mod import_case;
pub mod lines;
pub mod list_columns;
pub mod mention;
pub mod move_entry;
pub mod news;
pub mod notify;
pub mod one_time_link;
pub mod open_case;
pub mod organizations;
pub mod pair;
pub mod people;
pub mod policies;
pub mod promise;
pub mod promised;
pub mod provision;
pub mod radar;
pub mod reasons;
pub mod report;
pub mod request;
pub mod require_second_factor;
pub mod resend_notice;
pub mod review_escalation;
mod reviewers;
pub mod roles;
pub mod saved_filters;
pub mod seal;
pub mod search;
pub mod second_factor;
pub mod set_up;
pub mod sign_in;
pub mod submit_escalation;
pub mod target_rules;
pub mod targets;
pub mod templates;
pub mod tokens;
pub mod tools;
pub mod tutorials;
pub mod undo_entry;
pub mod update_case;

mod bounds;
mod change_access;
mod on;
mod posted_words;
mod publish;
mod record;
mod rotation;

use std::net::IpAddr;

use diesel::result::Error as Diesel;

use crate::db::{DbError, Failure};
use crate::domain::access::{Access, Beyond, CaseField, Denied, FieldRefusal, Permission, Reach};
use crate::domain::access_request::AccessRequestRefusal;
use crate::domain::article;
use crate::domain::attachment::NoRoom;
use crate::domain::calendar::{CalendarError, InvalidCalendar};
use crate::domain::callback as calls;
use crate::domain::case::{
    CaseRefusal, DecisionRefusal, PriorityRefusal, RcaRefusal, StepRefusal, UnlawfulMove,
};
use crate::domain::eligibility::Assessment;
use crate::domain::escalation;
use crate::domain::feed::UndoRefusal;
use crate::domain::ids::{EscalationNumber, PersonId};
use crate::domain::link::LinkState;
use crate::domain::organization::Side;
use crate::domain::pairing;
use crate::domain::reason::AnswerError;
use crate::domain::tutorial;
use crate::store::cas::Cas;

/// Who acts: their authority where they act, and the name that is recorded.
#[derive(Clone, Debug)]
pub struct Actor {
    /// What they may do, and where.
    pub access: Access,
    /// First and last name.
    pub name: String,
}

impl Actor {
    /// The person.
    pub fn id(&self) -> PersonId {
        self.access.person
    }

    /// The side on which they stand.
    pub fn side(&self) -> Side {
        self.access.side
    }

    /// Whose things exist for them.
    pub fn reach(&self) -> Reach {
        self.access.reach()
    }

    fn require(&self, permission: Permission) -> Result<(), Rejection> {
        Ok(self.access.require(permission)?)
    }
}

/// Why a verb did nothing. One table of the edge maps these to problem documents.
#[derive(Clone, Debug)]
pub enum Rejection {
    /// The thing that the request is about does not exist for the actor (A5).
    NotFound,
    /// The actor sees it and may not do this; names what is missing (A5).
    Denied(Denied),
    /// It is more than the actor may give or manage.
    Beyond(Beyond),
    /// Changed since the version that the request named.
    Stale {
        /// Its version now.
        version: i64,
    },
    /// A field of the request names something that does not exist for the actor, or cannot be so.
    Field {
        /// The path of the field.
        field: &'static str,
        /// Stable code of what is wrong.
        code: &'static str,
        /// What was given, where it helps.
        given: String,
    },
    /// The same of an item of a list in the request.
    Item {
        /// The path of the list.
        list: &'static str,
        /// Which item, counted from 0.
        index: usize,
        /// The field of the item.
        field: &'static str,
        /// Stable code of what is wrong.
        code: &'static str,
        /// What was given, where it helps.
        given: String,
    },
    /// Several fields of the request, each as in [`Rejection::Field`]: path, code, and what was given.
    Fields(Vec<(&'static str, &'static str, String)>),
    /// The same of several parts wherever they stand in the request: path, code, and what was given.
    Parts(Vec<(String, &'static str, String)>),
    /// The parts of a business calendar that are wrong.
    Calendar(InvalidCalendar),
    /// A field of a case that the actor does not change (C3, C5).
    CaseField(CaseField, FieldRefusal),
    /// What the case's status does not allow (C3, M13).
    Case(CaseRefusal),
    /// A status that cannot follow (C2).
    UnlawfulMove(UnlawfulMove),
    /// A priority that a contact cannot ask for (C5).
    Priority(PriorityRefusal),
    /// A priority request that is not decided like this (C5).
    Decision(DecisionRefusal),
    /// A root cause analysis that is not requested or delivered now (C6).
    Rca(RcaRefusal),
    /// A next step that does not move so (M7).
    Step(StepRefusal),
    /// An article that does not take this where it stands (H1).
    Article(article::Refusal),
    /// A callback that does not move so (M12).
    Callback(calls::Refusal),
    /// One escalation may be active (E3).
    ActiveEscalation {
        /// Which.
        number: EscalationNumber,
        /// The whole assessment.
        assessment: Box<Assessment>,
    },
    /// The assessment forbids it (section 4).
    NotEligible(Box<Assessment>),
    /// The double-check is not done (E9).
    AcknowledgementRequired(Box<Assessment>),
    /// Answers that do not fit the reason's questions.
    Answers(Vec<AnswerError>),
    /// What a pairing does not take (section 9).
    Pairing(pairing::Refusal),
    /// A verb that the escalation does not take now (M2).
    Escalation(escalation::Refusal),
    /// An escalation that has ended takes no entries.
    EscalationEnded,
    /// An entry is changed by its author within five minutes, and not later (F4).
    EditWindowClosed,
    /// An entry of this kind is not changed or redacted; or it was redacted before (F4).
    NotEditable,
    /// An entry that its author does not take back, or not any more (F4).
    Undo(UndoRefusal),
    /// There is no room for a file among those of its organization (F4).
    NoRoom(NoRoom),
    /// A file that is attached to something is not forgotten by its sender.
    Attached,
    /// Nobody would be left who administers the organization.
    LastAdministrator {
        /// Its name.
        organization: String,
    },
    /// A role that is given to somebody is removed only on purpose.
    RoleHeld {
        /// To how many people.
        people: usize,
        /// To how many groups.
        groups: usize,
    },
    /// A group that works in other organizations stays until it is taken out of their pairings.
    GroupPaired,
    /// A request for access that is not decided like this (A6).
    AccessRequest(AccessRequestRefusal),
    /// The one-time link is none of this installation's for what is asked.
    LinkUnknown,
    /// The one-time link cannot be used any more.
    Link(LinkState),
    /// The password is not right, or not any more; says no more than that (A7).
    InvalidCredentials,
    /// The password is right, and a code of the second factor is to be shown with it.
    SecondFactorRequired,
    /// The code of the second factor is not right, or was taken before.
    InvalidSecondFactor,
    /// Nobody works in the organization from this network address (A7).
    AddressNotAllowed(Option<IpAddr>),
    /// A token that was made with another makes none.
    MadeWithToken,
    /// A second factor is asked for already.
    SecondFactorOn,
    /// No second factor is asked for, or none was begun.
    SecondFactorOff,
    /// The address of whoever follows a link belongs to another account already.
    AddressTaken,
    /// The person has a password already and needs no invitation.
    AlreadyJoined,
    /// The person is a cloned user, who is entered by their original alone (P8).
    ClonedUser,
    /// The person is shut out.
    AccountDisabled,
    /// A tutorial that does not take this now (H1).
    Tutorial(tutorial::Refusal),
    /// Records of a file that cannot be so; none of it was taken in.
    RecordsRefused(usize),
    /// The case did not exist yet at that instant.
    BeforeOpening {
        /// When it was opened.
        opened_at: crate::domain::Instant,
    },
}

/// A verb that did not happen: refused by a rule, or failed for want of something.
#[derive(Debug)]
pub enum VerbError {
    /// A rule said no.
    Rejected(Rejection),
    /// The database did not do its part.
    Database(DbError),
    /// The business calendar cannot reckon (E11).
    Calendar(CalendarError),
}

impl VerbError {
    /// What was refused of a field, said of that field of an item of `list`.
    fn within(self, list: &'static str, index: usize) -> Self {
        match self {
            Self::Rejected(Rejection::Field { field, code, given }) => Rejection::Item {
                list,
                index,
                field,
                code,
                given,
            }
            .into(),
            other => other,
        }
    }
}

impl From<Rejection> for VerbError {
    fn from(refused: Rejection) -> Self {
        Self::Rejected(refused)
    }
}

impl From<DbError> for VerbError {
    fn from(error: DbError) -> Self {
        Self::Database(error)
    }
}

impl From<Diesel> for VerbError {
    fn from(error: Diesel) -> Self {
        Self::Database(error.into())
    }
}

impl From<CalendarError> for VerbError {
    fn from(error: CalendarError) -> Self {
        Self::Calendar(error)
    }
}

impl Failure for VerbError {
    fn database(&self) -> Option<&DbError> {
        match self {
            Self::Database(error) => Some(error),
            _ => None,
        }
    }
}

macro_rules! refusals {
    ($($variant:ident($refusal:ty)),+ $(,)?) => {$(
        impl From<$refusal> for Rejection {
            fn from(refusal: $refusal) -> Self {
                Self::$variant(refusal)
            }
        }
        impl From<$refusal> for VerbError {
            fn from(refusal: $refusal) -> Self {
                Self::Rejected(refusal.into())
            }
        }
    )+};
}

refusals!(
    AccessRequest(AccessRequestRefusal),
    Answers(Vec<AnswerError>),
    Article(article::Refusal),
    Beyond(Beyond),
    Callback(calls::Refusal),
    Case(CaseRefusal),
    Decision(DecisionRefusal),
    Denied(Denied),
    Escalation(escalation::Refusal),
    Pairing(pairing::Refusal),
    Priority(PriorityRefusal),
    Rca(RcaRefusal),
    Step(StepRefusal),
    Tutorial(tutorial::Refusal),
    Undo(UndoRefusal),
    UnlawfulMove(UnlawfulMove),
);

/// What a verb comes to.
pub type VerbResult<T> = Result<T, VerbError>;

/// The versions that a request was made on, if it names any: one of them has to be the present one.
pub type Expected<'a> = Option<&'a [i64]>;

/// What a change that was made by compare and set comes to. One that was overtaken is refused to whoever named a version;
/// for anybody else the whole transaction is repeated, and decides on what is there now.
fn settled(written: Cas, expected: Expected<'_>) -> VerbResult<()> {
    match written {
        Cas::Done => Ok(()),
        Cas::Missing => Err(Rejection::NotFound.into()),
        Cas::Changed(version) => {
            unchanged(expected, version)?;
            Err(DbError::Overtaken.into())
        }
    }
}

fn unchanged(expected: Expected<'_>, version: i64) -> Result<(), Rejection> {
    match expected {
        Some(versions) if !versions.contains(&version) => Err(Rejection::Stale { version }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_overtaken_is_told_or_decides_again() {
        assert!(settled(Cas::Done, Some(&[3])).is_ok());
        let told = settled(Cas::Changed(4), Some(&[3]));
        assert!(matches!(
            told,
            Err(VerbError::Rejected(Rejection::Stale { version: 4 }))
        ));
        for expected in [None, Some(&[3, 4][..])] {
            let Err(VerbError::Database(again)) = settled(Cas::Changed(4), expected) else {
                panic!("{expected:?}: nothing was written");
            };
            assert!(again.asks_for_repetition(), "{expected:?}");
        }
        let gone = settled(Cas::Missing, None);
        assert!(matches!(
            gone,
            Err(VerbError::Rejected(Rejection::NotFound))
        ));
    }
}
