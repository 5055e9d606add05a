//! What templates write as markup: icons, code, and Markdown, which alone is not escaped.

use handlebars::{
    Context, Handlebars, Helper, HelperResult, Output, RenderContext, RenderErrorReason,
};

use crate::http::portal::assets;
use crate::templates::say::write_markdown;
use crate::templates::{escape_html, text};

pub(super) fn register(registry: &mut Handlebars<'static>) {
    registry.register_helper("markdown", Box::new(write_markdown));
    registry.register_helper("icon", Box::new(write_icon));
    registry.register_helper("coded", Box::new(write_coded));
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
