//! What somebody may give and whom they may manage, whatever they hold.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::domain::ids::{LineId, PairingId};

fn permissions() -> impl Strategy<Value = BTreeSet<Permission>> {
    let some = proptest::sample::subsequence(Permission::ALL.to_vec(), 0..=Permission::ALL.len());
    // Whole roles are what people have; on their own, chosen permissions hardly ever make an administrator.
    let roles = proptest::sample::subsequence(Role::ALL.to_vec(), 0..=3);
    (some, roles, any::<bool>()).prop_map(|(some, roles, chosen)| {
        let of_roles = roles.into_iter().flat_map(Role::permissions);
        match chosen {
            true => some.into_iter().chain(of_roles).collect(),
            false => of_roles.collect(),
        }
    })
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Customer), Just(Side::Provider)]
}

fn holding(side: Side, permissions: BTreeSet<Permission>) -> Access {
    let mut access = somebody(side, &[]);
    access.permissions = Arc::new(permissions);
    access
}

fn by_a_pairing(access: Access) -> Access {
    access.by_way_of(Through {
        pairing: PairingId::from_uuid(uuid::Uuid::from_u128(3)),
        home: OrganizationId::from_uuid(uuid::Uuid::from_u128(4)),
        as_clone: false,
    })
}

proptest! {
    /// Nobody climbs by way of an accomplice: whoever was given something gives no more than the giver could.
    #[test]
    fn what_is_passed_on_never_grows(side in side(), held in permissions(), wanted in permissions()) {
        let giver = holding(side, held);
        let given: BTreeSet<Permission> = wanted.intersection(&giver.grantable()).copied().collect();
        prop_assert!(giver.may_give(&given).is_ok());
        let accomplice = holding(side, given);
        prop_assert!(accomplice.grantable().is_subset(&giver.grantable()));
    }

    /// Whoever does not administer the organization gives what they hold, and no more.
    #[test]
    fn all_but_administrators_give_what_they_hold(side in side(), held in permissions(), wanted in permissions()) {
        let giver = holding(side, held.clone());
        prop_assume!(!giver.administers());
        let beyond: BTreeSet<Permission> = wanted.difference(&held).copied().collect();
        let expected = if beyond.is_empty() { Ok(()) } else { Err(Beyond(beyond)) };
        prop_assert_eq!(giver.may_give(&wanted), expected);
    }

    /// Taking somebody over gives no more than could be given, and shutting them out takes no more.
    #[test]
    fn whoever_may_do_more_is_not_managed(
        side in side(), held in permissions(), theirs in permissions(), there in permissions(), scope in permissions(),
    ) {
        let manager = holding(side, held);
        let elsewhere = OrganizationId::from_uuid(uuid::Uuid::from_u128(9));
        let none = Rights::default();
        let home = Rights::at_home(theirs.clone());
        prop_assert_eq!(manager.may_manage(&home, &none).is_ok(), theirs.is_subset(&manager.grantable()));
        let trusted = Rights {
            elsewhere: BTreeMap::from([(elsewhere, there.clone())]),
            ..home.clone()
        };
        if manager.may_manage(&trusted, &none).is_ok() {
            prop_assert!(theirs.is_subset(&manager.grantable()));
            let answers = manager.administers();
            let stands_there = side == Side::Provider && there.is_subset(&manager.permissions);
            prop_assert!(answers || stands_there || there.is_empty());
        }
        // What they hold there themselves, they could do anyway.
        let own = Rights {
            elsewhere: BTreeMap::from([(elsewhere, there.clone())]),
            ..Rights::default()
        };
        if side == Side::Customer {
            prop_assert_eq!(manager.may_manage(&trusted, &own).is_ok(), manager.may_manage(&home, &none).is_ok());
        }
        // A key that allows less does not do it for them.
        let key = manager.narrowed_to(&scope);
        if !key.administers() && key.may_manage(&trusted, &own).is_ok() {
            prop_assert!(theirs.is_subset(&scope) && there.is_subset(&scope));
        }
    }

    /// Whoever reads a restricted line is managed, and let in and out of what reads it, by whoever reads it too.
    #[test]
    fn lines_are_opened_by_who_reads_them(side in side(), held in permissions(), reads in any::<bool>()) {
        let line = LineId::from_uuid(uuid::Uuid::from_u128(5));
        let rights = Rights { lines: BTreeSet::from([line]), ..Rights::default() };
        let own = if reads { rights.clone() } else { Rights::default() };
        let manager = holding(side, held);
        let reads = reads || manager.can(Permission::LinesReadAll);
        prop_assert_eq!(manager.may_manage(&rights, &own).is_ok(), reads);
        let opens = reads && manager.can(Permission::LinesManage);
        prop_assert_eq!(manager.may_open(&rights, &own).is_ok(), opens);
        prop_assert!(manager.may_open(&Rights::default(), &Rights::default()).is_ok());
    }

    /// By way of a pairing nobody gives anything, whatever they hold there.
    #[test]
    fn nothing_is_given_by_way_of_a_pairing(held in permissions(), wanted in permissions()) {
        let guest = by_a_pairing(holding(Side::Customer, held.clone()));
        prop_assert!(!guest.administers());
        prop_assert_eq!(guest.may_give(&wanted).is_ok(), wanted.is_empty());
        for permission in Permission::ALL {
            let expected = match (held.contains(permission), permission.works_through_pairing()) {
                (false, _) => Err(Denied::Missing(*permission)),
                (true, false) => Err(Denied::ThroughPairing(*permission)),
                (true, true) => Ok(()),
            };
            prop_assert_eq!(guest.require(*permission), expected);
        }
    }

    /// A token allows less than its owner, and gives less.
    #[test]
    fn a_narrowed_key_gives_no_more_than_it_allows(side in side(), held in permissions(), scope in permissions()) {
        let owner = holding(side, held);
        let key = owner.clone().narrowed_to(&scope);
        prop_assert!(key.grantable().is_subset(&owner.grantable()));
        if !key.administers() {
            prop_assert!(key.grantable().is_subset(&scope));
        }
    }
}

/// Who of the predefined roles may give which.
#[test]
fn predefined_roles_give_exactly_these() {
    let gives = |giver: Role| -> Vec<&'static str> {
        let access = with(giver);
        Role::ALL
            .iter()
            .filter(|role| role.side() == giver.side())
            .filter(|role| access.may_give(&role.permissions()).is_ok())
            .map(|role| role.as_str())
            .collect()
    };
    assert_eq!(
        gives(Role::OrganizationAdmin),
        [
            "designated_contact",
            "portal_viewer",
            "organization_admin",
            "authorized_user_admin",
            "trusted_external_user"
        ]
    );
    assert_eq!(
        gives(Role::PartnerAdmin),
        [
            "designated_contact",
            "portal_viewer",
            "organization_admin",
            "authorized_user_admin",
            "trusted_external_user",
            "partner_admin"
        ]
    );
    assert_eq!(
        gives(Role::DesignatedContact),
        ["designated_contact", "portal_viewer"]
    );
    assert_eq!(
        gives(Role::Supervisor),
        ["support_engineer", "escalation_owner", "supervisor"]
    );
    for (side, role) in [
        (Side::Customer, Role::OrganizationAdmin),
        (Side::Provider, Role::Administrator),
    ] {
        assert!(somebody(side, &[role]).administers());
    }
    // The provider's administrator gives whatever a customer's or partner's people can hold.
    let administrator = with(Role::Administrator);
    for role in Role::ALL {
        assert!(
            administrator.may_give(&role.permissions()).is_ok(),
            "{role}"
        );
    }
    // To manage people and to give roles is not yet to administer.
    let manager = holding(
        Side::Customer,
        BTreeSet::from([Permission::UsersManage, Permission::GrantsAdd]),
    );
    assert!(!manager.administers());
    assert!(manager.may_give(&Role::PortalViewer.permissions()).is_err());
}
