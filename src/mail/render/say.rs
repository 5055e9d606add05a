//! What templates say: messages of the catalogue, instants in the recipient's zone, and what people wrote.

use chrono_tz::Tz;
use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, Output, RenderContext, RenderError,
    RenderErrorReason, ScopedJson,
};
use serde_json::Value as Json;

use crate::domain::Instant;
use crate::templates::text;
use crate::words::time::Times;
use crate::words::{self, Value, Words};

pub(super) fn register(registry: &mut Handlebars<'static>, words: &Words) {
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
        "time",
        Box::new(Time {
            words: words.clone(),
        }),
    );
}

/// `{{t "mail-see-case"}}`, `{{t "mail-case-closed" by=by}}`; `{{word "priority" case.priority}}` for a family's
/// member. The registry escapes what comes from here.
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
            words::family_key(text(helper, 0)?, text(helper, 1)?)
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

/// `{{time about.due_at}}`: in full, with the zone named. A mail is read at any time, so it never says "in 2 h".
struct Time {
    words: Words,
}

impl HelperDef for Time {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        context: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let given = text(helper, 0)?;
        let at: Instant = given
            .parse()
            .map_err(|_| RenderErrorReason::Other(format!("not an instant: {given:?}")))?;
        let zone = context.data()["you"]["zone"]
            .as_str()
            .and_then(|zone| zone.parse().ok());
        let times = Times::new(&self.words, zone.unwrap_or(Tz::UTC), at);
        Ok(ScopedJson::Derived(Json::String(times.absolute(at))))
    }
}

/// `{{quote about.body}}`, in text: what somebody wrote, marked line by line, so that it cannot pass for the desk's
/// own words.
pub(super) fn quote(
    helper: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    out: &mut dyn Output,
) -> HelperResult {
    for line in text(helper, 0)?.trim().lines() {
        out.write("> ")?;
        out.write(line)?;
        out.write("\n")?;
    }
    Ok(())
}

/// `{{markdown about.body}}`, in HTML: what somebody wrote, sanitized.
pub(super) fn markdown(
    helper: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    out: &mut dyn Output,
) -> HelperResult {
    out.write(&words::markdown::to_html(text(helper, 0)?))?;
    Ok(())
}
