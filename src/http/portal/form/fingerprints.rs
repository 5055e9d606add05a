//! What stood in the fields of a form, as fingerprints: by them it is told what somebody typed, what somebody else changed
//! meanwhile, and of which consequences somebody was told.

use std::collections::{BTreeMap, HashMap};

use sha2::{Digest, Sha256};

use crate::http::portal::once;

/// What stands before the name of a field where the form says what stood in it.
pub(super) const WAS: &str = "was.";
/// In which field a form says that what would follow was seen.
pub(in crate::http::portal) const CONFIRMED: &str = "confirmed";
/// How many digits of a hash tell one text from another here.
const DIGITS: usize = 16;

/// A short text that differs for texts that differ; line ends are as browsers send them.
pub(super) fn fingerprint(text: &str) -> String {
    let hash = Sha256::digest(text.replace("\r\n", "\n").trim());
    let digits = hash.iter().take(DIGITS / 2);
    digits.map(|byte| format!("{byte:02x}")).collect()
}

/// What was typed, as a fingerprint that says of which consequences somebody was told.
pub(in crate::http::portal) fn seen(typed: &HashMap<String, String>) -> String {
    let of_pages = |name: &str| {
        [CONFIRMED, once::FIELD, "csrf_token"].contains(&name) || name.starts_with(WAS)
    };
    let fields: BTreeMap<_, _> = typed.iter().filter(|(name, _)| !of_pages(name)).collect();
    let lines = fields
        .iter()
        .map(|(name, value)| format!("{name}={}\n", fingerprint(value)));
    fingerprint(&lines.collect::<String>())
}
