//! Texts with a form of their own: e-mail addresses and slugs.

use super::{TextError, one_line};

/// The most characters before the `@` (RFC 5321).
const LOCAL_PART_MAX: usize = 64;
/// The most characters between two dots of a domain (RFC 1035).
const LABEL_MAX: usize = 63;

/// An address as people have them: the unquoted form of RFC 5321 in ASCII, with a domain that has a dot. Quoted local
/// parts and address literals are lawful there and never a person's.
pub(super) fn email(text: &str, max: usize) -> Result<String, TextError> {
    let address = one_line(text, max)?.to_ascii_lowercase();
    let malformed = |why| Err(TextError::Malformed { why });
    let Some((local, domain)) = address.split_once('@') else {
        return malformed("an e-mail address has an @");
    };
    if domain.contains('@') {
        return malformed("an e-mail address has only one @");
    }
    if local.is_empty() || local.len() > LOCAL_PART_MAX || !local.split('.').all(is_atom) {
        return malformed("the part before the @ is not that of an e-mail address");
    }
    if !domain.contains('.') || !domain.split('.').all(is_label) {
        return malformed("the part after the @ is not a domain");
    }
    if domain
        .rsplit('.')
        .next()
        .is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()))
    {
        return malformed("the part after the @ is not a domain");
    }
    Ok(address)
}

fn is_atom(text: &str) -> bool {
    const SPECIALS: &[u8] = b"!#$%&'*+-/=?^_`{|}~";
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || SPECIALS.contains(&byte))
}

fn is_label(text: &str) -> bool {
    text.len() <= LABEL_MAX && is_hyphenated(text, |byte| byte.is_ascii_alphanumeric())
}

pub(super) fn slug(text: &str, max: usize) -> Result<String, TextError> {
    let slug = one_line(text, max)?;
    if !is_hyphenated(&slug, |byte| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit()
    }) {
        return Err(TextError::Malformed {
            why: "only small letters, digits and hyphens between them",
        });
    }
    Ok(slug)
}

fn is_hyphenated(text: &str, allowed: fn(u8) -> bool) -> bool {
    !text.is_empty()
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text.bytes().all(|byte| byte == b'-' || allowed(byte))
}
