//! How long each story takes; the slowest are printed when the run is over.

use std::cell::OnceCell;
use std::time::Instant;

use super::at_end::AtEnd;

/// Prints the ten lines that begin with the greatest number.
static SLOWEST: AtEnd = AtEnd::new(
    r#"
slowest=$(sort -rn | head -n 10)
printf '\nThe slowest stories, in seconds:\n%s\n\n' "$slowest" >&2
"#,
);

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
        let seconds = self.begun.elapsed().as_secs_f64();
        SLOWEST.tell(&format!("{seconds:7.1}  {}", self.name));
    }
}
