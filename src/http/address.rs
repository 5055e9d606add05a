//! What paths name: read before anything else is done, and the one decision on whether it exists for somebody and
//! whether they may (A5), for the API and the portal alike.

use std::ops::Deref;

use utoipa::openapi::{RefOr, Schema};

use super::principal::Principal;
use super::problem::Problem;
use super::requires::Requires;
use crate::db::{Conn, Db};
use crate::domain::Instant;
use crate::domain::access::Access;

/// What a path names, such as a case.
pub trait Address: Clone + Send + Sync + Sized + 'static {
    /// Whether the route takes `If-Match`; one that does not refuses it (section 11).
    const GUARDED: bool = false;

    /// Reads it from the path's only parameter; what cannot be read does not exist.
    fn read(text: Option<&str>) -> Option<Self>;

    /// Reads it from all parameters of the path.
    fn read_all(texts: &[&str]) -> Option<Self> {
        Self::read(texts.first().copied())
    }

    /// Whether it exists for somebody at `now` (A5).
    ///
    /// # Errors
    /// Database errors.
    fn is_visible(&self, conn: &mut Conn, access: &Access, now: Instant) -> Result<bool, Problem>;

    /// What the published document says of the parameter; nothing if there is none.
    fn parameter() -> Option<(&'static str, RefOr<Schema>)>;

    /// What it says of each parameter, in the order of the path.
    fn parameters() -> Vec<(&'static str, RefOr<Schema>)> {
        Self::parameter().into_iter().collect()
    }
}

impl Address for () {
    fn read(_: Option<&str>) -> Option<Self> {
        Some(())
    }

    fn is_visible(&self, _: &mut Conn, _: &Access, _: Instant) -> Result<bool, Problem> {
        Ok(true)
    }

    fn parameter() -> Option<(&'static str, RefOr<Schema>)> {
        None
    }
}

/// A thing within another, such as a member of a group: both have to exist for somebody.
impl<A: Address, B: Address> Address for (A, B) {
    fn read(_: Option<&str>) -> Option<Self> {
        None
    }

    fn read_all(texts: &[&str]) -> Option<Self> {
        match texts {
            [first, second] => Some((A::read(Some(first))?, B::read(Some(second))?)),
            _ => None,
        }
    }

    fn is_visible(&self, conn: &mut Conn, access: &Access, now: Instant) -> Result<bool, Problem> {
        Ok(self.0.is_visible(conn, access, now)? && self.1.is_visible(conn, access, now)?)
    }

    fn parameter() -> Option<(&'static str, RefOr<Schema>)> {
        A::parameter()
    }

    fn parameters() -> Vec<(&'static str, RefOr<Schema>)> {
        A::parameters().into_iter().chain(B::parameters()).collect()
    }
}

/// What a path names, to be changed only if it is still as the client knows it: the route takes `If-Match`, and its
/// handler gives [`ApiRequest::expected`] to the verb.
#[derive(Clone, Copy, Debug)]
pub struct Guarded<A>(pub A);

impl<A> Deref for Guarded<A> {
    type Target = A;

    fn deref(&self) -> &A {
        &self.0
    }
}

impl<A: Address> Address for Guarded<A> {
    const GUARDED: bool = true;

    fn read(text: Option<&str>) -> Option<Self> {
        A::read(text).map(Self)
    }

    fn read_all(texts: &[&str]) -> Option<Self> {
        A::read_all(texts).map(Self)
    }

    fn is_visible(&self, conn: &mut Conn, access: &Access, now: Instant) -> Result<bool, Problem> {
        self.0.is_visible(conn, access, now)
    }

    fn parameter() -> Option<(&'static str, RefOr<Schema>)> {
        A::parameter()
    }

    fn parameters() -> Vec<(&'static str, RefOr<Schema>)> {
        A::parameters()
    }
}

/// What exists for somebody at `now` but is not theirs to do is 403; what does not exist for them is 404 (A5).
///
/// # Errors
/// [`Requires::met_by`]'s, or [`super::problem::Code::NotFound`]; and database errors.
pub(super) async fn permitted<A: Address>(
    db: &Db,
    principal: &Principal,
    needs: Requires,
    address: &A,
    now: Instant,
) -> Result<(), Problem> {
    let Err(refused) = needs.met_by(principal) else {
        return Ok(());
    };
    let (access, address) = (principal.access().clone(), address.clone());
    let visible = db
        .read(move |conn| address.is_visible(conn, &access, now))
        .await?;
    Err(match visible {
        true => refused,
        false => Problem::not_found(),
    })
}
