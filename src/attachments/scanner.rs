//! A command of the installation's that looks at every file before it is kept.

use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

/// How many bytes of what a scanner prints are read.
const READ: u64 = 4096;
/// How many characters of it are told.
const TOLD: usize = 200;
/// How often it is looked whether it has ended.
const LOOKS: Duration = Duration::from_millis(10);
/// What it ends with that found something.
const FOUND: i32 = 1;

/// A command that is given the path of a file: it ends with 0 if nothing is wrong with it, and with 1 if something is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scanner {
    /// The program, and what comes before the path.
    pub command: Vec<String>,
    /// How long it may take.
    pub within: Duration,
}

/// What a scanner says of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing is wrong with it.
    Clean,
    /// Something is: what the scanner prints of it, without the file's path.
    Infected(String),
}

impl Scanner {
    /// Asks about a file, and waits for the answer.
    ///
    /// # Errors
    /// The system's own; [`io::ErrorKind::TimedOut`] if it takes too long, and [`io::ErrorKind::Other`] if it ends otherwise
    /// than it should.
    pub fn look_at(&self, path: &Path) -> io::Result<Verdict> {
        let [program, arguments @ ..] = self.command.as_slice() else {
            return Err(io::Error::other("no scanner is named"));
        };
        // A file, so that it never waits for somebody who reads.
        let mut printed = tempfile::tempfile()?;
        let mut child = Command::new(program)
            .args(arguments)
            .arg(path)
            // What this process was given, it was not given for others.
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .stdin(Stdio::null())
            .stdout(printed.try_clone()?)
            .stderr(printed.try_clone()?)
            .process_group(0)
            .spawn()?;
        let status = self.wait(&mut child)?;
        if status.success() {
            return Ok(Verdict::Clean);
        }
        let mut said = Vec::new();
        printed.seek(SeekFrom::Start(0))?;
        printed.take(READ).read_to_end(&mut said)?;
        let said = plain(&String::from_utf8_lossy(&said), path);
        match status.code() {
            Some(FOUND) => Ok(Verdict::Infected(said)),
            _ => Err(io::Error::other(format!("it ended with {status}: {said}"))),
        }
    }

    fn wait(&self, child: &mut Child) -> io::Result<ExitStatus> {
        let begun = Instant::now();
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(status);
            }
            if begun.elapsed() >= self.within {
                // With whatever it has started.
                let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
                child.wait()?;
                return Err(io::ErrorKind::TimedOut.into());
            }
            std::thread::sleep(LOOKS);
        }
    }
}

/// The first line that says something, without the path and without anything that is not seen.
fn plain(said: &str, path: &Path) -> String {
    let path = path.to_string_lossy();
    let lines = said.lines().map(|line| {
        let line = line.replace(&*path, "");
        let seen: String = line.chars().filter(|c| !c.is_control()).collect();
        seen.trim_start_matches([':', ' ']).trim().to_owned()
    });
    let first = lines.into_iter().find(|line| !line.is_empty());
    first.unwrap_or_default().chars().take(TOLD).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scanner(script: &str, within: Duration) -> Scanner {
        // The path is the script's first argument.
        let command = ["/bin/sh", "-c", script, "scanner"].map(str::to_owned);
        Scanner {
            command: command.into(),
            within,
        }
    }

    #[test]
    fn what_it_ends_with_is_what_it_says() {
        let path = Path::new("/some/where/file");
        let minute = Duration::from_secs(60);
        let says = |script: &str| scanner(script, minute).look_at(path);
        assert_eq!(says("exit 0").expect("an answer"), Verdict::Clean);
        let found = says("echo; echo \"$1: Eicar-Test FOUND\"; exit 1").expect("an answer");
        assert_eq!(found, Verdict::Infected("Eicar-Test FOUND".to_owned()));
        let failed = says("echo 'no database' >&2; exit 2").expect_err("no answer");
        assert!(failed.to_string().contains("no database"), "{failed}");
        assert!(says("kill -9 $$").is_err());
        let missing = Scanner {
            command: vec!["/no/such/scanner".to_owned()],
            within: minute,
        };
        assert!(missing.look_at(path).is_err());
    }

    #[test]
    fn it_is_not_waited_for_for_long() {
        let late = scanner("sleep 60 & wait", Duration::from_millis(50));
        let begun = Instant::now();
        let answer = late.look_at(Path::new("/file")).expect_err("no answer");
        assert_eq!(answer.kind(), io::ErrorKind::TimedOut);
        assert!(begun.elapsed() < Duration::from_secs(30));
    }
}
