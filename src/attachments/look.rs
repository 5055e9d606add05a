//! What a look through kept files finds, for whoever takes away what nobody names.

use std::time::Duration;

use super::content::ContentHash;

/// For how long a file waits for its row, and a draft for its next bytes: longer than either takes.
pub(super) const SPARED: Duration = Duration::from_secs(60 * 60);

/// What was found in a part of what is kept.
#[derive(Debug, Default)]
pub struct Looked {
    /// What has been there for a while; of these it is asked which are named.
    pub settled: Vec<ContentHash>,
    /// Behind what the next look begins; at the beginning, if this was the last part.
    pub next: Option<String>,
    /// In a bucket, the key of each of these.
    pub(super) keys: Vec<String>,
    /// In a bucket, keys of what is there a second time, and has been for a while.
    pub(super) doubled: Vec<String>,
}
