mod authority;

use super::*;
use crate::domain::escalation::Verb;
use crate::domain::feed::Visibility;
use crate::domain::ids::{OrganizationId, PersonId};
use crate::domain::organization::OrganizationKind;

fn somebody(side: Side, roles: &[Role]) -> Access {
    let (person, organization) = (uuid::Uuid::from_u128(1), uuid::Uuid::from_u128(2));
    let organization = OrganizationId::from_uuid(organization);
    Access::of_roles(
        PersonId::from_uuid(person),
        organization,
        side,
        roles.iter().copied(),
    )
}

fn with(role: Role) -> Access {
    somebody(role.side(), &[role])
}

fn granted(role: Role) -> Vec<&'static str> {
    role.permissions()
        .into_iter()
        .map(Permission::as_str)
        .collect()
}

#[test]
fn permissions_are_a_resource_and_an_action() {
    for name in Permission::NAMES {
        let (resource, action) = name.split_once(':').unwrap();
        let words = |text: &str| {
            !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c == '_')
        };
        assert!(words(resource) && words(action), "{name}");
    }
}

#[test]
fn customers_roles_grant_exactly_this() {
    assert_eq!(
        granted(Role::DesignatedContact),
        [
            "cases:view",
            "cases:create",
            "cases:update",
            "cases:close",
            "cases:reopen",
            "feeds:comment",
            "priorities:request",
            "rca:request",
            "escalations:view",
            "escalations:submit",
            "escalations:withdraw",
            "escalations:rate",
            "callbacks:view",
            "callbacks:create",
            "callbacks:cancel",
            "callbacks:reschedule",
            "reports:view",
            "reports:export",
            "articles:view",
            "announcements:view",
            "tutorials:view",
            "tutorials:register",
            "tools:view",
        ]
    );
    assert_eq!(
        granted(Role::PortalViewer),
        [
            "cases:view",
            "escalations:view",
            "reports:view",
            "articles:view",
            "announcements:view",
            "tutorials:view",
            "tutorials:register",
        ]
    );
    assert_eq!(
        granted(Role::OrganizationAdmin),
        [
            "cases:view",
            "escalations:view",
            "reports:view",
            "reports:export",
            "articles:view",
            "organizations:view",
            "users:view",
            "users:manage",
            "audit:view",
            "roles:view",
            "roles:manage",
            "access_groups:view",
            "access_groups:manage",
            "grants:add",
            "access_requests:view",
            "access_requests:decide",
            "org_trustees:add",
            "org_trustees:delete",
            "org_trustees:view",
            "org_trustees:edit",
            "org_trustee_users:add",
            "org_trustee_users:view",
            "org_trustee_users:edit",
            "org_trustee_users:delete",
            "org_trustee_groups:add",
            "org_trustee_groups:view",
            "org_trustee_groups:edit",
            "org_trustee_groups:delete",
            "org_trustors:view",
            "org_trustors:manage",
            "announcements:view",
            "tutorials:view",
            "tutorials:register",
        ]
    );
}

#[test]
fn roles_of_pairing_grant_exactly_this() {
    let admin = Role::OrganizationAdmin.permissions();
    let authorized = Role::AuthorizedUserAdmin.permissions();
    let pairing: BTreeSet<Permission> = Permission::ALL
        .iter()
        .copied()
        .filter(|permission| permission.as_str().starts_with("org_truste"))
        .chain([Permission::OrgTrustorsView, Permission::RolesView])
        // Help is for everybody.
        .chain([
            Permission::ArticlesView,
            Permission::AnnouncementsView,
            Permission::TutorialsView,
            Permission::TutorialsRegister,
        ])
        .collect();
    assert_eq!(authorized, pairing);
    assert!(admin.is_superset(&authorized));
    assert_eq!(
        granted(Role::TrustedExternalUser),
        [
            "articles:view",
            "org_trustee_users:view",
            "org_trustors:view"
        ]
    );
    let clients = [Permission::ClientsView, Permission::ClientsPair];
    assert_eq!(
        Role::PartnerAdmin.permissions(),
        admin.into_iter().chain(clients).collect()
    );
    for permission in clients {
        assert!(permission.fits(OrganizationKind::Partner));
        assert!(!permission.fits(OrganizationKind::Customer), "{permission}");
    }
}

#[test]
fn tools_are_for_designated_contacts_and_those_who_keep_them() {
    let sees = |role: &&Role| role.permissions().contains(&Permission::ToolsView);
    let seeing: Vec<&Role> = Role::ALL.iter().filter(sees).collect();
    assert_eq!(seeing, [&Role::DesignatedContact, &Role::Administrator]);
    for role in Role::ALL.iter().filter(|role| !role.is_of_pairings()) {
        let granted = role.permissions();
        assert!(granted.contains(&Permission::AnnouncementsView), "{role}");
        assert!(granted.contains(&Permission::TutorialsView), "{role}");
    }
}

#[test]
fn an_own_role_grants_no_more_than_its_side_can_hold() {
    let everything = HeldRole::Own(Permission::ALL.iter().copied().collect());
    let customers = everything.permissions(Side::Customer);
    for denied in [
        Permission::FeedsInternal,
        Permission::CasesWork,
        Permission::EscalationsReview,
        Permission::LinesView,
        Permission::LinesReadAll,
        Permission::PoliciesManage,
    ] {
        assert!(!customers.contains(&denied), "{denied}");
    }
    assert_eq!(
        everything.permissions(Side::Provider).len(),
        Permission::ALL.len()
    );
}

#[test]
fn staffs_roles_grow_out_of_one_another() {
    use Permission::*;
    let added = |role: Role, to: Role| -> Vec<Permission> {
        assert!(role.permissions().is_superset(&to.permissions()));
        role.permissions()
            .difference(&to.permissions())
            .copied()
            .collect()
    };
    assert_eq!(
        added(Role::EscalationOwner, Role::SupportEngineer),
        [
            EscalationsReview,
            CallbacksCreate,
            CallbacksCancel,
            CallbacksReschedule
        ]
    );
    assert_eq!(
        added(Role::Supervisor, Role::EscalationOwner),
        [
            EscalationsSubmit,
            EscalationsWithdraw,
            EscalationsAssign,
            CallbacksExport,
            ReportsExport,
            DutyManage,
            AnnouncementsManage,
            TutorialsManage,
            TemplatesManage
        ]
    );
    assert_eq!(
        Role::Administrator.permissions().len(),
        Permission::ALL.len()
    );
    for denied in [
        EscalationsReview,
        EscalationsSubmit,
        UsersManage,
        PoliciesManage,
        NoticesView,
        AuditView,
    ] {
        assert!(
            !Role::SupportEngineer.permissions().contains(&denied),
            "{denied}"
        );
    }
}

#[test]
fn who_only_sees_changes_nothing() {
    let harmless = |permission: &Permission| {
        let others = [
            Permission::FeedsInternal,
            Permission::DeveloperToolsUse,
            Permission::ProvisioningRun,
            // Of their own time.
            Permission::TutorialsRegister,
        ];
        permission.as_str().ends_with(":view") || others.contains(permission)
    };
    for role in [Role::PortalViewer, Role::Monitor, Role::Developer] {
        assert!(role.permissions().iter().all(harmless), "{role}");
        let viewer = with(role);
        for visibility in Visibility::ALL {
            let missing = Err(Denied::Missing(Permission::FeedsComment));
            assert_eq!(viewer.may_write(*visibility), missing, "{role}");
        }
        for field in CaseField::ALL {
            assert!(viewer.may_change(*field).is_err(), "{role} {field}");
        }
    }
}

#[test]
fn several_roles_allow_what_any_of_them_does() {
    let both = somebody(
        Side::Customer,
        &[Role::PortalViewer, Role::OrganizationAdmin],
    );
    assert!(both.can(Permission::CasesView) && both.can(Permission::UsersManage));
    assert_eq!(
        both.require(Permission::CasesCreate),
        Err(Denied::Missing(Permission::CasesCreate))
    );
    assert!(somebody(Side::Customer, &[]).permissions.is_empty());
}

#[test]
fn a_role_of_the_other_side_grants_nothing() {
    for role in Role::ALL {
        for side in Side::ALL {
            let access = somebody(*side, &[*role]);
            assert_eq!(
                access.permissions.is_empty(),
                role.side() != *side,
                "{role} {side}"
            );
        }
    }
}

#[test]
fn a_token_never_allows_more_than_its_owner_may() {
    let scope = BTreeSet::from([Permission::CasesView, Permission::PoliciesManage]);
    let token = with(Role::DesignatedContact).narrowed_to(&scope);
    assert_eq!(*token.permissions, BTreeSet::from([Permission::CasesView]));
}

#[test]
fn customers_reach_their_own_organization_and_staff_all() {
    let other = OrganizationId::from_uuid(uuid::Uuid::from_u128(3));
    for role in Role::ALL {
        let access = with(*role);
        assert!(access.reach().covers(access.organization));
        assert_eq!(
            access.reach().covers(other),
            role.side() == Side::Provider,
            "{role}"
        );
    }
}

#[test]
fn an_internal_entry_reaches_no_customer_whatever_a_row_says() {
    for role in Role::ALL {
        let access = with(*role);
        assert!(access.sees(Visibility::Public));
        assert_eq!(
            access.sees(Visibility::Internal),
            role.side() == Side::Provider,
            "{role}"
        );
    }
    let mut forged = with(Role::DesignatedContact);
    forged.permissions = Arc::new(Permission::ALL.iter().copied().collect());
    assert!(!forged.sees(Visibility::Internal));
    assert_eq!(
        forged.may_write(Visibility::Internal),
        Err(Denied::Missing(Permission::FeedsInternal))
    );
    assert!(!forged.supervises());
    assert_eq!(forged.may_write(Visibility::Public), Ok(()));
}

#[test]
fn each_side_changes_its_own_fields() {
    let changed_by = |role: Role| -> Vec<&'static str> {
        let access = with(role);
        CaseField::ALL
            .iter()
            .filter(|field| access.may_change(**field).is_ok())
            .map(|field| field.as_str())
            .collect()
    };
    let contacts = ["subject", "description", "product", "business_impact"];
    assert_eq!(changed_by(Role::DesignatedContact), contacts);
    assert_eq!(changed_by(Role::SupportEngineer), CaseField::NAMES);
    let contact = with(Role::DesignatedContact);
    assert_eq!(
        contact.may_change(CaseField::Priority),
        Err(FieldRefusal::ByPriorityRequest)
    );
    assert_eq!(
        contact.may_change(CaseField::Status),
        Err(FieldRefusal::StaffOnly(CaseField::Status))
    );
    let missing = FieldRefusal::Denied(Denied::Missing(Permission::CasesWork));
    assert_eq!(
        with(Role::Monitor).may_change(CaseField::Owner),
        Err(missing)
    );
}

#[test]
fn verbs_on_escalations_are_given_to_roles() {
    let may = |role: Role| -> Vec<&'static str> {
        let access = with(role);
        Verb::ALL
            .iter()
            .filter(|verb| access.can(permission_to(**verb)))
            .map(|verb| verb.as_str())
            .collect()
    };
    assert_eq!(may(Role::DesignatedContact), ["withdraw", "rate"]);
    assert_eq!(may(Role::PortalViewer), [""; 0]);
    assert_eq!(may(Role::SupportEngineer), [""; 0]);
    assert_eq!(
        may(Role::EscalationOwner),
        ["claim", "accept", "rerank", "decline", "close", "ask_rater"]
    );
    assert_eq!(
        may(Role::Supervisor),
        [
            "claim",
            "assign",
            "accept",
            "rerank",
            "decline",
            "withdraw",
            "close",
            "ask_rater"
        ]
    );
    assert!(with(Role::Supervisor).supervises() && !with(Role::EscalationOwner).supervises());
}

#[test]
fn a_role_code_is_never_that_of_a_predefined_role() {
    for good in ["triage", "second_line", "l2"] {
        assert_eq!(
            good.parse::<RoleName>().unwrap(),
            RoleName::Own(RoleCode::parse(good).unwrap())
        );
    }
    for role in Role::ALL {
        assert!(RoleCode::parse(role.as_str()).is_err(), "{role}");
        assert_eq!(
            role.as_str().parse::<RoleName>().unwrap(),
            RoleName::Predefined(*role)
        );
    }
    for bad in ["", "_x", "x_", "Triage", "a b", "a-b", "ä", &"x".repeat(64)] {
        assert!(RoleCode::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn an_explanation_names_exactly_what_the_union_grants_and_every_role_that_grants_it() {
    let holding = |role: HeldRole, way| Holding {
        name: HeldName::Predefined(Role::PortalViewer),
        role,
        way,
    };
    let all: Vec<Holding> = Role::ALL
        .iter()
        .map(|role| holding(HeldRole::Predefined(*role), Way::Direct))
        .chain([holding(
            HeldRole::Own(BTreeSet::from([
                Permission::CasesView,
                Permission::FeedsInternal,
            ])),
            Way::Direct,
        )])
        .collect();
    for side in [Side::Customer, Side::Provider] {
        for chosen in 0..1_usize << all.len().min(8) {
            let holdings: Vec<Holding> = all
                .iter()
                .enumerate()
                .filter(|(n, _)| chosen & (1 << (n % 8)) != 0)
                .map(|(_, holding)| holding.clone())
                .collect();
            let explained = explain(side, &holdings);
            let access = Access::of(
                PersonId::from_uuid(uuid::Uuid::nil()),
                OrganizationId::from_uuid(uuid::Uuid::nil()),
                side,
                holdings.iter().map(|holding| holding.role.clone()),
            );
            assert_eq!(
                explained.keys().copied().collect::<BTreeSet<_>>(),
                *access.permissions
            );
            for (permission, by) in explained {
                let granting: Vec<usize> = (0..holdings.len())
                    .filter(|n| holdings[*n].role.permissions(side).contains(&permission))
                    .collect();
                assert_eq!(by, granting);
            }
        }
    }
}

#[test]
fn installed_groups_carry_roles_that_fit_and_one_of_them_administers() {
    for kind in OrganizationKind::ALL {
        let installed = Role::installed(*kind);
        assert!(
            installed
                .iter()
                .all(|(role, _)| role.fits(*kind) && !role.is_of_pairings())
        );
        let administers = |role: Role| {
            Access::of_roles(
                PersonId::from_uuid(uuid::Uuid::nil()),
                OrganizationId::from_uuid(uuid::Uuid::nil()),
                kind.side(),
                [role],
            )
            .administers()
        };
        let who: Vec<&str> = installed
            .iter()
            .filter(|(role, _)| administers(*role))
            .map(|(_, name)| *name)
            .collect();
        assert_eq!(who, ["Administrators"]);
    }
}
