//! Pages from templates: all of them are embedded, parsed at the start, and rendered in strict mode, where a name
//! that the page does not have is an error and never an empty place.

mod constant;
mod controls;
mod kept;
mod markup;
mod slots;
mod text;

pub(crate) use text::is_local;

use std::sync::LazyLock;

use handlebars::Handlebars;
use include_dir::{Dir, include_dir};
use serde::Serialize;

use super::assets::Assets;
use super::shell::Shell;
use crate::templates::say;
use crate::words::{Catalogue, Languages};

static TEMPLATES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/templates/portal");

/// The templates as they were parsed, once a process.
static EMBEDDED: LazyLock<Result<Handlebars<'static>, TemplateError>> = LazyLock::new(|| {
    let mut found = Vec::new();
    collect(&TEMPLATES, &mut found);
    parsed(found)
});

/// All templates of the portal, ready to render.
pub struct Renderer {
    /// For each language, in the order of [`Language::ALL`].
    registries: Vec<Handlebars<'static>>,
}

/// A template that does not parse, with its file and line.
#[derive(Clone, Debug, thiserror::Error)]
#[error("templates/portal/{file}.hbs, line {line}: {why}")]
pub struct TemplateError {
    /// The template's path under `templates/portal`, without its ending.
    pub file: String,
    /// The line, counted from 1; 0 when the parser does not know it.
    pub line: usize,
    /// What the parser says.
    pub why: String,
}

/// A page that could not be rendered: a mistake in a template, named with its file and line.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct PageError(#[from] Box<handlebars::RenderError>);

/// What a template sees: `shell` for the frame around every page and `page` for its own view.
#[derive(Serialize)]
struct TemplateContext<'a, T> {
    shell: &'a Shell,
    page: &'a T,
}

impl Renderer {
    /// All pages, said by each of the catalogues.
    ///
    /// # Errors
    /// When an embedded template does not parse, with its file and line; this stops the start.
    pub fn load(languages: &Languages, assets: &Assets) -> Result<Self, TemplateError> {
        let embedded = EMBEDDED.as_ref().map_err(Clone::clone)?;
        Ok(Self::of(embedded, languages, assets))
    }

    /// The same with parsed templates of one's own.
    fn of(parsed: &Handlebars<'static>, languages: &Languages, assets: &Assets) -> Self {
        let said_by = |words: &Catalogue| {
            let mut registry = parsed.clone();
            controls::register(&mut registry);
            say::register(&mut registry, words);
            text::register(&mut registry, assets);
            markup::register(&mut registry);
            kept::register(&mut registry, words);
            constant::fold(&mut registry);
            registry
        };
        Self {
            registries: languages.all().map(said_by).collect(),
        }
    }

    /// The HTML, in the frame's language, of the page `template` (`case` is `templates/portal/pages/case.hbs`).
    ///
    /// # Errors
    /// When the template names something that the view does not have.
    pub fn page<T: Serialize>(
        &self,
        template: &str,
        shell: &Shell,
        page: &T,
    ) -> Result<String, PageError> {
        let name = format!("pages/{template}");
        self.registries[shell.language as usize]
            .render(&name, &TemplateContext { shell, page })
            .map_err(|error| PageError(Box::new(error)))
    }
}

/// Parses `templates`, pairs of a name (`pages/case`) and its text.
fn parsed(
    templates: impl IntoIterator<Item = (String, String)>,
) -> Result<Handlebars<'static>, TemplateError> {
    let mut registry = Handlebars::new();
    registry.set_strict_mode(true);
    // Indentation that is added to a partial would become part of what stands in a text field.
    registry.set_prevent_indent(true);
    for (file, template) in templates {
        registry
            .register_template_string(&file, template)
            .map_err(|error| {
                let line = error.pos().map_or(0, |(line, _)| line);
                TemplateError {
                    file,
                    line,
                    why: error.reason().to_string(),
                }
            })?;
    }
    Ok(registry)
}

fn collect(dir: &Dir<'static>, found: &mut Vec<(String, String)>) {
    for file in dir.files() {
        let name = file
            .path()
            .with_extension("")
            .to_string_lossy()
            .replace('\\', "/");
        found.push((name, file.contents_utf8().unwrap_or_default().to_owned()));
    }
    for inner in dir.dirs() {
        collect(inner, found);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    impl Renderer {
        /// Of these templates alone, by name and text.
        pub(super) fn of_texts<'a>(
            templates: impl IntoIterator<Item = (&'a str, &'a str)>,
        ) -> Result<Self, TemplateError> {
            let templates = templates.into_iter();
            let owned = templates.map(|(name, text)| (name.to_owned(), text.to_owned()));
            let words = Languages::load().unwrap();
            Ok(Self::of(&parsed(owned)?, &words, &Assets::load()))
        }
    }

    fn parse(text: &str) -> Result<Renderer, TemplateError> {
        Renderer::of_texts([("pages/x", text)])
    }

    fn render(text: &str, page: serde_json::Value) -> Result<String, PageError> {
        parse(text).unwrap().page("x", &Shell::sample(), &page)
    }

    /// The names and texts of the portal's templates.
    fn templates() -> Vec<(String, String)> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/portal");
        let folders = ["", "parts", "pages"].map(|folder| root.join(folder));
        let entries = folders
            .iter()
            .flat_map(|folder| fs::read_dir(folder).unwrap());
        let paths = entries.map(|entry| entry.unwrap().path());
        let templates = paths.filter(|path| path.extension().is_some_and(|end| end == "hbs"));
        templates
            .map(|path| {
                (
                    path.display().to_string(),
                    fs::read_to_string(&path).unwrap(),
                )
            })
            .collect()
    }

    #[test]
    fn templates_escape_everything_and_quote_every_attribute() {
        for (name, text) in templates() {
            assert!(
                !text.contains("{{{") && !text.contains("{{&"),
                "{name} writes something unescaped"
            );
            // Within an address in quotes, something may be said after a sign of equality.
            let is_bare = |word: &str| {
                let name = word.split("={{").next().unwrap_or_default();
                name.len() < word.len() && !name.contains(['"', '?', '&'])
            };
            assert!(
                !text.split_whitespace().any(is_bare),
                "{name} has an attribute without quotes"
            );
            for attribute in ["href=\"{{", "action=\"{{", "src=\"{{"] {
                for (at, m) in text.match_indices(attribute) {
                    let helper = text[at + m.len()..].split([' ', '}']).next();
                    assert!(
                        matches!(helper, Some("url" | "asset")),
                        "{name}: {attribute}{helper:?} is not checked"
                    );
                }
            }
        }
    }

    #[test]
    fn a_broken_template_is_named_with_its_line() {
        let error = parse("fine\n{{#if page.a}}\n{{/each}}").err().unwrap();
        assert_eq!((error.file.as_str(), error.line), ("pages/x", 3), "{error}");
    }

    #[test]
    fn a_name_the_page_does_not_have_is_an_error_everywhere() {
        let page = serde_json::json!({"there": null, "list": [1]});
        for wrong in [
            "{{page.gone}}",
            "{{#if page.gone}}x{{/if}}",
            "{{#unless page.gone}}x{{/unless}}",
            "{{#each page.gone}}x{{/each}}",
            "{{#with page.gone}}x{{/with}}",
            "{{#if (eq page.gone 1)}}x{{/if}}",
            "{{#if (or page.there page.gone)}}x{{/if}}",
            "{{#if (and page.list page.gone)}}x{{/if}}",
            "{{#if (not page.gone)}}x{{/if}}",
            "{{time page.gone}}",
            "{{markdown page.gone}}",
            "{{coded page.gone}}",
            "{{url page.gone}}",
            "{{word \"month\" page.gone}}",
            "{{t \"time-hours\" n=page.gone}}",
        ] {
            assert!(render(wrong, page.clone()).is_err(), "{wrong}");
        }
        assert_eq!(
            render("{{#if page.there}}x{{else}}y{{/if}}", page).unwrap(),
            "y"
        );
    }

    #[test]
    fn everything_is_escaped_but_sanitized_markdown() {
        let page = serde_json::json!({"evil": "<script>\"'", "link": "javascript:alert(1)", "good": "/cases?q=a&b=c", "code": "a `<b>` & c"});
        assert_eq!(
            render("{{page.evil}}", page.clone()).unwrap(),
            "&lt;script&gt;&quot;&#x27;"
        );
        assert_eq!(
            render("{{t \"time-ago\" duration=page.evil}}", page.clone()).unwrap(),
            "&lt;script&gt;&quot;&#x27; ago"
        );
        assert_eq!(render("{{url page.link}}", page.clone()).unwrap(), "#");
        assert_eq!(
            render("{{url page.good}}", page.clone()).unwrap(),
            "/cases?q&#x3D;a&amp;b&#x3D;c"
        );
        assert_eq!(
            render("{{coded page.code}}", page.clone()).unwrap(),
            "a <code>&lt;b&gt;</code> &amp; c"
        );
        assert_eq!(
            render("{{markdown page.evil}}", page).unwrap(),
            "<p>&lt;script&gt;\"'</p>\n"
        );
    }

    #[test]
    fn times_are_told_with_the_absolute_instant_at_hand() {
        let page = serde_json::json!({"at": "2026-03-03T09:12:00Z"});
        assert_eq!(
            render("{{time page.at}}", page.clone()).unwrap(),
            "<time datetime=\"2026-03-03T09:12:00Z\" title=\"3 March 2026, 10:12 (Berlin time)\" data-relative>20 h 48 min ago</time>"
        );
        let near = render("{{#each page}}{{time this style=\"near\"}}{{/each}}", page).unwrap();
        assert!(near.ends_with(">yesterday 10:12</time>"), "{near}");
    }
}
