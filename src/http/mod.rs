//! The HTTP edge: the API and the portal.

pub mod fields;
pub mod problem;

use std::sync::LazyLock;

use crate::words::Words;

/// The catalogue for what has no reader yet whose language could be asked.
fn words() -> &'static Words {
    static WORDS: LazyLock<Words> = LazyLock::new(|| {
        Words::load().unwrap_or_else(|error| panic!("the embedded catalogue: {error}"))
    });
    &WORDS
}
