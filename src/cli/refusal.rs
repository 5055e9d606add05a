//! Why a verb did nothing, as the command line says it.

use crate::workflow::{Rejection, VerbError};

/// The field that it is about, if it is about one, and what is wrong.
pub(super) fn said(refused: &Rejection) -> (Option<&'static str>, String) {
    match refused {
        Rejection::Field { field, code, given } => (
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
        Rejection::Fields(fields) => {
            let each = fields
                .iter()
                .map(|(field, code, given)| format!("{field}: {code}: “{given}”"));
            (None, each.collect::<Vec<_>>().join("; "))
        }
        Rejection::LastAdministrator { organization } => (
            Some("roles"),
            format!("somebody has to remain administrator of {organization}"),
        ),
        Rejection::NotFound => (None, "there is no such thing".to_owned()),
        Rejection::Denied(denied) => (None, denied.to_string()),
        Rejection::Beyond(beyond) => (None, beyond.to_string()),
        Rejection::Case(refusal) => (None, refusal.to_string()),
        Rejection::BeforeOpening { opened_at } => (
            Some("at"),
            format!("the case was opened at {} only", opened_at.to_rfc3339()),
        ),
        other => (None, format!("{other:?}")),
    }
}

/// The same as an error that ends a command.
pub(super) fn error(failed: VerbError) -> anyhow::Error {
    match failed {
        VerbError::Rejected(refused) => match said(&refused) {
            (Some(field), reason) => anyhow::anyhow!("{field}: {reason}"),
            (None, reason) => anyhow::anyhow!(reason),
        },
        VerbError::Database(error) => error.into(),
        VerbError::Calendar(error) => error.into(),
    }
}
