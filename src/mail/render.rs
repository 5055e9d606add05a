//! Templates: embedded in the binary, overridable from a directory, and checked before the first notice (N1).
//!
//! A template is `templates/mail/<notice>/<part>.hbs`; `part` is `subject`, `text` or `html` and decides how values are
//! escaped. Besides the notices' own there are partials, named the same way (`layout/html`, `quote/text`, …).

mod check;
mod control;
mod files;
mod say;

use std::path::Path;
use std::sync::LazyLock;

use handlebars::{Handlebars, no_escape};

use super::Letterhead;
use super::line::one_line;
use super::sample;
use super::scene::{Notice, TemplateContext};
use crate::domain::notice::NoticeKind;
use crate::templates::say::write_markdown;
use crate::words::{Catalogue, Languages};

use files::Source;

/// What stands in a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// One line, fit for a header.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The HTML document.
    pub html: String,
}

/// A template that cannot be used: it stops the start.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{file}, line {line}: {why}")]
pub struct TemplateError {
    /// The file: under `templates/mail`, or in the overriding directory.
    pub file: String,
    /// The line, counted from 1; 0 if it is not known.
    pub line: usize,
    /// What is wrong.
    pub why: String,
}

/// A notice on which its template failed.
#[derive(Debug, thiserror::Error)]
#[error("the template {template}, line {line}, failed: {why}")]
pub struct RenderFailure {
    /// The template, as `<notice>/<part>`.
    pub template: String,
    /// The line, counted from 1; 0 if it is not known.
    pub line: usize,
    /// What is wrong.
    pub why: String,
}

/// All templates, ready to render.
#[derive(Clone, Debug)]
pub struct Renderer {
    languages: Languages,
    /// For each language, in the order of [`Language::ALL`].
    registries: Vec<Registries>,
}

/// The same templates in one language.
#[derive(Clone, Debug)]
struct Registries {
    /// Subjects and text parts: nothing is escaped.
    plain: Handlebars<'static>,
    /// HTML parts: everything is escaped but Markdown, which is sanitized.
    html: Handlebars<'static>,
}

impl Registries {
    /// The same, saying what they say by another catalogue.
    fn said_by(&self, words: &Catalogue) -> Self {
        let mut registries = self.clone();
        say::register(&mut registries.plain, words);
        say::register(&mut registries.html, words);
        registries
    }
}

/// How templates are prepared: for rendering, or so that one rendering visits everything in them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Render,
    Check,
}

/// The embedded templates as they were parsed, once a process.
static EMBEDDED: LazyLock<Result<Registries, TemplateError>> =
    LazyLock::new(|| parsed(&files::read(None)?, Purpose::Render));

/// Parses templates; what they say is said by no catalogue yet.
fn parsed(sources: &[Source], purpose: Purpose) -> Result<Registries, TemplateError> {
    let registry = || {
        let mut registry = Handlebars::new();
        registry.set_strict_mode(true);
        // Indentation added to a partial would become part of what somebody wrote.
        registry.set_prevent_indent(true);
        control::register(&mut registry, purpose);
        registry
    };
    let (mut plain, mut html) = (registry(), registry());
    plain.register_escape_fn(no_escape);
    plain.register_helper("quote", Box::new(say::quote));
    html.register_helper("markdown", Box::new(write_markdown));
    for source in sources {
        let registry = match source.is_html() {
            true => &mut html,
            false => &mut plain,
        };
        check::register(registry, source, purpose)?;
    }
    Ok(Registries { plain, html })
}

impl Renderer {
    /// Reads the embedded templates and those in `overrides` (`<overrides>/mail/<notice>/<part>.hbs`), which win. If
    /// any is overridden, every kind of notice is tried: an own template is as good as whoever wrote it, while the
    /// embedded ones passed the same check when the desk was tested.
    ///
    /// # Errors
    /// A template does not parse, names a field, message, partial or helper that does not exist, or writes a value
    /// unescaped; or a file in `overrides` cannot be read or overrides nothing.
    pub fn load(languages: &Languages, overrides: Option<&Path>) -> Result<Self, TemplateError> {
        if overrides.is_none() {
            let embedded = EMBEDDED.as_ref().map_err(Clone::clone)?;
            return Ok(Self::of(languages, embedded));
        }
        let sources = files::read(overrides)?;
        let renderer = Self::of(languages, &parsed(&sources, Purpose::Render)?);
        if sources.iter().any(|source| source.is_own) {
            renderer.check(&sources)?;
        }
        Ok(renderer)
    }

    /// Renders every kind of notice from `sources`, of which `self` is made.
    fn check(&self, sources: &[Source]) -> Result<(), TemplateError> {
        let visiting = Self::of(&self.languages, &parsed(sources, Purpose::Check)?);
        for kind in NoticeKind::ALL {
            // With everything there, every branch is visited; the others are seen as they are.
            for (renderer, notices) in [
                (&visiting, sample::complete(*kind)),
                (self, sample::all(*kind)),
            ] {
                for notice in notices {
                    renderer
                        .render(&notice, &sample::letterhead())
                        .map_err(|failure| files::locate(sources, failure))?;
                }
            }
        }
        Ok(())
    }

    /// What was parsed, said by each of the catalogues.
    fn of(languages: &Languages, parsed: &Registries) -> Self {
        Self {
            registries: languages.all().map(|words| parsed.said_by(words)).collect(),
            languages: languages.clone(),
        }
    }

    /// Subject, text and HTML of a notice, in the language of whom it is written to.
    ///
    /// # Errors
    /// When a template fails on it, which the check at the start makes unlikely.
    pub fn render(
        &self,
        notice: &Notice,
        letterhead: &Letterhead,
    ) -> Result<Rendered, RenderFailure> {
        let language = notice.to.language;
        let scene = TemplateContext::new(notice, letterhead, self.languages.of(language));
        let Registries { plain, html } = &self.registries[language as usize];
        let kind = notice.payload.kind();
        let part = |registry: &Handlebars<'static>, part: &str| {
            let template = format!("{kind}/{part}");
            registry
                .render(&template, &scene)
                .map_err(|error| RenderFailure {
                    template: error.template_name.clone().unwrap_or(template),
                    line: error.line_no.unwrap_or(0),
                    why: error.reason().to_string(),
                })
        };
        Ok(Rendered {
            subject: one_line(&part(plain, "subject")?),
            text: tidy(&part(plain, "text")?),
            html: part(html, "html")?,
        })
    }
}

/// Templates are written to be read; what they leave of empty lines and trailing spaces is taken away.
fn tidy(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.trim().lines() {
        // With its space, mail programs know the line for the start of the signature.
        let line = if line == "-- " { line } else { line.trim_end() };
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty < 2 {
            tidy.push_str(line);
            tidy.push('\n');
        }
    }
    tidy
}

#[cfg(test)]
mod tests;
