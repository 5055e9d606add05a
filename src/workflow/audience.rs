//! For whom announcements, tutorials and tools are, as requests say it (H1).

use super::administer::refused;
use super::{Actor, Rejection, VerbResult};
use crate::db::Conn;
use crate::domain::audience::{Audience, AudienceKind};
use crate::domain::event::AudienceFields;
use crate::input::{Patch, input};
use crate::store::organizations;

input! {
    /// For whom something is.
    pub struct ForWhom {
        /// `everyone`, `provider`, `customers`, `partners`, or `organizations` for those that are named.
        to: AudienceKind,
        /// Which, by id or slug; only with `organizations`.
        organizations: Option<Vec<String>>,
    }
}

/// The audience that a request names.
///
/// # Errors
/// [`Rejection::Field`], `Parts`: nobody is named where somebody has to be, somebody where nobody is, or an organization that does
/// not exist for the actor.
pub(super) fn audience(conn: &mut Conn, actor: &Actor, whom: &ForWhom) -> VerbResult<Audience> {
    const FIELD: &str = "audience.organizations";
    let named = whom.organizations.as_deref().unwrap_or_default();
    match (whom.to, named.is_empty()) {
        (AudienceKind::Organizations, true) => return Err(refused(FIELD, "required", "").into()),
        (AudienceKind::Organizations, false) | (_, true) => {}
        (_, false) => return Err(refused(FIELD, "only_with_organizations", "").into()),
    }
    let (mut found, mut unknown) = (Vec::new(), Vec::new());
    for (index, name) in named.iter().enumerate() {
        match organizations::named(conn, actor.reach(), name)? {
            Some(organization) => found.push(organization.id),
            None => unknown.push((format!("{FIELD}[{index}]"), "not_found", name.clone())),
        }
    }
    match unknown.is_empty() {
        true => Ok(Audience::of(whom.to, found)),
        false => Err(Rejection::Parts(unknown).into()),
    }
}

/// The audience that a change leaves as it was, or names.
///
/// # Errors
/// As [`audience`].
pub(super) fn patched(
    conn: &mut Conn,
    actor: &Actor,
    was: &Audience,
    patch: &Patch<ForWhom>,
) -> VerbResult<Audience> {
    match patch {
        Patch::Keep => Ok(was.clone()),
        Patch::Set(whom) => audience(conn, actor, whom),
    }
}

/// As it is audited.
pub(super) fn fields(audience: &Audience) -> AudienceFields {
    AudienceFields {
        audience: audience.kind(),
        organization: audience.organizations().to_vec(),
    }
}
