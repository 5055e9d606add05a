//! The answers that support has written once.

use super::super::stage::Stage;
use super::days;
use crate::domain::language::Language;
use crate::domain::template::Purpose;
use crate::workflow::VerbResult;

/// One for each place where somebody writes, in both languages.
pub fn templates_are_written(stage: &mut Stage<'_>) -> VerbResult<()> {
    for (name, purpose, language, body) in [
        (
            "Accepted: what happens now",
            Purpose::Accept,
            Language::English,
            "Hello {{contact.first_name}},\n\nwe have accepted {{escalation.number}}. **{{owner.name}}** leads it from now on, and you hear from us after each step below.\n\nKind regards\n{{writer.name}}",
        ),
        (
            "Declined: we are still within the time",
            Purpose::Decline,
            Language::English,
            "Hello {{contact.first_name}},\n\nwe have read {{escalation.number}} and looked at {{case.number}}. Work on it goes on, and {{owner.name}} follows it. If something has changed since, please write it in the case; you can escalate again at any time.\n\nKind regards\n{{writer.name}}",
        ),
        (
            "Bitte um Aufzeichnungen",
            Purpose::Reply,
            Language::German,
            "Guten Tag {{contact.name}},\n\ndamit wir {{case.number}} eingrenzen können, brauchen wir Aufzeichnungen aus der Zeit der Störung:\n\n- Uhrzeit mit Zeitzone\n- betroffene Anschlüsse\n- Protokolle der Telefonanlage\n\nMit freundlichen Grüßen\n{{writer.name}}",
        ),
        (
            "Zwischenstand zur Eskalation",
            Purpose::EscalationReply,
            Language::German,
            "Guten Tag {{contact.name}},\n\nzu {{escalation.number}} gibt es einen Zwischenstand. Den nächsten Schritt haben wir bis {{next_step.by}} zugesagt.\n\nMit freundlichen Grüßen\n{{writer.name}}",
        ),
    ] {
        stage.writes_template(("nadia", days(21)), (name, purpose, language), body)?;
    }
    Ok(())
}
