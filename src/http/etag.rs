//! Entity tags: `ETag`, `If-Match` and `If-None-Match` (RFC 9110, section 13), and what caches are told.
//!
//! A tag says two things. `"3-5f0c…"` is version 3 of what is asked for, in a representation of which those are the first
//! digits of the digest: whatever is joined, computed or worded for this reader counts. `If-Match` guards the thing, and
//! looks at the version alone, so that a change elsewhere keeps nobody from theirs; `"3"` says the same.
//! `If-None-Match` asks about the representation, and compares the whole.

use std::fmt;

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, ETAG, HeaderMap, HeaderName, HeaderValue, IF_MATCH,
    IF_NONE_MATCH, VARY,
};
use actix_web::middleware::Next;
use sha2::{Digest, Sha256};

use super::problem::{Code, Problem};

/// How many bytes of a representation's digest its tag shows.
const SHOWN: usize = 12;
/// What the tag of a compressed representation ends with: it is another one than the bare.
const CODINGS: &[&str] = &["-gzip", "-br", "-deflate", "-zstd"];
/// What an answer depends on besides what was asked for: how it may travel, in which language, and whose it is.
const NEGOTIATED: &str =
    "Accept-Encoding, Accept-Language, Cookie, Authorization, Acting-Organization";
/// What one that is everybody's depends on.
const NEGOTIATED_FOR_ALL: &str = "Accept-Encoding";

/// The tag of a version, where no representation of it is at hand.
pub fn etag(version: i64) -> String {
    format!("\"{version}\"")
}

/// A digest by which a representation is told from every other one of the same thing: of its bytes, or of digests of all that it is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digested([u8; 32]);

impl Digested {
    /// That of a text.
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text).into())
    }

    /// That of several things one behind the other, and of what is said besides.
    pub fn of_all(all: impl IntoIterator<Item = Self>, besides: &str) -> Self {
        let besides = Self::of(besides);
        let all = all.into_iter().chain([besides]);
        let digest = all.fold(Sha256::new(), |digest, one| digest.chain_update(one.0));
        Self(digest.finalize().into())
    }
}

/// The tag of a representation, and of the version that it is one of, if there is one.
pub fn of_representation(version: Option<i64>, digest: Digested) -> String {
    let shown = hex::encode(&digest.0[..SHOWN]);
    match version {
        Some(version) => format!("\"{version}-{shown}\""),
        None => format!("\"{shown}\""),
    }
}

/// Tells caches what an answer depends on, and gives a compressed representation a tag of its own. Wraps what compresses.
///
/// # Errors
/// Those of the services inside.
pub async fn negotiated<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    let is_public = headers
        .get(CACHE_CONTROL)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains("public"));
    let depends_on = if is_public {
        NEGOTIATED_FOR_ALL
    } else {
        NEGOTIATED
    };
    headers.insert(VARY, HeaderValue::from_static(depends_on));
    let coding = headers
        .get(CONTENT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .filter(|coding| *coding != "identity");
    let bare = headers
        .get(ETAG)
        .and_then(|value| value.to_str().ok())
        .and_then(|tag| tag.strip_suffix('"'));
    if let (Some(coding), Some(bare)) = (coding, bare)
        && let Ok(tag) = HeaderValue::from_str(&format!("{bare}-{coding}\""))
    {
        headers.insert(ETAG, tag);
    }
    Ok(response)
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
                    .filter_map(Tag::version)
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

/// The tag of `If-None-Match` by which the client has what `etag` names, as the client sent it: maybe the one of a
/// compressed answer. A header that cannot be read says nothing.
pub fn known(headers: &HeaderMap, etag: &str) -> Option<String> {
    let bare = etag.trim_matches('"');
    match tags(headers, IF_NONE_MATCH) {
        Ok(Some(Tags::Any)) => Some(etag.to_owned()),
        Ok(Some(Tags::These(tags))) => tags
            .iter()
            .find(|tag| tag.value == bare || tag.without_coding() == bare)
            .map(Tag::to_string),
        Ok(None) | Err(_) => None,
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

impl Tag {
    /// The version that it names, if it is one of ours and of a thing that has versions.
    fn version(&self) -> Option<i64> {
        let version = match self.value.split_once('-') {
            Some((version, _)) => version,
            None => &self.value,
        };
        let is_number = version.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| version.parse().ok())?
    }

    fn without_coding(&self) -> &str {
        CODINGS
            .iter()
            .find_map(|coding| self.value.strip_suffix(coding))
            .unwrap_or(&self.value)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let weak = if self.weak { "W/" } else { "" };
        write!(f, "{weak}\"{}\"", self.value)
    }
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
    fn the_version_guards_and_the_whole_tells_what_is_known() {
        let tag = of_representation(Some(3), Digested::of("{}"));
        assert_ne!(tag, of_representation(Some(3), Digested::of("{ }")));
        assert_ne!(tag, of_representation(Some(4), Digested::of("{}")));
        let sent = |value: &str| {
            let mut headers = HeaderMap::new();
            let value = HeaderValue::from_str(value).expect("a value");
            headers.insert(IF_MATCH, value.clone());
            headers.insert(IF_NONE_MATCH, value);
            headers
        };
        for value in [&tag, "\"3\"", &tag.replace("\"3-", "\"3-aa")] {
            let guard = IfMatch::read(&sent(value)).expect("readable").expect("one");
            assert!(guard.admits(3) && !guard.admits(4), "{value}");
        }
        let compressed = tag.replacen('"', "", 1).replace('"', "-gzip\"");
        let compressed = format!("\"{compressed}");
        for value in [
            tag.clone(),
            format!("W/{tag}"),
            format!("\"2\", {compressed}"),
        ] {
            assert!(known(&sent(&value), &tag).is_some(), "{value}");
        }
        assert_eq!(known(&sent(&compressed), &tag), Some(compressed));
        assert_eq!(known(&sent("*"), &tag), Some(tag.clone()));
        for value in ["\"3\"", "\"3-5f0c\"", "nonsense", "\"4-5f0c\""] {
            assert_eq!(known(&sent(value), &tag), None, "{value}");
        }
        assert_eq!(known(&HeaderMap::new(), &tag), None);
        // Without a version there is nothing to guard.
        let bare = of_representation(None, Digested::of("{}"));
        let guard = IfMatch::read(&sent(&bare)).expect("readable").expect("one");
        assert_eq!(guard, IfMatch::OneOf(Vec::new()));
    }
}
