//! What the queries of the desk cost without HTTP: each is asked of a desk that `benches/load` fills, one after the other on one
//! connection, as ratios to the cheapest of them.
//!
//! `cargo bench --bench queries` fills 10,000 cases, or as many as `CASEBELL_BENCH_CASES` says, on SQLite; with `-- postgresql` behind it
//! on a PostgreSQL of this run, or on the server that `CASEBELL_BENCH_DATABASE_URL` names.

use std::future::Future;
use std::time::{Duration, Instant as Stopwatch};

use casebell::clock::Clock;
use casebell::db::{Conn, Db};
use casebell::domain::Instant;
use casebell::domain::case::Status;
use casebell::domain::ids::CaseRef;
use casebell::domain::order::{Sort, Window};
use casebell::store::cases::{self, CaseFilter, CaseOrder, CaseView};
use casebell::store::escalations::{self, EscalationFilter, EscalationOrder};
use casebell::store::feeds::{self, FeedOf};
use casebell::store::radar::RadarFilter;
use casebell::workflow::assess::assess;
use casebell::workflow::{Actor, VerbResult, home, radar, search};
use chrono::TimeDelta;

mod installation;

#[allow(dead_code)]
#[path = "load/arguments.rs"]
mod arguments;
#[allow(dead_code)]
#[path = "load/cluster.rs"]
mod cluster;
#[allow(dead_code)]
#[path = "load/desk.rs"]
mod desk;
#[allow(dead_code)]
#[path = "load/escalated.rs"]
mod escalated;
#[allow(dead_code)]
#[path = "load/world.rs"]
mod world;

use cluster::Cluster;
use desk::Desk;
use world::{STAFF, contact, number};

/// How many cases there are, if nothing else is said.
const CASES: usize = 10_000;
/// How long each is asked for.
const EACH: Duration = Duration::from_secs(1);
/// How many a page of a list has.
const PAGE: i64 = 25;

fn main() {
    let cases = std::env::var("CASEBELL_BENCH_CASES").map_or(CASES, |cases| {
        cases.parse().expect("CASEBELL_BENCH_CASES: a number")
    });
    let on_server = std::env::args().any(|word| word == "postgresql");
    println!("this takes about a minute, besides filling {cases} cases");
    let folder = std::env::temp_dir();
    let cluster = on_server.then(|| Cluster::at_hand(&folder));
    let database = cluster.as_ref().map(Cluster::database);
    let desk = Desk::filled(&folder, cases, database.as_ref());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(measure(&desk));
}

/// Whoever asks, and what for.
#[derive(Clone)]
struct Asking {
    eve: Actor,
    dana: Actor,
    case: CaseRef,
    rare: String,
    now: Instant,
}

async fn measure(desk: &Desk) {
    let db = Db::open_as_it_is(&desk.location()).expect("the desk's database");
    let now = Clock::System.now();
    let plan = desk.world.plan(desk.world.shown());
    let shown = number(desk.world.shown());
    let rare = format!("number {}", desk.world.recorded() / 3);
    let asking = db.read(move |conn: &mut Conn| -> VerbResult<Asking> {
        Ok(Asking {
            eve: escalated::actor(conn, STAFF, now)?,
            dana: escalated::actor(conn, &contact(plan.organization), now)?,
            case: shown.parse().expect("a number"),
            rare: rare.clone(),
            now,
        })
    });
    let asking = asking.await.expect("everybody is there");
    let mut cheapest = f64::NAN;
    let mut tells = |what: &str, took: f64| {
        cheapest = cheapest.min(took);
        println!("{what:<44} {took:>9.3} ms  {:>8.1}", took / cheapest);
    };
    macro_rules! measured {
        ($($what:literal: |$conn:ident, $asking:ident| $work:expr;)+) => {$(
            let asked = took(|| {
                let $asking = asking.clone();
                db.read(move |$conn: &mut Conn| -> VerbResult<()> {
                    let $asking = &$asking;
                    let _ = std::hint::black_box($work);
                    Ok(())
                })
            });
            tells($what, asked.await);
        )+};
    }
    measured! {
        "case: one by its number": |conn, asking| one(conn, asking)?;
        "case: may it be escalated, all reasons": |conn, asking| assess(conn, &asking.dana, &asking.case, None, None, asking.now)?;
        "cases: the newest": |conn, asking| listed(conn, &asking.eve, &CaseFilter::default(), CaseOrder::OpenedAt)?;
        "cases: those that changed last": |conn, asking| listed(conn, &asking.eve, &CaseFilter::default(), CaseOrder::UpdatedAt)?;
        "cases: those that wait for the customer": |conn, asking| listed(conn, &asking.eve, &waiting(), CaseOrder::OpenedAt)?;
        "cases: the most urgent that are open": |conn, asking| listed(conn, &asking.eve, &open(), CaseOrder::Priority)?;
        "cases: the most urgent, by a contact": |conn, asking| listed(conn, &asking.dana, &open(), CaseOrder::Priority)?;
        "cases: the farthest that are open": |conn, asking| listed(conn, &asking.eve, &open(), CaseOrder::Status)?;
        "cases: of one customer, by its contact": |conn, asking| listed(conn, &asking.dana, &CaseFilter::default(), CaseOrder::OpenedAt)?;
        "cases: counted up to a thousand": |conn, asking| cases::count(conn, asking.eve.reach(), &waiting(), 1_000)?;
        "search: a word": |conn, asking| listed(conn, &asking.eve, &words(&asking.eve, "drop"), CaseOrder::OpenedAt)?;
        "search: a rare one": |conn, asking| listed(conn, &asking.eve, &words(&asking.eve, &asking.rare), CaseOrder::OpenedAt)?;
        "search: a rare one, by a contact": |conn, asking| listed(conn, &asking.dana, &words(&asking.dana, &asking.rare), CaseOrder::OpenedAt)?;
        "search: of every kind": |conn, asking| search::look(conn, &asking.eve.access, "drop", 8, asking.now)?;
        "feed: the newest entries of a case": |conn, asking| entries(conn, asking)?;
        "escalations: the queue": |conn, asking| queue(conn, asking, EscalationOrder::Rank)?;
        "escalations: what is due next": |conn, asking| queue(conn, asking, EscalationOrder::DueAt)?;
        "radar: a day ahead": |conn, asking| radar::look(conn, asking.eve.reach(), &RadarFilter::default(), (asking.now, asking.now + TimeDelta::hours(24)))?;
        "home: of the staff": |conn, asking| home::look(conn, &asking.eve.access, asking.now)?;
        "home: of a contact": |conn, asking| home::look(conn, &asking.dana.access, asking.now)?;
    }
}

/// How many milliseconds it takes once.
async fn took<F: Future<Output = VerbResult<()>>>(ask: impl Fn() -> F) -> f64 {
    // What is prepared once is there before it is measured.
    ask().await.expect("an answer");
    let (begun, mut done) = (Stopwatch::now(), 0.0);
    while begun.elapsed() < EACH {
        ask().await.expect("an answer");
        done += 1.0;
    }
    begun.elapsed().as_secs_f64() * 1000.0 / done
}

fn one(conn: &mut Conn, asking: &Asking) -> VerbResult<Option<CaseView>> {
    Ok(cases::view(conn, asking.eve.reach(), &asking.case)?)
}

fn listed(
    conn: &mut Conn,
    actor: &Actor,
    filter: &CaseFilter,
    order: CaseOrder,
) -> VerbResult<usize> {
    let window = Window::first(Sort::descending(order), PAGE);
    Ok(cases::list(conn, actor.reach(), filter, &window)?.len())
}

fn waiting() -> CaseFilter {
    CaseFilter {
        status: vec![Status::AwaitingCustomer],
        ..CaseFilter::default()
    }
}

fn open() -> CaseFilter {
    let states = Status::ALL.iter().copied();
    CaseFilter {
        status: states.filter(|status| *status != Status::Closed).collect(),
        ..CaseFilter::default()
    }
}

fn words(actor: &Actor, words: &str) -> CaseFilter {
    CaseFilter::of_words(&actor.access, Some(words.to_owned()))
}

fn entries(conn: &mut Conn, asking: &Asking) -> VerbResult<usize> {
    let case = cases::id_of(conn, asking.eve.reach(), &asking.case)?;
    let feed = FeedOf::Case(case.expect("it is there"));
    Ok(feeds::list(conn, &asking.eve.access, &feed, None, PAGE)?.len())
}

fn queue(conn: &mut Conn, asking: &Asking, order: EscalationOrder) -> VerbResult<usize> {
    let window = Window::first(Sort::ascending(order), PAGE);
    let filter = (&EscalationFilter::default(), asking.now);
    Ok(escalations::list(conn, asking.eve.reach(), filter, &window)?.len())
}
