//! The one rule for passwords that people choose: long enough, none that guessers try early, and nothing that they know of
//! whoever chooses it.
//!
//! How early a guesser comes to a password is reckoned by zxcvbn, which knows common passwords, words, names, dates, rows
//! of keys and what people make of them. [`COMMON`] are the commonest passwords that it does not know.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::LazyLock;

use thiserror::Error;
use unicode_normalization::{UnicodeNormalization, is_nfkc};
use zxcvbn::zxcvbn;

use super::text::EmailAddress;

/// The fewest characters: shorter ones are guessed.
pub const SHORTEST: usize = 10;
/// The most characters: no sentence is longer, and hashing an endless one would keep a processor busy.
pub const LONGEST: usize = 200;

/// The decimal logarithm of the guesses that a password has to withstand: three hundred millions. Three common words or
/// dates beside each other are reckoned at one hundred millions.
const STRONG_ENOUGH: f64 = 8.5;
/// How many characters are reckoned with. The work grows with the cube of the length, and whatever is safe so far is safe.
const RECKONED: usize = 40;
/// The fewest characters of a word that is looked for: shorter ones are found everywhere.
const SHORTEST_WORD: usize = 3;
/// The fewest letters and digits that have to be left of a password without the words that a guesser knows.
const SHORTEST_REST: usize = 6;

/// Passwords of ten characters and more that are found most often in lists of stolen ones, in lower case: those of the
/// 20,000 commonest that Django ships and of the 50,000 that zxcvbn-ts ships.
static COMMON: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("password/common.txt").lines().collect());

/// Why a password is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PasswordFault {
    /// It has fewer characters than [`SHORTEST`].
    #[error("it has fewer than {SHORTEST} characters")]
    TooShort,
    /// It has more characters than [`LONGEST`].
    #[error("it has more than {LONGEST} characters")]
    TooLong,
    /// It is the address that one signs in with, or the part before its @.
    #[error("it is the e-mail address")]
    IsAddress,
    /// It is one of the commonest.
    #[error("it is one of the passwords that are guessed first")]
    Common,
    /// It is made of names that a guesser knows.
    #[error("it is made of the person's name, address or organization, or of Casebell's own")]
    OfContext,
    /// It is guessed quickly.
    #[error(
        "it is guessed quickly; four or more words that have nothing to do with each other are not"
    )]
    Guessable,
}

impl PasswordFault {
    /// Stable code of what is wrong.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooShort => "too_short",
            Self::TooLong => "too_long",
            Self::IsAddress => "is_address",
            Self::Common => "common_password",
            Self::OfContext => "of_context",
            Self::Guessable => "guessable",
        }
    }
}

/// What a guesser knows of whoever chooses a password: their address and names, their organization, where they sign in.
#[derive(Clone, Debug)]
pub struct Context {
    email: EmailAddress,
    words: Vec<String>,
}

impl Context {
    /// Of somebody who signs in with this address, to Casebell.
    pub fn of(email: &EmailAddress) -> Self {
        let new = Self {
            email: email.clone(),
            words: Vec::new(),
        };
        new.with("casebell").with(email.as_str())
    }

    /// With a name or an address that a guesser knows too, whole, run together, and by its parts.
    #[must_use]
    pub fn with(mut self, name: &str) -> Self {
        let name = normalized(name).to_lowercase();
        let parts: Vec<&str> = name
            .split(|character: char| !character.is_alphanumeric())
            .filter(|part| !part.is_empty())
            .collect();
        let joined = parts.concat();
        let known = parts.into_iter().chain([name.as_str(), joined.as_str()]);
        let long = known.filter(|word| word.chars().count() >= SHORTEST_WORD);
        self.words.extend(long.map(str::to_owned));
        self
    }
}

/// A password as it is hashed and compared: however a keyboard puts its characters together, they are the same ones.
pub fn normalized(password: &str) -> Cow<'_, str> {
    if is_nfkc(password) {
        Cow::Borrowed(password)
    } else {
        Cow::Owned(password.nfkc().collect())
    }
}

/// Whether somebody of whom a guesser knows the context may have this password.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn check(password: &str, context: &Context) -> Result<(), PasswordFault> {
    let password = normalized(password);
    let length = password.chars().count();
    if length < SHORTEST {
        return Err(PasswordFault::TooShort);
    }
    if length > LONGEST {
        return Err(PasswordFault::TooLong);
    }
    let folded = password.trim().to_lowercase();
    let address = context.email.as_str();
    let name = address.split('@').next().unwrap_or(address);
    if folded == address || folded == name {
        return Err(PasswordFault::IsAddress);
    }
    if is_common(&folded) {
        return Err(PasswordFault::Common);
    }
    if is_of_context(&folded, &context.words) {
        return Err(PasswordFault::OfContext);
    }
    guessed(&password, context)
}

/// Compared without regard to case and to what is added at the end in digits and marks.
fn is_common(folded: &str) -> bool {
    let stem = folded.trim_end_matches(|c: char| !c.is_alphabetic());
    COMMON.contains(folded) || COMMON.contains(stem)
}

/// Whether little is left without the words that a guesser knows.
fn is_of_context(folded: &str, words: &[String]) -> bool {
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    words.sort_unstable_by_key(|word| std::cmp::Reverse(word.len()));
    let mut rest = folded.to_owned();
    for word in words {
        rest = rest.replace(word, " ");
    }
    let left = rest.chars().filter(|character| character.is_alphanumeric());
    rest != folded && left.count() < SHORTEST_REST
}

fn guessed(password: &str, context: &Context) -> Result<(), PasswordFault> {
    let start: String = password.chars().take(RECKONED).collect();
    let words: Vec<&str> = context.words.iter().map(String::as_str).collect();
    let is_strong = |known: &[&str]| zxcvbn(&start, known).guesses_log10() >= STRONG_ENOUGH;
    match is_strong(&words) {
        true => Ok(()),
        // Nobody else would be refused it.
        false if is_strong(&[]) => Err(PasswordFault::OfContext),
        false => Err(PasswordFault::Guessable),
    }
}

#[cfg(test)]
mod tests;
