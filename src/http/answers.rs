//! What answers always have: each member of a document is sent, null where there is nothing, but for a few.

use utoipa::openapi::{RefOr, Schema};

/// The members that are left out where there is nothing to say, by the name of their schema.
const SOMETIMES: &[(&str, &str)] = &[
    ("Article", "body"),
    ("Article", "body_html"),
    ("Article", "helpful"),
    ("Article", "highlights"),
    ("Article", "my_vote"),
    ("Assessment", "eligible_at"),
    ("AuditEvent", "position"),
    ("EscalationProcessTarget", "priority"),
    ("EscalationProcessTarget", "rank"),
    ("FeedEntry", "details"),
    ("FeedEntry", "escalation"),
    ("Finding", "eligible_at"),
    ("Finding", "remedy"),
    ("ReadingAudience", "organizations"),
    ("Remedy", "href"),
    ("ReplaySegment", "name"),
    ("SearchItem", "excerpt"),
    ("SearchItem", "marks"),
    ("SearchItem", "number"),
    ("SearchItem", "of"),
    ("TargetRule", "priority"),
    ("TargetRule", "rank"),
    ("TargetSegment", "name"),
];

/// Whether a member is sent at times only: how many a list has in all, for one, is said where that is asked for.
fn is_left_out(name: &str, member: &str) -> bool {
    SOMETIMES.contains(&(name, member)) || (name.ends_with("List") && member == "count")
}

/// The schema `name` of an answer, with every member required that is always sent.
pub fn always_sent(name: &str, schema: RefOr<Schema>) -> RefOr<Schema> {
    match schema {
        RefOr::T(Schema::Object(mut object)) => {
            object.required = object
                .properties
                .keys()
                .filter(|member| !is_left_out(name, member))
                .cloned()
                .collect();
            RefOr::T(Schema::Object(object))
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::SOMETIMES;

    fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            match path.is_dir() {
                true => sources(&path, found),
                false => found.push(path),
            }
        }
    }

    /// What stands between `before` and `after` in a line.
    fn between<'a>(line: &'a str, before: &str, after: &str) -> Option<&'a str> {
        let rest = line.trim().strip_prefix(before)?;
        Some(&rest[..rest.find(after)?])
    }

    /// Schemas of answers say of each member whether it is always sent, as the attributes of the members have it.
    #[test]
    fn what_is_left_out_at_times_is_declared() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut files = Vec::new();
        for folder in ["domain/calendar", "http/api", "words"] {
            sources(&root.join(folder), &mut files);
        }
        let mut left_out = BTreeSet::new();
        for file in files {
            let text = fs::read_to_string(file).expect("a source");
            let (mut named, mut schema, mut skipped) = (None, String::new(), false);
            for line in text.lines() {
                if let Some(name) = between(line, "#[schema(as = ", ")") {
                    named = Some(name.to_owned());
                } else if let Some(name) = between(line.trim_start_matches("pub "), "struct ", " {")
                {
                    schema = named.take().unwrap_or_else(|| name.to_owned());
                } else if line.contains("skip_serializing_if") {
                    skipped = true;
                } else if skipped && !line.trim().starts_with(['#', '/']) {
                    let member = line.trim().trim_start_matches("pub ");
                    let member = member.split(':').next().expect("a name");
                    left_out.insert((schema.clone(), member.to_owned()));
                    skipped = false;
                }
            }
        }
        let declared: BTreeSet<_> = (SOMETIMES.iter())
            .map(|(schema, member)| ((*schema).to_owned(), (*member).to_owned()))
            .collect();
        assert_eq!(
            left_out.symmetric_difference(&declared).collect::<Vec<_>>(),
            Vec::<&(String, String)>::new()
        );
    }
}
