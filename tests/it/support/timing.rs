//! How long each story takes, and how long all of them take for what they do not tell of: opening desks, copying databases, signing
//! in. Both are printed when the run is over.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::at_end::AtEnd;

/// The ten stories that took longest, and what was spent on each part by all of them together.
static TIMES: AtEnd = AtEnd::new(
    r#"
export LC_ALL=C
told=$(cat)
slowest=$(printf '%s\n' "$told" | sed -n 's/^story //p' | sort -rn | head -n 10)
parts=$(printf '%s\n' "$told" | sed -n 's/^part //p' | awk '
  { part = $0; sub(/^[^ ]+ [^ ]+ /, "", part); spent[part] += $1; times[part] += $2 }
  END { for (part in spent) printf "%7.1f %7d  %s\n", spent[part], times[part], part }' | sort -rn)
printf '\nThe slowest stories, in seconds:\n%s\n\n' "$slowest" >&2
printf 'What all stories spent besides, in seconds, and how often:\n%s\n\n' "$parts" >&2
"#,
);

/// What was spent on each part, and how often, since a story has last told of it.
static SPENT: Mutex<BTreeMap<&'static str, (Duration, usize)>> = Mutex::new(BTreeMap::new());

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

/// Does something that stories need and do not tell of. Where others go on meanwhile, their time counts as well.
pub fn spent<T>(part: &'static str, does: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let done = does();
    add(part, begun.elapsed());
    done
}

/// The same where something is awaited.
pub async fn spent_on<T>(part: &'static str, does: impl Future<Output = T>) -> T {
    let begun = Instant::now();
    let done = does.await;
    add(part, begun.elapsed());
    done
}

fn add(part: &'static str, spent: Duration) {
    let mut all = SPENT.lock().unwrap_or_else(PoisonError::into_inner);
    let (sum, times) = all.entry(part).or_default();
    *sum += spent;
    *times += 1;
}

/// Ends with its thread.
struct Story {
    name: String,
    begun: Instant,
}

impl Drop for Story {
    fn drop(&mut self) {
        let parts = std::mem::take(&mut *SPENT.lock().unwrap_or_else(PoisonError::into_inner));
        let seconds = self.begun.elapsed().as_secs_f64();
        TIMES.tell(&format!("story {seconds:7.1}  {}", self.name));
        for (part, (spent, times)) in parts {
            TIMES.tell(&format!("part {:.4} {times} {part}", spent.as_secs_f64()));
        }
    }
}
