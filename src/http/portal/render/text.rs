//! What templates say as text besides messages: addresses. The registry escapes what comes from here.

use handlebars::{
    Context, Handlebars, Helper, HelperDef, RenderContext, RenderError, RenderErrorReason,
    ScopedJson,
};
use serde_json::Value as Json;

use crate::http::portal::assets::Assets;
use crate::templates::text;

pub(super) fn register(registry: &mut Handlebars<'static>, assets: &Assets) {
    registry.register_helper(
        "asset",
        Box::new(Asset {
            assets: assets.clone(),
        }),
    );
    registry.register_helper("url", Box::new(Address));
}

/// `{{asset "casebell.css"}}`: the address of an asset, which changes with its content.
struct Asset {
    assets: Assets,
}

impl HelperDef for Asset {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let name = text(helper, 0)?;
        match self.assets.url(name) {
            Some(url) => Ok(ScopedJson::Derived(Json::String(url.to_owned()))),
            None => Err(RenderErrorReason::Other(format!("no asset {name}")).into()),
        }
    }
}

/// `href="{{url page.link}}"`: an address if its scheme is allowed, else `#`.
struct Address;

impl HelperDef for Address {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        Ok(ScopedJson::Derived(Json::String(
            safe_address(text(helper, 0)?).to_owned(),
        )))
    }
}

/// An address of this house (`/cases`, `?page=2`, `#feed`) or one with an allowed scheme; anything else is `#`.
pub(crate) fn safe_address(address: &str) -> &str {
    let schemes = ["https://", "http://", "mailto:", "tel:"];
    let has = |scheme: &&str| {
        address
            .get(..scheme.len())
            .is_some_and(|s| s.eq_ignore_ascii_case(scheme))
    };
    let safe = is_local(address) || address.starts_with(['?', '#']) || schemes.iter().any(has);
    if safe && !address.contains(char::is_control) {
        address
    } else {
        "#"
    }
}

/// Whether an address is a path of this house, where a visitor may be sent.
pub(crate) fn is_local(address: &str) -> bool {
    address.starts_with('/')
        && !address.starts_with("//")
        && !address.contains('\\')
        && !address.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::safe_address;

    #[test]
    fn only_known_schemes_and_this_house() {
        for good in [
            "/cases/C-000001#feed",
            "?cursor=x",
            "#main",
            "https://a.example/",
            "tel:+4930",
            "MAILTO:a@b.c",
        ] {
            assert_eq!(safe_address(good), good);
        }
        for bad in [
            "javascript:x",
            "//evil",
            "/\\evil",
            "data:x",
            "",
            "/a\nb",
            " /x",
            "vbscript:x",
        ] {
            assert_eq!(safe_address(bad), "#", "{bad:?}");
        }
    }
}
