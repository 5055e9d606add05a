//! The organizations and people of the demonstration.

use std::fmt::Write;

use serde_json::json;

use crate::domain::access::Role;

/// The provider's slug.
pub const PROVIDER: &str = "northstar";

/// What everybody signs in with.
pub const PASSWORD: &str = "quiet-harbour-lantern";

/// An organization.
struct Organization {
    slug: &'static str,
    name: &'static str,
    kind: &'static str,
    time_zone: &'static str,
}

const ORGANIZATIONS: &[Organization] = &[
    organization(PROVIDER, "Northstar Support", "provider", "Europe/Berlin"),
    organization(
        "acme",
        "ACME Contact Centers",
        "customer",
        "America/New_York",
    ),
    organization("globex", "Globex", "customer", "Europe/London"),
    organization("initech", "Initech", "customer", "Europe/Madrid"),
    organization(
        "umbrella",
        "Umbrella Health",
        "customer",
        "Australia/Sydney",
    ),
    organization("hooli", "Hooli", "partner", "America/Los_Angeles"),
];

const fn organization(
    slug: &'static str,
    name: &'static str,
    kind: &'static str,
    time_zone: &'static str,
) -> Organization {
    Organization {
        slug,
        name,
        kind,
        time_zone,
    }
}

/// The lines of business.
pub const VOICE: &str = "Voice";
/// See [`VOICE`].
pub const RECORDING: &str = "Recording";
/// See [`VOICE`].
pub const REPORTING: &str = "Reporting";

/// Somebody.
pub struct Somebody {
    /// How the stories call them.
    pub key: &'static str,
    first: &'static str,
    last: &'static str,
    organization: &'static str,
    roles: &'static [Role],
}

impl Somebody {
    /// The address that they sign in with.
    pub fn email(&self) -> String {
        let name = format!("{}.{}", self.first, self.last).to_lowercase();
        format!("{name}@{}.example", self.organization)
    }
}

/// Everybody, those first whom one would rather be.
pub const PEOPLE: &[Somebody] = &[
    somebody("dana", ("Dana", "Cole"), "acme", &[Role::DesignatedContact]),
    somebody(
        "olga",
        ("Olga", "Marin"),
        PROVIDER,
        &[Role::EscalationOwner],
    ),
    somebody("sam", ("Sam", "Reed"), PROVIDER, &[Role::SupportEngineer]),
    somebody(
        "ravi",
        ("Ravi", "Shah"),
        PROVIDER,
        &[Role::SupportEngineer, Role::EscalationOwner],
    ),
    somebody("vic", ("Vic", "Stone"), "acme", &[Role::PortalViewer]),
    somebody("abel", ("Abel", "Noor"), "acme", &[Role::OrganizationAdmin]),
    somebody(
        "gina",
        ("Gina", "Holt"),
        "globex",
        &[Role::DesignatedContact],
    ),
    somebody(
        "pia",
        ("Pia", "Lund"),
        "initech",
        &[Role::DesignatedContact],
    ),
    somebody(
        "uma",
        ("Uma", "Patel"),
        "umbrella",
        &[Role::DesignatedContact],
    ),
    somebody(
        "hank",
        ("Hank", "Young"),
        "hooli",
        &[Role::PartnerAdmin, Role::DesignatedContact],
    ),
    somebody("nadia", ("Nadia", "Petrova"), PROVIDER, &[Role::Supervisor]),
    somebody("mona", ("Mona", "Quist"), PROVIDER, &[Role::Monitor]),
    somebody("ada", ("Ada", "Frost"), PROVIDER, &[Role::Administrator]),
];

const fn somebody(
    key: &'static str,
    (first, last): (&'static str, &'static str),
    organization: &'static str,
    roles: &'static [Role],
) -> Somebody {
    Somebody {
        key,
        first,
        last,
        organization,
        roles,
    }
}

/// Everything but the stories, as `casebell import casebell` reads it.
pub fn records() -> String {
    let mut records: Vec<_> = ORGANIZATIONS
        .iter()
        .map(|one| {
            json!({"type": "organization", "slug": one.slug, "name": one.name, "kind": one.kind,
                "time_zone": one.time_zone})
        })
        .collect();
    // A lunch break, and the evening of the day before a holiday is as long as any other.
    let day = ["08:30-12:30", "13:30-17:30"];
    records.push(
        json!({"type": "calendar", "name": "Northstar office hours", "time_zone": "Europe/Berlin",
        "hours": {"mon": day, "tue": day, "wed": day, "thu": day, "fri": day},
        "holidays": ["--01-01", "--05-01", "--10-03", "--12-25", "--12-26"], "default": true}),
    );
    records.push(json!({"type": "line_of_business", "name": VOICE}));
    records.push(json!({"type": "line_of_business", "name": RECORDING, "parent": VOICE}));
    records.push(json!({"type": "line_of_business", "name": REPORTING}));
    records.extend(PEOPLE.iter().map(|one| {
        json!({"type": "user", "email": one.email(), "first_name": one.first, "last_name": one.last,
            "organization": one.organization, "roles": one.roles, "password": PASSWORD})
    }));
    records.iter().map(|record| format!("{record}\n")).collect()
}

/// Who can sign in, and with what.
pub fn accounts() -> String {
    let mut said = String::from("You can sign in as\n");
    for one in PEOPLE {
        let organization = ORGANIZATIONS
            .iter()
            .find(|found| found.slug == one.organization);
        let organization = organization.map_or(one.organization, |found| found.name);
        let roles: Vec<String> = one
            .roles
            .iter()
            .map(|role| role.as_str().replace('_', " "))
            .collect();
        // Writing to a string does not fail.
        let _ = writeln!(
            said,
            "  {:<32} {PASSWORD}   {} {}, {} at {organization}",
            one.email(),
            one.first,
            one.last,
            roles.join(" and "),
        );
    }
    said
}
