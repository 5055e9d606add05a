//! Renders every page from sample views, checks what must hold on all of them, and, when `CASEBELL_LOOK` names a
//! directory, writes them there to be looked at.

mod samples;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::assets::Assets;
use super::render::Renderer;
use super::shell::Shell;
use crate::words::Catalogue;

/// A page with its name, as rendered.
pub(super) struct Shown {
    pub(super) name: &'static str,
    pub(super) html: String,
}

/// Collects pages; the templates come from the disk, so that looking again needs no build.
pub(super) struct Look {
    pub(super) words: Catalogue,
    renderer: Renderer,
    pub(super) shown: Vec<Shown>,
}

impl Look {
    fn new() -> Self {
        let words = Catalogue::load().unwrap();
        let renderer = Renderer::parse(templates(), &words, &Assets::load()).unwrap();
        Self {
            words,
            renderer,
            shown: Vec::new(),
        }
    }

    pub(super) fn page<T: serde::Serialize>(
        &mut self,
        name: &'static str,
        template: &str,
        shell: &Shell,
        page: &T,
    ) {
        let html = self
            .renderer
            .page(template, shell, page)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        self.shown.push(Shown { name, html });
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/portal")
}

fn templates() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for dir in ["", "parts", "pages"] {
        for entry in fs::read_dir(root().join(dir)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|ending| ending == "hbs") {
                let name = path.strip_prefix(root()).unwrap().with_extension("");
                found.push((
                    name.to_string_lossy().into_owned(),
                    fs::read_to_string(&path).unwrap(),
                ));
            }
        }
    }
    found
}

fn look() -> Look {
    let mut look = Look::new();
    samples::all(&mut look);
    look
}

#[test]
fn every_page_renders_and_keeps_to_the_policy() {
    let look = look();
    for Shown { name, html } in &look.shown {
        // The Content-Security-Policy would refuse these; nothing in the markup may count on them.
        for forbidden in [
            " style=",
            "<style",
            " onclick",
            " onload",
            "javascript:",
            "<script>",
        ] {
            assert!(!html.contains(forbidden), "{name} has {forbidden}");
        }
        assert_eq!(
            html.matches("<h1").count(),
            1,
            "{name} has one main heading"
        );
        assert_eq!(html.matches("<main").count(), 1, "{name}");
        let ids: Vec<_> = html
            .match_indices(" id=\"")
            .map(|(at, m)| html[at + m.len()..].split('"').next())
            .collect();
        let unique: BTreeSet<_> = ids.iter().collect();
        let twice: Vec<_> = unique
            .iter()
            .filter(|id| ids.iter().filter(|other| *other == **id).count() > 1)
            .collect();
        assert!(twice.is_empty(), "{name} has ids twice: {twice:?}");
        for (at, m) in html.match_indices(" for=\"") {
            let target = html[at + m.len()..].split('"').next();
            assert!(
                ids.contains(&target),
                "{name} labels {target:?}, which is not there"
            );
        }
        for (at, m) in html.match_indices("method=\"post\"") {
            let form = html[at + m.len()..].split("</form>").next().unwrap();
            assert!(
                form.contains("name=\"csrf_token\""),
                "{name} has a form without its token: {form}"
            );
        }
    }
    let used: BTreeSet<_> = look
        .shown
        .iter()
        .map(|shown| shown.name.split('.').next().unwrap().to_owned())
        .collect();
    for (template, _) in templates() {
        if let Some(page) = template.strip_prefix("pages/") {
            assert!(used.contains(page), "no sample shows {page}");
        }
    }
    if let Some(dir) = std::env::var_os("CASEBELL_LOOK") {
        write_to(Path::new(&dir), &look);
    }
}

fn write_to(dir: &Path, look: &Look) {
    let assets = root().with_file_name("assets");
    fs::create_dir_all(dir.join("assets")).unwrap();
    let loaded = Assets::load();
    for name in ["casebell.css", "casebell.js", "favicon.svg"] {
        let url = loaded.url(name).unwrap();
        fs::copy(assets.join(name), dir.join(url.trim_start_matches('/'))).unwrap();
    }
    for Shown { name, html } in &look.shown {
        fs::write(
            dir.join(format!("{name}.html")),
            html.replace("\"/assets/", "\"assets/"),
        )
        .unwrap();
    }
}

#[test]
fn templates_escape_everything_and_quote_every_attribute() {
    for (name, text) in templates() {
        assert!(
            !text.contains("{{{") && !text.contains("{{&"),
            "{name} writes something unescaped"
        );
        assert!(
            !text.contains("={{"),
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
