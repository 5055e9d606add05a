//! Why a verb did nothing, as the command line says it.

use crate::workflow::{Failed, Refused};

/// The field that it is about, if it is about one, and what is wrong.
pub(super) fn said(refused: &Refused) -> (Option<&'static str>, String) {
    match refused {
        Refused::Field { field, code, given } => (
            Some(field),
            match *code {
                "taken" => format!("“{given}” is taken"),
                "not_found" | "unknown" => format!("there is no “{given}”"),
                "of_several" => format!(
                    "several organizations have added “{given}”, and nobody has shown that it is theirs"
                ),
                "other_side" => format!("the organization's people cannot be {given}"),
                "provider_exists" => "there is a provider already, and only one can be".to_owned(),
                code => format!("{code}: “{given}”"),
            },
        ),
        Refused::Fields(fields) => {
            let each = fields
                .iter()
                .map(|(field, code, given)| format!("{field}: {code}: “{given}”"));
            (None, each.collect::<Vec<_>>().join("; "))
        }
        Refused::LastAdministrator { organization } => (
            Some("roles"),
            format!("somebody has to remain administrator of {organization}"),
        ),
        Refused::NotFound => (None, "there is no such thing".to_owned()),
        Refused::Denied(denied) => (None, denied.to_string()),
        Refused::Beyond(beyond) => (None, beyond.to_string()),
        Refused::Case(refusal) => (None, refusal.to_string()),
        Refused::BeforeOpening { opened_at } => (
            Some("at"),
            format!("the case was opened at {} only", opened_at.to_rfc3339()),
        ),
        other => (None, format!("{other:?}")),
    }
}

/// The same as an error that ends a command.
pub(super) fn error(failed: Failed) -> anyhow::Error {
    match failed {
        Failed::Refused(refused) => match said(&refused) {
            (Some(field), reason) => anyhow::anyhow!("{field}: {reason}"),
            (None, reason) => anyhow::anyhow!(reason),
        },
        Failed::Database(error) => error.into(),
        Failed::Calendar(error) => error.into(),
    }
}
