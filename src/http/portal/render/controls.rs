//! What the templates of pages have besides the conditions of all templates: a `with` that knows what is absent from what
//! does not exist. Handlebars' own refuses what is merely absent.

use handlebars::{
    BlockContext, Context, Handlebars, Helper, HelperDef, HelperResult, Output, RenderContext,
    Renderable,
};

use crate::templates::{self, Branches, present};

pub(super) fn register(registry: &mut Handlebars<'static>) {
    templates::register(registry, Branches::Taken);
    registry.register_helper("with", Box::new(With));
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
}
