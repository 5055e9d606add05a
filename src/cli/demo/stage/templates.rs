//! Answers that are written once.

use super::{Ago, Stage, text};
use crate::domain::language::Language;
use crate::domain::template::{Purpose, Template};
use crate::workflow::templates::{AddTemplate, add_template};
use crate::workflow::{Rejection, VerbResult};

impl Stage<'_> {
    /// Somebody writes a text template for every line of business.
    pub fn writes_template(
        &mut self,
        (who, ago): (&str, Ago),
        (name, purpose, language): (&str, Purpose, Language),
        body: &str,
    ) -> VerbResult<()> {
        let (actor, at) = (self.actor(who)?, self.now - ago);
        let body: Template = body.parse().map_err(|_| Rejection::Field {
            field: "body",
            code: "unknown_template_field",
            given: body.to_owned(),
        })?;
        let template = AddTemplate {
            name: text(name)?,
            purpose,
            language,
            line_of_business: None,
            body,
        };
        add_template(self.conn, &actor, &template, at).map(drop)
    }
}
