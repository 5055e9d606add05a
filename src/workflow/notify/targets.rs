//! Telling of targets: reminders and the ladder, gathered into one notice a person (M8, N7).

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::db::{Conn, DbError, steadily};
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::calendar::Calendar;
use crate::domain::duty::Roster;
use crate::domain::feed::{Feed, Visibility};
use crate::domain::ids::{LineId, PersonId};
use crate::domain::lines::Readers;
use crate::domain::notice::{
    About, Audience, Candidate, CaseFacts, CaseMatter, Delivery, EscalationFacts, Gathered,
    GatheredTarget, Hours, Letter, Matter, NoticeKind, Payload, Reminder, TargetFacts, TargetTies,
    Thread, obstacle, told_of_target,
};
use crate::domain::organization::Side;
use crate::domain::target::{Firing, GATHERED_FOR, Tell};
use crate::store::calendars::CalendarBook;
use crate::store::notices::{self, Held, NewNotice, To};
use crate::store::targets::{self, DueTarget};
use crate::store::{access, duty, lines, organizations};

use super::digests::{Chosen, keep};

/// A target with what falls to be told of it.
#[derive(Clone, Debug)]
pub struct Fired {
    /// The target.
    pub due: DueTarget,
    /// What falls to be told.
    pub firing: Firing,
}

/// Tells of targets: each person gets one notice of all that concerns them, at once or, if they were told of targets a few
/// minutes ago or it can wait for their working hours, together with what follows. Answers how many notices were made.
///
/// # Errors
/// Database errors.
pub fn tell_of_targets(conn: &mut Conn, fired: &[Fired], now: Instant) -> Result<usize, DbError> {
    steadily(conn, |conn| tell(conn, fired, now))
}

fn tell(conn: &mut Conn, fired: &[Fired], now: Instant) -> Result<usize, DbError> {
    let desk = Desk::load(conn, fired, now)?;
    let mut told = desk.told(fired, now);
    let people: Vec<PersonId> = told.keys().copied().collect();
    for kind in [NoticeKind::TargetReminder, NoticeKind::TargetMissed] {
        // N5: whom it concerns is one thing, whether and when they want to read of it another.
        let chosen = Chosen::load(conn, kind, &people)?;
        for (person, items) in &mut told {
            let delivery = chosen.of(*person);
            if delivery == Delivery::Digest {
                for item in items.iter().filter(|item| item.kind() == kind) {
                    let payload = Payload {
                        at: now,
                        actor: None,
                        matter: Matter::Case(item.matter()),
                    };
                    keep(conn, *person, Some(item.due.case.id), &payload, now)?;
                }
            }
            if delivery != Delivery::Now {
                items.retain(|item| item.kind() != kind);
            }
        }
    }
    told.retain(|_, items| !items.is_empty());
    let people: Vec<PersonId> = told.keys().copied().collect();
    let last = targets::last_told(conn, &people)?;
    let mut held: HashMap<PersonId, Held> = notices::held_of_targets(conn, &people)?
        .into_iter()
        .map(|held| (held.person, held))
        .collect();
    let mut made = 0;
    for (person, items) in told {
        let (held, welcome) = (held.remove(&person), desk.welcome(person, &items, now));
        // Of a clock that was ahead, nobody shall wait for it to come there again.
        let last = last
            .get(&person)
            .map(|last| (*last).min(now) + GATHERED_FOR);
        let not_before = match &held {
            // What waits for the morning does not hold up what does not.
            Some(held) if welcome <= now && held.not_before > now + GATHERED_FOR => now,
            Some(held) => held.not_before,
            None => welcome.max(last.unwrap_or(now)),
        };
        made += usize::from(write(conn, person, &items, held, not_before, now)?);
    }
    Ok(made)
}

/// Who can be told, and when.
struct Desk {
    roster: Roster,
    calendar: Calendar,
    candidates: Vec<Candidate>,
    readers: HashMap<LineId, Readers>,
}

impl Desk {
    fn load(conn: &mut Conn, fired: &[Fired], now: Instant) -> Result<Self, DbError> {
        let roster = duty::roster(conn)?;
        let owners = fired
            .iter()
            .filter_map(|fired| fired.due.escalation.owner_id);
        let mut people: BTreeSet<PersonId> = owners.collect();
        people.extend(
            people
                .clone()
                .into_iter()
                .filter_map(|owner| roster.present(owner, now)),
        );
        people.extend(roster.on_duty(now));
        if let Some(provider) = organizations::provider(conn)? {
            for permission in [Permission::EscalationsAssign, Permission::TargetsManage] {
                let side = Side::Provider;
                people.extend(access::holders(conn, provider.id, side, permission, now)?);
            }
        }
        let review = Some(Permission::EscalationsReview);
        let known = notices::known(conn, people.into_iter().collect(), review, now)?;
        let mut readers = HashMap::new();
        let of = fired.iter().map(|fired| fired.due.case.line_of_business_id);
        for line in of.collect::<HashSet<LineId>>() {
            readers.insert(line, lines::readers(conn, line)?);
        }
        Ok(Self {
            roster,
            calendar: CalendarBook::load(conn)?.default_calendar().clone(),
            candidates: known.into_iter().map(|known| known.candidate).collect(),
            readers,
        })
    }

    /// What concerns each person, the highest of their reasons for each target.
    fn told<'f>(&self, fired: &'f [Fired], now: Instant) -> BTreeMap<PersonId, Vec<Item<'f>>> {
        let mut told: BTreeMap<PersonId, Vec<Item<'f>>> = BTreeMap::new();
        let on_duty = self.roster.on_duty(now);
        for Fired { due, firing } in fired {
            let can_be_told: Vec<&Candidate> = self
                .candidates
                .iter()
                .filter(|one| self.admits(one, due))
                .collect();
            let owner = due.escalation.owner_id;
            let ties = TargetTies {
                owner: owner.map(|owner| self.roster.present(owner, now).unwrap_or(owner)),
                on_duty: on_duty.clone(),
            };
            let levels: &[Tell] = if firing.reminds {
                &[Tell::Owner]
            } else {
                &firing.tells
            };
            let mut seen = HashSet::new();
            for level in levels {
                for recipient in told_of_target(*level, &ties, &can_be_told) {
                    if seen.insert(recipient.person) {
                        told.entry(recipient.person).or_default().push(Item {
                            due,
                            missed: !firing.reminds,
                            audience: recipient.audience,
                        });
                    }
                }
            }
        }
        told
    }

    fn admits(&self, candidate: &Candidate, due: &DueTarget) -> bool {
        let case = &due.case;
        let readers = self.readers.get(&case.line_of_business_id);
        let (feed, visibility) = (Feed::Escalation, Visibility::Public);
        readers.is_some_and(|readers| readers.admit(&candidate.access))
            && obstacle(candidate, case.organization_id, feed, visibility).is_none()
    }

    /// When somebody is told of these (N7): in the provider's hours, if they have no shifts.
    fn welcome(&self, person: PersonId, items: &[Item<'_>], now: Instant) -> Instant {
        let hours = Hours {
            roster: &self.roster,
            calendar: &self.calendar,
        };
        hours.welcome(person, items.iter().map(Item::reminder), now)
    }
}

/// What concerns somebody.
#[derive(Clone, Copy)]
struct Item<'f> {
    due: &'f DueTarget,
    missed: bool,
    audience: Audience,
}

impl Item<'_> {
    fn kind(&self) -> NoticeKind {
        match self.missed {
            true => NoticeKind::TargetMissed,
            false => NoticeKind::TargetReminder,
        }
    }

    fn reminder(&self) -> Reminder {
        Reminder::Target {
            clock: self.due.target.clock,
            rank: self.due.escalation.rank,
        }
    }

    fn facts(&self) -> TargetFacts {
        TargetFacts {
            target: self.due.target.id,
            of: self.due.target.kind,
            due_at: self.due.target.due_at,
        }
    }

    fn gathered(&self) -> GatheredTarget {
        GatheredTarget {
            facts: self.facts(),
            escalation: self.due.escalation.number,
            organization: self.due.organization.clone(),
            subject: self.due.case.subject.clone(),
        }
    }

    fn matter(&self) -> CaseMatter {
        let case = &self.due.case;
        CaseMatter {
            audience: self.audience,
            case: CaseFacts {
                number: case.number,
                subject: case.subject.clone(),
                organization: self.due.organization.clone(),
                priority: case.priority,
                status: case.status,
            },
            escalation: Some(EscalationFacts {
                number: self.due.escalation.number,
            }),
            about: match self.missed {
                true => About::TargetMissed(self.facts()),
                false => About::TargetReminder(self.facts()),
            },
        }
    }
}

/// Makes one notice of it, or adds it to the one that is held; says whether a notice was made.
fn write(
    conn: &mut Conn,
    person: PersonId,
    items: &[Item<'_>],
    held: Option<Held>,
    not_before: Instant,
    now: Instant,
) -> Result<bool, DbError> {
    let is_new = held.is_none();
    let before = held.as_ref().map(|held| &held.payload.matter);
    let matter = match (before, items) {
        (None, [item]) => Matter::Case(item.matter()),
        (before, items) => Matter::Letter(gathered(before, items)),
    };
    let single = items.first().filter(|_| matches!(matter, Matter::Case(_)));
    let thread = match (&matter, single) {
        (Matter::Letter(letter), _) => letter.thread(Some(person)),
        (Matter::Case(_), Some(item)) => Thread::Escalation(item.due.escalation.id),
        (Matter::Case(_), None) => return Ok(false),
    };
    let payload = Payload {
        at: now,
        actor: None,
        matter,
    };
    let new = NewNotice {
        to: To::Person(person),
        case: single.map(|item| item.due.case.id),
        escalation: single.map(|item| item.due.escalation.id),
        thread,
        payload: &payload,
    };
    match held {
        Some(held) if !notices::replace_held(conn, &held, &new, not_before)? => {
            // It is being sent: what it tells is not told once more.
            return write(conn, person, items, None, not_before, now);
        }
        Some(_) => {}
        None => {
            notices::insert_held(conn, &new, not_before, now)?;
        }
    }
    targets::note_told(conn, person, not_before)?;
    Ok(is_new)
}

/// These, with what a held notice tells already.
fn gathered(before: Option<&Matter>, items: &[Item<'_>]) -> Letter {
    let mut all = match before {
        Some(Matter::Letter(Letter::TargetsGathered(gathered))) => gathered.clone(),
        _ => Gathered::default(),
    };
    if let Some(Matter::Case(matter)) = before
        && let (Some(facts), Some(escalation)) = (matter.about.target(), &matter.escalation)
    {
        let missed = matter.about.kind() == NoticeKind::TargetMissed;
        let target = GatheredTarget {
            facts: *facts,
            escalation: escalation.number,
            organization: matter.case.organization.clone(),
            subject: matter.case.subject.clone(),
        };
        all.add(missed, target);
    }
    for item in items {
        all.add(item.missed, item.gathered());
    }
    Letter::TargetsGathered(all)
}
