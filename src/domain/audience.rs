//! For whom something on the help pages is: everybody, one kind of organization, or certain ones (H1). What is for others does not
//! exist for a reader.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::ids::OrganizationId;
use super::organization::OrganizationKind;
use crate::domain::closed_enum;

closed_enum! {
    /// For which organizations something is.
    pub enum AudienceKind {
        /// For all of them.
        Everyone = "everyone",
        /// For the provider's staff.
        Provider = "provider",
        /// For customers.
        Customers = "customers",
        /// For partners.
        Partners = "partners",
        /// For certain organizations, which are named.
        Organizations = "organizations",
    }
}

/// For whom something is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    /// For everybody who is signed in.
    Everyone,
    /// For the provider's staff.
    Provider,
    /// For the people of customers.
    Customers,
    /// For the people of partners.
    Partners,
    /// For the people of these organizations, whatever their kind.
    Organizations(Vec<OrganizationId>),
}

impl AudienceKind {
    /// The kinds that reach every organization of a kind.
    pub const fn reaching(kind: OrganizationKind) -> [Self; 2] {
        let own = match kind {
            OrganizationKind::Provider => Self::Provider,
            OrganizationKind::Customer => Self::Customers,
            OrganizationKind::Partner => Self::Partners,
        };
        [Self::Everyone, own]
    }
}

impl Audience {
    /// The audience of that kind; `organizations` are those that it names, each once, if it names any.
    pub fn of(kind: AudienceKind, mut organizations: Vec<OrganizationId>) -> Self {
        match kind {
            AudienceKind::Everyone => Self::Everyone,
            AudienceKind::Provider => Self::Provider,
            AudienceKind::Customers => Self::Customers,
            AudienceKind::Partners => Self::Partners,
            AudienceKind::Organizations => {
                organizations.sort_unstable();
                organizations.dedup();
                Self::Organizations(organizations)
            }
        }
    }

    /// Its kind.
    pub const fn kind(&self) -> AudienceKind {
        match self {
            Self::Everyone => AudienceKind::Everyone,
            Self::Provider => AudienceKind::Provider,
            Self::Customers => AudienceKind::Customers,
            Self::Partners => AudienceKind::Partners,
            Self::Organizations(_) => AudienceKind::Organizations,
        }
    }

    /// The organizations that it names.
    pub fn organizations(&self) -> &[OrganizationId] {
        match self {
            Self::Organizations(named) => named,
            _ => &[],
        }
    }

    /// Whether the people of an organization belong to it.
    pub fn reaches(&self, organization: OrganizationId, kind: OrganizationKind) -> bool {
        match self {
            Self::Organizations(named) => named.contains(&organization),
            other => AudienceKind::reaching(kind).contains(&other.kind()),
        }
    }
}

/// `{"to": "customers"}`, or `{"to": "organizations", "organizations": [id…]}`.
impl Serialize for Audience {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("to", &self.kind())?;
        if let Self::Organizations(named) = self {
            map.serialize_entry("organizations", named)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    fn organization(number: u128) -> OrganizationId {
        OrganizationId::from_uuid(Uuid::from_u128(number))
    }

    #[test]
    fn a_kind_reaches_its_own_and_no_other() {
        use OrganizationKind::{Customer, Partner, Provider};
        let named = vec![organization(1)];
        for (kind, reached) in [
            (AudienceKind::Everyone, [true, true, true]),
            (AudienceKind::Provider, [true, false, false]),
            (AudienceKind::Customers, [false, true, false]),
            (AudienceKind::Partners, [false, false, true]),
            (AudienceKind::Organizations, [false, false, false]),
        ] {
            let audience = Audience::of(kind, named.clone());
            let of_kind = |kind| audience.reaches(organization(2), kind);
            assert_eq!(
                [Provider, Customer, Partner].map(of_kind),
                reached,
                "{kind}"
            );
            assert_eq!(audience.kind(), kind);
        }
    }

    #[test]
    fn it_is_told_with_the_organizations_that_it_names() {
        assert_eq!(json!(Audience::Partners), json!({"to": "partners"}));
        let named = Audience::of(
            AudienceKind::Organizations,
            vec![organization(2), organization(1), organization(2)],
        );
        let expected =
            json!({"to": "organizations", "organizations": [organization(1), organization(2)]});
        assert_eq!(json!(named), expected);
    }

    proptest! {
        /// Who is named belongs to it, whatever they are, and nobody else does.
        #[test]
        fn certain_organizations_are_those_that_are_named(
            named in prop::collection::vec(0..8_u128, 0..6),
            asked in 0..8_u128,
            kind in prop::sample::select(OrganizationKind::ALL),
        ) {
            let ids = named.iter().copied().map(organization).collect();
            let audience = Audience::of(AudienceKind::Organizations, ids);
            prop_assert_eq!(audience.reaches(organization(asked), kind), named.contains(&asked));
        }
    }
}
