//! A desk without a server: a few people, a clock that stands, the jobs as they are stepped, and a mail server in memory.

use std::sync::{Arc, OnceLock};

use casebell::clock::Clock;
use casebell::config::SecretKey;
use casebell::db::{Conn, Db, DbError, Failure};
use casebell::domain::Instant;
use casebell::domain::access::{Access, Role};
use casebell::domain::case::{BusinessImpact, Deployment, Priority};
use casebell::domain::ids::{CaseId, CaseRef, EscalationId, EscalationRef, NextStepId, NoticeId};
use casebell::domain::notice::NoticeState;
use casebell::domain::order::{Sort, Window};
use casebell::domain::organization::OrganizationKind;
use casebell::domain::text::{EmailAddress, PersonName, Slug};
use casebell::mail::message::Letter;
use casebell::mail::render::Renderer;
use casebell::mail::transport::{Memory, Transport};
use casebell::mail::{Letterhead, Mailer};
use casebell::store::grants::{self, Granted, Grantee};
use casebell::store::notices::{self, Listed, NoticeOrder};
use casebell::store::organizations::{self, NewOrganization};
use casebell::store::people::{self, NewPerson};
use casebell::store::rules;
use casebell::words::Languages;
use casebell::worker::{Housekeeping, Jobs, Outbox, Resets, Sending, Steps};
use casebell::workflow::Actor;
use casebell::workflow::feed::{self, PostEntry};
use casebell::workflow::open_case::{OpenCase, open_case};
use casebell::workflow::promise::{PromiseStep, promise_on_case};
use casebell::workflow::review_escalation::Verb;
use casebell::workflow::submit_escalation::{SubmitEscalation, submit_escalation};
use chrono::TimeDelta;
use secrecy::SecretString;
use serde_json::json;

use super::database::{Backend, TestDatabase};
use super::desk::runtime;

/// The desk, what its jobs send, and those who act.
pub struct JobDesk {
    pub db: Db,
    pub clock: Clock,
    pub memory: Memory,
    pub outbox: Outbox,
    pub dana: Actor,
    pub sam: Actor,
    pub olga: Actor,
    words: Languages,
    database: TestDatabase,
}

impl JobDesk {
    /// Runs a story with one; nothing where there is no such database.
    pub fn for_story<F: Future<Output = ()>>(backend: Backend, story: impl FnOnce(Self) -> F) {
        if !backend.is_available() {
            return;
        }
        let database = TestDatabase::with_schema(backend);
        runtime().block_on(async {
            story(Self::open(database).await).await;
        });
    }

    async fn open(database: TestDatabase) -> Self {
        let db = Db::open(&database.location).unwrap();
        let clock = Clock::manual("2026-03-03T09:00:00Z".parse().unwrap());
        let words = Languages::load().unwrap();
        let memory = Memory::default();
        let now = clock.now();
        let (dana, sam, olga) = db
            .write(move |conn: &mut Conn| -> Result<_, DbError> {
                let provider = ("northstar", "Northstar Support", OrganizationKind::Provider);
                let acme = ("acme", "ACME Contact Centers", OrganizationKind::Customer);
                rules::install_reasons(conn)?;
                Ok((
                    person(conn, acme, ("Dana", "Cole"), Role::DesignatedContact, now)?,
                    person(conn, provider, ("Sam", "Reed"), Role::SupportEngineer, now)?,
                    person(
                        conn,
                        provider,
                        ("Olga", "Marin"),
                        Role::EscalationOwner,
                        now,
                    )?,
                ))
            })
            .await
            .unwrap();
        let outbox = outbox(&db, &memory, &words);
        Self {
            db,
            clock,
            memory,
            outbox,
            dana,
            sam,
            olga,
            words,
            database,
        }
    }

    /// Another process on the same database.
    pub fn another_process(&self) -> Db {
        Db::open(&self.database.location).unwrap()
    }

    /// Its database, which other processes can use at the same time if it is on a server.
    pub fn database(&self) -> &TestDatabase {
        &self.database
    }

    /// Whether several write at the same time.
    pub fn is_shared(&self) -> bool {
        self.database.on_server().is_some()
    }

    /// Everybody goes home; the database stays.
    pub fn closes(self) -> TestDatabase {
        self.database
    }

    /// Another process's worker on the same database and mail server.
    pub fn another_outbox(&self) -> Outbox {
        outbox(&self.db, &self.memory, &self.words)
    }

    pub fn jobs(&self) -> Jobs {
        Jobs::default()
            .with(Steps::new(self.db.clone()))
            .with(Resets::new(self.db.clone(), key()))
            .with(self.outbox.clone())
            .with(Housekeeping::new(self.db.clone()))
    }

    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    pub async fn write<T, E, F>(&self, f: F) -> T
    where
        F: Fn(&mut Conn) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Failure + std::fmt::Debug,
    {
        self.db
            .write(f)
            .await
            .unwrap_or_else(|error| panic!("{error:?}"))
    }

    pub async fn step(&self) -> Sending {
        self.outbox.step(self.now()).await.unwrap()
    }

    /// Dana opens a case, of which Sam is told.
    pub async fn opens_case(&self) -> CaseId {
        let (dana, now) = (self.dana.clone(), self.now());
        let open = OpenCase {
            subject: "Agents lose audio".parse().unwrap(),
            description: "One-way RTP.".parse().unwrap(),
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
        };
        self.write(move |conn| open_case(conn, &dana, &open, now))
            .await
            .id
    }

    /// `by` writes in the case feed.
    pub async fn writes(
        &self,
        by: &Actor,
        case: CaseId,
        body: &str,
    ) -> casebell::domain::ids::EntryId {
        let entry = PostEntry {
            body: body.parse().unwrap(),
            visibility: None,
            status: None,
            attachments: None,
            undoable: None,
        };
        let (by, now) = (by.clone(), self.now());
        self.write(move |conn| feed::post_on_case(conn, &by, &CaseRef::Id(case), &entry, now))
            .await
            .entry
            .id
    }

    /// Dana escalates, a day after the opening.
    pub async fn escalates(&self, case: CaseId) -> EscalationId {
        self.clock.advance(TimeDelta::days(1));
        let (dana, now) = (self.dana.clone(), self.now());
        let answers = json!({"business_impact": "Nobody can call.", "ongoing": true});
        let submit = SubmitEscalation {
            reason: "no_update".to_owned(),
            details: "We have had no news.".parse().unwrap(),
            answers: answers.as_object().cloned(),
            acknowledgements: Some(vec![
                casebell::domain::eligibility::FindingCode::UnreadUpdate,
            ]),
        };
        self.write(move |conn| submit_escalation(conn, &dana, &CaseRef::Id(case), &submit, now))
            .await
            .escalation
            .id
    }

    pub async fn claims(&self, escalation: EscalationId) {
        let (olga, now) = (self.olga.clone(), self.now());
        self.write(move |conn| {
            let reference = EscalationRef::Id(escalation);
            Verb {
                actor: &olga,
                escalation: &reference,
                expected: None,
                now,
            }
            .claim(conn)
        })
        .await;
    }

    /// Sam promises something on the case.
    pub async fn promises(&self, case: CaseId, due_at: Instant) -> NextStepId {
        let (sam, now) = (self.sam.clone(), self.now());
        let promising = PromiseStep {
            what: "Capture analysed".parse().unwrap(),
            who: "Sam Reed".parse().unwrap(),
            due_at,
        };
        self.write(move |conn| promise_on_case(conn, &sam, &CaseRef::Id(case), &promising, now))
            .await
    }

    /// Every notice there is, the oldest first.
    pub async fn notices(&self) -> Vec<Listed> {
        let mut all = self
            .write(|conn: &mut Conn| -> Result<_, DbError> {
                Ok(notices::list(
                    conn,
                    casebell::domain::access::Reach::Everything,
                    notices::Filter::default(),
                    &Window::first(Sort::descending(NoticeOrder::CreatedAt), 10_000),
                )?)
            })
            .await;
        all.reverse();
        all
    }

    pub async fn notice(&self, id: NoticeId) -> Listed {
        self.notices()
            .await
            .into_iter()
            .find(|notice| notice.id == id)
            .unwrap()
    }

    /// The states of all notices, the oldest first.
    pub async fn states(&self) -> Vec<NoticeState> {
        self.notices()
            .await
            .into_iter()
            .map(|notice| notice.state)
            .collect()
    }

    /// Who was told of what since the last time, as "kind to name", in alphabetical order.
    pub async fn told(&self, seen: &mut usize) -> Vec<String> {
        let all = self.notices().await;
        let new = all[*seen..]
            .iter()
            .map(|one| format!("{} to {}", one.kind, one.name.split(' ').next().unwrap()));
        let mut new: Vec<String> = new.collect();
        new.sort();
        *seen = all.len();
        new
    }
}

/// A letter as text.
pub fn text(letter: &Letter) -> String {
    String::from_utf8(letter.bytes().to_vec()).unwrap()
}

fn outbox(db: &Db, memory: &Memory, words: &Languages) -> Outbox {
    let letterhead = Letterhead {
        from: "Northstar Support <support@northstar.example>"
            .parse()
            .unwrap(),
        public_url: "https://desk.northstar.example:8443".to_owned(),
        support_phone: None,
        key: key(),
    };
    // Checked once for all of them.
    static RENDERER: OnceLock<Renderer> = OnceLock::new();
    let renderer = RENDERER.get_or_init(|| Renderer::load(words, None).unwrap());
    let post = Mailer::new(
        letterhead,
        renderer.clone(),
        Transport::Memory(memory.clone()),
    );
    Outbox::new(db.clone(), Arc::new(post), words.english().clone())
}

/// The key of this installation.
pub fn key() -> SecretKey {
    SecretKey::from_text(&SecretString::from("the key of this installation"))
}

fn person(
    conn: &mut Conn,
    (slug, name, kind): (&str, &str, OrganizationKind),
    (first, last): (&str, &str),
    role: Role,
    now: Instant,
) -> Result<Actor, DbError> {
    let slug = Slug::parse(slug).unwrap();
    let found = organizations::by_slug(
        conn,
        casebell::domain::access::Reach::Everything,
        slug.as_str(),
    )?;
    let organization = match found {
        Some(found) => found.id,
        None => organizations::insert(
            conn,
            &NewOrganization {
                slug: &slug,
                name,
                kind,
                region: "eu",
                time_zone: "Europe/Berlin",
            },
            now,
        )?,
    };
    let new = NewPerson {
        organization,
        email: &EmailAddress::parse(&format!("{first}@{slug}.example")).unwrap(),
        first_name: &PersonName::parse(first).unwrap(),
        last_name: &PersonName::parse(last).unwrap(),
        time_zone: None,
        language: None,
        password_hash: None,
        verified: true,
    };
    let id = people::insert(conn, &new, now)?;
    let (to, given) = (Grantee::Person(id), Granted::Predefined(role));
    grants::give(conn, to, organization, given, None, None, now)?;
    Ok(Actor {
        access: Access::of_roles(id, organization, kind.side(), [role]),
        name: format!("{first} {last}"),
    })
}
