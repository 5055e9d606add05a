//! Tracing: where log lines go, how they look, and the span that every request runs in.
//!
//! Lines go to standard error, so that standard output stays what the commands print. Fields are dotted
//! (`http.route`, `person.id`); no secrets, message bodies, addresses of people or query strings are among them.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{LogFormat, Settings};

/// Begins logging as the settings say. A second call in one process changes nothing.
pub fn start(settings: &Settings) {
    // The settings were checked when they were read; a filter that has become unreadable since logs at its default.
    let filter = EnvFilter::try_new(&settings.log).unwrap_or_else(|_| EnvFilter::new("info"));
    let registry = tracing_subscriber::registry().with(filter);
    let json = match settings.log_format {
        LogFormat::Json => true,
        LogFormat::Human => false,
        LogFormat::Auto => !std::io::stderr().is_terminal(),
    };
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
