//! Logs and request ids.
