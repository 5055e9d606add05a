//! Processes that cannot outlive the test binary, whichever way it ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// How long a process may take for what it usually does in a moment.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// How often it is looked whether a process has ended.
const PAUSE: Duration = Duration::from_millis(5);

/// Runs the command, which prints its process id before anything else, and waits for the guard (standard input) to say how it shall end. The
/// kernel closes the guard's pipe when the test binary dies, even if it is killed: `read` then fails and the default holds.
const WRAPPER: &str = r#"
default=$1 remove=$2
shift 2
exec 3<&0 </dev/null
sh -c 'echo "$$"; exec "$@"' sh "$@" 3<&- 2>&1 &
pid=$!
exec >&- 2>/dev/null
read -r signal <&3 || signal=$default
kill -s "$signal" "$pid" 2>/dev/null
wait "$pid"
status=$?
if [ -n "$remove" ]; then
  # A browser may outlive the driver that has started it.
  for one in $(grep -alsF -- "--user-data-dir=$remove/" /proc/[0-9]*/cmdline); do
    one=${one#/proc/}
    kill -s KILL "${one%/cmdline}" 2>/dev/null
  done
  rm -rf -- "$remove"
fi
exit "$status"
"#;

/// A child process under a guard: it is ended when this is dropped and when the test binary is gone.
#[derive(Debug)]
pub struct GuardedProcess {
    wrapper: Child,
    guard: Option<ChildStdin>,
    output: Receiver<String>,
    said: Vec<String>,
    /// The process id of the command itself.
    pub pid: u32,
}

/// What [`GuardedProcess::spawn`] needs to know besides the command.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProcessGuard<'a> {
    /// The signal that ends the process at the latest, `TERM` unless given.
    pub signal: Option<&'a str>,
    /// A folder to remove after the process has ended, and with it every browser that has its profile there.
    pub remove: Option<&'a Path>,
}

impl GuardedProcess {
    /// Starts `command` with its environment and folder; what it says on either output is read by lines.
    pub fn spawn(command: &Command, guard: ProcessGuard) -> Self {
        let mut wrapper = Command::new("sh");
        wrapper
            .args(["-c", WRAPPER, "guard", guard.signal.unwrap_or("TERM")])
            .arg(guard.remove.unwrap_or(Path::new("")))
            .arg(command.get_program())
            .args(command.get_args())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Control-C ends the test binary; the guard then ends this group in its own order.
            .process_group(0);
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => wrapper.env(name, value),
                None => wrapper.env_remove(name),
            };
        }
        if let Some(folder) = command.get_current_dir() {
            wrapper.current_dir(folder);
        }
        let mut wrapper = wrapper.spawn().expect("sh runs");
        let guard = wrapper.stdin.take();
        let output = lines(wrapper.stdout.take().expect("piped"));
        let pid = output
            .recv_timeout(PATIENCE)
            .expect("the wrapper says the process id");
        Self {
            wrapper,
            guard,
            output,
            said: Vec::new(),
            pid: pid.trim().parse().expect("a process id"),
        }
    }

    /// The first line for which `find` finds something; everything before it is skipped. The error tells what the
    /// process said instead, when it has ended or a minute has passed.
    pub fn wait_for_line<T>(&mut self, find: impl Fn(&str) -> Option<T>) -> Result<T, String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let why = match self
                .output
                .recv_timeout(deadline.saturating_duration_since(Instant::now()))
            {
                Ok(line) => {
                    let found = find(&line);
                    self.said.push(line);
                    match found {
                        Some(found) => return Ok(found),
                        None => continue,
                    }
                }
                Err(RecvTimeoutError::Timeout) => "nothing of the kind within a minute",
                Err(RecvTimeoutError::Disconnected) => "the process ended",
            };
            return Err(format!("{why}; it said:\n{}", self.said.join("\n")));
        }
    }

    /// Everything it has said so far.
    pub fn said(&mut self) -> &[String] {
        self.said.extend(self.output.try_iter());
        &self.said
    }

    /// Sends `signal` (`TERM`, `KILL`, …), waits for the end and tells the status as a shell does (128 + signal). One that has
    /// not ended after a minute is killed, and the story fails.
    pub fn end_with(mut self, signal: &str) -> ExitStatus {
        if let Some(mut guard) = self.guard.take() {
            let _ = guard.write_all(format!("{signal}\n").as_bytes());
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            let ended = self.wrapper.try_wait().expect("the wrapper is there");
            if let Some(status) = ended {
                return status;
            }
            if Instant::now() > deadline {
                let pid = self.pid.to_string();
                let _ = Command::new("kill").args(["-s", "KILL", &pid]).status();
                panic!("not within a minute: it ends on {signal}");
            }
            std::thread::sleep(PAUSE);
        }
    }
}

impl Drop for GuardedProcess {
    fn drop(&mut self) {
        self.guard = None;
        let _ = self.wrapper.wait();
    }
}

/// Reads lines on a thread of its own, so that the reader can give up waiting and the writer never has to.
fn lines(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}
