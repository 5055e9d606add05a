//! Stylesheet, script and icons: embedded, served under addresses that change with their content, so that a
//! browser may keep them for good.

use std::sync::Arc;

use include_dir::{Dir, include_dir};
use sha2::{Digest, Sha256};

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
    /// The file itself.
    pub bytes: &'static [u8],
}

/// The assets of this build. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Assets {
    all: Arc<[Asset]>,
}

impl Assets {
    /// Names the embedded assets by their content.
    pub fn load() -> Self {
        let all = FILES.files().filter_map(|file| {
            let name = file.path().to_str()?;
            let (stem, ending) = name.rsplit_once('.')?;
            let content_type = match ending {
                "css" => "text/css; charset=utf-8",
                "js" => "text/javascript; charset=utf-8",
                "svg" => "image/svg+xml; charset=utf-8",
                _ => return None,
            };
            let digest = hex::encode(&Sha256::digest(file.contents())[..6]);
            let url = format!("{PREFIX}{stem}.{digest}.{ending}");
            Some(Asset {
                name: name.to_owned(),
                url,
                content_type,
                bytes: file.contents(),
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
}
