//! The past of a case, folded from its audited changes (section 4).

use serde_json::{Map, Value};

use super::Instant;

/// A case's audited fields, by name: what an audit event holds as its before and after (C8).
pub type CaseFields = Map<String, Value>;

/// What differs between two states, as the pair of an audit event: the old values and the new ones, each with only
/// the fields that changed. A field that one side lacks is `null` there. `None` if nothing changed.
pub fn difference(before: &CaseFields, after: &CaseFields) -> Option<(CaseFields, CaseFields)> {
    let mut old = CaseFields::new();
    let mut new = CaseFields::new();
    for name in before.keys().chain(after.keys()) {
        let was = before.get(name).unwrap_or(&Value::Null);
        let is = after.get(name).unwrap_or(&Value::Null);
        if was != is {
            old.insert(name.clone(), was.clone());
            new.insert(name.clone(), is.clone());
        }
    }
    (!old.is_empty()).then_some((old, new))
}

/// The fields as they stood at `at`: every change made after it is undone, the newest first.
///
/// `changes` holds the instant of each change and the values it replaced, ordered from the newest to the oldest. A
/// change made exactly at `at` has happened.
pub fn fold_back(
    current: CaseFields,
    changes: &[(Instant, CaseFields)],
    at: Instant,
) -> CaseFields {
    let mut fields = current;
    for (changed_at, before) in changes {
        if *changed_at > at {
            fields.extend(
                before
                    .iter()
                    .map(|(name, value)| (name.clone(), value.clone())),
            );
        }
    }
    fields
}

#[cfg(test)]
mod tests;
