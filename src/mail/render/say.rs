//! What templates say: besides messages, instants in the recipient's zone, and in text what people wrote.

use chrono_tz::Tz;
use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, Output, RenderContext, RenderError,
    ScopedJson,
};
use serde_json::Value as Json;

use crate::templates::say::{self, instant};
use crate::templates::text;
use crate::words::Catalogue;
use crate::words::time::Times;

pub(super) fn register(registry: &mut Handlebars<'static>, words: &Catalogue) {
    say::register(registry, words);
    let words = words.clone();
    registry.register_helper("time", Box::new(Time { words }));
}

/// `{{time about.due_at}}`: in full, with the zone named. A mail is read at any time, so it never says "in 2 h".
struct Time {
    words: Catalogue,
}

impl HelperDef for Time {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        context: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let at = instant(text(helper, 0)?)?;
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
