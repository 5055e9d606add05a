//! What a row of a route table asks besides its permission: that somebody has lately shown who they are, and that they
//! have the second factor that a role of theirs asks for (A7).

use super::call::Needs;
use super::principal::{Principal, Via};
use super::problem::{Code, Problem};
use crate::domain::Instant;
use crate::domain::session::is_recent;

/// All that a row asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asks {
    /// Who may.
    pub needs: Needs,
    /// Whether a session's person must have shown who they are within the last minutes. A program has shown its token,
    /// and nobody sits before it who could be another.
    pub proof: bool,
    /// Whether it is for sessions alone: it changes what proves who somebody is, which a token does not.
    pub session: bool,
    /// Whether it is there for who must set up a second factor, and does nothing else until then.
    pub before_set_up: bool,
}

impl From<Needs> for Asks {
    fn from(needs: Needs) -> Self {
        Self::only(needs)
    }
}

impl Needs {
    /// And a proof of the last minutes.
    pub const fn proven(self) -> Asks {
        Asks {
            proof: true,
            ..Asks::only(self)
        }
    }

    /// And there for who must set up a second factor.
    pub const fn before_set_up(self) -> Asks {
        Asks {
            before_set_up: true,
            ..Asks::only(self)
        }
    }
}

impl Asks {
    const fn only(needs: Needs) -> Self {
        Self {
            needs,
            proof: false,
            session: false,
            before_set_up: false,
        }
    }

    /// And no token.
    #[must_use]
    pub const fn by_session(self) -> Self {
        Self {
            session: true,
            ..self
        }
    }

    /// And there for who must set up a second factor.
    #[must_use]
    pub const fn before_set_up(self) -> Self {
        Self {
            before_set_up: true,
            ..self
        }
    }

    /// Refuses who has a second factor to set up first.
    ///
    /// # Errors
    /// [`Code::SecondFactorSetupRequired`].
    pub fn check_set_up(self, who: &Principal) -> Result<(), Problem> {
        match who.must_set_up && !self.before_set_up {
            true => Err(Problem::new(Code::SecondFactorSetupRequired)),
            false => Ok(()),
        }
    }

    /// Refuses who has not shown lately who they are.
    ///
    /// # Errors
    /// [`Code::ProofRequired`], [`Code::SessionRequired`].
    pub fn check_proof(self, who: &Principal, now: Instant) -> Result<(), Problem> {
        match who.via {
            Via::Token { .. } if self.session => Err(Problem::new(Code::SessionRequired)),
            Via::Session { proven_at, .. } if self.proof && !is_recent(proven_at, now) => {
                Err(Problem::new(Code::ProofRequired))
            }
            Via::Token { .. } | Via::Session { .. } => Ok(()),
        }
    }
}
