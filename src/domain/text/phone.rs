//! Telephone numbers.

use std::ops::RangeInclusive;

use super::{Form, TextError, one_line};

/// How many digits a number has: fifteen at the most with its country's code (E.164).
const DIGITS: RangeInclusive<usize> = 7..=15;
/// What may stand before an extension, the longer first.
const EXTENSIONS: [&str; 5] = [";ext=", "ext.", "ext", "x", "#"];
/// The most digits of an extension.
const EXTENSION_DIGITS: usize = 7;

/// A number as people write it: digits, perhaps with `+` and the country's code before them (E.164: fifteen at the most), put
/// in groups by spaces, hyphens, dots, slashes or brackets; and perhaps an extension. Whether anybody answers there, only a
/// call tells. Spaces that follow each other become one.
pub(super) fn number(text: &str, max: usize) -> Result<String, TextError> {
    let line = one_line(text, max)?;
    let spaced: Vec<&str> = line.split_whitespace().collect();
    let line = spaced.join(" ");
    let malformed = |why| Err(TextError::Malformed { why });
    let (number, extension) = parts(&line);
    let country = number.strip_prefix('+');
    let rest = country.unwrap_or(number);
    let is_written_so =
        |c: char| c.is_ascii_digit() || matches!(c, ' ' | '-' | '.' | '/' | '(' | ')');
    if !rest.chars().all(is_written_so) {
        return malformed(Form::PhoneDigits);
    }
    let digits: Vec<char> = rest.chars().filter(char::is_ascii_digit).collect();
    if !DIGITS.contains(&digits.len()) {
        return malformed(Form::PhoneLength);
    }
    if country.is_some() && digits.first() == Some(&'0') {
        return malformed(Form::PhoneCountry);
    }
    if let Some(extension) = extension
        && (extension.is_empty()
            || extension.len() > EXTENSION_DIGITS
            || !extension.bytes().all(|byte| byte.is_ascii_digit()))
    {
        return malformed(Form::PhoneExtension);
    }
    Ok(line)
}

/// The number, and what stands behind the word for an extension.
fn parts(line: &str) -> (&str, Option<&str>) {
    let lower = line.to_ascii_lowercase();
    EXTENSIONS
        .iter()
        .find_map(|word| {
            let begins = lower.find(word)?;
            let (number, extension) = (line.get(..begins)?, line.get(begins + word.len()..)?);
            Some((number.trim_end(), Some(extension.trim())))
        })
        .unwrap_or((line, None))
}
