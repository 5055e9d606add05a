//! Versions as entity tags: `ETag`, `If-Match` and `If-None-Match` (RFC 9110, section 13).

use actix_web::http::header::{HeaderMap, HeaderName, IF_MATCH, IF_NONE_MATCH};

use super::problem::{Code, Problem};

/// The strong tag of a version.
pub fn etag(version: i64) -> String {
    format!("\"{version}\"")
}

/// What `If-Match` asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IfMatch {
    /// Any version, as long as the thing exists.
    Any,
    /// One of these versions; none, where the tags are of another kind than ours and so match nothing.
    OneOf(Vec<i64>),
}

impl IfMatch {
    /// Reads the header, if there is one.
    ///
    /// # Errors
    /// [`Code::MalformedHeader`] for what is neither `*` nor a list of tags.
    pub fn read(headers: &HeaderMap) -> Result<Option<Self>, Problem> {
        let Some(tags) = tags(headers, IF_MATCH)? else {
            return Ok(None);
        };
        Ok(Some(match tags {
            Tags::Any => Self::Any,
            // The comparison is strong: a weak tag matches nothing.
            Tags::These(tags) => Self::OneOf(
                tags.iter()
                    .filter(|tag| !tag.weak)
                    .filter_map(|tag| tag.value.parse().ok())
                    .collect(),
            ),
        }))
    }

    /// The versions that it asks for one of; none where any will do.
    pub fn versions(&self) -> Option<&[i64]> {
        match self {
            Self::Any => None,
            Self::OneOf(versions) => Some(versions),
        }
    }

    /// Whether a thing that has `version` may be changed.
    pub fn admits(&self, version: i64) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(versions) => versions.contains(&version),
        }
    }

    /// Refuses to change a thing that has another version.
    ///
    /// # Errors
    /// [`Code::StaleVersion`].
    pub fn check(&self, version: i64) -> Result<(), Problem> {
        if self.admits(version) {
            Ok(())
        } else {
            Err(Problem::new(Code::StaleVersion).with("version", version))
        }
    }
}

/// Whether `If-None-Match` says that the client has what `etag` names. A header that cannot be read says nothing.
pub fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    match tags(headers, IF_NONE_MATCH) {
        Ok(Some(Tags::Any)) => true,
        Ok(Some(Tags::These(tags))) => {
            let bare = etag.trim_matches('"');
            tags.iter().any(|tag| tag.value == bare)
        }
        Ok(None) | Err(_) => false,
    }
}

enum Tags {
    Any,
    These(Vec<Tag>),
}

struct Tag {
    weak: bool,
    value: String,
}

fn tags(headers: &HeaderMap, name: HeaderName) -> Result<Option<Tags>, Problem> {
    let malformed = || {
        Problem::new(Code::MalformedHeader)
            .with("header", name.as_str())
            .with("expected", "\"3\" or *")
    };
    let mut found = Vec::new();
    let mut any = false;
    for value in headers.get_all(&name) {
        let mut rest = value.to_str().map_err(|_| malformed())?.trim();
        if rest == "*" {
            any = true;
            continue;
        }
        loop {
            let (tag, after) = tag(rest).ok_or_else(malformed)?;
            found.push(tag);
            match after.strip_prefix(',') {
                Some(next) => rest = next.trim_start(),
                None if after.is_empty() => break,
                None => return Err(malformed()),
            }
        }
    }
    Ok(match (any, found.is_empty()) {
        (true, true) => Some(Tags::Any),
        (true, false) => return Err(malformed()),
        (false, true) => None,
        (false, false) => Some(Tags::These(found)),
    })
}

/// The tag that `text` begins with, and what follows it.
fn tag(text: &str) -> Option<(Tag, &str)> {
    let (weak, text) = match text.strip_prefix("W/") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (value, after) = text.strip_prefix('"')?.split_once('"')?;
    Some((
        Tag {
            weak,
            value: value.to_owned(),
        },
        after.trim_start(),
    ))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn headers(name: HeaderName, values: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name.clone(), HeaderValue::from_static(value));
        }
        headers
    }

    fn if_match(values: &[&'static str]) -> Option<IfMatch> {
        IfMatch::read(&headers(IF_MATCH, values)).expect("readable")
    }

    #[test]
    fn a_version_is_guarded_by_its_tag() {
        assert_eq!(if_match(&[]), None);
        assert_eq!(if_match(&["*"]), Some(IfMatch::Any));
        assert_eq!(if_match(&["\"3\""]), Some(IfMatch::OneOf(vec![3])));
        assert_eq!(
            if_match(&["\"3\", \"4\"", "\"5\""]),
            Some(IfMatch::OneOf(vec![3, 4, 5]))
        );
        let weak_or_foreign = if_match(&["W/\"3\", \"abc\""]).expect("a condition");
        assert!(!weak_or_foreign.admits(3));
        assert_eq!(
            weak_or_foreign.check(3).expect_err("stale").code(),
            Code::StaleVersion
        );
    }

    #[test]
    fn what_is_no_tag_is_refused() {
        for value in ["3", "\"3", "\"3\" \"4\"", "\"3\",", "*, \"3\"", ""] {
            let problem = IfMatch::read(&headers(IF_MATCH, &[value])).expect_err(value);
            assert_eq!(problem.code(), Code::MalformedHeader, "{value}");
        }
        assert!(IfMatch::read(&headers(IF_MATCH, &["*", "\"3\""])).is_err());
    }

    #[test]
    fn what_is_known_need_not_be_sent() {
        assert!(is_known(
            &headers(IF_NONE_MATCH, &["\"2\", W/\"3\""]),
            "\"3\""
        ));
        assert!(is_known(&headers(IF_NONE_MATCH, &["*"]), "\"3\""));
        assert!(!is_known(&headers(IF_NONE_MATCH, &["\"2\""]), "\"3\""));
        assert!(!is_known(&headers(IF_NONE_MATCH, &["nonsense"]), "\"3\""));
        assert!(!is_known(&HeaderMap::new(), "\"3\""));
    }
}
