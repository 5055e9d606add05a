//! Escalations of the past, told by the verbs that people use, at instants that lie before now: so feeds, targets, marks and
//! audited events hang together. What people were told of them was sent long ago.

use std::sync::Arc;

use casebell::db::schema::{notices, undoable_entries};
use casebell::db::{Conn, Db, Location};
use casebell::domain::Instant;
use casebell::domain::case::{BusinessImpact, Deployment, Priority, Status, StepState};
use casebell::domain::eligibility::FindingCode;
use casebell::domain::escalation::Level;
use casebell::domain::ids::{CaseRef, EscalationRef};
use casebell::domain::text::EmailAddress;
use casebell::input::Patch;
use casebell::store::{access, people, promises};
use casebell::worker::Linking;
use casebell::workflow::close_case::{self, CloseCase};
use casebell::workflow::feed::{PostEntry, PostOnEscalation, post_on_case, post_on_escalation};
use casebell::workflow::open_case::{OpenCase, open_case};
use casebell::workflow::promise::{EndStep, PromiseStep};
use casebell::workflow::review_escalation::{
    AcceptEscalation, CloseEscalation, DeclineEscalation, Verb, WithdrawEscalation,
};
use casebell::workflow::submit_escalation::{SubmitEscalation, submit_escalation};
use casebell::workflow::update_case::{UpdateCase, update_case};
use casebell::workflow::{Actor, VerbResult};
use chrono::TimeDelta;
use diesel::RunQueryDsl;
use serde_json::{Value, json};

use crate::world::{ASKING, ENGINEERS, OWNERS, World, contact, engineer, line, owner};

/// How many are told in one transaction.
const BATCH: usize = 50;
/// At the most so many are active in the end, on a desk of any size.
const ACTIVE: usize = 200;

/// Tells all of them.
pub fn tell(location: &Location, world: &World) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(async {
        let db = Db::open(location)
            .expect("the desk's database")
            .without_limits();
        let now = casebell::clock::Clock::System.now();
        let cast = db.read(move |conn| Cast::called(conn, now)).await;
        let cast = Arc::new(cast.expect("everybody is there"));
        for begin in (0..world.escalated()).step_by(BATCH) {
            let (cast, world) = (Arc::clone(&cast), world.clone());
            let told = db.write(move |conn: &mut Conn| -> VerbResult<()> {
                let end = world.escalated().min(begin + BATCH);
                for n in begin..end {
                    story(conn, &cast, &world, n, now)?;
                }
                diesel::delete(notices::table).execute(conn)?;
                diesel::delete(undoable_entries::table).execute(conn)?;
                Ok(())
            });
            told.await.expect("every story can be told");
        }
        Linking::new(db).rest().await.expect("sealed");
    });
}

/// Who acts.
struct Cast {
    contacts: Vec<Actor>,
    engineers: Vec<Actor>,
    owners: Vec<Actor>,
}

impl Cast {
    fn called(conn: &mut Conn, now: Instant) -> VerbResult<Self> {
        let mut all = |count: usize, email: fn(usize) -> String| {
            (0..count)
                .map(|n| actor(conn, &email(n), now))
                .collect::<VerbResult<Vec<_>>>()
        };
        Ok(Self {
            contacts: all(ASKING, contact)?,
            engineers: all(ENGINEERS, engineer)?,
            owners: all(OWNERS, owner)?,
        })
    }
}

/// Somebody, by their address.
pub fn actor(conn: &mut Conn, email: &str, now: Instant) -> VerbResult<Actor> {
    let address: EmailAddress = email.parse().expect("an address");
    let person = people::by_email(conn, &address)?.expect("somebody who was imported");
    Ok(Actor {
        access: access::of_person(conn, &person, now)?,
        name: person.name(),
    })
}

/// A case that can be escalated a day after support has written on it.
pub fn urgent(subject: &str) -> OpenCase {
    OpenCase {
        subject: subject.parse().expect("a subject"),
        description: "They do, on every second trunk, and customers hear nothing."
            .parse()
            .expect("a text"),
        priority: Priority::High,
        deployment: Deployment::Cloud,
        business_impact: BusinessImpact::Significant,
        product: None,
        line_of_business: None,
        organization: None,
        contact: None,
        channel: None,
        external_id: None,
        attachments: None,
    }
}

/// An entry for everybody.
pub fn entry(body: &str) -> PostEntry {
    PostEntry {
        body: body.parse().expect("a text"),
        visibility: None,
        status: None,
        attachments: None,
        undoable: None,
    }
}

/// What is said when a case is escalated, as the API takes it.
pub fn wish() -> Value {
    json!({
        "reason": "no_update", "details": "Nobody has written for a month.",
        "acknowledgements": ["unread_update"],
        "answers": { "business_impact": "Orders stand still", "ongoing": true },
    })
}

/// The same as a verb takes it.
pub fn submission() -> SubmitEscalation {
    SubmitEscalation {
        reason: "no_update".to_owned(),
        details: "Nobody has written for a month.".parse().expect("a text"),
        answers: wish()["answers"].as_object().cloned(),
        acknowledgements: Some(vec![FindingCode::UnreadUpdate]),
    }
}

/// How a story ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ends {
    Submitted,
    InReview,
    Accepted,
    Declined,
    Withdrawn,
    Closed,
}

/// The `n`th one.
fn story(conn: &mut Conn, cast: &Cast, world: &World, n: usize, now: Instant) -> VerbResult<()> {
    let all = world.escalated();
    let active = ACTIVE.min(all / 10);
    let is_active = n + active >= all;
    let ends = match (is_active, n % 10) {
        (true, 0..4) => Ends::Submitted,
        (true, 4..7) => Ends::InReview,
        (true, _) => Ends::Accepted,
        (false, 0..2) => Ends::Declined,
        (false, 2) => Ends::Withdrawn,
        (false, _) => Ends::Closed,
    };
    let minutes = |count: i64| TimeDelta::minutes(count);
    let at = match is_active {
        true => now - minutes(70 + i64::try_from(n % 110).expect("small")),
        false => world.at(n, all),
    };
    let contact = &cast.contacts[n % cast.contacts.len()];
    let engineer = &cast.engineers[n % cast.engineers.len()];
    let owner = &cast.owners[n % cast.owners.len()];

    let opened = at - minutes(30 * 60);
    let subject = format!("Nobody can call, escalated {n}");
    let id = open_case(conn, contact, &urgent(&subject), opened)?.id;
    let case = CaseRef::Id(id);
    let taken = UpdateCase {
        status: Patch::Set(Status::InProgress),
        owner: Patch::Set(Some(engineer.id().to_string())),
        line_of_business: Patch::Set(line(n).to_owned()),
        ..UpdateCase::default()
    };
    update_case(conn, engineer, &case, None, &taken, opened + minutes(60))?;
    let looking = entry("We look into the routing table, and compare it with another region.");
    post_on_case(conn, engineer, &case, &looking, opened + minutes(120))?;
    let waiting = entry("Thank you. About forty people cannot work until then.");
    post_on_case(conn, contact, &case, &waiting, opened + minutes(180))?;

    let submitted = submit_escalation(conn, contact, &case, &submission(), at)?;
    let escalation = EscalationRef::Id(submitted.escalation.id);
    let by = |actor, after: i64| Verb {
        actor,
        escalation: &escalation,
        expected: None,
        now: at + minutes(after),
    };
    match ends {
        Ends::Submitted => return Ok(()),
        Ends::Withdrawn => {
            let note = "It works again.".parse().expect("a text");
            let withdraw = WithdrawEscalation { note: Some(note) };
            return by(contact, 40).withdraw(conn, &withdraw).map(drop);
        }
        _ => by(owner, 20).claim(conn).map(drop)?,
    }
    match ends {
        Ends::InReview => return Ok(()),
        Ends::Declined => {
            let reply = "We have written to you yesterday; please read that first.";
            let decline = DeclineEscalation {
                reasons: vec![FindingCode::RecentlyUpdated],
                reply: Some(reply.parse().expect("a text")),
            };
            return by(owner, 50).decline(conn, &decline).map(drop);
        }
        _ => {}
    }
    let levels = [Level::Low, Level::Medium, Level::High];
    let accept = AcceptEscalation {
        importance: levels[n % 3],
        urgency: levels[n / 3 % 3],
        reply: "I have taken this over, and write again this afternoon."
            .parse()
            .expect("a text"),
        next_steps: vec![PromiseStep {
            what: "Line redirected to the agents".parse().expect("a title"),
            who: engineer.name.parse().expect("a name"),
            due_at: at + minutes(26 * 60),
        }],
    };
    by(owner, 60).accept(conn, &accept)?;
    if ends == Ends::Accepted {
        return Ok(());
    }
    let news = PostOnEscalation {
        body: "Callers have reached your agents since noon."
            .parse()
            .expect("a text"),
        visibility: None,
        awaits_reply: None,
        attachments: None,
        undoable: None,
    };
    post_on_escalation(conn, owner, &escalation, &news, at + minutes(180))?;
    let steps = promises::of_case(conn, id)?;
    let close = CloseEscalation {
        outcome: "Resolved".parse().expect("a title"),
        summary: "An import had restored the old table. It is corrected."
            .parse()
            .expect("a text"),
        rater: None,
        next_steps: Some(
            steps
                .iter()
                .map(|step| EndStep {
                    step: step.id,
                    state: StepState::Done,
                })
                .collect(),
        ),
    };
    by(owner, 25 * 60).close(conn, &close)?;
    let thanks = CloseCase {
        note: Some("Done, thank you.".parse().expect("a text")),
        next_steps: None,
    };
    close_case::close(conn, contact, &case, None, &thanks, at + minutes(30 * 60)).map(drop)
}
