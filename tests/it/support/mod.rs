//! What the stories stand on: real databases, a real mail server, a real browser, and people who talk.

pub mod answer;
pub mod at_end;
pub mod authority;
pub mod browser;
pub mod database;
pub mod desk;
pub mod devtools;
pub mod effort;
pub mod engine;
pub mod fixtures;
pub mod folders;
pub mod form;
pub mod installation;
pub mod invariants;
pub mod job_desk;
pub mod mail_desk;
pub mod mailbox;
pub mod markup;
pub mod paired;
pub mod person;
pub mod postgres;
pub mod process;
pub mod process_guard;
pub mod proxy;
pub mod scripted;
pub mod servers;
pub mod serving;
pub mod session;
pub mod smtp;
pub mod statements;
pub mod stopwatch;
pub mod storage;
pub mod stream;
pub mod terminal;
pub mod timing;
pub mod waiting;

use std::io::Write;

/// Says something on the standard error of the test run itself, which a passing test cannot hide.
pub fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Whether a missing piece of equipment must fail the run instead of shortening it.
pub fn everything_is_required() -> bool {
    std::env::var_os("CI")
        .is_some_and(|value| !value.is_empty() && value != "0" && value != "false")
}

/// Reports that `what` cannot be tested here and why; fails where everything is required.
pub fn go_without(what: &str, why: &str) {
    let text = format!("NOT RUN: {what}: {why}");
    assert!(
        !everything_is_required(),
        "{text} (and CI is set, so nothing may be left out)"
    );
    say(&format!("\n=== {text} ===\n"));
}

/// The program of a server, which need not be in `PATH`; without it `stories` are not told.
pub fn server_program(name: &str, stories: &str) -> Option<std::path::PathBuf> {
    let found = ["/usr/sbin", "/usr/bin"]
        .into_iter()
        .map(|folder| std::path::Path::new(folder).join(name))
        .find(|path| path.exists());
    if found.is_none() {
        go_without(stories, &format!("install {name}"));
    }
    found
}

/// The first of these programs that is in `PATH`.
pub fn on_path(names: &[&str]) -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<std::path::PathBuf> = std::env::split_paths(&path).collect();
    names.iter().find_map(|name| {
        folders
            .iter()
            .map(|folder| folder.join(name))
            .find(|file| file.is_file())
    })
}
