//! What templates write as markup: instants, icons, the form token, code, and Markdown, which alone is not escaped.

use chrono_tz::Tz;
use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, Output, RenderContext, RenderErrorReason,
};

use crate::http::portal::assets;
use crate::http::portal::theme::TimeStyle;
use crate::templates::say::{instant, write_markdown};
use crate::templates::{escape_html, present, text};
use crate::words::Catalogue;
use crate::words::time::Times;

pub(super) fn register(registry: &mut Handlebars<'static>, words: &Catalogue) {
    let words = words.clone();
    registry.register_helper("time", Box::new(Time { words }));
    registry.register_helper("markdown", Box::new(write_markdown));
    registry.register_helper("icon", Box::new(write_icon));
    registry.register_helper("csrf", Box::new(write_csrf));
    registry.register_helper("coded", Box::new(write_coded));
}

/// `{{time at}}` says how far away; `style` may be `near` ("today 10:12"), `clock` ("10:12 tomorrow", inside a
/// sentence), `absolute`, or `countdown`, which says how far away whatever the reader chose. The full instant is the title, in the reader's zone.
struct Time {
    words: Catalogue,
}

impl HelperDef for Time {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        context: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let at = instant(text(helper, 0)?)?;
        let shell = &context.data()["shell"];
        let now = instant(shell["now"].as_str().unwrap_or_default())?;
        let zone = shell["zone"]
            .as_str()
            .and_then(|zone| zone.parse().ok())
            .unwrap_or(Tz::UTC);
        let times = Times::new(&self.words, zone, now);
        let style = helper
            .hash_get("style")
            .and_then(|style| style.value().as_str())
            .unwrap_or("relative");
        let exact = shell["time_style"].as_str() == Some(TimeStyle::Exact.as_str());
        let (said, live) = match style {
            "relative" | "near" if exact => (times.dated(at), ""),
            "relative" | "countdown" => (times.relative(at), " data-relative"),
            "near" => (times.near(at), ""),
            "clock" => (times.clock(at), ""),
            "absolute" => (times.absolute(at), ""),
            _ => {
                return Err(
                    RenderErrorReason::Other(format!("no such style of time: {style}")).into(),
                );
            }
        };
        let machine = at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true);
        let title = escape_html(&times.absolute(at));
        out.write(&format!(
            "<time datetime=\"{machine}\" title=\"{title}\"{live}>{}</time>",
            escape_html(&said)
        ))?;
        Ok(())
    }
}

/// `{{icon "bell"}}`: a drawing that says nothing to a screen reader; a word stands beside it.
fn write_icon(
    helper: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    out: &mut dyn Output,
) -> HelperResult {
    let name = text(helper, 0)?;
    let icon =
        assets::icon(name).ok_or_else(|| RenderErrorReason::Other(format!("no icon {name}")))?;
    out.write(icon)?;
    Ok(())
}

/// `{{csrf}}`: the hidden field of every form that changes something.
fn write_csrf(
    helper: &Helper<'_>,
    _: &Handlebars<'_>,
    context: &Context,
    _: &mut RenderContext<'_, '_>,
    out: &mut dyn Output,
) -> HelperResult {
    debug_assert!(present(helper, 0).is_err(), "csrf takes no value");
    if let Some(token) = context.data()["shell"]["csrf_token"].as_str() {
        let token = escape_html(token);
        let key = escape_html(
            context.data()["shell"]["form_key"]
                .as_str()
                .unwrap_or_default(),
        );
        out.write(&format!(
            "<input type=\"hidden\" name=\"csrf_token\" value=\"{token}\">\
             <input type=\"hidden\" name=\"once\" value=\"{key}\">"
        ))?;
    }
    Ok(())
}

/// `{{coded text}}`: what stands between backticks is code, as in the document that the text is from.
fn write_coded(
    helper: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    out: &mut dyn Output,
) -> HelperResult {
    for (index, part) in text(helper, 0)?.split('`').enumerate() {
        let part = escape_html(part);
        match index % 2 {
            0 => out.write(&part)?,
            _ => out.write(&format!("<code>{part}</code>"))?,
        }
    }
    Ok(())
}
