//! The one rule for passwords that people choose.

use thiserror::Error;

use super::text::EmailAddress;

/// The fewest characters: shorter ones are guessed.
pub const SHORTEST: usize = 10;
/// The most characters: no sentence is longer, and hashing an endless one would keep a processor busy.
pub const LONGEST: usize = 200;

/// Long enough, and still the first that a guesser tries. Compared without regard to case and to what is added at the
/// end in digits and marks.
const COMMON: &[&str] = &[
    "0123456789",
    "1234567890",
    "12345678910",
    "1q2w3e4r5t",
    "1qaz2wsx3edc",
    "abcdefghij",
    "administrator",
    "asdfghjkl",
    "baseball",
    "basketball",
    "casebell",
    "changeme",
    "correcthorsebatterystaple",
    "dragon",
    "football",
    "iloveyou",
    "letmein",
    "liverpool",
    "manchester",
    "michael",
    "passphrase",
    "password",
    "passwort",
    "princess",
    "qwerty",
    "qwertyuiop",
    "qwertzuiop",
    "sunshine",
    "superman",
    "support",
    "trustno1",
    "welcome",
];

/// Why a password is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PasswordFault {
    /// It has fewer characters than [`SHORTEST`].
    #[error("shorter than {SHORTEST} characters")]
    TooShort,
    /// It has more characters than [`LONGEST`].
    #[error("longer than {LONGEST} characters")]
    TooLong,
    /// It is the address that one signs in with, or the part before its @.
    #[error("the e-mail address")]
    IsAddress,
    /// It is one of the commonest, or a single character over and over.
    #[error("one of the commonest")]
    Common,
}

impl PasswordFault {
    /// Stable code of what is wrong.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooShort => "too_short",
            Self::TooLong => "too_long",
            Self::IsAddress => "is_address",
            Self::Common => "common_password",
        }
    }
}

/// Whether somebody who signs in with `email` may have this password.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn check(password: &str, email: &EmailAddress) -> Result<(), PasswordFault> {
    let length = password.chars().count();
    if length < SHORTEST {
        return Err(PasswordFault::TooShort);
    }
    if length > LONGEST {
        return Err(PasswordFault::TooLong);
    }
    let folded = password.trim().to_lowercase();
    let address = email.as_str();
    let name = address.split('@').next().unwrap_or(address);
    if folded == address || folded == name {
        return Err(PasswordFault::IsAddress);
    }
    if is_common(&folded) {
        return Err(PasswordFault::Common);
    }
    Ok(())
}

fn is_common(folded: &str) -> bool {
    let stem = folded.trim_end_matches(|c: char| !c.is_alphabetic());
    let mut distinct: Vec<char> = folded.chars().collect();
    distinct.sort_unstable();
    distinct.dedup();
    distinct.len() < 3 || COMMON.contains(&folded) || COMMON.contains(&stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_long_common_and_obvious_ones_are_refused() {
        let email = EmailAddress::parse("dana.cole@acme.example").unwrap();
        let checked = |password: &str| check(password, &email).err();
        assert_eq!(checked("a bell rings"), None);
        assert_eq!(checked("äöüäöüßéèx"), None, "characters count, not bytes");
        assert_eq!(checked("123456789"), Some(PasswordFault::TooShort));
        assert_eq!(checked(&"long ".repeat(41)), Some(PasswordFault::TooLong));
        assert_eq!(
            checked("Dana.Cole@ACME.example"),
            Some(PasswordFault::IsAddress)
        );
        assert_eq!(checked("Dana.Cole "), Some(PasswordFault::IsAddress));
        for common in [
            "Password123!",
            "1234567890",
            "aaaaaaaaaaaa",
            "qwertyuiop",
            "Welcome2026",
            "abababababab",
        ] {
            assert_eq!(checked(common), Some(PasswordFault::Common), "{common}");
        }
    }
}
