//! What somebody holds, with the names of the roles and the ways by which they came.

use diesel::dsl::exists;
use diesel::prelude::*;

use super::grants::{IsOn, given_to, inherited_grants, own_grants, paired_grants};
use crate::db::Conn;
use crate::db::schema::{
    access_group_members, access_groups, clones, pairing_members, pairings, role_grants, roles,
};
use crate::db::sql_types::{At, Json};
use crate::domain::Instant;
use crate::domain::access::{HeldName, HeldRole, Holding, Role, RoleGrants, Way};
use crate::domain::ids::{GroupId, OrganizationId, PairingId, PersonId, RoleId};
use crate::domain::text::sort_key;
use crate::store::grants::{holding_at, unexpired};

/// The columns of a grant from which a [`Holding`] is made: the role, and the group to which it was given.
type HoldingRow = (
    Option<Role>,
    Option<(RoleId, String, String, Json<RoleGrants>)>,
    Option<(GroupId, String)>,
);

macro_rules! holding_columns {
    () => {
        (
            role_grants::role,
            (roles::id, roles::code, roles::name, roles::permissions).nullable(),
            (access_groups::id, access_groups::name).nullable(),
        )
    };
}

/// A holding as the rows name it; none if they name no role.
fn holding(row: HoldingRow, pairing: Option<PairingId>) -> Option<Holding> {
    let (predefined, own, group) = row;
    let (name, role) = match (predefined, own) {
        (Some(role), _) => (HeldName::Predefined(role), HeldRole::Predefined(role)),
        (None, Some((id, code, name, permissions))) => (
            HeldName::Own { id, code, name },
            HeldRole::Own(permissions.0.anywhere()),
        ),
        (None, None) => return None,
    };
    let way = match (pairing, group) {
        (Some(id), group) => Way::Pairing { id, group },
        (None, Some((id, name))) => Way::Group { id, name },
        (None, None) => Way::Direct,
    };
    Some(Holding { name, role, way })
}

/// What a person holds in their own organization, like [`own`](super::own), with the names of the roles and the ways by which they
/// came: those given to the person first, then by group.
///
/// # Errors
/// Database errors.
pub fn own_holdings(
    conn: &mut Conn,
    person: PersonId,
    organization: OrganizationId,
    now: Instant,
) -> QueryResult<Vec<Holding>> {
    let rows: Vec<HoldingRow> = own_grants!(person, organization, now)
        .left_join(access_groups::table)
        .select(holding_columns!())
        .load(conn)?;
    let inherited: Vec<(PairingId, HoldingRow)> = inherited_grants!(now)
        .left_join(access_groups::table)
        .filter(clones::person_id.eq(person))
        .filter(role_grants::organization_id.eq(organization))
        .select((pairings::id, holding_columns!()))
        .load(conn)?;
    let inherited = inherited
        .into_iter()
        .filter_map(|(pairing, row)| holding(row, Some(pairing)));
    let own = rows.into_iter().filter_map(|row| holding(row, None));
    Ok(in_their_order(own.chain(inherited)))
}

/// What a person of `home` holds in the organization `there` by way of a pairing, like [`paired`](super::paired), with names and ways.
///
/// # Errors
/// Database errors.
pub fn paired_holdings(
    conn: &mut Conn,
    person: PersonId,
    home: OrganizationId,
    there: OrganizationId,
    now: Instant,
) -> QueryResult<Vec<Holding>> {
    let rows: Vec<(PairingId, HoldingRow)> = paired_grants!(person, home, now)
        .left_join(access_groups::table)
        .filter(role_grants::organization_id.eq(there))
        .select((pairings::id, holding_columns!()))
        .load(conn)?;
    let held = rows
        .into_iter()
        .filter_map(|(pairing, row)| holding(row, Some(pairing)));
    Ok(in_their_order(held))
}

/// By the ways by which they came, those of the program before an organization's own; names as in a dictionary.
fn in_their_order(holdings: impl Iterator<Item = Holding>) -> Vec<Holding> {
    let mut holdings: Vec<Holding> = holdings.collect();
    holdings.sort_by_cached_key(|one| {
        let (pairing, group) = match &one.way {
            Way::Direct => (None, None),
            Way::Group { name, .. } => (None, Some(sort_key(name))),
            Way::Pairing { id, group } => {
                (Some(*id), group.as_ref().map(|(_, name)| sort_key(name)))
            }
        };
        let own = match &one.name {
            HeldName::Predefined(_) => None,
            HeldName::Own { name, .. } => Some(sort_key(name)),
        };
        (pairing, group, one.way.clone(), own, one.name.clone())
    });
    holdings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_holds_is_listed_as_in_a_dictionary() {
        let own = |name: &str| Holding {
            name: HeldName::Own {
                id: RoleId::new(Instant::default()),
                code: String::new(),
                name: name.to_owned(),
            },
            role: HeldRole::Predefined(Role::Monitor),
            way: Way::Direct,
        };
        let grouped = |group: &str| Holding {
            way: Way::Group {
                id: GroupId::new(Instant::default()),
                name: group.to_owned(),
            },
            ..own("Writers")
        };
        let held = [
            grouped("Zander"),
            own("Zander"),
            grouped("Özil"),
            own("Özil"),
        ];
        let told: Vec<_> = in_their_order(held.clone().into_iter());
        assert_eq!(told, [3, 1, 2, 0].map(|index| held[index].clone()));
    }
}
