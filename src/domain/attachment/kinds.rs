//! Which kinds of files are not taken, by the ending of their names.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::FileName;

/// What runs when somebody opens it, on the machines that most people have. Who wants to send one packs it.
const RUNS_WHEN_OPENED: [&str; 18] = [
    "bat", "cmd", "com", "cpl", "exe", "hta", "jse", "lnk", "msi", "msp", "pif", "ps1", "reg",
    "scr", "vbe", "vbs", "wsf", "wsh",
];
/// How somebody says that all are taken.
const NONE: &str = "none";
/// How long an ending is at the most.
const LONGEST: usize = 20;

/// The endings of the names of files that are not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForbiddenKinds(BTreeSet<String>);

/// Not a list of endings.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("“{0}” is no ending of a file's name")]
pub struct MalformedKind(pub String);

impl ForbiddenKinds {
    /// Whether a file of this name is taken.
    pub fn allow(&self, name: &FileName) -> bool {
        name.ending().is_none_or(|ending| !self.0.contains(&ending))
    }

    /// The endings, with commas between them; empty if all are taken.
    pub fn endings(&self) -> String {
        let all: Vec<&str> = self.0.iter().map(String::as_str).collect();
        all.join(", ")
    }
}

/// What runs when somebody opens it.
impl Default for ForbiddenKinds {
    fn default() -> Self {
        Self(RUNS_WHEN_OPENED.map(str::to_owned).into())
    }
}

impl fmt::Display for ForbiddenKinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.is_empty() {
            true => f.write_str(NONE),
            false => f.write_str(&self.endings()),
        }
    }
}

impl FromStr for ForbiddenKinds {
    type Err = MalformedKind;

    /// Endings with commas between them, with or without their full stop; or `none`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.trim() == NONE {
            return Ok(Self(BTreeSet::new()));
        }
        let ending = |text: &str| {
            let ending = text.trim().trim_start_matches('.').to_lowercase();
            let is_one = (1..=LONGEST).contains(&ending.len())
                && ending
                    .chars()
                    .all(|c| c.is_alphanumeric() || "_-+".contains(c));
            match is_one {
                true => Ok(ending),
                false => Err(MalformedKind(text.trim().to_owned())),
            }
        };
        text.split(',')
            .map(ending)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes(kinds: &ForbiddenKinds, name: &str) -> bool {
        kinds.allow(&FileName::cleaned(name))
    }

    #[test]
    fn what_runs_when_it_is_opened_is_not_taken_however_it_is_written() {
        let kinds = ForbiddenKinds::default();
        for name in ["a.exe", "A.EXE", "a.txt.Scr", "a.exe. ", "dir/a.bat"] {
            assert!(!takes(&kinds, name), "{name}");
        }
        for name in ["a.log", "exe", "a.exe.txt", "a.zip", "a.js"] {
            assert!(takes(&kinds, name), "{name}");
        }
    }

    #[test]
    fn an_administrator_says_which_are_not_taken() {
        let kinds: ForbiddenKinds = ".ZIP, 7z".parse().expect("endings");
        assert!(!takes(&kinds, "a.zip") && !takes(&kinds, "a.7z") && takes(&kinds, "a.exe"));
        assert_eq!(kinds.to_string(), "7z, zip");
        let none: ForbiddenKinds = "none".parse().expect("none");
        assert!(takes(&none, "a.exe") && none.endings().is_empty());
        assert_eq!(none.to_string().parse(), Ok(none));
        for wrong in ["exe,,bat", ".ZIP, tar.gz", "", "a b"] {
            assert!(wrong.parse::<ForbiddenKinds>().is_err(), "{wrong}");
        }
    }
}
