//! What a role grants, as it is written: single permissions, and whole resources (A1).

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};

use super::Permission;
use crate::domain::UnknownValue;
use crate::domain::organization::Side;

/// The action that stands for all of a resource, those that are added later too.
const ALL: &str = "all";

/// One of the things that a role grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grant {
    /// A permission.
    One(Permission),
    /// Every action of a resource: `cases:all`.
    All(&'static str),
}

/// All that a role grants.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RoleGrants(BTreeSet<Grant>);

impl Grant {
    /// Each resource as a whole, by name.
    pub fn wholes() -> impl Iterator<Item = Self> {
        let resources = Permission::ALL
            .iter()
            .map(|permission| permission.resource());
        resources
            .collect::<BTreeSet<_>>()
            .into_iter()
            .map(Self::All)
    }

    /// What it comes to for somebody who stands on `side`.
    pub fn on(self, side: Side) -> BTreeSet<Permission> {
        match self {
            Self::One(permission) => BTreeSet::from([permission]),
            Self::All(resource) => Permission::ALL
                .iter()
                .copied()
                .filter(|permission| permission.resource() == resource && permission.is_of(side))
                .collect(),
        }
    }
}

impl RoleGrants {
    /// What it comes to for somebody who stands on `side`.
    pub fn on(&self, side: Side) -> BTreeSet<Permission> {
        self.0.iter().flat_map(|grant| grant.on(side)).collect()
    }

    /// What it comes to on whatever side; a role of the other side grants nothing all the same.
    pub fn anywhere(&self) -> BTreeSet<Permission> {
        let sides = Side::ALL.iter().copied();
        sides.flat_map(|side| self.on(side)).collect()
    }

    /// Each thing that it grants, in order.
    pub fn iter(&self) -> impl Iterator<Item = Grant> + '_ {
        self.0.iter().copied()
    }

    /// Whether that is written in it.
    pub fn contains(&self, grant: Grant) -> bool {
        self.0.contains(&grant)
    }

    /// What stands in it, and not in `other`.
    pub fn beyond(&self, other: &Self) -> Self {
        Self(self.0.difference(&other.0).copied().collect())
    }
}

impl FromIterator<Grant> for RoleGrants {
    fn from_iter<I: IntoIterator<Item = Grant>>(grants: I) -> Self {
        Self(grants.into_iter().collect())
    }
}

impl From<BTreeSet<Grant>> for RoleGrants {
    fn from(grants: BTreeSet<Grant>) -> Self {
        Self(grants)
    }
}

impl From<BTreeSet<Permission>> for RoleGrants {
    fn from(permissions: BTreeSet<Permission>) -> Self {
        permissions.into_iter().map(Grant::One).collect()
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(permission) => permission.fmt(f),
            Self::All(resource) => f.pad(&format!("{resource}:{ALL}")),
        }
    }
}

impl FromStr for Grant {
    type Err = UnknownValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some((resource, ALL)) = text.split_once(':') {
            let known = Permission::ALL
                .iter()
                .map(|permission| permission.resource());
            if let Some(resource) = known.into_iter().find(|known| *known == resource) {
                return Ok(Self::All(resource));
            }
        }
        text.parse().map(Self::One)
    }
}

impl Serialize for Grant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Grant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl utoipa::PartialSchema for Grant {
    fn schema() -> RefOr<Schema> {
        let wholes = Self::wholes().map(|whole| whole.to_string());
        let ones = Permission::NAMES.iter().map(|name| (*name).to_owned());
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(
                "A permission, or all of a resource, what is added later too: `cases:all`.",
            ))
            .enum_values(Some(ones.chain(wholes)))
            .into()
    }
}

impl utoipa::ToSchema for Grant {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_resource_is_each_of_its_actions_on_that_side() {
        let all: Grant = "cases:all".parse().unwrap();
        assert_eq!(all.to_string(), "cases:all");
        let provider = all.on(Side::Provider);
        assert!(provider.contains(&Permission::CasesWork));
        assert!(
            provider
                .iter()
                .all(|permission| permission.resource() == "cases")
        );
        let customer = all.on(Side::Customer);
        assert!(
            customer.contains(&Permission::CasesCreate)
                && !customer.contains(&Permission::CasesWork)
        );
        assert!("teapots:all".parse::<Grant>().is_err());
        assert_eq!("cases:view".parse(), Ok(Grant::One(Permission::CasesView)));
        let written: RoleGrants = serde_json::from_str(r#"["cases:all","users:view"]"#).unwrap();
        assert_eq!(
            serde_json::to_string(&written).unwrap(),
            r#"["users:view","cases:all"]"#
        );
        for whole in Grant::wholes() {
            assert_eq!(whole.to_string().parse(), Ok(whole));
        }
    }
}
