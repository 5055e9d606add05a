//! The people of the stories. They are there when a story begins, so that it can begin with what it is about.

use std::collections::BTreeMap;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};

/// Somebody of the fixtures.
#[derive(Clone, Copy, Debug)]
pub struct Somebody {
    /// How stories call them.
    pub key: &'static str,
    /// First name.
    pub first: &'static str,
    /// Last name.
    pub last: &'static str,
    /// Where they belong.
    pub organization: &'static str,
    /// What they may do.
    pub roles: &'static [&'static str],
}

impl Somebody {
    /// The address that they sign in with.
    pub fn email(&self) -> String {
        format!("{}@{}.test", self.key, self.organization)
    }

    /// First and last name.
    pub fn name(&self) -> String {
        format!("{} {}", self.first, self.last)
    }

    /// Whether they belong to the provider.
    pub fn is_staff(&self) -> bool {
        self.organization == PROVIDER
    }
}

/// The provider's slug.
pub const PROVIDER: &str = "bellhop";

/// What everybody signs in with.
pub const PASSWORD: &str = "a bell that everybody hears";

/// The hash of [`PASSWORD`] that is the least work to compare with. Who is of the fixtures signs in with it, a thousand times in all;
/// what the desk itself hashes is as much work as everywhere.
pub fn quick_hash() -> String {
    let least = Params::new(Params::MIN_M_COST, Params::MIN_T_COST, 1, None).expect("parameters");
    let hashing = Argon2::new(Algorithm::Argon2id, Version::V0x13, least);
    let hash: PasswordHash = hashing.hash_password(PASSWORD.as_bytes()).expect("a hash");
    hash.to_string()
}

const fn somebody(
    key: &'static str,
    name: (&'static str, &'static str),
    organization: &'static str,
    roles: &'static [&'static str],
) -> Somebody {
    Somebody {
        key,
        first: name.0,
        last: name.1,
        organization,
        roles,
    }
}

/// Everybody: at least one person per role, and three organizations that must not see each other.
pub const PEOPLE: &[Somebody] = &[
    somebody("ada", ("Ada", "Frost"), PROVIDER, &["administrator"]),
    somebody("sam", ("Sam", "Reed"), PROVIDER, &["supervisor"]),
    somebody("ola", ("Ola", "Berg"), PROVIDER, &["escalation_owner"]),
    somebody("otto", ("Otto", "Lind"), PROVIDER, &["escalation_owner"]),
    somebody("eve", ("Eve", "Hart"), PROVIDER, &["support_engineer"]),
    somebody("mona", ("Mona", "Quist"), PROVIDER, &["monitor"]),
    somebody("devi", ("Devi", "Rao"), PROVIDER, &["developer"]),
    somebody("dana", ("Dana", "Cole"), "acme", &["designated_contact"]),
    somebody("carl", ("Carl", "Moss"), "acme", &["designated_contact"]),
    somebody("vic", ("Vic", "Stone"), "acme", &["portal_viewer"]),
    somebody("abel", ("Abel", "Noor"), "acme", &["organization_admin"]),
    somebody("nils", ("Nils", "Bare"), "acme", &[]),
    somebody("gina", ("Gina", "Holt"), "globex", &["designated_contact"]),
    somebody("gus", ("Gus", "Vale"), "globex", &["portal_viewer"]),
    somebody("pia", ("Pia", "Lund"), "initech", &["designated_contact"]),
];

/// The person whom stories call by this key.
#[track_caller]
pub fn somebody_called(key: &str) -> Somebody {
    *PEOPLE
        .iter()
        .find(|person| person.key == key)
        .unwrap_or_else(|| panic!("there is nobody called {key}"))
}

/// The fixtures as `casebell import casebell` reads it. The provider is at home in Berlin, where the clocks change.
pub fn as_records() -> String {
    let mut lines = vec![
        r#"{"type":"organization","slug":"bellhop","name":"Bellhop Support","kind":"provider","region":"eu","time_zone":"Europe/Berlin"}"#.to_owned(),
        r#"{"type":"organization","slug":"acme","name":"ACME Corporation","kind":"customer","region":"eu","time_zone":"America/New_York"}"#.to_owned(),
        r#"{"type":"organization","slug":"globex","name":"Globex","kind":"customer","region":"eu","time_zone":"Europe/London"}"#.to_owned(),
        r#"{"type":"organization","slug":"initech","name":"Initech Partners","kind":"partner","region":"eu","time_zone":"Asia/Tokyo"}"#.to_owned(),
        r#"{"type":"line_of_business","name":"Payments"}"#.to_owned(),
        r#"{"type":"line_of_business","name":"Ledger"}"#.to_owned(),
    ];
    for person in PEOPLE {
        let record = BTreeMap::from([
            ("type", serde_json::json!("user")),
            ("email", person.email().into()),
            ("first_name", person.first.into()),
            ("last_name", person.last.into()),
            ("organization", person.organization.into()),
            ("roles", serde_json::json!(person.roles)),
            ("password", PASSWORD.into()),
        ]);
        lines.push(serde_json::to_string(&record).expect("JSON"));
    }
    lines.join("\n") + "\n"
}
