//! Tracing: where log lines go and how they look; and what is measured.
//!
//! Lines go to standard error, so that standard output stays what the commands print. Fields are dotted
//! (`http.route`, `person.id`); no secrets, message bodies, addresses of people or query strings are among them.
//!
//! Nothing waits for whoever reads the lines: they are handed to a thread that writes them. If that one cannot keep up,
//! because a pipe is full, the lines beyond [`WAITING_LINES`] are dropped, counted and told of.

mod gathered;
mod json_line;

use std::io::{IsTerminal, Write};
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing::{Level, Metadata, Subscriber};
use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use self::gathered::Gathered;
use self::json_line::{JsonLine, JsonMembers};
use crate::config::{LogFormat, Settings};

/// How many lines wait to be written; some two megabytes.
pub const WAITING_LINES: usize = 8_192;
/// How often it is looked whether lines were dropped.
const LOOKED_AFTER: Duration = Duration::from_secs(5);
/// Says how many lines were dropped since the start; set once there is a log.
static DROPPED: OnceLock<ErrorCounter> = OnceLock::new();

/// Keeps the log being written; when it is dropped, what waits is written first, for about a second.
#[must_use = "lines that wait are lost without it"]
pub struct Logging(#[expect(dead_code, reason = "it is dropped")] Option<WorkerGuard>);

/// Begins logging as the settings say. A second call in one process changes nothing.
pub fn start(settings: &Settings) -> Logging {
    let json = match settings.log_format {
        LogFormat::Json => true,
        LogFormat::Human => false,
        LogFormat::Auto => !std::io::stderr().is_terminal(),
    };
    log_panics();
    let (lines, guard) = writer(std::io::stderr());
    let dropped = lines.error_counter();
    // Fails only where a subscriber is already installed: a test harness, or an earlier call.
    if subscriber(&settings.log, json, lines).try_init().is_err() {
        return Logging(None);
    }
    if DROPPED.set(dropped.clone()).is_ok() {
        // Without this thread the figure is among the measurements still.
        let _ = thread::Builder::new()
            .name("log-watch".to_owned())
            .spawn(move || tell_of_dropped(&dropped));
    }
    Logging(Some(guard))
}

fn writer(out: impl Write + Send + 'static) -> (NonBlocking, WorkerGuard) {
    NonBlockingBuilder::default()
        .lossy(true)
        .buffered_lines_limit(WAITING_LINES)
        .thread_name("log")
        .finish(Gathered::new(out))
}

fn subscriber<W>(
    directives: &str,
    json: bool,
    out: W,
) -> Box<dyn Subscriber + Send + Sync + 'static>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    // The settings were checked when they were read; a filter that has become unreadable since logs at its default.
    let filter =
        EnvFilter::try_new(directives).unwrap_or_else(|_| EnvFilter::new("info,actix_server=warn"));
    let registry = tracing_subscriber::registry()
        .with(filter)
        .with(filter_fn(is_fit_to_be_read));
    let lines = tracing_subscriber::fmt::layer().with_writer(out);
    if json {
        let lines = lines.fmt_fields(JsonMembers).event_format(JsonLine);
        Box::new(registry.with(lines))
    } else {
        Box::new(registry.with(lines.with_target(false)))
    }
}

/// Below `info`, libraries log what they are handed: bodies, headers with cookies and tokens, mails. Whatever is asked
/// for, only the house's own lines go further down.
fn is_fit_to_be_read(metadata: &Metadata<'_>) -> bool {
    let (crate_name, _) = metadata
        .target()
        .split_once("::")
        .unwrap_or((metadata.target(), ""));
    *metadata.level() <= Level::INFO || crate_name == env!("CARGO_CRATE_NAME")
}

/// Says that lines were dropped, as soon as somebody reads again.
fn tell_of_dropped(dropped: &ErrorCounter) {
    let mut told = 0;
    loop {
        thread::sleep(LOOKED_AFTER);
        let lines = dropped.dropped_lines();
        if lines > told {
            tracing::warn!(
                log.dropped_lines = lines,
                "log lines were dropped, because nobody read them in time"
            );
            // If this line was dropped as well, it is said again.
            if dropped.dropped_lines() == lines {
                told = lines;
            }
        }
    }
}

/// Reports panics as log lines, with where they happened. What they say may quote data, and stays out.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let at = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        tracing::error!(panic.location = at, "panicked");
    }));
}

/// Where measurements go; nowhere, if another recorder is installed already.
static METRICS: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Seconds that tell a quick answer from a slow one.
const DURATIONS: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// Begins to measure. Several servers of one process share what they measure.
pub fn measure() {
    METRICS.get_or_init(|| {
        let builder = PrometheusBuilder::new().set_buckets(DURATIONS);
        match builder
            .map_err(|error| error.to_string())
            .and_then(|builder| {
                builder
                    .install_recorder()
                    .map_err(|error| error.to_string())
            }) {
            Ok(handle) => Some(handle),
            Err(error) => {
                tracing::warn!(%error, "measurements are not kept");
                None
            }
        }
    });
}

/// Everything measured so far, as Prometheus reads it.
pub fn measured() -> String {
    match METRICS.get() {
        Some(Some(handle)) => {
            let dropped = DROPPED.get().map_or(0, ErrorCounter::dropped_lines);
            metrics::counter!("casebell_log_lines_dropped_total").absolute(dropped as u64);
            handle.run_upkeep();
            handle.render()
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex, mpsc};

    use super::*;

    #[derive(Clone, Default)]
    pub(super) struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Lines {
        pub(super) fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    /// What is logged meanwhile, for programs.
    pub(super) fn lines_of(directives: &str, meanwhile: impl FnOnce()) -> Lines {
        let lines = Lines::default();
        let out = lines.clone();
        let subscriber = subscriber(directives, true, move || out.clone());
        tracing::subscriber::with_default(subscriber, meanwhile);
        lines
    }

    #[test]
    fn libraries_say_no_more_than_what_is_fit_to_be_read_whatever_is_asked_for() {
        for directives in ["trace", "debug,actix_http=trace,h2=trace,lettre=trace"] {
            let lines = lines_of(directives, || {
                tracing::trace!(target: "actix_http::h1", "cookie: casebell_session=cbs_secret");
                tracing::debug!(target: "lettre", "the body of a mail");
                tracing::debug!(target: "casebell_of_others", "not ours");
                tracing::info!(target: "actix_server::builder", "starting workers");
                tracing::debug!(target: "casebell::worker", "ours");
            });
            let text = lines.text();
            for (word, is_there) in [
                ("cbs_secret", false),
                ("body of a mail", false),
                ("not ours", false),
                ("starting workers", true),
                ("\"ours\"", true),
            ] {
                assert_eq!(text.contains(word), is_there, "{word}: {text}");
            }
        }
    }

    /// Writes nothing until it is told to.
    struct Stuck(mpsc::Receiver<()>);

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.0.recv();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn nobody_waits_for_a_log_that_nobody_reads() {
        let (release, stuck) = mpsc::channel();
        let (lines, guard) = writer(Stuck(stuck));
        let dropped = lines.error_counter();
        let subscriber = subscriber("info", true, lines);
        let (done, logged) = mpsc::channel();
        thread::spawn(move || {
            tracing::subscriber::with_default(subscriber, || {
                for _ in 0..2 * WAITING_LINES {
                    tracing::info!("a line");
                }
            });
            let _ = done.send(());
        });
        let waited = logged.recv_timeout(Duration::from_secs(60));
        assert!(waited.is_ok(), "whoever logs waits for it");
        // Some are in the hands of the writer, and none of them is so short.
        let held = gathered::MOST / "{\"timestamp\":\"2026-03-03T10:12:00Z\"}\n".len();
        let dropped = dropped.dropped_lines();
        assert!(
            (WAITING_LINES - held - 1..=WAITING_LINES).contains(&dropped),
            "{dropped}"
        );
        drop(release);
        drop(guard);
    }
}
