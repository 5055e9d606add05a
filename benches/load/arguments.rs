//! What is asked of a run, and how long it will take.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};

/// The sizes that are put side by side to see how the cost grows.
const GROWTH: [usize; 3] = [10_000, 100_000, 1_000_000];
/// How long something is asked for before it counts: each connection to a database prepares each statement once.
pub const WARMING: Duration = Duration::from_secs(1);
/// Fewer cases have too few that can be escalated.
const FEWEST: u64 = 1_000;

/// Fills a desk, serves it, drives it, and prints what it does beside what the machine can do.
///
/// Give arguments behind two dashes, such as
/// `cargo bench --bench load -- --cases 10000 --database sqlite,postgresql --seconds 5`.
#[derive(Clone, Debug, Parser)]
#[command(name = "load")]
pub struct Arguments {
    /// How many cases the desk has; of several sizes each is measured, and all are put side by side.
    #[arg(long, value_delimiter = ',', default_value = "10000", value_parser = clap::value_parser!(u64).range(FEWEST..))]
    cases: Vec<u64>,
    /// The same as `--cases 10000,100000,1000000`.
    #[arg(long, conflicts_with = "cases")]
    growth: bool,
    /// Which databases.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "sqlite")]
    pub database: Vec<Kind>,
    /// How long each thing is asked for.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// Besides, the throughput of so many processes over one PostgreSQL behind HAProxy, such as `1,2,4`, with the first of the
    /// sizes.
    #[arg(long, value_delimiter = ',', value_parser = clap::value_parser!(u64).range(1..=64))]
    processes: Vec<u64>,
    /// Only the processes of `--processes`.
    #[arg(long, requires = "processes")]
    pub only_processes: bool,
    /// Where data folders and PostgreSQL's cluster are made: on the disk that is to be measured. The system's temporary folder
    /// if left out.
    #[arg(long)]
    pub folder: Option<PathBuf>,
    /// Writes the tables to this file too, as Markdown.
    #[arg(long)]
    pub markdown: Option<PathBuf>,
    /// Has `casebell audit verify` look at each desk that was filled.
    #[arg(long)]
    pub verify: bool,
    /// Says how long it would take, and does nothing.
    #[arg(long)]
    pub estimate: bool,
    /// What cargo gives to every bench.
    #[arg(long = "bench", hide = true)]
    _bench: bool,
}

/// A database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// The embedded one.
    Sqlite,
    /// The server.
    Postgresql,
}

impl Kind {
    /// What people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgresql => "PostgreSQL",
        }
    }

    /// What holds for this one.
    pub fn of<T>(self, sqlite: T, postgresql: T) -> T {
        match self {
            Self::Sqlite => sqlite,
            Self::Postgresql => postgresql,
        }
    }
}

impl Arguments {
    /// The sizes, as they were given.
    pub fn sizes(&self) -> Vec<usize> {
        match self.growth {
            true => GROWTH.to_vec(),
            false => self.cases.iter().map(|cases| count(*cases)).collect(),
        }
    }

    /// How many processes are put behind the balancer, one number after the other.
    pub fn processes(&self) -> Vec<usize> {
        self.processes.iter().map(|number| count(*number)).collect()
    }

    /// How long each thing is asked for.
    pub fn each(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    /// About how long it takes, on two processors that server, database and loader share.
    pub fn takes(&self) -> Duration {
        let mut seconds = 0.0;
        if !self.only_processes {
            for kind in &self.database {
                for cases in self.sizes() {
                    seconds += filling(*kind, cases) + self.measuring();
                }
            }
        }
        if let (false, Some(cases)) = (self.processes.is_empty(), self.sizes().first()) {
            let each = self.each().as_secs_f64();
            seconds += filling(Kind::Postgresql, *cases);
            seconds += self.processes.len() as f64 * (4.0 * (each + WARMING.as_secs_f64()) + 8.0);
        }
        Duration::from_secs_f64(seconds)
    }

    /// Each row is asked for, and before it for what does not count; reads are asked of a bare server too.
    fn measuring(&self) -> f64 {
        let each = self.each().as_secs_f64();
        let asked = each + WARMING.as_secs_f64();
        let without_http = 7.0 * (each / 2.0 + WARMING.as_secs_f64()) + 4.0;
        6.0 * 2.0 * asked + 6.0 * asked + without_http + 3.0 * each / 2.0 + each / 2.0 + 40.0
    }
}

/// About how many seconds it takes to fill a desk, at half the rates that are to be reached.
fn filling(kind: Kind, cases: usize) -> f64 {
    let cases = cases as f64;
    let entries = 4.0 * cases / kind.of(10_000.0, 2_500.0);
    let told = 9.0 * cases / 100.0 / kind.of(700.0, 200.0);
    let written_and_tidied = cases / kind.of(50_000.0, 15_000.0);
    entries + told + written_and_tidied + 25.0
}

fn count(number: u64) -> usize {
    usize::try_from(number).expect("a number of this machine")
}
