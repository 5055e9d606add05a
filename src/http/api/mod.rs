//! JSON: one file a resource. Request types stand beside their handlers; answers are [`documents`].

mod addresses;

pub mod cases;
pub mod document;
pub mod documents;
pub mod eligibility;
pub mod escalations;
pub mod feeds;
pub mod next_steps;
pub mod requests;
pub mod review;
pub mod sessions;
pub mod tokens;

use self::documents::Reader;
use super::call::Call;

impl<A, B, Q> Call<A, B, Q> {
    /// For whom answers are worded.
    fn reader(&self) -> Reader<'_> {
        Reader {
            words: &self.desk.words,
            access: self.principal.access(),
            zone: self.principal.time_zone,
            now: self.now,
        }
    }
}
