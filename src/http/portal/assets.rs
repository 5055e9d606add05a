//! Stylesheet, script and icons: embedded, served under addresses that change with their content, so that a
//! browser may keep them for good.

use std::sync::{Arc, LazyLock};

use actix_web::web::Bytes;
use flate2::Compression;
use include_dir::{Dir, include_dir};
use sha2::{Digest, Sha256};

use crate::http::compress;

static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/templates/assets");

/// Where assets are served.
pub const PREFIX: &str = "/assets/";

/// One file as it is served.
#[derive(Debug)]
pub struct Asset {
    name: String,
    url: String,
    /// The media type, with its charset.
    pub content_type: &'static str,
    /// The file itself, without what only its authors read.
    pub bytes: Bytes,
    /// The same as gzip: packed once, and so as small as can be.
    pub packed: Option<Bytes>,
}

/// The assets of this build. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Assets {
    all: Arc<[Asset]>,
}

impl Assets {
    /// Names the embedded assets by their content.
    pub fn load() -> Self {
        static ASSETS: LazyLock<Assets> = LazyLock::new(Assets::read);
        ASSETS.clone()
    }

    fn read() -> Self {
        let all = FILES.files().filter_map(|file| {
            let name = file.path().to_str()?;
            let (stem, ending) = name.rsplit_once('.')?;
            let content_type = match ending {
                "css" => "text/css; charset=utf-8",
                "js" => "text/javascript; charset=utf-8",
                "svg" => "image/svg+xml; charset=utf-8",
                _ => return None,
            };
            let bytes = slim(ending, file.contents());
            let digest = hex::encode(&Sha256::digest(&bytes)[..6]);
            let url = format!("{PREFIX}{stem}.{digest}.{ending}");
            Some(Asset {
                name: name.to_owned(),
                url,
                content_type,
                packed: compress::packed(&bytes, Compression::best(), 0).ok(),
                bytes,
            })
        });
        Self { all: all.collect() }
    }

    /// The address of the asset `name` (`casebell.css`).
    pub fn url(&self, name: &str) -> Option<&str> {
        self.all
            .iter()
            .find(|asset| asset.name == name)
            .map(|asset| asset.url.as_str())
    }

    /// The asset served at `path`, the part of the address after [`PREFIX`].
    pub fn at(&self, path: &str) -> Option<&Asset> {
        self.all
            .iter()
            .find(|asset| asset.url.strip_prefix(PREFIX) == Some(path))
    }
}

/// A file as it is served: without comments that have lines of their own, and without indentation. A page is there the
/// sooner for it.
fn slim(ending: &str, file: &'static [u8]) -> Bytes {
    match (ending, std::str::from_utf8(file)) {
        ("css", Ok(css)) => Bytes::from(without_spaces(&without_comments(css))),
        ("js", Ok(script)) => Bytes::from(without_asides(script)),
        _ => Bytes::from_static(file),
    }
}

/// A script without the lines that say nothing to a browser, and without indentation.
fn without_asides(script: &str) -> String {
    let is_aside = |line: &&str| {
        let is_heading = line.starts_with("/*") && line.ends_with("*/");
        line.is_empty() || is_heading || line.starts_with("//")
    };
    let lines = script.lines().map(str::trim);
    let kept: Vec<&str> = lines.filter(|line| !is_aside(line)).collect();
    kept.join("\n")
}

/// A stylesheet without the spaces that nothing depends on: those beside a brace, a comma or a semicolon, and after a colon; nor the last
/// semicolon of a rule. What is between quotes stays as it is.
fn without_spaces(css: &str) -> String {
    let mut slim = String::with_capacity(css.len());
    let mut quote = None;
    for next in css.chars() {
        if quote.is_some() {
            slim.push(next);
            quote = quote.filter(|open| *open != next);
            continue;
        }
        let stands_alone = |other: char| matches!(other, '{' | '}' | ';' | ',');
        if next.is_whitespace() {
            let is_needed = slim
                .chars()
                .next_back()
                .is_some_and(|last| !stands_alone(last) && last != ':' && !last.is_whitespace());
            if is_needed {
                slim.push(' ');
            }
            continue;
        }
        if stands_alone(next) && slim.ends_with(' ') {
            slim.pop();
        }
        if next == '}' && slim.ends_with(';') {
            slim.pop();
        }
        quote = matches!(next, '"' | '\'').then_some(next);
        slim.push(next);
    }
    slim
}

/// A stylesheet without its comments.
fn without_comments(css: &str) -> String {
    let mut parts = css.split("/*");
    let first = parts.next().unwrap_or_default();
    let rest = parts.map(|part| part.split_once("*/").map_or("", |(_, rest)| rest));
    std::iter::once(first).chain(rest).collect()
}

/// The inline drawing `name`, from `templates/assets/icons`.
pub(super) fn icon(name: &str) -> Option<&'static str> {
    let file = FILES.get_file(format!("icons/{name}.svg"))?;
    file.contents_utf8().map(str::trim_end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_change_with_the_content_only() {
        let assets = Assets::load();
        let url = assets.url("casebell.css").expect("the stylesheet");
        let path = url.strip_prefix(PREFIX).unwrap();
        assert_eq!(
            assets.at(path).unwrap().content_type,
            "text/css; charset=utf-8"
        );
        assert!(assets.at("casebell.css").is_none());
        assert!(path.starts_with("casebell.") && path.ends_with(".css"));
    }

    #[test]
    fn spaces_stay_where_something_depends_on_them() {
        let css = ".a  .b :is(p, a) {\n  content: \"a, b; { \";\n  width: calc(1px + 2px);\n}\n\n@media (min-width: 20em) and print {\n.c::before { margin: 0 auto }\n}";
        let slim = ".a .b :is(p,a){content:\"a, b; { \";width:calc(1px + 2px)}@media (min-width:20em) and print{.c::before{margin:0 auto}}";
        assert_eq!(without_spaces(css), slim);
    }

    #[test]
    fn what_only_authors_read_is_not_sent() {
        let assets = Assets::load();
        let served = |name: &str| {
            let path = assets.url(name).and_then(|url| url.strip_prefix(PREFIX));
            let asset = assets.at(path.unwrap()).unwrap();
            String::from_utf8(asset.bytes.to_vec()).unwrap()
        };
        for name in ["casebell.css", "rest.css"] {
            let css = served(name);
            assert!(!css.contains("/*") && !css.contains("*/"));
            assert_eq!(css.matches('{').count(), css.matches('}').count());
        }
        for name in ["casebell.js", "rest.js"] {
            let is_aside = |line: &str| {
                ["//", "/*", " "]
                    .iter()
                    .any(|begin| line.starts_with(begin))
            };
            assert!(!served(name).lines().any(is_aside));
        }
    }

    /// Else what is taken from the beginning of lines would be taken from a text.
    #[test]
    fn no_text_of_the_script_goes_over_lines() {
        for name in ["casebell.js", "rest.js"] {
            let script = FILES.get_file(name).and_then(|file| file.contents_utf8());
            for line in script.unwrap().lines() {
                assert_eq!(line.matches('`').count() % 2, 0, "{line}");
            }
        }
    }
}
