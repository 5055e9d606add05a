//! What a desk takes, beside what the machine can do: one command that fills a database, serves it, drives it, and prints each
//! figure beside that of a bare server whose answer has the same size, of the disk, or of PostgreSQL's own measure, of the same run.
//!
//! ```sh
//! cargo bench --bench load                                                   # SQLite, 10,000 cases
//! cargo bench --bench load -- --database sqlite,postgresql --cases 10000 --seconds 5
//! cargo bench --bench load -- --growth --database postgresql                 # 10,000, 100,000 and a million, side by side
//! cargo bench --bench load -- --database postgresql --processes 1,2,4        # and several processes behind HAProxy
//! cargo bench --bench load -- --growth --estimate                            # how long that would take
//! ```
//!
//! It drives the desk with `wrk`, which it installs from Debian's packages if it is missing and may. PostgreSQL is started for the
//! run from Debian's packages, waiting for the disk as any other does; `CASEBELL_BENCH_DATABASE_URL` may name a server instead, on
//! which whoever it names may create databases. `--folder` says which disk is meant, and `--markdown` writes the tables to a file.

use std::fmt::Write as _;

use clap::Parser as _;

#[path = "../installation/mod.rs"]
mod installation;

mod arguments;
mod cluster;
mod desk;
mod drive;
mod escalated;
mod machine;
mod measure;
mod processes;
mod report;
mod world;

use arguments::{Arguments, Kind};
use cluster::Cluster;
use desk::Desk;
use report::{Row, grouped};

fn main() {
    if let Ok(bytes) = std::env::var(machine::BARE) {
        return machine::serve_bare(bytes.parse().expect("a number of bytes"));
    }
    let arguments = Arguments::parse();
    let minutes = (arguments.takes().as_secs_f64() / 60.0).ceil();
    println!("this takes about {minutes:.0} minutes on two processors, most of it for filling");
    if arguments.estimate {
        return;
    }
    drive::have("wrk", "-v", "wrk");
    let folder = arguments.folder.clone();
    let folder = folder.unwrap_or_else(std::env::temp_dir);
    if machine::is_in_memory(&folder) {
        println!(
            "{} is kept in memory: what is written says nothing about a disk; name another by --folder",
            folder.display()
        );
    }
    let mut told = format!("{}.\n", machine::described());
    let is_any_postgresql =
        arguments.database.contains(&Kind::Postgresql) || !arguments.processes().is_empty();
    let cluster = is_any_postgresql.then(|| Cluster::at_hand(&folder));
    if !arguments.only_processes {
        for kind in &arguments.database {
            let cluster = cluster.as_ref().filter(|_| *kind == Kind::Postgresql);
            let mut sizes: Vec<(usize, Vec<Row>)> = Vec::new();
            for cases in arguments.sizes() {
                println!("{}, {cases} cases", kind.name());
                let database = cluster.map(Cluster::database);
                let desk = Desk::filled(&folder, cases, database.as_ref());
                if arguments.verify {
                    println!("{}", desk.verified());
                }
                let rows = measure::rows(&desk, cluster, &folder, arguments.each());
                let title = format!("{}, {} cases", kind.name(), grouped(cases as f64));
                tells(&mut told, &title, &report::table(cases, &rows));
                sizes.push((cases, rows));
            }
            let growth = report::growth(&sizes);
            if !growth.is_empty() {
                let title = format!("{}, how the cost grows", kind.name());
                tells(&mut told, &title, &growth);
            }
        }
    }
    if let (Some(cluster), Some(cases), false) = (
        &cluster,
        arguments.sizes().first(),
        arguments.processes().is_empty(),
    ) {
        println!("PostgreSQL, {cases} cases, for several processes");
        let database = cluster.database();
        let desk = Desk::filled(&folder, *cases, Some(&database));
        let table = processes::table(&desk, &arguments.processes(), arguments.each());
        let title = format!(
            "PostgreSQL, {} cases, several processes behind HAProxy",
            grouped(*cases as f64)
        );
        tells(&mut told, &title, &table);
    }
    if let Some(path) = &arguments.markdown {
        std::fs::write(path, told).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        println!("written to {}", path.display());
    }
}

/// Prints a table, and keeps it for the file.
fn tells(told: &mut String, title: &str, table: &str) {
    println!("\n{title}\n\n{table}");
    // Writing to a string does not fail.
    let _ = write!(told, "\n### {title}\n\n{table}");
}
