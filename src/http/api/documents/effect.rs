//! What other settings would do.

use serde::Serialize;
use utoipa::ToSchema;

use crate::workflow::foresee::Foreseen;

/// What other settings would do to the open cases and to the targets that run; nothing is changed yet.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Effect)]
pub struct EffectDocument {
    cases: CasesEffect,
    analyses: MovedDocument,
    targets: TargetsEffect,
}

/// What becomes of open cases without an active escalation.
#[derive(Debug, Serialize, ToSchema)]
pub struct CasesEffect {
    /// How many could be escalated for a reason for which they cannot be now.
    eligible: usize,
    /// How many could no longer be escalated for a reason for which they can be now.
    ineligible: usize,
    /// Whether all of them were looked at; if not, the oldest 50,000.
    complete: bool,
}

/// How many root cause analyses that are not delivered would be due at another time.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AnalysesEffect)]
pub struct MovedDocument {
    /// Earlier.
    earlier: usize,
    /// Later.
    later: usize,
}

/// What becomes of targets that run.
#[derive(Debug, Serialize, ToSchema)]
pub struct TargetsEffect {
    /// How many would fall due earlier.
    earlier: usize,
    /// How many would fall due later.
    later: usize,
    /// How many would be missed at once.
    missed: usize,
    /// Of how many somebody would be told at once.
    told: usize,
}

impl From<&Foreseen> for EffectDocument {
    fn from(foreseen: &Foreseen) -> Self {
        let effect = &foreseen.effect;
        Self {
            cases: CasesEffect {
                eligible: effect.eligible,
                ineligible: effect.ineligible,
                complete: !foreseen.is_partial,
            },
            analyses: MovedDocument {
                earlier: effect.analyses_earlier,
                later: effect.analyses_later,
            },
            targets: TargetsEffect {
                earlier: effect.targets_earlier,
                later: effect.targets_later,
                missed: effect.targets_missed,
                told: effect.targets_told,
            },
        }
    }
}
