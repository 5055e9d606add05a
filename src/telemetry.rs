//! Tracing: where log lines go and how they look; and what is measured.
//!
//! Lines go to standard error, so that standard output stays what the commands print. Fields are dotted
//! (`http.route`, `person.id`); no secrets, message bodies, addresses of people or query strings are among them.

use std::io::IsTerminal;
use std::sync::OnceLock;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{LogFormat, Settings};

/// Begins logging as the settings say. A second call in one process changes nothing.
pub fn start(settings: &Settings) {
    // The settings were checked when they were read; a filter that has become unreadable since logs at its default.
    let filter = EnvFilter::try_new(&settings.log)
        .unwrap_or_else(|_| EnvFilter::new("info,actix_server=warn"));
    let registry = tracing_subscriber::registry().with(filter);
    let json = match settings.log_format {
        LogFormat::Json => true,
        LogFormat::Human => false,
        LogFormat::Auto => !std::io::stderr().is_terminal(),
    };
    log_panics();
    // Fails only where a subscriber is already installed: a test harness, or an earlier call.
    let _already = if json {
        let lines = tracing_subscriber::fmt::layer()
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .with_writer(std::io::stderr);
        registry.with(lines).try_init()
    } else {
        registry
            .with(
                tracing_subscriber::fmt::layer()
                    .with_target(false)
                    .with_writer(std::io::stderr),
            )
            .try_init()
    };
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
            handle.run_upkeep();
            handle.render()
        }
        _ => String::new(),
    }
}
