//! A provider and a customer with a few people, a case, a clock that stands, and a mail server in memory.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use chrono::TimeDelta;
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use secrecy::SecretString;
use serde_json::json;
use tempfile::TempDir;

use crate::clock::Clock;
use crate::config::SecretKey;
use crate::db::{Conn, Db, DbError, Failure, Location};
use crate::domain::Instant;
use crate::domain::access::{Access, Role};
use crate::domain::case::{BusinessImpact, Deployment, Priority};
use crate::domain::ids::{CaseId, CaseRef, EscalationId, EscalationRef, NextStepId, NoticeId};
use crate::domain::notice::NoticeState;
use crate::domain::organization::OrganizationKind;
use crate::domain::text::{EmailAddress, PersonName, Slug};
use crate::mail::message::Letter;
use crate::mail::render::Renderer;
use crate::mail::transport::{Memory, Transport};
use crate::mail::{Letterhead, Mailer};
use crate::store::grants::{self, Granted, Grantee};
use crate::store::notices::{self, Listed};
use crate::store::organizations::{self, NewOrganization};
use crate::store::people::{self, NewPerson};
use crate::store::rules;
use crate::words::Catalogue;
use crate::worker::{Housekeeping, Jobs, Outbox, Resets, Sending, Steps};
use crate::workflow::Actor;
use crate::workflow::feed::{self, PostEntry};
use crate::workflow::open_case::{OpenCase, open_case};
use crate::workflow::promise::{PromiseStep, promise_on_case};
use crate::workflow::review_escalation::Verb;
use crate::workflow::submit_escalation::{SubmitEscalation, submit_escalation};

pub(super) struct Desk {
    pub(super) db: Db,
    pub(super) clock: Clock,
    pub(super) memory: Memory,
    pub(super) outbox: Outbox,
    pub(super) dana: Actor,
    pub(super) sam: Actor,
    pub(super) olga: Actor,
    words: Catalogue,
    _data: TempDir,
}

type Story = Pin<Box<dyn Future<Output = ()>>>;

pub(super) fn on_each_database(story: impl Fn(Desk) -> Story) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    runtime.unwrap().block_on(async {
        story(Desk::open(|data| Location::Sqlite(data.path().join("casebell.db"))).await).await;
        if let Ok(url) = std::env::var("CASEBELL_TEST_POSTGRES_URL") {
            let name = format!("casebell_jobs_{:016x}", rand::random::<u64>());
            let run = |sql: String| {
                PgConnection::establish(&url)
                    .unwrap()
                    .batch_execute(&sql)
                    .unwrap()
            };
            run(format!("CREATE DATABASE {name}"));
            let mut own = url::Url::parse(&url).unwrap();
            own.set_path(&name);
            story(Desk::open(|_| Location::Postgres(SecretString::from(own.as_str()))).await).await;
            run(format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    });
}

impl Desk {
    async fn open(location: impl Fn(&TempDir) -> Location) -> Self {
        let data = tempfile::tempdir().unwrap();
        let db = Db::open(&location(&data)).unwrap();
        let clock = Clock::manual("2026-03-03T09:00:00Z".parse().unwrap());
        let words = Catalogue::load().unwrap();
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
            _data: data,
        }
    }

    /// Another process's worker on the same database and mail server.
    pub(super) fn another_outbox(&self) -> Outbox {
        outbox(&self.db, &self.memory, &self.words)
    }

    pub(super) fn jobs(&self) -> Jobs {
        Jobs::default()
            .with(Steps::new(self.db.clone()))
            .with(Resets::new(self.db.clone(), key()))
            .with(self.outbox.clone())
            .with(Housekeeping::new(self.db.clone()))
    }

    pub(super) fn now(&self) -> Instant {
        self.clock.now()
    }

    pub(super) async fn write<T, E, F>(&self, f: F) -> T
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

    pub(super) async fn step(&self) -> Sending {
        self.outbox.step(self.now()).await.unwrap()
    }

    /// Dana opens a case, of which Sam is told.
    pub(super) async fn opens_case(&self) -> CaseId {
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
        };
        self.write(move |conn| open_case(conn, &dana, &open, now))
            .await
    }

    /// `by` writes in the case feed.
    pub(super) async fn writes(
        &self,
        by: &Actor,
        case: CaseId,
        body: &str,
    ) -> crate::domain::ids::EntryId {
        let entry = PostEntry {
            body: body.parse().unwrap(),
            visibility: None,
        };
        let (by, now) = (by.clone(), self.now());
        self.write(move |conn| feed::post_on_case(conn, &by, &CaseRef::Id(case), &entry, now))
            .await
    }

    /// Dana escalates, a day after the opening.
    pub(super) async fn escalates(&self, case: CaseId) -> EscalationId {
        self.clock.advance(TimeDelta::days(1));
        let (dana, now) = (self.dana.clone(), self.now());
        let answers = json!({"business_impact": "Nobody can call.", "ongoing": true});
        let submit = SubmitEscalation {
            reason: "no_update".to_owned(),
            details: "We have had no news.".parse().unwrap(),
            answers: answers.as_object().cloned(),
            acknowledgements: Some(vec![crate::domain::eligibility::FindingCode::UnreadUpdate]),
        };
        self.write(move |conn| submit_escalation(conn, &dana, &CaseRef::Id(case), &submit, now))
            .await
    }

    pub(super) async fn claims(&self, escalation: EscalationId) {
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
    pub(super) async fn promises(&self, case: CaseId, due_at: Instant) -> NextStepId {
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
    pub(super) async fn notices(&self) -> Vec<Listed> {
        let mut all = self
            .write(|conn: &mut Conn| -> Result<_, DbError> {
                Ok(notices::list(
                    conn,
                    crate::domain::access::Reach::Everything,
                    notices::Filter::default(),
                    None,
                    10_000,
                )?)
            })
            .await;
        all.reverse();
        all
    }

    pub(super) async fn notice(&self, id: NoticeId) -> Listed {
        self.notices()
            .await
            .into_iter()
            .find(|notice| notice.id == id)
            .unwrap()
    }

    /// The states of all notices, the oldest first.
    pub(super) async fn states(&self) -> Vec<NoticeState> {
        self.notices()
            .await
            .into_iter()
            .map(|notice| notice.state)
            .collect()
    }

    /// Who was told of what since the last time, as "kind to name", in alphabetical order.
    pub(super) async fn told(&self, seen: &mut usize) -> Vec<String> {
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
pub(super) fn text(letter: &Letter) -> String {
    String::from_utf8(letter.bytes().to_vec()).unwrap()
}

fn outbox(db: &Db, memory: &Memory, words: &Catalogue) -> Outbox {
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
    Outbox::new(db.clone(), Arc::new(post), words.clone())
}

/// The key of this installation.
pub(super) fn key() -> SecretKey {
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
        crate::domain::access::Reach::Everything,
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
