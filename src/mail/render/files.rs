//! Where templates come from: the binary, and a directory whose files win.

use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};

use super::{RenderFailure, TemplateError};

static EMBEDDED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/templates/mail");

/// A template's text and where it was found.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// `<notice>/<part>` or `<partial>/<part>`.
    pub(super) name: String,
    /// As it is named in errors.
    pub(super) file: String,
    /// The template.
    pub(super) text: String,
    /// Whether it is the installation's own, and not embedded.
    pub(super) is_own: bool,
}

impl Source {
    /// Whether its values are escaped for HTML.
    pub(super) fn is_html(&self) -> bool {
        self.name.ends_with("/html")
    }
}

/// The embedded templates, replaced where `overrides` has its own.
pub(super) fn read(overrides: Option<&Path>) -> Result<Vec<Source>, TemplateError> {
    let mut sources = Vec::new();
    embedded(&EMBEDDED, &mut sources);
    sources.sort_by(|a, b| a.name.cmp(&b.name));
    if let Some(directory) = overrides {
        for source in overriding(&directory.join("mail"))? {
            match sources.iter_mut().find(|known| known.name == source.name) {
                Some(known) => *known = source,
                // A misspelt name would leave the built-in text in use without a word.
                None => return Err(overrides_nothing(&source, &sources)),
            }
        }
    }
    Ok(sources)
}

/// Where a failure happened, in terms of files.
pub(super) fn locate(sources: &[Source], failure: RenderFailure) -> TemplateError {
    let file = sources
        .iter()
        .find(|source| source.name == failure.template)
        .map_or_else(|| failure.template.clone(), |source| source.file.clone());
    TemplateError {
        file,
        line: failure.line,
        why: failure.why,
    }
}

fn embedded(dir: &Dir<'static>, sources: &mut Vec<Source>) {
    for file in dir.files() {
        if let Some(name) = template_name(file.path()) {
            sources.push(Source {
                file: format!("templates/mail/{name}.hbs"),
                text: file.contents_utf8().unwrap_or_default().to_owned(),
                is_own: false,
                name,
            });
        }
    }
    for inner in dir.dirs() {
        embedded(inner, sources);
    }
}

/// The templates in the folders of `root`; other files are left alone. There need not be any.
fn overriding(root: &Path) -> Result<Vec<Source>, TemplateError> {
    let mut sources = Vec::new();
    for folder in entries(root)? {
        if !folder.is_dir() {
            continue;
        }
        for path in entries(&folder)? {
            let Some(name) = path.strip_prefix(root).ok().and_then(template_name) else {
                continue;
            };
            let text = std::fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))?;
            sources.push(Source {
                name,
                file: path.display().to_string(),
                text,
                is_own: true,
            });
        }
    }
    Ok(sources)
}

fn entries(directory: &Path) -> Result<Vec<PathBuf>, TemplateError> {
    let listed = match std::fs::read_dir(directory) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        listed => listed.and_then(|entries| {
            entries
                .map(|entry| entry.map(|entry| entry.path()))
                .collect::<Result<Vec<_>, _>>()
        }),
    };
    let mut paths = listed.map_err(|error| unreadable(directory, &error))?;
    paths.sort();
    Ok(paths)
}

/// `case_opened/html` of `case_opened/html.hbs`.
fn template_name(path: &Path) -> Option<String> {
    let text = path.to_str()?.strip_suffix(".hbs")?;
    Some(text.replace('\\', "/"))
}

fn unreadable(path: &Path, error: &std::io::Error) -> TemplateError {
    TemplateError {
        file: path.display().to_string(),
        line: 0,
        why: format!("cannot be read: {error}"),
    }
}

fn overrides_nothing(source: &Source, known: &[Source]) -> TemplateError {
    let names: Vec<&str> = known.iter().map(|source| source.name.as_str()).collect();
    TemplateError {
        file: source.file.clone(),
        line: 0,
        why: format!(
            "there is no such template to override; there are {}",
            names.join(", ")
        ),
    }
}
