//! How long each story takes; the slowest are printed when the run is over.

use std::cell::OnceCell;
use std::io::Write;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Instant;

/// Prints the ten lines that begin with the greatest number when its standard input ends, which is when this process
/// does, in whichever way.
const PRINTER: &str = r#"
slowest=$(sort -rn | head -n 10)
printf '\nThe slowest stories, in seconds:\n%s\n\n' "$slowest" >&2
"#;

/// From now on the story of this thread takes time. Everything that a story can begin with calls this; only the first
/// call counts.
pub fn begin() {
    thread_local! {
        static STORY: OnceCell<Story> = const { OnceCell::new() };
    }
    // The thread of a test is named after it; others are threads that a story uses.
    let name = std::thread::current().name().map(str::to_owned);
    if let Some(name) = name.filter(|name| name.contains("::")) {
        STORY.with(|story| {
            story.get_or_init(|| Story {
                name,
                begun: Instant::now(),
            });
        });
    }
}

/// Ends with its thread.
struct Story {
    name: String,
    begun: Instant,
}

impl Drop for Story {
    fn drop(&mut self) {
        if let Some(printer) = printer() {
            let mut printer = printer.lock().unwrap_or_else(PoisonError::into_inner);
            let seconds = self.begun.elapsed().as_secs_f64();
            // Without the list, the stories have told what they had to tell.
            let _ = writeln!(printer, "{seconds:7.1}  {}", self.name);
        }
    }
}

fn printer() -> Option<&'static Mutex<ChildStdin>> {
    static PRINTING: OnceLock<Option<Mutex<ChildStdin>>> = OnceLock::new();
    PRINTING
        .get_or_init(|| {
            let mut printer = Command::new("sh");
            printer.args(["-c", PRINTER]).stdin(Stdio::piped());
            printer.spawn().ok()?.stdin.map(Mutex::new)
        })
        .as_ref()
}
