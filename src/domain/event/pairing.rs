//! What can happen to a pairing (section 9).

use serde::Serialize;
use serde_json::Error;

use super::audited::{Audited, Changed};
use crate::domain::Instant;
use crate::domain::access::Role;
use crate::domain::audit::EventKind;
use crate::domain::ids::{GroupId, OrganizationId, PersonId};
use crate::domain::pairing::{Party, State, Who};

/// What can happen to a pairing. Who is told of it is looked up where it is published: it is who administers the other
/// side then.
#[derive(Clone, Debug)]
pub(crate) enum PairingEvent {
    /// The trustee asked for it.
    Requested {
        /// Until when its link is good.
        expires_at: Instant,
        /// Who alone may answer.
        addressed_to: Option<OrganizationId>,
        /// For whom.
        members: Vec<Who>,
    },
    /// It got a new link, and the old one died.
    LinkRenewed {
        /// Until when it is good.
        expires_at: Changed<Instant>,
    },
    /// The trustor said yes.
    Accepted {
        trustee: OrganizationId,
        trustor: OrganizationId,
    },
    /// Whoever opened the link said no.
    Refused { trustee: OrganizationId },
    /// One side switched it off or on.
    Switched {
        by: Party,
        on: bool,
        state: Changed<State>,
    },
    /// One side ended it; the trustee took the request back, if nobody had accepted it.
    Ended { by: Party, state: Changed<State> },
    /// The trustee proposed more people and groups.
    MembersProposed(Vec<Who>),
    /// One side removed somebody.
    MemberRemoved { by: Party, who: Who },
    /// The trustor gave a role.
    RoleGiven {
        to: Who,
        /// Its code.
        role: String,
        /// Until when it holds; for good if there is no end.
        until: Option<Instant>,
    },
    /// One side took a role.
    RoleTaken {
        from: Who,
        /// Its code.
        role: String,
    },
    /// The trustee asked for a role.
    RoleAsked {
        r#for: Who,
        role: Role,
        /// Until when it would hold; for good if there is no end.
        until: Option<Instant>,
        /// What it is for; the letter says it.
        note: Option<String>,
    },
    /// The trustee asks for it no more.
    RoleNotAsked { r#for: Who, role: Role },
    /// The trustor refused it.
    RoleRefused {
        r#for: Who,
        role: Role,
        /// Why; the letter says it.
        reason: Option<String>,
        /// Who had asked.
        asker: PersonId,
    },
    /// A cloned user was added.
    CloneAdded(CloneFields),
    /// A cloned user was removed.
    CloneRemoved(CloneFields),
    /// Somebody switched into the trustor.
    SwitchedInto {
        person: PersonId,
        /// As whom: themselves, or their cloned user.
        r#as: PersonId,
    },
}

/// A cloned user, as it is audited.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct CloneFields {
    pub(crate) clone: PersonId,
    /// Whose second self it is.
    pub(crate) of: PersonId,
    /// What the clone is called in the trustor; its letters say it.
    #[serde(skip)]
    pub(crate) name: String,
}

#[derive(Serialize)]
struct Request {
    expires_at: Instant,
    addressed_to: Option<OrganizationId>,
}

#[derive(Serialize)]
struct Link {
    expires_at: Instant,
}

#[derive(Serialize)]
struct Answer {
    trustee: OrganizationId,
    #[serde(skip_serializing_if = "Option::is_none")]
    trustor: Option<OrganizationId>,
}

#[derive(Serialize)]
struct Stand {
    state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<Party>,
}

#[derive(Serialize)]
struct Member<'a> {
    person: Option<PersonId>,
    group: Option<GroupId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Instant>,
}

#[derive(Serialize)]
struct Switch {
    person: PersonId,
    r#as: PersonId,
}

impl PairingEvent {
    /// Whom its letters name, of those that the pairing is for.
    pub(crate) fn names(&self) -> &[Who] {
        match self {
            Self::MembersProposed(members) => members,
            Self::MemberRemoved { who, .. } => std::slice::from_ref(who),
            Self::RoleAsked { r#for, .. } | Self::RoleRefused { r#for, .. } => {
                std::slice::from_ref(r#for)
            }
            _ => &[],
        }
    }

    /// As it is audited; each member that is proposed is an event of its own.
    ///
    /// # Errors
    /// Those of [`Audited`].
    pub(crate) fn audited(&self) -> Result<Vec<Audited>, Error> {
        let one = match self {
            Self::Requested {
                expires_at,
                addressed_to,
                members,
            } => {
                let request = Request {
                    expires_at: *expires_at,
                    addressed_to: *addressed_to,
                };
                let requested = Audited::added(EventKind::PairingRequested, &request)?;
                return std::iter::once(Ok(requested))
                    .chain(members.iter().map(added))
                    .collect();
            }
            Self::MembersProposed(members) => return members.iter().map(added).collect(),
            Self::LinkRenewed { expires_at } => {
                let link = expires_at.map(|at| Link { expires_at: *at });
                Audited::replaced(EventKind::PairingLinkRenewed, &link.before, &link.after)
            }
            Self::Accepted { trustee, trustor } => {
                let (trustee, trustor) = (*trustee, Some(*trustor));
                Audited::added(EventKind::PairingAccepted, &Answer { trustee, trustor })
            }
            Self::Refused { trustee } => {
                let (trustee, trustor) = (*trustee, None);
                Audited::added(EventKind::PairingRefused, &Answer { trustee, trustor })
            }
            Self::Switched { by, on, state } => {
                let kind = match (by, on) {
                    (Party::Trustor, false) => EventKind::PairingSwitchedOff,
                    (Party::Trustor, true) => EventKind::PairingSwitchedOn,
                    (Party::Trustee, false) => EventKind::PairingSuspended,
                    (Party::Trustee, true) => EventKind::PairingResumed,
                };
                stands(kind, state, None)
            }
            Self::Ended { by, state } => {
                let kind = match state.after {
                    State::Withdrawn => EventKind::PairingWithdrawn,
                    _ => EventKind::PairingRemoved,
                };
                stands(kind, state, Some(*by))
            }
            Self::MemberRemoved { who, .. } => {
                Audited::removed(EventKind::PairingMemberRemoved, &member(*who, None))
            }
            Self::RoleGiven { to, role, until } => {
                let given = Member {
                    until: *until,
                    ..member(*to, Some(role))
                };
                Audited::added(EventKind::PairingRoleGiven, &given)
            }
            Self::RoleTaken { from, role } => {
                Audited::removed(EventKind::PairingRoleTaken, &member(*from, Some(role)))
            }
            Self::RoleAsked {
                r#for, role, until, ..
            } => {
                let asked = Member {
                    until: *until,
                    ..member(*r#for, Some(role.as_str()))
                };
                Audited::added(EventKind::PairingRoleAsked, &asked)
            }
            Self::RoleNotAsked { r#for, role } => Audited::removed(
                EventKind::PairingRoleNotAsked,
                &member(*r#for, Some(role.as_str())),
            ),
            Self::RoleRefused { r#for, role, .. } => Audited::added(
                EventKind::PairingRoleRefused,
                &member(*r#for, Some(role.as_str())),
            ),
            Self::CloneAdded(clone) => Audited::added(EventKind::PairingCloneAdded, clone),
            Self::CloneRemoved(clone) => Audited::removed(EventKind::PairingCloneRemoved, clone),
            Self::SwitchedInto { person, r#as } => {
                let (person, r#as) = (*person, *r#as);
                Audited::added(EventKind::PairingSwitchedInto, &Switch { person, r#as })
            }
        };
        Ok(vec![one?])
    }
}

fn added(who: &Who) -> Result<Audited, Error> {
    Audited::added(EventKind::PairingMemberAdded, &member(*who, None))
}

fn member(who: Who, role: Option<&str>) -> Member<'_> {
    Member {
        person: who.person(),
        group: who.group(),
        role,
        until: None,
    }
}

fn stands(kind: EventKind, state: &Changed<State>, by: Option<Party>) -> Result<Audited, Error> {
    let before = Stand {
        state: state.before,
        by: None,
    };
    let after = Stand {
        state: state.after,
        by,
    };
    Audited::replaced(kind, &before, &after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_side_has_kinds_of_its_own_for_its_switch() {
        let state = Changed {
            before: State::Active,
            after: State::Active,
        };
        for (by, on, kind) in [
            (Party::Trustor, false, EventKind::PairingSwitchedOff),
            (Party::Trustor, true, EventKind::PairingSwitchedOn),
            (Party::Trustee, false, EventKind::PairingSuspended),
            (Party::Trustee, true, EventKind::PairingResumed),
        ] {
            let state = state.clone();
            let event = PairingEvent::Switched { by, on, state };
            assert_eq!(kinds(&event), [kind]);
        }
    }

    #[test]
    fn a_request_that_nobody_accepted_is_withdrawn() {
        for (after, kind) in [
            (State::Withdrawn, EventKind::PairingWithdrawn),
            (State::Removed, EventKind::PairingRemoved),
        ] {
            let event = PairingEvent::Ended {
                by: Party::Trustee,
                state: Changed {
                    before: State::Requested,
                    after,
                },
            };
            assert_eq!(kinds(&event), [kind]);
        }
    }

    #[test]
    fn each_member_is_an_event_of_its_own() {
        let now = Instant::UNIX_EPOCH;
        let event = PairingEvent::Requested {
            expires_at: now,
            addressed_to: None,
            members: vec![
                Who::Person(PersonId::new(now)),
                Who::Person(PersonId::new(now)),
            ],
        };
        let expected = [
            EventKind::PairingRequested,
            EventKind::PairingMemberAdded,
            EventKind::PairingMemberAdded,
        ];
        assert_eq!(kinds(&event), expected);
    }

    fn kinds(event: &PairingEvent) -> Vec<EventKind> {
        let audited = event.audited().expect("JSON");
        audited.iter().map(|audited| audited.kind).collect()
    }
}
