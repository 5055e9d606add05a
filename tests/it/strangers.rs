//! Strangers: programs made by people who know nothing but the published document.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use reqwest::Method;

use crate::support::database::on_both_databases;
use crate::support::process::Process;
use crate::support::terminal::{Prepared, Program, Terminal};
use crate::support::{go_without, on_path};

on_both_databases! { Prepared:
    a_generated_client_tells_the_main_story,
    generated_requests_find_nothing,
}

/// Where `.ci/run` puts the programs that are made for others' documents; they may also be in `PATH`.
const INSTALLED: &str = "target/strangers/bin";
/// A designated contact, an escalation owner and an administrator of the demonstration, and who only looks.
const DANA: &str = "dana.cole@acme.example";
const OLGA: &str = "olga.marin@northstar.example";
const ADA: &str = "ada.frost@northstar.example";
const VIC: &str = "vic.stone@acme.example";
/// What would end the visit of whoever sends it, or never ends itself.
const LEFT_OUT: &str =
    "live$|^/sessions|^/tokens|^/users|^/me/(password|second-factor)|^/developer/provisioning";

/// A program of those that were installed for this.
fn program(name: &str) -> Option<PathBuf> {
    let installed = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(INSTALLED)
        .join(name);
    match installed.is_file() {
        true => Some(installed),
        false => on_path(&[name]),
    }
}

fn equipped(name: &str) -> Option<PathBuf> {
    let found = program(name);
    if found.is_none() {
        go_without(name, "see .ci/run for how it is installed");
    }
    found
}

#[track_caller]
fn succeeds(what: &str, output: &Output) {
    assert!(
        output.status.success(),
        "{what}:\n{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

fn api(server: &Process) -> String {
    format!("{}/api/v1", server.origin)
}

/// Raised, assessed, submitted, claimed, accepted with a next step, answered and closed, by a client that a generator made of
/// the document.
async fn a_generated_client_tells_the_main_story(terminal: Terminal) {
    let (Some(generator), Some(python)) = (equipped("openapi-python-client"), equipped("python3"))
    else {
        return;
    };
    let server = terminal.demonstrates();
    let visitor = Program::new(&server, &terminal.token(DANA));
    let document = visitor.asks(Method::GET, "/openapi.json", None).await;
    let document = terminal.file("openapi.json", &document.text);
    let folder = terminal.file("client", "");
    std::fs::remove_file(&folder).expect("it was made");
    std::fs::create_dir(&folder).expect("a folder");
    let generated = Command::new(generator)
        .args(["generate", "--meta", "none", "--overwrite", "--path"])
        .arg(&document)
        .arg("--output-path")
        .arg(folder.join("casebell_client"))
        .output()
        .expect("it runs");
    succeeds("the client is generated", &generated);
    let story = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/strangers/main_story.py");
    let told = Command::new(python)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .arg(story)
        .arg(&folder)
        .arg(api(&server))
        .args([DANA, OLGA, ADA].map(|email| terminal.token(email)))
        .output()
        .expect("it runs");
    succeeds("the main story", &told);
}

/// No request that somebody makes of the document is answered with a fault of the server, or with what the document does not
/// say.
async fn generated_requests_find_nothing(terminal: Terminal) {
    let Some(schemathesis) = equipped("schemathesis") else {
        return;
    };
    let server = terminal.demonstrates();
    for email in [ADA, DANA, VIC] {
        let found = Command::new(&schemathesis)
            .current_dir(terminal.folder())
            .args([
                "run",
                &format!("{}/openapi.json", api(&server)),
                "--url",
                &api(&server),
            ])
            .args([
                "-H",
                &format!("Authorization: Bearer {}", terminal.token(email)),
            ])
            .args(["--phases", "examples,fuzzing", "--max-examples", "1"])
            .args([
                "--workers",
                "2",
                "--max-time",
                "10",
                "--generation-deterministic",
            ])
            .args(["--exclude-path-regex", LEFT_OUT, "--no-color"])
            // What is lawful by its form may be refused for what it says: there is no such case, the date has passed. What is
            // empty in a query asks for nothing, as a form sends it.
            .args([
                "--exclude-checks",
                "positive_data_acceptance,negative_data_rejection",
            ])
            .output()
            .expect("it runs");
        succeeds(email, &found);
    }
}
