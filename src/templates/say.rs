//! What templates say: messages of the catalogue, and what people wrote.

use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, Output, RenderContext, RenderError,
    RenderErrorReason, ScopedJson,
};
use serde_json::Value as Json;

use super::text;
use crate::domain::Instant;
use crate::words::markdown::{self, Rendered};
use crate::words::time::zone_name;
use crate::words::{Catalogue, Value, family_key};

/// Adds `t`, `word` and `zone`. The registry escapes what comes from them.
pub fn register(registry: &mut Handlebars<'static>, words: &Catalogue) {
    for (name, family) in [("t", false), ("word", true)] {
        let words = words.clone();
        registry.register_helper(name, Box::new(Message { words, family }));
    }
    let words = words.clone();
    registry.register_helper("zone", Box::new(Zone { words }));
}

/// `{{zone page.time_zone}}`: a time zone as people say it; what names none stays as it is.
struct Zone {
    words: Catalogue,
}

impl HelperDef for Zone {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let given = text(helper, 0)?;
        let said = match given.parse() {
            Ok(zone) => zone_name(&self.words, zone),
            Err(_) => given.to_owned(),
        };
        Ok(ScopedJson::Derived(Json::String(said)))
    }
}

/// `{{t "case-feed"}}`, `{{t "case-owner" name=page.owner}}`; `{{word "status" page.status}}` for a family's member.
struct Message {
    words: Catalogue,
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

/// The instant that a text names.
///
/// # Errors
/// That it names none.
pub fn instant(text: &str) -> Result<Instant, RenderError> {
    text.parse()
        .map_err(|_| RenderErrorReason::Other(format!("not an instant: {text:?}")).into())
}

/// `{{markdown body}}`: what somebody wrote, as sanitized HTML, which alone is not escaped. It may be rendered already.
///
/// # Errors
/// That there is no such text.
pub fn write_markdown(
    helper: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    out: &mut dyn Output,
) -> HelperResult {
    let rendered = helper
        .param(0)
        .and_then(|param| param.value().get(Rendered::MARK))
        .and_then(Json::as_str);
    match rendered {
        Some(html) => out.write(html)?,
        None => out.write(&markdown::to_html(text(helper, 0)?))?,
    }
    Ok(())
}
