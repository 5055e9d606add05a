//! Texts with a form of their own: e-mail addresses and slugs.

use super::{Form, TextError, measured, one_line};

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
        return malformed(Form::EmailHasAt);
    };
    if domain.contains('@') {
        return malformed(Form::EmailHasOneAt);
    }
    if local.is_empty() || local.len() > LOCAL_PART_MAX || !local.split('.').all(is_atom) {
        return malformed(Form::EmailLocalPart);
    }
    if !domain.contains('.') || !domain.split('.').all(is_label) {
        return malformed(Form::EmailDomain);
    }
    if domain
        .rsplit('.')
        .next()
        .is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()))
    {
        return malformed(Form::EmailDomain);
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
        return Err(TextError::Malformed { why: Form::Slug });
    }
    Ok(slug)
}

fn is_hyphenated(text: &str, allowed: fn(u8) -> bool) -> bool {
    !text.is_empty()
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text.bytes().all(|byte| byte == b'-' || allowed(byte))
}

/// A link to a page elsewhere, as browsers write it: encrypted, of a named server, without a name and password in it.
pub(super) fn web_link(text: &str, max: usize) -> Result<String, TextError> {
    let line = one_line(text, max)?;
    let malformed = |why| Err(TextError::Malformed { why });
    let Ok(link) = url::Url::parse(&line) else {
        return malformed(Form::LinkNamesServer);
    };
    if link.scheme() != "https" {
        return malformed(Form::LinkEncrypted);
    }
    if !link.username().is_empty() || link.password().is_some() {
        return malformed(Form::LinkWithoutPassword);
    }
    measured(link.into(), max)
}
