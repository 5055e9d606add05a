//! The rows of the table, of one desk.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use casebell::clock::Clock;
use casebell::db::{Conn, Db, DbError, steadily};
use casebell::domain::Instant as At;
use casebell::domain::access::Reach;
use casebell::domain::feed::{Feed, Visibility};
use casebell::domain::ids::{CaseNumber, CaseRef};
use casebell::domain::order::{Sort, Window};
use casebell::store::cases::{self, CaseFilter, CaseOrder};
use casebell::store::organizations;
use casebell::workflow::assess::assess;
use casebell::workflow::feed::{Posting, post_on_case};
use casebell::workflow::open_case::open_case;
use casebell::workflow::submit_escalation::submit_escalation;
use casebell::workflow::{Actor, VerbResult};
use chrono::TimeDelta;
use serde_json::json;

use crate::arguments::{Kind, WARMING};
use crate::cluster::Cluster;
use crate::desk::Desk;
use crate::drive::{Asked, Driven, Once, send_each};
use crate::escalated::{actor, entry, submission, urgent, wish};
use crate::installation::Server;
use crate::machine::{Bare, syncs};
use crate::report::{Goal, Row, Unit};
use crate::world::{STAFF, contact, number};

/// How many ask at once where nothing else is said.
pub const CONNECTIONS: usize = 16;
/// On how many cases entries are written in turn.
const WRITTEN_ON: usize = 500;
/// How many cases are kept for the escalations with a commit each and for those without HTTP, at the most, and how many can be escalated
/// besides.
const ALONE: usize = 200;
const WITHOUT_HTTP: usize = 800;
const ESCALATED: usize = 60_000;
/// What an author's entry can be taken back within, as a server has it that is not told otherwise.
const UNDO: TimeDelta = TimeDelta::seconds(60);

/// What stands beside the desk's figures, of the same run.
struct Beside {
    fdatasync: Option<f64>,
    pgbench: Option<(f64, f64)>,
}

impl Beside {
    /// What a write is compared with: the disk, or what PostgreSQL itself makes of it.
    fn of_writes(&self, kind: Kind) -> Option<(&'static str, f64)> {
        match kind {
            Kind::Sqlite => self.fdatasync.map(|rate| ("fdatasync", rate)),
            Kind::Postgresql => self.pgbench.map(|(_, rate)| ("pgbench -N", rate)),
        }
    }
}

/// Measures all of them.
pub fn rows(desk: &Desk, cluster: Option<&Cluster>, folder: &Path, each: Duration) -> Vec<Row> {
    let kind = desk.kind;
    let is_own_disk = cluster.is_none_or(|cluster| cluster.is_own);
    let beside = Beside {
        fdatasync: is_own_disk.then(|| syncs(folder, each / 2)),
        pgbench: cluster.and_then(|cluster| cluster.pgbench(each.as_secs())),
    };
    let searched = searches(desk, each / 2);
    let (server, start) = started(desk);
    server.settles();
    let idle = server.memory();
    let mut rows = reads(desk, &server, &beside, each);
    rows.extend(writes(desk, &server, &beside, each));
    let loaded = server.memory();
    server.settles();
    drop(server);
    let limits = without_http(desk, (&rows, &searched), &beside, each / 2);
    rows.extend(limits);
    rows.extend(alone(desk, &beside, each / 2));
    let import = Row::new(
        "import, entries with their cases",
        desk.imported,
        Unit::ASecond,
    );
    rows.push(import.reaching(Goal::AtLeast(kind.of(20_000.0, 5_000.0))));
    let start = Row::new("start", start, Unit::Milliseconds);
    rows.push(start.reaching(Goal::AtMost(100.0)));
    let idle = Row::new("memory, idle", idle, Unit::Mebibytes);
    rows.push(idle.reaching(Goal::AtMost(40.0)));
    let loaded = Row::new("memory, loaded", loaded, Unit::Mebibytes);
    rows.push(loaded.reaching(Goal::AtMost(80.0)));
    if let Some(rate) = beside.fdatasync {
        rows.push(Row::new("the disk: fdatasync", rate, Unit::ASecond));
    }
    if let Some((selects, updates)) = beside.pgbench {
        rows.push(Row::new("PostgreSQL: pgbench -S", selects, Unit::ASecond));
        rows.push(Row::new("PostgreSQL: pgbench -N", updates, Unit::ASecond));
    }
    rows
}

/// The subject of what is opened: none of its words is searched for, so that a search finds the same behind it as before.
const OPENED: &str = "Telephones stay silent";

/// The server, and in how many milliseconds one of them started: of three the one in the middle.
fn started(desk: &Desk) -> (Server, f64) {
    let mut took: Vec<f64> = (0..2)
        .map(|_| desk.installation.serve().started.as_secs_f64())
        .collect();
    let server = desk.installation.serve();
    took.push(server.started.as_secs_f64());
    took.sort_unstable_by(f64::total_cmp);
    (server, took[1] * 1000.0)
}

fn reads(desk: &Desk, server: &Server, beside: &Beside, each: Duration) -> Vec<Row> {
    let kind = desk.kind;
    let shown = number(desk.world.shown());
    let api = format!("{}/api/v1", server.origin);
    let rare = desk.world.recorded() / 3;
    let page = format!("cookie: {}", desk.cookie);
    let staff = desk.of_staff();
    let asked = [
        (
            "one case by API",
            format!("{api}/cases/{shown}"),
            &staff,
            Goal::Ratio(kind.of(0.50, 0.12)),
        ),
        (
            "list of 25",
            format!("{api}/cases"),
            &staff,
            Goal::Ratio(kind.of(0.20, 0.08)),
        ),
        (
            "case page, HTML",
            format!("{}/cases/{shown}", server.origin),
            &page,
            Goal::Ratio(kind.of(0.12, 0.04)),
        ),
        (
            "eligibility",
            format!("{api}/cases/{shown}/eligibility"),
            &staff,
            Goal::Ratio(kind.of(0.25, 0.08)),
        ),
        (
            "search, a word",
            format!("{api}/cases?q=drop"),
            &staff,
            Goal::RatioAtAMillion(0.05),
        ),
        (
            "search, a rare one",
            format!("{api}/cases?q=number%20{rare}"),
            &staff,
            Goal::RatioAtAMillion(0.05),
        ),
    ];
    let mut rows = Vec::new();
    for (what, address, header, goal) in asked {
        let asked = Asked::get(address, header, each);
        let size = asked.size();
        let bare = Bare::with(size);
        let driven = asked.rate(CONNECTIONS);
        let bares = Asked::get(bare.origin.clone(), "x-nobody: 1", each).rate(CONNECTIONS);
        println!("  {what}: {size} bytes an answer");
        rows.push(
            row(what, driven)
                .beside("bare actix", bares.rate)
                .reaching(goal),
        );
    }
    // The same figure beside what the server can do at the most.
    if let (Some((selects, _)), Some(one)) = (beside.pgbench, rows.first()) {
        let same = Row::new("one case, of pgbench -S", one.figure, Unit::ASecond);
        let same = same
            .beside("pgbench -S", selects)
            .reaching(Goal::Ratio(0.45));
        rows.insert(1, same);
    }
    rows
}

fn row(what: impl Into<String>, driven: Driven) -> Row {
    Row {
        p99: Some(driven.p99),
        ..Row::new(what, driven.rate, Unit::ASecond)
    }
}

fn writes(desk: &Desk, server: &Server, beside: &Beside, each: Duration) -> Vec<Row> {
    let kind = desk.kind;
    let compared = |row: Row| match beside.of_writes(kind) {
        Some((name, rate)) => row.beside(name, rate),
        None => row,
    };
    let mut rows = Vec::new();
    let body = json!({ "body": "We have found the cause, and restart the service tonight." });
    let body = body.to_string();
    let feed = |n: usize| format!("/api/v1/cases/{}/feed", number(n));
    let paths: Vec<String> = (desk.world.written_on(WRITTEN_ON).into_iter())
        .map(feed)
        .collect();
    for clients in [1, CONNECTIONS, 64] {
        let asked = Asked::post(&server.origin, &paths, &desk.of_staff(), &body, each);
        let row = compared(row(entries(clients), asked.rate(clients)));
        rows.push(match clients {
            CONNECTIONS => row.reaching(Goal::Ratio(0.5)),
            _ => row,
        });
    }
    let one = [feed(desk.world.shown())];
    let asked = Asked::post(&server.origin, &one, &desk.of_staff(), &body, each);
    let what = format!("feed entry, all {CONNECTIONS} on one case");
    rows.push(compared(row(what, asked.rate(CONNECTIONS))));

    let open = json!({
        "subject": OPENED, "description": "They do.", "priority": "high", "deployment": "cloud",
        "business_impact": "significant",
    });
    let paths = ["/api/v1/cases".to_owned()];
    let who = format!("authorization: Bearer {}", desk.contacts[0]);
    let asked = Asked::post(&server.origin, &paths, &who, &open.to_string(), each);
    server.settles();
    let what = format!("open a case, {CONNECTIONS} clients");
    rows.push(compared(row(what, asked.rate(CONNECTIONS))).reaching(Goal::Ratio(0.4)));

    let requests: Vec<Once> = (eligible(desk).over_http.iter())
        .map(|(n, organization)| Once {
            path: format!("/api/v1/cases/{}/escalations", number(*n)),
            token: desk.contacts[*organization].clone(),
        })
        .collect();
    let address = server.origin.trim_start_matches("http://");
    // What those before tell by mail is sent.
    server.settles();
    let driven = send_each(address, &requests, &wish().to_string(), CONNECTIONS, each);
    let what = format!("escalation, {CONNECTIONS} clients");
    rows.push(compared(row(what, driven)).reaching(Goal::Ratio(0.4)));
    let slow = Row::new("escalation, p99", driven.p99, Unit::Milliseconds);
    rows.push(slow.reaching(Goal::AtMost(kind.of(15.0, 60.0))));
    rows
}

/// The cases that can be escalated, each for one way: its number, and the organization that asks.
struct Eligible {
    alone: Vec<(usize, usize)>,
    without_http: Vec<(usize, usize)>,
    over_http: Vec<(usize, usize)>,
}

fn eligible(desk: &Desk) -> Eligible {
    let mut all = desk.world.eligible(ALONE + WITHOUT_HTTP + ESCALATED);
    let few = all.len() / 4;
    let mut without_http = all.split_off(few.min(ALONE));
    let over_http = without_http.split_off(few.min(WITHOUT_HTTP));
    Eligible {
        alone: all,
        without_http,
        over_http,
    }
}

fn entries(clients: usize) -> String {
    match clients {
        1 => "feed entry, 1 client".to_owned(),
        _ => format!("feed entry, {clients} clients"),
    }
}

/// Searches without HTTP, on the desk as it was filled: what is opened later has none of these words, and would be passed by.
fn searches(desk: &Desk, each: Duration) -> [(&'static str, f64); 2] {
    let (everything, time) = (Reach::Everything, Until::Over(each));
    let rare = format!("number {}", desk.world.recorded() / 3);
    runtime().block_on(async {
        let db = Db::open_as_it_is(&desk.location()).expect("the desk's database");
        let finds = |words: String| {
            move |db: Db, _| {
                let filter = CaseFilter {
                    words: Some(words.clone()),
                    feeds: Feed::ALL.to_vec(),
                    visibilities: vec![Visibility::Public, Visibility::Internal],
                    ..CaseFilter::default()
                };
                let newest = Window::first(Sort::descending(CaseOrder::OpenedAt), 26);
                async move {
                    let found = db.read(move |conn: &mut Conn| -> Result<_, DbError> {
                        Ok(cases::list(conn, everything, &filter, &newest)?)
                    });
                    found.await.expect("the desk is searched");
                }
            }
        };
        [
            (
                "search, a word",
                together(&db, time, finds("drop".to_owned())).await,
            ),
            ("search, a rare one", together(&db, time, finds(rare)).await),
        ]
    })
}

fn runtime() -> tokio::runtime::Runtime {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime")
}

/// What there would be if nothing stood between the framework and the rows: the same work without HTTP, by as many as ask otherwise, and
/// nobody who mails what is told. Whatever serves it by this framework takes as long as the two of them together.
fn without_http(
    desk: &Desk,
    (served, searched): (&[Row], &[(&str, f64)]),
    beside: &Beside,
    each: Duration,
) -> Vec<Row> {
    let shown = case(desk.world.shown());
    let written: Vec<CaseRef> = (desk.world.written_on(WRITTEN_ON).into_iter())
        .map(case)
        .collect();
    let rates = runtime().block_on(async {
        let db = Db::open_as_it_is(&desk.location()).expect("the desk's database");
        let (dana, eve) = db
            .read(|conn: &mut Conn| cast(conn))
            .await
            .expect("they are there");
        let everything = Reach::Everything;
        let look = move |db: Db, _| async move {
            let one = db.read_one(move |conn: &mut Conn| -> Result<_, DbError> {
                Ok(cases::view(conn, everything, &shown)?)
            });
            one.await.expect("the case is read").expect("it is there");
        };
        let list = move |db: Db, _| async move {
            let newest = Window::first(Sort::descending(CaseOrder::OpenedAt), 26);
            let page = db.read_one(move |conn: &mut Conn| -> Result<_, DbError> {
                Ok(cases::list(
                    conn,
                    everything,
                    &CaseFilter::default(),
                    &newest,
                )?)
            });
            page.await.expect("the list is read");
        };
        let reader = eve.clone();
        let posts = move |db: Db, n: usize| {
            let (eve, case) = (eve.clone(), written[n % written.len()]);
            async move {
                let posted = db.write(move |conn: &mut Conn| {
                    let said = entry("We have found the cause, and restart the service tonight.");
                    let posting = Posting {
                        now: Clock::System.now(),
                        undo: UNDO,
                    };
                    steadily(conn, |conn| post_on_case(conn, &eve, &case, &said, posting))
                });
                posted.await.expect("the entry is written");
            }
        };
        let opens = move |db: Db, _| {
            let dana = dana.clone();
            async move {
                let opened = db.write(move |conn: &mut Conn| {
                    let now = Clock::System.now();
                    steadily(conn, |conn| open_case(conn, &dana, &urgent(OPENED), now))
                });
                opened.await.expect("the case is opened");
            }
        };
        let eligible = Arc::new(eligible(desk).without_http);
        // One on which nobody has written meanwhile.
        let asked = case(eligible.first().map_or(desk.world.shown(), |(n, _)| *n));
        let assesses = move |db: Db, _| {
            let eve = reader.clone();
            async move {
                let assessed = db.read(move |conn: &mut Conn| {
                    assess(conn, &eve, &asked, None, None, Clock::System.now())
                });
                assessed.await.expect("the case is assessed");
            }
        };
        let many = eligible.len();
        let escalates = move |db: Db, n: usize| {
            let (at, organization) = eligible[n];
            async move {
                let escalated = db.write(move |conn: &mut Conn| {
                    let now = Clock::System.now();
                    let dana = actor(conn, &contact(organization), now)?;
                    submit_escalation(conn, &dana, &case(at), &submission(), now)
                });
                escalated.await.expect("the case is escalated");
            }
        };
        let time = Until::Over(each);
        [
            ("one case by API", together(&db, time, look).await),
            ("list of 25", together(&db, time, list).await),
            ("eligibility", together(&db, time, assesses).await),
            ("feed entry", together(&db, time, posts).await),
            ("open a case", together(&db, time, opens).await),
            (
                "escalation",
                together(&db, Until::Done(many), escalates).await,
            ),
        ]
    });
    let (reads, writes) = rates.split_at(3);
    let rates = [reads, searched, writes].into_iter().flatten();
    let rows = rates.map(|&(what, rate)| {
        let bare = served.iter().find(|row| row.what == what);
        let bare = bare.and_then(|row| row.beside);
        match (bare, beside.of_writes(desk.kind)) {
            (Some((name, bare)), _) => {
                let both = 1.0 / (1.0 / bare + 1.0 / rate);
                Row::new(format!("limit: {what}"), both, Unit::ASecond).beside(name, bare)
            }
            (None, Some((name, compared))) => {
                Row::new(format!("limit: {what}"), rate, Unit::ASecond).beside(name, compared)
            }
            (None, None) => Row::new(format!("limit: {what}"), rate, Unit::ASecond),
        }
    });
    rows.collect()
}

/// The contact who opens cases and the engineer who writes on them.
fn cast(conn: &mut Conn) -> VerbResult<(Actor, Actor)> {
    let now = Clock::System.now();
    // Where nobody has ever read, those who write remember nothing.
    organizations::provider(conn).map_err(DbError::from)?;
    Ok((actor(conn, &contact(0), now)?, actor(conn, STAFF, now)?))
}

/// When enough was done.
#[derive(Clone, Copy)]
enum Until {
    /// After this time, behind [`WARMING`].
    Over(Duration),
    /// Of so many, all.
    Done(usize),
}

/// How often a second it is done by [`CONNECTIONS`] at once.
async fn together<F, Fut>(db: &Db, until: Until, work: F) -> f64
where
    F: Fn(Db, usize) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = ()> + Send,
{
    let (begun, next) = (Instant::now(), Arc::new(AtomicUsize::new(0)));
    let (warming, within, most) = match until {
        Until::Over(within) => (WARMING, within, usize::MAX),
        Until::Done(most) => (Duration::ZERO, Duration::MAX, most),
    };
    let workers: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let (db, work, next) = (db.clone(), work.clone(), Arc::clone(&next));
            tokio::spawn(async move {
                let mut counted = 0;
                while begun.elapsed() < warming.saturating_add(within) {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= most {
                        break;
                    }
                    work(db.clone(), n).await;
                    counted += usize::from(begun.elapsed() >= warming);
                }
                counted
            })
        })
        .collect();
    let mut done = 0;
    for worker in workers {
        done += worker.await.expect("no panic");
    }
    done as f64 / (begun.elapsed() - warming).as_secs_f64()
}

/// The same writes without group commit: the verbs themselves, without HTTP, each in a transaction of its own, one after the other.
fn alone(desk: &Desk, beside: &Beside, within: Duration) -> Vec<Row> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build();
    let rates = runtime.expect("a runtime").block_on(async {
        let db = Db::open_as_it_is(&desk.location()).expect("the desk's database");
        // Where nobody has ever read, those who write remember nothing.
        let read = db.read(|conn: &mut Conn| Ok::<_, DbError>(organizations::provider(conn)?));
        read.await.expect("the desk can be read");
        let written = desk.world.written_on(WRITTEN_ON);
        let entries = again(&db, within, usize::MAX, move |conn, n, now| {
            let eve = actor(conn, STAFF, now)?;
            let case = case(written[n % written.len()]);
            let said = entry("We have found the cause, and restart the service tonight.");
            post_on_case(conn, &eve, &case, &said, Posting { now, undo: UNDO }).map(drop)
        });
        let entries = entries.await;
        let opened = again(&db, within, usize::MAX, |conn, _, now| {
            let dana = actor(conn, &contact(0), now)?;
            open_case(conn, &dana, &urgent(OPENED), now).map(drop)
        });
        let opened = opened.await;
        let eligible = eligible(desk).alone;
        let escalated = again(&db, within, eligible.len(), move |conn, n, now| {
            let (at, organization) = eligible[n];
            let dana = actor(conn, &contact(organization), now)?;
            submit_escalation(conn, &dana, &case(at), &submission(), now).map(drop)
        });
        [
            ("feed entry", entries),
            ("open a case", opened),
            ("escalation", escalated.await),
        ]
    });
    let rows = rates.into_iter().map(|(what, rate)| {
        let row = Row::new(format!("{what}, a commit each"), rate, Unit::ASecond);
        match beside.fdatasync {
            Some(rate) => row.beside("fdatasync", rate),
            None => row,
        }
    });
    rows.collect()
}

fn case(n: usize) -> CaseRef {
    let number: CaseNumber = number(n).parse().expect("a number");
    CaseRef::Number(number)
}

/// How often a second a verb is done, with a number that counts up, until there are no more or the time is over.
async fn again(
    db: &Db,
    within: Duration,
    most: usize,
    verb: impl Fn(&mut Conn, usize, At) -> VerbResult<()> + Send + Sync + 'static,
) -> f64 {
    let verb = std::sync::Arc::new(verb);
    let begun = Instant::now();
    let mut done = 0;
    while done < most && begun.elapsed() < within {
        let (verb, n) = (std::sync::Arc::clone(&verb), done);
        let now = Clock::System.now();
        let written = db.write(move |conn: &mut Conn| verb(conn, n, now));
        written.await.expect("the verb is done");
        done += 1;
    }
    done as f64 / begun.elapsed().as_secs_f64()
}
