//! Where the stories are told: people do at a past instant what they do in the portal.

mod filters;
mod help;
pub mod library;
mod templates;

use std::collections::HashMap;
use std::str::FromStr;

use chrono::TimeDelta;
use chrono_tz::Tz;
use secrecy::ExposeSecret;
use serde_json::Value;
use tokio::runtime::Handle;

use super::cast;
use crate::attachments::Store;
use crate::config::AttachmentSettings;
use crate::credentials::{NewSecret, PAIRING_PREFIX};
use crate::db::{Conn, DbError};
use crate::domain::Instant;
use crate::domain::access::Role;
use crate::domain::attachment::FileName;
use crate::domain::callback::Spoken;
use crate::domain::case::{
    BusinessImpact, Channel, Deployment, Engagement, Priority, Status, StepState,
};
use crate::domain::duty::{Assignment, Weekday};
use crate::domain::escalation::Level;
use crate::domain::feed::{Feed, Visibility};
use crate::domain::ids::{AttachmentId, CaseRef, EscalationRef};
use crate::domain::notice::Stance;
use crate::domain::text::TextError;
use crate::input::Patch;
use crate::store::{self, Counter, pairings, people, promises};
use crate::workflow::access_request::{self, AskForAccess};
use crate::workflow::assess::assess;
use crate::workflow::attachments::{self, For, SentFile};
use crate::workflow::callback::{self, AskCallback, CallWindow};
use crate::workflow::close_case::{self, CloseCase, ReopenCase};
use crate::workflow::duty::{SetDuty, SetShift, set_duty};
use crate::workflow::feed::{
    PostEntry, PostOnEscalation, RecordCommunication, post_on_case, post_on_escalation,
    record_communication,
};
use crate::workflow::following::{ChooseFollowing, choose_following};
use crate::workflow::open_case::{OpenCase, open_case};
use crate::workflow::pair;
use crate::workflow::promise::{PromiseStep, SettleStep, promise_on_case, settle};
use crate::workflow::request::{
    DeliverAnalysis, RequestAnalysis, RequestPriority, deliver_analysis, request_analysis,
    request_priority,
};
use crate::workflow::review_escalation::{AcceptEscalation, Verb};
use crate::workflow::submit_escalation::{SubmitEscalation, submit_escalation};
use crate::workflow::update_case::{UpdateCase, mark_read, update_case};
use crate::workflow::{Actor, Rejection, VerbResult};

pub use help::Offer;

/// How long ago something happened.
pub type Ago = TimeDelta;

/// The first case and the first escalation come after these, as on a desk that has been in use for a while.
const BEFORE: (i64, i64) = (110, 39);

/// The people, and the instant at which the stories have arrived at now.
pub struct Stage<'a> {
    conn: &'a mut Conn,
    store: &'a Store,
    /// Waits for what the store does.
    runtime: &'a Handle,
    cast: HashMap<&'static str, Actor>,
    now: Instant,
}

/// What somebody opens.
pub struct Opening {
    /// One line.
    pub subject: &'static str,
    /// Markdown.
    pub description: &'static str,
    /// How urgent.
    pub priority: Priority,
    /// Where it runs.
    pub deployment: Deployment,
    /// What it does to the business.
    pub impact: BusinessImpact,
}

/// A case that is being told of.
pub struct Scene<'s, 'c> {
    stage: &'s mut Stage<'c>,
    case: CaseRef,
    escalation: Option<EscalationRef>,
}

fn text<T: FromStr<Err = TextError>>(text: &str) -> VerbResult<T> {
    text.parse().map_err(|error: TextError| {
        Rejection::Field {
            field: "text",
            code: error.code(),
            given: text.to_owned(),
        }
        .into()
    })
}

impl<'c> Stage<'c> {
    /// Calls everybody.
    pub fn set(
        conn: &'c mut Conn,
        (store, runtime): (&'c Store, &'c Handle),
        now: Instant,
    ) -> VerbResult<Self> {
        let mut cast = HashMap::new();
        for one in cast::PEOPLE {
            let email = text(&one.email())?;
            let person = people::by_email(conn, &email)?.ok_or(Rejection::NotFound)?;
            let access = store::access::of_person(conn, &person, now)?;
            cast.insert(
                one.key,
                Actor {
                    access,
                    name: person.name(),
                },
            );
        }
        Counter::Case.at_least(conn, BEFORE.0)?;
        Counter::Escalation.at_least(conn, BEFORE.1)?;
        Ok(Self {
            conn,
            store,
            runtime,
            cast,
            now,
        })
    }

    /// Somebody opens a case.
    pub fn opens(&mut self, who: &str, ago: Ago, opening: &Opening) -> VerbResult<Scene<'_, 'c>> {
        let open = OpenCase {
            subject: text(opening.subject)?,
            description: text(opening.description)?,
            priority: opening.priority,
            deployment: opening.deployment,
            business_impact: opening.impact,
            product: None,
            line_of_business: None,
            organization: None,
            contact: None,
            channel: None,
            external_id: None,
            attachments: None,
        };
        let at = self.now - ago;
        let actor = self.actor(who)?;
        let case = CaseRef::Id(open_case(self.conn, &actor, &open, at)?.id);
        Ok(Scene {
            stage: self,
            case,
            escalation: None,
        })
    }

    /// Somebody of a partner asks to work elsewhere, for themselves; there, an administrator lets them in with a role.
    pub fn pairs(
        &mut self,
        (trustee, asked): (&str, Ago),
        (trustor, answered): (&str, Ago),
        role: Role,
    ) -> VerbResult<()> {
        let (trustee, trustor) = (self.actor(trustee)?, self.actor(trustor)?);
        let (asked, answered) = (self.now - asked, self.now - answered);
        let secret = NewSecret::with_prefix(PAIRING_PREFIX);
        let wish = pair::AskForPairing {
            people: Some([trustee.id()].into()),
            groups: None,
            organization: None,
        };
        let conn = &mut *self.conn;
        let pairing = pair::request(conn, &trustee, &wish, &secret.hash, asked)?;
        pair::accept(conn, &trustor, secret.text.expose_secret(), answered)?;
        let role = pair::GiveRole {
            role: role.to_string(),
            until: None,
        };
        for member in pairings::members_of(conn, &[pairing])? {
            pair::give_role(conn, &trustor, member.id, None, &role, answered)?;
        }
        Ok(())
    }

    /// Somebody of a partner asks for one more role there, for themselves.
    pub fn wishes_for(&mut self, who: &str, ago: Ago, role: Role, note: &str) -> VerbResult<()> {
        let (actor, at) = (self.actor(who)?, self.now - ago);
        let scope = pairings::Scope::from(&actor.access);
        let all = pairings::list(self.conn, scope, (None, None), None, 1)?;
        let ids: Vec<_> = all.iter().map(|pairing| pairing.id).collect();
        let wish = pair::AskForRole {
            role,
            until: None,
            note: Some(text(note)?),
        };
        for member in pairings::members_of(self.conn, &ids)? {
            pair::ask_role(self.conn, &actor, member.id, None, &wish, at)?;
        }
        Ok(())
    }

    /// Somebody says who is on duty: who, on which days, and from when until when.
    pub fn says_who_is_on_duty(
        &mut self,
        who: &str,
        ago: Ago,
        shifts: &[(&str, &[Weekday], &str, &str)],
    ) -> VerbResult<()> {
        let shift = |(who, days, from, until): &(&str, &[Weekday], &str, &str)| {
            Ok(SetShift {
                user: self.actor(who)?.id().to_string(),
                days: days.to_vec(),
                from: from.parse().map_err(|_| Rejection::NotFound)?,
                until: until.parse().map_err(|_| Rejection::NotFound)?,
                time_zone: Tz::Europe__Berlin,
            })
        };
        let shifts = shifts.iter().map(shift).collect::<VerbResult<Vec<_>>>()?;
        let roster = SetDuty {
            assignment: Assignment::Manual,
            shifts: Patch::Set(shifts.into()),
            absences: Patch::Keep,
        };
        let actor = self.actor(who)?;
        set_duty(self.conn, Some(&actor), None, &roster, self.now - ago)
    }

    /// Somebody without an account asks to read what an organization reports.
    pub fn asks_to_read(
        &mut self,
        (first, last): (&str, &str),
        organization: &str,
        ago: Ago,
        note: &str,
    ) -> VerbResult<()> {
        let email = format!("{first}.{last}@{organization}.example").to_lowercase();
        let asking = AskForAccess {
            first_name: text(first)?,
            last_name: text(last)?,
            email: text(&email)?,
            organization: text(organization)?,
            company: None,
            customer: None,
            note: Some(text(note)?),
        };
        access_request::ask(self.conn, &asking, self.now - ago)
    }

    fn actor(&self, who: &str) -> VerbResult<Actor> {
        Ok(self.cast.get(who).cloned().ok_or(Rejection::NotFound)?)
    }
}

impl Scene<'_, '_> {
    /// An engineer takes the case and puts it where it belongs.
    pub fn takes(&mut self, who: &str, ago: Ago, line: &str) -> VerbResult<()> {
        let owner = self.stage.actor(who)?.id().to_string();
        let update = UpdateCase {
            status: Patch::Set(Status::InProgress),
            owner: Patch::Set(Some(owner)),
            line_of_business: Patch::Set(line.to_owned()),
            ..UpdateCase::default()
        };
        self.changes(who, ago, &update)
    }

    /// An engineer says where the case stands.
    pub fn becomes(&mut self, who: &str, ago: Ago, status: Status) -> VerbResult<()> {
        self.changes(
            who,
            ago,
            &UpdateCase {
                status: Patch::Set(status),
                ..UpdateCase::default()
            },
        )
    }

    /// An engineer waits for others.
    pub fn engages(&mut self, who: &str, ago: Ago, parties: &[Engagement]) -> VerbResult<()> {
        let engagements = Patch::Set(parties.to_vec());
        self.changes(
            who,
            ago,
            &UpdateCase {
                engagements,
                ..UpdateCase::default()
            },
        )
    }

    fn changes(&mut self, who: &str, ago: Ago, update: &UpdateCase) -> VerbResult<()> {
        let (actor, at) = self.at(who, ago)?;
        update_case(self.stage.conn, &actor, &self.case, None, update, at).map(drop)
    }

    /// Somebody writes in the case feed.
    pub fn says(&mut self, who: &str, ago: Ago, body: &str) -> VerbResult<()> {
        self.writes(who, ago, body, Visibility::Public)
    }

    /// Somebody writes in the case feed, and attaches a file.
    pub fn shows(
        &mut self,
        who: &str,
        ago: Ago,
        body: &str,
        (name, bytes): (&str, &[u8]),
    ) -> VerbResult<()> {
        let (actor, at) = self.at(who, ago)?;
        let file = self.sent(&actor, name, bytes, at)?;
        let entry = PostEntry {
            body: text(body)?,
            visibility: None,
            status: None,
            attachments: Some(vec![file]),
            undoable: None,
        };
        post_on_case(self.stage.conn, &actor, &self.case, &entry, at).map(drop)
    }

    fn sent(
        &mut self,
        actor: &Actor,
        name: &str,
        bytes: &[u8],
        at: Instant,
    ) -> VerbResult<AttachmentId> {
        let (store, runtime) = (self.stage.store, self.stage.runtime);
        let kept = || -> std::io::Result<SentFile> {
            let mut draft = store.begin()?;
            draft.write(bytes)?;
            let received = draft.finish()?;
            Ok(SentFile {
                name: FileName::cleaned(name),
                media_type: received.media_type(),
                bytes: received.bytes(),
                content: runtime.block_on(store.keep(received))?,
            })
        };
        let file = kept().map_err(|error| DbError::Unavailable(error.to_string()))?;
        let limit = AttachmentSettings::default().limit;
        let what_for = For::Case(self.case);
        attachments::send(self.stage.conn, actor, what_for, (&file, limit), at)
    }

    /// Staff write in the case feed what the customer does not see.
    pub fn notes(&mut self, who: &str, ago: Ago, body: &str) -> VerbResult<()> {
        self.writes(who, ago, body, Visibility::Internal)
    }

    fn writes(
        &mut self,
        who: &str,
        ago: Ago,
        body: &str,
        visibility: Visibility,
    ) -> VerbResult<()> {
        let (actor, at) = self.at(who, ago)?;
        let entry = PostEntry {
            body: text(body)?,
            visibility: Some(visibility),
            status: None,
            attachments: None,
            undoable: None,
        };
        post_on_case(self.stage.conn, &actor, &self.case, &entry, at).map(drop)
    }

    /// Staff record a call.
    pub fn calls(&mut self, who: &str, ago: Ago, with: &str, summary: &str) -> VerbResult<()> {
        let (actor, at) = self.at(who, ago)?;
        let communication = RecordCommunication {
            channel: Channel::Call,
            with: text(with)?,
            at: at - TimeDelta::minutes(10),
            summary: text(summary)?,
        };
        record_communication(self.stage.conn, &actor, &self.case, &communication, at).map(drop)
    }

    /// Somebody follows a feed, or mutes it.
    pub fn stands(&mut self, who: &str, ago: Ago, feed: Feed, stance: Stance) -> VerbResult<()> {
        let (actor, at) = self.at(who, ago)?;
        let choice = ChooseFollowing {
            case_feed: (feed == Feed::Case).then_some(stance),
            escalation_feed: (feed == Feed::Escalation).then_some(stance),
        };
        choose_following(self.stage.conn, &actor, &self.case, &choice, at).map(drop)
    }

    /// Somebody reads both feeds.
    pub fn reads(&mut self, who: &str, ago: Ago) -> VerbResult<()> {
        let (actor, at) = self.at(who, ago)?;
        mark_read(self.stage.conn, &actor, &self.case, None, at).map(drop)
    }

    /// Staff promise something; `due` is that much before now, or after it if negative.
    pub fn promises(&mut self, who: &str, ago: Ago, what: &str, due: Ago) -> VerbResult<()> {
        let (actor, at) = self.at(who, ago)?;
        let promising = self.promising(what, &actor.name, due)?;
        promise_on_case(self.stage.conn, &actor, &self.case, &promising, at).map(drop)
    }

    /// Staff have done what was promised.
    pub fn keeps(&mut self, who: &str, ago: Ago, what: &str) -> VerbResult<()> {
        let (actor, at) = self.at(who, ago)?;
        let CaseRef::Id(case) = self.case else {
            return Err(Rejection::NotFound.into());
        };
        let steps = promises::of_case(self.stage.conn, case)?;
        let step = steps
            .iter()
            .find(|step| step.what == what)
            .ok_or(Rejection::NotFound)?;
        settle(
            self.stage.conn,
            &actor,
            step.id,
            None,
            &SettleStep {
                state: Patch::Set(StepState::Done),
                due_at: Patch::Keep,
                reason: Patch::Keep,
            },
            at,
        )
        .map(drop)
    }

    fn promising(&self, what: &str, who: &str, due: Ago) -> VerbResult<PromiseStep> {
        Ok(PromiseStep {
            what: text(what)?,
            who: text(who)?,
            due_at: self.stage.now - due,
        })
    }

    /// A contact asks for medium priority.
    pub fn asks_for_medium(&mut self, who: &str, ago: Ago, note: &str) -> VerbResult<()> {
        let (actor, at) = self.at(who, ago)?;
        let wish = RequestPriority {
            priority: Priority::Medium,
            note: text(note)?,
        };
        request_priority(self.stage.conn, &actor, &self.case, &wish, at).map(drop)
    }

    /// Somebody asks for a root cause analysis.
    pub fn asks_for_analysis(&mut self, who: &str, ago: Ago, note: &str) -> VerbResult<()> {
        let (actor, at) = self.at(who, ago)?;
        let wish = RequestAnalysis {
            note: Some(text(note)?),
        };
        request_analysis(self.stage.conn, &actor, &self.case, &wish, at).map(drop)
    }

    /// Staff deliver it.
    pub fn delivers_analysis(&mut self, who: &str, ago: Ago, body: &str) -> VerbResult<()> {
        let (actor, at) = self.at(who, ago)?;
        let analysis = DeliverAnalysis {
            body: text(body)?,
            attachments: None,
        };
        deliver_analysis(self.stage.conn, &actor, &self.case, &analysis, at).map(drop)
    }

    /// Somebody closes the case.
    pub fn closes(&mut self, who: &str, ago: Ago, note: &str) -> VerbResult<()> {
        let (actor, at) = self.at(who, ago)?;
        let close = CloseCase {
            note: Some(text(note)?),
            next_steps: None,
        };
        close_case::close(self.stage.conn, &actor, &self.case, None, &close, at).map(drop)
    }

    /// Somebody opens it again.
    pub fn reopens(&mut self, who: &str, ago: Ago, note: &str) -> VerbResult<()> {
        let (actor, at) = self.at(who, ago)?;
        let reopen = ReopenCase { note: text(note)? };
        close_case::reopen(self.stage.conn, &actor, &self.case, None, &reopen, at).map(drop)
    }

    /// A contact escalates the case, and acknowledges what is to be acknowledged.
    pub fn escalates(
        &mut self,
        who: &str,
        ago: Ago,
        reason: &str,
        answers: Value,
        details: &str,
    ) -> VerbResult<()> {
        let (actor, at) = self.at(who, ago)?;
        let conn = &mut *self.stage.conn;
        let assessed = assess(conn, &actor, &self.case, Some(reason), Some(at), at)?;
        let acknowledged = assessed
            .iter()
            .flat_map(|assessment| assessment.to_acknowledge());
        let submit = SubmitEscalation {
            reason: reason.to_owned(),
            details: text(details)?,
            answers: match answers {
                Value::Object(answers) => Some(answers),
                _ => None,
            },
            acknowledgements: Some(acknowledged.map(|finding| finding.code).collect()),
        };
        let submitted = submit_escalation(conn, &actor, &self.case, &submit, at)?;
        self.escalation = Some(EscalationRef::Id(submitted.escalation.id));
        Ok(())
    }

    /// An owner takes the escalation for review.
    pub fn claims(&mut self, who: &str, ago: Ago) -> VerbResult<()> {
        self.verb(who, ago, |verb, conn| verb.claim(conn).map(drop))
    }

    /// Its owner accepts it. Steps are what is done, by whom, and when it is due as in [`Self::promises`].
    pub fn accepts(
        &mut self,
        who: &str,
        ago: Ago,
        (importance, urgency): (Level, Level),
        reply: &str,
        steps: &[(&str, &str, Ago)],
    ) -> VerbResult<()> {
        let next_steps: VerbResult<Vec<_>> = steps
            .iter()
            .map(|(what, by, due)| self.promising(what, by, *due))
            .collect();
        let accept = AcceptEscalation {
            importance,
            urgency,
            reply: text(reply)?,
            next_steps: next_steps?,
        };
        self.verb(who, ago, |verb, conn| verb.accept(conn, &accept).map(drop))
    }

    /// Does something else on the escalation.
    pub fn verb(
        &mut self,
        who: &str,
        ago: Ago,
        act: impl FnOnce(&Verb<'_>, &mut Conn) -> VerbResult<()>,
    ) -> VerbResult<()> {
        let (actor, now) = self.at(who, ago)?;
        let escalation = self.escalation.ok_or(Rejection::NotFound)?;
        let verb = Verb {
            actor: &actor,
            escalation: &escalation,
            expected: None,
            now,
        };
        act(&verb, self.stage.conn)
    }

    /// Somebody writes in the escalation's feed.
    pub fn writes_on_escalation(&mut self, who: &str, ago: Ago, body: &str) -> VerbResult<()> {
        let (actor, at) = self.at(who, ago)?;
        let escalation = self.escalation.ok_or(Rejection::NotFound)?;
        let entry = PostOnEscalation {
            body: text(body)?,
            visibility: None,
            awaits_reply: None,
            attachments: None,
            undoable: None,
        };
        post_on_escalation(self.stage.conn, &actor, &escalation, &entry, at).map(drop)
    }

    /// Somebody asks to be called within a time that begins and ends so far from now.
    pub fn asks_for_a_call(
        &mut self,
        who: &str,
        ago: Ago,
        phone: &str,
        (begins, ends): (TimeDelta, TimeDelta),
    ) -> VerbResult<()> {
        let (actor, at) = self.at(who, ago)?;
        let escalation = self.escalation.ok_or(Rejection::NotFound)?;
        let from_now = |time: TimeDelta| Spoken::At((self.stage.now + time).fixed_offset());
        let asking = AskCallback {
            phone: text(phone)?,
            window: CallWindow {
                from: from_now(begins),
                until: from_now(ends),
                time_zone: Tz::Europe__Lisbon,
            },
            note: None,
        };
        callback::ask(self.stage.conn, &actor, &escalation, &asking, at).map(drop)
    }

    fn at(&self, who: &str, ago: Ago) -> VerbResult<(Actor, Instant)> {
        Ok((self.stage.actor(who)?, self.stage.now - ago))
    }
}
