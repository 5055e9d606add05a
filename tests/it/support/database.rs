//! One story, two databases.

use super::postgres;

/// Which database a story runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// The embedded one, in a file of the test's own.
    Sqlite,
    /// A database of the test's own on a real server.
    Postgresql,
}

impl Backend {
    /// Whether it can be used here; the first test that cannot says so for all of them.
    pub fn is_available(self) -> bool {
        match self {
            Self::Sqlite => true,
            Self::Postgresql => match postgres::server() {
                Ok(_) => true,
                Err(why) => {
                    static SAID: std::sync::Once = std::sync::Once::new();
                    SAID.call_once(|| {
                        super::say(&format!(
                            "\n=== NOT RUN: every story on PostgreSQL: {why} ===\n"
                        ))
                    });
                    assert!(
                        !super::everything_is_required(),
                        "CI is set, and there is no PostgreSQL: {why}"
                    );
                    false
                }
            },
        }
    }
}
