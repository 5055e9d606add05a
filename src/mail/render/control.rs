//! `if`, `unless`, `and`, `or` and `choose` that keep to strict mode: handlebars' own take a name that does not exist for false.

use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, JsonTruthy, Output, RenderContext,
    RenderError, RenderErrorReason, Renderable, ScopedJson,
};
use serde_json::Value as Json;

use super::Purpose;

pub(super) fn register(registry: &mut Handlebars<'static>, purpose: Purpose) {
    registry.register_helper(
        "if",
        Box::new(If {
            when: true,
            purpose,
        }),
    );
    registry.register_helper(
        "unless",
        Box::new(If {
            when: false,
            purpose,
        }),
    );
    registry.register_helper("and", Box::new(Fold { all: true }));
    registry.register_helper("or", Box::new(Fold { all: false }));
    registry.register_helper("choose", Box::new(Choose));
    if purpose == Purpose::Check {
        registry.register_helper("require", Box::new(require));
    }
}

struct If {
    when: bool,
    purpose: Purpose,
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
        let (taken, other) = match truthy == self.when {
            true => (helper.template(), helper.inverse()),
            false => (helper.inverse(), helper.template()),
        };
        // A check looks into the branch that is not taken as well.
        let other = other.filter(|_| self.purpose == Purpose::Check);
        for template in taken.into_iter().chain(other) {
            template.render(registry, context, render, out)?;
        }
        Ok(())
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

/// `(choose condition a b)`: `a` if the condition holds, else `b`.
struct Choose;

impl HelperDef for Choose {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let (first, second) = (present(helper, 1)?, present(helper, 2)?);
        let chosen = if present(helper, 0)?.is_truthy(false) {
            first
        } else {
            second
        };
        Ok(ScopedJson::Derived(chosen.clone()))
    }
}

/// Fails if its value does not exist, and writes nothing.
fn require(
    helper: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    _: &mut dyn Output,
) -> HelperResult {
    present(helper, 0).map(drop)
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
