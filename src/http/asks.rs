//! What a row of a route table asks besides its permission: that somebody has lately shown who they are, and that they
//! have the second factor that a role of theirs asks for (A7).

use super::principal::{self, Principal, Via};
use super::problem::{Code, Problem};
use super::requires::{OWNER_AT_HOME, Requires};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::session::is_recent;
use crate::store::{groups, pairings, people};

/// All that a row asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asks {
    /// Who may.
    pub needs: Requires,
    /// Whether a session's person must have shown who they are within the last minutes. A program has shown its token,
    /// and nobody sits before it who could be another.
    pub proof: bool,
    /// Whether it is for sessions alone: it changes what proves who somebody is, which a token does not.
    pub session: bool,
    /// Whether it is there for who must set up a second factor, and does nothing else until then.
    pub before_set_up: bool,
    /// Whether who asks is asked for once more in the transaction that writes: what gives or takes access is done by
    /// nobody who has lost theirs since the request was begun.
    pub again: bool,
}

/// What a second factor is set up, renewed and given up with, by whichever edge.
pub const SECOND_FACTOR: Asks = OWNER_AT_HOME.proven().by_session();

impl From<Requires> for Asks {
    fn from(needs: Requires) -> Self {
        Self::only(needs)
    }
}

impl Requires {
    /// And a proof of the last minutes.
    pub const fn proven(self) -> Asks {
        Asks {
            proof: true,
            again: true,
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

    /// And once more when it is written, where the row names no permission of which that follows.
    pub const fn again(self) -> Asks {
        Asks {
            again: true,
            ..Asks::only(self)
        }
    }

    /// Whether the route gives or takes access: to an account, or to what others may do. What is of no use by way of a
    /// pairing does.
    const fn is_about_access(self) -> bool {
        match self {
            Self::Owner | Self::OwnerAtHome | Self::OwnPassword => true,
            Self::Permission(permission) => !permission.works_through_pairing(),
            Self::Anyone | Self::Entered | Self::SignedIn => false,
        }
    }
}

impl Asks {
    const fn only(needs: Requires) -> Self {
        Self {
            needs,
            proof: false,
            session: false,
            before_set_up: false,
            again: needs.is_about_access(),
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

    /// Does what a request asks for, in its transaction: whether `who` still may is asked once more where that counts, and
    /// a pairing that they came by is noted as used.
    ///
    /// # Errors
    /// Those of [`Asks::check_again`] and of `work`, which roll everything back, and database errors.
    pub fn write<T>(
        self,
        conn: &mut Conn,
        who: Option<&Principal>,
        now: Instant,
        work: impl FnOnce(&mut Conn) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        if let Some(who) = who {
            require_borne_out(conn, who)?;
            self.check_again(conn, who, now)?;
        }
        let done = work(conn)?;
        if let Some((pairing, person)) = who.and_then(Principal::used_pairing) {
            pairings::touch(conn, pairing, person, now)?;
        }
        Ok(done)
    }

    /// Refuses, in the transaction that writes, who has lost since their request was begun what it is asked of them for.
    /// Their organization and their row are held until it ends: whoever takes something from them at the same time has done
    /// so before, or waits.
    ///
    /// # Errors
    /// [`Code::Unauthenticated`], [`Code::MissingPermission`], those of the other checks, and database errors.
    fn check_again(self, conn: &mut Conn, who: &Principal, now: Instant) -> Result<(), Problem> {
        if !self.again {
            return Ok(());
        }
        let home = who.home.as_ref().unwrap_or(&who.organization);
        groups::lock_organization(conn, home.id)?;
        people::lock(conn, who.person)?;
        let found = principal::reloaded(conn, who, now)?.ok_or_else(Problem::unauthenticated)?;
        let (had, has) = (&who.access().permissions, &found.access().permissions);
        if let Some(lost) = had.difference(has).next() {
            return Err(Problem::missing_permission(*lost));
        }
        self.needs.met_by(&found)?;
        self.check_set_up(&found)?;
        self.check_proof(&found, now)
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

/// Nothing is written for somebody who is only presumed to be there (see [`principal::presumed`]): that is borne out first, or what they
/// ask for is done anew for whoever it is.
fn require_borne_out(conn: &mut Conn, who: &Principal) -> Result<(), Problem> {
    who.epoch.bear_out(conn)?;
    match who.epoch.is_borne_out() {
        true => Ok(()),
        false => Err(Problem::new(Code::Internal)),
    }
}
