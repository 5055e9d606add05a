//! The figures of the criteria (E12).

use serde_json::{Map, Value};
use utoipa::openapi::{RefOr, Schema};

use super::administer::{By, refused, require};
use super::foresee::{Foreseen, foresee};
use super::{Expected, VerbResult, publish, settled, unchanged};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::eligibility::{Policy, PolicyError};
use crate::domain::event::{AdministrativeEvent, Changed};
use crate::input::{At, Errors, Fault, Field, Input, Member, object_schema};
use crate::store::{rules, target_rules};

/// New values by key.
#[derive(Clone, Debug)]
pub struct SetPolicies(Vec<(&'static str, String)>);

impl SetPolicies {
    /// The keys that are set.
    pub fn keys(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|(key, _)| *key)
    }
}

impl Field for SetPolicies {
    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        let given = Map::<String, Value>::read(value, at, errors)?;
        let is_form = errors.form_zone().is_some();
        let mut policy = Policy::default();
        let mut values = Vec::new();
        for (name, value) in given {
            let at = at.name(&name);
            let Some(key) = Policy::KEYS.iter().find(|key| **key == name) else {
                // A form carries things along that are its page's.
                if !is_form {
                    errors.refuse::<()>(&at, PolicyError::UnknownKey(name.clone()));
                }
                continue;
            };
            // A number may be written as one.
            let text = match &value {
                Value::String(text) => text.trim().to_owned(),
                Value::Number(number) => number.to_string(),
                Value::Null if is_form => {
                    errors.refuse::<()>(&at, Fault::new("required"));
                    continue;
                }
                other => {
                    errors.refuse::<()>(&at, Fault::wrong_type("a string", other));
                    continue;
                }
            };
            match policy.set(key, &text) {
                Ok(()) => values.push((*key, text)),
                Err(error) => {
                    errors.refuse::<()>(&at, Fault::from(error));
                }
            }
        }
        Some(Self(values))
    }

    fn schema() -> RefOr<Schema> {
        object_schema("New values by key.", Self::members())
    }
}

impl Input for SetPolicies {
    fn members() -> Vec<Member> {
        let member = |name: &&'static str| Member {
            name,
            doc: "Its new value.".to_owned(),
            required: false,
            schema: String::schema(),
        };
        Policy::KEYS.iter().map(member).collect()
    }
}

/// Sets policies by their keys (E12); all of them or none.
///
/// # Errors
/// [`Rejection::Denied`](super::Rejection::Denied), `Stale`, `Field`.
pub fn set_policies(
    conn: &mut Conn,
    by: By<'_>,
    expected: Expected<'_>,
    command: &SetPolicies,
    now: Instant,
) -> VerbResult<()> {
    require(by, Permission::PoliciesManage)?;
    let version = target_rules::policies_version(conn)?;
    unchanged(expected, version)?;
    let before = Policy::clone(&*rules::policy(conn)?);
    let policy = planned(&before, command)?;
    // What is as it was is no change, and counts as none.
    if before == policy {
        return Ok(());
    }
    settled(
        target_rules::count_policies_change(conn, version)?,
        expected,
    )?;
    for (key, _) in &command.0 {
        let now_is = before.get(key);
        if let Some(value) = policy
            .get(key)
            .filter(|value| now_is.as_ref() != Some(value))
        {
            rules::set_policy(conn, key, &value, now)?;
        }
    }
    let event = AdministrativeEvent::PolicyChanged(Changed {
        before,
        after: policy,
    });
    publish::administrative(conn, by, event, now)
}

/// What [`set_policies`] would do; nothing is written.
///
/// # Errors
/// As [`set_policies`].
pub fn foresee_policies(
    conn: &mut Conn,
    by: By<'_>,
    expected: Expected<'_>,
    command: &SetPolicies,
    now: Instant,
) -> VerbResult<Foreseen> {
    require(by, Permission::PoliciesManage)?;
    unchanged(expected, target_rules::policies_version(conn)?)?;
    foresee(conn, now, |settings| {
        settings.policy = planned(&settings.policy, command)?.into();
        Ok(())
    })
}

/// The policy with the new values.
fn planned(before: &Policy, command: &SetPolicies) -> VerbResult<Policy> {
    let mut policy = before.clone();
    for (key, value) in &command.0 {
        policy
            .set(key, value)
            .map_err(|_| refused(key, "malformed", value))?;
    }
    Ok(policy)
}
