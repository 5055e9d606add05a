//! Which grants hold for whom: queries that the others begin with, and what a row of theirs says.

use crate::db::condition;
use crate::db::sql_types::Json;
use crate::domain::access::{HeldRole, Role, RoleGrants};

/// The columns of a grant from which a [`HeldRole`] is made.
pub(super) type HeldRow = (Option<Role>, Option<Json<RoleGrants>>);

/// A role as the rows name it; a row that names none grants nothing.
pub(super) fn held((predefined, own): HeldRow) -> HeldRole {
    match (predefined, own) {
        (Some(role), _) => HeldRole::Predefined(role),
        (None, own) => HeldRole::Own(own.map(|own| own.0.anywhere()).unwrap_or_default()),
    }
}

/// Grants to people themselves that hold now in their own organization, with what each consists of. A macro, because
/// the type of such a query cannot be written down.
macro_rules! direct_grants {
    ($now:expr) => {
        role_grants::table
            .left_join(roles::table)
            .inner_join(people::table.on(people::id.nullable().eq(role_grants::person_id)))
            .filter(role_grants::organization_id.eq(people::organization_id))
            .filter(holding_at!($now))
            .select((
                people::id,
                (role_grants::role, roles::permissions.nullable()),
            ))
    };
}
pub(super) use direct_grants;

/// Grants to the groups that people are in; otherwise like [`direct_grants`].
macro_rules! group_grants {
    ($now:expr) => {
        role_grants::table
            .left_join(roles::table)
            .inner_join(
                access_group_members::table.on(access_group_members::group_id
                    .nullable()
                    .eq(role_grants::group_id)),
            )
            .inner_join(people::table.on(people::id.eq(access_group_members::person_id)))
            .filter(role_grants::organization_id.eq(people::organization_id))
            .filter(holding_at!($now))
            .select((
                people::id,
                (role_grants::role, roles::permissions.nullable()),
            ))
    };
}
pub(super) use group_grants;

/// Grants to a person or to one of their groups.
macro_rules! given_to {
    ($person:expr) => {
        role_grants::person_id
            .eq($person)
            .or(role_grants::group_id.eq_any(
                access_group_members::table
                    .filter(access_group_members::person_id.eq($person))
                    .select(access_group_members::group_id.nullable()),
            ))
    };
}
pub(super) use given_to;

/// What was given to a person or to one of their groups in their own organization, and holds now.
macro_rules! own_grants {
    ($person:expr, $organization:expr, $now:expr) => {
        role_grants::table
            .left_join(roles::table)
            .filter(role_grants::organization_id.eq($organization))
            .filter(given_to!($person))
            .filter(holding_at!($now))
    };
}
pub(super) use own_grants;

condition! {
    /// Of a pairing that neither side has switched off or ended.
    pub(super) IsOn = "pairings.switched_off_at IS NULL AND pairings.suspended_at IS NULL AND pairings.removed_at IS NULL"
}

/// Grants that hold now by way of pairings of `home` that are on, to a person or to a group of theirs, as long as the one
/// who holds the grant is a member of the pairing.
macro_rules! paired_grants {
    ($person:expr, $home:expr, $now:expr) => {
        role_grants::table
            .inner_join(pairings::table)
            .left_join(roles::table)
            .filter(given_to!($person))
            .filter(unexpired!($now))
            .filter(pairings::trustee_id.eq($home))
            .filter(
                pairings::trustor_id
                    .assume_not_null()
                    .eq(role_grants::organization_id),
            )
            .filter(IsOn)
            .filter(exists(
                pairing_members::table
                    .filter(pairing_members::pairing_id.eq(pairings::id))
                    .filter(
                        pairing_members::person_id
                            .eq(role_grants::person_id)
                            .or(pairing_members::group_id.eq(role_grants::group_id)),
                    )
                    .select(pairing_members::id),
            ))
    };
}
pub(super) use paired_grants;

/// What cloned users inherit: what their originals were given, themselves or by a group of theirs, by way of the clone's pairing
/// while that is on (P8); with the clone's id first.
macro_rules! inherited_grants {
    ($now:expr) => {
        role_grants::table
            .inner_join(pairings::table)
            .left_join(roles::table)
            .inner_join(clones::table.on(clones::pairing_id.eq(pairings::id)))
            .filter(clones::removed_at.is_null())
            .filter(unexpired!($now))
            .filter(
                pairings::trustor_id
                    .assume_not_null()
                    .eq(role_grants::organization_id),
            )
            .filter(IsOn)
            .filter(
                role_grants::person_id
                    .eq(clones::original_id.nullable())
                    .or(exists(
                        access_group_members::table
                            .filter(access_group_members::person_id.eq(clones::original_id))
                            .filter(
                                access_group_members::group_id
                                    .nullable()
                                    .eq(role_grants::group_id),
                            )
                            .select(access_group_members::person_id),
                    )),
            )
    };
}
pub(super) use inherited_grants;
