//! What is printed when a run is over, in whichever way.

use std::io::Write;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

/// A script of the shell that reads lines for as long as this process runs, and then prints.
pub struct AtEnd {
    script: &'static str,
    reading: OnceLock<Option<Mutex<ChildStdin>>>,
}

impl AtEnd {
    /// One that has read nothing yet, and prints nothing unless it is told something.
    pub const fn new(script: &'static str) -> Self {
        Self {
            script,
            reading: OnceLock::new(),
        }
    }

    /// Gives it a line to read. Without a shell, the stories have told what they had to tell.
    pub fn tell(&self, line: &str) {
        let reading = self.reading.get_or_init(|| {
            let mut command = Command::new("sh");
            command.args(["-c", self.script]).stdin(Stdio::piped());
            command.spawn().ok()?.stdin.map(Mutex::new)
        });
        if let Some(reading) = reading {
            let mut reading = reading.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = writeln!(reading, "{line}");
        }
    }
}
