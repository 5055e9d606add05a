//! What templates say as text: messages of the catalogue and addresses. The registry escapes what comes from here.

use handlebars::{
    Context, Handlebars, Helper, HelperDef, RenderContext, RenderError, RenderErrorReason,
    ScopedJson,
};
use serde_json::Value as Json;

use crate::http::portal::assets::Assets;
use crate::templates::text;
use crate::words::{Value, Words, family_key};

pub(super) fn register(registry: &mut Handlebars<'static>, words: &Words, assets: &Assets) {
    registry.register_helper(
        "t",
        Box::new(Message {
            words: words.clone(),
            family: false,
        }),
    );
    registry.register_helper(
        "word",
        Box::new(Message {
            words: words.clone(),
            family: true,
        }),
    );
    registry.register_helper(
        "asset",
        Box::new(Asset {
            assets: assets.clone(),
        }),
    );
    registry.register_helper("url", Box::new(Address));
}

/// `{{t "case-feed"}}`, `{{t "case-owner" name=page.owner}}`; `{{word "status" page.status}}` for a family's member.
struct Message {
    words: Words,
    family: bool,
}

impl HelperDef for Message {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let key = if self.family {
            family_key(text(helper, 0)?, text(helper, 1)?)
        } else {
            text(helper, 0)?.to_owned()
        };
        if !self.words.has(&key) {
            return Err(RenderErrorReason::Other(format!("no message {key}")).into());
        }
        let mut args = Vec::with_capacity(helper.hash().len());
        for (name, value) in helper.hash() {
            if value.is_value_missing() {
                return Err(RenderError::strict_error(value.relative_path()));
            }
            args.push((*name, argument(value.value())?));
        }
        Ok(ScopedJson::Derived(Json::String(
            self.words.say(&key, &args),
        )))
    }
}

fn argument(value: &Json) -> Result<Value<'_>, RenderError> {
    match value {
        Json::String(text) => Ok(text.as_str().into()),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Ok(whole.into()),
            None => Ok(number.as_f64().unwrap_or_default().into()),
        },
        _ => Err(RenderErrorReason::InvalidParamType("text or number").into()),
    }
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
