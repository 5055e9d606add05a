//! What a person may do, and which role gives it by which way.

use serde::Serialize;

use crate::domain::access::{HeldName, Holding, Permission, Reach, Way, explain};
use crate::domain::ids::PersonId;
use crate::domain::organization::{OrganizationKind, Side};
use crate::http::portal::admin::Place;
use crate::http::portal::admin::handlers::{PLACE, tabs_of};
use crate::http::portal::answer::PageResult;
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::Tab;
use crate::http::problem::Problem;
use crate::store::{access, organizations, people};
use crate::words::Catalogue;

/// The kinds of things that permissions are about, in the order of their first; members of the family `resource`.
pub const RESOURCES: &[&str] = &[
    "cases",
    "feeds",
    "priorities",
    "rca",
    "escalations",
    "next_steps",
    "communications",
    "callbacks",
    "radar",
    "reports",
    "articles",
    "organizations",
    "users",
    "lines",
    "calendars",
    "policies",
    "targets",
    "duty",
    "reasons",
    "notices",
    "audit",
    "roles",
    "access_groups",
    "grants",
    "access_requests",
    "developer_tools",
    "provisioning",
    "org_trustees",
    "org_trustee_users",
    "org_trustee_groups",
    "org_trustors",
    "clients",
    "announcements",
    "tutorials",
    "tools",
    "templates",
];

/// What a person may do.
#[derive(Clone, Debug, Serialize)]
pub struct AccessPage {
    /// First and last name.
    pub name: String,
    /// Who that is, and where.
    pub about: String,
    /// The places of the administration.
    pub tabs: Vec<Tab>,
    /// What they may do, by what it is about.
    pub may: Vec<Resource>,
    /// What they may not.
    pub may_not: Vec<Resource>,
    /// How many that are.
    pub may_not_title: String,
    /// The person's page.
    pub back: String,
}

/// Permissions about one kind of thing.
#[derive(Clone, Debug, Serialize)]
pub struct Resource {
    /// What they are about.
    pub title: String,
    /// Each in plain words.
    pub lines: Vec<PermissionLine>,
}

/// A permission in plain words.
#[derive(Clone, Debug, Serialize)]
pub struct PermissionLine {
    /// What it allows.
    pub says: String,
    /// Its code.
    pub code: &'static str,
    /// Which role gives it, by which way; empty where nothing does.
    pub by: Vec<String>,
}

/// Permissions sorted by what they are about, each with what `by` says of it.
pub fn in_resources(
    words: &Catalogue,
    permissions: impl Iterator<Item = Permission>,
    by: impl Fn(Permission) -> Vec<String>,
) -> Vec<Resource> {
    let permissions: Vec<Permission> = permissions.collect();
    let lines = |resource: &str| -> Vec<PermissionLine> {
        let of = permissions
            .iter()
            .filter(|permission| permission.resource() == resource);
        of.map(|permission| PermissionLine {
            says: words.say_of("permission", permission.as_str(), &[]),
            code: permission.as_str(),
            by: by(*permission),
        })
        .collect()
    };
    RESOURCES
        .iter()
        .map(|resource| Resource {
            title: words.say_of("resource", resource, &[]),
            lines: lines(resource),
        })
        .filter(|resource| !resource.lines.is_empty())
        .collect()
}

/// The page of somebody called `name`.
pub fn access_page(
    words: &Catalogue,
    (name, about, back): (String, String, String),
    kind: OrganizationKind,
    holdings: &[Holding],
    tabs: Vec<Tab>,
) -> AccessPage {
    let side: Side = kind.side();
    let explained = explain(side, holdings);
    let by = |permission: Permission| -> Vec<String> {
        let places = explained.get(&permission).into_iter().flatten();
        places
            .filter_map(|place| holdings.get(*place))
            .map(|holding| by_way(words, holding))
            .collect()
    };
    let may = in_resources(words, explained.keys().copied(), by);
    let missing = Permission::ALL
        .iter()
        .copied()
        .filter(|permission| permission.fits(kind) && !explained.contains_key(permission));
    let count = missing.clone().count();
    AccessPage {
        name,
        about,
        tabs,
        may,
        may_not: in_resources(words, missing, |_| Vec::new()),
        may_not_title: words.say("person-may-not", &[("count", count.into())]),
        back,
    }
}

fn by_way(words: &Catalogue, holding: &Holding) -> String {
    let role = match &holding.name {
        HeldName::Predefined(role) => words.say_of("role", role.as_str(), &[]),
        HeldName::Own { name, .. } => name.clone(),
    };
    let role = ("role", role.into());
    match &holding.way {
        Way::Direct => words.say("way-direct", &[role]),
        Way::Group { name, .. } => {
            let group = ("group", name.as_str().into());
            words.say("way-group", &[role, group])
        }
        Way::Pairing { .. } => words.say("way-pairing", &[role]),
    }
}

pub(super) async fn show(req: PageRequest, id: PersonId) -> PageResult {
    let (reach, now) = (req.access()?.reach(), req.now);
    let (person, organization, holdings) = req
        .read(move |conn| {
            let person = people::find(conn, reach, id)?.ok_or_else(Problem::not_found)?;
            let organization =
                organizations::find(conn, Reach::Everything, person.organization_id)?
                    .ok_or_else(Problem::not_found)?;
            let holdings = access::own_holdings(conn, id, organization.id, now)?;
            Ok((person, organization, holdings))
        })
        .await?;
    let about = format!("{} · {}", person.email, organization.name);
    let page = access_page(
        req.words(),
        (person.name(), about, format!("/admin/people/{id}")),
        organization.kind,
        &holdings,
        tabs_of(&req, Place::People),
    );
    req.show(PLACE, "person-access", &page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_permission_has_plain_words_and_stands_under_its_resource() {
        let words = Catalogue::load().unwrap();
        let all = in_resources(&words, Permission::ALL.iter().copied(), |_| Vec::new());
        let count: usize = all.iter().map(|resource| resource.lines.len()).sum();
        assert_eq!(
            count,
            Permission::ALL.len(),
            "a resource is not in the list"
        );
        for line in all.iter().flat_map(|resource| &resource.lines) {
            let key = format!("permission-{}", line.code.replace(['_', ':'], "-"));
            assert!(words.has(&key), "no message {key}");
        }
    }
}
