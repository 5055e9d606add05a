//! Conditions that keep to strict mode and know what is absent from what does not exist: handlebars' own `if` takes a
//! name that does not exist for false, and its own `with` refuses what is merely absent.

use handlebars::{
    BlockContext, Context, Handlebars, Helper, HelperDef, HelperResult, JsonTruthy, Output,
    RenderContext, RenderError, RenderErrorReason, Renderable, ScopedJson,
};
use serde_json::Value as Json;

pub(super) fn register(registry: &mut Handlebars<'static>) {
    registry.register_helper("if", Box::new(If { when: true }));
    registry.register_helper("unless", Box::new(If { when: false }));
    registry.register_helper("with", Box::new(With));
    registry.register_helper("and", Box::new(Fold { all: true }));
    registry.register_helper("or", Box::new(Fold { all: false }));
}

struct If {
    when: bool,
}

impl HelperDef for If {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        registry: &'reg Handlebars<'reg>,
        context: &'rc Context,
        render: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let truthy = present(helper, 0)?.is_truthy(false);
        let template = if truthy == self.when {
            helper.template()
        } else {
            helper.inverse()
        };
        template.map_or(Ok(()), |template| {
            template.render(registry, context, render, out)
        })
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

/// `and`, `or` over any number of values.
struct Fold {
    all: bool,
}

impl HelperDef for Fold {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let mut result = self.all;
        for index in 0..helper.params().len() {
            let truthy = present(helper, index)?.is_truthy(false);
            result = if self.all {
                result && truthy
            } else {
                result || truthy
            };
        }
        Ok(ScopedJson::Derived(Json::Bool(result)))
    }
}

/// The parameter at `index`, which must exist (and may be null).
pub(super) fn present<'a>(helper: &'a Helper<'_>, index: usize) -> Result<&'a Json, RenderError> {
    let missing = |path| RenderErrorReason::MissingVariable(Some(path));
    match helper.param(index) {
        Some(value) if !value.is_value_missing() => Ok(value.value()),
        Some(value) => {
            let path = value.relative_path().cloned();
            Err(missing(path.unwrap_or_else(|| helper.name().to_owned())).into())
        }
        None => Err(missing(format!("{} needs a value", helper.name())).into()),
    }
}

/// The parameter at `index` as text.
pub(super) fn text<'a>(helper: &'a Helper<'_>, index: usize) -> Result<&'a str, RenderError> {
    present(helper, index)?
        .as_str()
        .ok_or_else(|| RenderErrorReason::InvalidParamType("text").into())
}
