//! Why something stands on the first page, in a sentence. When it is due, or since when it is so, is told beside it.

use super::Catalogue;
use super::assessment::sentence;
use crate::domain::Instant;
use crate::domain::home::Why;

/// The sentence.
pub fn said(words: &Catalogue, why: &Why, now: Instant) -> String {
    if let Some(finding) = &why.finding {
        return sentence(words, finding, now);
    }
    let args = [
        ("named", why.named.as_str().into()),
        ("count", why.count.into()),
    ];
    let said = words.say_of("home-reason", why.because.as_str(), &args);
    let criteria = why.criteria.iter();
    let criteria = criteria.map(|code| words.say_of("mail-declined", code.as_str(), &[]));
    let all: Vec<String> = std::iter::once(said).chain(criteria).collect();
    all.join(" ")
}
