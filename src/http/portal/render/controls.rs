//! What the templates of pages have besides the conditions of all templates: a `with` that knows what is absent from what
//! does not exist, which Handlebars' own refuses; `part`, another template in this place; and `layout`, the frame around a page.
//!
//! Handlebars' own partials copy all that they are given, and those within them a part of it again: for a page with long feeds that takes as
//! long as all else. A `part` is only told where to look.

use handlebars::{
    BlockContext, Context, Handlebars, Helper, HelperDef, HelperResult, Output, PathAndJson,
    RenderContext, RenderError, RenderErrorReason, Renderable, Template,
};

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

/// `layout window_title=… frame=…` around what stands in the frame, which is rendered first. The frame sees what the page sees,
/// and what it was given with an `@` before its name.
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
        let mut framed = RenderContext::new(None);
        for (name, rendered) in [(CONTENT, content.transpose()?), (FOOT, foot.transpose()?)] {
            framed.register_local_helper(name, Box::new(Rendered(rendered.unwrap_or_default())));
        }
        if let Some(block) = framed.block_mut() {
            for (name, said) in helper.hash() {
                block.set_local_var(name, said.value().clone());
            }
        }
        let layout = named(registry, helper.name())?;
        layout.render(registry, context, &mut framed, out)
    }
}

/// A part of the frame that is rendered already. Only what [`Layout`] has rendered is written so, without being escaped.
struct Rendered(String);

impl HelperDef for Rendered {
    fn call<'reg: 'rc, 'rc>(
        &self,
        _: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        Ok(out.write(&self.0)?)
    }
}
