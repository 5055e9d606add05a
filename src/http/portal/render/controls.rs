//! What the templates of pages have besides the conditions of all templates: a `with` that knows what is absent from what
//! does not exist, which Handlebars' own refuses; `part`, another template in this place; and `layout`, the frame around a page.
//!
//! Handlebars' own partials copy all that they are given, and those within them a part of it again: for a page with long feeds that takes as
//! long as all else. A `part` is only told where to look.

use handlebars::{
    BlockContext, Context, Handlebars, Helper, HelperDef, HelperResult, Output, PathAndJson,
    RenderContext, RenderError, RenderErrorReason, Renderable, Template,
};
use serde_json::{Value as Json, json};

use crate::templates::{self, Branches, present, text};

/// What a page may put at the foot of its frame: an inline partial of this name.
const FOOT: &str = "foot";
/// What stands within the frame.
const CONTENT: &str = "content";

pub(super) fn register(registry: &mut Handlebars<'static>) {
    templates::register(registry, Branches::Taken);
    registry.register_helper("with", Box::new(With));
    registry.register_helper("part", Box::new(Part));
    registry.register_helper("layout", Box::new(Layout));
    for rendered in [CONTENT, FOOT] {
        registry.register_helper(rendered, Box::new(Rendered(rendered)));
    }
}

/// `with` whose block is left out when its value is null.
struct With;

impl HelperDef for With {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        registry: &'reg Handlebars<'reg>,
        context: &'rc Context,
        render: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        if present(helper, 0)?.is_null() {
            let inverse = helper.inverse();
            return inverse.map_or(Ok(()), |template| {
                template.render(registry, context, render, out)
            });
        }
        let (Some(value), Some(template)) = (helper.param(0), helper.template()) else {
            return Ok(());
        };
        about(value, template, registry, context, render, out)
    }
}

/// Renders a template about a value.
fn about<'reg: 'rc, 'rc>(
    value: &PathAndJson<'rc>,
    template: &'rc Template,
    registry: &'reg Handlebars<'reg>,
    context: &'rc Context,
    render: &mut RenderContext<'reg, 'rc>,
    out: &mut dyn Output,
) -> HelperResult {
    let mut block = BlockContext::new();
    match value.context_path() {
        Some(path) => block.base_path_mut().clone_from(path),
        None => block.set_base_value(value.value().clone()),
    }
    if let Some(parent) = render.block() {
        block
            .local_variables_mut()
            .clone_from(parent.local_variables());
    }
    render.push_block(block);
    let result = template.render(registry, context, render, out);
    render.pop_block();
    result
}

/// `part "parts/entry" this`: the template of that name, about that value; about what is looked at already, if none is said.
struct Part;

impl HelperDef for Part {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        registry: &'reg Handlebars<'reg>,
        context: &'rc Context,
        render: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let template = named(registry, text(helper, 0)?)?;
        let here = render.get_current_template_name();
        match helper.param(1) {
            None => template.render(registry, context, render, out),
            Some(value) => {
                present(helper, 1)?;
                about(value, template, registry, context, render, out)
            }
        }?;
        // What is wrong after it is wrong in this template again.
        render.set_current_template_name(here);
        Ok(())
    }
}

/// The template of a name.
pub(super) fn named<'reg>(
    registry: &'reg Handlebars<'reg>,
    name: &str,
) -> Result<&'reg Template, RenderError> {
    let missing = || RenderErrorReason::TemplateNotFound(name.to_owned());
    registry.get_template(name).ok_or_else(|| missing().into())
}

/// `layout window_title=… frame=…` around what stands in the frame, which is rendered first.
struct Layout;

impl HelperDef for Layout {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        registry: &'reg Handlebars<'reg>,
        context: &'rc Context,
        render: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let block = helper.template();
        let content = block.map(|block| block.renders(registry, context, render));
        let foot = render.get_partial(FOOT);
        let foot = foot.map(|foot| foot.renders(registry, context, render));
        let said = |name: &str| helper.hash_get(name).map(PathAndJson::value);
        let framed = Context::from(json!({
            "shell": context.data().get("shell"),
            "window_title": said("window_title"),
            "frame": said("frame"),
            CONTENT: content.transpose()?,
            FOOT: foot.transpose()?,
        }));
        let layout = named(registry, helper.name())?;
        layout.render(registry, &framed, &mut RenderContext::new(None), out)
    }
}

/// A part of the frame that is rendered already. Only what [`Layout`] has rendered is written so, without being escaped.
struct Rendered(&'static str);

impl HelperDef for Rendered {
    fn call<'reg: 'rc, 'rc>(
        &self,
        _: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        context: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let rendered = context.data().get(self.0).and_then(Json::as_str);
        Ok(out.write(rendered.unwrap_or_default())?)
    }
}
