//! Who is told of what, in the transaction of the event: a notice exists exactly when the event does (N2).

mod digests;
mod entries;
mod letters;
mod mails;
mod targets;

use super::on::On;
use crate::db::{Conn, DbError, steadily};
use crate::domain::Instant;
use crate::domain::calendar::Calendar;
use crate::domain::duty::Roster;
use crate::domain::feed::Visibility;
use crate::domain::ids::PersonId;
use crate::domain::language::Language;
use crate::domain::lines::Readers;
use crate::domain::notice::{
    About, ActorFacts, Candidate, CaseFacts, CaseMatter, Delivery, EscalationFacts, Hours, Matter,
    NoticeEvent, NoticeKind, Payload, Reminder, Stakeholders, Stances, Step, Thread, recipients,
};
use crate::mail::scene::{Addressee, Notice};
use crate::store::cases::Case;
use crate::store::escalations::Escalation;
use crate::store::notices::{self, Addressed, EntryReach, Known, ToOne};
use crate::store::promises::NextStep;
use crate::store::{calendars, duty, follows, lines, organizations, requests, staff};

use digests::{Chosen, keep};
pub(super) use entries::ToldOfEntries;

pub use digests::make_digest;
pub use letters::{
    Address, remind_people, write_to_address, write_to_nobody, write_to_people, write_to_person,
};
pub use mails::{Looker, made_up, written_now};
pub use targets::{Fired, tell_of_targets};

/// Tells that the instant of a promised next step has passed and nobody has said what became of it. Nobody did that,
/// so nobody is left out.
///
/// # Errors
/// Database errors.
pub fn tell_of_lapse(
    conn: &mut Conn,
    case: &Case,
    escalation: Option<&Escalation>,
    step: NextStep,
    now: Instant,
) -> Result<usize, DbError> {
    let about = About::StepMissed(Step {
        reason: None,
        ..step.told()
    });
    announce(conn, On::of(case, escalation), None, about, now)
}

/// Puts a notice into the outbox for everybody who is told of it (see [`recipients`]), or keeps it for their digest (N5), and
/// answers for how many. What it is about comes from an event of the place where it happened (see [`super::publish`]).
///
/// # Errors
/// Database errors.
pub(super) fn announce(
    conn: &mut Conn,
    on: On<'_>,
    actor: Option<PersonId>,
    about: About,
    now: Instant,
) -> Result<usize, DbError> {
    Ok(announce_but(conn, on, actor, about, &[], now)?.len())
}

/// [`announce`], but to none of `known_to`, who know of it already; gives who is told.
///
/// # Errors
/// Database errors.
pub(super) fn announce_but(
    conn: &mut Conn,
    on: On<'_>,
    actor: Option<PersonId>,
    about: About,
    known_to: &[PersonId],
    now: Instant,
) -> Result<Vec<PersonId>, DbError> {
    steadily(conn, |conn| tell(conn, on, actor, about, known_to, now))
}

fn tell(
    conn: &mut Conn,
    on: On<'_>,
    actor: Option<PersonId>,
    about: About,
    known_to: &[PersonId],
    now: Instant,
) -> Result<Vec<PersonId>, DbError> {
    let (kind, feed) = (about.kind(), on.feed());
    let (case, escalation) = (on.case(), on.escalation());
    let thread = Thread::of(feed, case.id, escalation.map(|escalation| escalation.id));
    // F2: what the row says, so that no verb can tell of an internal entry by mistake.
    // F4: what its author may still take back is told once they cannot.
    let reach = match about.entry() {
        Some(entry) => notices::reach_of(conn, entry, feed, now)?,
        None => EntryReach {
            visibility: Visibility::Public,
            waits_until: None,
            // Of a case that is opened now, nobody can have said anything.
            stances: match kind {
                NoticeKind::CaseOpened => Stances::default(),
                _ => follows::of_feed(conn, case.id, feed)?,
            },
        },
    };
    let undoable = reach.waits_until;
    // M11: who is asked for the rating in the requester's place gets in theirs what asks for it.
    let asks_for_rating = matches!(
        kind,
        NoticeKind::EscalationClosed | NoticeKind::EscalationRatingAsked
    );
    let asked = escalation.and_then(|escalation| escalation.rater_id);
    let asked = asked.filter(|_| asks_for_rating);
    let mut happening = NoticeEvent {
        kind,
        feed,
        visibility: reach.visibility,
        organization: case.organization_id,
        actor,
        ties: Stakeholders {
            contact: case.contact(),
            case_owner: case.owner_id,
            requester: escalation
                .filter(|_| asked.is_none())
                .map(|escalation| escalation.requested_by),
            rater: asked,
            escalation_owner: escalation.and_then(|escalation| escalation.owner_id),
            asker: match kind {
                NoticeKind::PriorityDecided => requests::decided_last(conn, case.id)?,
                _ => about.call().and_then(|call| call.asked_by),
            },
            named: staff::named(conn, &about.promised_to())?,
            caller: about.call().and_then(|call| call.caller),
            mentioned: about.mentioned().to_vec(),
        },
        stances: reach.stances,
    };
    // A4: of what they may not read, staff are told nothing.
    let readers = lines::readers(conn, case.line_of_business_id)?;
    let mut known = notices::known(conn, happening.people(), happening.permission(), now)?;
    let mut candidates = admitted(&known, &readers);
    // Whoever owns it and is told of nothing any more owns it for nobody: then those are told who would be without an owner.
    let is_told = |owner: PersonId| {
        let mut candidates = candidates.iter();
        candidates.any(|one| one.access.person == owner && one.standing.enabled)
    };
    if (happening.ties.case_owner).is_some_and(|owner| !is_told(owner)) {
        happening.ties.case_owner = None;
        known = notices::known(conn, happening.people(), happening.permission(), now)?;
        candidates = admitted(&known, &readers);
    }
    for candidate in &mut candidates {
        if Some(candidate.access.person) == happening.ties.requester {
            notices::let_in(conn, candidate, case.organization_id, now)?;
        }
    }
    let mut told = recipients(&happening, &candidates);
    told.retain(|told| !known_to.contains(&told.person));
    let persons: Vec<PersonId> = told.iter().map(|told| told.person).collect();
    // N5: whom it concerns is one thing, whether they want to read of it another.
    let chosen = Chosen::load(conn, kind, &persons)?;
    told.retain(|told| chosen.of(told.person) != Delivery::None);
    if told.is_empty() {
        return Ok(Vec::new());
    }
    let organization = organizations::name_of(conn, case.organization_id)?;
    let case_facts = CaseFacts {
        number: case.number,
        subject: case.subject.clone(),
        organization: organization.unwrap_or_default(),
        priority: case.priority,
        status: case.status,
    };
    let quiet = Quiet::load(conn, kind, case)?;
    let mut mailed = Vec::with_capacity(told.len());
    for recipient in &told {
        let payload = Payload {
            at: now,
            actor: actor.and_then(|actor| actor_facts(&known, actor)),
            matter: Matter::Case(CaseMatter {
                audience: recipient.audience,
                case: case_facts.clone(),
                escalation: escalation.map(|escalation| EscalationFacts {
                    number: escalation.number,
                }),
                about: about.clone(),
            }),
        };
        if chosen.of(recipient.person) == Delivery::Digest {
            let after = undoable.unwrap_or(now);
            keep(conn, recipient.person, Some(case.id), &payload, after)?;
            continue;
        }
        let not_before = quiet
            .as_ref()
            .map_or(now, |quiet| quiet.welcome(recipient.person, now));
        mailed.push(ToOne {
            person: recipient.person,
            not_before,
            payload,
        });
    }
    let event = notices::Event {
        kind,
        case: case.id,
        escalation: escalation.map(|escalation| escalation.id),
        thread,
        held_until: undoable,
    };
    notices::insert_all(conn, event, mailed, now)?;
    Ok(told.iter().map(|told| told.person).collect())
}

/// When people may be reminded of something on a case (N7).
struct Quiet {
    reminder: Reminder,
    roster: Roster,
    calendar: Calendar,
}

impl Quiet {
    /// Nothing for a kind that does not remind, or may at any hour.
    fn load(conn: &mut Conn, kind: NoticeKind, case: &Case) -> Result<Option<Self>, DbError> {
        let waits = |reminder: &Reminder| !reminder.is_told_at_any_hour();
        let Some(reminder) = Reminder::of(kind).filter(waits) else {
            return Ok(None);
        };
        let book = calendars::CalendarBook::load(conn)?;
        Ok(Some(Self {
            reminder,
            roster: duty::roster(conn)?,
            calendar: book.of_line(case.line_of_business_id).clone(),
        }))
    }

    fn welcome(&self, person: PersonId, now: Instant) -> Instant {
        let hours = Hours {
            roster: &self.roster,
            calendar: &self.calendar,
        };
        hours.welcome(person, [self.reminder], now)
    }
}

/// Those of `known` who may read the case.
fn admitted(known: &[notices::Known], readers: &Readers) -> Vec<Candidate> {
    let candidates = known.iter().map(|known| known.candidate.clone());
    candidates
        .filter(|candidate| readers.admit(&candidate.access))
        .collect()
}

fn actor_facts(known: &[Known], actor: PersonId) -> Option<ActorFacts> {
    known
        .iter()
        .find(|known| known.candidate.access.person == actor)
        .map(|known| ActorFacts {
            name: known.name.clone(),
            organization: known.organization.clone(),
            side: known.candidate.access.side,
        })
}

/// A row of the outbox as the mail floor writes it; `host` is the letterhead's.
///
/// # Errors
/// Why its payload cannot be read.
pub fn notice_of(row: &Addressed, host: &str) -> Result<Notice, String> {
    Ok(Notice {
        id: row.id,
        created_at: row.created_at,
        message_id: notices::complete(&row.message_id, host),
        in_reply_to: row
            .first_message_id
            .as_deref()
            .map(|first| notices::complete(first, host)),
        to: Addressee {
            person: row.person,
            name: row.name.clone(),
            email: row.email.clone(),
            // A zone that the database of zones does not know any more is no reason to say nothing.
            zone: row.time_zone.parse().unwrap_or(chrono_tz::Tz::UTC),
            // Nobody's browser is asked.
            language: Language::kept(row.language.as_deref()).unwrap_or_default(),
            side: row.side,
        },
        provider: row.provider.clone(),
        payload: row.payload.clone()?,
    })
}
