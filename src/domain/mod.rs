//! The rules: pure, no database, no HTTP, no clock of their own.

/// An instant in UTC with whole microseconds, which is what both databases keep.
pub type Instant = chrono::DateTime<chrono::Utc>;
